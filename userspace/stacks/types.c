// SPDX-License-Identifier: GPL-2.0-only
/*
 * The type of the variable that a thread waits on, as a second witness of what lock it is.
 *
 * Words of memory are recognised by signs, and may look like what they are not.  The debugging
 * information says what the program takes them for.  So the type decides what is shown; and a
 * holder that was read from words of another type is none.
 */
#include <string.h>

#include "array.h"
#include "stacks.h"
#include "types.h"

#define BIT(primitive)	(1ULL << (primitive))

/*
 * Types of locks, whose members nobody knows by name.  Those of C++ have one of POSIX in them,
 * which says more: others have types of the same names.
 */
static const struct {
	const char *name;
	enum primitive is;		/* if the words look like none of these */
	uint64_t may_be;		/* bits of enum primitive; 0: the type proves nothing */
} lock_types[] = {
	{ "pthread_mutex_t", PTHREAD_MUTEX,
	  BIT(PTHREAD_MUTEX) | BIT(ROBUST_MUTEX) | BIT(PI_MUTEX) | BIT(PI_FUTEX) },
	{ "mtx_t", PTHREAD_MUTEX, BIT(PTHREAD_MUTEX) },
	{ "pthread_rwlock_t", PTHREAD_RWLOCK, BIT(PTHREAD_RWLOCK) },
	/* That of the GIL is told from others by more than its own words. */
	{ "pthread_cond_t", PTHREAD_COND,
	  BIT(PTHREAD_COND) | BIT(PTHREAD_COND_DESTROY) | BIT(CPYTHON_GIL) },
	{ "cnd_t", PTHREAD_COND, BIT(PTHREAD_COND) | BIT(PTHREAD_COND_DESTROY) },
	{ "pthread_barrier_t", PTHREAD_BARRIER, BIT(PTHREAD_BARRIER) },
	{ "pthread_once_t", PTHREAD_ONCE, BIT(PTHREAD_ONCE) },
	{ "sem_t", SEM, BIT(SEM) },
	{ "mutex" }, { "recursive_mutex" }, { "timed_mutex" }, { "recursive_timed_mutex" },
	{ "shared_mutex" }, { "shared_timed_mutex" }, { "condition_variable" },
	{ "condition_variable_any" }, { "once_flag" }, { "GMutex" }, { "GRWLock" }, { "GCond" },
	{ "PyMutex" },
};

static int find_type(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_SIZE(lock_types); i++) {
		if (!strcmp(name, lock_types[i].name))
			return i;
	}
	return -1;
}

/**
 * is_lock_type() - whether a type is that of a lock
 * @name: of the type, or NULL
 *
 * Return: whether it is.
 */
bool is_lock_type(const char *name)
{
	return find_type(name) >= 0;
}

/**
 * may_be_lock() - whether words that look like a lock may be one of a type
 * @name: of the type, or NULL
 * @seen: what lock the words look like; all may be if they look like none
 *
 * Return: whether they may.
 */
bool may_be_lock(const char *name, enum primitive seen)
{
	int i = find_type(name);

	return seen == PRIMITIVE_UNKNOWN || (i >= 0 && (!lock_types[i].may_be ||
							lock_types[i].may_be & BIT(seen)));
}

/* Return: whether it is another lock than it was taken for. */
static bool correct_lock(struct lock *lock, const char *type)
{
	int i = find_type(type);

	if (i < 0 || !lock_types[i].may_be)
		return false;
	lock->is_typed = true;
	if (lock_types[i].may_be & BIT(lock->primitive))
		return false;
	*lock = (struct lock){ .primitive = lock_types[i].is, .owner = PID_UNKNOWN,
			       .is_typed = true };
	return true;
}

/* All threads that wait for one word wait for the same lock. */
static bool correct_word(struct snapshot *s, const struct stack *stack)
{
	const struct waiter *of = NULL;
	bool corrected = false;

	for (size_t i = 0; i < s->nr_waiters && !of; i++) {
		const struct waiter *w = &s->waiters[i];

		if (w->tid == stack->tid && w->known & W_WAITS_ON && w->waits_on == stack->word)
			of = w;
	}
	for (size_t i = 0; of && i < s->nr_waiters; i++) {
		struct waiter *w = &s->waiters[i];

		if (w == of || (w->known & W_WAITS_ON && w->waits_on == of->waits_on &&
				w->mm == of->mm && w->mm >= 0))
			corrected |= correct_lock(&w->lock, stack->place.base_type);
	}
	return corrected;
}

/**
 * correct_locks() - take locks for what the types of their variables say
 * @s: the snapshot, which is to be analyzed again if this returns true
 * @st: stacks that were read of its threads
 *
 * A lock that is recognised as another one than its type says names no holder any more.
 *
 * Return: whether there is such a lock.
 */
bool correct_locks(struct snapshot *s, const struct stacks *st)
{
	bool corrected = false;

	for (size_t i = 0; i < st->nr; i++) {
		if (st->all[i].place.base_type)
			corrected |= correct_word(s, &st->all[i]);
	}
	return corrected;
}
