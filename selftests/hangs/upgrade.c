// SPDX-License-Identifier: GPL-2.0-only
/* upgrade: two readers of a lock want to write.
 *
 * State: two threads have a rwlock for reading, and both ask for it for writing, as Boost and
 *   std::shared_mutex let one do. A "net" thread sleeps in epoll_wait; main joins the first.
 * Truth: a deadlock of both, each of which waits for the other to stop reading. A rwlock counts its
 *   readers, and names none.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t both;

static void *change(void *name)
{
	printf("tid %s %d\n", (char *)name, gettid());
	pthread_rwlock_rdlock(&lock);
	pthread_barrier_wait(&both);
	pthread_rwlock_wrlock(&lock);
	return name;
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
	pthread_t thread;

	setlinebuf(stdout);
	printf("pid upgrade %d\n", getpid());
	pthread_barrier_init(&both, NULL, 2);
	pthread_create(&thread, NULL, net, NULL);
	pthread_create(&thread, NULL, change, "second");
	pthread_create(&thread, NULL, change, "first");
	puts("ready");
	return pthread_join(thread, NULL);
}
