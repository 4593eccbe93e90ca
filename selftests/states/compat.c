// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls of 32-bit programs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/mman.h>

#include "states.h"

#ifdef __x86_64__
/* A call as a 32-bit program makes it; only pointers below 4 GiB fit. */
static void make_compat_call(void *arg)
{
	const struct call *call = arg;
	long ret;

	asm volatile("int $0x80"
		     : "=a" (ret)
		     : "0" (call->val3), "b" (call->uaddr), "c" (call->op), "d" (call->val),
		       "S" (0), "D" (0)
		     : "memory", "r8", "r9", "r10", "r11");
	errno = -ret;
	die("a 32-bit futex(2) returned");
}

static void block_in_compat_call(int nr)
{
	struct call call = { .op = FUTEX_WAIT_PRIVATE, .val = 60, .val3 = nr };
	struct truth truth = private_wait(NULL, 60);

	truth.nr = nr;
	call.uaddr = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (call.uaddr == MAP_FAILED)
		die("mmap");
	*call.uaddr = 60;
	truth.uaddr = call.uaddr;
	truth.waits_on = call.uaddr;
	truth.tid = start_thread(make_compat_call, &call);
	print_waiter(&truth);
	print_this_process(2);
}
#else
static void block_in_compat_call(int nr)
{
	(void)nr;
	skip("no way to make a 32-bit call from a 64-bit program");
}
#endif

static void compat_futex(void)
{
	block_in_compat_call(240);
}

static void compat_futex_time64(void)
{
	block_in_compat_call(422);
}

const struct state compat_states[] = {
	STATE(compat_futex, "futex(2) of a 32-bit program", .needs = "x86-64"),
	STATE(compat_futex_time64, "futex_time64(2) of a 32-bit program", .needs = "x86-64"),
	{}
};
