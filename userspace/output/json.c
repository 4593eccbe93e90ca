// SPDX-License-Identifier: GPL-2.0-only
/*
 * The analysis as JSON, written as it goes: a tree of 100,000 waiters would cost
 * more than all the rest of the program.
 *
 * All text in a snapshot is printable ASCII, so only the quote and the backslash
 * need escaping.  Unknown is null.
 */
#include <stdlib.h>
#include <string.h>

#include "holders.h"
#include "output.h"
#include "sentences.h"

/* What is written at once: stdio takes its time for each of some sixty strings a waiter. */
struct json {
	FILE *file;
	size_t used;
	char buf[1 << 16];
};

/* There is room for as much in the buffer, always, after make_room(). */
#define PIECE	128

static void make_room(struct json *out)
{
	if (out->used <= sizeof(out->buf) - PIECE)
		return;
	fwrite_unlocked(out->buf, 1, out->used, out->file);
	out->used = 0;
}

/* Of a literal the length is known, so that this is a few stores. */
static inline __attribute__((always_inline)) void put(struct json *out, const char *literal)
{
	make_room(out);
	memcpy(out->buf + out->used, literal, strlen(literal));
	out->used += strlen(literal);
}

static void put_quoted(struct json *out, const char *val)
{
	out->buf[out->used++] = '"';
	for (; *val; val++) {
		make_room(out);
		if (*val == '"' || *val == '\\')
			out->buf[out->used++] = '\\';
		out->buf[out->used++] = *val;
	}
	out->buf[out->used++] = '"';
}

/* A key is put with the punctuation around it: ", \"tid\": ". */
static inline __attribute__((always_inline)) void put_text(struct json *out, const char *key,
							   const char *val)
{
	put(out, key);
	if (val)
		put_quoted(out, val);
	else
		put(out, "null");
}

static inline __attribute__((always_inline)) void put_yesno(struct json *out, const char *key,
							    enum yesno val)
{
	put(out, key);
	if (val == YES)
		put(out, "true");
	else if (val == NO)
		put(out, "false");
	else
		put(out, "null");
}

static void put_decimal(struct json *out, uint64_t val)
{
	char digits[20], *p = digits + sizeof(digits);

	do {
		*--p = '0' + val % 10;
	} while (val /= 10);
	while (p < digits + sizeof(digits))
		out->buf[out->used++] = *p++;
}

static inline __attribute__((always_inline)) void put_number(struct json *out, const char *key,
							     bool known, uint64_t val)
{
	put(out, key);
	if (known)
		put_decimal(out, val);
	else
		put(out, "null");
}

static inline __attribute__((always_inline)) void put_id(struct json *out, const char *key,
							 pid_t id)
{
	put_number(out, key, id >= 0, id);
}

/* In quotes, as JSON has no such numbers. */
static inline __attribute__((always_inline)) void put_hex(struct json *out, const char *key,
							  bool known, uint64_t val, int digits)
{
	put(out, key);
	if (!known) {
		put(out, "null");
		return;
	}
	while (digits < 16 && val >> 4 * digits)
		digits++;
	put(out, "\"0x");
	while (digits--)
		out->buf[out->used++] = "0123456789abcdef"[val >> 4 * digits & 15];
	out->buf[out->used++] = '"';
}

static void put_call(struct json *out, const struct waiter *w)
{
	put_text(out, ", \"syscall\": ", call_names[w->call]);
	put_hex(out, ", \"uaddr\": ", w->known & W_UADDR, w->uaddr, 1);
	put_hex(out, ", \"waits_on\": ", w->known & W_WAITS_ON, w->waits_on, 1);
	put_text(out, ", \"key\": ", w->key);
	put_text(out, ", \"op\": ", w->op);
	put_text(out, ", \"flags\": ", w->flags);
	put_number(out, ", \"expected\": ", w->known & W_EXPECTED, w->expected);
	put_number(out, ", \"value\": ", w->known & W_VALUE, w->value);
	put_hex(out, ", \"bitset\": ", w->known & W_BITSET, w->bitset, 8);
	put_text(out, ", \"timeout\": ", timeout_names[w->timeout]);
	put_number(out, ", \"asleep_ns\": ", w->known & W_ASLEEP, w->asleep_ns);
	put_yesno(out, ", \"stable\": ", w->stable);
	put_text(out, ", \"queued\": ", w->queued);
	put_id(out, ", \"pi_owner\": ", w->pi_owner);
}

/*
 * live_threads are the ranges as in the file, "100-104,107": every id of every
 * waiter's process would make the output quadratic.  Even so a process whose ids
 * are scattered among others' has a long string, once for each of its waiters.
 */
static void put_process(struct json *out, const struct snapshot *s, const struct waiter *w)
{
	const struct mm *mm = w->mm < 0 ? NULL : &s->mms[w->mm];
	const struct process *p = w->process < 0 ? NULL : &s->processes[w->process];

	put_id(out, ", \"ppid\": ", p ? p->ppid : PID_UNKNOWN);
	put_yesno(out, ", \"execed\": ", p ? p->execed : YESNO_UNKNOWN);
	put_text(out, ", \"pid_ns\": ", p ? p->pid_ns : NULL);
	put_text(out, ", \"cgroup\": ", p ? p->cgroup : NULL);
	put_number(out, ", \"live_count\": ", mm && mm->known & M_LIVE, mm ? mm->live : 0);
	put_text(out, ", \"live_threads\": ", mm ? mm->live_threads : NULL);
}

static const char *state_name(const struct analysis *a, int thread)
{
	static const char *const names[] = {
		[ABLE]		= "can run",
		[WAITING]	= "waits",
		[SLEEPING]	= "sleeps",
		[STOPPED]	= "stopped",
		[DEAD]		= "dead",
	};

	if (thread < 0)
		return "gone";
	return names[a->blocked[thread] == WAITING ? WAITING : a->abilities[thread]];
}

/* Whom it waits for, whom those wait for, and so on; of a long chain the first steps. */
static void put_chain(struct json *out, const struct analysis *a, size_t i)
{
	struct step steps[MAX_STEPS];
	size_t nr = find_chain(a, i, steps);
	char text[REASON_SIZE];

	put(out, ", \"chain\": [");
	for (size_t n = 0; n < nr; n++) {
		int t = steps[n].thread;

		if (n)
			put(out, ", ");
		put_id(out, "{\"tid\": ", steps[n].id);
		put_text(out, ", \"comm\": ", t < 0 ? NULL : a->s->threads[t].comm);
		put_text(out, ", \"by\": ", evidence_name(steps[n].evidence));
		put_text(out, ", \"state\": ", state_name(a, t));
		if (t >= 0 && a->abilities[t] == SLEEPING) {
			put_sleep_text(text, sizeof(text), a, t);
			put_text(out, ", \"sleeps\": ", text);
		}
		put(out, "}");
	}
	put(out, "]");
}

static void put_judgement(struct json *out, const struct analysis *a, size_t i)
{
	const struct judgement *j = &a->judgements[i];
	const struct snapshot *s = a->s;
	char reason[REASON_SIZE];
	struct outsider o;

	put_text(out, ", \"verdict\": ", verdict_name(j->verdict));
	put_text(out, ", \"certainty\": ", certainty_name(j->certainty));
	put_text(out, ", \"reason\": ", reason_text(a, i, reason));
	put_text(out, ", \"primitive\": ", j->lock);
	put_chain(out, a, i);
	if (j->holder == PID_UNKNOWN)
		return;
	put_text(out, ", \"lock\": ", j->lock);
	if (j->holder_thread >= 0) {
		put_id(out, ", \"holder\": ", s->threads[j->holder_thread].tid);
		put_id(out, ", \"holder_tgid\": ", s->threads[j->holder_thread].tgid);
	} else {
		put_id(out, ", \"holder\": ", j->holder);
		put_id(out, ", \"holder_tgid\": ",
		       find_outsider(s, &s->waiters[i], j->holder, &o) ? o.tgid : PID_UNKNOWN);
	}
}

static void put_waiter(struct json *out, const struct analysis *a, size_t i)
{
	const struct waiter *w = &a->s->waiters[i];

	put_id(out, "{\"tid\": ", w->tid);
	put_id(out, ", \"tgid\": ", w->tgid);
	put_text(out, ", \"comm\": ", w->comm);
	put_call(out, w);
	put_process(out, a->s, w);
	put_judgement(out, a, i);
	put(out, "}");
}

static void put_header(struct json *out, const struct analysis *a)
{
	static const char *const sources[] = {
		[SOURCE_FILE]	= "file",
		[SOURCE_MODULE]	= "module",
		[SOURCE_PROC]	= "proc",
	};
	const struct snapshot *s = a->s;

	put_text(out, "{\n\"futexinspect\": {\"tool\": ", FUTEXINSPECT_VERSION);
	put_text(out, ", \"source\": ", sources[s->source]);
	put_text(out, ", \"module\": ", s->module);
	put_text(out, ", \"kernel\": ", s->kernel);
	put_text(out, ", \"arch\": ", s->arch);
	put_text(out, ", \"boot_id\": ", s->boot_id);
	put_number(out, ", \"start_ns\": ", s->start_known, s->start_ns);
	put_number(out, ", \"looks\": ", true, a->two_looks ? 2 : 1);
	put_number(out, ", \"hidden\": ", true, s->nr_hidden);
	put_number(out, ", \"errors\": ", true, s->nr_errors);
	put_text(out, ", \"error\": ", s->error);
}

/**
 * print_json() - write all that is known of waiters as one JSON object
 * @file: where to; errors are left to its error flag
 * @sel: the waiters
 */
void print_json(FILE *file, const struct selection *sel)
{
	struct json *out = xcalloc(1, sizeof(*out));

	out->file = file;
	put_header(out, sel->a);
	put(out, "},\n\"waiters\": [");
	for (size_t i = 0; i < sel->nr; i++) {
		if (i)
			put(out, ",");
		put(out, "\n");
		put_waiter(out, sel->a, sel->waiters[i]);
	}
	put(out, "\n]\n}\n");
	fwrite_unlocked(out->buf, 1, out->used, file);
	free(out);
}
