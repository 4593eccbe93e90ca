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

#include "resident.h"
#include "shared.h"
#include "snapshot.h"
#include "syscall_abi.h"
#include "words.h"

static struct workqueue_struct *words_wq;

struct words_work {
	struct work_struct work;
	struct fi_snapshot *snap;
	int err;
};

/* How many waiters are read while the mappings are locked. */
#define BATCH	64

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
 * The mapping that @addr is in, which most often is that of the waiter before, @last;
 * NULL if there is none, or it is of device memory, where a read may have an effect.
 * The mappings are locked, so that it is not mapped there meanwhile.
 */
static struct vm_area_struct *find_mapping(struct mm_struct *mm, struct vm_area_struct *last,
					   unsigned long addr)
{
	struct vm_area_struct *vma = last;

	if (!vma || addr < vma->vm_start || addr >= vma->vm_end)
		vma = find_vma(mm, addr);
	if (!vma || addr < vma->vm_start || vma->vm_flags & (VM_IO | VM_PFNMAP))
		return NULL;
	return vma;
}

/*
 * Read up to @nr words from @from on, or down from there if @step is -1, as far as that
 * goes without a fault: faulthandler_disabled() makes unsafe_get_user() fail there.
 * Return how many.
 */
static __always_inline unsigned int read_run(u32 *words, unsigned long from, unsigned int nr,
					     int step)
{
	const u32 __user *pos = (const u32 __user *)from;
	unsigned int i = 0;

	if (!nr || !user_access_begin(pos, sizeof(*pos)))
		return 0;
	for (; i < nr; i++)
		unsafe_get_user(words[step * (int)i], pos + step * (int)i, fault);
fault:
	user_access_end();
	return i;
}

/* Keep the words from @first on of those that were read around a futex. */
static void keep_words(struct fi_snapshot *snap, struct fi_waiter *waiter, const u32 *words,
		       unsigned int first, unsigned int nr)
{
	unsigned int i;

	waiter->words_read = GENMASK(first + nr - 1, first);
	waiter->first_word = snap->nr_words;
	for (i = first; i < first + nr; i++) {
		if (!words[i])
			continue;
		waiter->words_set |= BIT(i);
		snap->words[snap->nr_words++] = words[i];
	}
}

/* The same from the page alone, which is there though get_user() would fault. */
static void read_page(struct fi_snapshot *snap, struct fi_waiter *waiter,
		      struct vm_area_struct *vma, unsigned long addr)
{
	unsigned int at = offset_in_page(addr) / sizeof(u32);
	unsigned int before = min_t(unsigned int, FI_WORDS_BEFORE, at);
	unsigned int from = min_t(unsigned int, FI_WORDS - FI_WORDS_BEFORE,
				  PAGE_SIZE / sizeof(u32) - at);
	u32 words[FI_WORDS], *first = words + FI_WORDS_BEFORE - before;
	struct page *page = fi_get_resident_page(vma, addr);

	if (!page)
		return;
	if (!copy_from_kernel_nofault(first, (u32 *)page_address(page) + at - before,
				      (before + from) * sizeof(u32)))
		keep_words(snap, waiter, words, FI_WORDS_BEFORE - before, before + from);
	put_page(page);
}

/* The words of a waiter at @addr, in @vma. There is room for them in @snap. */
static void read_words(struct fi_snapshot *snap, struct fi_waiter *waiter,
		       struct vm_area_struct *vma, unsigned long addr)
{
	const unsigned long before = min_t(unsigned long, FI_WORDS_BEFORE,
					   (addr - vma->vm_start) / sizeof(u32));
	const unsigned long from = min_t(unsigned long, FI_WORDS - FI_WORDS_BEFORE,
					 (vma->vm_end - addr) / sizeof(u32));
	unsigned int nr, nr_before = 0;
	u32 words[FI_WORDS];

	pagefault_disable();
	nr = read_run(words + FI_WORDS_BEFORE, addr, from, 1);
	if (nr)
		nr_before = read_run(words + FI_WORDS_BEFORE - 1, addr - sizeof(u32), before, -1);
	pagefault_enable();
	if (nr)
		keep_words(snap, waiter, words, FI_WORDS_BEFORE - nr_before, nr_before + nr);
	else if (vma_is_accessible(vma))
		read_page(snap, waiter, vma, addr);
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

/* The time that a waiter gave, a timespec in its memory at @addr, in nanoseconds. */
static void read_timeout(struct fi_waiter *waiter, unsigned long addr)
{
	s64 sec, nsec;

	/* The bounds are those of timespec64_valid(): else it has been overwritten. */
	if (!get_timespec(addr, waiter->call.time32, &sec, &nsec) ||
	    sec < 0 || sec > KTIME_SEC_MAX || nsec < 0 || nsec >= NSEC_PER_SEC)
		return;
	waiter->call.timeout_ns = sec * NSEC_PER_SEC + nsec;
	waiter->call.timeout_known = true;
}

/* Whether the instruction at @addr makes a system call. */
static bool makes_call(unsigned long addr)
{
	u32 insn;
	bool got;

	pagefault_disable();
	got = !get_user(insn, (u32 __user *)addr);
	pagefault_enable();
	return got && insn == FI_CALL_INSN;
}

/* Read what a waiter has in its memory. Return the mapping that its word is in. */
static struct vm_area_struct *read_waiter(struct fi_snapshot *snap, struct fi_waiter *waiter,
					  struct mm_struct *mm, struct vm_area_struct *last)
{
	struct vm_area_struct *vma = last;
	unsigned long addr;

	if (waiter->waits_on || waiter->call.uaddr_known) {
		addr = untagged_addr(waiter->waits_on ?: waiter->call.uaddr);
		vma = find_mapping(mm, last, addr);
		/* Where the key does not hold the address, the mapping may tell it. */
		if (vma && !waiter->waits_on)
			waiter->waits_on = fi_shared_address(waiter, vma);
		if (vma && waiter->waits_on)
			read_words(snap, waiter, vma, addr);
	}
	if (waiter->queued != FI_QUEUED && waiter->insn &&
	    find_mapping(mm, vma, waiter->insn) && makes_call(waiter->insn))
		waiter->insn = 0;
	addr = untagged_addr(waiter->call.timeout_addr);
	if (addr && find_mapping(mm, vma, addr))
		read_timeout(waiter, addr);
	return vma;
}

/*
 * Read some waiters of one address space. Return the next one, as next_in_space has it.
 * Without the lock at once, they stay unknown.
 */
static unsigned int read_batch(struct fi_snapshot *snap, struct mm_struct *mm, unsigned int i)
{
	bool locked = mmap_read_trylock(mm);
	struct vm_area_struct *vma = NULL;
	unsigned int nr;

	for (nr = 0; i && nr < BATCH; nr++) {
		struct fi_waiter *waiter = &snap->waiters[i - 1];

		if (locked)
			vma = read_waiter(snap, waiter, mm, vma);
		i = waiter->next_in_space;
	}
	if (locked)
		mmap_read_unlock(mm);
	return i;
}

static int read_space(struct fi_snapshot *snap, struct fi_space *space)
{
	unsigned int i = space->waiters;
	int err = 0;

	if (!i || !mmget_not_zero(space->mm))
		return 0;
	kthread_use_mm(space->mm);
	while (i && !err) {
		err = fi_reserve(&snap->words, snap->nr_words, BATCH * FI_WORDS,
				 sizeof(*snap->words), &snap->max_words);
		if (!err)
			i = read_batch(snap, space->mm, i);
		cond_resched();
	}
	kthread_unuse_mm(space->mm);
	/* It may be the last user by now: taking it all down is not for the reader. */
	mmput_async(space->mm);
	return err;
}

static void words_fn(struct work_struct *work)
{
	struct words_work *words = container_of(work, struct words_work, work);
	struct fi_snapshot *snap = words->snap;
	size_t i;

	for (i = 0; i < snap->nr_spaces && !words->err; i++)
		words->err = read_space(snap, &snap->spaces[i]);
}

/**
 * fi_read_words() - fill in the words of all waiters, as far as can be read
 * @snap: its waiters must be linked into their spaces
 *
 * Only a kernel thread may borrow another's address space
 * (kthread_use_mm()), so a worker does it.
 *
 * Context: process; sleeps until the worker is done.
 *
 * Return: 0 or -ENOMEM.
 */
int fi_read_words(struct fi_snapshot *snap)
{
	struct words_work words = { .snap = snap };

	INIT_WORK_ONSTACK(&words.work, words_fn);
	queue_work(words_wq, &words.work);
	flush_work(&words.work);
	destroy_work_on_stack(&words.work);
	return words.err;
}
