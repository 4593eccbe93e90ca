/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_IO_URING_H
#define FI_IO_URING_H

#include <linux/types.h>

struct fi_call;
struct task_struct;

/* What a queue entry wakes. */
enum fi_wakes {
	FI_WAKES_UNKNOWN,
	FI_WAKES_THREAD,
	FI_WAKES_REQUEST,
	FI_WAKES_VECTOR_REQUEST,
};

enum fi_wakes fi_what_wakes(const char *q);
struct task_struct *fi_request_task(const char *q, enum fi_wakes what);
void fi_request_read(struct fi_call *call, const char *q, enum fi_wakes what);

#endif
