// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many threads wait for the same word, since when, and how many hang behind a thread.
 */
#include <stdlib.h>

#include "array.h"
#include "contention.h"
#include "holders.h"

/* What tells the word of a waiter from others. */
struct word {
	int shared;
	int mm;
	uint64_t addr;
	size_t waiter;
};

static int compare_words(const void *x, const void *y)
{
	const struct word *a = x, *b = y;

	if (a->shared != b->shared)
		return a->shared < b->shared ? -1 : 1;
	if (a->mm != b->mm)
		return a->mm < b->mm ? -1 : 1;
	return a->addr < b->addr ? -1 : a->addr > b->addr;
}

/* Sorted.  A word in shared memory is one, wherever it is mapped. */
static struct word *list_words(const struct snapshot *s, size_t *nr)
{
	struct word *words = xcalloc(s->nr_waiters, sizeof(*words));

	*nr = 0;
	for (size_t i = 0; i < s->nr_waiters; i++) {
		const struct waiter *w = &s->waiters[i];

		if (w->shared >= 0)
			words[(*nr)++] = (struct word){ w->shared, -1, 0, i };
		else if (w->mm >= 0 && w->known & W_WAITS_ON)
			words[(*nr)++] = (struct word){ -1, w->mm, w->waits_on, i };
	}
	qsort(words, *nr, sizeof(*words), compare_words);
	return words;
}

static void find_same_word(const struct snapshot *s, struct contention *c)
{
	size_t nr, end;
	struct word *words = list_words(s, &nr);

	for (size_t i = 0; i < nr; i = end) {
		uint64_t longest = 0;

		for (end = i; end < nr && !compare_words(&words[i], &words[end]); end++) {
			const struct waiter *w = &s->waiters[words[end].waiter];

			if (w->known & W_ASLEEP && w->asleep_ns > longest)
				longest = w->asleep_ns;
		}
		for (size_t k = i; k < end; k++) {
			c[words[k].waiter].word = i + 1;
			c[words[k].waiter].nr_waiters = end - i;
			c[words[k].waiter].asleep_ns = longest;
		}
	}
	free(words);
}

/*
 * For each thread, how many wait for it, directly or through others.  Begin with those for
 * which no thread waits.  What is left then are cycles: what hangs from outside counts.
 */
static size_t *count_behind(const struct model *m)
{
	size_t nr = m->s->nr_threads, nr_ready = 0;
	size_t *behind = xcalloc(nr, sizeof(*behind));
	size_t *direct = xcalloc(nr, sizeof(*direct));
	int *ready = xcalloc(nr, sizeof(*ready));

	for (size_t t = 0; t < nr; t++) {
		if (holder_of(m, t) >= 0)
			direct[holder_of(m, t)]++;
	}
	for (size_t t = 0; t < nr; t++) {
		if (!direct[t])
			ready[nr_ready++] = t;
	}
	for (size_t i = 0; i < nr_ready; i++) {
		int holder = holder_of(m, ready[i]);

		if (holder < 0)
			continue;
		behind[holder] += 1 + behind[ready[i]];
		if (!--direct[holder])
			ready[nr_ready++] = holder;
	}
	free(direct);
	free(ready);
	return behind;
}

/**
 * find_contention() - find how many hang with each waiter, and behind it
 * @m: the model
 *
 * Return: for each waiter of the snapshot, to be freed by the caller.
 */
struct contention *find_contention(const struct model *m)
{
	const struct snapshot *s = m->s;
	struct contention *c = xcalloc(s->nr_waiters, sizeof(*c));
	size_t *behind = count_behind(m);

	find_same_word(s, c);
	for (size_t i = 0; i < s->nr_waiters; i++) {
		int t = s->waiters[i].thread;

		if (t >= 0 && model_first_wait(m, t) == (int)i)
			c[i].nr_behind = behind[t];
	}
	free(behind);
	return c;
}
