// SPDX-License-Identifier: GPL-2.0-only
/*
 * A walk over all threads of the host except kernel threads. It goes in batches, so
 * that neither RCU nor the CPU is held for long.
 */
#include <linux/idr.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/radix-tree.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>

#include "walk.h"

/*
 * Visit up to FI_WALK_BATCH threads, starting at pid *@nr. Return whether there may be
 * more.
 *
 * Every thread has a pid in the initial namespace, so a thread that is alive for the
 * whole walk is visited exactly once, unless execve(2) swaps its pid with the leader's
 * (exchange_tids()). idr_get_next() would do for a single pid, but it starts at the root
 * of the tree each time.
 */
static bool visit_batch(const struct fi_walk *walk, void *context, unsigned long *nr)
{
	struct radix_tree_iter iter;
	unsigned int visited = 0;
	void __rcu **slot;

	rcu_read_lock();
	radix_tree_for_each_slot(slot, &init_pid_ns.idr.idr_rt, &iter, *nr) {
		struct pid *pid = radix_tree_deref_slot(slot);
		struct task_struct *task;

		if (radix_tree_deref_retry(pid)) {
			slot = radix_tree_iter_retry(&iter);
			continue;
		}
		task = pid_task(pid, PIDTYPE_PID);
		if (task && !(READ_ONCE(task->flags) & PF_KTHREAD))
			walk->visit(context, task);
		*nr = iter.index + 1;
		if (++visited == FI_WALK_BATCH)
			break;
	}
	rcu_read_unlock();
	return visited == FI_WALK_BATCH;
}

/**
 * fi_walk_threads() - visit all threads of the host except kernel threads
 * @walk: the callbacks
 * @context: passed to them
 *
 * Context: process; may sleep.
 *
 * Return: 0; the error that @walk.between returned; -ERESTARTSYS if a signal is pending.
 */
int fi_walk_threads(const struct fi_walk *walk, void *context)
{
	unsigned long nr = 1;
	int err;

	do {
		err = walk->between(context);
		if (err)
			return err;
		cond_resched();
		if (signal_pending(current))
			return -ERESTARTSYS;
	} while (visit_batch(walk, context, &nr));
	return walk->between(context);
}
