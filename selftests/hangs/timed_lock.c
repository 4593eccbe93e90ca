// SPDX-License-Identifier: GPL-2.0-only
/* timed_lock: a thread that tries for a lock with a timeout, again and again.
 *
 * State: thread "holder" has a mutex, and sleeps in a read of an empty pipe whose other end the
 *   process has itself. The main thread tries for the mutex for a second each time.
 * Truth: main is blocked by "holder" all the while, although each wait ends by itself.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static sem_t is_held;
static int fds[2];

static void *holder(void *arg)
{
	char byte;

	pthread_mutex_lock(&mutex);
	sem_post(&is_held);
	printf("tid holder %d\nready\n", gettid());
	fflush(stdout);
	while (read(fds[0], &byte, 1) != 1)
		;
	return arg;
}

int main(void)
{
	struct timespec end;
	pthread_t thread;

	if (pipe(fds))
		return 1;
	printf("pid timed_lock %d\n", getpid());
	pthread_create(&thread, NULL, holder, NULL);
	sem_wait(&is_held);
	do {
		clock_gettime(CLOCK_REALTIME, &end);
		end.tv_sec++;
	} while (pthread_mutex_timedlock(&mutex, &end));
	return 0;
}
