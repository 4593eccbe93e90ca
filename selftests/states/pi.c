// SPDX-License-Identifier: GPL-2.0-only
/*
 * PI locks.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <unistd.h>

#include "states.h"

/* A thread that takes the PI lock at @arg, and keeps it. */
static void own_pi_lock(void *arg)
{
	uint32_t *lock = arg;

	if (syscall(SYS_futex, lock, FUTEX_LOCK_PI_PRIVATE, 0, NULL))
		die("FUTEX_LOCK_PI");
	for (;;)
		pause();
}

static pid_t start_pi_owner(uint32_t *lock)
{
	pid_t owner = start_thread(own_pi_lock, lock);

	while (__atomic_load_n(lock, __ATOMIC_ACQUIRE) != (uint32_t)owner)
		sched_yield();
	return owner;
}

static void make_lock_pi(void *arg)
{
	const struct call *call = arg;

	syscall(SYS_futex, call->uaddr, call->op, 0, NULL);
	if (errno == ENOSYS)
		skip("this kernel has no FUTEX_LOCK_PI2");
	die("a PI lock was locked twice");
}

static void block_on_pi_lock(int op, const char *name)
{
	struct call call = { .uaddr = word, .op = op };
	struct truth truth = private_wait(word, 0);

	truth.op = name;
	truth.compares_nothing = true;
	truth.pi_owner = start_pi_owner(word);
	truth.tid = start_thread(make_lock_pi, &call);
	print_waiter(&truth);
	print_this_process(3);
}

static void lock_pi(void)
{
	block_on_pi_lock(FUTEX_LOCK_PI_PRIVATE, "FUTEX_LOCK_PI");
}

static void lock_pi2(void)
{
	block_on_pi_lock(13 /* FUTEX_LOCK_PI2 */ | FUTEX_PRIVATE_FLAG, "FUTEX_LOCK_PI2");
}

/* Waits on a word, to be moved to a PI lock by a wake; here, with @move, it was. */
static void block_in_requeue_pi(bool move)
{
	uint32_t *lock = word + WORDS;
	struct call call = {
		.uaddr = word, .op = FUTEX_WAIT_REQUEUE_PI_PRIVATE, .val = 3, .uaddr2 = lock,
	};
	struct truth truth = private_wait(word, 3);
	pid_t owner = start_pi_owner(lock);

	truth.waits_on = move ? lock : word;
	truth.op = "FUTEX_WAIT_REQUEUE_PI";
	*word = 3;
	truth.tid = start_thread(make_call, &call);
	wait_until_blocked(truth.tgid, truth.tid, SYS_futex);
	if (move) {
		truth.pi_owner = owner;
		if (syscall(SYS_futex, word, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, 0, lock, 3) != 1)
			die("FUTEX_CMP_REQUEUE_PI");
	}
	print_waiter(&truth);
	print_this_process(3);
}

static void wait_requeue_pi(void)
{
	block_in_requeue_pi(false);
}

static void cmp_requeue_pi(void)
{
	block_in_requeue_pi(true);
}

const struct state pi_states[] = {
	STATE(lock_pi, "FUTEX_LOCK_PI"),
	STATE(lock_pi2, "FUTEX_LOCK_PI2", .needs = "Linux 5.14"),
	STATE(wait_requeue_pi, "FUTEX_WAIT_REQUEUE_PI, not moved yet"),
	STATE(cmp_requeue_pi, "the same, moved to the PI lock"),
	{}
};
