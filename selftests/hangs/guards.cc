// SPDX-License-Identifier: GPL-2.0-only
// guards: two static variables whose initialisers need each other, in two threads.
//
// State: thread "left" initialises one and asks for the other, which thread "right" initialises,
//   who asks for the first. A "net" thread sleeps in epoll_wait; main joins "left".
// Truth: a deadlock of "left" and "right", over guards of static variables, which name nobody.
#include <cstdio>
#include <pthread.h>
#include <sys/epoll.h>
#include <unistd.h>

static pthread_barrier_t both;

static int make_left();
static int make_right();

static int &left()
{
	static int value = make_left();
	return value;
}

static int &right()
{
	static int value = make_right();
	return value;
}

static int make_left()
{
	pthread_barrier_wait(&both);
	return right();
}

static int make_right()
{
	pthread_barrier_wait(&both);
	return left();
}

static void *use_left(void *arg)
{
	printf("tid left %d\n", gettid());
	left();
	return arg;
}

static void *use_right(void *arg)
{
	printf("tid right %d\n", gettid());
	right();
	return arg;
}

static void *net(void *arg)
{
	struct epoll_event event;

	printf("tid net %d\n", gettid());
	for (int fd = epoll_create1(0);;)
		epoll_wait(fd, &event, 1, -1);
	return arg;
}

int main()
{
	pthread_t thread;

	setlinebuf(stdout);
	printf("pid guards %d\n", getpid());
	pthread_barrier_init(&both, nullptr, 2);
	pthread_create(&thread, nullptr, net, nullptr);
	pthread_create(&thread, nullptr, use_right, nullptr);
	pthread_create(&thread, nullptr, use_left, nullptr);
	puts("ready");
	return pthread_join(thread, nullptr);
}
