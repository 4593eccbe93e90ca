// SPDX-License-Identifier: GPL-2.0-only
/*
 * One look at all futex waiters of the host. First the queue entries are copied
 * under the bucket locks, then, without them, what can be looked up at leisure;
 * last, each thread is checked for having run meanwhile.
 */
#include <linux/hash.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/pid_namespace.h>
#include <linux/sched/clock.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "private_hash.h"
#include "shared.h"
#include "snapshot.h"
#include "queue.h"
#include "walk.h"
#include "words.h"

/**
 * fi_reserve() - make room in an array
 * @array: address of the pointer to its memory, which may move, and is for kvfree()
 * @nr: elements in use
 * @more: elements there must be room for after them
 * @size: size of an element in bytes
 * @max: elements there is room for
 *
 * Context: process; may sleep.
 *
 * Return: 0 or -ENOMEM, with the array as it was.
 */
int fi_reserve(void *array, size_t nr, size_t more, size_t size, size_t *max)
{
	void **old = array;
	size_t want = nr + more;
	void *new;

	if (want <= *max)
		return 0;
	want = max(want, *max * 2);
	/* An array of several pages from kmalloc() is up to twice as large as need be. */
	if (want > INT_MAX / size)
		return -ENOMEM;
	if (want * size <= PAGE_SIZE)
		new = kmalloc(want * size, GFP_KERNEL_ACCOUNT);
	else
		new = __vmalloc(want * size, GFP_KERNEL_ACCOUNT);
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
 * fi_find_space() - the address space of a snapshot that is a given mm
 * @snap: the snapshot
 * @mm: address of the mm; only compared
 *
 * Return: the id of the address space, or 0 if no waiter lives in @mm.
 */
unsigned int fi_find_space(struct fi_snapshot *snap, const struct mm_struct *mm)
{
	unsigned int id = snap->recent_space;

	/* Threads of one process mostly come one after the other. */
	if (id && snap->spaces[id - 1].mm == mm)
		return id;
	id = snap->spaces_by_mm[hash_ptr(mm, FI_HASH_BITS)];
	while (id && snap->spaces[id - 1].mm != mm)
		id = snap->spaces[id - 1].next;
	snap->recent_space = id;
	return id;
}

/**
 * fi_add_space() - note an address space
 * @snap: the snapshot; fi_reserve() must have made room for one more
 * @mm: which; it is pinned by mmgrab()
 *
 * Context: any; does not sleep.
 *
 * Return: the id that it has, also if it was there already; 0 if there is no room.
 */
unsigned int fi_add_space(struct fi_snapshot *snap, struct mm_struct *mm)
{
	unsigned int *hash = &snap->spaces_by_mm[hash_ptr(mm, FI_HASH_BITS)];
	unsigned int id = fi_find_space(snap, mm);
	struct fi_space *space;

	if (id || snap->nr_spaces == snap->max_spaces)
		return id;
	mmgrab(mm);
	space = &snap->spaces[snap->nr_spaces++];
	memset(space, 0, sizeof(*space));
	space->mm = mm;
	space->next = *hash;
	*hash = snap->nr_spaces;
	return snap->nr_spaces;
}

/* The address of the word, where the key has it: not in an inode's key. */
static unsigned long key_address(const union futex_key *key)
{
	if (key->both.offset & FUT_OFF_INODE)
		return 0;
	return key->private.address + (key->private.offset & ~3U);
}

/**
 * fi_add_space_of() - note the address space of a thread that may exit at any time
 * @snap: the snapshot; as for fi_add_space()
 * @task: the thread; the caller holds a reference, or RCU
 *
 * Context: any but hard interrupts.
 *
 * Return: as fi_add_space(); 0 if it has none any more.
 */
unsigned int fi_add_space_of(struct fi_snapshot *snap, struct task_struct *task)
{
	unsigned int id = 0;

	task_lock(task);
	if (task->mm)
		id = fi_add_space(snap, task->mm);
	task_unlock(task);
	return id;
}

/**
 * fi_describe_waiter() - work out what a waiter waits for, from what was copied of it
 * @snap: the snapshot
 * @waiter: the waiter
 *
 * Context: any.
 */
void fi_describe_waiter(struct fi_snapshot *snap, struct fi_waiter *waiter)
{
	const union futex_key *key = waiter->queued == FI_QUEUED ? &waiter->key : NULL;

	fi_call_decode(&waiter->call, key);
	waiter->waits_on = key ? key_address(key) : waiter->call.uaddr;
}

/**
 * fi_link_waiter() - put a waiter into the list of its address space
 * @snap: the snapshot
 * @i: index of the waiter, which stays there
 *
 * Context: any.
 */
void fi_link_waiter(struct fi_snapshot *snap, size_t i)
{
	struct fi_waiter *waiter = &snap->waiters[i];
	struct fi_space *space;

	if (!waiter->space)
		return;
	space = &snap->spaces[waiter->space - 1];
	waiter->next_in_space = space->waiters;
	space->waiters = i + 1;
	space->nr_waiters++;
}

/* Describe all waiters, but for those that the reader cannot name: they are counted. */
static int describe_waiters(struct fi_snapshot *snap)
{
	size_t kept = 0;
	size_t i;
	int err;

	for (i = 0; i < snap->nr_waiters; i++) {
		struct fi_waiter *waiter = &snap->waiters[i];

		if (!waiter->tid) {
			snap->hidden++;
			continue;
		}
		if (waiter->is_request) {
			err = fi_reserve_waiters(snap, 0);
			if (err)
				return err;
			waiter->space = fi_add_space_of(snap, waiter->task);
		}
		fi_describe_waiter(snap, waiter);
		if (kept != i)
			swap(snap->waiters[kept], *waiter);
		fi_link_waiter(snap, kept++);
	}
	fi_drop_waiters(snap, kept);
	return 0;
}

/*
 * A thread that was seen in the queue, sleeps now, and was not switched to or
 * from in between, slept all the time.
 */
static void check_waiter(struct fi_waiter *waiter, u64 now)
{
	struct task_struct *task = waiter->task;
	u64 arrival = READ_ONCE(task->sched_info.last_arrival);

	if (waiter->is_request || !arrival)
		waiter->asleep_ns = FI_TIME_UNKNOWN;
	else /* clocks of two CPUs may differ by a little */
		waiter->asleep_ns = now > arrival ? now - arrival : 0;
	/* One that is about to sleep is switched, and counted, only when it has left its CPU. */
	waiter->stable = !READ_ONCE(task->on_cpu) && task_state_to_char(task) != 'R' &&
			 fi_switches(task) == waiter->switches;
}

/* Check all waiters, leave out what turned out to be none, and give the threads back. */
static void finish_waiters(struct fi_snapshot *snap)
{
	size_t kept = 0;
	u64 now = 0;
	size_t i;

	for (i = 0; i < snap->nr_waiters; i++) {
		struct fi_waiter *waiter = &snap->waiters[i];

		if (i % FI_BATCH == 0) {
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

static int take(struct fi_snapshot *snap)
{
	int err;

	err = fi_collect_private_waiters(snap);
	if (!err)
		err = fi_collect_waiters(snap);
	if (!err)
		err = describe_waiters(snap);
	if (!err)
		err = fi_resolve_shared(snap);
	if (!err)
		err = fi_collect_threads(snap);
	if (!err)
		err = fi_read_words(snap);
	if (!err)
		finish_waiters(snap);
	return err;
}

/* Give back all that belongs to the kernel; the records stay. */
static void release_references(struct fi_snapshot *snap)
{
	size_t i;

	for (i = 0; i < snap->nr_waiters && snap->waiters[i].task; i++)
		put_task_struct(snap->waiters[i].task);
	for (i = 0; i < snap->nr_spaces; i++)
		mmdrop(snap->spaces[i].mm);
	put_pid_ns(snap->ns);
}

/**
 * fi_snapshot_take() - look at all futex waiters of the host
 *
 * Pids are those of the caller's pid namespace.  Context: process; may sleep;
 * any number at the same time.
 *
 * Return: the snapshot, which holds no reference to anything and is the
 * caller's to free; ERR_PTR(-ENOMEM); ERR_PTR(-EINTR) if a signal is pending.
 */
struct fi_snapshot *fi_snapshot_take(void)
{
	struct fi_snapshot *snap = kvzalloc(sizeof(*snap), GFP_KERNEL_ACCOUNT);
	int err;

	if (!snap)
		return ERR_PTR(-ENOMEM);
	snap->ns = get_pid_ns(task_active_pid_ns(current));
	snap->start_ns = ktime_get_boottime_ns();
	err = take(snap);
	snap->end_ns = ktime_get_boottime_ns();
	release_references(snap);
	if (err) {
		fi_snapshot_free(snap);
		return ERR_PTR(err);
	}
	return snap;
}

/**
 * fi_snapshot_free() - free a snapshot
 * @snap: from fi_snapshot_take()
 */
void fi_snapshot_free(struct fi_snapshot *snap)
{
	size_t i;

	for (i = 0; i < snap->nr_processes; i++)
		kfree(snap->processes[i].cgroup);
	kvfree(snap->waiters);
	kvfree(snap->spaces);
	kvfree(snap->processes);
	kvfree(snap->words);
	kvfree(snap->shared);
	kvfree(snap->maps);
	kvfree(snap->threads);
	kvfree(snap);
}
