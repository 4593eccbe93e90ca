/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_TABLE_H
#define FI_TABLE_H

#include <linux/types.h>

/**
 * struct fi_table - one array of the kernel's futex hash buckets
 * @buckets: address of the first struct futex_hash_bucket; never printed
 * @nr: number of buckets
 *
 * The kernel has one such array, or one for each NUMA node (6.16 and later).
 * They are made at boot and never go away.
 */
struct fi_table {
	char *buckets;
	size_t nr;
};

extern struct fi_table *fi_tables;
extern unsigned int fi_nr_tables;

int fi_table_init(void);
void fi_table_exit(void);

#endif
