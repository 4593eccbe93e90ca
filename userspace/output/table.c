// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of waiters, worst first, as a list or as a tree; or raw.
 */
#include <errno.h>
#include <inttypes.h>
#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "output.h"
#include "screen.h"
#include "text.h"

#define MIN_REASON	60	/* a text of less width is rather put below its row */
#define INDENT		8	/* of the text there ... */
#define MIN_TEXT	30	/* ... and its width, at least */
#define LOCK_SIZE	64	/* of the name of a lock, and its address */
#define MAX_LINE	65536
#define BRANCH_WIDTH	2	/* of each level of a tree */

struct table {
	struct libscols_table *tb;
	const struct analysis *a;
	const struct table_options *opts;
	struct column_list cols;
	enum style style;
	struct rows rows;
	size_t tree_column;	/* where in @cols the tree is drawn */
	size_t width;
	size_t folded_width;	/* of the column that is folded; 0: none is */
	const struct column *below;	/* the last column, if it is put below the rows */
};

static const char *cell(const struct table *t, const struct row *row, size_t n, char *buf)
{
	struct subject sub;
	const char *text;
	size_t used;

	set_subject(&sub, t->a, row, buf);
	text = column_text(t->cols.cols[n], &sub, t->style, buf);
	if (!row->nr_alike || !t->cols.cols[n]->has_tree)
		return text;
	if (text != buf)
		snprintf(buf, VALUE_SIZE, "%s", text);
	used = strlen(buf);
	snprintf(buf + used, VALUE_SIZE - used, " x%zu", row->nr_alike + 1);
	return buf;
}

static size_t column_width(const struct table *t, size_t n)
{
	size_t widest = t->opts->noheadings ? 0 : strlen(t->cols.cols[n]->name);
	char buf[VALUE_SIZE];

	for (size_t i = 0; i < t->rows.nr; i++) {
		const struct row *row = &t->rows.rows[i];
		size_t len = text_width(cell(t, row, n, buf));

		if (t->opts->tree && n == t->tree_column)
			len += BRANCH_WIDTH * (row->depth - 1);
		widest = len > widest ? len : widest;
	}
	return widest;
}

/* Of all columns, but for the last one if it is folded. */
static size_t used_width(const struct table *t)
{
	size_t used = 0;

	for (size_t n = 0; n < t->cols.nr; n++) {
		if (!t->cols.cols[n]->is_folded)
			used += column_width(t, n) + 1;
	}
	return used;
}

static void drop_column(struct column_list *list, const char *name)
{
	size_t nr = 0;

	for (size_t n = 0; n < list->nr; n++) {
		if (!name || strcmp(list->cols[n]->name, name))
			list->cols[nr++] = list->cols[n];
	}
	list->nr = nr;
}

/* The default columns; on a narrow screen without one or two that can be missed. */
static void fit_columns(struct table *t)
{
	static const char *const dropped[][2] = {
		{ NULL, NULL }, { "ASLEEP", NULL }, { "CERTAINTY", NULL }, { "ASLEEP", "CERTAINTY" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(dropped); i++) {
		default_columns(&t->cols, t->width);
		for (size_t k = 0; k < ARRAY_SIZE(dropped[i]); k++)
			drop_column(&t->cols, dropped[i][k]);
		if (used_width(t) <= t->width + 1)
			break;
	}
}

static void choose_columns(struct table *t)
{
	if (t->opts->fit_columns && t->style == STYLE_PERSON)
		fit_columns(t);
	else if (t->opts->fit_columns)
		default_columns(&t->cols, t->width);
	else
		t->cols = t->opts->columns;
	t->tree_column = 0;
	for (size_t n = 0; n < t->cols.nr; n++) {
		if (t->cols.cols[n]->has_tree) {
			t->tree_column = n;
			break;
		}
	}
}

/*
 * Where the text of the last column goes: into it, folded to the width that is left, or below
 * the row if that is too little.
 */
static void place_text(struct table *t)
{
	const struct column *last = t->cols.cols[t->cols.nr - 1];
	size_t used = used_width(t);

	if (!last->is_folded || t->style != STYLE_PERSON)
		return;
	if (t->width >= used + MIN_REASON) {
		t->folded_width = t->width - used;
		return;
	}
	t->below = last;
	t->cols.nr--;
}

/* Replace the last space that still fits by a newline, again and again. */
static void fold(char *text, size_t width)
{
	while (text_width(text) > width) {
		char *space = memrchr(text, ' ', text_fitting(text, width) + 1);

		if (!space)
			space = strchr(text, ' ');
		if (!space)
			return;
		*space = '\n';
		text = space + 1;
	}
}

static int colour_line(const struct table *t, struct libscols_line *line, const struct row *row)
{
	const char *colour = NULL;
	int rc = 0;

	if (t->opts->color && row->waiter >= 0)
		colour = verdicts[t->a->judgements[row->waiter].verdict].colour;
	for (size_t n = 0; colour && !rc && n < t->cols.nr; n++) {
		if (t->cols.cols[n]->has_colour)
			rc = scols_cell_set_color(scols_line_get_cell(line, n), colour);
	}
	return rc;
}

static int fill_line(const struct table *t, struct libscols_line *line, const struct row *row)
{
	char buf[VALUE_SIZE];
	int rc = 0;

	for (size_t n = 0; !rc && n < t->cols.nr; n++) {
		const char *text = cell(t, row, n, buf);

		if (t->cols.cols[n]->is_folded && t->folded_width)
			fold(buf, t->folded_width);
		rc = scols_line_set_data(line, n, text);
	}
	return rc ?: colour_line(t, line, row);
}

static int add_column(const struct table *t, size_t n)
{
	const struct column *col = t->cols.cols[n];
	bool folded = col->is_folded && t->folded_width;
	int flags = folded ? SCOLS_FL_WRAP : 0;
	struct libscols_column *cl;

	if (t->opts->tree && n == t->tree_column)
		flags |= SCOLS_FL_TREE;
	else if (col->align_right)
		flags |= SCOLS_FL_RIGHT;
	cl = scols_table_new_column(t->tb, col->name, strlen(col->name), flags);
	if (!cl)
		return -ENOMEM;
	if (!folded)
		return 0;
	return scols_column_set_safechars(cl, "\n") ||
	       scols_column_set_wrapfunc(cl, scols_wrapnl_chunksize,
					 scols_wrapnl_nextchunk, NULL) ? -EINVAL : 0;
}

static int add_lines(const struct table *t)
{
	struct libscols_line **lines = xcalloc(t->rows.nr, sizeof(*lines));
	int rc = 0;

	for (size_t i = 0; !rc && i < t->rows.nr; i++) {
		lines[i] = scols_table_new_line(t->tb, NULL);
		rc = lines[i] ? fill_line(t, lines[i], &t->rows.rows[i]) : -ENOMEM;
	}
	for (size_t i = 0; !rc && i < t->rows.nr; i++) {
		if (t->rows.rows[i].parent >= 0)
			rc = scols_line_add_child(lines[t->rows.rows[i].parent], lines[i]);
	}
	free(lines);
	return rc;
}

static int fill_table(struct table *t)
{
	const struct table_options *opts = t->opts;
	int rc = 0;

	choose_columns(t);
	place_text(t);
	/* Lines are not cut: a wide name must not take what stands behind it away. */
	scols_table_set_termwidth(t->tb, t->below ? MAX_LINE : t->width);
	scols_table_set_termforce(t->tb, SCOLS_TERMFORCE_ALWAYS);
	scols_table_enable_raw(t->tb, opts->raw);
	scols_table_enable_noheadings(t->tb, opts->noheadings);
	scols_table_enable_colors(t->tb, opts->color);
	for (size_t n = 0; !rc && n < t->cols.nr; n++)
		rc = add_column(t, n);
	return rc ?: add_lines(t);
}

/* "pthread_mutex at 0x7f0000001000: ", if it is known. */
static size_t put_lock(char *dst, size_t size, const struct table *t, size_t waiter)
{
	const char *name = primitives[t->a->judgements[waiter].primitive].name;
	const struct waiter *w = &t->a->s->waiters[waiter];

	if (!(w->known & W_WAITS_ON))
		return 0;
	return snprintf(dst, size, "%s at %#" PRIx64 ": ", name ?: "futex", w->waits_on);
}

/* Below its row, with its lock, if it has a text that is more than usual. */
static void print_below(FILE *out, const struct table *t, const struct row *row)
{
	char buf[VALUE_SIZE], text[VALUE_SIZE + LOCK_SIZE], *save = NULL;
	struct subject sub;
	size_t used = 0;

	if (row->waiter >= 0 && !t->opts->all &&
	    verdicts[t->a->judgements[row->waiter].verdict].is_idle &&
	    !t->a->judgements[row->waiter].may_be_copy)
		return;
	set_subject(&sub, t->a, row, buf);
	if (row->waiter >= 0)
		used = put_lock(text, sizeof(text), t, row->waiter);
	snprintf(text + used, sizeof(text) - used, "%s",
		 column_text(t->below, &sub, t->style, buf));
	fold(text, t->width > INDENT + MIN_TEXT ? t->width - INDENT : MIN_TEXT);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		fprintf(out, "%*s%s\n", INDENT, "", line);
}

/* The stack of a row's thread, if it was read; @last is the one before. */
static void print_row_stack(FILE *out, const struct table *t, const struct row *row,
			    const struct stack **last)
{
	const struct stack *stack = NULL;

	if (t->opts->stacks && row->waiter >= 0)
		stack = find_stack(t->opts->stacks, t->a->s->waiters[row->waiter].tid);
	if (stack && *last && same_frames(stack, *last)) {
		fprintf(out, "%*sthe same stack as thread %d\n", INDENT, "", (*last)->tid);
	} else if (stack) {
		print_lock_name(out, "        waits on ", stack);
		print_stack(out, INDENT, stack);
		*last = stack;
	}
}

static void print_left_out(FILE *out, const struct stacks *st)
{
	if (st && st->nr_left_out)
		fprintf(out, "of %zu more threads the stacks are not shown: --pid and explain show "
			"them\n", st->nr_left_out);
}

/* Without a folded column, each row is one line. */
static int print_with_text(FILE *out, const struct table *t)
{
	size_t headings = !t->opts->noheadings;
	const struct stack *last = NULL;
	char *text, *line, *end;
	int rc = scols_print_table_to_string(t->tb, &text);

	if (rc)
		return rc;
	line = text;
	for (size_t i = 0; i < t->rows.nr + headings; i++, line = end + !!*end) {
		end = strchrnul(line, '\n');
		fprintf(out, "%.*s\n", (int)(end - line), line);
		if (i < headings)
			continue;
		print_below(out, t, &t->rows.rows[i - headings]);
		print_row_stack(out, t, &t->rows.rows[i - headings], &last);
	}
	print_left_out(out, t->opts->stacks);
	free(text);
	return 0;
}

/* "3 of 10 waiters: 2 deadlock, 1 waiting" */
static void print_counts(FILE *out, const struct selection *sel)
{
	const struct analysis *a = sel->a;
	char text[VALUE_SIZE];
	const char *sep = ": ";
	size_t used;

	used = snprintf(text, sizeof(text), "%zu ", sel->nr);
	if (sel->nr < a->s->nr_waiters)
		used += snprintf(text + used, sizeof(text) - used, "of %zu ", a->s->nr_waiters);
	used += snprintf(text + used, sizeof(text) - used, "waiter%s",
			 a->s->nr_waiters == 1 ? "" : "s");
	for (size_t v = 0; v < NR_VERDICTS; v++) {
		if (!sel->nr_verdicts[v])
			continue;
		used += snprintf(text + used, sizeof(text) - used, "%s%zu %s", sep,
				 sel->nr_verdicts[v], verdicts[v].name);
		sep = ", ";
	}
	fold(text, output_width(out));
	fprintf(out, "%s\n", text);
}

static void print_summary(FILE *out, const struct selection *sel)
{
	const struct analysis *a = sel->a;

	print_counts(out, sel);
	if (analysis_wants_second_look(a) && !a->two_looks)
		fprintf(out, "%s is one look: no verdict is more than likely\n",
			a->s->source->title);
	if (!a->s->source->shows_sleeps && sel->nr_verdicts[VERDICT_WAITING])
		fprintf(out, "%s does not say what other threads sleep for: they may be able to "
			"run\n", a->s->source->title);
}

static enum style table_style(const struct table_options *opts)
{
	if (opts->raw)
		return STYLE_RAW;
	return opts->notruncate ? STYLE_FULL : STYLE_PERSON;
}

/* libsmartcols ends a row that is folded otherwise than one that is not. */
static int print_row(FILE *out, const struct table *t, size_t i)
{
	struct libscols_line *line = scols_table_get_line(t->tb, i);
	char *text = NULL;
	int rc = scols_table_print_range_to_string(t->tb, line, line, &text);
	size_t len = text ? strlen(text) : 0;

	while (len && text[len - 1] == '\n')
		len--;
	if (!rc)
		fprintf(out, "%.*s\n", (int)len, text);
	free(text);
	return rc;
}

/* Each row by itself, followed by the stack of its thread. */
static int print_with_stacks(FILE *out, const struct table *t)
{
	const struct stack *last = NULL;
	int rc = 0;

	for (size_t i = 0; !rc && i < t->rows.nr; i++) {
		rc = print_row(out, t, i);
		if (!rc)
			print_row_stack(out, t, &t->rows.rows[i], &last);
	}
	print_left_out(out, t->opts->stacks);
	return rc;
}

static int print_rows(FILE *out, const struct selection *sel, const struct table_options *opts)
{
	struct table t = {
		.a = sel->a, .opts = opts, .style = table_style(opts), .width = output_width(out),
	};
	int rc;

	t.tb = scols_new_table();
	if (!t.tb)
		return -ENOMEM;
	if (opts->tree)
		tree_rows(&t.rows, sel);
	else if (opts->all)
		list_rows(&t.rows, sel);
	else
		group_rows(&t.rows, sel, NULL);
	scols_table_set_stream(t.tb, out);
	rc = fill_table(&t);
	if (!rc)
		rc = t.below ? print_with_text(out, &t) : opts->stacks ? print_with_stacks(out, &t) :
							     scols_print_table(t.tb);
	rows_free(&t.rows);
	scols_unref_table(t.tb);
	return rc;
}

/**
 * print_table() - show waiters, worst first, and a summary for people
 * @out: where to; errors are left to its error flag
 * @sel: the waiters
 * @opts: how
 *
 * Return: 0, or a negative errno if libsmartcols failed.
 */
int print_table(FILE *out, const struct selection *sel, const struct table_options *opts)
{
	bool for_people = !opts->raw && !opts->noheadings;
	int rc = 0;

	scols_init_debug(0);
	print_gaps(for_people ? out : NULL, sel);
	if (sel->nr)
		rc = print_rows(out, sel, opts);
	if (!rc && for_people)
		print_summary(out, sel);
	return rc;
}
