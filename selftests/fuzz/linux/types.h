/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUZZ_LINUX_TYPES_H
#define FUZZ_LINUX_TYPES_H

#include_next <linux/types.h>

typedef __u32 u32;
typedef __u64 u64;

#endif
