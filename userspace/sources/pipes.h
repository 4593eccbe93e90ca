/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_PIPES_H
#define FUTEXINSPECT_PIPES_H

#include "procfs.h"
#include "relations.h"

/* An end of a pipe, as a descriptor has it. */
struct pipe_end {
	uint64_t ino;
	bool writes;
	bool by_name;		/* not made by pipe(2), but by open(2) of /proc/PID/fd/N */
};

void find_pipe_users(const char *root, compare_fn compare, struct relations *r);
int pipe_of_fd(const char *root, const char *fd, struct pipe_end *end);

#endif
