// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who holds the lock, by the words around the futex.
 *
 * No lock says what it is, so a decoder recognises its kind by more than one
 * sign, and refuses when any is missing: a waiter without a known holder is
 * judged by its address space alone, one with a wrong holder is judged wrongly.
 *
 * To add a kind, write a function and name it in decoders[].  A kind that has no
 * holder (a thread pool's parked thread, a condition variable) leaves the owner
 * alone: it is only shown.
 */
#include <stdlib.h>
#include <string.h>

#include "decode.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/**
 * waiter_word() - one of the words around a waiter's futex
 * @w: the waiter
 * @offset: of the word from the futex, in bytes; a multiple of 4
 * @word: receives it
 *
 * Return: whether it is known.
 */
bool waiter_word(const struct waiter *w, int offset, uint32_t *word)
{
	char *c;
	long at;

	if (!w->words)
		return false;
	at = strtol(w->words, &c, 10);
	for (; *c == ':' || *c == ','; at += 4) {
		c++;
		if (*c == '?') {
			c++;
			continue;
		}
		if (at == offset) {
			*word = strtoul(c, NULL, 16);
			return true;
		}
		c += 8;
	}
	return false;
}

/* A wait that any wake on the word ends: that of a lock without queues. */
static bool plain_wait(const struct waiter *w)
{
	return w->op && (!strcmp(w->op, "FUTEX_WAIT") || !strcmp(w->op, "FUTEX_WAIT_BITSET")) &&
	       w->known & W_BITSET && w->bitset == FUTEX_BITSET_ANY;
}

static bool word_is(const struct waiter *w, int offset, uint32_t value)
{
	uint32_t word;

	return waiter_word(w, offset, &word) && word == value;
}

/*
 * glibc's pthread_mutex_t on LP64, neither robust nor PI nor PP
 * (sysdeps/nptl/bits/struct_mutex.h, nptl/pthread_mutex_lock.c):
 *
 *	int __lock@0		0 free, 1 locked, 2 locked with waiters
 *	unsigned __count@4	depth of a recursive one, else 0
 *	int __owner@8		tid; stored after the lock is taken, cleared before
 *				it is released
 *	unsigned __nusers@12	the owner and the threads in pthread_cond_wait()
 *	int __kind@16		0 normal, 1 recursive, 2 errorcheck, 3 adaptive;
 *				128 shared, 256 and 512 say whether to elide
 *
 * A waiter always expects 2.  An owner of 0 is the moment between taking the
 * lock and storing the owner, and tells nothing.
 */
static bool decode_glibc_mutex(const struct waiter *w, struct lock *lock)
{
	uint32_t count, owner, nusers, kind;
	bool recursive;

	if (!plain_wait(w) || !(w->known & W_EXPECTED) || w->expected != 2 ||
	    !word_is(w, 0, 2) || !waiter_word(w, 4, &count) || !waiter_word(w, 8, &owner) ||
	    !waiter_word(w, 12, &nusers) || !waiter_word(w, 16, &kind))
		return false;
	recursive = (kind & 3) == 1;
	if (kind & ~(3 | 128 | 256 | 512) || recursive != !!count ||
	    !nusers || nusers > MAX_TID || !owner || owner > MAX_TID)
		return false;
	lock->name = "pthread_mutex";
	lock->owner = owner;
	return true;
}

static bool (*const decoders[])(const struct waiter *w, struct lock *lock) = {
	decode_glibc_mutex,
};

/**
 * decode_lock() - recognise what a thread waits for, and its holder
 * @w: the waiter
 * @lock: receives what was recognised; its name is a constant
 *
 * Return: whether a kind was recognised.
 */
bool decode_lock(const struct waiter *w, struct lock *lock)
{
	lock->owner = PID_UNKNOWN;
	if (w->known & W_VALUE && !word_is(w, 0, w->value))
		return false;	/* it changed while it was being read */
	for (size_t i = 0; i < ARRAY_SIZE(decoders); i++) {
		if (decoders[i](w, lock))
			return true;
	}
	return false;
}
