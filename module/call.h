/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_CALL_H
#define FI_CALL_H

#include <linux/types.h>

struct task_struct;
union futex_key;

/* A field of struct fi_call that does not apply, or is not known. */
enum fi_known {
	FI_UNKNOWN,
	FI_NONE,
	FI_KNOWN,
};

enum fi_syscall {
	FI_SYS_UNKNOWN,
	FI_SYS_FUTEX,
	FI_SYS_FUTEX_WAITV,
	FI_SYS_RESTART,
	FI_SYS_FUTEX_WAIT,
	FI_SYS_IO_URING_WAIT,
	FI_SYS_IO_URING_WAITV,
};

enum fi_timeout {
	FI_TIMEOUT_UNKNOWN,
	FI_TIMEOUT_NONE,
	FI_TIMEOUT_RELATIVE,
	FI_TIMEOUT_MONOTONIC,
	FI_TIMEOUT_REALTIME,
	FI_TIMEOUT_ABSOLUTE,
};

/**
 * struct fi_call - the system call that a waiter is in, or the io_uring request
 * @syscall: which one
 * @args: the six argument registers; of a request none
 * @op_known: whether @op and @flags are; @op is of futex(2) only
 * @op: FUTEX_WAIT and so on, without flags
 * @flags: FUTEX_PRIVATE_FLAG and FUTEX_CLOCK_REALTIME
 * @uaddr_known: whether @uaddr is
 * @uaddr: address of the futex word in the call
 * @expected_known: whether @expected is, or that the call compares nothing
 * @expected: value that the word had to have
 * @timeout: whether it ends by itself, and by which clock
 * @timeout_addr: where the caller has its struct timespec, or 0
 * @time32: that is one of 32-bit numbers
 * @timeout_known: whether @timeout_ns is
 * @timeout_ns: the time that it gives, in nanoseconds
 */
struct fi_call {
	enum fi_syscall syscall;
	unsigned long args[6];
	bool op_known;
	unsigned int op;
	unsigned int flags;
	bool uaddr_known;
	unsigned long uaddr;
	enum fi_known expected_known;
	u32 expected;
	enum fi_timeout timeout;
	unsigned long timeout_addr;
	bool time32;
	bool timeout_known;
	u64 timeout_ns;
};

void fi_call_read(struct fi_call *call, struct task_struct *task, const char *q);
bool fi_call_read_interrupted(struct fi_call *call, struct task_struct *task);
void fi_call_read_vector(struct fi_call *call, const char *q);
void fi_call_decode(struct fi_call *call, const union futex_key *key);

#endif
