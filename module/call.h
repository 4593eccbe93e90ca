/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_CALL_H
#define FI_CALL_H

#include <linux/types.h>

struct task_struct;
union futex_key;

/* 5.14: bf22a6976897 ("futex: Provide FUTEX_LOCK_PI2 to support clock selection") */
#define FI_FUTEX_LOCK_PI2	13

/* What is known of a field of struct fi_call; FI_NONE: the field does not apply. */
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
 * struct fi_call - the system call, or the io_uring request, of a waiter
 * @args: the six argument registers; all 0 for a request
 * @uaddr: user address of the futex word, as the caller gave it
 * @timeout_addr: user address of the caller's struct timespec; 0 if there is none
 * @timeout_ns: in its place, if @timeout_known: the time in it, in nanoseconds
 * @op: operation of futex(2), without flags
 * @flags: FUTEX_PRIVATE_FLAG and FUTEX_CLOCK_REALTIME
 * @expected: value that the call expected in the word
 * @syscall: the system call or request
 * @expected_known: whether @expected is known; FI_NONE if the call compares nothing
 * @timeout: whether there is a timeout, and its clock
 * @op_known: @op and @flags are known
 * @uaddr_known: @uaddr is known
 * @time32: the struct timespec has 32-bit members
 * @timeout_known: @timeout_ns is known
 */
struct fi_call {
	unsigned long args[6];
	unsigned long uaddr;
	union {
		unsigned long timeout_addr;
		u64 timeout_ns;
	};
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
