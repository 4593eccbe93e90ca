// SPDX-License-Identifier: GPL-2.0-only
/* zone_handler: a signal handler that asks for the local time, while its thread does so, too.
 *
 * State: the main thread formats times; a timer's signal comes now and then, and the handler formats
 *   the time of a log line. Sooner or later it comes while the C library has the lock of the time
 *   zone. An idle thread blocks the signal.
 * Truth: self-deadlock of the main thread. The lock names no holder; its symbol and the stack tell.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static void format_time(void)
{
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
}

static void handle(int sig)
{
	(void)sig;
	format_time();
}

static void *idle(void *arg)
{
	for (;;)
		pause();
	return arg;
}

int main(void)
{
	const struct itimerval often = { { 0, 300 }, { 0, 300 } };
	struct sigaction action = { .sa_handler = handle };
	sigset_t alarm;
	pthread_t thread;

	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarm, NULL);
	pthread_create(&thread, NULL, idle, NULL);
	pthread_sigmask(SIG_UNBLOCK, &alarm, NULL);
	printf("pid main %d\nready\n", getpid());
	fflush(stdout);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (;;)
		format_time();
}
