// SPDX-License-Identifier: GPL-2.0-only
/*
 * The analysis as JSON: see Documentation/json.rst, and the schema beside it.
 *
 * Processes and address spaces are written once, and waiters refer to them: so the output is
 * linear in what there is.  A member is always there; what is not known is null.
 */
#include <assert.h>
#include <stdlib.h>

#include "array.h"
#include "gaps.h"
#include "holders.h"
#include "json_writer.h"
#include "output.h"
#include "signals.h"
#include "text.h"

/* Changes when a member is no longer what it was. */
#define FORMAT	2

/* Where a process or mm stands in its array: from 1, so that 0 is none. */
struct places {
	size_t *of;		/* for each record of the snapshot */
	int *order;		/* the records that are written */
	size_t nr;
};

/* Room for a key with the punctuation around it. */
#define KEY_SIZE	32

static_assert(MAX_KEY + sizeof("\"\": ") <= KEY_SIZE, "a key does not fit");

/* "key": in a buffer whose size the compiler knows, so that copying it is cheap. */
struct key {
	char text[KEY_SIZE];
	size_t len;
};

struct document {
	struct json out;
	struct key *keys;	/* for each column */
	const struct analysis *a;
	const struct snapshot *s;
	const struct json_options *opts;
	struct rows rows;
	size_t *first_child;	/* of a tree, for each row: from 1, 0 is none ... */
	size_t *next;		/* ... and its next sibling */
	struct places processes;
	struct places mms;
};

/*
 * Values
 */

static void put_value(struct json *out, const struct value *v)
{
	switch (v->kind) {
	case VALUE_UNKNOWN:
	case VALUE_NONE:
		json_null(out);
		break;
	case VALUE_TEXT:
		json_string(out, v->text);
		break;
	case VALUE_NUMBER:
	case VALUE_DURATION:
		json_number(out, v->number);
		break;
	case VALUE_HEX:
		json_hex(out, v->number, v->digits);
		break;
	case VALUE_BOOLEAN:
		json_boolean(out, v->number);
		break;
	}
}

static void put_column(struct document *d, const struct column *col, const struct subject *sub)
{
	const struct key *key = &d->keys[col - columns];
	struct value v = column_value(col, sub);

	json_element(&d->out);
	json_bytes(&d->out, key->text, KEY_SIZE);
	d->out.used -= KEY_SIZE - key->len;
	put_value(&d->out, &v);
}

/* All columns that are about a waiter, a process or an mm. */
static void put_columns(struct document *d, enum column_scope scope, const struct subject *sub)
{
	for (size_t i = 0; i < nr_columns; i++) {
		if (columns[i].scope == scope)
			put_column(d, &columns[i], sub);
	}
}

static void make_keys(struct document *d)
{
	d->keys = xcalloc(nr_columns, sizeof(*d->keys));
	for (size_t i = 0; i < nr_columns; i++)
		d->keys[i].len = snprintf(d->keys[i].text, KEY_SIZE, "\"%s\": ", columns[i].key);
}

/*
 * Stacks
 */

static void put_frame(struct json *out, const struct frame *f)
{
	char signal[SIGNAL_NAME_SIZE];

	json_element(out);
	json_begin(out, "{");
	json_string_member(out, "kind", frame_kinds[f->kind]);
	json_string_member(out, "function", f->function);
	json_number_member(out, "offset", f->offset);
	json_string_member(out, "module", f->module);
	json_key(out, "address");
	json_hex(out, f->address, 1);
	json_string_member(out, "build_id", f->build_id);
	json_string_member(out, "file", f->file);
	if (f->file)
		json_number_member(out, "line", f->line);
	else
		json_null_member(out, "line");
	json_string_member(out, "signal", f->signal ? signal_name(signal, f->signal) : NULL);
	json_end(out, "}");
}

/* What was read of a thread's stack: all frames, not only those that a person wants. */
static void put_stack(struct json *out, const struct stack *stack)
{
	json_string_member(out, "stack_error", stack ? stack_errors[stack->error] : NULL);
	json_string_member(out, "kernel_stack", stack ? stack->kernel : NULL);
	if (!stack) {
		json_null_member(out, "stack");
		return;
	}
	json_key(out, "stack");
	json_begin(out, "[");
	for (size_t i = 0; i < stack->nr_frames; i++)
		put_frame(out, &stack->frames[i]);
	json_end(out, "]");
}

static void put_lock_name(struct json *out, const struct stack *stack)
{
	char text[FRAME_SIZE];

	json_string_member(out, "lock_name", stack ? format_place(text, &stack->place) : NULL);
	json_string_member(out, "lock_type", stack ? stack->place.type : NULL);
	json_string_member(out, "lock_note", stack ? place_note(&stack->place) : NULL);
}

/*
 * Threads that others wait for
 */

static void put_sleeps(struct document *d, int thread)
{
	char text[REASON_SIZE];
	bool sleeps = thread >= 0 && model_state(&d->a->model, thread) == RUN_SLEEPS;

	if (sleeps)
		put_sleep_text(text, sizeof(text), d->a, thread);
	json_string_member(&d->out, "sleeps", sleeps ? text : NULL);
}

/* @does: a clause without its subject.  A negative @thread is not there. */
static void put_thread_members(struct document *d, int thread, const struct step *step,
			       const char *does)
{
	const struct thread *t = thread < 0 ? NULL : &d->s->threads[thread];
	struct json *out = &d->out;

	json_begin(out, "{");
	json_string_member(out, "by", evidence_names[step->evidence]);
	json_id_member(out, "tid", step->id);
	json_id_member(out, "tgid", t ? t->tgid : PID_UNKNOWN);
	json_string_member(out, "comm", t ? t->comm : NULL);
	json_string_member(out, "state", t ? model_state_name(&d->a->model, thread) : "gone");
	json_string_member(out, "does", does);
	put_sleeps(d, thread);
	put_stack(out, t ? find_stack(d->opts->stacks, t->tid) : NULL);
	json_end(out, "}");
}

/*
 * A thread that @waiter, or the one before it in a chain, waits for.  The id of one that is not there
 * may be of another pid namespace, as the text says.
 */
static void put_step(struct document *d, const struct step *step, size_t waiter)
{
	struct step shown = *step;
	char does[REASON_SIZE];

	if (step->thread >= 0)
		put_thread_text(does, sizeof(does), d->a, step->thread);
	else
		put_gone_text(does, sizeof(does), d->a, waiter, step->id);
	if (step->thread < 0 && waiter_is_in_namespace(d->s, &d->s->waiters[waiter]))
		shown.id = PID_UNKNOWN;
	put_thread_members(d, step->thread, &shown, does);
}

/* A thread that is there, of which no other is known to wait for it. */
static void put_thread(struct document *d, int thread)
{
	struct step step = { thread, d->s->threads[thread].tid, BY_NOTHING };

	put_step(d, &step, 0);
}

/* What it waits for, what that waits for, and so on: the first steps of a long chain. */
static void put_chain(struct document *d, size_t waiter)
{
	const struct model *m = &d->a->model;
	struct step steps[MAX_STEPS];
	size_t nr = find_steps(m, &d->s->waiters[waiter], steps, MAX_STEPS);

	json_key(&d->out, "chain");
	json_begin(&d->out, "[");
	for (size_t n = 0; n < nr; n++) {
		json_element(&d->out);
		put_step(d, &steps[n], waiter);
		if (steps[n].thread >= 0 && model_first_wait(m, steps[n].thread) >= 0)
			waiter = model_first_wait(m, steps[n].thread);
	}
	json_end(&d->out, "]");
	json_boolean_member(&d->out, "chain_cut", nr == MAX_STEPS);
}

/* Where the chain of holders ends: at a thread, or at one that is not there. */
static void put_end(struct document *d, const struct waiter *w, const struct judgement *j)
{
	struct step gone = { -1, j->end_holder, BY_NOTHING };

	json_key(&d->out, "end");
	if (j->reason == REASON_GONE || j->reason == REASON_TO_GONE)
		put_step(d, &gone, model_first_wait(&d->a->model, j->end_thread));
	else if (j->end_thread >= 0 && (j->end_thread != w->thread || j->cycle_size))
		put_thread(d, j->end_thread);
	else
		json_null(&d->out);
}

static void put_cycle(struct json *out, const struct judgement *j)
{
	if (j->cycle_size)
		json_number_member(out, "cycle", j->cycle_size);
	else
		json_null_member(out, "cycle");
}

/*
 * Waiters, and in a tree the threads that they hang from
 */

static int row_process(const struct document *d, const struct row *row)
{
	if (row->waiter >= 0)
		return d->s->waiters[row->waiter].process;
	return row->thread < 0 ? -1 : d->s->threads[row->thread].process;
}

static int row_mm(const struct document *d, const struct row *row)
{
	if (row->waiter >= 0)
		return d->s->waiters[row->waiter].mm;
	return row->thread < 0 ? -1 : d->s->threads[row->thread].mm;
}

static void put_place(struct json *out, const char *key, const struct places *places, int i)
{
	if (i < 0)
		json_null_member(out, key);
	else
		json_number_member(out, key, places->of[i] - 1);
}

/* What no column has. */
static void put_more(struct document *d, const struct row *row)
{
	pid_t tid = row->waiter < 0 ? row->id : d->s->waiters[row->waiter].tid;
	const struct stack *stack = find_stack(d->opts->stacks, tid);
	struct json *out = &d->out;

	put_place(out, "process", &d->processes, row_process(d, row));
	put_place(out, "address_space", &d->mms, row_mm(d, row));
	if (row->waiter < 0) {
		json_null_member(out, "chain");
		json_null_member(out, "chain_cut");
		json_null_member(out, "end");
		json_null_member(out, "cycle");
	} else {
		put_chain(d, row->waiter);
		put_end(d, &d->s->waiters[row->waiter], &d->a->judgements[row->waiter]);
		put_cycle(out, &d->a->judgements[row->waiter]);
	}
	put_lock_name(out, stack);
	put_stack(out, stack);
}

static void put_row(struct document *d, size_t i);

static void put_children(struct document *d, size_t i)
{
	json_key(&d->out, "children");
	json_begin(&d->out, "[");
	for (size_t n = d->first_child[i]; n; n = d->next[n - 1])
		put_row(d, n - 1);
	json_end(&d->out, "]");
}

/* A tree is no deeper than can be read: see forest.c. */
static void put_row(struct document *d, size_t i)
{
	const struct column_list *chosen = d->opts->columns;
	const struct row *row = &d->rows.rows[i];
	char buf[VALUE_SIZE];
	struct subject sub;

	set_subject(&sub, d->a, row, buf);
	json_element(&d->out);
	json_begin(&d->out, "{");
	for (size_t n = 0; chosen && n < chosen->nr; n++)
		put_column(d, chosen->cols[n], &sub);
	if (!chosen) {
		put_columns(d, OF_WAITER, &sub);
		put_more(d, row);
	}
	if (d->opts->tree)
		put_children(d, i);
	json_end(&d->out, "}");
}

static void put_rows(struct document *d)
{
	json_key(&d->out, "waiters");
	json_begin(&d->out, "[");
	for (size_t i = 0; i < d->rows.nr; i++) {
		if (d->rows.rows[i].parent >= 0)
			continue;
		d->out.sep = *d->out.sep ? ",\n" : "\n";
		put_row(d, i);
	}
	json_end(&d->out, "\n]");
}

/* From the last to the first, since each is put before its siblings. */
static void link_children(struct document *d)
{
	d->first_child = xcalloc(d->rows.nr, sizeof(*d->first_child));
	d->next = xcalloc(d->rows.nr, sizeof(*d->next));
	for (size_t i = d->rows.nr; i-- > 0; ) {
		ssize_t parent = d->rows.rows[i].parent;

		if (parent < 0)
			continue;
		d->next[i] = d->first_child[parent];
		d->first_child[parent] = i + 1;
	}
}

/*
 * Processes and address spaces
 */

static void add_place(struct places *places, int i)
{
	if (i < 0 || places->of[i])
		return;
	places->order[places->nr++] = i;
	places->of[i] = places->nr;
}

/* In the order of the rows. */
static void find_places(struct document *d)
{
	const struct snapshot *s = d->s;

	d->processes.of = xcalloc(s->nr_processes, sizeof(*d->processes.of));
	d->processes.order = xcalloc(s->nr_processes, sizeof(*d->processes.order));
	d->mms.of = xcalloc(s->nr_mms, sizeof(*d->mms.of));
	d->mms.order = xcalloc(s->nr_mms, sizeof(*d->mms.order));
	for (size_t i = 0; i < d->rows.nr; i++) {
		add_place(&d->processes, row_process(d, &d->rows.rows[i]));
		add_place(&d->mms, row_mm(d, &d->rows.rows[i]));
	}
}

static void free_places(struct places *places)
{
	free(places->of);
	free(places->order);
}

static void put_process(struct document *d, int process)
{
	const struct process *p = &d->s->processes[process];
	char buf[VALUE_SIZE];
	struct subject sub = { .a = d->a, .process = p, .buf = buf };

	json_begin(&d->out, "{");
	json_id_member(&d->out, "tgid", p->tgid);
	json_string_member(&d->out, "program", p->comm);
	put_columns(d, OF_PROCESS, &sub);
	json_string_member(&d->out, "runtime", p->runtime ? runtimes[p->runtime].name : NULL);
	json_end(&d->out, "}");
}

/* Those that wait on no futex: the first ones of them, and how many there are. */
static void put_unblocked(struct document *d, const struct mm_state *mm)
{
	json_number_member(&d->out, "nr_unblocked", mm->nr_others);
	json_key(&d->out, "unblocked");
	json_begin(&d->out, "[");
	for (size_t i = 0; i < mm->nr_others && i < MAX_OTHERS; i++) {
		json_element(&d->out);
		put_thread(d, mm->others[i]);
	}
	json_end(&d->out, "]");
}

/* live_threads are ranges as in the file, "100-104,107". */
static void put_mm(struct document *d, int i)
{
	const struct mm_state *mm = model_mm(&d->a->model, i);
	struct subject sub = { .a = d->a, .mm = &d->s->mms[i] };

	json_begin(&d->out, "{");
	put_columns(d, OF_MM, &sub);
	json_boolean_member(&d->out, "complete", mm->complete);
	put_unblocked(d, mm);
	json_end(&d->out, "}");
}

/* An array, or null where columns were chosen, which have what was wanted of these. */
static void put_places(struct document *d, const char *key, const struct places *places,
		       void (*put)(struct document *d, int i))
{
	struct json *out = &d->out;

	if (d->opts->columns) {
		json_null_member(out, key);
	} else {
		json_key(out, key);
		json_begin(out, "[");
		for (size_t i = 0; i < places->nr; i++) {
			out->sep = i ? ",\n" : "\n";
			json_element(out);
			put(d, places->order[i]);
		}
		json_end(out, "\n]");
	}
	out->sep = ",\n";
}

/*
 * The header
 */

static void put_counts(struct json *out, const struct selection *sel)
{
	json_number_member(out, "waiters", sel->nr);
	json_number_member(out, "waiters_of_host", sel->a->s->nr_waiters);
	json_key(out, "verdicts");
	json_begin(out, "{");
	for (enum verdict v = 0; v < NR_VERDICTS; v++)
		json_number_member(out, verdicts[v].name, sel->nr_verdicts[v]);
	json_end(out, "}");
}

/* Those of the ids that were asked for which could not be looked at. */
static void put_missing(struct json *out, const struct selection *sel)
{
	json_key(out, "missing");
	json_begin(out, "[");
	for (size_t i = 0; i < sel->f->nr_pids; i++) {
		if (!is_missing(sel->a->s, sel->f->pids[i]))
			continue;
		json_element(out);
		json_number(out, sel->f->pids[i]);
	}
	json_end(out, "]");
}

/* What was not looked at. */
static void put_gaps(struct document *d, const struct selection *sel)
{
	const struct snapshot *s = d->s;
	struct json *out = &d->out;

	json_boolean_member(out, "complete", selection_is_complete(sel));
	put_missing(out, sel);
	json_boolean_member(out, "shows_queues", s->source->shows_queues);
	json_boolean_member(out, "shows_sleeps", s->source->shows_sleeps);
	json_number_member(out, "no_rights", s->nr_denied_processes);
	json_boolean_member(out, "hidepid", s->hides_processes);
	json_string_member(out, "rights_needed",
			   s->nr_denied || s->hides_processes ? s->rights : NULL);
	json_number_member(out, "hidden", s->nr_hidden);
	json_number_member(out, "left_out", s->nr_incomplete_mms);
	json_number_member(out, "left_out_waiters", s->nr_left_out);
	json_number_member(out, "cgroup_unknown", sel->nr_cgroup_unknown);
	json_number_member(out, "stacks_left_out", d->opts->stacks ? d->opts->stacks->nr_left_out : 0);
	json_number_member(out, "errors", s->nr_errors);
	json_string_member(out, "error", s->error);
}

/* That ended the process of a core dump. */
static void put_signal(struct json *out, const struct snapshot *s)
{
	char name[SIGNAL_NAME_SIZE];

	json_string_member(out, "signal", s->signal ? signal_name(name, s->signal) : NULL);
	if (s->signal_tid)
		json_number_member(out, "signal_tid", s->signal_tid);
	else
		json_null_member(out, "signal_tid");
}

/* A saved copy may not say it. */
static void put_host(struct json *out, const struct snapshot *s)
{
	char time[TIME_SIZE];

	json_string_member(out, "host", s->host);
	json_string_member(out, "time", s->known & SNAPSHOT_REALTIME ? format_time(time, s->realtime_ns) : NULL);
}

static void put_header(struct document *d, const struct selection *sel)
{
	const struct snapshot *s = d->s;
	struct json *out = &d->out;

	json_key(out, "futexinspect");
	json_begin(out, "{");
	json_string_member(out, "tool", FUTEXINSPECT_VERSION);
	json_number_member(out, "format", FORMAT);
	put_host(out, s);
	json_string_member(out, "source", s->source->name);
	put_signal(out, s);
	json_string_member(out, "module", s->module);
	json_string_member(out, "kernel", s->kernel);
	json_string_member(out, "arch", s->arch);
	json_string_member(out, "boot_id", s->boot_id);
	if (s->known & SNAPSHOT_START)
		json_number_member(out, "start_ns", s->start_ns);
	else
		json_null_member(out, "start_ns");
	json_number_member(out, "looks", d->a->two_looks ? 2 : 1);
	if (d->a->two_looks)
		json_number_member(out, "interval_ms", d->opts->interval_ms);
	else
		json_null_member(out, "interval_ms");
	put_counts(out, sel);
	json_string_member(out, "unexplained", d->opts->unexplained);
	put_gaps(d, sel);
	json_end(out, "}");
	out->sep = ",\n";
}

/**
 * print_json() - write waiters as one JSON object
 * @file: where to; errors are left to its error flag
 * @sel: the waiters
 * @opts: what of them
 */
void print_json(FILE *file, const struct selection *sel, const struct json_options *opts)
{
	struct document d = { .a = sel->a, .s = sel->a->s, .opts = opts };

	if (opts->tree)
		tree_rows(&d.rows, sel);
	else
		list_rows(&d.rows, sel);
	link_children(&d);
	find_places(&d);
	make_keys(&d);
	json_init(&d.out, file);
	json_begin(&d.out, "{\n");
	put_header(&d, sel);
	put_places(&d, "processes", &d.processes, put_process);
	put_places(&d, "address_spaces", &d.mms, put_mm);
	put_rows(&d);
	json_end(&d.out, "\n}\n");
	json_finish(&d.out);
	rows_free(&d.rows);
	free(d.keys);
	free(d.first_child);
	free(d.next);
	free_places(&d.processes);
	free_places(&d.mms);
}
