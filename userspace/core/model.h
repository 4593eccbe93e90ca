/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model of one snapshot: which threads can run, and which could wake others.
 */
#ifndef FUTEXINSPECT_MODEL_H
#define FUTEXINSPECT_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include "propagate.h"
#include "snapshot.h"

/* What a thread does. */
enum run_state {
	RUN_POSSIBLE,		/* it is runnable, or nothing shows that it is not */
	RUN_WAITS,		/* it waits on futexes, and only known wakers can wake it */
	RUN_SLEEPS,		/* in another call, which only known processes can end */
	RUN_STOPPED,
	RUN_DEAD,
	NR_RUN_STATES
};

/* Of a thread, or of a group that wakes threads, from the worst to the best. */
enum level {
	LEVEL_STUCK,		/* cannot run, and no waker of it can */
	LEVEL_STOPPED,		/* can run if only somebody continues a stopped thread */
	LEVEL_CHANGED,		/* the two looks do not agree that it cannot run */
	LEVEL_RUNNABLE,
};

/* The proof takes no word in memory for a lock; the other pass trusts what looks like one. */
enum pass {
	PASS_PROOF,
	PASS_HOLDERS,
	NR_PASSES
};

/* What shows which thread holds a lock. */
enum evidence {
	BY_NOTHING,
	BY_WORDS,		/* what memory around the futex looks like */
	BY_EXIT,		/* the word is the clear_child_tid of the holder */
	BY_KERNEL,		/* the kernel's state of a PI futex */
	NR_EVIDENCE
};

/* As in JSON; the name of BY_NOTHING is NULL. */
extern const char *const evidence_names[NR_EVIDENCE];

/* The only thread that can wake a thread that waits for a lock. */
struct holder {
	enum evidence evidence;
	enum primitive primitive;	/* may be known without a holder */
	pid_t id;		/* as the word or the kernel has it.  PID_UNKNOWN: not known,
				 * but if @thread is set, no other thread can be the holder.
				 */
	int thread;		/* index, or -1: the snapshot has no such thread ... */
	bool gone;		/* ... and no other thread can have the id */
	bool may_differ;	/* the thread took the lock, but another one may release it */
};

/* Whether its waiter waits for the end of the holder, which holds no lock. */
static inline bool holder_is_joined(const struct holder *h)
{
	return h->evidence == BY_EXIT || h->primitive == PTHREAD_JOIN;
}

/* Threads of an mm that are named where no holder is known. */
#define MAX_OTHERS	3

/* What the threads of one mm do. */
struct mm_state {
	size_t nr_runnable;
	size_t nr_waiting;
	size_t nr_sleeping;
	size_t nr_stopped;
	int runnable;		/* one of the runnable threads, or -1 */
	int others[MAX_OTHERS];	/* of those that wait on no futex, the likeliest ones ... */
	size_t nr_others;	/* ... and how many there are of them */
	int sleeper;		/* one of the sleeping threads, or -1 */
	bool complete;		/* all threads of the mm are in the snapshot */
	pid_t tgid;		/* of all its threads; PID_UNKNOWN: they are of several processes */
	size_t nr_processes;
	size_t nr_vforks;	/* of its threads, those that wait for a child of vfork(2) */
};

struct model {
	const struct snapshot *s;
	/* For each thread: */
	enum run_state *own_state;	/* by itself */
	enum run_state *state;		/* after all possible wakes */
	int *first_waiter;		/* index of its first waiter record, or -1 */
	int *first_blocked;		/* index of its first record in snapshot.blocked, or -1 */
	struct holder *holders;
	bool *exposed;			/* who is not known may come to wake it, or the kernel */
	/* For each mm: */
	struct mm_state *mms;
	/* For each pass: */
	struct graph graphs[NR_PASSES];
	unsigned char *levels[NR_PASSES];	/* enum level of each node */
};

/*
 * Nodes of the graphs: threads have their own index, then come mms, processes, words in
 * shared memory, sets of wakers, and the ends of processes.
 */
size_t node_mm(const struct snapshot *s, int mm);
size_t node_process(const struct snapshot *s, int process);
size_t node_shared(const struct snapshot *s, int shared);
size_t node_wakers(const struct snapshot *s, int wakers);
size_t node_end(const struct snapshot *s, int process);
size_t nr_nodes(const struct snapshot *s);

void model_build(struct model *m, const struct snapshot *s);
void model_solve(struct model *m, bool *const changed[NR_PASSES]);
void model_propagate(const struct model *m, enum pass pass, unsigned char *levels,
		     const unsigned char *ceilings);
int model_find_mapper(const struct model *m, const struct shared *shared);
void model_free(struct model *m);

/* Questions about a node, or an mm. */

static inline enum level model_level(const struct model *m, enum pass pass, size_t node)
{
	return m->levels[pass][node];
}

static inline bool model_can_run(const struct model *m, enum pass pass, size_t node)
{
	return m->levels[pass][node] == LEVEL_RUNNABLE;
}

static inline const struct mm_state *model_mm(const struct model *m, int mm)
{
	return &m->mms[mm];
}

/* Questions about a thread. */

static inline enum run_state model_own_state(const struct model *m, int thread)
{
	return m->own_state[thread];
}

static inline bool model_waits(const struct model *m, int thread)
{
	return m->own_state[thread] == RUN_WAITS;
}

static inline bool model_is_stopped(const struct model *m, int thread)
{
	return m->own_state[thread] == RUN_STOPPED;
}

static inline bool model_is_dead(const struct model *m, int thread)
{
	return m->own_state[thread] == RUN_DEAD;
}

static inline enum run_state model_state(const struct model *m, int thread)
{
	return m->state[thread];
}

static inline const struct holder *model_holder(const struct model *m, int thread)
{
	return &m->holders[thread];
}

/* The index of its first waiter record, or -1 */
static inline int model_first_wait(const struct model *m, int thread)
{
	return m->first_waiter[thread];
}

const struct waiter *model_first_waiter(const struct model *m, int thread);
const char *model_state_name(const struct model *m, int thread);
const struct wakers *model_wakers(const struct model *m, int thread);

bool model_may_be_signalled(const struct model *m, const struct process *p);
bool model_may_be_traced(const struct model *m, int thread);
bool waiter_has_outside_wakers(const struct snapshot *s, const struct waiter *w);
bool thread_is_held_by_tracer(const struct snapshot *s, int thread);
int find_tracer(const struct snapshot *s, int thread);

#endif
