/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What blocked.c shares with the files that find out what threads sleep for (sleeps.c and
 * file_sleeps.c), and which processes could end that (wakers.c).
 */
#ifndef FUTEXINSPECT_BLOCKER_H
#define FUTEXINSPECT_BLOCKER_H

#include "descriptors.h"
#include "procfs.h"
#include "relations.h"
#include "snapshot.h"

/* Processes that may end a sleep; with more, it gets no record. */
#define MAX_WAKERS	1024

/* A thread, and one of the things that it sleeps for. */
struct blocker {
	enum sleep_kind kind;
	uint64_t id;
	uint64_t other;		/* SLEEP_CHILD: the process that waits; SLEEP_SOCKET: inode of the
				 * other end; SLEEP_EPOLL: whose descriptor it is; else 0
				 */
	int thread;
	bool sees_stops;	/* a child that is stopped or continued ends it, too */
};

struct reader {
	const char *root;
	const struct comparers *compare;
	struct snapshot *s;
	struct blocker *blockers;
	size_t nr_blockers;
	struct descriptors descriptors;
	struct relations children;
	bool have_descriptors;
	bool have_children;
	struct idmap by_pid;	/* processes that were to be added */
	size_t max_added;
	size_t nr_added;
	int *signalled;		/* processes whose children may send them a signal */
	size_t nr_signalled;
};

/* The processes that may end a sleep. */
struct pids {
	size_t nr;
	pid_t ids[MAX_WAKERS];
};

/**
 * struct blocking_call - a call in which a thread may sleep
 * @nr: its number, which for a 64-bit program is the one that this program was built with
 * @state: the state in which it sleeps.  The parent of a vfork child sleeps in state D,
 *	which only a fatal signal ends early.
 * @note: notes what it sleeps for, and returns whether that is all that could end it
 * @functions: where it sleeps in the kernel.  Any call may also sleep for a page
 *	(userfaultfd), for a seccomp supervisor, for memory or a lock
 */
struct blocking_call {
	long nr;
	enum task_state state;
	bool (*note)(struct reader *r, int thread, const uint64_t *args);
	const char *functions[8];	/* the last one is NULL */
};

/* blocked.c */
void add_blocker(struct reader *r, enum sleep_kind kind, uint64_t id, uint64_t other, int thread);

/* sleeps.c */
bool note_sleep(struct reader *r, int thread);
bool may_be_init(const struct reader *r, pid_t pid);
bool read_thread_memory(const struct reader *r, int thread, uint64_t addr, void *buf,
			size_t size);

/* file_sleeps.c; ends with an empty row */
extern const struct blocking_call file_calls[];

/* wakers.c */
const struct descriptors *get_descriptors(struct reader *r);
bool may_be_signalled_by_family(struct reader *r, const struct process *p);
bool list_wakers(struct reader *r, const struct blocker *b, struct pids *p);

#endif
