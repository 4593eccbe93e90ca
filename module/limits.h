/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_LIMITS_H
#define FI_LIMITS_H

#include <linux/types.h>

/**
 * struct fi_limits - what a snapshot may cost, whatever the processes of the host do
 * @entries: queue entries of one process
 * @mappings: mappings of one file
 * @bytes: memory of the snapshot
 */
struct fi_limits {
	size_t entries;
	size_t mappings;
	size_t bytes;
};

struct fi_limits fi_read_limits(void);

#endif
