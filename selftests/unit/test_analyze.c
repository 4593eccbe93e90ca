// SPDX-License-Identifier: GPL-2.0-only
/*
 * The waker analysis: small worlds, and what must be said of them.
 *
 * Address spaces, processes and threads are written as the module does.  In the
 * worlds below a waiter is a lock of glibc's unless it says otherwise, so that
 * the word 2 of FREE, which names no owner, makes it an unknown one.
 */
#include <linux/futex.h>
#include <signal.h>
#include <stdlib.h>

#include "holders.h"
#include "source.h"
#include "array.h"
#include "analyze.h"
#include "output.h"
#include "text_format.h"
#include "sentences.h"
#include "tap.h"

#define MM(id, live, tids)	MMH(id, live, tids, 0)
#define MMH(id, live, tids, hidden) \
	"mm id=" #id " live=" #live " live_threads=" tids " hidden=" #hidden "\n"
#define PROC(tgid, ppid, mm, execed, caught) \
	"process tgid=" #tgid " ppid=" #ppid " comm=p" #tgid " mm=" #mm \
	" execed=" #execed " caught=" #caught "\n"
#define TIMED_PROC(tgid, ppid, mm, caught) \
	"process tgid=" #tgid " ppid=" #ppid " comm=p" #tgid " mm=" #mm \
	" execed=yes caught=" #caught " timers=yes\n"
/* A process 10 with these signals handled and ignored, and timers. */
#define ARMED_PROC(caught, ignored, armed) \
	"process tgid=10 ppid=1 comm=p10 mm=1 execed=yes caught=" #caught " timers=yes armed=" armed \
	" ignored=" #ignored " libc_handlers=0x0,0x0\n"
#define ARMED(caught, ignored, armed) \
	MM(1, 1, "10") ARMED_PROC(caught, ignored, armed) T(10, 10, 1) W(10, 10, 1)
#define THREAD(tid, tgid, mm, state, tracer, csw) \
	"thread tid=" #tid " tgid=" #tgid " comm=t" #tid " mm=" #mm " state=" #state \
	" tracer=" #tracer " nvcsw=" #csw " nivcsw=0 start_ns=" #tid "\n"
/* In all but its tid and what @more says like T(10, 10, 1). */
#define THREAD_10(more)	"thread tid=10 tgid=10 mm=1 state=S tracer=- nvcsw=1 " more "\n"
#define T(tid, tgid, mm)	THREAD(tid, tgid, mm, S, -, 1)
#define WAITER(tid, tgid, mm, call, key, timeout, stable, owner) \
	"waiter tid=" #tid " tgid=" #tgid " comm=t" #tid " mm=" #mm " syscall=" #call \
	" uaddr=0x1000 waits_on=0x1000 key=" #key " op=FUTEX_WAIT flags=PRIVATE expected=2" \
	" value=2 bitset=0xffffffff timeout=" #timeout " asleep_ns=1 stable=" #stable \
	" words=0:2,0," owner ",1,0*6\n"
#define W(tid, tgid, mm)	WAITER(tid, tgid, mm, futex, private, none, yes, FREE)
#define EVENT(tid) \
	"waiter tid=" #tid " tgid=10 mm=1 op=FUTEX_WAIT flags=PRIVATE uaddr=0x1000 expected=7 value=7" \
	" bitset=0xffffffff asleep_ns=1 words=0:7,0\n"
/* A thread that waits for readers of a rwlock, who are not known. */
#define READ_LOCKED(tid) \
	"waiter tid=" #tid " tgid=10 mm=1 op=FUTEX_WAIT_BITSET flags=PRIVATE|CLOCK_REALTIME uaddr=0x1008" \
	" expected=2 value=2 bitset=0xffffffff asleep_ns=1 words=-8:8,1,2,0*11\n"
#define VALUE(expected, value) \
	"waiter tid=10 tgid=10 mm=1 syscall=futex key=private timeout=none expected=" #expected \
	" value=" #value "\n"
#define REQUEUED \
	"waiter tid=10 tgid=10 mm=1 syscall=futex uaddr=0x1000 waits_on=0x2000 key=private" \
	" op=FUTEX_WAIT flags=PRIVATE expected=2 value=2 bitset=0xffffffff timeout=none\n"
#define PI(op, owner) \
	"waiter tid=10 tgid=10 mm=1 syscall=futex key=private op=" #op " timeout=none" \
	" pi_owner=" #owner "\n"
#define LOCK(tid, tgid, mm, owner) \
	WAITER(tid, tgid, mm, futex, private, none, yes, owner)
/* A word in shared memory, which the address spaces @mms map. */
#define SW(tid, tgid, mm)	WAITER(tid, tgid, mm, futex, shared-inode:1:0, none, yes, FREE)
#define SLOCK(tid, tgid, mm, owner) \
	WAITER(tid, tgid, mm, futex, shared-inode:1:0, none, yes, owner)
#define SHARED(mms, complete, nlink) \
	"shared key=shared-inode:1:0 dev=0:1 ino=7 nlink=" #nlink " mms=" mms \
	" complete=" #complete "\n"
#define PI_LOCK(tid, tgid, mm, owner) \
	"waiter tid=" #tid " tgid=" #tgid " comm=t" #tid " mm=" #mm " syscall=futex" \
	" waits_on=0x1000 key=private op=FUTEX_LOCK_PI timeout=none expected=- value=1" \
	" stable=yes pi_owner=" #owner "\n"
#define JOIN(tid, tgid, as, joined)	JOIN_AT(tid, tgid, as, joined, 0x910, shared-mm, -)
#define JOIN_AT(tid, tgid, mm, joined, word, key, flags) \
	"waiter tid=" #tid " tgid=" #tgid " comm=t" #tid " mm=" #mm " syscall=futex" \
	" uaddr=" #word " key=" #key " op=FUTEX_WAIT_BITSET flags=" #flags \
	" expected=" #joined " value=" #joined " bitset=0xffffffff timeout=none stable=yes\n"
#define JOINED(tid, tgid, mm, word) \
	"thread tid=" #tid " tgid=" #tgid " comm=t" #tid " mm=" #mm " state=S tracer=-" \
	" nvcsw=1 nivcsw=0 start_ns=" #tid " clear_child_tid=" #word "\n"
#define FREED(tid, expected, value) \
	"waiter tid=" #tid " tgid=10 comm=t" #tid " mm=1 syscall=futex uaddr=0x1000" \
	" waits_on=0x1000 key=private op=FUTEX_WAIT flags=PRIVATE expected=" #expected \
	" value=" #value " bitset=0xffffffff timeout=none stable=yes queued=yes\n"
/* A lock of glibc's in process 10, with more of its fields. */
#define MUTEX(tid, asleep, count, owner, users, kind) \
	"waiter tid=" #tid " tgid=10 comm=t" #tid " mm=1 uaddr=0x1000 op=FUTEX_WAIT" \
	" flags=PRIVATE expected=2 value=2 bitset=0xffffffff asleep_ns=" #asleep \
	" words=0:2," #count "," owner "," #users "," #kind ",0*5\n"
#define USED_LOCK(tid, owner, users)		MUTEX(tid, 1, 0, owner, users, 0)
#define KIND_LOCK(tid, owner, count, kind)	MUTEX(tid, 1, count, owner, 1, kind)
#define ASLEEP_LOCK(tid, owner, asleep)		MUTEX(tid, asleep, 0, owner, 1, 0)
#define YOUNG(tid, start) \
	"thread tid=" #tid " tgid=10 mm=1 state=S tracer=- nvcsw=1 start_ns=" #start "\n"
#define NS_PROC(tgid, mm, ns) \
	"process tgid=" #tgid " ppid=1 comm=p" #tgid " mm=" #mm " execed=yes caught=0x0" \
	" pid_ns=" #ns "\n"
#define FREE	"00000000"
#define HEX_9	"00000009"
#define HEX_30	"0000001e"
#define HEX_10	"0000000a"
#define HEX_11	"0000000b"
#define HEX_12	"0000000c"
#define HEX_20	"00000014"
#define HEX_99	"00000063"

#define STUCK(verdict, certainty, reason) \
	VERDICT_##verdict, CERTAINTY_##certainty, REASON_##reason
#define FINE(verdict, reason)	VERDICT_##verdict, CERTAINTY_NONE, REASON_##reason

/* Two processes of one thread each, and a third one, which sleeps elsewhere. */
#define TWO		MM(1, 1, "10") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) \
			MM(2, 1, "20") PROC(20, 1, 2, yes, 0x0) T(20, 20, 2)
#define THIRD		MM(3, 1, "30") PROC(30, 1, 3, yes, 0x0) T(30, 30, 3)

/* A process that is older. */
#define OLD		MM(4, 1, "9") PROC(9, 1, 4, yes, 0x0) T(9, 9, 4)

/* Two processes in a container, where they are 1 and 2. */
#define TWO_IN_NS	MM(1, 1, "10") NS_PROC(10, 1, 77) THREAD_10("start_ns=10 nstid=1") \
			MM(2, 1, "20") NS_PROC(20, 2, 77) \
			"thread tid=20 tgid=20 mm=2 state=S tracer=- nvcsw=1 start_ns=20 nstid=2\n"

/* One process, 10, of its own making. */
#define ALONE		MM(1, 1, "10") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1)
#define CHILD		MM(1, 1, "10") PROC(10, 9, 1, no, 0x0) T(10, 10, 1)
#define PAIR		MM(1, 2, "10-11") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) T(11, 10, 1)
#define TRIO		MM(1, 3, "10-12") PROC(10, 1, 1, yes, 0x0) \
			T(10, 10, 1) T(11, 10, 1) T(12, 10, 1)
#define FORKED_TRIO	MM(1, 3, "10-12") PROC(10, 9, 1, no, 0x0) \
			T(10, 10, 1) T(11, 10, 1) T(12, 10, 1)

struct want {
	pid_t tid;		/* 0: no more */
	enum verdict verdict;
	enum certainty certainty;
	enum reason reason;
};

static const struct world {
	const char *name;
	const char *now;
	const char *before;	/* NULL: there was but one look */
	struct want want[4];
} worlds[] = {
	/* Nobody can run: the looks and what limits them. */
	{ "alone", ALONE W(10, 10, 1), ALONE W(10, 10, 1),
	  { { 10, STUCK(NO_WAKER, CERTAIN, ALONE) } } },
	{ "alone, one look", ALONE W(10, 10, 1), NULL,
	  { { 10, STUCK(NO_WAKER, LIKELY, ALONE) } } },
	{ "all wait", PAIR W(10, 10, 1) W(11, 10, 1), PAIR W(10, 10, 1) W(11, 10, 1),
	  { { 10, STUCK(NO_WAKER, CERTAIN, ALL_WAIT) },
	    { 11, STUCK(NO_WAKER, CERTAIN, ALL_WAIT) } } },
	{ "the mm has another id in the second look", ALONE W(10, 10, 1),
	  MM(7, 1, "10") PROC(10, 1, 7, yes, 0x0) T(10, 10, 7) W(10, 10, 7),
	  { { 10, STUCK(NO_WAKER, CERTAIN, ALONE) } } },
	{ "shared-mm is as good as private",
	  ALONE WAITER(10, 10, 1, futex, shared-mm, none, yes, FREE),
	  ALONE WAITER(10, 10, 1, futex, shared-mm, none, yes, FREE),
	  { { 10, STUCK(NO_WAKER, CERTAIN, ALONE) } } },
	{ "a signal is caught",
	  MM(1, 1, "10") PROC(10, 1, 1, yes, 0x2) T(10, 10, 1) W(10, 10, 1),
	  MM(1, 1, "10") PROC(10, 1, 1, yes, 0x2) T(10, 10, 1) W(10, 10, 1),
	  { { 10, STUCK(NO_WAKER, BARRING_SIGNALS, ALONE) } } },
	{ "a signal is caught, but for the C library",
	  MM(1, 1, "10") PROC(10, 1, 1, yes, 0x180000000) T(10, 10, 1) W(10, 10, 1),
	  MM(1, 1, "10") PROC(10, 1, 1, yes, 0x180000000) T(10, 10, 1) W(10, 10, 1),
	  { { 10, STUCK(NO_WAKER, CERTAIN, ALONE) } } },
	{ "signal 34 is nobody's but the program's",
	  MM(1, 1, "10") PROC(10, 1, 1, yes, 0x200000000) T(10, 10, 1) READ_LOCKED(10),
	  MM(1, 1, "10") PROC(10, 1, 1, yes, 0x200000000) T(10, 10, 1) READ_LOCKED(10),
	  { { 10, STUCK(NO_WAKER, BARRING_SIGNALS, ALONE) } } },
	{ "all wait for events, and a handler of SIGTERM may be meant to end that",
	  MM(1, 1, "10") PROC(10, 1, 1, yes, 0x4000) T(10, 10, 1) EVENT(10),
	  MM(1, 1, "10") PROC(10, 1, 1, yes, 0x4000) T(10, 10, 1) EVENT(10),
	  { { 10, FINE(SIGNAL, OUTSIDE) } } },
	{ "but not a lock",
	  MM(1, 1, "10") PROC(10, 1, 1, yes, 0x4000) T(10, 10, 1) READ_LOCKED(10),
	  MM(1, 1, "10") PROC(10, 1, 1, yes, 0x4000) T(10, 10, 1) READ_LOCKED(10),
	  { { 10, STUCK(NO_WAKER, BARRING_SIGNALS, ALONE) } } },
	{ "nor an event, if another thread waits for a lock",
	  MM(1, 2, "10-11") PROC(10, 1, 1, yes, 0x4000) T(10, 10, 1) T(11, 10, 1) EVENT(10)
	  READ_LOCKED(11), NULL,
	  { { 10, STUCK(NO_WAKER, LIKELY, ALL_WAIT) }, { 11, STUCK(NO_WAKER, LIKELY, ALL_WAIT) } } },
	{ "a timer, and the handler of a signal",
	  MM(1, 1, "10") TIMED_PROC(10, 1, 1, 0x2000) T(10, 10, 1) W(10, 10, 1), NULL,
	  { { 10, FINE(BLOCKED, TIMER) } } },
	{ "a timer, and the handler of a signal that C libraries keep for themselves",
	  MM(1, 1, "10") TIMED_PROC(10, 1, 1, 0x80000000) T(10, 10, 1) W(10, 10, 1), NULL,
	  { { 10, FINE(BLOCKED, TIMER) } } },
	{ "a timer without a handler ends the process, and wakes nobody in it",
	  MM(1, 1, "10") TIMED_PROC(10, 1, 1, 0x0) T(10, 10, 1) W(10, 10, 1), NULL,
	  { { 10, STUCK(NO_WAKER, LIKELY, ALONE) } } },
	{ "a timer that is not armed", ARMED(0x2000, 0x0, "-"), ARMED(0x2000, 0x0, "-"),
	  { { 10, STUCK(NO_WAKER, BARRING_SIGNALS, ALONE) } } },
	{ "an armed timer whose signal is handled", ARMED(0x2000, 0x0, "14:9"), NULL,
	  { { 10, FINE(BLOCKED, TIMER) } } },
	{ "the same, and nobody knows when it fires", ARMED(0x2000, 0x0, "14:?"), NULL,
	  { { 10, FINE(BLOCKED, TIMER) } } },
	{ "a clock that stands still while nobody runs",
	  ARMED(0x2000, 0x0, "14:cpu"), ARMED(0x2000, 0x0, "14:cpu"),
	  { { 10, STUCK(NO_WAKER, BARRING_SIGNALS, ALONE) } } },
	{ "an armed timer whose signal is ignored",
	  ARMED(0x0, 0x2000, "14:9"), ARMED(0x0, 0x2000, "14:9"),
	  { { 10, STUCK(NO_WAKER, CERTAIN, ALONE) } } },
	{ "another signal is handled", ARMED(0x2000, 0x0, "10:9"), ARMED(0x2000, 0x0, "10:9"),
	  { { 10, STUCK(NO_WAKER, BARRING_SIGNALS, ALONE) } } },
	{ "one of two timers", ARMED(0x2000, 0x0, "10:9,14:9"), NULL,
	  { { 10, FINE(BLOCKED, TIMER) } } },
	{ "there may be more timers", ARMED(0x2000, 0x0, "10:9,?"), NULL,
	  { { 10, FINE(BLOCKED, TIMER) } } },
	{ "whose signals nobody handles", ARMED(0x0, 0x0, "10:9,?"), ARMED(0x0, 0x0, "10:9,?"),
	  { { 10, STUCK(NO_WAKER, CERTAIN, ALONE) } } },
	{ "all threads block the signal",
	  MM(1, 1, "10") ARMED_PROC(0x2000, 0x0, "14:9") THREAD_10("start_ns=10 blocked=0x2000")
	  W(10, 10, 1), NULL,
	  { { 10, STUCK(NO_WAKER, LIKELY, ALONE) } } },
	{ "but for one",
	  MM(1, 2, "10-11") ARMED_PROC(0x2000, 0x0, "14:9") THREAD_10("start_ns=10 blocked=0x2000")
	  T(11, 10, 1) W(10, 10, 1) W(11, 10, 1), NULL,
	  { { 10, FINE(BLOCKED, TIMER) } } },
	{ "but for one that has exited",
	  MM(1, 2, "10-11") ARMED_PROC(0x2000, 0x0, "14:9") THREAD_10("start_ns=10 blocked=0x2000")
	  THREAD(11, 10, 1, X, -, 1) W(10, 10, 1), NULL,
	  { { 10, STUCK(NO_WAKER, LIKELY, ALONE) } } },
	{ "the handler of a signal that C libraries keep for themselves may be the program's",
	  ARMED(0x80000000, 0x0, "32:9"), NULL,
	  { { 10, FINE(BLOCKED, TIMER) } } },
	{ "an ended process with a timer wakes another that shares its memory",
	  MM(1, 2, "10,20") ARMED_PROC(0x0, 0x0, "14:9") PROC(20, 1, 1, yes, 0x0)
	  T(10, 10, 1) T(20, 20, 1) W(10, 10, 1) W(20, 20, 1), NULL,
	  { { 20, FINE(BLOCKED, UNSEEN) } } },
	{ "but not one whose signal stops it",
	  MM(1, 2, "10,20") ARMED_PROC(0x0, 0x0, "20:9") PROC(20, 1, 1, yes, 0x0)
	  T(10, 10, 1) T(20, 20, 1) W(10, 10, 1) W(20, 20, 1), NULL,
	  { { 20, STUCK(NO_WAKER, LIKELY, ALL_WAIT) } } },
	{ "nor one whose signal does nothing by default",
	  MM(1, 2, "10,20") ARMED_PROC(0x0, 0x0, "17:9") PROC(20, 1, 1, yes, 0x0)
	  T(10, 10, 1) T(20, 20, 1) W(10, 10, 1) W(20, 20, 1), NULL,
	  { { 20, STUCK(NO_WAKER, LIKELY, ALL_WAIT) } } },
	{ "its tracer can run",
	  MM(1, 1, "10") PROC(10, 1, 1, yes, 0x0) THREAD(10, 10, 1, S, 30, 1) THIRD W(10, 10, 1), NULL,
	  { { 10, FINE(BLOCKED, TRACED) } } },
	{ "its tracer waits, too",
	  MM(1, 1, "10") PROC(10, 1, 1, yes, 0x0) THREAD(10, 10, 1, S, 30, 1) THIRD W(10, 10, 1)
	  W(30, 30, 3), NULL,
	  { { 10, STUCK(NO_WAKER, LIKELY, ALONE) } } },
	{ "a tracer that can run, of a thread whose lock another one holds",
	  MM(1, 2, "10-11") PROC(10, 1, 1, yes, 0x0) THREAD(10, 10, 1, S, 30, 1) T(11, 10, 1) THIRD
	  LOCK(10, 10, 1, HEX_11) LOCK(11, 10, 1, HEX_10), NULL,
	  { { 10, STUCK(DEADLOCK, LIKELY, CYCLE) } } },
	{ "unless a tracer sees it",
	  MM(1, 2, "10,20") ARMED_PROC(0x0, 0x0, "17:9") PROC(20, 1, 1, yes, 0x0)
	  THREAD(10, 10, 1, S, 30, 1) T(20, 20, 1) W(10, 10, 1) W(20, 20, 1), NULL,
	  { { 20, FINE(BLOCKED, UNSEEN) } } },
	{ "but it wakes another process that shares its memory",
	  MM(1, 2, "10,20") PROC(10, 1, 1, yes, 0x0) TIMED_PROC(20, 1, 1, 0x0)
	  T(10, 10, 1) T(20, 20, 1) W(10, 10, 1) W(20, 20, 1), NULL,
	  { { 10, FINE(BLOCKED, UNSEEN) } } },
	{ "but then the kernel releases its PI locks",
	  MM(1, 1, "10") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1)
	  MM(2, 1, "20") TIMED_PROC(20, 1, 2, 0x0) T(20, 20, 2)
	  PI_LOCK(10, 10, 1, 20) W(20, 20, 2), NULL,
	  { { 10, FINE(BLOCKED, HOLDER) }, { 20, STUCK(NO_WAKER, LIKELY, ALONE) } } },
	{ "the word has another value than expected", ALONE VALUE(2, 0), ALONE VALUE(2, 0),
	  { { 10, STUCK(NO_WAKER, BARRING_SIGNALS, ALONE) } } },
	{ "the word's value is unknown", ALONE VALUE(0, ?), ALONE VALUE(0, ?),
	  { { 10, STUCK(NO_WAKER, BARRING_SIGNALS, ALONE) } } },
	{ "it was requeued, so that it would look at another word", ALONE REQUEUED, ALONE REQUEUED,
	  { { 10, STUCK(NO_WAKER, BARRING_SIGNALS, ALONE) } } },
	{ "no value is expected", ALONE VALUE(-, 0), ALONE VALUE(-, 0),
	  { { 10, STUCK(NO_WAKER, BARRING_SIGNALS, ALONE) } } },
	{ "it is not known whether signals are caught",
	  MM(1, 1, "10") PROC(10, 1, 1, yes, ?) T(10, 10, 1) READ_LOCKED(10),
	  MM(1, 1, "10") PROC(10, 1, 1, yes, ?) T(10, 10, 1) READ_LOCKED(10),
	  { { 10, STUCK(NO_WAKER, BARRING_SIGNALS, ALONE) } } },
	{ "the process has no record",
	  MM(1, 1, "10") T(10, 10, 1) READ_LOCKED(10), MM(1, 1, "10") T(10, 10, 1) W(10, 10, 1),
	  { { 10, STUCK(NO_WAKER, BARRING_SIGNALS, ALONE) } } },
	{ "two processes share the memory",
	  MM(1, 2, "10,20") PROC(10, 1, 1, yes, 0x0) PROC(20, 1, 1, yes, 0x0)
	  T(10, 10, 1) T(20, 20, 1) W(10, 10, 1) W(20, 20, 1),
	  MM(1, 2, "10,20") PROC(10, 1, 1, yes, 0x0) PROC(20, 1, 1, yes, 0x0)
	  T(10, 10, 1) T(20, 20, 1) W(10, 10, 1) W(20, 20, 1),
	  { { 10, STUCK(NO_WAKER, BARRING_SIGNALS, ALL_WAIT) },
	    { 20, STUCK(NO_WAKER, BARRING_SIGNALS, ALL_WAIT) } } },
	{ "traced",
	  MM(1, 1, "10") PROC(10, 1, 1, yes, 0x0) THREAD(10, 10, 1, S, 5, 1) W(10, 10, 1),
	  MM(1, 1, "10") PROC(10, 1, 1, yes, 0x0) THREAD(10, 10, 1, S, 5, 1) W(10, 10, 1),
	  { { 10, STUCK(NO_WAKER, LIKELY, ALONE) } } },
	{ "maybe traced",
	  MM(1, 1, "10") PROC(10, 1, 1, yes, 0x0) THREAD(10, 10, 1, S, ?, 1) W(10, 10, 1),
	  MM(1, 1, "10") PROC(10, 1, 1, yes, 0x0) THREAD(10, 10, 1, S, ?, 1) W(10, 10, 1),
	  { { 10, STUCK(NO_WAKER, LIKELY, ALONE) } } },

	/* The two looks differ. */
	{ "it ran in between", ALONE W(10, 10, 1),
	  MM(1, 1, "10") PROC(10, 1, 1, yes, 0x0) THREAD(10, 10, 1, S, -, 0) W(10, 10, 1),
	  { { 10, FINE(UNKNOWN, CHANGED) } } },
	{ "another thread ran in between", PAIR W(10, 10, 1) W(11, 10, 1),
	  MM(1, 2, "10-11") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) THREAD(11, 10, 1, S, -, 0)
	  W(10, 10, 1) W(11, 10, 1),
	  { { 10, FINE(UNKNOWN, CHANGED) }, { 11, FINE(UNKNOWN, CHANGED) } } },
	{ "it was preempted in between", ALONE W(10, 10, 1),
	  MM(1, 1, "10") PROC(10, 1, 1, yes, 0x0) THREAD_10("nivcsw=1 start_ns=10") W(10, 10, 1),
	  { { 10, FINE(UNKNOWN, CHANGED) } } },
	{ "it is another thread of the same id", ALONE W(10, 10, 1),
	  MM(1, 1, "10") PROC(10, 1, 1, yes, 0x0) THREAD_10("nivcsw=0 start_ns=9") W(10, 10, 1),
	  { { 10, FINE(UNKNOWN, CHANGED) } } },
	{ "context switches are not known",
	  MM(1, 1, "10") PROC(10, 1, 1, yes, 0x0) THREAD(10, 10, 1, S, -, ?) W(10, 10, 1),
	  MM(1, 1, "10") PROC(10, 1, 1, yes, 0x0) THREAD(10, 10, 1, S, -, ?) W(10, 10, 1),
	  { { 10, FINE(UNKNOWN, CHANGED) } } },
	{ "it did not wait at first", ALONE W(10, 10, 1), ALONE,
	  { { 10, FINE(UNKNOWN, CHANGED) } } },
	{ "it was not there at first", ALONE W(10, 10, 1), "",
	  { { 10, FINE(UNKNOWN, CHANGED) } } },
	{ "a thread has come", PAIR W(10, 10, 1) W(11, 10, 1), ALONE W(10, 10, 1),
	  { { 10, FINE(UNKNOWN, CHANGED) } } },
	{ "a thread has gone", ALONE W(10, 10, 1), PAIR W(10, 10, 1) W(11, 10, 1),
	  { { 10, FINE(UNKNOWN, CHANGED) } } },
	{ "a thread could run at first", PAIR W(10, 10, 1) W(11, 10, 1),
	  PAIR W(10, 10, 1), { { 10, FINE(UNKNOWN, CHANGED) } } },
	{ "the threads come of two address spaces", PAIR W(10, 10, 1) W(11, 10, 1),
	  MM(1, 1, "10") MM(2, 1, "11") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) T(11, 10, 2)
	  W(10, 10, 1) W(11, 10, 2), { { 10, FINE(UNKNOWN, CHANGED) } } },
	{ "one of the threads comes of another address space", PAIR W(10, 10, 1) W(11, 10, 1),
	  MM(1, 2, "10,12") MM(2, 1, "11") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) T(12, 10, 1)
	  T(11, 10, 2) W(10, 10, 1) W(12, 10, 1) W(11, 10, 2), { { 10, FINE(UNKNOWN, CHANGED) } } },
	{ "the first look did not show all threads", ALONE W(10, 10, 1),
	  MMH(1, 2, "10", 1) PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) W(10, 10, 1),
	  { { 10, FINE(UNKNOWN, CHANGED) } } },

	/* Somebody can run. */
	{ "another sleeps elsewhere", PAIR W(10, 10, 1), PAIR W(10, 10, 1),
	  { { 10, FINE(BLOCKED, CAN_RUN) } } },
	{ "another runs",
	  MM(1, 2, "10-11") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) THREAD(11, 10, 1, R, -, 1)
	  W(10, 10, 1), NULL, { { 10, FINE(BLOCKED, CAN_RUN) } } },
	{ "another is in D",
	  MM(1, 2, "10-11") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) THREAD(11, 10, 1, D, -, 1)
	  W(10, 10, 1), NULL, { { 10, FINE(BLOCKED, CAN_RUN) } } },
	{ "another's state is unknown",
	  MM(1, 2, "10-11") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) THREAD(11, 10, 1, ?, -, 1)
	  W(10, 10, 1), NULL, { { 10, FINE(BLOCKED, CAN_RUN) } } },
	{ "another is of another process",
	  MM(1, 2, "10,20") PROC(10, 1, 1, yes, 0x0) PROC(20, 10, 1, no, 0x0)
	  T(10, 10, 1) T(20, 20, 1) W(10, 10, 1), NULL, { { 10, FINE(BLOCKED, CAN_RUN) } } },
	{ "another has a timeout",
	  PAIR W(10, 10, 1) WAITER(11, 10, 1, futex, private, relative, yes, FREE), NULL,
	  { { 10, FINE(BLOCKED, CAN_RUN) }, { 11, FINE(TIMED, TIMEOUT) } } },
	{ "another's timeout is on some clock",
	  PAIR W(10, 10, 1) WAITER(11, 10, 1, futex, private, absolute, yes, FREE), NULL,
	  { { 10, FINE(BLOCKED, CAN_RUN) }, { 11, FINE(TIMED, TIMEOUT) } } },
	{ "another's timeout is unknown",
	  PAIR W(10, 10, 1) WAITER(11, 10, 1, futex, private, ?, yes, FREE), NULL,
	  { { 10, FINE(BLOCKED, CAN_RUN) }, { 11, FINE(UNKNOWN, CALL) } } },
	{ "another's call is unknown",
	  PAIR W(10, 10, 1) WAITER(11, 10, 1, ?, private, none, yes, FREE), NULL,
	  { { 10, FINE(BLOCKED, CAN_RUN) }, { 11, FINE(UNKNOWN, CALL) } } },
	{ "another's call was restarted",
	  PAIR W(10, 10, 1) WAITER(11, 10, 1, restart_syscall, private, none, yes, FREE), NULL,
	  { { 10, FINE(BLOCKED, CAN_RUN) }, { 11, FINE(UNKNOWN, CALL) } } },
	{ "another's key is unknown",
	  PAIR W(10, 10, 1) WAITER(11, 10, 1, futex, ?, none, yes, FREE), NULL,
	  { { 10, FINE(BLOCKED, CAN_RUN) }, { 11, FINE(BLOCKED, KEY) } } },
	{ "the same, for an event",
	  PAIR EVENT(10) "waiter tid=11 tgid=10 mm=1 op=FUTEX_WAIT uaddr=0x2000 key=? expected=7 "
	  "value=7 bitset=0xffffffff asleep_ns=1 words=0:7,0\n", NULL,
	  { { 10, FINE(WAITING, CAN_RUN) }, { 11, FINE(UNKNOWN, KEY) } } },
	{ "another waits on a shared file",
	  PAIR W(10, 10, 1) WAITER(11, 10, 1, futex, shared-inode:1:0, none, yes, FREE), NULL,
	  { { 10, FINE(BLOCKED, CAN_RUN) }, { 11, FINE(BLOCKED, SHARED) } } },
	{ "another ran during the snapshot",
	  PAIR W(10, 10, 1) WAITER(11, 10, 1, futex, private, none, no, FREE), NULL,
	  { { 10, FINE(BLOCKED, CAN_RUN) }, { 11, FINE(UNKNOWN, UNSTABLE) } } },
	{ "another was just woken",
	  MM(1, 2, "10-11") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) THREAD(11, 10, 1, R, -, 1)
	  W(10, 10, 1) W(11, 10, 1), NULL,
	  { { 10, FINE(BLOCKED, CAN_RUN) }, { 11, FINE(UNKNOWN, UNSTABLE) } } },
	{ "a thread of another mm is no help",
	  ALONE W(10, 10, 1) MM(2, 1, "20") PROC(20, 1, 2, yes, 0x0) T(20, 20, 2),
	  ALONE W(10, 10, 1) MM(2, 1, "20") PROC(20, 1, 2, yes, 0x0) T(20, 20, 2),
	  { { 10, STUCK(NO_WAKER, CERTAIN, ALONE) } } },
	{ "a dead thread is no help",
	  MM(1, 2, "10-11") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) THREAD(11, 10, 1, Z, -, 1)
	  W(10, 10, 1), NULL, { { 10, STUCK(NO_WAKER, LIKELY, ALONE) } } },

	/* The snapshot does not have it all. */
	{ "hidden threads",
	  MMH(1, 2, "10", 1) PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) W(10, 10, 1), NULL,
	  { { 10, FINE(BLOCKED, UNSEEN) } } },
	{ "hidden contradicts the records",
	  MMH(1, 1, "10", 1) PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) W(10, 10, 1), NULL,
	  { { 10, FINE(BLOCKED, UNSEEN) } } },
	{ "live_threads contradicts the records",
	  MM(1, 1, "10-11") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) W(10, 10, 1), NULL,
	  { { 10, FINE(BLOCKED, UNSEEN) } } },
	{ "hidden is unknown",
	  MMH(1, 1, "10", ?) PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) W(10, 10, 1), NULL,
	  { { 10, FINE(BLOCKED, UNSEEN) } } },
	{ "live is unknown",
	  MM(1, ?, "10") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) W(10, 10, 1), NULL,
	  { { 10, FINE(BLOCKED, UNSEEN) } } },
	{ "live_threads is unknown",
	  MM(1, 1, "?") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) W(10, 10, 1), NULL,
	  { { 10, FINE(BLOCKED, UNSEEN) } } },
	{ "a thread lacks its record",
	  MM(1, 2, "10-11") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) W(10, 10, 1), NULL,
	  { { 10, FINE(BLOCKED, UNSEEN) } } },
	{ "the waiter's thread lacks its record", MM(1, 1, "10") W(10, 10, 1), NULL,
	  { { 10, FINE(UNKNOWN, NO_RECORD) } } },
	{ "the mm is unknown", ALONE W(10, 10, ?), NULL, { { 10, FINE(UNKNOWN, NO_RECORD) } } },
	{ "the thread has another mm by now",
	  MM(1, 1, "10") MM(2, 1, "10") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) W(10, 10, 2), NULL,
	  { { 10, FINE(UNKNOWN, NO_RECORD) } } },
	{ "errors in the snapshot", ALONE W(10, 10, 1) "error what=x\n",
	  ALONE W(10, 10, 1), { { 10, FINE(UNKNOWN, ERRORS) } } },
	{ "errors do not touch those who wait", PAIR W(10, 10, 1) "error what=x\n", NULL,
	  { { 10, FINE(BLOCKED, CAN_RUN) } } },

	/* futex_waitv() */
	{ "two words, both final",
	  ALONE WAITER(10, 10, 1, futex_waitv, private, none, yes, FREE)
	  WAITER(10, 10, 1, futex_waitv, private, none, yes, FREE),
	  ALONE WAITER(10, 10, 1, futex_waitv, private, none, yes, FREE)
	  WAITER(10, 10, 1, futex_waitv, private, none, yes, FREE),
	  { { 10, STUCK(NO_WAKER, CERTAIN, ALONE) } } },
	{ "two words, one shared",
	  ALONE WAITER(10, 10, 1, futex_waitv, private, none, yes, FREE)
	  WAITER(10, 10, 1, futex_waitv, shared-inode:1:0, none, yes, FREE), NULL,
	  { { 10, FINE(WAITING, OTHER_WORD) } } },
	{ "the words of futex_waitv name no one holder",
	  ALONE WAITER(10, 10, 1, futex_waitv, private, none, yes, HEX_10), NULL,
	  { { 10, STUCK(NO_WAKER, LIKELY, ALONE) } } },

	/* Stopped */
	{ "the other is stopped",
	  MM(1, 2, "10-11") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) THREAD(11, 10, 1, T, -, 1)
	  W(10, 10, 1), NULL, { { 10, STUCK(STOPPED, LIKELY, ALL_STOPPED) } } },
	{ "the other is stopped, two looks",
	  MM(1, 2, "10-11") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) THREAD(11, 10, 1, T, -, 1)
	  W(10, 10, 1),
	  MM(1, 2, "10-11") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) THREAD(11, 10, 1, T, -, 1)
	  W(10, 10, 1), { { 10, STUCK(STOPPED, CERTAIN, ALL_STOPPED) } } },
	{ "the other is traced and stopped",
	  MM(1, 2, "10-11") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) THREAD(11, 10, 1, t, 5, 1)
	  W(10, 10, 1), NULL, { { 10, STUCK(STOPPED, LIKELY, ALL_STOPPED) } } },
	{ "the waiter is stopped",
	  MM(1, 1, "10") PROC(10, 1, 1, yes, 0x0) THREAD(10, 10, 1, T, -, 1) W(10, 10, 1), NULL,
	  { { 10, FINE(STOPPED, SELF_STOPPED) } } },
	{ "the other is frozen",
	  MM(1, 2, "11,10") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1)
	  "thread tid=11 tgid=10 mm=1 state=S tracer=- nvcsw=1 nivcsw=0 start_ns=11 frozen=v2\n"
	  W(10, 10, 1), NULL,
	  { { 10, STUCK(STOPPED, LIKELY, ALL_STOPPED) } } },
	{ "the waiter is frozen",
	  MM(1, 1, "10") PROC(10, 1, 1, yes, 0x0)
	  THREAD_10("nivcsw=0 start_ns=10 frozen=v1") W(10, 10, 1), NULL,
	  { { 10, FINE(STOPPED, SELF_FROZEN) } } },
	{ "not frozen", MM(1, 1, "10") PROC(10, 1, 1, yes, 0x0)
	  THREAD_10("nivcsw=0 start_ns=10 frozen=no") W(10, 10, 1), NULL,
	  { { 10, STUCK(NO_WAKER, LIKELY, ALONE) } } },
	{ "an io_uring request, whose thread sleeps elsewhere",
	  ALONE WAITER(10, 10, 1, io_uring, private, ?, ?, FREE), NULL,
	  { { 10, FINE(WAITING, REQUEST) } } },
	{ "an io_uring request, whose thread waits too: the end of it may interrupt that",
	  ALONE WAITER(10, 10, 1, futex, private, none, yes, FREE)
	  WAITER(10, 10, 1, io_uring, private, ?, ?, FREE), NULL,
	  { { 10, FINE(BLOCKED, OTHER_WORD) } } },
	{ "its thread has used io_uring",
	  MM(1, 1, "10") PROC(10, 1, 1, yes, 0x0)
	  THREAD_10("nivcsw=0 start_ns=10 io_uring=yes") W(10, 10, 1), NULL,
	  { { 10, FINE(BLOCKED, IO_URING) } } },
	{ "its thread has not used io_uring",
	  MM(1, 1, "10") PROC(10, 1, 1, yes, 0x0)
	  THREAD_10("nivcsw=0 start_ns=10 io_uring=no") W(10, 10, 1), NULL,
	  { { 10, STUCK(NO_WAKER, LIKELY, ALONE) } } },
	{ "a PI lock, owned by a thread of another process", CHILD PI(FUTEX_LOCK_PI, 9), NULL,
	  { { 10, FINE(BLOCKED, PI_OWNER) } } },
	{ "a PI lock, whose owner is not known", ALONE PI(FUTEX_LOCK_PI2, ?), NULL,
	  { { 10, FINE(BLOCKED, PI_OWNER) } } },
	{ "a PI lock by a newer operation, whose owner is not known",
	  ALONE PI(FUTEX_LOCK_PI3, ?), NULL, { { 10, FINE(BLOCKED, PI_OWNER) } } },
	{ "a PI lock, owned by a thread of the same process",
	  PAIR PI(FUTEX_LOCK_PI, 11) W(11, 10, 1), NULL,
	  { { 10, STUCK(NO_WAKER, LIKELY, TO_STUCK) } } },
	{ "moved to a PI lock of another process", CHILD PI(FUTEX_WAIT_REQUEUE_PI, 9), NULL,
	  { { 10, FINE(BLOCKED, PI_OWNER) } } },
	{ "not yet moved to a PI lock", CHILD PI(FUTEX_WAIT_REQUEUE_PI, -), NULL,
	  { { 10, STUCK(NO_WAKER, LIKELY, FORK) } } },
	{ "one is stopped, one can run",
	  MM(1, 3, "10-12") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) THREAD(11, 10, 1, T, -, 1)
	  T(12, 10, 1) W(10, 10, 1), NULL, { { 10, FINE(BLOCKED, CAN_RUN) } } },
	{ "the holder is stopped, another runs",
	  MM(1, 3, "10-12") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) THREAD(11, 10, 1, T, -, 1)
	  T(12, 10, 1) LOCK(10, 10, 1, HEX_11), NULL,
	  { { 10, STUCK(STOPPED, LIKELY, HOLDER_STOPPED) } } },
	{ "the holder of a shared lock is stopped, a timer of its process goes on",
	  MM(1, 1, "10") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1)
	  MM(2, 2, "20-21") TIMED_PROC(20, 1, 2, 0x2000) THREAD(20, 20, 2, T, -, 1) T(21, 20, 2)
	  SHARED("1,2", yes, 0) SLOCK(10, 10, 1, HEX_20), NULL,
	  { { 10, STUCK(STOPPED, LIKELY, HOLDER_STOPPED) } } },
	{ "a timer ends a process that uses the same memory, unless that is stopped",
	  MM(1, 2, "10,20") ARMED_PROC(0x0, 0x0, "14:9") PROC(20, 1, 1, yes, 0x0)
	  THREAD(10, 10, 1, T, -, 1) T(20, 20, 1) W(20, 20, 1), NULL,
	  { { 20, STUCK(STOPPED, LIKELY, ALL_STOPPED) } } },
	{ "the holder's holder is stopped",
	  MM(1, 4, "10-13") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) T(11, 10, 1)
	  THREAD(12, 10, 1, T, -, 1) T(13, 10, 1)
	  LOCK(10, 10, 1, HEX_11) LOCK(11, 10, 1, HEX_12), NULL,
	  { { 10, STUCK(STOPPED, LIKELY, TO_STOPPED) },
	    { 11, STUCK(STOPPED, LIKELY, HOLDER_STOPPED) } } },
	{ "a dead holder is only likely while a stopped thread might still wake it",
	  MM(1, 2, "10-11") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) THREAD(11, 10, 1, T, -, 1)
	  LOCK(10, 10, 1, HEX_99),
	  MM(1, 2, "10-11") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) THREAD(11, 10, 1, T, -, 1)
	  LOCK(10, 10, 1, HEX_99), { { 10, STUCK(ORPHANED, LIKELY, GONE) } } },
	{ "in a child of fork the holder may be the main thread, under its old id",
	  MM(1, 2, "10-11") PROC(10, 1, 1, no, 0x0) THREAD(10, 10, 1, R, -, 1) T(11, 10, 1)
	  LOCK(11, 10, 1, HEX_99), NULL, { { 11, FINE(BLOCKED, CAN_RUN) } } },
	{ "which alone can release it then, and waits for nobody who can run",
	  FORKED_TRIO LOCK(10, 10, 1, HEX_10) LOCK(11, 10, 1, HEX_99),
	  FORKED_TRIO LOCK(10, 10, 1, HEX_10) LOCK(11, 10, 1, HEX_99),
	  { { 10, STUCK(DEADLOCK, LIKELY, SELF) }, { 11, STUCK(NO_WAKER, LIKELY, STUCK) } } },
	{ "not if the lock had a live holder at the first look",
	  FORKED_TRIO LOCK(10, 10, 1, HEX_10) LOCK(11, 10, 1, HEX_10),
	  FORKED_TRIO LOCK(10, 10, 1, HEX_10) LOCK(11, 10, 1, HEX_99),
	  { { 11, FINE(UNKNOWN, CHANGED) } } },
	{ "but not after execve",
	  MM(1, 2, "10-11") PROC(10, 1, 1, yes, 0x0) THREAD(10, 10, 1, R, -, 1) T(11, 10, 1)
	  LOCK(11, 10, 1, HEX_99), NULL, { { 11, STUCK(ORPHANED, LIKELY, GONE) } } },

	/* Fork */
	{ "a child of fork, no holder known", CHILD W(10, 10, 1), CHILD W(10, 10, 1),
	  { { 10, STUCK(NO_WAKER, CERTAIN, FORK) } } },
	{ "a child of fork, the holder elsewhere", CHILD LOCK(10, 10, 1, HEX_99),
	  CHILD LOCK(10, 10, 1, HEX_99), { { 10, STUCK(ORPHANED, CERTAIN, GONE) } } },
	{ "a child of fork, the holder elsewhere, one look", CHILD LOCK(10, 10, 1, HEX_99), NULL,
	  { { 10, STUCK(ORPHANED, LIKELY, GONE) } } },
	{ "a child of fork with a thread that can run",
	  MM(1, 2, "10-11") PROC(10, 9, 1, no, 0x0) T(10, 10, 1) T(11, 10, 1)
	  LOCK(10, 10, 1, HEX_99), NULL, { { 10, STUCK(ORPHANED, LIKELY, GONE) } } },

	/* Holders */
	{ "holds it itself", ALONE LOCK(10, 10, 1, HEX_10), ALONE LOCK(10, 10, 1, HEX_10),
	  { { 10, STUCK(DEADLOCK, CERTAIN, SELF) } } },
	{ "holds it itself, another can run", PAIR LOCK(10, 10, 1, HEX_10),
	  PAIR LOCK(10, 10, 1, HEX_10), { { 10, STUCK(DEADLOCK, LIKELY, SELF) } } },
	{ "ABBA", PAIR LOCK(10, 10, 1, HEX_11) LOCK(11, 10, 1, HEX_10),
	  PAIR LOCK(10, 10, 1, HEX_11) LOCK(11, 10, 1, HEX_10),
	  { { 10, STUCK(DEADLOCK, CERTAIN, CYCLE) }, { 11, STUCK(DEADLOCK, CERTAIN, CYCLE) } } },
	{ "ABBA, another can run", TRIO LOCK(10, 10, 1, HEX_11) LOCK(11, 10, 1, HEX_10),
	  TRIO LOCK(10, 10, 1, HEX_11) LOCK(11, 10, 1, HEX_10),
	  { { 10, STUCK(DEADLOCK, LIKELY, CYCLE) }, { 11, STUCK(DEADLOCK, LIKELY, CYCLE) } } },
	{ "waits for an ABBA",
	  TRIO LOCK(10, 10, 1, HEX_11) LOCK(11, 10, 1, HEX_10) LOCK(12, 10, 1, HEX_10), NULL,
	  { { 12, STUCK(DEADLOCK, LIKELY, TO_CYCLE) } } },
	{ "a cycle of three",
	  TRIO LOCK(10, 10, 1, HEX_11) LOCK(11, 10, 1, HEX_12) LOCK(12, 10, 1, HEX_10), NULL,
	  { { 10, STUCK(DEADLOCK, LIKELY, CYCLE) }, { 11, STUCK(DEADLOCK, LIKELY, CYCLE) },
	    { 12, STUCK(DEADLOCK, LIKELY, CYCLE) } } },
	{ "ABBA where one has a timeout is a cycle that ends by itself",
	  PAIR LOCK(10, 10, 1, HEX_11)
	  WAITER(11, 10, 1, futex, private, relative, yes, HEX_10), NULL,
	  { { 10, FINE(BLOCKED, CYCLE) }, { 11, FINE(TIMED, TIMEOUT) } } },
	{ "the holder is gone", PAIR LOCK(10, 10, 1, HEX_99), PAIR LOCK(10, 10, 1, HEX_99),
	  { { 10, STUCK(ORPHANED, LIKELY, GONE) } } },
	{ "the holder is gone, nobody can run",
	  ALONE LOCK(10, 10, 1, HEX_99), ALONE LOCK(10, 10, 1, HEX_99),
	  { { 10, STUCK(ORPHANED, CERTAIN, GONE) } } },
	{ "the holder's holder is gone",
	  TRIO LOCK(10, 10, 1, HEX_11) LOCK(11, 10, 1, HEX_99), NULL,
	  { { 10, STUCK(ORPHANED, LIKELY, TO_GONE) }, { 11, STUCK(ORPHANED, LIKELY, GONE) } } },
	{ "the holder is a zombie",
	  MM(1, 3, "10-12") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) THREAD(11, 10, 1, Z, -, 1)
	  T(12, 10, 1) LOCK(10, 10, 1, HEX_11), NULL, { { 10, STUCK(ORPHANED, LIKELY, GONE) } } },
	{ "the holder may be one of the hidden",
	  MMH(1, 3, "10-11", 1) PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) T(11, 10, 1)
	  LOCK(10, 10, 1, HEX_99), NULL, { { 10, FINE(BLOCKED, CAN_RUN) } } },
	{ "the holder can run", PAIR LOCK(10, 10, 1, HEX_11), NULL,
	  { { 10, FINE(BLOCKED, HOLDER) } } },
	{ "the holder's holder can run",
	  TRIO LOCK(10, 10, 1, HEX_11) LOCK(11, 10, 1, HEX_12), NULL,
	  { { 10, FINE(BLOCKED, TO_HOLDER) }, { 11, FINE(BLOCKED, HOLDER) } } },
	{ "the holder waits for nobody known, another can run",
	  TRIO LOCK(10, 10, 1, HEX_11) W(11, 10, 1), NULL, { { 10, FINE(BLOCKED, HOLDER) } } },
	{ "a holder of another process is not one of this",
	  PAIR LOCK(10, 10, 1, HEX_20) MM(2, 1, "20") PROC(20, 1, 2, yes, 0x0) T(20, 20, 2), NULL,
	  { { 10, STUCK(ORPHANED, LIKELY, GONE) } } },
	{ "the holder was another in the first look",
	  PAIR LOCK(10, 10, 1, HEX_99), PAIR LOCK(10, 10, 1, HEX_12),
	  { { 10, FINE(UNKNOWN, CHANGED) } } },
	{ "the holder was not known in the first look", TRIO LOCK(10, 10, 1, HEX_10),
	  TRIO W(10, 10, 1), { { 10, FINE(UNKNOWN, CHANGED) } } },
	{ "a cycle of which one has run",
	  TRIO LOCK(10, 10, 1, HEX_11) LOCK(11, 10, 1, HEX_10),
	  MM(1, 3, "10-12") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) THREAD(11, 10, 1, S, -, 0)
	  T(12, 10, 1) LOCK(10, 10, 1, HEX_11) LOCK(11, 10, 1, HEX_10),
	  { { 10, FINE(UNKNOWN, CHANGED) }, { 11, FINE(UNKNOWN, CHANGED) } } },
	{ "a cycle of which the other has run",
	  TRIO LOCK(10, 10, 1, HEX_11) LOCK(11, 10, 1, HEX_10),
	  MM(1, 3, "10-12") PROC(10, 1, 1, yes, 0x0) THREAD(10, 10, 1, S, -, 0) T(11, 10, 1)
	  T(12, 10, 1) LOCK(10, 10, 1, HEX_11) LOCK(11, 10, 1, HEX_10),
	  { { 10, FINE(UNKNOWN, CHANGED) }, { 11, FINE(UNKNOWN, CHANGED) } } },
	{ "the holder is gone, but the waiter is there only now",
	  TRIO LOCK(10, 10, 1, HEX_11) LOCK(11, 10, 1, HEX_99), TRIO LOCK(11, 10, 1, HEX_99),
	  { { 10, FINE(UNKNOWN, CHANGED) }, { 11, STUCK(ORPHANED, LIKELY, GONE) } } },
	{ "the holder's holder is gone only now",
	  TRIO LOCK(10, 10, 1, HEX_11) LOCK(11, 10, 1, HEX_99), TRIO LOCK(10, 10, 1, HEX_11),
	  { { 10, FINE(UNKNOWN, CHANGED) }, { 11, FINE(UNKNOWN, CHANGED) } } },
	{ "requeued between the looks", PAIR LOCK(10, 10, 1, HEX_99),
	  PAIR "waiter tid=10 mm=1 syscall=futex key=private timeout=none waits_on=0x2000 "
	  "op=FUTEX_WAIT flags=PRIVATE expected=2 bitset=0xffffffff "
	  "words=0:2,0," HEX_99 ",1,0*6\n",
	  { { 10, FINE(UNKNOWN, CHANGED) } } },
	{ "nobody can run, and the holder is seen only now",
	  ALONE LOCK(10, 10, 1, HEX_10), ALONE W(10, 10, 1),
	  { { 10, STUCK(NO_WAKER, CERTAIN, ALONE) } } },

	/* What looks like a lock, and is none, or names no holder */
	{ "the id is one of a thread of another process, which is older",
	  OLD PAIR LOCK(10, 10, 1, HEX_9), OLD PAIR LOCK(10, 10, 1, HEX_9),
	  { { 10, FINE(WAITING, CAN_RUN) } } },
	{ "the same in a child of fork, whose lock is one of its parent's",
	  OLD MM(1, 2, "10-11") PROC(10, 9, 1, no, 0x0) T(10, 10, 1) T(11, 10, 1)
	  LOCK(10, 10, 1, HEX_9), NULL, { { 10, STUCK(ORPHANED, LIKELY, GONE) } } },
	{ "the id is lower than that of the process",
	  PAIR LOCK(10, 10, 1, HEX_9), NULL, { { 10, FINE(WAITING, CAN_RUN) } } },
	{ "the same where ids may have begun anew",
	  MM(1, 2, "1000-1001") PROC(1000, 1, 1, yes, 0x0) T(1000, 1000, 1) T(1001, 1000, 1)
	  LOCK(1000, 1000, 1, "0000012c"), NULL, { { 1000, STUCK(ORPHANED, LIKELY, GONE) } } },
	{ "and where they have not",
	  MM(1, 2, "1000-1001") PROC(1000, 1, 1, yes, 0x0) T(1000, 1000, 1) T(1001, 1000, 1)
	  LOCK(1000, 1000, 1, "0000012b"), NULL, { { 1000, FINE(WAITING, CAN_RUN) } } },
	{ "more users than threads, and one that has exited",
	  PAIR USED_LOCK(10, HEX_99, 4), NULL, { { 10, FINE(WAITING, CAN_RUN) } } },
	{ "as many users as that", PAIR USED_LOCK(10, HEX_99, 3), NULL,
	  { { 10, STUCK(ORPHANED, LIKELY, GONE) } } },
	{ "more users, but its process was forked from one with more threads",
	  MM(1, 2, "10-11") PROC(10, 9, 1, no, 0x0) T(10, 10, 1) T(11, 10, 1)
	  USED_LOCK(10, HEX_99, 9), NULL, { { 10, STUCK(ORPHANED, LIKELY, GONE) } } },
	{ "holds a lock itself that says so to who asks again",
	  PAIR KIND_LOCK(10, HEX_10, 0, 2), NULL, { { 10, FINE(WAITING, CAN_RUN) } } },
	{ "holds a recursive lock itself",
	  PAIR KIND_LOCK(10, HEX_10, 1, 1), NULL, { { 10, FINE(WAITING, CAN_RUN) } } },
	{ "another holds the recursive lock",
	  PAIR KIND_LOCK(10, HEX_11, 1, 1), NULL, { { 10, FINE(BLOCKED, HOLDER) } } },
	{ "another process shares the memory, and may have its parent's id",
	  MM(1, 2, "10,20") PROC(10, 1, 1, yes, 0x0) PROC(20, 10, 1, no, 0x0) T(10, 10, 1)
	  T(20, 20, 1) LOCK(10, 10, 1, HEX_10), NULL, { { 10, FINE(BLOCKED, CAN_RUN) } } },
	{ "the holder is younger than the wait: it may have a dead one's id",
	  MM(1, 3, "10-12") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1)
	  YOUNG(11, 3000000001) T(12, 10, 1) ASLEEP_LOCK(10, HEX_11, 3000000000) LOCK(11, 10, 1, HEX_11),
	  NULL, { { 10, FINE(BLOCKED, CAN_RUN) }, { 11, STUCK(DEADLOCK, LIKELY, SELF) } } },
	{ "the holder is younger than when the waiter began to run",
	  MM(1, 3, "10-12") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1)
	  YOUNG(11, 3000000000) T(12, 10, 1) ASLEEP_LOCK(10, HEX_11, 3000000000) LOCK(11, 10, 1, HEX_11),
	  NULL, { { 10, STUCK(DEADLOCK, LIKELY, TO_CYCLE) } } },

	/* Shared memory */
	{ "a shared lock whose holder lives, and does not map it now",
	  TWO THIRD SHARED("1,2", yes, 0) SLOCK(10, 10, 1, HEX_30), NULL,
	  { { 10, FINE(BLOCKED, SHARED) } } },
	{ "a shared lock with an id that two pid namespaces have",
	  MM(1, 1, "10") NS_PROC(10, 1, 77) T(10, 10, 1) MM(2, 1, "20") NS_PROC(20, 2, 78)
	  T(20, 20, 2) SHARED("1,2", yes, 0) SLOCK(10, 10, 1, HEX_10), NULL,
	  { { 10, FINE(BLOCKED, SHARED) } } },
	{ "a shared lock of one pid namespace",
	  MM(1, 1, "10") NS_PROC(10, 1, 77) T(10, 10, 1) MM(2, 1, "20") NS_PROC(20, 2, 77)
	  T(20, 20, 2) SHARED("1,2", yes, 0) SLOCK(10, 10, 1, HEX_10), NULL,
	  { { 10, STUCK(DEADLOCK, LIKELY, SELF) } } },
	{ "a shared lock that may be older than its container",
	  TWO_IN_NS SHARED("1,2", yes, 1) SLOCK(10, 10, 1, "00000001"), NULL,
	  { { 10, FINE(BLOCKED, SHARED) } } },
	{ "a shared lock with the waiter's id, which a thread of another namespace may have had",
	  TWO_IN_NS SHARED("1,2", yes, 0) SLOCK(10, 10, 1, "00000001"), NULL,
	  { { 10, FINE(BLOCKED, SHARED) } } },
	{ "a cycle of shared locks in memory without a name, of a container",
	  TWO_IN_NS SHARED("1,2", yes, 0) SLOCK(10, 10, 1, "00000002")
	  SLOCK(20, 20, 2, "00000001"), NULL,
	  { { 10, STUCK(DEADLOCK, LIKELY, CYCLE) } } },
	{ "a shared lock with an id that none has in a container",
	  TWO_IN_NS SHARED("1,2", yes, 0) SLOCK(10, 10, 1, HEX_99), NULL,
	  { { 10, FINE(BLOCKED, SHARED) } } },
	{ "all who map the word wait on it",
	  TWO SHARED("1,2", yes, 0) SW(10, 10, 1) SW(20, 20, 2),
	  TWO SHARED("1,2", yes, 0) SW(10, 10, 1) SW(20, 20, 2),
	  { { 10, STUCK(NO_WAKER, LIKELY, ALL_SHARED) },
	    { 20, STUCK(NO_WAKER, LIKELY, ALL_SHARED) } } },
	{ "a private word is no more certain than the shared one of the other thread",
	  PAIR MM(2, 1, "20") PROC(20, 1, 2, yes, 0x0) T(20, 20, 2)
	  SHARED("1,2", yes, 0) W(10, 10, 1) SW(11, 10, 1) SW(20, 20, 2),
	  PAIR MM(2, 1, "20") PROC(20, 1, 2, yes, 0x0) T(20, 20, 2)
	  SHARED("1,2", yes, 0) W(10, 10, 1) SW(11, 10, 1) SW(20, 20, 2),
	  { { 10, STUCK(NO_WAKER, LIKELY, ALL_WAIT) } } },
	{ "one of those who map the word sleeps elsewhere",
	  TWO SHARED("1,2", yes, 0) SW(10, 10, 1), NULL, { { 10, FINE(BLOCKED, SHARED) } } },
	{ "one who does not map it is no help",
	  TWO THIRD SHARED("1,2", yes, 0) SW(10, 10, 1) W(20, 20, 2),
	  TWO THIRD SHARED("1,2", yes, 0) SW(10, 10, 1) W(20, 20, 2),
	  { { 10, STUCK(NO_WAKER, LIKELY, ALL_SHARED) },
	    { 20, STUCK(NO_WAKER, CERTAIN, ALONE) } } },
	{ "a third one maps it too",
	  TWO THIRD SHARED("1,2,3", yes, 0) SW(10, 10, 1) SW(20, 20, 2), NULL,
	  { { 10, FINE(BLOCKED, SHARED) }, { 20, FINE(BLOCKED, SHARED) } } },
	{ "it is not known who maps it",
	  TWO SHARED("1,2", no, 0) SW(10, 10, 1) SW(20, 20, 2), NULL,
	  { { 10, FINE(BLOCKED, SHARED) }, { 20, FINE(BLOCKED, SHARED) } } },
	{ "it is not known whether those are all",
	  TWO SHARED("1,2", ?, 0) SW(10, 10, 1) SW(20, 20, 2), NULL,
	  { { 10, FINE(BLOCKED, SHARED) } } },
	{ "the word has no record",
	  TWO SW(10, 10, 1) SW(20, 20, 2), NULL, { { 10, FINE(BLOCKED, SHARED) } } },
	{ "one of those who map it has hidden threads",
	  MM(1, 1, "10") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1)
	  MMH(2, 2, "20", 1) PROC(20, 1, 2, yes, 0x0) T(20, 20, 2)
	  SHARED("1,2", yes, 0) SW(10, 10, 1) SW(20, 20, 2), NULL,
	  { { 10, FINE(BLOCKED, SHARED) } } },
	{ "its own process does not map it any more, but can again",
	  TWO THIRD SHARED("2", yes, 0) SW(30, 30, 3) SW(20, 20, 2), NULL,
	  { { 30, STUCK(NO_WAKER, LIKELY, ALL_SHARED) } } },
	{ "one of those who map it ran between the looks",
	  TWO SHARED("1,2", yes, 0) SW(10, 10, 1) SW(20, 20, 2),
	  MM(1, 1, "10") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1)
	  MM(2, 1, "20") PROC(20, 1, 2, yes, 0x0) THREAD(20, 20, 2, S, -, 0)
	  SHARED("1,2", yes, 0) SW(10, 10, 1) SW(20, 20, 2),
	  { { 10, FINE(UNKNOWN, CHANGED) }, { 20, FINE(UNKNOWN, CHANGED) } } },
	{ "a third one mapped it in the first look",
	  TWO THIRD SHARED("1,2", yes, 0) SW(10, 10, 1) SW(20, 20, 2),
	  TWO THIRD SHARED("1,2,3", yes, 0) SW(10, 10, 1) SW(20, 20, 2),
	  { { 10, FINE(UNKNOWN, CHANGED) }, { 20, FINE(UNKNOWN, CHANGED) } } },
	{ "the same list of mms for two words, one of which is waited on, and one mm can run",
	  TWO "shared key=shared-inode:1:8 dev=0:1 ino=7 nlink=0 mms=1,2 complete=yes\n"
	  SHARED("1,2", yes, 0) SW(10, 10, 1), NULL,
	  { { 10, FINE(BLOCKED, SHARED) } } },
	{ "waiters of its mm were left out",
	  "mm id=1 live=1 live_threads=10 hidden=0 complete=no\n"
	  PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) W(10, 10, 1), NULL,
	  { { 10, FINE(BLOCKED, UNSEEN) } } },
	{ "a word without mms before it, and one mm can run",
	  TWO "shared key=shared-inode:1:8 dev=0:1 ino=7 nlink=0 mms=? complete=yes\n"
	  SHARED("1,2", yes, 0) SW(10, 10, 1), NULL,
	  { { 10, FINE(BLOCKED, SHARED) } } },
	{ "one of those who map it is stopped",
	  MM(1, 1, "10") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1)
	  MM(2, 1, "20") PROC(20, 1, 2, yes, 0x0) THREAD(20, 20, 2, T, -, 1)
	  SHARED("1,2", yes, 0) SW(10, 10, 1), NULL,
	  { { 10, STUCK(STOPPED, LIKELY, WAKERS_STOPPED) } } },
	{ "two words, both in shared memory that nobody who can run maps",
	  TWO SHARED("1,2", yes, 0) SW(20, 20, 2)
	  WAITER(10, 10, 1, futex_waitv, private, none, yes, FREE)
	  WAITER(10, 10, 1, futex_waitv, shared-inode:1:0, none, yes, FREE), NULL,
	  { { 10, STUCK(NO_WAKER, LIKELY, ALONE) } } },
	{ "two words, one in shared memory that somebody maps who can run",
	  TWO SHARED("1,2", yes, 0)
	  WAITER(10, 10, 1, futex_waitv, private, none, yes, FREE)
	  WAITER(10, 10, 1, futex_waitv, shared-inode:1:0, none, yes, FREE), NULL,
	  { { 10, FINE(WAITING, OTHER_WORD) } } },
	{ "a cycle across processes",
	  TWO SHARED("1,2", yes, 0) SLOCK(10, 10, 1, HEX_20) SLOCK(20, 20, 2, HEX_10), NULL,
	  { { 10, STUCK(DEADLOCK, LIKELY, CYCLE) }, { 20, STUCK(DEADLOCK, LIKELY, CYCLE) } } },
	{ "a shared lock whose holder is in no process that maps it",
	  TWO THIRD SHARED("1,2", yes, 0) SLOCK(10, 10, 1, HEX_99), NULL,
	  { { 10, STUCK(ORPHANED, LIKELY, GONE) } } },
	{ "the same, if not all who map it are known",
	  TWO THIRD SHARED("1,2", no, 0) SLOCK(10, 10, 1, HEX_99), NULL,
	  { { 10, FINE(BLOCKED, SHARED) } } },
	{ "in memory with a name, which anybody may open",
	  TWO SHARED("1,2", yes, 1) SW(10, 10, 1) SW(20, 20, 2), NULL,
	  { { 10, FINE(BLOCKED, SHARED) }, { 20, FINE(BLOCKED, SHARED) } } },
	{ "a lock in memory with a name whose holder is gone: who opens it cannot release it",
	  TWO THIRD SHARED("1,2", yes, 1) SLOCK(10, 10, 1, HEX_99), NULL,
	  { { 10, STUCK(ORPHANED, LIKELY, GONE) } } },
	{ "a cycle in memory with a name",
	  TWO SHARED("1,2", yes, 1) SLOCK(10, 10, 1, HEX_20) SLOCK(20, 20, 2, HEX_10), NULL,
	  { { 10, STUCK(DEADLOCK, LIKELY, CYCLE) }, { 20, STUCK(DEADLOCK, LIKELY, CYCLE) } } },
	{ "a shared lock whose holder can run",
	  TWO SHARED("1,2", yes, 0) SLOCK(10, 10, 1, HEX_20), NULL,
	  { { 10, FINE(BLOCKED, HOLDER) } } },
	{ "a shared lock whose holder is in a stuck process, another can run",
	  TWO THIRD SHARED("1,2,3", yes, 0) SLOCK(10, 10, 1, HEX_20) W(20, 20, 2), NULL,
	  { { 10, STUCK(NO_WAKER, LIKELY, TO_STUCK) },
	    { 20, STUCK(NO_WAKER, LIKELY, ALONE) } } },

	/* PI locks: the kernel knows the owner. */
	{ "a PI lock whose owner can run", PAIR PI_LOCK(10, 10, 1, 11), NULL,
	  { { 10, FINE(BLOCKED, HOLDER) } } },
	{ "a PI lock whose owner waits for another PI lock of the first",
	  PAIR PI_LOCK(10, 10, 1, 11) PI_LOCK(11, 10, 1, 10),
	  PAIR PI_LOCK(10, 10, 1, 11) PI_LOCK(11, 10, 1, 10),
	  { { 10, STUCK(DEADLOCK, BARRING_SIGNALS, CYCLE) },
	    { 11, STUCK(DEADLOCK, BARRING_SIGNALS, CYCLE) } } },
	{ "the same, others can run",
	  TRIO PI_LOCK(10, 10, 1, 11) PI_LOCK(11, 10, 1, 10),
	  TRIO PI_LOCK(10, 10, 1, 11) PI_LOCK(11, 10, 1, 10),
	  { { 10, STUCK(DEADLOCK, BARRING_SIGNALS, CYCLE) } } },
	{ "PI locks of two processes",
	  TWO PI_LOCK(10, 10, 1, 20) PI_LOCK(20, 20, 2, 10),
	  TWO PI_LOCK(10, 10, 1, 20) PI_LOCK(20, 20, 2, 10),
	  { { 10, STUCK(DEADLOCK, BARRING_SIGNALS, CYCLE) },
	    { 20, STUCK(DEADLOCK, BARRING_SIGNALS, CYCLE) } } },
	{ "the owner waits in another process, where another can run and end it",
	  MM(1, 1, "10") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1)
	  MM(2, 2, "20-21") PROC(20, 1, 2, yes, 0x0) T(20, 20, 2) T(21, 20, 2)
	  PI_LOCK(10, 10, 1, 20) PI_LOCK(20, 20, 2, 10),
	  MM(1, 1, "10") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1)
	  MM(2, 2, "20-21") PROC(20, 1, 2, yes, 0x0) T(20, 20, 2) T(21, 20, 2)
	  PI_LOCK(10, 10, 1, 20) PI_LOCK(20, 20, 2, 10),
	  { { 10, STUCK(DEADLOCK, LIKELY, CYCLE) }, { 20, STUCK(DEADLOCK, LIKELY, CYCLE) } } },
	{ "the owner waits for a stuck process",
	  TWO PI_LOCK(10, 10, 1, 20) W(20, 20, 2), TWO PI_LOCK(10, 10, 1, 20) W(20, 20, 2),
	  { { 10, STUCK(NO_WAKER, BARRING_SIGNALS, TO_STUCK) },
	    { 20, STUCK(NO_WAKER, CERTAIN, ALONE) } } },
	{ "the owner is on its way out",
	  MM(1, 2, "10-11") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1)
	  "thread tid=11 tgid=10 mm=1 state=S tracer=- exiting=yes\n"
	  PI_LOCK(10, 10, 1, 11), NULL, { { 10, FINE(BLOCKED, HOLDER) } } },
	{ "the owner is another one in the first look",
	  TRIO PI_LOCK(10, 10, 1, 11) PI_LOCK(11, 10, 1, 10),
	  TRIO PI_LOCK(10, 10, 1, 11) PI_LOCK(11, 10, 1, 12),
	  { { 10, FINE(UNKNOWN, CHANGED) }, { 11, FINE(UNKNOWN, CHANGED) } } },

	{ "seen twice, since it was requeued meanwhile: each place counts",
	  TRIO PI_LOCK(10, 10, 1, 11) PI_LOCK(11, 10, 1, 10) W(10, 10, 1), NULL,
	  { { 10, FINE(WAITING, CAN_RUN) } } },
	{ "the same in the other order",
	  TRIO W(10, 10, 1) PI_LOCK(10, 10, 1, 11) PI_LOCK(11, 10, 1, 10), NULL,
	  { { 10, FINE(WAITING, CAN_RUN) } } },

	/* pthread_join() */
	{ "joins a thread that is in a deadlock",
	  MM(1, 3, "10-12") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) JOINED(11, 10, 1, 0x910)
	  T(12, 10, 1) JOIN(10, 10, 1, 11) LOCK(11, 10, 1, HEX_11), NULL,
	  { { 10, STUCK(DEADLOCK, LIKELY, TO_CYCLE) } } },
	{ "joins a thread that can run, also if all others wait",
	  MM(1, 3, "10-12") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) JOINED(11, 10, 1, 0x910)
	  T(12, 10, 1) JOIN(10, 10, 1, 11) W(12, 10, 1), NULL,
	  { { 10, FINE(BLOCKED, HOLDER) } } },
	{ "two threads join each other",
	  MM(1, 3, "10-12") PROC(10, 1, 1, yes, 0x0) JOINED(10, 10, 1, 0x920)
	  JOINED(11, 10, 1, 0x910) T(12, 10, 1) JOIN(10, 10, 1, 11)
	  JOIN_AT(11, 10, 1, 10, 0x920, shared-mm, -), NULL,
	  { { 10, STUCK(DEADLOCK, LIKELY, CYCLE) }, { 11, STUCK(DEADLOCK, LIKELY, CYCLE) } } },
	{ "waits for an exit with FUTEX_PRIVATE_FLAG, so that the kernel does not wake it",
	  MM(1, 3, "10-12") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) JOINED(11, 10, 1, 0x910)
	  T(12, 10, 1) JOIN_AT(10, 10, 1, 11, 0x910, private, PRIVATE) LOCK(11, 10, 1, HEX_11), NULL,
	  { { 10, FINE(WAITING, CAN_RUN) } } },
	{ "waits for the exit of a process that shares its memory",
	  MM(1, 2, "10,20") PROC(10, 1, 1, yes, 0x0) PROC(20, 10, 1, no, 0x0) T(10, 10, 1)
	  JOINED(20, 20, 1, 0x910) JOIN(10, 10, 1, 20), NULL, { { 10, FINE(BLOCKED, HOLDER) } } },
	{ "waits for musl's lock of the list of threads, which one has that can run",
	  MM(1, 3, "10-12") PROC(10, 1, 1, yes, 0x0) JOINED(10, 10, 1, 0x910)
	  JOINED(11, 10, 1, 0x910) JOINED(12, 10, 1, 0x910) JOIN(10, 10, 1, 11), NULL,
	  { { 10, FINE(BLOCKED, HOLDER) } } },
	{ "the word is not where the kernel tells of the exit",
	  MM(1, 3, "10-12") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) JOINED(11, 10, 1, 0x920)
	  T(12, 10, 1) JOIN(10, 10, 1, 11) LOCK(11, 10, 1, HEX_11), NULL,
	  { { 10, FINE(WAITING, CAN_RUN) } } },

	/* Lost wakes */
	{ "the word was freed, and nobody ran", PAIR FREED(10, 2, 0), PAIR FREED(10, 2, 0),
	  { { 10, FINE(LOST_WAKE, LOST) } } },
	{ "one look says nothing of it", PAIR FREED(10, 2, 0), NULL,
	  { { 10, FINE(WAITING, CAN_RUN) } } },
	{ "it was not yet free in the first look", PAIR FREED(10, 2, 0), PAIR FREED(10, 2, 2),
	  { { 10, FINE(WAITING, CAN_RUN) } } },
	{ "another thread ran in between", PAIR FREED(10, 2, 0),
	  MM(1, 2, "10-11") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) THREAD(11, 10, 1, S, -, 0)
	  FREED(10, 2, 0), { { 10, FINE(WAITING, CAN_RUN) } } },
	{ "another thread is about to run",
	  MM(1, 2, "10-11") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) THREAD(11, 10, 1, R, -, 1)
	  FREED(10, 2, 0),
	  MM(1, 2, "10-11") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) THREAD(11, 10, 1, R, -, 1)
	  FREED(10, 2, 0), { { 10, FINE(WAITING, CAN_RUN) } } },
	{ "a word that counts has gone on", PAIR FREED(10, 0, 1), PAIR FREED(10, 0, 1),
	  { { 10, FINE(WAITING, CAN_RUN) } } },
	{ "a word that counts has gone on from another value", PAIR FREED(10, 4, 6),
	  PAIR FREED(10, 4, 6), { { 10, FINE(WAITING, CAN_RUN) } } },
	{ "stuck is worse", ALONE FREED(10, 2, 0), ALONE FREED(10, 2, 0),
	  { { 10, STUCK(NO_WAKER, BARRING_SIGNALS, ALONE) } } },
};

static bool load(struct snapshot *s, const char *lines)
{
	char error[PARSE_ERROR_SIZE], *text;
	int len = asprintf(&text, "futexinspect version=1 start_ns=4000000000\n%s"
			   "end end_ns=5000000000\n", lines);
	int rc;

	snapshot_init(s, &source_module);
	rc = parse_text(text, len, "world", s, error);
	if (rc)
		printf("# %s\n", error);
	/* As /proc/PID/maps shows of memory that only fork(2) passes on, and of a file. */
	for (size_t i = 0; i < s->nr_shared; i++)
		s->shared[i].reach = s->shared[i].nlink ? REACH_NAMED : REACH_INHERITED;
	return !rc;
}

static bool check(const struct analysis *a, const struct want *want)
{
	ssize_t i = analysis_find_waiter(a, want->tid);
	const struct judgement *j;
	char reason[REASON_SIZE];

	if (i < 0)
		return false;
	j = &a->judgements[i];
	if (j->verdict == want->verdict && j->certainty == want->certainty &&
	    j->reason == want->reason && reason_text(a, i, reason)[0])
		return true;
	printf("# %d: %s %s reason %d: %s; want %s %s reason %d\n", want->tid,
	       verdicts[j->verdict].name, certainties[j->certainty].name ?: "-", j->reason,
	       reason_text(a, i, reason), verdicts[want->verdict].name,
	       certainties[want->certainty].name ?: "-", want->reason);
	return false;
}

static void test_world(const struct world *world)
{
	struct snapshot now, before;
	struct analysis a, first;
	bool good = load(&now, world->now) & load(&before, world->before ?: "");

	if (good) {
		analyze(&first, &before, NULL);
		analyze(&a, &now, world->before ? &first : NULL);
		analysis_free(&first);
		for (const struct want *w = world->want; w->tid; w++)
			good &= check(&a, w);
		analysis_free(&a);
	}
	ok(good, "%s", world->name);
	snapshot_free(&now);
	snapshot_free(&before);
}

/* What /proc shows never makes a proof. */
static void test_proc_caveat(void)
{
	struct snapshot now, before;
	struct analysis a, first;

	load(&now, ALONE W(10, 10, 1));
	load(&before, ALONE W(10, 10, 1));
	now.source = before.source = &source_proc;
	analyze(&first, &before, NULL);
	analyze(&a, &now, &first);
	ok(a.judgements[0].certainty == CERTAINTY_LIKELY && a.judgements[0].caveat == CAVEAT_NO_QUEUES,
	   "two looks at /proc are likely at most");
	analysis_free(&first);
	analysis_free(&a);
	snapshot_free(&now);
	snapshot_free(&before);
}

/* A shared word that 10 and 20 map, and wait on; @reach and @openers are who may come. */
static void check_reach(enum reach reach, int openers, int opener, enum verdict want,
			const char *name)
{
	struct snapshot s;
	struct analysis a;

	load(&s, TWO THIRD SHARED("1,2", yes, 0) SW(10, 10, 1) SW(20, 20, 2) W(30, 30, 3));
	s.shared[0].reach = reach;
	s.shared[0].openers = openers;
	snapshot_add_wakers(&s, SLEEP_SHARED, 7);
	if (opener >= 0)
		snapshot_add_waker(&s, opener);
	if (opener == 2)
		s.threads[2].state = STATE_RUNNING;
	analyze(&a, &s, NULL);
	ok(a.judgements[0].verdict == want && a.judgements[1].verdict == want,
	   "who may come to map a shared word: %s", name);
	analysis_free(&a);
	snapshot_free(&s);
}

static void test_reach(void)
{
	check_reach(REACH_UNKNOWN, -1, -1, VERDICT_BLOCKED, "not known");
	check_reach(REACH_SYSV, -1, -1, VERDICT_BLOCKED, "System V memory");
	check_reach(REACH_OPEN, -1, -1, VERDICT_BLOCKED, "it is not known who has it open");
	check_reach(REACH_OPEN, 0, -1, VERDICT_NO_WAKER, "nobody has it open");
	check_reach(REACH_OPEN, 0, 0, VERDICT_NO_WAKER, "a process that is stuck has it open");
	check_reach(REACH_OPEN, 0, 2, VERDICT_BLOCKED, "a process that runs has it open");
	check_reach(REACH_INHERITED, -1, -1, VERDICT_NO_WAKER, "nobody");
}

/* Process 10 handles a signal that process 30 may send. */
static void check_signallers(int signallers, enum task_state sender, const char *waiter,
			     enum verdict want, enum reason reason, const char *name)
{
	struct snapshot s;
	struct analysis a;

	load(&s, waiter);
	s.processes[0].signallers = signallers;
	snapshot_add_wakers(&s, SLEEP_SIGNAL, 10);
	snapshot_add_waker(&s, 1);
	s.threads[s.nr_threads - 1].state = sender;
	analyze(&a, &s, NULL);
	ok(a.judgements[0].verdict == want && a.judgements[0].reason == reason,
	   "who may send a signal: %s", name);
	analysis_free(&a);
	snapshot_free(&s);
}

static void test_signallers(void)
{
	static const char alone[] = PAIR THIRD W(10, 10, 1) W(11, 10, 1) W(30, 30, 3);
	static const char cycle[] = PAIR THIRD LOCK(10, 10, 1, HEX_11) LOCK(11, 10, 1, HEX_10)
				    W(30, 30, 3);

	check_signallers(SIGNALLERS_NONE, 'R', alone, VERDICT_NO_WAKER, REASON_ALL_WAIT, "nobody");
	check_signallers(0, 'R', alone, VERDICT_BLOCKED, REASON_SIGNAL, "a process that runs");
	check_signallers(0, 'S', alone, VERDICT_NO_WAKER, REASON_ALL_WAIT, "one that is stuck");
	check_signallers(SIGNALLERS_UNKNOWN, 'S', alone, VERDICT_BLOCKED, REASON_SIGNAL,
			 "somebody");
	check_signallers(SIGNALLERS_UNKNOWN, 'S', cycle, VERDICT_DEADLOCK, REASON_CYCLE,
			 "no handler ends a cycle of locks");
	check_signallers(0, 'R', cycle, VERDICT_DEADLOCK, REASON_CYCLE, "whoever sends it");
}

#define OF_PYTHON	(SIGNAL(SIGPIPE) | SIGNAL(SIGXFSZ))

/*
 * By kill(1), by what is typed at a terminal, and by its size, programs are told what to do that
 * handle that.
 */
static void test_orders(void)
{
	static const struct {
		const char *name;
		uint64_t caught;
		enum verdict verdict;
		bool has_terminal;
		uint64_t ignored;
		bool forked;
		uint64_t inherited;
		bool is_orphan;		/* its parent has ended, so that it has inherited nothing */
	} cases[] = {
		{ "SIGWINCH, without a terminal", SIGNAL(SIGWINCH), VERDICT_NO_WAKER },
		{ "SIGWINCH", SIGNAL(SIGWINCH), VERDICT_SIGNAL, true },
		{ "SIGTSTP", SIGNAL(SIGTSTP), VERDICT_SIGNAL, true },
		{ "SIGCONT", SIGNAL(SIGCONT), VERDICT_SIGNAL, true },
		{ "SIGQUIT, without a terminal", SIGNAL(SIGQUIT), VERDICT_SIGNAL },
		{ "a real-time signal", SIGNAL(40), VERDICT_SIGNAL },
		{ "signal 33", SIGNAL(33), VERDICT_NO_WAKER },
		{ "SIGINT", SIGNAL(SIGINT), VERDICT_SIGNAL },
		{ "SIGINT, as Python does", SIGNAL(SIGINT), VERDICT_NO_WAKER, true, OF_PYTHON },
		{ "SIGTERM, after fork, as its parent does", SIGNAL(SIGTERM), VERDICT_NO_WAKER,
		  .forked = true, .inherited = SIGNAL(SIGTERM) },
		{ "the same, but its parent does not", SIGNAL(SIGTERM), VERDICT_SIGNAL,
		  .forked = true, .inherited = SIGNAL(SIGHUP) },
		{ "the same, and it has no parent any more", SIGNAL(SIGTERM), VERDICT_SIGNAL,
		  .forked = true, .is_orphan = true },
		{ "the same, and it is not known what its parent handles", SIGNAL(SIGTERM),
		  VERDICT_NO_WAKER, .forked = true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct process *p;
		struct snapshot s;
		struct analysis a;

		load(&s, ALONE EVENT(10));
		p = &s.processes[0];
		p->caught = cases[i].caught;
		p->has_terminal = cases[i].has_terminal;
		p->ignored = cases[i].ignored;
		p->known |= P_IGNORED;
		p->execed = cases[i].forked ? NO : YES;
		p->inherited = cases[i].inherited;
		if (p->inherited || cases[i].is_orphan)
			p->known |= P_INHERITED;
		analyze(&a, &s, NULL);
		is_num(a.judgements[0].verdict, cases[i].verdict, cases[i].name);
		analysis_free(&a);
		snapshot_free(&s);
	}
}

/* The C library itself waits for a 2 at a lock only, but others at a counter, too. */
static void test_low_level_lock(void)
{
	static const struct {
		const char *name;
		bool caller_known, by_libc;
		enum verdict verdict;
	} cases[] = {
		{ "an idle daemon may wait at a 2", true, false, VERDICT_SIGNAL },
		{ "no daemon waits for a signal in the C library's locks", true, true, VERDICT_NO_WAKER },
		{ "a 2 is a lock where nobody could look, as in a core", false, false, VERDICT_NO_WAKER },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct snapshot s;
		struct analysis a;

		load(&s, ALONE W(10, 10, 1));
		s.processes[0].caught = SIGNAL(SIGTERM);
		s.waiters[0].caller_known = cases[i].caller_known;
		s.waiters[0].by_libc = cases[i].by_libc;
		analyze(&a, &s, NULL);
		is_num(a.judgements[0].verdict, cases[i].verdict, cases[i].name);
		analysis_free(&a);
		snapshot_free(&s);
	}
}

/* CPython makes its conditions and queues of its locks. */
static void test_python_lock(void)
{
	struct snapshot s;
	struct analysis a;

	load(&s, ALONE EVENT(10));
	s.processes[0].caught = SIGNAL(SIGTERM);
	s.waiters[0].lock = (struct lock){ .primitive = PY_MUTEX, .owner = PID_UNKNOWN };
	analyze(&a, &s, NULL);
	is_num(a.judgements[0].verdict, VERDICT_SIGNAL, "an idle daemon may wait for a PyMutex");
	analysis_free(&a);
	snapshot_free(&s);

	load(&s, FORKED_TRIO EVENT(10));
	s.waiters[0].lock = (struct lock){ .primitive = PY_MUTEX, .owner = PID_UNKNOWN };
	analyze(&a, &s, NULL);
	ok(a.judgements[0].verdict == VERDICT_WAITING && a.judgements[0].may_be_copy,
	   "it is no lock for sure, but a child of fork may have a copy of one");
	analysis_free(&a);
	snapshot_free(&s);
}

/* A daemon that is told by SIGTERM, and what its other thread sleeps for. */
static void test_idle_sleep(void)
{
	static const struct {
		const char *name;
		enum sleep_kind kind;
		enum verdict verdict;
	} cases[] = {
		{ "an idle daemon may have an idle thread for timers", SLEEP_TIMER, VERDICT_SIGNAL },
		{ "but none that reads", SLEEP_READ, VERDICT_NO_WAKER },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct snapshot s;
		struct analysis a;

		load(&s, PAIR EVENT(10));
		s.processes[0].caught = SIGNAL(SIGTERM);
		snapshot_add_wakers(&s, cases[i].kind, 10);
		snapshot_add_waker(&s, 0);
		snapshot_add_blocked(&s, 1, 0);
		analyze(&a, &s, NULL);
		is_num(a.judgements[0].verdict, cases[i].verdict, cases[i].name);
		analysis_free(&a);
		snapshot_free(&s);
	}
}

/* Others wait in the same memory for a daemon that may be told to wake them. */
static void test_told_to_wake(void)
{
	static const struct {
		const char *name;
		uint64_t caught;
		enum verdict verdict;
	} cases[] = {
		{ "a daemon", SIGNAL(SIGTERM), VERDICT_SIGNAL },
		{ "a process that handles no such signal", SIGNAL(SIGCHLD), VERDICT_NO_WAKER },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct snapshot s;
		struct analysis a;

		load(&s, TWO SHARED("1,2", yes, 0) SW(10, 10, 1) SW(20, 20, 2));
		s.waiters[0].lock = s.waiters[1].lock = (struct lock){ .primitive = PRIMITIVE_UNKNOWN };
		s.shared[0].reach = REACH_INHERITED;
		s.processes[1].caught = cases[i].caught;
		analyze(&a, &s, NULL);
		is_num(a.judgements[0].verdict, cases[i].verdict, cases[i].name);
		analysis_free(&a);
		snapshot_free(&s);
	}
}

/* A process maps the word that a hangup of its terminal ends. */
static void test_hangup_of_mapper(void)
{
	static const struct {
		const char *name;
		uint32_t expected;
		bool has_terminal;
		enum verdict verdict;
	} cases[] = {
		{ "no terminal", FUTEX_WAITERS | 20, false, VERDICT_NO_WAKER },
		{ "a lock that may be robust", FUTEX_WAITERS | 20, true, VERDICT_BLOCKED },
		{ "another word, which no end wakes", 2, true, VERDICT_NO_WAKER },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct snapshot s;
		struct analysis a;

		load(&s, TWO SHARED("1,2", yes, 0) SW(10, 10, 1) SW(20, 20, 2));
		s.waiters[0].expected = s.waiters[0].value = cases[i].expected;
		s.shared[0].reach = REACH_INHERITED;
		s.processes[1].has_terminal = cases[i].has_terminal;
		analyze(&a, &s, NULL);
		is_num(a.judgements[0].verdict, cases[i].verdict, cases[i].name);
		analysis_free(&a);
		snapshot_free(&s);
	}
}

/* Others may change the word of a private wait in memory that they map. */
static void test_private_in_shared(void)
{
	struct snapshot s, before;
	struct analysis a, first;
	char reason[REASON_SIZE];

	load(&s, ALONE W(10, 10, 1));
	load(&before, ALONE W(10, 10, 1));
	s.waiters[0].memory_is_shared = true;
	analyze(&first, &before, NULL);
	analyze(&a, &s, &first);
	ok(a.judgements[0].certainty == CERTAINTY_BARRING_SIGNALS &&
	   a.judgements[0].caveat == CAVEAT_MEMORY &&
	   strstr(reason_text(&a, 0, reason), "private wait on shared memory"),
	   "a private wait on shared memory is not certain, and the reason says so");
	analysis_free(&first);
	analysis_free(&a);
	snapshot_free(&s);
	snapshot_free(&before);
}

/* Of the lock that thread 0 waits for. */
static void is_holder_unknown(struct snapshot *s, const char *name)
{
	struct analysis a;

	snapshot_index_owners(s);
	analyze(&a, s, NULL);
	ok(a.judgements[0].holder == PID_UNKNOWN && a.judgements[0].holder_thread == -1 &&
	   a.judgements[0].verdict == VERDICT_BLOCKED, "%s: no holder is given", name);
	analysis_free(&a);
}

/* A thread that has unmapped a lock can map it again, but not one that has ended. */
static void test_ended_holder(void)
{
	for (int ended = 0; ended < 2; ended++) {
		struct snapshot s;
		struct analysis a;
		char text[128];

		load(&s, TWO SHARED("1,2", yes, 0) SLOCK(10, 10, 1, HEX_99));
		array_push(s.foreign_holders, s.nr_foreign_holders, (struct foreign_holder){
			.tid = 99, .tgid = 99, .comm = "p99", .ended = ended });
		analyze(&a, &s, NULL);
		ok(a.judgements[0].verdict == (ended ? VERDICT_ORPHANED : VERDICT_BLOCKED),
		   "a shared lock with the id of a thread that %s",
		   ended ? "has ended" : "does not map it");
		put_gone_text(text, sizeof(text), &a, 0, 99);
		is_str(text, ended ? "is not there" : "is in process 99 (p99), not in its waiter's",
		       "where it is");
		analysis_free(&a);
		snapshot_free(&s);
	}
}

/* Even where it is not known when the process began, since its main thread has ended. */
static void test_kernel_thread(void)
{
	struct snapshot s;
	struct analysis a;

	load(&s, MM(1, 1, "11") PROC(10, 1, 1, no, 0x0) T(11, 10, 1) LOCK(11, 10, 1, HEX_99));
	array_push(s.foreign_holders, s.nr_foreign_holders, (struct foreign_holder){
		.tid = 99, .tgid = 99, .started_by_ns = 1, .kernel_thread = true });
	analyze(&a, &s, NULL);
	ok(a.judgements[0].holder == PID_UNKNOWN, "a kernel thread holds no lock");
	analysis_free(&a);
	snapshot_free(&s);
}

/* A goroutine that took the lock on this thread may release it on another one, if there is one. */
static void test_moved_task(void)
{
	static const enum verdict verdicts_of[] = { VERDICT_DEADLOCK, VERDICT_BLOCKED };
	char reason[REASON_SIZE];

	for (int moves = 0; moves < 2; moves++) {
		struct snapshot s;
		struct analysis a;

		load(&s, MM(1, 2, "10-11") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) T(11, 10, 1)
			 LOCK(11, 10, 1, "0000000b"));
		s.processes[0].moves_tasks = moves;
		analyze(&a, &s, NULL);
		is_num(a.judgements[0].verdict, verdicts_of[moves], "a lock that it holds itself");
		is_str(reason_text(&a, 0, reason), moves ?
		       "waits for a lock that it holds itself, or that a goroutine holds which was on this "
		       "thread then" : "waits for a lock that it holds itself", "and why");
		analysis_free(&a);
		snapshot_free(&s);
	}
}

/* In a container, the lock has another id than the reader sees. */
static void test_namespace(void)
{
	struct foreign_holder o;
	struct snapshot s;
	struct analysis a;

	load(&s, TRIO LOCK(10, 10, 1, "00000002") LOCK(11, 10, 1, "00000001"));
	for (int i = 0; i < 3; i++)
		s.threads[i].nstid = i + 1;
	snapshot_index_owners(&s);
	analyze(&a, &s, NULL);
	ok(a.judgements[0].verdict == VERDICT_DEADLOCK &&
	   a.judgements[1].verdict == VERDICT_DEADLOCK, "ABBA in a pid namespace");
	is_num(s.threads[a.judgements[0].holder_thread].tid, 11,
	       "the holder has the id that the reader sees");
	ok(find_foreign_holder(&s, &(struct waiter){ .thread = 2, .mm = 5 }, 10, &o) == false,
	   "an id of the namespace is not looked for among those of the reader");
	s.threads[2].nstid = 2;
	is_holder_unknown(&s, "the id of two threads, of two pid namespaces");
	s.threads[2].nstid = PID_UNKNOWN;
	snapshot_index_owners(&s);
	is_num(snapshot_find_owner(&s, 0, 2), 1, "beside one without an id, others are known");
	s.threads[1].nstid = 4;
	is_holder_unknown(&s, "an id that may be that of a thread without one");
	is_num(snapshot_find_owner(&s, 0, 11), OWNER_UNKNOWN,
	       "the reader's id does not stand for an unknown one");
	s.threads[2].nstid = 12;
	ok(find_foreign_holder(&s, &(struct waiter){ .thread = 2, .mm = 5 }, 10, &o),
	   "but it is if they are the same");
	analysis_free(&a);
	snapshot_free(&s);
}

/* Recognising a lock takes all of its signs. */
static void test_decode(void)
{
	static const struct {
		const char *name;
		const char *op;
		const char *bitset;
		const char *expected;
		const char *value;
		const char *words;
		pid_t owner;
	} cases[] = {
#define WORDS(lock, count, owner, nusers, kind) \
	"-4:ffffffff," lock "," count "," owner "," nusers "," kind ",0*5"
#define GOOD	WORDS("00000002", "00000000", "0000000b", "00000001", "00000000")
		{ "normal", "FUTEX_WAIT", "0xffffffff", "2", "2", GOOD, 11 },
		{ "timed", "FUTEX_WAIT_BITSET timeout=realtime", "0xffffffff", "2", "2", GOOD, 11 },
		{ "FUTEX_WAIT_BITSET, but not timed", "FUTEX_WAIT_BITSET", "0xffffffff", "2", "2", GOOD, 0 },
		{ "value unknown but in the words", "FUTEX_WAIT", "0xffffffff", "2", "?", GOOD, 11 },
		{ "recursive", "FUTEX_WAIT", "0xffffffff", "2", "2",
		  WORDS("00000002", "00000003", "0000000b", "00000001", "00000001"), 11 },
		{ "no elision", "FUTEX_WAIT", "0xffffffff", "2", "2",
		  WORDS("00000002", "00000000", "0000000b", "00000001", "00000200"), 11 },
		{ "largest tid", "FUTEX_WAIT", "0xffffffff", "2", "2",
		  WORDS("00000002", "00000000", "00400000", "00000001", "00000000"), 4194304 },
		{ "other op", "FUTEX_LOCK_PI", "0xffffffff", "2", "2", GOOD, 0 },
		{ "other bitset", "FUTEX_WAIT_BITSET", "0x1", "2", "2", GOOD, 0 },
		{ "unknown bitset", "FUTEX_WAIT", "?", "2", "2", GOOD, 0 },
		{ "expects 1", "FUTEX_WAIT", "0xffffffff", "1", "2", GOOD, 0 },
		{ "expects something unknown", "FUTEX_WAIT", "0xffffffff", "?", "2", GOOD, 0 },
		{ "the word is 1", "FUTEX_WAIT", "0xffffffff", "2", "1",
		  WORDS("00000001", "00000000", "0000000b", "00000001", "00000000"), 0 },
		{ "the word changed while read", "FUTEX_WAIT", "0xffffffff", "2", "0", GOOD, 0 },
		{ "no owner", "FUTEX_WAIT", "0xffffffff", "2", "2",
		  WORDS("00000002", "00000000", "00000000", "00000001", "00000000"), 0 },
		{ "owner no tid", "FUTEX_WAIT", "0xffffffff", "2", "2",
		  WORDS("00000002", "00000000", "00400001", "00000001", "00000000"), 0 },
		{ "no users", "FUTEX_WAIT", "0xffffffff", "2", "2",
		  WORDS("00000002", "00000000", "0000000b", "00000000", "00000000"), 0 },
		{ "impossible number of users", "FUTEX_WAIT", "0xffffffff", "2", "2",
		  WORDS("00000002", "00000000", "0000000b", "80000000", "00000000"), 0 },
		{ "robust", "FUTEX_WAIT", "0xffffffff", "2", "2",
		  WORDS("00000002", "00000000", "0000000b", "00000001", "00000010"), 0 },
		{ "no kind", "FUTEX_WAIT", "0xffffffff", "2", "2",
		  WORDS("00000002", "00000000", "0000000b", "00000001", "12345678"), 0 },
		{ "a count, but not recursive", "FUTEX_WAIT", "0xffffffff", "2", "2",
		  WORDS("00000002", "00000001", "0000000b", "00000001", "00000000"), 0 },
		{ "recursive, but no count", "FUTEX_WAIT", "0xffffffff", "2", "2",
		  WORDS("00000002", "00000000", "0000000b", "00000001", "00000001"), 0 },
		{ "kind unknown", "FUTEX_WAIT", "0xffffffff", "2", "2",
		  WORDS("00000002", "00000000", "0000000b", "00000001", "?"), 0 },
		{ "kind outside", "FUTEX_WAIT", "0xffffffff", "2", "2",
		  "0:00000002,00000000,0000000b,00000001", 0 },
		{ "no words", "FUTEX_WAIT", "0xffffffff", "2", "2", "?", 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct snapshot s;
		char *line;
		pid_t owner;

		if (asprintf(&line, "waiter op=%s flags=PRIVATE bitset=%s expected=%s value=%s words=%s\n",
			     cases[i].op, cases[i].bitset, cases[i].expected, cases[i].value,
			     cases[i].words) < 0)
			return;
		load(&s, line);
		owner = s.waiters[0].lock.owner;
		ok((owner == PID_UNKNOWN ? 0 : owner) == cases[i].owner, "decode: %s",
		   cases[i].name);
		snapshot_free(&s);
		free(line);
	}
}

/* Of the threads that are not blocked, those are named first that are likelier to have the lock. */
static void test_others(void)
{
	struct snapshot s;
	struct analysis a;
	const struct mm_state *mm;

	load(&s, MM(1, 7, "10-16") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1) W(10, 10, 1)
		 "thread tid=11 tgid=10 mm=1 state=S tracer=- nvcsw=1 start_ns=1 epoll=3\n"
		 "thread tid=12 tgid=10 mm=1 state=S tracer=- nvcsw=1 start_ns=1 polls=pipe:7\n"
		 T(13, 10, 1) THREAD(14, 10, 1, D, -, 1) THREAD(15, 10, 1, R, -, 1) T(16, 10, 1));
	analyze(&a, &s, NULL);
	mm = model_mm(&a.model, 0);
	is_num(mm->nr_others, 6, "threads that are not blocked");
	is_num(s.threads[mm->others[0]].tid, 14, "one in state D is named first");
	is_num(s.threads[mm->others[1]].tid, 15, "then one that runs");
	is_num(s.threads[mm->others[2]].tid, 13, "then the first that sleeps, and does not poll");
	analysis_free(&a);
	snapshot_free(&s);
}

/* Who maps the word, beside those who wait for it, and can wake them. */
static void test_named_mapper(void)
{
	struct snapshot s;
	struct analysis a;
	int named[4] = { -1, -1, -1, -1 };

	load(&s, TWO SHARED("1,2", yes, 0) SW(10, 10, 1));
	analyze(&a, &s, NULL);
	is_num(analysis_list_named(&a, named, ARRAY_SIZE(named)), 1, "one thread is named");
	ok(named[0] >= 0 && s.threads[named[0]].tid == 20, "that of the other process");
	analysis_free(&a);
	snapshot_free(&s);
}

static void test_rank(void)
{
	/* 10 waits; 12, 13 and 99 have no thread record, so they are unknown. */
	static const pid_t want[] = { 101, 100, 30, 10, 13, 12, 99 };
	struct snapshot s;
	struct analysis a;
	bool good = true;

	load(&s, PAIR W(10, 10, 1)
	     "mm id=2 live=1 live_threads=30 hidden=0\nthread tid=30 tgid=30 mm=2 state=S tracer=-\n"
	     "waiter tid=30 mm=2 syscall=futex key=private timeout=none\n"
	     "waiter tid=12 mm=1 timeout=none asleep_ns=5\n"
	     "waiter tid=13 mm=1 timeout=none asleep_ns=7\n"
	     "waiter tid=99 mm=1 timeout=none\n"
	     MM(3, 3, "100-102") PROC(100, 1, 3, yes, 0x0) T(100, 100, 3) T(101, 100, 3)
	     T(102, 100, 3) LOCK(100, 100, 3, "00000065") LOCK(101, 100, 3, "00000064"));
	s.waiters[6].asleep_ns = 2;
	analyze(&a, &s, NULL);
	for (size_t i = 0; i < s.nr_waiters; i++)
		good &= s.waiters[a.order[i]].tid == want[i];
	ok(good, "worst first, then longest asleep, unknown times last");
	analysis_free(&a);
	snapshot_free(&s);
}

/* A thread joins, or wants a lock of, one that is blocked itself, and went to sleep before that did. */
static void test_rank_of_chain(void)
{
	struct snapshot s;
	struct analysis a;

	load(&s, MM(5, 3, "20-22") PROC(20, 1, 5, yes, 0x0) T(20, 20, 5) T(21, 20, 5) T(22, 20, 5)
	     LOCK(20, 20, 5, "00000015") LOCK(21, 20, 5, "00000016"));
	for (size_t i = 0; i < s.nr_waiters; i++)
		s.waiters[i].known |= W_ASLEEP;
	s.waiters[0].asleep_ns = 5900000000;
	s.waiters[1].asleep_ns = 5100000000;
	analyze(&a, &s, NULL);
	is_num(s.waiters[a.order[0]].tid, 21, "whom others wait for comes first, within a second");
	analysis_free(&a);
	s.waiters[0].asleep_ns = 6100000000;
	analyze(&a, &s, NULL);
	is_num(s.waiters[a.order[0]].tid, 20, "longer ago, who waits longer");
	analysis_free(&a);
	snapshot_free(&s);
}

#define ONE_OTHER	"the lock names no holder; 1 thread of its address space is not blocked: "	\
			"thread 11 (t11) sleeps elsewhere"
#define TWO_OTHERS	"the lock names no holder; 2 threads of its address space are not blocked: "	\
			"thread 11 (t11) sleeps elsewhere; thread 12 (t12) sleeps elsewhere"

static void check_text(const char *lines, pid_t tid, const char *want)
{
	char reason[REASON_SIZE];
	struct snapshot s;
	struct analysis a;

	load(&s, lines);
	analyze(&a, &s, NULL);
	is_str(reason_text(&a, analysis_find_waiter(&a, tid), reason), want, want);
	analysis_free(&a);
	snapshot_free(&s);
}

static void test_timer_text(void)
{
	check_text(ARMED(0x0, 0x0, "14:6999999999,10:8000000000"), 10,
		   "the only live thread of its address space: no other can wake it; its own timer "
		   "ends it in 7 s");
	check_text(ARMED(0x0, 0x0, "14:?"), 10,
		   "the only live thread of its address space: no other can wake it; its own timer "
		   "may end it");
	check_text(ARMED(0x0, 0x2000, "14:7000000000,19:1,28:1,9:cpu"), 10,
		   "the only live thread of its address space: no other can wake it");
	check_text(MM(1, 2, "10,20") ARMED_PROC(0x0, 0x0, "14:7000000000") PROC(20, 1, 1, yes, 0x0)
		   T(10, 10, 1) T(20, 20, 1) W(10, 10, 1) W(20, 20, 1), 20,
		   "shares its memory with process 10 (p10), which its own timer ends in 7 s");
	check_text(MM(1, 2, "10,20") ARMED_PROC(0x0, 0x0, "14:7000000000") PROC(20, 1, 1, yes, 0x0)
		   T(10, 10, 1) T(20, 20, 1) W(10, 10, 1) W(20, 20, 1), 10,
		   "shares its memory with a process that goes on when its own timer ends it in 7 s");
	check_text(ARMED(0x2200, 0x0, "14:7000000000,10:5000000000"), 10,
		   "its process has a timer and handles its signal: a handler may run in 5 s, and wake "
		   "it");
	check_text(MM(1, 1, "10") TIMED_PROC(10, 1, 1, 0x2000) T(10, 10, 1) W(10, 10, 1), 10,
		   "its process may have a timer whose signal it handles: a handler may run, and wake "
		   "it");
	check_text(MM(1, 1, "10") PROC(10, 9, 1, yes, 0x0) THREAD_10("start_ns=10 pdeath=9")
		   W(10, 10, 1), 10,
		   "the only live thread of its address space: no other can wake it; the end of its "
		   "parent, process 9, ends it");
	check_text(MM(1, 1, "10") PROC(10, 9, 1, yes, 0x0) THREAD_10("start_ns=10 pdeath=17")
		   W(10, 10, 1), 10,
		   "the only live thread of its address space: no other can wake it");
}

/* A name that was removed cannot be opened, but the file has another one. */
static void test_memory_text(void)
{
	static const struct {
		const char *path;
		const char *text;
	} cases[] = {
		{ "/dev/shm/x", "waits for whoever opens /dev/shm/x" },
		{ "/dev/shm/x (deleted)",
		  "waits for whoever opens another name of the file that was /dev/shm/x" },
		{ "/dev/shm/x (deleted).1", "waits for whoever opens /dev/shm/x (deleted).1" },
		{ NULL, "waits for whoever opens it" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char reason[REASON_SIZE];
		struct snapshot s;
		struct analysis a;

		load(&s, TWO SHARED("1,2", yes, 1) SW(10, 10, 1) SW(20, 20, 2));
		s.shared[0].reach = REACH_NAMED;
		s.shared[0].path = cases[i].path;
		analyze(&a, &s, NULL);
		is_str(reason_text(&a, 0, reason), cases[i].text, cases[i].text);
		analysis_free(&a);
		snapshot_free(&s);
	}
}

/* Who may come is not known, but whose id the lock has, unless that is one as containers have. */
static void test_holder_elsewhere_text(void)
{
	static const struct {
		const char *owner;
		struct foreign_holder holder;
		const char *text;
	} cases[] = {
		{ "0000012c", { .tid = 300, .tgid = 299, .comm = "p" }, "; the id in its lock is that of "
		  "thread 300 in process 299 (p)" },
		{ "0000012b", { .tid = 299, .tgid = 299, .comm = "p" }, "" },
		{ "0000012c", { .tid = 300, .tgid = 300, .comm = "k", .kernel_thread = true }, "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char reason[REASON_SIZE], text[4096], wanted[REASON_SIZE];
		struct snapshot s;
		struct analysis a;

		snprintf(text, sizeof(text), TWO SHARED("1,2", yes, 1) SLOCK(10, 10, 1, "%s")
			 SW(20, 20, 2), cases[i].owner);
		load(&s, text);
		s.shared[0].reach = REACH_NAMED;
		s.shared[0].path = "/dev/shm/x";
		array_push(s.foreign_holders, s.nr_foreign_holders, cases[i].holder);
		analyze(&a, &s, NULL);
		snprintf(wanted, sizeof(wanted), "waits for whoever opens /dev/shm/x%s", cases[i].text);
		is_str(reason_text(&a, 0, reason), wanted, "a lock in named memory");
		analysis_free(&a);
		snapshot_free(&s);
	}
}

static void test_text(void)
{
	check_text(MM(1, 1, "10") PROC(10, 1, 1, yes, 0x0) THREAD_10("start_ns=10 nstid=7")
		   LOCK(10, 10, 1, HEX_99), 10,
		   "its lock's holder, thread 99 of its pid namespace, is no live thread of this "
		   "process");
	check_text(MM(1, 2, "10-11") PROC(10, 1, 1, yes, 0x0) THREAD_10("start_ns=10 nstid=7")
		   "thread tid=11 tgid=10 mm=1 nvcsw=1 start_ns=11 nstid=8\n"
		   LOCK(10, 10, 1, HEX_99) LOCK(11, 10, 1, "00000007"), 11,
		   "its lock is held by thread 10 (p10), whose lock's holder, thread 99 of its pid "
		   "namespace, is not alive here");
	check_text(MM(1, 1, "10") PROC(10, 1, 1, yes, 0x0)
		   THREAD(10, 10, 1, S, 30, 1) W(10, 10, 1) THIRD, 10,
		   "it is traced by thread 30 (t30), which can run, and may do anything to it");
	check_text(MM(1, 1, "10") PROC(10, 1, 1, yes, 0x0)
		   THREAD(10, 10, 1, S, 30, 1) W(10, 10, 1) THIRD W(30, 30, 3), 10,
		   "the only live thread of its address space: no other can wake it; it is traced by "
		   "thread 30 (t30)");
	check_text(CHILD LOCK(10, 10, 1, HEX_9), 10,
		   "child of fork that never called execve, so its lock is a copy: the holder, "
		   "thread 9, is no live thread of this process");
	check_text(CHILD LOCK(10, 10, 1, HEX_99), 10,
		   "its lock's holder, thread 99, is no live thread of this process");
	check_text(CHILD LOCK(10, 10, 1, HEX_11)
		   MM(2, 1, "11") PROC(9, 1, 2, yes, 0x0) T(11, 9, 2), 10,
		   "child of fork that never called execve, so its lock is a copy: the holder, "
		   "thread 11, is in the parent process 9 (p9) and cannot release it here");
	check_text(CHILD LOCK(10, 10, 1, HEX_11)
		   MM(2, 1, "11") PROC(8, 1, 2, yes, 0x0) T(11, 8, 2), 10,
		   "child of fork that never called execve, so its lock is a copy: the holder, "
		   "thread 11, is in process 8 (p8) and cannot release it here");
	check_text(ALONE LOCK(10, 10, 1, HEX_99), 10,
		   "its lock's holder, thread 99, is no live thread of this process");
	check_text(ALONE LOCK(10, 10, 1, HEX_11)
		   MM(2, 1, "11") PROC(8, 1, 2, yes, 0x0) T(11, 8, 2), 10,
		   "its lock's holder, thread 11, is no live thread of this process: that id "
		   "belongs to process 8 (p8)");
	check_text(CHILD W(10, 10, 1), 10,
		   "child of fork that never called execve, and its only thread: threads "
		   "that could wake it, if any, were left behind in the parent process 9");
	check_text(MM(1, 1, "10") PROC(10, 1, 1, no, 0x0) T(10, 10, 1) W(10, 10, 1), 10,
		   "child of fork that never called execve, and its only thread: threads "
		   "that could wake it, if any, were left behind in the process that it was "
		   "forked from");
	check_text(ALONE LOCK(10, 10, 1, HEX_10), 10, "waits for a lock that it holds itself");
	check_text(TRIO LOCK(10, 10, 1, HEX_11) LOCK(11, 10, 1, HEX_10) LOCK(12, 10, 1, HEX_10),
		   10, "waits for thread 11, which waits for thread 10: a cycle of 2 threads");
	check_text(TRIO LOCK(10, 10, 1, HEX_11) LOCK(11, 10, 1, HEX_10) LOCK(12, 10, 1, HEX_10),
		   12, "its lock is held by thread 10 (t10), which is in a deadlock");
	check_text(TRIO LOCK(10, 10, 1, HEX_11) LOCK(11, 10, 1, HEX_99), 10,
		   "its lock is held by thread 11 (t11), whose lock's holder, thread 99, is not "
		   "alive here");
	check_text(PAIR W(10, 10, 1), 10, ONE_OTHER);
	check_text(TRIO W(10, 10, 1), 10,
		   TWO_OTHERS);
	check_text(PAIR LOCK(10, 10, 1, HEX_11), 10,
		   "its lock is held by thread 11 (t11), which sleeps elsewhere");
	check_text(TWO SHARED("1,2", yes, 0) SW(10, 10, 1), 10,
		   "shared futex: any process that maps it can wake it; of those, thread 20 (t20) is not "
		     "blocked, and sleeps elsewhere");
	check_text(TWO SHARED("1,2", yes, 0) SW(10, 10, 1) SW(20, 20, 2), 10,
		   "in shared memory, and no thread of the 2 address spaces that map the word "
		   "can run");
	check_text(TWO SHARED("1,2", yes, 0) SLOCK(10, 10, 1, HEX_99), 10,
		   "the holder of its lock in shared memory, thread 99, is no live thread of a "
		   "process that maps it");
	check_text(TWO PI_LOCK(10, 10, 1, 20) W(20, 20, 2), 10,
		   "its lock is held by thread 20 (t20), which waits for a low-level lock that names "
		   "no holder; no thread that can run could end that");
	check_text(MM(1, 2, "10-11") PROC(10, 1, 1, yes, 0x0) T(10, 10, 1)
		   JOINED(11, 10, 1, 0x910) JOIN(10, 10, 1, 11), 10,
		   "joins thread 11 (t11), which sleeps elsewhere");
	check_text(MM(1, 2, "10,20") PROC(10, 1, 1, yes, 0x0) PROC(20, 10, 1, no, 0x0)
		   T(10, 10, 1) JOINED(20, 20, 1, 0x910) JOIN(10, 10, 1, 20), 10,
		   "waits for the exit of thread 20 (t20), which sleeps elsewhere");
	check_text(MM(1, 2, "10-11") PROC(10, 1, 1, yes, 0x0) JOINED(10, 10, 1, 0x910)
		   JOINED(11, 10, 1, 0x910) JOIN(10, 10, 1, 11), 10,
		   "its lock is held by thread 11 (t11), which sleeps elsewhere");
}

/* What /proc says of sleeps, without /proc: thread @thread of s.threads reads a pipe. */
static void add_reader(struct snapshot *s, int thread, int writer)
{
	snapshot_add_blocked(s, thread, snapshot_add_wakers(s, SLEEP_READ, 77));
	snapshot_add_waker(s, writer);
}

static void check_sleep(const char *lines, int writer, enum verdict verdict, const char *want)
{
	char reason[REASON_SIZE];
	struct snapshot s;
	struct analysis a;

	load(&s, lines);
	add_reader(&s, 1, writer);
	analyze(&a, &s, NULL);
	is_num(a.judgements[0].verdict, verdict, verdicts[verdict].name);
	is_str(reason_text(&a, 0, reason), want, want);
	analysis_free(&a);
	snapshot_free(&s);
}

static void test_sleeps(void)
{
	check_sleep(PAIR W(10, 10, 1), 0, VERDICT_NO_WAKER,
		    "no live thread of its address space can run: 1 wait on futexes, and thread "
		    "11 (t11) waits for data in pipe 77, which only processes that cannot run "
		    "have open for writing");
	check_sleep(TRIO W(10, 10, 1), 0, VERDICT_BLOCKED,
		    TWO_OTHERS);
	check_sleep(PAIR W(10, 10, 1) MM(2, 1, "20") PROC(20, 1, 2, yes, 0x0) T(20, 20, 2), 1,
		    VERDICT_BLOCKED, ONE_OTHER);
	check_sleep(PAIR W(10, 10, 1) MM(2, 1, "20") PROC(20, 1, 2, yes, 0x0) T(20, 20, 2)
		    W(20, 20, 2), 1, VERDICT_NO_WAKER,
		    "no live thread of its address space can run: 1 wait on futexes, and thread "
		    "11 (t11) waits for data in pipe 77, which only processes that cannot run "
		    "have open for writing");
	check_sleep(PAIR W(10, 10, 1) MMH(2, 2, "20", 1) PROC(20, 1, 2, yes, 0x0) T(20, 20, 2)
		    W(20, 20, 2), 1, VERDICT_BLOCKED, ONE_OTHER);
	check_sleep(TRIO LOCK(10, 10, 1, HEX_11) MM(2, 1, "20") PROC(20, 1, 2, yes, 0x0)
		    T(20, 20, 2) W(20, 20, 2), 1, VERDICT_NO_WAKER,
		    "its lock is held by thread 11 (t11), which waits for data in pipe 77, which "
		    "only processes that cannot run have open for writing");
}

static void draw_all(FILE *f, const struct analysis *a)
{
	const struct filter all = { 0 };
	struct selection sel;

	select_waiters(&sel, a, &all);
	print_graph(f, &sel, true, NULL);
	selection_free(&sel);
}

static char *draw(const char *lines, int writer)
{
	struct snapshot s;
	struct analysis a;
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	load(&s, lines);
	add_reader(&s, 1, writer);
	analyze(&a, &s, NULL);
	draw_all(f, &a);
	fclose(f);
	analysis_free(&a);
	snapshot_free(&s);
	return text;
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)); text++)
		n++;
	return n;
}

#define RED	", style=solid, color=red];"
#define CYCLE	", style=bold, color=red, penwidth=3];"

/* The nodes: the waiter, its address space, the other thread, the pipe, its process. */
static void test_graph(void)
{
	char *text = draw(PAIR W(10, 10, 1), 0);

	ok(strstr(text, "n0 -> n1 [label=\"low-level lock 0x1000\"" RED),
	   "the waiter waits for its address space, outside the cycle");
	ok(strstr(text, "n1 -> n2 [label=\"\"" CYCLE) &&
	   strstr(text, "n2 -> n3 [label=\"sleeps\"" CYCLE) &&
	   strstr(text, "n3 -> n4 [label=\"\"" CYCLE) &&
	   strstr(text, "n4 -> n1 [label=\"\"" CYCLE),
	   "a cycle through a pipe is bold");
	free(text);
	text = draw(PAIR W(10, 10, 1) MM(2, 1, "20") PROC(20, 1, 2, yes, 0x0) T(20, 20, 2)
		    W(20, 20, 2), 1);
	ok(count(text, RED) && !count(text, CYCLE),
	   "no cycle, if another process has the pipe open");
	free(text);
	text = draw(PAIR W(10, 10, 1) MM(2, 1, "20") PROC(20, 1, 2, yes, 0x0) T(20, 20, 2), 1);
	ok(strstr(text, "writers of pipe 77") && !strstr(text, "color=red"),
	   "nothing is red, if it can run");
	free(text);
}

/* 20,000 threads in one cycle, each with a chain behind it: linear or it shows. */
static void test_large(void)
{
	const size_t nr = 20000;
	char *text, *graph, reason[REASON_SIZE];
	size_t size, cycles = 0, length = 0;
	FILE *f = open_memstream(&text, &size);
	struct snapshot s;
	struct analysis a;

	fprintf(f, "mm id=1 live=%zu live_threads=1-%zu hidden=0\n", nr, nr);
	for (size_t i = 1; i <= nr; i++)
		fprintf(f, "waiter tid=%zu mm=1 syscall=futex key=private op=FUTEX_WAIT "
			"flags=PRIVATE expected=2 bitset=0xffffffff timeout=none "
			"words=0:2,0,%zx,1,0*6\n"
			"thread tid=%zu tgid=1 mm=1 state=S\n", i, i % nr + 1, i);
	fclose(f);
	load(&s, text);
	analyze(&a, &s, NULL);
	for (size_t i = 0; i < s.nr_waiters; i++) {
		cycles += a.judgements[i].reason == REASON_CYCLE &&
			  a.judgements[i].cycle_size == nr;
		length += strlen(reason_text(&a, i, reason));
	}
	is_num(cycles, nr, "all of a cycle of 20,000 threads are in it");
	f = open_memstream(&graph, &size);
	draw_all(f, &a);
	fclose(f);
	is_num(count(graph, CYCLE), nr, "and all edges of its graph");
	free(graph);
	ok(length < nr * 200, "and their reasons stay short");
	analysis_free(&a);
	snapshot_free(&s);
	free(text);
}

/* A row that was forgotten in one of the tables fails here. */
static void test_rows(void)
{
	for (size_t i = 0; i < NR_VERDICTS; i++)
		ok(verdicts[i].name && verdicts[i].help && verdicts[i].title &&
		   verdicts[i].stuck == (i < 3),
		   "verdict %zu has a name, a help and a title, and is stuck if it is one of the first "
		   "three, as the help and the manual say", i);
	for (size_t i = 0; i < NR_CERTAINTIES; i++)
		ok(i == CERTAINTY_NONE ? !certainties[i].name :
		   certainties[i].name && certainties[i].help,
		   "certainty %zu has a name and a help", i);
	for (size_t i = 0; i < NR_CAVEATS; i++)
		ok(caveats[i].text && caveats[i].certainty < CERTAINTY_NONE &&
		   (!i || caveats[i].certainty >= caveats[i - 1].certainty),
		   "caveat %zu has a text, and leaves no more certainty than the one before", i);
	for (size_t i = 0; i < NR_SLEEP_KINDS; i++)
		ok(sleep_texts[i].waits_for && sleep_texts[i].that && sleep_texts[i].wakers,
		   "sleep %zu has its texts", i);
	for (size_t i = 0; i < NR_OPS; i++)
		ok(!futex_ops[i].name == !i, "operation %zu has a name if it is known", i);
	for (size_t i = 1; i < NR_EVIDENCE; i++)
		ok(evidence_names[i], "evidence %zu has a name", i);
}

/* Whatever is said of a waiter, there is a sentence for it. */
static void test_sentences(void)
{
	char reason[REASON_SIZE];
	struct snapshot s;
	struct analysis a;

	load(&s, TWO SHARED("1,2", yes, 0) SW(10, 10, 1) W(20, 20, 2));
	analyze(&a, &s, NULL);
	a.judgements[0].holder_thread = a.judgements[0].end_thread = 1;
	for (size_t i = 0; i < NR_REASONS; i++) {
		a.judgements[0].reason = i;
		ok(reason_text(&a, 0, reason)[0], "reason %zu: %s", i, reason);
	}
	analysis_free(&a);
	snapshot_free(&s);
}

int main(void)
{
	tap_start();
	for (size_t i = 0; i < sizeof(worlds) / sizeof(worlds[0]); i++)
		test_world(&worlds[i]);
	test_proc_caveat();
	test_reach();
	test_signallers();
	test_orders();
	test_low_level_lock();
	test_python_lock();
	test_idle_sleep();
	test_told_to_wake();
	test_hangup_of_mapper();
	test_private_in_shared();
	test_ended_holder();
	test_kernel_thread();
	test_moved_task();
	test_namespace();
	test_decode();
	test_others();
	test_named_mapper();
	test_rank();
	test_rank_of_chain();
	test_timer_text();
	test_text();
	test_memory_text();
	test_holder_elsewhere_text();
	test_sleeps();
	test_graph();
	test_large();
	test_rows();
	test_sentences();
	return tap_end();
}
