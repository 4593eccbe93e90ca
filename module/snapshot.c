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
#include <linux/slab.h>
#include <linux/string.h>

#include "private_hash.h"
#include "shared.h"
#include "snapshot.h"
#include "stopped.h"
#include "waiters.h"
#include "words.h"

/**
 * fi_reserve() - make room in an array
 * @array: address of the pointer to its kvmalloc() memory, which may move
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
	/* kvmalloc() warns of more. */
	if (want > INT_MAX / size)
		return -ENOMEM;
	new = kvmalloc_array(want, size, GFP_KERNEL_ACCOUNT);
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
unsigned int fi_find_space(const struct fi_snapshot *snap, const struct mm_struct *mm)
{
	unsigned int id = snap->spaces_by_mm[hash_ptr(mm, FI_HASH_BITS)];

	while (id && snap->spaces[id - 1].mm != mm)
		id = snap->spaces[id - 1].next;
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

/* Make the address spaces of the waiters, and list each one's waiters. */
static int group_by_space(struct fi_snapshot *snap)
{
	size_t i;

	/* From the last to the first, so that the lists come out in order. */
	for (i = snap->nr_waiters; i; i--) {
		struct fi_waiter *waiter = &snap->waiters[i - 1];
		struct fi_space *space;

		if (!waiter->mm)
			continue;
		if (fi_reserve(&snap->spaces, snap->nr_spaces, 1, sizeof(*snap->spaces),
			       &snap->max_spaces))
			return -ENOMEM;
		waiter->space = fi_add_space(snap, waiter->mm);
		space = &snap->spaces[waiter->space - 1];
		waiter->next_in_space = space->waiters;
		space->waiters = i;
	}
	return 0;
}

/* The address of the word, where the key has it: not in an inode's key. */
static unsigned long key_address(const union futex_key *key)
{
	if (key->both.offset & FUT_OFF_INODE)
		return 0;
	return key->private.address + (key->private.offset & ~3U);
}

/* What can be known of a waiter without its bucket's lock. */
static void describe_waiter(struct fi_snapshot *snap, struct fi_waiter *waiter)
{
	struct task_struct *task = waiter->task;
	const union futex_key *key = waiter->queued == FI_QUEUED ? &waiter->key : NULL;

	if (waiter->is_request)
		waiter->mm = fi_pin_mm(task);
	fi_call_decode(&waiter->call, key);
	waiter->waits_on = key ? key_address(key) : waiter->call.uaddr;
	waiter->tid = task_pid_nr_ns(task, snap->ns);
	waiter->tgid = task_tgid_nr_ns(task, snap->ns);
	strscpy(waiter->comm, task->comm, sizeof(waiter->comm));
}

/*
 * Describe all waiters, and drop those that the reader cannot name: who has
 * exited by now waits no more, the others count as hidden.
 */
static void describe_waiters(struct fi_snapshot *snap)
{
	size_t kept = 0;
	size_t i;

	for (i = 0; i < snap->nr_waiters; i++) {
		struct fi_waiter *waiter = &snap->waiters[i];

		describe_waiter(snap, waiter);
		if (waiter->tid) {
			swap(snap->waiters[kept], *waiter);
			kept++;
		} else if (pid_alive(waiter->task) || waiter->is_request) {
			snap->hidden++;
		}
	}
	fi_drop_waiters(snap, kept);
}

/*
 * A thread that was seen in the queue, sleeps now, and was not switched to or
 * from in between, slept all the time.
 */
static void check_waiter(struct fi_waiter *waiter)
{
	struct task_struct *task = waiter->task;
	u64 now = local_clock();
	u64 arrival = READ_ONCE(task->sched_info.last_arrival);

	if (waiter->is_request) {
		waiter->asleep_ns = FI_TIME_UNKNOWN;
		return;
	}
	if (!arrival)
		waiter->asleep_ns = FI_TIME_UNKNOWN;
	else /* clocks of two CPUs may differ by a little */
		waiter->asleep_ns = now > arrival ? now - arrival : 0;
	/* One that is about to sleep is switched, and counted, only when it has left its CPU. */
	waiter->stable = task_state_to_char(task) != 'R' && !READ_ONCE(task->on_cpu) &&
			 fi_switches(task) == waiter->switches;
}

static int take(struct fi_snapshot *snap)
{
	size_t i;
	int err;

	err = fi_collect_private_waiters(snap);
	if (!err)
		err = fi_collect_waiters(snap);
	if (!err)
		err = fi_collect_stopped_waiters(snap);
	if (err)
		return err;
	describe_waiters(snap);
	err = group_by_space(snap);
	if (!err)
		err = fi_resolve_shared(snap);
	if (err)
		return err;
	err = fi_collect_threads(snap);
	if (err)
		return err;
	fi_read_words(snap);
	for (i = 0; i < snap->nr_waiters; i++)
		check_waiter(&snap->waiters[i]);
	return 0;
}

/* Give back all that belongs to the kernel; the records stay. */
static void release_references(struct fi_snapshot *snap)
{
	size_t i;

	for (i = 0; i < snap->nr_waiters; i++)
		fi_put_waiter(&snap->waiters[i]);
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
	kvfree(snap->shared);
	kvfree(snap->maps);
	kvfree(snap->threads);
	kvfree(snap);
}
