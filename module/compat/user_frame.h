/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_USER_FRAME_H
#define FI_USER_FRAME_H

#include <linux/kconfig.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>

#include "../nofault.h"

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

static inline bool fi_copy_frame(struct fi_user_frame *frame, const struct pt_regs *regs,
				 unsigned long *sp, bool *is_32bit)
{
	unsigned long cs;

	if (!fi_get_register(&frame->fp, &regs->bp) || !fi_get_register(sp, &regs->sp) ||
	    !fi_get_register(&cs, &regs->cs))
		return false;
	/* The upper bits are not of the selector. */
	*is_32bit = (u16)cs == __USER32_CS;
	return true;
}

#elif defined(CONFIG_ARM64)

static inline bool fi_copy_frame(struct fi_user_frame *frame, const struct pt_regs *regs,
				 unsigned long *sp, bool *is_32bit)
{
	unsigned long pstate;

	if (!fi_get_register(&pstate, &regs->pstate))
		return false;
	*is_32bit = pstate & PSR_MODE32_BIT;
	/* 32-bit code has these in other registers, which do not tell its callers. */
	if (*is_32bit) {
		memset(frame, 0, sizeof(*frame));
		*sp = 0;
		return true;
	}
	return fi_get_register(&frame->fp, &regs->regs[29]) &&
	       fi_get_register(&frame->lr, &regs->regs[30]) && fi_get_register(sp, &regs->sp);
}

#endif

/**
 * fi_read_user_frame() - copy the registers of a thread that sleeps
 * @task: the thread
 * @frame: receives them, if they could be read
 * @is_32bit: receives whether it runs 32-bit code, likewise
 *
 * Context: RCU. The stack of a thread that is killed may be given to another one at any time;
 * the caller checks afterwards that @task did not run, so it did not exit.
 *
 * Return: whether they could be read.
 */
static inline bool fi_read_user_frame(struct task_struct *task, struct fi_user_frame *frame,
				      bool *is_32bit)
{
	unsigned long sp;

	if (!fi_copy_frame(frame, task_pt_regs(task), &sp, is_32bit))
		return false;
	/* The kernel's own threads in a process have no stack there (copy_thread()). */
	if (!sp || frame->fp < sp || frame->fp - sp > FI_MAX_FRAME || frame->fp >= TASK_SIZE_MAX)
		frame->fp = 0;
	return true;
}

#endif
