/* SPDX-License-Identifier: GPL-2.0-only */
/* What module/text.c needs of the kernel's headers, in user space. */
#ifndef UNIT_LINUX_KERNEL_H
#define UNIT_LINUX_KERNEL_H

#include <endian.h>
#include <string.h>

#include <linux/types.h>

#define TASK_COMM_LEN	16

#define noinline	__attribute__((noinline))
#define min(a, b)	((a) < (b) ? (a) : (b))
#define cpu_to_le64	htole64
#define le64_to_cpu	le64toh
#define swab32		__builtin_bswap32
#define __ffs64(word)	((unsigned int)__builtin_ctzll(word))

typedef __u8 u8;
typedef __u32 u32;
typedef __u64 u64;

#endif
