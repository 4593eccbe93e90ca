/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_NOFAULT_H
#define FI_NOFAULT_H

#include <linux/compiler.h>
#include <linux/types.h>
#include <linux/uaccess.h>

/*
 * Each of these copies a number that may be gone, without a call. The address is the kernel's for
 * certain, mapped or not: copy_from_kernel_nofault() would check that, for each number. Page faults
 * are disabled. They return whether the number could be read.
 *
 * arm64 has had the macro since 5.11, fc703d80130b ("arm64: uaccess: split user/kernel routines").
 */

static __always_inline bool fi_copy_kernel_u32(void *dst, const void *src)
{
#ifdef __get_kernel_nofault
	__get_kernel_nofault(dst, src, u32, failed);
	return true;
failed:
	return false;
#else
	return !copy_from_kernel_nofault(dst, src, sizeof(u32));
#endif
}

static __always_inline bool fi_copy_kernel_u64(void *dst, const void *src)
{
#ifdef __get_kernel_nofault
	__get_kernel_nofault(dst, src, u64, failed);
	return true;
failed:
	return false;
#else
	return !copy_from_kernel_nofault(dst, src, sizeof(u64));
#endif
}

#endif
