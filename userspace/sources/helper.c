// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes that read files of others for this one.
 *
 * A file may be on a server that is gone, or a lock of the kernel may be held by a thread that waits
 * for a page of its own.  Who reads it sleeps then in state D, and may not even be killed; so this
 * process does not.
 */
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helper.h"

/* The C library of Debian 11 does not name it; the number is the same on all architectures. */
#ifndef SYS_close_range
#define SYS_close_range	436
#endif

static void close_between(int after, int before)
{
	if (after + 1 < before)
		syscall(SYS_close_range, after + 1, before - 1, 0);
}

/**
 * helper_leave() - leave all that this process has of its parent's
 * @fd: a descriptor that it keeps
 * @other: another one, or the same, or -1
 *
 * It may be left behind: see helper_kill().  Whoever reads what the tool prints, or waits for a lock of the
 * tool's caller, must not wait for that.
 */
void helper_leave(int fd, int other)
{
	int first = fd < other ? fd : other, last = fd < other ? other : fd;
	int null = open("/dev/null", O_RDWR);

	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++) {
		if (i != fd && i != other)
			dup2(null, i);
	}
	close_between(STDERR_FILENO, first);
	close_between(first > STDERR_FILENO ? first : STDERR_FILENO, last);
	close_between(last, INT_MAX);
}

/**
 * helper_kill() - end a process that does not answer
 * @pid: the process, a child of this one
 *
 * One that sleeps in state D, behind a server that is gone, does not even die.  It is left to
 * itself then.
 */
void helper_kill(pid_t pid)
{
	kill(pid, SIGKILL);
	for (int i = 0; i < 100 && !waitpid(pid, NULL, WNOHANG); i++)
		poll(NULL, 0, 1);
}

/**
 * helper_ask() - have something found out by a process of its own
 * @find: what that calls
 * @arg: its argument
 * @answer: receives what it has found out
 * @size: bytes of that, a few
 * @keep: a descriptor that it needs, or -1
 *
 * Return: whether there was an answer, in ANSWER_MS.
 */
bool helper_ask(find_fn find, const void *arg, void *answer, size_t size, int keep)
{
	char found[64] = { 0 };
	struct pollfd poll_fd = { .events = POLLIN };
	bool good = false;
	int ends[2];
	pid_t pid;

	if (size > sizeof(found) || pipe2(ends, O_CLOEXEC))
		return false;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		helper_leave(ends[1], keep);
		find(arg, found);
		_exit(write(ends[1], found, size) != (ssize_t)size);
	}
	close(ends[1]);
	poll_fd.fd = ends[0];
	if (pid > 0) {
		good = poll(&poll_fd, 1, ANSWER_MS) > 0 && read(ends[0], answer, size) == (ssize_t)size;
		helper_kill(pid);
	}
	close(ends[0]);
	return good;
}
