/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_CALLS_H
#define FUTEXINSPECT_CALLS_H

#include <stdbool.h>
#include <stddef.h>

#include "peers.h"
#include "procfs.h"

/* A system call in which a thread sleeps. */
struct call_place {
	const char *root;
	pid_t pid;
	pid_t tid;
	struct syscall call;
	bool may_read;		/* its memory: see memory_read() */
};

const char *syscall_name(long nr);
pid_t put_call(char *dst, size_t size, const struct call_place *c, struct far_end *end);

#endif
