/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of userfaultfd(2) as it takes to make a page that cannot be read.
 */
#ifndef FI_SELFTESTS_USERFAULT_H
#define FI_SELFTESTS_USERFAULT_H

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/factory.h"

/* Drop a page. Whoever reads it sleeps until a handler fills it; here none ever does. */
static inline void leave_to_userfault(void *page)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = {
		.range = { .start = (uintptr_t)page, .len = 4096 },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	/* Without privileges only for faults of user space, which a read by the kernel is not. */
	if (fd < 0)
		fd = syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
	if (fd < 0)
		skip("userfaultfd(2) does not work here");
	if (ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &range))
		die("userfaultfd");
	if (madvise(page, 4096, MADV_DONTNEED))
		die("madvise");
}

#endif
