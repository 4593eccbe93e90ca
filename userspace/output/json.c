// SPDX-License-Identifier: GPL-2.0-only
/*
 * The analysis as JSON, written as it goes: a tree of 100,000 waiters would cost more than
 * all the rest of the program.
 *
 * All text in a snapshot is printable ASCII, so only the quote and the backslash need
 * escaping.  Unknown is null.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "array.h"
#include "gaps.h"
#include "holders.h"
#include "output.h"
#include "text.h"

/* Changes when a member is no longer what it was. */
#define FORMAT	1

/* What stdio gets at once.  The buffer of the fragments begins with as much, and grows. */
#define BUFFER_SIZE	(64 * 1024)

/* What the columns of a process look like, for the waiters of the process. */
struct fragment {
	size_t start;		/* in the buffer of all fragments */
	size_t len;		/* 0: not made yet */
	size_t nr;		/* of columns, from the first one that is of the process */
};

/* Room for a key with the punctuation around it. */
#define KEY_SIZE	32

static_assert(MAX_KEY + sizeof(", \"\": ") <= KEY_SIZE, "a key does not fit");

/* ', "key": ', in a buffer whose size the compiler knows, so that copying it is cheap. */
struct key {
	char text[KEY_SIZE];
	size_t len;
};

struct json {
	FILE *file;		/* NULL: all stays in the buffer, which grows */
	char *buf;
	size_t used;
	size_t size;
	struct key *keys;	/* for each column */
	struct fragment *fragments;	/* for each process ... */
	struct json *texts;	/* ... and where their texts are */
};

static void flush(struct json *out)
{
	fwrite_unlocked(out->buf, 1, out->used, out->file);
	out->used = 0;
}

static void make_room(struct json *out, size_t len)
{
	if (out->file)
		flush(out);
	while (len > out->size - out->used) {
		out->size *= 2;
		out->buf = xrealloc(out->buf, out->size);
	}
}

/* Inline, since for a literal the compiler knows the length: that makes it a store or two. */
static inline __attribute__((always_inline)) void put_bytes(struct json *out, const char *bytes,
							     size_t len)
{
	if (len > out->size - out->used)
		make_room(out, len);
	memcpy(out->buf + out->used, bytes, len);
	out->used += len;
}

static void put_key(struct json *out, const struct key *key)
{
	if (KEY_SIZE > out->size - out->used)
		make_room(out, KEY_SIZE);
	memcpy(out->buf + out->used, key->text, KEY_SIZE);
	out->used += key->len;
}

static inline __attribute__((always_inline)) void put(struct json *out, const char *text)
{
	put_bytes(out, text, strlen(text));
}

/* Bytes that need no escape in a string. */
static const bool is_plain[256] = {
	[' ' ... '"' - 1] = true,
	['"' + 1 ... '\\' - 1] = true,
	['\\' + 1 ... '~'] = true,
};

static void put_string(struct json *out, const char *val)
{
	if (!val) {
		put(out, "null");
		return;
	}
	put(out, "\"");
	for (const char *c = val; *val; val = c) {
		while (is_plain[(unsigned char)*c])
			c++;
		put_bytes(out, val, c - val);
		if (!*c)
			break;
		put(out, "\\");
		put_bytes(out, c++, 1);
	}
	put(out, "\"");
}

static void put_decimal(struct json *out, uint64_t val)
{
	char digits[DECIMAL_SIZE], *end = digits + sizeof(digits), *p = format_decimal(end, val);

	put_bytes(out, p, end - p);
}

/* In quotes, since JSON has no hexadecimal numbers. */
static void put_hex(struct json *out, uint64_t val, int min_digits)
{
	char digits[20], *end = digits + sizeof(digits), *p = end;

	*--p = '"';
	do {
		*--p = "0123456789abcdef"[val & 15];
		val >>= 4;
	} while (val || end - 1 - p < min_digits);
	*--p = 'x';
	*--p = '0';
	*--p = '"';
	put_bytes(out, p, end - p);
}

static void put_value(struct json *out, const struct value *v)
{
	switch (v->kind) {
	case VALUE_UNKNOWN:
	case VALUE_NONE:
		put(out, "null");
		break;
	case VALUE_TEXT:
		put_string(out, v->text);
		break;
	case VALUE_NUMBER:
	case VALUE_DURATION:
		put_decimal(out, v->number);
		break;
	case VALUE_HEX:
		put_hex(out, v->number, v->digits);
		break;
	case VALUE_BOOLEAN:
		put(out, v->number ? "true" : "false");
		break;
	}
}

static void put_id(struct json *out, pid_t id)
{
	if (id >= 0)
		put_decimal(out, id);
	else
		put(out, "null");
}

/* What a thread does, as a clause without its subject. */
static void put_does(struct json *out, const struct analysis *a, int thread)
{
	char text[REASON_SIZE];

	put(out, ", \"does\": ");
	if (thread >= 0)
		put_thread_text(text, sizeof(text), a, thread);
	put_string(out, thread < 0 ? NULL : text);
}

/* What it waits for, what that waits for, and so on: the first steps of a long chain. */
static void put_chain(struct json *out, const struct analysis *a, const struct waiter *w)
{
	struct step steps[MAX_STEPS];
	size_t nr = find_steps(&a->model, w, steps, MAX_STEPS);
	char text[REASON_SIZE];

	put(out, ", \"chain\": [");
	for (size_t n = 0; n < nr; n++) {
		int t = steps[n].thread;

		put(out, n ? ", {\"tid\": " : "{\"tid\": ");
		put_id(out, steps[n].id);
		put(out, ", \"comm\": ");
		put_string(out, t < 0 ? NULL : a->s->threads[t].comm);
		put(out, ", \"by\": ");
		put_string(out, evidence_names[steps[n].evidence]);
		put(out, ", \"state\": ");
		put_string(out, t < 0 ? "gone" : model_state_name(&a->model, t));
		put_does(out, a, t);
		if (t >= 0 && model_state(&a->model, t) == RUN_SLEEPS) {
			put_sleep_text(text, sizeof(text), a, t);
			put(out, ", \"sleeps\": ");
			put_string(out, text);
		}
		put(out, "}");
	}
	put(out, "]");
}

/* Where the lock names no holder: the first ones of the threads that are not blocked. */
static void put_unblocked(struct json *out, const struct analysis *a, const struct waiter *w,
			  const struct judgement *j)
{
	const struct mm_state *mm = w->mm < 0 ? NULL : model_mm(&a->model, w->mm);

	put(out, ", \"unblocked\": [");
	if (mm && j->verdict == VERDICT_BLOCKED && j->end_thread < 0) {
		for (size_t i = 0; i < mm->nr_others && i < MAX_OTHERS; i++) {
			const struct thread *t = &a->s->threads[mm->others[i]];

			put(out, i ? ", {\"tid\": " : "{\"tid\": ");
			put_id(out, t->tid);
			put(out, ", \"comm\": ");
			put_string(out, t->comm);
			put_does(out, a, mm->others[i]);
			put(out, "}");
		}
	}
	put(out, "]");
}

static void put_frame(struct json *out, const struct frame *f)
{
	put(out, "{\"kind\": ");
	put_string(out, frame_kinds[f->kind]);
	put(out, ", \"function\": ");
	put_string(out, f->function);
	put(out, ", \"offset\": ");
	put_decimal(out, f->offset);
	put(out, ", \"module\": ");
	put_string(out, f->module);
	put(out, ", \"address\": ");
	put_hex(out, f->address, 1);
	put(out, ", \"build_id\": ");
	put_string(out, f->build_id);
	put(out, ", \"file\": ");
	put_string(out, f->file);
	put(out, ", \"line\": ");
	if (f->file)
		put_decimal(out, f->line);
	else
		put(out, "null");
	put(out, "}");
}

/* What was read of a thread's stack: all frames, not only those that a person wants. */
static void put_stack(struct json *out, const struct stack *stack)
{
	char text[FRAME_SIZE];

	put(out, ", \"lock_name\": ");
	put_string(out, format_place(text, &stack->place));
	put(out, ", \"lock_note\": ");
	put_string(out, place_note(&stack->place));
	put(out, ", \"stack_error\": ");
	put_string(out, stack_errors[stack->error]);
	put(out, ", \"stack\": [");
	for (size_t i = 0; i < stack->nr_frames; i++) {
		put(out, i ? ", " : "");
		put_frame(out, &stack->frames[i]);
	}
	put(out, "]");
}

static void put_column(struct json *out, size_t i, const struct subject *sub)
{
	struct value v = column_value(&columns[i], sub);

	if (columns[i].is_optional && v.kind == VALUE_NONE)
		return;
	put_key(out, &out->keys[i]);
	put_value(out, &v);
}

/* The columns from @first on that all waiters of a process share. */
static void make_fragment(struct json *out, struct fragment *f, size_t first,
			  const struct subject *sub)
{
	f->start = out->texts->used;
	for (f->nr = 0; first + f->nr < nr_columns && columns[first + f->nr].is_of_process; f->nr++)
		put_column(out->texts, first + f->nr, sub);
	f->len = out->texts->used - f->start;
}

/*
 * The columns of the process, which are long and the same for all its waiters.  Return: how
 * many columns were put; 0: the process is not known, or the waiter's mm is another.
 */
static size_t put_process(struct json *out, size_t first, const struct subject *sub)
{
	const struct waiter *w = sub->w;
	struct fragment *f;

	if (w->process < 0 || sub->process->mm != w->mm)
		return 0;
	f = &out->fragments[w->process];
	if (!f->len)
		make_fragment(out, f, first, sub);
	put_bytes(out, out->texts->buf + f->start, f->len);
	return f->nr;
}

/*
 * live_threads are ranges as in the file, "100-104,107": every id of every waiter's process
 * would make the output quadratic.
 */
static void put_waiter(struct json *out, const struct analysis *a, size_t i,
		       const struct stacks *st)
{
	const struct stack *stack;
	const struct row row = { .waiter = i };
	char buf[VALUE_SIZE];
	struct subject sub;
	size_t nr;

	set_subject(&sub, a, &row, buf);
	put(out, "{");
	for (size_t c = 0; c < nr_columns; c += nr) {
		nr = columns[c].is_of_process ? put_process(out, c, &sub) : 0;
		if (nr)
			continue;
		put_column(out, c, &sub);
		nr = 1;
	}
	put_chain(out, a, sub.w);
	put_unblocked(out, a, sub.w, sub.j);
	/* The same as "primitive", and older. */
	if (sub.j->holder != PID_UNKNOWN) {
		put(out, ", \"lock\": ");
		put_string(out, primitives[sub.j->primitive].name);
	}
	stack = find_stack(st, sub.w->tid);
	if (stack)
		put_stack(out, stack);
	put(out, "}");
}

static void put_member(struct json *out, const char *key, const char *val)
{
	put(out, key);
	put_string(out, val);
}

static void put_count(struct json *out, const char *key, uint64_t val)
{
	put(out, key);
	put_decimal(out, val);
}

/* What is missing, and who of those that were asked for. */
static void put_gaps(struct json *out, const struct selection *sel)
{
	const struct snapshot *s = sel->a->s;
	const char *sep = "";

	put(out, selection_is_complete(sel) ? ", \"complete\": true" : ", \"complete\": false");
	put(out, ", \"missing\": [");
	for (size_t i = 0; i < sel->f->nr_pids; i++) {
		if (!is_missing(s, sel->f->pids[i]))
			continue;
		put(out, sep);
		put_decimal(out, sel->f->pids[i]);
		sep = ", ";
	}
	put_count(out, "], \"no_rights\": ", s->nr_denied_processes);
	put(out, s->hides_processes ? ", \"hidepid\": true" : ", \"hidepid\": false");
	put_member(out, ", \"rights_needed\": ", s->nr_denied || s->hides_processes ? s->rights : NULL);
	put_count(out, ", \"hidden\": ", s->nr_hidden);
	put_count(out, ", \"left_out\": ", s->nr_incomplete_mms);
	put_count(out, ", \"left_out_waiters\": ", s->nr_left_out);
	put_count(out, ", \"errors\": ", s->nr_errors);
	put_member(out, ", \"error\": ", s->error);
}

/* Where and when a live host was looked at.  A saved copy says neither. */
static void put_host(struct json *out, const struct snapshot *s)
{
	char text[64], name[ESCAPED_SIZE(sizeof(((struct utsname *)NULL)->nodename))];
	bool live = s->source->two_looks;
	time_t now = time(NULL);
	struct utsname host;

	if (live && !uname(&host))
		escape_text(name, host.nodename, strlen(host.nodename));
	else
		live = false;
	strftime(text, sizeof(text), "%FT%TZ", gmtime(&now));
	put_member(out, ", \"host\": ", live ? name : NULL);
	put_member(out, ", \"time\": ", live ? text : NULL);
}

static void put_header(struct json *out, const struct selection *sel)
{
	const struct analysis *a = sel->a;
	const struct snapshot *s = a->s;

	put_member(out, "{\n\"futexinspect\": {\"tool\": ", FUTEXINSPECT_VERSION);
	put_count(out, ", \"format\": ", FORMAT);
	put_host(out, s);
	put_member(out, ", \"source\": ", s->source->name);
	put_member(out, ", \"module\": ", s->module);
	put_member(out, ", \"kernel\": ", s->kernel);
	put_member(out, ", \"arch\": ", s->arch);
	put_member(out, ", \"boot_id\": ", s->boot_id);
	if (s->known & SNAPSHOT_START)
		put_count(out, ", \"start_ns\": ", s->start_ns);
	else
		put_member(out, ", \"start_ns\": ", NULL);
	put_count(out, ", \"looks\": ", a->two_looks ? 2 : 1);
	put_gaps(out, sel);
}

static void init(struct json *out, struct json *texts, FILE *file, const struct snapshot *s)
{
	*out = (struct json){
		.file = file, .buf = xrealloc(NULL, BUFFER_SIZE), .size = BUFFER_SIZE,
		.keys = xcalloc(nr_columns, sizeof(*out->keys)),
		.fragments = xcalloc(s->nr_processes, sizeof(*out->fragments)),
		.texts = texts,
	};
	for (size_t i = 0; i < nr_columns; i++)
		out->keys[i].len = snprintf(out->keys[i].text, KEY_SIZE, "%s\"%s\": ",
					    i ? ", " : "", columns[i].key);
	*texts = (struct json){
		.buf = xrealloc(NULL, BUFFER_SIZE), .size = BUFFER_SIZE, .keys = out->keys,
	};
}

static void finish(struct json *out)
{
	flush(out);
	free(out->texts->buf);
	free(out->keys);
	free(out->fragments);
	free(out->buf);
}

/**
 * print_json() - write all that is known of waiters as one JSON object
 * @file: where to; errors are left to its error flag
 * @sel: the waiters
 * @st: stacks of those that are not idle, or NULL
 */
void print_json(FILE *file, const struct selection *sel, const struct stacks *st)
{
	struct json out, texts;

	init(&out, &texts, file, sel->a->s);
	put_header(&out, sel);
	put(&out, "},\n\"waiters\": [");
	for (size_t i = 0; i < sel->nr; i++) {
		put(&out, i ? ",\n" : "\n");
		put_waiter(&out, sel->a, sel->waiters[i], st);
	}
	put(&out, "\n]\n}\n");
	finish(&out);
}
