/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_USER_MEMORY_H
#define FI_USER_MEMORY_H

#include <linux/types.h>

struct mm_struct;
struct page;
struct vm_area_struct;

/**
 * struct fi_user_memory - the memory of an mm, while it is read
 * @mm: the mm; the caller keeps it in use by mmget()
 * @vma: the mapping that was last read from, or NULL
 * @page: the page that was last read from, with a reference, or NULL
 * @page_addr: user address of @page
 * @used: the current kernel thread uses @mm (kthread_use_mm())
 */
struct fi_user_memory {
	struct mm_struct *mm;
	struct vm_area_struct *vma;
	struct page *page;
	unsigned long page_addr;
	bool used;
};

void fi_user_open(struct fi_user_memory *user, struct mm_struct *mm, unsigned int nr);
void fi_user_close(struct fi_user_memory *user);
bool fi_user_trylock(struct fi_user_memory *user);
void fi_user_unlock(struct fi_user_memory *user);
bool fi_user_find_vma(struct fi_user_memory *user, unsigned long addr, size_t len);
u32 fi_user_read_words(struct fi_user_memory *user, u32 *words, unsigned int nr,
		       unsigned int at, unsigned long addr);
bool fi_user_read(struct fi_user_memory *user, void *to, unsigned long addr, size_t len);

#endif
