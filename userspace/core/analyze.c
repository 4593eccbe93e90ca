// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which waiters can still be woken.
 *
 * model.c finds out which threads can run, in two passes.
 *
 * 1. The proof takes no word in memory for a lock.  A waiter that no runnable thread can
 *    wake stays as it is: it is stuck.
 * 2. Where words in memory name a holder, only that thread wakes the waiter.  Chains of
 *    holders are followed to their end (holders.c): a cycle, a holder that is not there, a
 *    thread that no thread can wake, or one that can run.
 *
 * 1 is a proof if all of it was true at one moment.  That takes two looks between which
 * none of the threads that it rests on ran.  2 rests on a guess about memory, so it is
 * never more than likely.  It also tells what kind of verdict a proven one is.
 *
 * Nothing here does I/O, and all of it is linear except for the ranking.
 */
#include <stdlib.h>
#include <string.h>

#include "analyze.h"
#include "array.h"
#include "clock.h"
#include "holders.h"
#include "signals.h"

/* What the analysis needs only while it works. */
struct work {
	struct analysis *a;
	const struct model *m;
	const struct snapshot *s;
	struct chain *chains;		/* for each thread */
	bool *confirmed;		/* for each thread: the first look shows the same holder */
	unsigned char *caveats;		/* for each node: enum caveat */
	bool *changed[NR_PASSES];	/* for each node: not as in the first look */
	bool *mm_ran;			/* for each mm: one of its threads ran between the looks */
	bool *mm_waits_for_lock;	/* for each mm: one of its threads does ... */
	bool *mm_waits_for_others;	/* ... or waits in memory that others may have, too, ... */
	bool *mm_sleeps;		/* ... or sleeps in a call that is for something */
	unsigned char *idle;		/* for each node: whether an idle daemon could make it run */
	const struct model *before;
	int *before_thread;		/* the same thread there if it has not run, or -1 */
};

/*
 * What the two looks have in common
 */

static bool thread_has_not_run(const struct thread *now, const struct thread *before)
{
	const unsigned int all = T_NVCSW | T_NIVCSW | T_START;

	return (now->known & all) == all &&
	       (before->known & all) == all && now->nvcsw == before->nvcsw &&
	       now->nivcsw == before->nivcsw && now->start_ns == before->start_ns &&
	       now->state == before->state && now->tgid == before->tgid;
}

/* The id of an mm differs from look to look, so an mm is known by its threads. */
static void compare_mms(struct work *w, const int *before_mm)
{
	for (size_t i = 0; i < w->s->nr_mms; i++) {
		int old = before_mm[i];

		if (old >= 0 && w->before->s->mms[old].nr_threads == w->s->mms[i].nr_threads &&
		    !w->mm_ran[i])
			continue;
		w->mm_ran[i] = true;
		for (int pass = 0; pass < NR_PASSES; pass++)
			w->changed[pass][node_mm(w->s, i)] = true;
	}
}

static void compare_threads(struct work *w)
{
	const struct snapshot *now = w->s, *before = w->before->s;
	int *before_mm = xcalloc(now->nr_mms, sizeof(*before_mm));

	for (size_t i = 0; i < now->nr_mms; i++)
		before_mm[i] = -1;
	for (size_t i = 0; i < now->nr_threads; i++) {
		const struct thread *t = &now->threads[i];
		int old = snapshot_find_thread(before, t->tid);

		w->before_thread[i] = -1;
		if (old >= 0 && thread_has_not_run(t, &before->threads[old]))
			w->before_thread[i] = old;
		if (t->mm < 0)
			continue;
		/* A thread that is about to run may have a wake still to do. */
		if (w->before_thread[i] < 0 || before->threads[old].mm < 0 ||
		    t->state == STATE_RUNNING)
			w->mm_ran[t->mm] = true;
		else if (before_mm[t->mm] < 0)
			before_mm[t->mm] = before->threads[old].mm;
		else if (before_mm[t->mm] != before->threads[old].mm)
			w->mm_ran[t->mm] = true;
	}
	compare_mms(w, before_mm);
	free(before_mm);
}

/* Whether the first look shows this thread in the same wait for the same holder. */
static bool same_holder(const struct work *w, size_t t)
{
	const struct waiter *now = model_first_waiter(w->m, t), *before;
	const struct holder *h = model_holder(w->m, t), *old_holder;
	int old = w->before_thread[t];

	before = old < 0 ? NULL : model_first_waiter(w->before, old);
	if (!before)
		return false;
	old_holder = model_holder(w->before, old);
	return before->known & now->known & W_WAITS_ON && before->waits_on == now->waits_on &&
	       old_holder->evidence == h->evidence && old_holder->id == h->id;
}

/* A thread has changed if it ran, if the first look shows it woken, or with another holder. */
static void compare_looks(struct work *w)
{
	compare_threads(w);
	for (size_t t = 0; t < w->s->nr_threads; t++) {
		const struct holder *h = model_holder(w->m, t);
		int old = w->before_thread[t];

		if (h->thread >= 0 || h->gone)
			w->confirmed[t] = same_holder(w, t);
		for (int pass = 0; pass < NR_PASSES; pass++)
			w->changed[pass][t] = old < 0 || model_can_run(w->before, pass, old) ||
					      (!w->confirmed[t] && (pass == PASS_HOLDERS ||
								    h->evidence == BY_KERNEL));
	}
}

/*
 * What keeps a proof from being certain
 */

static void raise_caveat(unsigned char *caveat, enum caveat to)
{
	if (*caveat < to)
		*caveat = to;
}

/* It waits on the word of its call, whose value is known, as is the one that it expected. */
static bool word_is_known(const struct waiter *w)
{
	const unsigned int all = W_EXPECTED | W_VALUE | W_UADDR | W_WAITS_ON;

	return (w->known & all) == all && w->uaddr == w->waits_on;
}

/*
 * A stop, a freezer or a signal without a handler makes the call start again.  Then it
 * looks at the word again: at the word of the call, even if the thread was requeued.
 */
static bool would_wait_again(const struct waiter *w)
{
	return word_is_known(w) && w->expected == w->value;
}

static bool rests_on_sleep(const struct work *w, size_t t)
{
	return model_state(w->m, t) == RUN_SLEEPS ||
	       (model_state(w->m, t) == RUN_STOPPED && thread_is_held_by_tracer(w->s, t));
}

static void find_thread_caveats(struct work *w)
{
	const struct snapshot *s = w->s;

	for (size_t i = 0; i < s->nr_threads; i++) {
		const struct thread *t = &s->threads[i];
		const struct process *p = process_of_thread(s, t);
		unsigned char *caveat = &w->caveats[t->mm < 0 ? i : node_mm(s, t->mm)];

		if (process_has_handlers(p))
			raise_caveat(caveat, CAVEAT_HANDLERS);
		if (t->mm >= 0 && model_mm(w->m, t->mm)->tgid == PID_UNKNOWN)
			raise_caveat(caveat, CAVEAT_PROCESSES);
		if (t->tracer != PID_NONE)
			raise_caveat(caveat, CAVEAT_TRACED);
		if (rests_on_sleep(w, i))
			raise_caveat(&w->caveats[i], CAVEAT_SLEEP);
	}
}

static void find_waiter_caveats(struct work *w)
{
	const struct snapshot *s = w->s;

	for (size_t i = 0; i < s->nr_waiters; i++) {
		const struct waiter *waiter = &s->waiters[i];

		if (waiter->mm >= 0 && !would_wait_again(waiter))
			raise_caveat(&w->caveats[node_mm(s, waiter->mm)], CAVEAT_VALUE);
		if (waiter->mm >= 0 && waiter->memory_is_shared)
			raise_caveat(&w->caveats[node_mm(s, waiter->mm)], CAVEAT_MEMORY);
		if (waiter->thread < 0 || model_state(w->m, waiter->thread) != RUN_WAITS)
			continue;
		if (waiter->key_type == KEY_SHARED_INODE && !waiter_is_pi(waiter))
			raise_caveat(&w->caveats[waiter->thread], CAVEAT_SHARED);
		if (waiter_is_pi(waiter) && snapshot_find_thread(s, waiter->pi_owner) >= 0 &&
		    waiter_has_outside_wakers(s, waiter))
			raise_caveat(&w->caveats[waiter->thread], CAVEAT_PROCESSES);
	}
}

/* A caveat about one node is one about all that rest on it: it spreads as wakes do. */
static void find_caveats(struct work *w)
{
	unsigned char *ceilings = xcalloc(nr_nodes(w->s), sizeof(*ceilings));

	find_thread_caveats(w);
	find_waiter_caveats(w);
	memset(ceilings, NR_CAVEATS - 1, nr_nodes(w->s));
	model_propagate(w->m, PASS_PROOF, w->caveats, ceilings);
	free(ceilings);
}

/*
 * Who joins a thread waits for what that thread waits for.  The only sign of a low-level lock is a 2, which
 * does not count here if it is known that other code than the C library's waits for it.
 */
static bool waits_for_lock(const struct work *w, const struct waiter *waiter)
{
	const struct holder *h = waiter->thread < 0 ? NULL : model_holder(w->m, waiter->thread);

	return h && primitives[h->primitive].is_lock && !holder_is_joined(h) &&
	       (h->primitive != LOW_LEVEL_LOCK || waiter->by_libc || !waiter->caller_known);
}

static void find_waits(struct work *w)
{
	for (size_t i = 0; i < w->s->nr_waiters; i++) {
		const struct waiter *waiter = &w->s->waiters[i];

		if (waiter->mm < 0)
			continue;
		w->mm_waits_for_lock[waiter->mm] |= waits_for_lock(w, waiter);
		w->mm_waits_for_others[waiter->mm] |= !waiter_is_local(waiter);
	}
	for (size_t i = 0; i < w->s->nr_threads; i++) {
		int mm = w->s->threads[i].mm;

		if (mm >= 0 && model_state(w->m, i) == RUN_SLEEPS)
			w->mm_sleeps[mm] |= model_wakers(w->m, i)->kind != SLEEP_TIMER;
	}
}

static bool mm_can_run(const struct work *w, int mm)
{
	return model_can_run(w->m, PASS_PROOF, node_mm(w->s, mm));
}

static enum caveat waiter_caveat(const struct work *w, const struct waiter *waiter)
{
	unsigned char caveat = w->caveats[waiter->thread];

	raise_caveat(&caveat, w->caveats[node_mm(w->s, waiter->mm)]);
	if (mm_can_run(w, waiter->mm))
		raise_caveat(&caveat, CAVEAT_PI);
	if (!w->s->source->shows_queues)
		raise_caveat(&caveat, CAVEAT_NO_QUEUES);
	if (!w->before)
		raise_caveat(&caveat, CAVEAT_ONE_LOOK);
	return caveat;
}

/*
 * Verdicts
 */

static void judge(struct judgement *j, enum verdict verdict, enum reason reason)
{
	j->verdict = verdict;
	j->reason = reason;
	j->certainty = CERTAINTY_NONE;
}

/* A verdict that no thread can wake it, as certain as @caveat lets it be. */
static void judge_stuck(const struct work *w, struct judgement *j, enum verdict verdict,
			enum reason reason, enum caveat caveat)
{
	if (w->s->nr_errors) {
		judge(j, VERDICT_UNKNOWN, REASON_ERRORS);
		return;
	}
	judge(j, verdict, reason);
	j->caveat = caveat;
	j->certainty = caveats[caveat].certainty;
}

static enum reason cycle_reason(const struct chain *chain)
{
	if (!chain->cycle_size)
		return REASON_TO_CYCLE;
	return chain->cycle_size == 1 ? REASON_SELF : REASON_CYCLE;
}

/* The holder is there, and could release the lock: what the chain ends at, as far as it is known. */
static void judge_blocked(const struct work *w, struct judgement *j, const struct waiter *waiter)
{
	struct chain chain = follow_holders(w->m, waiter->thread);

	judge(j, VERDICT_BLOCKED, chain.end_thread == j->holder_thread ? REASON_HOLDER :
									 REASON_TO_HOLDER);
	j->end_thread = chain.end_thread;
	j->end_holder = model_holder(w->m, chain.end_thread)->id;
	j->cycle_size = chain.cycle_size;
	if (chain.end == END_CYCLE)
		j->reason = cycle_reason(&chain);
	else if (chain.end == END_GONE)
		j->reason = REASON_TO_GONE;
}

/* Judge by the end of the chain of holders.  Return: whether that decides anything. */
static bool judge_chain(const struct work *w, struct judgement *j, const struct waiter *waiter,
			enum caveat caveat)
{
	const struct chain *chain = &w->chains[waiter->thread];
	bool next = chain->end_thread == j->holder_thread;
	bool self = chain->end_thread == waiter->thread;

	j->end_thread = chain->end_thread;
	j->end_holder = model_holder(w->m, chain->end_thread)->id;
	j->cycle_size = chain->cycle_size;
	if (chain->end == END_CYCLE)
		judge_stuck(w, j, VERDICT_DEADLOCK, cycle_reason(chain), caveat);
	else if (chain->end == END_GONE)
		judge_stuck(w, j, VERDICT_ORPHANED, self ? REASON_GONE : REASON_TO_GONE, caveat);
	else if (chain->end == END_STOPPED)
		judge_stuck(w, j, VERDICT_STOPPED,
			    next ? REASON_HOLDER_STOPPED : REASON_TO_STOPPED, caveat);
	else if (chain->end == END_RUNNABLE && !self)
		judge_blocked(w, j, waiter);
	else
		return false;
	return true;
}

/* Whether the end of its chain of holders is known, and is not the waiter itself. */
static bool waits_for_another(const struct work *w, const struct waiter *waiter)
{
	const struct chain *chain = &w->chains[waiter->thread];

	return chain->end_thread != waiter->thread && chain->confirmed;
}

/* For a waiter that no thread can wake: what all those that could are doing. */
static enum reason group_reason(const struct work *w, const struct waiter *waiter)
{
	const struct mm_state *mm = model_mm(w->m, waiter->mm);

	if (waits_for_another(w, waiter))
		return REASON_TO_STUCK;
	if (waiter->key_type == KEY_SHARED_INODE)
		return REASON_ALL_SHARED;
	if (mm_can_run(w, waiter->mm))
		return REASON_STUCK;
	if (mm->nr_sleeping || mm->nr_stopped)
		return REASON_ALL_SLEEP;
	if (mm->nr_waiting > 1)
		return REASON_ALL_WAIT;
	return waiter_is_forked(w->s, waiter) ? REASON_FORK : REASON_ALONE;
}

/* The same for one that only stopped threads could wake. */
static enum reason stopped_reason(const struct work *w, const struct waiter *waiter)
{
	if (waits_for_another(w, waiter))
		return REASON_TO_STUCK;
	return model_mm(w->m, waiter->mm)->nr_stopped ? REASON_ALL_STOPPED : REASON_WAKERS_STOPPED;
}

/*
 * A daemon may wait for nothing but a signal that tells it what to do.  All its threads wait
 * for events then: a lock is not released by who waits for a signal.  The C library's thread for
 * timers stays when there are none any more.  A child that was left alone
 * in memory of its parent, which has ended, is none.
 */
static bool may_be_idle_daemon(const struct work *w, const struct process *p)
{
	const struct mm_state *mm = p->mm < 0 ? NULL : model_mm(w->m, p->mm);

	return mm && (p->execed == YES || p->ppid > 1 || !w->mm_waits_for_others[p->mm]) &&
	       process_takes_orders(p) && mm->tgid != PID_UNKNOWN &&
	       mm->nr_waiting && !mm->nr_stopped && !w->mm_sleeps[p->mm] &&
	       !w->mm_waits_for_lock[p->mm];
}

/*
 * What such a daemon may do when it is told to, others wait for: by a pipe, or in memory that they
 * share.
 */
static void find_idle(struct work *w)
{
	unsigned char *ceilings = xcalloc(nr_nodes(w->s), sizeof(*ceilings));

	memset(ceilings, true, nr_nodes(w->s));
	for (size_t i = 0; i < w->s->nr_processes; i++) {
		const struct process *p = &w->s->processes[i];

		if (!may_be_idle_daemon(w, p))
			continue;
		w->idle[node_process(w->s, i)] = true;
		w->idle[node_mm(w->s, p->mm)] = true;
	}
	model_propagate(w->m, PASS_PROOF, w->idle, ceilings);
	free(ceilings);
}

/* By the proof, no runnable thread wakes it. */
static void judge_proven(const struct work *w, struct judgement *j, const struct waiter *waiter)
{
	enum level level = model_level(w->m, PASS_PROOF, waiter->thread);
	enum caveat caveat = waiter_caveat(w, waiter);
	/* A stopped thread may be continued, and then wake anything. */
	enum caveat chain_caveat = level == LEVEL_STOPPED && caveat < CAVEAT_HOLDER ?
				   CAVEAT_HOLDER : caveat;

	if (level == LEVEL_CHANGED)
		judge(j, VERDICT_UNKNOWN, REASON_CHANGED);
	else if (w->chains[waiter->thread].confirmed && judge_chain(w, j, waiter, chain_caveat))
		return;
	else if (level == LEVEL_STOPPED)
		judge_stuck(w, j, VERDICT_STOPPED, stopped_reason(w, waiter), caveat);
	else if (w->idle[waiter->thread])
		judge(j, VERDICT_SIGNAL, REASON_OUTSIDE);
	else
		judge_stuck(w, j, VERDICT_NO_WAKER, group_reason(w, waiter), caveat);
}

/* Some thread may wake it, but none will if memory is what it looks like. */
static void judge_by_holder(const struct work *w, struct judgement *j,
			    const struct waiter *waiter)
{
	enum level level = model_level(w->m, PASS_HOLDERS, waiter->thread);
	enum caveat caveat = w->chains[waiter->thread].by_words ? CAVEAT_HOLDER : CAVEAT_EXIT;

	if (level == LEVEL_CHANGED)
		judge(j, VERDICT_UNKNOWN, REASON_CHANGED);
	else if (judge_chain(w, j, waiter, caveat))
		return;
	else if (level == LEVEL_STOPPED)
		judge_stuck(w, j, VERDICT_STOPPED, stopped_reason(w, waiter), caveat);
	else
		judge_stuck(w, j, VERDICT_NO_WAKER, group_reason(w, waiter), caveat);
}

/*
 * A child of fork(2) has copies of the locks that its parent's other threads had, and its main
 * thread is the one that called fork(2).  Python's locks count, though they serve as events, too.
 * At a copy of a barrier nobody else arrives: libgomp's.
 */
static bool may_be_copy(const struct snapshot *s, const struct waiter *w, enum primitive primitive)
{
	return waiter_is_forked(s, w) && waiter_is_local(w) && w->tid == w->tgid &&
	       (primitives[primitive].is_lock || primitive == SEM || primitive == PY_MUTEX ||
		primitive_is_barrier(primitive)) && primitive != PTHREAD_JOIN;
}

/*
 * Some thread could wake it, as far as is known.  If it waits for a lock, its holder is the
 * only one that should.
 */
static void judge_able(const struct work *w, struct judgement *j, const struct waiter *waiter,
		       enum reason reason)
{
	j->may_be_copy = j->holder_thread < 0 && may_be_copy(w->s, waiter, j->primitive);
	judge(j, primitives[j->primitive].is_lock ? VERDICT_BLOCKED : VERDICT_WAITING, reason);
	if (j->verdict == VERDICT_BLOCKED && j->holder_thread >= 0)
		judge_blocked(w, j, waiter);
}

/* Whether the first look shows the same thread in a wait for the same. */
static bool waited_before(const struct work *w, const struct waiter *waiter)
{
	const struct thread *t = &w->s->threads[waiter->thread];
	const unsigned int all = W_WAITS_ON | W_EXPECTED;
	const struct waiter *before;
	int old;

	if (!w->before || !(t->known & T_START))
		return false;
	old = snapshot_find_thread(w->before->s, t->tid);
	if (old < 0 || w->before->s->threads[old].start_ns != t->start_ns)
		return false;
	before = model_first_waiter(w->before, old);
	return before && (before->known & waiter->known & all) == all &&
	       before->waits_on == waiter->waits_on && before->expected == waiter->expected;
}

/* It wakes by itself.  But who finds a lock held waits again, and is blocked all the while. */
static void judge_timed(const struct work *w, struct judgement *j, const struct waiter *waiter)
{
	bool again = waited_before(w, waiter), ran = w->before_thread[waiter->thread] < 0;

	j->retries = again && ran;
	if (again && (ran || primitives[j->primitive].is_lock))
		judge_able(w, j, waiter, REASON_RETRIES);
	else
		judge(j, VERDICT_TIMED, REASON_TIMEOUT);
}

/* Nothing shows that its thread is blocked forever: why not. */
static void judge_runnable(const struct work *work, struct judgement *j, const struct waiter *w)
{
	const struct snapshot *s = work->s;
	uint64_t ns;

	if (w->call == CALL_IO_URING)
		judge(j, VERDICT_WAITING, REASON_REQUEST);
	else if (w->mm < 0 || w->thread < 0 || s->threads[w->thread].mm != w->mm)
		judge(j, VERDICT_UNKNOWN, REASON_NO_RECORD);
	else if (w->timeout > TIMEOUT_NONE)
		judge_timed(work, j, w);
	else if (w->stable == NO || s->threads[w->thread].state != STATE_SLEEPING)
		judge(j, VERDICT_UNKNOWN, REASON_UNSTABLE);
	else if (w->call == CALL_UNKNOWN || w->call == CALL_RESTART ||
		 w->timeout == TIMEOUT_UNKNOWN)
		judge(j, VERDICT_UNKNOWN, REASON_CALL);
	else if (w->key_type == KEY_UNKNOWN && primitives[j->primitive].is_lock)
		judge_able(work, j, w, REASON_KEY);
	else if (w->key_type == KEY_UNKNOWN)
		judge(j, VERDICT_UNKNOWN, REASON_KEY);
	else if (process_wakes_itself(process_of_waiter(s, w), &ns))
		judge_able(work, j, w, REASON_TIMER);
	else if (model_may_be_signalled(work->m, process_of_waiter(s, w)))
		judge_able(work, j, w, REASON_SIGNAL);
	else if (model_may_be_traced(work->m, w->thread))
		judge_able(work, j, w, REASON_TRACED);
	else if (waiter_is_pi(w))
		judge_able(work, j, w, REASON_PI_OWNER);
	else if (w->key_type == KEY_SHARED_INODE)
		judge_able(work, j, w, REASON_SHARED);
	else if (s->threads[w->thread].io_uring == YES)
		judge_able(work, j, w, REASON_IO_URING);
	else
		judge_able(work, j, w, REASON_OTHER_WORD);
}

/*
 * Lost wakes
 */

/*
 * Whether the word says that no thread need wait: the kernel compared it with a value
 * other than 0, and now it is 0.  Any other difference is ordinary where words count: the
 * next generation of a condition variable leaves the waiters of the last one queued, and
 * an event that was posted wakes only one of its waiters.  0 is where lock words, latches
 * and events say "free", and a value to which counters do not return.
 */
static bool word_was_freed(const struct waiter *w)
{
	return futex_ops[w->opcode].compares && word_is_known(w) && w->expected && !w->value &&
	       w->queued == QUEUED_YES;
}

/* The same in both looks, and no thread ran in between that could have woken it. */
static bool wake_was_lost(const struct work *w, const struct waiter *waiter)
{
	const struct waiter *before;

	if (!w->before || w->s->nr_errors || waiter->key_type == KEY_SHARED_INODE ||
	    w->mm_ran[waiter->mm])
		return false;
	before = model_first_waiter(w->before, w->before_thread[waiter->thread]);
	return before && word_was_freed(before) && before->waits_on == waiter->waits_on &&
	       before->expected == waiter->expected;
}

/* Some thread can wake it. */
static void judge_waiting(const struct work *w, struct judgement *j,
			  const struct waiter *waiter)
{
	if (word_was_freed(waiter) && model_holder(w->m, waiter->thread)->evidence == BY_NOTHING) {
		w->a->nr_suspects++;
		if (wake_was_lost(w, waiter)) {
			judge(j, VERDICT_LOST_WAKE, REASON_LOST);
			return;
		}
	}
	if (w->chains[waiter->thread].end == END_RUNNABLE &&
	    judge_chain(w, j, waiter, CAVEAT_NONE))
		return;
	if (model_state(w->m, waiter->thread) == RUN_POSSIBLE)
		judge_runnable(w, j, waiter);
	else
		judge_able(w, j, waiter, model_mm(w->m, waiter->mm)->nr_runnable ? REASON_CAN_RUN :
										   REASON_UNSEEN);
}

static void judge_stopped(const struct work *w, struct judgement *j, const struct waiter *waiter)
{
	int t = waiter->thread;
	bool stuck = model_level(w->m, PASS_PROOF, t) == LEVEL_STUCK && waiter->mm >= 0;

	if (stuck && w->before && w->before_thread[t] < 0)
		judge(j, VERDICT_UNKNOWN, REASON_CHANGED);
	else if (stuck)
		judge_stuck(w, j, VERDICT_NO_WAKER, REASON_TRACER, waiter_caveat(w, waiter));
	else
		judge(j, VERDICT_STOPPED, thread_is_frozen(&w->s->threads[t]) ?
					  REASON_SELF_FROZEN : REASON_SELF_STOPPED);
}

static void name_holder(const struct work *w, struct judgement *j, const struct waiter *waiter)
{
	const struct holder *h = waiter->thread < 0 ? NULL : model_holder(w->m, waiter->thread);

	j->holder = j->end_holder = PID_UNKNOWN;
	j->holder_thread = j->end_thread = j->runnable = -1;
	if (waiter->mm >= 0)
		j->runnable = model_mm(w->m, waiter->mm)->runnable;
	if (!h)
		return;
	j->primitive = h->primitive;
	/* An id in memory names no holder if it may be this thread's, or is of no thread. */
	if (h->evidence == BY_WORDS && (h->id == PID_UNKNOWN || (h->thread < 0 && !h->gone)))
		return;
	j->holder = h->id;
	j->holder_thread = h->thread;
}

static void judge_waiter(const struct work *w, struct judgement *j, const struct waiter *waiter)
{
	int t = waiter->thread;
	enum run_state own = t < 0 || waiter->call == CALL_IO_URING ? RUN_POSSIBLE :
								   model_own_state(w->m, t);

	name_holder(w, j, waiter);
	if (own == RUN_STOPPED)
		judge_stopped(w, j, waiter);
	else if (own != RUN_WAITS)
		judge_runnable(w, j, waiter);
	else if (!model_can_run(w->m, PASS_PROOF, t))
		judge_proven(w, j, waiter);
	else if (!model_can_run(w->m, PASS_HOLDERS, t))
		judge_by_holder(w, j, waiter);
	else
		judge_waiting(w, j, waiter);
}

static void start_work(struct work *w, struct analysis *a, const struct model *before)
{
	const struct snapshot *s = a->s;

	*w = (struct work){
		.a = a,
		.m = &a->model,
		.s = s,
		.confirmed = xcalloc(s->nr_threads, sizeof(*w->confirmed)),
		.caveats = xcalloc(nr_nodes(s), sizeof(*w->caveats)),
		.mm_ran = xcalloc(s->nr_mms, sizeof(*w->mm_ran)),
		.mm_waits_for_lock = xcalloc(s->nr_mms, sizeof(*w->mm_waits_for_lock)),
		.mm_waits_for_others = xcalloc(s->nr_mms, sizeof(*w->mm_waits_for_others)),
		.mm_sleeps = xcalloc(s->nr_mms, sizeof(*w->mm_sleeps)),
		.idle = xcalloc(nr_nodes(s), sizeof(*w->idle)),
		.before = before,
		.before_thread = xcalloc(s->nr_threads, sizeof(*w->before_thread)),
	};
	memset(w->confirmed, true, s->nr_threads * sizeof(*w->confirmed));
	for (int pass = 0; pass < NR_PASSES; pass++)
		w->changed[pass] = xcalloc(nr_nodes(s), sizeof(*w->changed[pass]));
}

static void end_work(struct work *w)
{
	free(w->chains);
	free(w->confirmed);
	free(w->caveats);
	free(w->mm_ran);
	free(w->mm_waits_for_lock);
	free(w->mm_waits_for_others);
	free(w->mm_sleeps);
	free(w->idle);
	free(w->before_thread);
	for (int pass = 0; pass < NR_PASSES; pass++)
		free(w->changed[pass]);
}

/* What the order of the waiters depends on. */
struct rank {
	uint64_t asleep_ns;	/* 0: not known */
	size_t nr_behind;
	size_t waiter;
	bool in_cycle;
	bool may_be_copy;
	enum verdict verdict;
	enum certainty certainty;
	pid_t tid;
};

/*
 * Longest first, then how many hang behind it.  Of the blocked whole seconds count: a hang spreads
 * within milliseconds, and not always from the one that went to sleep first.
 */
static int compare_sleeps(const struct rank *a, const struct rank *b)
{
	bool alike = a->verdict == VERDICT_BLOCKED &&
		     a->asleep_ns / NSEC_PER_SEC == b->asleep_ns / NSEC_PER_SEC;

	if (!alike && a->asleep_ns != b->asleep_ns)
		return a->asleep_ns > b->asleep_ns ? -1 : 1;
	if (a->nr_behind != b->nr_behind)
		return a->nr_behind > b->nr_behind ? -1 : 1;
	return a->asleep_ns > b->asleep_ns ? -1 : a->asleep_ns < b->asleep_ns;
}

/*
 * Worst first: verdict, certainty, those of a cycle before those that wait for it, those that
 * fork may have left without a holder, time asleep, how many hang behind it; then by id.
 */
static int compare_ranks(const void *x, const void *y)
{
	const struct rank *a = x, *b = y;
	int sleeps;

	if (a->verdict != b->verdict)
		return a->verdict < b->verdict ? -1 : 1;
	if (a->certainty != b->certainty)
		return a->certainty < b->certainty ? -1 : 1;
	if (a->in_cycle != b->in_cycle)
		return a->in_cycle ? -1 : 1;
	if (a->may_be_copy != b->may_be_copy)
		return a->may_be_copy ? -1 : 1;
	sleeps = compare_sleeps(a, b);
	if (sleeps)
		return sleeps;
	if (a->tid != b->tid)
		return a->tid < b->tid ? -1 : 1;
	return a->waiter < b->waiter ? -1 : a->waiter > b->waiter;
}

/* The order in which to show the waiters.  Return: their indices, to be freed. */
static size_t *rank_waiters(const struct analysis *a)
{
	size_t nr = a->s->nr_waiters;
	size_t *order = xcalloc(nr, sizeof(*order));
	struct rank *ranks = xcalloc(nr, sizeof(*ranks));

	for (size_t i = 0; i < nr; i++) {
		const struct waiter *w = &a->s->waiters[i];

		ranks[i] = (struct rank){
			.asleep_ns = w->known & W_ASLEEP ? w->asleep_ns : 0, .waiter = i,
			.nr_behind = a->contention[i].nr_behind,
			.in_cycle = a->judgements[i].cycle_size,
			.may_be_copy = a->judgements[i].may_be_copy,
			.verdict = a->judgements[i].verdict,
			.certainty = a->judgements[i].certainty, .tid = w->tid,
		};
	}
	qsort(ranks, nr, sizeof(*ranks), compare_ranks);
	for (size_t i = 0; i < nr; i++)
		order[i] = ranks[i].waiter;
	free(ranks);
	return order;
}

/**
 * analyze() - judge the waiters of a snapshot
 * @a: receives the analysis, which refers to @now; to be given to analysis_free() before
 *	@now is freed
 * @now: the snapshot, indexed
 * @before: the analysis of an earlier snapshot of the same host and source, or NULL; it is
 *	not needed after the call
 *
 * The rules are those of Documentation/waker-model.rst.
 */
void analyze(struct analysis *a, const struct snapshot *now, const struct analysis *before)
{
	struct work w;

	*a = (struct analysis){ .s = now, .two_looks = before };
	a->judgements = xcalloc(now->nr_waiters, sizeof(*a->judgements));
	model_build(&a->model, now);
	start_work(&w, a, before ? &before->model : NULL);
	if (before)
		compare_looks(&w);
	model_solve(&a->model, w.changed);
	a->contention = find_contention(&a->model);
	find_caveats(&w);
	find_waits(&w);
	find_idle(&w);
	w.chains = find_chains(&a->model, w.confirmed);
	for (size_t i = 0; i < now->nr_waiters; i++) {
		judge_waiter(&w, &a->judgements[i], &now->waiters[i]);
		a->nr_verdicts[a->judgements[i].verdict]++;
	}
	end_work(&w);
	a->order = rank_waiters(a);
}

/**
 * analysis_free() - free the memory of an analysis
 * @a: the analysis; its snapshot stays
 */
void analysis_free(struct analysis *a)
{
	model_free(&a->model);
	free(a->judgements);
	free(a->contention);
	free(a->order);
}

/**
 * analysis_wants_second_look() - whether a second snapshot would show more
 * @a: the analysis of the first one
 *
 * It confirms or refutes that a waiter cannot be woken, or that its wake was lost.  If no
 * verdict says so, there is nothing to confirm.
 */
bool analysis_wants_second_look(const struct analysis *a)
{
	for (enum verdict v = 0; v < NR_VERDICTS; v++) {
		if (a->nr_verdicts[v] && verdicts[v].wants_second_look)
			return true;
	}
	return a->nr_suspects;
}

/**
 * analysis_find_waiter() - find what a thread waits on
 * @a: the analysis
 * @tid: the thread
 *
 * Return: index of its first waiter record, or -1 if it does not wait.
 */
ssize_t analysis_find_waiter(const struct analysis *a, pid_t tid)
{
	for (size_t i = 0; i < a->s->nr_waiters; i++) {
		if (a->s->waiters[i].tid == tid)
			return i;
	}
	return -1;
}

static bool maps_word(const struct snapshot *s, const struct shared *shared, int mm)
{
	for (size_t i = 0; i < shared->nr_maps; i++) {
		if (s->maps[shared->first_map + i] == mm)
			return true;
	}
	return false;
}

/**
 * analysis_list_mappers() - the threads of other processes that map a waiter's word
 * @a: the analysis
 * @w: the waiter
 * @threads: receives their indices: first those that wait on no futex
 * @max: how many there is room for
 *
 * Return: how many.
 */
size_t analysis_list_mappers(const struct analysis *a, const struct waiter *w, int *threads,
			     size_t max)
{
	const struct snapshot *s = a->s;
	size_t nr = 0;

	for (int waits = 0; waits < 2 && w->shared >= 0; waits++) {
		for (size_t i = 0; i < s->nr_threads && nr < max; i++) {
			const struct thread *t = &s->threads[i];

			if (t->mm >= 0 && t->mm != w->mm && thread_is_alive(t) &&
			    (model_first_wait(&a->model, i) >= 0) == waits &&
			    maps_word(s, &s->shared[w->shared], t->mm))
				threads[nr++] = i;
		}
	}
	return nr;
}

/**
 * analysis_list_unblocked() - the threads of an mm that wait on no futex
 * @a: the analysis
 * @mm: index of the mm
 * @threads: receives their indices
 * @max: how many there is room for
 *
 * Return: how many.
 */
size_t analysis_list_unblocked(const struct analysis *a, int mm, int *threads, size_t max)
{
	size_t nr = 0;

	for (size_t i = 0; i < a->s->nr_threads && nr < max; i++) {
		if (a->s->threads[i].mm == mm && model_first_wait(&a->model, i) < 0)
			threads[nr++] = i;
	}
	return nr;
}

struct named {
	bool *seen;
	int *threads;
	size_t nr;
	size_t max;
};

static void add_named(struct named *n, const struct model *m, int thread)
{
	if (thread < 0 || model_first_wait(m, thread) >= 0 || n->seen[thread] || n->nr == n->max)
		return;
	n->seen[thread] = true;
	n->threads[n->nr++] = thread;
}

/**
 * analysis_list_named() - the threads that verdicts speak of, but that wait on no futex
 * @a: the analysis
 * @threads: receives their indices: those of the worst verdicts first
 * @max: how many there is room for
 *
 * Return: how many.
 */
size_t analysis_list_named(const struct analysis *a, int *threads, size_t max)
{
	struct named n = {
		.seen = xcalloc(a->s->nr_threads, sizeof(*n.seen)), .threads = threads, .max = max,
	};

	for (size_t i = 0; i < a->s->nr_waiters && n.nr < max; i++) {
		const struct judgement *j = &a->judgements[a->order[i]];
		const struct waiter *w = &a->s->waiters[a->order[i]];
		int mm = w->mm;

		add_named(&n, &a->model, j->end_thread);
		if (mm < 0 || (j->end_thread >= 0 && j->end_thread != w->thread))
			continue;
		if (w->shared >= 0)
			add_named(&n, &a->model,
				  model_find_mapper(&a->model, &a->s->shared[w->shared]));
		for (size_t k = 0; k < model_mm(&a->model, mm)->nr_others && k < MAX_OTHERS; k++)
			add_named(&n, &a->model, model_mm(&a->model, mm)->others[k]);
	}
	free(n.seen);
	return n.nr;
}

/**
 * analysis_find_worst() - find the worst waiter of a process
 * @a: the analysis
 * @tgid: the process, or 0: any
 * @name: of the process or of the thread, escaped, or NULL: any
 *
 * Return: the index of its waiter record, or -1 if there is none.
 */
ssize_t analysis_find_worst(const struct analysis *a, pid_t tgid, const char *name)
{
	ssize_t found = -1;

	for (size_t i = 0; i < a->s->nr_waiters && found < 0; i++) {
		const struct waiter *w = &a->s->waiters[a->order[i]];

		if ((!tgid || w->tgid == tgid) && (!name || waiter_is_named(a->s, w, name)))
			found = a->order[i];
	}
	return found < 0 ? -1 : analysis_find_waiter(a, a->s->waiters[found].tid);
}
