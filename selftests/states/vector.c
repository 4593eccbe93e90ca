// SPDX-License-Identifier: GPL-2.0-only
/*
 * The newer calls: futex_waitv(2), futex_wait(2).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "states.h"

struct waitv vector[2];

static void make_waitv(void *arg)
{
	(void)arg;
	syscall(SYS_futex_waitv, vector, 2, 0, NULL, CLOCK_MONOTONIC);
	if (errno == ENOSYS)
		skip("this kernel has no futex_waitv(2)");
	die("futex_waitv(2) returned");
}

void fill_vector(void)
{
	int i;

	for (i = 0; i < 2; i++) {
		word[i * WORDS] = i + 40;
		vector[i] = (struct waitv){
			.val = i + 40,
			.uaddr = (uintptr_t)&word[i * WORDS],
			.flags = WAITV_PRIVATE_U32,
		};
	}
}

static void waitv(void)
{
	pid_t tid;
	int i;

	fill_vector();
	tid = start_thread(make_waitv, NULL);
	for (i = 0; i < 2; i++) {
		struct truth truth = private_wait(&word[i * WORDS], i + 40);

		truth.tid = tid;
		truth.nr = SYS_futex_waitv;
		truth.syscall = "futex_waitv";
		truth.op = "futex_waitv";
		print_waiter(&truth);
	}
	print_this_process(2);
}

/* The call without an operation, which came with 6.7; with the flags at @arg. */
static void make_futex_wait(void *arg)
{
	unsigned int flags = *(unsigned int *)arg;

	syscall(SYS_futex_wait, word, 50, 0xf0UL, flags, NULL, CLOCK_MONOTONIC);
	if (errno == ENOSYS)
		skip("this kernel has no futex_wait(2)");
	if (errno == EINVAL && flags != WAITV_PRIVATE_U32)
		skip("this kernel has no futexes with a NUMA node");
	die("futex_wait(2) returned");
}

static void block_in_futex_wait(unsigned int flags)
{
	struct truth truth = private_wait(word, 50);

	truth.nr = SYS_futex_wait;
	truth.syscall = "futex_wait";
	truth.op = "futex_wait";
	truth.bitset = 0xf0;
	*word = 50;
	truth.tid = start_thread(make_futex_wait, &flags);
	print_waiter(&truth);
	print_this_process(2);
}

static void futex_wait(void)
{
	block_in_futex_wait(WAITV_PRIVATE_U32);
}

/* From 6.16 on: the word after the futex says on which node the kernel keeps it. */
static void numa(void)
{
	word[1] = 1;
	block_in_futex_wait(WAITV_PRIVATE_U32 | NUMA);
}

const struct state vector_states[] = {
	STATE(waitv, "futex_waitv(2) on two words", .verdict = "waiting", .needs = "Linux 5.16"),
	STATE(futex_wait, "futex_wait(2)", .needs = "Linux 6.7"),
	STATE(numa, "futex_wait(2) on a word with a NUMA node", .needs = "Linux 6.16"),
	{}
};
