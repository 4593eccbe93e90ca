// SPDX-License-Identifier: GPL-2.0-only
/*
 * A walk over all threads of the host that user space has made, in batches, so
 * that neither RCU nor the CPU is held for long.
 */
#include <linux/idr.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>

#include "walk.h"

/*
 * Visit up to FI_BATCH threads from pid *@nr on. Return whether there may be more.
 * Every thread has a pid in the initial namespace, so one that lives throughout
 * the walk is visited exactly once.
 */
static bool visit_batch(const struct fi_walk *walk, struct fi_snapshot *snap, int *nr)
{
	struct pid *pid = NULL;
	int i;

	rcu_read_lock();
	for (i = 0; i < FI_BATCH; i++, (*nr)++) {
		struct task_struct *task;

		/* what find_ge_pid() is, which 5.10 does not export */
		pid = idr_get_next(&init_pid_ns.idr, nr);
		if (!pid)
			break;
		task = pid_task(pid, PIDTYPE_PID);
		if (task && !(task->flags & PF_KTHREAD))
			walk->visit(snap, task);
	}
	rcu_read_unlock();
	return pid;
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
	int nr = 1;
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
