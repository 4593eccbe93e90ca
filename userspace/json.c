// SPDX-License-Identifier: GPL-2.0-only
/*
 * The analysis as JSON, written as it goes: a tree of 100,000 waiters would cost
 * more than all the rest of the program.
 *
 * All text in a snapshot is printable ASCII, so only the quote and the backslash
 * need escaping.  Unknown is null.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "chain.h"
#include "output.h"
#include "reason.h"

static const char *const yesno_names[] = { [YES] = "true", [NO] = "false" };

static void put(FILE *out, const char *s)
{
	fputs_unlocked(s, out);
}

/* A key is put with the punctuation around it: ", \"tid\": ". */
static void put_text(FILE *out, const char *key, const char *val)
{
	put(out, key);
	if (!val) {
		put(out, "null");
		return;
	}
	putc_unlocked('"', out);
	for (; *val; val++) {
		if (*val == '"' || *val == '\\')
			putc_unlocked('\\', out);
		putc_unlocked(*val, out);
	}
	putc_unlocked('"', out);
}

static void put_bare(FILE *out, const char *key, const char *val)
{
	put(out, key);
	put(out, val ? val : "null");
}

static void put_number(FILE *out, const char *key, bool known, uint64_t val)
{
	char buf[24], *p = buf + sizeof(buf) - 1;

	*p = '\0';
	do {
		*--p = '0' + val % 10;
	} while (val /= 10);
	put_bare(out, key, known ? p : NULL);
}

static void put_id(FILE *out, const char *key, pid_t id)
{
	put_number(out, key, id >= 0, id);
}

static void put_hex(FILE *out, const char *key, bool known, uint64_t val, int digits)
{
	char buf[24], *p = buf + sizeof(buf) - 1;

	*p = '\0';
	do {
		*--p = "0123456789abcdef"[val & 15];
		val >>= 4;
	} while (--digits > 0 || val);
	*--p = 'x';
	*--p = '0';
	put_text(out, key, known ? p : NULL);
}

static void put_call(FILE *out, const struct waiter *w)
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
	put_bare(out, ", \"stable\": ", yesno_names[w->stable]);
	put_text(out, ", \"queued\": ", w->queued);
	put_id(out, ", \"pi_owner\": ", w->pi_owner);
}

/*
 * live_threads are the ranges as in the file, "100-104,107": every id of every
 * waiter's process would make the output quadratic.  Even so a process whose ids
 * are scattered among others' has a long string, once for each of its waiters.
 */
static void put_process(FILE *out, const struct snapshot *s, const struct waiter *w)
{
	const struct mm *mm = w->mm < 0 ? NULL : &s->mms[w->mm];
	const struct process *p = w->process < 0 ? NULL : &s->processes[w->process];

	put_id(out, ", \"ppid\": ", p ? p->ppid : PID_UNKNOWN);
	put_bare(out, ", \"execed\": ", p ? yesno_names[p->execed] : NULL);
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
static void put_chain(FILE *out, const struct analysis *a, size_t i)
{
	struct step steps[MAX_STEPS];
	size_t nr = find_chain(a, i, steps);
	char text[REASON_SIZE];

	put(out, ", \"chain\": [");
	for (size_t n = 0; n < nr; n++) {
		int t = steps[n].thread;

		put_id(out, n ? ", {\"tid\": " : "{\"tid\": ", steps[n].id);
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

static void put_judgement(FILE *out, const struct analysis *a, size_t i)
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

static void put_waiter(FILE *out, const struct analysis *a, size_t i)
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

static void put_header(FILE *out, const struct analysis *a)
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
 * print_json() - write all waiters, worst first, as one JSON object
 * @out: where to; errors are left to its error flag
 * @a: the analysis
 */
void print_json(FILE *out, const struct analysis *a)
{
	size_t *order = analysis_rank(a);

	put_header(out, a);
	put(out, "},\n\"waiters\": [");
	for (size_t i = 0; i < a->s->nr_waiters; i++) {
		put(out, i ? ",\n" : "\n");
		put_waiter(out, a, order[i]);
	}
	put(out, "\n]\n}\n");
	free(order);
}
