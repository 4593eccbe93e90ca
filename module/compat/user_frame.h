/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_USER_FRAME_H
#define FI_USER_FRAME_H

#include <linux/kconfig.h>
#include <linux/ptrace.h>
#include <linux/processor.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/uaccess.h>

#include "nofault.h"

/* A frame pointer that is farther from the stack pointer is none. */
#define FI_MAX_FRAME	(8UL << 20)

/**
 * struct fi_user_frame - saved registers that it takes to find the callers of a thread
 * @fp: the frame pointer; 0 if the register has something else
 * @lr: the link register, where the architecture has one
 *
 * The system call and the fault handler save them; what a function below has saved on the
 * stack is found from them.
 */
struct fi_user_frame {
	unsigned long fp;
#ifdef CONFIG_ARM64
	unsigned long lr;
#endif
};

static inline unsigned long fi_link_register(const struct fi_user_frame *frame)
{
#ifdef CONFIG_ARM64
	return frame->lr;
#else
	return 0;
#endif
}

#if defined(CONFIG_X86_64)

/* Copy what tells the call, its first argument, the kind of program, and the frame. */
static inline bool fi_copy_known(struct pt_regs *regs, const struct pt_regs *saved)
{
	return fi_copy_kernel_u64(&regs->orig_ax, &saved->orig_ax) &&
	       fi_copy_kernel_u64(&regs->di, &saved->di) &&
	       fi_copy_kernel_u64(&regs->cs, &saved->cs) &&
	       fi_copy_kernel_u64(&regs->sp, &saved->sp) &&
	       fi_copy_kernel_u64(&regs->bp, &saved->bp);
}

static inline unsigned long fi_first_argument(const struct pt_regs *regs)
{
	return regs->di;
}

static inline bool fi_is_32bit(const struct pt_regs *regs)
{
	return (u16)regs->cs == __USER32_CS;
}

static inline void fi_take_frame(struct fi_user_frame *frame, const struct pt_regs *regs)
{
	frame->fp = regs->bp;
}

#elif defined(CONFIG_ARM64)

static inline bool fi_copy_known(struct pt_regs *regs, const struct pt_regs *saved)
{
	return fi_copy_kernel_u32(&regs->syscallno, &saved->syscallno) &&
	       fi_copy_kernel_u64(&regs->orig_x0, &saved->orig_x0) &&
	       fi_copy_kernel_u64(&regs->pstate, &saved->pstate) &&
	       fi_copy_kernel_u64(&regs->sp, &saved->sp) &&
	       fi_copy_kernel_u64(&regs->regs[29], &saved->regs[29]) &&
	       fi_copy_kernel_u64(&regs->regs[30], &saved->regs[30]);
}

static inline unsigned long fi_first_argument(const struct pt_regs *regs)
{
	return regs->orig_x0;
}

static inline bool fi_is_32bit(const struct pt_regs *regs)
{
	return regs->pstate & PSR_MODE32_BIT;
}

/* 32-bit code has these in other registers, which do not tell its callers. */
static inline void fi_take_frame(struct fi_user_frame *frame, const struct pt_regs *regs)
{
	frame->fp = fi_is_32bit(regs) ? 0 : regs->regs[29];
	frame->lr = fi_is_32bit(regs) ? 0 : regs->regs[30];
}

#endif

/**
 * fi_copy_registers() - copy those saved registers of a thread of which something is told
 * @regs: receives them, where fi_read_user_frame(), fi_is_32bit(), fi_first_argument() and
 *	syscall_get_nr() take them from; the others stay as they are
 * @task: the thread
 *
 * A thread that has exited has no stack, so task_pt_regs() would be an address of user space; but
 * the registers are at the same place in each stack. A stack that was freed is not mapped any
 * more, or is another thread's (put_task_stack()).
 *
 * Context: any.
 *
 * Return: whether there were any.
 */
static inline bool fi_copy_registers(struct pt_regs *regs, struct task_struct *task)
{
	const void *stack = READ_ONCE(task->stack);
	const void *saved = stack + ((void *)task_pt_regs(current) - task_stack_page(current));
	bool copied;

	if (!stack)
		return false;
	pagefault_disable();
	copied = fi_copy_known(regs, saved);
	pagefault_enable();
	return copied;
}

/**
 * fi_read_user_frame() - take what tells the callers of a thread from its registers
 * @frame: receives it
 * @regs: a copy of the registers that the thread has saved in its system call or fault
 *
 * Context: any.
 */
static inline void fi_read_user_frame(struct fi_user_frame *frame, const struct pt_regs *regs)
{
	unsigned long sp = regs->sp;

	fi_take_frame(frame, regs);
	/* The kernel's own threads in a process have no stack there (copy_thread()). */
	if (!sp || frame->fp < sp || frame->fp - sp > FI_MAX_FRAME || frame->fp >= TASK_SIZE_MAX)
		frame->fp = 0;
}

#endif
