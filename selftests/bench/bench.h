/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the measured programs share. Each stays and waits for a line on standard
 * input before it measures once more, so that the driver can take turns.
 */
#ifndef BENCH_H
#define BENCH_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

static inline uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

static inline bool next_round(void)
{
	char line[16];

	return fgets(line, sizeof(line), stdin);
}

static inline void print_round(unsigned long count, uint64_t start)
{
	uint64_t end = now_ns();

	printf("%lu %" PRIu64 "\n", count, end - start);
	fflush(stdout);
}

#endif
