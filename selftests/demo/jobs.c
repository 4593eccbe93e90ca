// SPDX-License-Identifier: GPL-2.0-only
/* A library such as an extension of Python may bring: jobs under one lock. */
#include <pthread.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static volatile int busy;

/* Do one job. Python runs other threads meanwhile. */
void jobs_run(void)
{
	pthread_mutex_lock(&lock);
	busy = 1;
	for (;;)
		pause(); /* a long one */
}

/* Whether a job is being done. */
int jobs_busy(void)
{
	return busy;
}
