/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_LOCKS_H
#define FUTEXINSPECT_LOCKS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The words around a futex that a source reads: 48 bytes before it, and 48 from it on. */
#define WORDS_BEFORE	12
#define NR_WORDS	24

struct words {
	uint32_t known;		/* a bit for each */
	uint32_t word[NR_WORDS];
};

/* What the words of a waiter are where the module's text leaves them out. */
extern const struct words zero_words;

/* What a thread waits for, by the name that its users know. */
enum primitive {
	PRIMITIVE_UNKNOWN,
	PTHREAD_MUTEX,
	ROBUST_MUTEX,
	PI_MUTEX,
	PI_FUTEX,
	PTHREAD_RWLOCK,
	PTHREAD_ONCE,
	ONCE_BY_NUMBER,
	STATIC_GUARD,
	PTHREAD_JOIN,
	CLEAR_CHILD_TID,
	STDIO_LOCK,
	LOW_LEVEL_LOCK,
	LIBC_LOCK,
	PY_MUTEX,
	QMUTEX,
	CPYTHON_GIL,
	SETXID,
	RUST_MUTEX,
	RUST_RWLOCK,
	GO_LOCK,
	PTHREAD_COND_DESTROY,
	PTHREAD_COND,
	PTHREAD_BARRIER,
	GOMP_BARRIER,
	SEM,
	STD_FUTURE,
	RUST_PARK,
	PARKING_LOT_PARK,
	GO_NOTE,
	NR_PRIMITIVES
};

/**
 * struct primitive_info - all that is told about a primitive
 * @name: its name, or NULL: not recognised
 * @is_lock: its waiters are blocked until it is released, or until a thread ends.  Others wait for
 *	an event, which may be long in coming where all is well.
 */
struct primitive_info {
	const char *name;
	bool is_lock;
};

extern const struct primitive_info primitives[NR_PRIMITIVES];

static inline bool primitive_is_barrier(enum primitive primitive)
{
	return primitive == PTHREAD_BARRIER || primitive == GOMP_BARRIER;
}

/* What a waiter waits for, as the words around its futex look. */
struct lock {
	enum primitive primitive;
	pid_t owner;		/* in the pid namespace of the process, or PID_UNKNOWN */
	uint64_t owner_at;	/* where the owner's struct pthread is, if that names it; else 0 */
	/* If it has an owner: */
	bool knows_owner;	/* the owner does not wait for it: its library prevents that */
	uint32_t users;		/* the owner and those who wait, as far as it counts them; or 0 */
	/* Of a barrier, else 0: */
	uint32_t nr_come;	/* threads that have come to this round */
	uint32_t nr_needed;	/* those that it needs */
	/* In any case: */
	bool is_typed;		/* its variable has the type of such a lock */
};

struct waiter;

bool waiter_word(const struct waiter *w, int offset, uint32_t *word);
uint64_t pthread_tid_at(const char *arch, bool is_32bit);
bool lock_may_be_musl(const struct waiter *w);
bool lock_may_be_qmutex(const struct waiter *w);
bool lock_may_be_once(const struct waiter *w);
void recognise_lock(struct waiter *w);

#endif
