/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_SLEEP_H
#define FI_SLEEP_H

#include <linux/types.h>

struct task_struct;

/**
 * struct fi_sleep - what a thread sleeps on in a call that reads or writes
 * @pipe: inode number of the pipe; 0 for none
 * @socket: inode number of the unix socket, which has no timeout; 0 for none
 * @peer: inode number of the other end of @socket
 *
 * All 0 if it is not known.
 */
struct fi_sleep {
	u64 pipe;
	u64 socket;
	u64 peer;
};

void fi_read_sleep(struct task_struct *task, struct fi_sleep *sleep);

#endif
