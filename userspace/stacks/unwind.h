/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_UNWIND_H
#define FUTEXINSPECT_UNWIND_H

#include "target.h"

/* The registers of a thread that sleeps, as far as they are known. */
struct registers {
	uint64_t pc;
	uint64_t sp;
	uint64_t fp;		/* 0: not known ... */
	uint64_t lr;		/* ... or there is no such register */
};

/* To write the stack of a thread once more. */
struct request {
	size_t index;		/* of the thread */
	struct registers regs;	/* as they are now */
};

int write_stacks(int fd, struct target *t, const struct stack *stacks,
		 const struct registers *regs, size_t nr);

#endif
