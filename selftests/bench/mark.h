/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instructions that do nothing, but begin and end what count.c counts: a nop with an address
 * that no compiler makes up.
 */
#ifndef BENCH_MARK_H
#define BENCH_MARK_H

#define MARK_BEGIN	0x66690001
#define MARK_END	0x66690002

#if defined(__x86_64__)
#define MARK(mark)	asm volatile("nopl %c0(%%rax)" : : "i"(mark) : "memory")
#else
#define MARK(mark)	((void)(mark))
#endif

#endif
