/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of an io_uring as it takes to submit one request.
 */
#ifndef FI_SELFTESTS_IO_URING_H
#define FI_SELFTESTS_IO_URING_H

#include <linux/io_uring.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Submit @request to a ring of its own, which stays. Return NULL, or why it did not work. */
static inline const char *submit_to_new_ring(const struct io_uring_sqe *request)
{
	struct io_uring_params params = { 0 };
	int fd = syscall(SYS_io_uring_setup, 1, &params);
	struct io_uring_sqe *sqes;
	uint32_t *tail;
	char *ring;

	if (fd < 0)
		return "io_uring_setup(2) does not work here";
	ring = mmap(NULL, params.sq_off.array + sizeof(uint32_t), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_POPULATE, fd, IORING_OFF_SQ_RING);
	sqes = mmap(NULL, sizeof(*sqes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd,
		    IORING_OFF_SQES);
	if (ring == MAP_FAILED || sqes == MAP_FAILED)
		return "an io_uring cannot be mapped";
	*sqes = *request;
	*(uint32_t *)(ring + params.sq_off.array) = 0;
	tail = (uint32_t *)(ring + params.sq_off.tail);
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, fd, 1, 0, 0, NULL, 0) != 1)
		return "io_uring_enter(2) does not work here";
	/* A request that has failed has an entry in the completion ring already. */
	if (*(uint32_t *)(ring + params.cq_off.tail))
		return "this kernel's io_uring has no futex requests";
	return NULL;
}

#endif
