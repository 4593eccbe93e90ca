/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUZZ_LINUX_TYPES_H
#define FUZZ_LINUX_TYPES_H

#include_next <linux/types.h>

#ifndef __force
#define __force
#endif

typedef __u8 u8;
typedef __u32 u32;
typedef __u64 u64;

#endif
