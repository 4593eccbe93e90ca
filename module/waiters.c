// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies the queue entries out of the futex hash table, one bucket at a time,
 * under the bucket's lock. A queued waiter must take that lock to leave the
 * queue (futex_unqueue()), so as long as it is held, the thread, its kernel
 * stack and its address space stay.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/plist.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>

#include "layout.h"
#include "snapshot.h"
#include "table.h"

/* A check of the kernel's data failed: say so in the log and in the file. */
static void broken(struct fi_snapshot *snap, const char *what)
{
	pr_err_ratelimited("the futex table is not as expected: %s\n", what);
	snap->error = what;
}

/*
 * The entry after @node in its chain, or NULL if the links are not intact.
 * Nothing is taken on trust here: if the layout were wrong, @node would not be
 * a list node at all.
 */
static struct list_head *node_after(struct list_head *node)
{
	struct list_head *next, *back;

	if (get_kernel_nofault(next, &node->next) ||
	    get_kernel_nofault(back, &next->prev) || back != node)
		return NULL;
	return next;
}

/* Whether the entry @q says that it is in the bucket with lock @lock. */
static bool is_queued_under(const char *q, const spinlock_t *lock)
{
	const void *lock_ptr;

	return !get_kernel_nofault(lock_ptr, fi_member(q, fi_layout.q_lock_ptr,
						       const void *)) &&
	       lock_ptr == lock;
}

static unsigned long switches(const struct task_struct *task)
{
	return READ_ONCE(task->nvcsw) + READ_ONCE(task->nivcsw);
}

/* Copy what only the bucket's lock keeps in place. */
static void copy_waiter(struct fi_waiter *waiter, const char *q)
{
	struct task_struct *task = *fi_member(q, fi_layout.q_task, struct task_struct *);

	memset(waiter, 0, sizeof(*waiter));
	waiter->task = get_task_struct(task);
	waiter->mm = task->mm;
	mmgrab(waiter->mm);
	waiter->key = *fi_member(q, fi_layout.q_key, union futex_key);
	waiter->bitset = *fi_member(q, fi_layout.q_bitset, u32);
	waiter->switches = switches(task);
	fi_call_read(&waiter->call, task, q);
}

/*
 * Copy all entries of a bucket, whose lock is held. Return 0, -ENOSPC if they
 * do not fit, or -EIO if the bucket is broken; @nr counts those copied.
 */
static int copy_chain(struct fi_snapshot *snap, char *bucket, size_t *nr)
{
	spinlock_t *lock = fi_member(bucket, fi_layout.hb_lock, spinlock_t);
	struct list_head *head = &fi_member(bucket, fi_layout.hb_chain,
					    struct plist_head)->node_list;
	struct list_head *node = head;

	for (;;) {
		const char *q;

		node = node_after(node);
		if (!node) {
			broken(snap, "a bucket's list is not linked both ways");
			return -EIO;
		}
		if (node == head)
			return 0;
		q = (char *)container_of(node, struct plist_node, node_list) -
			fi_layout.q_list;
		if (!is_queued_under(q, lock)) {
			broken(snap, "a queue entry names another bucket's lock");
			return -EIO;
		}
		if (*nr == snap->max_waiters)
			return -ENOSPC;
		copy_waiter(&snap->waiters[(*nr)++], q);
	}
}

static void drop_waiters(struct fi_snapshot *snap, size_t first, size_t end)
{
	for (; first < end; first++) {
		put_task_struct(snap->waiters[first].task);
		mmdrop(snap->waiters[first].mm);
	}
}

static unsigned int bucket_waiters(char *bucket)
{
	return max(atomic_read(fi_member(bucket, fi_layout.hb_waiters, atomic_t)), 0);
}

/*
 * Take the waiters of one bucket. A bucket that grew while room was made for it
 * is copied once more from its start: waiters that stay are then seen once.
 */
static int collect_bucket(struct fi_snapshot *snap, char *bucket)
{
	spinlock_t *lock = fi_member(bucket, fi_layout.hb_lock, spinlock_t);
	int err;

	do {
		size_t nr = snap->nr_waiters;

		err = fi_reserve(&snap->waiters, snap->nr_waiters,
				 bucket_waiters(bucket) + 16, sizeof(*snap->waiters),
				 &snap->max_waiters);
		if (err)
			return err;
		spin_lock(lock);
		err = copy_chain(snap, bucket, &nr);
		spin_unlock(lock);
		if (err == -ENOSPC)
			drop_waiters(snap, snap->nr_waiters, nr);
		else
			snap->nr_waiters = nr;
	} while (err == -ENOSPC);
	/* A broken bucket is reported in the file; the others are still read. */
	return err == -EIO ? 0 : err;
}

/**
 * fi_collect_waiters() - copy all queue entries of the futex hash table
 * @snap: takes the waiters, with a reference on each thread and a pin
 *	(mmgrab()) on its mm in fi_waiter.mm
 *
 * Context: process; may sleep, holds one bucket lock at a time.
 *
 * Return: 0; -ENOMEM; -EINTR if a signal is pending.
 */
int fi_collect_waiters(struct fi_snapshot *snap)
{
	unsigned int i;
	size_t n;
	int err;

	for (i = 0; i < fi_nr_tables; i++) {
		for (n = 0; n < fi_tables[i].nr; n++) {
			char *bucket = fi_tables[i].buckets + n * fi_layout.hb_size;

			/*
			 * No lock where nobody waits. Who is just about to
			 * queue itself is not blocked yet.
			 */
			if (!bucket_waiters(bucket))
				continue;
			err = collect_bucket(snap, bucket);
			if (err)
				return err;
			cond_resched();
			if (signal_pending(current))
				return -EINTR;
		}
	}
	return 0;
}
