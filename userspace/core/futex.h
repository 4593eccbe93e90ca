/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The futex system calls: what each operation means, and how a call is written.
 */
#ifndef FUTEXINSPECT_FUTEX_H
#define FUTEXINSPECT_FUTEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NR_ARGS		6

enum call {
	CALL_UNKNOWN,
	CALL_FUTEX,
	CALL_FUTEX_WAITV,
	CALL_FUTEX_WAIT,
	CALL_RESTART,		/* restart_syscall(2): the call goes on after a signal or stop */
	CALL_IO_URING,		/* no thread waits, but a request that one submitted */
	NR_CALLS
};

/* Operations that wait. */
enum opcode {
	OP_UNKNOWN,
	OP_WAIT,
	OP_WAIT_BITSET,
	OP_WAIT_REQUEUE_PI,
	OP_LOCK_PI,
	OP_LOCK_PI2,
	OP_FUTEX_WAIT,		/* futex_wait(2), which has no operation */
	NR_OPS
};

enum timeout {
	TIMEOUT_UNKNOWN,
	TIMEOUT_NONE,
	TIMEOUT_RELATIVE,
	TIMEOUT_MONOTONIC,
	TIMEOUT_REALTIME,
	TIMEOUT_ABSOLUTE,	/* on a clock that is not known */
	NR_TIMEOUTS
};

/* Flags of a wait, of whatever call it is. */
enum {
	WAIT_PRIVATE		= 1 << 0,
	WAIT_REALTIME		= 1 << 1,
	WAIT_OTHER_FLAGS	= 1 << 2,	/* newer ones than this program knows */
};

/**
 * struct futex_op - an operation that waits
 * @name: its name in linux/futex.h, or that of the system call that stands for it
 * @cmd: its number in futex(2)
 * @nr_args: how many arguments futex(2) reads for it
 * @timeout: kind of its timeout, if it has one; TIMEOUT_UNKNOWN: FUTEX_CLOCK_REALTIME decides
 * @compares: the kernel lets it sleep only while the word holds the expected value
 * @locks_pi: it waits for a PI lock, whose owner the kernel knows
 */
struct futex_op {
	const char *name;
	unsigned int cmd;
	int nr_args;
	enum timeout timeout;
	bool compares;
	bool locks_pi;
};

extern const struct futex_op futex_ops[NR_OPS];

/* As the module's text names them; the name of an unknown one is NULL. */
extern const char *const call_names[NR_CALLS];
extern const char *const timeout_names[NR_TIMEOUTS];

/* Room for any call. */
#define CALL_SIZE	192

enum opcode futex_opcode(unsigned int op);
enum opcode futex_opcode_named(const char *name);
enum timeout futex_timeout(unsigned int op, bool given);
unsigned int futex_flags(unsigned int op);
unsigned int futex_flags_named(const char *names);
const char *futex_flag_names(unsigned int flags);
void futex_plain_args(uint64_t args[NR_ARGS], enum opcode opcode, unsigned int flags,
		      uint64_t uaddr, uint32_t expected, uint32_t bitset);
const char *futex_format_call(char dst[CALL_SIZE], enum call call, const uint64_t args[NR_ARGS]);

#endif
