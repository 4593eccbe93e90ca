// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a case is to be: chance decides, by the seed and the number of the case alone.
 */
#include <linux/futex.h>

#include "zoo.h"

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

mask bit(int thread)
{
	return 1u << thread;
}

mask threads_of(const struct plan *p, int proc)
{
	mask m = 0;

	for (unsigned int t = 0; t < p->nr_threads; t++) {
		if (p->threads[t].proc == proc)
			m |= bit(t);
	}
	return m;
}

bool has_ends(const struct object *o)
{
	return o->kind == PIPE || o->kind == SOCKET;
}

/* Not a process without such a thread: a handler changes what can be proven of it. */
bool handles_pause_signal(const struct plan *p, int proc)
{
	for (unsigned int t = 0; t < p->nr_threads; t++) {
		const struct thread *thread = &p->threads[t];

		if (thread->proc == proc && thread->wait == AT_GATE && thread->on == GATE_PAUSE)
			return true;
	}
	return false;
}

mask gone_threads(const struct plan *p)
{
	mask m = 0;

	for (unsigned int t = 0; t < p->nr_threads; t++) {
		if (p->threads[t].wait == GONE)
			m |= bit(t);
	}
	return m;
}

int first_of(mask m)
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

/* They hold nothing. */
static mask idle_threads(const struct plan *p)
{
	mask m = 0;

	for (unsigned int t = 0; t < p->nr_threads; t++) {
		if (p->threads[t].idle || p->threads[t].wait == TOLD)
			m |= bit(t);
	}
	return m;
}

/* Whether handlers of a timer may do anything to the threads of a process. */
bool wakes_itself(const struct plan *p, int proc)
{
	enum timer timer = p->procs[proc].timer;

	return timer == TIMER_ITIMER || timer == TIMER_POSIX || timer == TIMER_DIRECTED;
}

/* At most one ends, so that it does not matter which does so first. */
static void plan_timer(struct plan *p, int proc)
{
	enum timer timer = one_in(5) ? 1 + below(NR_TIMERS - 1) : TIMER_NONE;

	if (timer == TIMER_ENDS && p->ending >= 0)
		return;
	if (timer == TIMER_ENDS)
		p->ending = proc;
	p->procs[proc].timer = timer;
}

/* A thread of the first process waits for the handler of a signal: it does what that may do. */
static void plan_told(struct plan *p)
{
	mask choice = threads_of(p, 0) & ~gone_threads(p);

	p->takes_orders = p->nr_procs == 1 && p->execs && one_in(6);
	p->procs[0].gets_sigchld = p->nr_procs > 1 && one_in(4);
	if (p->takes_orders || p->procs[0].gets_sigchld)
		p->threads[pick(choice)].wait = TOLD;
}

static void plan_processes(struct plan *p)
{
	p->ending = -1;
	plan_told(p);
	for (int proc = 0; proc < (int)p->nr_procs; proc++) {
		p->procs[proc].daemon = proc && one_in(4);
		if (!p->takes_orders)
			plan_timer(p, proc);
	}
}

/* Beside others, as the threads of a pool or of a library are. */
static void plan_idle(struct plan *p)
{
	for (int proc = 0; proc < (int)p->nr_procs; proc++) {
		mask choice = threads_of(p, proc) & ~gone_threads(p) & ~idle_threads(p);

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
	/* glibc does not expect that one which is not robust comes from an owner that died. */
	if (o->kind == PI && o->home == p->ending)
		o->kind = PI_ROBUST;
	/* The next one gets a robust lock whose holder exits: nobody waits for that. */
	if (p->threads[holder].wait == GONE && (o->kind == ROBUST || o->kind == PI_ROBUST))
		o->kind = NORMAL;
	o->read_held = o->kind == RWLOCK && one_in(3);
	if (o->read_held)
		o->holders |= threads_of(p, o->home) & below(p->all + 1) & ~idle_threads(p);
}

/* Words that look like a mutex that threads wait for, but for one sign. */
static void plan_like(struct plan *p, struct object *o)
{
	o->like = one_in(2) ? below(NR_LIKES) : LIKE_NOTHING;
	/* Others may use what is shared, or was copied. */
	if (o->like == LIKE_COUNTER && (o->shared || o->home || !p->execs))
		o->like = LIKE_KIND;
	/* A wait for 2 is one for a lock, so that nobody would say that it is for a signal. */
	if (p->takes_orders && o->like != LIKE_CLOCK)
		o->like = LIKE_NOTHING;
	o->names = pick(o->shared ? p->all : threads_of(p, o->home));
	if (o->like == LIKE_NOTHING)
		return;
	o->expected = 2;
	o->bitset = FUTEX_BITSET_MATCH_ANY;
}

static void plan_event(struct plan *p, struct object *o)
{
	o->replacer = -1;
	o->kind = NR_LOCKS + below(NR_KINDS - NR_LOCKS);
	o->home = below(p->nr_procs);
	o->far = below(p->nr_procs);
	o->expected = one_in(2) ? 0 : below(4);
	o->bitset = one_in(4) ? 1 + below(255) : FUTEX_BITSET_MATCH_ANY;
	if (o->kind == RAW)
		plan_like(p, o);
}

static void plan_objects(struct plan *p)
{
	unsigned int nr_locks = p->all & ~idle_threads(p) ? below(MAX_LOCKS + 1) : 0;

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

bool in_memory(const struct object *o)
{
	return o->shared && !has_ends(o);
}

static bool holds_in_memory(const struct plan *p, int proc)
{
	for (unsigned int i = 0; i < p->nr_objs; i++) {
		if (in_memory(&p->objs[i]) && p->objs[i].holders & threads_of(p, proc))
			return true;
	}
	return false;
}

/* Some processes have unmapped the memory, but have a descriptor of it. */
static void plan_memory(struct plan *p)
{
	p->memory = one_in(2) ? MEM_INHERITED : below(NR_MEMORIES);
	for (int proc = 0; proc < (int)p->nr_procs; proc++) {
		p->procs[proc].maps = !one_in(4) || holds_in_memory(p, proc);
		p->procs[proc].has_fd = p->memory == MEM_OPEN && one_in(2);
	}
}

/* Whether the lock that a thread sees is what fork() made of one of its parent's. */
bool is_copy(const struct plan *p, int t, const struct object *o)
{
	return o->kind < NR_LOCKS && !o->shared && o->home != p->threads[t].proc;
}

bool is_pi(const struct object *o)
{
	return o->kind == PI || o->kind == PI_ROBUST;
}

/* The thread that alone can release what a thread waits for, or -1. */
int holder_of(const struct plan *p, int t)
{
	const struct thread *thread = &p->threads[t];
	const struct object *o = &p->objs[thread->on];

	if (thread->wait == ON_JOIN)
		return thread->on;
	if (thread->wait != ON_OBJECT || o->kind >= NR_LOCKS || o->read_held)
		return -1;
	return first_of(o->holders);
}

bool waits_on_futex(const struct plan *p, int t)
{
	const struct thread *thread = &p->threads[t];

	return thread->wait == ON_JOIN || thread->wait == TOLD ||
	       (thread->wait == AT_GATE && thread->on == GATE_CALLBACK) ||
	       (thread->wait == ON_OBJECT && !has_ends(&p->objs[thread->on]));
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
bool waits_on_stack(const struct plan *p, int t)
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

/* An observer has to suppose that a handler writes to what the process itself reads from. */
static bool may_write_to_itself(const struct plan *p, int proc, const struct object *o)
{
	return (p->procs[proc].gets_sigchld || p->procs[proc].timer == TIMER_CPU) &&
	       (o->shared || o->far == proc);
}

/* With a timeout, a mutex is waited for as LIKE_CLOCK is. */
static bool has_no_timeout(const struct object *o)
{
	return o->kind == BARRIER || (o->kind == RAW && o->like != LIKE_NOTHING);
}

static bool may_wait_for_event(const struct plan *p, int t, const struct object *o)
{
	const struct thread *thread = &p->threads[t];

	if (has_ends(o) && (p->takes_orders || may_write_to_itself(p, thread->proc, o)))
		return false;
	return (o->shared || o->home == thread->proc) && !(thread->timed && has_no_timeout(o)) &&
	       !(p->takes_orders && o->shared);
}

/* Whoever comes out of a wait by a signal, or by the end of its process, leaves things behind. */
static bool leaves_its_wait(const struct plan *p, int proc)
{
	return wakes_itself(p, proc) || proc == p->ending;
}

static bool may_wait_on(const struct plan *p, int t, int obj)
{
	const struct object *o = &p->objs[obj];
	const struct thread *thread = &p->threads[t];

	if (in_memory(o) && !p->procs[thread->proc].maps)
		return false;
	if (o->kind >= NR_LOCKS)
		return may_wait_for_event(p, t, o);
	if (p->takes_orders || (o->kind == RWLOCK && leaves_its_wait(p, thread->proc)))
		return false;
	/* A lock that a child holds was free when the others were forked. */
	if (is_copy(p, t, o) && o->home)
		return false;
	/* The kernel refuses a copy of a lock that is not robust (EPERM), and glibc gives up. */
	if (o->kind == PI && is_copy(p, t, o))
		return false;
	/* Who finds a lock in a cycle of PI locks never gets it, even if the cycle ends. */
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

static bool has_children(const struct plan *p)
{
	for (unsigned int proc = 1; proc < p->nr_procs; proc++) {
		if (!p->procs[proc].daemon)
			return true;
	}
	return false;
}

static bool may_wait_for_child(const struct plan *p, int t)
{
	return has_children(p) && !p->threads[t].proc && !p->threads[t].timed;
}

/*
 * Who takes orders waits for nothing else.  A timer is not to take a thread out of its wait
 * when it has got what it waits for.
 */
static bool may_be_timed(const struct plan *p, int t)
{
	return !p->takes_orders && !wakes_itself(p, p->threads[t].proc);
}

static bool try_wait(struct plan *p, int t)
{
	struct thread *thread = &p->threads[t];
	int on = 0;

	thread->timed = one_in(8) && may_be_timed(p, t);
	thread->reads = one_in(2);
	if (p->nr_objs && !one_in(5)) {
		on = below(p->nr_objs);
		if (!may_wait_on(p, t, on))
			return false;
		thread->wait = ON_OBJECT;
	} else if (p->takes_orders) {
		return false;
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

		if (thread->wait == GONE || thread->wait == TOLD)
			continue;
		while (tries && !try_wait(p, t))
			tries--;
		if (tries)
			continue;
		thread->wait = p->takes_orders ? TOLD : AT_GATE;
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

/* The first thread of a process that stays. */
int keeper_of(const struct plan *p, int proc)
{
	return first_of(threads_of(p, proc) & ~gone_threads(p));
}

/* While these are stopped, others of their process can do what they are for. */
static bool stands_for_others(const struct plan *p, int t)
{
	const struct thread *thread = &p->threads[t];

	return thread->wait == TOLD || (thread->wait == AT_GATE && thread->on == GATE_CALLBACK) ||
	       (p->procs[thread->proc].timer == TIMER_DIRECTED && t == keeper_of(p, thread->proc));
}

static bool both_wait_for_rwlock(const struct thread *a, const struct thread *b,
				 const struct plan *p)
{
	return a->wait == ON_OBJECT && b->wait == ON_OBJECT && a->on == b->on &&
	       p->objs[a->on].kind == RWLOCK;
}

/* Who releases a rwlock hands it to those who wait to read, and they may be stopped. */
static bool may_get_it_stopped(const struct plan *p)
{
	for (unsigned int i = 0; i < p->nr_threads; i++) {
		for (unsigned int k = 0; k < p->nr_threads; k++) {
			if (p->stopped & bit(i) && !(p->stopped & bit(k)) &&
			    both_wait_for_rwlock(&p->threads[i], &p->threads[k], p))
				return true;
		}
	}
	return false;
}

/*
 * A wait begins anew after a stop.  If the holder of a PI lock that was copied has exited by then,
 * glibc gives up (ESRCH).
 */
static bool may_fail_after_stop(const struct plan *p)
{
	for (unsigned int t = 0; t < p->nr_threads; t++) {
		const struct thread *thread = &p->threads[t];
		const struct object *o = &p->objs[thread->on];

		if (p->stopped & bit(t) && thread->wait == ON_OBJECT && is_pi(o) &&
		    is_copy(p, t, o))
			return true;
	}
	return false;
}

static void plan_stops(struct plan *p)
{
	int t = pick(p->all & ~gone_threads(p));

	if (p->takes_orders || p->ending >= 0)
		return;
	if (one_in(8)) {
		p->stopped = threads_of(p, p->threads[t].proc);
	} else if (one_in(12) && !stands_for_others(p, t)) {
		p->threads[t].traced = true;
		p->stopped = bit(t);
	}
	if (may_get_it_stopped(p) || may_fail_after_stop(p)) {
		p->threads[t].traced = false;
		p->stopped = 0;
	}
	/* One that tries again and again may be stopped while it has the mutex. */
	for (unsigned int i = 0; i < p->nr_threads; i++) {
		if (p->stopped & bit(i) && p->threads[i].wait == ON_OBJECT &&
		    p->objs[p->threads[i].on].kind == COND)
			p->threads[i].timed = false;
	}
}

/* A call that begins anew, after a stop or in a loop, would find the other file. */
static bool may_read_again(const struct plan *p, int t)
{
	const struct thread *thread = &p->threads[t];

	return thread->timed || p->stopped & threads_of(p, thread->proc) ||
	       p->procs[thread->proc].gets_sigchld || p->procs[thread->proc].timer != TIMER_NONE;
}

/* A thread of a process that comes after all that read there, or -1. */
static int find_replacer(const struct plan *p, int obj, int proc)
{
	mask choice = threads_of(p, proc) & ~gone_threads(p);

	for (unsigned int t = 0; t < p->nr_threads; t++) {
		const struct thread *reader = &p->threads[t];

		if (reader->proc != proc || reader->wait != ON_OBJECT || reader->on != obj)
			continue;
		if (may_read_again(p, t))
			return -1;
		for (unsigned int i = 0; i < p->nr_threads; i++) {
			if (p->threads[i].turn <= reader->turn)
				choice &= ~bit(i);
		}
	}
	return choice ? pick(choice) : -1;
}

/* Of some pipes and sockets that threads are going to read from. */
static void plan_replacers(struct plan *p)
{
	for (unsigned int t = 0; t < p->nr_threads; t++) {
		const struct thread *reader = &p->threads[t];
		struct object *o = &p->objs[reader->on];

		if (reader->wait == ON_OBJECT && has_ends(o) && o->replacer < 0 && one_in(2))
			o->replacer = find_replacer(p, reader->on, reader->proc);
	}
}

void make_plan(struct plan *p, unsigned long seed, unsigned int nr)
{
	random_state = seed;
	random_state = (uint64_t)below(UINT32_MAX) << 32 | nr;
	plan_threads(p);
	p->execs = one_in(2);
	plan_gone(p);
	plan_processes(p);
	plan_idle(p);
	plan_objects(p);
	plan_memory(p);
	plan_waits(p);
	plan_turns(p);
	plan_stops(p);
	plan_replacers(p);
}
