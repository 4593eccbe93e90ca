// SPDX-License-Identifier: GPL-2.0-only
/*
 * A profiler's signal handler takes a lock that the thread it interrupts is about to
 * have: the word is taken, but the owner is not stored yet. Another thread piles up
 * behind.
 *
 *	sigprof PROGRAM [ARGUMENT]...
 *
 * The moment is a few instructions long. To meet it every time, the program, which
 * uses victim.h, is stepped through pthread_mutex_lock() until it is there, given the
 * signal, and let go.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/wait.h>

#include "victim.h"

/* A word of the victim's memory. */
static int peek(const struct victim *victim, const int *word)
{
	long value;

	errno = 0;
	value = ptrace(PTRACE_PEEKDATA, victim->tid, word, NULL);
	if (errno)
		err(1, "cannot read the lock");
	return (int)value;
}

/* Whether the lock is taken and has no owner yet. */
static bool in_window(const struct victim *victim)
{
	int owner = peek(victim, &victim->lock->__data.__owner);

	if (owner)
		errx(1, "the lock was taken unseen");
	return peek(victim, &victim->lock->__data.__lock) == 1;
}

static void wait_for_stop(const struct victim *victim, int signal)
{
	int status;

	if (waitpid(victim->tid, &status, __WALL) != victim->tid)
		err(1, "waitpid");
	if (!WIFSTOPPED(status) || WSTOPSIG(status) != signal)
		errx(1, "the victim has status %#x", status);
}

/* Start the program, and read which thread is the victim. Return its process. */
static pid_t start(char **argv, struct victim *victim)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		err(1, "pipe");
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		if (fds[1] == VICTIM_FD)
			fcntl(VICTIM_FD, F_SETFD, 0);
		else
			dup2(fds[1], VICTIM_FD);
		execv(argv[0], argv);
		err(1, "%s", argv[0]);
	}
	close(fds[1]);
	if (read(fds[0], victim, sizeof(*victim)) != sizeof(*victim))
		errx(1, "%s names no victim", argv[0]);
	return pid;
}

int main(int argc, char **argv)
{
	struct victim victim;
	pid_t pid;

	if (argc < 2)
		errx(2, "wants a program");
	pid = start(argv + 1, &victim);
	wait_for_stop(&victim, SIGSTOP);
	while (!in_window(&victim)) {
		if (ptrace(PTRACE_SINGLESTEP, victim.tid, NULL, NULL))
			err(1, "PTRACE_SINGLESTEP");
		wait_for_stop(&victim, SIGTRAP);
	}
	if (ptrace(PTRACE_DETACH, victim.tid, NULL, (void *)SIGPROF))
		err(1, "PTRACE_DETACH");
	printf("victim tgid=%d tid=%d\nready\n", pid, victim.tid);
	fflush(stdout);
	return getchar() != EOF;
}
