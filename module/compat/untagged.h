/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_UNTAGGED_H
#define FI_UNTAGGED_H

#include <linux/mm.h>
#include <linux/uaccess.h>

/**
 * fi_untagged() - a user address without the tag that the processor would ignore
 * @mm: the address space that it is in
 * @addr: the address, as the program has it
 *
 * On x86 what is a tag hinges on the address space (LAM, 6.4): untagged_addr() is for
 * that of the caller, untagged_addr_remote() for another's (428e106ae1ad).
 *
 * Context: the mappings of @mm are locked.
 *
 * Return: the address.
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
