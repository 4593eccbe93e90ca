// SPDX-License-Identifier: GPL-2.0-only
/*
 * Takes a snapshot of all futex waiters of the host. take() has the steps in their
 * order; each step is a file. What is held while they read, from left to right:
 *
 *                  private_hash.c  queue.c      shared.c    threads.c  words.c    finish
 *                  --------------  -----------  ----------  ---------  ---------  ------
 * lock of the mm's  (===========)
 *  private table
 * bucket lock        [=] [=] [=]    [=] [=] [=]
 * mmap_lock                                      (=) (=)                (==) (==)
 * i_mmap_rwsem                                   (=)
 * siglock                                                    (=)
 * descriptors, pipe                                          (=)
 *  or socket
 * RCU               [=]                                      [==] [==]
 *
 * task reference    +------------------------------------------------------------+
 * mmgrab()          +------------------------------------------------------------+--+
 * switches          ^ seen                                                compared ^
 *
 * [=] is waited for, (=) is only tried for: what it protects is unknown if that fails. The
 * lock of a private table is tried for again and again, for a second in all. None is held for
 * longer than a number of steps that users cannot change: see queue.c, shared.c and words.c.
 *
 * Under its bucket's lock a waiter cannot leave the queue, because futex_unqueue()
 * takes that lock. So the thread, its kernel stack and its mm stay until they are
 * copied. Nothing is allocated, printed or read from user memory there. The later steps
 * work on references: task_struct and mm_struct stay valid, but a thread may run on.
 * The last step compares its context switches with those that were seen under the
 * bucket lock; if they are the same, all that was read of the thread belongs together.
 *
 * Buckets are read one after the other. A waiter that FUTEX_REQUEUE moves at the same
 * time may be missed, or found twice.
 */
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/pid_namespace.h>
#include <linux/random.h>
#include <linux/sched/clock.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "collect.h"
#include "private_hash.h"
#include "queue.h"
#include "shared.h"
#include "snapshot.h"
#include "threads.h"
#include "walk.h"
#include "words.h"

/* Describe all waiters. Those that the reader's pid namespace does not show are counted. */
static void describe_waiters(struct fi_snapshot *snap)
{
	size_t kept = 0;
	size_t i;

	for (i = 0; i < snap->nr_waiters; i++) {
		struct fi_waiter *waiter = &snap->waiters[i];

		if (i % FI_WALK_BATCH == 0)
			cond_resched();
		if (!waiter->tid) {
			snap->hidden++;
			continue;
		}
		fi_describe_waiter(waiter);
		if (kept != i)
			swap(snap->waiters[kept], *waiter);
		fi_link_waiter(snap, kept++);
	}
	fi_drop_waiters(snap, kept);
}

/*
 * A thread that was in the queue, sleeps now, and has not been switched in between, has
 * slept all the time.
 */
static void check_waiter(struct fi_waiter *waiter, u64 now)
{
	struct task_struct *task = waiter->task;
	u64 arrival = READ_ONCE(task->sched_info.last_arrival);
	/* __schedule() counts a switch before finish_task() clears on_cpu; read them in turn. */
	bool on_cpu = smp_load_acquire(&task->on_cpu);

	/* The clocks of two CPUs may differ: then a thread seems to fall asleep after now. */
	if (waiter->is_request || !arrival || now <= arrival)
		waiter->asleep_ns = FI_TIME_UNKNOWN;
	else
		waiter->asleep_ns = now - arrival;
	/* A thread sets its sleeping state first; __schedule() counts the switch later. */
	waiter->stable = !on_cpu && task_state_to_char(task) != 'R' &&
			 fi_switches(task) == waiter->switches;
}

/* Check all waiters, remove those that turned out to be none, and drop the references. */
static void finish_waiters(struct fi_snapshot *snap)
{
	size_t kept = 0;
	u64 now = 0;
	size_t i;

	for (i = 0; i < snap->nr_waiters; i++) {
		struct fi_waiter *waiter = &snap->waiters[i];

		if (i % FI_WALK_BATCH == 0) {
			cond_resched();
			now = local_clock();
		}
		check_waiter(waiter, now);
		put_task_struct(waiter->task);
		waiter->task = NULL;
		if (waiter->queued != FI_QUEUED && waiter->insn)
			continue;
		if (kept != i)
			snap->waiters[kept] = *waiter;
		kept++;
	}
	snap->nr_waiters = kept;
}

/* Count in all queue entries that were left out. */
static void count_left_out(struct fi_snapshot *snap)
{
	size_t i;

	for (i = 0; i < snap->nr_mms; i++)
		snap->left_out += snap->mms[i].left_out;
}

static int take(struct fi_snapshot *snap)
{
	int err;

	err = fi_collect_private_waiters(snap);
	if (!err)
		err = fi_collect_waiters(snap);
	if (err)
		return err;
	describe_waiters(snap);
	err = fi_resolve_shared(snap);
	if (!err)
		err = fi_collect_threads(snap);
	if (!err)
		err = fi_read_words(snap);
	if (err)
		return err;
	finish_waiters(snap);
	count_left_out(snap);
	return 0;
}

/* Drop all references to the kernel's objects; the records stay. */
static void release_references(struct fi_snapshot *snap)
{
	size_t i;

	if (snap->nr_waiters && snap->waiters[0].task)
		fi_drop_waiters(snap, 0);
	for (i = 0; i < snap->nr_mms; i++) {
		mmdrop(snap->mms[i].mm);
		if (i % FI_WALK_BATCH == 0)
			cond_resched();
	}
	put_pid_ns(snap->ns);
}

/**
 * fi_snapshot_take() - take a snapshot of all futex waiters of the host
 *
 * Ids are those of the caller's pid namespace. Any number of callers may run at the
 * same time.
 *
 * Context: process; may sleep.
 *
 * Return: the snapshot, which the caller frees with fi_snapshot_free() and which holds
 * no reference to anything; ERR_PTR(-ENOMEM); ERR_PTR(-ERESTARTSYS) if a signal is pending.
 */
struct fi_snapshot *fi_snapshot_take(void)
{
	struct fi_snapshot *snap = kvzalloc(sizeof(*snap), FI_GFP);
	int err;

	if (!snap)
		return ERR_PTR(-ENOMEM);
	snap->limits = fi_read_limits();
	get_random_bytes(&snap->hash_key, sizeof(snap->hash_key));
	snap->ns = get_pid_ns(task_active_pid_ns(current));
	snap->start_ns = ktime_get_boottime_ns();
	snap->realtime_ns = ktime_get_real_ns();
	err = take(snap);
	snap->end_ns = ktime_get_boottime_ns();
	release_references(snap);
	if (err) {
		fi_snapshot_free(snap);
		return ERR_PTR(err);
	}
	fi_snapshot_trim(snap);
	return snap;
}
