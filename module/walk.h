/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_WALK_H
#define FI_WALK_H

struct fi_snapshot;
struct task_struct;

/* How many threads are visited in one RCU read-side critical section. */
#define FI_BATCH	256

/**
 * struct fi_walk - what to do on a walk over all threads of the host
 * @between: called before each batch of threads and after the last one; may
 *	sleep. Returns 0, or an error that ends the walk.
 * @visit: called for a thread, under RCU; at most FI_BATCH times in a row
 */
struct fi_walk {
	int (*between)(struct fi_snapshot *snap);
	void (*visit)(struct fi_snapshot *snap, struct task_struct *task);
};

int fi_walk_threads(const struct fi_walk *walk, struct fi_snapshot *snap);

#endif
