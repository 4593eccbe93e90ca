// SPDX-License-Identifier: GPL-2.0-only
/*
 * A thread that was stopped, by a signal, its tracer or the cgroup v2 freezer,
 * while it waited on a futex has left the kernel's queue; when it goes on, it
 * repeats the call. Its saved registers tell that it is in such a wait.
 */
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include "compat/frozen.h"
#include "snapshot.h"
#include "stopped.h"
#include "queue.h"

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
static bool read_stopped(struct fi_waiter *waiter, struct task_struct *task,
			 enum fi_queued why)
{
	memset(waiter, 0, sizeof(*waiter));
	waiter->queued = why;
	waiter->switches = fi_switches(task);
	if (!fi_call_read_interrupted(&waiter->call, task, &waiter->insn))
		return false;
	/* The copy comes before the check that it was good. */
	smp_rmb();
	return why == why_not_queued(task) && waiter->switches == fi_switches(task);
}

/**
 * fi_take_stopped() - take a thread, if it was stopped as it waited
 * @snap: takes it, as fi_take_waiters() does, described and linked; fi_reserve_waiters()
 *	must have made room for it
 * @task: the thread
 *
 * To be called after the queues were read, so that who is stopped meanwhile is
 * found twice rather than not at all.
 *
 * Context: RCU.
 */
void fi_take_stopped(struct fi_snapshot *snap, struct task_struct *task)
{
	struct fi_waiter *waiter = &snap->waiters[snap->nr_waiters];
	enum fi_queued why = why_not_queued(task);

	if (why == FI_QUEUED || !read_stopped(waiter, task, why))
		return;
	fi_name_waiter(snap, waiter, task);
	if (!waiter->tid) {
		/* Else it was killed meanwhile. */
		if (pid_alive(task))
			snap->hidden++;
		return;
	}
	waiter->space = fi_add_space_of(snap, task);
	if (!waiter->space)
		return;
	waiter->task = get_task_struct(task);
	fi_describe_waiter(snap, waiter);
	fi_link_waiter(snap, snap->nr_waiters++);
}
