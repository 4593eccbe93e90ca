/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_SLEEP_H
#define FI_SLEEP_H

#include <linux/poll.h>
#include <linux/types.h>

struct pt_regs;
struct task_struct;

/* A poll of more than 9 has a table outside of the stack (N_INLINE_POLL_ENTRIES). */
#define FI_MAX_SLEEPS	16

/* How much of a stack is looked at to find a poll; struct poll_wqueues has some 600 bytes. */
#define FI_STACK_SIZE	4096

/* On what a thread sleeps. */
enum fi_sleep_kind {
	FI_SLEEP_PIPE,		/* data in a pipe */
	FI_SLEEP_ROOM,		/* room in a pipe */
	FI_SLEEP_SOCKET,	/* a connected unix socket */
	FI_SLEEP_EVENTFD,
	FI_SLEEP_EPOLL,
};

/**
 * struct fi_sleep - one thing on which a thread sleeps
 * @kind: what it is
 * @id: inode number of the pipe or socket, which get_next_ino() gives; id of the eventfd;
 *	descriptor of the epoll set
 * @peer: inode number of the socket at the other end
 */
struct fi_sleep {
	enum fi_sleep_kind kind;
	u32 id;
	u32 peer;
};

/**
 * struct fi_sleeps - on what a thread sleeps in a call
 * @nr: how many; 0 if they are not known
 * @polls: these are all files of a poll; or of an epoll set, behind the set itself
 * @all: these
 */
struct fi_sleeps {
	unsigned int nr;
	bool polls;
	struct fi_sleep all[FI_MAX_SLEEPS];
};

void fi_read_sleeps(struct task_struct *task, struct pt_regs *regs, void *stack,
		    struct fi_sleeps *sleeps);

#endif
