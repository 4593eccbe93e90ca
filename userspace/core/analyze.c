// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who can still be woken.
 *
 * model.c finds out who can run, in two passes.
 *
 * 1. The proof takes no word in memory for a lock.  Whom nobody wakes who can run
 *    stays as it is: it is stuck.
 * 2. Where words in memory name a holder, only that thread wakes the waiter.  Each
 *    thread waits for one holder at most, so chains of them are followed to their
 *    end once, and the end holds for all on the way: a cycle, a holder that is not
 *    there, a thread that nobody can wake, or one that can run.
 *
 * 1 is a proof if all of it was true at one moment.  That takes two looks
 * between which none of the threads that it rests on ran.  2 rests on a guess about
 * memory, so it is never more than likely; it also gives the proven ones their
 * names.
 *
 * Nothing here does I/O, and all of it is linear, but for the ranking.
 */
#include <stdlib.h>
#include <string.h>

#include "analyze.h"
#include "model.h"

/* Where a chain of holders ends. */
enum chain_end {
	END_UNKNOWN,		/* at a thread that can be woken, by nobody in particular */
	END_CYCLE,
	END_GONE,		/* at a holder that is not there */
	END_ABLE,
	END_STOPPED,
	END_STUCK,		/* at a thread that nobody can wake */
};

struct link {
	enum { NEW, ON_PATH, DONE } mark;
	enum chain_end end;
	bool in_cycle;
	bool confirmed;		/* the first look shows the same from here to the end */
	bool decoded;		/* some holder from here to the end is read from memory */
	int end_thread;
	size_t cycle_size;
};

/* What the analysis needs only while it works. */
struct work {
	struct analysis *a;
	const struct snapshot *s;
	struct link *links;		/* one for each thread */
	unsigned char *limits;		/* one for each node: enum limit */
	bool *moved[NR_PASSES];		/* one for each node: not as in the first look */
	bool *busy;			/* one for each mm: somebody ran between the looks */
	const struct analysis *before;
	int *before_thread;		/* the same thread there if it has not run, or -1 */
	int *path;			/* as long as there are threads */
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

/* An mm's id is another one in each look: it is known by its threads. */
static void compare_mms(struct work *w, const int *before_mm)
{
	for (size_t i = 0; i < w->s->nr_mms; i++) {
		int old = before_mm[i];

		if (old >= 0 && w->before->s->mms[old].nr_threads == w->s->mms[i].nr_threads &&
		    !w->busy[i])
			continue;
		w->busy[i] = true;
		for (int pass = 0; pass < NR_PASSES; pass++)
			w->moved[pass][node_mm(w->s, i)] = true;
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
		/* One that is about to run has a wake still to do, maybe. */
		if (w->before_thread[i] < 0 || before->threads[old].mm < 0 || t->state == 'R')
			w->busy[t->mm] = true;
		else if (before_mm[t->mm] < 0)
			before_mm[t->mm] = before->threads[old].mm;
		else if (before_mm[t->mm] != before->threads[old].mm)
			w->busy[t->mm] = true;
	}
	compare_mms(w, before_mm);
	free(before_mm);
}

/* Whether the first look shows this thread in the same wait for the same holder. */
static bool holder_confirmed(const struct work *w, size_t t)
{
	const struct waiter *now, *before;
	int old;

	if (!w->before)
		return true;
	old = w->before_thread[t];
	if (old < 0 || w->before->first_waiter[old] < 0)
		return false;
	now = &w->s->waiters[w->a->first_waiter[t]];
	before = &w->before->s->waiters[w->before->first_waiter[old]];
	return before->known & now->known & W_WAITS_ON && before->waits_on == now->waits_on &&
	       w->before->holders[old].evidence == w->a->holders[t].evidence &&
	       w->before->holders[old].id == w->a->holders[t].id;
}

static bool holder_known(const struct holder *h)
{
	return h->id != PID_UNKNOWN && (h->thread >= 0 || h->gone);
}

/* Who ran in between, or could be woken at first, or had another holder. */
static void compare_looks(struct work *w)
{
	compare_threads(w);
	for (size_t t = 0; t < w->s->nr_threads; t++) {
		const struct holder *h = &w->a->holders[t];
		int old = w->before_thread[t];
		bool other = (h->thread >= 0 || h->gone) && !holder_confirmed(w, t);

		for (int pass = 0; pass < NR_PASSES; pass++)
			w->moved[pass][t] = old < 0 ||
					    w->before->levels[pass][old] == LEVEL_ABLE ||
					    (other && (pass == PASS_HOLDERS ||
						       h->evidence == BY_KERNEL));
	}
}

/*
 * What keeps a proof from being certain
 */

static void raise_limit(unsigned char *limit, enum limit to)
{
	if (*limit < to)
		*limit = to;
}

/*
 * A stop, a freezer or a signal that nobody handles makes the call start again,
 * and then it looks at the word again: at the one of the call, also if it was requeued.
 */
static bool would_wait_again(const struct waiter *w)
{
	const unsigned int all = W_EXPECTED | W_VALUE | W_UADDR | W_WAITS_ON;

	return (w->known & all) == all && w->uaddr == w->waits_on && w->expected == w->value;
}

static void limit_by_threads(struct work *w)
{
	const struct snapshot *s = w->s;
	pid_t *tgids = xcalloc(s->nr_mms, sizeof(*tgids));

	for (size_t i = 0; i < s->nr_threads; i++) {
		const struct thread *t = &s->threads[i];
		const struct process *p = t->process < 0 ? NULL : &s->processes[t->process];
		unsigned char *limit = &w->limits[t->mm < 0 ? i : node_mm(s, t->mm)];

		if (!p || !p->caught_known || p->caught & ~LIBC_SIGNALS)
			raise_limit(limit, LIMIT_HANDLERS);
		if (t->mm >= 0 && tgids[t->mm] && tgids[t->mm] != t->tgid)
			raise_limit(limit, LIMIT_PROCESSES);
		if (t->tracer != PID_NONE)
			raise_limit(limit, LIMIT_TRACED);
		if (w->a->abilities[i] == SLEEPING ||
		    (w->a->abilities[i] == STOPPED && is_held_by_tracer(s, i)))
			raise_limit(&w->limits[i], LIMIT_SLEEP);
		if (t->mm >= 0)
			tgids[t->mm] = t->tgid;
	}
	free(tgids);
}

static void limit_by_waiters(struct work *w)
{
	const struct snapshot *s = w->s;

	for (size_t i = 0; i < s->nr_waiters; i++) {
		const struct waiter *waiter = &s->waiters[i];
		int owner = snapshot_find_thread(s, waiter->pi_owner);

		if (waiter->mm >= 0 && !would_wait_again(waiter))
			raise_limit(&w->limits[node_mm(s, waiter->mm)], LIMIT_VALUE);
		if (waiter->thread < 0 || w->a->abilities[waiter->thread] != WAITING)
			continue;
		if (waiter->key_type == KEY_SHARED_INODE && !is_pi_wait(waiter))
			raise_limit(&w->limits[waiter->thread], LIMIT_SHARED);
		if (is_pi_wait(waiter) && owner >= 0 && s->threads[owner].mm != waiter->mm)
			raise_limit(&w->limits[waiter->thread], LIMIT_PROCESSES);
	}
}

/* What a proof rests on limits it: that goes the same way as being able to run. */
static void find_limits(struct work *w)
{
	unsigned char *caps = xcalloc(nr_nodes(w->s), sizeof(*caps));

	limit_by_threads(w);
	limit_by_waiters(w);
	memset(caps, LIMIT_HOLDER, nr_nodes(w->s));
	reach_spread(&w->a->graphs[PASS_PROOF], w->limits, caps);
	free(caps);
}

static bool mm_can_run(const struct analysis *a, int mm)
{
	return a->levels[PASS_PROOF][node_mm(a->s, mm)] == LEVEL_ABLE;
}

static enum limit waiter_limit(const struct work *w, const struct waiter *waiter)
{
	unsigned char limit = w->limits[waiter->thread];

	raise_limit(&limit, w->limits[node_mm(w->s, waiter->mm)]);
	if (mm_can_run(w->a, waiter->mm))
		raise_limit(&limit, LIMIT_PI);
	if (w->s->source == SOURCE_PROC)
		raise_limit(&limit, LIMIT_PROC);
	if (!w->before)
		raise_limit(&limit, LIMIT_ONE_LOOK);
	return limit;
}

/*
 * Chains of holders
 */

/* The end of the chain at @t itself, unless it goes on to another thread. */
static bool chain_ends(const struct work *w, int t)
{
	const struct analysis *a = w->a;
	const struct holder *h = &a->holders[t];
	enum level level = a->levels[PASS_HOLDERS][t];
	struct link *l = &w->links[t];

	l->end_thread = t;
	l->confirmed = true;
	l->decoded = h->evidence != BY_KERNEL;
	if (a->blocked[t] == STOPPED) {
		l->end = level == LEVEL_STUCK ? END_STUCK : END_STOPPED;
	} else if (a->blocked[t] == ABLE || a->blocked[t] == DEAD) {
		l->end = END_ABLE;
	} else if (a->blocked[t] == WAITING && h->gone) {
		l->end = END_GONE;
		l->confirmed = holder_confirmed(w, t);
	} else if (a->blocked[t] == WAITING && holder_known(h)) {
		return false;
	} else if (level == LEVEL_ABLE) {
		l->end = a->abilities[t] == ABLE ? END_ABLE : END_UNKNOWN;
	} else {
		l->end = END_STUCK;
	}
	return true;
}

/* Go round the cycle that @t is in. */
static void close_cycle(struct work *w, int t)
{
	bool confirmed = true, decoded = false;
	size_t size = 0;
	int i = t;

	do {
		size++;
		decoded |= w->a->holders[i].evidence != BY_KERNEL;
		confirmed &= holder_confirmed(w, i);
		i = w->a->holders[i].thread;
	} while (i != t);
	do {
		struct link *l = &w->links[i];

		l->mark = DONE;
		l->end = END_CYCLE;
		l->in_cycle = true;
		l->end_thread = i;
		l->confirmed = confirmed;
		l->decoded = decoded;
		l->cycle_size = size;
		i = w->a->holders[i].thread;
	} while (i != t);
}

/* Follow the holders from @t until something known, and tell all on the way. */
static void follow_chain(struct work *w, int t)
{
	const struct holder *holders = w->a->holders;
	struct link *links = w->links;
	size_t n = 0;

	while (links[t].mark == NEW) {
		if (chain_ends(w, t)) {
			links[t].mark = DONE;
			break;
		}
		links[t].mark = ON_PATH;
		w->path[n++] = t;
		t = holders[t].thread;
	}
	if (links[t].mark == ON_PATH)
		close_cycle(w, t);
	while (n--) {
		int i = w->path[n];
		const struct link *next = &links[holders[i].thread];

		if (links[i].mark == DONE)
			continue;	/* in the cycle */
		links[i].mark = DONE;
		links[i].end = next->end;
		links[i].end_thread = next->end_thread;
		links[i].confirmed = next->confirmed && holder_confirmed(w, i);
		links[i].decoded = next->decoded || holders[i].evidence != BY_KERNEL;
	}
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
	case LIMIT_PI:
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
static bool judge_chain(const struct work *w, struct judgement *j, const struct waiter *waiter,
			enum limit limit)
{
	const struct link *l = &w->links[waiter->thread];
	bool next = l->end_thread == j->holder_thread;

	j->end_thread = l->end_thread;
	j->end_holder = w->a->holders[l->end_thread].id;
	j->cycle_size = l->cycle_size;
	if (l->end == END_CYCLE)
		judge_stuck(w, j, VERDICT_DEADLOCK, l->cycle_size == 1 ? REASON_SELF :
			    l->in_cycle ? REASON_CYCLE : REASON_TO_CYCLE, limit);
	else if (l->end == END_GONE)
		judge_stuck(w, j, VERDICT_ORPHANED, l->end_thread == waiter->thread ?
			    REASON_GONE : REASON_TO_GONE, limit);
	else if (l->end == END_STOPPED)
		judge_stuck(w, j, VERDICT_STOPPED,
			    next ? REASON_HOLDER_STOPPED : REASON_TO_STOPPED, limit);
	else if (l->end == END_ABLE && l->end_thread != waiter->thread)
		judge(j, VERDICT_WAITING, next ? REASON_HOLDER : REASON_TO_HOLDER);
	else
		return false;
	return true;
}

static bool forked_without_exec(const struct snapshot *s, const struct waiter *w)
{
	return w->process >= 0 && s->processes[w->process].execed == NO;
}

/* Nobody can wake it: who they are that cannot. */
static enum reason group_reason(const struct work *w, const struct waiter *waiter)
{
	const struct mm_state *m = &w->a->mms[waiter->mm];
	const struct link *l = &w->links[waiter->thread];

	if (l->end_thread != waiter->thread && l->confirmed &&
	    (mm_can_run(w->a, waiter->mm) || w->s->threads[l->end_thread].mm != waiter->mm))
		return REASON_TO_STUCK;
	if (waiter->key_type == KEY_SHARED_INODE)
		return REASON_ALL_SHARED;
	if (mm_can_run(w->a, waiter->mm))
		return REASON_STUCK;
	if (m->nr_sleeping || m->nr_stopped)
		return REASON_ALL_SLEEP;
	if (m->nr_waiting > 1)
		return REASON_ALL_WAIT;
	return forked_without_exec(w->s, waiter) ? REASON_FORK : REASON_ALONE;
}

/* One that by the proof nobody wakes who can run. */
static void judge_unable(const struct work *w, struct judgement *j, const struct waiter *waiter)
{
	enum level level = w->a->levels[PASS_PROOF][waiter->thread];
	enum limit limit = waiter_limit(w, waiter);
	/* A stopped thread may be continued, and then wake whom it likes. */
	enum limit chain_limit = level == LEVEL_STOPPED && limit < LIMIT_HOLDER ?
				 LIMIT_HOLDER : limit;

	if (level == LEVEL_MOVED)
		judge(j, VERDICT_UNKNOWN, REASON_MOVED);
	else if (w->links[waiter->thread].confirmed && judge_chain(w, j, waiter, chain_limit))
		return;
	else if (level == LEVEL_STOPPED)
		judge_stuck(w, j, VERDICT_STOPPED, w->a->mms[waiter->mm].nr_stopped ?
			    REASON_ALL_STOPPED : REASON_STUCK, limit);
	else
		judge_stuck(w, j, VERDICT_NO_WAKER, group_reason(w, waiter), limit);
}

/* One that somebody may wake, but not if what memory looks like is true. */
static void judge_by_holder(const struct work *w, struct judgement *j,
			    const struct waiter *waiter)
{
	enum level level = w->a->levels[PASS_HOLDERS][waiter->thread];
	enum limit limit = w->links[waiter->thread].decoded ? LIMIT_HOLDER : LIMIT_EXIT;

	if (level == LEVEL_MOVED)
		judge(j, VERDICT_UNKNOWN, REASON_MOVED);
	else if (judge_chain(w, j, waiter, limit))
		return;
	else if (level == LEVEL_STOPPED)
		judge_stuck(w, j, VERDICT_STOPPED, REASON_STUCK, limit);
	else
		judge_stuck(w, j, VERDICT_NO_WAKER, group_reason(w, waiter), limit);
}

/* By the owner as the kernel has it, who can run or be woken. */
static void judge_pi(struct judgement *j)
{
	j->end_thread = j->holder_thread;
	judge(j, VERDICT_WAITING, j->holder_thread < 0 ? REASON_PI_OWNER : REASON_HOLDER);
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
	else if (is_pi_wait(w))
		judge_pi(j);
	else if (w->key_type == KEY_SHARED_INODE)
		judge(j, VERDICT_WAITING, REASON_SHARED);
	else if (s->threads[w->thread].io_uring == YES)
		judge(j, VERDICT_WAITING, REASON_IO_URING);
	else
		judge(j, VERDICT_WAITING, REASON_OTHER_WORD);
}

/*
 * Waiters that were left behind
 */

/*
 * Whether the word says that nobody need wait: the kernel compared it with another
 * value than 0, and it is 0.  Any other difference is ordinary where words count:
 * the next generation of a condition variable leaves the waiters of the last one
 * queued, and an event that was posted wakes but one of them.  0 is where lock
 * words, latches and events say "free", and where counters do not come back to.
 */
static bool word_was_freed(const struct waiter *w)
{
	const unsigned int all = W_EXPECTED | W_VALUE | W_UADDR | W_WAITS_ON;
	bool compares = w->opcode == OP_WAIT || w->opcode == OP_WAIT_BITSET ||
			w->opcode == OP_FUTEX_WAIT;

	return compares && (w->known & all) == all && w->uaddr == w->waits_on &&
	       w->expected && !w->value && w->queued && !strcmp(w->queued, "yes");
}

/* The same in both looks, between which nobody ran who could have woken it. */
static bool was_left_behind(const struct work *w, const struct waiter *waiter)
{
	const struct waiter *before;
	int old;

	if (!w->before || w->s->nr_errors || waiter->key_type == KEY_SHARED_INODE ||
	    w->busy[waiter->mm])
		return false;
	old = w->before->first_waiter[w->before_thread[waiter->thread]];
	before = old < 0 ? NULL : &w->before->s->waiters[old];
	return before && word_was_freed(before) && before->waits_on == waiter->waits_on &&
	       before->expected == waiter->expected;
}

/* One that can be woken. */
static void judge_waiting(const struct work *w, struct judgement *j,
			  const struct waiter *waiter)
{
	const struct mm_state *m = &w->a->mms[waiter->mm];

	if (word_was_freed(waiter) && w->a->holders[waiter->thread].evidence == BY_NOTHING) {
		w->a->nr_suspects++;
		if (was_left_behind(w, waiter)) {
			judge(j, VERDICT_LOST_WAKE, REASON_LOST);
			return;
		}
	}
	if (w->links[waiter->thread].end == END_ABLE && judge_chain(w, j, waiter, LIMIT_NONE))
		return;
	if (w->a->abilities[waiter->thread] == ABLE)
		judge_able(j, w->s, waiter);
	else
		judge(j, VERDICT_WAITING, m->nr_able ? REASON_CAN_RUN : REASON_UNSEEN);
}

static void judge_stopped(const struct work *w, struct judgement *j, const struct waiter *waiter)
{
	int t = waiter->thread;

	if (w->a->levels[PASS_PROOF][t] == LEVEL_STUCK && waiter->mm >= 0 && w->before &&
	    w->before_thread[t] < 0)
		judge(j, VERDICT_UNKNOWN, REASON_MOVED);
	else if (w->a->levels[PASS_PROOF][t] == LEVEL_STUCK && waiter->mm >= 0)
		judge_stuck(w, j, VERDICT_NO_WAKER, REASON_TRACER, waiter_limit(w, waiter));
	else
		judge(j, VERDICT_STOPPED, is_frozen(&w->s->threads[t]) ? REASON_SELF_FROZEN :
									 REASON_SELF_STOPPED);
}

static void name_holder(const struct work *w, struct judgement *j, const struct waiter *waiter)
{
	const struct holder *h = waiter->thread < 0 ? NULL : &w->a->holders[waiter->thread];

	j->holder = j->end_holder = PID_UNKNOWN;
	j->holder_thread = j->end_thread = j->runner = -1;
	if (waiter->mm >= 0)
		j->runner = w->a->mms[waiter->mm].runner;
	if (h)
		j->lock = h->primitive;
	/* An id in memory that may mean this thread or that tells nothing. */
	if (h && (holder_known(h) || h->evidence != BY_WORDS)) {
		j->holder = h->id;
		j->holder_thread = h->thread;
	}
}

static void judge_waiter(const struct work *w, struct judgement *j, const struct waiter *waiter)
{
	const struct analysis *a = w->a;
	int t = waiter->thread;
	enum ability blocked = t < 0 || waiter->call == CALL_IO_URING ? ABLE : a->blocked[t];

	name_holder(w, j, waiter);
	if (blocked == STOPPED)
		judge_stopped(w, j, waiter);
	else if (blocked != WAITING)
		judge_able(j, w->s, waiter);
	else if (a->levels[PASS_PROOF][t] != LEVEL_ABLE)
		judge_unable(w, j, waiter);
	else if (a->levels[PASS_HOLDERS][t] != LEVEL_ABLE)
		judge_by_holder(w, j, waiter);
	else
		judge_waiting(w, j, waiter);
}

static void start_work(struct work *w, struct analysis *a, const struct snapshot *s)
{
	*w = (struct work){
		.a = a,
		.s = s,
		.links = xcalloc(s->nr_threads, sizeof(*w->links)),
		.limits = xcalloc(nr_nodes(s), sizeof(*w->limits)),
		.busy = xcalloc(s->nr_mms, sizeof(*w->busy)),
		.before_thread = xcalloc(s->nr_threads, sizeof(*w->before_thread)),
		.path = xcalloc(s->nr_threads, sizeof(*w->path)),
	};
	for (int pass = 0; pass < NR_PASSES; pass++)
		w->moved[pass] = xcalloc(nr_nodes(s), sizeof(*w->moved[pass]));
}

static void end_work(struct work *w)
{
	free(w->links);
	free(w->limits);
	free(w->busy);
	free(w->before_thread);
	free(w->path);
	for (int pass = 0; pass < NR_PASSES; pass++)
		free(w->moved[pass]);
}

/**
 * analyze() - judge the waiters of a snapshot
 * @a: receives the analysis, which refers to @now; to be given to
 *	analysis_free() before @now goes
 * @now: the snapshot, indexed
 * @before: an earlier snapshot of the same host and source, or NULL; it is not
 *	needed after the call
 *
 * The rules are those of Documentation/waker-model.rst.
 */
void analyze(struct analysis *a, const struct snapshot *now, const struct snapshot *before)
{
	struct analysis first = { 0 };
	struct work w;

	model_build(a, now);
	start_work(&w, a, now);
	if (before) {
		model_build(&first, before);
		model_solve(&first, NULL);
		w.before = &first;
		a->two_looks = true;
		compare_looks(&w);
	}
	model_solve(a, w.moved);
	find_limits(&w);
	for (size_t t = 0; t < now->nr_threads; t++)
		follow_chain(&w, t);
	for (size_t i = 0; i < now->nr_waiters; i++) {
		judge_waiter(&w, &a->judgements[i], &now->waiters[i]);
		a->nr_verdicts[a->judgements[i].verdict]++;
	}
	analysis_free(&first);
	end_work(&w);
}

/**
 * analysis_free() - give back the memory of an analysis
 * @a: the analysis; its snapshots stay
 */
void analysis_free(struct analysis *a)
{
	model_free(a);
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
 * analysis_needs_second_look() - whether a second snapshot would tell more
 * @a: the analysis of the first one
 *
 * It confirms or refutes that a waiter cannot be woken, or was left behind: where
 * nobody says so there is nothing to confirm.
 */
bool analysis_needs_second_look(const struct analysis *a)
{
	for (enum verdict v = 0; v < NR_VERDICTS; v++) {
		if (a->nr_verdicts[v] && (verdict_is_stuck(v) || v == VERDICT_STOPPED))
			return true;
	}
	return a->nr_suspects;
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
		[VERDICT_LOST_WAKE]	= "lost-wake",
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
