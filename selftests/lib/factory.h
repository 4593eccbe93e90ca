/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the factories share: programs that put threads into known states, say on
 * standard output what is true of them, and stay so until standard input ends.
 */
#ifndef FI_SELFTESTS_FACTORY_H
#define FI_SELFTESTS_FACTORY_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
#ifndef SYS_futex_wait
#define SYS_futex_wait 455
#endif

#define KSFT_SKIP	4

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define MS		1000000L	/* in nanoseconds */

/* struct futex_waitv, which the headers of Debian 11 lack */
struct waitv {
	uint64_t val;
	uint64_t uaddr;
	uint32_t flags;
	uint32_t reserved;
};

#define WAITV_U32		2
#define WAITV_PRIVATE_U32	(WAITV_U32 | FUTEX_PRIVATE_FLAG)

/* The most words of a vector: FUTEX_WAITV_MAX of linux/futex.h */
#define VECTOR		128

/* linux/prctl.h, from 6.16 on */
#define HASH		78
#define HASH_SET_SLOTS	1

/* How die() ends the program: exit(3), unless that has to be something else. */
extern void (*die_by)(int status);

void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
void skip(const char *why) __attribute__((noreturn));
void check(int error, const char *what);
void stay(void);

pid_t own_tid(void);
pid_t start_thread(void (*run)(void *arg), void *arg);
pthread_t start_small_thread(void *(*run)(void *arg), void *arg);
pid_t fork_child(void);
void *map_shared(size_t size);
void nap(long ns);
uint64_t now_ns(void);
void fill_waitv(struct waitv *vector, int nr, const uint32_t *words, int step, uint32_t flags);
long futex(const void *word, int op, uint32_t val, const void *timeout, const void *word2,
	   uint32_t val3);

bool read_proc(pid_t tgid, pid_t tid, const char *name, char *buf, size_t size);
long blocked_in(pid_t tgid, pid_t tid);
void wait_until_blocked(pid_t tgid, pid_t tid, long nr);
void wait_until_gone(pid_t tid);
char thread_state(pid_t tgid, pid_t tid);

#endif
