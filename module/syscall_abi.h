/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_SYSCALL_ABI_H
#define FI_SYSCALL_ABI_H

#include <linux/sched.h>
#include <linux/thread_info.h>
#include <asm/unistd.h>

/* The same number on all architectures: 5.16, 039c0ec9bb77 */
#define FI_NR_FUTEX_WAITV		449
/* The same: 6.7, cb8c4312afca */
#define FI_NR_FUTEX_WAIT		455

/* 32-bit calls: i386 and 32-bit arm have the same numbers for these. */
#define FI_NR_COMPAT_RESTART_SYSCALL	0
#define FI_NR_COMPAT_FUTEX		240
#define FI_NR_COMPAT_FUTEX_TIME64	422

/**
 * fi_in_compat_syscall() - whether a thread is in a 32-bit system call
 * @task: a thread that is in a system call and stays there
 */
static inline bool fi_in_compat_syscall(struct task_struct *task)
{
#if defined(CONFIG_X86_64) && defined(CONFIG_COMPAT)
	/* Also set for a 64-bit program that uses int 0x80. */
	return task_thread_info(task)->status & TS_COMPAT;
#elif defined(CONFIG_ARM64) && defined(CONFIG_COMPAT)
	return is_compat_thread(task_thread_info(task));
#else
	return false;
#endif
}

#endif
