// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kinds of mkverdicts whose process handles a signal, by which it may be woken; and words that look
 * like a lock.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lib/factory.h"
#include "mkverdicts.h"

/* A pipe sends its reader a signal, which is not the one that it would be by default. */
static void chosen_signal(void)
{
	int ends[2];

	if (pipe(ends) || fcntl(ends[0], F_SETOWN, getpid()) ||
	    fcntl(ends[0], F_SETSIG, SIGPROF) || fcntl(ends[0], F_SETFL, O_ASYNC))
		die("F_SETSIG");
	signal(SIGPROF, do_nothing);
	start_sleeper();
	wait_for_good(NULL);
}

/* A process that can run sends its parent the signals of its own pipe. */
static void signal_of_other(void)
{
	int ends[2];

	signal(SIGIO, do_nothing);
	if (!fork_child()) {
		if (pipe(ends) || fcntl(ends[0], F_SETOWN, getppid()) ||
		    fcntl(ends[0], F_SETFL, O_ASYNC))
			die("F_SETOWN");
		sleep_for_good(NULL);
	}
	wait_for_good(NULL);
}

static void watched_directory(void)
{
	int fd = open("/tmp", O_RDONLY);

	if (fd < 0 || fcntl(fd, F_NOTIFY, DN_CREATE))
		exit(KSFT_SKIP);
	signal(SIGIO, do_nothing);
	wait_for_good(NULL);
}

static void leased_file(void)
{
	char name[] = "/tmp/mkverdicts.XXXXXX";
	int fd = mkstemp(name);

	if (fd < 0 || unlink(name) || fcntl(fd, F_SETLEASE, F_WRLCK))
		die("F_SETLEASE");
	signal(SIGIO, do_nothing);
	wait_for_good(NULL);
}

/*
 * The program itself uses a signal that C libraries keep for themselves, so it does not use their
 * functions for that.  The handler will not run.
 */
static void timer_of_libc_signal(void)
{
	const struct {
		void (*handler)(int signal);
		unsigned long flags;
		void (*restorer)(void);
		uint64_t mask;
	} action = { .handler = do_nothing };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = 32 };
	const struct itimerspec far = { .it_value.tv_sec = FAR };
	int timer;

	if (syscall(SYS_rt_sigaction, 32, &action, NULL, sizeof(action.mask)) ||
	    syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer) ||
	    syscall(SYS_timer_settime, timer, 0, &far, NULL))
		die("timer_create");
	wait_for_good(NULL);
}

/* The end of a child is told by another signal than SIGCHLD. */
static void start_child_that_tells(int signal)
{
	pid_t child = syscall(SYS_clone, signal, NULL, NULL, NULL, NULL);

	if (child < 0)
		die("clone");
	if (!child)
		sleep_for_good(NULL);
}

static void exit_signal(void)
{
	signal(SIGPROF, do_nothing);
	start_child_that_tells(SIGPROF);
	wait_for_good(NULL);
}

static void exit_signal_other(void)
{
	signal(SIGPROF, do_nothing);
	start_child_that_tells(SIGURG);
	wait_for_good(NULL);
}

/* Its parent, which has no such handler, may send the signal. */
static void told(void)
{
	signal(SIGUSR1, do_nothing);
	wait_for_good(NULL);
}

static void told_realtime(void)
{
	signal(SIGRTMIN + 3, do_nothing);
	wait_for_good(NULL);
}

static void told_interrupt(void)
{
	signal(SIGINT, do_nothing);
	wait_for_good(NULL);
}

/* A counter that is 2, as that of a condition variable may be, and contended locks are. */
static void told_at_two(void)
{
	static uint32_t word = 2;

	signal(SIGUSR1, do_nothing);
	futex(&word, FUTEX_WAIT_PRIVATE, 2, NULL, NULL, 0);
	die("futex(2) returned");
}

/* The handler is its parent's. */
static void told_by_copy(void)
{
	pid_t child;

	signal(SIGUSR1, do_nothing);
	child = fork_child();
	if (child)
		name_child(child);
	wait_for_good(NULL);
}

static void do_nothing_with(union sigval value)
{
	(void)value;
}

/* The C library keeps its thread for timers when the last one is deleted. */
static void told_after_timer(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_THREAD,
				  .sigev_notify_function = do_nothing_with };
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, &event, &timer) || timer_delete(timer))
		die("timer_create");
	told();
}

static void wait_for_post(sem_t *sem)
{
	for (;;)
		sem_wait(sem);
}

/* A worker waits for its parent, which waits for a signal. */
static void told_master(void)
{
	sem_t *sem = map_shared(sizeof(*sem));
	pid_t child;

	sem_init(sem, true, 0);
	child = fork_child();
	if (!child)
		wait_for_post(sem);
	signal(SIGTERM, do_nothing);
	name_child(child);
	wait_for_post(sem);
}

/*
 * The state of a worker, which waits for it to change, and what is behind that: in each bit a mutex
 * that the worker has locked itself.  But its call is not the C library's.
 */
static void parked(void)
{
	static struct {
		uint32_t state;
		uint32_t pending;
		int32_t worker;
		uint32_t generation;
		uint32_t unused[6];
	} slot __attribute__((aligned(8)));

	start_thread(sleep_for_good, NULL);
	slot.state = 2;
	slot.worker = own_tid();
	slot.generation = 1;
	futex(&slot.state, FUTEX_WAIT_PRIVATE, 2, NULL, NULL, 0);
	die("futex(2) returned");
}

const struct kind signal_kinds[] = {
	{ "chosen_signal", chosen_signal },
	{ "signal_of_other", signal_of_other },
	{ "watched_directory", watched_directory },
	{ "leased_file", leased_file },
	{ "timer_of_libc_signal", timer_of_libc_signal },
	{ "exit_signal", exit_signal },
	{ "exit_signal_other", exit_signal_other },
	{ "told", told },
	{ "told_realtime", told_realtime },
	{ "told_interrupt", told_interrupt },
	{ "told_after_timer", told_after_timer },
	{ "told_at_two", told_at_two },
	{ "told_by_copy", told_by_copy },
	{ "told_master", told_master },
	{ "parked", parked },
	{}
};
