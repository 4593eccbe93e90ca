/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_FROZEN_H
#define FI_FROZEN_H

#include <linux/freezer.h>
#include <linux/sched.h>
#include <linux/sched/jobctl.h>

/**
 * fi_frozen_in_place() - whether suspend or the cgroup v1 freezer holds a thread
 * @task: the thread
 *
 * Such a thread is frozen where it sleeps, so a futex waiter stays in its queue. frozen()
 * cannot be called: since f5d39b020809 ("freezer,sched: Rewrite core freezer logic") (6.1)
 * it is not inline any more, and it is not exported.
 *
 * Context: any.
 */
static inline bool fi_frozen_in_place(struct task_struct *task)
{
#ifdef TASK_FROZEN
	return READ_ONCE(task->__state) & TASK_FROZEN;
#else
	/* In freezable_schedule(), as in a futex wait, it counts as frozen without PF_FROZEN. */
	return READ_ONCE(task->flags) & PF_FROZEN ||
	       (READ_ONCE(task->flags) & PF_FREEZER_SKIP && freezing(task));
#endif
}

/**
 * fi_frozen_by_v2() - whether the cgroup v2 freezer holds a thread
 * @task: the thread
 *
 * Such a thread is stopped on its way to user space (do_freezer_trap()), so a futex waiter
 * has left its queue. The bit task_struct.frozen alone does not tell: it is also set for a
 * thread that a signal or its tracer stopped (cgroup_enter_frozen()).
 *
 * Context: any.
 */
static inline bool fi_frozen_by_v2(struct task_struct *task)
{
#ifdef CONFIG_CGROUPS
	/* The thread may write other bits of the same byte meanwhile, as exit_mm() does. */
	return data_race(task->frozen != 0) && READ_ONCE(task->jobctl) & JOBCTL_TRAP_FREEZE;
#else
	return false;
#endif
}

#endif
