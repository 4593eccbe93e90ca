// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads beside a waiter which sleep on pipes, sockets, eventfds and epoll sets. The module
 * says on which, whatever becomes of the descriptors and arrays that the calls were given.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "states.h"

/* The files, and what the threads are given. */
static int data[2], full[2], sockets[2], event, epoll;
static struct pollfd all[4], changed[1], closed[1], pairs[1];

static void make_pipe(int ends[2])
{
	if (pipe(ends))
		die("pipe");
}

static void fill(int fd)
{
	static const char bytes[4096];
	int size = fcntl(fd, F_GETPIPE_SZ);

	for (; size > 0; size -= sizeof(bytes)) {
		if (write(fd, bytes, sizeof(bytes)) != sizeof(bytes))
			die("write");
	}
}

static unsigned long long inode(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		die("fstat");
	return st.st_ino;
}

/* The number that the kernel gave an eventfd. */
static int eventfd_id(int fd)
{
	char path[64], line[128];
	int id = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "r");
	if (!f)
		die("cannot open %s", path);
	while (fgets(line, sizeof(line), f))
		sscanf(line, "eventfd-id: %d", &id);
	fclose(f);
	return id;
}

static void read_event(void *arg)
{
	uint64_t count;

	(void)arg;
	if (read(event, &count, sizeof(count)) < 0)
		die("read");
}

static void wait_for_epoll(void *arg)
{
	struct epoll_event got;

	(void)arg;
	syscall(SYS_epoll_pwait, epoll, &got, 1, -1, NULL, 0);
}

static void poll_all(void *arg)
{
	(void)arg;
	syscall(SYS_ppoll, all, ARRAY_SIZE(all), NULL, NULL, 0);
}

static void poll_one(void *arg)
{
	syscall(SYS_ppoll, arg, 1, NULL, NULL, 0);
}

static void select_pipe(void *arg)
{
	fd_set set;

	(void)arg;
	FD_ZERO(&set);
	FD_SET(data[0], &set);
	syscall(SYS_pselect6, data[0] + 1, &set, NULL, NULL, NULL, NULL);
}

/* Nobody sleeps on the numbers of these any more, but on what they were. */
static void replace_descriptors(void)
{
	changed[0].fd = sockets[0];
	if (close(closed[0].fd) || dup2(data[0], pairs[0].fd) < 0)
		die("cannot replace descriptors");
}

static void print_thread(void (*body)(void *arg), void *arg, int nr)
{
	pid_t tid = start_thread(body, arg);

	wait_until_blocked(getpid(), tid, nr);
	printf("thread tid=%d", tid);
}

static void make_files(void)
{
	struct epoll_event events = { .events = EPOLLIN };
	int other[2];

	make_pipe(data);
	make_pipe(full);
	fill(full[1]);
	make_pipe(other);
	event = eventfd(0, 0);
	epoll = epoll_create1(0);
	if (event < 0 || epoll < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, data[0], &events) ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, event, &events))
		die("cannot make the files");
	all[0] = (struct pollfd){ .fd = data[0], .events = POLLIN };
	all[1] = (struct pollfd){ .fd = full[1], .events = POLLOUT };
	all[2] = (struct pollfd){ .fd = sockets[0], .events = POLLIN };
	all[3] = (struct pollfd){ .fd = event, .events = POLLIN };
	changed[0] = (struct pollfd){ .fd = data[0], .events = POLLIN };
	closed[0] = (struct pollfd){ .fd = other[0], .events = POLLIN };
	pairs[0] = (struct pollfd){ .fd = dup(sockets[1]), .events = POLLIN };
}

static void sleeps(void)
{
	struct call call = { .uaddr = word, .op = FUTEX_WAIT_PRIVATE, .val = 1 };
	struct truth truth = private_wait(word, 1);

	make_files();
	print_thread(read_event, NULL, SYS_read);
	printf(" eventfd=%d polls=none\n", eventfd_id(event));
	print_thread(wait_for_epoll, NULL, SYS_epoll_pwait);
	printf(" epoll=%d polls=pipe:%llu,eventfd:%d\n", epoll, inode(data[0]), eventfd_id(event));
	print_thread(poll_all, NULL, SYS_ppoll);
	printf(" polls=pipe:%llu,room:%llu,socket:%llu:%llu,eventfd:%d\n", inode(data[0]),
	       inode(full[1]), inode(sockets[0]), inode(sockets[1]), eventfd_id(event));
	print_thread(select_pipe, NULL, SYS_pselect6);
	printf(" polls=pipe:%llu\n", inode(data[0]));
	print_thread(poll_one, changed, SYS_ppoll);
	printf(" polls=pipe:%llu\n", inode(data[0]));
	print_thread(poll_one, closed, SYS_ppoll);
	printf(" polls=none\n");
	/* There still is another descriptor of the same file. */
	print_thread(poll_one, pairs, SYS_ppoll);
	printf(" polls=socket:%llu:%llu\n", inode(sockets[1]), inode(sockets[0]));
	replace_descriptors();
	*word = 1;
	truth.tid = start_thread(make_call, &call);
	print_waiter(&truth);
	print_this_process(9);
}

const struct state sleep_states[] = {
	STATE(sleeps, "threads that sleep on pipes, sockets, eventfds and epoll sets"),
	{}
};
