/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_FOREST_H
#define FUTEXINSPECT_FOREST_H

#include "filter.h"

/* A line of the table: a waiter, or, in a tree, a thread that others wait for. */
struct row {
	ssize_t waiter;		/* index, or -1: the thread waits on no futex */
	int thread;		/* without @waiter: index, or -1: it is not there ... */
	pid_t id;		/* ... and this is its id ... */
	size_t child;		/* ... in the lock of this waiter */
	size_t nr_alike;	/* waiters that the row stands for besides @waiter */
	ssize_t parent;		/* index of the row that it hangs from, or -1 */
	size_t depth;		/* in the tree, from 1 for a row that hangs from none */
};

struct rows {
	struct row *rows;
	size_t nr;
};

void group_rows(struct rows *rows, const struct selection *sel, size_t *row_of);
void list_rows(struct rows *rows, const struct selection *sel);
void tree_rows(struct rows *rows, const struct selection *sel);
void rows_free(struct rows *rows);

#endif
