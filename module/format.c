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

static const char * const op_names[] = {
	[FUTEX_WAIT] = "FUTEX_WAIT",
	[FUTEX_LOCK_PI] = "FUTEX_LOCK_PI",
	[FUTEX_WAIT_BITSET] = "FUTEX_WAIT_BITSET",
	[FUTEX_WAIT_REQUEUE_PI] = "FUTEX_WAIT_REQUEUE_PI",
	[13] = "FUTEX_LOCK_PI2", /* 5.14, bf22a6976897 */
};

static const char * const syscall_names[] = {
	[FI_SYS_UNKNOWN] = "?",
	[FI_SYS_FUTEX] = "futex",
	[FI_SYS_FUTEX_WAITV] = "futex_waitv",
	[FI_SYS_RESTART] = "restart_syscall",
	[FI_SYS_FUTEX_WAIT] = "futex_wait",
	[FI_SYS_IO_URING_WAIT] = "io_uring",
	[FI_SYS_IO_URING_WAITV] = "io_uring",
};

/* The newer calls have no operation: there the name of the call, or request. */
static const char * const call_op_names[] = {
	[FI_SYS_FUTEX_WAITV] = "futex_waitv",
	[FI_SYS_FUTEX_WAIT] = "futex_wait",
	[FI_SYS_IO_URING_WAIT] = "IORING_OP_FUTEX_WAIT",
	[FI_SYS_IO_URING_WAITV] = "IORING_OP_FUTEX_WAITV",
};

static const char * const timeout_names[] = {
	[FI_TIMEOUT_UNKNOWN] = "?",
	[FI_TIMEOUT_NONE] = "none",
	[FI_TIMEOUT_RELATIVE] = "relative",
	[FI_TIMEOUT_MONOTONIC] = "monotonic",
	[FI_TIMEOUT_REALTIME] = "realtime",
	[FI_TIMEOUT_ABSOLUTE] = "absolute",
};

static const char * const queued_names[] = {
	[FI_QUEUED] = "yes",
	[FI_NOT_QUEUED_STOPPED] = "stopped",
	[FI_NOT_QUEUED_TRACED] = "traced",
	[FI_NOT_QUEUED_FROZEN] = "frozen",
};

static const char * const frozen_names[] = { "no", "v1", "v2" };

/* A key and its value, as most fields are. */
static void put_string(struct fi_text *t, const char *key, const char *value)
{
	fi_put(t, key);
	fi_put(t, value);
}

static void put_number(struct fi_text *t, const char *key, u64 value)
{
	fi_put(t, key);
	fi_put_dec(t, value);
}

static void put_address(struct fi_text *t, const char *key, u64 value)
{
	fi_put(t, key);
	fi_put_hex(t, value, 1);
}

static void put_text(struct fi_text *t, const char *key, const char *value)
{
	fi_put(t, key);
	fi_put_escaped(t, value);
}

static void put_yesno(struct fi_text *t, const char *key, bool value)
{
	put_string(t, key, value ? "yes" : "no");
}

static void put_header(struct fi_text *t, const struct fi_snapshot *snap)
{
	put_number(t, "futexinspect version=", FI_FORMAT_VERSION);
	put_string(t, " module=", THIS_MODULE->version);
	put_text(t, " kernel=", utsname()->release);
	put_text(t, " arch=", utsname()->machine);
	put_string(t, " boot_id=", fi_boot_id);
	put_number(t, " start_ns=", snap->start_ns);
}

static void put_args(struct fi_text *t, const struct fi_waiter *waiter)
{
	const struct fi_call *call = &waiter->call;
	int i;

	put_string(t, " syscall=", syscall_names[call->syscall]);
	if (waiter->is_request) {
		fi_put(t, " args=?");
		return;
	}
	for (i = 0; i < ARRAY_SIZE(call->args); i++)
		put_address(t, i ? ",0x" : " args=0x", call->args[i]);
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
	else
		fi_put(t, " key=private");
}

static void put_flags(struct fi_text *t, unsigned int flags)
{
	fi_put(t, flags ? " flags=" : " flags=-");
	if (flags & FUTEX_PRIVATE_FLAG)
		fi_put(t, "PRIVATE");
	if ((flags & FUTEX_PRIVATE_FLAG) && (flags & ~FUTEX_PRIVATE_FLAG))
		fi_put_char(t, '|');
	if (flags & FUTEX_CLOCK_REALTIME)
		fi_put(t, "CLOCK_REALTIME");
}

static void put_op(struct fi_text *t, const struct fi_call *call)
{
	if (!call->op_known) {
		fi_put(t, " op=? flags=?");
		return;
	}
	if (call->syscall != FI_SYS_FUTEX)
		put_string(t, " op=", call_op_names[call->syscall]);
	else if (call->op < ARRAY_SIZE(op_names) && op_names[call->op])
		put_string(t, " op=", op_names[call->op]);
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

static bool has_word(const struct fi_waiter *waiter, int i)
{
	return waiter->words_read & BIT(i);
}

static void put_value(struct fi_text *t, const struct fi_waiter *waiter)
{
	if (has_word(waiter, FI_WORDS_BEFORE))
		put_number(t, " value=", waiter->words[FI_WORDS_BEFORE]);
	else
		fi_put(t, " value=?");
}

static void put_words(struct fi_text *t, const struct fi_waiter *waiter)
{
	int i;

	if (!waiter->words_read) {
		fi_put(t, " words=?");
		return;
	}
	put_number(t, " words=-", FI_WORDS_BEFORE * sizeof(u32));
	for (i = 0; i < FI_WORDS; i++) {
		fi_put_char(t, i ? ',' : ':');
		if (has_word(waiter, i))
			fi_put_hex(t, waiter->words[i], 8);
		else
			fi_put_char(t, '?');
	}
}

static void put_timeout(struct fi_text *t, const struct fi_call *call)
{
	put_string(t, " timeout=", timeout_names[call->timeout]);
	if (call->timeout == FI_TIMEOUT_NONE)
		fi_put(t, " timeout_ns=-");
	else if (!call->timeout_known)
		fi_put(t, " timeout_ns=?");
	else
		put_number(t, " timeout_ns=", call->timeout_ns);
}

static void put_pi_owner(struct fi_text *t, const struct fi_waiter *waiter)
{
	if (waiter->queued != FI_QUEUED || (waiter->has_pi_state && !waiter->pi_owner))
		fi_put(t, " pi_owner=?");
	else if (!waiter->has_pi_state)
		fi_put(t, " pi_owner=-");
	else
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
	else
		put_yesno(t, " stable=", waiter->stable);
}

/* What is known of the word, and where it is. */
static void put_futex(struct fi_text *t, const struct fi_waiter *waiter)
{
	const struct fi_call *call = &waiter->call;

	if (call->uaddr_known)
		put_address(t, " uaddr=0x", call->uaddr);
	else
		fi_put(t, " uaddr=?");
	if (waiter->waits_on)
		put_address(t, " waits_on=0x", waiter->waits_on);
	else
		fi_put(t, " waits_on=?");
	put_key(t, waiter);
	put_op(t, call);
	put_expected(t, call);
	put_value(t, waiter);
	if (waiter->queued == FI_QUEUED) {
		fi_put(t, " bitset=0x");
		fi_put_hex(t, waiter->bitset, 8);
	} else {
		fi_put(t, " bitset=?");
	}
}

static void put_waiter(struct fi_text *t, const struct fi_waiter *waiter)
{
	put_number(t, "waiter tid=", waiter->tid);
	put_number(t, " tgid=", waiter->tgid);
	put_text(t, " comm=", waiter->comm);
	if (waiter->space)
		put_number(t, " mm=", waiter->space);
	else
		fi_put(t, " mm=?");
	put_args(t, waiter);
	put_futex(t, waiter);
	put_timeout(t, &waiter->call);
	put_asleep(t, waiter);
	put_words(t, waiter);
	put_pi_owner(t, waiter);
	put_string(t, " queued=", queued_names[waiter->queued]);
}

static void put_live_threads(struct fi_text *t, const struct fi_snapshot *snap,
			     const struct fi_space *space)
{
	size_t i = space->first_thread;
	pid_t first, last;

	fi_put(t, i ? " live_threads=" : " live_threads=-");
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

static void put_thread(struct fi_text *t, const struct fi_thread *thread)
{
	put_number(t, "thread tid=", thread->tid);
	put_number(t, " tgid=", thread->tgid);
	put_text(t, " comm=", thread->comm);
	put_number(t, " mm=", thread->space);
	fi_put(t, " state=");
	fi_put_char(t, thread->state);
	if (thread->traced)
		put_number(t, " tracer=", thread->tracer);
	else
		fi_put(t, " tracer=-");
	put_number(t, " nvcsw=", thread->nvcsw);
	put_number(t, " nivcsw=", thread->nivcsw);
	put_number(t, " start_ns=", thread->start_ns);
	put_number(t, " nstid=", thread->nstid);
	put_string(t, " frozen=", frozen_names[(int)thread->frozen]);
	put_yesno(t, " exiting=", thread->exiting);
	put_yesno(t, " io_worker=", thread->io_worker);
	put_address(t, " clear_child_tid=0x", thread->clear_child_tid);
	put_yesno(t, " robust_list=", thread->robust_list);
	put_yesno(t, " io_uring=", thread->io_uring);
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
	fi_put(t, shared->nr_maps ? " mms=" : " mms=?");
	for (i = 0; i < shared->nr_maps; i++)
		put_number(t, i ? "," : "", snap->maps[shared->first_map + i]);
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

/* Print record number @n, which fi_format_ops counts from 0. */
static void put_record(struct fi_text *t, const struct fi_snapshot *snap, u64 n)
{
	if (n-- == 0)
		return put_header(t, snap);
	if (n < snap->nr_waiters)
		return put_waiter(t, &snap->waiters[n]);
	n -= snap->nr_waiters;
	if (n < snap->nr_spaces)
		return put_space(t, snap, n + 1);
	n -= snap->nr_spaces;
	if (n < snap->nr_processes)
		return put_process(t, &snap->processes[n]);
	n -= snap->nr_processes;
	if (n < snap->nr_threads)
		return put_thread(t, &snap->threads[n]);
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

static void *format_start(struct seq_file *m, loff_t *pos)
{
	return *pos < nr_records(m->private) ? pos : NULL;
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
	struct fi_text text;
	size_t size;
	char *buf;

	size = seq_get_buf(m, &buf);
	text.pos = buf;
	text.end = buf + size;
	put_record(&text, m->private, *(loff_t *)v);
	fi_put_char(&text, '\n');
	/* What fills the buffer may have been cut: seq_file then asks again, with more. */
	seq_commit(m, text.pos < text.end ? text.pos - buf : -1);
	return 0;
}

/* The snapshot to print is in struct seq_file.private; a position is a record. */
const struct seq_operations fi_format_ops = {
	.start = format_start,
	.next = format_next,
	.stop = format_stop,
	.show = format_show,
};
