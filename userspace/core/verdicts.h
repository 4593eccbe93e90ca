/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a verdict, a certainty and a caveat are called, and what they mean.
 */
#ifndef FUTEXINSPECT_VERDICTS_H
#define FUTEXINSPECT_VERDICTS_H

#include <stdbool.h>

/* Worst first. */
enum verdict {
	VERDICT_DEADLOCK,
	VERDICT_ORPHANED,
	VERDICT_NO_WAKER,
	VERDICT_STOPPED,
	VERDICT_LOST_WAKE,
	VERDICT_SIGNAL,
	VERDICT_BLOCKED,
	VERDICT_WAITING,
	VERDICT_TIMED,
	VERDICT_UNKNOWN,
	NR_VERDICTS
};

/**
 * struct verdict_info - all that is told about a verdict
 * @name: its word
 * @help: its line in --help, up to two lines of 68 columns
 * @title: what its waiter does, for the title of its story: "Thread 1 ..."
 * @colour: colour of its word on a terminal, or NULL
 * @unless: what would make it another verdict, or NULL
 * @unless_certain: the same if it is certain; NULL: also @unless
 * @stuck: the waiter is stuck.  A stopped process is not: somebody stopped it on purpose,
 *	and can continue it.
 * @wants_second_look: a second look can confirm or refute it
 * @is_idle: where all is well there are many like it
 */
struct verdict_info {
	const char *name;
	const char *help;
	const char *title;
	const char *colour;
	const char *unless;
	const char *unless_certain;
	bool stuck;
	bool wants_second_look;
	bool is_idle;
};

extern const struct verdict_info verdicts[NR_VERDICTS];

/*
 * How certain it is that no thread can wake the waiter as things are.  Verdicts that say
 * that it can be woken have no certainty.  Certainty is not about the kind of verdict:
 * which lock it is, and which thread held it, always rests on the words in memory.
 */
enum certainty {
	CERTAINTY_CERTAIN,
	CERTAINTY_BARRING_SIGNALS,
	CERTAINTY_LIKELY,
	CERTAINTY_NONE,
	NR_CERTAINTIES
};

struct certainty_info {
	const char *name;	/* NULL for CERTAINTY_NONE */
	const char *help;	/* its line in --help, up to two lines of 60 columns */
};

extern const struct certainty_info certainties[NR_CERTAINTIES];

/* What keeps a verdict from being more certain.  The highest that applies counts. */
enum caveat {
	CAVEAT_NONE,
	CAVEAT_HANDLERS,	/* the process handles signals, or may */
	CAVEAT_VALUE,		/* a waiter would not wait again if it were interrupted */
	CAVEAT_MEMORY,		/* others may change the word of a private wait */
	CAVEAT_PROCESSES,	/* the end of another process may wake it */
	CAVEAT_PI,		/* others can run, but only the owner of a PI lock can wake it */
	CAVEAT_TRACED,		/* a tracer can do anything */
	CAVEAT_SLEEP,		/* rests on what a thread sleeps for, by /proc */
	CAVEAT_SHARED,		/* other processes may map the word later */
	CAVEAT_NO_QUEUES,	/* the source does not show the kernel's queues */
	CAVEAT_ONE_LOOK,
	CAVEAT_EXIT,		/* a thread can run that could end the holder's process */
	CAVEAT_HOLDER,		/* rests on what looks like a lock in memory */
	NR_CAVEATS
};

/**
 * struct caveat_info - all that is told about a caveat
 * @certainty: what it leaves of the certainty
 * @text: why, as a clause without full stop
 * @unless: what would make the verdict another one, or NULL
 */
struct caveat_info {
	enum certainty certainty;
	const char *text;
	const char *unless;
};

extern const struct caveat_info caveats[NR_CAVEATS];

#endif
