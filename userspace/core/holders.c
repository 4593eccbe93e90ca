// SPDX-License-Identifier: GPL-2.0-only
/*
 * The chain from a waiter to what keeps it waiting, step by step.
 */
#include "holders.h"

/**
 * evidence_name() - the word for what says who holds a lock
 * @evidence: the evidence
 *
 * Return: the word, or NULL for none.
 */
const char *evidence_name(enum evidence evidence)
{
	static const char *const names[] = {
		[BY_WORDS]	= "words",
		[BY_EXIT]	= "clear_child_tid",
		[BY_KERNEL]	= "pi_owner",
	};

	return names[evidence];
}

/* A thread of the address space that sleeps elsewhere is what the others wait for. */
static int find_sleeper(const struct analysis *a, int thread)
{
	int mm = a->s->threads[thread].mm;

	if (mm < 0 || a->abilities[thread] != WAITING)
		return -1;
	return a->mms[mm].sleeper;
}

/**
 * find_chain() - find whom a waiter waits for, and whom those wait for
 * @a: the analysis
 * @waiter: index of the waiter
 * @steps: receives the chain: holders as far as they are known, then a thread of the
 *	same address space that sleeps in another call and cannot run, if there is one
 *
 * A chain that gets back to the waiter ends there.
 *
 * Return: how many steps.
 */
size_t find_chain(const struct analysis *a, size_t waiter, struct step steps[MAX_STEPS])
{
	int start = a->s->waiters[waiter].thread, t = start;
	size_t n = 0;

	if (start < 0 || a->s->waiters[waiter].call == CALL_IO_URING)
		return 0;
	while (n < MAX_STEPS && a->blocked[t] == WAITING) {
		const struct holder *h = &a->holders[t];

		if (h->id == PID_UNKNOWN || (h->thread < 0 && !h->gone))
			break;
		steps[n].thread = h->thread;
		steps[n].id = h->thread < 0 ? h->id : a->s->threads[h->thread].tid;
		steps[n++].evidence = h->evidence;
		if (h->thread < 0 || h->thread == start)
			return n;
		t = h->thread;
	}
	start = find_sleeper(a, t);
	if (n < MAX_STEPS && start >= 0)
		steps[n++] = (struct step){ start, a->s->threads[start].tid, BY_NOTHING };
	return n;
}
