// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads that hang on mutexes of the C library.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "states.h"

/* What is true of a thread that glibc blocks on a contended mutex. */
static void print_mutex_waiter(pid_t tgid, pid_t tid, const pthread_mutex_t *mutex)
{
	struct truth truth = private_wait(mutex, 2);

	truth.tgid = tgid;
	truth.tid = tid;
	print_waiter(&truth);
}

static pthread_mutex_t mutexes[2] = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER };

static void lock_and_pause(void *arg)
{
	bool *locked = arg;

	pthread_mutex_lock(&mutexes[0]);
	__atomic_store_n(locked, true, __ATOMIC_RELEASE);
	for (;;)
		pause();
}

/* A child of fork(2) gets a copy of a mutex that another thread held. */
static void fork_orphan(void)
{
	bool locked = false;
	pid_t child;

	start_thread(lock_and_pause, &locked);
	while (!__atomic_load_n(&locked, __ATOMIC_ACQUIRE))
		sched_yield();
	child = fork_child();
	if (child == 0) {
		prctl(PR_SET_NAME, "orphan");
		pthread_mutex_lock(&mutexes[0]);
		die("a mutex that nobody can unlock was locked");
	}
	print_mutex_waiter(child, child, &mutexes[0]);
	print_process(child, getpid(), false, 1);
}

static pthread_barrier_t barrier;

static void lock_both(void *arg)
{
	pthread_mutex_t *first = arg;
	pthread_mutex_t *second = first == &mutexes[0] ? &mutexes[1] : &mutexes[0];

	pthread_mutex_lock(first);
	pthread_barrier_wait(&barrier);
	pthread_mutex_lock(second);
	die("a deadlock ended");
}

static void abba(void)
{
	pid_t a, b;

	pthread_barrier_init(&barrier, NULL, 2);
	a = start_thread(lock_both, &mutexes[0]);
	b = start_thread(lock_both, &mutexes[1]);
	/* Each mutex is among the words around the other. */
	wait_until_blocked(getpid(), b, SYS_futex);
	print_mutex_waiter(getpid(), a, &mutexes[1]);
	print_mutex_waiter(getpid(), b, &mutexes[0]);
	print_this_process(3);
}

static void lock_twice(void *arg)
{
	pthread_mutex_lock(arg);
	pthread_mutex_lock(arg);
	die("a mutex was locked twice");
}

static void self_deadlock(void)
{
	print_mutex_waiter(getpid(), start_thread(lock_twice, &mutexes[0]), &mutexes[0]);
	print_this_process(2);
}

static void lock_and_exit(void *arg)
{
	pthread_mutex_lock(arg);
}

static void lock_once(void *arg)
{
	pthread_mutex_lock(arg);
	die("the mutex of a dead thread was locked");
}

/* The main thread lives on, but it is not the one that holds the lock. */
static void dead_holder(void)
{
	pid_t waiter;

	wait_until_gone(start_thread(lock_and_exit, &mutexes[0]));
	waiter = start_thread(lock_once, &mutexes[0]);
	print_mutex_waiter(getpid(), waiter, &mutexes[0]);
	print_this_process(2);
}

const struct state mutex_states[] = {
	STATE(fork_orphan, "a child of fork(2) with a copy of a locked mutex",
	      .verdict = "orphaned,certain"),
	STATE(abba, "two threads that each hold what the other wants",
	      .verdict = "deadlock,likely"),
	STATE(self_deadlock, "a thread that locks a mutex twice", .verdict = "deadlock,likely"),
	STATE(dead_holder, "a mutex whose holder has ended", .verdict = "orphaned,likely"),
	{}
};
