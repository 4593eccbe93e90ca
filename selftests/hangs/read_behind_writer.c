// SPDX-License-Identifier: GPL-2.0-only
/* read_behind_writer: a thread reads twice, in a rwlock of glibc that prefers writers.
 *
 * State: "reader" has read-locked. "writer" waits. "reader" read-locks again, behind "writer". A
 *   "net" thread sleeps in epoll_wait(2), and the main thread joins "reader".
 * Truth: "reader" and "writer" wait for each other. The lock does not say who reads.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

/* The bit that a writer sets first of all. */
#define WRITER_WAITS	2U

static pthread_rwlock_t lock = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
static pthread_barrier_t is_read;

static void *reader(void *arg)
{
	printf("tid reader %d\n", gettid());
	pthread_rwlock_rdlock(&lock);
	pthread_barrier_wait(&is_read);
	while (!(*(volatile unsigned int *)&lock & WRITER_WAITS))
		usleep(1000);
	pthread_rwlock_rdlock(&lock);
	return arg;
}

static void *writer(void *arg)
{
	printf("tid writer %d\n", gettid());
	pthread_barrier_wait(&is_read);
	pthread_rwlock_wrlock(&lock);
	return arg;
}

static void *net(void *arg)
{
	struct epoll_event event;

	printf("tid net %d\n", gettid());
	for (int fd = epoll_create1(0);;)
		epoll_wait(fd, &event, 1, -1);
	return arg;
}

int main(void)
{
	pthread_t thread, other;

	setlinebuf(stdout);
	printf("pid read_behind_writer %d\n", getpid());
	pthread_barrier_init(&is_read, NULL, 2);
	pthread_create(&other, NULL, net, NULL);
	pthread_create(&other, NULL, writer, NULL);
	pthread_create(&thread, NULL, reader, NULL);
	puts("ready");
	return pthread_join(thread, NULL);
}
