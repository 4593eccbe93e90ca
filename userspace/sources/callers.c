// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which code has made a call that waits on a futex.
 *
 * The locks of a C library make their calls themselves.  Programs, and other libraries with locks
 * of their own (C++, GLib, Rust), make them by syscall(2) of the C library.
 */
#include <string.h>

#include "array.h"
#include "callers.h"
#include "procfs.h"

/* The end of glibc's syscall(), where it moves the last arguments and calls the kernel. */
#if defined(__x86_64__)
static const unsigned char end_of_syscall[] = {
	0x4d, 0x89, 0xc2,		/* mov %r8,%r10 */
	0x4d, 0x89, 0xc8,		/* mov %r9,%r8 */
	0x4c, 0x8b, 0x4c, 0x24, 0x08,	/* mov 0x8(%rsp),%r9 */
	0x0f, 0x05,			/* syscall */
};
#elif defined(__aarch64__)
static const unsigned char end_of_syscall[] = {
	0xe4, 0x03, 0x05, 0xaa,		/* mov x4, x5 */
	0xe5, 0x03, 0x06, 0xaa,		/* mov x5, x6 */
	0xe6, 0x03, 0x07, 0xaa,		/* mov x6, x7 */
	0x01, 0x00, 0x00, 0xd4,		/* svc #0 */
};
#else
static const unsigned char end_of_syscall[] = { 0 };	/* one that no call ends with */
#endif

/**
 * calls_by_syscall() - whether a waiter's call was made by syscall(2) of glibc
 * @root: where proc is mounted
 * @w: the waiter
 * @sc: its call, from procfs_syscall()
 *
 * Return: as the code before its return address says; YESNO_UNKNOWN if that cannot be read.
 */
enum yesno calls_by_syscall(const char *root, const struct waiter *w, const struct syscall *sc)
{
	unsigned char code[sizeof(end_of_syscall)];

	if (sc->pc <= sizeof(code) ||
	    !procfs_memory(root, w->tgid, w->tid, sc->pc - sizeof(code), code, sizeof(code)))
		return YESNO_UNKNOWN;
	return memcmp(code, end_of_syscall, sizeof(code)) ? NO : YES;
}

/**
 * find_callers() - find the waiters that have called syscall(2) themselves
 * @root: where proc is mounted, for the pid namespace that @s was read in
 * @s: a snapshot of this host as it is now, indexed
 *
 * Only those are looked at whose words are like a lock that names its holder.
 */
void find_callers(const char *root, struct snapshot *s)
{
	for (size_t i = 0; i < s->nr_waiters; i++) {
		struct waiter *w = &s->waiters[i];
		struct syscall sc;

		if (w->lock.owner > 0 && w->thread >= 0 && w->process >= 0 &&
		    !s->processes[w->process].in_state_d &&
		    !procfs_syscall(&sc, root, w->tgid, w->tid))
			w->by_syscall = calls_by_syscall(root, w, &sc) == YES;
	}
}
