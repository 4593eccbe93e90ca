// SPDX-License-Identifier: GPL-2.0-only
/*
 * A profiler's signal handler takes a lock that the thread it interrupts is about to
 * have: the word is taken, but the owner is not stored yet. Another thread piles up
 * behind.
 *
 * The moment is a few instructions long. To meet it every time, the victim is
 * stepped through pthread_mutex_lock() until it is there, given the signal, and let
 * go.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* As an unwinder does, by way of dl_iterate_phdr(). */
static void on_sigprof(int number)
{
	(void)number;
	pthread_mutex_lock(&lock);
}

/* Take the lock when it has a waiter. */
static void *second(void *arg)
{
	while (__atomic_load_n(&lock.__data.__lock, __ATOMIC_RELAXED) != 2)
		sched_yield();
	pthread_mutex_lock(&lock);
	return arg;
}

static void victim(void)
{
	struct sigaction action = { .sa_handler = on_sigprof };
	pthread_mutex_t other = PTHREAD_MUTEX_INITIALIZER;
	pthread_t thread;

	sigaction(SIGPROF, &action, NULL);
	if (pthread_create(&thread, NULL, second, NULL))
		errx(1, "cannot create a thread");
	/* So that the linker has looked it up. */
	pthread_mutex_lock(&other);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		err(1, "ptrace");
	raise(SIGSTOP);
	pthread_mutex_lock(&lock);
}

/* A word of the child's, whose memory is laid out as ours. */
static int peek(pid_t pid, const int *word)
{
	long value;

	errno = 0;
	value = ptrace(PTRACE_PEEKDATA, pid, word, NULL);
	if (errno)
		err(1, "cannot read the lock");
	return (int)value;
}

static bool in_window(pid_t pid)
{
	return peek(pid, &lock.__data.__lock) == 1 && peek(pid, &lock.__data.__owner) == 0;
}

static void wait_for_stop(pid_t pid, int signal)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		err(1, "waitpid");
	if (!WIFSTOPPED(status) || WSTOPSIG(status) != signal)
		errx(1, "the child has status %#x", status);
}

int main(void)
{
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		victim();
		_exit(1);
	}
	wait_for_stop(pid, SIGSTOP);
	while (!in_window(pid)) {
		if (peek(pid, &lock.__data.__owner))
			errx(1, "the lock was taken unseen");
		if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL))
			err(1, "PTRACE_SINGLESTEP");
		wait_for_stop(pid, SIGTRAP);
	}
	if (ptrace(PTRACE_DETACH, pid, NULL, (void *)SIGPROF))
		err(1, "PTRACE_DETACH");
	printf("victim tgid=%d\nready\n", pid);
	fflush(stdout);
	return getchar() != EOF;
}
