/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_DESCRIPTORS_H
#define FUTEXINSPECT_DESCRIPTORS_H

#include "filelocks.h"
#include "procfs.h"
#include "relations.h"
#include "snapshot.h"

/* An end of a pipe, as a descriptor has it. */
struct pipe_end {
	uint64_t ino;
	bool writes;
	bool is_async;		/* it sends signals */
	bool by_name;		/* not made by pipe(2), but by open(2) of /proc/PID/fd/N */
};

/* Of a process that may have any pipe and socket, for the time of a call. */
#define ANY_FILE	0

/* What files send: SIGIO, or by F_SETSIG mostly one of those that are queued. */
#define OF_FILES	(SIGNAL(SIGIO) | ~(SIGNAL(FIRST_LIBC_SIGNAL) - 1))

/* A descriptor of an epoll set. */
struct epoll_fd {
	pid_t pid;
	pid_t tid;		/* a thread that has it */
	int fd;
};

/* Which processes have what open.  Nothing but certain files is looked for. */
struct descriptors {
	struct relations pipes;		/* by inode, or ANY_FILE */
	struct relations sockets;	/* by inode */
	struct relations files;		/* likewise, of the files that were asked for */
	struct relations eventfds;	/* by number, if a thread sleeps on one */
	struct epoll_fd *epolls;
	size_t nr_epolls;
	struct file_locks locks;
	bool async;			/* a pipe or socket sends signals */
};

void find_descriptors(const char *root, compare_fn compare, const struct snapshot *s,
		      struct descriptors *d);
void free_descriptors(struct descriptors *d);
bool files_may_signal(const char *root, pid_t pid, uint64_t wanted);
bool fd_has_lock(const char *root, const char *fd, const char *lock);
int pipe_of_fd(const char *root, const char *fd, struct pipe_end *end);

#endif
