// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a list lacks, and what can be done about it: a line each.
 */
#include <err.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include "array.h"
#include "gaps.h"
#include "output.h"
#include "screen.h"
#include "text.h"

#define NOT_COMPLETE	"the list is not complete: "

static void print_gap(FILE *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void print_gap(FILE *out, const char *fmt, ...)
{
	const char *shown;
	char *text;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (len < 0)
		return;
	shown = shown_text(text, len + 1, text);
	if (out)
		fprintf(out, "%s\n", shown);
	else
		warnx("%s", shown);
	free(text);
}

/*
 * What the source has left out
 */

/* One that was asked for, or else that of which most is left out, of those that there are. */
static const struct process *choose_left_out(const struct selection *sel)
{
	const struct snapshot *s = sel->a->s;
	const struct process *worst = NULL;

	for (size_t i = 0; i < sel->f->nr_pids; i++) {
		int found = find_left_out(s, sel->f->pids[i]);

		if (found >= 0)
			return &s->processes[found];
	}
	for (size_t i = 0; i < s->nr_processes; i++) {
		const struct process *p = &s->processes[i];

		if (p->mm < 0 || s->mms[p->mm].complete != NO)
			continue;
		if (!worst || s->mms[p->mm].left_out > s->mms[worst->mm].left_out)
			worst = p;
	}
	return worst;
}

static void print_left_out(FILE *out, const struct selection *sel)
{
	const struct snapshot *s = sel->a->s;
	const struct process *p = choose_left_out(sel);
	char number[32] = "", tgid[ID_SIZE], others[48] = "";

	if (s->nr_left_out)
		snprintf(number, sizeof(number), "%" PRIu64 " ", s->nr_left_out);
	if (s->nr_incomplete_mms > 1)
		snprintf(others, sizeof(others), " and of %zu more", s->nr_incomplete_mms - 1);
	print_gap(out, NOT_COMPLETE "left out are %swaiters of process %s (%.32s)%s",
		  number, format_id(tgid, p ? p->tgid : PID_UNKNOWN),
		  p && p->comm ? p->comm : "?", others);
}

/*
 * What the reader may not look at
 */

/* Those that were asked for: "12,34", to be freed by the caller, or "". */
static char *list_denied(const struct selection *sel)
{
	char *text = xcalloc(sel->f->nr_pids + 1, ID_SIZE + 1), *end = text;

	for (size_t i = 0; i < sel->f->nr_pids; i++) {
		pid_t id = sel->f->pids[i];

		if (is_denied(sel->a->s, id))
			end += sprintf(end, "%s%d", end > text ? "," : "", id);
	}
	return text;
}

static void print_denied(FILE *out, const struct selection *sel)
{
	const struct snapshot *s = sel->a->s;
	size_t nr = s->nr_denied_processes;
	const char *es = nr == 1 ? "" : "es";
	char *asked = list_denied(sel);

	if (*asked)
		print_gap(out, NOT_COMPLETE "no rights to look at %s (%zu process%s in all): %s",
			  asked, nr, es, s->rights);
	else
		print_gap(out, NOT_COMPLETE "no rights to look at %zu process%s: %s",
			  nr, es, s->rights);
	free(asked);
}

/**
 * print_gaps() - say why nobody may conclude from a list that all is well
 * @out: where to; NULL: programs read the output, so to standard error
 * @sel: the waiters in the list
 */
void print_gaps(FILE *out, const struct selection *sel)
{
	const struct snapshot *s = sel->a->s;

	if (s->nr_incomplete_mms || s->nr_left_out)
		print_left_out(out, sel);
	if (s->nr_errors)
		print_gap(out, NOT_COMPLETE "%.60s", s->error ? s->error : "?");
	if (s->nr_denied)
		print_denied(out, sel);
	if (s->hides_processes)
		print_gap(out, NOT_COMPLETE "/proc does not show all processes (hidepid): %s",
			  s->rights);
	if (s->nr_hidden)
		print_gap(out, NOT_COMPLETE "%" PRIu64 " waiters are not visible from this pid "
			  "namespace", s->nr_hidden);
}
