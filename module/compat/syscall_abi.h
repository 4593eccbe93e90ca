/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_SYSCALL_ABI_H
#define FI_SYSCALL_ABI_H

#include <linux/kconfig.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/thread_info.h>
#include <linux/uaccess.h>
#include <asm/syscall.h>
#include <asm/unistd.h>

#include "user_frame.h"

/* The same on all architectures: 5.16, 039c0ec9bb77 ("futex,x86: Wire up sys_futex_waitv()") */
#define FI_NR_FUTEX_WAITV		449
/* The same on all architectures: 6.7, cb8c4312afca ("futex: Add sys_futex_wait()") */
#define FI_NR_FUTEX_WAIT		455

/* The same on all architectures: 5.11, b0a0c2615f6f ("epoll: wire up syscall epoll_pwait2") */
#define FI_NR_EPOLL_PWAIT2		441

/* 32-bit system calls: i386 and 32-bit arm have the same numbers for these. */
#define FI_NR_COMPAT_RESTART_SYSCALL	0
#define FI_NR_COMPAT_FUTEX		240
#define FI_NR_COMPAT_FUTEX_TIME64	422

/**
 * fi_in_compat_syscall() - whether a thread is in a 32-bit system call
 * @task: a thread that is in a system call and stays in it
 *
 * Context: any.
 */
static inline bool fi_in_compat_syscall(struct task_struct *task)
{
#if defined(CONFIG_X86_64) && defined(CONFIG_COMPAT)
	/* This is also set for a 64-bit program that uses int 0x80. */
	return task_thread_info(task)->status & TS_COMPAT;
#elif defined(CONFIG_ARM64) && defined(CONFIG_COMPAT)
	return is_compat_thread(task_thread_info(task));
#else
	return false;
#endif
}

/**
 * fi_plain_nr() - the number of a system call without what says that it is of x32
 * @nr: from syscall_get_nr(), of a system call that is not a 32-bit one
 *
 * x32 has the numbers of 64-bit calls, marked by a bit that do_syscall_x32() takes away.
 *
 * Context: any.
 */
static inline int fi_plain_nr(int nr)
{
#ifdef __X32_SYSCALL_BIT
	if (IS_ENABLED(CONFIG_X86_X32_ABI) || IS_ENABLED(CONFIG_X86_X32))
		nr &= ~__X32_SYSCALL_BIT;
#endif
	return nr;
}

/**
 * fi_redo_call() - undo that the kernel has set registers back to before a system call
 * @task: a stopped thread
 * @regs: a copy of its saved registers; changed to what they were in the call
 *
 * If a system call is going to be repeated, do_signal() of arm64 sets the registers back
 * before it stops the thread, so that the thread makes the call again when it is resumed.
 *
 * Context: any.
 *
 * Return: 0 if the registers are those of a system call as they are; otherwise the user
 * address of the next instruction. If that is not FI_CALL_INSN, there is no system call.
 */
static inline unsigned long fi_redo_call(struct task_struct *task, struct pt_regs *regs)
{
#ifdef CONFIG_ARM64
	if (in_syscall(regs) || is_compat_thread(task_thread_info(task)))
		return 0;
	regs->syscallno = regs->regs[8];
	regs->orig_x0 = regs->regs[0];
	return instruction_pointer(regs);
#else
	return 0;
#endif
}

/* What a call waits for at a file. */
enum fi_file_op {
	FI_READS,
	FI_WRITES,
	FI_POLLS,		/* poll(2) or select(2): several files */
	FI_WAITS_FOR_EPOLL,
};

/**
 * struct fi_file_call - a call that waits for files or sockets
 * @op: what it waits for
 * @fd: the descriptor, unless @op is FI_POLLS
 */
struct fi_file_call {
	enum fi_file_op op;
	unsigned int fd;
};

/**
 * fi_read_file_call() - find out in which call that waits for files a thread is
 * @call: receives it
 * @task: the thread
 * @regs: its saved registers, from fi_copy_registers()
 *
 * Calls of 32-bit programs are not known.
 *
 * Context: any.
 *
 * Return: whether it is in such a call.
 */
static inline bool fi_read_file_call(struct fi_file_call *call, struct task_struct *task,
				     struct pt_regs *regs)
{
	if (fi_in_compat_syscall(task))
		return false;
	switch (syscall_get_nr(task, regs)) {
	case __NR_read:
	case __NR_readv:
	case __NR_recvfrom:
	case __NR_recvmsg:
		call->op = FI_READS;
		break;
	case __NR_write:
	case __NR_writev:
	case __NR_sendto:
	case __NR_sendmsg:
		call->op = FI_WRITES;
		break;
#ifdef __NR_poll
	case __NR_poll:
	case __NR_select:
#endif
	case __NR_ppoll:
	case __NR_pselect6:
		call->op = FI_POLLS;
		break;
#ifdef __NR_epoll_wait
	case __NR_epoll_wait:
#endif
	case __NR_epoll_pwait:
	case FI_NR_EPOLL_PWAIT2:
		call->op = FI_WAITS_FOR_EPOLL;
		break;
	default:
		return false;
	}
	call->fd = fi_first_argument(regs);
	return true;
}

/* svc #0 of arm64, the only architecture where fi_redo_call() is necessary */
#define FI_CALL_INSN	0xd4000001

#endif
