// SPDX-License-Identifier: GPL-2.0-only
/*
 * One kind of lock of the C library it is built with, with a thread that waits for it:
 *
 *	mklocks KIND
 *
 * prints a line "waiter tid=TID primitive=NAME holder=TID", or without the holder where
 * the lock has none, then "ready", and stays so until standard input ends. A space
 * in a name is printed as ".". Built with musl too: what it lacks is skipped.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/factory.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutexattr_t attr;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static sem_t sem;
static _Atomic pid_t waiter_tid;

/* What the C library may lack. */
static void need(int error, const char *what)
{
	if (error == EINVAL || error == ENOTSUP || error == ENOSYS)
		skip(what);
	check(error, what);
}

static pthread_t start(void *(*function)(void *))
{
	pthread_t thread;

	waiter_tid = 0;
	need(pthread_create(&thread, NULL, function, NULL), "pthread_create");
	while (!waiter_tid)
		sched_yield();
	wait_until_blocked(getpid(), waiter_tid, SYS_futex);
	return thread;
}

static void print_waiter(const char *primitive, pid_t holder)
{
	printf("waiter tid=%d primitive=%s", waiter_tid, primitive);
	if (holder)
		printf(" holder=%d", holder);
	putchar('\n');
}

static void *lock_mutex(void *arg)
{
	waiter_tid = own_tid();
	pthread_mutex_lock(&mutex);
	return arg;
}

static void use_mutex(const char *name, bool has_holder)
{
	need(pthread_mutex_init(&mutex, &attr), "pthread_mutex_init");
	need(pthread_mutex_lock(&mutex), "pthread_mutex_lock");
	start(lock_mutex);
	print_waiter(name, has_holder ? own_tid() : 0);
}

static void mutex_of_type(int type)
{
	bool named = true;

	need(pthread_mutexattr_settype(&attr, type), "pthread_mutexattr_settype");
#ifndef __GLIBC__
	named = type != PTHREAD_MUTEX_NORMAL;
#endif
	use_mutex("pthread_mutex", named);
}

static void mutex_normal(void)
{
	mutex_of_type(PTHREAD_MUTEX_NORMAL);
}

static void mutex_recursive(void)
{
	mutex_of_type(PTHREAD_MUTEX_RECURSIVE);
}

static void mutex_errorcheck(void)
{
	mutex_of_type(PTHREAD_MUTEX_ERRORCHECK);
}

static void mutex_shared(void)
{
	need(pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED), "setpshared");
	mutex_errorcheck();
}

static void mutex_robust(void)
{
	need(pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST), "setrobust");
#ifdef __GLIBC__
	use_mutex("robust.pthread_mutex", true);
#else
	use_mutex("pthread_mutex", true);
#endif
}

static void mutex_pi(void)
{
	need(pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT), "setprotocol");
#ifdef __GLIBC__
	use_mutex("PI.pthread_mutex", true);
#else
	use_mutex("PI.futex", true);
#endif
}

static void *write_lock(void *arg)
{
	waiter_tid = own_tid();
	pthread_rwlock_wrlock(&rwlock);
	return arg;
}

static void *read_lock(void *arg)
{
	waiter_tid = own_tid();
	pthread_rwlock_rdlock(&rwlock);
	return arg;
}

static void use_rwlock(bool write, void *(*function)(void *))
{
	bool named = write;

#ifndef __GLIBC__
	named = false;
#endif
	need(write ? pthread_rwlock_wrlock(&rwlock) : pthread_rwlock_rdlock(&rwlock), "lock");
	start(function);
	print_waiter("pthread_rwlock", named ? own_tid() : 0);
}

static void rwlock_reader(void)
{
	use_rwlock(true, read_lock);
}

static void rwlock_writer(void)
{
	use_rwlock(true, write_lock);
}

static void rwlock_readers(void)
{
	use_rwlock(false, write_lock);
}

/* Readers do not get past a writer that waits. */
static void rwlock_behind_writer(void)
{
#ifdef __GLIBC__
	rwlock = (pthread_rwlock_t)PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
#else
	skip("in musl they do");
#endif
	need(pthread_rwlock_rdlock(&rwlock), "lock");
	start(write_lock);
	start(read_lock);
	print_waiter("pthread_rwlock", 0);
}

static void *wait_cond(void *arg)
{
	pthread_mutex_lock(&mutex);
	waiter_tid = own_tid();
	pthread_cond_wait(&cond, &mutex);
	pthread_mutex_unlock(&mutex);
	return arg;
}

static void condition(void)
{
	start(wait_cond);
	print_waiter("pthread_cond", 0);
}

static void condition_of_two(void)
{
	start(wait_cond);
	condition();
}

/* After a signal, so that the other group of glibc's is used. */
static void condition_again(void)
{
#ifndef __GLIBC__
	need(ENOTSUP, "musl's condition variables have no groups");
#endif
	pthread_t first = start(wait_cond);

	pthread_mutex_lock(&mutex);
	pthread_cond_signal(&cond);
	pthread_mutex_unlock(&mutex);
	need(pthread_join(first, NULL), "pthread_join");
	start(wait_cond);
	print_waiter("pthread_cond", 0);
}

static void condition_shared(void)
{
	pthread_condattr_t cond_attr;

	pthread_condattr_init(&cond_attr);
	need(pthread_condattr_setpshared(&cond_attr, PTHREAD_PROCESS_SHARED), "setpshared");
	need(pthread_cond_init(&cond, &cond_attr), "pthread_cond_init");
	start(wait_cond);
	print_waiter("pthread_cond", 0);
}

static void *wait_sem(void *arg)
{
	waiter_tid = own_tid();
	sem_wait(&sem);
	return arg;
}

static void semaphore(void)
{
	sem_init(&sem, 0, 0);
	start(wait_sem);
	print_waiter("sem_t", 0);
}

static void *wait_barrier(void *arg)
{
	waiter_tid = own_tid();
	pthread_barrier_wait(&barrier);
	return arg;
}

static void barrier_of_three(void)
{
#ifndef __GLIBC__
	skip("musl's barrier has too few signs");
#endif
	pthread_barrier_init(&barrier, NULL, 3);
	start(wait_barrier);
	print_waiter("pthread_barrier", 0);
}

static void *sleep_for_good(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static void *join_main(void *thread)
{
	waiter_tid = own_tid();
	pthread_join(*(pthread_t *)thread, NULL);
	return NULL;
}

static pthread_t sleeper;

static void *join_sleeper(void *arg)
{
	(void)arg;
	return join_main(&sleeper);
}

static _Atomic pid_t sleeper_tid;

static void *tell_and_sleep(void *arg)
{
	sleeper_tid = own_tid();
	return sleep_for_good(arg);
}

static void join(void)
{
	need(pthread_create(&sleeper, NULL, tell_and_sleep, NULL), "pthread_create");
	while (!sleeper_tid)
		sched_yield();
	start(join_sleeper);
	print_waiter("pthread_join", sleeper_tid);
}

static void never_done(void)
{
	sleep_for_good(NULL);
}

static void *begin_once(void *arg)
{
	sleeper_tid = own_tid();
	pthread_once(&once, never_done);
	return arg;
}

static void *run_once(void *arg)
{
	waiter_tid = own_tid();
	pthread_once(&once, never_done);
	return arg;
}

/* In a child of fork: before the first one, that of glibc is a 1 like any other. */
static void wait_for_once(void)
{
	pthread_t first;

	need(pthread_create(&first, NULL, begin_once, NULL), "pthread_create");
	while (!sleeper_tid || !*(volatile int *)&once)
		sched_yield();
	start(run_once);
	print_waiter("pthread_once", 0);
}

static void *lock_stderr(void *arg)
{
	waiter_tid = own_tid();
	flockfile(stderr);
	return arg;
}

static void stdio(void)
{
	flockfile(stderr);
	start(lock_stderr);
	print_waiter("stdio.lock", own_tid());
}

static const struct {
	const char *name;
	void (*make)(void);
	bool fork;
} kinds[] = {
	{ "mutex_normal", mutex_normal, false },
	{ "mutex_recursive", mutex_recursive, false },
	{ "mutex_errorcheck", mutex_errorcheck, false },
	{ "mutex_shared", mutex_shared, false },
	{ "mutex_robust", mutex_robust, false },
	{ "mutex_pi", mutex_pi, false },
	{ "rwlock_reader", rwlock_reader, false },
	{ "rwlock_writer", rwlock_writer, false },
	{ "rwlock_readers", rwlock_readers, false },
	{ "rwlock_behind_writer", rwlock_behind_writer, false },
	{ "condition", condition, false },
	{ "condition_of_two", condition_of_two, false },
	{ "condition_again", condition_again, false },
	{ "condition_shared", condition_shared, false },
	{ "semaphore", semaphore, false },
	{ "barrier", barrier_of_three, false },
	{ "join", join, false },
	{ "once", wait_for_once, true },
	{ "once_first", wait_for_once, false },
	{ "stdio", stdio, false },
};

/* In a child of fork, which ends with its parent. */
static void go_into_child(void)
{
	pid_t parent = getpid(), child = fork();
	int status;

	if (child > 0) {
		waitpid(child, &status, 0);
		exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		exit(1);
}

int main(int argc, char **argv)
{
	pthread_mutexattr_init(&attr);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (argc != 2 || strcmp(argv[1], kinds[i].name))
			continue;
		if (kinds[i].fork)
			go_into_child();
		kinds[i].make();
		stay();
		_exit(0);
	}
	fprintf(stderr, "usage: mklocks KIND\n");
	return 2;
}
