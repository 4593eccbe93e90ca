/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_ROWS_H
#define FUTEXINSPECT_ROWS_H

#include "filter.h"

/* A line of the table: a waiter, or in a tree whom waiters wait for that waits on no futex. */
struct row {
	ssize_t waiter;		/* index, or -1 */
	int thread;		/* index of who is no waiter, or -1: it is not there ... */
	pid_t id;		/* ... and this is what it was called ... */
	size_t child;		/* ... by this waiter */
	ssize_t parent;		/* index of the row that it hangs from, or -1 */
	size_t depth;		/* in the tree, from 1 for those that hang from none */
};

struct rows {
	struct row *rows;
	size_t nr;
};

void list_rows(struct rows *rows, const struct selection *sel);
void tree_rows(struct rows *rows, const struct selection *sel);
void rows_free(struct rows *rows);

#endif
