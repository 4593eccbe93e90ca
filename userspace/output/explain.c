// SPDX-License-Identifier: GPL-2.0-only
/*
 * The story of one waiter, in the order in which a person would ask.
 */
#include <inttypes.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "holders.h"
#include "output.h"
#include "sentences.h"
#include "text.h"

#define WIDTH		80
#define INDENT		10
#define TEXT_SIZE	1024

/* Threads that are listed one by one. */
#define MAX_LISTED	16

/* Write @text in the columns from INDENT to WIDTH, broken at spaces. */
static void put_wrapped(FILE *out, const char *text)
{
	size_t col = INDENT;

	while (*text) {
		size_t len = strcspn(text, " ");

		if (col > INDENT && col + 1 + len > WIDTH) {
			fprintf(out, "\n%*s", INDENT, "");
			col = INDENT;
		}
		col += fprintf(out, "%s%.*s", col > INDENT ? " " : "", (int)len, text);
		text += len + (text[len] == ' ');
	}
	fputc('\n', out);
}

static void para(FILE *out, const char *label, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void para(FILE *out, const char *label, const char *fmt, ...)
{
	char text[TEXT_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(out, "%-*s", INDENT, label);
	put_wrapped(out, text);
}

static const char *or_unknown(const char *text)
{
	return text ? text : "?";
}

/* A number or "?" in @buf. */
#define NUMBER_SIZE	24

static const char *number(char buf[NUMBER_SIZE], const char *fmt, bool known, uint64_t val)
{
	if (!known)
		return "?";
	snprintf(buf, NUMBER_SIZE, fmt, val);
	return buf;
}

static const char *pointer(char buf[NUMBER_SIZE], uint64_t val)
{
	return val ? number(buf, "%#" PRIx64, true, val) : "NULL";
}

/*
 * Who
 */

static void explain_title(FILE *out, const struct judgement *j, const struct waiter *w)
{
	static const char *const stories[] = {
		[VERDICT_DEADLOCK]	= "is in a deadlock",
		[VERDICT_ORPHANED]	= "waits for a lock that nobody is left to release",
		[VERDICT_NO_WAKER]	= "waits on a futex that nobody is left to wake",
		[VERDICT_STOPPED]	= "waits on a futex, and is held up by a stop",
		[VERDICT_LOST_WAKE]	= "sleeps on a futex that was freed",
		[VERDICT_WAITING]	= "waits on a futex, and can be woken",
		[VERDICT_TIMED]		= "waits on a futex, with a timeout",
		[VERDICT_UNKNOWN]	= "waits on a futex; who could wake it is not known",
	};

	fprintf(out, "Thread %d (%s) %s.\n\n", w->tid, or_unknown(w->comm),
		j->reason == REASON_TO_CYCLE ? "waits for threads in a deadlock" :
					       stories[j->verdict]);
}

static void explain_who(FILE *out, const struct snapshot *s, const struct waiter *w)
{
	const struct process *p = w->process < 0 ? NULL : &s->processes[w->process];
	int parent = p ? snapshot_find_process(s, p->ppid) : -1;
	char name[TEXT_SIZE / 4] = "", tgid[ID_SIZE], ppid[ID_SIZE];

	if (!p) {
		para(out, "Who", "a thread of process %s", format_id(tgid, w->tgid));
		return;
	}
	if (parent >= 0)
		snprintf(name, sizeof(name), " (%s)", or_unknown(s->processes[parent].comm));
	para(out, "Who", "%s thread of process %s (%.64s), whose parent is process %s%s%s",
	     w->tid == w->tgid ? "the main" : "a", format_id(tgid, w->tgid),
	     or_unknown(p->comm), format_id(ppid, p->ppid), name,
	     p->execed == NO ? "; it was forked and has never called execve" : "");
	if (p->cgroup && strcmp(p->cgroup, "/"))
		para(out, "", "in cgroup %s", p->cgroup);
}

/*
 * The call
 */

/* How many arguments an operation uses, so that the others hold nothing. */
static const int nr_args[NR_OPS] = {
	[OP_UNKNOWN]		= NR_ARGS,
	[OP_WAIT]		= 4,
	[OP_LOCK_PI]		= 4,
	[OP_LOCK_PI2]		= 4,
	[OP_WAIT_REQUEUE_PI]	= 5,
	[OP_WAIT_BITSET]	= 6,
};

static void format_futex(char *dst, size_t size, const uint64_t *args)
{
	enum opcode op = opcode_of(args[1]);
	char buf[NUMBER_SIZE], *d = dst, *end = dst + size;

	d += snprintf(d, end - d, "futex(%s, ", pointer(buf, args[0]));
	if (op)
		d += snprintf(d, end - d, "%s%s%s", op_names[op],
			      args[1] & FUTEX_PRIVATE_FLAG ? "_PRIVATE" : "",
			      args[1] & FUTEX_CLOCK_REALTIME ? "|FUTEX_CLOCK_REALTIME" : "");
	else
		d += snprintf(d, end - d, "%#x", (unsigned int)args[1]);
	d += snprintf(d, end - d, ", %u, %s", (unsigned int)args[2], pointer(buf, args[3]));
	if (nr_args[op] > 4)
		d += snprintf(d, end - d, ", %s", pointer(buf, args[4]));
	if (nr_args[op] > 5)
		d += snprintf(d, end - d, ", %#x", (unsigned int)args[5]);
	snprintf(d, end - d, ")");
}

static void format_futex_waitv(char *dst, size_t size, const uint64_t *args)
{
	char waiters[NUMBER_SIZE], timeout[NUMBER_SIZE];

	snprintf(dst, size, "futex_waitv(%s, %u, %u, %s, %u)", pointer(waiters, args[0]),
		 (unsigned int)args[1], (unsigned int)args[2], pointer(timeout, args[3]),
		 (unsigned int)args[4]);
}

static void format_futex_wait(char *dst, size_t size, const uint64_t *args)
{
	char uaddr[NUMBER_SIZE], timeout[NUMBER_SIZE];

	snprintf(dst, size, "futex_wait(%s, %u, %#" PRIx64 ", %#x, %s, %u)",
		 pointer(uaddr, args[0]), (unsigned int)args[1], args[2],
		 (unsigned int)args[3], pointer(timeout, args[4]), (unsigned int)args[5]);
}

/*
 * The call gets a line of its own, whole, from its first column: it is what one
 * looks for and copies, and up to 80 columns wide without FUTEX_CLOCK_REALTIME.
 */
static void explain_call(FILE *out, const struct waiter *w)
{
	char text[TEXT_SIZE] = "?";

	if (w->known & W_ARGS) {
		if (w->call == CALL_FUTEX_WAITV)
			format_futex_waitv(text, sizeof(text), w->args);
		else if (w->call == CALL_FUTEX_WAIT)
			format_futex_wait(text, sizeof(text), w->args);
		else if (w->call != CALL_UNKNOWN)
			format_futex(text, sizeof(text), w->args);
	}
	fprintf(out, "Call%s\n%s\n",
		w->call == CALL_RESTART ? "      restarted after a signal or stop" : "", text);
}

static void explain_queue(FILE *out, const struct waiter *w)
{
	if (w->queued && strcmp(w->queued, "yes"))
		para(out, "Queue", "it has left the kernel's queue, since it is %s; it repeats the "
		     "call when it goes on", w->queued);
	if (w->pi_owner > 0)
		para(out, "Owner", "thread %d, as the kernel has it: this is a PI futex",
		     w->pi_owner);
}

static void explain_since(FILE *out, const struct waiter *w)
{
	char buf[DURATION_SIZE];

	para(out, "Asleep", "%s", w->known & W_ASLEEP ? format_duration(buf, w->asleep_ns) :
							"for a time that is not known");
}

/*
 * The word
 */

static void explain_word(FILE *out, const struct waiter *w)
{
	char addr[NUMBER_SIZE], expected[NUMBER_SIZE], value[NUMBER_SIZE], from[NUMBER_SIZE];

	para(out, "Word", "at %s: the caller expected %s; it holds %s now%s",
	     number(addr, "%#" PRIx64, w->known & W_WAITS_ON, w->waits_on),
	     number(expected, "%" PRIu64, w->known & W_EXPECTED, w->expected),
	     number(value, "%" PRIu64, w->known & W_VALUE, w->value),
	     w->known & W_VALUE ? "" : " (it could not be read without disturbing the process)");
	if (w->known & W_WAITS_ON && w->known & W_UADDR && w->waits_on != w->uaddr)
		para(out, "", "requeued there from %s",
		     number(from, "%#" PRIx64, true, w->uaddr));
}

static void explain_lock(FILE *out, const struct analysis *a, const struct judgement *j,
			 const struct waiter *w)
{
	const struct holder *h = w->thread < 0 ? NULL : &a->holders[w->thread];
	enum evidence evidence = h ? h->evidence : BY_NOTHING;
	const struct snapshot *s = a->s;
	struct outsider o;

	if (j->holder == PID_UNKNOWN && !j->lock)
		para(out, "Lock", "not recognised, so its holder is not known");
	else if (j->holder == PID_UNKNOWN && evidence == BY_WORDS && h->thread >= 0)
		para(out, "Lock", "looks like a %s, held by a thread that is not there, if not by "
		     "the main thread, before it was forked", j->lock);
	else if (j->holder == PID_UNKNOWN && evidence == BY_WORDS)
		para(out, "Lock", "looks like a %s; it is not known which thread has the id in it",
		     j->lock);
	else if (j->holder == PID_UNKNOWN)
		para(out, "Lock", "looks like a %s, which names no holder", j->lock);
	else if (evidence != BY_WORDS)
		para(out, "Lock", evidence == BY_EXIT ?
		     "the word is where the kernel tells of the exit of thread %d: it joins that" :
		     "a PI futex, owned by thread %d as the kernel has it", j->holder);
	else if (j->holder_thread >= 0)
		para(out, "Lock", "looks like a %s, held by thread %d (%.64s)", j->lock,
		     s->threads[j->holder_thread].tid,
		     or_unknown(s->threads[j->holder_thread].comm));
	else if (find_outsider(s, w, j->holder, &o))
		para(out, "Lock", "looks like a %s, held by thread %d; no live thread of this "
		     "process has that id, but one of process %d (%.64s) has", j->lock,
		     j->holder, o.tgid, or_unknown(o.comm));
	else
		para(out, "Lock", "looks like a %s, held by thread %d, which is no live thread "
		     "of this process", j->lock, j->holder);
}

/*
 * The chain
 */

static void explain_step(FILE *out, const struct analysis *a, const struct step *step,
			 const char *label, const char *subject, bool back)
{
	static const char *const by[] = {
		[BY_NOTHING]	= "is only woken by threads of its address space, of which one "
				  "sleeps in another call",
		[BY_WORDS]	= "waits for the holder, by the words around the futex",
		[BY_EXIT]	= "waits for the exit, by clear_child_tid in the file",
		[BY_KERNEL]	= "waits for the owner, by pi_owner in the file",
	};
	char text[REASON_SIZE], tail[TEXT_SIZE] = "";

	if (step->thread < 0) {
		para(out, label, "%s %s: thread %d, which is not there", subject,
		     by[step->evidence], step->id);
		return;
	}
	if (back)
		snprintf(tail, sizeof(tail), ", with which the chain began");
	else if (a->abilities[step->thread] == ABLE && a->blocked[step->thread] != WAITING)
		snprintf(tail, sizeof(tail), ", which can run, as far as is known");
	else if (a->abilities[step->thread] == STOPPED)
		snprintf(tail, sizeof(tail), ", which is stopped, by its state in the file");
	if (a->abilities[step->thread] == SLEEPING) {
		put_sleep_text(text, sizeof(text), a, step->thread);
		snprintf(tail, sizeof(tail), ", which %s, by /proc/%d/syscall and what /proc shows "
			 "of those processes", text, step->id);
	}
	para(out, label, "%s %s: thread %d (%.64s)%s", subject, by[step->evidence], step->id,
	     or_unknown(a->s->threads[step->thread].comm), tail);
}

static void explain_chain(FILE *out, const struct analysis *a, size_t waiter)
{
	struct step steps[MAX_STEPS];
	size_t nr = find_chain(a, waiter, steps);
	char subject[64] = "it";

	for (size_t n = 0; n < nr; n++) {
		explain_step(out, a, &steps[n], n ? "" : "Chain", subject,
			     steps[n].thread == a->s->waiters[waiter].thread);
		snprintf(subject, sizeof(subject), "thread %d", steps[n].id);
	}
	if (nr == MAX_STEPS)
		para(out, "", "and so on");
}

/*
 * The threads
 */

struct listed {
	int thread;
	enum ability ability;
	pid_t tid;
};

static int compare_listed(const void *x, const void *y)
{
	const struct listed *a = x, *b = y;

	if (a->ability != b->ability)
		return a->ability < b->ability ? -1 : 1;
	return a->tid < b->tid ? -1 : a->tid > b->tid;
}

static void list_thread(FILE *out, const struct analysis *a, int t)
{
	const struct thread *thread = &a->s->threads[t];
	const struct waiter *w = a->first_waiter[t] < 0 ? NULL :
				 &a->s->waiters[a->first_waiter[t]];
	char addr[NUMBER_SIZE], does[TEXT_SIZE];

	put_thread_text(does, sizeof(does), a, t);
	if (w && a->abilities[t] != STOPPED)
		snprintf(does, sizeof(does), "waits on futex %s%s",
			 number(addr, "%#" PRIx64, w->known & W_WAITS_ON, w->waits_on),
			 w->timeout > TIMEOUT_NONE ? ", with a timeout" :
			 a->abilities[t] == ABLE ? ", but may be woken from elsewhere" : "");
	para(out, "", "%d (%.64s) %c: %s", thread->tid, or_unknown(thread->comm),
	     thread->state ? thread->state : '?', does);
}

static void explain_threads(FILE *out, const struct analysis *a, const struct waiter *w)
{
	const struct snapshot *s = a->s;
	struct listed *listed = xcalloc(s->nr_threads, sizeof(*listed));
	const struct mm *mm = &s->mms[w->mm];
	char live[NUMBER_SIZE];
	size_t n = 0;

	for (size_t i = 0; i < s->nr_threads; i++) {
		if (s->threads[i].mm == w->mm)
			listed[n++] = (struct listed){ i, a->abilities[i], s->threads[i].tid };
	}
	qsort(listed, n, sizeof(*listed), compare_listed);
	para(out, "Threads", "%s alive in its address space%s",
	     mm->known & M_LIVE && mm->live == 1 ? "1 thread is" :
	     number(live, "%" PRIu64 " threads are", mm->known & M_LIVE, mm->live),
	     n ? ":" : "");
	for (size_t i = 0; i < n && i < MAX_LISTED; i++)
		list_thread(out, a, listed[i].thread);
	if (n > MAX_LISTED)
		para(out, "", "and %zu more", n - MAX_LISTED);
	free(listed);
}

/* Who may wake a word in shared memory. */
static void explain_shared(FILE *out, const struct analysis *a, const struct waiter *w)
{
	const struct shared *shared = w->shared < 0 ? NULL : &a->s->shared[w->shared];
	char ino[NUMBER_SIZE];

	if (!shared) {
		para(out, "Wakers", "any process that maps the same file (%s)", w->key);
		return;
	}
	para(out, "Wakers", "threads of those who map the word: %zu address space%s%s; the file is "
	     "inode %s of device %s, %s", shared->nr_maps, shared->nr_maps == 1 ? "" : "s",
	     shared->complete == YES ? "" : ", and others, which are not known",
	     number(ino, "%" PRIu64, shared->known & S_INO, shared->ino), or_unknown(shared->dev),
	     !(shared->known & S_NLINK) ? "which may have a name or not" :
	     shared->nlink ? "which has a name that others can open" :
			     "which has no name, but may have descriptors that are not mapped");
}

static void explain_wakers(FILE *out, const struct analysis *a, const struct judgement *j,
			   const struct waiter *w)
{
	const struct mm_state *m = w->mm < 0 ? NULL : &a->mms[w->mm];
	size_t nr = m ? m->nr_able + m->nr_waiting + m->nr_sleeping + m->nr_stopped : 0;
	enum evidence evidence = w->thread < 0 ? BY_NOTHING : a->holders[w->thread].evidence;

	if (evidence == BY_KERNEL)
		para(out, "Wakers", "only the owner: by unlocking, or when it ends");
	else if (w->key_type == KEY_SHARED_INODE)
		explain_shared(out, a, w);
	else if (w->key_type == KEY_UNKNOWN || !m)
		para(out, "Wakers", "not known");
	else if (!m->complete)
		para(out, "Wakers", "only threads of its own address space; not all are known");
	else if (m->nr_able)
		para(out, "Wakers", "only threads of its own address space: %zu of %zu can run%s",
		     m->nr_able, nr, j->holder != PID_UNKNOWN ? ", but none but the holder should" :
		     evidence == BY_WORDS && a->holders[w->thread].thread >= 0 ?
		     ", but none but the main thread should" : "");
	else if (m->nr_stopped)
		para(out, "Wakers", "only threads of its own address space: none can run, and "
		     "%zu of %zu are stopped", m->nr_stopped, nr);
	else
		para(out, "Wakers", "only threads of its own address space: none can run");
}

/*
 * The verdict
 */

static void explain_verdict(FILE *out, const struct analysis *a, size_t waiter)
{
	const struct judgement *j = &a->judgements[waiter];
	char reason[REASON_SIZE];

	para(out, "Verdict", "%s: %s", verdict_name(j->verdict),
	     reason_text(a, waiter, reason));
	if (j->certainty != CERTAINTY_NONE)
		para(out, "Certainty", "%s: %s", certainty_name(j->certainty),
		     limit_text(j->limit));
}

/* What would make it another verdict: the one or two things that matter most. */
static const char *unless_text(const struct analysis *a, const struct judgement *j)
{
	switch (j->verdict) {
	case VERDICT_DEADLOCK:
	case VERDICT_ORPHANED:
	case VERDICT_NO_WAKER:
		/* No process that handles signals is part of what is certain. */
		return j->certainty == CERTAINTY_CERTAIN ?
		       "somebody from outside ends or debugs one of these processes" :
		       "a signal comes that one of these processes handles, or somebody from "
		       "outside ends or debugs one";
	case VERDICT_STOPPED:
		return "somebody continues or thaws what is stopped";
	case VERDICT_LOST_WAKE:
		return "a thread that sleeps elsewhere now has the wake still to do";
	case VERDICT_WAITING:
		return j->runner >= 0 && a->s->threads[j->runner].state != 'R' ?
		       "those that can run sleep for something that never comes: what that is was "
		       "not looked into, or is not known" : NULL;
	default:
		return NULL;
	}
}

static const char *unless_limit(enum limit limit)
{
	switch (limit) {
	case LIMIT_HOLDER:
		return "the words in memory are no such lock, the holder's id has become "
		       "another's, or another thread releases it in the holder's place";
	case LIMIT_SLEEP:
		return "somebody whom /proc does not show can end such a sleep: with a descriptor "
		       "of the pipe, or as another child or tracee";
	case LIMIT_SHARED:
		return "another process maps the word";
	case LIMIT_EXIT:
	case LIMIT_PROCESSES:
		return "another process that has to do with it ends";
	case LIMIT_ONE_LOOK:
		return "it ran since, or while the file was copied";
	default:
		return NULL;
	}
}

static void explain_unless(FILE *out, const struct analysis *a, const struct judgement *j)
{
	const char *text = unless_text(a, j);
	const char *limit = j->certainty == CERTAINTY_NONE ? NULL : unless_limit(j->limit);

	if (limit)
		para(out, "Unless", "%s", limit);
	if (text)
		para(out, limit ? "" : "Unless", "%s", text);
}

static bool namespace_known(const struct snapshot *s, const struct waiter *w)
{
	return w->thread >= 0 && s->threads[w->thread].nstid != PID_UNKNOWN;
}

static void explain_limits(FILE *out, const struct analysis *a, const struct judgement *j,
			   const struct waiter *w)
{
	enum evidence evidence = w->thread < 0 ? BY_NOTHING : a->holders[w->thread].evidence;
	const struct snapshot *s = a->s;
	const char *label = "Not known";

	if (s->source == SOURCE_FILE) {
		para(out, label, "whether it still waits: this is a saved copy");
		para(out, "", "what threads sleep in that wait for no futex: a copy does not say");
		label = "";
	}
	if (s->source == SOURCE_PROC) {
		para(out, label, "whether it was requeued to another futex: only the module sees "
		     "the kernel's queues");
		label = "";
	}
	if (s->vm_unsure) {
		para(out, label, "whether another process uses the same memory: there are some "
		     "that may not be looked at");
		label = "";
	}
	if (evidence == BY_KERNEL || evidence == BY_EXIT)
		return;
	if (!j->lock)
		para(out, label, "what kind of lock this is, if it is one");
	else if (!namespace_known(s, w))
		para(out, label, "whether the holder's id is of the pid namespace that the other "
		     "ids are of");
	else
		para(out, label, "whether the lock really is one: that is read from memory");
}

/**
 * print_explanation() - tell the story of one waiter
 * @out: where to; errors are left to its error flag
 * @a: the analysis
 * @waiter: index of the first waiter record of the thread
 */
void print_explanation(FILE *out, const struct analysis *a, size_t waiter)
{
	const struct waiter *w = &a->s->waiters[waiter];
	const struct judgement *j = &a->judgements[waiter];

	explain_title(out, j, w);
	explain_who(out, a->s, w);
	explain_call(out, w);
	explain_since(out, w);
	explain_queue(out, w);
	for (size_t i = waiter; i < a->s->nr_waiters; i++) {
		if (a->s->waiters[i].tid == w->tid)
			explain_word(out, &a->s->waiters[i]);
	}
	explain_lock(out, a, j, w);
	explain_chain(out, a, waiter);
	if (w->mm >= 0)
		explain_threads(out, a, w);
	explain_wakers(out, a, j, w);
	explain_verdict(out, a, waiter);
	explain_unless(out, a, j);
	explain_limits(out, a, j, w);
}
