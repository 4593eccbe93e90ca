// SPDX-License-Identifier: GPL-2.0-only
/* setxid: a thread that blocks all signals, and one that gives up the process's rights.
 *
 * State: thread "deaf" has blocked all signals, those of the C library too, and sleeps in a read of
 *   an empty pipe. The main thread is in setuid(3), which has a signal handled by every thread.
 * Truth: main waits for "deaf" to handle its signal.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static int fds[2];
static sem_t is_deaf;

static void *deaf(void *arg)
{
	uint64_t all = UINT64_MAX;
	char byte;

	/* sigprocmask(3) would leave the library's own out. */
	syscall(SYS_rt_sigprocmask, 0, &all, NULL, sizeof(all));
	printf("tid deaf %d\n", gettid());
	sem_post(&is_deaf);
	while (read(fds[0], &byte, 1) != 1)
		;
	return arg;
}

static void *idle(void *arg)
{
	for (;;)
		pause();
	return arg;
}

int main(void)
{
	pthread_t thread;

	if (pipe(fds))
		return 1;
	pthread_create(&thread, NULL, idle, NULL);
	pthread_create(&thread, NULL, deaf, NULL);
	while (sem_wait(&is_deaf))
		;
	printf("pid setxid %d\nready\n", getpid());
	fflush(stdout);
	return setuid(getuid());
}
