// SPDX-License-Identifier: GPL-2.0-only
// cond_destroy: exit destroys a condition variable that a thread still waits for.
//
// State: a global object has a condition variable; a worker waits for it. main returns: the
//   object's destructor calls pthread_cond_destroy(), which waits until the worker has left. A
//   simulation thread ticks on meanwhile.
// Truth: main waits for thread "worker" to leave the condition variable; "worker" waits for a
//   signal that nobody will ever send. The ticking thread has nothing to do with it.
// Build: g++ -g -O1 -pthread cond_destroy.cc -o cond_destroy
// Run:   ./cond_destroy
// Source: github.com/PX4/PX4-Autopilot pull 20802 (a process that hangs at exit, now and then);
//   TanayK07/ros2_pulse pull 11 (the same in a child of fork, "traced with strace -k");
//   r-lib/later pull 10 (an installation that hangs on one distribution).
#include <cstdio>
#include <pthread.h>
#include <unistd.h>

struct Scheduler {
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
	~Scheduler() { pthread_cond_destroy(&cond); }
} scheduler;

static void *worker(void *arg)
{
	printf("tid worker %d\n", gettid());
	pthread_mutex_lock(&scheduler.mutex);
	for (;;)
		pthread_cond_wait(&scheduler.cond, &scheduler.mutex);
	return arg;
}

static void *tick(void *arg)
{
	printf("tid tick %d\n", gettid());
	for (;;)
		usleep(100000);
	return arg;
}

int main()
{
	pthread_t t;

	setlinebuf(stdout);
	printf("pid cond_destroy %d\n", getpid());
	pthread_create(&t, nullptr, worker, nullptr);
	pthread_create(&t, nullptr, tick, nullptr);
	sleep(1);
	puts("ready");
	return 0;
}
