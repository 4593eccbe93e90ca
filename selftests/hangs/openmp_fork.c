// SPDX-License-Identifier: GPL-2.0-only
/* openmp_fork: a child of fork uses OpenMP, as its parent has before.
 *
 * State: the parent ran a parallel loop, so libgomp keeps a pool of threads for the next one. The
 *   child has inherited the pool's state, but not its threads, and starts a loop of its own.
 *   With an argument it has an idle thread of its own, which is not one of libgomp's.
 * Truth: the child waits at a dock for threads that do not exist there. The parent waits for it.
 */
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static int sum(void)
{
	int total = 0;

#pragma omp parallel for num_threads(3) reduction(+ : total)
	for (int i = 0; i < 300; i++)
		total += i;
	return total;
}

static void *idle(void *arg)
{
	for (;;)
		pause();
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	int total = sum();

	if (!fork()) {
		if (argc > 1)
			pthread_create(&thread, NULL, idle, argv[1]);
		printf("pid child %d\nready\n", getpid());
		fflush(stdout);
		_exit(sum() == total);
	}
	printf("pid main %d\n", getpid());
	fflush(stdout);
	return wait(NULL);
}
