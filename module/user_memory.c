// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the memory of another process without faulting a page in and without waiting for
 * the process. A page that is not resident cannot be read. There are two ways:
 *
 * - pin the page (get_user_pages_remote()) and read it through the kernel's own mapping;
 * - make the mm that of the current kernel thread (kthread_use_mm()) and read user memory
 *   with page faults disabled. This costs more once and less for each read.
 */
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/uaccess.h>

#include "compat/nofault.h"
#include "compat/resident.h"
#include "compat/secret.h"
#include "user_memory.h"

/* Up to this many places to read, pinning their pages is cheaper than kthread_use_mm(). */
#define FI_PIN_MAX	32

static void use_mm(struct fi_user_memory *user)
{
	if (!user->used)
		kthread_use_mm(user->mm);
	user->used = true;
}

static void put_last_page(struct fi_user_memory *user)
{
	if (user->page)
		put_page(user->page);
	user->page = NULL;
}

/**
 * fi_user_open() - prepare to read the memory of an mm
 * @user: filled in; end with fi_user_close()
 * @mm: the mm; the caller keeps it in use by mmget()
 * @nr: about how many places in it will be read
 *
 * Context: a kernel thread, since only those may call kthread_use_mm(); may sleep.
 */
void fi_user_open(struct fi_user_memory *user, struct mm_struct *mm, unsigned int nr)
{
	memset(user, 0, sizeof(*user));
	user->mm = mm;
	if (!FI_GETS_PAGES || nr > FI_PIN_MAX)
		use_mm(user);
}

/**
 * fi_user_close() - end what fi_user_open() began
 * @user: the memory, unlocked
 *
 * Context: the same kernel thread.
 */
void fi_user_close(struct fi_user_memory *user)
{
	if (user->used)
		kthread_unuse_mm(user->mm);
}

/**
 * fi_user_trylock() - try to lock the mappings
 * @user: the memory
 *
 * Context: process; does not sleep.
 *
 * Return: whether they are locked; if so, the caller calls fi_user_unlock().
 */
bool fi_user_trylock(struct fi_user_memory *user)
{
	return mmap_read_trylock(user->mm);
}

/**
 * fi_user_unlock() - unlock the mappings
 * @user: the memory
 *
 * Context: process; does not sleep.
 */
void fi_user_unlock(struct fi_user_memory *user)
{
	user->vma = NULL;
	put_last_page(user);
	mmap_read_unlock(user->mm);
}

/**
 * fi_user_find_vma() - find the mapping of a range of addresses
 * @user: the memory, locked; its @vma is set
 * @addr: user address, without a tag
 * @len: length of the range in bytes
 *
 * Device memory does not count as memory, because reading it may have an effect. The lock
 * keeps a device from being mapped there meanwhile.
 *
 * Context: process; may sleep.
 *
 * Return: whether one mapping contains the range.
 */
bool fi_user_find_vma(struct fi_user_memory *user, unsigned long addr, size_t len)
{
	struct vm_area_struct *vma = user->vma;

	/* Mostly it is the mapping of the waiter before. */
	if (!vma || addr < vma->vm_start || addr >= vma->vm_end)
		vma = find_vma(user->mm, addr);
	if (!vma || addr < vma->vm_start || len > vma->vm_end - addr ||
	    vma->vm_flags & (VM_IO | VM_PFNMAP))
		return false;
	if (user->vma != vma)
		put_last_page(user);
	user->vma = vma;
	/* fi_get_resident_page() does not return pages of hugetlb. */
	if (is_vm_hugetlb_page(vma))
		use_mm(user);
	return true;
}

/*
 * Whether memory may be read. What a program keeps out of core dumps (MADV_DONTDUMP) is as
 * secret as what it keeps from the kernel: mostly keys. Its futexes are still in the file.
 */
static bool may_read(const struct vm_area_struct *vma)
{
	return !(vma->vm_flags & VM_DONTDUMP) && !fi_is_secret(vma);
}

/*
 * Copy words that are all in one page. Return false if that would fault: faulthandler_disabled()
 * makes unsafe_get_user() fail then. Two words at a time, from a multiple of eight on, are still
 * one access on all machines, so that no word is torn.
 */
static __always_inline bool copy_from_user_page(struct fi_user_memory *user, void *to,
						unsigned long addr, size_t len)
{
	const u32 __user *from = (const u32 __user *)addr;
	const u32 __user *const end = from + len / sizeof(*from);
	u32 *words = to;
	u64 pair;

	if (!user_access_begin(from, len))
		return false;
	if (!IS_ALIGNED(addr, sizeof(pair))) {
		unsafe_get_user(*words, from, fault);
		words++;
		from++;
	}
#pragma GCC unroll 4
	for (; end - from >= 2; from += 2, words += 2) {
		unsafe_get_user(pair, (const u64 __user *)from, fault);
		memcpy(words, &pair, sizeof(pair));
	}
	if (from != end)
		unsafe_get_user(*words, from, fault);
	user_access_end();
	return true;
fault:
	user_access_end();
	return false;
}

/* Copy words from an address of the kernel's that may be gone. As above, no word is torn. */
static bool copy_words(void *to, const void *from, size_t len)
{
	size_t done = 0;

	if (!IS_ALIGNED((unsigned long)from, sizeof(u64))) {
		if (!fi_copy_kernel_u32(to, from))
			return false;
		done = sizeof(u32);
	}
#pragma GCC unroll 4
	for (; done + sizeof(u64) <= len; done += sizeof(u64)) {
		if (!fi_copy_kernel_u64(to + done, from + done))
			return false;
	}
	return done == len || fi_copy_kernel_u32(to + done, from + done);
}

/* The same for any bytes: all are copied, or it is not known which. */
static bool copy_from_kernel(void *to, const void *from, size_t len)
{
	bool copied;

	if (!IS_ALIGNED((unsigned long)from | len, sizeof(u32)))
		return !copy_from_kernel_nofault(to, from, len);
	pagefault_disable();
	copied = copy_words(to, from, len);
	pagefault_enable();
	return copied;
}

/* Copy @len bytes that are all in one page. Return false if the page is not resident. */
static bool copy_from_page(struct fi_user_memory *user, void *to, unsigned long addr,
			   size_t len)
{
	if (!user->page || user->page_addr != (addr & PAGE_MASK)) {
		put_last_page(user);
		if (!vma_is_accessible(user->vma))
			return false;
		user->page = fi_get_resident_page(user->vma, addr);
		user->page_addr = addr & PAGE_MASK;
	}
	return user->page &&
	       copy_from_kernel(to, page_address(user->page) + offset_in_page(addr), len);
}

/* Copies some bytes, all in one page, and returns false if it cannot. */
typedef bool copy_fn(struct fi_user_memory *user, void *to, unsigned long addr, size_t len);

/*
 * Read words: first those in the page of @addr, then those in the pages before and after it.
 * Parameters and result as for fi_user_read_words().
 */
static __always_inline u32 read_pages(struct fi_user_memory *user, copy_fn *copy, u32 *words,
				      unsigned int before, unsigned int from,
				      unsigned long addr, unsigned int at)
{
	const unsigned int in_page = offset_in_page(addr) / sizeof(u32);
	unsigned int low = min(before, in_page);
	unsigned int high = min_t(unsigned int, from, PAGE_SIZE / sizeof(u32) - in_page);
	u32 *word = words + at;

	if (!copy(user, word - low, addr - low * sizeof(u32), (low + high) * sizeof(u32)))
		return 0;
	if (low < before && copy(user, word - before, addr - before * sizeof(u32),
				 (before - low) * sizeof(u32)))
		low = before;
	if (high < from && copy(user, word + high, addr + high * sizeof(u32),
				(from - high) * sizeof(u32)))
		high = from;
	return GENMASK(at + high - 1, at - low);
}

/**
 * fi_user_read_words() - read the words around an address
 * @user: the memory, locked
 * @words: receives the words
 * @nr: number of words, up to 32
 * @at: index in @words of the word at @addr
 * @addr: user address without a tag, in the mapping that was last found
 *
 * Context: process; may sleep.
 *
 * Return: a mask with bit N set if words[N] was read; 0 if the word at @addr itself
 * could not be read, or must not be.
 */
u32 fi_user_read_words(struct fi_user_memory *user, u32 *words, unsigned int nr,
		       unsigned int at, unsigned long addr)
{
	const unsigned long before = min_t(unsigned long, at,
					   (addr - user->vma->vm_start) / sizeof(u32));
	const unsigned long from = min_t(unsigned long, nr - at,
					 (user->vma->vm_end - addr) / sizeof(u32));
	u32 got = 0;

	/* get_futex_key() refuses an address that is not aligned. */
	if (!IS_ALIGNED(addr, sizeof(u32)) || !may_read(user->vma))
		return 0;
	if (user->used) {
		pagefault_disable();
		got = read_pages(user, copy_from_user_page, words, before, from, addr, at);
		pagefault_enable();
	}
	/* A page may be resident although an access faults: fi_get_resident_page(). */
	return got ?: read_pages(user, copy_from_page, words, before, from, addr, at);
}

/**
 * fi_user_read() - read user memory
 * @user: the memory, locked
 * @to: receives the bytes
 * @addr: user address, without a tag
 * @len: number of bytes, up to PAGE_SIZE
 *
 * Context: process; may sleep.
 *
 * Return: false if a page is not resident, the bytes are not all in one mapping, or must
 * not be read.
 */
bool fi_user_read(struct fi_user_memory *user, void *to, unsigned long addr, size_t len)
{
	size_t piece = min_t(size_t, len, PAGE_SIZE - offset_in_page(addr));

	if (!fi_user_find_vma(user, addr, len) || !may_read(user->vma))
		return false;
	if (user->used && !copy_from_user_nofault(to, (const void __user *)addr, len))
		return true;
	/* As in fi_user_read_words(). */
	return copy_from_page(user, to, addr, piece) &&
	       (piece == len || copy_from_page(user, to + piece, addr + piece, len - piece));
}
