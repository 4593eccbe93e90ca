/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_QUEUE_H
#define FI_QUEUE_H

#include <linux/types.h>

struct fi_snapshot;
struct fi_table;
struct fi_waiter;
struct task_struct;

size_t fi_count_waiters(const struct fi_table *table);
int fi_take_waiters(struct fi_snapshot *snap, const struct fi_table *table, size_t *next);
int fi_collect_waiters(struct fi_snapshot *snap);

void fi_name_waiter(const struct fi_snapshot *snap, struct fi_waiter *waiter,
		    struct task_struct *task);

#endif
