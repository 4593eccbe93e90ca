// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waits by futex(2) of a thread of this process.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <unistd.h>

#include "states.h"

static struct timespec in_one_hour(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	time.tv_sec += one_hour.tv_sec;
	return time;
}

static void wait_private(void)
{
	struct call call = { .uaddr = word, .op = FUTEX_WAIT_PRIVATE, .val = 33 };

	*word = 33;
	block_in_call(&call, "FUTEX_WAIT", "PRIVATE", "private", ANY, "none");
}

static void wait_bitset(void)
{
	struct call call = {
		.uaddr = word,
		.op = FUTEX_WAIT_BITSET_PRIVATE,
		.val = 0xfffffffe,
		.val3 = 0x00c0ffee,
	};

	*word = 0xfffffffe;
	block_in_call(&call, "FUTEX_WAIT_BITSET", "PRIVATE", "private", 0x00c0ffee, "none");
}

static void wait_relative(void)
{
	struct call call = {
		.uaddr = word, .op = FUTEX_WAIT_PRIVATE, .timeout = &one_hour,
	};

	block_in_call(&call, "FUTEX_WAIT", "PRIVATE", "private", ANY, "relative");
}

static void wait_monotonic(void)
{
	static struct timespec time;
	struct call call = {
		.uaddr = word, .op = FUTEX_WAIT_BITSET_PRIVATE, .timeout = &time, .val3 = ANY,
	};

	time = in_one_hour(CLOCK_MONOTONIC);
	block_in_call(&call, "FUTEX_WAIT_BITSET", "PRIVATE", "private", ANY, "monotonic");
}

static void wait_realtime(void)
{
	static struct timespec time;
	struct call call = {
		.uaddr = word,
		.op = FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME,
		.timeout = &time,
		.val3 = 1,
	};

	time = in_one_hour(CLOCK_REALTIME);
	block_in_call(&call, "FUTEX_WAIT_BITSET", "PRIVATE|CLOCK_REALTIME", "private", 1,
		      "realtime");
}

/* A name that would harm a terminal, and a parser of lines. */
static void hostile_name(void)
{
	struct call call = {
		.uaddr = word,
		.op = FUTEX_WAIT_PRIVATE,
		.val = 1,
		.name = "a b\n\033[2J\\=\377\302\233z",
	};

	*word = 1;
	block_in_call(&call, "FUTEX_WAIT", "PRIVATE", "private", ANY, "none");
}

/* Moved to another word while it waited: the call still names the first one. */
static void requeue(void)
{
	uint32_t *other = word + WORDS;
	struct call call = { .uaddr = word, .op = FUTEX_WAIT_PRIVATE, .val = 8 };
	struct truth truth = private_wait(word, 8);

	truth.waits_on = other;
	*word = 8;
	*other = 9;
	truth.tid = start_thread(make_call, &call);
	wait_until_blocked(truth.tgid, truth.tid, SYS_futex);
	if (syscall(SYS_futex, word, FUTEX_CMP_REQUEUE_PRIVATE, 0, 1, other, 8) != 1)
		die("FUTEX_CMP_REQUEUE");
	print_waiter(&truth);
	print_this_process(2);
}

/* Idle threads that wait for work, which the main thread could give them. */
static void pool(void)
{
	static struct call call[4];
	int i;

	for (i = 0; i < 4; i++) {
		struct truth truth = private_wait(word, 0);

		truth.op = "FUTEX_WAIT_BITSET";
		truth.flags = "PRIVATE|CLOCK_REALTIME";
		call[i] = (struct call){
			.uaddr = word,
			.op = FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME,
			.val3 = ANY,
		};
		truth.tid = start_thread(make_call, &call[i]);
		print_waiter(&truth);
	}
	print_this_process(5);
}

/* A process with a timer that will send it a signal. */
static void timer(void)
{
	struct itimerval time = { .it_value.tv_sec = 3600 };

	if (setitimer(ITIMER_REAL, &time, NULL))
		die("setitimer");
	has_timer = true;
	wait_private();
}

static void posix_timer(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	timer_t id;

	signal(SIGUSR1, SIG_IGN);
	if (timer_create(CLOCK_MONOTONIC, &event, &id))
		die("timer_create");
	has_timer = true;
	wait_private();
}

/* Many waiters on one word, for the tests of reading and of rmmod. */
static void crowd(void)
{
	static struct call call;
	pid_t tid = 0;
	int i;

	call = (struct call){ .uaddr = word, .op = FUTEX_WAIT_PRIVATE };
	for (i = 0; i < 200; i++) {
		tid = start_thread(make_call, &call);
		wait_until_blocked(getpid(), tid, SYS_futex);
		printf("waiter tid=%d uaddr=%p\n", tid, (void *)word);
	}
	print_this_process(201);
}

const struct state plain_states[] = {
	STATE(wait_private, "FUTEX_WAIT on a private word", .verdict = "waiting"),
	STATE(wait_bitset, "FUTEX_WAIT_BITSET, with few bits", .verdict = "waiting"),
	STATE(wait_relative, "FUTEX_WAIT for an hour", .verdict = "timed", .in_memory = true),
	STATE(wait_monotonic, "FUTEX_WAIT_BITSET until an hour from now, by CLOCK_MONOTONIC",
	      .verdict = "timed"),
	STATE(wait_realtime, "the same by CLOCK_REALTIME", .verdict = "timed", .in_memory = true),
	STATE(hostile_name, "a thread whose name would harm a terminal", .verdict = "waiting"),
	STATE(requeue, "a waiter that was moved to another word",
	      .verdict = "waiting", .in_memory = true),
	STATE(pool, "four idle threads", .verdict = "waiting"),
	STATE(timer, "a process with a timer of setitimer(2)"),
	STATE(posix_timer, "a process with a timer of timer_create(2)"),
	STATE(crowd, "200 waiters on one word", .apart = true),
	{}
};
