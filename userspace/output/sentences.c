// SPDX-License-Identifier: GPL-2.0-only
/*
 * The judgement in plain words.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "sentences.h"
#include "text.h"

/* Members of a cycle that are named; the rest are only counted. */
#define MAX_NAMED	4

struct buf {
	char *p;
	size_t used;
};

static void put(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void put(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(b->p + b->used, REASON_SIZE - b->used, fmt, ap);
	va_end(ap);
	if (n > 0)
		b->used += n;
	if (b->used >= REASON_SIZE)
		b->used = REASON_SIZE - 1;
}

/* Names come out of a file too, which may hold anything of any length. */
#define NAME	"%.64s"

static const char *name_or_unknown(const char *comm)
{
	return comm ? comm : "?";
}

static void put_thread(struct buf *b, const struct snapshot *s, int i)
{
	char id[ID_SIZE];

	put(b, "thread %s (" NAME ")", format_id(id, s->threads[i].tid),
	    name_or_unknown(s->threads[i].comm));
}

static int compare_outsiders(const void *x, const void *y)
{
	const struct outsider *a = x, *b = y;

	return a->tid < b->tid ? -1 : a->tid > b->tid;
}

/**
 * find_outsider() - who has the id that a lock word holds, outside the process
 * @s: the snapshot, indexed
 * @w: the waiter for the lock
 * @tid: the id in the word, of no live thread in the waiter's address space
 * @found: receives the thread, with names that @s owns
 *
 * Return: whether one is known.  It has the id now; that it took the lock is
 * likely only if it is in a process that the waiter's was forked from.
 */
bool find_outsider(const struct snapshot *s, const struct waiter *w, pid_t tid,
		   struct outsider *found)
{
	const struct thread *self = w->thread < 0 ? NULL : &s->threads[w->thread];
	struct outsider key = { .tid = tid }, *known;
	int t = snapshot_find_thread(s, tid), p;

	/* In another pid namespace the id means somebody else. */
	if (!self || (self->nstid != PID_UNKNOWN && self->nstid != self->tid))
		return false;
	if (t >= 0 && s->threads[t].mm != w->mm) {
		p = s->threads[t].process;
		*found = (struct outsider){ .tid = tid, .tgid = s->threads[t].tgid,
					    .comm = p < 0 ? NULL : s->processes[p].comm };
		return true;
	}
	known = s->nr_outsiders ? bsearch(&key, s->outsiders, s->nr_outsiders, sizeof(key),
					  compare_outsiders) : NULL;
	if (known)
		*found = *known;
	return known;
}

/**
 * put_sleep_text() - what a thread sleeps in that cannot run
 * @dst: receives the text: a clause without full stop
 * @size: of @dst
 * @a: the analysis
 * @thread: index of the thread, whose ability is SLEEPING
 */
void put_sleep_text(char *dst, size_t size, const struct analysis *a, int thread)
{
	const struct sleep *sleep = &a->s->sleeps[a->first_sleep[thread]];
	const struct wakers *w = &a->s->wakers[sleep->wakers];
	unsigned long long id = w->id;

	if (w->kind == SLEEP_READ)
		snprintf(dst, size, "waits for data in pipe %llu, which only processes that cannot "
			 "run have open for writing", id);
	else if (w->kind == SLEEP_WRITE)
		snprintf(dst, size, "waits for room in pipe %llu, which only processes that cannot "
			 "run have open", id);
	else if (w->kind == SLEEP_CHILDREN)
		snprintf(dst, size, "waits for a child or tracee of process %llu, none of which "
			 "can run", id);
	else
		snprintf(dst, size, "waits for a vfork child of process %llu, which cannot run",
			 id);
}

/**
 * put_thread_text() - what a thread does that waits on no futex
 * @dst: receives the text: a clause without full stop
 * @size: of @dst
 * @a: the analysis
 * @thread: index of the thread
 */
void put_thread_text(char *dst, size_t size, const struct analysis *a, int thread)
{
	char state = a->s->threads[thread].state;
	const char *does = state == 'R' ? "runs" : "sleeps elsewhere";

	if (a->abilities[thread] == SLEEPING) {
		put_sleep_text(dst, size, a, thread);
		return;
	}
	if (a->abilities[thread] == STOPPED)
		does = state == 't' ? "is stopped by its tracer" :
		       state == 'T' ? "is stopped" : "is frozen";
	else if (a->abilities[thread] == DEAD)
		does = "is dead";
	snprintf(dst, size, "%s", does);
}

/**
 * put_gone_text() - where a holder is that its waiter's address space does not have
 * @dst: receives the text: a clause without full stop
 * @size: of @dst
 * @a: the analysis
 * @waiter: index of the waiter
 * @id: of the holder, as the waiter's lock names it
 */
void put_gone_text(char *dst, size_t size, const struct analysis *a, size_t waiter, pid_t id)
{
	struct outsider o;

	if (find_outsider(a->s, &a->s->waiters[waiter], id, &o))
		snprintf(dst, size, "is in process %d (" NAME "), not in its waiter's", o.tgid,
			 name_or_unknown(o.comm));
	else
		snprintf(dst, size, "is not there");
}

static bool forked(const struct snapshot *s, const struct waiter *w)
{
	return w->process >= 0 && s->processes[w->process].execed == NO;
}

static void put_gone(struct buf *b, const struct snapshot *s, const struct waiter *w,
		     pid_t holder)
{
	struct outsider o;
	bool known = find_outsider(s, w, holder, &o);
	bool parent = known && w->process >= 0 && s->processes[w->process].ppid == o.tgid;

	if (w->key_type == KEY_SHARED_INODE) {
		put(b, "the holder of its lock in shared memory, thread %d, is no live thread of "
		    "a process that maps it", holder);
		return;
	}
	if (forked(s, w))
		put(b, "child of fork that never called execve, so its lock is a copy: ");
	put(b, "%s holder, thread %d, ", forked(s, w) ? "the" : "its lock's", holder);
	if (parent)
		put(b, "is in the parent process %d (" NAME ") and cannot release it here",
		    o.tgid, name_or_unknown(o.comm));
	else if (known && forked(s, w))
		put(b, "is in process %d (" NAME ") and cannot release it here", o.tgid,
		    name_or_unknown(o.comm));
	else if (known)
		put(b, "is gone: that id is one of process %d (" NAME ") now", o.tgid,
		    name_or_unknown(o.comm));
	else
		put(b, "is no live thread of this process");
}

static void put_fork(struct buf *b, const struct snapshot *s, const struct waiter *w)
{
	const struct process *p = &s->processes[w->process];

	put(b, "child of fork that never called execve, and its only thread: who could wake it "
	    "was left behind");
	if (p->ppid > 0)
		put(b, " in the parent process %d", p->ppid);
}

static void put_cycle(struct buf *b, const struct analysis *a, int start, size_t size)
{
	int t = start;

	for (size_t n = 0; n < size && n < MAX_NAMED; n++) {
		t = a->judgements[a->first_waiter[t]].holder_thread;
		put(b, "%s thread %d", n ? ", which waits for" : "waits for",
		    a->s->threads[t].tid);
	}
	put(b, size > MAX_NAMED ? " and so on: a cycle of %zu threads" :
				  ": a cycle of %zu threads", size);
}

static bool waits_for_exit(const struct analysis *a, const struct waiter *w)
{
	return w->thread >= 0 && a->holders[w->thread].evidence == BY_EXIT;
}

static void put_chain_start(struct buf *b, const struct analysis *a, const struct waiter *w,
			    const struct judgement *j)
{
	const struct snapshot *s = a->s;

	put(b, waits_for_exit(a, w) ? "joins " : "its lock is held by ");
	put_thread(b, s, j->holder_thread);
	if (j->end_thread != j->holder_thread) {
		put(b, ", which waits, maybe by way of others, for ");
		put_thread(b, s, j->end_thread);
	}
}

/* What the thread at the end of a chain does, which nobody can wake. */
static void put_end(struct buf *b, const struct analysis *a, int end)
{
	char text[REASON_SIZE];

	if (a->abilities[end] == SLEEPING) {
		put_sleep_text(text, sizeof(text), a, end);
		put(b, ", which %s", text);
	} else if (a->abilities[end] == STOPPED) {
		put(b, ", which is stopped by a tracer that cannot run");
	} else {
		put(b, ", which waits on a futex that nobody is left to wake");
	}
}

/* Of an address space where some threads sleep in other calls: one of those. */
static void put_all_sleep(struct buf *b, const struct analysis *a, const struct waiter *w)
{
	const struct mm_state *m = &a->mms[w->mm];
	char text[REASON_SIZE];

	put(b, "no live thread of its address space can run: %zu wait on futexes",
	    m->nr_waiting);
	if (m->nr_stopped)
		put(b, ", %zu are stopped by a tracer that cannot run", m->nr_stopped);
	if (!m->nr_sleeping)
		return;
	put_sleep_text(text, sizeof(text), a, m->sleeper);
	put(b, ", and ");
	put_thread(b, a->s, m->sleeper);
	put(b, " %s", text);
}

static void put_stuck(struct buf *b, const struct analysis *a, const struct waiter *w,
		      const struct judgement *j)
{
	switch (j->reason) {
	case REASON_SELF:
		put(b, waits_for_exit(a, w) ? "waits for its own exit" :
		       "waits for a lock that it holds itself");
		break;
	case REASON_CYCLE:
		put_cycle(b, a, w->thread, j->cycle_size);
		break;
	case REASON_TO_CYCLE:
		put_chain_start(b, a, w, j);
		put(b, ", which is in a deadlock");
		break;
	case REASON_GONE:
		put_gone(b, a->s, w, j->holder);
		break;
	case REASON_TO_GONE:
		put_chain_start(b, a, w, j);
		put(b, ", whose lock's holder, thread %d, is not alive here", j->end_holder);
		break;
	case REASON_FORK:
		put_fork(b, a->s, w);
		break;
	case REASON_ALONE:
		put(b, "the only live thread of its address space: nobody else can wake it");
		break;
	case REASON_ALL_SLEEP:
		put_all_sleep(b, a, w);
		break;
	case REASON_ALL_SHARED:
		put(b, "in shared memory, and no thread of the %zu address space%s that map%s the "
		    "word can run", a->s->shared[w->shared].nr_maps,
		    a->s->shared[w->shared].nr_maps == 1 ? "" : "s",
		    a->s->shared[w->shared].nr_maps == 1 ? "s" : "");
		break;
	case REASON_TO_STUCK:
		put_chain_start(b, a, w, j);
		put_end(b, a, j->end_thread);
		break;
	case REASON_STUCK:
		put(b, "those that could wake it wait for what nobody is left to end");
		break;
	case REASON_TRACER:
		put(b, "is stopped by its tracer, thread %d, which cannot run",
		    a->s->threads[w->thread].tracer);
		break;
	default:
		put(b, "all %zu live threads of its address space wait on futexes without "
		    "timeout: nobody is left to wake it", a->mms[w->mm].nr_waiting);
		break;
	}
}

static void put_stopped(struct buf *b, const struct analysis *a, const struct waiter *w,
			const struct judgement *j)
{
	switch (j->reason) {
	case REASON_SELF_STOPPED:
		put(b, "is stopped itself (state %c), and waits on when it is continued",
		    a->s->threads[w->thread].state);
		break;
	case REASON_SELF_FROZEN:
		put(b, "is frozen (cgroup %s), and waits on when it is thawed",
		    a->s->threads[w->thread].frozen);
		break;
	case REASON_HOLDER_STOPPED:
	case REASON_TO_STOPPED:
		put_chain_start(b, a, w, j);
		put(b, ", which is stopped");
		break;
	case REASON_STUCK:
		put(b, "those that could wake it wait for threads that are stopped");
		break;
	default:
		put(b, "only stopped threads could wake it (%zu of %zu; the others wait)",
		    a->mms[w->mm].nr_stopped,
		    a->mms[w->mm].nr_stopped + a->mms[w->mm].nr_waiting);
		break;
	}
}

static void put_shared(struct buf *b, const struct analysis *a, const struct waiter *w)
{
	const struct shared *shared = w->shared < 0 ? NULL : &a->s->shared[w->shared];

	put(b, "shared futex: any process that maps it can wake it");
	for (size_t i = 0; shared && i < shared->nr_maps && i < MAX_NAMED; i++) {
		int runner = a->mms[a->s->maps[shared->first_map + i]].runner;

		if (runner < 0 || a->blocked[runner] == WAITING)
			continue;
		put(b, ", as ");
		put_thread(b, a->s, runner);
		put(b, " can");
		return;
	}
}

/* Whether it is a PI lock that a fork copied: its owner has another one. */
static bool is_copied(const struct snapshot *s, const struct waiter *w)
{
	return key_is_local(w) && wait_is_outside(s, w);
}

static void put_waiting(struct buf *b, const struct analysis *a, const struct waiter *w,
			const struct judgement *j)
{
	switch (j->reason) {
	case REASON_HOLDER:
	case REASON_TO_HOLDER:
		put_chain_start(b, a, w, j);
		put(b, j->reason == REASON_HOLDER && is_copied(a->s, w) ?
		    ", of another process: the kernel releases it when that thread exits" :
		    ", which can run");
		break;
	case REASON_SHARED:
		put_shared(b, a, w);
		break;
	case REASON_REQUEST:
		put(b, "an io_uring request that the thread submitted: it blocks no thread");
		break;
	case REASON_IO_URING:
		put(b, "the thread has used io_uring: the end of a request may make it run");
		break;
	case REASON_PI_OWNER:
		put(b, "a PI lock whose owner is in another process, or not known: the kernel "
		    "releases it when the owner exits");
		break;
	case REASON_OTHER_WORD:
		put(b, "waits on several futexes, and another of them may be woken");
		break;
	case REASON_UNSEEN:
		put(b, "threads that this snapshot does not show may wake it");
		break;
	default:
		if (a->mms[w->mm].nr_able == 1) {
			put_thread(b, a->s, j->runner);
			put(b, " can run and wake it");
		} else {
			put(b, "%zu threads of its address space can run and wake it",
			    a->mms[w->mm].nr_able);
		}
		break;
	}
}

static const char *unknown_text(enum reason reason)
{
	switch (reason) {
	case REASON_NO_RECORD:
		return "the snapshot does not hold its thread or address space";
	case REASON_UNSTABLE:
		return "ran while it was being looked at";
	case REASON_MOVED:
		return "moved between the two looks";
	case REASON_ERRORS:
		return "the kernel's data were not as expected: nothing can be proven from them";
	case REASON_KEY:
		return "not a private futex: it is not known who can wake it";
	default:
		return "it is not known what could end this call";
	}
}

/**
 * reason_text() - why a waiter has its verdict
 * @a: the analysis
 * @waiter: index of the waiter
 * @dst: receives the text: one line without full stop, of printable ASCII
 *
 * Return: @dst.
 */
char *reason_text(const struct analysis *a, size_t waiter, char dst[REASON_SIZE])
{
	const struct judgement *j = &a->judgements[waiter];
	const struct waiter *w = &a->s->waiters[waiter];
	struct buf b = { .p = dst };

	dst[0] = '\0';
	if (verdict_is_stuck(j->verdict))
		put_stuck(&b, a, w, j);
	else if (j->verdict == VERDICT_STOPPED)
		put_stopped(&b, a, w, j);
	else if (j->verdict == VERDICT_LOST_WAKE)
		put(&b, "its word is 0 since before the first look, not %u as it expected, and it "
		    "still sleeps, while no thread of its process ran: a wake was lost, or is "
		    "still to come", w->expected);
	else if (j->verdict == VERDICT_WAITING)
		put_waiting(&b, a, w, j);
	else if (j->verdict == VERDICT_TIMED)
		put(&b, "has a timeout");
	else
		put(&b, "%s", unknown_text(j->reason));
	return dst;
}

/**
 * limit_text() - what keeps a verdict from being more certain
 * @limit: the limit
 *
 * Return: a clause without full stop; of LIMIT_NONE, why it is certain.
 */
const char *limit_text(enum limit limit)
{
	switch (limit) {
	case LIMIT_NONE:
		return "two looks agree, none of the threads ran in between, and the process has "
		       "no signal handler but the C library's own";
	case LIMIT_HANDLERS:
		return "two looks agree, and none of the threads ran in between, but the process "
		       "catches signals, or may: a handler could wake it";
	case LIMIT_VALUE:
		return "two looks agree, and none of the threads ran in between, but a word in "
		       "the process does not hold what its waiter expects, or is not known to: "
		       "any signal or stop could end that wait";
	case LIMIT_PROCESSES:
		return "two looks agree, and none of the threads ran in between, but more than "
		       "one process uses this memory: the end of another could wake it";
	case LIMIT_PI:
		return "two looks agree, none of the threads that it rests on ran in between, and "
		       "the kernel itself knows the owner of a PI lock; but other threads of the "
		       "process can run, and with a signal could end the wait";
	case LIMIT_TRACED:
		return "a thread of the process is traced, or may be: its tracer could do "
		       "anything";
	case LIMIT_SLEEP:
		return "it rests on what a thread sleeps in and who could end that, which /proc "
		       "shows, but not all at one moment; and a signal handler, or whoever opens a "
		       "pipe under /proc, may end that too";
	case LIMIT_SHARED:
		return "the word is in shared memory: who has a descriptor of it, may open it or "
		       "may attach it can map it later, and wake";
	case LIMIT_PROC:
		return "/proc does not show the kernel's queues, so the thread may be on another "
		       "futex than its call says";
	case LIMIT_ONE_LOOK:
		return "a single look cannot show that nobody ran meanwhile";
	case LIMIT_EXIT:
		return "the kernel itself knows the owner of a PI lock, but other threads of the "
		       "owner's process can run, and end it";
	default:
		return "it rests on what looks like a lock in memory, and other threads of the "
		       "process can run";
	}
}
