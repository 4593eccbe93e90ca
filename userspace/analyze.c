// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who can still be woken.
 *
 * A futex whose key is private (or "shared-mm", the same without the flag) is
 * only woken by threads of its address space.  So:
 *
 * 1. A thread can run unless it is known not to: it waits, without a timeout,
 *    on futexes of its own address space only, or it is stopped, or dead.
 *    Everything that is not known counts as able.
 * 2. An address space with all its threads known, none of which can run, stays
 *    as it is: its waiters are stuck.  As no thread reaches beyond its own
 *    address space here, one round over the threads is the fixpoint.
 * 3. Where the lock's words name a holder, only that thread wakes the waiter.
 *    Each thread waits for one holder at most, so chains of them are followed
 *    to their end once, and the end holds for all on the way: a cycle, a holder
 *    that is not there, or a thread that can run.
 *
 * 2 is a proof if all of it was true at one moment.  That takes two looks
 * between which no thread of the address space ran.  3 rests on a guess about
 * memory, so it is never more than likely.
 *
 * Nothing here does I/O, and all of it is linear, but for the ranking.
 */
#include <stdlib.h>
#include <string.h>

#include "analyze.h"

/*
 * Signals 32 and 33, which the C libraries keep for themselves: their handlers
 * wake nobody, and glibc has one in every process that ever had a thread.
 */
#define LIBC_SIGNALS	(3ULL << 31)

/* Where a chain of holders ends. */
enum chain_end {
	END_UNKNOWN,		/* at a thread that waits for nobody known */
	END_CYCLE,
	END_GONE,		/* at a holder that is not in the address space */
	END_ABLE,
	END_STOPPED,
};

struct link {
	enum { NEW, ON_PATH, DONE } mark;
	enum chain_end end;
	bool in_cycle;
	bool confirmed;		/* the first look shows the same from here to the end */
	int holder_thread;	/* whom it waits for, or -1 */
	pid_t holder;		/* the same as the lock word has it, or PID_UNKNOWN */
	const char *lock;
	int end_thread;
	size_t cycle_size;
};

/* What the analysis needs only while it works. */
struct work {
	struct analysis *a;
	const struct snapshot *s;
	struct link *links;	/* one for each thread */
	enum limit *limits;	/* one for each mm */
	bool *moved;		/* one for each mm: not as in the first look */
	const struct analysis *before;
	int *before_thread;	/* the same thread there if it has not run, or -1 */
	int *path;		/* as long as there are threads */
};

static bool key_is_local(const struct waiter *w)
{
	return w->key_type == KEY_PRIVATE || w->key_type == KEY_SHARED_MM;
}

/*
 * A PI lock is also released by the kernel when its owner exits (exit_pi_state_list()),
 * and the owner is whoever's id the word holds: in a child of fork() that may be a
 * thread of the parent.
 */
static bool pi_owner_is_elsewhere(const struct snapshot *s, const struct waiter *w)
{
	bool pi = w->op && (!strncmp(w->op, "FUTEX_LOCK_PI", 13) ||
			    (!strcmp(w->op, "FUTEX_WAIT_REQUEUE_PI") && w->pi_owner != PID_NONE));
	int owner = snapshot_find_thread(s, w->pi_owner);

	return pi && (owner < 0 || s->threads[owner].mm != w->mm);
}

/* A wait that nothing ends but a wake from its own address space. */
static bool wait_is_final(const struct snapshot *s, const struct waiter *w)
{
	bool waits = w->call == CALL_FUTEX || w->call == CALL_FUTEX_WAITV ||
		     w->call == CALL_FUTEX_WAIT;

	return waits && w->timeout == TIMEOUT_NONE && key_is_local(w) && w->stable != NO &&
	       !pi_owner_is_elsewhere(s, w) &&
	       w->mm >= 0 && w->thread >= 0 && s->threads[w->thread].mm == w->mm;
}

/*
 * Who can run
 */

static bool is_frozen(const struct thread *t)
{
	return t->frozen && strcmp(t->frozen, "no");
}

static enum ability thread_ability(const struct thread *t, bool waits)
{
	if (is_frozen(t))
		return STOPPED;
	switch (t->state) {
	case 'T':
	case 't':
		return STOPPED;
	case 'X':
	case 'Z':
		return DEAD;
	case 'S':
		/* The end of an io_uring request makes it run, and may do anything. */
		return waits && t->io_uring != YES ? WAITING : ABLE;
	default:
		return ABLE;
	}
}

/* A thread in futex_waitv() waits for good only if each of its words does. */
static void find_abilities(struct analysis *a)
{
	const struct snapshot *s = a->s;
	bool *final = xcalloc(s->nr_threads, sizeof(*final));

	for (size_t i = 0; i < s->nr_threads; i++) {
		a->first_waiter[i] = -1;
		final[i] = true;
	}
	for (size_t i = 0; i < s->nr_waiters; i++) {
		int t = s->waiters[i].thread;

		if (t < 0)
			continue;
		/* A request does not block its thread; when it ends, it may interrupt it. */
		if (a->first_waiter[t] < 0 && s->waiters[i].call != CALL_IO_URING)
			a->first_waiter[t] = i;
		final[t] &= wait_is_final(s, &s->waiters[i]);
	}
	for (size_t i = 0; i < s->nr_threads; i++)
		a->abilities[i] = thread_ability(&s->threads[i],
						 final[i] && a->first_waiter[i] >= 0);
	free(final);
}

static void find_mm_states(struct analysis *a)
{
	const struct snapshot *s = a->s;

	for (size_t i = 0; i < s->nr_mms; i++) {
		const struct mm *mm = &s->mms[i];

		a->mms[i].runner = -1;
		a->mms[i].complete = mm->known & M_LIVE && mm->known & M_HIDDEN &&
				     !mm->hidden && mm->live == mm->nr_threads &&
				     mm->live_threads && mm->live == mm->nr_ranges;
	}
	for (size_t i = 0; i < s->nr_threads; i++) {
		struct mm_state *m;

		if (s->threads[i].mm < 0)
			continue;
		m = &a->mms[s->threads[i].mm];
		m->nr_waiting += a->abilities[i] == WAITING;
		m->nr_stopped += a->abilities[i] == STOPPED;
		if (a->abilities[i] == ABLE) {
			m->nr_able++;
			m->runner = i;
		}
	}
}

static void survey(struct analysis *a, const struct snapshot *s)
{
	memset(a, 0, sizeof(*a));
	a->s = s;
	a->judgements = xcalloc(s->nr_waiters, sizeof(*a->judgements));
	a->abilities = xcalloc(s->nr_threads, sizeof(*a->abilities));
	a->first_waiter = xcalloc(s->nr_threads, sizeof(*a->first_waiter));
	a->mms = xcalloc(s->nr_mms, sizeof(*a->mms));
	find_abilities(a);
	find_mm_states(a);
}

static bool mm_can_run(const struct analysis *a, int mm)
{
	return !a->mms[mm].complete || a->mms[mm].nr_able;
}

/*
 * What the two looks have in common
 */

static bool thread_has_not_run(const struct thread *now, const struct thread *before)
{
	const unsigned int all = T_NVCSW | T_NIVCSW | T_START;

	return now->known & before->known & all && (now->known & all) == all &&
	       (before->known & all) == all && now->nvcsw == before->nvcsw &&
	       now->nivcsw == before->nivcsw && now->start_ns == before->start_ns &&
	       now->state == before->state && now->tgid == before->tgid;
}

/* An mm's id is another one in each look: it is known by its threads. */
static void compare_looks(struct work *w)
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
		if (w->before_thread[i] < 0 || before->threads[old].mm < 0)
			w->moved[t->mm] = true;
		else if (before_mm[t->mm] < 0)
			before_mm[t->mm] = before->threads[old].mm;
		else if (before_mm[t->mm] != before->threads[old].mm)
			w->moved[t->mm] = true;
	}
	for (size_t i = 0; i < now->nr_mms; i++) {
		int old = before_mm[i];

		if (old < 0 || mm_can_run(w->before, old) ||
		    before->mms[old].nr_threads != now->mms[i].nr_threads)
			w->moved[i] = true;
	}
	free(before_mm);
}

static void raise_limit(enum limit *limit, enum limit to)
{
	if (*limit < to)
		*limit = to;
}

/*
 * A stop, a freezer or a signal that nobody handles makes the call start again,
 * and then it looks at the word again.
 */
static bool would_wait_again(const struct waiter *w)
{
	const unsigned int both = W_EXPECTED | W_VALUE;

	return (w->known & both) == both && w->expected == w->value;
}

/* Why "nobody in this address space can run" may not be for certain. */
static void find_limits(struct work *w)
{
	const struct snapshot *s = w->s;
	pid_t *tgids = xcalloc(s->nr_mms, sizeof(*tgids));

	for (size_t i = 0; i < s->nr_threads; i++) {
		const struct thread *t = &s->threads[i];
		const struct process *p = t->process < 0 ? NULL : &s->processes[t->process];

		if (t->mm < 0)
			continue;
		if (!p || !p->caught_known || p->caught & ~LIBC_SIGNALS)
			raise_limit(&w->limits[t->mm], LIMIT_HANDLERS);
		if (tgids[t->mm] && tgids[t->mm] != t->tgid)
			raise_limit(&w->limits[t->mm], LIMIT_PROCESSES);
		if (t->tracer != PID_NONE)
			raise_limit(&w->limits[t->mm], LIMIT_TRACED);
		tgids[t->mm] = t->tgid;
	}
	for (size_t i = 0; i < s->nr_waiters; i++) {
		if (s->waiters[i].mm >= 0 && !would_wait_again(&s->waiters[i]))
			raise_limit(&w->limits[s->waiters[i].mm], LIMIT_VALUE);
	}
	for (size_t i = 0; i < s->nr_mms; i++) {
		if (s->source == SOURCE_PROC)
			raise_limit(&w->limits[i], LIMIT_PROC);
		if (!w->before)
			raise_limit(&w->limits[i], LIMIT_ONE_LOOK);
	}
	free(tgids);
}

/*
 * Holders and chains of them
 */

static void find_holder(struct work *w, size_t t)
{
	const struct snapshot *s = w->s;
	struct link *l = &w->links[t];
	int i = w->a->first_waiter[t];
	struct lock lock;

	l->holder = PID_UNKNOWN;
	l->holder_thread = -1;
	/* One that waits on several words waits for no one holder. */
	if (i < 0 || s->waiters[i].call == CALL_FUTEX_WAITV ||
	    s->waiters[i].mm < 0 || !decode_lock(&s->waiters[i], &lock))
		return;
	l->lock = lock.name;
	l->holder = lock.owner;
	l->holder_thread = snapshot_find_owner(s, s->waiters[i].mm, lock.owner);
	if (l->holder_thread >= 0 && w->a->abilities[l->holder_thread] == DEAD)
		l->holder_thread = -1;
}

/* Whether the first look shows this thread in the same wait for the same holder. */
static bool holder_confirmed(const struct work *w, size_t t)
{
	const struct waiter *now, *before;
	struct lock lock;
	int old;

	if (!w->before)
		return true;
	old = w->before_thread[t];
	if (old < 0 || w->before->first_waiter[old] < 0)
		return false;
	now = &w->s->waiters[w->a->first_waiter[t]];
	before = &w->before->s->waiters[w->before->first_waiter[old]];
	return before->known & now->known & W_WAITS_ON && before->waits_on == now->waits_on &&
	       decode_lock(before, &lock) && lock.owner == w->links[t].holder;
}

/* The end of the chain at @t itself, unless it goes on to another thread. */
static bool chain_ends(const struct work *w, int t)
{
	struct link *l = &w->links[t];

	l->end_thread = t;
	l->confirmed = true;
	if (w->a->abilities[t] == STOPPED) {
		l->end = END_STOPPED;
	} else if (w->a->abilities[t] != WAITING) {
		l->end = END_ABLE;
	} else if (l->holder == PID_UNKNOWN) {
		l->end = END_UNKNOWN;
	} else if (l->holder_thread < 0 && w->a->mms[w->s->threads[t].mm].complete) {
		l->end = END_GONE;
		l->confirmed = holder_confirmed(w, t);
	} else if (l->holder_thread < 0) {
		l->end = END_UNKNOWN;
	} else {
		return false;
	}
	return true;
}

/* Go round the cycle that @t is in. */
static void close_cycle(struct work *w, int t)
{
	bool confirmed = true;
	size_t size = 0;
	int i = t;

	do {
		size++;
		confirmed &= holder_confirmed(w, i);
		i = w->links[i].holder_thread;
	} while (i != t);
	do {
		struct link *l = &w->links[i];

		l->mark = DONE;
		l->end = END_CYCLE;
		l->in_cycle = true;
		l->end_thread = i;
		l->confirmed = confirmed;
		l->cycle_size = size;
		i = l->holder_thread;
	} while (i != t);
}

/* Follow the holders from @t until something known, and tell all on the way. */
static void follow_chain(struct work *w, int t)
{
	struct link *links = w->links;
	size_t n = 0;

	while (links[t].mark == NEW) {
		if (chain_ends(w, t)) {
			links[t].mark = DONE;
			break;
		}
		links[t].mark = ON_PATH;
		w->path[n++] = t;
		t = links[t].holder_thread;
	}
	if (links[t].mark == ON_PATH)
		close_cycle(w, t);
	while (n--) {
		struct link *l = &links[w->path[n]];

		if (l->mark == DONE)
			continue;	/* in the cycle */
		l->mark = DONE;
		l->end = links[l->holder_thread].end;
		l->end_thread = links[l->holder_thread].end_thread;
		l->confirmed = links[l->holder_thread].confirmed &&
			       holder_confirmed(w, w->path[n]);
	}
}

static void find_chains(struct work *w)
{
	for (size_t t = 0; t < w->s->nr_threads; t++)
		find_holder(w, t);
	for (size_t t = 0; t < w->s->nr_threads; t++)
		follow_chain(w, t);
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

static enum certainty limit_certainty(enum limit limit)
{
	switch (limit) {
	case LIMIT_NONE:
		return CERTAINTY_CERTAIN;
	case LIMIT_HANDLERS:
	case LIMIT_VALUE:
	case LIMIT_PROCESSES:
		return CERTAINTY_BARRING_SIGNALS;
	default:
		return CERTAINTY_LIKELY;
	}
}

/* A verdict that says that nobody can wake it, as sure as @limit lets it be. */
static void judge_stuck(const struct work *w, struct judgement *j, enum verdict verdict,
			enum reason reason, enum limit limit)
{
	if (w->s->nr_errors) {
		judge(j, VERDICT_UNKNOWN, REASON_ERRORS);
		return;
	}
	judge(j, verdict, reason);
	j->limit = limit;
	j->certainty = limit_certainty(limit);
}

/* By the end of the chain of holders.  Return: whether that tells anything. */
static bool judge_chain(const struct work *w, struct judgement *j, int t, enum limit limit)
{
	const struct link *l = &w->links[t];
	bool self = l->in_cycle && l->holder_thread == t;
	bool here = l->end_thread == t, next = l->end_thread == l->holder_thread;

	j->end_thread = l->end_thread;
	j->end_holder = w->links[l->end_thread].holder;
	j->cycle_size = l->cycle_size;
	if (l->end == END_CYCLE)
		judge_stuck(w, j, VERDICT_DEADLOCK, self ? REASON_SELF :
			    l->in_cycle ? REASON_CYCLE : REASON_TO_CYCLE, limit);
	else if (l->end == END_GONE)
		judge_stuck(w, j, VERDICT_ORPHANED, here ? REASON_GONE : REASON_TO_GONE, limit);
	else if (l->end == END_STOPPED)
		judge_stuck(w, j, VERDICT_STOPPED,
			    next ? REASON_HOLDER_STOPPED : REASON_TO_STOPPED, limit);
	else if (l->end == END_ABLE)
		judge(j, VERDICT_WAITING, next ? REASON_HOLDER : REASON_TO_HOLDER);
	else
		return false;
	return true;
}

static bool forked_without_exec(const struct snapshot *s, const struct waiter *w)
{
	return w->process >= 0 && s->processes[w->process].execed == NO;
}

/* In an address space where nobody can run. */
static void judge_in_stuck_mm(const struct work *w, struct judgement *j,
			      const struct waiter *waiter)
{
	const struct mm_state *m = &w->a->mms[waiter->mm];
	enum limit limit = w->limits[waiter->mm], chain_limit = limit;

	/* A stopped thread may be continued, and then wake whom it likes. */
	if (m->nr_stopped)
		raise_limit(&chain_limit, LIMIT_HOLDER);
	if (w->before && w->moved[waiter->mm])
		judge(j, VERDICT_UNKNOWN, REASON_MOVED);
	else if (w->links[waiter->thread].confirmed &&
		 judge_chain(w, j, waiter->thread, chain_limit))
		return;
	else if (m->nr_stopped)
		judge_stuck(w, j, VERDICT_STOPPED, REASON_ALL_STOPPED, limit);
	else if (m->nr_waiting > 1)
		judge_stuck(w, j, VERDICT_NO_WAKER, REASON_ALL_WAIT, limit);
	else
		judge_stuck(w, j, VERDICT_NO_WAKER,
			    forked_without_exec(w->s, waiter) ? REASON_FORK : REASON_ALONE,
			    limit);
}

/* In an address space where somebody can run. */
static void judge_by_holder(const struct work *w, struct judgement *j,
			    const struct waiter *waiter)
{
	if (!judge_chain(w, j, waiter->thread, LIMIT_HOLDER))
		judge(j, VERDICT_WAITING, w->a->mms[waiter->mm].nr_able ? REASON_CAN_RUN :
									 REASON_UNSEEN);
	else if (verdict_is_stuck(j->verdict) && !w->links[waiter->thread].confirmed)
		judge(j, VERDICT_UNKNOWN, REASON_MOVED);
}

/* One whose thread is able for all that is known: why. */
static void judge_able(struct judgement *j, const struct snapshot *s, const struct waiter *w)
{
	if (w->call == CALL_IO_URING)
		judge(j, VERDICT_WAITING, REASON_REQUEST);
	else if (w->mm < 0 || w->thread < 0 || s->threads[w->thread].mm != w->mm)
		judge(j, VERDICT_UNKNOWN, REASON_NO_RECORD);
	else if (w->timeout > TIMEOUT_NONE)
		judge(j, VERDICT_TIMED, REASON_TIMEOUT);
	else if (w->stable == NO || s->threads[w->thread].state != 'S')
		judge(j, VERDICT_UNKNOWN, REASON_UNSTABLE);
	else if (w->call == CALL_UNKNOWN || w->call == CALL_RESTART ||
		 w->timeout == TIMEOUT_UNKNOWN)
		judge(j, VERDICT_UNKNOWN, REASON_CALL);
	else if (w->key_type == KEY_UNKNOWN)
		judge(j, VERDICT_UNKNOWN, REASON_KEY);
	else if (w->key_type == KEY_SHARED_INODE)
		judge(j, VERDICT_WAITING, REASON_SHARED);
	else if (pi_owner_is_elsewhere(s, w))
		judge(j, VERDICT_WAITING, REASON_PI_OWNER);
	else if (s->threads[w->thread].io_uring == YES)
		judge(j, VERDICT_WAITING, REASON_IO_URING);
	else
		judge(j, VERDICT_WAITING, REASON_OTHER_WORD);
}

static void judge_waiter(const struct work *w, struct judgement *j, const struct waiter *waiter)
{
	const struct analysis *a = w->a;
	enum ability ability = waiter->thread < 0 ? ABLE : a->abilities[waiter->thread];

	j->holder = j->end_holder = PID_UNKNOWN;
	j->holder_thread = j->end_thread = j->runner = -1;
	if (waiter->mm >= 0)
		j->runner = a->mms[waiter->mm].runner;
	if (waiter->thread >= 0) {
		j->lock = w->links[waiter->thread].lock;
		j->holder = w->links[waiter->thread].holder;
		j->holder_thread = w->links[waiter->thread].holder_thread;
	}
	if (ability == STOPPED && waiter->call != CALL_IO_URING)
		judge(j, VERDICT_STOPPED, is_frozen(&w->s->threads[waiter->thread]) ?
					  REASON_SELF_FROZEN : REASON_SELF_STOPPED);
	else if (ability != WAITING || waiter->call == CALL_IO_URING)
		judge_able(j, w->s, waiter);
	else if (!mm_can_run(a, waiter->mm))
		judge_in_stuck_mm(w, j, waiter);
	else
		judge_by_holder(w, j, waiter);
}

/**
 * analyze() - judge the waiters of a snapshot
 * @a: receives the analysis, which refers to @now; to be given to
 *	analysis_free() before @now goes
 * @now: the snapshot, indexed
 * @before: an earlier snapshot of the same host and source, or NULL; it is not
 *	needed after the call
 *
 * The rules are design section 5's; see the top of this file for which.
 */
void analyze(struct analysis *a, const struct snapshot *now, const struct snapshot *before)
{
	struct analysis first = { 0 };
	struct work w = {
		.a = a,
		.s = now,
		.links = xcalloc(now->nr_threads, sizeof(*w.links)),
		.limits = xcalloc(now->nr_mms, sizeof(*w.limits)),
		.moved = xcalloc(now->nr_mms, sizeof(*w.moved)),
		.before_thread = xcalloc(now->nr_threads, sizeof(*w.before_thread)),
		.path = xcalloc(now->nr_threads, sizeof(*w.path)),
	};

	survey(a, now);
	if (before) {
		survey(&first, before);
		w.before = &first;
		a->two_looks = true;
		compare_looks(&w);
	}
	find_limits(&w);
	find_chains(&w);
	for (size_t i = 0; i < now->nr_waiters; i++) {
		judge_waiter(&w, &a->judgements[i], &now->waiters[i]);
		a->nr_verdicts[a->judgements[i].verdict]++;
	}
	analysis_free(&first);
	free(w.links);
	free(w.limits);
	free(w.moved);
	free(w.before_thread);
	free(w.path);
}

/**
 * analysis_free() - give back the memory of an analysis
 * @a: the analysis; its snapshots stay
 */
void analysis_free(struct analysis *a)
{
	free(a->judgements);
	free(a->abilities);
	free(a->first_waiter);
	free(a->mms);
}

/**
 * verdict_is_stuck() - whether a verdict says that the waiter is stuck
 * @verdict: the verdict
 *
 * A stopped process is not stuck: somebody stopped it, and can continue it.
 */
bool verdict_is_stuck(enum verdict verdict)
{
	return verdict <= VERDICT_NO_WAKER;
}

/**
 * analysis_stuck() - whether any waiter is stuck
 * @a: the analysis
 */
bool analysis_stuck(const struct analysis *a)
{
	return a->nr_verdicts[VERDICT_DEADLOCK] || a->nr_verdicts[VERDICT_ORPHANED] ||
	       a->nr_verdicts[VERDICT_NO_WAKER];
}

/**
 * analysis_needs_second_look() - whether a second snapshot would tell more
 * @a: the analysis of the first one
 *
 * It only confirms or refutes that a waiter cannot be woken: where nobody says
 * so there is nothing to confirm.
 */
bool analysis_needs_second_look(const struct analysis *a)
{
	return analysis_stuck(a) || a->nr_verdicts[VERDICT_STOPPED];
}

/**
 * verdict_name() - the word for a verdict
 * @verdict: the verdict
 */
const char *verdict_name(enum verdict verdict)
{
	static const char *const names[] = {
		[VERDICT_DEADLOCK]	= "deadlock",
		[VERDICT_ORPHANED]	= "orphaned",
		[VERDICT_NO_WAKER]	= "no-waker",
		[VERDICT_STOPPED]	= "stopped",
		[VERDICT_WAITING]	= "waiting",
		[VERDICT_TIMED]		= "timed",
		[VERDICT_UNKNOWN]	= "unknown",
	};

	return names[verdict];
}

/**
 * certainty_name() - the word for a certainty
 * @certainty: the certainty
 *
 * Return: the word, or NULL for a verdict that has none.
 */
const char *certainty_name(enum certainty certainty)
{
	static const char *const names[NR_CERTAINTIES] = {
		[CERTAINTY_CERTAIN]		= "certain",
		[CERTAINTY_BARRING_SIGNALS]	= "barring-signals",
		[CERTAINTY_LIKELY]		= "likely",
	};

	return names[certainty];
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

static int compare_u64(uint64_t x, uint64_t y)
{
	return x < y ? -1 : x > y;
}

/* Worst first: verdict, certainty, time asleep; then by id, to be repeatable. */
static int compare_waiters(const void *x, const void *y, void *arg)
{
	size_t i = *(const size_t *)x, k = *(const size_t *)y;
	const struct analysis *a = arg;
	const struct judgement *ji = &a->judgements[i], *jk = &a->judgements[k];
	const struct waiter *wi = &a->s->waiters[i], *wk = &a->s->waiters[k];
	uint64_t asleep_i = wi->known & W_ASLEEP ? wi->asleep_ns : 0;
	uint64_t asleep_k = wk->known & W_ASLEEP ? wk->asleep_ns : 0;

	if (ji->verdict != jk->verdict)
		return ji->verdict < jk->verdict ? -1 : 1;
	if (ji->certainty != jk->certainty)
		return ji->certainty < jk->certainty ? -1 : 1;
	if (asleep_i != asleep_k)
		return compare_u64(asleep_k, asleep_i);
	if (wi->tid != wk->tid)
		return wi->tid < wk->tid ? -1 : 1;
	return compare_u64(i, k);
}

/**
 * analysis_rank() - the order to show the waiters in, worst first
 * @a: the analysis
 *
 * Return: indices into the snapshot's waiters, to be freed by the caller.
 */
size_t *analysis_rank(const struct analysis *a)
{
	size_t *order = xcalloc(a->s->nr_waiters, sizeof(*order));

	for (size_t i = 0; i < a->s->nr_waiters; i++)
		order[i] = i;
	qsort_r(order, a->s->nr_waiters, sizeof(*order), compare_waiters, (void *)a);
	return order;
}
