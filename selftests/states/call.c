// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads and children that make one futex(2) call each.
 */
#define _GNU_SOURCE
#include <sys/prctl.h>
#include <unistd.h>

#include "states.h"

void make_call(void *arg)
{
	const struct call *call = arg;

	if (call->name)
		prctl(PR_SET_NAME, call->name);
	syscall(SYS_futex, call->uaddr, call->op, call->val, call->timeout,
		call->uaddr2, call->val3);
	die("futex(2) returned");
}

/* One thread makes one call on the word it names, and does not come back. */
void block_in_call(struct call *call, const char *op, const char *flags,
		   const char *key, uint32_t bitset, const char *timeout)
{
	struct truth truth = private_wait(call->uaddr, call->val);

	truth.tid = start_thread(make_call, call);
	truth.key = key;
	truth.op = op;
	truth.flags = flags;
	truth.bitset = bitset;
	truth.timeout = timeout;
	if (call->timeout)
		truth.timeout_ns = call->timeout->tv_sec * 1000000000ULL +
				   call->timeout->tv_nsec;
	print_waiter(&truth);
	print_this_process(2);
}

/* In the middle of its own memory, so that all words around it can be read. */
static uint32_t memory[WORDS * 4] __attribute__((aligned(256)));
uint32_t *const word = &memory[WORDS];

const struct timespec one_hour = { .tv_sec = 3600 };

bool crowded;

/* The other waiters of a crowded process. */
void make_crowd(void)
{
	static uint32_t crowd_word;
	static struct call call = { .uaddr = &crowd_word, .op = FUTEX_WAIT_PRIVATE };
	int i;

	for (i = 0; i < 40; i++)
		wait_until_blocked(getpid(), start_thread(make_call, &call), SYS_futex);
}

/* A child of fork(2) that is blocked in @call. */
pid_t start_waiting_child(const struct call *call)
{
	pid_t child = fork_child();

	if (child == 0) {
		if (crowded)
			make_crowd();
		make_call((void *)call);
	}
	wait_until_blocked(child, child, SYS_futex);
	return child;
}
