/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_TIMERS_H
#define FI_TIMERS_H

#include <linux/limits.h>
#include <linux/types.h>

struct task_struct;

/* Signals of which a process's timers are told */
#define FI_ARMED	3

/* Timers whose clock does not tell when they fire, the one that counts more first */
#define FI_FIRES_UNKNOWN	(U64_MAX - 1)
#define FI_FIRES_ON_CPU		U64_MAX	/* not before a thread of the process runs */

/**
 * struct fi_timers - the armed timers of a process that will send it signals
 * @fires_ns: for each signal, in how many nanoseconds the first timer fires that sends it; or
 *	FI_FIRES_UNKNOWN, or FI_FIRES_ON_CPU
 * @signals: their numbers
 * @nr: how many there are
 * @others: there may be more
 */
struct fi_timers {
	u64 fires_ns[FI_ARMED];
	u8 signals[FI_ARMED];
	u8 nr;
	bool others;
};

void fi_read_timers(struct task_struct *task, struct fi_timers *timers);

#endif
