// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the futex hash tables. Their symbols are not exported, and some kernels have no
 * symbol for them at all. From 5.16 on futex_hash() maps a key to its bucket, so it is
 * asked for the buckets of many keys until they form complete tables. Before that, there
 * is a variable that can be found.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mutex.h> /* linux/futex.h of 6.12 needs it */
#include <linux/futex.h>
#include <linux/log2.h>
#include <linux/nodemask.h>
#include <linux/plist.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>

#include "futex_data.h"
#include "futex_hash.h"
#include "layout.h"
#include "table.h"

struct fi_table *fi_tables;
unsigned int fi_nr_tables;

/* futex_init() makes at least this many buckets: 4 from 6.16 on, and 16 before. */
#define FI_MIN_BUCKETS		4

/*
 * The most keys to try for each bucket that was found. To see each of N buckets once
 * takes about N * (ln N + 0.6) random keys, so 64 are enough for any N: if the tables are
 * still incomplete then, the buckets do not form a table.
 */
#define FI_MAX_KEYS_PER_BUCKET	64

/*
 * The bucket of shared key number @n. Bytes that are not set below are all ones: if the
 * key has a NUMA node (cec199c5e39b ("futex: Implement FUTEX2_NUMA"), 6.16), that is
 * FUTEX_NO_NODE, and the hash chooses the node.
 */
static char *sample_bucket(u64 n)
{
	union futex_key key;

	memset(&key, 0xff, sizeof(key));
	key.shared.i_seq = n;
	key.shared.pgoff = 0;
	key.shared.offset = FUT_OFF_INODE;
	return fi_futex_hash(&key).bucket;
}

/* Whether the list head of a bucket is linked both ways. */
static bool __init bucket_is_sane(char *bucket)
{
	struct plist_head *chain = fi_hb_chain(bucket);
	struct list_head *next, *back;

	return !get_kernel_nofault(next, &chain->node_list.next) &&
	       !get_kernel_nofault(back, &next->prev) &&
	       back == &chain->node_list;
}

/* Try @nr more keys, and add the buckets that are new to @seen. */
static int __init sample_buckets(struct xarray *seen, size_t *found, u64 *key, size_t nr)
{
	for (; nr; nr--) {
		char *bucket = sample_bucket((*key)++);
		/* Dense indices keep the xarray small, and the buckets in their order. */
		unsigned long index = (unsigned long)bucket / fi_layout.hb_size;
		void *old;

		if (!(*key % 4096)) {
			cond_resched();
			if (signal_pending(current))
				return -EINTR;
		}
		if (xa_load(seen, index))
			continue;
		if (!bucket_is_sane(bucket)) {
			pr_err("futex_hash() does not return a valid struct futex_hash_bucket\n");
			return -EINVAL;
		}
		old = xa_store(seen, index, bucket, GFP_KERNEL);
		if (xa_is_err(old))
			return xa_err(old);
		(*found)++;
	}
	return 0;
}

/*
 * Join the sorted buckets of @seen to runs without a gap. Return the number of runs; 0 if
 * there are more of them than NUMA nodes, so that some bucket is still missing.
 */
static unsigned int __init join_buckets(struct xarray *seen)
{
	struct fi_table *table = NULL;
	unsigned long index;
	char *bucket;

	fi_nr_tables = 0;
	xa_for_each(seen, index, bucket) {
		if (table && bucket == fi_bucket(table, table->nr)) {
			table->nr++;
			continue;
		}
		if (fi_nr_tables == nr_node_ids)
			return 0;
		table = &fi_tables[fi_nr_tables++];
		table->buckets = bucket;
		table->nr = 1;
	}
	return fi_nr_tables;
}

/*
 * Whether the runs are @nr complete tables, which all have the same number of buckets, a
 * power of two. The page allocator may put tables next to each other, which then are one
 * run: a node without memory gets its table from another node, right behind that one's.
 */
static bool __init runs_are_tables(unsigned int nr)
{
	size_t total = 0;
	size_t size;
	unsigned int i;

	for (i = 0; i < fi_nr_tables; i++)
		total += fi_tables[i].nr;
	size = total / nr;
	if (total % nr || !is_power_of_2(size) || size < FI_MIN_BUCKETS)
		return false;
	for (i = 0; i < fi_nr_tables; i++) {
		if (fi_tables[i].nr % size)
			return false;
	}
	return true;
}

static int __init sample_tables(void)
{
	struct xarray seen;
	size_t found = 0;
	u64 key = 0;
	int err;

	/* DEFINE_XARRAY() is for static objects: lockdep refuses its lock on the stack. */
	xa_init(&seen);
	do {
		err = sample_buckets(&seen, &found, &key, 1024 + found);
		if (err)
			break;
		/* One table; or from 6.16 on one for each node, also if it has no memory. */
		if (join_buckets(&seen) &&
		    (runs_are_tables(1) || runs_are_tables(num_possible_nodes())))
			goto out;
	} while (key < 4096 + FI_MAX_KEYS_PER_BUCKET * found);
	if (!err) {
		pr_err("the %zu buckets that futex_hash() returns do not form a table\n",
		       found);
		err = -EINVAL;
	}
out:
	xa_destroy(&seen);
	return err;
}

/* Take the table that a variable of the kernel points to, if it is one. */
static int __init take_table(void)
{
	struct fi_table *table = &fi_tables[0];
	size_t i;
	int err = fi_futex_data(&table->buckets, &table->nr);

	if (err)
		return err;
	fi_nr_tables = 1;
	if (!runs_are_tables(1))
		goto bad;
	for (i = 0; i < table->nr; i++) {
		if (!bucket_is_sane(fi_bucket(table, i)))
			goto bad;
	}
	return 0;
bad:
	pr_err("__futex_data does not point to a table of struct futex_hash_bucket\n");
	return -EINVAL;
}

/**
 * fi_table_init() - find the futex hash tables
 *
 * Call this after fi_layout_init().
 *
 * Context: process; may sleep.
 *
 * Return: 0 with fi_tables and fi_nr_tables set; or an error after a line in the kernel
 * log, except for -ENOMEM and -EINTR.
 */
int __init fi_table_init(void)
{
	int err;

	fi_tables = kcalloc(nr_node_ids, sizeof(*fi_tables), GFP_KERNEL);
	if (!fi_tables)
		return -ENOMEM;
	err = fi_futex_hash_init();
	if (!err) {
		err = sample_tables();
		fi_futex_hash_exit();
	} else if (err == -ENOENT) {
		err = take_table();
	}
	if (err)
		fi_table_exit();
	return err;
}

/**
 * fi_table_exit() - undo fi_table_init()
 *
 * Context: process.
 */
void fi_table_exit(void)
{
	kfree(fi_tables);
}
