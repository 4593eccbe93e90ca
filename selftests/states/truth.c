// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints what is true of waiters and processes, as the module's file has it.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "states.h"

static void print_args(const struct truth *truth)
{
	char buf[256];
	unsigned long long args[6];

	/* It may still wait for something else, on its way to where it will stay. */
	do {
		if (!read_proc(truth->tgid, truth->tid, "syscall", buf, sizeof(buf)))
			die("cannot read the system call of thread %d", truth->tid);
	} while (sscanf(buf, "%*d %llx %llx %llx %llx %llx %llx", &args[0], &args[1],
			&args[2], &args[3], &args[4], &args[5]) != 6 ||
		 (truth->nr == SYS_futex && args[0] != (uintptr_t)truth->uaddr));
	printf(" args=0x%llx,0x%llx,0x%llx,0x%llx,0x%llx,0x%llx",
	       args[0], args[1], args[2], args[3], args[4], args[5]);
}

/* The name as the file escapes it. */
static void print_comm(pid_t tgid, pid_t tid)
{
	char buf[32];
	const unsigned char *c;

	if (!read_proc(tgid, tid, "comm", buf, sizeof(buf)))
		die("cannot read the name of thread %d", tid);
	buf[strlen(buf) - 1] = '\0'; /* the line feed that the kernel adds */
	printf(" comm=");
	for (c = (unsigned char *)buf; *c; c++)
		printf(*c < '!' || *c > '~' || *c == '\\' ? "\\%03o" : "%c", *c);
}

/* The words around @addr; those beyond the mapping are not known here. */
static void print_words(pid_t tgid, const void *addr)
{
	uint32_t word;
	struct iovec to = { .iov_base = &word, .iov_len = sizeof(word) };
	int i;

	printf(" words=%d:", -WORDS_BEFORE * (int)sizeof(word));
	for (i = 0; i < WORDS; i++) {
		struct iovec from = {
			.iov_base = (uint32_t *)addr + i - WORDS_BEFORE,
			.iov_len = sizeof(word),
		};

		printf("%s", i ? "," : "");
		if (process_vm_readv(tgid, &to, 1, &from, 1, 0) == sizeof(word))
			printf("%08x", word);
		else
			printf("?");
	}
}

static uint32_t read_word(pid_t tgid, const void *addr)
{
	uint32_t word;
	struct iovec to = { .iov_base = &word, .iov_len = sizeof(word) };
	struct iovec from = { .iov_base = (void *)addr, .iov_len = sizeof(word) };

	if (process_vm_readv(tgid, &to, 1, &from, 1, 0) != sizeof(word))
		die("cannot read %p of process %d", addr, tgid);
	return word;
}

static void print_expected(const struct truth *truth)
{
	if (truth->compares_nothing)
		printf(" expected=-");
	else
		printf(" expected=%u", truth->expected);
}

/* What is in the word, and around it. */
static void print_memory(const struct truth *truth)
{
	if (truth->unreadable) {
		printf(" value=? words=?");
		return;
	}
	printf(" value=%u", read_word(truth->tgid, truth->waits_on));
	print_words(truth->tgid, truth->waits_on);
}

static void print_op(const struct truth *truth)
{
	if (truth->restarted)
		printf(" op=? flags=?");
	else
		printf(" op=%s flags=%s", truth->op, truth->flags);
}

/* The time that the caller gave; of a restarted call the kernel has made another of it. */
static void print_timeout(const struct truth *truth)
{
	printf(" timeout=%s", truth->timeout);
	if (truth->timeout_ns)
		printf(" timeout_ns=%llu", truth->timeout_ns);
	else if (!truth->restarted)
		printf(" timeout_ns=%s", strcmp(truth->timeout, "none") ? "?" : "-");
}

/* What only the queue entry tells. */
static void print_entry(const struct truth *truth)
{
	if (truth->queued)
		printf(" key=? bitset=? pi_owner=? queued=%s", truth->queued);
	else if (truth->pi_owner)
		printf(" key=%s bitset=0x%08x pi_owner=%d queued=yes", truth->key,
		       truth->bitset, truth->pi_owner);
	else
		printf(" key=%s bitset=0x%08x pi_owner=- queued=yes", truth->key,
		       truth->bitset);
}

void print_waiter(const struct truth *truth)
{
	/* arm64 forgets the system call of a thread that it stops: do_signal() */
	bool shows_call = truth->nr && !truth->queued;

	if (shows_call)
		wait_until_blocked(truth->tgid, truth->tid, truth->nr);
	printf("waiter tid=%d tgid=%d", truth->tid, truth->tgid);
	print_comm(truth->tgid, truth->tid);
	printf(" syscall=%s", truth->syscall);
	if (shows_call)
		print_args(truth);
	else if (truth->nr)
		printf(" args=%p,0x%x,0x%x,0x0", truth->uaddr, FUTEX_WAIT_PRIVATE, truth->expected);
	else
		printf(" args=?");
	printf(" uaddr=%p waits_on=%p", truth->uaddr, truth->waits_on);
	print_op(truth);
	print_expected(truth);
	print_memory(truth);
	print_timeout(truth);
	print_entry(truth);
	printf(" stable=%s\n", truth->nr ? "yes" : "?");
}

bool has_timer;

static unsigned long long signal_mask(const char *status, const char *key)
{
	return strtoull(strstr(status, key) + strlen(key), NULL, 16);
}

/* A process is the only one with its mm here; @threads is how many it has. */
void print_process(pid_t tgid, pid_t ppid, bool execed, unsigned int threads)
{
	char buf[4096];

	if (!read_proc(tgid, tgid, "status", buf, sizeof(buf)))
		die("cannot read the status of process %d", tgid);
	printf("process tgid=%d ppid=%d", tgid, ppid);
	print_comm(tgid, tgid);
	printf(" execed=%s caught=0x%llx ignored=0x%llx timers=%s\n", execed ? "yes" : "no",
	       signal_mask(buf, "SigCgt:"), signal_mask(buf, "SigIgn:"), has_timer ? "yes" : "no");
	printf("mm live=%u hidden=0\n", threads);
}

/* What the main thread has told the kernel for the time when it exits. */
static void print_main_thread(void)
{
	void *clear_child_tid, *robust_list;
	size_t len;

	if (prctl(PR_GET_TID_ADDRESS, &clear_child_tid) ||
	    syscall(SYS_get_robust_list, 0, &robust_list, &len))
		die("PR_GET_TID_ADDRESS, get_robust_list");
	printf("thread tid=%d clear_child_tid=%p robust_list=%s exiting=no io_worker=no\n",
	       getpid(), clear_child_tid, robust_list ? "yes" : "no");
}

void print_this_process(unsigned int threads)
{
	print_process(getpid(), getppid(), true, threads);
	print_main_thread();
}

/* What is true of a thread of this process in a plain FUTEX_WAIT_PRIVATE. */
struct truth private_wait(const void *uaddr, uint32_t expected)
{
	return (struct truth){
		.tgid = getpid(),
		.nr = SYS_futex,
		.syscall = "futex",
		.uaddr = uaddr,
		.waits_on = uaddr,
		.key = "private",
		.op = "FUTEX_WAIT",
		.flags = "PRIVATE",
		.expected = expected,
		.bitset = ANY,
		.timeout = "none",
	};
}
