// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the kernel's memory that may not be there any more, at addresses which can only be
 * the kernel's. copy_from_kernel_nofault() checks the address, and takes 40 instructions.
 */
#include <linux/uaccess.h>

#include "nofault.h"

/**
 * fi_get_register() - read a saved register of a thread that may exit
 * @to: receives it
 * @from: its place in task_pt_regs()
 *
 * Architectures have what it takes from 5.8 on, fa94111d9435 ("maccess: allow architectures to
 * provide kernel probing directly"), arm64 from 5.11 on.
 *
 * Context: any.
 *
 * Return: whether the stack is still there.
 */
bool fi_get_register(unsigned long *to, const void *from)
{
#ifdef __get_kernel_nofault
	pagefault_disable();
	__get_kernel_nofault(to, from, unsigned long, fault);
	pagefault_enable();
	return true;
fault:
	pagefault_enable();
	return false;
#else
	return !get_kernel_nofault(*to, (const unsigned long *)from);
#endif
}
