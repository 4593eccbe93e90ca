// SPDX-License-Identifier: GPL-2.0-only
/*
 * A snapshot as text, one record a line: the format that
 * Documentation/ABI/testing/debugfs-futexinspect describes. Every function here
 * only prints what is in the snapshot, so that a line can be made again: seq_file
 * does so when its buffer is too small, and after a seek.
 */
#include <linux/mutex.h> /* which linux/futex.h of 6.12 needs */
#include <linux/futex.h>
#include <linux/kdev_t.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/utsname.h>

#include "format.h"
#include "snapshot.h"
#include "text.h"

#define FI_FORMAT_VERSION	1

static const struct fi_word op_names[] = {
	[FUTEX_WAIT] = FI_WORD("FUTEX_WAIT"),
	[FUTEX_LOCK_PI] = FI_WORD("FUTEX_LOCK_PI"),
	[FUTEX_WAIT_BITSET] = FI_WORD("FUTEX_WAIT_BITSET"),
	[FUTEX_WAIT_REQUEUE_PI] = FI_WORD("FUTEX_WAIT_REQUEUE_PI"),
	[FI_FUTEX_LOCK_PI2] = FI_WORD("FUTEX_LOCK_PI2"),
};

static const struct fi_word syscall_names[] = {
	[FI_SYS_UNKNOWN] = FI_WORD("?"),
	[FI_SYS_FUTEX] = FI_WORD("futex"),
	[FI_SYS_FUTEX_WAITV] = FI_WORD("futex_waitv"),
	[FI_SYS_RESTART] = FI_WORD("restart_syscall"),
	[FI_SYS_FUTEX_WAIT] = FI_WORD("futex_wait"),
	[FI_SYS_IO_URING_WAIT] = FI_WORD("io_uring"),
	[FI_SYS_IO_URING_WAITV] = FI_WORD("io_uring"),
};

/* The newer calls have no operation: there the name of the call, or request. */
static const struct fi_word call_op_names[] = {
	[FI_SYS_FUTEX_WAITV] = FI_WORD("futex_waitv"),
	[FI_SYS_FUTEX_WAIT] = FI_WORD("futex_wait"),
	[FI_SYS_IO_URING_WAIT] = FI_WORD("IORING_OP_FUTEX_WAIT"),
	[FI_SYS_IO_URING_WAITV] = FI_WORD("IORING_OP_FUTEX_WAITV"),
};

static const struct fi_word timeout_names[] = {
	[FI_TIMEOUT_UNKNOWN] = FI_WORD("?"),
	[FI_TIMEOUT_RELATIVE] = FI_WORD("relative"),
	[FI_TIMEOUT_MONOTONIC] = FI_WORD("monotonic"),
	[FI_TIMEOUT_REALTIME] = FI_WORD("realtime"),
	[FI_TIMEOUT_ABSOLUTE] = FI_WORD("absolute"),
};

static const struct fi_word queued_names[] = {
	[FI_NOT_QUEUED_STOPPED] = FI_WORD("stopped"),
	[FI_NOT_QUEUED_TRACED] = FI_WORD("traced"),
	[FI_NOT_QUEUED_FROZEN] = FI_WORD("frozen"),
};

static const struct fi_word frozen_names[] = {
	[1] = FI_WORD("v1"),
	[2] = FI_WORD("v2"),
};

/* A key, a literal, and its value, as most fields are. */
static __always_inline void put_number(struct fi_text *t, const char *key, u64 value)
{
	fi_put(t, key);
	fi_put_dec(t, value);
}

static __always_inline void put_address(struct fi_text *t, const char *key, u64 value)
{
	fi_put(t, key);
	fi_put_hex(t, value, 1);
}

static __always_inline void put_word(struct fi_text *t, const char *key,
				     const struct fi_word *word)
{
	fi_put(t, key);
	fi_put_word(t, word);
}

static __always_inline void put_text(struct fi_text *t, const char *key, const char *value)
{
	fi_put(t, key);
	fi_put_escaped(t, value);
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
	put_text(t, " boot_id=", fi_boot_id);
	put_number(t, " start_ns=", snap->start_ns);
}

/* Whether the other fields of a record tell all the arguments of the call. */
static bool args_are_told(const struct fi_waiter *waiter)
{
	const struct fi_call *call = &waiter->call;

	if (call->syscall != FI_SYS_FUTEX || call->args[3])
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

static void put_args(struct fi_text *t, const struct fi_waiter *waiter)
{
	const struct fi_call *call = &waiter->call;
	int i;

	if (waiter->is_request || args_are_told(waiter))
		return;
	fi_put(t, " args=0x");
	for (i = 0; i < ARRAY_SIZE(call->args); i++) {
		if (i)
			fi_put(t, ",0x");
		fi_put_hex(t, call->args[i], 1);
	}
}

static void put_inode_key(struct fi_text *t, const union futex_key *key)
{
	put_number(t, " key=shared-inode:", key->shared.i_seq);
	put_number(t, ":", ((u64)key->shared.pgoff << PAGE_SHIFT) + (key->shared.offset & ~3U));
}

static void put_key(struct fi_text *t, const struct fi_waiter *waiter)
{
	const union futex_key *key = &waiter->key;

	if (waiter->queued != FI_QUEUED)
		fi_put(t, " key=?");
	else if (key->both.offset & FUT_OFF_INODE)
		put_inode_key(t, key);
	else if (key->both.offset & FUT_OFF_MMSHARED)
		fi_put(t, " key=shared-mm");
}

static void put_flags(struct fi_text *t, unsigned int flags)
{
	if (flags == FUTEX_PRIVATE_FLAG)
		fi_put(t, " flags=PRIVATE");
	else if (flags & FUTEX_PRIVATE_FLAG)
		fi_put(t, " flags=PRIVATE|CLOCK_REALTIME");
	else if (flags)
		fi_put(t, " flags=CLOCK_REALTIME");
	else
		fi_put(t, " flags=-");
}

static void put_op(struct fi_text *t, const struct fi_call *call)
{
	if (!call->op_known) {
		fi_put(t, " op=? flags=?");
		return;
	}
	if (call->syscall != FI_SYS_FUTEX)
		put_word(t, " op=", &call_op_names[call->syscall]);
	else if (call->op < ARRAY_SIZE(op_names) && op_names[call->op].len)
		put_word(t, " op=", &op_names[call->op]);
	else
		put_number(t, " op=", call->op);
	put_flags(t, call->flags);
}

static void put_expected(struct fi_text *t, const struct fi_call *call)
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

/* The N-th word around the futex, which is not 0 and was read. */
static u32 word(const struct fi_snapshot *snap, const struct fi_waiter *waiter, int n)
{
	return snap->words[waiter->first_word + hweight32(waiter->words_set & (BIT(n) - 1))];
}

static void put_value(struct fi_text *t, const struct fi_snapshot *snap,
		      const struct fi_waiter *waiter)
{
	if (!(waiter->words_read & BIT(FI_WORDS_BEFORE)))
		fi_put(t, " value=?");
	else if (waiter->words_set & BIT(FI_WORDS_BEFORE))
		put_number(t, " value=", word(snap, waiter, FI_WORDS_BEFORE));
	else
		fi_put(t, " value=0");
}

/* How many words from @n on are as the @n-th: not in @words. */
static int run(u32 words, int n)
{
	words >>= n;
	return words ? __ffs(words) : FI_WORDS - n;
}

static void put_words(struct fi_text *t, const struct fi_snapshot *snap,
		      const struct fi_waiter *waiter)
{
	const u32 read = waiter->words_read, set = waiter->words_set;
	const u32 all = GENMASK(FI_WORDS - 1, 0);
	int n, times;

	if (!read)
		fi_put(t, " words=?");
	if (!read || (read == all && !set))
		return;
	put_number(t, " words=-", FI_WORDS_BEFORE * sizeof(u32));
	for (n = 0; n < FI_WORDS; n += times) {
		times = 1;
		fi_put_char(t, n ? ',' : ':');
		if (set & BIT(n)) {
			fi_put_hex(t, word(snap, waiter, n), 1);
			continue;
		}
		fi_put_char(t, read & BIT(n) ? '0' : '?');
		times = run(read & BIT(n) ? set | ~read : read, n);
		if (times > 1)
			put_number(t, "*", times);
	}
}

static void put_timeout(struct fi_text *t, const struct fi_call *call)
{
	if (call->timeout == FI_TIMEOUT_NONE)
		return;
	put_word(t, " timeout=", &timeout_names[call->timeout]);
	if (call->timeout_known)
		put_number(t, " timeout_ns=", call->timeout_ns);
	else
		fi_put(t, " timeout_ns=?");
}

static void put_pi_owner(struct fi_text *t, const struct fi_waiter *waiter)
{
	if (waiter->queued != FI_QUEUED || (waiter->has_pi_state && !waiter->pi_owner))
		fi_put(t, " pi_owner=?");
	else if (waiter->has_pi_state)
		put_number(t, " pi_owner=", waiter->pi_owner);
}

static void put_asleep(struct fi_text *t, const struct fi_waiter *waiter)
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

/* Where the word is. */
static void put_place(struct fi_text *t, const struct fi_waiter *waiter)
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

/* What is known of the word, and of the wait for it. */
static void put_futex(struct fi_text *t, const struct fi_snapshot *snap,
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

static void put_waiter(struct fi_text *t, const struct fi_snapshot *snap,
		       const struct fi_waiter *waiter)
{
	put_number(t, "waiter tid=", waiter->tid);
	put_number(t, " tgid=", waiter->tgid);
	put_text(t, " comm=", waiter->comm);
	if (waiter->space)
		put_number(t, " mm=", waiter->space);
	else
		fi_put(t, " mm=?");
	if (waiter->call.syscall != FI_SYS_FUTEX)
		put_word(t, " syscall=", &syscall_names[waiter->call.syscall]);
	put_args(t, waiter);
	put_place(t, waiter);
	put_futex(t, snap, waiter);
	put_timeout(t, &waiter->call);
	put_asleep(t, waiter);
	put_words(t, snap, waiter);
	put_pi_owner(t, waiter);
	if (waiter->queued != FI_QUEUED)
		put_word(t, " queued=", &queued_names[waiter->queued]);
}

static void put_live_threads(struct fi_text *t, const struct fi_snapshot *snap,
			     const struct fi_space *space)
{
	size_t i = space->first_thread;
	pid_t first, last;

	fi_put(t, " live_threads=");
	if (!i)
		fi_put_char(t, '-');
	while (i) {
		first = snap->threads[i - 1].tid;
		last = first;
		i = snap->threads[i - 1].next_in_space;
		while (i && snap->threads[i - 1].tid == last + 1) {
			last++;
			i = snap->threads[i - 1].next_in_space;
		}
		fi_put_dec(t, first);
		if (last != first)
			put_number(t, "-", last);
		if (i)
			fi_put_char(t, ',');
	}
}

static void put_space(struct fi_text *t, const struct fi_snapshot *snap, unsigned int id)
{
	const struct fi_space *space = &snap->spaces[id - 1];

	put_number(t, "mm id=", id);
	put_number(t, " live=", space->live);
	put_live_threads(t, snap, space);
	put_number(t, " hidden=", space->hidden);
}

static void put_process(struct fi_text *t, const struct fi_process *process)
{
	put_number(t, "process tgid=", process->tgid);
	put_number(t, " ppid=", process->ppid);
	put_text(t, " comm=", process->comm);
	put_number(t, " mm=", process->space);
	put_yesno(t, " execed=", process->execed);
	put_address(t, " caught=0x", process->caught);
	put_yesno(t, " timers=", process->timers);
	if (process->pid_ns)
		put_number(t, " pid_ns=", process->pid_ns);
	else
		fi_put(t, " pid_ns=?");
	put_text(t, " cgroup=", process->cgroup ?: "?");
}

/* What is so of most threads is left out. */
static void put_thread(struct fi_text *t, const struct fi_snapshot *snap,
		       const struct fi_thread *thread)
{
	const struct fi_process *process = &snap->processes[thread->process];

	put_number(t, "thread tid=", thread->tid);
	put_number(t, " tgid=", process->tgid);
	if (strncmp(thread->comm, process->comm, sizeof(thread->comm)))
		put_text(t, " comm=", thread->comm);
	if (thread->space != process->space)
		put_number(t, " mm=", thread->space);
	if (thread->state != 'S') {
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
		put_word(t, " frozen=", &frozen_names[(int)thread->frozen]);
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
}

static void put_shared(struct fi_text *t, const struct fi_snapshot *snap,
		       const struct fi_shared *shared)
{
	size_t i;

	fi_put(t, "shared");
	put_inode_key(t, &shared->key);
	if (shared->known) {
		put_number(t, " dev=", MAJOR(shared->dev));
		put_number(t, ":", MINOR(shared->dev));
		put_number(t, " ino=", shared->ino);
		put_number(t, " nlink=", shared->nlink);
	} else {
		fi_put(t, " dev=? ino=? nlink=?");
	}
	fi_put(t, " mms=");
	if (!shared->nr_maps)
		fi_put_char(t, '?');
	for (i = 0; i < shared->nr_maps; i++) {
		if (i)
			fi_put_char(t, ',');
		fi_put_dec(t, snap->maps[shared->first_map + i]);
	}
	put_yesno(t, " complete=", shared->complete);
}

static void put_end(struct fi_text *t, const struct fi_snapshot *snap)
{
	put_number(t, "end waiters=", snap->nr_waiters);
	put_number(t, " mms=", snap->nr_spaces);
	put_number(t, " processes=", snap->nr_processes);
	put_number(t, " threads=", snap->nr_threads);
	put_number(t, " hidden=", snap->hidden);
	put_number(t, " errors=", snap->error ? 1 : 0);
	put_number(t, " end_ns=", snap->end_ns);
	put_number(t, " shared=", snap->nr_shared);
}

/* Print record number @n, counted from 0. */
static void put_record(struct fi_text *t, const struct fi_snapshot *snap, u64 n)
{
	if (n-- == 0)
		return put_header(t, snap);
	if (n < snap->nr_waiters)
		return put_waiter(t, snap, &snap->waiters[n]);
	n -= snap->nr_waiters;
	if (n < snap->nr_spaces)
		return put_space(t, snap, n + 1);
	n -= snap->nr_spaces;
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
	return 1 + snap->nr_waiters + snap->nr_spaces + snap->nr_processes +
	       snap->nr_threads + snap->nr_shared + (snap->error ? 1 : 0) + 1;
}

/* How many records seq_file gets at once: it takes its time for each. */
#define BLOCK	16

static void *format_start(struct seq_file *m, loff_t *pos)
{
	return *pos * BLOCK < nr_records(m->private) ? pos : NULL;
}

static void *format_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return format_start(m, pos);
}

static void format_stop(struct seq_file *m, void *v)
{
}

static int format_show(struct seq_file *m, void *v)
{
	const struct fi_snapshot *snap = m->private;
	u64 first = *(loff_t *)v * BLOCK;
	u64 last = min(first + BLOCK, nr_records(snap));
	struct fi_text text;
	size_t size;
	char *buf;

	size = seq_get_buf(m, &buf);
	if (size < FI_TEXT_PIECE)
		goto full;
	text.pos = buf;
	text.end = buf + size - FI_TEXT_PIECE;
	for (; first < last; first++) {
		put_record(&text, snap, first);
		fi_put_char(&text, '\n');
	}
	if (text.pos >= text.end)
		goto full;
	seq_commit(m, text.pos - buf);
	return 0;
full:
	/* Some of it is missing: seq_file then asks again, with more room. */
	seq_commit(m, -1);
	return 0;
}

/* The snapshot to print is in struct seq_file.private; a position is BLOCK records. */
const struct seq_operations fi_format_ops = {
	.start = format_start,
	.next = format_next,
	.stop = format_stop,
	.show = format_show,
};
