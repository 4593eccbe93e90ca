// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which signal a handler handles.
 *
 * The kernel puts a frame on the stack (struct rt_sigframe): the registers and the mask of blocked
 * signals that the handler's end will restore, and, only if the handler was installed with
 * SA_SIGINFO, what the signal is.  Otherwise that part keeps what was there before, so it is
 * believed only of a signal which the handler's begin has blocked (signal_setup_done()).
 */
#include <elf.h>
#include <elfutils/version.h>

#include "array.h"
#include "sigframe.h"
#include "signals.h"

#define UC_FLAGS_KNOWN	7	/* asm/ucontext.h of x86: UC_FP_XSTATE and so on */

/* Where things are from the stack pointer on with which the handler returns, in bytes. */
static const struct layout {
	int machine;
	unsigned int sp;	/* DWARF's number */
	uint64_t context_at;
	uint64_t mask_at;
	uint64_t info_at;
} layouts[] = {
	{ EM_X86_64, 7, 0, 296, 304 },
	{ EM_AARCH64, 31, 128, 168, 0 },
};

static bool read_sp(Dwfl_Frame *state, unsigned int number, uint64_t *sp)
{
#if _ELFUTILS_PREREQ(0, 188)
	Dwarf_Word value;

	if (dwfl_frame_reg(state, number, &value))
		return false;
	*sp = value;
	return true;
#else
	(void)state;
	(void)number;
	(void)sp;
	return false;
#endif
}

/* A mask of one signal is that signal. */
static int only_signal(uint64_t mask)
{
	return mask && !(mask & (mask - 1)) ? __builtin_ctzll(mask) + 1 : 0;
}

static int choose_signal(uint64_t added, int32_t said)
{
	if (said >= 1 && said <= MAX_SIGNAL && added & SIGNAL(said))
		return said;
	return only_signal(added);
}

/**
 * find_signal() - find out which signal's handler was called in a frame
 * @t: the process
 * @state: the frame, which is of the code that the handler returns to
 * @machine: as in an ELF header
 * @blocked: mask of the signals that the thread blocks in the handler; receives the mask of those
 *	that it blocked before, 0 if that is not known
 *
 * Return: the signal's number, or 0: it is not known.
 */
int find_signal(struct target *t, Dwfl_Frame *state, int machine, uint64_t *blocked)
{
	uint64_t before, sp, added = *blocked;
	struct {
		uint64_t flags;
		uint64_t link;
	} context;
	int32_t said;

	*blocked = 0;
	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
		const struct layout *l = &layouts[i];

		if (l->machine != machine)
			continue;
		if (!read_sp(state, l->sp, &sp) ||
		    !target_read(t, sp + l->context_at, &context, sizeof(context)) ||
		    !target_read(t, sp + l->mask_at, &before, sizeof(before)) ||
		    !target_read(t, sp + l->info_at, &said, sizeof(said)) ||
		    context.flags & ~(uint64_t)UC_FLAGS_KNOWN || context.link)
			return 0;
		*blocked = before;
		return choose_signal(added & ~before, said);
	}
	return 0;
}
