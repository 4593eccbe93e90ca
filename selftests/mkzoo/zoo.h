/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of mkzoo share: main.c says what that is.
 */
#ifndef ZOO_H
#define ZOO_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "../lib/factory.h"

#define MAX_THREADS	8
#define MAX_PROCS	3
#define MAX_LOCKS	5
#define MAX_OBJS	9
#define MAX_CASES	200

#define STACK_SIZE	(64 << 10)
#define DEADLINE_S	30

/*
 * The plan of a case
 */

/* Threads of a case: thread i is bit i. */
typedef unsigned int mask;

enum kind {
	NORMAL, RECURSIVE, ERRORCHECK, ADAPTIVE, ROBUST, PI, PI_ROBUST, RWLOCK,
	NR_LOCKS,
	COND = NR_LOCKS, SEM, BARRIER, RAW, PIPE, SOCKET,
	NR_KINDS
};

struct object {
	enum kind kind;
	bool shared;		/* in memory that all processes of the case map, or open in all */
	bool pshared;		/* made for that */
	int home;		/* the process that uses it, unless it is shared */
	int far;		/* the one that has the other end of a pipe or socket, likewise */
	mask holders;		/* of a lock: one, or those that read */
	bool read_held;
	uint32_t expected;	/* of a raw futex */
	uint32_t bitset;
};

enum wait {
	AT_GATE,
	ON_OBJECT,
	ON_JOIN,
	ON_CHILD,
	GONE,			/* it exits at once, with its locks */
};

enum gate {
	GATE_PIPE, GATE_SOCKET, GATE_EVENTFD, GATE_POLL, GATE_EPOLL, GATE_PAUSE, GATE_SIGNAL,
	GATE_NAP, NR_GATES
};

/* Ends a pause(2).  No daemon is told anything by it, so that the verdict "signal" stays out. */
#define PAUSE_SIGNAL	(SIGRTMIN + 1)

struct thread {
	int proc;
	enum wait wait;
	int on;			/* the object, thread or kind of gate */
	bool reads;		/* of a rwlock */
	bool idle;		/* at its gate, and holds nothing */
	bool timed;		/* waits again and again, until it is told */
	bool traced;		/* stopped by this program, its tracer */
	unsigned int turn;
};

struct plan {
	bool execs;		/* the first process has called execve(2) */
	unsigned int nr_threads, nr_procs, nr_objs;
	struct thread threads[MAX_THREADS];
	struct object objs[MAX_OBJS];
	mask all;
	mask stopped;		/* by a signal to their process, or by the tracer */
};

/*
 * What a case has when it runs
 */

enum stage { STARTING, READY, ABOUT, WENT, DONE };

struct gates {
	int pipe[2], socket[2], event, poll, epoll;
};

/* In memory that they share with this program. */
struct control {
	struct {
		_Atomic int stage;
		uint32_t turn;
		pid_t tid, tgid;
	} threads[MAX_THREADS];
	_Atomic bool open;
	struct gates gates;
};

struct zoo_case {
	unsigned int nr;
	pid_t pid;		/* of its first process, and its process group */
	struct plan plan;
	struct control *control;
};

extern struct zoo_case cases[MAX_CASES];
extern unsigned int nr_cases;
extern char *seed_text;

/* In the processes of a case. */
extern const struct zoo_case *me;
extern const struct plan *plan;
extern struct control *control;

/* plan.c */
mask bit(int thread);
mask threads_of(const struct plan *p, int proc);
bool has_ends(const struct object *o);
mask gone_threads(const struct plan *p);
int first_of(mask m);
bool is_copy(const struct plan *p, int t, const struct object *o);
bool is_pi(const struct object *o);
int holder_of(const struct plan *p, int t);
bool waits_on_futex(const struct plan *p, int t);
bool waits_on_stack(const struct plan *p, int t);
void make_plan(struct plan *p, unsigned long seed, unsigned int nr);

/* truth.c */
bool is_inherited(const struct plan *p, int proc, const struct object *o);
bool reaches(const struct object *o, int proc);
mask who_is_live(const struct plan *p);
mask who_goes_on_then(const struct plan *p);
const char *stuck_name(const struct plan *p, int t);

/* objects.c */
struct timespec soon(void);
void init_objects(void);
void close_ends(int proc);
void take_held(int t);
void let_others_go_on(int t);
int wait_read(int fd, bool timed);
void wait_on_object(const struct thread *thread);

/* threads.c */
void __attribute__((noreturn)) run_case(const struct zoo_case *c);

/* start.c */
void set_deadline(void);
bool is_late(void);
char state_of(const struct zoo_case *c, int t);
bool is_in_place(const struct zoo_case *c, int t);
struct control *map_control(int fd);
void continue_some(const struct zoo_case *c);
void start_all(void);

/* print.c */
void print_case(const struct zoo_case *c);

/* proof.c */
void prove(void);

#endif
