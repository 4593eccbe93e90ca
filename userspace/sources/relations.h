/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_RELATIONS_H
#define FUTEXINSPECT_RELATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "scan.h"

/* An end of a pipe, as a descriptor has it. */
struct pipe_end {
	uint64_t ino;
	bool writes;
	bool by_name;		/* not of pipe(2): open(2) of /proc/PID/fd/N made it */
};

/* Something, and a process that has to do with it. */
struct relation {
	uint64_t id;		/* inode of a pipe, or tgid of a parent */
	pid_t pid;		/* who has it open, or its child */
	bool writes;		/* of a pipe: it is open for writing */
	bool zombie;		/* of a child */
};

/* Sorted by id and pid. */
struct relations {
	struct relation *all;
	size_t nr;
	bool incomplete;	/* there may be others that cannot be seen */
};

void relations_of_pipes(const char *root, compare_fn compare, struct relations *r);
void relations_of_children(const char *root, struct relations *r);
size_t relations_find(const struct relations *r, uint64_t id);
void relations_free(struct relations *r);
int pipe_of_fd(const char *root, const char *fd, struct pipe_end *end);

#endif
