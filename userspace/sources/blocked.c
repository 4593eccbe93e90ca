// SPDX-License-Identifier: GPL-2.0-only
/*
 * What threads sleep for that wait for no futex, and which processes could end that.
 *
 * A sleep gets a record only if certain processes alone can end it: on pipes and unix sockets, for
 * children and tracees, of a vfork parent, for file locks, and for timers that are not armed.  Any
 * other thread, and any that cannot be read, has no record, so it counts as able to run.
 *
 * The processes that could end a sleep are added to the snapshot, unless they are in it,
 * and what their threads sleep for is looked at in turn.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "blocked.h"
#include "blocker.h"
#include "scan.h"
#include "signals.h"

/* The first pid namespace, in which all processes have an id. */
#define FIRST_PID_NS	"pid:[4026531836]"	/* PROC_PID_INIT_INO, linux/proc_ns.h */

/**
 * add_blocker() - record one of the things that a thread sleeps for
 * @r: the reader
 * @kind: what it is
 * @id: as in struct wakers
 * @other: as in struct blocker
 * @thread: index of the thread
 */
void add_blocker(struct reader *r, enum sleep_kind kind, uint64_t id, uint64_t other, int thread)
{
	array_push(r->blockers, r->nr_blockers, (struct blocker){
		.kind = kind, .id = id, .other = other, .thread = thread });
}

/*
 * Processes
 */

/* Add a process to the snapshot, unless it is in it. */
static void add_process(struct reader *r, pid_t pid)
{
	size_t first = r->s->nr_threads;

	if (snapshot_find_process(r->s, pid) >= 0 || idmap_find(&r->by_pid, pid) >= 0 ||
	    r->nr_added == r->max_added)
		return;
	idmap_add(&r->by_pid, pid, r->nr_added++);
	if (!scan_process(r->root, r->s, pid))
		return;
	for (size_t i = first; i < r->s->nr_threads; i++)
		r->s->threads[i].process = r->s->nr_processes - 1;
	snapshot_mark_state_d(r->s, first);
}

/* Add the process of a thread of which only the id is known. */
static void add_process_of(struct reader *r, pid_t tid)
{
	pid_t tgid;

	/* Many threads may have one tracer, and many waiters one owner. */
	if (tid <= 0 || snapshot_find_thread(r->s, tid) >= 0 || idmap_find(&r->by_pid, tid) >= 0)
		return;
	tgid = procfs_tgid(r->root, tid);
	if (tgid)
		add_process(r, tgid);
}

static void add_wakers_to_snapshot(struct reader *r, const struct blocker *b)
{
	struct pids p;

	if (!list_wakers(r, b, &p))
		return;
	for (size_t i = 0; i < p.nr; i++)
		add_process(r, p.ids[i]);
}

/*
 * Threads
 */

/* Whether a timer's signal may end any call. */
static bool may_have_timer(const struct reader *r, const struct thread *t)
{
	const struct process *p = process_of_thread(r->s, t);
	uint64_t ns;

	return !p || process_wakes_itself(p, &ns) ||
	       (!(p->known & P_ARMED) && p->timers != NO);
}

/*
 * It is all or nothing: without one of the things that it sleeps for nothing is proven.
 *
 * Return: whether it can run, as far as is known, whatever others do.
 */
static bool look_at_thread(struct reader *r, int thread)
{
	const struct thread *t = &r->s->threads[thread];
	size_t first = r->nr_blockers;

	if (t->state == STATE_TRACED)
		return false;
	if ((t->state != STATE_SLEEPING && t->state != STATE_DISK_SLEEP) || t->exiting == YES ||
	    t->io_worker == YES || t->io_uring == YES || may_have_timer(r, t))
		return thread_is_alive(t) && t->state != STATE_STOPPED;
	if (!note_sleep(r, thread))
		r->nr_blockers = first;
	for (size_t i = first; i < r->nr_blockers; i++)
		add_wakers_to_snapshot(r, &r->blockers[i]);
	return r->nr_blockers == first;
}

/*
 * Signals
 */

static struct blocker signallers_of(const struct process *p)
{
	return (struct blocker){ .kind = SLEEP_SIGNAL, .id = p->tgid, .thread = -1 };
}

/*
 * Whether somebody who is not known may send it a signal that it handles.  Nothing shows to
 * which process a file sends them (F_SETOWN).
 */
static bool is_signalled_by_others(struct reader *r, const struct process *p)
{
	uint64_t handled = process_handles(p, UINT64_MAX);

	return (handled && files_may_signal(r->root, p->tgid, handled)) ||
	       (handled & OF_FILES && get_descriptors(r)->async) ||
	       (handled & SIGNAL(SIGCHLD) && may_be_init(r, p->tgid)) ||
	       (handled & p->pdeath && p->ppid <= 0);
}

/*
 * Which handlers its parent has, too.  Who has outlived its parent, as daemons have, took them over
 * long ago.
 */
static void find_inherited(const struct reader *r, struct process *p)
{
	char status[PROCFS_FILE_SIZE];
	const char *caught = NULL;

	if (p->execed == YES || p->ppid <= 0)
		return;
	if (p->ppid > 1) {
		if (!procfs_read(status, r->root, "%d/status", p->ppid))
			caught = status_field(status, "SigCgt");
		if (!caught)
			return;
		p->inherited = strtoull(caught, NULL, 16);
	}
	p->known |= P_INHERITED;
}

/*
 * A signal that is handled may end any sleep, and one that is not ends the process.  If a
 * thread of the process can run anyway, it does not matter.
 */
static void look_at_process(struct reader *r, int process)
{
	struct process *p = &r->s->processes[process];
	struct blocker b = signallers_of(p);

	p->has_terminal = has_terminal(r->root, p->tgid);
	find_inherited(r, p);
	if (is_signalled_by_others(r, p)) {
		p->signallers = SIGNALLERS_UNKNOWN;
	} else if (process_handles(p, p->pdeath) || may_be_signalled_by_family(r, p)) {
		array_push(r->signalled, r->nr_signalled, process);
		add_wakers_to_snapshot(r, &b);
	}
}

/*
 * All
 */

/* Which threads wait on futexes. */
static bool *find_waiting(struct reader *r)
{
	bool *waits = xcalloc(r->s->nr_threads, sizeof(*waits));

	for (size_t i = 0; i < r->s->nr_waiters; i++) {
		const struct waiter *w = &r->s->waiters[i];

		if (w->thread >= 0 && w->call != CALL_IO_URING)
			waits[w->thread] = true;
	}
	return waits;
}

/* What is looked at may add more processes, which are looked at in turn. */
static void look_at_all(struct reader *r)
{
	size_t nr = r->s->nr_threads, threads = 0, processes = 0;
	bool *waits = find_waiting(r);

	/* A fork may have copied a PI lock whose owner's process has no waiters. */
	for (size_t i = 0; i < r->s->nr_waiters; i++)
		add_process_of(r, r->s->waiters[i].pi_owner);
	while (threads < r->s->nr_threads || processes < r->s->nr_processes) {
		for (; threads < r->s->nr_threads; threads++) {
			/* Others may be added, so that the threads move. */
			const struct thread t = r->s->threads[threads];
			int process = t.process;

			add_process_of(r, t.tracer);
			if (threads < nr && waits[threads] && t.state != STATE_TRACED)
				continue;
			if (look_at_thread(r, threads) && process >= 0)
				r->s->processes[process].busy = true;
		}
		if (processes == r->s->nr_processes)
			break;
		if (!r->s->processes[processes].busy)
			look_at_process(r, processes);
		processes++;
	}
	free(waits);
}

/* Whether a shared word is the first in a file that others may have open, which @b gets. */
static bool begins_open_file(const struct snapshot *s, size_t i, struct blocker *b)
{
	const struct shared *shared = &s->shared[i];

	*b = (struct blocker){ .kind = SLEEP_SHARED, .id = shared->ino, .thread = -1 };
	return shared->reach == REACH_OPEN && shared_begins_file(s, i);
}

static void look_at_shared(struct reader *r)
{
	struct blocker b;

	for (size_t i = 0; i < r->s->nr_shared; i++) {
		if (begins_open_file(r->s, i, &b))
			add_wakers_to_snapshot(r, &b);
	}
}

/*
 * The sets of processes
 */

static int compare_blockers(const void *x, const void *y)
{
	const struct blocker *a = x, *b = y;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	if (a->other != b->other)
		return a->other < b->other ? -1 : 1;
	if (a->sees_stops != b->sees_stops)
		return a->sees_stops ? 1 : -1;
	return a->thread < b->thread ? -1 : a->thread > b->thread;
}

static bool is_same_blocker(const struct blocker *a, const struct blocker *b)
{
	return a->kind == b->kind && a->id == b->id && a->other == b->other &&
	       a->sees_stops == b->sees_stops;
}

/*
 * Add the processes that could end a sleep to its set.  A process that no thread is running in may
 * still be stopped or continued, which some sleeps see.
 *
 * Return: whether they are known.
 */
static bool add_wakers(struct reader *r, const struct blocker *b)
{
	struct pids pids;

	if (!list_wakers(r, b, &pids))
		return false;
	for (size_t i = 0; i < pids.nr; i++) {
		int p = snapshot_find_process(r->s, pids.ids[i]);

		if (p < 0 || (b->sees_stops && process_may_stop(&r->s->processes[p])))
			return false;
		snapshot_add_waker(r->s, p);
	}
	return true;
}

static void add_blocked(struct reader *r)
{
	bool *unknown = xcalloc(r->s->nr_threads, sizeof(*unknown));
	int *wakers = xcalloc(r->nr_blockers, sizeof(*wakers));
	bool known = false;

	if (r->nr_blockers)
		qsort(r->blockers, r->nr_blockers, sizeof(*r->blockers), compare_blockers);
	for (size_t i = 0; i < r->nr_blockers; i++) {
		const struct blocker *b = &r->blockers[i];

		if (!i || !is_same_blocker(b, b - 1)) {
			wakers[i] = snapshot_add_wakers(r->s, b->kind, b->id);
			known = add_wakers(r, b);
		} else {
			wakers[i] = wakers[i - 1];
		}
		unknown[b->thread] |= !known;
	}
	for (size_t i = 0; i < r->nr_blockers; i++) {
		if (!unknown[r->blockers[i].thread])
			snapshot_add_blocked(r->s, r->blockers[i].thread, wakers[i]);
	}
	free(unknown);
	free(wakers);
}

static void add_openers(struct reader *r)
{
	struct blocker b;
	int openers = -1;

	for (size_t i = 0; i < r->s->nr_shared; i++) {
		struct shared *shared = &r->s->shared[i];

		if (begins_open_file(r->s, i, &b)) {
			openers = snapshot_add_wakers(r->s, b.kind, b.id);
			if (!add_wakers(r, &b))
				openers = -1;
		}
		if (shared->reach == REACH_OPEN)
			shared->openers = openers;
	}
}

static void add_signallers(struct reader *r)
{
	for (size_t i = 0; i < r->nr_signalled; i++) {
		struct process *p = &r->s->processes[r->signalled[i]];
		struct blocker b = signallers_of(p);
		int wakers = snapshot_add_wakers(r->s, b.kind, b.id);

		p->signallers = add_wakers(r, &b) ? wakers : SIGNALLERS_UNKNOWN;
	}
}

static bool is_in_first_ns(const char *root, const char *pid)
{
	char target[PROCFS_LINK_SIZE];

	return !procfs_link(target, root, "%s/ns/pid", pid) && !strcmp(target, FIRST_PID_NS);
}

/*
 * Outside the first pid namespace, or without the right to look at process 1 there
 * (hidepid), there may be processes that are not shown.
 */
static bool shows_all_processes(const char *root)
{
	return is_in_first_ns(root, "self") && is_in_first_ns(root, "1");
}

/* There may be more children and parents than are seen. */
static void expect_signals(struct reader *r)
{
	for (size_t i = 0; i < r->s->nr_processes; i++) {
		struct process *p = &r->s->processes[i];

		p->has_terminal = has_terminal(r->root, p->tgid);
		find_inherited(r, p);
		if (process_handles(p, p->pdeath) || may_be_signalled_by_family(r, p) ||
		    is_signalled_by_others(r, p))
			p->signallers = SIGNALLERS_UNKNOWN;
	}
}

/**
 * find_blocked() - find out what threads sleep for that wait for no futex
 * @root: where proc is mounted, for the pid namespace that @s was read in
 * @compare: &host_comparers, or what stands for it in a test
 * @s: a snapshot of this host as it is now, indexed, whose mappings have been found.  Its
 *	blocked threads and wakers are filled in, and who has its shared memory open; the
 *	processes that these name are added, and it is indexed again.
 *
 * What is read is not of one moment.  But a thread that did not run between two snapshots is
 * in the same call in both, so it was in that call when it was looked at in between.  Where
 * @root may not show all processes, nothing is filled in.
 */
void find_blocked(const char *root, const struct comparers *compare, struct snapshot *s)
{
	struct reader r = { .root = root, .compare = compare, .s = s };

	if (!shows_all_processes(root)) {
		expect_signals(&r);
		relations_free(&r.children);
		free_descriptors(&r.descriptors);
		return;
	}
	free(procfs_list_ids(&r.max_added, root, "."));
	idmap_init(&r.by_pid, r.max_added);
	snapshot_mark_state_d(s, 0);
	look_at_shared(&r);
	look_at_all(&r);
	if (r.nr_added)
		snapshot_index(s);
	add_blocked(&r);
	add_openers(&r);
	add_signallers(&r);
	idmap_free(&r.by_pid);
	free_descriptors(&r.descriptors);
	relations_free(&r.children);
	free(r.blockers);
	free(r.signalled);
}
