// SPDX-License-Identifier: GPL-2.0-only
/* zone_fifo: the C library's lock of the time zone, whose file does not open.
 *
 * State: TZ names a FIFO that nobody writes to. Thread "zone" opens it, with the lock. Thread "logger"
 *   formats the time, too. Four idle threads sleep in epoll_wait(2).
 * Truth: "logger" is blocked by "zone". The lock names no holder.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void *net(void *arg)
{
	struct epoll_event event;

	for (int fd = epoll_create1(0);;)
		epoll_wait(fd, &event, 1, -1);
	return arg;
}

static void *format_time(void *name)
{
	time_t now = time(NULL);

	printf("tid %s %d\n", (char *)name, gettid());
	localtime(&now);
	return NULL;
}

int main(void)
{
	char fifo[64], zone[80];
	pthread_t thread;

	setlinebuf(stdout);
	printf("pid zone_fifo %d\n", getpid());
	snprintf(fifo, sizeof(fifo), "/tmp/zone.%d", getpid());
	snprintf(zone, sizeof(zone), ":%s", fifo);
	if (mkfifo(fifo, 0600) || setenv("TZ", zone, 1))
		return 1;
	for (int i = 0; i < 4; i++)
		pthread_create(&thread, NULL, net, NULL);
	pthread_create(&thread, NULL, format_time, "zone");
	sleep(1);
	pthread_create(&thread, NULL, format_time, "logger");
	puts("ready");
	return pthread_join(thread, NULL);
}
