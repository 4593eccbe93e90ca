/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_QUEUE_H
#define FI_QUEUE_H

#include <linux/list.h>
#include <linux/types.h>

struct fi_snapshot;
struct fi_table;
struct fi_waiter;
struct task_struct;

/* How many places of a queue are remembered; N of them reach back over 2^N holds. */
#define FI_NR_PLACES	12

/**
 * struct fi_place - an entry of a thread, behind which a queue may be read on
 * @node: the entry's node in the queue
 * @task: the thread, with a reference; NULL if there is no such place
 * @switches: fi_switches() of the thread when it was visited
 * @visited: how many entries had been visited then, with this one
 * @nr_waiters: how many waiters the snapshot had then, with this one
 */
struct fi_place {
	const struct list_head *node;
	struct task_struct *task;
	unsigned long switches;
	size_t visited;
	size_t nr_waiters;
};

/**
 * struct fi_queue_walk - how far the buckets of a table have been read; all zero at first
 * @next: index of the bucket to go on with
 * @checked: an entry has passed all checks
 * @holds: how many times that bucket's lock has been taken; 0 if it has not been begun
 * @rounds: how many times the bucket has been begun anew
 * @first: how many waiters the snapshot had before the bucket
 * @work: how many entries of the bucket were visited, counting again those visited again
 * @visited: how many entries lie between the head of the queue and @last, with that one
 * @certain: the same up to the entry of the latest place
 * @last: node of the entry that was last visited
 * @mm: id of the mm of the last entry whose mm is known, or 0
 * @places: where to go back to if @last has left the queue: [N] is of the latest hold whose
 *	number can be divided by 2^N, so that going back twice as far as necessary is the worst
 */
struct fi_queue_walk {
	size_t next;
	bool checked;
	unsigned int holds;
	unsigned int rounds;
	size_t first;
	size_t work;
	size_t visited;
	size_t certain;
	const struct list_head *last;
	unsigned int mm;
	struct fi_place places[FI_NR_PLACES];
};

size_t fi_count_waiters(const struct fi_table *table);
int fi_take_waiters(struct fi_snapshot *snap, const struct fi_table *table,
		    struct fi_queue_walk *walk);
void fi_end_queue_walk(struct fi_queue_walk *walk);
int fi_collect_waiters(struct fi_snapshot *snap);

#endif
