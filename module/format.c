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

#define FI_FORMAT_VERSION	1

/* Every byte that is not from '!' to '~', and the backslash. */
static const char unsafe[] =
	"\001\002\003\004\005\006\007\010\011\012\013\014\015\016\017\020"
	"\021\022\023\024\025\026\027\030\031\032\033\034\035\036\037 \\\177"
	"\200\201\202\203\204\205\206\207\210\211\212\213\214\215\216\217"
	"\220\221\222\223\224\225\226\227\230\231\232\233\234\235\236\237"
	"\240\241\242\243\244\245\246\247\250\251\252\253\254\255\256\257"
	"\260\261\262\263\264\265\266\267\270\271\272\273\274\275\276\277"
	"\300\301\302\303\304\305\306\307\310\311\312\313\314\315\316\317"
	"\320\321\322\323\324\325\326\327\330\331\332\333\334\335\336\337"
	"\340\341\342\343\344\345\346\347\350\351\352\353\354\355\356\357"
	"\360\361\362\363\364\365\366\367\370\371\372\373\374\375\376\377";

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

static void put_text(struct seq_file *m, const char *key, const char *text)
{
	seq_printf(m, " %s=", key);
	seq_escape(m, text, unsafe);
}

static void put_address(struct seq_file *m, const char *key, bool known, unsigned long addr)
{
	if (known)
		seq_printf(m, " %s=0x%lx", key, addr);
	else
		seq_printf(m, " %s=?", key);
}

static void put_header(struct seq_file *m, const struct fi_snapshot *snap)
{
	seq_printf(m, "futexinspect version=%d module=%s kernel=%s arch=%s boot_id=%s start_ns=%llu\n",
		   FI_FORMAT_VERSION, THIS_MODULE->version, utsname()->release,
		   utsname()->machine, fi_boot_id, snap->start_ns);
}

static void put_args(struct seq_file *m, const struct fi_waiter *waiter)
{
	const struct fi_call *call = &waiter->call;

	if (waiter->is_request) {
		seq_printf(m, " syscall=%s args=?", syscall_names[call->syscall]);
		return;
	}
	seq_printf(m, " syscall=%s args=0x%lx,0x%lx,0x%lx,0x%lx,0x%lx,0x%lx",
		   syscall_names[call->syscall], call->args[0], call->args[1],
		   call->args[2], call->args[3], call->args[4], call->args[5]);
}

static void put_inode_key(struct seq_file *m, const union futex_key *key)
{
	seq_printf(m, " key=shared-inode:%llu:%llu", key->shared.i_seq,
		   ((u64)key->shared.pgoff << PAGE_SHIFT) + (key->shared.offset & ~3U));
}

static void put_key(struct seq_file *m, const struct fi_waiter *waiter)
{
	const union futex_key *key = &waiter->key;

	if (waiter->queued != FI_QUEUED)
		seq_puts(m, " key=?");
	else if (key->both.offset & FUT_OFF_INODE)
		put_inode_key(m, key);
	else if (key->both.offset & FUT_OFF_MMSHARED)
		seq_puts(m, " key=shared-mm");
	else
		seq_puts(m, " key=private");
}

static void put_flags(struct seq_file *m, unsigned int flags)
{
	seq_puts(m, " flags=");
	if (!flags)
		seq_putc(m, '-');
	if (flags & FUTEX_PRIVATE_FLAG)
		seq_puts(m, "PRIVATE");
	if ((flags & FUTEX_PRIVATE_FLAG) && (flags & ~FUTEX_PRIVATE_FLAG))
		seq_putc(m, '|');
	if (flags & FUTEX_CLOCK_REALTIME)
		seq_puts(m, "CLOCK_REALTIME");
}

static void put_op(struct seq_file *m, const struct fi_call *call)
{
	if (!call->op_known) {
		seq_puts(m, " op=? flags=?");
		return;
	}
	if (call->syscall != FI_SYS_FUTEX)
		seq_printf(m, " op=%s", call_op_names[call->syscall]);
	else if (call->op < ARRAY_SIZE(op_names) && op_names[call->op])
		seq_printf(m, " op=%s", op_names[call->op]);
	else
		seq_printf(m, " op=%u", call->op);
	put_flags(m, call->flags);
}

static void put_expected(struct seq_file *m, const struct fi_call *call)
{
	switch (call->expected_known) {
	case FI_KNOWN:
		seq_printf(m, " expected=%u", call->expected);
		break;
	case FI_NONE:
		seq_puts(m, " expected=-");
		break;
	case FI_UNKNOWN:
		seq_puts(m, " expected=?");
		break;
	}
}

static void put_word(struct seq_file *m, const struct fi_waiter *waiter, int i,
		     const char *format)
{
	if (waiter->words_read & BIT(i))
		seq_printf(m, format, waiter->words[i]);
	else
		seq_putc(m, '?');
}

static void put_words(struct seq_file *m, const struct fi_waiter *waiter)
{
	int i;

	if (!waiter->words_read) {
		seq_puts(m, " words=?");
		return;
	}
	seq_printf(m, " words=%d:", -FI_WORDS_BEFORE * (int)sizeof(u32));
	for (i = 0; i < FI_WORDS; i++) {
		if (i)
			seq_putc(m, ',');
		put_word(m, waiter, i, "%08x");
	}
}

static void put_timeout(struct seq_file *m, const struct fi_call *call)
{
	seq_printf(m, " timeout=%s", timeout_names[call->timeout]);
	if (call->timeout == FI_TIMEOUT_NONE)
		seq_puts(m, " timeout_ns=-");
	else if (!call->timeout_known)
		seq_puts(m, " timeout_ns=?");
	else
		seq_printf(m, " timeout_ns=%llu", call->timeout_ns);
}

static void put_pi_owner(struct seq_file *m, const struct fi_waiter *waiter)
{
	if (waiter->queued != FI_QUEUED)
		seq_puts(m, " pi_owner=?");
	else if (!waiter->has_pi_state)
		seq_puts(m, " pi_owner=-");
	else if (!waiter->pi_owner)
		seq_puts(m, " pi_owner=?");
	else
		seq_printf(m, " pi_owner=%d", waiter->pi_owner);
}

static void put_waiter(struct seq_file *m, const struct fi_waiter *waiter)
{
	const struct fi_call *call = &waiter->call;

	seq_printf(m, "waiter tid=%d tgid=%d", waiter->tid, waiter->tgid);
	put_text(m, "comm", waiter->comm);
	if (waiter->space)
		seq_printf(m, " mm=%u", waiter->space);
	else
		seq_puts(m, " mm=?");
	put_args(m, waiter);
	put_address(m, "uaddr", call->uaddr_known, call->uaddr);
	put_address(m, "waits_on", waiter->waits_on, waiter->waits_on);
	put_key(m, waiter);
	put_op(m, call);
	put_expected(m, call);
	seq_puts(m, " value=");
	put_word(m, waiter, FI_WORDS_BEFORE, "%u");
	if (waiter->queued == FI_QUEUED)
		seq_printf(m, " bitset=0x%08x", waiter->bitset);
	else
		seq_puts(m, " bitset=?");
	put_timeout(m, call);
	if (waiter->asleep_ns == FI_TIME_UNKNOWN)
		seq_puts(m, " asleep_ns=?");
	else
		seq_printf(m, " asleep_ns=%llu", waiter->asleep_ns);
	if (waiter->is_request)
		seq_puts(m, " stable=?");
	else
		seq_printf(m, " stable=%s", waiter->stable ? "yes" : "no");
	put_words(m, waiter);
	put_pi_owner(m, waiter);
	seq_printf(m, " queued=%s\n", queued_names[waiter->queued]);
}

static void put_live_threads(struct seq_file *m, const struct fi_snapshot *snap,
			     const struct fi_space *space)
{
	size_t i = space->first_thread;
	pid_t first, last;

	seq_puts(m, " live_threads=");
	if (!i)
		seq_putc(m, '-');
	while (i) {
		first = snap->threads[i - 1].tid;
		last = first;
		i = snap->threads[i - 1].next_in_space;
		while (i && snap->threads[i - 1].tid == last + 1) {
			last++;
			i = snap->threads[i - 1].next_in_space;
		}
		seq_printf(m, first == last ? "%d" : "%d-%d", first, last);
		if (i)
			seq_putc(m, ',');
	}
}

static void put_space(struct seq_file *m, const struct fi_snapshot *snap, unsigned int id)
{
	const struct fi_space *space = &snap->spaces[id - 1];

	seq_printf(m, "mm id=%u live=%u", id, space->live);
	put_live_threads(m, snap, space);
	seq_printf(m, " hidden=%u\n", space->hidden);
}

static void put_process(struct seq_file *m, const struct fi_process *process)
{
	seq_printf(m, "process tgid=%d ppid=%d", process->tgid, process->ppid);
	put_text(m, "comm", process->comm);
	seq_printf(m, " mm=%u execed=%s caught=0x%llx", process->space,
		   process->execed ? "yes" : "no", process->caught);
	seq_printf(m, " timers=%s pid_ns=%u", process->timers ? "yes" : "no", process->pid_ns);
	put_text(m, "cgroup", process->cgroup ?: "?");
	seq_putc(m, '\n');
}

static const char * const frozen_names[] = { "no", "v1", "v2" };

static void put_thread(struct seq_file *m, const struct fi_thread *thread)
{
	seq_printf(m, "thread tid=%d tgid=%d", thread->tid, thread->tgid);
	put_text(m, "comm", thread->comm);
	seq_printf(m, " mm=%u state=%c", thread->space, thread->state);
	if (thread->traced)
		seq_printf(m, " tracer=%d", thread->tracer);
	else
		seq_puts(m, " tracer=-");
	seq_printf(m, " nvcsw=%lu nivcsw=%lu start_ns=%llu", thread->nvcsw,
		   thread->nivcsw, thread->start_ns);
	seq_printf(m, " nstid=%d frozen=%s exiting=%s io_worker=%s", thread->nstid,
		   frozen_names[(int)thread->frozen], thread->exiting ? "yes" : "no",
		   thread->io_worker ? "yes" : "no");
	seq_printf(m, " clear_child_tid=0x%lx robust_list=%s\n", thread->clear_child_tid,
		   thread->robust_list ? "yes" : "no");
}

static void put_shared(struct seq_file *m, const struct fi_snapshot *snap,
		       const struct fi_shared *shared)
{
	size_t i;

	seq_puts(m, "shared");
	put_inode_key(m, &shared->key);
	if (shared->known)
		seq_printf(m, " dev=%u:%u ino=%lu nlink=%u", MAJOR(shared->dev),
			   MINOR(shared->dev), shared->ino, shared->nlink);
	else
		seq_puts(m, " dev=? ino=? nlink=?");
	seq_puts(m, " mms=");
	for (i = 0; i < shared->nr_maps; i++)
		seq_printf(m, i ? ",%u" : "%u", snap->maps[shared->first_map + i]);
	seq_printf(m, "%s complete=%s\n", shared->nr_maps ? "" : "?",
		   shared->complete ? "yes" : "no");
}

static void put_error(struct seq_file *m, const char *what)
{
	seq_puts(m, "error");
	put_text(m, "what", what);
	seq_putc(m, '\n');
}

static void put_end(struct seq_file *m, const struct fi_snapshot *snap)
{
	seq_printf(m, "end waiters=%zu mms=%zu processes=%zu threads=%zu hidden=%zu errors=%d end_ns=%llu shared=%zu\n",
		   snap->nr_waiters, snap->nr_spaces, snap->nr_processes,
		   snap->nr_threads, snap->hidden, snap->error ? 1 : 0, snap->end_ns,
		   snap->nr_shared);
}

/* Print record number @n, which fi_format_ops counts from 0. */
static void put_record(struct seq_file *m, const struct fi_snapshot *snap, u64 n)
{
	if (n-- == 0)
		return put_header(m, snap);
	if (n < snap->nr_waiters)
		return put_waiter(m, &snap->waiters[n]);
	n -= snap->nr_waiters;
	if (n < snap->nr_spaces)
		return put_space(m, snap, n + 1);
	n -= snap->nr_spaces;
	if (n < snap->nr_processes)
		return put_process(m, &snap->processes[n]);
	n -= snap->nr_processes;
	if (n < snap->nr_threads)
		return put_thread(m, &snap->threads[n]);
	n -= snap->nr_threads;
	if (n < snap->nr_shared)
		return put_shared(m, snap, &snap->shared[n]);
	n -= snap->nr_shared;
	if (snap->error && n-- == 0)
		return put_error(m, snap->error);
	put_end(m, snap);
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
	put_record(m, m->private, *(loff_t *)v);
	return 0;
}

/* The snapshot to print is in struct seq_file.private; a position is a record. */
const struct seq_operations fi_format_ops = {
	.start = format_start,
	.next = format_next,
	.stop = format_stop,
	.show = format_show,
};
