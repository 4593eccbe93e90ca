// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the factories share.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "factory.h"

void (*die_by)(int status) = exit;

/* End with a message and what errno says. */
void die(const char *format, ...)
{
	int error = errno;
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, ": %s\n", strerror(error));
	die_by(1);
	abort();
}

/* End, since this host cannot do it. */
void skip(const char *why)
{
	fprintf(stderr, "%s\n", why);
	exit(KSFT_SKIP);
}

/* For the pthread functions, which return an error. */
void check(int error, const char *what)
{
	errno = error;
	if (error)
		die("%s", what);
}

/* Say that all is in place, and stay so until standard input ends. */
void stay(void)
{
	char c;

	printf("ready\n");
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
}

/* gettid(3), which musl has only since 1.2.2 */
pid_t own_tid(void)
{
	return syscall(SYS_gettid);
}

struct start {
	void (*run)(void *arg);
	void *arg;
	_Atomic pid_t tid;
};

static void *run_thread(void *arg)
{
	struct start *start = arg;
	void (*run)(void *arg) = start->run;
	void *run_arg = start->arg;

	start->tid = own_tid();
	run(run_arg);
	return NULL;
}

/* Start a thread; return its tid. */
pid_t start_thread(void (*run)(void *arg), void *arg)
{
	struct start start = { .run = run, .arg = arg };
	pthread_t thread;

	check(pthread_create(&thread, NULL, run_thread, &start), "pthread_create");
	while (!start.tid)
		sched_yield();
	return start.tid;
}

/* Start a thread whose stack is small, since there are many. That of arm64 must have 128 KiB. */
pthread_t start_small_thread(void *(*run)(void *arg), void *arg)
{
	pthread_attr_t attr;
	pthread_t thread;

	check(pthread_attr_init(&attr), "pthread_attr_init");
	check(pthread_attr_setstacksize(&attr, 256 << 10), "pthread_attr_setstacksize");
	check(pthread_create(&thread, &attr, run, arg), "pthread_create");
	pthread_attr_destroy(&attr);
	return thread;
}

/* fork(2) of a child that does not outlive this thread. */
pid_t fork_child(void)
{
	pid_t child = fork();

	if (child < 0)
		die("fork");
	if (!child)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return child;
}

/* Zeroed memory that children share. */
void *map_shared(size_t size)
{
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED)
		die("mmap");
	return mem;
}

void nap(long ns)
{
	struct timespec time = { .tv_nsec = ns };

	nanosleep(&time, NULL);
}

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 * MS + now.tv_nsec;
}

/* Words for futex_waitv(2) whose values are expected to stay as they are; @step may be 0. */
void fill_waitv(struct waitv *vector, int nr, const uint32_t *words, int step, uint32_t flags)
{
	int i;

	for (i = 0; i < nr; i++, words += step)
		vector[i] = (struct waitv){
			.val = *words,
			.uaddr = (uintptr_t)words,
			.flags = flags,
		};
}

/* futex(2). @timeout is a time or a number, as @op has it. */
long futex(const void *word, int op, uint32_t val, const void *timeout, const void *word2,
	   uint32_t val3)
{
	return syscall(SYS_futex, word, op, val, timeout, word2, val3);
}

/* Read a small file of /proc into a string. Return false if the thread is gone. */
bool read_proc(pid_t tgid, pid_t tid, const char *name, char *buf, size_t size)
{
	char path[64];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", tgid, tid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	len = read(fd, buf, size - 1);
	close(fd);
	buf[len < 0 ? 0 : len] = '\0';
	return len > 0;
}

/* The number of the system call that a thread sleeps in; -1 if it sleeps in none, or is gone. */
long blocked_in(pid_t tgid, pid_t tid)
{
	char buf[256], *end;
	long nr;

	/* It says "running" until the thread has really been switched out. */
	if (!read_proc(tgid, tid, "syscall", buf, sizeof(buf)))
		return -1;
	nr = strtol(buf, &end, 10);
	return end == buf ? -1 : nr;
}

/* Until a thread, which must not end, sleeps in system call @nr. */
void wait_until_blocked(pid_t tgid, pid_t tid, long nr)
{
	while (blocked_in(tgid, tid) != nr) {
		if (thread_state(tgid, tid) == 'X')
			die("thread %d is gone", tid);
		sched_yield();
	}
}

/* Until a thread of this process has ended. */
void wait_until_gone(pid_t tid)
{
	char buf[8];

	while (read_proc(getpid(), tid, "comm", buf, sizeof(buf)))
		sched_yield();
}

/* The state of a thread, as in proc(5); 'X' if it is gone. */
char thread_state(pid_t tgid, pid_t tid)
{
	char buf[512], *end;

	if (!read_proc(tgid, tid, "stat", buf, sizeof(buf)))
		return 'X';
	end = strrchr(buf, ')');
	return end ? end[2] : 'X';
}
