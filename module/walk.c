// SPDX-License-Identifier: GPL-2.0-only
/*
 * A walk over all threads of the host that user space has made, in batches, so
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
 * Visit up to FI_BATCH threads from pid *@nr on. Return whether there may be more.
 * Every thread has a pid in the initial namespace, so one that lives throughout
 * the walk is visited exactly once, if execve(2) does not make it trade its pid with the
 * main thread's meanwhile (exchange_tids()). idr_get_next(), which does the same for one pid,
 * starts at the root of the tree each time.
 */
static bool visit_batch(const struct fi_walk *walk, struct fi_snapshot *snap,
			unsigned long *nr)
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
		if (task && !(task->flags & PF_KTHREAD))
			walk->visit(snap, task);
		*nr = iter.index + 1;
		if (++visited == FI_BATCH)
			break;
	}
	rcu_read_unlock();
	return visited == FI_BATCH;
}

/**
 * fi_walk_threads() - visit all threads of the host, but for kernel threads
 * @walk: what to do
 * @snap: passed on
 *
 * Context: process; may sleep.
 *
 * Return: 0; what @walk.between returned, if not 0; -EINTR if a signal is pending.
 */
int fi_walk_threads(const struct fi_walk *walk, struct fi_snapshot *snap)
{
	unsigned long nr = 1;
	int err;

	do {
		err = walk->between(snap);
		if (err)
			return err;
		cond_resched();
		if (signal_pending(current))
			return -EINTR;
	} while (visit_batch(walk, snap, &nr));
	return walk->between(snap);
}
