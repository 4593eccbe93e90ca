// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads a file of the module's format from open to close: "readfile FILE". For
 * each time that standard input gives a line, prints how many waiters its last line
 * counts and how long it took, in nanoseconds.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define PIECE	(256 << 10)
#define TAIL	512	/* more than the last line, which pieces may cut */

static char buf[TAIL + PIECE + 1];

/* Keep the end of what is in @buf before a piece of @len bytes is read. */
static size_t keep_tail(size_t kept, size_t len)
{
	size_t total = kept + len;
	size_t keep = total < TAIL ? total : TAIL;

	memmove(buf, buf + total - keep, keep);
	return keep;
}

static unsigned long read_waiters(const char *path)
{
	int fd = open(path, O_RDONLY);
	const char *end;
	size_t kept = 0;
	ssize_t len;

	if (fd < 0)
		err(1, "%s", path);
	while ((len = read(fd, buf + kept, PIECE)) > 0)
		kept = keep_tail(kept, len);
	if (len < 0)
		err(1, "%s", path);
	close(fd);
	buf[kept] = '\0';
	end = strstr(buf, "\nend waiters=");
	return end ? strtoul(end + strlen("\nend waiters="), NULL, 10) : 0;
}

int main(int argc, char **argv)
{
	if (argc != 2)
		errx(2, "usage: readfile FILE");
	while (next_round()) {
		uint64_t start = begin_round();
		unsigned long nr = read_waiters(argv[1]);

		end_round(nr, start);
	}
	return 0;
}
