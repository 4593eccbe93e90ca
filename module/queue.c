// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies the queue entries out of the futex hash table, one bucket at a time,
 * under the bucket's lock. A queued waiter must take that lock to leave the
 * queue (futex_unqueue()), so as long as it is held, the thread, its kernel
 * stack and its address space stay.
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
#include "snapshot.h"
#include "kernel/table.h"
#include "queue.h"
#include "walk.h"

/* A check of the kernel's data failed: say so in the log and in the file. */
static void broken(struct fi_snapshot *snap, const char *what)
{
	pr_err_ratelimited("the futex table is not as expected: %s\n", what);
	snap->error = what;
}

/*
 * Copy the links of @node, which comes after @before in its chain. Return false if they
 * are not intact. Nothing is taken on trust here: if the layout were wrong, @node
 * would not be a list node at all.
 */
static bool copy_links(struct list_head *links, const struct list_head *node,
		       const struct list_head *before)
{
	return !copy_from_kernel_nofault(links, node, sizeof(*links)) &&
	       links->prev == before;
}

/* Whether the entry @q says that it is in the bucket with lock @lock. */
static bool is_queued_under(const char *q, const spinlock_t *lock)
{
	const void *lock_ptr;

	return !get_kernel_nofault(lock_ptr, fi_member(q, fi_layout.q_lock_ptr,
						       const void *)) &&
	       lock_ptr == lock;
}

/*
 * Who owns the lock, if it is a PI futex. An owner that exits leaves before its
 * task_struct goes (exit_pi_state_list()), which RCU delays.
 */
static void copy_pi_owner(struct fi_waiter *waiter, const char *q, struct pid_namespace *ns)
{
	const char *pi_state = NULL;
	struct task_struct *owner;

	if (IS_ENABLED(CONFIG_FUTEX_PI))
		pi_state = *fi_member(q, fi_layout.q_pi_state, const char *);
	waiter->has_pi_state = pi_state;
	if (!pi_state)
		return;
	rcu_read_lock();
	owner = READ_ONCE(*fi_member(pi_state, fi_layout.pi_owner, struct task_struct *));
	waiter->pi_owner = owner ? task_pid_nr_ns(owner, ns) : 0;
	rcu_read_unlock();
}

/* Return whether there was room for the address space. */
static bool copy_thread_waiter(struct fi_snapshot *snap, struct fi_waiter *waiter,
			       const char *q)
{
	struct task_struct *task = *fi_member(q, fi_layout.q_task, struct task_struct *);

	/* One that the reader does not see is only counted. */
	if (fi_tid(snap, task)) {
		waiter->space = fi_add_space(snap, task->mm);
		if (!waiter->space)
			return false;
	}
	waiter->task = get_task_struct(task);
	waiter->switches = fi_switches(task);
	fi_call_read(&waiter->call, task, q);
	return true;
}

/*
 * Copy what only the bucket's lock keeps in place. Return 0; -ENOSPC if the address
 * space does not fit; -EIO if @q is unknown.
 */
static int copy_waiter(struct fi_snapshot *snap, struct fi_waiter *waiter, const char *q)
{
	enum fi_wakes what = fi_layout.has_wake ? fi_what_wakes(q) : FI_WAKES_THREAD;

	memset(waiter, 0, sizeof(*waiter));
	switch (what) {
	case FI_WAKES_THREAD:
		if (!copy_thread_waiter(snap, waiter, q))
			return -ENOSPC;
		break;
	case FI_WAKES_REQUEST:
	case FI_WAKES_VECTOR_REQUEST:
		/* Its mm is for later: a thread that exits loses it at any time. */
		waiter->task = get_task_struct(fi_request_read(&waiter->call, q, what));
		waiter->is_request = true;
		break;
	case FI_WAKES_UNKNOWN:
		return -EIO;
	}
	waiter->key = *fi_member(q, fi_layout.q_key, union futex_key);
	waiter->bitset = *fi_member(q, fi_layout.q_bitset, u32);
	copy_pi_owner(waiter, q, snap->ns);
	fi_name_waiter(snap, waiter, waiter->task);
	return 0;
}

/*
 * Copy all entries of a bucket, whose lock is held. Return 0, -ENOSPC if they
 * do not fit, or -EIO if the bucket is broken.
 */
static int copy_chain(struct fi_snapshot *snap, char *bucket)
{
	spinlock_t *lock = fi_member(bucket, fi_layout.hb_lock, spinlock_t);
	struct list_head *head = &fi_member(bucket, fi_layout.hb_chain,
					    struct plist_head)->node_list;
	const struct list_head *node, *before = head;
	struct list_head links;

	for (node = READ_ONCE(head->next); node != head; before = node, node = links.next) {
		const char *q = (char *)container_of(node, struct plist_node, node_list) -
				fi_layout.q_list;
		int err;

		if (!copy_links(&links, node, before)) {
			broken(snap, "a bucket's list is not linked both ways");
			return -EIO;
		}
		if (!is_queued_under(q, lock)) {
			broken(snap, "a queue entry names another bucket's lock");
			return -EIO;
		}
		if (snap->nr_waiters == snap->max_waiters)
			return -ENOSPC;
		err = copy_waiter(snap, &snap->waiters[snap->nr_waiters], q);
		if (err == -EIO)
			broken(snap, "a queue entry wakes neither thread nor io_uring request");
		if (err)
			return err;
		snap->nr_waiters++;
	}
	return 0;
}

/*
 * Take the waiters of one bucket, as far as there is room. A bucket that does not
 * fit is left out whole, so that it can be taken again from its start.
 *
 * Return: 0, also for a broken bucket: that is reported in the file, and the
 * others are still read; -ENOSPC if there is no room.
 */
static int take_bucket(struct fi_snapshot *snap, char *bucket)
{
	spinlock_t *lock = fi_member(bucket, fi_layout.hb_lock, spinlock_t);
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
 * fi_name_waiter() - copy what a waiter's thread is called
 * @snap: the snapshot
 * @waiter: the waiter
 * @task: the thread, which stays
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

/**
 * fi_drop_waiters() - forget the last waiters of a snapshot
 * @snap: the snapshot
 * @nr: how many stay
 *
 * Context: process; may sleep.
 */
void fi_drop_waiters(struct fi_snapshot *snap, size_t nr)
{
	while (snap->nr_waiters > nr)
		put_task_struct(snap->waiters[--snap->nr_waiters].task);
}

/* How many wait in a bucket, or are about to: those are not blocked yet. */
static unsigned int bucket_waiters(char *bucket)
{
	return max(atomic_read(fi_member(bucket, fi_layout.hb_waiters, atomic_t)), 0);
}

/**
 * fi_count_waiters() - how much room some buckets will take
 * @table: the buckets, which stay
 *
 * Context: any.
 *
 * Return: an estimate, since it may change at once.
 */
size_t fi_count_waiters(const struct fi_table *table)
{
	size_t total = 0;
	size_t i;

	for (i = 0; i < table->nr; i++)
		total += bucket_waiters(table->buckets + i * fi_layout.hb_size);
	return total;
}

/**
 * fi_take_waiters() - copy all queue entries of some buckets
 * @snap: takes the waiters, with a reference on each thread, and their address spaces
 * @table: the buckets, which stay
 * @next: where to begin; set to the first bucket that was not taken
 *
 * Context: process; may sleep. Holds one bucket lock at a time.
 *
 * Return: 0; -ENOSPC if there is no room in @snap; -EINTR if a signal is pending.
 */
int fi_take_waiters(struct fi_snapshot *snap, const struct fi_table *table, size_t *next)
{
	for (; *next < table->nr; ++*next) {
		char *bucket = table->buckets + *next * fi_layout.hb_size;
		int err;

		/* no lock where nobody waits */
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

/**
 * fi_reserve_waiters() - make room for more waiters, and some address spaces
 * @snap: the snapshot
 * @nr: how many, as fi_count_waiters() estimates
 *
 * Context: process; may sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int fi_reserve_waiters(struct fi_snapshot *snap, size_t nr)
{
	int err = fi_reserve(&snap->waiters, snap->nr_waiters, nr, sizeof(*snap->waiters),
			     &snap->max_waiters);

	return err ?: fi_reserve(&snap->spaces, snap->nr_spaces, 16, sizeof(*snap->spaces),
				 &snap->max_spaces);
}

/* Take the waiters of a table that never goes away, making room as need be. */
static int collect_table(struct fi_snapshot *snap, const struct fi_table *table)
{
	size_t next = 0;
	int err;

	do {
		struct fi_table rest = {
			.buckets = table->buckets + next * fi_layout.hb_size,
			.nr = table->nr - next,
		};

		/*
		 * Some more, so that those that come meanwhile do not make it fail, and
		 * those that were stopped fit in without a larger array.
		 */
		err = fi_reserve_waiters(snap, fi_count_waiters(&rest) + 2 * FI_BATCH);
		if (!err)
			err = fi_take_waiters(snap, table, &next);
	} while (err == -ENOSPC);
	return err;
}

/**
 * fi_collect_waiters() - copy all queue entries of the kernel's own hash tables
 * @snap: as in fi_take_waiters()
 *
 * Context: process; may sleep, holds one bucket lock at a time.
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
