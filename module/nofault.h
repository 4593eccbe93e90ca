/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_NOFAULT_H
#define FI_NOFAULT_H

#include <linux/types.h>

bool fi_get_register(unsigned long *to, const void *from);

#endif
