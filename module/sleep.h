/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_SLEEP_H
#define FI_SLEEP_H

#include <linux/types.h>

struct pt_regs;
struct task_struct;

/**
 * struct fi_sleep - on which pipe or socket a thread sleeps in a call that reads or writes
 * @ino: inode number of it, which get_next_ino() gives; 0 if it is not known
 * @peer: 0 for a pipe; inode number of the other end of a unix socket, which has no timeout
 */
struct fi_sleep {
	u32 ino;
	u32 peer;
};

void fi_read_sleep(struct task_struct *task, struct pt_regs *regs, struct fi_sleep *sleep);

#endif
