/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_CLOCK_H
#define FUTEXINSPECT_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NSEC_PER_SEC	1000000000ULL

/**
 * timespec_ns() - a time in nanoseconds
 * @ts: the time, which is not negative
 */
static inline uint64_t timespec_ns(const struct timespec *ts)
{
	return ts->tv_sec * NSEC_PER_SEC + ts->tv_nsec;
}

/**
 * clock_ns() - what a clock says, in nanoseconds
 * @clock: as for clock_gettime(2)
 *
 * Return: 0 if there is no such clock.
 */
static inline uint64_t clock_ns(clockid_t clock)
{
	struct timespec now = { 0 };

	clock_gettime(clock, &now);
	return timespec_ns(&now);
}

#endif
