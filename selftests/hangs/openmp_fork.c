// SPDX-License-Identifier: GPL-2.0-only
/* openmp_fork: a child of fork uses OpenMP, as its parent has before.
 *
 * State: the parent ran a parallel loop, so libgomp keeps a pool of threads for the next one. The
 *   child has inherited the pool's state, but not its threads, and starts a loop of its own.
 * Truth: the child waits at a dock for threads that do not exist there. The parent waits for it.
 */
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

int main(void)
{
	int total = sum();

	if (!fork()) {
		printf("pid child %d\nready\n", getpid());
		fflush(stdout);
		_exit(sum() == total);
	}
	printf("pid main %d\n", getpid());
	fflush(stdout);
	return wait(NULL);
}
