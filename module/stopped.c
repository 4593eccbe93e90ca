// SPDX-License-Identifier: GPL-2.0-only
/*
 * A thread that was stopped, by a signal, its tracer or the cgroup v2 freezer,
 * while it waited on a futex has left the kernel's queue; when it goes on, it
 * repeats the call. Its saved registers tell that it is in such a wait.
 */
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include "frozen.h"
#include "snapshot.h"
#include "stopped.h"
#include "waiters.h"
#include "walk.h"

static enum fi_queued why_not_queued(struct task_struct *task)
{
	switch (task_state_to_char(task)) {
	case 'T':
		return FI_NOT_QUEUED_STOPPED;
	case 't':
		return FI_NOT_QUEUED_TRACED;
	default:
		return fi_frozen_by_v2(task) ? FI_NOT_QUEUED_FROZEN : FI_QUEUED;
	}
}

/*
 * Copy the call of a thread that stays stopped while that is done: then the stack
 * that was read is still its own. A stack may be given away only once its thread
 * has exited (finish_task_switch()), and to exit it would have to run.
 */
static bool read_stopped(struct fi_waiter *waiter, struct task_struct *task)
{
	memset(waiter, 0, sizeof(*waiter));
	waiter->queued = why_not_queued(task);
	if (waiter->queued == FI_QUEUED)
		return false;
	waiter->switches = fi_switches(task);
	if (!fi_call_read_interrupted(&waiter->call, task))
		return false;
	/* The copy comes before the check that it was good. */
	smp_rmb();
	return waiter->queued == why_not_queued(task) && waiter->switches == fi_switches(task);
}

static void visit_thread(struct fi_snapshot *snap, struct task_struct *task)
{
	struct fi_waiter *waiter = &snap->waiters[snap->nr_waiters];

	if (!read_stopped(waiter, task))
		return;
	waiter->mm = fi_pin_mm(task);
	if (!waiter->mm)
		return;
	waiter->task = get_task_struct(task);
	snap->nr_waiters++;
}

static int reserve_batch(struct fi_snapshot *snap)
{
	return fi_reserve_waiters(snap, FI_BATCH);
}

/**
 * fi_collect_stopped_waiters() - find the waiters that were stopped as they waited
 * @snap: takes them, as fi_take_waiters() does
 *
 * To be called after the queues were read, so that who is stopped meanwhile is
 * found twice rather than not at all.
 *
 * Context: process; may sleep.
 *
 * Return: 0; -ENOMEM; -EINTR if a signal is pending.
 */
int fi_collect_stopped_waiters(struct fi_snapshot *snap)
{
	static const struct fi_walk walk = {
		.between = reserve_batch,
		.visit = visit_thread,
	};

	return fi_walk_threads(&walk, snap);
}
