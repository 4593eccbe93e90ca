// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a thread waits for, and which thread holds it, by the words around the futex.
 *
 * No lock says what it is.  So a decoder recognises a kind of lock by more than one sign,
 * and refuses if any is missing: a waiter without a known holder is judged by its mm alone,
 * but one with a wrong holder is judged wrongly.
 *
 * To add a kind, write a function and add it to decoders[], or to last_decoders[].
 * A new name has its row in primitives[].  A kind without a holder (a condition variable,
 * a parked thread of a pool) does not set the owner: it is only shown.
 * Documentation/adding-a-decoder.rst has the steps, with an example.
 *
 * Offsets are in bytes from the futex word, in 64-bit programs if nothing else is said.
 */
#include <linux/futex.h>
#include <string.h>
#include <time.h>

#include "array.h"
#include "snapshot.h"

/* FUTEX_WAITERS of linux/futex.h: in the words of PI and robust locks. */
#define WAITERS		0x80000000U

/* In the lock of musl's FILE. */
#define MUSL_FILE_WAITERS	0x40000000U

/* More waits than a condition variable will see, and less than most 64-bit addresses. */
#define MAX_WAITS	(1ULL << 40)

const struct primitive_info primitives[NR_PRIMITIVES] = {
	[PTHREAD_MUTEX]		= { "pthread_mutex", .is_lock = true },
	[ROBUST_MUTEX]		= { "robust pthread_mutex", .is_lock = true },
	[PI_MUTEX]		= { "PI pthread_mutex", .is_lock = true },
	[PI_FUTEX]		= { "PI futex", .is_lock = true },
	[PTHREAD_RWLOCK]	= { "pthread_rwlock", .is_lock = true },
	[PTHREAD_ONCE]		= { "pthread_once", .is_lock = true },
	/* The same, but its only sign is a number, which may be that of an event, too. */
	[ONCE_BY_NUMBER]	= { "pthread_once" },
	[STATIC_GUARD]		= { "C++ static guard", .is_lock = true },
	[PTHREAD_JOIN]		= { "pthread_join", .is_lock = true },
	[CLEAR_CHILD_TID]	= { "clear_child_tid", .is_lock = true },
	[STDIO_LOCK]		= { "stdio lock", .is_lock = true },
	[LOW_LEVEL_LOCK]	= { "low-level lock", .is_lock = true },
	[LIBC_LOCK]		= { "libc lock", .is_lock = true },
	/* No decoder: its words are those of a condition variable.  See sources/gil.c. */
	[CPYTHON_GIL]		= { "CPython GIL", .is_lock = true },
	/* What is waited for: see sources/setxid.c. */
	[SETXID]		= { "setxid", .is_lock = true },
	[RUST_MUTEX]		= { "rust mutex", .is_lock = true },
	[RUST_RWLOCK]		= { "rust rwlock", .is_lock = true },
	[GO_LOCK]		= { "go lock", .is_lock = true },
	[QMUTEX]		= { "QMutex", .is_lock = true },
	[PTHREAD_COND_DESTROY]	= { "pthread_cond_destroy", .is_lock = true },
	[PTHREAD_COND]		= { "pthread_cond" },
	[PTHREAD_BARRIER]	= { "pthread_barrier" },
	[GOMP_BARRIER]		= { "libgomp barrier" },
	[SEM]			= { "sem_t" },
	/* Python's locks, by which its conditions, events and queues are made, too. */
	[PY_MUTEX]		= { "PyMutex" },
	[STD_FUTURE]		= { "std::future" },
	[RUST_PARK]		= { "rust park" },
	[PARKING_LOT_PARK]	= { "parking_lot park" },
	[GO_NOTE]		= { "go note" },
};

const struct words zero_words = { .known = (1U << NR_WORDS) - 1 };

/**
 * waiter_word() - get one of the words around a waiter's futex
 * @w: the waiter
 * @offset: of the word from the futex in bytes, a multiple of 4
 * @word: receives it
 *
 * Return: whether it is known.
 */
bool waiter_word(const struct waiter *w, int offset, uint32_t *word)
{
	int n = WORDS_BEFORE + offset / 4;

	if (!w->words || n < 0 || n >= NR_WORDS || !(w->words->known & 1U << n))
		return false;
	*word = w->words->word[n];
	return true;
}

/* Two words as one number: all architectures here are little-endian. */
static bool waiter_long(const struct waiter *w, int offset, uint64_t *value)
{
	uint32_t low, high;

	if (!waiter_word(w, offset, &low) || !waiter_word(w, offset + 4, &high))
		return false;
	*value = (uint64_t)high << 32 | low;
	return true;
}

static bool word_is(const struct waiter *w, int offset, uint32_t value)
{
	uint32_t word;

	return waiter_word(w, offset, &word) && word == value;
}

/* Any wake on the word ends the wait, as in locks that have no queues of their own. */
static bool any_wake(const struct waiter *w)
{
	return w->known & W_BITSET && w->bitset == FUTEX_BITSET_MATCH_ANY;
}

/* With no flag but FUTEX_PRIVATE_FLAG, or without that as well. */
static bool no_clock_flag(const struct waiter *w)
{
	return w->known & W_FLAGS && !(w->flags & ~WAIT_PRIVATE);
}

/* FUTEX_WAIT, as lll_lock(), musl and Go use it. */
static bool plain_wait(const struct waiter *w)
{
	return w->opcode == OP_WAIT && any_wake(w) && no_clock_flag(w);
}

/* FUTEX_WAIT_BITSET with any bit: what waits with an absolute timeout uses it. */
static bool bitset_wait(const struct waiter *w)
{
	return w->opcode == OP_WAIT_BITSET && any_wake(w);
}

/*
 * How glibc from 2.25 on waits for a time on some clock, and for good: as if until a time on
 * CLOCK_REALTIME (futex_abstimed_wait() in sysdeps/nptl/futex-internal.h).
 */
static bool abstimed_wait(const struct waiter *w)
{
	return bitset_wait(w) && w->known & W_FLAGS &&
	       (w->flags & WAIT_REALTIME || w->timeout == TIMEOUT_MONOTONIC);
}

/* How lll_lock() waits, and lll_timedlock(), whose timeout is absolute. */
static bool lll_wait(const struct waiter *w)
{
	return plain_wait(w) || (bitset_wait(w) && w->timeout > TIMEOUT_NONE);
}

/* The caller expected @value, and the word holds it still. */
static bool waits_while(const struct waiter *w, uint32_t value)
{
	return w->known & W_EXPECTED && w->expected == value && word_is(w, 0, value);
}

/* A number of threads, at least one. */
static bool is_count(uint32_t nr)
{
	return nr && nr <= MAX_TID;
}

/* An address of user space. */
static bool is_pointer(uint64_t val)
{
	return val > 1 << 16 && val < 1ULL << 56;
}

/* The pointer to a structure, if there is one. */
static bool is_link(uint64_t val)
{
	return !val || (is_pointer(val) && !(val & 7));
}

/*
 * Where programs have memory: below 4 GiB, or far above.  Two numbers side by side, such as an id
 * and a count, look like an address in between.
 */
static bool is_address(uint64_t val)
{
	return is_pointer(val) && (!(val >> 32) || val >> 36);
}

/* With FUTEX_PRIVATE_FLAG, and with no other flag. */
static bool is_private(const struct waiter *w)
{
	return w->known & W_FLAGS && w->flags == WAIT_PRIVATE;
}

/* With FUTEX_PRIVATE_FLAG, or without: @value. */
static bool private_flag_is(const struct waiter *w, bool value)
{
	return w->known & W_FLAGS && !!(w->flags & WAIT_PRIVATE) == value;
}

/*
 * The futex is at @offset in a structure with members of 64 bits, which 32-bit programs align
 * to 4 bytes.  Where its address is not known, nothing speaks against that.
 */
static bool is_aligned(const struct waiter *w, int offset)
{
	return !(w->known & W_WAITS_ON) || (w->waits_on - offset) % (w->is_32bit ? 4 : 8) == 0;
}

static bool are_zero(const struct waiter *w, int from, int to)
{
	for (int offset = from; offset < to; offset += 4) {
		if (!word_is(w, offset, 0))
			return false;
	}
	return true;
}

/* A link of a robust list, where bit 0 says that the next mutex is a PI mutex. */
static bool is_robust_link(const struct waiter *w, int offset)
{
	uint64_t link;

	return waiter_long(w, offset, &link) && is_pointer(link) && is_link(link & ~1ULL);
}

/* Both links of a list in which the structure is. */
static bool is_listed(const struct waiter *w, int prev_at, int next_at)
{
	uint64_t prev, next;

	return waiter_long(w, prev_at, &prev) && prev && is_link(prev) &&
	       waiter_long(w, next_at, &next) && next && is_link(next);
}

/* What names no holder. */
static bool recognised(struct lock *lock, enum primitive primitive)
{
	*lock = (struct lock){ .primitive = primitive, .owner = PID_UNKNOWN };
	return true;
}

static bool held(struct lock *lock, enum primitive primitive, pid_t owner)
{
	lock->primitive = primitive;
	lock->owner = owner;
	return true;
}

/* What waits until enough threads have come. */
static bool counted(struct lock *lock, uint32_t come, uint32_t needed)
{
	lock->nr_come = come;
	lock->nr_needed = needed;
	return true;
}

/*
 * glibc's pthread_mutex_t, from 2.17 to 2.41 (the struct_mutex.h of x86-64 and of others,
 * nptl/pthread_mutex_lock.c):
 *
 *	int __lock@0		0 free, 1 locked, 2 locked with waiters
 *	unsigned __count@4	depth of a recursive one; 1 of a robust, PI or ceiling
 *				one; else 0
 *	int __owner@8		tid; stored after the lock is acquired, cleared before
 *				it is released
 *	unsigned __nusers@12	the owner and the threads in pthread_cond_wait()
 *	int __kind@16		a type, 16 robust, 32 PI, 64 with a ceiling, 128 shared,
 *				512 not to be elided; while it is elided (256), no owner
 *				is stored
 *	int __spins@20		of an adaptive one; else 0
 *	__pthread_list_t __list@24	links of the owner's robust list; else 0
 *
 * In 32-bit programs __kind@12 and __nusers@16, and @20 is __spins or, of a robust one, the only
 * link.
 */
enum {
	MUTEX_NORMAL,
	MUTEX_RECURSIVE,
	MUTEX_ERRORCHECK,
	MUTEX_ADAPTIVE,
	MUTEX_TYPES		= 3,
	MUTEX_ROBUST		= 16,
	MUTEX_PI		= 32,
	MUTEX_CEILING		= 64,
	MUTEX_SHARED		= 128,
	MUTEX_NO_ELISION	= 512,
};

/* The largest value of the tunable glibc.pthread.mutex_spin_count. */
#define MAX_SPINS	32767

/* A robust mutex is shared (pthread_mutex_init()), and shared ones wait without the flag. */
static bool is_mutex_kind(const struct waiter *w, uint32_t protocol, uint32_t kind)
{
	const uint32_t options = MUTEX_TYPES | MUTEX_SHARED | MUTEX_NO_ELISION;

	return (kind & ~options) == protocol && private_flag_is(w, !(kind & MUTEX_SHARED)) &&
	       (kind & MUTEX_SHARED || !(protocol & MUTEX_ROBUST));
}

static bool is_mutex_tail(const struct waiter *w, uint32_t protocol, uint32_t kind)
{
	bool adaptive = !protocol && (kind & MUTEX_TYPES) == MUTEX_ADAPTIVE;
	uint32_t spins;

	if (w->is_32bit && protocol & MUTEX_ROBUST)
		return waiter_word(w, 20, &spins) && is_pointer(spins);
	if (w->is_32bit)
		return waiter_word(w, 20, &spins) && spins <= (adaptive ? MAX_SPINS : 0);
	return waiter_word(w, 20, &spins) && spins <= (adaptive ? MAX_SPINS : 0) &&
	       (protocol & MUTEX_ROBUST ? is_robust_link(w, 24) && is_robust_link(w, 32) :
					  are_zero(w, 24, 40));
}

/*
 * Whether all but the word itself is that of such a mutex, which a thread holds.  A thread
 * does not wait for a recursive or errorcheck mutex of its own.
 */
static bool is_glibc_mutex(const struct waiter *w, uint32_t protocol, struct lock *lock)
{
	int users_at = w->is_32bit ? 16 : 12, kind_at = w->is_32bit ? 12 : 16;
	uint32_t count, owner, kind, type;

	if (!is_aligned(w, 0) || !waiter_word(w, 4, &count) || !waiter_word(w, 8, &owner) ||
	    !waiter_word(w, users_at, &lock->users) || !waiter_word(w, kind_at, &kind))
		return false;
	type = kind & MUTEX_TYPES;
	lock->owner = owner;
	lock->knows_owner = type == MUTEX_RECURSIVE || type == MUTEX_ERRORCHECK;
	return (protocol || type == MUTEX_RECURSIVE) == !!count && is_count(owner) &&
	       is_count(lock->users) && is_mutex_kind(w, protocol, kind) &&
	       is_mutex_tail(w, protocol, kind);
}

/*
 * A waiter always expects 2.  An owner of 0 is seen between acquiring the lock and storing
 * the owner, and says nothing.
 */
static bool decode_glibc_mutex(const struct waiter *w, struct lock *lock)
{
	return lll_wait(w) && waits_while(w, 2) && is_glibc_mutex(w, 0, lock) &&
	       held(lock, PTHREAD_MUTEX, lock->owner);
}

/* The word is the owner's tid, with a bit for waiters. */
static bool decode_glibc_robust(const struct waiter *w, struct lock *lock)
{
	return lll_wait(w) && is_glibc_mutex(w, MUTEX_ROBUST, lock) &&
	       waits_while(w, lock->owner | WAITERS) &&
	       held(lock, ROBUST_MUTEX, lock->owner);
}

/* The kernel knows the owner, and compares no value. */
static bool decode_glibc_pi(const struct waiter *w, struct lock *lock)
{
	struct lock pi;

	return (w->opcode == OP_LOCK_PI || w->opcode == OP_LOCK_PI2) &&
	       (is_glibc_mutex(w, MUTEX_PI, &pi) ||
		is_glibc_mutex(w, MUTEX_PI | MUTEX_ROBUST, &pi)) &&
	       word_is(w, 0, pi.owner | WAITERS) && recognised(lock, PI_MUTEX);
}

/* The word is 2, with the priority ceiling from bit 19 on, which is 1 at least. */
static bool decode_glibc_ceiling(const struct waiter *w, struct lock *lock)
{
	uint32_t ceiling = w->expected - 2;

	return lll_wait(w) && w->known & W_EXPECTED && ceiling && !(ceiling & ~(127U << 19)) &&
	       waits_while(w, w->expected) && is_glibc_mutex(w, MUTEX_CEILING, lock) &&
	       held(lock, PTHREAD_MUTEX, lock->owner);
}

/*
 * glibc's pthread_rwlock_t from 2.25 on (nptl/pthread_rwlock_common.c, and the
 * struct_rwlock.h of x86-64 and arm64), of which all else is 0:
 *
 *	unsigned __readers@0		1 write phase, 2 write locked, 4 a reader
 *					waits, then the number of readers; where a lock
 *					prefers writers and is not recursive, a reader
 *					waits here for the writer that waits
 *	unsigned __writers@4		writers that wait; the top bit for handing over
 *	unsigned __wrphase_futex@8	readers wait here for the write phase to end,
 *					and a writer for it to begin; 2 if used
 *	unsigned __writers_futex@12	other writers wait here; 2 if used
 *	int __cur_writer@24		tid of the writer that has it
 *	int __shared@28
 *	unsigned __flags@48		kind: 0 to 2
 *
 * In 32-bit programs __flags@24 and __shared@25 are bytes, and __cur_writer@28.
 *
 * The writer that has it does not wait for it: it gets EDEADLK.
 */
static bool is_rwlock_kind(const struct waiter *w, int base)
{
	uint32_t flags;

	/* The words that are read end before. */
	if (!base)
		return true;
	return waiter_word(w, base + 48, &flags) && flags <= 2 && word_is(w, base + 52, 0);
}

static bool is_rwlock_tail(const struct waiter *w, int base)
{
	uint32_t shared, flags;

	if (w->is_32bit)
		return waiter_word(w, base + 24, &flags) && (flags & 0xff) <= 2 &&
		       flags >> 8 <= 1 && private_flag_is(w, !(flags >> 8));
	return waiter_word(w, base + 28, &shared) && shared <= 1 &&
	       private_flag_is(w, !shared) && are_zero(w, base + 32, base + 48) &&
	       is_rwlock_kind(w, base);
}

static bool is_rwlock_at(const struct waiter *w, int base)
{
	uint32_t wrphase, writers_futex;

	return is_aligned(w, -base) &&
	       waiter_word(w, base + 8, &wrphase) && wrphase <= 3 &&
	       waiter_word(w, base + 12, &writers_futex) && writers_futex <= 3 &&
	       are_zero(w, base + 16, base + 24) && is_rwlock_tail(w, base);
}

static bool decode_rwlock_at(const struct waiter *w, struct lock *lock, int base)
{
	uint32_t readers, writers, writer;

	if (!is_rwlock_at(w, base) || !waiter_word(w, base, &readers) ||
	    !waiter_word(w, base + 4, &writers) ||
	    !waiter_word(w, base + (w->is_32bit ? 28 : 24), &writer) ||
	    (writers & ~WAITERS) > MAX_TID || readers >> 3 > MAX_TID || writer > MAX_TID)
		return false;
	/* Held by a writer or by readers.  A writer of 0 has not stored its tid yet. */
	lock->knows_owner = true;
	lock->users = 1 + (writers & ~WAITERS);
	if ((readers & 3) == 3 && writer)
		return held(lock, PTHREAD_RWLOCK, writer);
	return !writer && readers >> 3 && recognised(lock, PTHREAD_RWLOCK);
}

/* Readers have it, a writer waits, and so does this reader: three bits, and no writer yet. */
static bool is_behind_writer(const struct waiter *w)
{
	return w->known & W_EXPECTED && (w->expected & 7) == 6 && waits_while(w, w->expected) &&
	       word_is(w, w->is_32bit ? 28 : 24, 0);
}

static bool decode_glibc_rwlock(const struct waiter *w, struct lock *lock)
{
	if (!abstimed_wait(w))
		return false;
	if (is_behind_writer(w))
		return decode_rwlock_at(w, lock, 0);
	if (!waits_while(w, 3) && !waits_while(w, 2))
		return false;
	return decode_rwlock_at(w, lock, -8) ||
	       (w->expected == 3 && decode_rwlock_at(w, lock, -12));
}

/* A size wraps if more waiters timed out than are left. */
static bool is_group_size(uint32_t size, uint64_t wseq)
{
	return size <= MAX_TID || -size <= wseq >> 1;
}

/*
 * glibc's pthread_cond_t (nptl/pthread_cond_wait.c) up to 2.40:
 *
 *	uint64 __wseq@0			twice the waiters so far, and a bit
 *	uint64 __g1_start@8		where group 1 begins, likewise
 *	unsigned __g_refs[2]@16		twice the waiters that hold on to a group
 *	unsigned __g_size[2]@24	the waiters that are left in a group, less those that timed
 *				out before it was closed (__condvar_cancel_waiting())
 *	unsigned __g1_orig_size@32
 *	unsigned __wrefs@36		eight times the waiters, and flags: 1 if shared
 *	unsigned __g_signals[2]@40	the futex words
 *
 * and from 2.41 on without __g_refs: then all that follows is 8 earlier, and 0 behind it.
 */
static bool is_glibc_cond(const struct waiter *w, int base, int sizes_at)
{
	uint32_t wrefs, sizes[2], orig_size;
	uint64_t wseq, g1_start;

	return is_aligned(w, -base) &&
	       waiter_long(w, base, &wseq) && waiter_long(w, base + 8, &g1_start) &&
	       waiter_word(w, base + sizes_at, &sizes[0]) &&
	       waiter_word(w, base + sizes_at + 4, &sizes[1]) &&
	       waiter_word(w, base + sizes_at + 8, &orig_size) &&
	       waiter_word(w, base + sizes_at + 12, &wrefs) &&
	       private_flag_is(w, !(wrefs & 1)) && is_count(wrefs >> 3) &&
	       is_group_size(sizes[0], wseq) && is_group_size(sizes[1], wseq) &&
	       orig_size >> 2 <= MAX_TID && wseq >> 1 >= wrefs >> 3 &&
	       g1_start >> 1 <= wseq >> 1 && wseq < MAX_WAITS;
}

/* Up to 2.32 it waits for good without a clock (futex_wait_cancelable()). */
static bool is_old_cond(const struct waiter *w, int group)
{
	int base = -40 - 4 * group;
	uint32_t refs;

	return (plain_wait(w) || abstimed_wait(w)) && w->known & W_EXPECTED && !w->expected &&
	       is_glibc_cond(w, base, 24) &&
	       waiter_word(w, base + 16 + 4 * group, &refs) && is_count(refs >> 1);
}

static bool is_new_cond(const struct waiter *w, int group)
{
	int base = -32 - 4 * group;

	return abstimed_wait(w) && w->known & W_EXPECTED && is_glibc_cond(w, base, 16) &&
	       are_zero(w, base + 40, base + 48);
}

static bool decode_glibc_cond(const struct waiter *w, struct lock *lock)
{
	for (int group = 0; group < 2; group++) {
		if (is_old_cond(w, group) || is_new_cond(w, group))
			return recognised(lock, PTHREAD_COND);
	}
	return false;
}

/*
 * The same, by pthread_cond_destroy(3), which waits until no thread holds on to it any more: on
 * __wrefs, with a flag of 4.
 */
static bool decode_glibc_cond_destroy(const struct waiter *w, struct lock *lock)
{
	return plain_wait(w) && w->known & W_EXPECTED && w->expected & 4 && w->expected >> 3 &&
	       waits_while(w, w->expected) &&
	       (is_glibc_cond(w, -36, 24) || (is_glibc_cond(w, -28, 16) && are_zero(w, 12, 20))) &&
	       recognised(lock, PTHREAD_COND_DESTROY);
}

/*
 * sem_t of 64-bit programs in glibc (nptl/sem_waitcommon.c): value@0, number of
 * waiters@4, and @8 0 if private, 128 if shared.
 */
static bool is_glibc_sem(const struct waiter *w)
{
	uint32_t nr;

	return abstimed_wait(w) && is_aligned(w, 0) && waits_while(w, 0) &&
	       waiter_word(w, 4, &nr) && is_count(nr) &&
	       w->known & W_FLAGS && word_is(w, 8, w->flags & WAIT_PRIVATE ? 0 : 128);
}

static bool decode_glibc_sem(const struct waiter *w, struct lock *lock)
{
	return is_glibc_sem(w) && recognised(lock, SEM);
}

/*
 * In 32-bit programs value@0, of which bit 0 says that there are waiters, @4 0 if private, 128 if
 * shared, and number of waiters@12.
 */
static bool decode_glibc_sem_32(const struct waiter *w, struct lock *lock)
{
	uint32_t nr;

	return abstimed_wait(w) && waits_while(w, 1) && w->known & W_FLAGS &&
	       word_is(w, 4, w->flags & WAIT_PRIVATE ? 0 : 128) &&
	       waiter_word(w, 12, &nr) && is_count(nr) && recognised(lock, SEM);
}

/*
 * CPython's PyMutex, from 3.13 on (struct wait_entry in Python/parking_lot.c): a thread
 * waits on a semaphore on its stack, with park_arg@-16 from that, address of the lock@-8,
 * and two links of the queue@32 and @40.  park_arg is on the stack as well, in the frame
 * of the caller (_PyMutex_LockTimed() in Python/lock.c).  The lock itself, a byte, is
 * elsewhere.
 */
static bool decode_python_mutex(const struct waiter *w, struct lock *lock)
{
	uint64_t arg, addr;

	return is_glibc_sem(w) && w->known & W_WAITS_ON &&
	       waiter_long(w, -16, &arg) && arg > w->waits_on && arg < w->waits_on + 4096 &&
	       waiter_long(w, -8, &addr) && is_pointer(addr) &&
	       is_listed(w, 32, 40) && recognised(lock, PY_MUTEX);
}

/*
 * The same in musl (src/thread/sem_timedwait.c), but 128 means private.  While there are
 * waiters the value is -1, or from 1.2.4 on the top bit.
 */
static bool decode_musl_sem(const struct waiter *w, struct lock *lock)
{
	uint32_t nr;

	return plain_wait(w) && (waits_while(w, UINT32_MAX) || waits_while(w, WAITERS)) &&
	       waiter_word(w, 4, &nr) && is_count(nr) && w->known & W_FLAGS &&
	       word_is(w, 8, w->flags & WAIT_PRIVATE ? 128 : 0) &&
	       recognised(lock, SEM);
}

/*
 * glibc's pthread_barrier_t (nptl/pthread_barrier_wait.c): in@0, current_round@4, which
 * is the futex, count@8, shared@12 (128 or 0), out@16.  Each round uses up count numbers.
 */
static bool decode_glibc_barrier(const struct waiter *w, struct lock *lock)
{
	uint32_t in, round, count, out;

	return (plain_wait(w) || abstimed_wait(w)) && w->timeout == TIMEOUT_NONE &&
	       is_aligned(w, 4) && waiter_word(w, -4, &in) &&
	       waiter_word(w, 0, &round) && waits_while(w, round) &&
	       waiter_word(w, 4, &count) && is_count(count) && w->known & W_FLAGS &&
	       word_is(w, 8, w->flags & WAIT_PRIVATE ? 0 : 128) && waiter_word(w, 12, &out) &&
	       in - round >= 1 && in - round < count && !(round % count) && out <= in &&
	       recognised(lock, PTHREAD_BARRIER) && counted(lock, in - round, count);
}

/*
 * glibc's pthread_once_t (nptl/pthread_once.c): 1 while it runs, plus four times the
 * number of forks before it began.  Without any fork it is a 1 like any other, and only the
 * code that waits for it tells.
 */
static bool is_glibc_once(const struct waiter *w)
{
	return plain_wait(w) && is_private(w) && w->known & W_EXPECTED && (w->expected & 3) == 1 &&
	       w->expected < 1 << 20 && waits_while(w, w->expected);
}

static bool decode_glibc_once(const struct waiter *w, struct lock *lock)
{
	if (!is_glibc_once(w))
		return false;
	if (w->by_libc)
		return recognised(lock, PTHREAD_ONCE);
	return w->expected > 1 && recognised(lock, ONCE_BY_NUMBER);
}

/**
 * lock_may_be_once() - whether it may be a pthread_once() of glibc that a waiter waits for
 * @w: the waiter, of which recognise_lock() did not find anything else
 *
 * Return: whether it would be one if the call was the C library's.
 */
bool lock_may_be_once(const struct waiter *w)
{
	return (!w->lock.primitive || w->lock.primitive == ONCE_BY_NUMBER) && !w->is_32bit &&
	       is_glibc_once(w);
}

/*
 * libgomp's gomp_barrier_t (config/linux/bar.h), where the threads of a team meet, and those of a
 * pool wait for the next one: total@-4, at a multiple of 64; generation@0, which is the futex, and
 * counts by 8; then nothing up to the next multiple.  A single thread does not wait.
 */
static bool decode_gomp_barrier(const struct waiter *w, struct lock *lock)
{
	uint32_t total;

	return plain_wait(w) && is_private(w) && w->timeout == TIMEOUT_NONE &&
	       w->known & W_WAITS_ON && w->waits_on % 64 == 4 && w->known & W_EXPECTED &&
	       !(w->expected & 7) && waits_while(w, w->expected) &&
	       waiter_word(w, -4, &total) && total > 1 && is_count(total) &&
	       are_zero(w, 4, 4 * (NR_WORDS - WORDS_BEFORE)) && recognised(lock, GOMP_BARRIER);
}

/*
 * The guard of a static variable of C++ while it is being made (libstdc++'s guard.cc): one
 * thread makes it, and another waits, without FUTEX_PRIVATE_FLAG.
 */
static bool decode_static_guard(const struct waiter *w, struct lock *lock)
{
	return plain_wait(w) && private_flag_is(w, false) && is_aligned(w, 0) &&
	       waits_while(w, 1 << 8 | 1 << 16) && recognised(lock, STATIC_GUARD);
}

/*
 * What std::future of libstdc++ waits for (_State_baseV2 in <future>, and futex.cc): virtual
 * functions@-16, result@-8 (none yet), status@0 (the top bit says that there are waiters),
 * a byte@4 that says whether it was retrieved, and once@8.  It waits without FUTEX_PRIVATE_FLAG.
 */
static bool decode_future(const struct waiter *w, struct lock *lock)
{
	uint64_t functions;
	uint32_t retrieved, once;

	return plain_wait(w) && private_flag_is(w, false) && is_aligned(w, 0) &&
	       waits_while(w, WAITERS) && waiter_long(w, -16, &functions) && functions &&
	       is_link(functions) && are_zero(w, -8, 0) &&
	       waiter_word(w, 4, &retrieved) && (retrieved & 255) <= 1 &&
	       waiter_word(w, 8, &once) && once <= 2 && recognised(lock, STD_FUTURE);
}

/* setuid(2) to setresgid(2), of 64-bit programs on x86, then on arm64. */
static bool is_setxid_call(uint32_t nr)
{
	return nr == 105 || nr == 106 || nr == 113 || nr == 114 || nr == 116 || nr == 117 ||
	       nr == 119 || (nr >= 143 && nr <= 147) || nr == 149 || nr == 159;
}

/* A uid or gid, or the -1 that leaves it as it is, in a long; or a number of groups. */
static bool is_id(uint64_t id)
{
	return id <= UINT32_MAX || id == UINT64_MAX;
}

/*
 * struct xid_command in glibc (nptl/descr.h): syscall_no@-32, up to three arguments@-24 of which
 * the first is an id or a number, cntr@0, which is the futex and counts the threads that have yet to
 * make the call (the last one wakes the caller), and error@4, which is -1 before the first has made it.
 */
static bool decode_glibc_setxid(const struct waiter *w, struct lock *lock)
{
	uint32_t nr, error, left;
	uint64_t id;

	return plain_wait(w) && is_private(w) && is_aligned(w, 0) && w->known & W_EXPECTED &&
	       is_count(w->expected) && waiter_word(w, 0, &left) && is_count(left) &&
	       left <= w->expected && waiter_word(w, -32, &nr) && is_setxid_call(nr) &&
	       waiter_long(w, -24, &id) && is_id(id) &&
	       waiter_word(w, 4, &error) && error + 1 <= 4096 && recognised(lock, SETXID);
}

/*
 * musl's pthread_mutex_t (src/thread/pthread_mutex_timedlock.c, src/internal/pthread_impl.h):
 * type@-4, the futex@0, waiters@4, 0@8 and @12, depth@16.  The type is 0 to 2 as in glibc, 4 if
 * robust, 8 if PI, which waits otherwise, and 128 if shared.  The word of a normal mutex is
 * EBUSY (16), that of the others the owner's tid; the top bit says that there are waiters.
 * While the others are held they are in a list of their owner: prev@20, next@28.
 */
static bool is_musl_mutex(const struct waiter *w, uint32_t *type, uint32_t *waiters)
{
	uint32_t depth;

	return plain_wait(w) && is_aligned(w, 4) && waiter_word(w, -4, type) &&
	       !(*type & ~(7U | 128)) && (*type & 3) != 3 && private_flag_is(w, !(*type & 128)) &&
	       waiter_word(w, 4, waiters) && is_count(*waiters) && are_zero(w, 8, 16) &&
	       waiter_word(w, 16, &depth) && (!depth || (*type & 3) == MUTEX_RECURSIVE);
}

static bool decode_musl_mutex(const struct waiter *w, struct lock *lock)
{
	uint32_t type, word, waiters;

	if (!is_musl_mutex(w, &type, &waiters) || !waiter_word(w, 0, &word) || !waits_while(w, word) ||
	    !(word & WAITERS))
		return false;
	word &= ~WAITERS;
	if (!(type & 7))
		return word == 16 && recognised(lock, PTHREAD_MUTEX);
	lock->knows_owner = type & 3;
	lock->users = 1 + waiters;
	return is_count(word) && is_listed(w, 20, 28) && held(lock, PTHREAD_MUTEX, word);
}

/* In a byte of a word. */
static bool byte_is_at_most(uint32_t word, int byte, uint32_t max)
{
	return (word >> 8 * byte & 255) <= max;
}

/* The stack of a thread is in the memory that was mapped for it, which begins with a page. */
static bool is_musl_stack(const struct waiter *w)
{
	uint64_t map, map_size, top, size;

	return waiter_long(w, 16, &map) && is_address(map) && !(map & 4095) &&
	       waiter_long(w, 24, &map_size) && map_size && !(map_size & 4095) &&
	       map_size < 1ULL << 47 &&
	       waiter_long(w, 32, &top) && top > map && top - map <= map_size &&
	       waiter_long(w, 40, &size) && size && size <= top - map;
}

/*
 * musl's pthread_join() waits while a word in the struct pthread of the other thread is 2
 * (detach_state in src/internal/pthread_impl.h, in 1.2): tid@-8, errno@-4, the futex@0,
 * cancelled@4, bytes@8 (cancellation disabled, or masked; asynchronous; two flags), mapping@16
 * and its size@24, top of the stack@32 and its size@40.
 */
static bool decode_musl_join(const struct waiter *w, struct lock *lock)
{
	uint32_t tid, error, cancelled, flags;

	return plain_wait(w) && is_private(w) && is_aligned(w, 0) && waits_while(w, 2) &&
	       waiter_word(w, -8, &tid) && is_count(tid) &&
	       waiter_word(w, -4, &error) && error < 4096 &&
	       waiter_word(w, 4, &cancelled) && cancelled <= 1 &&
	       waiter_word(w, 8, &flags) && byte_is_at_most(flags, 0, 2) &&
	       byte_is_at_most(flags, 1, 1) && byte_is_at_most(flags, 2, 3) &&
	       is_musl_stack(w) && held(lock, PTHREAD_JOIN, tid);
}

/*
 * musl's pthread_rwlock_t (src/thread/pthread_rwlock_timedwrlock.c): the futex@0, waiters@4,
 * @8 128 if shared, then zeros.  The word counts the readers, or is 0x7fffffff for a writer,
 * and the top bit says that there are waiters.
 */
static bool decode_musl_rwlock(const struct waiter *w, struct lock *lock)
{
	uint32_t word, waiters;

	if (!plain_wait(w) || !waiter_word(w, 0, &word) || !waits_while(w, word) ||
	    !(word & WAITERS) || !(is_count(word & ~WAITERS) || word == UINT32_MAX) ||
	    !waiter_word(w, 4, &waiters) || !is_count(waiters) ||
	    !word_is(w, 8, is_private(w) ? 0 : 128))
		return false;
	return are_zero(w, 12, 4 * (NR_WORDS - WORDS_BEFORE)) &&
	       recognised(lock, PTHREAD_RWLOCK);
}

/*
 * musl's pthread_cond_t (struct waiter in src/thread/pthread_cond_timedwait.c): a thread
 * waits on its stack while a word is 2, with prev@-20, next@-12, state@-4 (0 or, if it was
 * signalled, 1) and notify@4 (0 until a wait ends otherwise).  With two of them, one of the links
 * is set.  One alone has too few signs, unless it is known that the program uses musl.
 */
static bool decode_musl_cond(const struct waiter *w, struct lock *lock)
{
	uint64_t prev, next, notify;
	uint32_t state;

	return plain_wait(w) && is_private(w) && waits_while(w, 2) &&
	       w->known & W_WAITS_ON && w->waits_on % 8 == 4 &&
	       waiter_long(w, -20, &prev) && waiter_long(w, -12, &next) &&
	       (prev || next || w->is_musl) &&
	       is_link(prev) && is_link(next) && waiter_word(w, -4, &state) && state <= 1 &&
	       waiter_long(w, 4, &notify) && !notify && recognised(lock, PTHREAD_COND);
}

/*
 * A shared pthread_cond_t: pointer@-8 is -1; sequence number@0, which is the futex,
 * waiters@4, clock@8, and a lock@24 and a pointer@32 that only private ones use.
 */
static bool decode_musl_shared_cond(const struct waiter *w, struct lock *lock)
{
	uint32_t waiters, clock;
	uint64_t shared, tail;

	return plain_wait(w) && w->known & W_FLAGS && !is_private(w) && waiter_long(w, -8, &shared) &&
	       shared == UINT64_MAX && waiter_word(w, 4, &waiters) && is_count(waiters) &&
	       waiter_word(w, 8, &clock) && clock <= CLOCK_TAI && word_is(w, 24, 0) &&
	       waiter_long(w, 32, &tail) && !tail && recognised(lock, PTHREAD_COND);
}

/*
 * musl's FILE (src/internal/stdio_impl.h, src/stdio/__lockfile.c): the word is the owner's tid
 * and, while there are waiters, bit 30; prev@-36, next@-28, descriptor@-20, child of
 * popen()@-16, depth of flockfile()@-12, orientation@-4 (-1, 0 or 1), and line
 * buffering@4 (-1 or a newline).  The owner does not wait for it.
 */
static bool decode_musl_file(const struct waiter *w, struct lock *lock)
{
	uint32_t word, fd, child, mode, lbf;
	uint64_t prev, next, depth;

	lock->knows_owner = true;
	return plain_wait(w) && is_private(w) && is_aligned(w, 4) && waiter_word(w, 0, &word) &&
	       waits_while(w, word) && is_count(word - MUSL_FILE_WAITERS) &&
	       waiter_long(w, -36, &prev) && is_link(prev) &&
	       waiter_long(w, -28, &next) && is_link(next) &&
	       waiter_word(w, -20, &fd) && fd + 1 <= INT32_MAX &&
	       waiter_word(w, -16, &child) && child <= MAX_TID &&
	       waiter_long(w, -12, &depth) && depth <= MAX_TID &&
	       waiter_word(w, -4, &mode) && mode + 1 <= 2 &&
	       waiter_word(w, 4, &lbf) && (lbf == UINT32_MAX || lbf == '\n') &&
	       held(lock, STDIO_LOCK, word - MUSL_FILE_WAITERS);
}

/* musl's pthread_once_t (src/thread/pthread_once.c): 3 while it runs and others wait. */
static bool decode_musl_once(const struct waiter *w, struct lock *lock)
{
	return w->is_musl && plain_wait(w) && is_private(w) && waits_while(w, 3) &&
	       recognised(lock, ONCE_BY_NUMBER);
}

/* musl's __lock(): the top bit, and the number of threads that hold it or wait. */
static bool decode_musl_lock(const struct waiter *w, struct lock *lock)
{
	return plain_wait(w) && is_private(w) && w->known & W_EXPECTED &&
	       w->expected > WAITERS + 1 && w->expected < WAITERS + 4096 &&
	       waits_while(w, w->expected) &&
	       recognised(lock, LIBC_LOCK);
}

/*
 * Rust's std::sync (library/std/src/sys/sync/.../futex.rs), which always waits with
 * FUTEX_WAIT_BITSET and without FUTEX_CLOCK_REALTIME.  Its locks have no owner.
 */
static bool rust_wait(const struct waiter *w)
{
	return bitset_wait(w) && is_private(w);
}

static bool decode_rust_mutex(const struct waiter *w, struct lock *lock)
{
	return rust_wait(w) && waits_while(w, 2) && recognised(lock, RUST_MUTEX);
}

/*
 * A RwLock is two words.  The first is the number of readers, or RUST_WRITTEN, with a bit for
 * readers that wait, and one for writers.  Those wait on the second, which counts their wakes.
 */
#define RUST_WRITTEN		0x3fffffffU
#define RUST_READERS_WAIT	0x40000000U
#define RUST_WRITERS_WAIT	0x80000000U

static bool is_rust_rwlock(uint32_t state)
{
	return (state & RUST_WRITTEN) == RUST_WRITTEN || is_count(state & RUST_WRITTEN);
}

static bool decode_rust_rwlock(const struct waiter *w, struct lock *lock)
{
	uint32_t word, state;
	bool reads, writes;

	if (!rust_wait(w) || !waiter_word(w, 0, &word) || !waits_while(w, word) ||
	    word == UINT32_MAX)		/* a parked thread waits so, too */
		return false;
	/* Readers only wait for a writer that has it, or that waits. */
	reads = word & RUST_READERS_WAIT && is_rust_rwlock(word) &&
		((word & RUST_WRITTEN) == RUST_WRITTEN || word & RUST_WRITERS_WAIT);
	writes = waiter_word(w, -4, &state) && state & RUST_WRITERS_WAIT && is_rust_rwlock(state);
	return (reads || writes) && recognised(lock, RUST_RWLOCK);
}

static bool decode_rust_park(const struct waiter *w, struct lock *lock)
{
	return rust_wait(w) && waits_while(w, UINT32_MAX) && recognised(lock, RUST_PARK);
}

/*
 * Rust's crate parking_lot (struct ThreadData in parking_lot_core's parking_lot.rs,
 * thread_parker/linux.rs): a thread waits in its own memory while a word is 1.  rustc puts
 * the larger fields first: address of the lock@-32, next of the queue@-24, two tokens @-16
 * and @-8, and a byte@4 that says whether there is a timeout.  The tokens say that the lock
 * was handed over, and how a rwlock is to be locked (parking_lot's raw_rwlock.rs).
 */
static bool decode_parking_lot(const struct waiter *w, struct lock *lock)
{
	uint64_t key, next, unpark, park;
	uint32_t timed;

	return plain_wait(w) && is_private(w) && waits_while(w, 1) &&
	       waiter_long(w, -32, &key) && is_address(key) &&
	       waiter_long(w, -24, &next) && is_link(next) &&
	       waiter_long(w, -16, &unpark) && unpark <= 1 &&
	       waiter_long(w, -8, &park) && (!park || park == 8 || park == 16 || park == 20) &&
	       w->timeout && waiter_word(w, 4, &timed) &&
	       (timed & 255) == (w->timeout > TIMEOUT_NONE) &&
	       recognised(lock, PARKING_LOT_PARK);
}

/*
 * Go's runtime (lock_futex.go): an idle thread sleeps on the note in its struct m, which is
 * mostly in Go's heap, which begins at 0xc000000000 (malloc.go).  From 1.24 on threads also
 * wait for locks in struct m, by a -1 (lock_spinbit.go).
 */
static bool in_go_heap(const struct waiter *w)
{
	return w->known & W_WAITS_ON && w->waits_on >> 32 == 0xc0;
}

static bool decode_go(const struct waiter *w, struct lock *lock)
{
	if (!plain_wait(w) || !in_go_heap(w) || !is_private(w))
		return false;
	if (waits_while(w, 0) && word_is(w, 4, 0))
		return recognised(lock, GO_NOTE);
	return (waits_while(w, 2) || waits_while(w, UINT32_MAX)) && recognised(lock, GO_LOCK);
}

/*
 * Qt's QMutex (QBasicMutex::lockInternal() in qmutex_linux.cpp): a pointer that is 3 while a thread
 * has it and others may wait.  Few signs, so only where the program has Qt.
 */
static bool is_qmutex(const struct waiter *w)
{
	return plain_wait(w) && is_private(w) && is_aligned(w, 0) && waits_while(w, 3) &&
	       word_is(w, 4, 0);
}

static bool decode_qmutex(const struct waiter *w, struct lock *lock)
{
	return w->is_qt && is_qmutex(w) && recognised(lock, QMUTEX);
}

/**
 * lock_may_be_qmutex() - whether a waiter's lock is a QMutex if its program has Qt
 * @w: the waiter, of which recognise_lock() did not find anything else
 */
bool lock_may_be_qmutex(const struct waiter *w)
{
	return !w->lock.primitive && !w->is_32bit && is_qmutex(w);
}

/**
 * pthread_tid_at() - where the id of a thread is in its struct pthread
 * @arch: the machine, as in uname(2)
 * @is_32bit: the thread runs 32-bit code
 *
 * In all versions of glibc that there are (nptl/descr.h): behind a header of the size that the
 * architecture reserved, and two links.  The kernel clears it when the thread exits.
 *
 * Return: the offset in bytes; 0 if it is not known.
 */
uint64_t pthread_tid_at(const char *arch, bool is_32bit)
{
	static const struct {
		const char *arch;
		uint64_t offset;
	} offsets[] = { { "x86_64", 0x2d0 }, { "aarch64", 0xd0 } };

	if (is_32bit)
		return 0x68;
	for (size_t i = 0; arch && i < ARRAY_SIZE(offsets); i++) {
		if (!strcmp(arch, offsets[i].arch))
			return offsets[i].offset;
	}
	return 0;
}

/* A pointer of the program. */
static bool waiter_pointer(const struct waiter *w, int offset, uint64_t *value)
{
	uint32_t narrow;

	if (!w->is_32bit)
		return waiter_long(w, offset, value) && is_pointer(*value);
	if (!waiter_word(w, offset, &narrow))
		return false;
	*value = narrow;
	return is_pointer(narrow);
}

/*
 * glibc's own locks (lll_lock()): 2 is locked with waiters, and nothing names the owner.
 * Those of stdio (_IO_lock_t) have a depth@4 and the owner's struct pthread@8.
 */
static bool decode_lll(const struct waiter *w, struct lock *lock)
{
	uint64_t owner;
	uint32_t depth;

	if (!plain_wait(w) || !waits_while(w, 2))
		return false;
	if (waiter_word(w, 4, &depth) && is_count(depth) && waiter_pointer(w, 8, &owner) &&
	    !(owner & 15)) {
		recognised(lock, STDIO_LOCK);
		lock->owner_at = owner;
		/* flockfile(3) can be called again. */
		lock->knows_owner = true;
		return true;
	}
	return recognised(lock, LOW_LEVEL_LOCK);
}

typedef bool (*decode_fn)(const struct waiter *w, struct lock *lock);

static const decode_fn decoders[] = {
	decode_glibc_mutex,
	decode_glibc_robust,
	decode_glibc_pi,
	decode_glibc_ceiling,
	decode_glibc_rwlock,
	decode_python_mutex,
	decode_glibc_cond,
	decode_glibc_cond_destroy,
	decode_glibc_sem,
	decode_future,
	decode_musl_sem,
	decode_glibc_barrier,
	decode_musl_mutex,
	decode_musl_join,
	decode_go,
	decode_musl_rwlock,
	decode_musl_cond,
	decode_musl_shared_cond,
	decode_musl_file,
};

/* Those whose layout is known in 32-bit programs. */
static const decode_fn decoders_32[] = {
	decode_glibc_mutex,
	decode_glibc_robust,
	decode_glibc_pi,
	decode_glibc_ceiling,
	decode_glibc_rwlock,
	decode_glibc_cond,
	decode_glibc_cond_destroy,
	decode_glibc_sem_32,
	decode_glibc_barrier,
};

/* Those with few signs, which only name what no other recognises, and name no holder. */
static const decode_fn last_decoders[] = {
	decode_glibc_setxid,
	decode_parking_lot,
	decode_gomp_barrier,
	decode_glibc_once,
	decode_static_guard,
	decode_musl_once,
	decode_qmutex,
	decode_musl_lock,
	decode_rust_mutex,
	decode_rust_rwlock,
	decode_rust_park,
	decode_lll,
};

static const struct lock unknown_lock = { .owner = PID_UNKNOWN };

/* The first decoder that matches gives the name, and the holder if no other one matches. */
static void recognise_by(const decode_fn *fns, size_t nr, struct waiter *w)
{
	for (size_t i = 0; i < nr; i++) {
		struct lock lock = unknown_lock;

		if (!fns[i](w, &lock))
			continue;
		if (w->lock.primitive) {
			recognised(&w->lock, w->lock.primitive);
			return;
		}
		w->lock = lock;
	}
}

/**
 * lock_may_be_musl() - whether a waiter's lock has another name if its C library is musl
 * @w: the waiter
 */
bool lock_may_be_musl(const struct waiter *w)
{
	return !w->is_32bit && (w->lock.primitive == LOW_LEVEL_LOCK ||
				(!w->lock.primitive && plain_wait(w) && waits_while(w, 3)));
}

/**
 * recognise_lock() - recognise what a waiter waits for, and its owner
 * @w: the waiter, otherwise complete; @w->lock is set
 *
 * To be called by the source of the record, and again once it is known that @w->is_32bit, or
 * that @w->is_musl or @w->is_qt.
 * Words that look like two kinds of lock name no holder.
 */
void recognise_lock(struct waiter *w)
{
	w->lock = unknown_lock;
	if (w->known & W_VALUE && !word_is(w, 0, w->value))
		return;		/* it changed while it was being read */
	if (w->is_32bit)
		recognise_by(decoders_32, ARRAY_SIZE(decoders_32), w);
	else
		recognise_by(decoders, ARRAY_SIZE(decoders), w);
	if (!w->lock.primitive)
		recognise_by(last_decoders, ARRAY_SIZE(last_decoders), w);
}
