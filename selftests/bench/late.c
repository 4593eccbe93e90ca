// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long a reader keeps others waiting: "late FILE" reads a file from open to close while a
 * thread of real time wakes every 100 us. For each time that standard input gives a line,
 * prints by how many nanoseconds that thread was late at most, and how long the read took.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#include "bench.h"

#define PERIOD_NS	100000

static atomic_bool reading;
static _Atomic uint64_t latest_ns;

static void *wake(void *arg)
{
	uint64_t next = now_ns();

	(void)arg;
	for (;;) {
		struct timespec until;
		uint64_t now;

		next += PERIOD_NS;
		until = (struct timespec){ next / NS_PER_S, next % NS_PER_S };
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
			;
		now = now_ns();
		if (reading && now - next > latest_ns)
			latest_ns = now - next;
		/* Being late once is not counted again. */
		if (now > next)
			next = now;
	}
	return NULL;
}

static void start_thread(void)
{
	struct sched_param priority = { .sched_priority = 50 };
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
	pthread_attr_setschedparam(&attr, &priority);
	errno = pthread_create(&thread, &attr, wake, NULL);
	if (errno)
		err(1, "pthread_create");
}

int main(int argc, char **argv)
{
	if (argc != 2)
		errx(2, "usage: late FILE");
	start_thread();
	while (next_round()) {
		uint64_t start = begin_round();

		latest_ns = 0;
		reading = true;
		read_file(argv[1]);
		reading = false;
		end_round(latest_ns, start);
	}
	return 0;
}
