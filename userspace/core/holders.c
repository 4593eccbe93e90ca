// SPDX-License-Identifier: GPL-2.0-only
/*
 * Chains of holders: from a waiter to the thread that it waits for, and on to the end.
 *
 * Each thread waits for one holder at most, so a chain has no branches, and what is found
 * at its end holds for all threads on the way.
 */
#include <stdlib.h>

#include "array.h"
#include "holders.h"

/**
 * holder_of() - the thread that a thread waits for, though its wait may end otherwise
 * @m: the model
 * @thread: index of a thread
 *
 * Return: as holder_next().
 */
int holder_of(const struct model *m, int thread)
{
	const struct holder *h = model_holder(m, thread);

	if (h->id == PID_UNKNOWN)
		return HOLDER_NONE;
	if (h->thread >= 0)
		return h->thread;
	return h->gone ? HOLDER_GONE : HOLDER_NONE;
}

/**
 * holder_next() - one step along a chain of holders
 * @m: the model
 * @thread: index of a thread
 *
 * Return: the index of the thread that it waits for; HOLDER_GONE, if that is not in the
 * snapshot; HOLDER_NONE, if it does not wait for good, or no holder is known.
 */
int holder_next(const struct model *m, int thread)
{
	return model_waits(m, thread) ? holder_of(m, thread) : HOLDER_NONE;
}

/* How a chain ends at a thread without a holder that is there. */
static enum chain_end find_end(const struct model *m, int t)
{
	enum level level = model_level(m, PASS_HOLDERS, t);

	if (model_is_stopped(m, t))
		return level == LEVEL_STUCK ? END_STUCK : END_STOPPED;
	if (model_own_state(m, t) == RUN_POSSIBLE || model_is_dead(m, t))
		return END_RUNNABLE;
	/* Its id may be unknown, if it may be the main thread after a fork. */
	if (model_waits(m, t) && model_holder(m, t)->gone)
		return END_GONE;
	if (level != LEVEL_RUNNABLE)
		return END_STUCK;
	return model_state(m, t) == RUN_POSSIBLE ? END_RUNNABLE : END_UNKNOWN;
}

static bool is_by_words(const struct model *m, int t)
{
	return model_holder(m, t)->evidence != BY_KERNEL;
}

static void end_chain(struct chain *chains, const struct model *m, const bool *confirmed, int t)
{
	enum chain_end end = find_end(m, t);

	chains[t] = (struct chain){
		.mark = CHAIN_DONE, .end = end, .end_thread = t,
		.confirmed = end != END_GONE || confirmed[t],
		.by_words = is_by_words(m, t),
	};
}

static void close_cycle(struct chain *chains, const struct model *m, const bool *confirmed,
			int start)
{
	struct chain cycle = { .mark = CHAIN_DONE, .end = END_CYCLE, .confirmed = true };
	int t = start;

	do {
		cycle.cycle_size++;
		cycle.by_words |= is_by_words(m, t);
		cycle.confirmed &= confirmed[t];
		t = holder_next(m, t);
	} while (t != start);
	do {
		chains[t] = cycle;
		chains[t].end_thread = t;
		t = holder_next(m, t);
	} while (t != start);
}

/* Follow the holders from @t to something known, and record it for all on the way. */
static void follow_chain(struct chain *chains, const struct model *m, const bool *confirmed,
			 int t, int *path)
{
	size_t n = 0;

	while (chains[t].mark == CHAIN_NEW) {
		int next = holder_next(m, t);

		if (next < 0) {
			end_chain(chains, m, confirmed, t);
			break;
		}
		chains[t].mark = CHAIN_ON_PATH;
		path[n++] = t;
		t = next;
	}
	if (chains[t].mark == CHAIN_ON_PATH)
		close_cycle(chains, m, confirmed, t);
	while (n--) {
		int i = path[n];

		if (chains[i].mark == CHAIN_DONE)
			continue;	/* in the cycle */
		chains[i] = chains[holder_next(m, i)];
		chains[i].cycle_size = 0;
		chains[i].confirmed &= confirmed[i];
		chains[i].by_words |= is_by_words(m, i);
	}
}

/**
 * find_chains() - find where the chain of holders of each thread ends
 * @m: the model, solved
 * @confirmed: for each thread, whether the first look shows it waiting for the same holder
 *
 * Return: the chain of each thread, to be freed by the caller.
 */
struct chain *find_chains(const struct model *m, const bool *confirmed)
{
	struct chain *chains = xcalloc(m->s->nr_threads, sizeof(*chains));
	int *path = xcalloc(m->s->nr_threads, sizeof(*path));

	for (size_t t = 0; t < m->s->nr_threads; t++)
		follow_chain(chains, m, confirmed, t, path);
	free(path);
	return chains;
}

#define MAX_FOLLOWED	1000

/**
 * follow_holders() - the chain of holders of a waiter, though its waits may end otherwise
 * @m: the model
 * @thread: index of the waiter's thread, which has a holder that is there
 *
 * Many waiters may hang from one long chain, so it is not followed further than MAX_FOLLOWED.
 *
 * Return: where the chain ends, and how: in a cycle that it is part of (END_CYCLE), at a holder
 * that is not there, or (END_UNKNOWN) at a thread of which no holder is known, or in a cycle
 * of others.
 */
struct chain follow_holders(const struct model *m, int thread)
{
	struct chain chain = { .mark = CHAIN_DONE, .end_thread = thread };
	int t = thread, next, mark = thread;
	size_t steps = 0, limit = 1;

	/* As in Brent's algorithm: a mark that moves ever further finds any cycle. */
	while ((next = holder_of(m, t)) >= 0 && next != thread && next != mark &&
	       steps < MAX_FOLLOWED) {
		t = next;
		if (++steps == limit) {
			mark = t;
			limit *= 2;
		}
	}
	if (next == thread)
		chain = (struct chain){ .mark = CHAIN_DONE, .end = END_CYCLE,
					.end_thread = thread, .cycle_size = steps + 1 };
	else if (next == HOLDER_GONE)
		chain = (struct chain){ .mark = CHAIN_DONE, .end = END_GONE, .end_thread = t };
	else
		chain.end_thread = t;
	return chain;
}

/* A thread of the mm that sleeps elsewhere is what the waiting threads wait for. */
static int find_sleeper(const struct model *m, int thread)
{
	int mm = m->s->threads[thread].mm;

	if (mm < 0 || model_state(m, thread) != RUN_WAITS)
		return -1;
	return model_mm(m, mm)->sleeper;
}

/* A chain that enters a cycle ends after one round. */
static bool was_shown(const struct step *steps, size_t n, int thread)
{
	for (size_t i = 0; i < n; i++) {
		if (steps[i].thread == thread)
			return true;
	}
	return false;
}

/**
 * find_steps() - the chain from a waiter to what keeps it waiting, to be shown
 * @m: the model, solved
 * @w: the waiter
 * @steps: receives the chain: holders as far as they are known, then a thread of the same
 *	mm that sleeps in another call and cannot run, if there is one
 * @max: how many steps there is room for; a longer chain is cut
 *
 * A chain that gets back to the waiter, or to a thread that it came through, ends there.
 *
 * Return: how many steps.
 */
size_t find_steps(const struct model *m, const struct waiter *w, struct step *steps, size_t max)
{
	int t = w->thread, next, sleeper;
	size_t n = 0;

	if (t < 0 || w->call == CALL_IO_URING)
		return 0;
	while (n < max && (next = holder_of(m, t)) != HOLDER_NONE) {
		const struct holder *h = model_holder(m, t);

		steps[n++] = (struct step){
			.thread = next < 0 ? -1 : next,
			.id = next < 0 ? h->id : m->s->threads[next].tid,
			.evidence = h->evidence,
		};
		if (next == HOLDER_GONE || next == w->thread || was_shown(steps, n - 1, next))
			return n;
		t = next;
	}
	sleeper = find_sleeper(m, t);
	if (n < max && sleeper >= 0)
		steps[n++] = (struct step){ sleeper, m->s->threads[sleeper].tid, BY_NOTHING };
	return n;
}

static int compare_foreign_holders(const void *x, const void *y)
{
	const struct foreign_holder *a = x, *b = y;

	return a->tid < b->tid ? -1 : a->tid > b->tid;
}

/**
 * find_foreign_holder() - find the thread outside the process whose id a lock word holds
 * @s: the snapshot, indexed
 * @w: the waiter for the lock
 * @tid: the id in the word, which no live thread of the waiter's mm has
 * @found: receives the thread, with names that @s owns
 *
 * Return: whether one is known.  It has the id now.  That it took the lock is likely only
 * if it is in a process from which the waiter's was forked.
 */
bool find_foreign_holder(const struct snapshot *s, const struct waiter *w, pid_t tid,
			 struct foreign_holder *found)
{
	const struct thread *self = w->thread < 0 ? NULL : &s->threads[w->thread];
	struct foreign_holder key = { .tid = tid }, *known = NULL;
	int t = snapshot_find_thread(s, tid), p;

	/* In another pid namespace the id belongs to another thread. */
	if (!self || thread_is_in_namespace(self))
		return false;
	if (t >= 0 && s->threads[t].mm != w->mm) {
		p = s->threads[t].process;
		*found = (struct foreign_holder){
			.tid = tid, .tgid = s->threads[t].tgid,
			.comm = p < 0 ? NULL : s->processes[p].comm,
			.started_by_ns = s->threads[t].known & T_START ? s->threads[t].start_ns : 0,
			.ended = !thread_is_alive(&s->threads[t]),
		};
		return true;
	}
	if (s->nr_foreign_holders)
		known = bsearch(&key, s->foreign_holders, s->nr_foreign_holders, sizeof(key),
				compare_foreign_holders);
	if (known)
		*found = *known;
	return known;
}
