// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes the reader of core dumps, and the judgement of what it reads.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "coredump.h"
#include "fuzz.h"
#include "source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("core", 0);
	char path[64], error[CORE_ERROR_SIZE];
	struct snapshot s;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	snapshot_init(&s, &source_core);
	s.core = corefile_open(path, NULL, error);
	close(fd);
	if (s.core) {
		read_coredump(&s, s.core);
		snapshot_index(&s);
		judge(&s, 1);
	}
	snapshot_free(&s);
	return 0;
}
