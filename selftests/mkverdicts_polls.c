// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kinds of mkverdicts in which a thread waits for an eventfd, polls several files, or waits for an
 * epoll set.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "lib/factory.h"
#include "mkverdicts.h"

static int event, data[2], sockets[2], epoll;
static struct pollfd polled[3];

static void make_files(void)
{
	event = eventfd(0, 0);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (event < 0 || epoll < 0 || pipe(data) || socketpair(AF_UNIX, SOCK_STREAM, 0, sockets))
		die("cannot make the files");
	polled[0] = (struct pollfd){ .fd = data[0], .events = POLLIN };
	polled[1] = (struct pollfd){ .fd = sockets[0], .events = POLLIN };
	polled[2] = (struct pollfd){ .fd = event, .events = POLLIN };
}

static void read_event(void *arg)
{
	uint64_t count;

	(void)arg;
	read(event, &count, sizeof(count));
	die("read(2) returned");
}

/* Only older architectures have the older call. */
#ifdef SYS_poll
#define POLL	SYS_poll
#else
#define POLL	SYS_ppoll
#endif

static void poll_files(void *arg)
{
	(void)arg;
	poll(polled, ARRAY_SIZE(polled), -1);
	die("poll(2) returned");
}

static void poll_long(void *arg)
{
	const struct timespec far = { .tv_sec = FAR };

	(void)arg;
	syscall(SYS_ppoll, polled, ARRAY_SIZE(polled), &far, NULL, 0);
	die("ppoll(2) returned");
}

static void select_files(void *arg)
{
	fd_set set;

	(void)arg;
	FD_ZERO(&set);
	FD_SET(data[0], &set);
	FD_SET(event, &set);
	syscall(SYS_pselect6, FD_SETSIZE, &set, NULL, NULL, NULL, NULL);
	die("select(2) returned");
}

static void wait_for_set(void *arg)
{
	struct epoll_event got;

	(void)arg;
	syscall(SYS_epoll_pwait, epoll, &got, 1, -1, NULL, 0);
	die("epoll_wait(2) returned");
}

static void add(int fd)
{
	struct epoll_event wanted = { .events = EPOLLIN };

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &wanted))
		die("epoll_ctl");
}

static void event_own(void)
{
	make_files();
	wait_for_end(read_event, NULL, SYS_read);
	wait_for_good(NULL);
}

static void event_held(void)
{
	make_files();
	start_sleeper();
	wait_for_end(read_event, NULL, SYS_read);
	wait_for_good(NULL);
}

static void event_hung(void)
{
	make_files();
	start_hung();
	wait_for_end(read_event, NULL, SYS_read);
	wait_for_good(NULL);
}

static void event_handler(void)
{
	signal(SIGUSR1, do_nothing);
	event_own();
}

/* Its descriptor is another eventfd by now, which only this process has. */
static void event_replaced(void)
{
	make_files();
	start_sleeper();
	wait_for_end(read_event, NULL, SYS_read);
	if (dup2(eventfd(0, EFD_CLOEXEC), event) < 0)
		die("dup2");
	wait_for_good(NULL);
}

/* A device that may signal eventfds. */
static void event_device(void)
{
	static const char *const devices[] = { "/dev/kvm", "/dev/net/tun", "/dev/rtc0", "/dev/hpet" };
	size_t i = 0;

	while (i < ARRAY_SIZE(devices) && open(devices[i], O_RDONLY) < 0)
		i++;
	if (i == ARRAY_SIZE(devices))
		skip("there is no such device");
	event_own();
}

static void poll_own(void)
{
	make_files();
	wait_for_end(poll_files, NULL, POLL);
	wait_for_good(NULL);
}

static void poll_held(void)
{
	make_files();
	start_sleeper();
	wait_for_end(poll_files, NULL, POLL);
	wait_for_good(NULL);
}

static void poll_timeout(void)
{
	make_files();
	wait_for_end(poll_long, NULL, SYS_ppoll);
	wait_for_good(NULL);
}

/* Its array names a pipe of its own by now. */
static void poll_changed(void)
{
	int other[2];

	make_files();
	start_sleeper();
	wait_for_end(poll_files, NULL, POLL);
	if (pipe2(other, O_CLOEXEC))
		die("pipe2");
	polled[0] = (struct pollfd){ .fd = other[0], .events = POLLIN };
	polled[1].fd = -1;
	polled[2].fd = -1;
	wait_for_good(NULL);
}

/* ... and named a pipe of its own then, where another process has the one that it names by now. */
static void poll_changed_back(void)
{
	int other[2];

	make_files();
	wait_for_end(poll_files, NULL, POLL);
	if (pipe(other))
		die("pipe");
	polled[0].fd = other[0];
	if (!fork_child()) {
		close(data[1]);
		close(event);
		close(sockets[0]);
		close(sockets[1]);
		sleep_for_good(NULL);
	}
	wait_for_good(NULL);
}

static void select_own(void)
{
	make_files();
	wait_for_end(select_files, NULL, SYS_pselect6);
	wait_for_good(NULL);
}

static void epoll_own(void)
{
	make_files();
	add(data[0]);
	add(sockets[0]);
	add(event);
	wait_for_end(wait_for_set, NULL, SYS_epoll_pwait);
	wait_for_good(NULL);
}

static void epoll_empty(void)
{
	make_files();
	wait_for_end(wait_for_set, NULL, SYS_epoll_pwait);
	wait_for_good(NULL);
}

/* Another process has the set, and could add a file to it. */
static void epoll_held(void)
{
	make_files();
	add(data[0]);
	if (!fork_child()) {
		close(data[1]);
		sleep_for_good(NULL);
	}
	wait_for_end(wait_for_set, NULL, SYS_epoll_pwait);
	wait_for_good(NULL);
}

/* Another process can write to a pipe which is in the set. */
static void epoll_writer(void)
{
	make_files();
	add(data[0]);
	if (!fork_child()) {
		close(epoll);
		sleep_for_good(NULL);
	}
	wait_for_end(wait_for_set, NULL, SYS_epoll_pwait);
	wait_for_good(NULL);
}

/* The set has a timer, whose descriptor is closed, but not the timer. */
static void epoll_timer(void)
{
	const struct itimerspec far = { .it_value.tv_sec = FAR };
	int timer = timerfd_create(CLOCK_MONOTONIC, 0);

	make_files();
	if (timer < 0 || timerfd_settime(timer, 0, &far, NULL))
		die("timerfd");
	add(timer);
	if (dup(timer) < 0 || close(timer))
		die("close");
	wait_for_end(wait_for_set, NULL, SYS_epoll_pwait);
	wait_for_good(NULL);
}

const struct kind poll_kinds[] = {
	{ "event_own", event_own },
	{ "event_held", event_held },
	{ "event_hung", event_hung },
	{ "event_handler", event_handler },
	{ "event_replaced", event_replaced },
	{ "event_device", event_device },
	{ "poll_own", poll_own },
	{ "poll_held", poll_held },
	{ "poll_timeout", poll_timeout },
	{ "poll_changed", poll_changed },
	{ "poll_changed_back", poll_changed_back },
	{ "select_own", select_own },
	{ "epoll_own", epoll_own },
	{ "epoll_empty", epoll_empty },
	{ "epoll_held", epoll_held },
	{ "epoll_writer", epoll_writer },
	{ "epoll_timer", epoll_timer },
	{}
};
