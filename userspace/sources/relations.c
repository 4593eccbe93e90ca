// SPDX-License-Identifier: GPL-2.0-only
/*
 * Relations between processes, and the walk over /proc that finds them.
 */
#include <errno.h>
#include <stdlib.h>

#include "array.h"
#include "procfs.h"
#include "relations.h"

/* How often to look for processes that are new. */
#define MAX_TRIES	8

/**
 * relations_add() - add a relation
 * @r: the relations, to be freed with relations_free()
 * @relation: the new one
 */
void relations_add(struct relations *r, struct relation relation)
{
	array_push(r->all, r->nr, relation);
}

static int compare_relations(const void *x, const void *y)
{
	const struct relation *a = x, *b = y;

	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	return a->pid < b->pid ? -1 : a->pid > b->pid;
}

/**
 * relations_sort() - make relations_find() work
 * @r: the relations, complete
 */
void relations_sort(struct relations *r)
{
	if (r->nr)
		qsort(r->all, r->nr, sizeof(*r->all), compare_relations);
}

/**
 * relations_find() - look up an id
 * @r: the relations, sorted
 * @id: the id
 *
 * Return: the index of the first relation whose id is @id or more.
 */
size_t relations_find(const struct relations *r, uint64_t id)
{
	return array_lower_bound(r->all, r->nr, sizeof(*r->all), offsetof(struct relation, id), id);
}

/**
 * relations_free() - free the memory of relations
 * @r: the relations
 */
void relations_free(struct relations *r)
{
	free(r->all);
	r->all = NULL;
}

/**
 * is_lost() - whether an error hides something that is there
 * @error: an errno, or 0
 *
 * ENOENT and ESRCH mean that the file or process is gone: that hides nothing.
 */
bool is_lost(int error)
{
	return error && error != ENOENT && error != ESRCH;
}

/* Visit the ids of @pids that are not in @old, both ascending.  Return: whether any were. */
static bool visit_new(const pid_t *pids, size_t nr, const pid_t *old, size_t nr_old,
		      visit_fn visit, void *ctx)
{
	bool any = false;
	size_t k = 0;

	for (size_t i = 0; i < nr; i++) {
		while (k < nr_old && old[k] < pids[i])
			k++;
		if (k < nr_old && old[k] == pids[i])
			continue;
		visit(ctx, pids[i]);
		any = true;
	}
	return any;
}

/**
 * visit_processes() - visit each process
 * @root: where proc is mounted
 * @visit: called for each
 * @ctx: its first argument
 *
 * A process that ends meanwhile may live on in a child, so new processes are visited too,
 * until there are none.
 *
 * Return: whether all were visited; false if there always were new ones.
 */
bool visit_processes(const char *root, visit_fn visit, void *ctx)
{
	pid_t *pids, *old = NULL;
	size_t nr, nr_old = 0;
	bool any = true;

	for (int tries = 0; any && tries < MAX_TRIES; tries++) {
		pids = procfs_list_ids(&nr, root, ".");
		any = visit_new(pids, nr, old, nr_old, visit, ctx);
		free(old);
		old = pids;
		nr_old = nr;
	}
	free(old);
	return !any;
}

/**
 * list_threads() - the threads of a process
 * @root: where proc is mounted
 * @pid: the process
 * @nr: receives how many
 * @r: becomes incomplete if the process is there, but its threads cannot be listed
 *
 * Return: their ids, ascending, to be freed by the caller; may be NULL if there are none.
 */
pid_t *list_threads(const char *root, pid_t pid, size_t *nr, struct relations *r)
{
	pid_t *tids = procfs_list_ids(nr, root, "%d/task", pid);

	r->incomplete |= !*nr && procfs_exists(root, "%d/task", pid);
	return tids;
}
