// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory of a snapshot's records, and the lookups between records.
 */
#include <linux/build_bug.h>
#include <linux/delay.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "snapshot.h"
#include "walk.h"

/* fi_reserve_indexed() takes the address of a record for that of its link. */
static_assert(!offsetof(struct fi_mm, link));
static_assert(!offsetof(struct fi_process, link));
static_assert(!offsetof(struct fi_shared, link));
static_assert(!offsetof(struct fi_inode, link));

/* Half of the memory is for waiters, the other half for all that is said about them. */
#define FI_WAITERS_SHARE	2

/* How much is copied in one go: 0.1 ms or so. */
#define FI_COPY_PIECE		SZ_256K

/* For so long, in ms, the kernel's worker may free what a failed allocation has got so far. */
#define FI_FREE_MS	20

/*
 * What __vmalloc() has got when it fails is freed by a worker in 7.1 and later, as
 * defer_vm_area_cleanup() says. Until then the reader's cgroup is at its limit, where its next
 * page fault may call the OOM killer.
 */
static void *allocate(size_t bytes)
{
	/* kmalloc() rounds up to a power of two, which doubles a large array at worst. */
	void *new = bytes <= PAGE_SIZE ? kmalloc(bytes, FI_GFP) : __vmalloc(bytes, FI_GFP);

	if (!new)
		msleep(FI_FREE_MS);
	return new;
}

/* Whether the snapshot may have @bytes more. */
static bool fits(const struct fi_snapshot *snap, size_t bytes)
{
	return bytes <= snap->limits.bytes - min(snap->bytes, snap->limits.bytes);
}

/**
 * fi_charge() - count memory that is not an array's
 * @snap: the snapshot
 * @bytes: how much
 *
 * Context: any.
 *
 * Return: whether the snapshot may have it.
 */
bool fi_charge(struct fi_snapshot *snap, size_t bytes)
{
	if (!fits(snap, bytes))
		return false;
	snap->bytes += bytes;
	return true;
}

/* An array may have hundreds of megabytes. */
static void copy_array(void *to, const void *from, size_t bytes)
{
	size_t done, len;

	for (done = 0; done < bytes; done += len) {
		len = min_t(size_t, bytes - done, FI_COPY_PIECE);
		memcpy(to + done, from + done, len);
		cond_resched();
	}
}

/**
 * fi_reserve() - make room in an array
 * @snap: the snapshot that the array belongs to
 * @array: address of the pointer to the array, which may move; free it with kvfree()
 * @nr: elements in use
 * @more: elements that there must be room for after them
 * @size: size of an element in bytes
 * @max: elements that there is room for; updated
 *
 * Context: process; may sleep.
 *
 * Return: 0; -ENOMEM; -ENOSPC if that is more memory than a snapshot may have. The array is
 * unchanged then.
 */
int fi_reserve(struct fi_snapshot *snap, void *array, size_t nr, size_t more, size_t size,
	       size_t *max)
{
	void **old = array;
	size_t want = nr + more;
	void *new;

	if (want <= *max)
		return 0;
	if (fits(snap, max(want, *max * 2) * size))
		want = max(want, *max * 2);
	if (!fits(snap, want * size))
		return -ENOSPC;
	/* Indices have 32 bits. */
	if (want > INT_MAX)
		return -ENOSPC;
	new = allocate(want * size);
	if (!new)
		return -ENOMEM;
	copy_array(new, *old, nr * size);
	kvfree(*old);
	snap->bytes += (want - *max) * size;
	*old = new;
	*max = want;
	return 0;
}

/*
 * Give the index of @nr records of @size bytes at least @want chains. Return as fi_reserve()
 * does.
 */
static int reserve_chains(struct fi_snapshot *snap, struct fi_index *index, void *records,
			  size_t nr, size_t size, size_t want)
{
	struct fi_index new = { };
	size_t i;
	int err;

	if (want <= index->nr)
		return 0;
	err = fi_reserve(snap, &new.heads, 0, roundup_pow_of_two(want), sizeof(*new.heads),
			 &new.nr);
	if (err)
		return err;
	memset(new.heads, 0, new.nr * sizeof(*new.heads));
	for (i = 0; i < nr; i++) {
		struct fi_link *link = records + i * size;

		fi_index_add(&new, link, link->hash, i);
		if (i % FI_WALK_BATCH == 0)
			cond_resched();
	}
	kvfree(index->heads);
	snap->bytes -= index->nr * sizeof(*index->heads);
	*index = new;
	return 0;
}

/**
 * fi_reserve_indexed() - make room in an array of records and in its index
 * @snap: the snapshot
 * @array: address of the pointer to the array, as for fi_reserve()
 * @nr: records in use; they begin with their struct fi_link
 * @more: records that there must be room for after them
 * @size: size of a record in bytes
 * @max: records that there is room for; updated
 * @index: the index
 *
 * The index comes first: a record that there is room for can always be added to it.
 *
 * Context: process; may sleep.
 *
 * Return: as fi_reserve() does.
 */
int fi_reserve_indexed(struct fi_snapshot *snap, void *array, size_t nr, size_t more, size_t size,
		       size_t *max, struct fi_index *index)
{
	void **records = array;

	return reserve_chains(snap, index, *records, nr, size, nr + more) ?:
		fi_reserve(snap, array, nr, more, size, max);
}

/**
 * fi_reserve_mms() - make room for more mms
 * @snap: the snapshot
 * @nr: how many
 *
 * Context: process; may sleep.
 *
 * Return: 0; -ENOMEM; -ENOSPC as for fi_reserve().
 */
int fi_reserve_mms(struct fi_snapshot *snap, size_t nr)
{
	return fi_reserve_indexed(snap, &snap->mms, snap->nr_mms, nr, sizeof(*snap->mms),
				  &snap->max_mms, &snap->mms_by_address);
}

/* How many waiters a snapshot may have, by the memory that it may take. */
static size_t most_waiters(const struct fi_snapshot *snap)
{
	return snap->limits.bytes / FI_WAITERS_SHARE / sizeof(*snap->waiters);
}

/**
 * fi_is_full() - whether there may be no more waiters
 * @snap: the snapshot, which is full from then on if so
 *
 * Context: any.
 */
bool fi_is_full(struct fi_snapshot *snap)
{
	if (snap->nr_waiters + FI_WALK_BATCH > most_waiters(snap))
		snap->full = true;
	return snap->full;
}

/**
 * fi_reserve_waiters() - make room for more waiters, and for as many mms up to FI_WALK_BATCH
 * @snap: the snapshot; it is full from then on if there may be no more
 * @nr: how many waiters
 *
 * Context: process; may sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int fi_reserve_waiters(struct fi_snapshot *snap, size_t nr)
{
	int err;

	if (fi_is_full(snap))
		return 0;
	err = fi_reserve(snap, &snap->waiters, snap->nr_waiters,
			 min(nr, most_waiters(snap) - snap->nr_waiters), sizeof(*snap->waiters),
			 &snap->max_waiters);
	if (!err)
		err = fi_reserve_mms(snap, min_t(size_t, nr, FI_WALK_BATCH));
	if (err != -ENOSPC)
		return err;
	snap->full = true;
	return 0;
}

/**
 * fi_leave_out() - say that queue entries are left out
 * @snap: the snapshot
 * @mm: id of their mm, or 0
 * @nr: about how many
 *
 * Context: any.
 */
void fi_leave_out(struct fi_snapshot *snap, unsigned int mm, size_t nr)
{
	if (!mm) {
		snap->left_out += nr;
		return;
	}
	snap->mms[mm - 1].left_out += nr;
	snap->mms[mm - 1].incomplete = true;
}

/**
 * fi_look_up_mm() - find the record of an mm by its address
 * @snap: the snapshot
 * @mm: address of the mm, which is only compared
 *
 * Context: any.
 *
 * Return: the id of the mm; 0 if the snapshot has no record of it.
 */
unsigned int fi_look_up_mm(struct fi_snapshot *snap, const struct mm_struct *mm)
{
	unsigned int id = fi_index_first(&snap->mms_by_address, fi_hash_address(mm));

	while (id && snap->mms[id - 1].mm != mm)
		id = snap->mms[id - 1].link.next;
	snap->recent_mm = id;
	return id;
}

/**
 * fi_add_mm() - add a record of an mm, unless there is one
 * @snap: the snapshot; fi_reserve_mms() must have made room
 * @mm: the mm; the snapshot pins it by mmgrab()
 *
 * Context: any; does not sleep.
 *
 * Return: the id of the mm; 0 if there is no room.
 */
unsigned int fi_add_mm(struct fi_snapshot *snap, struct mm_struct *mm)
{
	unsigned int id = fi_find_mm(snap, mm);
	struct fi_mm *record;

	if (id || snap->nr_mms == snap->max_mms)
		return id;
	mmgrab(mm);
	record = &snap->mms[snap->nr_mms];
	memset(record, 0, sizeof(*record));
	record->mm = mm;
	fi_index_add(&snap->mms_by_address, &record->link, fi_hash_address(mm), snap->nr_mms);
	return ++snap->nr_mms;
}

/**
 * fi_add_mm_of() - add a record of the mm of a thread that may exit at any time
 * @snap: the snapshot, as for fi_add_mm()
 * @task: the thread; the caller holds a reference, or RCU
 *
 * Context: any but hard interrupts.
 *
 * Return: the id of the mm; 0 if the thread has none any more, or there is no room.
 */
unsigned int fi_add_mm_of(struct fi_snapshot *snap, struct task_struct *task)
{
	unsigned int id = 0;

	task_lock(task);
	if (task->mm)
		id = fi_add_mm(snap, task->mm);
	task_unlock(task);
	return id;
}

/**
 * fi_drop_waiters() - remove the last waiters of a snapshot
 * @snap: the snapshot
 * @nr: how many waiters stay
 *
 * Context: process; may sleep.
 */
void fi_drop_waiters(struct fi_snapshot *snap, size_t nr)
{
	while (snap->nr_waiters > nr) {
		const struct fi_waiter *waiter = &snap->waiters[--snap->nr_waiters];

		if (waiter->mm)
			snap->mms[waiter->mm - 1].nr_waiters--;
		put_task_struct(waiter->task);
		if (snap->nr_waiters % FI_WALK_BATCH == 0)
			cond_resched();
	}
}

/*
 * Cut an array to the elements in use, if that frees more than it copies, and there is memory to
 * do so.
 */
static void trim(struct fi_snapshot *snap, void *array, size_t nr, size_t size, size_t *max)
{
	void **old = array;
	void *new;

	if (*max - nr <= nr || !fits(snap, nr * size))
		return;
	new = nr ? allocate(nr * size) : NULL;
	if (nr && !new)
		return;
	copy_array(new, *old, nr * size);
	kvfree(*old);
	snap->bytes -= (*max - nr) * size;
	*old = new;
	*max = nr;
}

static void free_index(struct fi_index *index)
{
	kvfree(index->heads);
	*index = (struct fi_index){ };
}

/**
 * fi_snapshot_trim() - free what a complete snapshot has no more use for
 * @snap: the snapshot, to which nothing is added any more; a file that stays open holds the rest
 *
 * Context: process; may sleep.
 */
void fi_snapshot_trim(struct fi_snapshot *snap)
{
	free_index(&snap->mms_by_address);
	free_index(&snap->processes_by_signal);
	free_index(&snap->shared_by_key);
	free_index(&snap->inodes_by_seq);
	trim(snap, &snap->edges, 0, sizeof(*snap->edges), &snap->max_edges);
	trim(snap, &snap->waiters, snap->nr_waiters, sizeof(*snap->waiters), &snap->max_waiters);
	trim(snap, &snap->mms, snap->nr_mms, sizeof(*snap->mms), &snap->max_mms);
	trim(snap, &snap->words, snap->nr_words, sizeof(*snap->words), &snap->max_words);
	trim(snap, &snap->processes, snap->nr_processes, sizeof(*snap->processes),
	     &snap->max_processes);
	trim(snap, &snap->threads, snap->nr_threads, sizeof(*snap->threads), &snap->max_threads);
	trim(snap, &snap->sleeps, snap->nr_sleeps, sizeof(*snap->sleeps), &snap->max_sleeps);
	trim(snap, &snap->shared, snap->nr_shared, sizeof(*snap->shared), &snap->max_shared);
	trim(snap, &snap->inodes, snap->nr_inodes, sizeof(*snap->inodes), &snap->max_inodes);
	trim(snap, &snap->maps, snap->nr_maps, sizeof(*snap->maps), &snap->max_maps);
}

/**
 * fi_snapshot_free() - free a snapshot
 * @snap: from fi_snapshot_take()
 *
 * Context: process; may sleep.
 */
void fi_snapshot_free(struct fi_snapshot *snap)
{
	size_t i;

	for (i = 0; i < snap->nr_processes; i++) {
		kfree(snap->processes[i].cgroup);
		if (i % FI_WALK_BATCH == 0)
			cond_resched();
	}
	free_index(&snap->mms_by_address);
	free_index(&snap->processes_by_signal);
	free_index(&snap->shared_by_key);
	free_index(&snap->inodes_by_seq);
	kvfree(snap->waiters);
	kvfree(snap->mms);
	kvfree(snap->processes);
	kvfree(snap->words);
	kvfree(snap->shared);
	kvfree(snap->inodes);
	kvfree(snap->edges);
	kvfree(snap->maps);
	kvfree(snap->threads);
	kvfree(snap->sleeps);
	kvfree(snap);
}
