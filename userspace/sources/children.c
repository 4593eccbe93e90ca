// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which processes of the host are children or tracees of which.
 */
#include <stdlib.h>
#include <string.h>

#include "children.h"
#include "procfs.h"
#include "snapshot.h"

struct child_walk {
	const char *root;
	struct relations *r;
};

/*
 * Add a thread as the child or tracee that it is.  @held_back: if it has ended, that does
 * not show yet, since wait4(2) does not report a main thread before the others have ended
 * too (delay_group_leader()).
 *
 * Return: whether it is alive.
 */
static bool add_child(struct child_walk *w, pid_t pid, pid_t tid, bool held_back)
{
	char buf[PROCFS_FILE_SIZE];
	int rc = procfs_read(buf, w->root, "%d/task/%d/status", pid, tid);
	struct relation relation = { .pid = pid };
	pid_t tracer;
	char state;
	bool ended;

	/* A child that has ended is at least a zombie, unless its parent has run. */
	if (rc) {
		w->r->incomplete |= is_lost(-rc);
		return false;
	}
	state = status_letter(buf, "State");
	ended = !state || state == STATE_ZOMBIE || state == STATE_DEAD;
	relation.is_zombie = ended && !held_back;
	relation.id = status_id(buf, "PPid");
	if (tid == pid && relation.id)
		relations_add(w->r, relation);
	tracer = status_id(buf, "TracerPid");
	relation.id = tracer ? procfs_tgid(w->root, tracer) : 0;
	if (relation.id)
		relations_add(w->r, relation);
	return !ended;
}

static void add_process(void *ctx, pid_t pid)
{
	struct child_walk *w = ctx;
	bool alive = false;
	size_t nr;
	pid_t *tids = list_threads(w->root, pid, &nr, w->r);

	for (size_t i = 0; i < nr; i++) {
		if (tids[i] != pid)
			alive |= add_child(w, pid, tids[i], false);
	}
	add_child(w, pid, pid, alive);
	free(tids);
}

/**
 * find_children() - find out which process is a child or tracee of which
 * @root: where proc is mounted
 * @r: receives it, children by their parent; to be freed with relations_free()
 */
void find_children(const char *root, struct relations *r)
{
	struct child_walk w = { .root = root, .r = r };

	memset(r, 0, sizeof(*r));
	if (!visit_processes(root, add_process, &w))
		r->incomplete = true;
	relations_sort(r);
}
