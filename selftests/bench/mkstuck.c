// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads that are stuck some functions deep, and one that counts:
 *
 *	mkstuck THREADS
 *
 * makes them, and prints "ready". For each line on standard input it prints how often the counter
 * was incremented since the last line, and the longest time between two increments in nanoseconds:
 * as long as that the process was stopped, or its CPU did something else. It stays so until
 * standard input ends.
 */
#define _GNU_SOURCE
#include <err.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench.h"

/* Frames between the start of a thread and its lock. */
#define DEPTH		8

#define STACK_SIZE	(64 * 1024)

static _Atomic unsigned long nr_begun;

/* The count and the longest gap, in units of one gap and one increment. */
static _Atomic uint64_t count, longest;

static __attribute__((noinline)) void descend(pthread_mutex_t *lock, int depth)
{
	if (depth) {
		descend(lock, depth - 1);
	} else {
		nr_begun++;
		pthread_mutex_lock(lock);
	}
	asm volatile("" ::: "memory");
}

static void *get_stuck(void *unused)
{
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

	pthread_mutex_lock(&lock);
	descend(&lock, DEPTH);
	return unused;
}

static void *count_up(void *unused)
{
	uint64_t last = now_ns();

	for (;;) {
		uint64_t now = now_ns();

		count++;
		if (now - last > longest)
			longest = now - last;
		last = now;
	}
	return unused;
}

static void start(void *(*run)(void *unused))
{
	pthread_attr_t attr;
	pthread_t thread;

	if (pthread_attr_init(&attr) || pthread_attr_setstacksize(&attr, STACK_SIZE) ||
	    pthread_create(&thread, &attr, run, NULL))
		errx(1, "cannot create a thread");
}

int main(int argc, char **argv)
{
	unsigned long threads = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
	int c;

	if (!threads)
		errx(2, "usage: mkstuck THREADS");
	for (unsigned long i = 0; i < threads; i++)
		start(get_stuck);
	while (nr_begun != threads)
		usleep(10000);
	start(count_up);
	puts("ready");
	fflush(stdout);
	while ((c = getchar()) != EOF) {
		if (c != '\n')
			continue;
		printf("%llu %llu\n", (unsigned long long)atomic_exchange(&count, 0),
		       (unsigned long long)atomic_exchange(&longest, 0));
		fflush(stdout);
	}
	kill(getpid(), SIGKILL);
}
