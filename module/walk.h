/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_WALK_H
#define FI_WALK_H

struct task_struct;

/* How many threads are visited in one RCU read-side critical section. */
#define FI_WALK_BATCH	128

/**
 * struct fi_walk - callbacks of a walk over all threads of the host
 * @between: called before each batch of threads and after the last one; may sleep.
 *	Returns 0, or an error that ends the walk.
 * @visit: called for each thread, under RCU, at most FI_WALK_BATCH times in a row
 *
 * Both get the context that was given to fi_walk_threads().
 */
struct fi_walk {
	int (*between)(void *context);
	void (*visit)(void *context, struct task_struct *task);
};

int fi_walk_threads(const struct fi_walk *walk, void *context);

#endif
