// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a reader costs programs that use futexes hard: "disturb FILE PAIRS" keeps
 * every CPU busy with futex(2) calls that take a bucket's lock, as "perf bench futex
 * hash" does, for pairs of a second: in one of the two, FILE is read once. Prints
 * for each pair the number of calls without and with the reader.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define WORDS	1024

/* One CPU's, written by it alone. */
struct hasher {
	_Alignas(64) _Atomic uint64_t calls;
	uint32_t words[WORDS];
};

static void *hash(void *arg)
{
	struct hasher *hasher = arg;
	uint64_t calls = 0;

	for (;; calls++) {
		/* the word is 0, so this returns at once, after a look under the lock */
		syscall(SYS_futex, &hasher->words[calls % WORDS], FUTEX_WAIT_PRIVATE, 1, NULL,
			NULL, 0);
		atomic_store_explicit(&hasher->calls, calls, memory_order_relaxed);
	}
	return NULL;
}

static uint64_t all_calls(struct hasher *hashers, long nr)
{
	uint64_t calls = 0;
	long i;

	for (i = 0; i < nr; i++)
		calls += hashers[i].calls;
	return calls;
}

/* The rate, in calls a second, of about one second. */
static uint64_t one_second(struct hasher *hashers, long nr, const char *path)
{
	uint64_t before = all_calls(hashers, nr);
	uint64_t start = now_ns();
	struct timespec end = {
		.tv_sec = start / NS_PER_S + 1,
		.tv_nsec = start % NS_PER_S,
	};
	uint64_t calls;

	if (path)
		read_file(path);
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL) == EINTR)
		;
	calls = all_calls(hashers, nr) - before;
	return calls * NS_PER_S / (now_ns() - start);
}

int main(int argc, char **argv)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct hasher *hashers = aligned_alloc(64, cpus * sizeof(*hashers));
	pthread_t thread;
	long i;

	if (argc != 3)
		errx(2, "usage: disturb FILE PAIRS");
	if (!hashers)
		err(1, "aligned_alloc");
	for (i = 0; i < cpus; i++) {
		hashers[i] = (struct hasher){ 0 };
		errno = pthread_create(&thread, NULL, hash, &hashers[i]);
		if (errno)
			err(1, "pthread_create");
	}
	one_second(hashers, cpus, argv[1]);
	for (i = strtol(argv[2], NULL, 10); i > 0; i--) {
		uint64_t without = one_second(hashers, cpus, NULL);
		uint64_t with = one_second(hashers, cpus, argv[1]);

		printf("%" PRIu64 " %" PRIu64 "\n", without, with);
		fflush(stdout);
	}
	return 0;
}
