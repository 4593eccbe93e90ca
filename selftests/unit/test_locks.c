// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kinds of locks, by the words around the futex: each as it is, and with one of
 * its signs missing. Real locks are in test_locks.py.
 */
#include <stdlib.h>
#include <string.h>

#include "snapshot.h"
#include "source.h"
#include "locks.h"
#include "text_format.h"
#include "array.h"
#include "tap.h"

#define WAIT	"op=FUTEX_WAIT flags=PRIVATE bitset=0xffffffff"
#define BITSET	"op=FUTEX_WAIT_BITSET flags=PRIVATE|CLOCK_REALTIME bitset=0xffffffff"
#define SHARED	"op=FUTEX_WAIT flags=- bitset=0xffffffff"
#define RUST	"op=FUTEX_WAIT_BITSET flags=PRIVATE bitset=0xffffffff"
#define MUTEX_WAIT	WAIT " expected=2 value=2 words=0:"
#define ROBUST_11	" expected=2147483659 value=2147483659 words=0:8000000b,1,b,1,"
#define LISTED		",0,4000,7f00,4000,7f00"
#define PI_11		"op=FUTEX_LOCK_PI flags=PRIVATE expected=- value=2147483659 " \
			"words=0:8000000b,1,b,1,"
#define PY_WAIT		BITSET " uaddr=0x7fda024b2780 expected=0 value=0 words="
#define STACK_WAIT	WAIT " uaddr=0x7f0000001014 expected=2 value=2 words="
#define FILE_WAIT	WAIT " expected=1073741835 value=1073741835 words="
#define PARK_WAIT	WAIT " expected=1 value=1 timeout="
#define GOMP_WAIT	WAIT " timeout=none uaddr="
#define FUTURE_WAIT	SHARED " uaddr=0x1000 expected=2147483648 value=2147483648 words="
#define JOIN_WAIT	WAIT " uaddr=0x1000 expected=2 value=2 words=-8:"
#define JOIN_STACK	",4000000,7f00,24000,0,4023b00,7f00,20000,0"

struct test_case {
	const char *name;
	const char *waiter;
	const char *kind;	/* NULL: not recognised */
	pid_t owner;		/* 0: none */
};

static const struct test_case cases[] = {
	{ "normal", MUTEX_WAIT "2,0,b,1,0*6", "pthread_mutex", 11 },
	{ "recursive, twice", MUTEX_WAIT "2,2,b,1,1,0*5", "pthread_mutex", 11 },
	{ "that checks for errors", MUTEX_WAIT "2,0,b,1,2,0*5", "pthread_mutex", 11 },
	{ "adaptive, that has spun", MUTEX_WAIT "2,0,b,1,3,7,0*4", "pthread_mutex", 11 },
	{ "that was to be elided, and says who has it", MUTEX_WAIT "2,0,b,1,100,0*5",
	  "low-level lock", 0 },
	{ "normal, that has spun", MUTEX_WAIT "2,0,b,1,0,7,0*4", "low-level lock", 0 },
	{ "adaptive, that has spun for good", MUTEX_WAIT "2,0,b,1,3,8000,0*4", "low-level lock", 0 },
	{ "in a list", MUTEX_WAIT "2,0,b,1,0*2,4000,7f00,4000,7f00", "low-level lock", 0 },
	{ "with something behind it", MUTEX_WAIT "2,0,b,1,0*5,1", "low-level lock", 0 },
	{ "with a kind of a robust one", MUTEX_WAIT "2,0,b,1,10,0*5", "low-level lock", 0 },
	{ "whose end is not known", MUTEX_WAIT "2,0,b,1,0*5", "low-level lock", 0 },
	{ "shared", SHARED " expected=2 value=2 words=0:2,0,b,1,80,0*5", "pthread_mutex", 11 },
	{ "shared, that waits as a private one", MUTEX_WAIT "2,0,b,1,80,0*5", "low-level lock", 0 },
	{ "private, that waits as a shared one",
	  SHARED " expected=2 value=2 words=0:2,0,b,1,0*6", "low-level lock", 0 },
	{ "at an address for numbers", WAIT " uaddr=0x100c expected=2 value=2 words=0:2,0,b,1,0*6",
	  "low-level lock", 0 },
	{ "with a clock", "op=FUTEX_WAIT flags=PRIVATE|CLOCK_REALTIME bitset=0xffffffff "
	  "expected=2 value=2 words=0:2,0,b,1,0*6", NULL, 0 },
	{ "until a time", BITSET " timeout=realtime expected=2 value=2 words=0:2,0,b,1,0*6",
	  "pthread_mutex", 11 },
	{ "for a time", WAIT " timeout=relative expected=2 value=2 words=0:2,0,b,1,0*6",
	  "pthread_mutex", 11 },
	{ "robust", SHARED ROBUST_11 "90" LISTED, "robust pthread_mutex", 11 },
	{ "robust, and next in its list a PI one",
	  SHARED ROBUST_11 "90,0,4000,7f00,4001,7f00", "robust pthread_mutex", 11 },
	{ "robust, in no list", SHARED ROBUST_11 "90,0*5", NULL, 0 },
	{ "robust, in a list of odd addresses", SHARED ROBUST_11 "90,0,4000,7f00,4002,7f00", NULL, 0 },
	{ "robust, in a list of small numbers", SHARED ROBUST_11 "90,0,8,0,8,0", NULL, 0 },
	{ "robust, but private", WAIT ROBUST_11 "10" LISTED, "libc lock", 0 },
	{ "robust, that waits as a private one", WAIT ROBUST_11 "90" LISTED, "libc lock", 0 },
	{ "robust, but another tid in the word", SHARED " expected=2147549196 value=2147549196 "
	  "words=0:8001000c,1,b,1,90" LISTED, NULL, 0 },
	{ "PI", PI_11 "20,0*5", "PI pthread_mutex", 0 },
	{ "PI and robust", "op=FUTEX_LOCK_PI flags=- expected=- value=2147483659 "
	  "words=0:8000000b,1,b,1,b0" LISTED, "PI pthread_mutex", 0 },
	{ "PI, but not by its kind", PI_11 "0*6", NULL, 0 },
	{ "with a ceiling", WAIT " expected=5242882 value=5242882 words=0:500002,1,b,1,40,0*5",
	  "pthread_mutex", 11 },
	{ "with a ceiling of 0", MUTEX_WAIT "2,1,b,1,40,0*5", "low-level lock", 0 },
	{ "reader of a rwlock that a writer has",
	  BITSET " expected=3 value=3 words=-8:3,0,3,0,0*2,b,0,0*6", "pthread_rwlock", 11 },
	{ "writer of a rwlock that a writer has",
	  BITSET " expected=3 value=3 words=-12:3,1,3,3,0*2,b,0*8", "pthread_rwlock", 11 },
	{ "writer of a rwlock that two readers have",
	  BITSET " expected=2 value=2 words=-8:12,1,2,3,0*2,0,0*8", "pthread_rwlock", 0 },
	{ "reader of a rwlock, without the clock's flag",
	  RUST " expected=3 value=3 words=-8:3,0,3,0,0*2,b,0,0*6", NULL, 0 },
	{ "the same until a time on the other clock",
	  RUST " timeout=monotonic expected=3 value=3 words=-8:3,0,3,0,0*2,b,0,0*6",
	  "pthread_rwlock", 11 },
	{ "rwlock at an address for numbers",
	  BITSET " uaddr=0x100c expected=3 value=3 words=-8:3,0,3,0,0*2,b,0,0*6", NULL, 0 },
	{ "rwlock whose other futex is no futex of it",
	  BITSET " expected=3 value=3 words=-8:3,0,3,4,0*2,b,0,0*6", NULL, 0 },
	{ "rwlock with something between", BITSET " expected=3 value=3 words=-8:3,0,3,0,0,1,b,0,0*6",
	  NULL, 0 },
	{ "rwlock with something before its kind",
	  BITSET " expected=3 value=3 words=-8:3,0,3,0,0*2,b,0,0,1,0*4", NULL, 0 },
	{ "rwlock with something behind its kind",
	  BITSET " expected=3 value=3 words=-8:3,0,3,0,0*2,b,0,0*5,1", NULL, 0 },
	{ "rwlock without its kind", BITSET " expected=3 value=3 words=-8:3,0,3,0,0*2,b,0", NULL, 0 },
	{ "rwlock of no kind", BITSET " expected=3 value=3 words=-8:3,0,3,0,0*2,b,0*5,99,0", NULL, 0 },
	{ "reader of a rwlock that prefers writers, one of which waits for another reader",
	  BITSET " expected=14 value=14 words=0:e,1,2,3,0*8", "pthread_rwlock", 0 },
	{ "the same without readers", BITSET " expected=6 value=6 words=0:6,1,2,3,0*8", NULL, 0 },
	{ "the same without a writer", BITSET " expected=12 value=12 words=0:c,0,0,0,0*8", NULL, 0 },
	{ "the same with a writer that has it",
	  BITSET " expected=14 value=14 words=0:e,1,2,3,0*2,b,0*5", NULL, 0 },
	{ "rwlock that nobody has", BITSET " expected=3 value=3 words=-8:1,0,3,0,0*8,0*2", NULL, 0 },
	{ "condition variable up to 2.40, group 0",
	  BITSET " expected=0 value=0 words=-40:3,0,0*2,2,0,0*3,8,0,0", "pthread_cond", 0 },
	{ "condition variable up to 2.40, group 1",
	  BITSET " expected=0 value=0 words=-44:4,0,0*2,0,4,0*3,10,0,0", "pthread_cond", 0 },
	{ "condition variable, 9 of whose waiters timed out",
	  BITSET " expected=0 value=0 words=-40:16,0,0*2,2,0,0,fffffff7,0,8,0,0", "pthread_cond", 0 },
	{ "condition variable, more of whose waiters timed out than there were",
	  BITSET " expected=0 value=0 words=-40:16,0,0*2,2,0,0,fffffff4,0,8,0,0", NULL, 0 },
	{ "condition variable up to 2.32, without a timeout",
	  WAIT " expected=0 value=0 words=-40:3,0,0*2,2,0,0*3,8,0,0", "pthread_cond", 0 },
	{ "condition variable of 2.41, group 0",
	  BITSET " expected=4 value=4 words=-32:3,0,0*2,0*3,8,4,0,0*2", "pthread_cond", 0 },
	{ "condition variable that is destroyed while a thread waits",
	  WAIT " expected=12 value=12 words=-36:3,0,0*2,2,0,0*2,0,c", "pthread_cond_destroy", 0 },
	{ "the same of 2.41",
	  WAIT " expected=12 value=12 words=-28:3,0,0*2,0*2,0,c,0*4", "pthread_cond_destroy", 0 },
	{ "condition variable that is not destroyed",
	  WAIT " expected=8 value=8 words=-36:3,0,0*2,2,0,0*2,0,8", NULL, 0 },
	{ "condition variable of 2.41 with something behind it",
	  BITSET " expected=4 value=4 words=-32:3,0,0*2,0*3,8,4,0,1,0", NULL, 0 },
	{ "condition variable of 2.41 that waits without a clock",
	  WAIT " expected=4 value=4 words=-32:3,0,0*2,0*3,8,4,0,0*2", NULL, 0 },
	{ "condition variable at an address for numbers",
	  BITSET " uaddr=0x1004 expected=4 value=4 words=-32:3,0,0*2,0*3,8,4,0,0*2", NULL, 0 },
	{ "condition variable without waiters",
	  BITSET " expected=0 value=0 words=-40:3,0,0*2,2,0,0*3,0,0,0", NULL, 0 },
	{ "a semaphore behind two chunks of malloc()",
	  BITSET " expected=0 value=0 words=-48:0,1,0,7f98,0*4,589d2100,7f98,31,0,0,1,0,7f98",
	  "sem_t", 0 },
	{ "shared condition variable that waits as a private one",
	  BITSET " expected=0 value=0 words=-40:3,0,0*2,2,0,0*3,9,0,0", NULL, 0 },
	{ "condition variable with more waiters than there were",
	  BITSET " expected=0 value=0 words=-40:3,0,0*2,2,0,0*3,20,0,0", NULL, 0 },
	{ "semaphore", BITSET " expected=0 value=0 words=-4:7,0,1,0,0", "sem_t", 0 },
	{ "shared semaphore", "op=FUTEX_WAIT_BITSET flags=CLOCK_REALTIME bitset=0xffffffff "
	  "expected=0 value=0 words=0:0,2,80,0", "sem_t", 0 },
	{ "shared semaphore that waits as a private one",
	  BITSET " expected=0 value=0 words=0:0,2,80,0", NULL, 0 },
	{ "semaphore of musl", WAIT " expected=2147483648 value=2147483648 words=0:80000000,1,80",
	  "sem_t", 0 },
	{ "semaphore of older musl", WAIT " expected=4294967295 value=4294967295 words=0:ffffffff,1,80",
	  "sem_t", 0 },
	{ "future of libstdc++", FUTURE_WAIT "-16:83e1d30,55e1,0*2,80000000,1,0", "std::future", 0 },
	{ "without virtual functions", FUTURE_WAIT "-16:0*4,80000000,1,0", "sem_t", 0 },
	{ "with a result", FUTURE_WAIT "-16:83e1d30,55e1,83e1d30,55e1,80000000,1,0", "sem_t", 0 },
	{ "once in no state", FUTURE_WAIT "-16:83e1d30,55e1,0*2,80000000,1,3", NULL, 0 },
	{ "that waits as a private one", WAIT " expected=2147483648 value=2147483648 "
	  "words=-16:83e1d30,55e1,0*2,80000000,0,0", NULL, 0 },
	{ "semaphore of CPython's PyMutex",
	  PY_WAIT "-16:24b2810,7fda,2632b20,7fda,0,1,0*6,a2dbc8,0,a2dbc8,0", "PyMutex", 0 },
	{ "of CPython's PyEvent, which has no argument there",
	  PY_WAIT "-16:0,0,2632b20,7fda,0,1,0*6,a2dbc8,0,a2dbc8,0", "sem_t", 0 },
	{ "with an argument that is not on the stack",
	  PY_WAIT "-16:24b2770,7fda,2632b20,7fda,0,1,0*6,a2dbc8,0,a2dbc8,0", "sem_t", 0 },
	{ "without the lock", PY_WAIT "-16:24b2810,7fda,0,0,0,1,0*6,a2dbc8,0,a2dbc8,0", "sem_t", 0 },
	{ "in no queue", PY_WAIT "-16:24b2810,7fda,2632b20,7fda,0,1,0*10", "sem_t", 0 },
	{ "in a queue of odd addresses",
	  PY_WAIT "-16:24b2810,7fda,2632b20,7fda,0,1,0*6,a2dbc8,0,a2dbc9,0", "sem_t", 0 },
	{ "semaphore without the clock's flag", RUST " expected=0 value=0 words=-4:7,0,1,0,0", NULL, 0 },
	{ "semaphore without waiters", BITSET " expected=0 value=0 words=0:0,0,0,0", NULL, 0 },
	{ "barrier", WAIT " expected=0 value=0 words=-4:2,0,3,0,0", "pthread_barrier", 0 },
	{ "barrier in a later round", WAIT " expected=6 value=6 words=-4:7,6,3,0,0", "pthread_barrier", 0 },
	{ "barrier in the middle of a round", WAIT " expected=7 value=7 words=-4:8,7,3,0,0", NULL, 0 },
	{ "barrier that all have come to", WAIT " expected=0 value=0 words=-4:3,0,3,0,0", NULL, 0 },
	{ "barrier of libgomp", GOMP_WAIT "0x1044 expected=16 value=16 words=-4:3,10,0*11",
	  "libgomp barrier", 0 },
	{ "its first generation", GOMP_WAIT "0x1044 expected=0 value=0 words=-4:3,0,0*11",
	  "libgomp barrier", 0 },
	{ "of one thread", GOMP_WAIT "0x1044 expected=16 value=16 words=-4:1,10,0*11", NULL, 0 },
	{ "within a cache line", GOMP_WAIT "0x1024 expected=16 value=16 words=-4:3,10,0*11", NULL, 0 },
	{ "between two generations", GOMP_WAIT "0x1044 expected=12 value=12 words=-4:3,c,0*11", NULL, 0 },
	{ "that is no barrier, with something behind it",
	  GOMP_WAIT "0x1044 expected=16 value=16 words=-4:3,10,0*10,1", NULL, 0 },
	{ "once, in a child of fork", WAIT " expected=5 value=5 words=0:5,0", "pthread_once", 0 },
	{ "a shared 5, which is no once", SHARED " expected=5 value=5 words=0:5,0", NULL, 0 },
	{ "a 1 like any other", WAIT " expected=1 value=1 words=0:1,0", NULL, 0 },
	{ "a 1 like any other behind a mutex of glibc, whose id and users look like an address",
	  WAIT " expected=1 value=1 timeout=none words=-32:11f3,1,0*6,1,0", NULL, 0 },
	{ "join of musl", JOIN_WAIT "b,0,2,0,101,0" JOIN_STACK, "pthread_join", 11 },
	{ "join of nobody", JOIN_WAIT "0,0,2,0,101,0" JOIN_STACK, "low-level lock", 0 },
	{ "join with no errno", JOIN_WAIT "b,1000,2,0,101,0" JOIN_STACK, "low-level lock", 0 },
	{ "join of one that was cancelled twice",
	  JOIN_WAIT "b,0,2,2,101,0" JOIN_STACK, "low-level lock", 0 },
	{ "join with no such flags", JOIN_WAIT "b,0,2,0,104,0" JOIN_STACK, "low-level lock", 0 },
	{ "join of one whose memory begins in a page",
	  JOIN_WAIT "b,0,2,0,101,0,4000008,7f00,24000,0,4023b00,7f00,20000,0", "low-level lock", 0 },
	{ "join of one whose stack is elsewhere",
	  JOIN_WAIT "b,0,2,0,101,0,4000000,7f00,24000,0,4024b00,7f00,20000,0", "low-level lock", 0 },
	{ "join of one whose stack is larger than its memory",
	  JOIN_WAIT "b,0,2,0,101,0,4000000,7f00,24000,0,4023b00,7f00,24000,0", "low-level lock", 0 },
	{ "musl, normal", WAIT " expected=2147483664 value=2147483664 words=-4:0,80000010,1,0*3",
	  "pthread_mutex", 0 },
	{ "musl, recursive", WAIT " expected=2147483659 value=2147483659 "
	  "words=-4:1,8000000b,1,0*3,4000,7f00,4000,7f00", "pthread_mutex", 11 },
	{ "musl, recursive, thrice", WAIT " expected=2147483659 value=2147483659 "
	  "words=-4:1,8000000b,1,0*2,2,4000,7f00,4000,7f00", "pthread_mutex", 11 },
	{ "musl, robust", WAIT " expected=2147483659 value=2147483659 "
	  "words=-4:4,8000000b,1,0*3,4000,7f00,4000,7f00", "pthread_mutex", 11 },
	{ "musl, that checks for errors, but with a depth", WAIT " expected=2147549196 "
	  "value=2147549196 words=-4:2,8001000c,1,0*2,2,4000,7f00,4000,7f00", NULL, 0 },
	{ "musl, of two types", WAIT " expected=2147549196 value=2147549196 "
	  "words=-4:3,8001000c,1,0*3,4000,7f00,4000,7f00", NULL, 0 },
	{ "musl, with something in it", WAIT " expected=2147549196 value=2147549196 "
	  "words=-4:1,8001000c,1,1,0*2,4000,7f00,4000,7f00", NULL, 0 },
	{ "musl, in a list of odd addresses", WAIT " expected=2147549196 value=2147549196 "
	  "words=-4:1,8001000c,1,0*3,4001,7f00,4000,7f00", NULL, 0 },
	{ "musl, at an address for pointers", WAIT " uaddr=0x1000 expected=2147549196 "
	  "value=2147549196 words=-4:1,8001000c,1,0*3,4000,7f00,4000,7f00", NULL, 0 },
	{ "like a mutex of glibc, in Go's heap", WAIT " uaddr=0xc000051150 expected=2 value=2 "
	  "words=0:2,0,b,1,0*6", "pthread_mutex", 0 },
	{ "musl, recursive and shared", SHARED " expected=2147483659 value=2147483659 "
	  "words=-4:81,8000000b,1,0*3,4000,7f00,4000,7f00", "pthread_mutex", 11 },
	{ "musl, shared, but it waits as a private one",
	  WAIT " expected=2147549196 value=2147549196 "
	  "words=-4:81,8001000c,1,0*3,4000,7f00,4000,7f00", NULL, 0 },
	{ "musl, private, but it waits as a shared one",
	  SHARED " expected=2147483659 value=2147483659 "
	  "words=-4:1,8000000b,1,0*3,4000,7f00,4000,7f00", NULL, 0 },
	{ "musl, normal, but it waits as a shared one",
	  SHARED " expected=2147483664 value=2147483664 words=-4:0,80000010,1,0*3", NULL, 0 },
	{ "musl, recursive, but in no list of its owner's",
	  WAIT " expected=2147483659 value=2147483659 words=-4:1,8000000b,1,0*8", "libc lock", 0 },
	{ "rwlock of musl that a writer has", WAIT " expected=4294967295 value=4294967295 "
	  "words=0:ffffffff,1,0*10", "pthread_rwlock", 0 },
	{ "rwlock of musl that readers have", WAIT " expected=2147483650 value=2147483650 "
	  "words=-4:7,80000002,3,0*10", "pthread_rwlock", 0 },
	{ "shared rwlock of musl", SHARED " expected=2147483649 value=2147483649 "
	  "words=0:80000001,1,80,0*9", "pthread_rwlock", 0 },
	{ "shared rwlock of musl that waits as a private one",
	  WAIT " expected=2147483649 value=2147483649 words=0:80000001,1,80,0*9", NULL, 0 },
	{ "rwlock of musl without waiters", WAIT " expected=2147483650 value=2147483650 "
	  "words=0:80000002,0,0*10", "libc lock", 0 },
	{ "rwlock of musl with something behind it", WAIT " expected=4294967295 "
	  "value=4294967295 words=0:ffffffff,1,0*9,1", NULL, 0 },
	{ "semaphore of musl, which is no rwlock",
	  WAIT " expected=4294967295 value=4294967295 words=0:ffffffff,1,80,0*9", "sem_t", 0 },
	{ "last of two in a condition variable of musl",
	  STACK_WAIT "-20:2000,7f00,0*3,2,0,0", "pthread_cond", 0 },
	{ "first of two", STACK_WAIT "-20:0*2,2000,7f00,0,2,0,0", "pthread_cond", 0 },
	{ "one alone", STACK_WAIT "-20:0*5,2,0,0", "low-level lock", 0 },
	{ "one that has left", STACK_WAIT "-20:2000,7f00,0*2,2,2,0,0", "low-level lock", 0 },
	{ "one that somebody waits for", STACK_WAIT "-20:2000,7f00,0*3,2,2000,7f00",
	  "low-level lock", 0 },
	{ "a 2 at an address for pointers", WAIT " uaddr=0x7f0000001018 expected=2 value=2 "
	  "words=-20:2000,7f00,0*3,2,0,0", "low-level lock", 0 },
	{ "shared condition variable of musl",
	  SHARED " expected=3 value=4 words=-8:ffffffff*2,4,2,1,0*7", "pthread_cond", 0 },
	{ "without waiters", SHARED " expected=3 value=4 words=-8:ffffffff*2,4,0,1,0*7", NULL, 0 },
	{ "that says that it is private",
	  SHARED " expected=3 value=4 words=-8:0*2,4,2,1,0*7", NULL, 0 },
	{ "that waits as a private one",
	  WAIT " expected=3 value=4 words=-8:ffffffff*2,4,2,1,0*7", NULL, 0 },
	{ "setuid(3) of glibc, before the first thread has made the call",
	  WAIT " uaddr=0x7f0000001020 expected=2 value=2 words=-32:69,0,3e8,0*5,2,ffffffff", "setxid", 0 },
	{ "setresgid(3) of glibc on arm64, after that",
	  WAIT " uaddr=0x7f0000001020 expected=1 value=1 words=-32:95,0,3e8,0,3e8,0*3,1,0", "setxid", 0 },
	{ "setuid(0), beside words that look like those of parking_lot",
	  WAIT " uaddr=0x7f0000001020 expected=1 value=1 words=-32:92,7f00,0*6,1,0", "setxid", 0 },
	{ "that some have made",
	  WAIT " uaddr=0x7f0000001020 expected=9 value=4 words=-32:69,0,3e8,0*5,4,0", "setxid", 0 },
	{ "that more have yet to make than were waited for",
	  WAIT " uaddr=0x7f0000001020 expected=4 value=9 words=-32:69,0,3e8,0*5,9,0", NULL, 0 },
	{ "that makes another call",
	  WAIT " uaddr=0x7f0000001020 expected=1 value=1 words=-32:6b,0,3e8,0*5,1,0", NULL, 0 },
	{ "that has no error",
	  WAIT " uaddr=0x7f0000001020 expected=1 value=1 words=-32:69,0,3e8,0*5,1,7f00", NULL, 0 },
	{ "that waits without the flag",
	  SHARED " uaddr=0x7f0000001020 expected=1 value=1 words=-32:69,0,3e8,0*5,1,0", NULL, 0 },
	{ "FILE of musl", FILE_WAIT "-36:0*4,2,0,1,0,0,4000000b,ffffffff", "stdio lock", 11 },
	{ "FILE of musl with a line buffer, in the list of all",
	  FILE_WAIT "-36:2000,7f00,3000,7f00,7,0*3,1,4000000b,a", "stdio lock", 11 },
	{ "FILE of musl without a buffer's mode",
	  FILE_WAIT "-36:0*4,2,0,1,0,0,4000000b,0", NULL, 0 },
	{ "with characters of no kind", FILE_WAIT "-36:0*4,2,0,1,0,2,4000000b,a", NULL, 0 },
	{ "with no descriptor", FILE_WAIT "-36:0*4,80000000,0,1,0,0,4000000b,a", NULL, 0 },
	{ "in no list", FILE_WAIT "-36:5,0,0*2,2,0,1,0,0,4000000b,a", NULL, 0 },
	{ "with a child of no process", FILE_WAIT "-36:0*4,2,ffffffff,1,0,0,4000000b,a", NULL, 0 },
	{ "with nobody's id", WAIT " expected=1073741824 value=1073741824 "
	  "words=-36:0*4,2,0,1,0,0,40000000,a", NULL, 0 },
	{ "Rust's Mutex in front of what looks like the rest of glibc's",
	  RUST " expected=2 value=2 words=0:2,0,5,1,0", "rust mutex", 0 },
	{ "second queued writer of a shared rwlock that prefers writers",
	  "op=FUTEX_WAIT_BITSET flags=CLOCK_REALTIME bitset=0xffffffff expected=3 value=3 "
	  "words=-12:3,3,1,3,0*2,66,1,0*4,2,0", "pthread_rwlock", 102 },
	{ "musl, without waiters", WAIT " expected=2147483659 value=2147483659 words=-4:1,8000000b,0",
	  "libc lock", 0 },
	{ "lock of musl's own", WAIT " expected=2147483650 value=2147483650 words=-4:ffffffff,80000002,0",
	  "libc lock", 0 },
	{ "a shared word like a lock of musl's own",
	  SHARED " expected=2147483650 value=2147483650 words=-4:ffffffff,80000002,0", NULL, 0 },
	{ "Rust's Mutex", RUST " expected=2 value=2 words=0:2,0", "rust mutex", 0 },
	{ "Rust's RwLock", RUST " expected=2147483647 value=2147483647 words=0:7fffffff,0",
	  "rust rwlock", 0 },
	{ "Rust's RwLock, held by a reader, before a writer",
	  RUST " expected=3221225473 value=3221225473 words=0:c0000001,0", "rust rwlock", 0 },
	{ "a writer of Rust's RwLock", RUST " expected=0 value=0 words=-4:80000001,0", "rust rwlock", 0 },
	{ "Rust's Condvar behind its Mutex", RUST " expected=0 value=0 words=-4:1,0", NULL, 0 },
	{ "a reader of Rust's RwLock, with no writer to wait for",
	  RUST " expected=1073741825 value=1073741825 words=0:40000001,0", NULL, 0 },
	{ "a C++ static guard", "op=FUTEX_WAIT flags=- bitset=0xffffffff uaddr=0x1000 waits_on=0x1000 "
	  "expected=65792 value=65792 words=0:10100,0", "C++ static guard", 0 },
	{ "the same value in a private futex",
	  "op=FUTEX_WAIT flags=PRIVATE bitset=0xffffffff uaddr=0x1000 waits_on=0x1000 expected=65792 "
	  "value=65792 words=0:10100,0", NULL, 0 },
	{ "Rust's park", RUST " expected=4294967295 value=4294967295 words=0:ffffffff", "rust park", 0 },
	{ "mutex of parking_lot", PARK_WAIT "none words=-32:7b38d0f8,55b6,0*6,1,7f00",
	  "parking_lot park", 0 },
	{ "reader of a rwlock of parking_lot, and more of them", PARK_WAIT "relative "
	  "words=-32:7b38d101,55b6,27e1c650,7f03,0*2,10,0,1,5501", "parking_lot park", 0 },
	{ "parked for nothing", PARK_WAIT "none words=-32:0*8,1,7f00", NULL, 0 },
	{ "in a queue of odd addresses",
	  PARK_WAIT "none words=-32:7b38d0f8,55b6,27e1c651,7f03,0*4,1,7f00", NULL, 0 },
	{ "with a token that none of its locks gives",
	  PARK_WAIT "none words=-32:7b38d0f8,55b6,0*2,2,0,0*2,1,7f00", NULL, 0 },
	{ "that wants what none of its locks gives",
	  PARK_WAIT "none words=-32:7b38d0f8,55b6,0*4,7,0,1,7f00", NULL, 0 },
	{ "with a timeout that is not in the call",
	  PARK_WAIT "none words=-32:7b38d0f8,55b6,0*6,1,7f01", NULL, 0 },
	{ "not with CLOCK_REALTIME", BITSET " expected=2 value=2 words=0:2,0", NULL, 0 },
	{ "Go's note", WAIT " uaddr=0xc000051150 expected=0 value=0", "go note", 0 },
	{ "Go's lock of 1.24", WAIT " uaddr=0xc000051150 expected=4294967295 value=4294967295 "
	  "words=0:ffffffff,0", "go lock", 0 },
	{ "a 0 outside Go's heap", WAIT " uaddr=0x7f0000051150 expected=0 value=0", NULL, 0 },
	{ "stdio", WAIT " expected=2 value=2 words=0:2,1,f7d8e740,7fff", "stdio lock", 0 },
	{ "glibc's own", WAIT " expected=2 value=2 words=0:2,0*4", "low-level lock", 0 },
	{ "it changed", WAIT " expected=2 value=1 words=0:1,0*4", NULL, 0 },
};

static void test_kind(const struct test_case *c)
{
	char error[PARSE_ERROR_SIZE] = "", *text;
	struct lock lock = { .owner = PID_UNKNOWN };
	struct snapshot s;
	int len;

	len = asprintf(&text, "futexinspect version=1\nwaiter %s\nend waiters=1\n", c->waiter);
	if (len < 0)
		abort();
	snapshot_init(&s, &source_file);
	if (parse_text(text, len, "test", &s, error))
		printf("# %s\n", error);
	if (s.nr_waiters)
		lock = s.waiters[0].lock;
	is_str(error[0] ? error : primitives[lock.primitive].name, c->kind, c->name);
	ok((lock.owner == PID_UNKNOWN ? 0 : lock.owner) == c->owner, "%s: holder %d", c->name,
	   c->owner);
	snapshot_free(&s);
}

/* A lock of stdio that a thread owns whose struct pthread is at 0x7ffff7d8e740. */
#define STDIO_LOCK_OF	" tgid=7 mm=1 uaddr=0x40 waits_on=0x40 " WAIT \
			" expected=2 value=2 words=0:2,1,f7d8e740,7fff\n"

static const struct {
	const char *name;
	const char *arch;
	const char *clear_child_tid;	/* of thread 8 */
	pid_t owner;
} pthread_owners[] = {
	{ "whose id is there", "x86_64", "0x7ffff7d8ea10", 8 },
	{ "on arm64", "aarch64", "0x7ffff7d8e810", 8 },
	{ "whose id is elsewhere", "x86_64", "0x7ffff7d8e810", PID_UNKNOWN },
	{ "that has exited", "x86_64", "0x0", PID_UNKNOWN },
	{ "of a machine that is not known", "riscv64", "0x7ffff7d8ea10", PID_UNKNOWN },
};

static void test_pthread_owners(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(pthread_owners); i++) {
		char error[PARSE_ERROR_SIZE] = "", *text;
		struct snapshot s;
		int len = asprintf(&text, "futexinspect version=1 arch=%s\n"
				   "waiter tid=9" STDIO_LOCK_OF
				   "mm id=1 live=2 live_threads=8-9 hidden=0\n"
				   "process tgid=7 mm=1\nthread tid=9 tgid=7\n"
				   "thread tid=8 tgid=7 clear_child_tid=%s\nend waiters=1\n",
				   pthread_owners[i].arch, pthread_owners[i].clear_child_tid);

		if (len < 0)
			abort();
		snapshot_init(&s, &source_file);
		is_num(parse_text(text, len, "test", &s, error), 0, "the file is read");
		snapshot_index(&s);
		is_num(s.waiters[0].lock.owner, pthread_owners[i].owner, pthread_owners[i].name);
		snapshot_free(&s);
	}
}

static const struct {
	const char *name;
	const char *waiter;
	const char *clear_child_tid;	/* of thread 8; that of the waiter is 0x10 */
	const char *primitive;
} musl_waits[] = {
	{ "a condition variable, in a program where all threads clear the same word",
	  STACK_WAIT "-20:0*5,2,0,0", "0x10", "pthread_cond" },
	{ "the same where each clears its own", STACK_WAIT "-20:0*5,2,0,0", "0x20", "low-level lock" },
	{ "the same where the other clears none", STACK_WAIT "-20:0*5,2,0,0", "0x0", "low-level lock" },
	{ "a 2 that is no condition variable", STACK_WAIT "-20:0*4,5,2,0,0", "0x10", "low-level lock" },
	{ "once", WAIT " waits_on=0x40 expected=3 value=3 words=0:3", "0x10", "pthread_once" },
	{ "the same in glibc", WAIT " waits_on=0x40 expected=3 value=3 words=0:3", "0x20", NULL },
};

/* What only means something if the program is known to have musl. */
static void test_musl(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(musl_waits); i++) {
		char error[PARSE_ERROR_SIZE] = "", *text;
		struct snapshot s;
		int len = asprintf(&text, "futexinspect version=1\nwaiter tid=9 tgid=7 mm=1 %s\n"
				   "mm id=1 live=2 live_threads=8-9 hidden=0\nprocess tgid=7 mm=1\n"
				   "thread tid=9 tgid=7 clear_child_tid=0x10\n"
				   "thread tid=8 tgid=7 clear_child_tid=%s\nend waiters=1\n",
				   musl_waits[i].waiter, musl_waits[i].clear_child_tid);

		if (len < 0)
			abort();
		snapshot_init(&s, &source_file);
		is_num(parse_text(text, len, "test", &s, error), 0, "the file is read");
		snapshot_index(&s);
		is_str(primitives[s.waiters[0].lock.primitive].name, musl_waits[i].primitive,
		       musl_waits[i].name);
		snapshot_free(&s);
	}
}

/* What only means something if the program is known to have Qt. */
static void test_qt(void)
{
	for (int is_qt = 0; is_qt < 2; is_qt++) {
		struct words words = zero_words;
		struct waiter w = {
			.known = W_FLAGS | W_EXPECTED | W_VALUE | W_BITSET | W_WAITS_ON,
			.opcode = OP_WAIT, .flags = WAIT_PRIVATE, .bitset = UINT32_MAX,
			.expected = 3, .value = 3, .waits_on = 0x1008, .words = &words, .is_qt = is_qt,
		};

		words.word[WORDS_BEFORE] = 3;
		recognise_lock(&w);
		is_str(primitives[w.lock.primitive].name, is_qt ? "QMutex" : NULL,
		       is_qt ? "a 3 in a program that has Qt" : "a 3 in another program");
		is_num(lock_may_be_qmutex(&w), !is_qt, "of which it is worth to ask whether it has");
	}
}

int main(void)
{
	tap_start();
	test_musl();
	test_qt();
	test_pthread_owners();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		test_kind(&cases[i]);
	return tap_end();
}
