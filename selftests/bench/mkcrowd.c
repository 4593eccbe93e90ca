// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many futex waiters, as cheaply as they can be made:
 *
 *	mkcrowd WAITERS PROCESSES one|own|page
 *
 * puts WAITERS threads, spread over PROCESSES processes, into FUTEX_WAIT: all on
 * one word, each on its own, or each on its own in a page of its own of memory
 * that all processes map; prints "ready" and stays so until standard input
 * ends. The main thread of each process does not wait on a futex.
 */
#define _GNU_SOURCE
#include <err.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
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

static int futex_op = FUTEX_WAIT;

/* The word of a process's first waiter; NULL if each process makes its own words. */
static char *first_word;

/* From the word of one waiter to that of the next. */
static size_t word_distance;

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

/* Start the threads of a process. */
static void start_waiters(unsigned long nr)
{
	const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
			  CLONE_SYSVSEM;
	char *stacks = map(nr * STACK_SIZE, MAP_PRIVATE);
	char *words = first_word ?: map(nr * word_distance, MAP_PRIVATE);
	unsigned long i;

	for (i = 0; i < nr; i++) {
		if (clone(wait_forever, stacks + (i + 1) * STACK_SIZE, flags,
			  words + i * word_distance) < 0)
			err(1, "clone of thread %lu of %lu", i + 1, nr);
	}
}

static void start_processes(unsigned long waiters, unsigned long nr)
{
	unsigned long each = waiters / nr;
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
		if (first_word)
			first_word += i * each * word_distance;
		start_waiters(each);
		for (;;)
			pause();
	}
}

/* Decide where the waiters wait. Return false if there is no such @kind of words. */
static bool choose_words(const char *kind, unsigned long waiters)
{
	if (!strcmp(kind, "own")) {
		futex_op = FUTEX_WAIT_PRIVATE;
		word_distance = sizeof(struct word);
	} else if (!strcmp(kind, "one")) {
		first_word = (char *)&shared->word;
	} else if (!strcmp(kind, "page")) {
		word_distance = getpagesize();
		first_word = map(waiters * word_distance, MAP_SHARED);
	} else {
		return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	unsigned long waiters = argc == 4 ? strtoul(argv[1], NULL, 10) : 0;
	unsigned long processes = argc == 4 ? strtoul(argv[2], NULL, 10) : 0;
	char c;

	shared = map(sizeof(*shared), MAP_SHARED);
	if (!processes || !waiters || waiters % processes || !choose_words(argv[3], waiters))
		errx(2, "usage: mkcrowd WAITERS PROCESSES one|own|page");
	if (processes == 1)
		start_waiters(waiters);
	else
		start_processes(waiters, processes);
	while (shared->begun != waiters)
		usleep(10000);
	printf("ready\n");
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	/* not only this thread: the others have no idea of glibc */
	kill(getpid(), SIGKILL);
}
