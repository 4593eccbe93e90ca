// SPDX-License-Identifier: GPL-2.0-only
/*
 * From 6.16 on (bd54df5ea7ca), with CONFIG_FUTEX_PRIVATE_HASH, a process with
 * threads has a hash table of its own for its private futexes. Nothing leads from
 * the kernel's tables to those: they are found by way of the threads.
 *
 * Such a table may be replaced by a larger one at any time; its entries then move
 * (futex_rehash_private()). The mutex that guards the replacement is held while
 * one is read, and nothing is done under it that waits, but for bucket locks.
 */
#include <linux/mutex.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "kernel/layout.h"
#include "private_hash.h"
#include "snapshot.h"
#include "kernel/table.h"
#include "queue.h"
#include "walk.h"

/**
 * struct fi_mm_batch - address spaces with a table of their own
 * @seen: those found so far, by their address; pinned by mmgrab()
 * @nr: number of those in @mms
 * @mms: found in this batch of threads; users by mmget()
 */
struct fi_mm_batch {
	struct xarray seen;
	unsigned int nr;
	struct mm_struct *mms[FI_BATCH];
};

/* Each object in memory has another one. */
static unsigned long mm_index(const struct mm_struct *mm)
{
	return (unsigned long)mm / sizeof(void *);
}

static char *private_hash(struct mm_struct *mm)
{
	return READ_ONCE(*fi_member(mm, fi_layout.mm_private_hash, char *));
}

static bool is_in_batch(const struct fi_mm_batch *batch, const struct mm_struct *mm)
{
	/* Threads of one process mostly come one after the other. */
	return batch->nr && batch->mms[batch->nr - 1] == mm;
}

static void visit_thread(struct fi_snapshot *snap, struct task_struct *task)
{
	struct fi_mm_batch *batch = snap->batch;
	struct mm_struct *mm = READ_ONCE(task->mm);

	/* What is pinned or used by the batch is still the same at that address. */
	if (!mm || is_in_batch(batch, mm) || xa_load(&batch->seen, mm_index(mm)))
		return;
	/* It keeps task->mm and its users: exit_mm() */
	task_lock(task);
	mm = task->mm;
	if (mm && private_hash(mm)) {
		mmget(mm);
		batch->mms[batch->nr++] = mm;
	}
	task_unlock(task);
}

/* Try to read a table into the room there is. Set @want to the room it takes. */
static int take_table(struct fi_snapshot *snap, struct mm_struct *mm, size_t *want)
{
	struct mutex *lock = fi_member(mm, fi_layout.mm_private_hash_lock, struct mutex);
	size_t first = snap->nr_waiters;
	struct fi_table table = { };
	size_t next = 0;
	char *hash;
	int err;

	err = mutex_lock_interruptible(lock);
	if (err)
		return err;
	hash = private_hash(mm);
	/* A mask of 0 says that the process uses the kernel's table after all. */
	if (hash && *fi_member(hash, fi_layout.ph_mask, unsigned int)) {
		table.buckets = hash + fi_layout.ph_queues;
		table.nr = *fi_member(hash, fi_layout.ph_mask, unsigned int) + 1;
	}
	err = fi_take_waiters(snap, &table, &next);
	if (err == -ENOSPC)
		*want = fi_count_waiters(&table);
	mutex_unlock(lock);
	if (err)
		fi_drop_waiters(snap, first);
	return err;
}

static int collect_mm(struct fi_snapshot *snap, struct mm_struct *mm)
{
	size_t want = 0;
	int err;

	do {
		err = fi_reserve_waiters(snap, want + 1);
		if (!err)
			err = take_table(snap, mm, &want);
	} while (err == -ENOSPC);
	return err;
}

/* Mark an address space as seen. Return 0, -EEXIST if it was already, or -ENOMEM. */
static int mark_seen(struct fi_mm_batch *batch, struct mm_struct *mm)
{
	void *old;

	if (xa_load(&batch->seen, mm_index(mm)))
		return -EEXIST;
	old = xa_store(&batch->seen, mm_index(mm), mm, GFP_KERNEL);
	if (xa_is_err(old))
		return xa_err(old);
	mmgrab(mm);
	return 0;
}

static int collect_batch(struct fi_snapshot *snap)
{
	struct fi_mm_batch *batch = snap->batch;
	int err = 0;

	while (batch->nr) {
		struct mm_struct *mm = batch->mms[--batch->nr];
		int one = err ?: mark_seen(batch, mm);

		if (!one)
			one = collect_mm(snap, mm);
		if (one != -EEXIST)
			err = one;
		/* It may be the last user: taking it all down is not for the reader. */
		mmput_async(mm);
	}
	return err;
}

static void free_batch(struct fi_mm_batch *batch)
{
	unsigned long index;
	struct mm_struct *mm;

	while (batch->nr)
		mmput_async(batch->mms[--batch->nr]);
	xa_for_each(&batch->seen, index, mm)
		mmdrop(mm);
	xa_destroy(&batch->seen);
	kfree(batch);
}

/**
 * fi_collect_private_waiters() - copy all queue entries of the private hash tables
 * @snap: as in fi_take_waiters()
 *
 * To be called before fi_collect_waiters(): a process may give up its own table, its
 * entries then move to the kernel's, and would otherwise be missed.
 *
 * Context: process; may sleep. Holds a process's mutex, and one bucket lock at a
 * time.
 *
 * Return: 0, also for a kernel without them; -ENOMEM; -EINTR if a signal is pending.
 */
int fi_collect_private_waiters(struct fi_snapshot *snap)
{
	static const struct fi_walk walk = {
		.between = collect_batch,
		.visit = visit_thread,
	};
	int err;

	if (!fi_layout.has_private_hash)
		return 0;
	snap->batch = kzalloc(sizeof(*snap->batch), GFP_KERNEL_ACCOUNT);
	if (!snap->batch)
		return -ENOMEM;
	xa_init(&snap->batch->seen);
	err = fi_walk_threads(&walk, snap);
	free_batch(snap->batch);
	return err;
}
