// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits of a snapshot, which are parameters of the module. What is beyond them is left out
 * of the file, which says so.
 */
#include <linux/compiler.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/sizes.h>

#include "limits.h"

/* An entry takes some 300 bytes, with its thread: 128 MiB for the busiest process at most. */
static unsigned int max_entries = 1 << 18;
module_param(max_entries, uint, 0644);
MODULE_PARM_DESC(max_entries, "most futex queue entries of one process in a snapshot");

/* Locks that whoever maps the file needs are held for 100 ns a mapping or so. */
static unsigned int max_mappings = 1 << 14;
module_param(max_mappings, uint, 0644);
MODULE_PARM_DESC(max_mappings, "most mappings of one file that a snapshot looks at");

/* The part of the host's memory that a snapshot may have, and the most in MiB, by default. */
#define FI_MEMORY_SHARE	8
#define FI_MOST_MIB	1024

static unsigned int max_mib;
module_param(max_mib, uint, 0644);
MODULE_PARM_DESC(max_mib, "most memory of a snapshot, in MiB; 0: an eighth of all, up to 1024");

static size_t most_bytes(void)
{
	u64 mib = READ_ONCE(max_mib);

	if (!mib)
		mib = min_t(u64, (totalram_pages() >> (20 - PAGE_SHIFT)) / FI_MEMORY_SHARE,
			    FI_MOST_MIB);
	return min_t(u64, mib * SZ_1M, SIZE_MAX / 2);
}

/**
 * fi_read_limits() - read the limits as they are now
 *
 * Context: any.
 */
struct fi_limits fi_read_limits(void)
{
	return (struct fi_limits){
		.entries = READ_ONCE(max_entries),
		.mappings = READ_ONCE(max_mappings),
		.bytes = most_bytes(),
	};
}
