// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which processes have an io_uring open, for a source that does not show which threads have
 * used one.
 */
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "relations.h"
#include "rings.h"

struct ring_walk {
	const char *root;
	bool found;		/* there is one, or may be one */
};

static bool look_for_ring(void *ctx, const char *fd)
{
	struct ring_walk *w = ctx;
	char target[PROCFS_LINK_SIZE];
	int rc = procfs_link(target, w->root, "%s", fd);

	w->found = rc ? is_lost(-rc) : !strcmp(target, "anon_inode:[io_uring]");
	return !w->found;
}

/* Whether a thread's table has an io_uring, or may have one. */
static bool table_has_ring(const char *root, pid_t pid, pid_t tid)
{
	struct ring_walk w = { .root = root };
	long rc = visit_fds(root, pid, tid, look_for_ring, &w);

	return rc < 0 ? is_lost(-rc) : w.found;
}

/**
 * find_rings() - find the threads for which an io_uring may act
 * @root: where proc is mounted
 * @compare: compare_files(), or what stands for it in a test
 * @s: a snapshot from /proc; the threads of a process that has a ring open count as users of
 *	io_uring, since a request may wake any of them (IORING_OP_FUTEX_WAKE)
 *
 * A ring that is registered with itself, and closed, is not seen.
 */
void find_rings(const char *root, compare_fn compare, struct snapshot *s)
{
	bool *has_ring = xcalloc(s->nr_mms, sizeof(*has_ring));
	bool found = false;
	pid_t last = 0;

	for (size_t i = 0; i < s->nr_threads; i++) {
		const struct thread *t = &s->threads[i];

		if (t->mm < 0)
			continue;
		if (!last || compare(last, t->tid))
			found = table_has_ring(root, t->tgid, t->tid);
		last = t->tid;
		has_ring[t->mm] |= found;
	}
	for (size_t i = 0; i < s->nr_threads; i++) {
		if (s->threads[i].mm >= 0 && has_ring[s->threads[i].mm])
			s->threads[i].io_uring = YES;
	}
	free(has_ring);
}
