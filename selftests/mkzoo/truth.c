// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which threads of a case will go on, and which are stuck: it follows from the plan.
 */
#include "zoo.h"

/*
 * Whether a process has a lock with the id of a holder that is not there, but may have been
 * the thread that forked, which is its main thread now: that will release it.
 */
bool is_inherited(const struct plan *p, int proc, const struct object *o)
{
	if (o->kind >= NR_LOCKS || o->shared || is_pi(o) || o->read_held)
		return false;
	if (o->home != proc)
		return !o->home;
	return o->holders & gone_threads(p) && (proc || !p->execs);
}

/* Whether a process can wake those that wait for an object. */
bool reaches(const struct plan *p, const struct object *o, int proc)
{
	if (in_memory(o))
		return p->procs[proc].maps || p->procs[proc].has_fd;
	/* Both ends of a connection can be shut down, if they still are at their descriptors. */
	if (o->shared || (o->kind == SOCKET && o->home == proc && o->replacer < 0))
		return true;
	return (has_ends(o) ? o->far : o->home) == proc;
}

/* Whether whoever opens the memory of a case by its name can let go who waits for an object. */
bool is_open_to_all(const struct plan *p, const struct object *o)
{
	return in_memory(o) && (p->memory == MEM_NAMED || p->memory == MEM_SYSV) &&
	       (o->kind >= NR_LOCKS || o->read_held);
}

/* The threads that can reach what a thread waits for. */
static mask who_reaches(const struct plan *p, int t, const struct object *o)
{
	mask m = 0;

	if (!o->shared && !has_ends(o))
		return threads_of(p, p->threads[t].proc);
	for (int proc = 0; proc < (int)p->nr_procs; proc++) {
		if (reaches(p, o, proc))
			m |= threads_of(p, proc);
	}
	return m;
}

/* The threads that make children of the first process. */
static mask who_makes_children(const struct plan *p)
{
	mask m = 0;

	for (int proc = 0; proc < (int)p->nr_procs; proc++) {
		if (!p->procs[proc].daemon)
			m |= threads_of(p, proc);
	}
	return m;
}

static mask wakers_of_lock(const struct plan *p, int t, const struct object *o)
{
	int proc = p->threads[t].proc;

	if (o->read_held)
		return who_reaches(p, t, o);
	/* The kernel passes a copied PI lock on when the holder of the first one exits. */
	return is_inherited(p, proc, o) ? bit(first_of(threads_of(p, proc))) : o->holders;
}

/* The handler of SIGCHLD takes threads out of what is no wait for a futex. */
static mask wakers_of_event(const struct plan *p, int t, const struct object *o)
{
	mask m = who_reaches(p, t, o);

	if (has_ends(o) && p->procs[p->threads[t].proc].gets_sigchld)
		m |= who_makes_children(p);
	return m;
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
	case TOLD:
		return who_makes_children(p);
	case ON_OBJECT:
		if (waits_on_stack(p, t))
			return 0;
		return o->kind < NR_LOCKS ? wakers_of_lock(p, t, o) : wakers_of_event(p, t, o);
	default:
		return 0;
	}
}

/* No thread of the case is needed for that. */
static bool goes_by_itself(const struct plan *p, int t)
{
	const struct thread *thread = &p->threads[t];

	if (thread->wait == GONE)
		return false;
	return thread->wait == AT_GATE || thread->timed || wakes_itself(p, thread->proc) ||
	       (thread->wait == TOLD && p->takes_orders) ||
	       (thread->wait == ON_OBJECT && is_open_to_all(p, &p->objs[thread->on]));
}

/* The threads that go on in the end, if those in @first do, except those in @held. */
static mask who_goes_on(const struct plan *p, mask held, mask first)
{
	mask going = first & ~held, before;

	do {
		before = going;
		for (unsigned int t = 0; t < p->nr_threads; t++) {
			if ((goes_by_itself(p, t) || wakers_of(p, t) & going) && !(held & bit(t)))
				going |= bit(t);
		}
	} while (going != before);
	return going;
}

/*
 * Whether the end of the ending process lets a thread of another one go on: as that of a child,
 * of who can write to a pipe, or of the owner of a lock that the kernel passes on then.
 */
static bool goes_on_at_end(const struct plan *p, int t)
{
	const struct thread *thread = &p->threads[t];
	const struct object *o = &p->objs[thread->on];
	int end = p->ending;
	bool is_child = !thread->proc && end && !p->procs[end].daemon;

	if (thread->proc == end)
		return false;
	if (thread->wait == ON_CHILD || thread->wait == TOLD)
		return is_child;
	if (thread->wait != ON_OBJECT || waits_on_stack(p, t))
		return false;
	if (has_ends(o))
		return (!o->shared && o->far == end) || (is_child && p->procs[0].gets_sigchld);
	return o->holders & threads_of(p, end) &&
	       (o->kind == PI_ROBUST || (o->kind == ROBUST && o->shared));
}

/* The same, and those that go on at the end of the ending process. */
static mask who_goes_in_the_end(const struct plan *p, mask held, mask first)
{
	mask going = who_goes_on(p, held, first);

	if (p->ending < 0)
		return going;
	held |= threads_of(p, p->ending) & ~going;
	for (unsigned int t = 0; t < p->nr_threads; t++) {
		if (goes_on_at_end(p, t))
			first |= bit(t);
	}
	return who_goes_on(p, held, first);
}

/* The live threads that do not need the end of the ending process. */
mask who_goes_before_end(const struct plan *p)
{
	return who_goes_on(p, p->stopped, 0);
}

mask who_is_live(const struct plan *p)
{
	return who_goes_in_the_end(p, p->stopped, 0);
}

/* Once nobody is stopped any more. */
mask who_goes_on_then(const struct plan *p)
{
	return who_goes_in_the_end(p, 0, 0);
}

static bool has_waiters(const struct plan *p, int proc)
{
	for (unsigned int t = 0; t < p->nr_threads; t++) {
		if (p->threads[t].proc == proc && waits_on_futex(p, t))
			return true;
	}
	return false;
}

/* Of a process without waiters the module says of no thread which socket or pipe it reads from. */
static bool reads_unseen(const struct plan *p, int t)
{
	int proc = p->threads[t].proc;
	mask others = threads_of(p, proc) & ~gone_threads(p) & ~bit(t);

	return !has_waiters(p, proc) && (p->objs[p->threads[t].on].kind == SOCKET || others);
}

/*
 * What an observer cannot tell: what the end of a process does about memory that it maps, or a
 * pipe that others have open too; what a handler does; and which file a call is for, once another
 * is at its descriptor.
 */
static bool is_doubtful(const struct plan *p, int t, bool no_inodes)
{
	const struct thread *thread = &p->threads[t];
	const struct object *o = &p->objs[thread->on];
	int holder = holder_of(p, t);

	if (thread->wait != ON_OBJECT)
		return false;
	if (has_ends(o) && (reads_unseen(p, t) || handles_pause_signal(p, thread->proc)))
		return true;
	/* No descriptor shows any more who has that end. */
	if (has_ends(o) && o->replacer >= 0 && p->threads[o->replacer].proc == thread->proc)
		return true;
	if (no_inodes && in_memory(o) && p->memory == MEM_OPEN && holder < 0)
		return true;
	if (!o->shared)
		return false;
	/* A handler there may end that process, so that the kernel releases the lock. */
	if (holder >= 0 && (o->kind == ROBUST || o->kind == PI_ROBUST) &&
	    wakes_itself(p, p->threads[holder].proc))
		return true;
	if (p->ending < 0 || p->ending == thread->proc)
		return false;
	return has_ends(o) || (p->procs[p->ending].maps &&
			       (holder < 0 || p->threads[holder].proc == p->ending));
}

/*
 * Those who will not go on, but who could for all that an observer can tell.  With @no_inodes,
 * it cannot tell which memory a descriptor is of.
 */
mask who_is_excused(const struct plan *p, bool no_inodes)
{
	mask doubtful = 0;

	for (unsigned int t = 0; t < p->nr_threads; t++) {
		if (is_doubtful(p, t, no_inodes))
			doubtful |= bit(t);
	}
	return who_goes_in_the_end(p, p->stopped, doubtful) & ~who_is_live(p);
}

/* The verdict on a stuck thread, by the end of its holder chain; "no-waker" is always true. */
const char *stuck_name(const struct plan *p, int t)
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
