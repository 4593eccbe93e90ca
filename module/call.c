// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads what a waiter asked for. The queue entry does not hold the expected value, the
 * operation or the timeout, but the arguments of the system call do.
 */
#include <linux/mutex.h> /* linux/futex.h of 6.12 needs it */
#include <linux/errno.h>
#include <linux/futex.h>
#include <linux/sched/task_stack.h>
#include <linux/time.h>
#include <linux/uaccess.h>
#include <asm/syscall.h>

#include "call.h"
#include "compat/syscall_abi.h"
#include "kernel/layout.h"
#include "symbol.h"

static enum fi_syscall identify(struct task_struct *task, int nr)
{
	if (!fi_in_compat_syscall(task))
		nr = fi_plain_nr(nr);
	if (nr == FI_NR_FUTEX_WAITV && fi_has(FI_VECTOR))
		return FI_SYS_FUTEX_WAITV;
	if (nr == FI_NR_FUTEX_WAIT)
		return FI_SYS_FUTEX_WAIT;
	if (fi_in_compat_syscall(task)) {
		switch (nr) {
		case FI_NR_COMPAT_FUTEX:
		case FI_NR_COMPAT_FUTEX_TIME64:
			return FI_SYS_FUTEX;
		case FI_NR_COMPAT_RESTART_SYSCALL:
			return FI_SYS_RESTART;
		}
	} else {
		switch (nr) {
		case __NR_futex:
			return FI_SYS_FUTEX;
		case __NR_restart_syscall:
			return FI_SYS_RESTART;
		}
	}
	return FI_SYS_UNKNOWN;
}

/**
 * fi_call_read_vector() - copy what the kernel keeps of one word of a vector
 * @call: receives the address and the expected value
 * @q: the word's struct futex_q, which is part of a struct futex_vector
 *
 * Context: the caller holds the lock of the bucket that @q is in.
 */
void fi_call_read_vector(struct fi_call *call, const char *q)
{
	const char *vector = fi_owner_of(q, v_q);

	call->uaddr = *fi_v_uaddr(vector);
	call->expected = *fi_v_val(vector);
}

static void read_registers(struct fi_call *call, struct task_struct *task,
			   struct pt_regs *regs)
{
	call->syscall = identify(task, syscall_get_nr(task, regs));
	call->time32 = fi_in_compat_syscall(task) &&
		       syscall_get_nr(task, regs) == FI_NR_COMPAT_FUTEX;
	syscall_get_arguments(task, regs, call->args);
}

/* Copy what futex_wait() left for futex_wait_restart(). */
static void read_restart_block(struct fi_call *call, const struct task_struct *task)
{
	call->uaddr = (unsigned long)task->restart_block.futex.uaddr;
	call->expected = task->restart_block.futex.val;
	call->timeout_ns = task->restart_block.futex.time;
	call->timeout_known = true;
}

/**
 * fi_call_read() - copy what the kernel keeps of a waiter's system call
 * @call: all zero; filled in, and completed by fi_call_decode()
 * @task: the waiter
 * @q: its struct futex_q
 *
 * Context: the caller holds the lock of the bucket that @q is in. The waiter must take
 * that lock to leave the queue, so it stays in its system call, and its saved registers
 * do not change. Does not sleep.
 */
void fi_call_read(struct fi_call *call, struct task_struct *task, const char *q)
{
	read_registers(call, task, task_pt_regs(task));
	if (call->syscall == FI_SYS_FUTEX_WAITV)
		fi_call_read_vector(call, q);
	else if (call->syscall == FI_SYS_RESTART)
		read_restart_block(call, task);
}

/* Whether restart_syscall(2), which serves other calls as well, continues a futex wait. */
static bool restarts_futex(const struct task_struct *task)
{
	return fi_is_function(READ_ONCE(task->restart_block.fn), "futex_wait_restart");
}

/* Whether the registers show that the call is going to be repeated. */
static bool was_interrupted(struct task_struct *task, struct pt_regs *regs)
{
	switch (syscall_get_error(task, regs)) {
	case -ERESTARTSYS:
	case -ERESTARTNOINTR:
	case -ERESTARTNOHAND:
	case -ERESTART_RESTARTBLOCK:
		return true;
	default:
		return false;
	}
}

/* Whether a call waits. For futex(2) that depends on the operation. */
static bool is_wait(const struct fi_call *call)
{
	if (call->syscall != FI_SYS_FUTEX)
		return call->syscall != FI_SYS_UNKNOWN;
	switch (call->args[1] & FUTEX_CMD_MASK) {
	case FUTEX_WAIT:
	case FUTEX_WAIT_BITSET:
	case FUTEX_WAIT_REQUEUE_PI:
	case FUTEX_LOCK_PI:
	case FI_FUTEX_LOCK_PI2:
		return true;
	default:
		return false;
	}
}

/**
 * fi_call_read_interrupted() - copy a futex wait that was interrupted
 * @call: all zero; filled in, except the words of futex_waitv()
 * @task: a thread that is stopped or frozen on its way out of the kernel
 * @insn: receives the user address of the instruction that must be FI_CALL_INSN, or this
 *	is no futex wait; 0 if nothing is left to check
 *
 * A wait that is interrupted by a signal or a stop returns an error code that makes the
 * kernel repeat the call. That code is in the saved registers until the call is repeated,
 * unless the kernel has set the registers back already (fi_redo_call()).
 *
 * Context: RCU. If @task is killed, its stack may be given to another thread at any time;
 * the caller checks afterwards that this did not happen.
 *
 * Return: whether it is a futex wait.
 */
bool fi_call_read_interrupted(struct fi_call *call, struct task_struct *task,
			      unsigned long *insn)
{
	struct pt_regs regs;

	if (copy_from_kernel_nofault(&regs, task_pt_regs(task), sizeof(regs)))
		return false;
	*insn = fi_redo_call(task, &regs);
	if (!*insn && !was_interrupted(task, &regs))
		return false;
	read_registers(call, task, &regs);
	if (call->syscall == FI_SYS_RESTART) {
		read_restart_block(call, task);
		return restarts_futex(task);
	}
	return is_wait(call);
}

static enum fi_timeout absolute_timeout(bool realtime)
{
	return realtime ? FI_TIMEOUT_REALTIME : FI_TIMEOUT_MONOTONIC;
}

/* The clock is chosen as in futex_init_timeout() and futex_lock_pi(). */
static enum fi_timeout futex_timeout(const struct fi_call *call)
{
	if (!call->args[3])
		return FI_TIMEOUT_NONE;
	switch (call->op) {
	case FUTEX_WAIT:
		return FI_TIMEOUT_RELATIVE;
	case FUTEX_LOCK_PI:
		return FI_TIMEOUT_REALTIME;
	default:
		return absolute_timeout(call->flags & FUTEX_CLOCK_REALTIME);
	}
}

static void decode_futex(struct fi_call *call)
{
	unsigned int op = call->args[1];

	call->op_known = true;
	call->op = op & FUTEX_CMD_MASK;
	call->flags = op & ~FUTEX_CMD_MASK;
	call->uaddr_known = true;
	call->uaddr = call->args[0];
	call->timeout = futex_timeout(call);
	call->timeout_addr = call->args[3];
	switch (call->op) {
	case FUTEX_WAIT:
	case FUTEX_WAIT_BITSET:
	case FUTEX_WAIT_REQUEUE_PI:
		call->expected_known = FI_KNOWN;
		call->expected = call->args[2];
		break;
	default:
		/* FUTEX_LOCK_PI and FUTEX_LOCK_PI2 take no expected value. */
		call->expected_known = FI_NONE;
	}
}

/* Decode what all calls of the newer kind have in common; they have no operation. */
static void decode_futex2(struct fi_call *call, const union futex_key *key)
{
	/* get_futex_key() decides what is private; the flags of the word changed in 6.7. */
	if (key && !(key->both.offset & (FUT_OFF_INODE | FUT_OFF_MMSHARED)))
		call->flags = FUTEX_PRIVATE_FLAG;
	call->op_known = true;
	call->uaddr_known = true;
	call->expected_known = FI_KNOWN;
}

/* An interrupted futex_waitv() has several words, and its vector has been freed. */
static void forget_words(struct fi_call *call)
{
	call->uaddr_known = false;
	call->expected_known = FI_UNKNOWN;
}

/* The arguments are those of SYSCALL_DEFINE5(futex_waitv, ...). */
static void decode_waitv(struct fi_call *call, const union futex_key *key)
{
	decode_futex2(call, key);
	if (!key)
		forget_words(call);
	call->timeout_addr = call->args[3];
	call->timeout = call->args[3] ?
		absolute_timeout(call->args[4] == CLOCK_REALTIME) : FI_TIMEOUT_NONE;
}

/* The arguments are those of SYSCALL_DEFINE6(futex_wait, ...). */
static void decode_futex_wait(struct fi_call *call, const union futex_key *key)
{
	decode_futex2(call, key);
	call->uaddr = call->args[0];
	call->expected = call->args[1];
	call->timeout_addr = call->args[4];
	call->timeout = call->args[4] ?
		absolute_timeout(call->args[5] == CLOCK_REALTIME) : FI_TIMEOUT_NONE;
}

static void decode_restart(struct fi_call *call)
{
	/* Only a futex_wait() with a timeout, absolute by then, is continued this way. */
	call->uaddr_known = true;
	call->expected_known = FI_KNOWN;
	call->timeout = FI_TIMEOUT_ABSOLUTE;
}

/**
 * fi_call_decode() - decode what fi_call_read() or fi_request_read() copied
 * @call: completed
 * @key: key of the queue entry, or NULL if the waiter has left the queue
 *
 * Context: any.
 */
void fi_call_decode(struct fi_call *call, const union futex_key *key)
{
	switch (call->syscall) {
	case FI_SYS_FUTEX:
		decode_futex(call);
		break;
	case FI_SYS_FUTEX_WAITV:
		decode_waitv(call, key);
		break;
	case FI_SYS_FUTEX_WAIT:
		decode_futex_wait(call, key);
		break;
	case FI_SYS_IO_URING_WAIT:
	case FI_SYS_IO_URING_WAITV:
		/* The timeout of a request is another request, linked to it. */
		decode_futex2(call, key);
		break;
	case FI_SYS_RESTART:
		decode_restart(call);
		break;
	case FI_SYS_UNKNOWN:
		break;
	}
}
