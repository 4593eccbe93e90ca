// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads what the waiters have in their memory: the futex words and the words around
 * them, the timeouts, and the instructions that make the calls of stopped waiters.
 */
#include <linux/completion.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/workqueue.h>

#include "compat/syscall_abi.h"
#include "compat/untagged.h"
#include "shared.h"
#include "snapshot.h"
#include "user_memory.h"
#include "words.h"

/* How many waiters are read while the mappings are locked. */
#define FI_WORDS_BATCH	64

static struct workqueue_struct *words_wq;

/**
 * struct words_work - what the worker does, and how far it is
 * @work: queued on words_wq
 * @done: the worker has returned
 * @stop: the worker is to return soon
 * @snap: the snapshot
 * @mm: index of the mm whose waiters are read
 * @next: index + 1 of the waiter of @mm to go on with; 0 for the first one
 */
struct words_work {
	struct work_struct work;
	struct completion done;
	bool stop;
	struct fi_snapshot *snap;
	size_t mm;
	unsigned int next;
};

/**
 * struct reader - the waiters of an mm, while their memory is read
 * @snap: the snapshot
 * @user: the memory of the mm
 * @last: the waiter whose words were last read, or NULL
 * @words: room for a window of words, which may be read as pairs
 */
struct reader {
	struct fi_snapshot *snap;
	struct fi_user_memory user;
	const struct fi_waiter *last;
	u32 words[FI_WORDS] __aligned(sizeof(u64));
};

/**
 * fi_words_init() - prepare fi_read_words()
 *
 * Context: process; may sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int __init fi_words_init(void)
{
	words_wq = alloc_workqueue("futexinspect", WQ_UNBOUND, 0);
	return words_wq ? 0 : -ENOMEM;
}

/**
 * fi_words_exit() - undo fi_words_init()
 *
 * Context: process; may sleep.
 */
void fi_words_exit(void)
{
	destroy_workqueue(words_wq);
}

/* Whether any word of a window is not 0. */
static bool is_any_set(const u32 *words)
{
	const u64 *pairs = (const u64 *)words;
	u64 all = 0;
	int i;

#pragma GCC unroll 8
	for (i = 0; i < FI_WORDS / 2; i++)
		all |= pairs[i];
	return all;
}

/* Keep the words that were read and are not 0; may_go_on() has seen that they fit. */
static void keep_words(struct fi_snapshot *snap, struct fi_waiter *waiter, const u32 *words)
{
	const u32 *word = words + __ffs(waiter->words_read);
	const u32 *end = words + fls(waiter->words_read);

	waiter->first_word = snap->nr_words;
	/* Of a lock that is just a futex, all words are often 0. */
	if (waiter->words_read == FI_ALL_WORDS && !is_any_set(words))
		return;
	for (; word != end; word++) {
		if (!*word)
			continue;
		waiter->words_set |= BIT(word - words);
		snap->words[snap->nr_words++] = *word;
	}
}

/*
 * Read the words around a futex at @addr. Often many threads wait on one word and follow
 * each other; then its words are read and kept once.
 */
static void read_words(struct reader *reader, struct fi_waiter *waiter, unsigned long addr)
{
	const struct fi_waiter *last = reader->last;

	if (last && last->waits_on == waiter->waits_on) {
		waiter->words_read = last->words_read;
		waiter->words_set = last->words_set;
		waiter->first_word = last->first_word;
		return;
	}
	waiter->words_read = fi_user_read_words(&reader->user, reader->words, FI_WORDS,
						FI_WORDS_BEFORE, addr);
	if (waiter->words_read)
		keep_words(reader->snap, waiter, reader->words);
	reader->last = waiter;
}

/* Read a struct timespec. Return false if it cannot be read. */
static bool read_timespec(struct fi_user_memory *user, unsigned long addr, bool time32,
			  s64 *sec, s64 *nsec)
{
	s32 time[2];
	s64 time64[2];

	if (!time32) {
		if (!fi_user_read(user, time64, addr, sizeof(time64)))
			return false;
		*sec = time64[0];
		*nsec = time64[1];
		return true;
	}
	if (!fi_user_read(user, time, addr, sizeof(time)))
		return false;
	*sec = time[0];
	*nsec = time[1];
	return true;
}

/* Read the timeout of a waiter, a struct timespec at @addr. */
static void read_timeout(struct fi_waiter *waiter, struct fi_user_memory *user,
			 unsigned long addr)
{
	s64 sec, nsec;

	/* Outside the bounds of timespec64_valid() it has been overwritten. */
	if (!read_timespec(user, addr, waiter->call.time32, &sec, &nsec) ||
	    sec < 0 || sec > KTIME_SEC_MAX || nsec < 0 || nsec >= NSEC_PER_SEC)
		return;
	waiter->call.timeout_ns = sec * NSEC_PER_SEC + nsec;
	waiter->call.timeout_known = true;
}

/* Whether the instruction at @addr makes a system call. */
static bool makes_call(struct fi_user_memory *user, unsigned long addr)
{
	u32 insn;

	return fi_user_read(user, &insn, addr, sizeof(insn)) && insn == FI_CALL_INSN;
}

/* Read all that a waiter has in its memory. */
static void read_waiter(struct reader *reader, struct fi_waiter *waiter)
{
	struct fi_user_memory *user = &reader->user;
	unsigned long addr;

	if (waiter->waits_on || waiter->call.uaddr_known) {
		addr = fi_untagged(user->mm, waiter->waits_on ?: waiter->call.uaddr);
		if (fi_user_find_vma(user, addr, sizeof(u32))) {
			/* The key of an inode does not hold the address of the word. */
			if (!waiter->waits_on)
				waiter->waits_on = fi_shared_address(waiter, user->vma);
			if (waiter->waits_on)
				read_words(reader, waiter, addr);
		}
	}
	if (waiter->queued != FI_QUEUED && waiter->insn && makes_call(user, waiter->insn))
		waiter->insn = 0;
	if (!waiter->call.timeout_known && waiter->call.timeout_addr)
		read_timeout(waiter, user, fi_untagged(user->mm, waiter->call.timeout_addr));
}

/*
 * Read the next waiters of an mm, from index + 1 @i on. Return where to go on, in the same
 * form. If the mappings cannot be locked at once, these waiters stay unknown.
 */
static unsigned int read_batch(struct reader *reader, unsigned int i)
{
	bool locked = fi_user_trylock(&reader->user);
	unsigned int nr;

	for (nr = 0; i && nr < FI_WORDS_BATCH; nr++) {
		struct fi_waiter *waiter = &reader->snap->waiters[i - 1];

		if (locked)
			read_waiter(reader, waiter);
		i = waiter->next_in_mm;
	}
	reader->last = NULL;
	if (locked)
		fi_user_unlock(&reader->user);
	return i;
}

/* Whether the worker may read another batch: the words fit, and the reader still waits. */
static bool may_go_on(const struct words_work *words)
{
	const struct fi_snapshot *snap = words->snap;

	return snap->max_words - snap->nr_words >= FI_WORDS_BATCH * FI_WORDS &&
	       !READ_ONCE(words->stop);
}

/* Read the waiters of an mm. Return whether that is done; if not, @words->next is set. */
static bool read_mm(struct words_work *words)
{
	struct fi_snapshot *snap = words->snap;
	const struct fi_mm *mm = &snap->mms[words->mm];
	unsigned int i = words->next ?: mm->waiters;
	struct reader reader;

	words->next = 0;
	if (!i || !mmget_not_zero(mm->mm))
		return true;
	reader.snap = snap;
	reader.last = NULL;
	fi_user_open(&reader.user, mm->mm, mm->nr_waiters);
	while (i && may_go_on(words)) {
		i = read_batch(&reader, i);
		cond_resched();
	}
	fi_user_close(&reader.user);
	/* This may be the last user by now. Another worker tears the mm down. */
	mmput_async(mm->mm);
	words->next = i;
	return !i;
}

static void words_fn(struct work_struct *work)
{
	struct words_work *words = container_of(work, struct words_work, work);

	while (words->mm < words->snap->nr_mms && read_mm(words))
		words->mm++;
	complete(&words->done);
}

/*
 * Let the worker read on until it returns. Return 0; -ERESTARTSYS if a signal is pending. It may
 * not even begin, as where a real-time thread has its CPU: then it need not any more.
 */
static int run_worker(struct words_work *words)
{
	int err;

	init_completion(&words->done);
	queue_work(words_wq, &words->work);
	err = wait_for_completion_interruptible(&words->done);
	if (err)
		WRITE_ONCE(words->stop, true);
	cancel_work_sync(&words->work);
	return err;
}

/**
 * fi_read_words() - read the words of all waiters, as far as possible
 * @snap: its waiters must be linked into the lists of their mms
 *
 * A worker does it, since only a kernel thread may use the mm of another process
 * (kthread_use_mm()). The memory is allocated here, because what a worker allocates is
 * charged to nobody. Each time the worker runs out of room, that is doubled.
 *
 * Context: process; sleeps until the worker is done, or a signal is pending.
 *
 * Return: 0; -ENOMEM; -ERESTARTSYS if a signal is pending.
 */
int fi_read_words(struct fi_snapshot *snap)
{
	struct words_work words = { .snap = snap };
	int err = 0;

	INIT_WORK_ONSTACK(&words.work, words_fn);
	while (!err && words.mm < snap->nr_mms) {
		err = fi_reserve(snap, &snap->words, snap->nr_words, FI_WORDS_BATCH * FI_WORDS,
				 sizeof(*snap->words), &snap->max_words);
		if (!err)
			err = run_worker(&words);
	}
	destroy_work_on_stack(&words.work);
	/* The words that there is no room for stay unknown. */
	return err == -ENOSPC ? 0 : err;
}
