/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_SYMBOL_H
#define FI_SYMBOL_H

#include <linux/types.h>

bool fi_is_function(const void *address, const char *name);

#endif
