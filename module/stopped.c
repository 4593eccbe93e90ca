// SPDX-License-Identifier: GPL-2.0-only
/*
 * A thread that a signal, its tracer or the cgroup v2 freezer stopped while it waited on
 * a futex has left the kernel's queue; it repeats the call when it is resumed. Its saved
 * registers show that it is in such a wait.
 */
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include "snapshot.h"
#include "stopped.h"

/*
 * Copy the call of a stopped thread. Return false if it is not in a futex wait, or if it
 * ran in the meantime: as long as it does not run it cannot exit, and its stack is given
 * to another thread only after that (finish_task_switch()).
 */
static bool read_stopped(struct fi_waiter *waiter, struct task_struct *task,
			 enum fi_queued why)
{
	memset(waiter, 0, sizeof(*waiter));
	waiter->queued = why;
	waiter->switches = fi_switches(task);
	/* The copy must not be older than the stop and the count that it belongs to. */
	smp_rmb();
	if (!fi_call_read_interrupted(&waiter->call, task, &waiter->insn))
		return false;
	/* The copy must be complete before the check that it was valid. */
	smp_rmb();
	return why == fi_why_not_queued(task) && waiter->switches == fi_switches(task);
}

/**
 * fi_take_stopped() - take a thread that is stopped, if it was stopped while it waited
 * @snap: receives the waiter, described and linked; fi_reserve_waiters() and
 *	fi_reserve_mms() must have made room
 * @task: the thread
 * @why: what fi_why_not_queued() says of it, not FI_QUEUED
 *
 * Call this after the queues were read, so that a thread that is stopped meanwhile is
 * found twice rather than not at all.
 *
 * Context: RCU.
 */
void fi_take_stopped(struct fi_snapshot *snap, struct task_struct *task, enum fi_queued why)
{
	struct fi_waiter waiter;
	unsigned int mm;

	if (!read_stopped(&waiter, task, why))
		return;
	fi_name_waiter(snap, &waiter, task);
	if (!waiter.tid) {
		/* Either the pid namespace does not show it, or it was killed meanwhile. */
		if (pid_alive(task))
			snap->hidden++;
		return;
	}
	mm = fi_add_mm_of(snap, task);
	if (!mm || !fi_may_take(snap, mm)) {
		fi_leave_out(snap, mm, 1);
		return;
	}
	fi_set_mm(snap, &waiter, mm);
	waiter.task = get_task_struct(task);
	fi_describe_waiter(&waiter);
	snap->waiters[snap->nr_waiters] = waiter;
	fi_link_waiter(snap, snap->nr_waiters++);
}
