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

/* What a waiter waits for, as the words around its futex look. */
struct lock {
	const char *name;	/* what its users call it, or NULL if not recognised */
	pid_t owner;		/* in the pid namespace of the process, or PID_UNKNOWN */
	/* If it has an owner: */
	bool knows_owner;	/* the owner does not wait for it: its library prevents that */
	uint32_t users;		/* the owner and those who wait, as far as it counts them; or 0 */
};

struct waiter;

bool waiter_word(const struct waiter *w, int offset, uint32_t *word);
void recognise_lock(struct waiter *w);

#endif
