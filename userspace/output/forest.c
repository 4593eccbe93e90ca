// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lines of the table: one for each waiter; or a forest, in which waiters hang from the
 * threads that they wait for.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "forest.h"
#include "holders.h"

#define MAX_DEPTH	16

/**
 * list_rows() - make a row for each waiter, worst first
 * @rows: receives them; to be freed with rows_free()
 * @sel: the waiters
 */
void list_rows(struct rows *rows, const struct selection *sel)
{
	rows->rows = xcalloc(sel->nr, sizeof(*rows->rows));
	rows->nr = sel->nr;
	for (size_t i = 0; i < sel->nr; i++)
		rows->rows[i] = (struct row){ .waiter = sel->waiters[i], .thread = -1,
					      .parent = -1 };
}

/* What waiters have in common that are shown as one. */
struct alike {
	enum verdict verdict;
	enum certainty certainty;
	enum reason reason;
	enum primitive primitive;
	int process;		/* negative: not known, so the thread is like no other */
	int holder;
	uint64_t word;		/* 0: any.  One lock is not like another, but one idle wait is */
	pid_t single;		/* the thread, if it is to be like no other; else 0 */
	size_t rank;
};

static int compare_alike(const void *x, const void *y)
{
	return memcmp(x, y, offsetof(struct alike, rank));
}

static int compare_alike_and_rank(const void *x, const void *y)
{
	const struct alike *a = x, *b = y;
	int rc = compare_alike(x, y);

	return rc ?: a->rank < b->rank ? -1 : a->rank > b->rank;
}

/* For each thread: another waits for it.  To be freed. */
static bool *find_holders(const struct model *m)
{
	bool *holders = xcalloc(m->s->nr_threads, sizeof(*holders));

	for (size_t i = 0; i < m->s->nr_threads; i++) {
		if (holder_of(m, i) >= 0)
			holders[holder_of(m, i)] = true;
	}
	return holders;
}

/* In the order of sel->waiters.  @single: threads that are like no other, or NULL. */
static void find_alike(struct alike *alike, const struct selection *sel, const bool *single)
{
	for (size_t i = 0; i < sel->nr; i++) {
		const struct judgement *j = &sel->a->judgements[sel->waiters[i]];
		const struct waiter *w = &sel->a->s->waiters[sel->waiters[i]];

		memset(&alike[i], 0, sizeof(alike[i]));
		alike[i].verdict = j->verdict;
		alike[i].certainty = j->certainty;
		alike[i].reason = j->reason;
		alike[i].primitive = j->primitive;
		alike[i].process = w->process < 0 ? -1 - w->tid : w->process;
		alike[i].holder = j->holder_thread;
		alike[i].word = verdicts[j->verdict].is_idle ? 0 : w->waits_on;
		if (single && w->thread >= 0 && single[w->thread])
			alike[i].single = w->tid;
		alike[i].rank = i;
	}
	qsort(alike, sel->nr, sizeof(*alike), compare_alike_and_rank);
}

/*
 * For each waiter of the selection, the first one that is like it; for that one, how many there
 * are.  Both are by their place in sel->waiters.
 */
static void count_alike(size_t *first_alike, size_t *nr_alike, const struct selection *sel,
			const bool *single)
{
	struct alike *alike = xcalloc(sel->nr, sizeof(*alike));
	size_t first = 0;

	find_alike(alike, sel, single);
	for (size_t i = 0; i < sel->nr; i++) {
		if (i && compare_alike(&alike[i - 1], &alike[i]))
			first = i;
		first_alike[alike[i].rank] = alike[first].rank;
		nr_alike[alike[first].rank]++;
	}
	free(alike);
}

/**
 * group_rows() - make a row for all waiters that are alike, worst first
 * @rows: receives them; to be freed with rows_free()
 * @sel: the waiters
 * @row_of: receives for each waiter of the snapshot that is in @sel its row, from 1; then a
 *	thread that others wait for has a row of its own.  NULL: nobody asks for it
 */
void group_rows(struct rows *rows, const struct selection *sel, size_t *row_of)
{
	bool *single = row_of ? find_holders(&sel->a->model) : NULL;
	size_t *first_alike = xcalloc(sel->nr, sizeof(*first_alike));
	size_t *nr_alike = xcalloc(sel->nr, sizeof(*nr_alike));

	count_alike(first_alike, nr_alike, sel, single);
	rows->rows = xcalloc(sel->nr, sizeof(*rows->rows));
	rows->nr = 0;
	for (size_t i = 0; i < sel->nr; i++) {
		if (nr_alike[i])
			rows->rows[rows->nr++] = (struct row){
				.waiter = sel->waiters[i], .thread = -1, .parent = -1,
				.nr_alike = nr_alike[i] - 1,
			};
		/* The first one of those that are alike comes first. */
		if (row_of)
			row_of[sel->waiters[i]] = nr_alike[i] ? rows->nr :
						  row_of[sel->waiters[first_alike[i]]];
	}
	free(nr_alike);
	free(first_alike);
	free(single);
}

/**
 * rows_free() - free the memory of rows
 * @rows: the rows
 */
void rows_free(struct rows *rows)
{
	free(rows->rows);
}

struct forest {
	struct rows *rows;
	const struct analysis *a;
	bool *wanted;		/* for each waiter: it is shown */
	int *by_waiter;		/* for each waiter that is shown: its row */
	struct idmap others;	/* rows of threads that are no waiters */
};

/* The same id in the locks of two mms may mean two threads. */
static uint64_t other_key(const struct analysis *a, const struct step *step, size_t child)
{
	if (step->thread >= 0)
		return 1ULL << 63 | (uint64_t)step->thread;
	return (uint64_t)(a->s->waiters[child].mm + 1) << 32 | (uint32_t)step->id;
}

/* The row of a thread that is no waiter, made when the first waiter needs it. */
static ssize_t other_row(struct forest *f, const struct step *step, size_t child)
{
	int row = idmap_add(&f->others, other_key(f->a, step, child), f->rows->nr);

	if (row != (int)f->rows->nr)
		return row;
	f->rows->rows[f->rows->nr++] = (struct row){
		.waiter = -1, .thread = step->thread, .id = step->id, .child = child,
		.parent = -1,
	};
	return row;
}

/* What a waiter waits for; @holder is its waiter record, or -1 if none is shown. */
static bool find_step(const struct forest *f, size_t waiter, struct step *step, ssize_t *holder)
{
	if (!find_steps(&f->a->model, &f->a->s->waiters[waiter], step, 1))
		return false;
	*holder = step->thread < 0 ? -1 : model_first_wait(&f->a->model, step->thread);
	if (*holder >= 0 && !f->wanted[*holder])
		*holder = -1;
	return true;
}

/* A thread that is no waiter comes before the first that waits for it, to be as high up. */
static void add_rows(struct forest *f)
{
	struct step step;
	ssize_t holder;

	for (size_t n = 0; n < f->a->s->nr_waiters; n++) {
		size_t i = f->a->order[n];

		if (!f->wanted[i])
			continue;
		if (find_step(f, i, &step, &holder) && holder < 0)
			other_row(f, &step, i);
		f->by_waiter[i] = f->rows->nr;
		f->rows->rows[f->rows->nr++] = (struct row){ .waiter = i, .thread = -1,
							     .parent = -1 };
	}
}

static ssize_t parent_row(struct forest *f, size_t waiter)
{
	struct step step;
	ssize_t holder;

	if (!find_step(f, waiter, &step, &holder))
		return -1;
	return holder < 0 ? other_row(f, &step, waiter) : f->by_waiter[holder];
}

/* A tree has no cycles: each is cut at the row where the first path enters it. */
static void cut_cycles(struct rows *rows)
{
	size_t *walk = xcalloc(rows->nr, sizeof(*walk));

	for (size_t i = 0; i < rows->nr; i++) {
		ssize_t n = i;

		for (; n >= 0 && !walk[n]; n = rows->rows[n].parent)
			walk[n] = i + 1;
		if (n >= 0 && walk[n] == i + 1)
			rows->rows[n].parent = -1;
	}
	free(walk);
}

static void find_depths(struct rows *rows)
{
	for (size_t i = 0; i < rows->nr; i++) {
		size_t depth = 0;
		ssize_t n;

		for (n = i; n >= 0 && !rows->rows[n].depth; n = rows->rows[n].parent)
			depth++;
		depth += n < 0 ? 0 : rows->rows[n].depth;
		for (n = i; n >= 0 && !rows->rows[n].depth; n = rows->rows[n].parent)
			rows->rows[n].depth = depth--;
	}
}

/* A wider tree is unreadable.  The reason in each row says what it waits for. */
static void cut_depths(struct rows *rows)
{
	for (size_t i = 0; i < rows->nr; i++) {
		struct row *row = &rows->rows[i];

		row->depth = (row->depth - 1) % MAX_DEPTH + 1;
		if (row->depth == 1)
			row->parent = -1;
	}
}

/**
 * tree_rows() - make a row for each waiter and each thread that they wait for, if known
 * @rows: receives them, worst first; to be freed with rows_free()
 * @sel: the waiters
 */
void tree_rows(struct rows *rows, const struct selection *sel)
{
	size_t nr = sel->a->s->nr_waiters;
	struct forest f = {
		.rows = rows, .a = sel->a, .wanted = selection_with_holders(sel),
		.by_waiter = xcalloc(nr, sizeof(*f.by_waiter)),
	};

	rows->rows = xcalloc(2 * nr, sizeof(*rows->rows));
	rows->nr = 0;
	idmap_init(&f.others, nr);
	add_rows(&f);
	for (size_t i = 0; i < rows->nr; i++) {
		if (rows->rows[i].waiter >= 0)
			rows->rows[i].parent = parent_row(&f, rows->rows[i].waiter);
	}
	cut_cycles(rows);
	find_depths(rows);
	cut_depths(rows);
	idmap_free(&f.others);
	free(f.by_waiter);
	free(f.wanted);
}
