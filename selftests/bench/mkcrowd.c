// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many futex waiters, as cheaply as they can be made:
 *
 *	mkcrowd WAITERS PROCESSES one|own
 *
 * puts WAITERS threads, spread over PROCESSES processes, into FUTEX_WAIT, all on
 * one word or each on its own; prints "ready" and stays so until standard input
 * ends. The main thread of each process does not wait on a futex.
 */
#define _GNU_SOURCE
#include <err.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* All that a thread that only waits needs: the clone is without glibc's share. */
#define STACK_SIZE	4096

/* On a cache line of its own, as locks in programs mostly are. */
struct word {
	_Alignas(64) uint32_t value;
};

/* Shared by all processes. */
static struct {
	_Atomic unsigned long begun;
	struct word word;
} *shared;

static int futex_op;

static int wait_forever(void *word)
{
	shared->begun++;
	for (;;)
		syscall(SYS_futex, word, futex_op, 0, NULL, NULL, 0);
	return 0;
}

static void *map(size_t size, int flags)
{
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);

	if (mem == MAP_FAILED)
		err(1, "mmap");
	return mem;
}

/* Start a process's threads; without @one_word each gets its own word. */
static void start_waiters(unsigned long nr, struct word *one_word)
{
	const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
			  CLONE_SYSVSEM;
	char *stacks = map(nr * STACK_SIZE, MAP_PRIVATE);
	struct word *own = one_word ? NULL : map(nr * sizeof(*own), MAP_PRIVATE);
	unsigned long i;

	for (i = 0; i < nr; i++) {
		if (clone(wait_forever, stacks + (i + 1) * STACK_SIZE, flags,
			  one_word ?: &own[i]) < 0)
			err(1, "clone of thread %lu of %lu", i + 1, nr);
	}
}

static void start_processes(unsigned long waiters, unsigned long nr, struct word *one_word)
{
	pid_t parent = getpid();
	unsigned long i;

	for (i = 0; i < nr; i++) {
		pid_t pid = fork();

		if (pid < 0)
			err(1, "fork of process %lu of %lu", i + 1, nr);
		if (pid)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			exit(1);
		start_waiters(waiters / nr, one_word);
		for (;;)
			pause();
	}
}

int main(int argc, char **argv)
{
	unsigned long waiters = argc == 4 ? strtoul(argv[1], NULL, 10) : 0;
	unsigned long processes = argc == 4 ? strtoul(argv[2], NULL, 10) : 0;
	struct word *one_word = NULL;
	char c;

	if (!processes || !waiters || waiters % processes)
		errx(2, "usage: mkcrowd WAITERS PROCESSES one|own");
	shared = map(sizeof(*shared), MAP_SHARED);
	futex_op = FUTEX_WAIT_PRIVATE;
	if (!strcmp(argv[3], "one")) {
		one_word = &shared->word;
		futex_op = FUTEX_WAIT;
	}
	if (processes == 1)
		start_waiters(waiters, one_word);
	else
		start_processes(waiters, processes, one_word);
	while (shared->begun != waiters)
		usleep(10000);
	printf("ready\n");
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	/* not only this thread: the others have no idea of glibc */
	kill(getpid(), SIGKILL);
}
