// SPDX-License-Identifier: GPL-2.0-only
/*
 * Some waiters that stay, in the middle of many that come and go:
 *
 *	mkstorm steady|resize|queue NR
 *
 * prints a "waiter" record with tid, tgid and uaddr for each word that a thread
 * waits on for good, then "ready". Until standard input ends, threads and processes
 * of all sorts then begin to wait, are woken, requeued or time out, read and poll
 * files that others replace, and exit. The last line, "storm waits=N late_ns=N lock_ns=N",
 * says how many waits that were, by how much a timer of a real-time thread was late at
 * worst, and how long it took at worst to get the lock of one queue. With "resize" the
 * private hash tables are replaced all the time; the exit status is 4 if this kernel has
 * none. With "queue" most of those that stay, NR of them, are in one queue, in which others
 * come and go or are requeued away and back.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "io_uring.h"
#include "lib/factory.h"

#define KEEPERS		4	/* processes with waiters that stay */
#define KEPT		50	/* such waiters in each */
#define FORKERS		2	/* processes that fork */
#define MOVED		512	/* words whose waiters are moved: some are in the long queue */

/* Words of one process; and, in struct shared, of all. */
struct words {
	uint32_t kept[KEPT];	/* nobody wakes these */
	uint32_t plain[8];
	uint32_t from, to;
	uint32_t pi;
};

static struct words own;

static struct shared {
	struct words words;
	uint32_t queue;
	uint32_t away;
	uint32_t moved[MOVED];
	_Atomic unsigned int ready;
	_Atomic unsigned long waits;
	_Atomic uint64_t late_ns;
	_Atomic uint64_t lock_ns;
} *shared;

static void note(_Atomic uint64_t *longest, uint64_t ns)
{
	if (ns > *longest)
		*longest = ns;
}

/* A timer each millisecond, and after that one attempt to wait with a wrong value. */
static void measure(unsigned int priority)
{
	struct sched_param param = { .sched_priority = priority };
	uint64_t next = now_ns(), start;

	if (sched_setscheduler(0, SCHED_FIFO, &param))
		die("SCHED_FIFO");
	for (;;) {
		struct timespec until;

		next += MS;
		until = (struct timespec){ next / (1000 * MS), next % (1000 * MS) };
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
		start = now_ns();
		note(&shared->late_ns, start - next);
		futex(&shared->queue, FUTEX_WAIT, 1, NULL, NULL, 0);
		next = now_ns();
		note(&shared->lock_ns, next - start);
	}
}

/* Half of all that waits uses the words of the process, the other half the shared ones. */
static bool is_own(unsigned int nr)
{
	return nr % 2;
}

static struct words *words_of(unsigned int nr)
{
	return is_own(nr) ? &own : &shared->words;
}

static int op_of(unsigned int nr, int op)
{
	return is_own(nr) ? op | FUTEX_PRIVATE_FLAG : op;
}

static void timed_wait(uint32_t *word, int op, long ns)
{
	struct timespec timeout = { .tv_nsec = ns };

	shared->waits++;
	futex(word, op, 0, &timeout, NULL, 0);
}

static void start_threads(unsigned int count, void *(*run)(void *))
{
	unsigned long nr;

	for (nr = 0; nr < count; nr++)
		start_small_thread(run, (void *)nr);
}

/* Waits of some milliseconds, which end by themselves or are woken before. */
static void *wait_shortly(void *arg)
{
	unsigned long nr = (unsigned long)arg;
	unsigned int seed = getpid() + nr;

	for (;;)
		timed_wait(&words_of(nr)->plain[nr % 8], op_of(nr, FUTEX_WAIT),
			   (1 + rand_r(&seed) % 10) * MS);
	return NULL;
}

static void *wake(void *arg)
{
	unsigned long nr = (unsigned long)arg;
	unsigned int i;

	for (i = 0;; i++) {
		futex(&words_of(nr)->plain[i % 8], op_of(nr, FUTEX_WAKE), 1, NULL, NULL, 0);
		nap(MS);
	}
	return NULL;
}

static void *wait_to_be_moved(void *arg)
{
	unsigned long nr = (unsigned long)arg;

	for (;;)
		timed_wait(&words_of(nr)->from, op_of(nr, FUTEX_WAIT), 100 * MS);
	return NULL;
}

static void *move(void *arg)
{
	unsigned long nr = (unsigned long)arg;
	struct words *words = words_of(nr);

	for (;;) {
		futex(&words->from, op_of(nr, FUTEX_CMP_REQUEUE), 1, (void *)100, &words->to, 0);
		nap(MS);
		futex(&words->to, op_of(nr, FUTEX_WAKE), 100, NULL, NULL, 0);
	}
	return NULL;
}

static void *lock(void *arg)
{
	unsigned long nr = (unsigned long)arg;
	uint32_t *word = &words_of(nr)->pi;

	for (;;) {
		shared->waits++;
		if (futex(word, op_of(nr, FUTEX_LOCK_PI), 0, NULL, NULL, 0))
			continue;
		nap(MS);
		futex(word, op_of(nr, FUTEX_UNLOCK_PI), 0, NULL, NULL, 0);
	}
	return NULL;
}

static void *wait_once(void *arg)
{
	unsigned long nr = (unsigned long)arg;

	timed_wait(&words_of(nr)->plain[nr % 8], op_of(nr, FUTEX_WAIT), 2 * MS);
	return NULL;
}

/*
 * A futex request to an io_uring, where there are such: its thread exits at once, and the
 * kernel takes it back.
 */
static void *submit_and_exit(void *arg)
{
	struct io_uring_sqe request = {
		.opcode = 51, /* IORING_OP_FUTEX_WAIT */
		.fd = 2 | FUTEX_PRIVATE_FLAG,
		.addr = (uintptr_t)&own.from,
	};

	((uint64_t *)&request)[6] = FUTEX_BITSET_MATCH_ANY;
	submit_to_new_ring(&request);
	return arg;
}

/* A pipe, a pair of sockets, and an eventfd with itself, which are replaced all the time. */
static int ends[3][2];
static int epoll;

static void open_ends(int new[3][2])
{
	new[2][0] = eventfd(0, 0);
	new[2][1] = dup(new[2][0]);
	if (pipe(new[0]) || socketpair(AF_UNIX, SOCK_STREAM, 0, new[1]) || new[2][1] < 0)
		die("a pipe, sockets and an eventfd");
}

static void add_to_epoll(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	int i;

	for (i = 0; i < 3; i++) {
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, ends[i][0], &event))
			die("epoll_ctl");
	}
}

static void replace_ends(void)
{
	int new[3][2], i;

	open_ends(new);
	/* First those that are read: who reads the old ones sees their end. */
	for (i = 0; i < 6; i++) {
		dup2(new[i % 3][i / 3], ends[i % 3][i / 3]);
		close(new[i % 3][i / 3]);
	}
	add_to_epoll();
}

static void make_ends(void)
{
	epoll = epoll_create1(0);
	open_ends(ends);
	add_to_epoll();
	signal(SIGPIPE, SIG_IGN);
}

static void *read_end(void *arg)
{
	uint64_t bytes;

	for (;;)
		read(ends[(unsigned long)arg][0], &bytes, sizeof(bytes));
	return NULL;
}

static void *poll_ends(void *arg)
{
	struct pollfd polled[3];
	int i;

	for (i = 0; i < 3; i++)
		polled[i] = (struct pollfd){ .fd = ends[i][0], .events = POLLIN };
	for (;;)
		poll(polled, 3, -1);
	return arg;
}

/* The files that were replaced have left the set. */
static void *wait_for_ends(void *arg)
{
	struct epoll_event got;

	for (;;)
		epoll_wait(epoll, &got, 1, -1);
	return arg;
}

static void *write_and_replace(void *arg)
{
	const uint64_t one = 1;
	int i;

	for (;;) {
		/* Nobody reads the eventfd. */
		for (i = 0; i < 2; i++)
			write(ends[i][1], &one, sizeof(one));
		/* A debug kernel takes long to make a pipe and sockets. */
		nap(20 * MS);
		replace_ends();
	}
	return arg;
}

/* A few threads that live no longer than a wait. */
static void come_and_go(void)
{
	pthread_t threads[4];
	unsigned long i;

	for (i = 0; i < 4; i++)
		threads[i] = start_small_thread(wait_once, (void *)i);
	for (i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
}

static void *resize(void *arg)
{
	unsigned long slots = 16;

	for (;;) {
		/* Not the answer but the attempt counts: one that is under way is busy. */
		prctl(HASH, HASH_SET_SLOTS, slots, 0, 0);
		slots = slots == 16 ? 256 : slots / 2;
		nap(MS);
	}
	return arg;
}

static void *wait_for_good(void *arg)
{
	unsigned long nr = (unsigned long)arg;
	uint32_t *word = &words_of(nr)->kept[nr];

	printf("waiter tid=%d tgid=%d uaddr=%p\n", own_tid(), getpid(), (void *)word);
	shared->ready++;
	for (;;)
		futex(word, op_of(nr, FUTEX_WAIT), 0, NULL, NULL, 0);
	return NULL;
}

/* On two words at once; in the usual way where the kernel cannot (before 5.16). */
static void *wait_for_two(void *arg)
{
	uint32_t *words[] = { &own.kept[0], &shared->words.kept[1] };
	struct waitv vector[] = {
		{ .uaddr = (uintptr_t)words[0], .flags = WAITV_PRIVATE_U32 },
		{ .uaddr = (uintptr_t)words[1], .flags = WAITV_U32 },
	};

	if (syscall(SYS_futex_waitv, NULL, 0, 0, NULL, 0) && errno == ENOSYS)
		return wait_for_good(arg);
	printf("waiter tid=%d tgid=%d uaddr=%p\nwaiter tid=%d tgid=%d uaddr=%p\n",
	       own_tid(), getpid(), (void *)words[0],
	       own_tid(), getpid(), (void *)words[1]);
	shared->ready++;
	for (;;)
		syscall(SYS_futex_waitv, vector, 2, 0, NULL, 0);
	return NULL;
}

/* A process of some waiters that stay and much that does not. */
static void keep(unsigned int resizing)
{
	unsigned long i;

	start_small_thread(wait_for_two, NULL);
	for (i = 1; i < KEPT; i++)
		start_small_thread(wait_for_good, (void *)i);
	start_threads(8, wait_shortly);
	start_threads(2, wake);
	start_threads(6, wait_to_be_moved);
	start_threads(2, move);
	start_threads(6, lock);
	make_ends();
	start_threads(2, read_end);
	start_threads(1, poll_ends);
	start_threads(1, wait_for_ends);
	start_threads(1, write_and_replace);
	if (resizing)
		start_threads(1, resize);
	for (;;) {
		come_and_go();
		nap(MS);
	}
}

/* On the word with the long queue, as often as one call allows. */
static void *stay_in_queue(void *arg)
{
	struct waitv vector[VECTOR];
	int i;

	fill_waitv(vector, VECTOR, &shared->queue, 0, WAITV_U32);
	for (i = 0; i < VECTOR; i++)
		printf("waiter tid=%d tgid=%d uaddr=%p\n", own_tid(), getpid(),
		       (void *)&shared->queue);
	shared->ready++;
	syscall(SYS_futex_waitv, vector, VECTOR, 0, NULL, 0);
	die("futex_waitv(2) returned");
	return arg;
}

static void *pass_through_queue(void *arg)
{
	unsigned int seed = (unsigned long)arg;

	for (;;)
		timed_wait(&shared->queue, FUTEX_WAIT, (1 + rand_r(&seed) % 10) * MS);
	return NULL;
}

static void *wait_to_be_moved_away(void *arg)
{
	for (;;)
		timed_wait(&shared->moved[(unsigned long)arg], FUTEX_WAIT, 999 * MS);
	return NULL;
}

/* Away from its queue and back, so that it is the last one there. */
static void *move_away_and_back(void *arg)
{
	unsigned int i;

	for (i = 0;; i++) {
		uint32_t *word = &shared->moved[i % MOVED];

		futex(word, FUTEX_REQUEUE, 0, (void *)100, &shared->away, 0);
		futex(&shared->away, FUTEX_REQUEUE, 0, (void *)100, word, 0);
		if (i % MOVED == 0)
			nap(MS);
	}
	return arg;
}

/* A process with a long queue. Those that do not stay come before, between and behind. */
static void keep_queue(unsigned int nr)
{
	unsigned int threads = nr / VECTOR, i;

	start_threads(MOVED, wait_to_be_moved_away);
	for (i = 0; i < threads; i++) {
		if (i % 16 == 0)
			start_threads(1, pass_through_queue);
		start_small_thread(stay_in_queue, NULL);
	}
	start_threads(32, pass_through_queue);
	start_threads(1, move_away_and_back);
	for (;;)
		pause();
}

static void fork_again_and_again(unsigned int resizing)
{
	for (;;) {
		pid_t pid = fork_child();

		if (pid == 0) {
			if (resizing)
				start_threads(1, resize);
			start_threads(2, submit_and_exit);
			make_ends();
			start_threads(2, read_end);
			start_threads(1, poll_ends);
			start_threads(1, wait_for_ends);
			come_and_go();
			_exit(0);
		}
		waitpid(pid, NULL, 0);
		nap(MS);
	}
}

static void start_process(void (*run)(unsigned int arg), unsigned int arg)
{
	pid_t parent = getpid();
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* The reader is to get a CPU when it wants one, and the storm the others. */
	if (getppid() != parent || setpriority(PRIO_PROCESS, 0, 19))
		exit(1);
	run(arg);
}

/* Whether the kernel can; asked in a process of its own, which keeps its table. */
static bool can_resize(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(prctl(HASH, HASH_SET_SLOTS, 16UL, 0, 0) ? 1 : 0);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

int main(int argc, char **argv)
{
	bool resizing = argc == 2 && !strcmp(argv[1], "resize");
	unsigned int queue = argc == 3 && !strcmp(argv[1], "queue") ? atoi(argv[2]) : 0;
	int i;

	if (!resizing && !queue && (argc != 2 || strcmp(argv[1], "steady"))) {
		fprintf(stderr, "usage: mkstorm steady|resize|queue NR\n");
		return 2;
	}
	if (queue && syscall(SYS_futex_waitv, NULL, 0, 0, NULL, 0) && errno == ENOSYS)
		skip("this kernel has no futex_waitv(2)");
	if (resizing && !can_resize())
		skip("this kernel has no private hash tables that can be resized");
	/* Several processes write to the same pipe: a line is to come in one piece. */
	setlinebuf(stdout);
	shared = map_shared(sizeof(*shared));
	for (i = 0; i < KEEPERS; i++)
		start_process(keep, resizing);
	for (i = 0; i < FORKERS; i++)
		start_process(fork_again_and_again, resizing);
	if (queue)
		start_process(keep_queue, queue);
	start_process(measure, 50);
	while (shared->ready != KEEPERS * KEPT + queue / VECTOR)
		sched_yield();
	shared->late_ns = 0;
	shared->lock_ns = 0;
	stay();
	printf("storm waits=%lu late_ns=%llu lock_ns=%llu\n", shared->waits,
	       (unsigned long long)shared->late_ns, (unsigned long long)shared->lock_ns);
	return 0;
}
