/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_STOPPED_H
#define FI_STOPPED_H

#include <linux/sched.h>

#include "compat/frozen.h"
#include "snapshot.h"

/**
 * fi_why_not_queued() - why a thread that waits for a futex would be in no queue
 * @task: the thread
 *
 * Context: any.
 *
 * Return: why; FI_QUEUED if there is no reason.
 */
static inline enum fi_queued fi_why_not_queued(struct task_struct *task)
{
	switch (task_state_to_char(task)) {
	case 'T':
		return FI_NOT_QUEUED_STOPPED;
	case 't':
		return FI_NOT_QUEUED_TRACED;
	default:
		return fi_frozen_by_v2(task) ? FI_NOT_QUEUED_FROZEN : FI_QUEUED;
	}
}

void fi_take_stopped(struct fi_snapshot *snap, struct task_struct *task, enum fi_queued why);

#endif
