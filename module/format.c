// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints a snapshot as text, one record a line, in the format that
 * Documentation/ABI/testing/debugfs-futexinspect defines. The functions here change
 * nothing, because seq_file prints a record again when its buffer was too small, and
 * after a seek.
 */
#include <linux/mutex.h> /* linux/futex.h of 6.12 needs it */
#include <linux/fs.h>
#include <linux/futex.h>
#include <linux/kdev_t.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/utsname.h>
#include <linux/uuid.h>

#include "format.h"
#include "snapshot.h"
#include "text.h"

#define FI_FORMAT_VERSION	1

/* The flags of a call that have a name in the file; others are printed as a number. */
#define FI_NAMED_FLAGS	(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME)

#define FI_BOOT_ID_PATH	"/proc/sys/kernel/random/boot_id"

/* How many records seq_file gets at once, since it takes some time for each call. */
#define FI_RECORDS_PER_BLOCK	16

/*
 * A field with its default value is left out. These are the defaults that are not "no",
 * "none", 0, or the value of another field.
 */
#define FI_DEFAULT_SYSCALL	FI_SYS_FUTEX
#define FI_DEFAULT_QUEUED	FI_QUEUED
#define FI_DEFAULT_STATE	'S'
/* All words of the window were read, and all are 0. */
#define FI_DEFAULT_WORDS_READ	FI_ALL_WORDS
#define FI_DEFAULT_WORDS_SET	0

/* The random/boot_id of /proc/sys/kernel, which differs in each boot */
static char boot_id[UUID_STRING_LEN + 1] __ro_after_init = "?";

static const struct fi_keyword op_names[] = {
	[FUTEX_WAIT] = FI_KEYWORD("FUTEX_WAIT"),
	[FUTEX_LOCK_PI] = FI_KEYWORD("FUTEX_LOCK_PI"),
	[FUTEX_WAIT_BITSET] = FI_KEYWORD("FUTEX_WAIT_BITSET"),
	[FUTEX_WAIT_REQUEUE_PI] = FI_KEYWORD("FUTEX_WAIT_REQUEUE_PI"),
	[FI_FUTEX_LOCK_PI2] = FI_KEYWORD("FUTEX_LOCK_PI2"),
};

static const struct fi_keyword syscall_names[] = {
	[FI_SYS_UNKNOWN] = FI_KEYWORD("?"),
	[FI_SYS_FUTEX] = FI_KEYWORD("futex"),
	[FI_SYS_FUTEX_WAITV] = FI_KEYWORD("futex_waitv"),
	[FI_SYS_RESTART] = FI_KEYWORD("restart_syscall"),
	[FI_SYS_FUTEX_WAIT] = FI_KEYWORD("futex_wait"),
	[FI_SYS_IO_URING_WAIT] = FI_KEYWORD("io_uring"),
	[FI_SYS_IO_URING_WAITV] = FI_KEYWORD("io_uring"),
};

/* A call of the newer kind, or a request, has no operation: its own name stands for it. */
static const struct fi_keyword call_op_names[] = {
	[FI_SYS_FUTEX_WAITV] = FI_KEYWORD("futex_waitv"),
	[FI_SYS_FUTEX_WAIT] = FI_KEYWORD("futex_wait"),
	[FI_SYS_IO_URING_WAIT] = FI_KEYWORD("IORING_OP_FUTEX_WAIT"),
	[FI_SYS_IO_URING_WAITV] = FI_KEYWORD("IORING_OP_FUTEX_WAITV"),
};

static const struct fi_keyword timeout_names[] = {
	[FI_TIMEOUT_UNKNOWN] = FI_KEYWORD("?"),
	[FI_TIMEOUT_RELATIVE] = FI_KEYWORD("relative"),
	[FI_TIMEOUT_MONOTONIC] = FI_KEYWORD("monotonic"),
	[FI_TIMEOUT_REALTIME] = FI_KEYWORD("realtime"),
	[FI_TIMEOUT_ABSOLUTE] = FI_KEYWORD("absolute"),
};

static const struct fi_keyword queued_names[] = {
	[FI_NOT_QUEUED_STOPPED] = FI_KEYWORD("stopped"),
	[FI_NOT_QUEUED_TRACED] = FI_KEYWORD("traced"),
	[FI_NOT_QUEUED_FROZEN] = FI_KEYWORD("frozen"),
};

static const struct fi_keyword freezer_names[] = {
	[FI_FROZEN_V1] = FI_KEYWORD("v1"),
	[FI_FROZEN_V2] = FI_KEYWORD("v2"),
};

/* What a call for one file sleeps on. */
static const struct fi_keyword sleep_names[] = {
	[FI_SLEEP_PIPE] = FI_KEYWORD("pipe"),
	[FI_SLEEP_ROOM] = FI_KEYWORD("pipe"),
	[FI_SLEEP_SOCKET] = FI_KEYWORD("socket"),
	[FI_SLEEP_EVENTFD] = FI_KEYWORD("eventfd"),
	[FI_SLEEP_EPOLL] = FI_KEYWORD("epoll"),
};

static const struct fi_keyword polled_names[] = {
	[FI_SLEEP_PIPE] = FI_KEYWORD("pipe"),
	[FI_SLEEP_ROOM] = FI_KEYWORD("room"),
	[FI_SLEEP_SOCKET] = FI_KEYWORD("socket"),
	[FI_SLEEP_EVENTFD] = FI_KEYWORD("eventfd"),
};

/* Each of these puts one field: the key, which is a literal, and the value. */
static __always_inline void put_number(struct fi_text *t, const char *key, u64 value)
{
	if (t->pos < t->end)
		t->pos = fi_write_dec(fi_write(t->pos, key), value);
}

static __always_inline void put_address(struct fi_text *t, const char *key, u64 value)
{
	if (t->pos < t->end)
		t->pos = fi_write_hex(fi_write(t->pos, key), value, 1);
}

static __always_inline void put_keyword(struct fi_text *t, const char *key,
					const struct fi_keyword *keyword)
{
	fi_put(t, key);
	fi_put_keyword(t, keyword);
}

static __always_inline void put_text(struct fi_text *t, const char *key, const char *value)
{
	fi_put(t, key);
	fi_put_escaped(t, value);
}

static __always_inline void put_name(struct fi_text *t, const char *key, const char *name)
{
	fi_put(t, key);
	fi_put_name(t, name);
}

static __always_inline void put_yesno(struct fi_text *t, const char *key, bool value)
{
	fi_put(t, key);
	if (value)
		fi_put(t, "yes");
	else
		fi_put(t, "no");
}

static void put_header(struct fi_text *t, const struct fi_snapshot *snap)
{
	put_number(t, "futexinspect version=", FI_FORMAT_VERSION);
	put_text(t, " module=", THIS_MODULE->version);
	put_text(t, " kernel=", utsname()->release);
	put_text(t, " arch=", utsname()->machine);
	put_text(t, " boot_id=", boot_id);
	put_number(t, " start_ns=", snap->start_ns);
	put_text(t, " host=", utsname()->nodename);
	put_number(t, " realtime_ns=", snap->realtime_ns);
}

/* Whether the other fields of a record give all the arguments of the call. */
static bool args_are_known(const struct fi_waiter *waiter)
{
	const struct fi_call *call = &waiter->call;

	if (call->syscall != FI_SYS_FUTEX || call->args[3] || call->flags & ~FI_NAMED_FLAGS)
		return false;
	switch (call->op) {
	case FUTEX_WAIT:
		return true;
	case FUTEX_WAIT_BITSET:
		return !call->args[4] && call->args[5] == waiter->bitset &&
		       waiter->queued == FI_QUEUED;
	default:
		return false;
	}
}

static __always_inline void put_args(struct fi_text *t, const struct fi_waiter *waiter)
{
	const struct fi_call *call = &waiter->call;
	int i;

	if (waiter->is_request || args_are_known(waiter))
		return;
	fi_put(t, " args=0x");
	for (i = 0; i < ARRAY_SIZE(call->args); i++) {
		if (i)
			fi_put(t, ",0x");
		fi_put_hex(t, call->args[i], 1);
	}
}

static __always_inline void put_inode_key(struct fi_text *t, const union futex_key *key)
{
	put_number(t, " key=shared-inode:", key->shared.i_seq);
	put_number(t, ":", ((u64)key->shared.pgoff << PAGE_SHIFT) + (key->shared.offset & ~3U));
}

static __always_inline void put_key(struct fi_text *t, const struct fi_waiter *waiter)
{
	const union futex_key *key = &waiter->key;

	if (waiter->queued != FI_QUEUED)
		fi_put(t, " key=?");
	else if (key->both.offset & FUT_OFF_INODE)
		put_inode_key(t, key);
	else if (key->both.offset & FUT_OFF_MMSHARED)
		fi_put(t, " key=shared-mm");
}

static __always_inline void put_flags(struct fi_text *t, unsigned int flags)
{
	const unsigned int others = flags & ~FI_NAMED_FLAGS;

	switch (flags & FI_NAMED_FLAGS) {
	case FUTEX_PRIVATE_FLAG:
		fi_put(t, " flags=PRIVATE");
		break;
	case FUTEX_CLOCK_REALTIME:
		fi_put(t, " flags=CLOCK_REALTIME");
		break;
	case FI_NAMED_FLAGS:
		fi_put(t, " flags=PRIVATE|CLOCK_REALTIME");
		break;
	default:
		if (others)
			put_address(t, " flags=0x", others);
		else
			fi_put(t, " flags=-");
		return;
	}
	if (others)
		put_address(t, "|0x", others);
}

static __always_inline void put_op(struct fi_text *t, const struct fi_call *call)
{
	if (!call->op_known) {
		fi_put(t, " op=? flags=?");
		return;
	}
	if (call->syscall != FI_SYS_FUTEX)
		put_keyword(t, " op=", &call_op_names[call->syscall]);
	else if (call->op < ARRAY_SIZE(op_names) && op_names[call->op].len)
		put_keyword(t, " op=", &op_names[call->op]);
	else
		put_number(t, " op=", call->op);
	put_flags(t, call->flags);
}

static __always_inline void put_expected(struct fi_text *t, const struct fi_call *call)
{
	switch (call->expected_known) {
	case FI_KNOWN:
		put_number(t, " expected=", call->expected);
		break;
	case FI_NONE:
		fi_put(t, " expected=-");
		break;
	case FI_UNKNOWN:
		fi_put(t, " expected=?");
		break;
	}
}

/* Word @n of the window around a futex; it was read and is not 0. */
static u32 word_at(const struct fi_snapshot *snap, const struct fi_waiter *waiter, int n)
{
	return snap->words[waiter->first_word + hweight32(waiter->words_set & (BIT(n) - 1))];
}

static __always_inline void put_value(struct fi_text *t, const struct fi_snapshot *snap,
				      const struct fi_waiter *waiter)
{
	if (!(waiter->words_read & BIT(FI_WORDS_BEFORE)))
		fi_put(t, " value=?");
	else if (waiter->words_set & BIT(FI_WORDS_BEFORE))
		put_number(t, " value=", word_at(snap, waiter, FI_WORDS_BEFORE));
	else
		fi_put(t, " value=0");
}

/* How many words of the window from @n on are like word @n. @others has a bit for each other. */
static int run_length(u32 others, int n)
{
	others >>= n;
	return others ? __ffs(others) : FI_WORDS - n;
}

static __always_inline void put_words(struct fi_text *t, const struct fi_snapshot *snap,
				      const struct fi_waiter *waiter)
{
	const u32 read = waiter->words_read, set = waiter->words_set;
	int n, times;

	if (!read)
		fi_put(t, " words=?");
	if (!read || (read == FI_DEFAULT_WORDS_READ && set == FI_DEFAULT_WORDS_SET))
		return;
	put_number(t, " words=-", FI_WORDS_BEFORE * sizeof(u32));
	for (n = 0; n < FI_WORDS; n += times) {
		times = 1;
		fi_put_char(t, n ? ',' : ':');
		if (set & BIT(n)) {
			fi_put_hex(t, word_at(snap, waiter, n), 1);
			continue;
		}
		fi_put_char(t, read & BIT(n) ? '0' : '?');
		times = run_length(read & BIT(n) ? set | ~read : read, n);
		if (times > 1)
			put_number(t, "*", times);
	}
}

static __always_inline void put_timeout(struct fi_text *t, const struct fi_call *call)
{
	if (call->timeout == FI_TIMEOUT_NONE)
		return;
	put_keyword(t, " timeout=", &timeout_names[call->timeout]);
	if (call->timeout_known)
		put_number(t, " timeout_ns=", call->timeout_ns);
	else
		fi_put(t, " timeout_ns=?");
}

static __always_inline void put_pi_owner(struct fi_text *t, const struct fi_waiter *waiter)
{
	if (waiter->queued != FI_QUEUED || (waiter->has_pi_state && !waiter->pi_owner))
		fi_put(t, " pi_owner=?");
	else if (waiter->has_pi_state)
		put_number(t, " pi_owner=", waiter->pi_owner);
}

static __always_inline void put_asleep(struct fi_text *t, const struct fi_waiter *waiter)
{
	if (waiter->asleep_ns == FI_TIME_UNKNOWN)
		fi_put(t, " asleep_ns=?");
	else
		put_number(t, " asleep_ns=", waiter->asleep_ns);
	if (waiter->is_request)
		fi_put(t, " stable=?");
	else if (!waiter->stable)
		fi_put(t, " stable=no");
}

/* The address and the key of the word. */
static __always_inline void put_address_and_key(struct fi_text *t, const struct fi_waiter *waiter)
{
	const struct fi_call *call = &waiter->call;

	if (call->uaddr_known)
		put_address(t, " uaddr=0x", call->uaddr);
	else
		fi_put(t, " uaddr=?");
	if (!waiter->waits_on)
		fi_put(t, " waits_on=?");
	else if (!call->uaddr_known || waiter->waits_on != call->uaddr)
		put_address(t, " waits_on=0x", waiter->waits_on);
	put_key(t, waiter);
}

/* The operation, and the value of the word. */
static __always_inline void put_futex(struct fi_text *t, const struct fi_snapshot *snap,
				      const struct fi_waiter *waiter)
{
	put_op(t, &waiter->call);
	put_expected(t, &waiter->call);
	put_value(t, snap, waiter);
	if (waiter->queued != FI_QUEUED) {
		fi_put(t, " bitset=?");
	} else if (waiter->bitset == FUTEX_BITSET_MATCH_ANY) {
		fi_put(t, " bitset=0xffffffff");
	} else {
		fi_put(t, " bitset=0x");
		fi_put_hex(t, waiter->bitset, 8);
	}
}

static void put_waiter(struct fi_text *text, const struct fi_snapshot *snap,
		       const struct fi_waiter *waiter)
{
	struct fi_text copy = *text, *t = &copy;

	put_number(t, "waiter tid=", waiter->tid);
	put_number(t, " tgid=", waiter->tgid);
	put_name(t, " comm=", waiter->comm);
	if (waiter->mm)
		put_number(t, " mm=", waiter->mm);
	else
		fi_put(t, " mm=?");
	if (waiter->call.syscall != FI_DEFAULT_SYSCALL)
		put_keyword(t, " syscall=", &syscall_names[waiter->call.syscall]);
	put_args(t, waiter);
	put_address_and_key(t, waiter);
	put_futex(t, snap, waiter);
	put_timeout(t, &waiter->call);
	put_asleep(t, waiter);
	put_words(t, snap, waiter);
	put_pi_owner(t, waiter);
	if (waiter->queued != FI_DEFAULT_QUEUED)
		put_keyword(t, " queued=", &queued_names[waiter->queued]);
	*text = copy;
}

static void put_live_threads(struct fi_text *t, const struct fi_snapshot *snap,
			     const struct fi_mm *mm)
{
	size_t i = mm->first_thread;
	pid_t first, last;

	fi_put(t, " live_threads=");
	if (!i)
		fi_put_char(t, '-');
	while (i) {
		first = snap->threads[i - 1].tid;
		last = first;
		i = snap->threads[i - 1].next_in_mm;
		while (i && snap->threads[i - 1].tid == last + 1) {
			last++;
			i = snap->threads[i - 1].next_in_mm;
		}
		fi_put_dec(t, first);
		if (last != first)
			put_number(t, "-", last);
		if (i)
			fi_put_char(t, ',');
	}
}

static void put_mm(struct fi_text *t, const struct fi_snapshot *snap, unsigned int id)
{
	const struct fi_mm *mm = &snap->mms[id - 1];

	put_number(t, "mm id=", id);
	put_number(t, " live=", mm->live);
	put_live_threads(t, snap, mm);
	put_number(t, " hidden=", mm->hidden);
	if (mm->incomplete)
		fi_put(t, " complete=no");
	if (mm->left_out)
		put_number(t, " left_out=", mm->left_out);
}

static void put_timers(struct fi_text *t, const struct fi_timers *timers)
{
	int i;

	fi_put(t, " armed=");
	for (i = 0; i < timers->nr; i++) {
		if (i)
			fi_put_char(t, ',');
		fi_put_dec(t, timers->signals[i]);
		if (timers->fires_ns[i] == FI_FIRES_ON_CPU)
			fi_put(t, ":cpu");
		else if (timers->fires_ns[i] == FI_FIRES_UNKNOWN)
			fi_put(t, ":?");
		else
			put_number(t, ":", timers->fires_ns[i]);
	}
	if (timers->others)
		fi_put(t, i ? ",?" : "?");
	else if (!i)
		fi_put_char(t, '-');
}

static void put_process(struct fi_text *t, const struct fi_process *process)
{
	put_number(t, "process tgid=", process->tgid);
	put_number(t, " ppid=", process->ppid);
	put_name(t, " comm=", process->comm);
	put_number(t, " mm=", process->mm);
	put_yesno(t, " execed=", process->execed);
	put_address(t, " caught=0x", process->caught);
	put_yesno(t, " timers=", process->has_timers);
	if (process->pid_ns)
		put_number(t, " pid_ns=", process->pid_ns);
	else
		fi_put(t, " pid_ns=?");
	put_text(t, " cgroup=", process->cgroup ?: "?");
	put_timers(t, &process->timers);
	if (process->ignored)
		put_address(t, " ignored=0x", process->ignored);
	if (process->libc_handlers[0] || process->libc_handlers[1]) {
		put_address(t, " libc_handlers=0x", process->libc_handlers[0]);
		put_address(t, ",0x", process->libc_handlers[1]);
	}
}

/* Names are mostly the same, byte for byte, which memcmp() sees at once. */
static bool is_same_name(const char *a, const char *b)
{
	return !memcmp(a, b, TASK_COMM_LEN) || !strncmp(a, b, TASK_COMM_LEN);
}

static __always_inline void put_frame(struct fi_text *t, const struct fi_thread *thread)
{
	if (thread->is_32bit)
		fi_put(t, " bits=32");
	if (thread->frame.fp)
		put_address(t, " fp=0x", thread->frame.fp);
	if (fi_link_register(&thread->frame))
		put_address(t, " lr=0x", fi_link_register(&thread->frame));
}

static __always_inline void put_sleep(struct fi_text *t, const struct fi_sleep *sleep)
{
	put_keyword(t, " ", &sleep_names[sleep->kind]);
	put_number(t, "=", sleep->id);
	if (sleep->kind == FI_SLEEP_SOCKET)
		put_number(t, " peer=", sleep->peer);
}

static __always_inline void put_polled(struct fi_text *t, const struct fi_sleep *sleep)
{
	fi_put_keyword(t, &polled_names[sleep->kind]);
	put_number(t, ":", sleep->id);
	if (sleep->kind == FI_SLEEP_SOCKET)
		put_number(t, ":", sleep->peer);
}

static __always_inline void put_sleeps(struct fi_text *t, const struct fi_snapshot *snap,
				       const struct fi_thread *thread)
{
	const struct fi_sleep *sleep = &snap->sleeps[thread->first_sleep];
	const struct fi_sleep *end = sleep + thread->nr_sleeps;

	if (sleep == end)
		return;
	if (!thread->polls || sleep->kind == FI_SLEEP_EPOLL)
		put_sleep(t, sleep++);
	if (!thread->polls)
		return;
	fi_put(t, " polls=");
	if (sleep == end)
		fi_put_char(t, '-');
	while (sleep < end) {
		put_polled(t, sleep++);
		if (sleep < end)
			fi_put_char(t, ',');
	}
}

static void put_thread(struct fi_text *text, const struct fi_snapshot *snap,
		       const struct fi_thread *thread)
{
	const struct fi_process *process = &snap->processes[thread->process];
	struct fi_text copy = *text, *t = &copy;

	put_number(t, "thread tid=", thread->tid);
	put_number(t, " tgid=", process->tgid);
	if (!is_same_name(thread->comm, process->comm))
		put_name(t, " comm=", thread->comm);
	if (thread->mm != process->mm)
		put_number(t, " mm=", thread->mm);
	if (thread->state != FI_DEFAULT_STATE) {
		fi_put(t, " state=");
		fi_put_char(t, thread->state);
	}
	if (thread->traced)
		put_number(t, " tracer=", thread->tracer);
	put_number(t, " nvcsw=", thread->nvcsw);
	if (thread->nivcsw)
		put_number(t, " nivcsw=", thread->nivcsw);
	put_number(t, " start_ns=", thread->start_ns);
	if (!thread->nstid)
		fi_put(t, " nstid=?");
	else if (thread->nstid != thread->tid)
		put_number(t, " nstid=", thread->nstid);
	if (thread->frozen)
		put_keyword(t, " frozen=", &freezer_names[thread->frozen]);
	if (thread->exiting)
		fi_put(t, " exiting=yes");
	if (thread->io_worker)
		fi_put(t, " io_worker=yes");
	if (thread->clear_child_tid)
		put_address(t, " clear_child_tid=0x", thread->clear_child_tid);
	if (thread->robust_list)
		fi_put(t, " robust_list=yes");
	if (thread->io_uring)
		fi_put(t, " io_uring=yes");
	if (thread->blocked)
		put_address(t, " blocked=0x", thread->blocked);
	put_frame(t, thread);
	if (thread->pdeath)
		put_number(t, " pdeath=", thread->pdeath);
	put_sleeps(t, snap, thread);
	*text = copy;
}

/* The mms that map a word, unless they are those of the word before. */
static void put_maps(struct fi_text *t, const struct fi_snapshot *snap,
		     const struct fi_shared *shared)
{
	size_t i;

	if (!shared->nr_maps)
		return fi_put(t, " mms=?");
	if (shared != snap->shared && shared[-1].nr_maps &&
	    shared[-1].first_map == shared->first_map)
		return;
	fi_put(t, " mms=");
	for (i = 0; i < shared->nr_maps; i++) {
		if (i)
			fi_put_char(t, ',');
		fi_put_dec(t, snap->maps[shared->first_map + i]);
	}
}

static void put_shared(struct fi_text *t, const struct fi_snapshot *snap,
		       const struct fi_shared *shared)
{
	const struct fi_inode *inode = &snap->inodes[shared->inode];

	fi_put(t, "shared");
	put_inode_key(t, &shared->key);
	if (inode->known) {
		put_number(t, " dev=", MAJOR(inode->dev));
		put_number(t, ":", MINOR(inode->dev));
		put_number(t, " ino=", inode->ino);
		put_number(t, " nlink=", inode->nlink);
	} else {
		fi_put(t, " dev=? ino=? nlink=?");
	}
	put_maps(t, snap, shared);
	put_yesno(t, " complete=", shared->complete);
}

static void put_end(struct fi_text *t, const struct fi_snapshot *snap)
{
	put_number(t, "end waiters=", snap->nr_waiters);
	put_number(t, " mms=", snap->nr_mms);
	put_number(t, " processes=", snap->nr_processes);
	put_number(t, " threads=", snap->nr_threads);
	put_number(t, " hidden=", snap->hidden);
	put_number(t, " errors=", snap->error ? 1 : 0);
	put_number(t, " end_ns=", snap->end_ns);
	put_number(t, " shared=", snap->nr_shared);
	put_number(t, " left_out=", snap->left_out);
}

/* Print record number @n, counted from 0. */
static void put_record(struct fi_text *t, const struct fi_snapshot *snap, u64 n)
{
	if (n-- == 0)
		return put_header(t, snap);
	if (n < snap->nr_waiters)
		return put_waiter(t, snap, &snap->waiters[n]);
	n -= snap->nr_waiters;
	if (n < snap->nr_mms)
		return put_mm(t, snap, n + 1);
	n -= snap->nr_mms;
	if (n < snap->nr_processes)
		return put_process(t, &snap->processes[n]);
	n -= snap->nr_processes;
	if (n < snap->nr_threads)
		return put_thread(t, snap, &snap->threads[n]);
	n -= snap->nr_threads;
	if (n < snap->nr_shared)
		return put_shared(t, snap, &snap->shared[n]);
	n -= snap->nr_shared;
	if (snap->error && n-- == 0)
		return put_text(t, "error what=", snap->error);
	put_end(t, snap);
}

static u64 nr_records(const struct fi_snapshot *snap)
{
	return 1 + snap->nr_waiters + snap->nr_mms + snap->nr_processes +
	       snap->nr_threads + snap->nr_shared + (snap->error ? 1 : 0) + 1;
}

static void *format_start(struct seq_file *m, loff_t *pos)
{
	return *pos * FI_RECORDS_PER_BLOCK < nr_records(m->private) ? pos : NULL;
}

static void *format_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return format_start(m, pos);
}

static void format_stop(struct seq_file *m, void *v)
{
}

/* Print a block of records behind what is in the buffer. Return whether it fits. */
static bool put_block(struct seq_file *m, loff_t block)
{
	const struct fi_snapshot *snap = m->private;
	u64 first = block * FI_RECORDS_PER_BLOCK;
	u64 last = min(first + FI_RECORDS_PER_BLOCK, nr_records(snap));
	struct fi_text text;
	size_t size;
	char *buf;

	size = seq_get_buf(m, &buf);
	if (size < FI_TEXT_PIECE)
		return false;
	text.pos = buf;
	text.end = buf + size - FI_TEXT_PIECE;
	for (; first < last; first++) {
		put_record(&text, snap, first);
		fi_put_char(&text, '\n');
	}
	if (text.pos >= text.end)
		return false;
	seq_commit(m, text.pos - buf);
	return true;
}

/*
 * Give a buffer in which there is nothing yet twice its size. seq_file would do so, too, but its
 * allocation may call the OOM killer (seq_buf_alloc()).
 */
static int grow_buffer(struct seq_file *m)
{
	char *buf = kvmalloc(2 * m->size, FI_GFP);

	if (!buf)
		return -ENOMEM;
	kvfree(m->buf);
	m->buf = buf;
	m->size *= 2;
	return 0;
}

static int format_show(struct seq_file *m, void *v)
{
	int err;

	/* A seek prints all records up to there in one go: traverse(). */
	cond_resched();
	while (!put_block(m, *(loff_t *)v)) {
		/* seq_file calls again once what is in the buffer was read. */
		if (m->count) {
			seq_commit(m, -1);
			break;
		}
		err = grow_buffer(m);
		if (err)
			return err;
	}
	return 0;
}

/* seq_file.private is the snapshot. A position stands for FI_RECORDS_PER_BLOCK records. */
const struct seq_operations fi_format_ops = {
	.start = format_start,
	.next = format_next,
	.stop = format_stop,
	.show = format_show,
};

/**
 * fi_format_init() - read what is the same for all snapshots
 *
 * The boot id distinguishes the snapshots of two boots. Without /proc it stays unknown.
 *
 * Context: process; may sleep.
 */
void __init fi_format_init(void)
{
	struct file *file = filp_open(FI_BOOT_ID_PATH, O_RDONLY, 0);
	char buf[UUID_STRING_LEN];
	loff_t pos = 0;

	if (IS_ERR(file))
		return;
	if (kernel_read(file, buf, sizeof(buf), &pos) == sizeof(buf) &&
	    uuid_is_valid(buf))
		memcpy(boot_id, buf, sizeof(buf));
	filp_close(file, NULL);
}
