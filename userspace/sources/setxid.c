// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which thread keeps setuid(3) and the like waiting.
 *
 * glibc sends signal 33 to each thread of the process, whose handler changes the ids of that
 * thread.  One that sleeps without being interruptible, or that blocks the signal, has it pending.
 */
#include <stdlib.h>

#include "procfs.h"
#include "setxid.h"

#define SETXID_SIGNAL	33

static bool is_pending(const char *root, const struct thread *t)
{
	char status[PROCFS_FILE_SIZE];
	const char *pending;

	if (procfs_read(status, root, "%d/task/%d/status", t->tgid, t->tid))
		return false;
	pending = status_field(status, "SigPnd");
	return pending && strtoull(pending, NULL, 16) & SIGNAL(SETXID_SIGNAL);
}

/* The only thread of a process that has yet to handle the signal, or -1. */
static int find_late_thread(const char *root, const struct snapshot *s, int process)
{
	int found = -1;

	for (size_t i = 0; i < s->nr_threads; i++) {
		if (s->threads[i].process != process || !is_pending(root, &s->threads[i]))
			continue;
		if (found >= 0)
			return -1;
		found = i;
	}
	return found;
}

/**
 * find_setxids() - find the threads for which setuid(3) and the like wait
 * @root: where proc is mounted, for the pid namespace that @s was read in
 * @s: a snapshot of this host as it is now, indexed; the owners of such waits are set
 */
void find_setxids(const char *root, struct snapshot *s)
{
	int process = -1, late = -1;

	for (size_t i = 0; i < s->nr_waiters; i++) {
		struct waiter *w = &s->waiters[i];

		if (w->lock.primitive != SETXID || w->process < 0)
			continue;
		/* A process has one such call at a time: a lock of glibc's sees to that. */
		if (w->process != process)
			late = find_late_thread(root, s, w->process);
		process = w->process;
		if (late >= 0 && late != w->thread)
			w->lock.owner = s->threads[late].nstid;
	}
}
