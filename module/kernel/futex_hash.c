// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls the kernel's futex_hash(), which is not exported. A kprobe finds its address by
 * name. An indirect call to a function that is not exported would be fatal on IBT
 * hardware and on kernels built with kCFI, so it is not called through a pointer. Instead
 * a kprobe on a function of this module redirects the CPU, as
 * override_function_with_return() does for fault injection: the handler of the probe sets
 * the instruction pointer, and no branch is involved that IBT, BTI or kCFI would check.
 *
 * If the compiler could see that the body of fi_futex_hash() is empty, it would leave out the
 * call, and assume that registers and memory keep their values. So the caller is in another
 * file, and the result is hidden, which also holds for link-time optimisation.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kprobes.h>
#include <linux/ptrace.h>

#include "futex_hash.h"

static unsigned long address;

/**
 * fi_futex_hash() - call the kernel's futex_hash()
 * @key: a shared key; for a private key the kernel might take a reference
 *
 * Context: any, between fi_futex_hash_init() and fi_futex_hash_exit().
 *
 * Return: the bucket of @key.
 */
noinline notrace struct fi_hash_result fi_futex_hash(union futex_key *key)
{
	struct fi_hash_result result = { };

	OPTIMIZER_HIDE_VAR(result.bucket);
	return result;
}

/* At the entry of fi_futex_hash(): continue in futex_hash() instead. */
static int notrace redirect(struct kprobe *probe, struct pt_regs *regs)
{
	instruction_pointer_set(regs, address);
	return 1;
}

/* With a post_handler the probe is not optimised to a jump, which cannot redirect. */
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
 * fi_futex_hash_init() - prepare fi_futex_hash()
 *
 * Context: process; may sleep.
 *
 * Return: 0; -ENOENT if this kernel has no futex_hash() that a kprobe can find, as before
 * 5.16; another error after a line in the kernel log.
 */
int fi_futex_hash_init(void)
{
	/* Disabled, so that the function, which all futexes need, is not touched. */
	struct kprobe probe = { .symbol_name = "futex_hash", .flags = KPROBE_FLAG_DISABLED };
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
 *
 * Context: process; may sleep.
 */
void fi_futex_hash_exit(void)
{
	unregister_kprobe(&redirect_probe);
}
