/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_TABLE_H
#define FI_TABLE_H

#include <linux/types.h>

#include "layout.h"

/**
 * struct fi_table - an array of futex hash buckets
 * @buckets: address of the first struct futex_hash_bucket; never printed
 * @nr: number of buckets
 */
struct fi_table {
	char *buckets;
	size_t nr;
};

/* Bucket number @i of a table, counted from 0. */
static inline char *fi_bucket(const struct fi_table *table, size_t i)
{
	return table->buckets + i * fi_layout.hb_size;
}

/*
 * The kernel's own tables: one, or one for each NUMA node from 6.16 on, since
 * cec199c5e39b ("futex: Implement FUTEX2_NUMA"). They are made at boot and never freed.
 * Those that are next to each other in memory are one table here.
 */
extern struct fi_table *fi_tables;
extern unsigned int fi_nr_tables;

int fi_table_init(void);
void fi_table_exit(void);

#endif
