// SPDX-License-Identifier: GPL-2.0-only
/*
 * Forks while another thread holds a lock, which the child then waits for:
 *
 *	fork_locks LOCK
 *
 * timezone	the C library's own, held by a localtime() that is opening its file
 * stream	of a FILE, held by flockfile(); fork() would make it anew in the child, but
 *		_Fork() does not, nor does a program that makes the system call itself
 * mutex	a pthread_mutex
 */
#define _GNU_SOURCE
#include <err.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../lib/factory.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static atomic_int holder; /* tid, from the time that it holds the lock, or is about to */
static char fifo[] = "/tmp/futexinspect.XXXXXX/tz";

static void take_timezone(void)
{
	time_t now = 0;

	localtime(&now);
}

static void *hold_timezone(void *arg)
{
	holder = gettid();
	take_timezone();
	return arg;
}

/* Until the thread sleeps in openat(2): nobody else opens the FIFO. */
static void wait_until_opening(void)
{
	while (!holder)
		sched_yield();
	wait_until_blocked(getpid(), holder, SYS_openat);
}

static void before_timezone(void)
{
	char *slash = strrchr(fifo, '/');

	*slash = '\0';
	if (!mkdtemp(fifo))
		die("%s", fifo);
	*slash = '/';
	if (mkfifo(fifo, 0600) || setenv("TZ", fifo, 1))
		die("%s", fifo);
}

static void after_timezone(void)
{
	wait_until_opening();
	unlink(fifo);
	*strrchr(fifo, '/') = '\0';
	rmdir(fifo);
}

static void *hold_stream(void *arg)
{
	flockfile(stderr);
	holder = gettid();
	for (;;)
		pause();
	return arg;
}

static void take_stream(void)
{
	fputs("never seen\n", stderr);
}

static void *hold_mutex(void *arg)
{
	pthread_mutex_lock(&mutex);
	holder = gettid();
	for (;;)
		pause();
	return arg;
}

static void take_mutex(void)
{
	pthread_mutex_lock(&mutex);
}

static void wait_for_holder(void)
{
	while (!holder)
		sched_yield();
}

static void nothing(void)
{
}

static const struct lock {
	const char *name;
	void (*before)(void);
	void *(*hold)(void *arg);
	void (*after)(void);
	pid_t (*make_child)(void);
	void (*take)(void);
} locks[] = {
	{ "timezone", before_timezone, hold_timezone, after_timezone, fork, take_timezone },
	{ "stream", nothing, hold_stream, wait_for_holder, _Fork, take_stream },
	{ "mutex", nothing, hold_mutex, wait_for_holder, fork, take_mutex },
};

static void run(const struct lock *lock)
{
	pthread_t thread;
	pid_t pid;

	lock->before();
	check(pthread_create(&thread, NULL, lock->hold, NULL), "pthread_create");
	lock->after();
	pid = lock->make_child();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		lock->take();
		_exit(1);
	}
	printf("parent tgid=%d holder=%d\nchild tgid=%d\n", getpid(), holder, pid);
	stay();
}

int main(int argc, char **argv)
{
	for (size_t i = 0; i < ARRAY_SIZE(locks); i++) {
		if (argc == 2 && !strcmp(argv[1], locks[i].name)) {
			run(&locks[i]);
			return 0;
		}
	}
	errx(2, "wants a lock: timezone, stream or mutex");
}
