// SPDX-License-Identifier: GPL-2.0-only
/*
 * What threads do that wait on no futex: in which system call they sleep, on what, and since when.
 *
 * This is for people: nothing is judged by it.  It is read after the last look, so a thread may
 * have moved on since.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "activity.h"
#include "array.h"
#include "calls.h"
#include "scheduler.h"
#include "text.h"

#define SHORT_NS	1000000000

/* One thread that is being described. */
struct description {
	pid_t pid;
	pid_t tid;
	enum task_state state;
	bool may_read;		/* its memory */
	uint64_t peer;		/* other end of the socket that it sleeps on, or 0 */
	char text[ACTIVITY_SIZE];
	struct far_end end;
};

/* The kernel's function in which it sleeps, or "". */
static void read_wchan(char dst[64], const char *root, const struct description *d)
{
	char buf[PROCFS_FILE_SIZE];

	*dst = '\0';
	if (!procfs_read(buf, root, "%d/task/%d/wchan", d->pid, d->tid) && *buf != '0')
		sscanf(buf, "%63[A-Za-z0-9_]", dst);
}

/* In a 32-bit program the numbers mean other calls; its stack is below 4 GiB. */
static bool has_other_numbers(const struct syscall *sc)
{
	return sc->sp && sc->sp <= UINT32_MAX;
}

/* "sleeps in ", or "has slept for 12.3s in ": shorter sleeps come and go. */
static void put_verb(struct description *d, const struct sched_clock *clock)
{
	bool in_d = d->state == STATE_DISK_SLEEP;
	char buf[DURATION_SIZE];
	uint64_t ns;

	if (sched_asleep(clock, d->pid, d->tid, &ns) && ns >= SHORT_NS)
		snprintf(d->text, sizeof(d->text), in_d ? "has been in state D for %s in " :
			 "has slept for %s in ", format_duration(buf, ns));
	else
		snprintf(d->text, sizeof(d->text), in_d ? "is in state D in " : "sleeps in ");
}

static void describe(struct description *d, const char *root, const struct sched_clock *clock)
{
	struct call_place c = {
		.root = root, .pid = d->pid, .tid = d->tid, .may_read = d->may_read,
	};
	char wchan[64], call[ACTIVITY_SIZE] = "";
	bool in_d = d->state == STATE_DISK_SLEEP;
	size_t used;

	if (d->state == STATE_RUNNING || procfs_syscall(&c.call, root, d->pid, d->tid))
		return;
	read_wchan(wchan, root, d);
	if (c.call.nr >= 0 && c.call.pc && !has_other_numbers(&c.call))
		put_call(call, sizeof(call), &c, &d->end);
	else if (!*wchan)
		return;
	else
		snprintf(call, sizeof(call), "the kernel's %s", wchan);
	/* The kernel's module for sock_diag need not be there. */
	if (!d->end.ino && !d->end.is_pipe)
		d->end.ino = d->peer;
	put_verb(d, clock);
	used = strlen(d->text);
	snprintf(d->text + used, sizeof(d->text) - used, "%s%s%s", call,
		 in_d && *wchan && c.call.nr >= 0 ? ", in the kernel's " : "",
		 in_d && c.call.nr >= 0 ? wchan : "");
}

static void describe_ready(struct description *d, size_t nr, const char *root)
{
	struct ready *ready = xcalloc(nr, sizeof(*ready));
	size_t nr_ready = 0;

	for (size_t i = 0; i < nr; i++) {
		if (d[i].state == STATE_RUNNING)
			ready[nr_ready++] = (struct ready){ .pid = d[i].pid, .tid = d[i].tid };
	}
	sched_find_starved(ready, nr_ready, root);
	while (nr--) {
		if (d[nr].state == STATE_RUNNING && ready[--nr_ready].starved)
			put_starved(d[nr].text, sizeof(d[nr].text), &ready[nr_ready]);
	}
	free(ready);
}

static void describe_all(struct description *d, size_t nr, const char *root)
{
	struct far_end *ends = xcalloc(nr, sizeof(*ends));
	struct sched_clock clock;

	sched_begin(&clock, root);
	for (size_t i = 0; i < nr; i++) {
		describe(&d[i], root, &clock);
		ends[i] = d[i].end;
	}
	sched_end(&clock);
	find_far_ends(root, ends, nr);
	for (size_t i = 0; i < nr; i++) {
		size_t used = strlen(d[i].text);

		put_far_end(d[i].text + used, sizeof(d[i].text) - used, root, &ends[i]);
	}
	free(ends);
	describe_ready(d, nr, root);
}

/* Whether all threads of a process can be seen not to be in state D. */
static bool is_free_of_d(const char *root, pid_t pid)
{
	char status[PROCFS_FILE_SIZE];
	bool is_free = true;
	size_t nr;
	pid_t *tids = procfs_list_ids(&nr, root, "%d/task", pid);

	for (size_t i = 0; i < nr && is_free; i++)
		is_free = !procfs_read(status, root, "%d/task/%d/status", pid, tids[i]) &&
			  status_letter(status, "State") != STATE_DISK_SLEEP;
	free(tids);
	return is_free;
}

/**
 * describe_thread() - find out what a thread of this host does
 * @dst: receives the text: a clause without its subject, not escaped
 * @root: where proc is mounted
 * @tid: the thread
 *
 * Return: whether that is known.
 */
bool describe_thread(char dst[ACTIVITY_SIZE], const char *root, pid_t tid)
{
	struct description d = { .tid = tid, .pid = procfs_tgid(root, tid) };
	char status[PROCFS_FILE_SIZE];

	*dst = '\0';
	if (procfs_read(status, root, "%d/status", tid))
		return false;
	d.state = status_letter(status, "State");
	d.may_read = is_free_of_d(root, d.pid);
	describe_all(&d, 1, root);
	if (d.state == STATE_RUNNING && !*d.text)
		snprintf(d.text, sizeof(d.text), "runs, or is ready to run");
	strcpy(dst, d.text);
	return *dst;
}

/**
 * find_activities() - find out what some threads do
 * @root: where proc is mounted
 * @s: the snapshot, whose thread.activity is set where that is known
 * @threads: indices of the threads, which are on this host
 * @nr: how many
 */
void find_activities(const char *root, struct snapshot *s, const int *threads, size_t nr)
{
	struct description *d = xcalloc(nr, sizeof(*d));

	for (size_t i = 0; i < nr; i++) {
		const struct thread *t = &s->threads[threads[i]];

		d[i] = (struct description){
			.pid = t->tgid, .tid = t->tid, .state = t->state,
			.may_read = t->process >= 0 && !s->processes[t->process].in_state_d,
			.peer = t->known & T_PEER ? t->peer : 0,
		};
	}
	describe_all(d, nr, root);
	for (size_t i = 0; i < nr; i++) {
		if (*d[i].text)
			s->threads[threads[i]].activity =
				snapshot_keep_escaped(s, d[i].text, strlen(d[i].text));
	}
	free(d);
}
