// SPDX-License-Identifier: GPL-2.0-only
/*
 * The columns: all that can be shown of a waiter.
 *
 * A column is a getter and a row of columns[]: --output, --list-columns, the table, raw
 * output and JSON all come from there.
 */
#include <assert.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "array.h"
#include "columns.h"
#include "holders.h"
#include "screen.h"
#include "text.h"

/*
 * Values
 */

#define UNKNOWN	((struct value){ .kind = VALUE_UNKNOWN })
#define NONE	((struct value){ .kind = VALUE_NONE })

static struct value text_value(const char *text)
{
	return text ? (struct value){ .kind = VALUE_TEXT, .text = text } : UNKNOWN;
}

static struct value number_value(bool known, uint64_t number)
{
	return known ? (struct value){ .kind = VALUE_NUMBER, .number = number } : UNKNOWN;
}

static struct value id_value(pid_t id)
{
	return id == PID_NONE ? NONE : number_value(id >= 0, id);
}

static struct value hex_value(bool known, uint64_t number, int digits)
{
	return known ? (struct value){ .kind = VALUE_HEX, .number = number, .digits = digits } :
		       UNKNOWN;
}

static struct value yesno_value(enum yesno yn)
{
	if (yn == YESNO_UNKNOWN)
		return UNKNOWN;
	return (struct value){ .kind = VALUE_BOOLEAN, .number = yn == YES };
}

/*
 * The judgement
 */

static struct value get_verdict(const struct subject *sub)
{
	return text_value(verdicts[sub->j->verdict].name);
}

static struct value get_certainty(const struct subject *sub)
{
	const char *name = certainties[sub->j->certainty].name;

	return name ? text_value(name) : NONE;
}

static struct value get_stuck(const struct subject *sub)
{
	return yesno_value(verdicts[sub->j->verdict].stuck ? YES : NO);
}

static struct value get_blocked(const struct subject *sub)
{
	return yesno_value(sub->j->verdict == VERDICT_BLOCKED ? YES : NO);
}

static struct value get_primitive(const struct subject *sub)
{
	const char *name = primitives[sub->j->primitive].name;

	return name ? text_value(name) : NONE;
}

/*
 * Where no holder is known there may be none at all.  The id of one that is not there is no thread's
 * here if it is of another pid namespace.
 */
static struct value get_holder(const struct subject *sub)
{
	const struct judgement *j = sub->j;

	if (j->holder == PID_UNKNOWN ||
	    (j->holder_thread < 0 && waiter_is_in_namespace(sub->a->s, sub->w)))
		return NONE;
	return id_value(j->holder_thread < 0 ? j->holder :
			sub->a->s->threads[j->holder_thread].tid);
}

static struct value get_holder_tgid(const struct subject *sub)
{
	const struct judgement *j = sub->j;
	struct foreign_holder foreign;

	if (j->holder == PID_UNKNOWN)
		return NONE;
	if (j->holder_thread >= 0)
		return id_value(sub->a->s->threads[j->holder_thread].tgid);
	if (find_foreign_holder(sub->a->s, sub->w, j->holder, &foreign))
		return id_value(foreign.tgid);
	return UNKNOWN;
}

static struct value get_reason(const struct subject *sub)
{
	return text_value(reason_text(sub->a, sub->row->waiter, sub->buf));
}

/*
 * The thread
 */

static struct value get_tid(const struct subject *sub)
{
	return id_value(sub->w->tid);
}

static struct value get_tgid(const struct subject *sub)
{
	return id_value(sub->w->tgid);
}

static struct value get_comm(const struct subject *sub)
{
	return text_value(sub->w->comm);
}

static struct value get_asleep(const struct subject *sub)
{
	if (!(sub->w->known & W_ASLEEP))
		return UNKNOWN;
	return (struct value){ .kind = VALUE_DURATION, .number = sub->w->asleep_ns };
}

/*
 * The word, and the lock
 */

static struct value get_same_word(const struct subject *sub)
{
	const struct contention *c = &sub->a->contention[sub->row->waiter];

	return number_value(c->nr_waiters, c->nr_waiters);
}

static struct value get_word_asleep(const struct subject *sub)
{
	const struct contention *c = &sub->a->contention[sub->row->waiter];

	if (!c->asleep_ns)
		return UNKNOWN;
	return (struct value){ .kind = VALUE_DURATION, .number = c->asleep_ns };
}

static struct value get_behind(const struct subject *sub)
{
	return number_value(true, sub->a->contention[sub->row->waiter].nr_behind);
}

/*
 * The call
 */

static struct value get_waits_on(const struct subject *sub)
{
	return hex_value(sub->w->known & W_WAITS_ON, sub->w->waits_on, 1);
}

static struct value get_uaddr(const struct subject *sub)
{
	return hex_value(sub->w->known & W_UADDR, sub->w->uaddr, 1);
}

static struct value get_call(const struct subject *sub)
{
	return text_value(call_names[sub->w->call]);
}

static struct value get_op(const struct subject *sub)
{
	return text_value(sub->w->op_text);
}

static struct value get_flags(const struct subject *sub)
{
	return text_value(sub->w->flags_text);
}

static struct value get_expected(const struct subject *sub)
{
	return number_value(sub->w->known & W_EXPECTED, sub->w->expected);
}

static struct value get_value(const struct subject *sub)
{
	return number_value(sub->w->known & W_VALUE, sub->w->value);
}

static struct value get_bitset(const struct subject *sub)
{
	return hex_value(sub->w->known & W_BITSET, sub->w->bitset, 8);
}

static struct value get_timeout(const struct subject *sub)
{
	return text_value(timeout_names[sub->w->timeout]);
}

static struct value get_key(const struct subject *sub)
{
	return text_value(sub->w->key_text);
}

static struct value get_queued(const struct subject *sub)
{
	return text_value(sub->w->queued_text);
}

static struct value get_stable(const struct subject *sub)
{
	return yesno_value(sub->w->stable);
}

static struct value get_pi_owner(const struct subject *sub)
{
	return id_value(sub->w->pi_owner);
}

/*
 * The process
 */

static struct value get_live_count(const struct subject *sub)
{
	const struct mm *mm = sub->mm;

	return mm ? number_value(mm->known & M_LIVE, mm->live) : UNKNOWN;
}

static struct value get_live_threads(const struct subject *sub)
{
	return text_value(sub->mm ? sub->mm->live_threads : NULL);
}

static struct value get_program(const struct subject *sub)
{
	return text_value(sub->process ? sub->process->comm : NULL);
}

static struct value get_cmdline(const struct subject *sub)
{
	return text_value(sub->process ? sub->process->cmdline : NULL);
}

static struct value get_user(const struct subject *sub)
{
	return text_value(sub->process ? sub->process->user : NULL);
}

static struct value get_ppid(const struct subject *sub)
{
	return sub->process ? id_value(sub->process->ppid) : UNKNOWN;
}

static struct value get_execed(const struct subject *sub)
{
	return sub->process ? yesno_value(sub->process->execed) : UNKNOWN;
}

static struct value get_pid_ns(const struct subject *sub)
{
	return text_value(sub->process ? sub->process->pid_ns : NULL);
}

static struct value get_cgroup(const struct subject *sub)
{
	return text_value(sub->process ? sub->process->cgroup : NULL);
}

/*
 * The last part of the cgroup's path that is a unit: systemd gives a cgroup to each, and so do
 * most container runtimes, such as docker-ID.scope.
 */
static struct value get_unit(const struct subject *sub)
{
	static const char *const suffixes[] = { ".service", ".scope" };
	const char *path = sub->process ? sub->process->cgroup : NULL;
	size_t end = path ? strlen(path) : 0, start = end;

	if (!path)
		return UNKNOWN;
	for (; end; end = start) {
		while (start && path[start - 1] != '/')
			start--;
		for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
			size_t len = strlen(suffixes[i]);

			if (end - start > len && !strncmp(path + end - len, suffixes[i], len)) {
				snprintf(sub->buf, VALUE_SIZE, "%.*s", (int)(end - start),
					 path + start);
				return text_value(sub->buf);
			}
		}
		start -= start > 0;
	}
	return NONE;
}

/*
 * Rows of a tree that are of no waiter
 */

static const struct thread *other_thread(const struct subject *sub)
{
	return sub->row->thread < 0 ? NULL : &sub->a->s->threads[sub->row->thread];
}

static struct value get_other_tid(const struct subject *sub)
{
	return id_value(sub->row->id);
}

static struct value get_other_tgid(const struct subject *sub)
{
	const struct thread *t = other_thread(sub);

	return t && t->tgid >= 0 ? id_value(t->tgid) : NONE;
}

static struct value get_other_program(const struct subject *sub)
{
	const struct thread *t = other_thread(sub);
	const struct process *p = t ? process_of_thread(sub->a->s, t) : NULL;

	return p && p->comm ? text_value(p->comm) : NONE;
}

static struct value get_other_comm(const struct subject *sub)
{
	const struct thread *t = other_thread(sub);

	return t && t->comm ? text_value(t->comm) : NONE;
}

static struct value get_other_reason(const struct subject *sub)
{
	if (sub->row->thread >= 0)
		put_thread_text(sub->buf, VALUE_SIZE, sub->a, sub->row->thread);
	else
		put_gone_text(sub->buf, VALUE_SIZE, sub->a, sub->row->child, sub->row->id);
	return text_value(sub->buf);
}

const struct column columns[] = {
	{ "VERDICT", "verdict", TYPE_TEXT, "what becomes of the waiter", get_verdict,
	  .has_colour = true },
	{ "CERTAINTY", "certainty", TYPE_TEXT, "how certain it is that no thread can wake it",
	  get_certainty, .has_colour = true },
	{ "STUCK", "stuck", TYPE_BOOLEAN, "whether no thread can wake it, by its verdict", get_stuck },
	{ "BLOCKED", "blocked", TYPE_BOOLEAN, "whether it waits for a lock or an exit, by its verdict",
	  get_blocked },
	{ "TID", "tid", TYPE_NUMBER, "thread id", get_tid, get_other_tid,
	  .align_right = true },
	{ "PID", "tgid", TYPE_NUMBER, "process id (tgid)", get_tgid, get_other_tgid,
	  .align_right = true },
	/* Cut, so that all columns fit whatever name a thread gives itself. */
	{ "COMMAND", "comm", TYPE_TEXT, "name of the thread", get_comm, get_other_comm,
	  .max_width = 15, .has_tree = true },
	{ "ASLEEP", "asleep_ns", TYPE_NUMBER, "time since it went to sleep; JSON: nanoseconds",
	  get_asleep, .align_right = true },
	{ "FUTEX", "waits_on", TYPE_TEXT, "address that it waits on now, after any requeue",
	  get_waits_on, .align_right = true },
	{ "UADDR", "uaddr", TYPE_TEXT, "address that it called futex with", get_uaddr },
	{ "SYSCALL", "syscall", TYPE_TEXT, "system call that it is in", get_call },
	{ "OP", "op", TYPE_TEXT, "futex operation", get_op },
	{ "FLAGS", "flags", TYPE_TEXT, "flags of the operation", get_flags },
	{ "EXPECTED", "expected", TYPE_NUMBER, "value that it expected in the futex", get_expected,
	  .align_right = true },
	{ "VALUE", "value", TYPE_NUMBER, "value that the futex has now", get_value,
	  .align_right = true },
	{ "BITSET", "bitset", TYPE_TEXT, "bits of which a waker must have one", get_bitset },
	{ "TIMEOUT", "timeout", TYPE_TEXT, "kind of its timeout", get_timeout },
	{ "KEY", "key", TYPE_TEXT, "kind of the futex; the same text is the same shared word",
	  get_key },
	{ "QUEUED", "queued", TYPE_TEXT, "yes, or why it left the kernel's queue", get_queued },
	{ "STABLE", "stable", TYPE_BOOLEAN, "whether it did not run while being looked at",
	  get_stable },
	{ "PRIMITIVE", "primitive", TYPE_TEXT, "what the words around the futex look like",
	  get_primitive },
	{ "HOLDER", "holder", TYPE_NUMBER, "thread that holds the lock", get_holder,
	  .align_right = true },
	{ "HOLDER-PID", "holder_tgid", TYPE_NUMBER, "process of the holder", get_holder_tgid,
	  .align_right = true },
	{ "ON-WORD", "on_same_word", TYPE_NUMBER, "waiters on the same word, with this one",
	  get_same_word, .align_right = true },
	{ "WORD-ASLEEP", "word_asleep_ns", TYPE_NUMBER,
	  "the longest that one of them has slept; JSON: nanoseconds", get_word_asleep,
	  .align_right = true },
	{ "BEHIND", "behind", TYPE_NUMBER, "waiters for what this thread holds, and for those",
	  get_behind, .align_right = true },
	{ "PI-OWNER", "pi_owner", TYPE_NUMBER, "owner of a PI futex, as the kernel has it",
	  get_pi_owner, .align_right = true },
	{ "PROGRAM", "program", TYPE_TEXT, "name of the process", get_program, get_other_program,
	  .max_width = 15 },
	{ "LIVE", "live_count", TYPE_NUMBER, "live threads in its address space (mm)",
	  get_live_count, .align_right = true, .scope = OF_MM },
	{ "THREADS", "live_threads", TYPE_TEXT, "ids of those threads", get_live_threads,
	  .max_width = 24, .scope = OF_MM },
	{ "USER", "user", TYPE_TEXT, "effective user of its process; ? if it is a saved copy",
	  get_user, .max_width = 12, .scope = OF_PROCESS, .is_identity = true },
	{ "CMDLINE", "cmdline", TYPE_TEXT, "command line of its process; ? if it is a saved copy",
	  get_cmdline, .max_width = 40, .scope = OF_PROCESS, .is_identity = true },
	{ "PPID", "ppid", TYPE_NUMBER, "parent process", get_ppid, .align_right = true,
	  .scope = OF_PROCESS },
	{ "EXECED", "execed", TYPE_BOOLEAN, "whether its process has called execve since its fork",
	  get_execed, .scope = OF_PROCESS },
	{ "PIDNS", "pid_ns", TYPE_TEXT, "pid namespace", get_pid_ns, .scope = OF_PROCESS },
	{ "UNIT", "unit", TYPE_TEXT, "systemd's unit, which may be of a container", get_unit,
	  .max_width = 24, .scope = OF_PROCESS },
	{ "CGROUP", "cgroup", TYPE_TEXT, "cgroup v2", get_cgroup, .max_width = 40,
	  .scope = OF_PROCESS },
	{ "REASON", "reason", TYPE_TEXT, "why it has this verdict", get_reason, get_other_reason,
	  .is_folded = true },
};

const size_t nr_columns = ARRAY_SIZE(columns);

static_assert(ARRAY_SIZE(columns) < MAX_COLUMNS, "a list has room for all columns");

static const struct column *find_column(const char *name, size_t len)
{
	for (size_t i = 0; i < nr_columns; i++) {
		if (!strncasecmp(columns[i].name, name, len) && !columns[i].name[len])
			return &columns[i];
	}
	return NULL;
}

/**
 * default_columns() - the columns of a table if nobody chooses any
 * @list: receives them
 * @width: of the terminal, in characters
 */
void default_columns(struct column_list *list, size_t width)
{
	static const struct {
		const char *name;
		size_t min_width;	/* of the terminal */
	} names[] = {
		{ "PID" }, { "PROGRAM" }, { "TID" }, { "COMMAND" }, { "VERDICT" }, { "CERTAINTY" },
		{ "ASLEEP" }, { "PRIMITIVE", 100 }, { "FUTEX", 160 }, { "REASON" },
	};

	list->nr = 0;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (width >= names[i].min_width)
			list->cols[list->nr++] = find_column(names[i].name, strlen(names[i].name));
	}
}

/**
 * parse_columns() - read a list of columns
 * @list: receives them.  After a "+" they are added to the columns that it has: before the
 *	last one, if that is folded.
 * @text: their names, in any case, separated by commas; after a "+", each may have one
 *
 * Return: NULL, or the rest of @text from the first name that is not understood, or that
 * is one too many.
 */
const char *parse_columns(struct column_list *list, const char *text)
{
	bool adds = *text == '+';
	bool before_last = adds && list->nr && list->cols[list->nr - 1]->is_folded;

	if (adds)
		text++;
	else
		list->nr = 0;
	for (;;) {
		const char *name = text + (adds && *text == '+');
		size_t len = strcspn(text, ",");
		const struct column *col = find_column(name, len - (name - text)), *last;

		if (!col || list->nr == MAX_COLUMNS)
			return text;
		list->cols[list->nr++] = col;
		if (before_last) {
			last = list->cols[list->nr - 2];
			list->cols[list->nr - 2] = col;
			list->cols[list->nr - 1] = last;
		}
		if (!text[len])
			return NULL;
		text += len + 1;
	}
}

/**
 * has_identity() - whether columns show what has to be looked up first: the command line or user
 * @list: the columns
 */
bool has_identity(const struct column_list *list)
{
	for (size_t i = 0; i < list->nr; i++) {
		if (list->cols[i]->is_identity)
			return true;
	}
	return false;
}

/**
 * print_columns() - list all columns
 * @out: where to; errors are left to its error flag
 */
void print_columns(FILE *out)
{
	static const char *const types[] = {
		[TYPE_TEXT]	= "<string>",
		[TYPE_NUMBER]	= "<number>",
		[TYPE_BOOLEAN]	= "<boolean>",
	};

	for (size_t i = 0; i < nr_columns; i++)
		fprintf(out, "%11s  %-9s  %s\n", columns[i].name, types[columns[i].type],
			columns[i].help);
}

/**
 * set_subject() - prepare to ask columns about a row
 * @sub: receives what they need
 * @a: the analysis
 * @row: the row
 * @buf: VALUE_SIZE bytes for a value's text
 */
void set_subject(struct subject *sub, const struct analysis *a, const struct row *row, char *buf)
{
	*sub = (struct subject){ .a = a, .row = row, .buf = buf };
	if (row->waiter < 0)
		return;
	sub->w = &a->s->waiters[row->waiter];
	sub->j = &a->judgements[row->waiter];
	sub->process = process_of_waiter(a->s, sub->w);
	sub->mm = sub->w->mm < 0 ? NULL : &a->s->mms[sub->w->mm];
}

/**
 * column_value() - what a column shows
 * @col: the column
 * @sub: what it is asked about
 *
 * Return: the value, whose text is in @sub->buf or owned by the snapshot.
 */
struct value column_value(const struct column *col, const struct subject *sub)
{
	if (sub->w || (col->scope == OF_PROCESS && sub->process) ||
	    (col->scope == OF_MM && sub->mm))
		return col->get(sub);
	return col->get_other ? col->get_other(sub) : NONE;
}

/* No character and no escape is cut in two.  @text may be in @buf. */
static const char *cut_text(char *buf, const char *text, size_t max)
{
	size_t len = text_fitting(text, max - strlen("..."));

	memmove(buf, text, len);
	strcpy(buf + len, "...");
	return buf;
}

static const char *value_text(const struct value *v, char *buf)
{
	switch (v->kind) {
	case VALUE_UNKNOWN:
		return "?";
	case VALUE_NONE:
		return "-";
	case VALUE_TEXT:
		return v->text;
	case VALUE_DURATION:
		return format_duration(buf, v->number);
	case VALUE_HEX:
		snprintf(buf, VALUE_SIZE, "0x%0*" PRIx64, v->digits, v->number);
		return buf;
	case VALUE_BOOLEAN:
		return v->number ? "yes" : "no";
	case VALUE_NUMBER:
		break;
	}
	snprintf(buf, VALUE_SIZE, "%" PRIu64, v->number);
	return buf;
}

/**
 * column_text() - the text that a column shows
 * @col: the column
 * @sub: what it is asked about
 * @style: how to write it
 * @buf: may be used for the text; may be @sub->buf
 *
 * Return: text that the screen can show, in @buf, in @sub->buf or owned by the snapshot: "?" if
 * it is not known, "-" if there is none.
 */
const char *column_text(const struct column *col, const struct subject *sub, enum style style,
			char buf[VALUE_SIZE])
{
	struct value v = column_value(col, sub);
	const char *text = value_text(&v, buf);

	if (style != STYLE_RAW)
		text = shown_text(buf, VALUE_SIZE, text);
	if (style == STYLE_PERSON && col->max_width && text_width(text) > col->max_width)
		return cut_text(buf, text, col->max_width);
	return text;
}
