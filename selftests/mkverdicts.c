// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes of which it is known who can wake them:
 *
 *	mkverdicts KIND
 *
 * makes one, prints a "waiter" record with the thread that waits, then "ready", and stays so
 * until standard input ends. The kinds and what is true of them are in test_verdicts.py. The
 * exit status is 4 if this kernel cannot do it.
 *
 * The waiter is a child, so that this process, which a test can tell to end, has nothing of
 * what matters.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/factory.h"

#define SIZE	4096

/* Of a file in /dev/shm; the parent removes it in the end. */
static char shm_name[64];

static void wait_on(uint32_t *word, int op)
{
	*word = 7;
	futex(word, op, 7, NULL, NULL, 0);
	die("futex(2) returned");
}

static void *map(int fd)
{
	void *page = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);

	if (page == MAP_FAILED)
		die("mmap");
	return page;
}

static int open_shm(void)
{
	int fd = shm_open(shm_name, O_RDWR | O_CREAT | O_EXCL, 0600);

	if (fd < 0 || ftruncate(fd, SIZE))
		die("shm_open");
	return fd;
}

static int open_memfd(void)
{
	int fd = memfd_create("ring", 0);

	if (fd < 0 || ftruncate(fd, SIZE))
		die("memfd_create");
	return fd;
}

/* Wait in memory that this process has not open any more. */
static void wait_in(int fd)
{
	uint32_t *page = map(fd);

	close(fd);
	wait_on(page, FUTEX_WAIT);
}

/* A child that has what its parent has open, and sleeps. */
static void start_sleeper(void)
{
	if (fork_child())
		return;
	for (;;)
		pause();
}

/*
 * Shared memory
 */

static void named(void)
{
	wait_in(open_shm());
}

static void unlinked(void)
{
	int fd = open_shm();

	shm_unlink(shm_name);
	wait_in(fd);
}

static void memfd_closed(void)
{
	wait_in(open_memfd());
}

static void memfd_own(void)
{
	wait_on(map(open_memfd()), FUTEX_WAIT);
}

static void memfd_held(void)
{
	int fd = open_memfd();

	start_sleeper();
	wait_on(map(fd), FUTEX_WAIT);
}

static void sysv(void)
{
	int id = shmget(IPC_PRIVATE, SIZE, 0600);
	void *page = id < 0 ? NULL : shmat(id, NULL, 0);

	if (!page || page == (void *)-1 || shmctl(id, IPC_RMID, NULL))
		die("shmget");
	wait_on(page, FUTEX_WAIT);
}

static void anonymous(void)
{
	wait_on(map(-1), FUTEX_WAIT);
}

static void private_in_shared(void)
{
	wait_on(map(-1), FUTEX_WAIT_PRIVATE);
}

/* A lock in a file that anybody may open; its holder has exited. */
static void orphan_named(void)
{
	pthread_mutex_t *lock = map(open_shm());
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(lock, &attr);
	if (!fork_child()) {
		pthread_mutex_lock(lock);
		_exit(0);
	}
	wait(NULL);
	pthread_mutex_lock(lock);
	die("the lock was released");
}

/*
 * Timers
 */

static void ignore(int signal)
{
	(void)signal;
}

/* Far away, but it comes. */
static void timer_handler(void)
{
	signal(SIGALRM, ignore);
	alarm(100000);
	wait_on(map(-1), FUTEX_WAIT_PRIVATE);
}

static void timer_ends(void)
{
	alarm(100000);
	wait_on(map(-1), FUTEX_WAIT);
}

static const struct {
	const char *name;
	void (*run)(void);
} kinds[] = {
	{ "named", named },
	{ "unlinked", unlinked },
	{ "memfd_closed", memfd_closed },
	{ "memfd_own", memfd_own },
	{ "memfd_held", memfd_held },
	{ "sysv", sysv },
	{ "anonymous", anonymous },
	{ "private_in_shared", private_in_shared },
	{ "orphan_named", orphan_named },
	{ "timer_handler", timer_handler },
	{ "timer_ends", timer_ends },
};

static void make(void (*run)(void))
{
	pid_t child = fork_child();

	if (!child) {
		run();
		die("the kind returned");
	}
	wait_until_blocked(child, child, SYS_futex);
	printf("waiter tid=%d tgid=%d\n", child, child);
	stay();
	shm_unlink(shm_name);
	kill(0, SIGKILL);
}

int main(int argc, char **argv)
{
	size_t i;

	if (setpgid(0, 0))
		die("setpgid");
	snprintf(shm_name, sizeof(shm_name), "/mkverdicts.%d", getpid());
	for (i = 0; argc == 2 && i < ARRAY_SIZE(kinds); i++) {
		if (!strcmp(kinds[i].name, argv[1]))
			make(kinds[i].run);
	}
	fprintf(stderr, "usage: mkverdicts KIND\n");
	return 2;
}
