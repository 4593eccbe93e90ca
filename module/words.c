// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the futex words, and those around them, out of the waiters' memory,
 * without faulting a page in and without waiting for the process: a page that
 * is not resident, or a mapping that is being changed, reads as unknown. Where few wait,
 * the pages are looked up; else a kernel thread borrows the address space, which takes
 * longer once, and less for each.
 */
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include "compat/resident.h"
#include "shared.h"
#include "snapshot.h"
#include "compat/syscall_abi.h"
#include "compat/untagged.h"
#include "words.h"

static struct workqueue_struct *words_wq;

struct words_work {
	struct work_struct work;
	struct fi_snapshot *snap;
	int err;
};

/* How many waiters are read while the mappings are locked. */
#define BATCH	64

/* For up to so many waiters, finding their pages costs less than borrowing the address space. */
#define FEW	32

/**
 * struct reader - how the memory of an address space is read
 * @mm: the address space
 * @vma: the mapping that was last read from, or NULL
 * @last: the waiter whose words were last read, or NULL
 * @page: the page that was last read, held, or NULL
 * @page_addr: user address that it is at
 * @borrowed: the worker has borrowed @mm, so that it is read as user memory
 */
struct reader {
	struct mm_struct *mm;
	struct vm_area_struct *vma;
	const struct fi_waiter *last;
	struct page *page;
	unsigned long page_addr;
	bool borrowed;
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

/* To read user memory as such. Only a kernel thread may (kthread_use_mm()). */
static void borrow(struct reader *reader)
{
	if (!reader->borrowed)
		kthread_use_mm(reader->mm);
	reader->borrowed = true;
}

static void forget_page(struct reader *reader)
{
	if (reader->page)
		put_page(reader->page);
	reader->page = NULL;
}

/*
 * Find the mapping that @len bytes at @addr are in, which most often is that of the waiter
 * before. Return false if there is none, or it is of device memory, where a read may have
 * an effect. The mappings are locked, so that it is not mapped there meanwhile.
 */
static bool find_mapping(struct reader *reader, unsigned long addr, size_t len)
{
	struct vm_area_struct *vma = reader->vma;

	if (!vma || addr < vma->vm_start || addr >= vma->vm_end)
		vma = find_vma(reader->mm, addr);
	if (!vma || addr < vma->vm_start || len > vma->vm_end - addr ||
	    vma->vm_flags & (VM_IO | VM_PFNMAP))
		return false;
	if (reader->vma != vma)
		forget_page(reader);
	reader->vma = vma;
	/* fi_get_resident_page() does not find its pages. */
	if (is_vm_hugetlb_page(vma))
		borrow(reader);
	return true;
}

/*
 * Copy eight bytes at a time, as copy_from_kernel_nofault() does, but from multiples of
 * eight on: each is then one access on all machines, and no word is torn.
 */
static bool copy_words(void *to, const void *from, size_t len)
{
	size_t head = min_t(size_t, len, -(unsigned long)from % sizeof(u64));

	return (!head || !copy_from_kernel_nofault(to, from, head)) &&
	       !copy_from_kernel_nofault(to + head, from + head, len - head);
}

/* Copy @len bytes, all in one page, out of it. Return false if it is not there. */
static bool copy_piece(struct reader *reader, void *to, unsigned long addr, size_t len)
{
	if (!reader->page || reader->page_addr != (addr & PAGE_MASK)) {
		forget_page(reader);
		if (!vma_is_accessible(reader->vma))
			return false;
		reader->page = fi_get_resident_page(reader->vma, addr);
		reader->page_addr = addr & PAGE_MASK;
	}
	return reader->page &&
	       copy_words(to, page_address(reader->page) + offset_in_page(addr), len);
}

/* The words around a futex out of their pages: @before before it, and @from from it on. */
static void read_pages(struct fi_snapshot *snap, struct fi_waiter *waiter,
		       struct reader *reader, unsigned long addr, unsigned int before,
		       unsigned int from)
{
	const unsigned int at = offset_in_page(addr) / sizeof(u32);
	unsigned int low = min(before, at);
	unsigned int high = min_t(unsigned int, from, PAGE_SIZE / sizeof(u32) - at);
	u32 words[FI_WORDS], *word = words + FI_WORDS_BEFORE;

	if (!copy_piece(reader, word - low, addr - low * sizeof(u32),
			(low + high) * sizeof(u32)))
		return;
	if (low < before && copy_piece(reader, word - before, addr - before * sizeof(u32),
				       (before - low) * sizeof(u32)))
		low = before;
	if (high < from && copy_piece(reader, word + high, addr + high * sizeof(u32),
				      (from - high) * sizeof(u32)))
		high = from;
	keep_words(snap, waiter, words, FI_WORDS_BEFORE - low, low + high);
}

/* The words around a futex at @addr, in the mapping last found. There is room in @snap. */
static void read_words(struct fi_snapshot *snap, struct fi_waiter *waiter,
		       struct reader *reader, unsigned long addr)
{
	const unsigned long before = min_t(unsigned long, FI_WORDS_BEFORE,
					   (addr - reader->vma->vm_start) / sizeof(u32));
	const unsigned long from = min_t(unsigned long, FI_WORDS - FI_WORDS_BEFORE,
					 (reader->vma->vm_end - addr) / sizeof(u32));
	unsigned int nr = 0, nr_before = 0;
	u32 words[FI_WORDS];

	/* get_futex_key() takes no other. */
	if (!IS_ALIGNED(addr, sizeof(u32)))
		return;
	if (reader->borrowed) {
		pagefault_disable();
		nr = read_run(words + FI_WORDS_BEFORE, addr, from, 1);
		if (nr)
			nr_before = read_run(words + FI_WORDS_BEFORE - 1, addr - sizeof(u32),
					     before, -1);
		pagefault_enable();
	}
	/* A page may be there though the processor does not let user memory be read. */
	if (nr)
		keep_words(snap, waiter, words, FI_WORDS_BEFORE - nr_before, nr_before + nr);
	else
		read_pages(snap, waiter, reader, addr, before, from);
}

/* Often many wait on one word, one after the other: then its words are read, and kept, once. */
static void find_words(struct fi_snapshot *snap, struct fi_waiter *waiter,
		       struct reader *reader, unsigned long addr)
{
	const struct fi_waiter *last = reader->last;

	if (last && last->waits_on == waiter->waits_on) {
		waiter->words_read = last->words_read;
		waiter->words_set = last->words_set;
		waiter->first_word = last->first_word;
		return;
	}
	read_words(snap, waiter, reader, addr);
	reader->last = waiter;
}

/*
 * Copy @len bytes of user memory, a page or less. Return false if they are not to be had
 * without a fault, or are not in one mapping.
 */
static bool read_user(struct reader *reader, void *to, unsigned long addr, size_t len)
{
	size_t piece = min_t(size_t, len, PAGE_SIZE - offset_in_page(addr));

	if (!find_mapping(reader, addr, len))
		return false;
	if (reader->borrowed)
		return !copy_from_user_nofault(to, (const void __user *)addr, len);
	return copy_piece(reader, to, addr, piece) &&
	       (piece == len || copy_piece(reader, to + piece, addr + piece, len - piece));
}

/* Read a timespec. Return false if it is not to be had. */
static bool read_timespec(struct reader *reader, unsigned long addr, bool time32, s64 *sec,
			  s64 *nsec)
{
	s32 time[2];
	s64 time64[2];

	if (!time32) {
		if (!read_user(reader, time64, addr, sizeof(time64)))
			return false;
		*sec = time64[0];
		*nsec = time64[1];
		return true;
	}
	if (!read_user(reader, time, addr, sizeof(time)))
		return false;
	*sec = time[0];
	*nsec = time[1];
	return true;
}

/* The time that a waiter gave, a timespec in its memory at @addr, in nanoseconds. */
static void read_timeout(struct fi_waiter *waiter, struct reader *reader, unsigned long addr)
{
	s64 sec, nsec;

	/* The bounds are those of timespec64_valid(): else it has been overwritten. */
	if (!read_timespec(reader, addr, waiter->call.time32, &sec, &nsec) ||
	    sec < 0 || sec > KTIME_SEC_MAX || nsec < 0 || nsec >= NSEC_PER_SEC)
		return;
	waiter->call.timeout_ns = sec * NSEC_PER_SEC + nsec;
	waiter->call.timeout_known = true;
}

/* Whether the instruction at @addr makes a system call. */
static bool makes_call(struct reader *reader, unsigned long addr)
{
	u32 insn;

	return read_user(reader, &insn, addr, sizeof(insn)) && insn == FI_CALL_INSN;
}

/* Read what a waiter has in its memory. */
static void read_waiter(struct fi_snapshot *snap, struct fi_waiter *waiter,
			struct reader *reader)
{
	unsigned long addr;

	if (waiter->waits_on || waiter->call.uaddr_known) {
		addr = fi_untagged(reader->mm, waiter->waits_on ?: waiter->call.uaddr);
		if (find_mapping(reader, addr, sizeof(u32))) {
			/* Where the key does not hold the address, the mapping may tell it. */
			if (!waiter->waits_on)
				waiter->waits_on = fi_shared_address(waiter, reader->vma);
			if (waiter->waits_on)
				find_words(snap, waiter, reader, addr);
		}
	}
	if (waiter->queued != FI_QUEUED && waiter->insn && makes_call(reader, waiter->insn))
		waiter->insn = 0;
	if (waiter->call.timeout_addr)
		read_timeout(waiter, reader, fi_untagged(reader->mm, waiter->call.timeout_addr));
}

/*
 * Read some waiters of one address space. Return the next one, as next_in_space has it.
 * Without the lock at once, they stay unknown.
 */
static unsigned int read_batch(struct fi_snapshot *snap, struct reader *reader, unsigned int i)
{
	bool locked = mmap_read_trylock(reader->mm);
	unsigned int nr;

	for (nr = 0; i && nr < BATCH; nr++) {
		struct fi_waiter *waiter = &snap->waiters[i - 1];

		if (locked)
			read_waiter(snap, waiter, reader);
		i = waiter->next_in_space;
	}
	reader->vma = NULL;
	reader->last = NULL;
	forget_page(reader);
	if (locked)
		mmap_read_unlock(reader->mm);
	return i;
}

static int read_space(struct fi_snapshot *snap, struct fi_space *space)
{
	struct reader reader = { .mm = space->mm };
	unsigned int i = space->waiters;
	int err = 0;

	if (!i || !mmget_not_zero(space->mm))
		return 0;
	if (!FI_GETS_PAGES || space->nr_waiters > FEW)
		borrow(&reader);
	while (i && !err) {
		err = fi_reserve(&snap->words, snap->nr_words, BATCH * FI_WORDS,
				 sizeof(*snap->words), &snap->max_words);
		if (!err)
			i = read_batch(snap, &reader, i);
		cond_resched();
	}
	if (reader.borrowed)
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
