// SPDX-License-Identifier: GPL-2.0-only
/*
 * The futex system calls: what each operation means, and how a call is written.
 */
#include <inttypes.h>
#include <linux/futex.h>
#include <stdio.h>
#include <string.h>

#include "array.h"
#include "futex.h"

/* 5.14, bf22a6976897 ("futex: Provide FUTEX_LOCK_PI2 to support clock selection") */
#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2	13
#endif

#define NUMBER_SIZE	24

const char *const call_names[NR_CALLS] = {
	[CALL_FUTEX]		= "futex",
	[CALL_FUTEX_WAITV]	= "futex_waitv",
	[CALL_FUTEX_WAIT]	= "futex_wait",
	[CALL_RESTART]		= "restart_syscall",
	[CALL_IO_URING]		= "io_uring",
};

const char *const timeout_names[NR_TIMEOUTS] = {
	[TIMEOUT_NONE]		= "none",
	[TIMEOUT_RELATIVE]	= "relative",
	[TIMEOUT_MONOTONIC]	= "monotonic",
	[TIMEOUT_REALTIME]	= "realtime",
	[TIMEOUT_ABSOLUTE]	= "absolute",
};

/* FUTEX_LOCK_PI measures its timeout by CLOCK_REALTIME without a flag: futex(2). */
const struct futex_op futex_ops[NR_OPS] = {
	[OP_UNKNOWN]		= { .nr_args = NR_ARGS },
	[OP_WAIT]		= { "FUTEX_WAIT", FUTEX_WAIT, 4, TIMEOUT_RELATIVE, .compares = true },
	[OP_WAIT_BITSET]	= { "FUTEX_WAIT_BITSET", FUTEX_WAIT_BITSET, 6, .compares = true },
	[OP_WAIT_REQUEUE_PI]	= { "FUTEX_WAIT_REQUEUE_PI", FUTEX_WAIT_REQUEUE_PI, 5 },
	[OP_LOCK_PI]		= { "FUTEX_LOCK_PI", FUTEX_LOCK_PI, 4, TIMEOUT_REALTIME,
				    .locks_pi = true },
	[OP_LOCK_PI2]		= { "FUTEX_LOCK_PI2", FUTEX_LOCK_PI2, 4, .locks_pi = true },
	[OP_FUTEX_WAIT]		= { "futex_wait", .compares = true },
};

/**
 * futex_opcode() - the operation of a call of futex(2)
 * @op: its second argument, with flags
 *
 * Return: the operation; OP_UNKNOWN for one that does not wait, or that is newer
 * than this program.
 */
enum opcode futex_opcode(unsigned int op)
{
	for (enum opcode i = OP_WAIT; i < NR_OPS; i++) {
		if (futex_ops[i].nr_args && futex_ops[i].cmd == (op & FUTEX_CMD_MASK))
			return i;
	}
	return OP_UNKNOWN;
}

/**
 * futex_opcode_named() - look an operation up by its name
 * @name: as in struct futex_op
 *
 * Return: the operation, or OP_UNKNOWN.
 */
enum opcode futex_opcode_named(const char *name)
{
	for (enum opcode i = OP_WAIT; i < NR_OPS; i++) {
		if (!strcmp(futex_ops[i].name, name))
			return i;
	}
	return OP_UNKNOWN;
}

/**
 * futex_timeout() - what kind of timeout a call of futex(2) has
 * @op: its second argument, with flags
 * @given: whether it has one at all
 */
enum timeout futex_timeout(unsigned int op, bool given)
{
	enum timeout fixed = futex_ops[futex_opcode(op)].timeout;

	if (!given)
		return TIMEOUT_NONE;
	if (fixed)
		return fixed;
	return op & FUTEX_CLOCK_REALTIME ? TIMEOUT_REALTIME : TIMEOUT_MONOTONIC;
}

/**
 * futex_flags() - the flags of a call of futex(2)
 * @op: its second argument
 *
 * Return: a mask of WAIT_PRIVATE and WAIT_REALTIME.
 */
unsigned int futex_flags(unsigned int op)
{
	return (op & FUTEX_PRIVATE_FLAG ? WAIT_PRIVATE : 0) |
	       (op & FUTEX_CLOCK_REALTIME ? WAIT_REALTIME : 0);
}

/* The text of each mask of the flags that are known. */
static const char *const flag_names[] = {
	[0]				= "-",
	[WAIT_PRIVATE]			= "PRIVATE",
	[WAIT_REALTIME]			= "CLOCK_REALTIME",
	[WAIT_PRIVATE | WAIT_REALTIME]	= "PRIVATE|CLOCK_REALTIME",
};

/**
 * futex_flag_names() - the names of flags, as in the module's text
 * @flags: a mask of WAIT_PRIVATE and WAIT_REALTIME
 */
const char *futex_flag_names(unsigned int flags)
{
	return flag_names[flags];
}

static unsigned int flag_named(const char *name, size_t len)
{
	for (unsigned int flag = WAIT_PRIVATE; flag < ARRAY_SIZE(flag_names); flag *= 2) {
		if (strlen(flag_names[flag]) == len && !memcmp(flag_names[flag], name, len))
			return flag;
	}
	return WAIT_OTHER_FLAGS;
}

/**
 * futex_flags_named() - read the names of flags
 * @names: names joined by "|", or "-" for no flags
 *
 * Return: a mask of WAIT_PRIVATE, WAIT_REALTIME and, for all other names,
 * WAIT_OTHER_FLAGS.
 */
unsigned int futex_flags_named(const char *names)
{
	unsigned int flags = 0;

	if (!strcmp(names, "-"))
		return 0;
	for (;;) {
		size_t len = strcspn(names, "|");

		flags |= flag_named(names, len);
		if (!names[len])
			return flags;
		names += len + 1;
	}
}

/**
 * futex_plain_args() - the arguments of a wait without timeout
 * @args: receives the arguments of futex(2)
 * @opcode: OP_WAIT or OP_WAIT_BITSET
 * @flags: a mask of WAIT_PRIVATE and WAIT_REALTIME
 * @uaddr: address of the word
 * @expected: value that the caller expected
 * @bitset: of OP_WAIT_BITSET; else not used
 */
void futex_plain_args(uint64_t args[NR_ARGS], enum opcode opcode, unsigned int flags,
		      uint64_t uaddr, uint32_t expected, uint32_t bitset)
{
	memset(args, 0, NR_ARGS * sizeof(*args));
	args[0] = uaddr;
	args[1] = futex_ops[opcode].cmd | (flags & WAIT_PRIVATE ? FUTEX_PRIVATE_FLAG : 0) |
		  (flags & WAIT_REALTIME ? FUTEX_CLOCK_REALTIME : 0);
	args[2] = expected;
	if (opcode == OP_WAIT_BITSET)
		args[5] = bitset;
}

static const char *pointer(char buf[NUMBER_SIZE], uint64_t val)
{
	if (!val)
		return "NULL";
	snprintf(buf, NUMBER_SIZE, "%#" PRIx64, val);
	return buf;
}

static void format_futex(char *dst, const uint64_t *args)
{
	enum opcode op = futex_opcode(args[1]);
	char buf[NUMBER_SIZE], *d = dst, *end = dst + CALL_SIZE;

	d += snprintf(d, end - d, "futex(%s, ", pointer(buf, args[0]));
	if (op)
		d += snprintf(d, end - d, "%s%s%s", futex_ops[op].name,
			      args[1] & FUTEX_PRIVATE_FLAG ? "_PRIVATE" : "",
			      args[1] & FUTEX_CLOCK_REALTIME ? "|FUTEX_CLOCK_REALTIME" : "");
	else
		d += snprintf(d, end - d, "%#x", (unsigned int)args[1]);
	d += snprintf(d, end - d, ", %u, %s", (unsigned int)args[2], pointer(buf, args[3]));
	if (futex_ops[op].nr_args > 4)
		d += snprintf(d, end - d, ", %s", pointer(buf, args[4]));
	if (futex_ops[op].nr_args > 5)
		d += snprintf(d, end - d, ", %#x", (unsigned int)args[5]);
	snprintf(d, end - d, ")");
}

static void format_futex_waitv(char *dst, const uint64_t *args)
{
	char waiters[NUMBER_SIZE], timeout[NUMBER_SIZE];

	snprintf(dst, CALL_SIZE, "futex_waitv(%s, %u, %u, %s, %u)", pointer(waiters, args[0]),
		 (unsigned int)args[1], (unsigned int)args[2], pointer(timeout, args[3]),
		 (unsigned int)args[4]);
}

static void format_futex_wait(char *dst, const uint64_t *args)
{
	char uaddr[NUMBER_SIZE], timeout[NUMBER_SIZE];

	snprintf(dst, CALL_SIZE, "futex_wait(%s, %u, %#" PRIx64 ", %#x, %s, %u)",
		 pointer(uaddr, args[0]), (unsigned int)args[1], args[2],
		 (unsigned int)args[3], pointer(timeout, args[4]), (unsigned int)args[5]);
}

/**
 * futex_format_call() - write a call as strace(1) would
 * @dst: receives the text
 * @call: the system call
 * @args: its arguments
 *
 * Return: @dst.
 */
const char *futex_format_call(char dst[CALL_SIZE], enum call call, const uint64_t args[NR_ARGS])
{
	if (call == CALL_FUTEX_WAITV)
		format_futex_waitv(dst, args);
	else if (call == CALL_FUTEX_WAIT)
		format_futex_wait(dst, args);
	else
		format_futex(dst, args);
	return dst;
}
