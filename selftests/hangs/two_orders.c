// SPDX-License-Identifier: GPL-2.0-only
/* two_orders: two threads take a mutex and a rwlock in two orders; built for 32 bits, too.
 *
 * State: thread "first" has the mutex and wants to write, thread "second" writes and wants the
 *   mutex. A "net" thread sleeps in epoll_wait(2), and the main thread joins "first".
 * Truth: a deadlock of "first" and "second"; both locks name their holders.
 * Build: gcc -m32 -g -O1 -pthread two_orders.c -o two_orders_32
 * Source: github.com/kozec/dumbxinputemu issue 13: a 32-bit program under Wine waits for good.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t both_have_one;

static void *first(void *arg)
{
	pthread_mutex_lock(&mutex);
	printf("tid first %d\n", gettid());
	pthread_barrier_wait(&both_have_one);
	pthread_rwlock_wrlock(&rwlock);
	return arg;
}

static void *second(void *arg)
{
	pthread_rwlock_wrlock(&rwlock);
	printf("tid second %d\n", gettid());
	pthread_barrier_wait(&both_have_one);
	pthread_mutex_lock(&mutex);
	return arg;
}

static void *net(void *arg)
{
	struct epoll_event event;

	for (int fd = epoll_create1(0);;)
		epoll_wait(fd, &event, 1, -1);
	return arg;
}

int main(void)
{
	pthread_t threads[3];

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("pid two_orders %d\n", getpid());
	pthread_barrier_init(&both_have_one, NULL, 3);
	pthread_create(&threads[0], NULL, first, NULL);
	pthread_create(&threads[1], NULL, second, NULL);
	pthread_create(&threads[2], NULL, net, NULL);
	pthread_barrier_wait(&both_have_one);
	puts("ready");
	pthread_join(threads[0], NULL);
	return 0;
}
