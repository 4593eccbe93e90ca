// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traces a process with threads and waits for it in waitpid(2), for good:
 *
 *	traced pool	all its threads have been stopped while they waited: workers for
 *			work, and the first one for them
 *	traced clone	each new thread has been left in its first stop, as PRoot does
 *			with one that stops before its creation has been reported; the
 *			first one waits for them and is not stopped
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/factory.h"

#define WORKERS	4

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t work = PTHREAD_COND_INITIALIZER;

static void *worker(void *arg)
{
	pthread_mutex_lock(&lock);
	for (;;)
		pthread_cond_wait(&work, &lock);
	return arg;
}

static void use_pool(void)
{
	pthread_t threads[WORKERS];
	int i;

	for (i = 0; i < WORKERS; i++) {
		check(pthread_create(&threads[i], NULL, worker, NULL), "pthread_create");
	}
	for (i = 0; i < WORKERS; i++)
		pthread_join(threads[i], NULL);
}

/* Find the threads of the process that wait. Return how many there are. */
static int find_waiters(pid_t pid, pid_t tids[WORKERS + 1])
{
	struct dirent *entry;
	char path[64];
	int n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	if (!dir)
		die("%s", path);
	while (n < WORKERS + 1 && (entry = readdir(dir))) {
		pid_t tid = atoi(entry->d_name);

		if (tid && blocked_in(pid, tid) == SYS_futex)
			tids[n++] = tid;
	}
	closedir(dir);
	return n;
}

static pid_t wait_for_stop(pid_t tid, int *event)
{
	int status;

	tid = waitpid(tid, &status, __WALL);
	if (tid < 0)
		die("waitpid");
	if (!WIFSTOPPED(status))
		errx(1, "thread %d has status %#x", tid, status);
	*event = status >> 16;
	return tid;
}

static void trace_pool(pid_t pid)
{
	pid_t tids[WORKERS + 1];
	int i, event;

	while (find_waiters(pid, tids) < WORKERS + 1)
		sched_yield();
	for (i = 0; i < WORKERS + 1; i++) {
		if (ptrace(PTRACE_SEIZE, tids[i], NULL, (void *)PTRACE_O_EXITKILL) ||
		    ptrace(PTRACE_INTERRUPT, tids[i], NULL, NULL))
			die("cannot trace thread %d", tids[i]);
		wait_for_stop(tids[i], &event);
	}
}

static void be_traced(void)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		die("PTRACE_TRACEME");
	raise(SIGSTOP);
}

static void trace_clone(pid_t pid)
{
	int reported = 0, stopped = 0, event;

	wait_for_stop(pid, &event);
	if (ptrace(PTRACE_SETOPTIONS, pid, NULL,
		   (void *)(PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE)))
		die("PTRACE_SETOPTIONS");
	if (ptrace(PTRACE_CONT, pid, NULL, NULL))
		die("PTRACE_CONT");
	while (reported < WORKERS || stopped < WORKERS) {
		if (wait_for_stop(-1, &event) != pid) {
			stopped++;
			continue;
		}
		if (event != PTRACE_EVENT_CLONE)
			errx(1, "the first thread stopped otherwise");
		reported++;
		if (ptrace(PTRACE_CONT, pid, NULL, NULL))
			die("PTRACE_CONT");
	}
}

int main(int argc, char **argv)
{
	bool clone = argc == 2 && !strcmp(argv[1], "clone");
	pid_t pid;
	int event;

	if (!clone && (argc != 2 || strcmp(argv[1], "pool")))
		errx(2, "wants what to trace: pool or clone");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		if (clone)
			be_traced();
		use_pool();
		_exit(1);
	}
	if (clone)
		trace_clone(pid);
	else
		trace_pool(pid);
	printf("tracer tgid=%d\ntracee tgid=%d\nready\n", getpid(), pid);
	fflush(stdout);
	errx(1, "thread %d stopped once more", wait_for_stop(-1, &event));
}
