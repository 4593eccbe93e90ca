// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ranked table.
 */
#include <errno.h>
#include <inttypes.h>
#include <libsmartcols.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "output.h"
#include "reason.h"
#include "text.h"

#define CELL_SIZE	128
#define DEFAULT_WIDTH	80
#define WIDE		110
#define MIN_REASON	20
#define MAX_COMMAND	18	/* so that all fits, whatever a thread calls itself */

enum {
	COL_VERDICT,
	COL_CERTAINTY,
	COL_TID,
	COL_COMMAND,
	COL_ASLEEP,
	COL_FUTEX,
	COL_REASON,
};

struct colinfo {
	const char *name;
	double whint;
	int flags;
	size_t min_width;	/* of the terminal, for the column to be shown */
};

/* REASON takes what the others leave: at 80 columns that is with no futex. */
static const struct colinfo infos[] = {
	[COL_VERDICT]	= { "VERDICT",   8 },
	[COL_CERTAINTY]	= { "CERTAINTY", 9 },
	[COL_TID]	= { "TID",       3, SCOLS_FL_RIGHT },
	[COL_COMMAND]	= { "COMMAND",   7 },
	[COL_ASLEEP]	= { "ASLEEP",    6, SCOLS_FL_RIGHT },
	[COL_FUTEX]	= { "FUTEX",    14, SCOLS_FL_RIGHT, WIDE },
	[COL_REASON]	= { "REASON",   MIN_REASON, SCOLS_FL_WRAP },
};

#define NR_COLS		(sizeof(infos) / sizeof(infos[0]))

/* A pipe has no width: what reads it gets what fits on any terminal. */
static size_t output_width(FILE *out)
{
	const char *columns = getenv("COLUMNS");
	struct winsize ws;

	if (isatty(fileno(out)) && !ioctl(fileno(out), TIOCGWINSZ, &ws) && ws.ws_col)
		return ws.ws_col;
	if (columns && atoi(columns) > 0)
		return atoi(columns);
	return DEFAULT_WIDTH;
}

/* An escaped name can have four times its 15 bytes; no escape is cut in two. */
static const char *short_name(char *buf, const char *comm)
{
	size_t len = 0, next = 0;

	if (strlen(comm) <= MAX_COMMAND)
		return comm;
	while (next <= MAX_COMMAND - strlen("...")) {
		len = next;
		next += comm[next] == '\\' ? strlen("\\000") : 1;
	}
	snprintf(buf, CELL_SIZE, "%.*s...", (int)len, comm);
	return buf;
}

static const char *cell(const struct analysis *a, size_t i, int col, char *buf)
{
	const struct judgement *j = &a->judgements[i];
	const struct waiter *w = &a->s->waiters[i];

	switch (col) {
	case COL_VERDICT:
		return verdict_name(j->verdict);
	case COL_CERTAINTY:
		return j->certainty == CERTAINTY_NONE ? "-" : certainty_name(j->certainty);
	case COL_TID:
		return format_id(buf, w->tid);
	case COL_COMMAND:
		return w->comm ? short_name(buf, w->comm) : "?";
	case COL_ASLEEP:
		return w->known & W_ASLEEP ? format_duration(buf, w->asleep_ns) : "?";
	case COL_FUTEX:
		if (!(w->known & W_WAITS_ON))
			return "?";
		snprintf(buf, CELL_SIZE, "%#" PRIx64, w->waits_on);
		return buf;
	default:
		return NULL;
	}
}

struct layout {
	int cols[NR_COLS];
	size_t nr_cols;
	size_t reason_width;
};

/* libsmartcols breaks lines anywhere, so REASON is broken between words before. */
static void find_layout(struct layout *l, const struct analysis *a, size_t width)
{
	char buf[CELL_SIZE];
	size_t used = 0;

	l->nr_cols = 0;
	for (int c = 0; c < (int)NR_COLS; c++) {
		size_t widest = strlen(infos[c].name);

		if (width < infos[c].min_width)
			continue;
		l->cols[l->nr_cols++] = c;
		if (c == COL_REASON)
			continue;
		for (size_t i = 0; i < a->s->nr_waiters; i++) {
			size_t len = strlen(cell(a, i, c, buf));

			widest = len > widest ? len : widest;
		}
		used += widest + 1;
	}
	l->reason_width = width > used + MIN_REASON ? width - used : MIN_REASON;
}

/* Replace the last space that still fits by a newline, again and again. */
static void fold(char *text, size_t width)
{
	while (strlen(text) > width) {
		char *space = memrchr(text, ' ', width + 1);

		if (!space)
			space = strchr(text, ' ');
		if (!space)
			return;
		*space = '\n';
		text = space + 1;
	}
}

static int add_line(struct libscols_table *tb, const struct analysis *a, size_t i,
		    const struct layout *l)
{
	struct libscols_line *line = scols_table_new_line(tb, NULL);
	char buf[CELL_SIZE], reason[REASON_SIZE];
	int rc = line ? 0 : -ENOMEM;

	for (size_t n = 0; !rc && n < l->nr_cols; n++) {
		const char *text = reason;

		if (l->cols[n] == COL_REASON)
			fold(reason_text(a, i, reason), l->reason_width);
		else
			text = cell(a, i, l->cols[n], buf);
		rc = scols_line_set_data(line, n, text);
	}
	return rc;
}

static int add_column(struct libscols_table *tb, const struct colinfo *info)
{
	struct libscols_column *cl = scols_table_new_column(tb, info->name, info->whint,
							    info->flags);

	if (!cl)
		return -ENOMEM;
	if (!(info->flags & SCOLS_FL_WRAP))
		return 0;
	return scols_column_set_safechars(cl, "\n") ||
	       scols_column_set_wrapfunc(cl, scols_wrapnl_chunksize,
					 scols_wrapnl_nextchunk, NULL) ? -EINVAL : 0;
}

static int fill_table(struct libscols_table *tb, FILE *out, const struct analysis *a)
{
	size_t width = output_width(out);
	struct layout layout;
	size_t *order;
	int rc = 0;

	scols_table_set_stream(tb, out);
	scols_table_set_termwidth(tb, width);
	scols_table_set_termforce(tb, SCOLS_TERMFORCE_ALWAYS);
	find_layout(&layout, a, width);
	for (size_t n = 0; !rc && n < layout.nr_cols; n++)
		rc = add_column(tb, &infos[layout.cols[n]]);
	order = analysis_rank(a);
	for (size_t i = 0; !rc && i < a->s->nr_waiters; i++)
		rc = add_line(tb, a, order[i], &layout);
	free(order);
	return rc;
}

static void print_summary(FILE *out, const struct analysis *a)
{
	const char *sep = ": ";

	fprintf(out, "%zu waiter%s", a->s->nr_waiters, a->s->nr_waiters == 1 ? "" : "s");
	for (size_t v = 0; v < NR_VERDICTS; v++) {
		if (!a->nr_verdicts[v])
			continue;
		fprintf(out, "%s%zu %s", sep, a->nr_verdicts[v], verdict_name(v));
		sep = ", ";
	}
	fputc('\n', out);
	if (analysis_needs_second_look(a) && !a->two_looks)
		fputs("a saved copy is one look: no verdict is more than likely\n", out);
	if (a->s->source == SOURCE_FILE && a->nr_verdicts[VERDICT_WAITING])
		fputs("a saved copy does not say what else threads sleep in: those count as able\n",
		      out);
	if (a->s->nr_hidden)
		fprintf(out, "%" PRIu64 " more are not visible from this pid namespace\n",
			a->s->nr_hidden);
	if (a->s->nr_errors)
		fprintf(out, "the list is not complete: %.60s\n",
			a->s->error ? a->s->error : "?");
}

/**
 * print_table() - show all waiters, worst first, and a summary
 * @out: where to; errors are left to its error flag
 * @a: the analysis
 *
 * Return: 0, or a negative errno for what libsmartcols could not do.
 */
int print_table(FILE *out, const struct analysis *a)
{
	struct libscols_table *tb;
	int rc = 0;

	scols_init_debug(0);
	if (a->s->nr_waiters) {
		tb = scols_new_table();
		if (!tb)
			return -ENOMEM;
		rc = fill_table(tb, out, a);
		if (!rc)
			rc = scols_print_table(tb);
		scols_unref_table(tb);
	}
	if (!rc)
		print_summary(out, a);
	return rc;
}
