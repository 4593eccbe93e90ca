// SPDX-License-Identifier: GPL-2.0-only
/* stopped_peer: a thread waits, with a lock, for the answer of a helper process that is stopped.
 *
 * State: thread "client" has a mutex and reads the answer from a socket; its helper has taken the
 *   request, and is stopped (SIGSTOP). Thread "other" wants the mutex; main joins that one. An idle
 *   thread has nothing to do with it, but could use the socket.
 * Truth: all wait for the helper, which somebody has to continue.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t has_lock;
static int ends[2];

static void *client(void *arg)
{
	char byte = 'q';

	pthread_mutex_lock(&lock);
	printf("tid client %d\n", gettid());
	pthread_barrier_wait(&has_lock);
	if (write(ends[0], &byte, 1) == 1 && read(ends[0], &byte, 1) == 1)
		pthread_mutex_unlock(&lock);
	return arg;
}

static void *other(void *arg)
{
	pthread_barrier_wait(&has_lock);
	printf("tid other %d\nready\n", gettid());
	fflush(stdout);
	pthread_mutex_lock(&lock);
	return arg;
}

static void *idle(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static void serve(void)
{
	char byte;

	close(ends[0]);
	while (read(ends[1], &byte, 1) == 1) {
		raise(SIGSTOP);
		if (write(ends[1], &byte, 1) != 1)
			break;
	}
	_exit(0);
}

int main(void)
{
	pthread_t thread;
	pid_t helper;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		return 1;
	helper = fork();
	if (!helper)
		serve();
	close(ends[1]);
	printf("pid main %d\npid helper %d\n", getpid(), helper);
	pthread_barrier_init(&has_lock, NULL, 2);
	pthread_create(&thread, NULL, idle, NULL);
	pthread_create(&thread, NULL, client, NULL);
	pthread_create(&thread, NULL, other, NULL);
	return pthread_join(thread, NULL);
}
