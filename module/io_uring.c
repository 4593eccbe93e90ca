// SPDX-License-Identifier: GPL-2.0-only
/*
 * From 6.7 on an io_uring request may wait on a futex (194bb58c6090). No thread
 * is blocked then: futex_q.task is NULL, or up to 6.13 a thread that may have gone
 * (5e0e02f0d7e5). The function that wakes the entry tells what it is.
 */
#include <linux/compiler.h>
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "call.h"
#include "io_uring.h"
#include "kernel/layout.h"

/* The functions that wake an entry; the address of one is known once it was seen. */
static struct waker {
	const char *name;
	enum fi_wakes what;
	void *address;
} wakers[] = {
	{ "futex_wake_mark", FI_WAKES_THREAD },
	{ "io_futex_wake_fn", FI_WAKES_REQUEST },
	{ "io_futex_wakev_fn", FI_WAKES_VECTOR_REQUEST },
};

/**
 * fi_what_wakes() - what kind of waiter a queue entry is
 * @q: the struct futex_q, of a kernel where it has the function that wakes it
 *
 * Context: under the lock of the bucket that @q is in.
 */
enum fi_wakes fi_what_wakes(const char *q)
{
	char name[KSYM_SYMBOL_LEN];
	void *address;
	int i;

	address = *fi_member(q, fi_layout.q_wake, void *);
	for (i = 0; i < ARRAY_SIZE(wakers); i++) {
		if (READ_ONCE(wakers[i].address) == address)
			return wakers[i].what;
	}
	sprint_symbol_no_offset(name, (unsigned long)address);
	for (i = 0; i < ARRAY_SIZE(wakers); i++) {
		if (strcmp(name, wakers[i].name))
			continue;
		WRITE_ONCE(wakers[i].address, address);
		return wakers[i].what;
	}
	return FI_WAKES_UNKNOWN;
}

static const char *request_of(const char *q, enum fi_wakes what)
{
	if (what == FI_WAKES_VECTOR_REQUEST)
		return *fi_member(q, fi_layout.q_wake_data, const char *);
	return *fi_member(q - fi_layout.io_data_q, fi_layout.io_data_req, const char *);
}

/**
 * fi_request_read() - copy what an io_uring request waits for
 * @call: filled in
 * @q: its struct futex_q
 * @what: FI_WAKES_REQUEST or FI_WAKES_VECTOR_REQUEST
 *
 * Context: under the lock of the bucket that @q is in. A request ends only after
 * its entries have left the queue (io_futex_complete()), and holds a reference
 * on the thread.
 *
 * Return: the thread that submitted the request, which may have exited.
 */
struct task_struct *fi_request_read(struct fi_call *call, const char *q, enum fi_wakes what)
{
	const char *req = request_of(q, what);
	const char *tctx;

	memset(call, 0, sizeof(*call));
	if (what == FI_WAKES_VECTOR_REQUEST) {
		call->syscall = FI_SYS_IO_URING_WAITV;
		fi_call_read_vector(call, q);
	} else {
		const char *cmd = req + fi_layout.req_cmd;

		call->syscall = FI_SYS_IO_URING_WAIT;
		call->uaddr = *fi_member(cmd, fi_layout.io_futex_uaddr, unsigned long);
		call->expected = *fi_member(cmd, fi_layout.io_futex_val, unsigned long);
	}
	if (!fi_layout.has_tctx)
		return *fi_member(req, fi_layout.req_task, struct task_struct *);
	tctx = *fi_member(req, fi_layout.req_tctx, const char *);
	return *fi_member(tctx, fi_layout.tctx_task, struct task_struct *);
}
