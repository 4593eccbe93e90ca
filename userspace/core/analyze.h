/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_ANALYZE_H
#define FUTEXINSPECT_ANALYZE_H

#include <stdbool.h>
#include <stddef.h>

#include "locks.h"
#include "propagate.h"
#include "snapshot.h"

/* Worst first. */
enum verdict {
	VERDICT_DEADLOCK,	/* waits, by way of holders, for itself */
	VERDICT_ORPHANED,	/* the holder is gone or in another process */
	VERDICT_NO_WAKER,	/* nobody alive can wake it, no holder known */
	VERDICT_STOPPED,	/* only stopped threads could wake it */
	VERDICT_LOST_WAKE,	/* it sleeps though its word no longer says so */
	VERDICT_WAITING,	/* somebody can */
	VERDICT_TIMED,		/* wakes by itself */
	VERDICT_UNKNOWN,	/* what matters is not known, or it moved */
	NR_VERDICTS
};

/*
 * How sure it is that nobody can wake the waiter as things are: of a verdict
 * of waiting, timed or unknown there is nothing to be sure.  It is not about
 * the kind of verdict: which lock it is and who held it always rests on the
 * words in memory.
 */
enum certainty {
	CERTAINTY_CERTAIN,
	CERTAINTY_BARRING_SIGNALS,
	CERTAINTY_LIKELY,
	CERTAINTY_NONE,
	NR_CERTAINTIES
};

/* Why a certainty is no better; the last that applies counts. */
enum limit {
	LIMIT_NONE,
	LIMIT_HANDLERS,		/* the process catches signals, or it is unknown */
	LIMIT_VALUE,		/* a waiter would not wait again, if it were interrupted */
	LIMIT_PROCESSES,	/* the end of another process may wake it */
	LIMIT_PI,		/* others can run, but only the kernel's owner can wake it */
	LIMIT_TRACED,		/* a tracer can do anything */
	LIMIT_SLEEP,		/* rests on what a thread sleeps in, by /proc */
	LIMIT_SHARED,		/* others may map the word later */
	LIMIT_PROC,		/* /proc does not show the queue */
	LIMIT_ONE_LOOK,
	LIMIT_EXIT,		/* somebody can run who could end the holder's process */
	LIMIT_HOLDER,		/* rests on a decoded lock word */
};

enum reason {
	/* deadlock */
	REASON_SELF,		/* holds the lock itself */
	REASON_CYCLE,		/* is in a cycle */
	REASON_TO_CYCLE,	/* waits for a cycle, by way of the holder */
	/* orphaned */
	REASON_GONE,		/* the holder is not in the address space */
	REASON_TO_GONE,		/* the same of the holder that the chain ends at */
	/* no-waker */
	REASON_FORK,		/* alone after fork() without execve() */
	REASON_ALONE,		/* the only live thread */
	REASON_ALL_WAIT,	/* all threads of the address space wait */
	REASON_ALL_SLEEP,	/* the same, some of them not on futexes */
	REASON_ALL_SHARED,	/* all threads that map the shared word wait */
	REASON_TO_STUCK,	/* the holder waits, and nobody can wake it */
	REASON_STUCK,		/* who could wake it waits for what does not come */
	REASON_TRACER,		/* it is stopped, and its tracer is stuck */
	/* stopped */
	REASON_SELF_STOPPED,
	REASON_SELF_FROZEN,
	REASON_ALL_STOPPED,	/* of those that do not wait */
	REASON_HOLDER_STOPPED,
	REASON_TO_STOPPED,
	/* lost-wake */
	REASON_LOST,		/* the word is 0, and nobody ran between the looks */
	/* waiting */
	REASON_HOLDER,		/* the holder can run */
	REASON_TO_HOLDER,
	REASON_CAN_RUN,		/* some thread of the address space can run */
	REASON_UNSEEN,		/* there are threads that the snapshot lacks */
	REASON_OTHER_WORD,	/* futex_waitv(), and another of its words may be woken */
	REASON_SHARED,		/* whoever maps the file can wake it */
	REASON_REQUEST,		/* not a thread, but a request waits */
	REASON_IO_URING,	/* a request of the thread's may make it run */
	REASON_PI_OWNER,	/* a PI lock whose owner is elsewhere, or not known */
	/* timed */
	REASON_TIMEOUT,
	/* unknown */
	REASON_NO_RECORD,	/* its thread or address space is not in the snapshot */
	REASON_UNSTABLE,	/* it ran while it was being looked at */
	REASON_MOVED,		/* the two looks differ */
	REASON_ERRORS,		/* the kernel's data were not as expected */
	REASON_KEY,		/* it is not known who may wake it */
	REASON_CALL,		/* it is not known what ends the call */
};

/* What says who holds a lock. */
enum evidence {
	BY_NOTHING,
	BY_WORDS,		/* what memory around the futex looks like */
	BY_EXIT,		/* the word is the clear_child_tid of the holder */
	BY_KERNEL,		/* the kernel's state of a PI futex */
};

/* Who alone can wake a thread that waits for a lock. */
struct holder {
	enum evidence evidence;
	const char *primitive;	/* what it waits for, or NULL; may be known with no holder */
	pid_t id;		/* as the word or the kernel has it; PID_UNKNOWN: not known,
				 * but nobody other than @thread may be it, if that is one
				 */
	int thread;		/* or -1: none that the snapshot holds ... */
	bool gone;		/* ... and no other has it */
};

struct judgement {
	enum verdict verdict;
	enum certainty certainty;
	enum limit limit;
	enum reason reason;
	const char *lock;	/* what it waits for, or NULL if not recognised */
	pid_t holder;		/* of it, or PID_UNKNOWN; see holder_thread */
	int holder_thread;	/* or -1: @holder is an id as the word has it */
	int end_thread;		/* where the chain of holders ends, or -1 ... */
	pid_t end_holder;	/* ... and the holder there that is gone */
	size_t cycle_size;	/* threads in the cycle that it is in, or 0 */
	int runner;		/* a thread that can run, or -1 */
};

/* Of one address space: what its threads can do. */
struct mm_state {
	size_t nr_able;
	size_t nr_waiting;
	size_t nr_sleeping;
	size_t nr_stopped;
	int runner;		/* one of the able, or -1 */
	int sleeper;		/* one of the sleeping, or -1 */
	bool complete;		/* all threads are in the snapshot */
};

enum ability {
	ABLE,			/* can run, or nothing shows that it cannot */
	WAITING,		/* on futexes; nobody outside its address space can run who
				 * could wake it
				 */
	SLEEPING,		/* in another call, and who could end it cannot run */
	STOPPED,
	DEAD,
};

/* Of a thread, or of what wakes threads, from best to worst known. */
enum level {
	LEVEL_STUCK,		/* cannot run, and nobody who can could wake it */
	LEVEL_STOPPED,		/* if only somebody continues a stopped thread */
	LEVEL_MOVED,		/* the two looks do not agree that it cannot */
	LEVEL_ABLE,
};

/* The proof knows no lock; the other pass takes what looks like one for one. */
enum pass {
	PASS_PROOF,
	PASS_HOLDERS,
	NR_PASSES
};

struct analysis {
	const struct snapshot *s;
	struct judgement *judgements;	/* one for each waiter */
	enum ability *abilities;	/* one for each thread; so all below, but for ... */
	enum ability *blocked;		/* the same before anybody wakes anybody */
	int *first_waiter;		/* or -1 */
	int *first_sleep;		/* or -1 */
	struct holder *holders;
	struct mm_state *mms;		/* ... one for each mm */
	struct reach graphs[NR_PASSES];
	unsigned char *levels[NR_PASSES];	/* one for each node, threads first */
	size_t nr_verdicts[NR_VERDICTS];
	size_t nr_suspects;		/* waiters that a second look may find left behind */
	bool two_looks;
};

void analyze(struct analysis *a, const struct snapshot *now, const struct snapshot *before);
void analysis_free(struct analysis *a);
bool analysis_needs_second_look(const struct analysis *a);
bool verdict_is_stuck(enum verdict verdict);
const char *verdict_name(enum verdict verdict);
const char *certainty_name(enum certainty certainty);
ssize_t analysis_find_waiter(const struct analysis *a, pid_t tid);
size_t *analysis_rank(const struct analysis *a);

#endif
