// SPDX-License-Identifier: GPL-2.0-only
/*
 * From 6.16 on (80367ad01d93 ("futex: Add basic infrastructure for local task local
 * hash")), with CONFIG_FUTEX_PRIVATE_HASH, a multi-threaded process has a hash table of
 * its own for its private futexes. The kernel's tables do not lead to it, but each thread
 * does, by its mm.
 *
 * The kernel may replace such a table by a larger one at any time; futex_rehash_private()
 * then moves the entries. The mutex that serializes the replacement is held while the
 * table is read, and nothing under it waits for anything but bucket locks.
 *
 * A process can replace its table all the time (PR_FUTEX_HASH_SET_SLOTS), make it large, and
 * seldom get a CPU. So the mutex is only tried for, and a snapshot naps for a second at
 * most until it is free. After that, processes whose mutex is locked are left out, and the
 * file says so.
 */
#include <linux/delay.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "kernel/layout.h"
#include "kernel/table.h"
#include "private_hash.h"
#include "queue.h"
#include "snapshot.h"
#include "walk.h"

/* How long a snapshot may nap in all, and for how long at a time, in microseconds. */
#define FI_NAPS_US	USEC_PER_SEC
#define FI_NAP_US	1000

/**
 * struct mm_walk - the mms that have a table of their own
 * @snap: receives their waiters
 * @naps: how many more naps there may be
 * @seen: the mms found so far, by address; pinned by mmgrab()
 * @nr: number of mms in @mms
 * @mms: the mms found in this batch of threads; kept in use by mmget()
 */
struct mm_walk {
	struct fi_snapshot *snap;
	unsigned int naps;
	struct xarray seen;
	unsigned int nr;
	struct mm_struct *mms[FI_WALK_BATCH];
};

/* The index of an mm in the xarray: unique, and denser than its address. */
static unsigned long mm_index(const struct mm_struct *mm)
{
	return (unsigned long)mm / sizeof(void *);
}

static char *private_hash(struct mm_struct *mm)
{
	return READ_ONCE(*fi_mm_private_hash(mm));
}

/* Threads of one process mostly follow each other, so only the last mm is compared. */
static bool is_last(const struct mm_walk *walk, const struct mm_struct *mm)
{
	return walk->nr && walk->mms[walk->nr - 1] == mm;
}

static void visit_thread(void *context, struct task_struct *task)
{
	struct mm_walk *walk = context;
	struct mm_struct *mm = READ_ONCE(task->mm);

	/* The references keep the addresses from being used for other mms. */
	if (!mm || is_last(walk, mm) || xa_load(&walk->seen, mm_index(mm)))
		return;
	/* exit_mm() takes this lock to clear task->mm, and drops its use of the mm later. */
	task_lock(task);
	mm = task->mm;
	if (mm && private_hash(mm)) {
		mmget(mm);
		walk->mms[walk->nr++] = mm;
	}
	task_unlock(task);
}

/* Return 0; -EBUSY if @lock stays locked for too long; -ERESTARTSYS if a signal is pending. */
static int lock_table(struct mm_walk *walk, struct mutex *lock)
{
	while (!mutex_trylock(lock)) {
		if (signal_pending(current))
			return -ERESTARTSYS;
		if (!walk->naps)
			return -EBUSY;
		walk->naps--;
		usleep_range(FI_NAP_US / 2, FI_NAP_US);
	}
	return 0;
}

/* Leave out the waiters of an mm, of which nobody knows how many there are, and say so. */
static void leave_out(struct fi_snapshot *snap, struct mm_struct *mm)
{
	unsigned int id = fi_add_mm(snap, mm);

	if (id)
		snap->mms[id - 1].incomplete = true;
	else
		fi_leave_out(snap, 0, 1);
}

/*
 * Try to read the table of an mm. Return 0; -ENOSPC if there is no room, with @want set
 * to the number of waiters to make room for; -EBUSY if it stays locked; -ERESTARTSYS if a
 * signal is pending.
 */
static int take_table(struct mm_walk *walk, struct mm_struct *mm, size_t *want)
{
	struct mutex *lock = fi_mm_private_hash_lock(mm);
	struct fi_snapshot *snap = walk->snap;
	size_t first = snap->nr_waiters;
	struct fi_queue_walk queue = { };
	struct fi_table table = { };
	char *hash;
	int err;

	err = lock_table(walk, lock);
	if (err)
		return err;
	hash = private_hash(mm);
	/* The mask is 0 if the process has switched back to the kernel's table. */
	if (hash && *fi_ph_mask(hash)) {
		table.buckets = fi_ph_queues(hash);
		table.nr = *fi_ph_mask(hash) + 1;
	}
	/* What cannot be had is left out by going on: another try would end here again. */
	do {
		err = fi_take_waiters(snap, &table, &queue);
	} while (err == -ENOSPC && fi_is_full(snap));
	if (err == -ENOSPC)
		*want = fi_count_waiters(&table);
	mutex_unlock(lock);
	fi_end_queue_walk(&queue);
	if (err)
		fi_drop_waiters(snap, first);
	return err;
}

static int collect_mm(struct mm_walk *walk, struct mm_struct *mm)
{
	size_t want = 0;
	int err;

	do {
		err = fi_reserve_waiters(walk->snap, want + FI_WALK_BATCH);
		if (!err)
			err = take_table(walk, mm, &want);
	} while (err == -ENOSPC);
	if (err != -EBUSY)
		return err;
	leave_out(walk->snap, mm);
	return 0;
}

/* Mark an mm as seen. Return 0; -EEXIST if it was marked already; -ENOMEM. */
static int mark_seen(struct mm_walk *walk, struct mm_struct *mm)
{
	void *old;

	if (xa_load(&walk->seen, mm_index(mm)))
		return -EEXIST;
	old = xa_store(&walk->seen, mm_index(mm), mm, FI_GFP);
	if (xa_is_err(old))
		return xa_err(old);
	mmgrab(mm);
	return 0;
}

static int collect_batch(void *context)
{
	struct mm_walk *walk = context;
	int err = 0;

	while (walk->nr) {
		struct mm_struct *mm = walk->mms[--walk->nr];
		int one = err ?: mark_seen(walk, mm);

		if (!one)
			one = collect_mm(walk, mm);
		if (one != -EEXIST)
			err = one;
		/* This may be the last user. A worker tears the mm down, not the reader. */
		mmput_async(mm);
	}
	return err;
}

static void free_walk(struct mm_walk *walk)
{
	unsigned long index;
	struct mm_struct *mm;

	while (walk->nr)
		mmput_async(walk->mms[--walk->nr]);
	xa_for_each(&walk->seen, index, mm)
		mmdrop(mm);
	xa_destroy(&walk->seen);
	kfree(walk);
}

/**
 * fi_collect_private_waiters() - copy all queue entries of the private hash tables
 * @snap: receives the waiters, as for fi_take_waiters()
 *
 * Call this before fi_collect_waiters(): a process may switch from its own table to the
 * kernel's, and its entries would be missed if the kernel's table had been read already.
 *
 * Context: process; may sleep, up to a second in all for mutexes of other processes. Holds
 * the mutex of one mm and one bucket lock at a time.
 *
 * Return: 0, also if this kernel has no private tables; -ENOMEM; -ERESTARTSYS if a signal
 * is pending.
 */
int fi_collect_private_waiters(struct fi_snapshot *snap)
{
	static const struct fi_walk callbacks = {
		.between = collect_batch,
		.visit = visit_thread,
	};
	struct mm_walk *walk;
	int err;

	if (!fi_has(FI_PRIVATE_HASH))
		return 0;
	walk = kzalloc(sizeof(*walk), FI_GFP);
	if (!walk)
		return -ENOMEM;
	walk->snap = snap;
	walk->naps = FI_NAPS_US / FI_NAP_US;
	xa_init(&walk->seen);
	err = fi_walk_threads(&callbacks, walk);
	free_walk(walk);
	return err;
}
