// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a verdict, a certainty and a caveat are called, and what they mean: one row each.
 */
#include <stddef.h>

#include "verdicts.h"

/* No process that handles signals is part of what is certain. */
#define UNLESS_CERTAIN	"somebody from outside ends or debugs one of these processes"
#define UNLESS_STUCK	"a signal arrives that one of these processes handles, or somebody from "	\
			"outside ends or debugs one"
#define UNLESS_SLEEPS	"the threads that are not blocked sleep for something that never comes, or "	\
			"would not wake it"

const struct verdict_info verdicts[NR_VERDICTS] = {
	[VERDICT_DEADLOCK] = {
		.name = "deadlock", .colour = "red", .stuck = true, .wants_second_look = true,
		.help = "waits, through a chain of lock holders, for itself",
		.title = "is in a deadlock",
		.unless = UNLESS_STUCK, .unless_certain = UNLESS_CERTAIN,
	},
	[VERDICT_ORPHANED] = {
		.name = "orphaned", .colour = "red", .stuck = true, .wants_second_look = true,
		.help = "the lock's holder is gone, or in another process (fork)",
		.title = "waits for a lock that no thread can release",
		.unless = UNLESS_STUCK, .unless_certain = UNLESS_CERTAIN,
	},
	[VERDICT_NO_WAKER] = {
		.name = "no-waker", .colour = "red", .stuck = true, .wants_second_look = true,
		.help = "no live thread can wake it, and no holder is known",
		.title = "waits on a futex that no thread can wake",
		.unless = UNLESS_STUCK, .unless_certain = UNLESS_CERTAIN,
	},
	[VERDICT_STOPPED] = {
		.name = "stopped", .colour = "yellow", .wants_second_look = true,
		.help = "only stopped threads could wake it",
		.title = "waits on a futex, and is held up by a stop",
		.unless = "somebody continues or thaws what is stopped",
	},
	[VERDICT_LOST_WAKE] = {
		.name = "lost-wake", .colour = "yellow",
		.help = "its word was freed, it still sleeps, and no thread ran meanwhile",
		.title = "sleeps on a futex that was freed",
		.unless = "a thread that now sleeps elsewhere is yet to wake it",
	},
	[VERDICT_SIGNAL] = {
		.name = "signal", .colour = "yellow", .wants_second_look = true,
		.help = "only a handler of a signal from outside can wake it: an idle\n"
			"daemon looks like this, and so does a hang",
		.title = "waits on a futex, for a signal as it seems",
		.unless = "no signal is meant to wake it: then it is stuck",
	},
	[VERDICT_BLOCKED] = {
		.name = "blocked", .colour = "yellow",
		.help = "waits for a lock, or for a thread to end, and some thread\n"
			"could still do that: most hangs are of this kind",
		.title = "waits for a lock, or for a thread to end",
		.unless = UNLESS_SLEEPS,
	},
	[VERDICT_WAITING] = {
		.name = "waiting", .is_idle = true,
		.help = "waits for an event, or for what is not recognised, and some\n"
			"thread could cause it, as far as is known",
		.title = "waits on a futex, and could be woken",
		.unless = UNLESS_SLEEPS,
	},
	[VERDICT_TIMED] = {
		.name = "timed", .is_idle = true,
		.help = "wakes by itself",
		.title = "waits on a futex, with a timeout",
		.wants_second_look = true,
	},
	[VERDICT_UNKNOWN] = {
		.name = "unknown", .is_idle = true,
		.help = "it ran while being looked at, or too little is known",
		.title = "waits on a futex; what could wake it is not known",
	},
};

const struct certainty_info certainties[NR_CERTAINTIES] = {
	[CERTAINTY_CERTAIN] = {
		.name = "certain",
		.help = "proven by two looks between which no thread ran",
	},
	[CERTAINTY_BARRING_SIGNALS] = {
		.name = "barring-signals",
		.help = "the same, but a signal handler might still wake it",
	},
	[CERTAINTY_LIKELY] = {
		.name = "likely",
		.help = "one look, or it rests on what memory looks like, on what\n"
			"threads sleep in, on shared memory, or there is a tracer",
	},
};

#define AGREE	"two looks agree, and none of the threads ran in between"

const struct caveat_info caveats[NR_CAVEATS] = {
	[CAVEAT_NONE] = {
		CERTAINTY_CERTAIN,
		AGREE ", and the process has no signal handler but the C library's own",
	},
	[CAVEAT_HANDLERS] = {
		CERTAINTY_BARRING_SIGNALS,
		AGREE ", but the process handles signals, or may: a handler could wake it",
	},
	[CAVEAT_VALUE] = {
		CERTAINTY_BARRING_SIGNALS,
		AGREE ", but a word in the process does not hold what its waiter expects, or is "
		"not known to: any signal or stop could end that wait",
	},
	[CAVEAT_MEMORY] = {
		CERTAINTY_BARRING_SIGNALS,
		AGREE ", but the memory is shared though the wait is private: another process can "
		"change the word, and any signal or stop would end the wait then",
	},
	[CAVEAT_PROCESSES] = {
		CERTAINTY_BARRING_SIGNALS,
		AGREE ", but more than one process uses this memory: the end of another could "
		"wake it",
		"another process that shares its memory or its lock ends",
	},
	[CAVEAT_PI] = {
		CERTAINTY_BARRING_SIGNALS,
		AGREE ", and the kernel itself knows the owner of a PI lock; but other threads of "
		"the process can run, and could end the wait with a signal",
	},
	[CAVEAT_TRACED] = {
		CERTAINTY_LIKELY,
		"a thread of the process is traced, or may be: its tracer could do anything",
	},
	[CAVEAT_SLEEP] = {
		CERTAINTY_LIKELY,
		"it rests on what a thread sleeps for and which processes could end that, which "
		"/proc shows, but not at one moment; a signal handler, or whoever opens a pipe "
		"under /proc, may end that sleep too",
		"a process that /proc does not show can end such a sleep: with a descriptor of the "
		"pipe, or as another child or tracee",
	},
	[CAVEAT_SHARED] = {
		CERTAINTY_LIKELY,
		"the word is in shared memory: any process that has a descriptor of it, or may "
		"open or attach it, can map it later and wake",
		"another process maps the word",
	},
	[CAVEAT_NO_QUEUES] = {
		CERTAINTY_LIKELY,
		"/proc does not show the kernel's queues, so the thread may be on another futex "
		"than its call says",
	},
	[CAVEAT_ONE_LOOK] = {
		CERTAINTY_LIKELY,
		"a single look cannot show that no thread ran meanwhile",
		"it has run since, or ran while the file was copied",
	},
	[CAVEAT_EXIT] = {
		CERTAINTY_LIKELY,
		"the kernel itself knows the owner of a PI lock, but other threads of the owner's "
		"process can run, and end it",
		"another process that shares its memory or its lock ends",
	},
	[CAVEAT_HOLDER] = {
		CERTAINTY_LIKELY,
		"it rests on what looks like a lock in memory, and other threads of the process "
		"can run",
		"the words in memory are no such lock, the thread that has the holder's id did not "
		"take it, or another thread releases the lock in the holder's place",
	},
};
