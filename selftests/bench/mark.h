/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instructions that do nothing, but begin and end what count.c counts: a nop with an address
 * that no compiler makes up.
 */
#ifndef BENCH_MARK_H
#define BENCH_MARK_H

#define MARK_BEGIN	0x66690001
#define MARK_END	0x66690002

/*
 * Followed by one more such nop, whose own address is the lower half of one of the kernel's: there
 * it begins, or ends, to hold a lock. It must not have been executed before.
 */
#define MARK_HOLD	0x66690003
#define MARK_RELEASE	0x66690004

#if defined(__x86_64__)
#define MARK(mark)	asm volatile("nopl %c0(%%rax)" : : "i"(mark) : "memory")
#else
#define MARK(mark)	((void)(mark))
#endif

#endif
