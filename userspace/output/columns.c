// SPDX-License-Identifier: GPL-2.0-only
/*
 * The columns of the table: their names, and what each shows of a waiter.
 */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "columns.h"
#include "text.h"

/* Keys are those of the whole JSON output (json.c). */
const struct column_info column_infos[NR_COLUMNS] = {
	[COL_VERDICT]	= { "VERDICT", "verdict", TYPE_TEXT, 0, "what becomes of the waiter" },
	[COL_CERTAINTY]	= { "CERTAINTY", "certainty", TYPE_TEXT, 0,
			    "how sure it is that nobody can wake it" },
	[COL_TID]	= { "TID", "tid", TYPE_NUMBER, 0, "thread id" },
	[COL_PID]	= { "PID", "tgid", TYPE_NUMBER, 0, "process id (tgid)" },
	/* So that all fits, whatever a thread calls itself. */
	[COL_COMMAND]	= { "COMMAND", "comm", TYPE_TEXT, 18, "name of the thread" },
	[COL_ASLEEP]	= { "ASLEEP", "asleep_ns", TYPE_NUMBER, 0,
			    "time since it went to sleep; JSON: nanoseconds" },
	[COL_FUTEX]	= { "FUTEX", "waits_on", TYPE_TEXT, 0,
			    "address that it waits on now, after any requeue" },
	[COL_UADDR]	= { "UADDR", "uaddr", TYPE_TEXT, 0, "address that it called futex with" },
	[COL_SYSCALL]	= { "SYSCALL", "syscall", TYPE_TEXT, 0, "system call that it is in" },
	[COL_OP]	= { "OP", "op", TYPE_TEXT, 0, "futex operation" },
	[COL_FLAGS]	= { "FLAGS", "flags", TYPE_TEXT, 0, "flags of the operation" },
	[COL_EXPECTED]	= { "EXPECTED", "expected", TYPE_NUMBER, 0,
			    "value that it expected in the futex" },
	[COL_VALUE]	= { "VALUE", "value", TYPE_NUMBER, 0, "value that the futex has now" },
	[COL_BITSET]	= { "BITSET", "bitset", TYPE_TEXT, 0, "bits that a waker must have one of" },
	[COL_TIMEOUT]	= { "TIMEOUT", "timeout", TYPE_TEXT, 0, "kind of its timeout" },
	[COL_KEY]	= { "KEY", "key", TYPE_TEXT, 0,
			    "kind of the futex; the same text is the same shared word" },
	[COL_QUEUED]	= { "QUEUED", "queued", TYPE_TEXT, 0,
			    "yes, or why it left the kernel's queue" },
	[COL_STABLE]	= { "STABLE", "stable", TYPE_BOOLEAN, 0,
			    "whether it did not run while being looked at" },
	[COL_PRIMITIVE]	= { "PRIMITIVE", "primitive", TYPE_TEXT, 0,
			    "what the words around the futex look like" },
	[COL_HOLDER]	= { "HOLDER", "holder", TYPE_NUMBER, 0, "thread that holds the lock" },
	[COL_HOLDER_PID] = { "HOLDER-PID", "holder_tgid", TYPE_NUMBER, 0,
			     "process of the holder" },
	[COL_PI_OWNER]	= { "PI-OWNER", "pi_owner", TYPE_NUMBER, 0,
			    "owner of a PI futex, as the kernel has it" },
	[COL_LIVE]	= { "LIVE", "live_count", TYPE_NUMBER, 0,
			    "live threads in its address space" },
	[COL_THREADS]	= { "THREADS", "live_threads", TYPE_TEXT, 24, "the same, their ids" },
	[COL_PPID]	= { "PPID", "ppid", TYPE_NUMBER, 0, "parent process" },
	[COL_EXECED]	= { "EXECED", "execed", TYPE_BOOLEAN, 0,
			    "whether its process called execve since its fork" },
	[COL_PIDNS]	= { "PIDNS", "pid_ns", TYPE_TEXT, 0, "pid namespace" },
	[COL_CGROUP]	= { "CGROUP", "cgroup", TYPE_TEXT, 0, "cgroup v2" },
	[COL_REASON]	= { "REASON", "reason", TYPE_TEXT, 0, "why it has this verdict" },
};

static int find_column(const char *name, size_t len)
{
	for (int c = 0; c < NR_COLUMNS; c++) {
		if (!strncasecmp(column_infos[c].name, name, len) && !column_infos[c].name[len])
			return c;
	}
	return -1;
}

/**
 * parse_columns() - read a list of columns
 * @list: receives them; with a "+" before the names they are added to those it has, before
 *	the reason if that is the last
 * @text: their names, in any case, separated by commas
 *
 * Return: NULL, or from where on @text is not understood, or has too many.
 */
const char *parse_columns(struct column_list *list, const char *text)
{
	bool before = *text == '+' && list->nr && list->cols[list->nr - 1] == COL_REASON;

	if (*text == '+')
		text++;
	else
		list->nr = 0;
	for (;;) {
		size_t len = strcspn(text, ",");
		int col = find_column(text, len);

		if (col < 0 || list->nr == MAX_COLUMNS)
			return text;
		list->cols[list->nr++] = col;
		if (before) {
			list->cols[list->nr - 2] = col;
			list->cols[list->nr - 1] = COL_REASON;
		}
		if (!text[len])
			return NULL;
		text += len + 1;
	}
}

/**
 * print_columns() - tell which columns there are
 * @out: where to; errors are left to its error flag
 */
void print_columns(FILE *out)
{
	static const char *const types[] = {
		[TYPE_TEXT]	= "<string>",
		[TYPE_NUMBER]	= "<number>",
		[TYPE_BOOLEAN]	= "<boolean>",
	};

	for (int c = 0; c < NR_COLUMNS; c++)
		fprintf(out, "%11s  %-9s  %s\n", column_infos[c].name,
			types[column_infos[c].type], column_infos[c].help);
}

/* An escaped name can have four times its bytes; no escape is cut in two. */
static const char *cut_text(char *buf, const char *text, size_t max)
{
	size_t len = 0, next = 0;

	while (next <= max - strlen("...")) {
		len = next;
		next += text[next] == '\\' ? strlen("\\000") : 1;
	}
	snprintf(buf, CELL_SIZE, "%.*s...", (int)len, text);
	return buf;
}

static const char *hex(char *buf, bool known, uint64_t val)
{
	if (!known)
		return NULL;
	snprintf(buf, CELL_SIZE, "%#" PRIx64, val);
	return buf;
}

static const char *decimal(char *buf, bool known, uint64_t val)
{
	if (!known)
		return NULL;
	snprintf(buf, CELL_SIZE, "%" PRIu64, val);
	return buf;
}

static const char *yesno(enum yesno val, enum style style)
{
	if (val == YESNO_UNKNOWN)
		return NULL;
	if (style == STYLE_JSON)
		return val == YES ? "true" : "false";
	return val == YES ? "yes" : "no";
}

/* There is a difference between an id that is not known and one that does not exist. */
static const char *id_text(char *buf, pid_t id, enum style style)
{
	if (id == PID_NONE && style != STYLE_JSON)
		return "-";
	return decimal(buf, id >= 0, id);
}

static const char *call_text(const struct waiter *w, enum column col, enum style style, char *buf)
{
	switch (col) {
	case COL_FUTEX:
		return hex(buf, w->known & W_WAITS_ON, w->waits_on);
	case COL_UADDR:
		return hex(buf, w->known & W_UADDR, w->uaddr);
	case COL_SYSCALL:
		return call_names[w->call];
	case COL_OP:
		return w->op;
	case COL_FLAGS:
		return w->flags;
	case COL_EXPECTED:
		return decimal(buf, w->known & W_EXPECTED, w->expected);
	case COL_VALUE:
		return decimal(buf, w->known & W_VALUE, w->value);
	case COL_BITSET:
		if (!(w->known & W_BITSET))
			return NULL;
		snprintf(buf, CELL_SIZE, "0x%08" PRIx32, w->bitset);
		return buf;
	case COL_TIMEOUT:
		return timeout_names[w->timeout];
	case COL_KEY:
		return w->key;
	case COL_QUEUED:
		return w->queued;
	case COL_STABLE:
		return yesno(w->stable, style);
	case COL_PI_OWNER:
		return id_text(buf, w->pi_owner, style);
	default:
		return NULL;
	}
}

static const char *process_text(const struct snapshot *s, const struct waiter *w,
				enum column col, enum style style, char *buf)
{
	const struct mm *mm = w->mm < 0 ? NULL : &s->mms[w->mm];
	const struct process *p = w->process < 0 ? NULL : &s->processes[w->process];

	switch (col) {
	case COL_LIVE:
		return decimal(buf, mm && mm->known & M_LIVE, mm ? mm->live : 0);
	case COL_THREADS:
		return mm ? mm->live_threads : NULL;
	case COL_PPID:
		return decimal(buf, p && p->ppid >= 0, p ? p->ppid : 0);
	case COL_EXECED:
		return yesno(p ? p->execed : YESNO_UNKNOWN, style);
	case COL_PIDNS:
		return p ? p->pid_ns : NULL;
	case COL_CGROUP:
		return p ? p->cgroup : NULL;
	default:
		return NULL;
	}
}

/* Where no holder is known there may be none at all: neither is an error. */
static const char *holder_text(const struct analysis *a, size_t i, enum column col,
			       enum style style, char *buf)
{
	const struct judgement *j = &a->judgements[i];
	const struct thread *t = j->holder_thread < 0 ? NULL : &a->s->threads[j->holder_thread];
	struct outsider o = { .tid = j->holder, .tgid = PID_UNKNOWN };

	if (j->holder == PID_UNKNOWN)
		return style == STYLE_JSON ? NULL : "-";
	if (t)
		o = (struct outsider){ .tid = t->tid, .tgid = t->tgid };
	else if (col == COL_HOLDER_PID)
		find_outsider(a->s, &a->s->waiters[i], j->holder, &o);
	return id_text(buf, col == COL_HOLDER ? o.tid : o.tgid, style);
}

static const char *judgement_text(const struct analysis *a, size_t i, enum column col,
				  enum style style, char *buf)
{
	const struct judgement *j = &a->judgements[i];
	const char *none = style == STYLE_JSON ? NULL : "-";

	switch (col) {
	case COL_VERDICT:
		return verdict_name(j->verdict);
	case COL_CERTAINTY:
		return certainty_name(j->certainty) ?: none;
	case COL_PRIMITIVE:
		return j->lock ?: none;
	case COL_HOLDER:
	case COL_HOLDER_PID:
		return holder_text(a, i, col, style, buf);
	case COL_REASON:
		return reason_text(a, i, buf);
	default:
		return NULL;
	}
}

static const char *asleep_text(const struct waiter *w, enum style style, char *buf)
{
	if (!(w->known & W_ASLEEP))
		return NULL;
	if (style == STYLE_JSON)
		return decimal(buf, true, w->asleep_ns);
	return format_duration(buf, w->asleep_ns);
}

static const char *any_text(const struct analysis *a, size_t i, enum column col,
			    enum style style, char *buf)
{
	const struct waiter *w = &a->s->waiters[i];

	switch (col) {
	case COL_TID:
		return decimal(buf, w->tid >= 0, w->tid);
	case COL_PID:
		return decimal(buf, w->tgid >= 0, w->tgid);
	case COL_COMMAND:
		return w->comm;
	case COL_ASLEEP:
		return asleep_text(w, style, buf);
	case COL_LIVE ... COL_THREADS:
	case COL_PPID ... COL_CGROUP:
		return process_text(a->s, w, col, style, buf);
	case COL_VERDICT:
	case COL_CERTAINTY:
	case COL_PRIMITIVE ... COL_HOLDER_PID:
	case COL_REASON:
		return judgement_text(a, i, col, style, buf);
	default:
		return call_text(w, col, style, buf);
	}
}

/**
 * column_text() - what a column shows of a waiter
 * @a: the analysis
 * @waiter: index of the waiter
 * @col: the column
 * @style: how to write it
 * @buf: may be used for the text
 *
 * Return: printable ASCII, in @buf or owned by the snapshot.  Of what is not known "?",
 * of what does not exist "-"; in JSON NULL for both.
 */
const char *column_text(const struct analysis *a, size_t waiter, enum column col,
			enum style style, char buf[CELL_SIZE])
{
	size_t max = column_infos[col].max_width;
	const char *text = any_text(a, waiter, col, style, buf);

	if (!text)
		return style == STYLE_JSON ? NULL : "?";
	if (style == STYLE_PERSON && max && strlen(text) > max)
		return cut_text(buf, text, max);
	return text;
}
