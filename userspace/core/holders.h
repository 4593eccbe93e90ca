/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_HOLDERS_H
#define FUTEXINSPECT_HOLDERS_H

#include "model.h"

/* What holder_next() returns besides the index of a thread. */
enum {
	HOLDER_NONE	= -1,	/* no holder is known */
	HOLDER_GONE	= -2,	/* the holder is not in the snapshot */
};

/* Where a chain of holders ends. */
enum chain_end {
	END_UNKNOWN,		/* at a thread that can be woken, by no thread in particular */
	END_CYCLE,
	END_GONE,		/* at a holder that is not there */
	END_RUNNABLE,
	END_STOPPED,
	END_STUCK,		/* at a thread that no thread can wake */
};

/* The chain of holders that begins at a thread. */
struct chain {
	enum { CHAIN_NEW, CHAIN_ON_PATH, CHAIN_DONE } mark;
	enum chain_end end;
	int end_thread;
	size_t cycle_size;	/* if the thread is in a cycle: its threads; else 0 */
	bool confirmed;		/* the first look shows the same chain */
	bool by_words;		/* some holder of the chain is read from memory */
};

/* Steps of a chain that are shown; a longer one is cut. */
#define MAX_STEPS	8

/* From a thread to the one that it waits for. */
struct step {
	int thread;		/* index, or -1: it is not there */
	pid_t id;		/* of the thread, as far as known */
	enum evidence evidence;	/* BY_NOTHING: one of several threads that could wake it */
};

int holder_of(const struct model *m, int thread);
int holder_next(const struct model *m, int thread);
struct chain follow_holders(const struct model *m, int thread);
struct chain *find_chains(const struct model *m, const bool *confirmed);
size_t find_steps(const struct model *m, const struct waiter *w, struct step *steps, size_t max);
bool find_foreign_holder(const struct snapshot *s, const struct waiter *w, pid_t tid,
			 struct foreign_holder *found);

#endif
