// SPDX-License-Identifier: GPL-2.0-only
/*
 * A library such as an extension of Python may bring: a pool of threads for its
 * jobs. It waits as Rust's standard library does, which calls futex(2) itself:
 * FUTEX_WAIT_BITSET, without a timeout.
 */
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Jobs, counted from the start. */
static atomic_uint posted, taken, done;

static void wait_while(atomic_uint *word, uint32_t value)
{
	syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, value, NULL, NULL,
		FUTEX_BITSET_MATCH_ANY);
}

static void wake(atomic_uint *word, int number)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, number);
}

static bool take(void)
{
	uint32_t next = atomic_load(&taken);

	while (next != atomic_load(&posted)) {
		if (atomic_compare_exchange_weak(&taken, &next, next + 1))
			return true;
	}
	return false;
}

static void *worker(void *arg)
{
	for (;;) {
		uint32_t seen = atomic_load(&posted);

		if (take()) {
			atomic_fetch_add(&done, 1);
			wake(&done, INT_MAX);
		} else {
			wait_while(&posted, seen);
		}
	}
	return arg;
}

/* Start the pool. Return 0, or an error number. */
int pool_start(int threads)
{
	pthread_t thread;
	int error = 0;

	while (!error && threads--)
		error = pthread_create(&thread, NULL, worker, NULL);
	return error;
}

/* Have a job done by the pool, and wait for it. One thread at a time may. */
void pool_run(void)
{
	uint32_t mine = atomic_fetch_add(&posted, 1) + 1, now;

	wake(&posted, 1);
	while ((now = atomic_load(&done)) != mine)
		wait_while(&done, now);
}
