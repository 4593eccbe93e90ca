/* SPDX-License-Identifier: GPL-2.0-only */
/* The forms in which an analysis is shown. */
#ifndef FUTEXINSPECT_OUTPUT_H
#define FUTEXINSPECT_OUTPUT_H

#include <stdio.h>

#include "columns.h"
#include "filter.h"
#include "stacks.h"

/* How the table looks. */
struct table_options {
	struct column_list columns;
	bool fit_columns;	/* instead of @columns the default ones, by the width */
	bool tree;
	bool all;		/* a row for each waiter, not for those that are alike */
	bool raw;
	bool noheadings;
	bool notruncate;
	bool color;
	const struct stacks *stacks;	/* to show below those that are stuck, or NULL */
};

/* What JSON has. */
struct json_options {
	const struct column_list *columns;	/* of each waiter; NULL: all that is known */
	bool tree;
	const struct stacks *stacks;		/* or NULL: none were read */
	unsigned int interval_ms;		/* between two looks */
	const char *unexplained;		/* why explain explains nobody, escaped; or NULL */
};

int print_table(FILE *out, const struct selection *sel, const struct table_options *opts);
void print_gaps(FILE *out, const struct selection *sel);
void print_json(FILE *out, const struct selection *sel, const struct json_options *opts);
void print_graph(FILE *out, const struct selection *sel, bool all, const struct stacks *st);
int draw_graph(const struct selection *sel, bool all, const struct stacks *st, const char *format);
void print_explanation(FILE *out, const struct analysis *a, size_t waiter,
		       const struct stacks *st);
void print_stack(FILE *out, int indent, const struct stack *stack);
void print_lock_name(FILE *out, const char *label, const struct stack *stack);

#endif
