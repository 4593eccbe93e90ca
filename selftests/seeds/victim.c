// SPDX-License-Identifier: GPL-2.0-only
/* A handler of SIGPROF that takes a lock, and two threads that do: see sigprof.c. */
#define _GNU_SOURCE
#include "victim.h"

static void on_sigprof(int number)
{
	(void)number;
	take_lock();
	/* So that it is not left before it calls. */
	asm volatile("" ::: "memory");
}

static void *second(void *arg)
{
	pile_up();
	return arg;
}

int main(void)
{
	struct sigaction action = { .sa_handler = on_sigprof };
	pthread_t thread;

	sigaction(SIGPROF, &action, NULL);
	if (pthread_create(&thread, NULL, second, NULL))
		errx(1, "cannot create a thread");
	take_lock_traced();
	return 1;
}
