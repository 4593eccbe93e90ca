// SPDX-License-Identifier: GPL-2.0-only
/* master_lock: a runtime's master lock is free, and all who want it sleep.
 *
 * State: a master lock as language runtimes have it: a flag "busy" under a mutex, and a condition
 *   variable "is_free". Three threads wait for is_free without a timeout. The one who had the
 *   lock released it, but its signal woke nobody (glibc before 2.41 can lose it, bug 25847; here
 *   it is left out on purpose). That thread, and a tick thread, live on elsewhere.
 * Truth: a lost wake-up: busy is 0, the mutex is free, three threads sleep for ever. Any signal to
 *   the condition variable would heal it.
 * Build: gcc -g -O1 -pthread master_lock.c -o master_lock
 * Run:   ./master_lock
 * Source: github.com/MinaProtocol/mina pull 18654 (a daemon frozen for more than 6 days, traced to
 *   glibc bug 25847); ocaml-multicore/eio issue 700 ("waiting to get the master lock, even though
 *   it wasn't busy!"); ocaml/ocaml pull 14303 (broadcast before the wait).
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <sys/select.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t is_free = PTHREAD_COND_INITIALIZER;
static int busy;

static void acquire(void)
{
	pthread_mutex_lock(&mutex);
	while (busy)
		pthread_cond_wait(&is_free, &mutex);
	busy = 1;
	pthread_mutex_unlock(&mutex);
}

static void release(int lose)
{
	pthread_mutex_lock(&mutex);
	busy = 0;
	pthread_mutex_unlock(&mutex);
	if (!lose)
		pthread_cond_signal(&is_free);
}

static void *green(void *arg)
{
	printf("tid green%ld %d\n", (long)arg, gettid());
	acquire();
	release(0);
	return arg;
}

static void *tick(void *arg)
{
	printf("tid tick %d\n", gettid());
	for (;;)
		select(0, NULL, NULL, NULL, &(struct timeval){ .tv_usec = 50000 });
	return arg;
}

int main(void)
{
	pthread_t t;
	fd_set set;
	int fds[2];

	setlinebuf(stdout);
	printf("pid master_lock %d\n", getpid());
	acquire();
	for (long i = 0; i < 3; i++)
		pthread_create(&t, NULL, green, (void *)i);
	pthread_create(&t, NULL, tick, NULL);
	sleep(1);
	release(1);
	puts("ready");
	pipe(fds);
	FD_ZERO(&set);
	FD_SET(fds[0], &set);
	select(fds[0] + 1, &set, NULL, NULL, NULL);
	return 0;
}
