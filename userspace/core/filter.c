// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which waiters to show: those of some processes, verdicts or cgroups.
 */
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "filter.h"
#include "gaps.h"
#include "text.h"

/* Add each word of a comma-separated list.  Return: NULL, or the word that was refused. */
static const char *add_words(const char *list, struct filter *f,
			     bool (*add)(struct filter *f, const char *word, size_t len))
{
	for (;;) {
		size_t len = strcspn(list, ",");

		if (!add(f, list, len))
			return list;
		if (!list[len])
			return NULL;
		list += len + 1;
	}
}

/**
 * parse_thread() - read the id or the name of a thread or process
 * @word: where it begins
 * @len: of it
 * @id: receives the id, or 0: it is a name
 * @name: receives the name, escaped as in a snapshot, to be freed by the caller; NULL: it is
 *	an id
 *
 * A name does not begin with a digit here, so that a slip in an id is told.
 *
 * Return: whether it is one of both.
 */
bool parse_thread(const char *word, size_t len, pid_t *id, char **name)
{
	char *end;
	long n;

	*id = 0;
	*name = NULL;
	if (len && !(*word >= '0' && *word <= '9') && *word != '-') {
		*name = xcalloc(1, ESCAPED_SIZE(len));
		escape_text(*name, word, len);
		return true;
	}
	n = strtol(word, &end, 10);
	if (!len || end != word + len || n < 1 || n > MAX_TID)
		return false;
	*id = n;
	return true;
}

static bool add_pid(struct filter *f, const char *word, size_t len)
{
	char *name;
	pid_t pid;

	if (!parse_thread(word, len, &pid, &name))
		return false;
	if (name)
		array_push(f->names, f->nr_names, name);
	else
		array_push(f->pids, f->nr_pids, pid);
	return true;
}

/**
 * filter_add_pids() - also show the waiters of these processes and threads
 * @f: the filter
 * @list: their ids or names, separated by commas
 *
 * Return: NULL, or the rest of @list from the first word that is not understood.
 */
const char *filter_add_pids(struct filter *f, const char *list)
{
	return add_words(list, f, add_pid);
}

static bool is_word(const char *name, const char *word, size_t len)
{
	return strlen(name) == len && !strncmp(name, word, len);
}

static bool add_verdict(struct filter *f, const char *word, size_t len)
{
	bool found = false;

	for (enum verdict v = 0; v < NR_VERDICTS; v++) {
		if (!is_word(verdicts[v].name, word, len) &&
		    !(is_word("stuck", word, len) && verdicts[v].stuck))
			continue;
		f->verdicts |= 1U << v;
		found = true;
	}
	return found;
}

/**
 * filter_add_verdicts() - also show the waiters with these verdicts
 * @f: the filter
 * @list: names of verdicts, separated by commas; "stuck" is all that mean it
 *
 * Return: NULL, or the rest of @list from the first word that is not understood.
 */
const char *filter_add_verdicts(struct filter *f, const char *list)
{
	return add_words(list, f, add_verdict);
}

/* Whether a path is that of a directory, or below it. */
static bool is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return !strncmp(path, dir, len) && (path[len] == '/' || !path[len]);
}

/**
 * filter_set_cgroup() - show the waiters of a cgroup and those below it
 * @f: the filter
 * @path: in the cgroup v2 hierarchy, or in the file system where it is mounted
 *
 * Return: whether it is an absolute path.
 */
bool filter_set_cgroup(struct filter *f, const char *path)
{
	size_t len;

	if (*path != '/')
		return false;
	if (is_below(path, CGROUP_HYBRID))
		path += strlen(CGROUP_HYBRID);
	else if (is_below(path, CGROUP_MOUNT))
		path += strlen(CGROUP_MOUNT);
	len = strlen(path);
	while (len && path[len - 1] == '/')
		len--;
	free(f->cgroup);
	free(f->cgroup_path);
	f->cgroup = xcalloc(1, ESCAPED_SIZE(len));
	escape_text(f->cgroup, path, len);
	f->cgroup_path = xcalloc(1, len + 1);
	memcpy(f->cgroup_path, path, len);
	return true;
}

/**
 * filter_free() - free the memory of a filter
 * @f: the filter
 */
void filter_free(struct filter *f)
{
	for (size_t i = 0; i < f->nr_names; i++)
		free(f->names[i]);
	free(f->names);
	free(f->pids);
	free(f->cgroup);
	free(f->cgroup_path);
}

static bool has_pid(const struct filter *f, const struct snapshot *s, const struct waiter *w)
{
	for (size_t i = 0; i < f->nr_pids; i++) {
		if (w->tid == f->pids[i] || w->tgid == f->pids[i])
			return true;
	}
	for (size_t i = 0; i < f->nr_names; i++) {
		if (waiter_is_named(s, w, f->names[i]))
			return true;
	}
	return !f->nr_pids && !f->nr_names;
}

static enum yesno in_cgroup(const struct filter *f, const char *cgroup)
{
	if (!f->cgroup)
		return YES;
	if (!cgroup)
		return YESNO_UNKNOWN;
	return is_below(cgroup, f->cgroup) ? YES : NO;
}

/**
 * select_waiters() - choose the waiters to show, worst first
 * @sel: receives them, and keeps @a and @f; see selection_free()
 * @a: the analysis
 * @f: the filter
 */
void select_waiters(struct selection *sel, const struct analysis *a, const struct filter *f)
{
	size_t nr = a->s->nr_waiters;

	*sel = (struct selection){ .a = a, .f = f, .waiters = xcalloc(nr, sizeof(*sel->waiters)) };
	for (size_t i = 0; i < nr; i++) {
		const struct waiter *w = &a->s->waiters[a->order[i]];
		enum verdict v = a->judgements[a->order[i]].verdict;
		const struct process *p = process_of_waiter(a->s, w);
		enum yesno in = in_cgroup(f, p ? p->cgroup : NULL);

		if (!has_pid(f, a->s, w) || (f->verdicts && !(f->verdicts & 1U << v)))
			continue;
		sel->nr_cgroup_unknown += in == YESNO_UNKNOWN;
		sel->stuck_cgroup_unknown |= in == YESNO_UNKNOWN && verdicts[v].stuck;
		if (in != YES)
			continue;
		sel->waiters[sel->nr++] = a->order[i];
		sel->nr_verdicts[v]++;
	}
}

/**
 * select_thread() - choose all waiter records of one thread
 * @sel: receives them, and keeps @a and @f; see selection_free()
 * @a: the analysis
 * @f: a filter, by which it is known whether anybody is missing
 * @tid: the thread; PID_NONE: no record is chosen
 */
void select_thread(struct selection *sel, const struct analysis *a, const struct filter *f,
		   pid_t tid)
{
	size_t nr = a->s->nr_waiters;

	*sel = (struct selection){ .a = a, .f = f, .waiters = xcalloc(nr, sizeof(*sel->waiters)) };
	for (size_t i = 0; i < nr; i++) {
		if (tid == PID_NONE || a->s->waiters[i].tid != tid)
			continue;
		sel->waiters[sel->nr++] = i;
		sel->nr_verdicts[a->judgements[i].verdict]++;
	}
}

/**
 * selection_free() - free the memory of a selection
 * @sel: the selection
 */
void selection_free(struct selection *sel)
{
	free(sel->waiters);
}

/**
 * selection_stuck() - whether any of the waiters is stuck
 * @sel: the selection
 */
bool selection_stuck(const struct selection *sel)
{
	for (enum verdict v = 0; v < NR_VERDICTS; v++) {
		if (sel->nr_verdicts[v] && verdicts[v].stuck)
			return true;
	}
	return false;
}

/* Whether a thread that the reader may not look at might have been selected. */
static bool lacks_denied(const struct selection *sel)
{
	const struct snapshot *s = sel->a->s;

	for (size_t i = 0; i < s->nr_denied; i++) {
		if (in_cgroup(sel->f, s->denied[i].cgroup) != NO)
			return true;
	}
	return s->hides_processes;
}

/**
 * selection_misses_pid() - whether somebody of the filter's ids was not wholly looked at
 * @sel: the selection
 */
bool selection_misses_pid(const struct selection *sel)
{
	for (size_t i = 0; i < sel->f->nr_pids; i++) {
		if (is_missing(sel->a->s, sel->f->pids[i]))
			return true;
	}
	return false;
}

/**
 * selection_is_complete() - whether nobody who might have been selected is missing
 * @sel: the selection
 */
bool selection_is_complete(const struct selection *sel)
{
	const struct snapshot *s = sel->a->s;

	if (misses_unknown_waiters(s) || sel->stuck_cgroup_unknown)
		return false;
	if (sel->f->nr_pids && !sel->f->nr_names)
		return !selection_misses_pid(sel);
	return !s->nr_incomplete_mms && !s->nr_hidden && !lacks_denied(sel);
}

/**
 * selection_lacks() - find an id of the filter that the snapshot does not know
 * @sel: the selection
 *
 * Return: the first, or 0.
 */
pid_t selection_lacks(const struct selection *sel)
{
	const struct snapshot *s = sel->a->s;

	for (size_t i = 0; i < sel->f->nr_pids; i++) {
		pid_t id = sel->f->pids[i];

		if (snapshot_find_thread(s, id) < 0 && snapshot_find_process(s, id) < 0 &&
		    !is_denied(s, id))
			return id;
	}
	return 0;
}

/**
 * selection_lacks_name() - find a name of the filter that no thread of the snapshot has
 * @sel: the selection
 *
 * Return: the first, or NULL.
 */
const char *selection_lacks_name(const struct selection *sel)
{
	const struct snapshot *s = sel->a->s;

	for (size_t i = 0; i < sel->f->nr_names; i++) {
		bool found = false;

		for (size_t k = 0; k < s->nr_waiters && !found; k++)
			found = waiter_is_named(s, &s->waiters[k], sel->f->names[i]);
		if (!found)
			return sel->f->names[i];
	}
	return NULL;
}

/**
 * selection_with_holders() - add the waiters that hold what the selected ones wait for
 * @sel: the selection, which is not changed
 *
 * Return: for each waiter of the snapshot, whether it is selected or in the chain of
 * holders of a selected one; to be freed by the caller.
 */
bool *selection_with_holders(const struct selection *sel)
{
	const struct analysis *a = sel->a;
	bool *wanted = xcalloc(a->s->nr_waiters, sizeof(*wanted));

	for (size_t n = 0; n < sel->nr; n++) {
		ssize_t i = sel->waiters[n];

		while (i >= 0 && !wanted[i]) {
			int thread = a->s->waiters[i].thread;
			int holder = thread < 0 ? -1 : model_holder(&a->model, thread)->thread;

			wanted[i] = true;
			i = holder < 0 ? -1 : model_first_wait(&a->model, holder);
		}
	}
	return wanted;
}
