/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_FROZEN_H
#define FI_FROZEN_H

#include <linux/freezer.h>
#include <linux/sched.h>
#include <linux/sched/jobctl.h>

/**
 * fi_frozen_in_place() - whether a thread is frozen by suspend or by cgroup v1
 * @task: the thread
 *
 * It sleeps on where it was, so a futex waiter stays in its queue. frozen() is no
 * longer inline from 6.1 on (f5d39b020809), and not exported.
 */
static inline bool fi_frozen_in_place(struct task_struct *task)
{
#ifdef TASK_FROZEN
	return READ_ONCE(task->__state) & TASK_FROZEN;
#else
	/* One in freezable_schedule(), as a futex waiter, counts without the flag. */
	return READ_ONCE(task->flags) & PF_FROZEN ||
	       (READ_ONCE(task->flags) & PF_FREEZER_SKIP && freezing(task));
#endif
}

/**
 * fi_frozen_by_v2() - whether a thread is frozen by cgroup v2
 * @task: the thread
 *
 * It is then stopped on its way to user space (do_freezer_trap()): a futex waiter
 * has left its queue. The bit @frozen alone is also set of a thread that a signal or
 * its tracer stopped (cgroup_enter_frozen()).
 */
static inline bool fi_frozen_by_v2(struct task_struct *task)
{
#ifdef CONFIG_CGROUPS
	return task->frozen && READ_ONCE(task->jobctl) & JOBCTL_TRAP_FREEZE;
#else
	return false;
#endif
}

#endif
