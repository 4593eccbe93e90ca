/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_ANALYZE_H
#define FUTEXINSPECT_ANALYZE_H

#include <stdbool.h>
#include <stddef.h>

#include "contention.h"
#include "model.h"
#include "verdicts.h"

/* Why a waiter has its verdict: see output/sentences.c. */
enum reason {
	/* deadlock */
	REASON_SELF,		/* holds the lock itself */
	REASON_CYCLE,		/* is in a cycle */
	REASON_TO_CYCLE,	/* waits for a cycle, through its holder */
	/* orphaned */
	REASON_GONE,		/* its holder is not in its mm */
	REASON_TO_GONE,		/* the same, of the holder at the end of the chain */
	/* no-waker */
	REASON_FORK,		/* alone after fork() without execve() */
	REASON_ALONE,		/* the only live thread */
	REASON_ALL_WAIT,	/* all threads of the mm wait */
	REASON_ALL_SLEEP,	/* the same, but some of them wait for something else */
	REASON_ALL_SHARED,	/* all threads that map the shared word wait */
	REASON_TO_STUCK,	/* the holder waits, and no thread can wake it */
	REASON_STUCK,		/* the threads that could wake it wait for what does not come */
	REASON_TRACER,		/* it is stopped, and its tracer is stuck */
	/* stopped */
	REASON_SELF_STOPPED,
	REASON_SELF_FROZEN,
	REASON_ALL_STOPPED,	/* all that do not wait */
	REASON_WAKERS_STOPPED,	/* the threads that could wake it wait for stopped ones */
	REASON_HOLDER_STOPPED,
	REASON_TO_STOPPED,
	/* lost-wake */
	REASON_LOST,		/* the word is 0, and no thread ran between the looks */
	/* signal */
	REASON_OUTSIDE,		/* all threads of the process wait for events, and it handles SIGTERM */
	/* blocked, or waiting */
	REASON_HOLDER,		/* it waits for a holder, which may release the lock, ... */
	REASON_TO_HOLDER,	/* ... or which waits itself, through others */
	REASON_CAN_RUN,		/* some thread of the mm is not blocked */
	REASON_RETRIES,		/* it has a timeout, and waits for the same word in both looks */
	REASON_UNSEEN,		/* there are threads that the snapshot lacks */
	REASON_OTHER_WORD,	/* futex_waitv(), and another of its words may be woken */
	REASON_SHARED,		/* any process that maps the file can wake it */
	REASON_REQUEST,		/* no thread waits, but a request */
	REASON_IO_URING,	/* a request of the thread may make it run */
	REASON_TIMER,		/* a timer of its process may send a signal that has a handler */
	REASON_SIGNAL,		/* somebody may send its process a signal that has a handler */
	REASON_TRACED,		/* its tracer can run */
	REASON_PI_OWNER,	/* a PI lock whose owner is elsewhere, or not known */
	/* timed */
	REASON_TIMEOUT,
	/* unknown */
	REASON_NO_RECORD,	/* its thread or mm is not in the snapshot */
	REASON_UNSTABLE,	/* it ran while it was being looked at */
	REASON_CHANGED,		/* the two looks differ */
	REASON_ERRORS,		/* the kernel's data were not as expected */
	REASON_KEY,		/* it is not known which threads may wake it */
	REASON_CALL,		/* it is not known what ends the call */
	NR_REASONS
};

struct judgement {
	enum verdict verdict;
	enum certainty certainty;
	enum caveat caveat;
	enum reason reason;
	enum primitive primitive;
	pid_t holder;		/* of the lock, or PID_UNKNOWN; see holder_thread */
	int holder_thread;	/* index, or -1: @holder is the id in the word */
	int end_thread;		/* where the chain of holders ends, or -1 ... */
	pid_t end_holder;	/* ... and the holder there that is gone */
	size_t cycle_size;	/* threads in the cycle that it is in, or 0 */
	int runnable;		/* a thread of its mm that can run, or -1 */
	bool may_be_copy;	/* fork may have copied what it waits for as its parent had it */
	bool retries;		/* it has a timeout, and waited for the same before */
};

struct analysis {
	struct model model;
	const struct snapshot *s;
	struct judgement *judgements;	/* one for each waiter */
	struct contention *contention;	/* the same */
	size_t *order;		/* of the waiters: the worst first */
	size_t nr_verdicts[NR_VERDICTS];
	size_t nr_suspects;	/* waiters whose wake a second look may find lost */
	bool two_looks;
	const struct stacks *stacks;	/* of some of the threads, or NULL; not owned */
};

void analyze(struct analysis *a, const struct snapshot *now, const struct analysis *before);
void analysis_free(struct analysis *a);
bool analysis_wants_second_look(const struct analysis *a);
ssize_t analysis_find_waiter(const struct analysis *a, pid_t tid);
ssize_t analysis_find_worst(const struct analysis *a, pid_t tgid, const char *name);
size_t analysis_list_mappers(const struct analysis *a, const struct waiter *w, int *threads,
			     size_t max);
size_t analysis_list_unblocked(const struct analysis *a, int mm, int *threads, size_t max);
size_t analysis_list_named(const struct analysis *a, int *threads, size_t max);

#endif
