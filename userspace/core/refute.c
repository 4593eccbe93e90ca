// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is known of threads and processes, and refutes a holder that words in memory name.
 *
 * The decoders of locks.c see the words and the call.  Numbers that look like the rest of a
 * lock stand behind many other words, and an id in them is any small number then.
 */
#include "holders.h"
#include "refute.h"

/* Once a pid namespace has given all ids, it goes on from here: kernel/pid.c. */
#define RESERVED_PIDS	300

/*
 * The time asleep is counted from when the thread got a CPU.  It may have run for a while
 * until it slept, and another thread may have taken the lock meanwhile.
 */
#define MAX_RUN_NS	1000000000ULL

static const struct thread *main_thread(const struct snapshot *s, const struct waiter *w)
{
	int t = snapshot_find_thread(s, w->tgid);

	return t < 0 ? NULL : &s->threads[t];
}

/*
 * When its process began; or, as a main thread that has ended is not in the snapshot, when the
 * waiter itself did.  That is later, so that rather too many ids are of others.
 */
static uint64_t start_of_process(const struct snapshot *s, const struct waiter *w)
{
	const struct thread *t = main_thread(s, w) ?: w->thread < 0 ? NULL : &s->threads[w->thread];

	return t && t->known & T_START ? t->start_ns : 0;
}

/* Its locks are its own: not those of a process that it was forked from. */
static bool has_execed(const struct snapshot *s, const struct waiter *w)
{
	return w->process >= 0 && s->processes[w->process].execed == YES;
}

/*
 * An id that a thread of another process has had since before this one began was never that
 * of a thread of this one, as that of its own main thread was, which may have ended.  After a fork it
 * may be that of the thread that had the lock there, unless it is a kernel thread.
 */
static bool is_of_others(const struct snapshot *s, const struct waiter *w)
{
	struct foreign_holder f;

	return find_foreign_holder(s, w, w->lock.owner, &f) && f.tgid != w->tgid &&
	       f.started_by_ns && f.started_by_ns < start_of_process(s, w) &&
	       (has_execed(s, w) || f.kernel_thread);
}

/* Threads have higher ids than their process, unless the ids have begun anew meanwhile. */
static bool is_too_low(const struct snapshot *s, const struct waiter *w)
{
	const struct thread *main = main_thread(s, w);

	return main && has_execed(s, w) && w->lock.owner < RESERVED_PIDS &&
	       w->lock.owner < main->nstid;
}

/* All its users are threads of this process, but for one that has exited and held it. */
static bool has_too_many_users(const struct snapshot *s, const struct waiter *w)
{
	const struct mm *mm = &s->mms[w->mm];

	return has_execed(s, w) && mm->known & M_LIVE && w->lock.users > mm->live + 1;
}

/**
 * is_no_lock() - whether there is no such lock as a waiter's words look like
 * @s: the snapshot, indexed
 * @w: the waiter, of a known mm, for a lock that has an owner
 * @holder: index of the thread that has the owner's id, or -1
 */
bool is_no_lock(const struct snapshot *s, const struct waiter *w, int holder)
{
	if (w->by_syscall || (holder == w->thread && w->lock.knows_owner))
		return true;
	if (!waiter_is_local(w))
		return false;
	if (has_too_many_users(s, w))
		return true;
	return snapshot_find_owner(s, w->mm, w->lock.owner) == -1 &&
	       (is_of_others(s, w) || is_too_low(s, w));
}

/**
 * may_hold_elsewhere() - whether it is likely that a thread which does not map a lock has taken it
 * @f: the thread that has the owner's id
 *
 * The memory may be shared with another pid namespace, where ids are small: a container, whose init
 * is no other process 1.
 */
bool may_hold_elsewhere(const struct foreign_holder *f)
{
	return !f->ended && !f->kernel_thread && f->tid >= RESERVED_PIDS;
}

/**
 * may_have_locked() - whether a thread may have taken the lock that a waiter waits for
 * @s: the snapshot, indexed
 * @w: the waiter
 * @holder: index of the thread that has the owner's id
 *
 * One that was created while the waiter slept has the id of a thread that has exited, or took
 * the lock when another waiter was woken.  Which of both is not known.
 */
bool may_have_locked(const struct snapshot *s, const struct waiter *w, int holder)
{
	const struct thread *t = &s->threads[holder];

	return !(s->known & SNAPSHOT_START) || !(w->known & W_ASLEEP) || !(t->known & T_START) ||
	       t->start_ns + w->asleep_ns <= s->asleep_at_ns + MAX_RUN_NS;
}

/**
 * may_have_moved() - whether a task that has taken a lock may be on another thread by now
 * @s: the snapshot, indexed
 * @w: the waiter
 * @holder: index of the thread that has the owner's id
 *
 * A goroutine may take a lock in one call of C, and release it in another one.  Another goroutine that runs on
 * its first thread meanwhile seems to wait for itself.
 */
bool may_have_moved(const struct snapshot *s, const struct waiter *w, int holder)
{
	return holder == w->thread && w->process >= 0 && s->processes[w->process].moves_tasks;
}

/**
 * may_live_elsewhere() - whether the holder of a shared lock may not map it, and be alive
 * @s: the snapshot, indexed
 * @w: the waiter, of a known thread
 *
 * A snapshot has those threads that map the word.  A thread that has unmapped it can map it
 * again, and release the lock.
 */
bool may_live_elsewhere(const struct snapshot *s, const struct waiter *w)
{
	struct foreign_holder f;

	return !s->source->two_looks || thread_is_in_namespace(&s->threads[w->thread]) ||
	       (find_foreign_holder(s, w, w->lock.owner, &f) && !f.ended);
}

/**
 * ids_may_recur() - whether a lock may hold an id of a pid namespace that is no more
 * @s: the snapshot, indexed
 * @w: the waiter, of a known thread, on a word in shared memory
 *
 * A container that is started again has the low ids again, and a file is still there.
 */
bool ids_may_recur(const struct snapshot *s, const struct waiter *w)
{
	const struct shared *shared = &s->shared[w->shared];

	return thread_is_in_namespace(&s->threads[w->thread]) &&
	       !(shared->known & S_NLINK && !shared->nlink);
}
