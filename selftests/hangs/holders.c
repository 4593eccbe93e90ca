// SPDX-License-Identifier: GPL-2.0-only
/* holders: what became of the thread that has a lock, one way for each argument.
 *
 * State: thread "holder" has a mutex, and does, or waits for, something else. The main thread wants
 *   the mutex. A "net" thread sleeps in epoll_wait.
 * Truth: main is blocked by "holder", who waits for what the argument names. With "end" and
 *   "killed", whoever has the mutex is gone. "net" has nothing to do with it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER, *mutex = &own;
static sem_t is_held;
static volatile int never;

static void *net(void *arg)
{
	struct epoll_event event;

	for (int fd = epoll_create1(0);;)
		epoll_wait(fd, &event, 1, -1);
	return arg;
}

static void must(int is_done)
{
	if (!is_done)
		exit(1);
}

static void take_lock(void)
{
	printf("tid holder %d\n", gettid());
	pthread_mutex_lock(mutex);
}

/* An outer lock is kept in a wait that lets only the inner one go: nested monitors. */
static void wait_for_event(void)
{
	pthread_mutex_t inner = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t event = PTHREAD_COND_INITIALIZER;

	take_lock();
	pthread_mutex_lock(&inner);
	sem_post(&is_held);
	while (!never)
		pthread_cond_wait(&event, &inner);
}

/* It polls a flag that nobody sets. */
static void spin(void)
{
	take_lock();
	sem_post(&is_held);
	while (!never)
		;
}

/* It has asked a server, which is stopped. */
static void call_stopped(void)
{
	int fds[2];
	char answer;
	pid_t server;

	must(!socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	take_lock();
	server = fork();
	if (!server) {
		close(fds[0]);
		for (;;)
			raise(SIGSTOP);
	}
	close(fds[1]);
	printf("tid server %d\n", server);
	waitpid(server, NULL, WUNTRACED);
	sem_post(&is_held);
	while (read(fds[0], &answer, 1) != 1)
		;
}

/* It waits for a child before it reads what that writes: more than a pipe has room for. */
static void wait_for_writer(void)
{
	static const char output[1 << 20];
	int fds[2];
	pid_t child;

	must(!pipe(fds));
	take_lock();
	child = fork();
	if (!child)
		_exit(write(fds[1], output, sizeof(output)) < 0);
	printf("tid child %d\n", child);
	sem_post(&is_held);
	waitpid(child, NULL, 0);
}

/* Another process has the lock of a file. */
static void wait_for_file(void)
{
	char path[] = "/tmp/holders.XXXXXX";
	int file = mkstemp(path), fds[2];
	pid_t owner;
	char byte;

	must(file >= 0 && !pipe(fds));
	take_lock();
	owner = fork();
	if (!owner) {
		close(file);
		must(!flock(open(path, O_RDWR), LOCK_EX) && write(fds[1], "", 1) == 1);
		for (;;)
			pause();
	}
	printf("tid owner %d\n", owner);
	must(read(fds[0], &byte, 1) == 1);
	unlink(path);
	sem_post(&is_held);
	flock(file, LOCK_EX);
}

/* It ends with the lock. */
static void end(void)
{
	take_lock();
	sem_post(&is_held);
}

/* Another process took it, in shared memory, and was killed. */
static void kill_sharer(void)
{
	pthread_mutexattr_t attributes;
	pid_t sharer;

	mutex = mmap(NULL, sizeof(*mutex), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(mutex != MAP_FAILED);
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(mutex, &attributes);
	sharer = fork();
	if (!sharer) {
		pthread_mutex_lock(mutex);
		raise(SIGKILL);
	}
	waitpid(sharer, NULL, 0);
	sem_post(&is_held);
}

static const struct {
	const char *name;
	void (*hold)(void);
} ways[] = {
	{ "event", wait_for_event },
	{ "spin", spin },
	{ "stopped", call_stopped },
	{ "writer", wait_for_writer },
	{ "file", wait_for_file },
	{ "end", end },
	{ "killed", kill_sharer },
};

static void *holder(void *name)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		if (!strcmp(name, ways[i].name))
			ways[i].hold();
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	must(argc == 2);
	setlinebuf(stdout);
	printf("pid holders %d\n", getpid());
	pthread_create(&thread, NULL, net, NULL);
	pthread_create(&thread, NULL, holder, argv[1]);
	sem_wait(&is_held);
	if (!strcmp(argv[1], "end"))
		pthread_join(thread, NULL);
	puts("ready");
	return pthread_mutex_lock(mutex);
}
