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
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/io_uring.h>
#include <linux/seccomp.h>
#include <mqueue.h>
#include <pthread.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/factory.h"
#include "mkverdicts.h"

#define SIZE	4096

/* Of a file in /dev/shm; the parent removes it in the end. */
static char shm_name[64];

/* The thread that waits, if it is not the child's main thread. */
static volatile pid_t *waiter;
/* Its process, if that is another one. */
static volatile pid_t *waiter_tgid;

/* The waiter is the main thread of a child. */
void name_child(pid_t child)
{
	wait_until_blocked(child, child, SYS_futex);
	*waiter_tgid = child;
	*waiter = child;
}

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

/* Another open file. */
static int open_shm_again(void)
{
	int fd = shm_open(shm_name, O_RDWR, 0);

	if (fd < 0)
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

void sleep_for_good(void *arg)
{
	(void)arg;
	for (;;)
		pause();
}

/* A child that has what its parent has open, and sleeps. */
void start_sleeper(void)
{
	if (!fork_child())
		sleep_for_good(NULL);
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

static pthread_mutex_t *share_lock(void *page, int protocol, int robust)
{
	pthread_mutex_t *lock = page;
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setprotocol(&attr, protocol);
	pthread_mutexattr_setrobust(&attr, robust);
	pthread_mutex_init(lock, &attr);
	return lock;
}

/* A lock in a file that anybody may open; its holder has exited. */
static void orphan_named(void)
{
	pthread_mutex_t *lock = share_lock(map(open_shm()), PTHREAD_PRIO_NONE,
					   PTHREAD_MUTEX_STALLED);

	if (!fork_child()) {
		pthread_mutex_lock(lock);
		_exit(0);
	}
	wait(NULL);
	pthread_mutex_lock(lock);
	die("the lock was released");
}

/* Make a child that is process 1 of a new pid namespace, and unmap @page here.  Return: its id. */
static pid_t fork_into_namespace(void (*run)(void *page), void *page)
{
	pid_t child;

	if (unshare(CLONE_NEWPID))
		skip("no pid namespaces");
	child = fork_child();
	if (!child) {
		run(page);
		_exit(0);
	}
	munmap(page, SIZE);
	return child;
}

static void take_lock(void *page)
{
	pthread_mutex_lock(page);
}

static void want_lock(void *page)
{
	start_thread(sleep_for_good, NULL);
	pthread_mutex_lock(page);
	die("the lock was released");
}

/* The holder of a lock was process 1 of another namespace than that where its waiter is 1. */
static void namespaces(void)
{
	void *page = share_lock(map(-1), PTHREAD_PRIO_NONE, PTHREAD_MUTEX_STALLED);
	pid_t child = fork_child();

	if (!child) {
		fork_into_namespace(take_lock, page);
		wait(NULL);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	child = fork_into_namespace(want_lock, page);
	*waiter_tgid = child;
	*waiter = child;
	sleep_for_good(NULL);
}

/*
 * What /proc shows
 */

void wait_for_good(void *arg)
{
	static uint32_t words[4];

	wait_on(arg ?: &words[own_tid() % 4], FUTEX_WAIT_PRIVATE);
}

/* The call is before a supervisor, who may answer it, and not in the queue. */
static void supervised(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_futex, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { ARRAY_SIZE(filter), filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
		    &program) < 0)
		die("seccomp");
	wait_for_good(NULL);
}

static int open_ring(void)
{
	struct io_uring_params params = { 0 };
	int fd = syscall(SYS_io_uring_setup, 1, &params);

	if (fd < 0)
		die("io_uring_setup");
	return fd;
}

static void ring(void)
{
	open_ring();
	wait_for_good(NULL);
}

/* The kernel makes the thread forget the ring while it waits. */
static void ring_closed(void)
{
	close(open_ring());
	wait_for_good(NULL);
}

/*
 * Two processes whose main threads have ended; in one of them a thread can run.  fork_child()
 * would end it with the main thread of the other.
 */
static void ended_main(void)
{
	if (!fork()) {
		start_thread(sleep_for_good, NULL);
		pthread_exit(NULL);
	}
	*waiter = start_thread(wait_for_good, NULL);
	pthread_exit(NULL);
}

/* A private word, but without FUTEX_PRIVATE_FLAG, as pthread_join(3) has it. */
static void unflagged(void)
{
	static uint32_t word;

	wait_on(&word, FUTEX_WAIT);
}

static pthread_mutex_t locks[2];
static pthread_barrier_t both;

static void lock_both(void *arg)
{
	pthread_mutex_t *first = arg;

	pthread_mutex_lock(first);
	pthread_barrier_wait(&both);
	pthread_mutex_lock(first == locks ? &locks[1] : &locks[0]);
	die("the lock was released");
}

/* A cycle of a lock with priority inheritance and one without; the main thread can run. */
static void pi_cycle(void)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutex_init(&locks[0], &attr);
	pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
	pthread_mutex_init(&locks[1], &attr);
	pthread_barrier_init(&both, NULL, 2);
	start_thread(lock_both, &locks[1]);
	*waiter = start_thread(lock_both, &locks[0]);
	sleep_for_good(NULL);
}

/*
 * Children
 */

/* A child that hangs, and has what its parent has open. */
pid_t start_hung(void)
{
	pid_t child = fork_child();

	if (!child)
		wait_for_good(NULL);
	wait_until_blocked(child, child, SYS_futex);
	return child;
}

/* A thread waits for one child, or for any; the other child can run. */
static void wait_for_child(void *arg)
{
	waitpid(arg ? *(pid_t *)arg : -1, NULL, 0);
	die("waitpid(2) returned");
}

static void start_waitpid(bool any)
{
	static pid_t stuck;
	pid_t self = getpid(), thread;

	stuck = start_hung();
	start_sleeper();
	thread = start_thread(wait_for_child, any ? NULL : &stuck);
	wait_until_blocked(self, thread, SYS_wait4);
	wait_for_good(NULL);
}

static void wait_any(void)
{
	start_waitpid(true);
}

/* Another child has ended as well, and nobody reaps it. */
static void wait_one(void)
{
	if (!fork())
		_exit(0);
	start_waitpid(false);
}

static void lock_in_vfork(void *arg)
{
	pthread_mutex_lock(arg);
	if (!vfork()) {
		pthread_mutex_lock(arg);
		_exit(1);
	}
	die("the lock was released");
}

static void lock_once(void *arg)
{
	pthread_mutex_lock(arg);
	die("the lock was released");
}

/* A vfork child waits for a lock of its parent's thread; the main thread can run. */
static void vfork_lock(void)
{
	pid_t self = getpid(), thread = start_thread(lock_in_vfork, &locks[0]);

	while (thread_state(self, thread) != 'D')
		sched_yield();
	*waiter = start_thread(lock_once, &locks[0]);
	sleep_for_good(NULL);
}

/*
 * File locks
 */

static void lock_file(void *arg)
{
	flock(*(int *)arg, LOCK_EX);
	die("the file lock was released");
}

/* Who holds a lock waits for a file lock of the process that waits for that lock. */
static void file_lock(void)
{
	pthread_mutex_t *lock = share_lock(map(-1), PTHREAD_PRIO_NONE, PTHREAD_MUTEX_STALLED);
	int own = open_shm();
	pid_t child;

	if (flock(own, LOCK_EX))
		die("flock");
	child = fork_child();
	if (!child) {
		int fd = open_shm_again();

		/* What it has inherited is the same open file. */
		close(own);
		pthread_mutex_lock(lock);
		lock_file(&fd);
	}
	wait_until_blocked(child, child, SYS_flock);
	lock_once(lock);
}

/* A thread waits for a file lock of a process that can run. */
static void file_lock_held(void)
{
	static int fd;
	pid_t thread;

	fd = open_shm();
	if (flock(fd, LOCK_EX))
		die("flock");
	start_sleeper();
	close(fd);
	fd = open_shm_again();
	thread = start_thread(lock_file, &fd);
	wait_until_blocked(getpid(), thread, SYS_flock);
	wait_for_good(NULL);
}

static void set_record(int fd, int command)
{
	struct flock whole = { .l_type = F_WRLCK };

	if (fcntl(fd, command, &whole))
		die("fcntl");
}

static void lock_record(void *arg)
{
	set_record(*(int *)arg, F_SETLKW);
	die("the record lock was released");
}

/* The same, but that is a record lock, and the process hangs. */
static void record_lock(void)
{
	static int fd;
	pid_t child, thread;

	fd = open_shm();
	child = fork_child();
	if (!child) {
		set_record(fd, F_SETLK);
		wait_for_good(NULL);
	}
	wait_until_blocked(child, child, SYS_futex);
	thread = start_thread(lock_record, &fd);
	wait_until_blocked(getpid(), thread, SYS_fcntl);
	wait_for_good(NULL);
}

/* Wait for the lock of an open file, with a lock of this process held. */
static void lock_open_file(void *arg)
{
	pthread_mutex_lock(&locks[0]);
	set_record(*(int *)arg, F_OFD_SETLKW);
	die("the lock of the open file was released");
}

/* Wait for that lock, whose holder waits for the file to be unlocked. */
static void wait_for_open_file(void)
{
	static int fd;
	pid_t thread;

	fd = open_shm_again();
	thread = start_thread(lock_open_file, &fd);
	wait_until_blocked(getpid(), thread, SYS_fcntl);
	lock_once(&locks[0]);
}

/* Who holds a lock waits for the lock of an open file of its own process. */
static void open_file_lock(void)
{
	set_record(open_shm(), F_OFD_SETLK);
	wait_for_open_file();
}

/* The same, but another process, which can run, has inherited that open file. */
static void open_file_lock_held(void)
{
	int held = open_shm();

	set_record(held, F_OFD_SETLK);
	start_sleeper();
	close(held);
	wait_for_open_file();
}

/* As the first one, but it may wait for another file, whose lock another process waits for. */
static void open_file_locks(void)
{
	int other = memfd_create("other", 0);
	char path[32];
	pid_t child;

	set_record(other, F_OFD_SETLK);
	child = fork_child();
	if (!child) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", other);
		set_record(open(path, O_RDWR), F_OFD_SETLKW);
		die("the lock of the other file was released");
	}
	wait_until_blocked(child, child, SYS_fcntl);
	open_file_lock();
}

/*
 * Pipes
 */

static void read_pipe(void *arg)
{
	char byte;

	read(*(int *)arg, &byte, 1);
	die("read(2) returned");
}

static void fill_pipe(void *arg)
{
	static char bytes[SIZE];

	for (;;)
		write(*(int *)arg, bytes, sizeof(bytes));
}

/* Start a thread that sleeps for one end of a pipe or socket, and wait for it to sleep. */
void wait_for_end(void (*run)(void *end), int *end, long call)
{
	pid_t thread = start_thread(run, end);

	wait_until_blocked(getpid(), thread, call);
}

/* A thread reads what only its own process could write. */
static void pipe_own(void)
{
	static int ends[2];

	if (pipe(ends))
		die("pipe");
	wait_for_end(read_pipe, &ends[0], SYS_read);
	wait_for_good(NULL);
}

/* A thread writes what only its own process could read. */
static void pipe_full(void)
{
	static int ends[2];

	if (pipe(ends))
		die("pipe");
	wait_for_end(fill_pipe, &ends[1], SYS_write);
	wait_for_good(NULL);
}

/*
 * A thread reads a pipe whose writer can run. Its descriptor has been replaced since by that of
 * a pipe whose writer hangs.
 */
static void pipe_replaced(void)
{
	static int first[2], second[2];

	if (pipe(first))
		die("pipe");
	start_sleeper();
	close(first[1]);
	if (pipe(second))
		die("pipe");
	start_hung();
	close(second[1]);
	wait_for_end(read_pipe, &first[0], SYS_read);
	dup2(second[0], first[0]);
	wait_for_good(NULL);
}

/* A socket, and where what it receives goes to */
static int moves[2];

static void move_data(void *arg)
{
	(void)arg;
	splice(moves[0], NULL, moves[1], NULL, SIZE, 0);
	die("splice(2) returned");
}

/* A thread moves data of a socket into a pipe, whose descriptor has been closed since. */
static void splice_for_good(int pipe_end)
{
	pid_t thread;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		die("socketpair");
	moves[0] = ends[0];
	moves[1] = pipe_end;
	thread = start_thread(move_data, NULL);
	wait_until_blocked(getpid(), thread, SYS_splice);
	close(pipe_end);
	*waiter_tgid = getpid();
	sleep_for_good(NULL);
}

/* A thread reads a pipe whose writer hangs, but data may come through a call that has it, too. */
static void pipe_spliced(void)
{
	static int ends[2];

	if (pipe(ends))
		die("pipe");
	start_hung();
	if (!fork_child())
		splice_for_good(ends[1]);
	while (!*waiter_tgid)
		sched_yield();
	*waiter_tgid = 0;
	close(ends[1]);
	wait_for_end(read_pipe, &ends[0], SYS_read);
	wait_for_good(NULL);
}

/*
 * Timers
 */

void do_nothing(int signal)
{
	(void)signal;
}

static void do_nothing_with(union sigval value)
{
	(void)value;
}

/* A timer that is not armed. */
static timer_t create_timer(struct sigevent event)
{
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, &event, &timer))
		die("timer_create");
	return timer;
}

static void arm(timer_t timer)
{
	struct itimerspec far = { .it_value.tv_sec = FAR };

	if (timer_settime(timer, 0, &far, NULL))
		die("timer_settime");
}

static void arm_signal(int signal)
{
	arm(create_timer((struct sigevent){ .sigev_notify = SIGEV_SIGNAL, .sigev_signo = signal }));
}

static void block(int signal)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signal);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static void timer_handler(void)
{
	signal(SIGALRM, do_nothing);
	alarm(FAR);
	wait_for_good(NULL);
}

static void timer_object(void)
{
	signal(SIGPROF, do_nothing);
	create_timer((struct sigevent){ .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGPROF });
	wait_for_good(NULL);
}

static void timer_of_other(void)
{
	signal(SIGPROF, do_nothing);
	arm_signal(SIGUSR2);
	wait_for_good(NULL);
}

static void timer_ignored(void)
{
	signal(SIGALRM, SIG_IGN);
	alarm(FAR);
	wait_for_good(NULL);
}

static void timer_default(void)
{
	arm_signal(SIGCHLD);
	wait_for_good(NULL);
}

static void timer_stops(void)
{
	arm_signal(SIGTSTP);
	wait_for_good(NULL);
}

static void timer_masked(void)
{
	signal(SIGALRM, do_nothing);
	block(SIGALRM);
	alarm(FAR);
	wait_for_good(NULL);
}

/* Only the thread that waits blocks the signal. */
static void block_and_wait(void *arg)
{
	(void)arg;
	block(SIGALRM);
	wait_for_good(NULL);
}

static void timer_half_masked(void)
{
	signal(SIGALRM, do_nothing);
	*waiter = start_thread(block_and_wait, NULL);
	alarm(FAR);
	wait_for_good(NULL);
}

/* Its clock stands still while nobody runs. */
static void timer_cpu(void)
{
	struct itimerval far = { .it_value.tv_sec = FAR };

	signal(SIGPROF, do_nothing);
	if (setitimer(ITIMER_PROF, &far, NULL))
		die("setitimer");
	wait_for_good(NULL);
}

static void timer_thread(void)
{
	arm(create_timer((struct sigevent){ .sigev_notify = SIGEV_THREAD,
					    .sigev_notify_function = do_nothing_with }));
	wait_for_good(NULL);
}

/* The thread of the C library is there, but no timer is armed. */
static void timer_thread_idle(void)
{
	create_timer((struct sigevent){ .sigev_notify = SIGEV_THREAD,
					.sigev_notify_function = do_nothing_with });
	wait_for_good(NULL);
}

static void wait_for_alarm(void *arg)
{
	int signal;

	sigwait(arg, &signal);
	die("sigwait");
}

static void timer_sigwait(void)
{
	static sigset_t set;
	pid_t thread;

	block(SIGALRM);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	thread = start_thread(wait_for_alarm, &set);
	wait_until_blocked(getpid(), thread, SYS_rt_sigtimedwait);
	alarm(FAR);
	wait_for_good(NULL);
}

static void timer_ends(void)
{
	alarm(FAR);
	wait_for_good(NULL);
}

/* The kernel wakes who waits for a lock whose holder ends. */
static void wait_for_timed_lock(int protocol)
{
	pthread_mutex_t *lock = share_lock(map(-1), protocol, PTHREAD_MUTEX_ROBUST);
	pid_t child = fork_child();

	if (!child) {
		pthread_mutex_lock(lock);
		timer_ends();
	}
	wait_until_blocked(child, child, SYS_futex);
	pthread_mutex_lock(lock);
	die("the lock was released");
}

static void timer_robust(void)
{
	wait_for_timed_lock(PTHREAD_PRIO_NONE);
}

static void timer_pi(void)
{
	wait_for_timed_lock(PTHREAD_PRIO_INHERIT);
}

/* The process that its timer ends is the one that waits. */
static void timer_shared(void)
{
	alarm(FAR);
	wait_on(map(-1), FUTEX_WAIT);
}

/* A thread waits for the end of a child that hangs and has a timer. */
static void wait_for_timed(void (*child)(void))
{
	static pid_t timed;
	pid_t self = getpid(), thread;

	timed = fork_child();
	if (!timed)
		child();
	wait_until_blocked(timed, timed, SYS_futex);
	thread = start_thread(wait_for_child, &timed);
	wait_until_blocked(self, thread, SYS_wait4);
	wait_for_good(NULL);
}

static void timer_child(void)
{
	wait_for_timed(timer_ends);
}

static void timer_child_ignores(void)
{
	wait_for_timed(timer_ignored);
}

/*
 * Sockets
 */

static int sockets[2];

static void make_sockets(void)
{
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets))
		die("socketpair");
}

static void receive(void *arg)
{
	char byte;

	recv(*(int *)arg, &byte, 1, 0);
	die("recv(2) returned");
}

static void read_socket(void (*run)(void *end))
{
	wait_for_end(run, &sockets[0], run == receive ? SYS_recvfrom : SYS_read);
	wait_for_good(NULL);
}

static void socket_own(void)
{
	make_sockets();
	read_socket(read_pipe);
}

static void socket_packets(void)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets))
		die("socketpair");
	read_socket(receive);
}

static void socket_full(void)
{
	make_sockets();
	wait_for_end(fill_pipe, &sockets[0], SYS_write);
	wait_for_good(NULL);
}

static void socket_timeout(void)
{
	const struct timeval far = { .tv_sec = FAR };

	make_sockets();
	if (setsockopt(sockets[0], SOL_SOCKET, SO_RCVTIMEO, &far, sizeof(far)))
		die("setsockopt");
	read_socket(receive);
}

/* Datagrams may come from anybody who finds the address. */
static void socket_datagrams(void)
{
	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, sockets))
		die("socketpair");
	read_socket(receive);
}

static void socket_held(void)
{
	make_sockets();
	start_sleeper();
	read_socket(receive);
}

static void socket_hung(void)
{
	make_sockets();
	start_hung();
	close(sockets[1]);
	read_socket(receive);
}

static void socket_handler(void)
{
	make_sockets();
	signal(SIGUSR1, do_nothing);
	read_socket(receive);
}

/* The other end is a connection that nobody has accepted. */
static void socket_unaccepted(void)
{
	struct sockaddr address = { .sa_family = AF_UNIX };
	socklen_t size = sizeof(sa_family_t);
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_un name;

	/* The kernel finds a name. */
	if (listener < 0 || bind(listener, &address, size) || listen(listener, 1))
		die("listen");
	size = sizeof(name);
	sockets[0] = socket(AF_UNIX, SOCK_STREAM, 0);
	if (getsockname(listener, (struct sockaddr *)&name, &size) ||
	    connect(sockets[0], (struct sockaddr *)&name, size))
		die("connect");
	read_socket(receive);
}

/*
 * Signals of others
 */

static void sigchld_alone(void)
{
	signal(SIGCHLD, do_nothing);
	wait_for_good(NULL);
}

static void sigchld_running(void)
{
	start_sleeper();
	sigchld_alone();
}

static void sigchld_stuck(void)
{
	pid_t child = fork_child();

	if (!child)
		wait_for_good(NULL);
	wait_until_blocked(child, child, SYS_futex);
	sigchld_alone();
}

static void sigchld_timer(void)
{
	pid_t child = fork_child();

	if (!child)
		timer_ends();
	wait_until_blocked(child, child, SYS_futex);
	sigchld_alone();
}

static void sigchld_masked(void)
{
	block(SIGCHLD);
	sigchld_running();
}

/* A thread reads from a pipe whose writer hangs; but its process handles SIGCHLD. */
static void sigchld_read(void)
{
	static int ends[2];

	if (pipe(ends))
		die("pipe");
	start_hung();
	close(ends[1]);
	wait_for_end(read_pipe, &ends[0], SYS_read);
	sigchld_running();
}

static void sigio(void)
{
	int ends[2];

	if (pipe(ends) || fcntl(ends[0], F_SETOWN, getpid()) ||
	    fcntl(ends[0], F_SETFL, O_ASYNC))
		die("O_ASYNC");
	signal(SIGIO, do_nothing);
	start_sleeper();
	wait_for_good(NULL);
}

/* The process itself has nothing with O_ASYNC, but another one sends it the signals. */
static void sigurg(void)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) || fcntl(ends[0], F_SETOWN, getpid()))
		die("socketpair");
	signal(SIGURG, do_nothing);
	start_sleeper();
	wait_for_good(NULL);
}

static void message_queue(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGTERM };
	mqd_t queue = mq_open(shm_name, O_RDONLY | O_CREAT | O_EXCL, 0600, NULL);

	if (queue < 0 || mq_unlink(shm_name) || mq_notify(queue, &event))
		die("mq_notify");
	signal(SIGTERM, do_nothing);
	wait_for_good(NULL);
}

/* The end of the parent, which is this process's parent, sends it a signal that it handles. */
static void parent_runs(void)
{
	prctl(PR_SET_PDEATHSIG, SIGPROF);
	signal(SIGPROF, do_nothing);
	wait_for_good(NULL);
}

static void parent_hangs(void)
{
	pid_t child = fork_child();

	if (!child)
		parent_runs();
	name_child(child);
	wait_for_good(NULL);
}

/*
 * A thread reads from a pipe whose writer hangs, in a session of its own that has a terminal.
 * The other end of that is a process that can run.
 */
static void start_on_terminal(void (*hangup)(int))
{
	static int ends[2];
	pid_t holder;
	volatile pid_t *writer = map_shared(sizeof(*writer));

	if (pipe(ends))
		die("pipe");
	holder = fork_child();
	if (!holder) {
		int terminal;
		pid_t child = forkpty(&terminal, NULL, NULL, NULL);

		if (child < 0)
			die("forkpty");
		if (child) {
			close(ends[1]);
			*writer = child;
			sleep_for_good(NULL);
		}
		signal(SIGHUP, hangup);
		wait_for_good(NULL);
	}
	close(ends[1]);
	while (!*writer)
		sched_yield();
	wait_until_blocked(*writer, *writer, SYS_futex);
	wait_for_end(read_pipe, &ends[0], SYS_read);
	wait_for_good(NULL);
}

static void hangup(void)
{
	start_on_terminal(SIG_DFL);
}

static void hangup_ignored(void)
{
	start_on_terminal(SIG_IGN);
}

/* On a terminal, a thread waits for a child that hangs until it ends, or is stopped. */
static void wait_for_stop(void *arg)
{
	waitpid(*(pid_t *)arg, NULL, WUNTRACED);
	die("waitpid(2) returned");
}

static void job_control(void)
{
	static pid_t stuck;
	int terminal;
	pid_t child = forkpty(&terminal, NULL, NULL, NULL);

	if (child < 0)
		die("forkpty");
	if (child) {
		name_child(child);
		sleep_for_good(NULL);
	}
	signal(SIGHUP, SIG_IGN);
	stuck = start_hung();
	wait_until_blocked(getpid(), start_thread(wait_for_stop, &stuck), SYS_wait4);
	wait_for_good(NULL);
}

/* A child waits; its parent traces it, and has not stopped it. */
static void trace_child(void)
{
	pid_t child = fork_child();

	if (!child)
		wait_for_good(NULL);
	if (ptrace(PTRACE_SEIZE, child, NULL, NULL))
		die("ptrace");
	name_child(child);
}

static void traced(void)
{
	trace_child();
	sleep_for_good(NULL);
}

static void traced_hangs(void)
{
	trace_child();
	wait_for_good(NULL);
}

/* The main thread takes the lock, and ends. */
static void main_held(void)
{
	pthread_mutex_lock(&locks[0]);
	start_thread(sleep_for_good, NULL);
	*waiter = start_thread(lock_once, &locks[0]);
	pthread_exit(NULL);
}

/*
 * A pthread_once() that goes on for good, and a 1 that says something else
 */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool once_begun;

static void go_on_for_good(void)
{
	once_begun = true;
	sleep_for_good(NULL);
}

static void run_once(void *arg)
{
	(void)arg;
	pthread_once(&once, go_on_for_good);
}

static void wait_for_once(void)
{
	start_thread(run_once, NULL);
	while (!*(volatile bool *)&once_begun)
		sched_yield();
	*waiter = start_thread(run_once, NULL);
	sleep_for_good(NULL);
}

static void wait_for_number(void)
{
	static uint32_t one = 1;

	start_thread(sleep_for_good, NULL);
	for (;;)
		futex(&one, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
}


static const struct kind main_kinds[] = {
	{ "once", wait_for_once },
	{ "number", wait_for_number },
	{ "main_held", main_held },
	{ "named", named },
	{ "unlinked", unlinked },
	{ "memfd_closed", memfd_closed },
	{ "memfd_own", memfd_own },
	{ "memfd_held", memfd_held },
	{ "sysv", sysv },
	{ "anonymous", anonymous },
	{ "private_in_shared", private_in_shared },
	{ "orphan_named", orphan_named },
	{ "namespaces", namespaces },
	{ "timer_handler", timer_handler },
	{ "timer_ends", timer_ends },
	{ "timer_object", timer_object },
	{ "timer_of_other", timer_of_other },
	{ "timer_ignored", timer_ignored },
	{ "timer_default", timer_default },
	{ "timer_stops", timer_stops },
	{ "timer_masked", timer_masked },
	{ "timer_half_masked", timer_half_masked },
	{ "timer_cpu", timer_cpu },
	{ "timer_thread", timer_thread },
	{ "timer_thread_idle", timer_thread_idle },
	{ "timer_sigwait", timer_sigwait },
	{ "timer_robust", timer_robust },
	{ "timer_pi", timer_pi },
	{ "timer_shared", timer_shared },
	{ "timer_child", timer_child },
	{ "timer_child_ignores", timer_child_ignores },
	{ "sigchld_alone", sigchld_alone },
	{ "sigchld_running", sigchld_running },
	{ "sigchld_stuck", sigchld_stuck },
	{ "sigchld_timer", sigchld_timer },
	{ "sigchld_masked", sigchld_masked },
	{ "sigchld_read", sigchld_read },
	{ "sigio", sigio },
	{ "sigurg", sigurg },
	{ "message_queue", message_queue },
	{ "parent_runs", parent_runs },
	{ "parent_hangs", parent_hangs },
	{ "hangup", hangup },
	{ "hangup_ignored", hangup_ignored },
	{ "job_control", job_control },
	{ "traced", traced },
	{ "traced_hangs", traced_hangs },
	{ "supervised", supervised },
	{ "ring", ring },
	{ "ring_closed", ring_closed },
	{ "ended_main", ended_main },
	{ "unflagged", unflagged },
	{ "pi_cycle", pi_cycle },
	{ "wait_any", wait_any },
	{ "wait_one", wait_one },
	{ "vfork_lock", vfork_lock },
	{ "file_lock", file_lock },
	{ "file_lock_held", file_lock_held },
	{ "record_lock", record_lock },
	{ "open_file_lock", open_file_lock },
	{ "open_file_lock_held", open_file_lock_held },
	{ "open_file_locks", open_file_locks },
	{ "pipe_own", pipe_own },
	{ "pipe_full", pipe_full },
	{ "pipe_replaced", pipe_replaced },
	{ "pipe_spliced", pipe_spliced },
	{ "socket_own", socket_own },
	{ "socket_packets", socket_packets },
	{ "socket_full", socket_full },
	{ "socket_timeout", socket_timeout },
	{ "socket_datagrams", socket_datagrams },
	{ "socket_held", socket_held },
	{ "socket_hung", socket_hung },
	{ "socket_handler", socket_handler },
	{ "socket_unaccepted", socket_unaccepted },
	{}
};

/* The child has ended, and has said why: this host cannot do it, or something is wrong. */
static void end_as(pid_t child)
{
	int status;

	if (waitpid(child, &status, 0) == child && WIFEXITED(status) &&
	    WEXITSTATUS(status) == KSFT_SKIP)
		exit(KSFT_SKIP);
	die("the kind is gone");
}

static void make(void (*run)(void))
{
	pid_t child;

	waiter = map_shared(2 * sizeof(*waiter));
	waiter_tgid = waiter + 1;
	child = fork_child();
	if (!child) {
		run();
		die("the kind returned");
	}
	while (!*waiter && blocked_in(child, child) != SYS_futex) {
		/* It may also be a main thread which has left others behind. */
		if (thread_state(child, child) == 'Z' && !*waiter)
			end_as(child);
		sched_yield();
	}
	if (!*waiter)
		*waiter = child;
	if (!*waiter_tgid)
		*waiter_tgid = child;
	wait_until_blocked(*waiter_tgid, *waiter, SYS_futex);
	printf("waiter tid=%d tgid=%d\n", *waiter, *waiter_tgid);
	stay();
	shm_unlink(shm_name);
	kill(0, SIGKILL);
}

int main(int argc, char **argv)
{
	static const struct kind *const kinds[] = { main_kinds, poll_kinds, signal_kinds };
	const struct kind *kind;
	size_t i;

	if (setpgid(0, 0))
		die("setpgid");
	snprintf(shm_name, sizeof(shm_name), "/mkverdicts.%d", getpid());
	for (i = 0; argc == 2 && i < ARRAY_SIZE(kinds); i++) {
		for (kind = kinds[i]; kind->name; kind++) {
			if (!strcmp(kind->name, argv[1]))
				make(kind->run);
		}
	}
	fprintf(stderr, "usage: mkverdicts KIND\n");
	return 2;
}
