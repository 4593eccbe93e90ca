// SPDX-License-Identifier: GPL-2.0-only
/* handler_malloc: a signal handler that allocates, in a server whose other threads live on.
 *
 * State: the main thread is inside of the allocator, with the arena's lock (here: it prints
 *   malloc_stats() to a pipe that is full). SIGTERM comes; the handler allocates: it waits for
 *   the lock that its own thread has. A "net" thread sleeps in epoll_wait as ever; a "job" thread
 *   that wants memory of the same arena waits as well.
 * Truth: self-deadlock of the main thread, by way of a signal handler. "job" hangs from it.
 *   The lock is a low-level one of glibc: it has no owner's id.
 * Build: gcc -g -O1 -pthread handler_malloc.c -o handler_malloc
 * Run:   ./handler_malloc [alone: without "net", and SIGHUP is handled as well]
 * Source: amish-programmer.blogspot.com 2013/02 "Signal handlers plus locking equals evil squared"
 *   (a service in production that froze; only kill -9 helped), and many like it
 *   (blog.csdn.net/DaliATOM 78293024: pstack shows all in malloc, exit() inside of a handler).
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static void *volatile sink;

static void on_term(int sig)
{
	sink = malloc(5000);		/* "write a last line to the log" */
	_exit(sig);
}

static void *net(void *arg)
{
	struct epoll_event e;

	printf("tid net %d\n", gettid());
	for (int fd = epoll_create1(0);;)
		epoll_wait(fd, &e, 1, -1);
	return arg;
}

static void *job(void *block)
{
	printf("tid job %d\n", gettid());
	sleep(4);
	free(block);			/* was allocated by the main thread, in its arena */
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t t;
	int fds[2];
	static char junk[1 << 20];
	sigset_t term;

	signal(SIGTERM, on_term);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &term, NULL);
	if (argc > 1 && !strcmp(argv[1], "alone"))
		signal(SIGHUP, on_term);
	else
		pthread_create(&t, NULL, net, NULL);
	void *block = malloc(30000);
	pthread_create(&t, NULL, job, block);
	pthread_sigmask(SIG_UNBLOCK, &term, NULL);
	sleep(1);
	printf("pid handler_malloc %d\ntid main %d\nready\n", getpid(), gettid());
	fflush(stdout);

	/* Standard error goes to a log collector that has stopped reading. */
	pipe2(fds, O_NONBLOCK);
	while (write(fds[1], junk, sizeof(junk)) > 0)
		;
	fcntl(fds[1], F_SETFL, 0);
	dup2(fds[1], 2);
	alarm(0);
	if (!fork()) {			/* the operator */
		sleep(2);
		kill(getppid(), SIGTERM);
		_exit(0);
	}
	malloc_stats();
	return 0;
}
