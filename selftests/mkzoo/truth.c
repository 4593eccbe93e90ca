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
bool reaches(const struct object *o, int proc)
{
	return o->shared || (has_ends(o) ? o->far : o->home) == proc;
}

/* The threads that can reach what a thread waits for. */
mask who_reaches(const struct plan *p, int t, const struct object *o)
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

mask who_is_live(const struct plan *p)
{
	return who_goes_on(p, p->stopped);
}

/* Once nobody is stopped any more. */
mask who_goes_on_then(const struct plan *p)
{
	return who_goes_on(p, 0);
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
