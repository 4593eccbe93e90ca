/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_USER_FRAME_H
#define FI_USER_FRAME_H

#include <linux/kconfig.h>
#include <linux/ptrace.h>
#include <linux/processor.h>

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

static inline bool fi_is_32bit(const struct pt_regs *regs)
{
	return (u16)regs->cs == __USER32_CS;
}

static inline void fi_take_frame(struct fi_user_frame *frame, const struct pt_regs *regs)
{
	frame->fp = regs->bp;
}

#elif defined(CONFIG_ARM64)

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
