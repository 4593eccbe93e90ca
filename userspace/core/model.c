// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who can run, and who could make others run: the model of one snapshot.
 *
 * Threads, address spaces, processes, words in shared memory and sets of processes
 * that can end a sleep are the nodes of a graph.  An edge says: if the first can
 * run, so can the second, since it may wake it, or be part of it.  Threads go by
 * way of their address space, so there is no edge for each pair of them.
 *
 * A thread can run of itself unless it is known not to: it waits without a timeout,
 * on futexes of which all wakers are known; or it sleeps in a call of which they
 * are; or it is stopped, or dead.  What those reach who can run of themselves can
 * run; the rest cannot.
 */
#include <stdlib.h>
#include <string.h>

#include "model.h"

/* Address spaces in which the holder of a shared lock is looked for by its own id. */
#define MAX_SEARCHED	64

/**
 * node_mm() - the node of an address space; threads have their own index
 * @s: the snapshot
 * @mm: index of the address space
 */
size_t node_mm(const struct snapshot *s, int mm)
{
	return s->nr_threads + mm;
}

/**
 * node_process() - the node of a process
 * @s: the snapshot
 * @process: index of the process
 */
size_t node_process(const struct snapshot *s, int process)
{
	return node_mm(s, s->nr_mms) + process;
}

/**
 * node_shared() - the node of a word in shared memory
 * @s: the snapshot
 * @shared: index of the word
 */
size_t node_shared(const struct snapshot *s, int shared)
{
	return node_process(s, s->nr_processes) + shared;
}

/**
 * node_wakers() - the node of a set of processes that can end a sleep
 * @s: the snapshot
 * @wakers: index of the set
 */
size_t node_wakers(const struct snapshot *s, int wakers)
{
	return node_shared(s, s->nr_shared) + wakers;
}

/**
 * nr_nodes() - how many nodes there are
 * @s: the snapshot
 */
size_t nr_nodes(const struct snapshot *s)
{
	return node_wakers(s, s->nr_wakers);
}

/*
 * Waits
 */

/**
 * key_is_local() - whether a waiter's word is one of its own address space only
 * @w: the waiter
 */
bool key_is_local(const struct waiter *w)
{
	return w->key_type == KEY_PRIVATE || w->key_type == KEY_SHARED_MM;
}

/**
 * is_pi_wait() - whether a waiter waits for a PI lock
 * @w: the waiter
 *
 * Of such a wait the kernel knows the owner.  The owner alone can end it: by
 * FUTEX_UNLOCK_PI, which the kernel lets nobody else do, or by its exit
 * (exit_pi_state_list()).  FUTEX_WAKE refuses to wake it.
 */
bool is_pi_wait(const struct waiter *w)
{
	switch (w->opcode) {
	case OP_LOCK_PI:
	case OP_LOCK_PI2:
		return true;
	case OP_WAIT_REQUEUE_PI:
		return w->pi_owner != PID_NONE;
	case OP_UNKNOWN:	/* of futex(2) one that is newer than this program */
		return w->call == CALL_FUTEX && w->pi_owner != PID_NONE;
	default:
		return false;
	}
}

static bool is_alive(const struct thread *t)
{
	return t->state != 'Z' && t->state != 'X' && t->exiting != YES;
}

/* Whether all who may wake it are known.  Of a PI lock that is its owner's process. */
static bool wakers_are_known(const struct snapshot *s, const struct waiter *w)
{
	int owner = snapshot_find_thread(s, w->pi_owner);

	if (is_pi_wait(w))
		return owner >= 0 && is_alive(&s->threads[owner]) &&
		       s->threads[owner].process >= 0;
	if (w->key_type == KEY_SHARED_INODE)
		return w->shared >= 0 && s->shared[w->shared].complete == YES &&
		       s->shared[w->shared].nr_maps;
	return key_is_local(w);
}

/* A wait that nothing ends but a wake by those that are known. */
static bool wait_is_final(const struct snapshot *s, const struct waiter *w)
{
	bool waits = w->call == CALL_FUTEX || w->call == CALL_FUTEX_WAITV ||
		     w->call == CALL_FUTEX_WAIT;

	return waits && w->timeout == TIMEOUT_NONE &&
	       (w->stable == YES || (w->stable != NO && s->source == SOURCE_PROC)) &&
	       w->mm >= 0 && w->thread >= 0 && s->threads[w->thread].mm == w->mm &&
	       wakers_are_known(s, w);
}

/**
 * wait_is_outside() - whether somebody outside a waiter's address space may wake it
 * @s: the snapshot
 * @w: the waiter
 *
 * Of a PI lock that is its owner.
 */
bool wait_is_outside(const struct snapshot *s, const struct waiter *w)
{
	int owner = snapshot_find_thread(s, w->pi_owner);

	if (is_pi_wait(w))
		return owner < 0 || s->threads[owner].mm != w->mm;
	return !key_is_local(w);
}

/*
 * What keeps threads from running
 */

/**
 * is_frozen() - whether a thread is frozen
 * @t: the thread
 */
bool is_frozen(const struct thread *t)
{
	return t->frozen && strcmp(t->frozen, "no");
}

static enum ability find_blocked(const struct thread *t, bool waits, bool sleeps)
{
	if (is_frozen(t))
		return STOPPED;
	switch (t->state) {
	case 'T':
	case 't':
		return STOPPED;
	case 'X':
	case 'Z':
		return DEAD;
	case 'S':
	case 'D':
		/* The end of an io_uring request makes it run, and may do anything. */
		if (t->io_uring == YES || t->exiting == YES)
			return ABLE;
		if (waits && t->state == 'S')
			return WAITING;
		return sleeps && !waits ? SLEEPING : ABLE;
	default:
		return ABLE;
	}
}

/* A thread in futex_waitv() waits for good only if each of its words does. */
static void find_all_blocked(struct analysis *a)
{
	const struct snapshot *s = a->s;
	bool *final = xcalloc(s->nr_threads, sizeof(*final));

	for (size_t i = 0; i < s->nr_threads; i++) {
		a->first_waiter[i] = a->first_sleep[i] = -1;
		final[i] = true;
	}
	for (size_t i = 0; i < s->nr_waiters; i++) {
		int t = s->waiters[i].thread;

		if (t < 0)
			continue;
		/* A request does not block its thread; when it ends, it may interrupt it. */
		if (a->first_waiter[t] < 0 && s->waiters[i].call != CALL_IO_URING)
			a->first_waiter[t] = i;
		final[t] &= wait_is_final(s, &s->waiters[i]);
	}
	for (size_t i = 0; i < s->nr_sleeps; i++) {
		if (a->first_sleep[s->sleeps[i].thread] < 0)
			a->first_sleep[s->sleeps[i].thread] = i;
	}
	for (size_t i = 0; i < s->nr_threads; i++)
		a->blocked[i] = find_blocked(&s->threads[i], final[i] && a->first_waiter[i] >= 0,
					     final[i] && a->first_sleep[i] >= 0);
	free(final);
}

/**
 * find_tracer() - the thread that traces a thread
 * @s: the snapshot, indexed
 * @thread: index of the traced one
 *
 * Return: the index of its tracer, or -1: none, or it is not in the snapshot.
 */
int find_tracer(const struct snapshot *s, int thread)
{
	return snapshot_find_thread(s, s->threads[thread].tracer);
}

/**
 * is_held_by_tracer() - whether only its tracer can let a stopped thread go on
 * @s: the snapshot, indexed
 * @thread: index of the stopped thread
 *
 * The exit of the tracer does so too, so all that can run in its process count.
 */
bool is_held_by_tracer(const struct snapshot *s, int thread)
{
	int tracer = find_tracer(s, thread);

	return s->threads[thread].state == 't' && !is_frozen(&s->threads[thread]) &&
	       tracer >= 0 && is_alive(&s->threads[tracer]) && s->threads[tracer].process >= 0;
}

/*
 * Holders
 */

/*
 * The holder of a lock in shared memory: its id is of its own pid namespace, so it
 * is not known if two have it, or if there are too many to ask them all.
 */
static void find_shared_holder(const struct analysis *a, const struct waiter *w,
			       struct holder *h)
{
	const struct snapshot *s = a->s;
	const struct shared *shared = &s->shared[w->shared];
	bool complete = shared->complete == YES;
	int nr_found = 0;

	if (shared->nr_maps > MAX_SEARCHED)
		return;
	for (size_t i = 0; i < shared->nr_maps; i++) {
		int mm = s->maps[shared->first_map + i];
		int t = snapshot_find_owner(s, mm, h->id);

		complete &= a->mms[mm].complete && t != OWNER_UNKNOWN;
		if (t < 0)
			continue;
		h->thread = t;
		nr_found++;
	}
	if (nr_found > 1 || !complete)
		h->thread = -1;
	h->gone = !nr_found && complete;
}

/* Whether the thread waits for the exit of another, as pthread_join(3) does. */
static bool find_joined(const struct analysis *a, const struct waiter *w, struct holder *h)
{
	const struct snapshot *s = a->s;
	int t;

	if (!key_is_local(w) || !(w->known & W_EXPECTED) || !(w->known & W_WAITS_ON))
		return false;
	t = snapshot_find_owner(s, w->mm, w->expected);
	if (t < 0 || !(s->threads[t].known & T_CLEAR_TID) ||
	    s->threads[t].clear_child_tid != w->waits_on)
		return false;
	*h = (struct holder){ .evidence = BY_EXIT, .primitive = "pthread_join",
			      .id = w->expected, .thread = t };
	return true;
}

/*
 * The thread that a holder who is not there may be: the locks that the thread took which
 * forked have its old id, but in the child it is the main thread.
 *
 * Return: its index, or -1: nobody.
 */
static int find_forked_holder(const struct analysis *a, const struct waiter *w)
{
	int t = snapshot_find_thread(a->s, w->tgid);

	if (t < 0 || t == w->thread || a->blocked[t] == DEAD ||
	    (w->process >= 0 && a->s->processes[w->process].execed == YES))
		return -1;
	return t;
}

/* The holder of a lock that only threads of the address space can release. */
static void find_local_holder(const struct analysis *a, const struct waiter *w,
			      struct holder *h)
{
	int forked, t = snapshot_find_owner(a->s, w->mm, h->id);

	h->thread = t < 0 ? -1 : t;
	h->gone = t < 0 && t != OWNER_UNKNOWN && a->mms[w->mm].complete;
	forked = h->gone ? find_forked_holder(a, w) : -1;
	if (forked >= 0) {
		h->id = PID_UNKNOWN;
		h->thread = forked;
		h->gone = false;
	}
}

static void find_decoded(const struct analysis *a, const struct waiter *w, struct holder *h)
{
	struct lock lock;

	if (!decode_lock(w, &lock))
		return;
	h->primitive = lock.name;
	if (lock.owner <= 0)
		return;
	h->evidence = BY_WORDS;
	h->id = lock.owner;
	if (w->shared >= 0) {
		find_shared_holder(a, w, h);
	} else if (key_is_local(w)) {
		find_local_holder(a, w, h);
	}
	if (h->thread >= 0 && a->blocked[h->thread] == DEAD) {
		h->thread = -1;
		h->gone = true;
	}
}

static void find_holder(struct analysis *a, size_t i)
{
	const struct waiter *w = &a->s->waiters[i];
	struct holder *h = &a->holders[w->thread];
	struct lock lock;

	/* One that waits on several words waits for no one holder. */
	if (a->first_waiter[w->thread] != (int)i || w->call == CALL_FUTEX_WAITV || w->mm < 0) {
		*h = (struct holder){ .id = PID_UNKNOWN, .thread = -1 };
		return;
	}
	if (is_pi_wait(w)) {
		h->evidence = BY_KERNEL;
		h->primitive = decode_lock(w, &lock) ? lock.name : "PI futex";
		h->thread = snapshot_find_thread(a->s, w->pi_owner);
		h->id = w->pi_owner > 0 ? w->pi_owner : PID_UNKNOWN;
	} else if (!find_joined(a, w, h)) {
		find_decoded(a, w, h);
	}
}

/* The records of a thread come in any order, and the first one is met first. */
static void find_holders(struct analysis *a)
{
	for (size_t t = 0; t < a->s->nr_threads; t++)
		a->holders[t] = (struct holder){ .id = PID_UNKNOWN, .thread = -1 };
	for (size_t i = 0; i < a->s->nr_waiters; i++) {
		if (a->s->waiters[i].thread >= 0 && a->s->waiters[i].call != CALL_IO_URING)
			find_holder(a, i);
	}
}

/*
 * The graph
 */

/* Whether in this pass only the holder can wake the thread. */
static bool rests_on_holder(const struct holder *h, enum pass pass)
{
	return (h->thread >= 0 || h->gone) && (pass == PASS_HOLDERS || h->evidence == BY_KERNEL);
}

/*
 * An owner in another process also lets go when that process ends.  The proof must
 * reckon with that; the other pass tells who holds what while it goes on.
 */
static void add_holder_edges(struct analysis *a, enum pass pass, int t)
{
	const struct snapshot *s = a->s;
	struct reach *r = &a->graphs[pass];
	int holder = a->holders[t].thread;

	if (holder < 0)
		return;
	reach_add(r, holder, t);
	if (pass == PASS_PROOF && s->threads[holder].tgid != s->threads[t].tgid)
		reach_add(r, node_process(s, s->threads[holder].process), t);
}

/* Of a thread that seems to wait in two places, for it was requeued just now. */
static void add_owner_edge(struct reach *r, const struct snapshot *s, const struct waiter *w)
{
	int owner = snapshot_find_thread(s, w->pi_owner);

	reach_add(r, node_process(s, s->threads[owner].process), w->thread);
}

/* Its own process can map a word in shared memory again that it has unmapped. */
static void add_group_edges(struct reach *r, const struct snapshot *s, const struct waiter *w)
{
	reach_add(r, node_mm(s, w->mm), w->thread);
	if (w->key_type == KEY_SHARED_INODE)
		reach_add(r, node_shared(s, w->shared), w->thread);
}

static void add_waits(struct analysis *a, enum pass pass)
{
	const struct snapshot *s = a->s;
	struct reach *r = &a->graphs[pass];

	for (size_t i = 0; i < s->nr_waiters; i++) {
		const struct waiter *w = &s->waiters[i];

		if (w->thread < 0 || a->blocked[w->thread] != WAITING)
			continue;
		if (rests_on_holder(&a->holders[w->thread], pass))
			add_holder_edges(a, pass, w->thread);
		else if (is_pi_wait(w))
			add_owner_edge(r, s, w);
		else
			add_group_edges(r, s, w);
	}
	for (size_t i = 0; i < s->nr_sleeps; i++) {
		if (a->blocked[s->sleeps[i].thread] == SLEEPING)
			reach_add(r, node_wakers(s, s->sleeps[i].wakers), s->sleeps[i].thread);
	}
}

static void add_threads(struct analysis *a, struct reach *r)
{
	const struct snapshot *s = a->s;

	for (size_t i = 0; i < s->nr_threads; i++) {
		const struct thread *t = &s->threads[i];

		if (t->mm >= 0)
			reach_add(r, i, node_mm(s, t->mm));
		if (t->process >= 0)
			reach_add(r, i, node_process(s, t->process));
		if (a->blocked[i] == STOPPED && is_held_by_tracer(s, i))
			reach_add(r, node_process(s, s->threads[find_tracer(s, i)].process), i);
	}
}

static void add_groups(struct reach *r, const struct snapshot *s)
{
	for (size_t i = 0; i < s->nr_shared; i++) {
		const struct shared *shared = &s->shared[i];

		for (size_t k = 0; k < shared->nr_maps; k++)
			reach_add(r, node_mm(s, s->maps[shared->first_map + k]),
				  node_shared(s, i));
	}
	for (size_t i = 0; i < s->nr_wakers; i++) {
		const struct wakers *w = &s->wakers[i];

		for (size_t k = 0; k < w->nr_processes; k++)
			reach_add(r, node_process(s, s->waker_processes[w->first_process + k]),
				  node_wakers(s, i));
	}
}

static void find_mm_complete(struct analysis *a)
{
	for (size_t i = 0; i < a->s->nr_mms; i++) {
		const struct mm *mm = &a->s->mms[i];

		a->mms[i].runner = a->mms[i].sleeper = -1;
		a->mms[i].complete = mm->known & M_LIVE && mm->known & M_HIDDEN &&
				     !mm->hidden && mm->live == mm->nr_threads &&
				     mm->live_threads && mm->live == mm->nr_ranges;
	}
}

/**
 * model_build() - find out who waits for whom
 * @a: receives the model, which refers to @s; to be given to model_free()
 * @s: the snapshot, indexed
 */
void model_build(struct analysis *a, const struct snapshot *s)
{
	memset(a, 0, sizeof(*a));
	a->s = s;
	a->judgements = xcalloc(s->nr_waiters, sizeof(*a->judgements));
	a->abilities = xcalloc(s->nr_threads, sizeof(*a->abilities));
	a->blocked = xcalloc(s->nr_threads, sizeof(*a->blocked));
	a->first_waiter = xcalloc(s->nr_threads, sizeof(*a->first_waiter));
	a->first_sleep = xcalloc(s->nr_threads, sizeof(*a->first_sleep));
	a->holders = xcalloc(s->nr_threads, sizeof(*a->holders));
	a->mms = xcalloc(s->nr_mms, sizeof(*a->mms));
	find_mm_complete(a);
	find_all_blocked(a);
	find_holders(a);
	for (int pass = 0; pass < NR_PASSES; pass++) {
		reach_init(&a->graphs[pass], nr_nodes(s));
		a->levels[pass] = xcalloc(nr_nodes(s), sizeof(*a->levels[pass]));
		add_threads(a, &a->graphs[pass]);
		add_groups(&a->graphs[pass], s);
		add_waits(a, pass);
	}
}

/*
 * The fixpoint
 */

/* What of a thread is known without looking at others. */
static enum level own_level(const struct analysis *a, size_t t)
{
	switch (a->blocked[t]) {
	case ABLE:
		return LEVEL_ABLE;
	case STOPPED:
		return is_held_by_tracer(a->s, t) ? LEVEL_STUCK : LEVEL_STOPPED;
	default:
		return LEVEL_STUCK;
	}
}

static bool process_is_whole(const struct analysis *a, const struct process *p)
{
	return p->whole || (p->mm >= 0 && a->mms[p->mm].complete);
}

static void start_levels(const struct analysis *a, unsigned char *levels, unsigned char *caps,
			 const bool *moved)
{
	const struct snapshot *s = a->s;

	memset(caps, LEVEL_ABLE, nr_nodes(s));
	for (size_t i = 0; i < s->nr_threads; i++) {
		levels[i] = own_level(a, i);
		/* Also of a tracer that can run it is not known that it will. */
		if (a->blocked[i] == STOPPED)
			caps[i] = LEVEL_STOPPED;
	}
	for (size_t i = 0; i < s->nr_mms; i++) {
		if (!a->mms[i].complete)
			levels[node_mm(s, i)] = LEVEL_ABLE;
	}
	for (size_t i = 0; i < s->nr_processes; i++) {
		if (!process_is_whole(a, &s->processes[i]))
			levels[node_process(s, i)] = LEVEL_ABLE;
	}
	for (size_t i = 0; moved && i < nr_nodes(s); i++) {
		if (moved[i] && levels[i] < LEVEL_MOVED && caps[i] >= LEVEL_MOVED)
			levels[i] = LEVEL_MOVED;
	}
}

/*
 * What those that sleep turned out to be able to do.  A waiter of a private futex stays
 * one also if it can be woken: it is no more able than the others of its process.
 */
static void settle_abilities(struct analysis *a)
{
	const struct snapshot *s = a->s;
	const unsigned char *levels = a->levels[PASS_PROOF];

	for (size_t t = 0; t < s->nr_threads; t++) {
		bool able = a->blocked[t] == SLEEPING && levels[t] == LEVEL_ABLE;

		a->abilities[t] = able ? ABLE : a->blocked[t];
	}
	for (size_t i = 0; i < s->nr_waiters; i++) {
		int t = s->waiters[i].thread;

		if (t >= 0 && a->blocked[t] == WAITING && levels[t] == LEVEL_ABLE &&
		    wait_is_outside(s, &s->waiters[i]))
			a->abilities[t] = ABLE;
	}
}

static void find_mm_states(struct analysis *a)
{
	for (size_t i = 0; i < a->s->nr_threads; i++) {
		struct mm_state *m;

		if (a->s->threads[i].mm < 0)
			continue;
		m = &a->mms[a->s->threads[i].mm];
		m->nr_waiting += a->abilities[i] == WAITING;
		m->nr_sleeping += a->abilities[i] == SLEEPING;
		m->nr_stopped += a->abilities[i] == STOPPED;
		if (a->abilities[i] == ABLE) {
			m->nr_able++;
			/* Rather one that runs of itself. */
			if (m->runner < 0 || a->blocked[i] != WAITING)
				m->runner = i;
		}
		if (a->abilities[i] == SLEEPING)
			m->sleeper = i;
	}
}

/**
 * model_solve() - find out who can run
 * @a: the model; to be solved once
 * @moved: for each pass, of each node, whether two looks disagree on it; NULL: there
 *	was one
 */
void model_solve(struct analysis *a, bool *const moved[NR_PASSES])
{
	unsigned char *caps = xcalloc(nr_nodes(a->s), sizeof(*caps));

	for (int pass = 0; pass < NR_PASSES; pass++) {
		start_levels(a, a->levels[pass], caps, moved ? moved[pass] : NULL);
		reach_spread(&a->graphs[pass], a->levels[pass], caps);
	}
	free(caps);
	settle_abilities(a);
	find_mm_states(a);
}

/**
 * model_free() - give back the memory of a model
 * @a: the model; its snapshot stays
 */
void model_free(struct analysis *a)
{
	free(a->judgements);
	free(a->abilities);
	free(a->blocked);
	free(a->first_waiter);
	free(a->first_sleep);
	free(a->holders);
	free(a->mms);
	for (int pass = 0; pass < NR_PASSES; pass++) {
		reach_free(&a->graphs[pass]);
		free(a->levels[pass]);
	}
}
