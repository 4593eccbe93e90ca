// SPDX-License-Identifier: GPL-2.0-only
/*
 * A zoo of random lock graphs. For each of its threads it is known whether the thread
 * can ever go on:
 *
 *	mkzoo SEED FIRST COUNT
 *
 * makes the cases FIRST to FIRST + COUNT - 1 of the zoo with that seed. A case is one to
 * three processes with up to eight threads. It depends only on the seed and on its own
 * number, so each case can be made again alone. When all threads are in place, mkzoo
 * prints a record for each of them: "waiter" for a thread that waits on a futex, "other"
 * for the rest; then "ready".
 *
 * The truth follows from what the threads will do. Each thread takes some locks and waits
 * for one thing. When that comes, it releases its locks, wakes all threads that a thread
 * in its place could wake, and exits: every waiter at the semaphores, condition variables,
 * barriers, futexes, pipes and sockets that it can reach, and any parent that waits for it. So a
 * thread that can run is no mere possibility: it does what it could. Some threads wait for
 * this program to let them go (their gate); some of these are idle, which hold nothing.
 * "live" are the threads that will go on in the end, "stopped" those that will if the
 * stopped threads are continued, "stuck" the rest.
 *
 * A line on standard input makes mkzoo prove that. It opens the gates: all live threads
 * have to go on and end, then all others have to be seen asleep where they waited. It
 * continues the stopped threads, and the same must hold for those. It prints a "wrong"
 * record for each thread that does otherwise, then "proof" with the counts.
 *
 * Half of the cases go through execve(2), which shows an observer that the first process
 * is not a child of fork(2) with copies of locks. "mkzoo SEED FIRST COUNT FD" is such a
 * case; FD is the memory that it shares with its parent.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/factory.h"

#define MAX_THREADS	8
#define MAX_PROCS	3
#define MAX_LOCKS	5
#define MAX_OBJS	9
#define MAX_CASES	200

#define STACK_SIZE	(64 << 10)
#define DEADLINE_S	30

/*
 * The plan of a case
 */

/* Threads of a case: thread i is bit i. */
typedef unsigned int mask;

enum kind {
	NORMAL, RECURSIVE, ERRORCHECK, ADAPTIVE, ROBUST, PI, PI_ROBUST, RWLOCK,
	NR_LOCKS,
	COND = NR_LOCKS, SEM, BARRIER, RAW, PIPE, SOCKET,
	NR_KINDS
};

static const char *const kinds[NR_KINDS] = {
	[NORMAL]	= "normal",
	[RECURSIVE]	= "recursive",
	[ERRORCHECK]	= "errorcheck",
	[ADAPTIVE]	= "adaptive",
	[ROBUST]	= "robust",
	[PI]		= "pi",
	[PI_ROBUST]	= "pi-robust",
	[RWLOCK]	= "rwlock",
	[COND]		= "cond",
	[SEM]		= "sem",
	[BARRIER]	= "barrier",
	[RAW]		= "raw",
	[PIPE]		= "pipe",
	[SOCKET]	= "socket",
};

struct object {
	enum kind kind;
	bool shared;		/* in memory that all processes of the case map, or open in all */
	bool pshared;		/* made for that */
	int home;		/* the process that uses it, unless it is shared */
	int far;		/* the one that has the other end of a pipe or socket, likewise */
	mask holders;		/* of a lock: one, or those that read */
	bool read_held;
	uint32_t expected;	/* of a raw futex */
	uint32_t bitset;
};

enum wait {
	AT_GATE,
	ON_OBJECT,
	ON_JOIN,
	ON_CHILD,
	GONE,			/* it exits at once, with its locks */
};

enum gate {
	GATE_PIPE, GATE_SOCKET, GATE_EVENTFD, GATE_POLL, GATE_EPOLL, GATE_PAUSE, GATE_SIGNAL,
	GATE_NAP, NR_GATES
};

/* Ends a pause(2).  No daemon is told anything by it, so that the verdict "signal" stays out. */
#define PAUSE_SIGNAL	(SIGRTMIN + 1)

struct thread {
	int proc;
	enum wait wait;
	int on;			/* the object, thread or kind of gate */
	bool reads;		/* of a rwlock */
	bool idle;		/* at its gate, and holds nothing */
	bool timed;		/* waits again and again, until it is told */
	bool traced;		/* stopped by this program, its tracer */
	unsigned int turn;
};

struct plan {
	bool execs;		/* the first process has called execve(2) */
	unsigned int nr_threads, nr_procs, nr_objs;
	struct thread threads[MAX_THREADS];
	struct object objs[MAX_OBJS];
	mask all;
	mask stopped;		/* by a signal to their process, or by the tracer */
};

/*
 * What a case has when it runs
 */

enum stage { STARTING, READY, ABOUT, WENT, DONE };

struct gates {
	int pipe[2], socket[2], event, poll, epoll;
};

/* In memory that they share with this program. */
struct control {
	struct {
		_Atomic int stage;
		uint32_t turn;
		pid_t tid, tgid;
	} threads[MAX_THREADS];
	_Atomic bool open;
	struct gates gates;
};

struct zoo_case {
	unsigned int nr;
	pid_t pid;		/* of its first process, and its process group */
	struct plan plan;
	struct control *control;
};

struct body {
	_Atomic bool released;	/* by the first of those who could */
	union {
		pthread_mutex_t mutex;
		pthread_rwlock_t rwlock;
		struct {
			pthread_mutex_t mutex;
			pthread_cond_t cond;
			bool flag;
		} event;
		sem_t sem;
		pthread_barrier_t barrier;
		uint32_t word;
		int ends[2];	/* of a pipe or socket: to read from, to write to */
	};
};

static struct zoo_case cases[MAX_CASES];
static unsigned int nr_cases;
static char *seed_text;

/* In the processes of a case. */
static const struct zoo_case *me;
static const struct plan *plan;
static struct control *control;
static struct body own[MAX_OBJS], *shared;
static pthread_t handles[MAX_THREADS];

/* Each case is a session of its own, so that no signal goes to it when some of it ends. */
static void kill_all(void)
{
	for (unsigned int i = 0; i < nr_cases; i++) {
		if (cases[i].pid > 0)
			kill(-cases[i].pid, SIGKILL);
	}
	while (waitpid(-1, NULL, __WALL) > 0)
		;
}

/* For die(): what a child of fork(2) has of stdout or by atexit(3) is not its own. */
static void end_all(int status)
{
	if (!me)
		kill_all();
	_exit(status);
}

/*
 * Chance: the numbers of Vigna's splitmix64
 */

static uint64_t random_state;

static unsigned int below(unsigned int limit)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return (z ^ (z >> 31)) % limit;
}

static bool one_in(unsigned int n)
{
	return !below(n);
}

/*
 * Making a plan
 */

static mask bit(int thread)
{
	return 1u << thread;
}

static mask threads_of(const struct plan *p, int proc)
{
	mask m = 0;

	for (unsigned int t = 0; t < p->nr_threads; t++) {
		if (p->threads[t].proc == proc)
			m |= bit(t);
	}
	return m;
}

static bool has_ends(const struct object *o)
{
	return o->kind == PIPE || o->kind == SOCKET;
}

static mask gone_threads(const struct plan *p)
{
	mask m = 0;

	for (unsigned int t = 0; t < p->nr_threads; t++) {
		if (p->threads[t].wait == GONE)
			m |= bit(t);
	}
	return m;
}

static int first_of(mask m)
{
	return __builtin_ctz(m);
}

/* One of the threads, by chance. */
static int pick(mask from)
{
	int skip = below(__builtin_popcount(from));

	while (skip--)
		from &= from - 1;
	return first_of(from);
}

/* Some processes have one thread more than others; the first of each is its main one. */
static void plan_threads(struct plan *p)
{
	p->nr_threads = 1 + below(MAX_THREADS);
	p->nr_procs = one_in(3) ? 1 + below(MAX_PROCS) : 1;
	if (p->nr_procs > p->nr_threads)
		p->nr_procs = p->nr_threads;
	p->all = bit(p->nr_threads) - 1;
	for (unsigned int t = 0; t < p->nr_threads; t++)
		p->threads[t].proc = t < p->nr_procs ? t : below(p->nr_procs);
}

/* The threads that exit before any thread waits. One thread of each process stays. */
static void plan_gone(struct plan *p)
{
	for (unsigned int t = 0; t < p->nr_threads; t++) {
		mask others = threads_of(p, p->threads[t].proc) & ~gone_threads(p) & ~bit(t);

		if (one_in(12) && others)
			p->threads[t].wait = GONE;
	}
}

static mask idle_threads(const struct plan *p)
{
	mask m = 0;

	for (unsigned int t = 0; t < p->nr_threads; t++) {
		if (p->threads[t].idle)
			m |= bit(t);
	}
	return m;
}

/* Beside others, as the threads of a pool or of a library are. */
static void plan_idle(struct plan *p)
{
	for (int proc = 0; proc < (int)p->nr_procs; proc++) {
		mask choice = threads_of(p, proc) & ~gone_threads(p);

		if (one_in(6) && choice & (choice - 1))
			p->threads[pick(choice)].idle = true;
	}
}

static void plan_lock(struct plan *p, struct object *o)
{
	int holder = pick(p->all & ~idle_threads(p));

	o->kind = below(NR_LOCKS);
	o->holders = bit(holder);
	o->home = p->threads[holder].proc;
	/* The next one gets a robust lock whose holder exits: nobody waits for that. */
	if (p->threads[holder].wait == GONE && (o->kind == ROBUST || o->kind == PI_ROBUST))
		o->kind = NORMAL;
	o->read_held = o->kind == RWLOCK && one_in(3);
	if (o->read_held)
		o->holders |= threads_of(p, o->home) & below(p->all + 1) & ~idle_threads(p);
}

static void plan_event(struct plan *p, struct object *o)
{
	o->kind = NR_LOCKS + below(NR_KINDS - NR_LOCKS);
	o->home = below(p->nr_procs);
	o->far = below(p->nr_procs);
	o->expected = one_in(2) ? 0 : below(4);
	o->bitset = one_in(4) ? 1 + below(255) : FUTEX_BITSET_MATCH_ANY;
}

static void plan_objects(struct plan *p)
{
	unsigned int nr_locks = below(MAX_LOCKS + 1);

	p->nr_objs = nr_locks + below(MAX_OBJS - MAX_LOCKS + 1);
	for (unsigned int i = 0; i < p->nr_objs; i++) {
		struct object *o = &p->objs[i];

		o->shared = p->nr_procs > 1 ? one_in(2) : one_in(8);
		o->pshared = o->shared || one_in(8);
		if (i < nr_locks)
			plan_lock(p, o);
		else
			plan_event(p, o);
	}
}

/* Whether the lock that a thread sees is what fork() made of one of its parent's. */
static bool is_copy(const struct plan *p, int t, const struct object *o)
{
	return o->kind < NR_LOCKS && !o->shared && o->home != p->threads[t].proc;
}

static bool is_pi(const struct object *o)
{
	return o->kind == PI || o->kind == PI_ROBUST;
}

/* The thread that alone can release what a thread waits for, or -1. */
static int holder_of(const struct plan *p, int t)
{
	const struct thread *thread = &p->threads[t];
	const struct object *o = &p->objs[thread->on];

	if (thread->wait == ON_JOIN)
		return thread->on;
	if (thread->wait != ON_OBJECT || o->kind >= NR_LOCKS || o->read_held)
		return -1;
	return first_of(o->holders);
}

static bool waits_for_pi(const struct plan *p, int t)
{
	return p->threads[t].wait == ON_OBJECT && is_pi(&p->objs[p->threads[t].on]);
}

/*
 * What the kernel refuses to wait for, a PI lock whose holder is gone or waits for it, by
 * way of others, glibc waits for on its stack: for good, and nothing there tells why. Where
 * others of the process can run it cannot be told from waiting for one of them.
 */
static bool waits_on_stack(const struct plan *p, int t)
{
	int holder = t;

	for (unsigned int n = 0; n < p->nr_threads; n++) {
		if (!waits_for_pi(p, holder) || p->threads[holder].turn > p->threads[t].turn)
			return false;
		holder = holder_of(p, holder);
		if (holder == t || (!n && p->threads[holder].wait == GONE))
			return true;
	}
	return false;
}

/* Whether a thread that takes a lock which it holds waits, and gets no error or the lock. */
static bool waits_for_itself(const struct object *o, bool reads)
{
	return o->kind == NORMAL || o->kind == ADAPTIVE || o->kind == ROBUST || o->kind == PI ||
	       (o->kind == RWLOCK && o->read_held && !reads);
}

static bool may_wait_on(const struct plan *p, int t, int obj)
{
	const struct object *o = &p->objs[obj];
	const struct thread *thread = &p->threads[t];

	if (o->kind >= NR_LOCKS)
		return (o->shared || o->home == thread->proc) &&
		       !(thread->timed && o->kind == BARRIER);
	/* A lock that a child holds was free when the others were forked. */
	if (is_copy(p, t, o) && o->home)
		return false;
	/* The kernel refuses a copy of a lock that is not robust (EPERM), and glibc gives up. */
	if (o->kind == PI && is_copy(p, t, o))
		return false;
	/* A thread that finds a lock in a cycle of PI locks never gets it, even if the cycle ends. */
	if (is_pi(o) && thread->timed)
		return false;
	if (o->kind == RWLOCK && o->read_held && thread->reads)
		return false;
	return !(o->holders & bit(t)) || is_copy(p, t, o) ||
	       (!thread->timed && waits_for_itself(o, thread->reads));
}

static bool may_join(const struct plan *p, int t, int other)
{
	const struct thread *a = &p->threads[t], *b = &p->threads[other];

	if (t == other || a->proc != b->proc || b->wait == GONE)
		return false;
	if (b->wait == ON_JOIN && b->on == t)
		return false;
	for (unsigned int i = 0; i < p->nr_threads; i++) {
		if (p->threads[i].wait == ON_JOIN && p->threads[i].on == other)
			return false;
	}
	return true;
}

static bool may_wait_for_child(const struct plan *p, int t)
{
	return p->nr_procs > 1 && !p->threads[t].proc && !p->threads[t].timed;
}

static bool try_wait(struct plan *p, int t)
{
	struct thread *thread = &p->threads[t];
	int on = 0;

	thread->timed = one_in(8);
	thread->reads = one_in(2);
	if (p->nr_objs && !one_in(5)) {
		on = below(p->nr_objs);
		if (!may_wait_on(p, t, on))
			return false;
		thread->wait = ON_OBJECT;
	} else if (one_in(3)) {
		if (!may_wait_for_child(p, t))
			return false;
		thread->wait = ON_CHILD;
	} else {
		on = below(p->nr_threads);
		if (!may_join(p, t, on))
			return false;
		thread->wait = ON_JOIN;
	}
	thread->on = on;
	if (waits_on_stack(p, t) && !one_in(32)) {
		thread->wait = AT_GATE;
		return false;
	}
	return true;
}

/* In a third of the cases nobody is told to go on, in others many are. */
static void plan_waits(struct plan *p)
{
	unsigned int gates = below(3) * 2;

	for (unsigned int t = 0; t < p->nr_threads; t++) {
		struct thread *thread = &p->threads[t];
		int tries = thread->idle || below(8) < gates ? 0 : 20;

		if (thread->wait == GONE)
			continue;
		while (tries && !try_wait(p, t))
			tries--;
		if (tries)
			continue;
		thread->wait = AT_GATE;
		thread->timed = false;
		thread->on = below(NR_GATES);
	}
}

/* Threads that exit do so before the others wait. */
static void plan_turns(struct plan *p)
{
	unsigned int turn = 0;
	mask left = p->all & ~gone_threads(p);

	for (unsigned int t = 0; t < p->nr_threads; t++) {
		if (p->threads[t].wait == GONE)
			p->threads[t].turn = turn++;
	}
	while (left) {
		int t = pick(left);

		p->threads[t].turn = turn++;
		left &= ~bit(t);
	}
}

static void plan_stops(struct plan *p)
{
	int t = pick(p->all & ~gone_threads(p));

	if (one_in(8)) {
		p->stopped = threads_of(p, p->threads[t].proc);
	} else if (one_in(12)) {
		p->threads[t].traced = true;
		p->stopped = bit(t);
	}
	/* One that tries again and again may be stopped while it has the mutex. */
	for (unsigned int i = 0; i < p->nr_threads; i++) {
		if (p->stopped & bit(i) && p->threads[i].wait == ON_OBJECT &&
		    p->objs[p->threads[i].on].kind == COND)
			p->threads[i].timed = false;
	}
}

static void make_plan(struct plan *p, unsigned long seed, unsigned int nr)
{
	random_state = seed;
	random_state = (uint64_t)below(UINT32_MAX) << 32 | nr;
	plan_threads(p);
	plan_gone(p);
	plan_idle(p);
	plan_objects(p);
	plan_waits(p);
	plan_turns(p);
	plan_stops(p);
	p->execs = one_in(2);
}

/*
 * What is true
 */

/*
 * Whether a process has a lock with the id of a holder that is not there, but may have been
 * the thread that forked, which is its main thread now: that will release it.
 */
static bool is_inherited(const struct plan *p, int proc, const struct object *o)
{
	if (o->kind >= NR_LOCKS || o->shared || is_pi(o) || o->read_held)
		return false;
	if (o->home != proc)
		return !o->home;
	return o->holders & gone_threads(p) && (proc || !p->execs);
}

/* Whether a process can wake those that wait for an object. */
static bool reaches(const struct object *o, int proc)
{
	return o->shared || (has_ends(o) ? o->far : o->home) == proc;
}

/* The threads that can reach what a thread waits for. */
static mask who_reaches(const struct plan *p, int t, const struct object *o)
{
	if (o->shared)
		return p->all;
	return threads_of(p, has_ends(o) ? o->far : p->threads[t].proc);
}

static mask wakers_of_lock(const struct plan *p, int t, const struct object *o)
{
	int proc = p->threads[t].proc;

	if (o->read_held)
		return who_reaches(p, t, o);
	/* The kernel passes a copied PI lock on when the holder of the first one exits. */
	return is_inherited(p, proc, o) ? bit(first_of(threads_of(p, proc))) : o->holders;
}

/* Any of these threads will let a thread go on. */
static mask wakers_of(const struct plan *p, int t)
{
	const struct thread *thread = &p->threads[t];
	const struct object *o = &p->objs[thread->on];

	switch (thread->wait) {
	case ON_JOIN:
		return bit(thread->on);
	case ON_CHILD:
		return p->all;
	case ON_OBJECT:
		return o->kind < NR_LOCKS ? wakers_of_lock(p, t, o) : who_reaches(p, t, o);
	default:
		return 0;
	}
}

/* The threads that go on in the end, except those in @held. */
static mask who_goes_on(const struct plan *p, mask held)
{
	mask going = 0, before;

	do {
		before = going;
		for (unsigned int t = 0; t < p->nr_threads; t++) {
			const struct thread *thread = &p->threads[t];
			bool by_itself = thread->wait == AT_GATE || thread->timed;

			if ((by_itself || wakers_of(p, t) & going) && !(held & bit(t)))
				going |= bit(t);
		}
	} while (going != before);
	return going;
}

static mask who_is_live(const struct plan *p)
{
	return who_goes_on(p, p->stopped);
}

/* Once nobody is stopped any more. */
static mask who_goes_on_then(const struct plan *p)
{
	return who_goes_on(p, 0);
}

/* The verdict on a stuck thread, by the end of its holder chain; "no-waker" is always true. */
static const char *stuck_name(const struct plan *p, int t)
{
	for (unsigned int n = 0; n <= p->nr_threads; n++) {
		const struct object *o = &p->objs[p->threads[t].on];

		if (p->threads[t].wait == ON_OBJECT && is_copy(p, t, o) && !is_pi(o))
			return o->read_held ? "no-waker" : "orphaned";
		t = holder_of(p, t);
		if (t < 0)
			return "no-waker";
		if (p->threads[t].wait == GONE)
			return "orphaned";
	}
	return "deadlock";
}

/*
 * What the threads of a case do
 */

static struct body *body_of(int obj)
{
	return &(plan->objs[obj].shared ? shared : own)[obj];
}

static struct timespec soon(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	time.tv_nsec += 50 * MS;
	if (time.tv_nsec >= 1000 * MS) {
		time.tv_sec++;
		time.tv_nsec -= 1000 * MS;
	}
	return time;
}

static void init_mutex(pthread_mutex_t *mutex, const struct object *o)
{
	static const int types[NR_LOCKS] = {
		[RECURSIVE]	= PTHREAD_MUTEX_RECURSIVE,
		[ERRORCHECK]	= PTHREAD_MUTEX_ERRORCHECK,
		[ADAPTIVE]	= PTHREAD_MUTEX_ADAPTIVE_NP,
	};
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	if (o->kind < NR_LOCKS)
		pthread_mutexattr_settype(&attr, types[o->kind]);
	if (o->pshared)
		pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	if (o->kind == ROBUST || o->kind == PI_ROBUST)
		pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	if (is_pi(o))
		pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
	check(pthread_mutex_init(mutex, &attr), "pthread_mutex_init");
}

static void init_rwlock(pthread_rwlock_t *rwlock, const struct object *o)
{
	pthread_rwlockattr_t attr;

	pthread_rwlockattr_init(&attr);
	if (o->pshared)
		pthread_rwlockattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	check(pthread_rwlock_init(rwlock, &attr), "pthread_rwlock_init");
}

static void init_event(struct body *b, const struct object *o)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	if (o->pshared)
		pthread_condattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	init_mutex(&b->event.mutex, o);
	check(pthread_cond_init(&b->event.cond, &attr), "pthread_cond_init");
}

/* All that wait, and the one that is to come. */
static void init_barrier(pthread_barrier_t *barrier, int obj)
{
	pthread_barrierattr_t attr;
	unsigned int count = 1;

	for (unsigned int t = 0; t < plan->nr_threads; t++)
		count += plan->threads[t].wait == ON_OBJECT && plan->threads[t].on == obj;
	pthread_barrierattr_init(&attr);
	if (plan->objs[obj].pshared)
		pthread_barrierattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	check(pthread_barrier_init(barrier, &attr, count), "pthread_barrier_init");
}

static void init_object(int obj)
{
	const struct object *o = &plan->objs[obj];
	struct body *b = body_of(obj);

	switch (o->kind) {
	case RWLOCK:
		init_rwlock(&b->rwlock, o);
		break;
	case COND:
		init_event(b, o);
		break;
	case SEM:
		sem_init(&b->sem, o->pshared, 0);
		break;
	case BARRIER:
		init_barrier(&b->barrier, obj);
		break;
	case RAW:
		b->word = o->expected;
		break;
	case PIPE:
		if (pipe(b->ends))
			die("pipe");
		break;
	case SOCKET:
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, b->ends))
			die("socketpair");
		break;
	default:
		init_mutex(&b->mutex, o);
	}
}

/* What is not shared is open in the processes that use it, and in no other. */
static void close_ends(int proc)
{
	for (unsigned int i = 0; i < plan->nr_objs; i++) {
		const struct object *o = &plan->objs[i];

		if (!has_ends(o) || o->shared)
			continue;
		if (o->home != proc)
			close(own[i].ends[0]);
		if (o->far != proc)
			close(own[i].ends[1]);
	}
}

static void take_held(int t)
{
	for (unsigned int i = 0; i < plan->nr_objs; i++) {
		const struct object *o = &plan->objs[i];

		if (!(o->holders & bit(t)))
			continue;
		if (o->read_held)
			check(pthread_rwlock_rdlock(&body_of(i)->rwlock), "pthread_rwlock_rdlock");
		else if (o->kind == RWLOCK)
			check(pthread_rwlock_wrlock(&body_of(i)->rwlock), "pthread_rwlock_wrlock");
		else
			check(pthread_mutex_lock(&body_of(i)->mutex), "pthread_mutex_lock");
	}
}

static void unlock(int obj)
{
	if (plan->objs[obj].kind == RWLOCK)
		check(pthread_rwlock_unlock(&body_of(obj)->rwlock), "pthread_rwlock_unlock");
	else
		check(pthread_mutex_unlock(&body_of(obj)->mutex), "pthread_mutex_unlock");
}

/* As the thread that forked, if it held it: glibc compares the id in the lock. */
static void release_inherited(int obj)
{
	struct body *b = body_of(obj);
	pid_t tid = own_tid();

	if (plan->objs[obj].kind == ROBUST) {
		/* It is in the list of the other thread. */
		__atomic_store_n(&b->mutex.__data.__lock, FUTEX_OWNER_DIED, __ATOMIC_SEQ_CST);
		futex((uint32_t *)&b->mutex.__data.__lock, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
		return;
	}
	if (plan->objs[obj].kind == RWLOCK)
		b->rwlock.__data.__cur_writer = tid;
	else
		b->mutex.__data.__owner = tid;
	unlock(obj);
}

static void release_readers(int obj)
{
	for (int n = __builtin_popcount(plan->objs[obj].holders); n; n--)
		unlock(obj);
}

static void wake_all(int obj)
{
	struct body *b = body_of(obj);
	static const char bytes[MAX_THREADS];

	switch (plan->objs[obj].kind) {
	case COND:
		pthread_mutex_lock(&b->event.mutex);
		b->event.flag = true;
		pthread_cond_broadcast(&b->event.cond);
		pthread_mutex_unlock(&b->event.mutex);
		break;
	case SEM:
		for (unsigned int t = 0; t < plan->nr_threads; t++)
			sem_post(&b->sem);
		break;
	case BARRIER:
		if (!atomic_exchange(&b->released, true))
			pthread_barrier_wait(&b->barrier);
		break;
	case RAW:
		b->word = ~plan->objs[obj].expected;
		futex(&b->word, FUTEX_WAKE | (plan->objs[obj].pshared ? 0 : FUTEX_PRIVATE_FLAG),
		      INT_MAX, NULL, NULL, 0);
		break;
	default:
		/* Those who could read it may all have ended: EPIPE. */
		if (write(b->ends[1], bytes, sizeof(bytes)) < 0 && errno != EPIPE)
			die("write");
	}
}

/* What a thread of the process can do for the waiters of that object. */
static void let_go(int t, int obj)
{
	const struct object *o = &plan->objs[obj];
	int proc = plan->threads[t].proc;

	if (o->kind >= NR_LOCKS) {
		if (reaches(o, proc))
			wake_all(obj);
	} else if (o->read_held) {
		if ((reaches(o, proc) || !o->home) && !atomic_exchange(&body_of(obj)->released, true))
			release_readers(obj);
	} else if (is_inherited(plan, proc, o)) {
		if (t == first_of(threads_of(plan, proc)))
			release_inherited(obj);
	} else if (o->holders & bit(t)) {
		unlock(obj);
	}
}

/* One that ends at once, of the first process: so it comes back from waitid(2). */
static void make_child(int proc)
{
	long pid = syscall(SYS_clone, SIGCHLD | (proc ? CLONE_PARENT : 0), 0, 0, 0, 0);

	if (!pid)
		syscall(SYS_exit, 0);
	if (pid < 0)
		die("clone");
}

/* What a thread does that goes on: all that it could. */
static void let_others_go_on(int t)
{
	for (unsigned int i = 0; i < plan->nr_objs; i++)
		let_go(t, i);
	if (plan->nr_procs > 1)
		make_child(plan->threads[t].proc);
}

/* Each of these returns 0 if what is waited for came, ETIMEDOUT if not. */
static int lock_mutex(pthread_mutex_t *mutex, const struct timespec *until)
{
	int error = until ? pthread_mutex_timedlock(mutex, until) : pthread_mutex_lock(mutex);

	/* So it comes if the holder of a robust PI lock that was copied exits. */
	return error == EOWNERDEAD ? pthread_mutex_consistent(mutex) : error;
}

static int lock_rwlock(pthread_rwlock_t *rwlock, bool reads, const struct timespec *until)
{
	if (until)
		return reads ? pthread_rwlock_timedrdlock(rwlock, until) :
			       pthread_rwlock_timedwrlock(rwlock, until);
	return reads ? pthread_rwlock_rdlock(rwlock) : pthread_rwlock_wrlock(rwlock);
}

static int wait_event(struct body *b, const struct timespec *until)
{
	int error = 0;

	check(pthread_mutex_lock(&b->event.mutex), "pthread_mutex_lock");
	while (!b->event.flag && !error)
		error = until ? pthread_cond_timedwait(&b->event.cond, &b->event.mutex, until) :
				pthread_cond_wait(&b->event.cond, &b->event.mutex);
	check(pthread_mutex_unlock(&b->event.mutex), "pthread_mutex_unlock");
	return error;
}

static int wait_sem(sem_t *sem, const struct timespec *until)
{
	while (until ? sem_timedwait(sem, until) : sem_wait(sem)) {
		if (errno != EINTR)
			return errno;
	}
	return 0;
}

static int wait_raw(uint32_t *word, const struct object *o, const struct timespec *until)
{
	int op = FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME;

	if (!o->pshared)
		op |= FUTEX_PRIVATE_FLAG;
	while (*(volatile uint32_t *)word == o->expected) {
		if (futex(word, op, o->expected, until, NULL, o->bitset) && errno == ETIMEDOUT)
			return errno;
	}
	return 0;
}

/* Whether there is something to read: MAX_THREADS bytes, enough for all who wait. */
static int wait_readable(int fd)
{
	struct pollfd event = { .fd = fd, .events = POLLIN };
	int nr = poll(&event, 1, 50);

	if (nr < 0 && errno != EINTR)
		die("poll");
	return nr > 0 ? 0 : ETIMEDOUT;
}

static int wait_read(int fd, bool timed)
{
	char c;

	if (timed && wait_readable(fd))
		return ETIMEDOUT;
	while (read(fd, &c, 1) != 1) {
		if (errno != EINTR)
			die("read");
	}
	return 0;
}

static int wait_once(const struct thread *thread, const struct timespec *until)
{
	struct body *b = body_of(thread->on);

	switch (plan->objs[thread->on].kind) {
	case RWLOCK:
		return lock_rwlock(&b->rwlock, thread->reads, until);
	case COND:
		return wait_event(b, until);
	case SEM:
		return wait_sem(&b->sem, until);
	case BARRIER:
		pthread_barrier_wait(&b->barrier);
		return 0;
	case RAW:
		return wait_raw(&b->word, &plan->objs[thread->on], until);
	case PIPE:
	case SOCKET:
		return wait_read(b->ends[0], until);
	default:
		return lock_mutex(&b->mutex, until);
	}
}

/* The lock is let go at once: what the thread is for is to release its others. */
static void wait_on_object(const struct thread *thread)
{
	struct timespec until;
	int error;

	do {
		until = soon();
		error = wait_once(thread, thread->timed ? &until : NULL);
	} while (error == ETIMEDOUT && !control->open);
	if (error && error != ETIMEDOUT)
		check(error, "wait");
	if (!error && plan->objs[thread->on].kind < NR_LOCKS)
		unlock(thread->on);
}

/* Only what is said by epoll_wait(2) matters: the eventfd is never read, and so stays readable. */
static void wait_epoll(int fd)
{
	struct epoll_event event;

	while (epoll_wait(fd, &event, 1, -1) < 0) {
		if (errno != EINTR)
			die("epoll_wait");
	}
}

static void no_op(int sig __attribute__((unused)))
{
}

/* Not in a process without such a thread: a handler changes what can be proven of it. */
static void handle_pause_signal(int proc)
{
	for (unsigned int t = 0; t < plan->nr_threads; t++) {
		const struct thread *thread = &plan->threads[t];

		if (thread->proc == proc && thread->wait == AT_GATE && thread->on == GATE_PAUSE)
			signal(PAUSE_SIGNAL, no_op);
	}
}

static void wait_at_gate(enum gate gate)
{
	struct pollfd event = { .fd = control->gates.poll, .events = POLLIN };
	uint64_t val;
	sigset_t set;
	int sig;

	switch (gate) {
	case GATE_PIPE:
		wait_read(control->gates.pipe[0], false);
		break;
	case GATE_SOCKET:
		wait_read(control->gates.socket[0], false);
		break;
	case GATE_EVENTFD:
		while (read(control->gates.event, &val, sizeof(val)) < 0 && errno == EINTR)
			;
		break;
	case GATE_POLL:
		while (poll(&event, 1, -1) < 0 && errno == EINTR)
			;
		break;
	case GATE_EPOLL:
		wait_epoll(control->gates.epoll);
		break;
	case GATE_PAUSE:
		while (!control->open)
			pause();
		break;
	case GATE_SIGNAL:
		sigemptyset(&set);
		sigaddset(&set, SIGUSR1);
		sigwait(&set, &sig);
		break;
	default:
		while (!control->open)
			nap(10 * MS);
	}
}

/* Any of them, which others may wait for as well. */
static void wait_for_child(void)
{
	siginfo_t info;

	while (waitid(P_ALL, 0, &info, WEXITED | WNOWAIT)) {
		if (errno != EINTR)
			die("waitid");
	}
}

static void do_wait(const struct thread *thread)
{
	switch (thread->wait) {
	case AT_GATE:
		wait_at_gate(thread->on);
		break;
	case ON_OBJECT:
		wait_on_object(thread);
		break;
	case ON_JOIN:
		while (thread->timed && !control->open) {
			struct timespec until = soon();

			if (!pthread_timedjoin_np(handles[thread->on], NULL, &until))
				return;
		}
		if (!thread->timed)
			check(pthread_join(handles[thread->on], NULL), "pthread_join");
		break;
	case ON_CHILD:
		wait_for_child();
		break;
	case GONE:
		break;
	}
}

static void be_ready(int t)
{
	control->threads[t].tid = own_tid();
	control->threads[t].tgid = getpid();
	take_held(t);
	control->threads[t].stage = READY;
}

static void go(int t)
{
	uint32_t *turn = &control->threads[t].turn;

	while (!*(volatile uint32_t *)turn)
		futex(turn, FUTEX_WAIT, 0, NULL, NULL, 0);
	control->threads[t].stage = ABOUT;
	if (plan->threads[t].wait == GONE)
		return;
	do_wait(&plan->threads[t]);
	control->threads[t].stage = WENT;
	let_others_go_on(t);
	control->threads[t].stage = DONE;
}

static void *run_thread(void *arg)
{
	be_ready((long)arg);
	go((long)arg);
	return NULL;
}

static void start_others(int proc, int first)
{
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	for (long t = first + 1; t < (long)plan->nr_threads; t++) {
		if (plan->threads[t].proc == proc)
			check(pthread_create(&handles[t], &attr, run_thread, (void *)t),
			      "pthread_create");
	}
}

static void wait_for_stage(mask threads, enum stage stage)
{
	for (unsigned int t = 0; t < plan->nr_threads; t++) {
		while (threads & bit(t) && control->threads[t].stage < (int)stage)
			nap(MS / 5);
	}
}

static void run_process(int proc);

/* Once all locks are held: a child has copies of those that are not shared. */
static void fork_children(void)
{
	wait_for_stage(threads_of(plan, 0), READY);
	for (unsigned int proc = 1; proc < plan->nr_procs; proc++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid)
			run_process(proc);
	}
	close_ends(0);
}

static void __attribute__((noreturn)) run_process(int proc)
{
	int first = first_of(threads_of(plan, proc));

	handles[first] = pthread_self();
	handle_pause_signal(proc);
	if (proc)
		close_ends(proc);
	be_ready(first);
	start_others(proc, first);
	if (!proc)
		fork_children();
	go(first);
	pthread_exit(NULL);
}

static void __attribute__((noreturn)) run_case(const struct zoo_case *c)
{
	sigset_t set;

	me = c;
	plan = &c->plan;
	control = c->control;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	shared = map_shared(sizeof(own));
	for (unsigned int i = 0; i < plan->nr_objs; i++)
		init_object(i);
	run_process(0);
}

/*
 * The program itself
 */

static struct timespec deadline;

static void set_deadline(void)
{
	clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_sec += DEADLINE_S;
}

static bool is_late(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > deadline.tv_sec;
}

/* Between two looks at a state that is waited for. */
static void look_again(const struct zoo_case *c, int t, const char *what)
{
	if (is_late()) {
		errno = ETIMEDOUT;
		die("case %u: thread %d is not %s", c->nr, t, what);
	}
	nap(MS / 5);
}

static char state_of(const struct zoo_case *c, int t)
{
	return thread_state(c->control->threads[t].tgid, c->control->threads[t].tid);
}

static bool waits_on_futex(const struct plan *p, int t)
{
	const struct thread *thread = &p->threads[t];

	return thread->wait == ON_JOIN ||
	       (thread->wait == ON_OBJECT && !has_ends(&p->objs[thread->on]));
}

static long call_of(const struct plan *p, int t)
{
	if (waits_on_futex(p, t))
		return SYS_futex;
	if (p->threads[t].wait == ON_CHILD)
		return SYS_waitid;
	return p->threads[t].wait == ON_OBJECT ? SYS_read : -1;
}

/* Whether a thread is in the call that it is to wait in; of a gate any call will do. */
static bool is_in_place(const struct zoo_case *c, int t)
{
	long nr = call_of(&c->plan, t);
	long got;

	if (c->control->threads[t].stage < ABOUT)
		return false;
	if (c->plan.threads[t].wait == GONE)
		return strchr("XZ", state_of(c, t));
	if (c->plan.threads[t].timed)
		return true;
	got = blocked_in(c->control->threads[t].tgid, c->control->threads[t].tid);
	return nr < 0 ? got >= 0 : got == nr;
}

static void make_gates(const struct zoo_case *c)
{
	struct gates *g = &c->control->gates;
	struct epoll_event event = { .events = EPOLLIN };

	g->event = eventfd(0, EFD_SEMAPHORE);
	g->poll = eventfd(0, 0);
	g->epoll = epoll_create1(0);
	if (g->event < 0 || g->poll < 0 || pipe(g->pipe) ||
	    epoll_ctl(g->epoll, EPOLL_CTL_ADD, g->poll, &event) ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, g->socket))
		die("case %u: cannot make its gates", c->nr);
}

static struct control *map_control(int fd)
{
	void *mem = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (mem == MAP_FAILED)
		die("mmap");
	return mem;
}

static void __attribute__((noreturn)) exec_case(const struct zoo_case *c, int fd)
{
	char nr[16], fd_text[16];
	char *args[] = { "mkzoo", seed_text, nr, "1", fd_text, NULL };

	snprintf(nr, sizeof(nr), "%u", c->nr);
	snprintf(fd_text, sizeof(fd_text), "%d", fd);
	execv("/proc/self/exe", args);
	die("execve");
}

static void start_case(struct zoo_case *c)
{
	int fd = memfd_create("control", 0);
	pid_t parent = getpid(), pid;

	if (fd < 0 || ftruncate(fd, sizeof(*c->control)))
		die("memfd_create");
	c->control = map_control(fd);
	make_gates(c);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent || setsid() < 0)
			_exit(1);
		if (c->plan.execs)
			exec_case(c, fd);
		run_case(c);
	}
	close(fd);
	c->pid = pid;
	while (getsid(pid) != pid)
		look_again(c, 0, "in its session");
}

static void start_turn(const struct zoo_case *c, unsigned int turn)
{
	for (unsigned int t = 0; t < c->plan.nr_threads; t++) {
		if (c->plan.threads[t].turn != turn)
			continue;
		c->control->threads[t].turn = 1;
		futex(&c->control->threads[t].turn, FUTEX_WAKE, 1, NULL, NULL, 0);
	}
}

static void finish_turn(const struct zoo_case *c, unsigned int turn)
{
	for (unsigned int t = 0; t < c->plan.nr_threads; t++) {
		while (c->plan.threads[t].turn == turn && !is_in_place(c, t))
			look_again(c, t, "in place");
	}
}

static void wait_until_ready(const struct zoo_case *c)
{
	for (unsigned int t = 0; t < c->plan.nr_threads; t++) {
		while (c->control->threads[t].stage < READY)
			look_again(c, t, "ready");
	}
}

static void stop(const struct zoo_case *c, int t)
{
	pid_t tid = c->control->threads[t].tid;

	if (c->plan.threads[t].traced) {
		if (ptrace(PTRACE_SEIZE, tid, 0, 0) || ptrace(PTRACE_INTERRUPT, tid, 0, 0) ||
		    waitpid(tid, NULL, __WALL) != tid)
			die("case %u: cannot trace thread %d", c->nr, t);
	} else if (kill(c->control->threads[t].tgid, SIGSTOP)) {
		die("case %u: cannot stop thread %d", c->nr, t);
	}
}

static void stop_some(const struct zoo_case *c)
{
	mask stopped = c->plan.stopped & ~gone_threads(&c->plan);

	for (unsigned int t = 0; t < c->plan.nr_threads; t++) {
		if (stopped & bit(t))
			stop(c, t);
	}
	for (unsigned int t = 0; t < c->plan.nr_threads; t++) {
		while (stopped & bit(t) && !strchr("Tt", state_of(c, t)))
			look_again(c, t, "stopped");
	}
}

static void continue_some(const struct zoo_case *c)
{
	for (unsigned int t = 0; t < c->plan.nr_threads; t++) {
		if (c->plan.threads[t].traced)
			ptrace(PTRACE_DETACH, c->control->threads[t].tid, 0, 0);
		else if (c->plan.stopped & bit(t))
			kill(c->control->threads[t].tgid, SIGCONT);
	}
}

static void start_all(void)
{
	for (unsigned int i = 0; i < nr_cases; i++)
		start_case(&cases[i]);
	for (unsigned int i = 0; i < nr_cases; i++)
		wait_until_ready(&cases[i]);
	for (unsigned int turn = 0; turn < MAX_THREADS; turn++) {
		for (unsigned int i = 0; i < nr_cases; i++)
			start_turn(&cases[i], turn);
		for (unsigned int i = 0; i < nr_cases; i++)
			finish_turn(&cases[i], turn);
	}
	for (unsigned int i = 0; i < nr_cases; i++)
		stop_some(&cases[i]);
}

/*
 * What it says
 */

static void print_wait(const struct plan *p, int t)
{
	static const char *const gates[NR_GATES] = {
		"pipe", "socket", "eventfd", "poll", "epoll", "pause", "signal", "nap",
	};
	const struct thread *thread = &p->threads[t];
	const struct object *o = &p->objs[thread->on];

	switch (thread->wait) {
	case AT_GATE:
		printf(" on=gate:%s%s", gates[thread->on], thread->idle ? ",idle" : "");
		break;
	case ON_JOIN:
		printf(" on=join:%d", thread->on);
		break;
	case ON_CHILD:
		printf(" on=child");
		break;
	case GONE:
		printf(" on=gone");
		break;
	case ON_OBJECT:
		printf(" on=%s%s%s:%d", kinds[o->kind], o->shared ? ",shared" :
		       is_copy(p, t, o) ? ",copy" : "", thread->reads && o->kind == RWLOCK ?
		       ",read" : "", thread->on);
	}
	printf("%s%s%s", thread->timed ? ",timed" : "", p->stopped & bit(t) ? ",stopped" : "",
	       waits_on_stack(p, t) ? ",given-up" : "");
}

static void print_held(const struct plan *p, int t)
{
	printf(" holds=");
	for (unsigned int i = 0; i < p->nr_objs; i++) {
		const struct object *o = &p->objs[i];

		if (o->holders & bit(t))
			printf("%s%s:%u,", o->shared ? "shared-" : "", kinds[o->kind], i);
	}
}

/* Which verdicts are true. */
static void print_verdicts(const struct plan *p, int t, bool stuck)
{
	const char *name = stuck_name(p, t);

	if (!stuck)
		return;
	printf(" verdicts=no-waker");
	if (strcmp(name, "no-waker"))
		printf(",%s", name);
	/* Whether one that is stopped would change that, the tool need not know. */
	if (p->stopped)
		printf(",stopped");
}

static void print_holder(const struct zoo_case *c, int t)
{
	int holder = holder_of(&c->plan, t);

	if (holder < 0)
		printf(" holder=-");
	else
		printf(" holder=%d", c->control->threads[holder].tid);
}

static void print_case(const struct zoo_case *c)
{
	const struct plan *p = &c->plan;
	mask live = who_is_live(p), after = who_goes_on_then(p);

	for (unsigned int t = 0; t < p->nr_threads; t++) {
		bool stuck = !(after & bit(t));

		printf("%s case=%u thread=%u tid=%d tgid=%d truth=%s",
		       waits_on_futex(p, t) ? "waiter" : "other", c->nr, t,
		       c->control->threads[t].tid, c->control->threads[t].tgid,
		       live & bit(t) ? "live" : stuck ? "stuck" : "stopped");
		print_holder(c, t);
		print_verdicts(p, t, stuck);
		print_wait(p, t);
		print_held(p, t);
		printf(" execs=%s\n", p->execs ? "yes" : "no");
	}
}

/*
 * The proof
 */

static void send_signal(const struct zoo_case *c, int t, int sig)
{
	syscall(SYS_tgkill, c->control->threads[t].tgid, c->control->threads[t].tid, sig);
}

static void open_gates(const struct zoo_case *c)
{
	const struct gates *g = &c->control->gates;
	static const char bytes[MAX_THREADS];
	uint64_t val = MAX_THREADS;

	c->control->open = true;
	if (write(g->pipe[1], bytes, sizeof(bytes)) < 0 ||
	    write(g->socket[1], bytes, sizeof(bytes)) < 0 ||
	    write(g->event, &val, sizeof(val)) < 0 ||
	    write(g->poll, &val, sizeof(val)) < 0)
		die("case %u: cannot open its gates", c->nr);
	for (unsigned int t = 0; t < c->plan.nr_threads; t++) {
		if (c->plan.threads[t].wait == AT_GATE && c->plan.threads[t].on == GATE_SIGNAL)
			send_signal(c, t, SIGUSR1);
		if (c->plan.threads[t].wait == AT_GATE && c->plan.threads[t].on == GATE_PAUSE)
			send_signal(c, t, PAUSE_SIGNAL);
	}
}

static bool went(const struct zoo_case *c, int t)
{
	return c->control->threads[t].stage >= WENT;
}

/* Whether it has done all that it does, its exit included. */
static bool has_ended(const struct zoo_case *c, int t)
{
	return c->control->threads[t].stage == DONE && strchr("XZ", state_of(c, t));
}

/* A thread that was woken in vain runs until it sleeps again, or goes on. */
static bool still_waits(const struct zoo_case *c, int t)
{
	char state = state_of(c, t);

	return strchr("Tt", state) || (state == 'S' && is_in_place(c, t));
}

static void say_wrong(const struct zoo_case *c, int t, const char *what)
{
	printf("wrong case=%u thread=%d what=%s\n", c->nr, t, what);
}

static void check_nobody_went(const struct zoo_case *c)
{
	for (unsigned int t = 0; t < c->plan.nr_threads; t++) {
		if (went(c, t))
			say_wrong(c, t, "went-before");
	}
}

/* Wait until all threads that should have gone on, or it is late.  Return: how many. */
static unsigned int wait_for(const struct zoo_case *c, mask should)
{
	for (unsigned int t = 0; t < c->plan.nr_threads; t++) {
		if (!(should & bit(t)))
			continue;
		while (!has_ended(c, t) && !is_late())
			nap(MS / 5);
		if (!has_ended(c, t))
			say_wrong(c, t, went(c, t) ? "does-not-end" : "does-not-go-on");
	}
	return __builtin_popcount(should);
}

/* Now that the others have ended, they still wait.  Return: how many those are. */
static unsigned int check_others(const struct zoo_case *c, mask should)
{
	mask others = c->plan.all & ~should & ~gone_threads(&c->plan);

	for (unsigned int t = 0; t < c->plan.nr_threads; t++) {
		if (!(others & bit(t)))
			continue;
		while (!went(c, t) && !still_waits(c, t) && !is_late())
			nap(MS / 5);
		if (went(c, t) || !still_waits(c, t))
			say_wrong(c, t, went(c, t) ? "goes-on" : "does-not-wait");
	}
	return __builtin_popcount(others);
}

static void prove(void)
{
	unsigned int live = 0, all = 0, stuck = 0;

	set_deadline();
	for (unsigned int i = 0; i < nr_cases; i++)
		check_nobody_went(&cases[i]);
	for (unsigned int i = 0; i < nr_cases; i++)
		open_gates(&cases[i]);
	for (unsigned int i = 0; i < nr_cases; i++)
		live += wait_for(&cases[i], who_is_live(&cases[i].plan));
	for (unsigned int i = 0; i < nr_cases; i++) {
		check_others(&cases[i], who_is_live(&cases[i].plan));
		continue_some(&cases[i]);
	}
	for (unsigned int i = 0; i < nr_cases; i++)
		all += wait_for(&cases[i], who_goes_on_then(&cases[i].plan));
	for (unsigned int i = 0; i < nr_cases; i++)
		stuck += check_others(&cases[i], who_goes_on_then(&cases[i].plan));
	printf("proof live=%u stopped=%u stuck=%u\n", live, all - live, stuck);
}

static unsigned long number(const char *text, unsigned long max)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (end == text || *end || n > max) {
		fprintf(stderr, "usage: mkzoo SEED FIRST COUNT (of %d at most)\n", MAX_CASES);
		exit(2);
	}
	return n;
}

/* After execve(2). */
static void __attribute__((noreturn)) go_on_as_case(unsigned long seed, unsigned int nr, int fd)
{
	struct zoo_case *c = &cases[0];

	prctl(PR_SET_NAME, "mkzoo");
	c->nr = nr;
	c->control = map_control(fd);
	close(fd);
	make_plan(&c->plan, seed, nr);
	run_case(c);
}

int main(int argc, char **argv)
{
	bool as_case = argc == 5;
	unsigned long seed = argc == 4 || as_case ? number(argv[1], UINT32_MAX) : 0;
	unsigned int first = argc == 4 || as_case ? number(argv[2], INT_MAX) : 0;
	char c;

	die_by = end_all;
	if (as_case)
		go_on_as_case(seed, first, number(argv[4], INT_MAX));
	nr_cases = number(argc == 4 ? argv[3] : "", MAX_CASES);
	seed_text = argv[1];
	for (unsigned int i = 0; i < nr_cases; i++) {
		cases[i].nr = first + i;
		make_plan(&cases[i].plan, seed, cases[i].nr);
	}
	if (prctl(PR_SET_CHILD_SUBREAPER, 1))
		die("prctl");
	set_deadline();
	start_all();
	for (unsigned int i = 0; i < nr_cases; i++)
		print_case(&cases[i]);
	printf("ready\n");
	fflush(stdout);
	if (read(STDIN_FILENO, &c, 1) == 1)
		prove();
	fflush(stdout);
	kill_all();
	return 0;
}
