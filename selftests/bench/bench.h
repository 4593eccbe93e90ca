/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the measured programs share. Each stays and waits for a line on standard
 * input before it measures once more, so that the driver can take turns.
 */
#ifndef BENCH_H
#define BENCH_H

#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "mark.h"

#define NS_PER_S	UINT64_C(1000000000)

static inline uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* From open to close. */
static inline void read_file(const char *path)
{
	static char buf[256 << 10];
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		err(1, "%s", path);
	while (read(fd, buf, sizeof(buf)) > 0)
		;
	close(fd);
}

static inline bool next_round(void)
{
	char line[16];

	return fgets(line, sizeof(line), stdin);
}

/* What is measured lies between these two. */
static inline uint64_t begin_round(void)
{
	uint64_t start = now_ns();

	MARK(MARK_BEGIN);
	return start;
}

static inline void end_round(unsigned long count, uint64_t start)
{
	uint64_t end;

	MARK(MARK_END);
	end = now_ns();
	printf("%lu %" PRIu64 "\n", count, end - start);
	fflush(stdout);
}

#endif
