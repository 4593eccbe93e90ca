/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_FUTEX_DATA_H
#define FI_FUTEX_DATA_H

#include <linux/types.h>

int fi_futex_data(char **buckets, size_t *nr);

#endif
