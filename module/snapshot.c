// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory of a snapshot's records, and the lookups between records.
 */
#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "snapshot.h"

/**
 * fi_reserve() - make room in an array
 * @array: address of the pointer to the array, which may move; free it with kvfree()
 * @nr: elements in use
 * @more: elements that there must be room for after them
 * @size: size of an element in bytes
 * @max: elements that there is room for; updated
 *
 * Context: process; may sleep.
 *
 * Return: 0; -ENOMEM, with the array unchanged.
 */
int fi_reserve(void *array, size_t nr, size_t more, size_t size, size_t *max)
{
	void **old = array;
	size_t want = nr + more;
	void *new;

	if (want <= *max)
		return 0;
	want = max(want, *max * 2);
	if (want > INT_MAX / size)
		return -ENOMEM;
	/* kmalloc() rounds up to a power of two, which doubles a large array at worst. */
	if (want * size <= PAGE_SIZE)
		new = kmalloc(want * size, FI_GFP);
	else
		new = __vmalloc(want * size, FI_GFP);
	if (!new)
		return -ENOMEM;
	if (nr)
		memcpy(new, *old, nr * size);
	kvfree(*old);
	*old = new;
	*max = want;
	return 0;
}

/**
 * fi_reserve_mms() - make room for more mms
 * @snap: the snapshot
 * @nr: how many
 *
 * Context: process; may sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int fi_reserve_mms(struct fi_snapshot *snap, size_t nr)
{
	return fi_reserve(&snap->mms, snap->nr_mms, nr, sizeof(*snap->mms), &snap->max_mms);
}

/**
 * fi_reserve_waiters() - make room for more waiters, and for some mms
 * @snap: the snapshot
 * @nr: how many waiters
 *
 * Context: process; may sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int fi_reserve_waiters(struct fi_snapshot *snap, size_t nr)
{
	int err = fi_reserve(&snap->waiters, snap->nr_waiters, nr, sizeof(*snap->waiters),
			     &snap->max_waiters);

	return err ?: fi_reserve_mms(snap, 16);
}

/**
 * fi_find_mm() - find the record of an mm
 * @snap: the snapshot
 * @mm: address of the mm, which is only compared
 *
 * Return: the id of the mm; 0 if the snapshot has no record of it.
 */
unsigned int fi_find_mm(struct fi_snapshot *snap, const struct mm_struct *mm)
{
	unsigned int id = snap->recent_mm;

	/* Threads of one process mostly follow each other. */
	if (id && snap->mms[id - 1].mm == mm)
		return id;
	id = snap->mms_by_hash[hash_ptr(mm, FI_HASH_BITS)];
	while (id && snap->mms[id - 1].mm != mm)
		id = snap->mms[id - 1].next;
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
	unsigned int *hash = &snap->mms_by_hash[hash_ptr(mm, FI_HASH_BITS)];
	unsigned int id = fi_find_mm(snap, mm);
	struct fi_mm *record;

	if (id || snap->nr_mms == snap->max_mms)
		return id;
	mmgrab(mm);
	record = &snap->mms[snap->nr_mms++];
	memset(record, 0, sizeof(*record));
	record->mm = mm;
	record->next = *hash;
	*hash = snap->nr_mms;
	return snap->nr_mms;
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
	while (snap->nr_waiters > nr)
		put_task_struct(snap->waiters[--snap->nr_waiters].task);
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

	for (i = 0; i < snap->nr_processes; i++)
		kfree(snap->processes[i].cgroup);
	kvfree(snap->waiters);
	kvfree(snap->mms);
	kvfree(snap->processes);
	kvfree(snap->words);
	kvfree(snap->shared);
	kvfree(snap->maps);
	kvfree(snap->threads);
	kvfree(snap);
}
