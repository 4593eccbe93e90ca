/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lock, and the threads that meet there, of a program that sigprof.c runs.
 */
#ifndef VICTIM_H
#define VICTIM_H

#include <err.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <unistd.h>

/* The descriptor to name the thread to trace, and what it is about to lock. */
#define VICTIM_FD	3

struct victim {
	pid_t tid;
	pthread_mutex_t *lock;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* What the signal handler does; an unwinder would, in dl_iterate_phdr(). */
static inline void take_lock(void)
{
	pthread_mutex_lock(&lock);
}

/* Take the lock when it has a waiter. */
static inline void pile_up(void)
{
	while (__atomic_load_n(&lock.__data.__lock, __ATOMIC_RELAXED) != 2)
		sched_yield();
	pthread_mutex_lock(&lock);
}

/* Take the lock, traced by the parent process from here on. */
static inline void take_lock_traced(void)
{
	struct victim victim = { gettid(), &lock };
	pthread_mutex_t other = PTHREAD_MUTEX_INITIALIZER;

	/* So that the linker has looked it up. */
	pthread_mutex_lock(&other);
	if (write(VICTIM_FD, &victim, sizeof(victim)) != sizeof(victim))
		err(1, "cannot write to descriptor %d", VICTIM_FD);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		err(1, "ptrace");
	raise(SIGSTOP);
	pthread_mutex_lock(&lock);
}

#endif
