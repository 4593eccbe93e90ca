// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a thread waits for, and which thread holds it, by the words around the futex.
 *
 * No lock says what it is.  So a decoder recognises a kind of lock by more than one sign,
 * and refuses if any is missing: a waiter without a known holder is judged by its mm alone,
 * but one with a wrong holder is judged wrongly.
 *
 * To add a kind, write a function and add it to decoders[], before those with fewer signs.
 * A kind without a holder (a condition variable, a parked thread of a pool) does not set
 * the owner: it is only shown.  Documentation/adding-a-decoder.rst has the steps, with an
 * example.
 *
 * Offsets are in bytes from the futex word, in 64-bit programs.
 */
#include <linux/futex.h>
#include <time.h>

#include "array.h"
#include "snapshot.h"

/* FUTEX_WAITERS of linux/futex.h: in the words of PI and robust locks. */
#define WAITERS		0x80000000U

/* In the lock of musl's FILE. */
#define MUSL_FILE_WAITERS	0x40000000U

/* More waits than a condition variable will see, and less than most 64-bit addresses. */
#define MAX_WAITS	(1ULL << 40)

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

/* FUTEX_WAIT, as lll_lock(), musl and Go use it. */
static bool plain_wait(const struct waiter *w)
{
	return w->opcode == OP_WAIT && any_wake(w);
}

/* FUTEX_WAIT_BITSET with any bit: what waits with an absolute timeout uses it. */
static bool bitset_wait(const struct waiter *w)
{
	return w->opcode == OP_WAIT_BITSET && any_wake(w);
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

static bool recognised(struct lock *lock, const char *name)
{
	lock->name = name;
	return true;
}

static bool held(struct lock *lock, const char *name, pid_t owner)
{
	lock->owner = owner;
	return recognised(lock, name);
}

/*
 * glibc's pthread_mutex_t (sysdeps/nptl/bits/struct_mutex.h,
 * nptl/pthread_mutex_lock.c):
 *
 *	int __lock@0		0 free, 1 locked, 2 locked with waiters
 *	unsigned __count@4	depth of a recursive one; 1 of a robust, PI or ceiling
 *				one; else 0
 *	int __owner@8		tid; stored after the lock is acquired, cleared before
 *				it is released
 *	unsigned __nusers@12	the owner and the threads in pthread_cond_wait()
 *	int __kind@16		0 normal, 1 recursive, 2 errorcheck, 3 adaptive;
 *				16 robust, 32 PI, 64 with a ceiling, 128 shared;
 *				256 and 512 say whether to elide
 *
 * Return: whether its fields are those of such a mutex, the word itself left aside.
 */
static bool is_glibc_mutex(const struct waiter *w, uint32_t protocol, uint32_t *owner)
{
	uint32_t count, nusers, kind;
	bool counted;

	if (!waiter_word(w, 4, &count) || !waiter_word(w, 8, owner) ||
	    !waiter_word(w, 12, &nusers) || !waiter_word(w, 16, &kind))
		return false;
	counted = protocol || (kind & 3) == 1;
	return !(kind & ~(3 | 128 | 256 | 512 | protocol)) && (kind & protocol) == protocol &&
	       counted == !!count && is_count(nusers) && is_count(*owner);
}

/*
 * A waiter always expects 2.  An owner of 0 is seen between acquiring the lock and storing
 * the owner, and says nothing.
 */
static bool decode_glibc_mutex(const struct waiter *w, struct lock *lock)
{
	uint32_t owner;

	return lll_wait(w) && waits_while(w, 2) &&
	       is_glibc_mutex(w, 0, &owner) && held(lock, "pthread_mutex", owner);
}

/* The word is the owner's tid, with a bit for waiters. */
static bool decode_glibc_robust(const struct waiter *w, struct lock *lock)
{
	uint32_t owner;

	return lll_wait(w) && is_glibc_mutex(w, 16, &owner) &&
	       waits_while(w, owner | WAITERS) && held(lock, "robust pthread_mutex", owner);
}

/* The kernel knows the owner, and compares no value. */
static bool decode_glibc_pi(const struct waiter *w, struct lock *lock)
{
	uint32_t owner;

	return (w->opcode == OP_LOCK_PI || w->opcode == OP_LOCK_PI2) &&
	       (is_glibc_mutex(w, 32, &owner) || is_glibc_mutex(w, 32 | 16, &owner)) &&
	       word_is(w, 0, owner | WAITERS) && recognised(lock, "PI pthread_mutex");
}

/* The word is 2, with the priority ceiling from bit 19 on. */
static bool decode_glibc_ceiling(const struct waiter *w, struct lock *lock)
{
	uint32_t owner;

	return lll_wait(w) && w->known & W_EXPECTED &&
	       (w->expected & ~(127U << 19)) == 2 && waits_while(w, w->expected) &&
	       is_glibc_mutex(w, 64, &owner) && held(lock, "pthread_mutex", owner);
}

/*
 * glibc's pthread_rwlock_t (nptl/pthread_rwlock_common.c, and the
 * struct_rwlock.h of x86-64 and arm64):
 *
 *	unsigned __readers@0		1 write phase, 2 write locked, 4 a reader
 *					waits, then the number of readers
 *	unsigned __writers@4		writers that wait; the top bit for handing over
 *	unsigned __wrphase_futex@8	readers wait here for the write phase to end,
 *					and a writer for it to begin; 2 if used
 *	unsigned __writers_futex@12	other writers wait here; 2 if used
 *	int __cur_writer@24		tid of the writer that has it
 *	int __shared@28
 *	unsigned __flags@48		kind: 0 to 2
 */
static bool decode_rwlock_at(const struct waiter *w, struct lock *lock, int base)
{
	uint32_t readers, writers, writer, shared, flags;

	if (!waiter_word(w, base, &readers) || !waiter_word(w, base + 4, &writers) ||
	    !waiter_word(w, base + 24, &writer) || !waiter_word(w, base + 28, &shared) ||
	    !waiter_word(w, base + 48, &flags) || flags > 2 || shared > 1 ||
	    !private_flag_is(w, !shared) ||
	    (writers & ~WAITERS) > MAX_TID || readers >> 3 > MAX_TID || writer > MAX_TID)
		return false;
	/* Held by a writer or by readers.  A writer of 0 has not stored its tid yet. */
	if ((readers & 3) == 3 && writer)
		return held(lock, "pthread_rwlock", writer);
	return !writer && readers >> 3 && recognised(lock, "pthread_rwlock");
}

static bool decode_glibc_rwlock(const struct waiter *w, struct lock *lock)
{
	if (!bitset_wait(w) || !(waits_while(w, 3) || waits_while(w, 2)))
		return false;
	return decode_rwlock_at(w, lock, -8) ||
	       (w->expected == 3 && decode_rwlock_at(w, lock, -12));
}

/*
 * glibc's pthread_cond_t (nptl/pthread_cond_wait.c) up to 2.40:
 *
 *	uint64 __wseq@0			twice the waiters so far, and a bit
 *	uint64 __g1_start@8		where group 1 begins, likewise
 *	unsigned __g_refs[2]@16		twice the waiters that hold on to a group
 *	unsigned __g_size[2]@24
 *	unsigned __g1_orig_size@32
 *	unsigned __wrefs@36		eight times the waiters, and flags: 1 if shared
 *	unsigned __g_signals[2]@40	the futex words
 *
 * and from 2.41 on without __g_refs: then all that follows is 8 earlier.
 */
static bool is_glibc_cond(const struct waiter *w, int base, int sizes_at)
{
	uint32_t wrefs, sizes[2], orig_size;
	uint64_t wseq, g1_start;

	return waiter_long(w, base, &wseq) && waiter_long(w, base + 8, &g1_start) &&
	       waiter_word(w, base + sizes_at, &sizes[0]) &&
	       waiter_word(w, base + sizes_at + 4, &sizes[1]) &&
	       waiter_word(w, base + sizes_at + 8, &orig_size) &&
	       waiter_word(w, base + sizes_at + 12, &wrefs) &&
	       private_flag_is(w, !(wrefs & 1)) && is_count(wrefs >> 3) &&
	       sizes[0] <= MAX_TID && sizes[1] <= MAX_TID && orig_size >> 2 <= MAX_TID &&
	       wseq >> 1 >= wrefs >> 3 && g1_start >> 1 <= wseq >> 1 && wseq < MAX_WAITS;
}

static bool decode_glibc_cond(const struct waiter *w, struct lock *lock)
{
	uint32_t refs;

	if (!bitset_wait(w) || !(w->known & W_EXPECTED))
		return false;
	for (int group = 0; group < 2; group++) {
		int old = -40 - 4 * group, new = -32 - 4 * group;

		if (is_glibc_cond(w, old, 24) && !w->expected &&
		    waiter_word(w, old + 16 + 4 * group, &refs) && is_count(refs >> 1))
			return recognised(lock, "pthread_cond");
		if (is_glibc_cond(w, new, 16))
			return recognised(lock, "pthread_cond");
	}
	return false;
}

/*
 * sem_t of 64-bit programs in glibc (nptl/sem_waitcommon.c): value@0, number of
 * waiters@4, and @8 0 if private, 128 if shared.
 */
static bool is_glibc_sem(const struct waiter *w)
{
	uint32_t nr;

	return bitset_wait(w) && waits_while(w, 0) && waiter_word(w, 4, &nr) && is_count(nr) &&
	       w->known & W_FLAGS && word_is(w, 8, w->flags & WAIT_PRIVATE ? 0 : 128);
}

static bool decode_glibc_sem(const struct waiter *w, struct lock *lock)
{
	return is_glibc_sem(w) && recognised(lock, "sem_t");
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
	uint64_t arg, addr, next, prev;

	return is_glibc_sem(w) && w->known & W_WAITS_ON &&
	       waiter_long(w, -16, &arg) && arg > w->waits_on && arg < w->waits_on + 4096 &&
	       waiter_long(w, -8, &addr) && is_pointer(addr) &&
	       waiter_long(w, 32, &next) && next && is_link(next) &&
	       waiter_long(w, 40, &prev) && prev && is_link(prev) &&
	       recognised(lock, "PyMutex");
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
	       recognised(lock, "sem_t");
}

/*
 * glibc's pthread_barrier_t (nptl/pthread_barrier_wait.c): in@0, current_round@4, which
 * is the futex, count@8, shared@12 (128 or 0), out@16.  Each round uses up count numbers.
 */
static bool decode_glibc_barrier(const struct waiter *w, struct lock *lock)
{
	uint32_t in, round, count, out;

	return (plain_wait(w) || bitset_wait(w)) && waiter_word(w, -4, &in) &&
	       waiter_word(w, 0, &round) && waits_while(w, round) &&
	       waiter_word(w, 4, &count) && is_count(count) &&
	       (word_is(w, 8, 0) || word_is(w, 8, 128)) && waiter_word(w, 12, &out) &&
	       in - round >= 1 && in - round < count && !(round % count) && out <= in &&
	       recognised(lock, "pthread_barrier");
}

/*
 * glibc's pthread_once_t (nptl/pthread_once.c): 1 while it runs, plus four times the
 * number of forks before it began.  Without any fork it is a 1 like any other.
 */
static bool decode_glibc_once(const struct waiter *w, struct lock *lock)
{
	return plain_wait(w) && is_private(w) && w->known & W_EXPECTED && (w->expected & 3) == 1 &&
	       w->expected > 1 && w->expected < 1 << 20 && waits_while(w, w->expected) &&
	       recognised(lock, "pthread_once");
}

/*
 * musl's pthread_mutex_t (src/thread/pthread_mutex_timedlock.c): type@-4, the futex@0,
 * waiters@4.  A type from 128 on is shared.  The word of a normal mutex (type 0 or 128) is
 * EBUSY (16), that of the others the owner's tid; the top bit says that there are waiters.
 * While the others are held they are in a list of their owner: prev@20, next@28.
 */
static bool decode_musl_mutex(const struct waiter *w, struct lock *lock)
{
	uint32_t type, waiters, word;
	uint64_t prev, next;

	if (!plain_wait(w) || !waiter_word(w, -4, &type) || !waiter_word(w, 0, &word) ||
	    !waiter_word(w, 4, &waiters) || !waits_while(w, word) || !(word & WAITERS) ||
	    type & ~(15U | 128) || !is_count(waiters) || !(w->known & W_FLAGS) ||
	    is_private(w) == !!(type & 128))
		return false;
	word &= ~WAITERS;
	if (!(type & 15))
		return word == 16 && recognised(lock, "pthread_mutex");
	return is_count(word) && waiter_long(w, 20, &prev) && prev && waiter_long(w, 28, &next) &&
	       next && held(lock, "pthread_mutex", word);
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
	for (int offset = 12; offset < 4 * (NR_WORDS - WORDS_BEFORE); offset += 4) {
		if (!word_is(w, offset, 0))
			return false;
	}
	return recognised(lock, "pthread_rwlock");
}

/*
 * musl's pthread_cond_t (struct waiter in src/thread/pthread_cond_timedwait.c): a thread
 * waits on its stack while a word is 2, with prev@-20, next@-12, state@-4 (0 or, if it was
 * signalled, 1) and notify@4 (0 until a wait ends otherwise).  A single waiter has too few
 * signs; with two of them, one of the links is set.
 */
static bool decode_musl_cond(const struct waiter *w, struct lock *lock)
{
	uint64_t prev, next, notify;
	uint32_t state;

	return plain_wait(w) && is_private(w) && waits_while(w, 2) &&
	       w->known & W_WAITS_ON && w->waits_on % 8 == 4 &&
	       waiter_long(w, -20, &prev) && waiter_long(w, -12, &next) && (prev || next) &&
	       is_link(prev) && is_link(next) && waiter_word(w, -4, &state) && state <= 1 &&
	       waiter_long(w, 4, &notify) && !notify && recognised(lock, "pthread_cond");
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
	       waiter_long(w, 32, &tail) && !tail && recognised(lock, "pthread_cond");
}

/*
 * musl's FILE (src/internal/stdio_impl.h, src/stdio/__lockfile.c): the word is the owner's tid
 * and, while there are waiters, bit 30; prev@-36, next@-28, descriptor@-20, depth of
 * flockfile()@-12, orientation@-4 (-1, 0 or 1), and line buffering@4 (-1 or a newline).
 */
static bool decode_musl_file(const struct waiter *w, struct lock *lock)
{
	uint32_t word, fd, mode, lbf;
	uint64_t prev, next, depth;

	return plain_wait(w) && is_private(w) && waiter_word(w, 0, &word) &&
	       waits_while(w, word) && is_count(word - MUSL_FILE_WAITERS) &&
	       waiter_long(w, -36, &prev) && is_link(prev) &&
	       waiter_long(w, -28, &next) && is_link(next) &&
	       waiter_word(w, -20, &fd) && fd + 1 <= INT32_MAX &&
	       waiter_long(w, -12, &depth) && depth <= MAX_TID &&
	       waiter_word(w, -4, &mode) && mode + 1 <= 2 &&
	       waiter_word(w, 4, &lbf) && (lbf == UINT32_MAX || lbf == '\n') &&
	       held(lock, "stdio lock", word - MUSL_FILE_WAITERS);
}

/* musl's __lock(): the top bit, and the number of threads that hold it or wait. */
static bool decode_musl_lock(const struct waiter *w, struct lock *lock)
{
	return plain_wait(w) && is_private(w) && w->known & W_EXPECTED &&
	       w->expected > WAITERS + 1 && w->expected < WAITERS + 4096 &&
	       waits_while(w, w->expected) &&
	       recognised(lock, "libc lock");
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
	return rust_wait(w) && waits_while(w, 2) && recognised(lock, "rust mutex");
}

/* Write locked, and bit 30 or 31 is set for readers or writers that wait. */
static bool decode_rust_rwlock(const struct waiter *w, struct lock *lock)
{
	return rust_wait(w) && (waits_while(w, 0x7fffffff) || waits_while(w, 0xbfffffff)) &&
	       recognised(lock, "rust rwlock");
}

static bool decode_rust_park(const struct waiter *w, struct lock *lock)
{
	return rust_wait(w) && waits_while(w, UINT32_MAX) && recognised(lock, "rust park");
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
	       waiter_long(w, -32, &key) && is_pointer(key) &&
	       waiter_long(w, -24, &next) && is_link(next) &&
	       waiter_long(w, -16, &unpark) && unpark <= 1 &&
	       waiter_long(w, -8, &park) && (!park || park == 8 || park == 16 || park == 20) &&
	       w->timeout && waiter_word(w, 4, &timed) &&
	       (timed & 255) == (w->timeout > TIMEOUT_NONE) &&
	       recognised(lock, "parking_lot park");
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
		return recognised(lock, "go note");
	return (waits_while(w, 2) || waits_while(w, UINT32_MAX)) && recognised(lock, "go lock");
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
	if (waiter_word(w, 4, &depth) && is_count(depth) && waiter_long(w, 8, &owner) &&
	    is_pointer(owner) && !(owner & 15))
		return recognised(lock, "stdio lock");
	return recognised(lock, "low-level lock");
}

static bool (*const decoders[])(const struct waiter *w, struct lock *lock) = {
	decode_glibc_mutex,
	decode_glibc_robust,
	decode_glibc_pi,
	decode_glibc_ceiling,
	decode_glibc_rwlock,
	decode_python_mutex,
	decode_glibc_cond,
	decode_glibc_sem,
	decode_musl_sem,
	decode_glibc_barrier,
	decode_musl_mutex,
	decode_parking_lot,
	decode_go,
	decode_musl_rwlock,
	decode_musl_cond,
	decode_musl_shared_cond,
	decode_musl_file,
	decode_glibc_once,
	decode_musl_lock,
	decode_rust_mutex,
	decode_rust_rwlock,
	decode_rust_park,
	decode_lll,
};

/**
 * recognise_lock() - recognise what a waiter waits for, and its owner
 * @w: the waiter, otherwise complete; @w->lock is set
 *
 * To be called once, by the source of the record.
 */
void recognise_lock(struct waiter *w)
{
	w->lock = (struct lock){ .owner = PID_UNKNOWN };
	if (w->known & W_VALUE && !word_is(w, 0, w->value))
		return;		/* it changed while it was being read */
	for (size_t i = 0; i < ARRAY_SIZE(decoders); i++) {
		if (decoders[i](w, &w->lock))
			return;
	}
}
