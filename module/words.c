// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the futex words, and those around them, out of the waiters' memory,
 * without faulting a page in and without waiting for the process: a page that
 * is not resident, or a mapping that is being changed, reads as unknown.
 */
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include "shared.h"
#include "snapshot.h"
#include "words.h"

static struct workqueue_struct *words_wq;

struct words_work {
	struct work_struct work;
	struct fi_snapshot *snap;
};

/**
 * fi_words_init() - make what fi_read_words() needs
 *
 * Return: 0 or -ENOMEM.
 */
int __init fi_words_init(void)
{
	words_wq = alloc_workqueue("futexinspect", WQ_UNBOUND, 0);
	return words_wq ? 0 : -ENOMEM;
}

/**
 * fi_words_exit() - undo fi_words_init()
 */
void fi_words_exit(void)
{
	destroy_workqueue(words_wq);
}

/*
 * Lock the mappings, and find the one that @addr is in. Device memory is left alone,
 * where a read may have an effect; the lock keeps it from being mapped there meanwhile.
 * Return NULL, without the lock, if it cannot be had at once or there is none.
 */
static struct vm_area_struct *lock_mapping(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma;

	if (!mmap_read_trylock(mm))
		return NULL;
	vma = find_vma(mm, addr);
	if (vma && vma->vm_start <= addr && !(vma->vm_flags & (VM_IO | VM_PFNMAP)))
		return vma;
	mmap_read_unlock(mm);
	return NULL;
}

static void read_words(struct mm_struct *mm, struct fi_waiter *waiter)
{
	struct vm_area_struct *vma;
	unsigned long addr;
	int i;

	if (!waiter->waits_on && !waiter->call.uaddr_known)
		return;
	addr = untagged_addr(waiter->waits_on ?: waiter->call.uaddr);
	vma = lock_mapping(mm, addr);
	if (!vma)
		return;
	/* Where the key does not hold the address, the mapping may tell it. */
	if (!waiter->waits_on)
		waiter->waits_on = fi_shared_address(waiter, vma);
	/* get_user() then fails where it would fault: faulthandler_disabled() */
	pagefault_disable();
	for (i = 0; i < FI_WORDS && waiter->waits_on; i++) {
		unsigned long at = addr + (i - FI_WORDS_BEFORE) * sizeof(u32);

		if (at >= vma->vm_start && at < vma->vm_end &&
		    !get_user(waiter->words[i], (u32 __user *)at))
			waiter->words_read |= BIT(i);
	}
	pagefault_enable();
	mmap_read_unlock(mm);
}

/* Read a timespec. Return false if it is not to be had without a fault. */
static bool get_timespec(unsigned long addr, bool time32, s64 *sec, s64 *nsec)
{
	s32 sec32, nsec32;
	bool got;

	pagefault_disable();
	if (time32) {
		got = !get_user(sec32, (s32 __user *)addr) &&
		      !get_user(nsec32, (s32 __user *)addr + 1);
		if (got) {
			*sec = sec32;
			*nsec = nsec32;
		}
	} else {
		got = !get_user(*sec, (s64 __user *)addr) &&
		      !get_user(*nsec, (s64 __user *)addr + 1);
	}
	pagefault_enable();
	return got;
}

/* The time that a waiter gave, a timespec in its memory, in nanoseconds. */
static void read_timeout(struct mm_struct *mm, struct fi_waiter *waiter)
{
	unsigned long addr = untagged_addr(waiter->call.timeout_addr);
	s64 sec, nsec;
	bool got;

	if (!addr || !lock_mapping(mm, addr))
		return;
	got = get_timespec(addr, waiter->call.time32, &sec, &nsec);
	mmap_read_unlock(mm);
	/* The bounds are those of timespec64_valid(): else it has been overwritten. */
	if (!got || sec < 0 || sec > KTIME_SEC_MAX || nsec < 0 || nsec >= NSEC_PER_SEC)
		return;
	waiter->call.timeout_ns = sec * NSEC_PER_SEC + nsec;
	waiter->call.timeout_known = true;
}

static void read_space(struct fi_snapshot *snap, struct fi_space *space)
{
	struct fi_waiter *waiter;
	size_t i;

	if (!space->waiters || !mmget_not_zero(space->mm))
		return;
	kthread_use_mm(space->mm);
	for (i = space->waiters; i; i = waiter->next_in_space) {
		waiter = &snap->waiters[i - 1];
		read_words(space->mm, waiter);
		read_timeout(space->mm, waiter);
		cond_resched();
	}
	kthread_unuse_mm(space->mm);
	/* It may be the last user by now: taking it all down is not for the reader. */
	mmput_async(space->mm);
}

static void words_fn(struct work_struct *work)
{
	struct fi_snapshot *snap = container_of(work, struct words_work, work)->snap;
	size_t i;

	for (i = 0; i < snap->nr_spaces; i++)
		read_space(snap, &snap->spaces[i]);
}

/**
 * fi_read_words() - fill in the words of all waiters, as far as can be read
 * @snap: its waiters must be linked into their spaces
 *
 * Only a kernel thread may borrow another's address space
 * (kthread_use_mm()), so a worker does it.
 *
 * Context: process; sleeps until the worker is done.
 */
void fi_read_words(struct fi_snapshot *snap)
{
	struct words_work words = { .snap = snap };

	INIT_WORK_ONSTACK(&words.work, words_fn);
	queue_work(words_wq, &words.work);
	flush_work(&words.work);
	destroy_work_on_stack(&words.work);
}
