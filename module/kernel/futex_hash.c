// SPDX-License-Identifier: GPL-2.0-only
/*
 * A way into the kernel's futex_hash(), which is not exported. A kprobe finds its
 * address by name. It is not called through a pointer: an indirect call to a
 * function that is not exported dies on IBT hardware, and on kernels built with
 * kCFI. Instead a kprobe on a function of this module sends the CPU there, as
 * override_function_with_return() does for fault injection: the probe's handler
 * sets the instruction pointer, so no branch instruction is involved that IBT,
 * BTI or kCFI would check.
 *
 * This is a file of its own so that the compiler, at the call, cannot know what
 * fi_futex_hash() does by itself: it leaves registers and memory alone that
 * futex_hash() does not.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kprobes.h>
#include <linux/ptrace.h>

#include "futex_hash.h"

static unsigned long address;

/**
 * fi_futex_hash() - the kernel's futex_hash()
 * @key: a shared key; for a private one, a reference could be taken
 *
 * Context: between fi_futex_hash_init() and fi_futex_hash_exit(); any.
 *
 * Return: the bucket of @key.
 */
noinline notrace struct fi_hash_result fi_futex_hash(union futex_key *key)
{
	return (struct fi_hash_result){ };
}

/* At the entry of fi_futex_hash(): go on in futex_hash() instead. */
static int notrace redirect(struct kprobe *probe, struct pt_regs *regs)
{
	instruction_pointer_set(regs, address);
	return 1;
}

/* A probe with a post_handler is not optimised to a jump, which cannot redirect. */
static void notrace keep_breakpoint(struct kprobe *probe, struct pt_regs *regs,
				    unsigned long flags)
{
}

static struct kprobe redirect_probe = {
	.addr = (kprobe_opcode_t *)fi_futex_hash,
	.pre_handler = redirect,
	.post_handler = keep_breakpoint,
};

/**
 * fi_futex_hash_init() - make fi_futex_hash() work
 *
 * Context: process; may sleep.
 *
 * Return: 0; -ENOENT if this kernel has no futex_hash(), as before 5.16; another
 * error after a line in the kernel log.
 */
int fi_futex_hash_init(void)
{
	struct kprobe probe = { .symbol_name = "futex_hash" };
	int err = register_kprobe(&probe);

	if (err == -ENOENT)
		return err;
	if (err) {
		pr_err("cannot put a kprobe on futex_hash(): error %d\n", err);
		return err;
	}
	address = (unsigned long)probe.addr;
	unregister_kprobe(&probe);

	err = register_kprobe(&redirect_probe);
	if (err) {
		pr_err("cannot put a kprobe on fi_futex_hash(): error %d\n", err);
		return -EINVAL;
	}
	return 0;
}

/**
 * fi_futex_hash_exit() - undo fi_futex_hash_init()
 */
void fi_futex_hash_exit(void)
{
	unregister_kprobe(&redirect_probe);
}
