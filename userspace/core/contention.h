/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_CONTENTION_H
#define FUTEXINSPECT_CONTENTION_H

#include <stddef.h>
#include <stdint.h>

#include "model.h"

/* How many hang with a waiter, and behind it. */
struct contention {
	size_t word;		/* 0: not known; those on the same word have the same */
	size_t nr_waiters;	/* on the same word, with this one */
	uint64_t asleep_ns;	/* the longest time that one of them has slept, or 0: not known */
	size_t nr_behind;	/* waiters for what its thread holds, and for what those hold */
};

struct contention *find_contention(const struct model *m);

#endif
