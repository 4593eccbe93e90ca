// SPDX-License-Identifier: GPL-2.0-only
/*
 * Words that other processes can have, too.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "states.h"

#define HUGE_PAGE	(2 << 20)

/* Memory that a child would share: the word is known by its inode. */
static void wait_shared(void)
{
	struct call call = { .op = FUTEX_WAIT, .val = 5 };

	call.uaddr = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (call.uaddr == MAP_FAILED)
		die("mmap");
	call.uaddr += 512;
	*call.uaddr = 5;
	block_in_call(&call, "FUTEX_WAIT", "-", "shared-inode", ANY, "none");
}

/* No FUTEX_PRIVATE_FLAG, though nobody else can have the memory. */
static void wait_shared_mm(void)
{
	struct call call = { .uaddr = word, .op = FUTEX_WAIT, .val = 6 };

	*word = 6;
	block_in_call(&call, "FUTEX_WAIT", "-", "shared-mm", ANY, "none");
}

/* Map a file at an address of the kernel's choice; return the futex word in it. */
static uint32_t *map_file(int fd)
{
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 4096);

	if (page == MAP_FAILED)
		die("mmap");
	return (uint32_t *)(page + 2048);
}

/* A child that maps the file anew, elsewhere, and waits there if it shall. */
static pid_t start_mapper(int fd, bool waits)
{
	int told[2];
	char c;
	pid_t child;

	if (pipe(told))
		die("pipe");
	child = fork_child();
	if (child == 0) {
		struct call call = { .op = FUTEX_WAIT, .val = 21 };

		map_file(fd); /* so that the next one is at another address */
		call.uaddr = map_file(fd);
		if (write(told[1], "", 1) == 1 && waits)
			make_call(&call);
		for (;;)
			pause();
	}
	if (read(told[0], &c, 1) != 1)
		die("read");
	return child;
}

/* The kernel's key counts in small pages here as well. */
static void hugetlb(void)
{
	struct call call = { .op = FUTEX_WAIT, .val = 6 };

	call.uaddr = mmap(NULL, HUGE_PAGE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (call.uaddr == MAP_FAILED)
		skip("no huge pages to be had");
	call.uaddr += (5 * 4096 + 2048) / sizeof(*call.uaddr);
	*call.uaddr = 6;
	block_in_call(&call, "FUTEX_WAIT", "-", "shared-inode", ANY, "none");
}

/* One word of a file, at other addresses in three processes; two of them wait. */
static void shared_file(void)
{
	char name[] = "/tmp/mkwaiters.XXXXXX";
	struct call call = { .op = FUTEX_WAIT, .val = 21 };
	int fd = mkstemp(name);
	struct stat st;
	pid_t waiter, mapper;

	if (fd < 0 || ftruncate(fd, 8192))
		die("mkstemp");
	call.uaddr = map_file(fd);
	*call.uaddr = 21;
	waiter = start_mapper(fd, true);
	mapper = start_mapper(fd, false);
	wait_until_blocked(waiter, waiter, SYS_futex);
	unlink(name);
	if (fstat(fd, &st))
		die("fstat");
	block_in_call(&call, "FUTEX_WAIT", "-", "shared-inode", ANY, "none");
	printf("shared dev=%u:%u ino=%lu nlink=0 complete=yes waiter=%d maps=%d,%d,%d\n",
	       major(st.st_dev), minor(st.st_dev), (unsigned long)st.st_ino, waiter, getpid(),
	       waiter, mapper);
}

const struct state shared_states[] = {
	STATE(wait_shared, "a word of shared anonymous memory",
	      .verdict = "waiting", .in_memory = true),
	STATE(wait_shared_mm, "no FUTEX_PRIVATE_FLAG, in memory that nobody else has",
	      .verdict = "waiting"),
	STATE(hugetlb, "a word of a huge page", .needs = "huge pages", .in_memory = true),
	STATE(shared_file, "a word of a file that three processes map", .apart = true),
	{}
};
