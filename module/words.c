// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the futex words, and those around them, out of the waiters' memory,
 * without faulting a page in and without waiting for the process: a page that
 * is not resident, or a mapping that is being changed, reads as unknown.
 */
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

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
 * Whether the word at @addr, in @vma, has the shared key @key: the rules are
 * those of get_futex_key(). The index is in small pages, also for hugetlb.
 */
static bool has_inode_key(const struct vm_area_struct *vma, unsigned long addr,
			  const union futex_key *key)
{
	unsigned long index = ((addr - vma->vm_start) >> PAGE_SHIFT) + vma->vm_pgoff;

	return vma->vm_file &&
	       atomic64_read(&file_inode(vma->vm_file)->i_sequence) == key->shared.i_seq &&
	       index == key->shared.pgoff &&
	       offset_in_page(addr) == (key->shared.offset & ~3U);
}

/*
 * Find out what may be read around the waiter's word: [@start, @end) of its
 * mapping. Device memory is left alone, where a read may have an effect.
 */
static bool find_window(struct mm_struct *mm, struct fi_waiter *waiter,
			unsigned long *start, unsigned long *end)
{
	struct vm_area_struct *vma;
	unsigned long addr;
	bool found = false;

	if (!waiter->waits_on && !waiter->call.uaddr_known)
		return false;
	addr = untagged_addr(waiter->waits_on ?: waiter->call.uaddr);
	if (!mmap_read_trylock(mm))
		return false;
	vma = find_vma(mm, addr);
	if (!vma || vma->vm_start > addr || vma->vm_flags & (VM_IO | VM_PFNMAP))
		goto out;
	if (!waiter->waits_on) {
		if (!has_inode_key(vma, addr, &waiter->key))
			goto out;
		waiter->waits_on = waiter->call.uaddr;
	}
	*start = vma->vm_start;
	*end = vma->vm_end;
	found = true;
out:
	mmap_read_unlock(mm);
	return found;
}

static void read_words(struct mm_struct *mm, struct fi_waiter *waiter)
{
	unsigned long start, end, addr;
	int i;

	if (!find_window(mm, waiter, &start, &end))
		return;
	/* get_user() then fails where it would fault: faulthandler_disabled() */
	pagefault_disable();
	for (i = 0; i < FI_WORDS; i++) {
		addr = untagged_addr(waiter->waits_on) + (i - FI_WORDS_BEFORE) * sizeof(u32);
		if (addr >= start && addr < end &&
		    !get_user(waiter->words[i], (u32 __user *)addr))
			waiter->words_read |= BIT(i);
	}
	pagefault_enable();
}

static void read_space(struct fi_snapshot *snap, struct fi_space *space)
{
	struct fi_waiter *waiter;
	size_t i;

	if (!mmget_not_zero(space->mm))
		return;
	kthread_use_mm(space->mm);
	for (i = space->waiters; i; i = waiter->next_in_space) {
		waiter = &snap->waiters[i - 1];
		read_words(space->mm, waiter);
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
