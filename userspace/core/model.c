// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which threads can run, and which could make others run: the model of one snapshot.
 *
 * The nodes of a graph are threads, mms, processes, words in shared memory, sets of
 * processes that can end a sleep, and the ends of processes.  An edge says: if the first can
 * run, so can the second, because the first may wake the second or is part of it.  A thread
 * wakes others through its mm, so there is no edge for each pair of threads.
 *
 * A thread is initially runnable unless we know that it is blocked: it waits without a
 * timeout on futexes whose wakers are all known, it sleeps in a call that only known
 * processes can end, or it is stopped or dead.  Whatever a runnable node can reach is
 * runnable.  The rest is not.
 */
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "model.h"
#include "refute.h"
#include "signals.h"

/* A shared lock's holder is looked for in no more mms than this. */
#define MAX_SEARCHED_MMS	64

static const char *const run_state_names[NR_RUN_STATES] = {
	[RUN_POSSIBLE]	= "can run",
	[RUN_WAITS]	= "waits",
	[RUN_SLEEPS]	= "sleeps",
	[RUN_STOPPED]	= "stopped",
	[RUN_DEAD]	= "dead",
};

const char *const evidence_names[NR_EVIDENCE] = {
	[BY_WORDS]	= "words",
	[BY_EXIT]	= "clear_child_tid",
	[BY_KERNEL]	= "pi_owner",
};

/**
 * node_mm() - the node of an mm
 * @s: the snapshot
 * @mm: index of the mm
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
 * node_end() - the node of what a process does to others: what its threads do, or its end
 * @s: the snapshot
 * @process: index of the process
 *
 * A signal may end a process none of whose threads can run.
 */
size_t node_end(const struct snapshot *s, int process)
{
	return node_wakers(s, s->nr_wakers) + process;
}

/**
 * nr_nodes() - how many nodes there are
 * @s: the snapshot
 */
size_t nr_nodes(const struct snapshot *s)
{
	return node_end(s, s->nr_processes);
}

/**
 * model_first_waiter() - what a thread waits on
 * @m: the model
 * @thread: index of the thread
 *
 * Return: its first waiter record, or NULL if it waits on no futex.
 */
const struct waiter *model_first_waiter(const struct model *m, int thread)
{
	return m->first_waiter[thread] < 0 ? NULL : &m->s->waiters[m->first_waiter[thread]];
}

/**
 * model_state_name() - what a thread does, in a word or two
 * @m: the model, solved
 * @thread: index of the thread
 */
const char *model_state_name(const struct model *m, int thread)
{
	return run_state_names[model_waits(m, thread) ? RUN_WAITS : m->state[thread]];
}

/**
 * model_wakers() - the processes that can end the sleep of a thread
 * @m: the model
 * @thread: index of a thread in RUN_SLEEPS
 *
 * Return: the first set of them.
 */
const struct wakers *model_wakers(const struct model *m, int thread)
{
	return &m->s->wakers[m->s->blocked[m->first_blocked[thread]].wakers];
}

/*
 * Waits
 */

/* Whether all threads that may wake it are known: those of the owner's process, for PI. */
static bool wakers_are_known(const struct snapshot *s, const struct waiter *w)
{
	int owner = snapshot_find_thread(s, w->pi_owner);

	if (waiter_is_pi(w))
		return owner >= 0 && thread_is_alive(&s->threads[owner]) &&
		       s->threads[owner].process >= 0;
	if (w->key_type == KEY_SHARED_INODE)
		return w->shared >= 0 && s->shared[w->shared].complete == YES &&
		       s->shared[w->shared].nr_maps;
	return waiter_is_local(w);
}

/* Whether nothing ends a wait but a wake by wakers that are known. */
static bool wait_is_final(const struct snapshot *s, const struct waiter *w)
{
	bool waits = w->call == CALL_FUTEX || w->call == CALL_FUTEX_WAITV ||
		     w->call == CALL_FUTEX_WAIT;
	/* Without the queues nothing shows that it ran; the caveat for that says so. */
	bool stable = w->stable == YES || (w->stable != NO && !s->source->shows_queues);

	return waits && w->timeout == TIMEOUT_NONE && stable &&
	       w->mm >= 0 && w->thread >= 0 && s->threads[w->thread].mm == w->mm &&
	       wakers_are_known(s, w);
}

/* Which of the mms that map a word are of a process that a signal may end. */
enum {
	ENDS_NONE	= -1,
	ENDS_SEVERAL	= -2,
};

static int find_ending_mm(const struct snapshot *s, const struct shared *shared, const bool *ends)
{
	int found = ENDS_NONE;

	for (size_t i = 0; i < shared->nr_maps; i++) {
		int mm = s->maps[shared->first_map + i];

		if (!ends[mm] || mm == found)
			continue;
		if (found != ENDS_NONE)
			return ENDS_SEVERAL;
		found = mm;
	}
	return found;
}

static bool has_maps_of_last(const struct snapshot *s, size_t shared)
{
	const struct shared *word = &s->shared[shared], *last = shared ? word - 1 : NULL;

	return last && last->nr_maps && last->nr_maps == word->nr_maps &&
	       last->first_map == word->first_map;
}

/* For each shared word its one mm, or one of the above; @may_end says it of a process. */
static int *find_ending_mms(const struct snapshot *s, bool (*may_end)(const struct process *p))
{
	bool *ends = xcalloc(s->nr_mms, sizeof(*ends));
	int *found = xcalloc(s->nr_shared, sizeof(*found));

	for (size_t i = 0; i < s->nr_processes; i++) {
		const struct process *p = &s->processes[i];

		if (p->mm >= 0 && may_end(p))
			ends[p->mm] = true;
	}
	for (size_t i = 0; i < s->nr_shared; i++)
		found[i] = has_maps_of_last(s, i) ? found[i - 1] :
						    find_ending_mm(s, &s->shared[i], ends);
	free(ends);
	return found;
}

/* For each shared word, which process that maps it may end. */
struct ending {
	int *by_timer;
	int *by_any;
};

static bool others_end(const int *ending, const struct waiter *w)
{
	return ending[w->shared] != ENDS_NONE && ending[w->shared] != w->mm;
}

/* Whether the kernel may take it for a waiter for a robust lock (handle_futex_death()). */
static bool may_be_robust(const struct waiter *w)
{
	return !(w->known & W_EXPECTED) || w->expected & FUTEX_WAITERS;
}

/*
 * Whether processes that are not known may come to map its word, and wake it; or the kernel
 * when another process that maps it ends (robust lists, clear_child_tid).  Most processes
 * that are used by hand have a terminal: that it hangs up only counts for robust locks.
 */
static bool is_exposed(const struct snapshot *s, const struct waiter *w,
		       const struct ending *ending)
{
	return w->shared >= 0 && !waiter_is_pi(w) &&
	       (!shared_is_closed(&s->shared[w->shared]) || others_end(ending->by_timer, w) ||
		(may_be_robust(w) && others_end(ending->by_any, w)));
}

/**
 * waiter_has_outside_wakers() - whether a thread of another mm may wake a waiter
 * @s: the snapshot
 * @w: the waiter
 *
 * The only waker of a PI lock is its owner.
 */
bool waiter_has_outside_wakers(const struct snapshot *s, const struct waiter *w)
{
	int owner = snapshot_find_thread(s, w->pi_owner);

	if (waiter_is_pi(w))
		return owner < 0 || s->threads[owner].mm != w->mm;
	return !waiter_is_local(w);
}

/*
 * What keeps threads from running
 */

static enum run_state find_own_state(const struct snapshot *s, const struct thread *t, bool waits,
				     bool sleeps)
{
	const struct process *p = process_of_thread(s, t);
	uint64_t ns;

	if (thread_is_frozen(t))
		return RUN_STOPPED;
	switch (t->state) {
	case STATE_STOPPED:
	case STATE_TRACED:
		return RUN_STOPPED;
	case STATE_DEAD:
	case STATE_ZOMBIE:
		return RUN_DEAD;
	case STATE_SLEEPING:
	case STATE_DISK_SLEEP:
		sleeps &= !p || p->signallers != SIGNALLERS_UNKNOWN;
		/* The end of an io_uring request makes the thread run its task work. */
		if (t->io_uring == YES || t->exiting == YES ||
		    process_wakes_itself(p, &ns))
			return RUN_POSSIBLE;
		if (waits && t->state == STATE_SLEEPING)
			return RUN_WAITS;
		return sleeps && !waits ? RUN_SLEEPS : RUN_POSSIBLE;
	default:
		return RUN_POSSIBLE;
	}
}

/* Whether somebody who is not known may send its process a signal that it handles. */
static bool is_signalled(const struct snapshot *s, const struct waiter *w)
{
	const struct process *p = process_of_waiter(s, w);

	return p && p->signallers == SIGNALLERS_UNKNOWN;
}

/* A thread in futex_waitv(2) is blocked only if its wait on each of the words is final. */
static void find_own_states(struct model *m)
{
	const struct snapshot *s = m->s;
	bool *final = xcalloc(s->nr_threads, sizeof(*final));
	struct ending ending = {
		.by_timer = find_ending_mms(s, process_may_act),
		.by_any = find_ending_mms(s, process_may_end),
	};

	for (size_t i = 0; i < s->nr_threads; i++) {
		m->first_waiter[i] = m->first_blocked[i] = -1;
		final[i] = true;
	}
	for (size_t i = 0; i < s->nr_waiters; i++) {
		int t = s->waiters[i].thread;

		if (t < 0)
			continue;
		/* A request does not block its thread; but its end may interrupt a wait. */
		if (m->first_waiter[t] < 0 && s->waiters[i].call != CALL_IO_URING)
			m->first_waiter[t] = i;
		final[t] &= wait_is_final(s, &s->waiters[i]);
		m->exposed[t] |= is_exposed(s, &s->waiters[i], &ending) ||
				 is_signalled(s, &s->waiters[i]);
	}
	for (size_t i = 0; i < s->nr_blocked; i++) {
		if (m->first_blocked[s->blocked[i].thread] < 0)
			m->first_blocked[s->blocked[i].thread] = i;
	}
	for (size_t i = 0; i < s->nr_threads; i++)
		m->own_state[i] = find_own_state(s, &s->threads[i],
						 final[i] && m->first_waiter[i] >= 0,
						 final[i] && m->first_blocked[i] >= 0);
	free(final);
	free(ending.by_timer);
	free(ending.by_any);
}

/**
 * find_tracer() - the thread that traces a thread
 * @s: the snapshot, indexed
 * @thread: index of the traced thread
 *
 * Return: the index of its tracer, or -1: it has none, or none in the snapshot.
 */
int find_tracer(const struct snapshot *s, int thread)
{
	return snapshot_find_thread(s, s->threads[thread].tracer);
}

/**
 * thread_is_held_by_tracer() - whether only its tracer can resume a stopped thread
 * @s: the snapshot, indexed
 * @thread: index of the stopped thread
 *
 * The exit of the tracer resumes it too, so whatever can run in the tracer's process
 * counts.
 */
bool thread_is_held_by_tracer(const struct snapshot *s, int thread)
{
	int tracer = find_tracer(s, thread);

	return s->threads[thread].state == STATE_TRACED && !thread_is_frozen(&s->threads[thread]) &&
	       tracer >= 0 && thread_is_alive(&s->threads[tracer]) && s->threads[tracer].process >= 0;
}

/*
 * Holders
 */

/* Whether all ids in a shared word are of one pid namespace, and of one thread each. */
static bool ids_are_unique(const struct model *m, const struct waiter *w)
{
	const struct snapshot *s = m->s;
	const struct shared *shared = &s->shared[w->shared];
	const struct process *own = process_of_waiter(s, w);
	const char *pid_ns = own ? own->pid_ns : NULL;

	if (shared->nr_maps > MAX_SEARCHED_MMS || ids_may_recur(s, w))
		return false;
	for (size_t i = 0; i < shared->nr_maps; i++) {
		int p = snapshot_find_process(s, m->mms[s->maps[shared->first_map + i]].tgid);

		if (p < 0 || strcmp(s->processes[p].pid_ns ?: "", pid_ns ?: ""))
			return false;
	}
	return true;
}

/*
 * A lock in shared memory holds its holder's id in the holder's own pid namespace.  The
 * holder is not known if there are too many mms to look in all of them.
 */
static void find_shared_holder(const struct model *m, const struct waiter *w, struct holder *h)
{
	const struct snapshot *s = m->s;
	const struct shared *shared = &s->shared[w->shared];
	bool complete = shared->complete == YES;
	int nr_found = 0;

	if (!ids_are_unique(m, w))
		return;
	for (size_t i = 0; i < shared->nr_maps; i++) {
		int mm = s->maps[shared->first_map + i];
		int t = snapshot_find_owner(s, mm, h->id);

		complete &= m->mms[mm].complete && t != OWNER_UNKNOWN;
		if (t < 0)
			continue;
		h->thread = t;
		nr_found++;
	}
	/* In another namespace, from which the memory was passed on, its id is another thread's. */
	if (nr_found > 1 || !complete ||
	    (h->thread == w->thread && thread_is_in_namespace(&s->threads[w->thread])))
		h->thread = -1;
	h->gone = !nr_found && complete && !may_live_elsewhere(s, w);
}

/* Whether the kernel tells of the exit of a thread by a word. */
static bool is_exit_word(const struct thread *t, uint64_t word)
{
	return t->known & T_CLEAR_TID && t->clear_child_tid == word;
}

/*
 * Whether the thread waits for the exit of another, as pthread_join(3) does.  The kernel
 * wakes those who wait without FUTEX_PRIVATE_FLAG (mm_release()).
 *
 * In musl all threads have the same word: the lock of their list, which holds the id of the
 * thread that has it (__tl_lock() in src/thread/pthread_create.c).
 */
static bool find_joined(const struct model *m, const struct waiter *w, struct holder *h)
{
	const struct snapshot *s = m->s;
	int t;

	if (w->key_type != KEY_SHARED_MM || !(w->known & W_EXPECTED) || !(w->known & W_WAITS_ON))
		return false;
	t = snapshot_find_owner(s, w->mm, w->expected);
	if (t < 0 || !is_exit_word(&s->threads[t], w->waits_on))
		return false;
	*h = (struct holder){ .evidence = BY_EXIT, .id = w->expected, .thread = t };
	if (is_exit_word(&s->threads[w->thread], w->waits_on)) {
		h->evidence = BY_WORDS;
		h->primitive = LIBC_LOCK;
	} else {
		h->primitive = s->threads[t].tgid == w->tgid ? PTHREAD_JOIN :
							       CLEAR_CHILD_TID;
	}
	return true;
}

/*
 * The thread that a missing holder may be.  The thread that called fork(2) is the main
 * thread of the child, but the locks that it held keep its old id.
 *
 * Return: its index, or -1: no thread can be it.
 */
static int find_forked_holder(const struct model *m, const struct waiter *w)
{
	int t = snapshot_find_thread(m->s, w->tgid);

	if (t < 0 || t == w->thread || model_is_dead(m, t) ||
	    (w->process >= 0 && m->s->processes[w->process].execed == YES))
		return -1;
	return t;
}

/* The holder of a lock that only threads of its mm can release. */
static void find_local_holder(const struct model *m, const struct waiter *w, struct holder *h)
{
	int forked, t = snapshot_find_owner(m->s, w->mm, h->id);

	h->thread = t < 0 ? -1 : t;
	h->gone = t < 0 && t != OWNER_UNKNOWN && m->mms[w->mm].complete;
	forked = h->gone ? find_forked_holder(m, w) : -1;
	if (forked >= 0) {
		h->id = PID_UNKNOWN;
		h->thread = forked;
		h->gone = false;
	}
}

/*
 * A process that clone(2) made with CLONE_VM may use the id of the thread that made it.  A child
 * of vfork(2) does so too, but that thread cannot run meanwhile: as a holder they are one.
 */
static bool ids_are_borrowed(const struct mm_state *mm)
{
	return mm->nr_processes > 1 + mm->nr_vforks;
}

static const struct holder no_holder = { .id = PID_UNKNOWN, .thread = -1 };

/* By the words.  If the holder's id says nothing, it is all that is set. */
static void find_recognised(const struct model *m, const struct waiter *w, struct holder *h)
{
	h->primitive = w->lock.primitive;
	if (w->lock.owner <= 0)
		return;
	h->evidence = BY_WORDS;
	h->id = w->lock.owner;
	if (ids_are_borrowed(&m->mms[w->mm]))
		return;
	if (w->shared >= 0)
		find_shared_holder(m, w, h);
	else if (waiter_is_local(w))
		find_local_holder(m, w, h);
	h->may_differ = may_have_moved(m->s, w, h->thread);
	if (is_no_lock(m->s, w, h->thread))
		*h = no_holder;
	if (h->thread >= 0 && model_is_dead(m, h->thread)) {
		h->thread = -1;
		h->gone = true;
	}
	if (h->thread >= 0 && !may_have_locked(m->s, w, h->thread))
		h->thread = -1;
}

static void find_holder(struct model *m, size_t i)
{
	const struct waiter *w = &m->s->waiters[i];
	struct holder *h = &m->holders[w->thread];

	/* A thread that waits on several words does not wait for one holder. */
	if (m->first_waiter[w->thread] != (int)i || w->call == CALL_FUTEX_WAITV || w->mm < 0) {
		*h = no_holder;
		return;
	}
	if (waiter_is_pi(w)) {
		h->evidence = BY_KERNEL;
		h->primitive = w->lock.primitive ?: PI_FUTEX;
		h->thread = snapshot_find_thread(m->s, w->pi_owner);
		h->id = w->pi_owner > 0 ? w->pi_owner : PID_UNKNOWN;
	} else if (!find_joined(m, w, h)) {
		find_recognised(m, w, h);
	}
}

/* The first record of a thread sets its holder, and a second one unsets it. */
static void find_holders(struct model *m)
{
	for (size_t t = 0; t < m->s->nr_threads; t++)
		m->holders[t] = no_holder;
	for (size_t i = 0; i < m->s->nr_waiters; i++) {
		if (m->s->waiters[i].thread >= 0 && m->s->waiters[i].call != CALL_IO_URING)
			find_holder(m, i);
	}
}

/*
 * The graphs
 */

/* Whether only the holder can wake the thread, in this pass. */
static bool rests_on_holder(const struct holder *h, enum pass pass)
{
	return (h->thread >= 0 || h->gone) && !h->may_differ &&
	       (pass == PASS_HOLDERS || h->evidence == BY_KERNEL);
}

static bool process_of_holder_may_end(const struct snapshot *s, int holder)
{
	const struct process *p = process_of_thread(s, &s->threads[holder]);

	return p && process_may_end(p);
}

/*
 * An owner in another process also lets go when that process ends.  The proof must
 * allow for that.  The other pass finds out which thread holds what meanwhile, unless
 * a signal may end the process, and the kernel releases such locks then.
 */
static bool end_may_release(const struct model *m, enum pass pass, int t)
{
	const struct holder *h = &m->holders[t];

	return pass == PASS_PROOF ||
	       (process_of_holder_may_end(m->s, h->thread) &&
		(h->evidence != BY_WORDS || may_be_robust(&m->s->waiters[m->first_waiter[t]])));
}

static void add_holder_edges(struct model *m, enum pass pass, int t)
{
	const struct snapshot *s = m->s;
	struct graph *g = &m->graphs[pass];
	int holder = m->holders[t].thread;

	if (holder < 0)
		return;
	graph_add_edge(g, holder, t);
	if (s->threads[holder].tgid != s->threads[t].tgid && end_may_release(m, pass, t))
		graph_add_edge(g, node_end(s, s->threads[holder].process), t);
}

/* For a PI waiter with two records, because it was requeued while it was looked at. */
static void add_owner_edge(struct graph *g, const struct snapshot *s, const struct waiter *w)
{
	int owner = snapshot_find_thread(s, w->pi_owner);
	int process = s->threads[owner].process;

	graph_add_edge(g, process == w->process ? node_process(s, process) : node_end(s, process),
		       w->thread);
}

/* Its own process counts even if it has unmapped a shared word: it can map it again. */
static void add_group_edges(struct graph *g, const struct snapshot *s, const struct waiter *w)
{
	graph_add_edge(g, node_mm(s, w->mm), w->thread);
	if (w->key_type != KEY_SHARED_INODE)
		return;
	graph_add_edge(g, node_shared(s, w->shared), w->thread);
	if (s->shared[w->shared].openers >= 0)
		graph_add_edge(g, node_wakers(s, s->shared[w->shared].openers), w->thread);
}

/* No handler releases a lock for another thread. */
static void add_signal_edges(struct model *m, enum pass pass)
{
	const struct snapshot *s = m->s;

	for (size_t i = 0; i < s->nr_threads; i++) {
		const struct process *p = process_of_thread(s, &s->threads[i]);

		if (p && p->signallers >= 0 && !rests_on_holder(&m->holders[i], pass))
			graph_add_edge(&m->graphs[pass], node_wakers(s, p->signallers), i);
	}
}

/*
 * A tracer can make a call return, and change memory, of what it has not stopped.  But it is not
 * meant to release a lock for a thread.
 */
static void add_tracer_edges(struct model *m, enum pass pass)
{
	const struct snapshot *s = m->s;

	for (size_t i = 0; i < s->nr_threads; i++) {
		int tracer = find_tracer(s, i);

		if (tracer >= 0 && s->threads[tracer].process >= 0 && !model_is_stopped(m, i) &&
		    !model_is_dead(m, i) && !rests_on_holder(&m->holders[i], pass))
			graph_add_edge(&m->graphs[pass],
				       node_process(s, s->threads[tracer].process), i);
	}
}

static void add_waits(struct model *m, enum pass pass)
{
	const struct snapshot *s = m->s;
	struct graph *g = &m->graphs[pass];

	for (size_t i = 0; i < s->nr_waiters; i++) {
		const struct waiter *w = &s->waiters[i];

		if (w->thread < 0 || !model_waits(m, w->thread))
			continue;
		if (rests_on_holder(&m->holders[w->thread], pass))
			add_holder_edges(m, pass, w->thread);
		else if (waiter_is_pi(w))
			add_owner_edge(g, s, w);
		else
			add_group_edges(g, s, w);
	}
	for (size_t i = 0; i < s->nr_blocked; i++) {
		const struct blocked *b = &s->blocked[i];

		if (m->own_state[b->thread] == RUN_SLEEPS)
			graph_add_edge(g, node_wakers(s, b->wakers), b->thread);
	}
	add_signal_edges(m, pass);
	add_tracer_edges(m, pass);
}

static void add_threads(struct model *m, struct graph *g)
{
	const struct snapshot *s = m->s;

	for (size_t i = 0; i < s->nr_threads; i++) {
		const struct thread *t = &s->threads[i];

		if (t->mm >= 0)
			graph_add_edge(g, i, node_mm(s, t->mm));
		if (t->process >= 0)
			graph_add_edge(g, i, node_process(s, t->process));
		if (model_is_stopped(m, i) && thread_is_held_by_tracer(s, i)) {
			int tracer = find_tracer(s, i);

			graph_add_edge(g, node_end(s, s->threads[tracer].process), i);
		}
	}
}

/* Words that the same mms map pass on what they get, so that each list counts once. */
static void add_shared(struct graph *g, const struct snapshot *s)
{
	for (size_t i = 0; i < s->nr_shared; i++) {
		const struct shared *shared = &s->shared[i];

		if (has_maps_of_last(s, i)) {
			graph_add_edge(g, node_shared(s, i - 1), node_shared(s, i));
			continue;
		}
		for (size_t k = 0; k < shared->nr_maps; k++)
			graph_add_edge(g, node_mm(s, s->maps[shared->first_map + k]),
				       node_shared(s, i));
	}
}

/* Whose threads sleep until one of a set of processes ends that. */
enum {
	SLEEPER_NONE	= -1,
	SLEEPER_SEVERAL	= -2,
};

/* For each set of wakers the one process, or one of the above. */
static int *find_sleepers(const struct snapshot *s)
{
	int *sleepers = xcalloc(s->nr_wakers, sizeof(*sleepers));

	for (size_t i = 0; i < s->nr_wakers; i++)
		sleepers[i] = SLEEPER_NONE;
	for (size_t i = 0; i < s->nr_blocked; i++) {
		int process = s->threads[s->blocked[i].thread].process;
		int *sleeper = &sleepers[s->blocked[i].wakers];

		if (*sleeper == SLEEPER_NONE && process >= 0)
			*sleeper = process;
		else if (*sleeper != process)
			*sleeper = SLEEPER_SEVERAL;
	}
	return sleepers;
}

/*
 * The end of a process ends the sleeps of others, but none of its own threads goes on then.
 * Nor does it map what it has open.
 */
static void add_wakers(struct graph *g, const struct snapshot *s)
{
	int *sleepers = find_sleepers(s);

	for (size_t i = 0; i < s->nr_wakers; i++) {
		const struct wakers *w = &s->wakers[i];

		for (size_t k = 0; k < w->nr_processes; k++) {
			int p = s->waker_processes[w->first_process + k];
			bool runs = p == sleepers[i] || w->kind == SLEEP_SHARED;

			graph_add_edge(g, runs ? node_process(s, p) : node_end(s, p),
				       node_wakers(s, i));
		}
	}
	free(sleepers);
}

static void add_groups(struct graph *g, const struct snapshot *s)
{
	add_shared(g, s);
	add_wakers(g, s);
	for (size_t i = 0; i < s->nr_processes; i++)
		graph_add_edge(g, node_process(s, i), node_end(s, i));
}

/* Memory that clone(2) with CLONE_VM shares is that of several processes. */
static void find_mm_processes(struct model *m)
{
	bool *counted = xcalloc(m->s->nr_processes, sizeof(*counted));

	for (size_t i = 0; i < m->s->nr_threads; i++) {
		const struct thread *t = &m->s->threads[i];
		struct mm_state *mm = t->mm < 0 ? NULL : &m->mms[t->mm];

		if (!mm)
			continue;
		mm->nr_processes += t->process < 0 ? mm->tgid != t->tgid : !counted[t->process];
		mm->tgid = mm->tgid && mm->tgid != t->tgid ? PID_UNKNOWN : t->tgid;
		if (t->process >= 0)
			counted[t->process] = true;
	}
	free(counted);
}

static void count_vforks(struct model *m)
{
	for (size_t i = 0; i < m->s->nr_blocked; i++) {
		const struct blocked *b = &m->s->blocked[i];
		int mm = m->s->threads[b->thread].mm;

		if (mm >= 0 && m->s->wakers[b->wakers].kind == SLEEP_VFORK)
			m->mms[mm].nr_vforks++;
	}
}

static void find_complete_mms(struct model *m)
{
	for (size_t i = 0; i < m->s->nr_mms; i++) {
		const struct mm *mm = &m->s->mms[i];

		m->mms[i].runnable = m->mms[i].sleeper = -1;
		m->mms[i].complete = mm->known & M_LIVE && mm->known & M_HIDDEN &&
				     !mm->hidden && mm->live == mm->nr_threads &&
				     mm->live_threads && mm->live == mm->nr_live_tids &&
				     mm->complete != NO;
	}
}

/**
 * model_build() - find out which thread waits for which
 * @m: receives the model, which refers to @s; to be freed with model_free()
 * @s: the snapshot, indexed
 */
void model_build(struct model *m, const struct snapshot *s)
{
	*m = (struct model){
		.s = s,
		.own_state = xcalloc(s->nr_threads, sizeof(*m->own_state)),
		.state = xcalloc(s->nr_threads, sizeof(*m->state)),
		.first_waiter = xcalloc(s->nr_threads, sizeof(*m->first_waiter)),
		.first_blocked = xcalloc(s->nr_threads, sizeof(*m->first_blocked)),
		.holders = xcalloc(s->nr_threads, sizeof(*m->holders)),
		.exposed = xcalloc(s->nr_threads, sizeof(*m->exposed)),
		.mms = xcalloc(s->nr_mms, sizeof(*m->mms)),
	};
	find_complete_mms(m);
	find_mm_processes(m);
	find_own_states(m);
	count_vforks(m);
	find_holders(m);
	for (int pass = 0; pass < NR_PASSES; pass++) {
		graph_init(&m->graphs[pass], nr_nodes(s));
		m->levels[pass] = xcalloc(nr_nodes(s), sizeof(*m->levels[pass]));
		add_threads(m, &m->graphs[pass]);
		add_groups(&m->graphs[pass], s);
		add_waits(m, pass);
	}
}

/*
 * The fixpoint
 */

/* What a thread's own state says, without looking at others. */
static enum level own_level(const struct model *m, enum pass pass, size_t t)
{
	switch (m->own_state[t]) {
	case RUN_POSSIBLE:
		return LEVEL_RUNNABLE;
	case RUN_WAITS:
		/* Who comes to map a lock cannot release it for its holder. */
		return m->exposed[t] && !rests_on_holder(&m->holders[t], pass) ? LEVEL_RUNNABLE :
										 LEVEL_STUCK;
	case RUN_STOPPED:
		return thread_is_held_by_tracer(m->s, t) ? LEVEL_STUCK : LEVEL_STOPPED;
	default:
		return LEVEL_STUCK;
	}
}

static bool process_is_complete(const struct model *m, const struct process *p)
{
	return p->complete || (p->mm >= 0 && m->mms[p->mm].complete);
}

/*
 * For each process, whether all its threads are stopped.  Then no signal of its timers is handled,
 * or ends it, before somebody continues it (wants_signal()).
 */
static bool *find_halted(const struct model *m)
{
	const struct snapshot *s = m->s;
	bool *halted = xcalloc(s->nr_processes, sizeof(*halted));

	for (size_t i = 0; i < s->nr_processes; i++)
		halted[i] = process_is_complete(m, &s->processes[i]) &&
			    !process_may_stop(&s->processes[i]);
	for (size_t i = 0; i < s->nr_threads; i++) {
		const struct thread *t = &s->threads[i];

		if (t->process >= 0 && t->state != STATE_STOPPED && t->state != STATE_TRACED)
			halted[t->process] = false;
	}
	return halted;
}

static void set_process_levels(const struct model *m, unsigned char *levels)
{
	const struct snapshot *s = m->s;
	bool *halted = find_halted(m);

	for (size_t i = 0; i < s->nr_processes; i++) {
		const struct process *p = &s->processes[i];
		bool may_end = halted[i] ? process_is_hung_up(p) : process_may_end(p);

		if (!process_is_complete(m, p))
			levels[node_process(s, i)] = LEVEL_RUNNABLE;
		if (may_end)
			levels[node_end(s, i)] = LEVEL_RUNNABLE;
		/* The end of a process wakes others that use the same memory. */
		if (may_end && p->mm >= 0 && m->mms[p->mm].tgid == PID_UNKNOWN)
			levels[node_mm(s, p->mm)] = LEVEL_RUNNABLE;
	}
	free(halted);
}

static void set_own_levels(const struct model *m, enum pass pass, unsigned char *ceilings,
			   const bool *changed)
{
	unsigned char *levels = m->levels[pass];
	const struct snapshot *s = m->s;

	memset(ceilings, LEVEL_RUNNABLE, nr_nodes(s));
	for (size_t i = 0; i < s->nr_threads; i++) {
		levels[i] = own_level(m, pass, i);
		/* A tracer that can run may still never resume the threads that it traces. */
		if (model_is_stopped(m, i))
			ceilings[i] = LEVEL_STOPPED;
	}
	for (size_t i = 0; i < s->nr_mms; i++) {
		if (!m->mms[i].complete)
			levels[node_mm(s, i)] = LEVEL_RUNNABLE;
	}
	set_process_levels(m, levels);
	for (size_t i = 0; i < nr_nodes(s); i++) {
		if (changed[i] && levels[i] < LEVEL_CHANGED && ceilings[i] >= LEVEL_CHANGED)
			levels[i] = LEVEL_CHANGED;
	}
}

/**
 * model_may_be_signalled() - whether somebody who can run may send a process a signal that it
 *	handles
 * @m: the model, solved
 * @p: the process, or NULL for one that is not known
 */
bool model_may_be_signalled(const struct model *m, const struct process *p)
{
	if (!p || p->signallers < 0)
		return p && p->signallers == SIGNALLERS_UNKNOWN;
	return model_can_run(m, PASS_PROOF, node_wakers(m->s, p->signallers));
}

/**
 * model_may_be_traced() - whether a thread has a tracer that can run
 * @m: the model, solved
 * @thread: index of the thread
 */
bool model_may_be_traced(const struct model *m, int thread)
{
	int tracer = find_tracer(m->s, thread);

	return tracer >= 0 && m->s->threads[tracer].process >= 0 &&
	       model_can_run(m, PASS_PROOF, node_process(m->s, m->s->threads[tracer].process));
}

/*
 * What the sleeping threads turned out to be able to do.  A waiter on a private futex
 * still counts as waiting if it can be woken: it depends on the others of its process.
 */
static void settle_states(struct model *m)
{
	const struct snapshot *s = m->s;
	const unsigned char *levels = m->levels[PASS_PROOF];

	for (size_t t = 0; t < s->nr_threads; t++) {
		bool runnable = m->own_state[t] == RUN_SLEEPS && levels[t] == LEVEL_RUNNABLE;

		m->state[t] = runnable ? RUN_POSSIBLE : m->own_state[t];
	}
	for (size_t i = 0; i < s->nr_waiters; i++) {
		int t = s->waiters[i].thread;

		if (t >= 0 && model_waits(m, t) && levels[t] == LEVEL_RUNNABLE &&
		    (waiter_has_outside_wakers(s, &s->waiters[i]) || model_may_be_traced(m, t) ||
		     model_may_be_signalled(m, process_of_waiter(s, &s->waiters[i]))))
			m->state[t] = RUN_POSSIBLE;
	}
}

/*
 * How likely a thread that waits on no futex is what others wait for: it may hang in state D, or spin,
 * or read.  Who polls mostly waits for work.
 */
static int likeliness(const struct thread *t)
{
	if (t->state == STATE_DISK_SLEEP)
		return 3;
	if (t->state == STATE_RUNNING)
		return 2;
	return !t->polls && !(t->known & (T_EPOLL | T_POLLS));
}

/* The likeliest ones are first, and of those that are alike the first ones. */
static void add_other(struct mm_state *mm, const struct snapshot *s, int t)
{
	size_t i = mm->nr_others < MAX_OTHERS ? mm->nr_others : MAX_OTHERS;
	int likely = likeliness(&s->threads[t]);

	mm->nr_others++;
	for (; i && likeliness(&s->threads[mm->others[i - 1]]) < likely; i--) {
		if (i < MAX_OTHERS)
			mm->others[i] = mm->others[i - 1];
	}
	if (i < MAX_OTHERS)
		mm->others[i] = t;
}

static void find_mm_states(struct model *m)
{
	for (size_t i = 0; i < m->s->nr_threads; i++) {
		enum run_state state = m->state[i];
		struct mm_state *mm;

		if (m->s->threads[i].mm < 0)
			continue;
		mm = &m->mms[m->s->threads[i].mm];
		mm->nr_waiting += state == RUN_WAITS;
		mm->nr_sleeping += state == RUN_SLEEPS;
		mm->nr_stopped += state == RUN_STOPPED;
		if (state == RUN_POSSIBLE) {
			mm->nr_runnable++;
			/* Prefer a thread that is runnable without being woken. */
			if (mm->runnable < 0 || !model_waits(m, i))
				mm->runnable = i;
			if (m->first_waiter[i] < 0)
				add_other(mm, m->s, i);
		}
		if (state == RUN_SLEEPS)
			mm->sleeper = i;
	}
}

/**
 * model_solve() - find out which threads can run
 * @m: the model; to be solved once
 * @changed: for each pass and node, whether two looks disagree about the node
 */
void model_solve(struct model *m, bool *const changed[NR_PASSES])
{
	unsigned char *ceilings = xcalloc(nr_nodes(m->s), sizeof(*ceilings));

	for (int pass = 0; pass < NR_PASSES; pass++) {
		set_own_levels(m, pass, ceilings, changed[pass]);
		propagate(&m->graphs[pass], m->levels[pass], ceilings);
	}
	free(ceilings);
	settle_states(m);
	find_mm_states(m);
}

/**
 * model_propagate() - propagate anything along the graph of a pass, as wakes do
 * @m: the model
 * @pass: the pass
 * @levels: as for propagate()
 * @ceilings: as for propagate()
 */
void model_propagate(const struct model *m, enum pass pass, unsigned char *levels,
		     const unsigned char *ceilings)
{
	propagate(&m->graphs[pass], levels, ceilings);
}

/* Of those that map a word, so many are asked. */
#define MAX_ASKED	4

/**
 * model_find_mapper() - find a thread that maps a shared word and can run without being woken
 * @m: the model, solved
 * @shared: the word
 *
 * Return: its index, or -1: none of the first few mms has one.
 */
int model_find_mapper(const struct model *m, const struct shared *shared)
{
	for (size_t i = 0; i < shared->nr_maps && i < MAX_ASKED; i++) {
		int t = m->mms[m->s->maps[shared->first_map + i]].runnable;

		if (t >= 0 && !model_waits(m, t))
			return t;
	}
	return -1;
}

/**
 * model_free() - free the memory of a model
 * @m: the model; its snapshot stays
 */
void model_free(struct model *m)
{
	free(m->own_state);
	free(m->state);
	free(m->first_waiter);
	free(m->first_blocked);
	free(m->holders);
	free(m->exposed);
	free(m->mms);
	for (int pass = 0; pass < NR_PASSES; pass++) {
		graph_free(&m->graphs[pass]);
		free(m->levels[pass]);
	}
}
