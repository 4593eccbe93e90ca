/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The states that mkwaiters makes. A file has those of a kind, and a table of them at its end:
 * a new state is a function and a row there.
 */
#ifndef FI_SELFTESTS_STATES_H
#define FI_SELFTESTS_STATES_H

#include <linux/futex.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "../lib/factory.h"

#define WORDS		24
#define WORDS_BEFORE	12
#define ANY		FUTEX_BITSET_MATCH_ANY

/* Flag of the newer calls: linux/futex.h */
#define NUMA		4

/**
 * struct state - one state, as "mkwaiters --list" prints it for the tests
 * @name: what it is called on the command line
 * @description: what it is, in a line
 * @make: makes it and prints what is true of it; skips what the host cannot do
 * @verdict: the tool's verdict on each of its waiters, after a comma the certainty; NULL: no
 *	test asks for that
 * @needs: what not every host has; NULL: nothing
 * @freezer: which freezer holds the threads, v1 or v2; NULL: none
 * @in_memory: what is reported of it is read from memory: so it is also made in a process with
 *	many waiters, whose memory the module reads in another way
 * @apart: has a test of its own, in place of that which compares all records
 */
struct state {
	const char *name;
	const char *description;
	void (*make)(void);
	const char *verdict;
	const char *needs;
	const char *freezer;
	bool in_memory;
	bool apart;
};

/* A row: the function, whose name is that of the state; the description; the rest by name. */
#define STATE(function, what, ...)	\
	{ .name = #function, .description = what, .make = function, ##__VA_ARGS__ }

/* Each ends with an empty row. */
extern const struct state plain_states[], compat_states[], shared_states[], pi_states[],
			  vector_states[], io_uring_states[], mutex_states[], process_states[],
			  stopped_states[], memory_states[], sleep_states[];

/* What a factory knows of one of its waiters. */
struct truth {
	pid_t tgid;
	pid_t tid;
	const char *syscall;
	const void *uaddr;
	const void *waits_on;
	const char *key;	/* of a shared one, up to the inode's number */
	const char *op;
	const char *flags;
	bool compares_nothing;	/* then @expected is none */
	uint32_t expected;
	uint32_t bitset;
	const char *timeout;
	unsigned long long timeout_ns;	/* 0: none, or not known */
	pid_t pi_owner;		/* 0: not a PI futex */
	long nr;		/* of the system call; 0: an io_uring request */
	const char *queued;	/* NULL: it is; else why it is not */
	bool unreadable;	/* the word cannot be read without a fault */
	bool restarted;		/* goes on after a stop: the call is not in its registers */
};

/* truth.c */
extern bool has_timer;	/* this process has one */
struct truth private_wait(const void *uaddr, uint32_t expected);
void print_waiter(const struct truth *truth);
void print_process(pid_t tgid, pid_t ppid, bool execed, unsigned int threads);
void print_this_process(unsigned int threads);

/* One futex(2) call, to be made by a thread. */
struct call {
	uint32_t *uaddr;
	int op;
	uint32_t val;
	const struct timespec *timeout;
	uint32_t *uaddr2;
	uint32_t val3;
	const char *name;
};

/* call.c */
extern bool crowded;	/* the state is to be made among many other waiters */
extern uint32_t *const word;
extern const struct timespec one_hour;
void make_call(void *arg);
void block_in_call(struct call *call, const char *op, const char *flags, const char *key,
		   uint32_t bitset, const char *timeout);
void make_crowd(void);
pid_t start_waiting_child(const struct call *call);

/* vector.c */
extern struct waitv vector[2];
void fill_vector(void);

#endif
