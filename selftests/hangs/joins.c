// SPDX-License-Identifier: GPL-2.0-only
/* joins: three threads each wait for the end of the next one.
 *
 * State: "first" joins "second", that joins "third", and that "first". glibc only refuses two that
 *   join each other. The main thread sleeps in pause(2).
 * Truth: a deadlock of the three.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#define NR_THREADS	3

static pthread_t threads[NR_THREADS];
static pthread_barrier_t all_are_there;

static void *join_next(void *arg)
{
	static const char *const names[NR_THREADS] = { "first", "second", "third" };
	long i = (long)arg;

	printf("tid %s %d\n", names[i], gettid());
	pthread_barrier_wait(&all_are_there);
	pthread_join(threads[(i + 1) % NR_THREADS], NULL);
	return NULL;
}

int main(void)
{
	setlinebuf(stdout);
	printf("pid joins %d\n", getpid());
	pthread_barrier_init(&all_are_there, NULL, NR_THREADS + 1);
	for (long i = 0; i < NR_THREADS; i++)
		pthread_create(&threads[i], NULL, join_next, (void *)i);
	pthread_barrier_wait(&all_are_there);
	puts("ready");
	for (;;)
		pause();
}
