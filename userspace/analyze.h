/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_ANALYZE_H
#define FUTEXINSPECT_ANALYZE_H

#include <stdbool.h>
#include <stddef.h>

#include "decode.h"
#include "snapshot.h"

/* Worst first. */
enum verdict {
	VERDICT_DEADLOCK,	/* waits, by way of holders, for itself */
	VERDICT_ORPHANED,	/* the holder is gone or in another process */
	VERDICT_NO_WAKER,	/* nobody alive can wake it, no holder known */
	VERDICT_STOPPED,	/* only stopped threads could wake it */
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
	LIMIT_TRACED,		/* a tracer can do anything */
	LIMIT_PROC,		/* /proc does not show the queue */
	LIMIT_ONE_LOOK,
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
	/* stopped */
	REASON_SELF_STOPPED,
	REASON_SELF_FROZEN,
	REASON_ALL_STOPPED,	/* of those that do not wait */
	REASON_HOLDER_STOPPED,
	REASON_TO_STOPPED,
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

struct judgement {
	enum verdict verdict;
	enum certainty certainty;
	enum limit limit;
	enum reason reason;
	const char *lock;	/* kind of lock, or NULL if not recognised */
	pid_t holder;		/* of it, or PID_UNKNOWN; see holder_thread */
	int holder_thread;	/* in this mm, or -1: @holder is an id as the word has it */
	int end_thread;		/* where the chain of holders ends, or -1 ... */
	pid_t end_holder;	/* ... and the holder there that is gone */
	size_t cycle_size;	/* threads in the cycle that it is in, or 0 */
	int runner;		/* a thread that can run, or -1 */
};

/* Of one address space: what its threads can do. */
struct mm_state {
	size_t nr_able;
	size_t nr_waiting;
	size_t nr_stopped;
	int runner;		/* one of the able, or -1 */
	bool complete;		/* all threads are in the snapshot */
};

enum ability {
	ABLE,			/* can run, or nothing shows that it cannot */
	WAITING,		/* until somebody of its address space wakes it */
	STOPPED,
	DEAD,
};

struct analysis {
	const struct snapshot *s;
	struct judgement *judgements;	/* one for each waiter */
	enum ability *abilities;	/* one for each thread */
	int *first_waiter;		/* of each thread, or -1 */
	struct mm_state *mms;		/* one for each mm */
	size_t nr_verdicts[NR_VERDICTS];
	bool two_looks;
};

void analyze(struct analysis *a, const struct snapshot *now, const struct snapshot *before);
void analysis_free(struct analysis *a);
bool analysis_stuck(const struct analysis *a);
bool analysis_needs_second_look(const struct analysis *a);
bool verdict_is_stuck(enum verdict verdict);
const char *verdict_name(enum verdict verdict);
const char *certainty_name(enum certainty certainty);
ssize_t analysis_find_waiter(const struct analysis *a, pid_t tid);
size_t *analysis_rank(const struct analysis *a);

#endif
