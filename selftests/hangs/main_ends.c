// SPDX-License-Identifier: GPL-2.0-only
/* main_ends: the main thread ends by pthread_exit(3), with a lock.
 *
 * State: "worker" waits for the lock of the main thread, which is a zombie as long as others live. "net"
 *   sleeps in pause(2).
 * Truth: a dead holder. "worker" never goes on.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *work(void *arg)
{
	printf("tid worker %d\nready\n", gettid());
	pthread_mutex_lock(&lock);
	return arg;
}

static void *serve(void *arg)
{
	printf("tid net %d\n", gettid());
	for (;;)
		pause();
	return arg;
}

int main(void)
{
	pthread_t thread;

	setlinebuf(stdout);
	printf("pid main_ends %d\n", getpid());
	pthread_mutex_lock(&lock);
	pthread_create(&thread, NULL, serve, NULL);
	pthread_create(&thread, NULL, work, NULL);
	pthread_exit(NULL);
}
