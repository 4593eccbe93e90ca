// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests of an io_uring, which no thread sleeps for.
 */
#define _GNU_SOURCE
#include <unistd.h>

#include "states.h"
#include "../io_uring.h"

static void submit_request(const struct io_uring_sqe *request)
{
	const char *why = submit_to_new_ring(request);

	if (why)
		skip(why);
}

static void print_request(const uint32_t *uaddr, const char *op, uint32_t expected,
			  uint32_t bitset)
{
	struct truth truth = private_wait(uaddr, expected);

	truth.tid = getpid();
	truth.nr = 0;
	truth.syscall = "io_uring";
	truth.op = op;
	truth.bitset = bitset;
	truth.timeout = "?"; /* one would be a request of its own, linked to this */
	print_waiter(&truth);
}

static void io_uring_wait(void)
{
	struct io_uring_sqe request = {
		.opcode = 51, /* IORING_OP_FUTEX_WAIT */
		.fd = WAITV_PRIVATE_U32,
		.addr = (uintptr_t)word,
		.off = 70, /* the value expected */
	};

	/* the bitset: in the third 64-bit word from the end, which has a name since 5.19 */
	((uint64_t *)&request)[6] = 0x0ff0;
	*word = 70;
	submit_request(&request);
	print_request(word, "IORING_OP_FUTEX_WAIT", 70, 0x0ff0);
	print_this_process(1);
}

static void io_uring_waitv(void)
{
	struct io_uring_sqe request = {
		.opcode = 53, /* IORING_OP_FUTEX_WAITV */
		.addr = (uintptr_t)vector,
		.len = 2,
	};
	int i;

	fill_vector();
	submit_request(&request);
	for (i = 0; i < 2; i++)
		print_request(&word[i * WORDS], "IORING_OP_FUTEX_WAITV", i + 40, ANY);
	print_this_process(1);
}

const struct state io_uring_states[] = {
	STATE(io_uring_wait, "IORING_OP_FUTEX_WAIT", .needs = "Linux 6.7"),
	STATE(io_uring_waitv, "IORING_OP_FUTEX_WAITV on two words", .needs = "Linux 6.7"),
	{}
};
