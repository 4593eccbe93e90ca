// SPDX-License-Identifier: GPL-2.0-only
/*
 * From 6.7 on an io_uring request may wait on a futex: 194bb58c6090 ("io_uring: add
 * support for futex wake and wait"). It blocks no thread: futex_q.task is NULL, or, before
 * 5e0e02f0d7e5 ("futex: Pass in task to futex_queue()") in 6.14, a thread that may have
 * been freed. The function that wakes an entry shows which kind of waiter it is.
 */
#include <linux/compiler.h>
#include <linux/kernel.h>

#include "call.h"
#include "io_uring.h"
#include "kernel/layout.h"
#include "symbol.h"

/* The functions that wake an entry. Their addresses are learnt when they are first seen. */
static struct waker {
	const char *name;
	enum fi_wakes what;
	void *address;
} wakers[] = {
	{ "futex_wake_mark", FI_WAKES_THREAD },
	{ "io_futex_wake_fn", FI_WAKES_REQUEST },
	{ "io_futex_wakev_fn", FI_WAKES_VECTOR_REQUEST },
};

/* Learn what a function wakes. */
static enum fi_wakes learn_waker(void *address)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(wakers); i++) {
		if (!fi_is_function(address, wakers[i].name))
			continue;
		WRITE_ONCE(wakers[i].address, address);
		return wakers[i].what;
	}
	return FI_WAKES_UNKNOWN;
}

/**
 * fi_what_wakes() - find out what a queue entry wakes
 * @q: the struct futex_q, on a kernel that has FI_WAKE
 *
 * Context: the caller holds the lock of the bucket that @q is in.
 *
 * Return: what it wakes; FI_WAKES_UNKNOWN for a function that the module does not know.
 */
enum fi_wakes fi_what_wakes(const char *q)
{
	void *address = *fi_q_wake(q);
	int i;

	for (i = 0; i < ARRAY_SIZE(wakers); i++) {
		if (READ_ONCE(wakers[i].address) == address)
			return wakers[i].what;
	}
	return learn_waker(address);
}

static const char *request_of(const char *q, enum fi_wakes what)
{
	if (what == FI_WAKES_VECTOR_REQUEST)
		return *fi_q_wake_data(q);
	return *fi_io_data_req(fi_owner_of(q, io_data_q));
}

/**
 * fi_request_task() - find out which thread submitted an io_uring request
 * @q: the request's struct futex_q
 * @what: FI_WAKES_REQUEST or FI_WAKES_VECTOR_REQUEST
 *
 * Context: the caller holds the lock of the bucket that @q is in. A request ends only
 * after its entries have left the queue (io_futex_complete()), and it holds a reference
 * to the thread.
 *
 * Return: the thread, which may have exited.
 */
struct task_struct *fi_request_task(const char *q, enum fi_wakes what)
{
	const char *req = request_of(q, what);

	if (fi_has(FI_REQUEST_TASK))
		return *fi_req_task(req);
	return *fi_tctx_task(*fi_req_tctx(req));
}

/**
 * fi_request_read() - copy what an io_uring request waits for
 * @call: all zero; filled in, and completed by fi_call_decode()
 * @q: the request's struct futex_q
 * @what: FI_WAKES_REQUEST or FI_WAKES_VECTOR_REQUEST
 *
 * Context: as for fi_request_task().
 */
void fi_request_read(struct fi_call *call, const char *q, enum fi_wakes what)
{
	if (what == FI_WAKES_VECTOR_REQUEST) {
		call->syscall = FI_SYS_IO_URING_WAITV;
		fi_call_read_vector(call, q);
	} else {
		const char *cmd = fi_req_cmd(request_of(q, what));

		call->syscall = FI_SYS_IO_URING_WAIT;
		call->uaddr = *fi_io_futex_uaddr(cmd);
		call->expected = *fi_io_futex_val(cmd);
	}
}
