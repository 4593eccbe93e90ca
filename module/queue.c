// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies the entries of the futex queues, one bucket at a time, under the bucket's
 * lock. A queued waiter must take that lock to leave the queue (futex_unqueue()), so the
 * thread, its kernel stack and its mm stay as long as the module holds it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/pid_namespace.h>
#include <linux/plist.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>

#include "io_uring.h"
#include "kernel/layout.h"
#include "kernel/table.h"
#include "queue.h"
#include "snapshot.h"
#include "walk.h"

/* Report that a check of the kernel's data failed, in the log and in the file. */
static void report_broken(struct fi_snapshot *snap, const char *what)
{
	pr_err_ratelimited("the futex table is not as expected: %s\n", what);
	snap->error = what;
}

/*
 * Copy the links of @node, which follows @before in its chain. Return false if they are
 * not intact. The access is checked, because @node would not be a list node at all if
 * the layout were wrong.
 */
static bool copy_links(struct list_head *links, const struct list_head *node,
		       const struct list_head *before)
{
	return !copy_from_kernel_nofault(links, node, sizeof(*links)) &&
	       links->prev == before;
}

/* Whether the queue entry @q names @lock as the lock of its bucket. */
static bool is_queued_under(const char *q, const spinlock_t *lock)
{
	const void *lock_ptr;

	return !get_kernel_nofault(lock_ptr, fi_q_lock_ptr(q)) && lock_ptr == lock;
}

/*
 * Copy the holder of a PI futex. RCU keeps the holder's task_struct: a thread that exits
 * gives up its PI state first (exit_pi_state_list()).
 */
static void copy_pi_owner(struct fi_waiter *waiter, const char *q, struct pid_namespace *ns)
{
	const char *pi_state = NULL;
	struct task_struct *owner;

	if (IS_ENABLED(CONFIG_FUTEX_PI))
		pi_state = *fi_q_pi_state(q);
	waiter->has_pi_state = pi_state;
	if (!pi_state)
		return;
	rcu_read_lock();
	owner = READ_ONCE(*fi_pi_owner(pi_state));
	waiter->pi_owner = owner ? task_pid_nr_ns(owner, ns) : 0;
	rcu_read_unlock();
}

/* Copy an entry of a thread. Return false if there is no room for its mm. */
static bool copy_thread_waiter(struct fi_snapshot *snap, struct fi_waiter *waiter,
			       const char *q)
{
	struct task_struct *task = *fi_q_task(q);

	/* A thread that the reader's pid namespace does not show is only counted. */
	if (fi_tid(snap, task)) {
		waiter->mm = fi_add_mm(snap, task->mm);
		if (!waiter->mm)
			return false;
	}
	waiter->task = get_task_struct(task);
	waiter->switches = fi_switches(task);
	fi_call_read(&waiter->call, task, q);
	return true;
}

/*
 * Copy what only the bucket's lock keeps valid. Return 0; -ENOSPC if there is no room
 * for the mm; -EIO if it is not known what @q wakes.
 */
static int copy_waiter(struct fi_snapshot *snap, struct fi_waiter *waiter, const char *q)
{
	enum fi_wakes what = fi_has(FI_WAKE) ? fi_what_wakes(q) : FI_WAKES_THREAD;

	memset(waiter, 0, sizeof(*waiter));
	switch (what) {
	case FI_WAKES_THREAD:
		if (!copy_thread_waiter(snap, waiter, q))
			return -ENOSPC;
		break;
	case FI_WAKES_REQUEST:
	case FI_WAKES_VECTOR_REQUEST:
		/* The thread may exit and lose its mm at any time: describe_waiters(). */
		waiter->task = get_task_struct(fi_request_read(&waiter->call, q, what));
		waiter->is_request = true;
		break;
	case FI_WAKES_UNKNOWN:
		return -EIO;
	}
	waiter->key = *fi_q_key(q);
	waiter->bitset = *fi_q_bitset(q);
	copy_pi_owner(waiter, q, snap->ns);
	fi_name_waiter(snap, waiter, waiter->task);
	return 0;
}

/*
 * Copy all entries of a bucket, whose lock is held. Return 0; -ENOSPC if there is no
 * room for them; -EIO if the bucket is broken.
 */
static int copy_chain(struct fi_snapshot *snap, char *bucket)
{
	struct list_head *head = &fi_hb_chain(bucket)->node_list;
	spinlock_t *lock = fi_hb_lock(bucket);
	const struct list_head *node, *before = head;
	struct list_head links;

	for (node = READ_ONCE(head->next); node != head; before = node, node = links.next) {
		const struct plist_node *plist =
			container_of(node, struct plist_node, node_list);
		const char *q = fi_owner_of(plist, q_list);
		int err;

		if (!copy_links(&links, node, before)) {
			report_broken(snap, "a bucket's list is not linked both ways");
			return -EIO;
		}
		if (!is_queued_under(q, lock)) {
			report_broken(snap, "a queue entry names another bucket's lock");
			return -EIO;
		}
		if (snap->nr_waiters == snap->max_waiters)
			return -ENOSPC;
		err = copy_waiter(snap, &snap->waiters[snap->nr_waiters], q);
		if (err == -EIO)
			report_broken(snap,
				      "a queue entry wakes neither thread nor io_uring request");
		if (err)
			return err;
		snap->nr_waiters++;
	}
	return 0;
}

/*
 * Take the waiters of one bucket: all of them or, if there is no room, none, so that the
 * bucket can be taken again from its start.
 *
 * Return 0 or -ENOSPC. A broken bucket is not an error here: the file reports it, and
 * the other buckets are still read.
 */
static int take_bucket(struct fi_snapshot *snap, char *bucket)
{
	spinlock_t *lock = fi_hb_lock(bucket);
	size_t first = snap->nr_waiters;
	int err;

	spin_lock(lock);
	err = copy_chain(snap, bucket);
	spin_unlock(lock);
	if (err == -ENOSPC)
		fi_drop_waiters(snap, first);
	return err == -ENOSPC ? err : 0;
}

/**
 * fi_name_waiter() - copy the ids and the name of a waiter's thread
 * @snap: the snapshot, for its pid namespace
 * @waiter: receives them
 * @task: the thread, which the caller keeps from being freed
 *
 * Context: any.
 */
void fi_name_waiter(const struct fi_snapshot *snap, struct fi_waiter *waiter,
		    struct task_struct *task)
{
	waiter->tid = fi_tid(snap, task);
	waiter->tgid = fi_tgid(snap, task);
	memcpy(waiter->comm, task->comm, sizeof(waiter->comm));
}

/* How many threads wait in a bucket, or are about to and not blocked yet. */
static unsigned int bucket_waiters(const char *bucket)
{
	return max(atomic_read(fi_hb_waiters(bucket)), 0);
}

/**
 * fi_count_waiters() - count the waiters in some buckets
 * @table: the buckets, which the caller keeps from being freed
 *
 * Context: any.
 *
 * Return: the number of waiters, which may change at once.
 */
size_t fi_count_waiters(const struct fi_table *table)
{
	size_t total = 0;
	size_t i;

	for (i = 0; i < table->nr; i++)
		total += bucket_waiters(fi_bucket(table, i));
	return total;
}

/**
 * fi_take_waiters() - copy all queue entries of some buckets
 * @snap: receives the waiters, with a reference to each thread, and their mms
 * @table: the buckets, which the caller keeps from being freed
 * @next: index of the bucket to begin with; set to the first one that was not taken
 *
 * Context: process; may sleep. Holds one bucket lock at a time.
 *
 * Return: 0; -ENOSPC if there is no room in @snap; -EINTR if a signal is pending.
 */
int fi_take_waiters(struct fi_snapshot *snap, const struct fi_table *table, size_t *next)
{
	for (; *next < table->nr; ++*next) {
		char *bucket = fi_bucket(table, *next);
		int err;

		/* An empty bucket need not be locked. */
		if (!bucket_waiters(bucket))
			continue;
		err = take_bucket(snap, bucket);
		if (err)
			return err;
		cond_resched();
		if (signal_pending(current))
			return -EINTR;
	}
	return 0;
}

/* Take the waiters of a table that is never freed, making room as needed. */
static int collect_table(struct fi_snapshot *snap, const struct fi_table *table)
{
	size_t next = 0;
	int err;

	do {
		struct fi_table rest = {
			.buckets = fi_bucket(table, next),
			.nr = table->nr - next,
		};

		/*
		 * Leave room for waiters that come meanwhile, and for stopped threads
		 * (stopped.c), so that the array need not be copied for them.
		 */
		err = fi_reserve_waiters(snap, fi_count_waiters(&rest) + 2 * FI_WALK_BATCH);
		if (!err)
			err = fi_take_waiters(snap, table, &next);
	} while (err == -ENOSPC);
	return err;
}

/**
 * fi_collect_waiters() - copy all queue entries of the kernel's own hash tables
 * @snap: receives the waiters, as for fi_take_waiters()
 *
 * Context: process; may sleep. Holds one bucket lock at a time.
 *
 * Return: 0; -ENOMEM; -EINTR if a signal is pending.
 */
int fi_collect_waiters(struct fi_snapshot *snap)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < fi_nr_tables && !err; i++)
		err = collect_table(snap, &fi_tables[i]);
	return err;
}
