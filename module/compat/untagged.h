/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_UNTAGGED_H
#define FI_UNTAGGED_H

#include <linux/mm.h>
#include <linux/uaccess.h>

/**
 * fi_untagged() - remove the tag that the processor ignores from a user address
 * @mm: the mm that the address belongs to
 * @addr: the address as the program uses it
 *
 * On x86 it depends on the mm which bits are a tag (LAM). untagged_addr() is only for the
 * caller's mm; untagged_addr_remote() takes another one: 428e106ae1ad ("mm: Introduce
 * untagged_addr_remote()") (6.4).
 *
 * Context: the caller holds mmap_lock of @mm.
 *
 * Return: the address without the tag.
 */
static inline unsigned long fi_untagged(struct mm_struct *mm, unsigned long addr)
{
#ifdef untagged_addr_remote
	return untagged_addr_remote(mm, addr);
#else
	return untagged_addr(addr);
#endif
}

#endif
