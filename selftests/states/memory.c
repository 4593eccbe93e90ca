// SPDX-License-Identifier: GPL-2.0-only
/*
 * Words and times at the edge of what can be read, or beyond it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <glob.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../userfault.h"
#include "states.h"

/* The first page is there, the one before it is not. */
static void wait_at_edge(void)
{
	struct call call = { .op = FUTEX_WAIT_PRIVATE, .val = 7 };
	char *pages = mmap(NULL, 3 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED || mprotect(pages + 4096, 4096, PROT_READ | PROT_WRITE))
		die("mmap");
	call.uaddr = (uint32_t *)(pages + 4096);
	*call.uaddr = 7;
	block_in_call(&call, "FUTEX_WAIT", "PRIVATE", "private", ANY, "none");
}

/* A timeout whose seconds are the last of one page, and whose nanoseconds the first of the next. */
static struct timespec *time_across_pages(void)
{
	char *pages = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);
	struct timespec *time = (struct timespec *)(pages + 4096 - sizeof(time->tv_sec));

	if (pages == MAP_FAILED)
		die("mmap");
	*time = (struct timespec){ .tv_sec = one_hour.tv_sec, .tv_nsec = 7 };
	return time;
}

static void timeout_across_pages(void)
{
	struct call call = {
		.uaddr = word, .op = FUTEX_WAIT_PRIVATE, .timeout = time_across_pages(),
	};

	block_in_call(&call, "FUTEX_WAIT", "PRIVATE", "private", ANY, "relative");
}

/* The module does not follow it there. */
static void timeout_across_mappings(void)
{
	struct timespec *time = time_across_pages();
	struct call call = { .uaddr = word, .op = FUTEX_WAIT_PRIVATE, .timeout = time };
	struct truth truth = private_wait(word, 0);

	if (mprotect(&time->tv_nsec, 4096, PROT_READ))
		die("mprotect");
	truth.timeout = "relative";
	truth.timeout_ns = 0;
	truth.tid = start_thread(make_call, &call);
	print_waiter(&truth);
	print_this_process(2);
}

/*
 * Words that cannot be read without a fault, or must not be: @hide makes the word
 * so when its waiter is asleep.
 */
static void hide_word(uint32_t *at, void (*hide)(void *page))
{
	struct call call = { .uaddr = at, .op = FUTEX_WAIT_PRIVATE, .val = *at };
	struct truth truth = private_wait(at, *at);

	truth.unreadable = true;
	truth.tid = start_thread(make_call, &call);
	wait_until_blocked(truth.tgid, truth.tid, SYS_futex);
	if (hide)
		hide((void *)((uintptr_t)at & ~4095UL));
	print_waiter(&truth);
	print_this_process(2);
}

/* Some pages, all there; a word in the middle of the first one. */
static uint32_t *new_pages(int flags, size_t nr)
{
	char *pages = mmap(NULL, nr * 4096, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED)
		die("mmap");
	while (nr--)
		*(uint32_t *)(pages + nr * 4096 + 2048) = 95;
	return (uint32_t *)(pages + 2048);
}

static uint32_t *new_page(int flags)
{
	return new_pages(flags, 1);
}

static void forbid(void *page)
{
	if (mprotect(page, 4096, PROT_NONE))
		die("mprotect");
}

static void drop(void *page)
{
	if (madvise(page, 4096, MADV_DONTNEED))
		die("madvise");
}

static void prot_none(void)
{
	hide_word(new_page(MAP_PRIVATE), forbid);
}

static void not_present(void)
{
	hide_word(new_page(MAP_SHARED), drop);
}

/* Whether a page of this process is in swap: bit 62 of its entry in /proc/PID/pagemap. */
static bool is_swapped(const void *page)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry;
	ssize_t len;

	len = pread(fd, &entry, sizeof(entry), (uintptr_t)page / 4096 * sizeof(entry));
	close(fd);
	return len == sizeof(entry) && entry & 1ULL << 62;
}

/* The kernel may refuse at first: the page may be on the way to its lists of pages. */
static void swap_out(void *page)
{
	int tries;

	for (tries = 0; tries < 1000 && !is_swapped(page); tries++) {
		if (madvise(page, 4096, MADV_PAGEOUT))
			die("madvise");
		sched_yield();
	}
	if (!is_swapped(page))
		skip("no swap to be had");
}

static void swapped(void)
{
	hide_word(new_page(MAP_PRIVATE), swap_out);
}

static void userfaultfd(void)
{
	hide_word(new_page(MAP_PRIVATE), leave_to_userfault);
}

/* How often NUMA balancing has been through the memory of this process; -1 without it. */
static long numa_scans(void)
{
	char line[256];
	long nr = -1;
	FILE *file = fopen("/proc/self/sched", "re");

	while (file && fgets(line, sizeof(line), file))
		sscanf(line, "mm->numa_scan_seq : %ld", &nr);
	if (file)
		fclose(file);
	return nr;
}

/*
 * NUMA balancing takes access rights away from pages that stay where they are, while a
 * thread of the process runs.
 */
static void numa_hinted(void)
{
	uint32_t *at = new_page(MAP_PRIVATE);
	/* In the same page, but not among the words around the lock. */
	struct timespec *time = (struct timespec *)(at + WORDS);
	struct call call = { .uaddr = at, .op = FUTEX_WAIT_PRIVATE, .val = *at, .timeout = time };
	struct truth truth = private_wait(at, *at);
	struct utsname name;
	long scans;

	uname(&name);
	if (!strncmp(name.release, "5.10.", 5))
		skip("this kernel cannot be told not to fault a page in");
	if (numa_scans() < 0)
		skip("there is no NUMA balancing");
	*time = one_hour;
	truth.timeout = "relative";
	truth.timeout_ns = one_hour.tv_sec * 1000000000ULL;
	truth.tid = start_thread(make_call, &call);
	/* This reads the words, which gives the right back, and may move the page. */
	print_waiter(&truth);
	/* It leaves alone a page that is about to go on the kernel's lists: more push it there. */
	new_pages(MAP_PRIVATE, 256);
	scans = numa_scans();
	while (numa_scans() < scans + 2)
		;
	print_this_process(2);
}

/* Memory of a PCI device, where reading may have an effect. */
static void device(void)
{
	uint32_t *at;
	glob_t found;
	size_t i;
	int fd;

	if (glob("/sys/bus/pci/devices/*/resource[0-9]", 0, NULL, &found))
		skip("there is no PCI device");
	for (i = 0; i < found.gl_pathc; i++) {
		fd = open(found.gl_pathv[i], O_RDWR | O_SYNC | O_CLOEXEC);
		at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (at != MAP_FAILED)
			hide_word(at, NULL);
		if (at != MAP_FAILED)
			return;
		close(fd);
	}
	skip("no PCI device has memory to map");
}

const struct state memory_states[] = {
	STATE(wait_at_edge, "a word at the start of a mapping", .in_memory = true),
	STATE(timeout_across_pages, "a timeout that is in two pages", .in_memory = true),
	STATE(timeout_across_mappings, "a timeout that is in two mappings", .in_memory = true),
	STATE(prot_none, "a word in a page that cannot be accessed any more", .in_memory = true),
	STATE(not_present, "a word in a page that was dropped", .in_memory = true),
	STATE(swapped, "a word in a page that was swapped out",
	      .needs = "swap", .in_memory = true),
	STATE(numa_hinted, "a word in a page that NUMA balancing looks at",
	      .needs = "NUMA balancing", .in_memory = true),
	STATE(userfaultfd, "a word in a page that userfaultfd(2) has to fill",
	      .needs = "root", .in_memory = true),
	STATE(device, "a word in memory of a PCI device", .needs = "root", .in_memory = true),
	{}
};
