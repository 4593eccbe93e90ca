/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_WAITERS_H
#define FI_WAITERS_H

#include <linux/sched.h>
#include <linux/types.h>

struct fi_snapshot;
struct fi_table;
struct fi_waiter;

/* How often a thread was switched away from: if that is the same, it has not run. */
static inline unsigned long fi_switches(const struct task_struct *task)
{
	return READ_ONCE(task->nvcsw) + READ_ONCE(task->nivcsw);
}

size_t fi_count_waiters(const struct fi_table *table);
int fi_reserve_waiters(struct fi_snapshot *snap, size_t nr);
int fi_take_waiters(struct fi_snapshot *snap, const struct fi_table *table, size_t *next);
void fi_name_waiter(const struct fi_snapshot *snap, struct fi_waiter *waiter,
		    struct task_struct *task);
void fi_drop_waiters(struct fi_snapshot *snap, size_t nr);
int fi_collect_waiters(struct fi_snapshot *snap);

#endif
