/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_CALL_H
#define FI_CALL_H

#include <linux/types.h>

struct task_struct;
union futex_key;

/* 5.14, bf22a6976897 */
#define FI_FUTEX_LOCK_PI2	13

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
 * @args: the six argument registers; of a request none
 * @uaddr: address of the futex word in the call
 * @timeout_addr: where the caller has its struct timespec, or 0
 * @timeout_ns: the time that it gives, in nanoseconds
 * @op: FUTEX_WAIT and so on, without flags
 * @flags: FUTEX_PRIVATE_FLAG and FUTEX_CLOCK_REALTIME
 * @expected: value that the word had to have
 * @syscall: which one
 * @expected_known: whether @expected is, or that the call compares nothing
 * @timeout: whether it ends by itself, and by which clock
 * @op_known: whether @op and @flags are; @op is of futex(2) only
 * @uaddr_known: whether @uaddr is
 * @time32: the struct timespec is one of 32-bit numbers
 * @timeout_known: whether @timeout_ns is
 */
struct fi_call {
	unsigned long args[6];
	unsigned long uaddr;
	unsigned long timeout_addr;
	u64 timeout_ns;
	unsigned int op;
	unsigned int flags;
	u32 expected;
	enum fi_syscall syscall : 8;
	enum fi_known expected_known : 8;
	enum fi_timeout timeout : 8;
	bool op_known : 1;
	bool uaddr_known : 1;
	bool time32 : 1;
	bool timeout_known : 1;
};

void fi_call_read(struct fi_call *call, struct task_struct *task, const char *q);
bool fi_call_read_interrupted(struct fi_call *call, struct task_struct *task,
			      unsigned long *insn);
void fi_call_read_vector(struct fi_call *call, const char *q);
void fi_call_decode(struct fi_call *call, const union futex_key *key);

#endif
