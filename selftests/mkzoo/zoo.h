/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of mkzoo share: main.c says what that is.
 */
#ifndef ZOO_H
#define ZOO_H

#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
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

/* What the words behind a raw futex look like: a mutex of glibc, but for one sign of it. */
enum like {
	LIKE_NOTHING,
	LIKE_SMALL,		/* the id is a small number, and that of a thread elsewhere */
	LIKE_COUNTER,		/* it has more users than its process has threads */
	LIKE_CLOCK,		/* it is waited for with FUTEX_WAIT_BITSET */
	LIKE_KIND,		/* of a kind that there is not */
	LIKE_ODD,		/* its address is no multiple of 8 */
	LIKE_TAIL,		/* the words after it are not 0 */
	LIKE_TID,		/* the word itself is an id, as in robust locks and joins */
	NR_LIKES
};

struct object {
	enum kind kind;
	bool shared;		/* in the memory of the case, or open in all its processes */
	bool pshared;		/* made for that */
	int home;		/* the process that uses it, unless it is shared */
	int far;		/* the one that has the other end of a pipe or socket, likewise */
	mask holders;		/* of a lock: one, or those that read */
	bool read_held;
	uint32_t expected;	/* of a raw futex */
	uint32_t bitset;
	enum like like;
	int names;		/* the thread whose id such words have */
	int replacer;		/* puts another file at the descriptor that others read, or -1 */
};

/* What memory the shared objects of a case are in. */
enum memory {
	MEM_INHERITED,		/* from who made it, with no name and no descriptor */
	MEM_OPEN,		/* with no name, but descriptors of it */
	MEM_NAMED,		/* a file in /dev/shm */
	MEM_SYSV,
	NR_MEMORIES
};

enum timer {
	TIMER_NONE,
	TIMER_ITIMER,		/* its signal is handled, as that of the next two */
	TIMER_POSIX,
	TIMER_DIRECTED,		/* to one thread */
	TIMER_ENDS,		/* its signal is not handled, and ends the process */
	TIMER_CPU,		/* stands still while nobody runs */
	TIMER_BLOCKED,		/* its signal is blocked */
	TIMER_IGNORED,
	NR_TIMERS
};

struct process {
	bool daemon;		/* is no child of the first process */
	bool maps;		/* the memory of the case */
	bool has_fd;		/* of MEM_OPEN */
	bool gets_sigchld;	/* handles it */
	enum timer timer;
};

enum wait {
	AT_GATE,
	ON_OBJECT,
	ON_JOIN,
	ON_CHILD,
	TOLD,			/* by the handler of a signal */
	GONE,			/* it exits at once, with its locks */
};

enum gate {
	GATE_PIPE, GATE_SOCKET, GATE_EVENTFD, GATE_POLL, GATE_EPOLL, GATE_PAUSE, GATE_SIGNAL,
	GATE_NAP,
	GATE_CALLBACK,		/* of a timer with SIGEV_THREAD */
	NR_GATES
};

/* The signals of timers; all but SIGALRM are of timer_create(2). */
#define TIMER_SIGNAL	(SIGRTMIN + 2)
#define DULL_SIGNAL	SIGUSR2		/* blocked or ignored */

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
	bool takes_orders;	/* a daemon of one process, which is told what to do by SIGTERM */
	enum memory memory;
	int ending;		/* the process that its own timer ends, or -1 */
	struct process procs[MAX_PROCS];
	unsigned int nr_threads, nr_procs, nr_objs;
	struct thread threads[MAX_THREADS];
	struct object objs[MAX_OBJS];
	mask all;
	mask stopped;		/* by a signal to their process, or by the tracer */
};

/*
 * What a case has when it runs
 */

/* Who comes out of its wait by a signal is OUT until the gates are open. */
enum stage { STARTING, READY, ABOUT, OUT, WENT, DONE };

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
	_Atomic bool fire;	/* handlers of timers may act */
	_Atomic bool open;
	struct gates gates;
	pid_t zoo;		/* this program */
	int sysv;		/* the id of MEM_SYSV */
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
bool handles_pause_signal(const struct plan *p, int proc);
bool has_ends(const struct object *o);
mask gone_threads(const struct plan *p);
int first_of(mask m);
bool is_copy(const struct plan *p, int t, const struct object *o);
bool is_pi(const struct object *o);
bool in_memory(const struct object *o);
bool wakes_itself(const struct plan *p, int proc);
int holder_of(const struct plan *p, int t);
bool waits_on_futex(const struct plan *p, int t);
bool waits_on_stack(const struct plan *p, int t);
int keeper_of(const struct plan *p, int proc);
void make_plan(struct plan *p, unsigned long seed, unsigned int nr);

/* truth.c */
bool is_inherited(const struct plan *p, int proc, const struct object *o);
bool reaches(const struct plan *p, const struct object *o, int proc);
bool is_open_to_all(const struct plan *p, const struct object *o);
mask who_goes_before_end(const struct plan *p);
mask who_is_live(const struct plan *p);
mask who_goes_on_then(const struct plan *p);
mask who_is_excused(const struct plan *p, bool no_inodes);
const char *stuck_name(const struct plan *p, int t);

/* memory.c */
void *make_memory(size_t size);
void *map_memory(size_t size);
void leave_memory(int proc, void *memory, size_t size);
void remove_memory(const struct zoo_case *c);

/* signals.c */
extern __thread int own_thread;
extern __thread sigjmp_buf out_of_wait;
void handle_signals(int proc);
void arm_timer(int proc);
void start_callback(void);
void wait_until_told(void);
int signal_of_timer(enum timer timer);

/* objects.c */
struct timespec soon(void);
void init_objects(void);
void leave_objects(int proc);
void come_by_name(const struct zoo_case *c);
void replace_ends(int t);
void take_held(int t);
void let_others_go_on(int t);
int wait_read(int fd, bool timed);
void wait_on_object(const struct thread *thread);
void leave_wait(const struct thread *thread);

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
void send_signal(const struct zoo_case *c, int t, int sig);

/* print.c */
void print_case(const struct zoo_case *c);

/* proof.c */
void prove(void);

#endif
