/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_PEERS_H
#define FUTEXINSPECT_PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "filelocks.h"

/* Processes that are named of those that have an end. */
#define MAX_PEERS	2

/* The other end of what a descriptor refers to, or a lock of its file that another one has. */
struct far_end {
	pid_t asker;			/* the process that has the near end */
	uint64_t ino;			/* of the pipe, or of the socket; 0: there is none */
	bool is_pipe;
	bool writes;			/* the end of a pipe that is written to */
	bool unaccepted;		/* that of a socket which listens, which has yet to accept it */
	pid_t pids[MAX_PEERS];		/* who has it open */
	size_t nr;			/* how many do */
	bool incomplete;		/* more may */
	char lock[LOCK_TEXT_SIZE];	/* of a file, as in struct file_lock; "": there is none */
	pid_t taker;			/* the process that took that lock */
};

void far_end_of(struct far_end *end, const char *root, pid_t pid, const char *fd);
void find_far_ends(const char *root, struct far_end *ends, size_t nr);
void put_far_end(char *dst, size_t size, const char *root, const struct far_end *end);

#endif
