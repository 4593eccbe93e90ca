/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_DECODE_H
#define FUTEXINSPECT_DECODE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "snapshot.h"

/* The largest thread id that a kernel gives (PID_MAX_LIMIT). */
#define MAX_TID			(4 * 1024 * 1024)

struct lock {
	const char *name;	/* what the lock is called by those who use it */
	pid_t owner;		/* of the pid namespace of the process; PID_UNKNOWN: none */
};

bool waiter_word(const struct waiter *w, int offset, uint32_t *word);
bool decode_lock(const struct waiter *w, struct lock *lock);

#endif
