/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A snapshot of a host's futex waiters, in memory.
 *
 * The module's text format (Documentation/ABI/testing/debugfs-futexinspect) says
 * what each value means.  Every value can be unknown, and unknown is never zero: a
 * pointer is NULL, an id is PID_UNKNOWN, an enum is 0, an index is -1, and a number
 * has no bit in the record's @known mask.
 *
 * Values are numbers and enums, parsed once by the source.  Text is only shown.  It
 * is printable ASCII, escaped as in the file except for spaces, and owned by the
 * snapshot.
 */
#ifndef FUTEXINSPECT_SNAPSHOT_H
#define FUTEXINSPECT_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "futex.h"
#include "idmap.h"
#include "locks.h"
#include "runtimes.h"

#define PID_UNKNOWN	(-1)
#define PID_NONE	(-2)	/* there is no such thread, which is known */

/* snapshot_find_owner(): several threads may have the id. */
#define OWNER_UNKNOWN	(-2)

/* Until snapshot_index(): the thread's mm is that of its process. */
#define MM_OF_PROCESS	(-2)

/* The largest thread id that a kernel gives: PID_MAX_LIMIT in linux/threads.h. */
#define MAX_TID		(4 * 1024 * 1024)

enum key_type {
	KEY_UNKNOWN,
	KEY_PRIVATE,
	KEY_SHARED_MM,		/* private memory, by a call without FUTEX_PRIVATE_FLAG */
	KEY_SHARED_INODE,
};

enum yesno {
	YESNO_UNKNOWN,
	YES,
	NO,
};

/* Whether a waiter is in the kernel's queue, or why it has left it. */
enum queued {
	QUEUED_UNKNOWN,
	QUEUED_YES,
	QUEUED_STOPPED,
	QUEUED_TRACED,
	QUEUED_FROZEN,
	QUEUED_OTHER,		/* it has left, for a reason newer than this program */
	NR_QUEUED
};

enum freezer {
	FREEZER_UNKNOWN,
	FREEZER_NONE,
	FREEZER_V1,		/* cgroup v1, or suspend */
	FREEZER_V2,		/* cgroup v2 */
	FREEZER_OTHER,		/* one newer than this program */
	NR_FREEZERS
};

/* A thread's state: the letters of /proc/TID/stat; others are possible. */
enum task_state {
	STATE_UNKNOWN		= 0,
	STATE_RUNNING		= 'R',
	STATE_SLEEPING		= 'S',
	STATE_DISK_SLEEP	= 'D',
	STATE_STOPPED		= 'T',
	STATE_TRACED		= 't',
	STATE_ZOMBIE		= 'Z',
	STATE_DEAD		= 'X',
};

/* Which word in shared memory: inode sequence number and offset in bytes. */
struct shared_key {
	uint64_t seq;
	uint64_t offset;
};

/* Bits of waiter.known. */
enum {
	W_ARGS		= 1 << 0,
	W_UADDR		= 1 << 1,
	W_WAITS_ON	= 1 << 2,
	W_EXPECTED	= 1 << 3,
	W_VALUE		= 1 << 4,
	W_BITSET	= 1 << 5,
	W_ASLEEP	= 1 << 6,
	W_TIMEOUT	= 1 << 7,
	W_FLAGS		= 1 << 8,
};

struct waiter {
	pid_t tid;
	pid_t tgid;
	int mm;			/* index into snapshot.mms */
	int thread;		/* index into snapshot.threads */
	int process;		/* index into snapshot.processes */
	int shared;		/* index into snapshot.shared */
	unsigned int known;
	enum call call;
	enum timeout timeout;
	enum yesno stable;
	pid_t pi_owner;		/* as the kernel has it; PID_NONE: not a PI futex */
	/* Each with the text that is shown of it. */
	enum opcode opcode;
	const char *op_text;
	unsigned int flags;
	const char *flags_text;
	enum queued queued;
	const char *queued_text;
	enum key_type key_type;
	struct shared_key key;	/* for KEY_SHARED_INODE */
	const char *key_text;
	uint64_t args[NR_ARGS];
	uint64_t uaddr;
	uint64_t waits_on;
	uint64_t asleep_ns;
	uint64_t timeout_ns;
	uint32_t expected;
	uint32_t value;
	uint32_t bitset;
	const struct words *words;	/* around the futex */
	bool is_32bit;		/* its thread runs 32-bit code, as far as is known */
	bool is_musl;		/* its C library is musl, as far as is known */
	bool is_qt;		/* its process has QtCore, as far as is known */
	struct lock lock;	/* see recognise_lock() */
	const char *comm;
	bool memory_is_shared;	/* a private wait, but on memory that others can map */
	bool by_syscall;	/* by syscall(2), as no C library does for its locks */
	bool caller_known;	/* it was looked at whether the next is so */
	bool by_libc;		/* by the C library, on a word that is not on the thread's stack */
};

/* Bits of mm.known. */
enum {
	M_LIVE		= 1 << 0,
	M_HIDDEN	= 1 << 1,
};

struct mm {
	unsigned int known;
	uint32_t live;
	uint32_t hidden;
	uint32_t nr_threads;	/* thread records that name this mm ... */
	uint32_t nr_unnamed;	/* ... of which the id in their own pid namespace is unknown */
	uint64_t nr_live_tids;	/* tids in live_threads */
	const char *live_threads;
	uint32_t left_out;	/* about how many of its waiters are left out; 0: not known */
	enum yesno complete;	/* NO: the source has left out waiters or threads of this mm */
};

/* Bits of process.known. */
enum {
	P_CAUGHT	= 1 << 0,
	P_ARMED		= 1 << 1,
	P_LIBC_HANDLERS	= 1 << 2,
	P_IGNORED	= 1 << 3,
	P_INHERITED	= 1 << 4,
};

enum {
	SIGNALLERS_NONE		= -1,	/* nobody, as far as is known */
	SIGNALLERS_UNKNOWN	= -2,	/* somebody who is not known */
};

/* A signal in a mask. */
#define SIGNAL(nr)	(1ULL << ((nr) - 1))

/* Signals 32 and 33, which the C libraries keep for themselves. */
#define FIRST_LIBC_SIGNAL	32
#define NR_LIBC_SIGNALS		2

#define FIRES_UNKNOWN	(UINT64_MAX - 1)
#define FIRES_ON_CPU	UINT64_MAX	/* not before a thread of the process runs */

/* An armed timer of a process. */
struct armed {
	int signal;
	uint64_t fires_ns;	/* from the snapshot on; or one of the above */
};

struct process {
	unsigned int known;
	pid_t tgid;
	pid_t ppid;
	int mm;
	enum yesno execed;
	enum yesno timers;	/* it may have armed one */
	/* Masks of signals; bit 0 is signal 1. */
	uint64_t caught;	/* they have a handler ... */
	uint64_t libc_caught;	/* ... which is the C library's own */
	uint64_t ignored;
	uint64_t blocked;	/* by all threads */
	uint64_t inherited;	/* its parent handles them, too */
	uint64_t pdeath;	/* the end of the parent sends them (PR_SET_PDEATHSIG) */
	uint64_t libc_handlers[NR_LIBC_SIGNALS];	/* addresses */
	const struct armed *armed;	/* for P_ARMED ... */
	size_t nr_armed;
	bool more_armed;	/* ... and there may be others */
	bool busy;		/* one of its threads can run whatever others do, as far as known */
	bool traced;		/* one of its threads is, as far as known */
	bool has_terminal;	/* it has a controlling terminal, as far as known */
	int signallers;		/* index into wakers of who may send it a signal that it handles;
				 * or one of the below
				 */
	bool complete;		/* not from the file, but all its live threads are there */
	bool in_state_d;	/* one of its threads is, as far as known */
	enum runtime runtime;	/* see describe_process() */
	bool moves_tasks;	/* its runtime goes on with a task on another thread, as Go's does;
				 * as far as known
				 */
	const char *cmdline;	/* its arguments, parted by spaces: see identify_processes() ... */
	const char *user;	/* ... and its effective user */
	const char *parent_comm;	/* what its parent is called */
	const char *pid_ns;
	const char *cgroup;
	const char *comm;
};

/* What a thread sleeps for in a call that is not a futex wait. */
enum sleep_kind {
	SLEEP_READ,		/* for the writers of a pipe */
	SLEEP_WRITE,		/* for room in a pipe */
	SLEEP_SOCKET,		/* for data, or room, at a unix socket */
	SLEEP_EVENTFD,		/* for an eventfd */
	SLEEP_EPOLL,		/* for the files of an epoll set */
	SLEEP_CHILD,		/* for one child or tracee */
	SLEEP_CHILDREN,		/* for any of them */
	SLEEP_VFORK,		/* for a child of vfork(2) */
	SLEEP_CLONE,		/* the same, or for a thread that is made like one */
	SLEEP_SIGNAL,		/* until a signal of a child or the parent is handled, whatever it
				 * sleeps for
				 */
	SLEEP_SHARED,		/* on a word in memory that others have open */
	SLEEP_FILE_LOCK,	/* for a lock of a file */
	SLEEP_TIMER,		/* for a timer's signal, which no armed timer sends */
	NR_SLEEP_KINDS
};

/* Bits of thread.known. */
enum {
	T_NVCSW		= 1 << 0,
	T_NIVCSW	= 1 << 1,
	T_START		= 1 << 2,
	T_CLEAR_TID	= 1 << 3,
	T_FP		= 1 << 4,
	T_LR		= 1 << 5,
	T_PIPE		= 1 << 6,
	T_SOCKET	= 1 << 7,
	T_PEER		= 1 << 8,
	T_EVENTFD	= 1 << 9,
	T_EPOLL		= 1 << 10,
	T_POLLS		= 1 << 11,
};

/* What a thread sleeps on in a call for several files. */
struct polled {
	enum sleep_kind kind;
	uint64_t id;		/* as in struct wakers */
	uint64_t peer;		/* the other end of a unix socket */
};

struct thread {
	pid_t tid;
	pid_t tgid;
	pid_t nstid;		/* its id in its own pid namespace ... */
	bool nstid_shared;	/* ... which another thread of the mm has, in another namespace */
	pid_t tracer;
	int mm;
	int process;
	unsigned int known;
	enum task_state state;
	enum freezer freezer;
	enum yesno exiting;
	enum yesno io_worker;
	enum yesno io_uring;
	const char *comm;
	const char *activity;	/* what it does, as a clause without its subject, or NULL */
	uint64_t nvcsw;
	uint64_t nivcsw;
	uint64_t start_ns;
	uint64_t clear_child_tid;
	uint64_t fp;		/* its frame pointer ... */
	uint64_t lr;		/* ... and link register, where it sleeps */
	bool polls;		/* its call is one in which threads wait for work, as far as known */
	uint32_t bits;		/* 32: it runs 32-bit code; 0: not known */
	uint64_t blocked;	/* mask of signals; what is not known is not set */
	uint32_t pdeath;	/* signal that the end of its parent sends; 0: none, or not known */
	/* Inodes of what it sleeps on in a call that reads or writes */
	uint64_t pipe;
	uint64_t socket;	/* a unix socket; it has no timeout ... */
	uint64_t peer;		/* ... and this is the other end */
	uint64_t eventfd;	/* number of an eventfd, as in fdinfo */
	uint64_t epoll;		/* descriptor of an epoll set */
	/* What it polls, or has in the epoll set */
	const struct polled *polled;
	size_t nr_polled;
};

/* Bits of shared.known. */
enum {
	S_KEY		= 1 << 0,
	S_INO		= 1 << 1,
	S_NLINK		= 1 << 2,
};

/* Who can come to map shared memory, besides those that map it. */
enum reach {
	REACH_UNKNOWN,		/* anybody, as far as is known */
	REACH_NAMED,		/* who opens its name */
	REACH_SYSV,		/* who attaches it */
	REACH_OPEN,		/* who has it open */
	REACH_INHERITED,	/* nobody: only fork(2) passes it on */
};

/* A word in shared memory. */
struct shared {
	unsigned int known;
	struct shared_key key;
	const char *key_text;
	const char *dev;
	uint64_t ino;
	uint32_t nlink;
	size_t first_map;	/* in snapshot.maps, maybe shared with the word before it ... */
	size_t nr_maps;		/* ... the mms that map it */
	enum yesno complete;	/* those are all mms that map it */
	enum reach reach;
	int openers;		/* index into wakers of who has it open; -1: not known */
	const char *path;	/* as in /proc/PID/maps, escaped */
};

/* How a kind of sleep is shown, around the id of struct wakers. */
struct sleep_text {
	const char *waits_for;	/* "waits for data in pipe " ... */
	const char *that;	/* ... ", which ..." */
	const char *wakers;	/* "writers of pipe" */
};

extern const struct sleep_text sleep_texts[NR_SLEEP_KINDS];

/* The processes without which a sleep does not end. */
struct wakers {
	enum sleep_kind kind;
	uint64_t id;		/* inode of the pipe, socket, memory or file; number of the eventfd,
				 * descriptor of the epoll set; or tgid of the child, parent or
				 * process
				 */
	size_t first_process;	/* in snapshot.waker_processes */
	size_t nr_processes;
};

/* A thread can have several: then each of them can end its sleep. */
struct blocked {
	int thread;
	int wakers;
};

/*
 * A thread that the reader has no right to look at.  Kernel threads and those that have exited
 * are none: they wait on no futex.
 */
struct denied {
	pid_t tid;
	pid_t tgid;
	const char *cgroup;	/* of the process */
};

/* A thread outside the waiters' mms whose id a lock word holds. */
struct foreign_holder {
	pid_t tid;
	pid_t tgid;
	const char *comm;
	uint64_t started_by_ns;	/* CLOCK_BOOTTIME when it was there; 0: not known */
	bool kernel_thread;
	bool ended;		/* a main thread keeps its id as long as its process lives */
};

/* Which record of a shared word has a key. */
struct keyed {
	struct shared_key key;
	int shared;
};

struct snapshot;

/* The files that a source reads. */
struct source_files {
	const char *path;	/* "-" is standard input */
	const char *exe;	/* the executable that belongs to it, or NULL */
};

/**
 * struct source - where snapshots come from, and what they can show
 * @name: as in --source and JSON
 * @title: what a source is that is not this host as it is now: "a saved copy"
 * @lacks: what else it does not show, or NULL
 * @two_looks: it shows the host as it is now, so it can be looked at again
 * @shows_queues: it shows on which futex a thread is queued, not only what its call says
 * @shows_sleeps: it shows what threads sleep for that wait for no futex
 * @has_stacks: stacks of its threads can be read
 * @take: fill an initialised snapshot and index it; on failure print one line and
 *	return -1.  @files are for a source that reads some.
 * @close: close what @take has left open in the snapshot; or NULL
 */
struct source {
	const char *name;
	const char *title;
	const char *lacks;
	bool two_looks;
	bool shows_queues;
	bool shows_sleeps;
	bool has_stacks;
	int (*take)(struct snapshot *s, const struct source_files *files);
	void (*close)(struct snapshot *s);
};

/* Bits of snapshot.known. */
enum {
	SNAPSHOT_START		= 1 << 0,
	SNAPSHOT_REALTIME	= 1 << 1,
};

struct corefile;

struct snapshot {
	const struct source *source;
	struct corefile *core;	/* that it was read from, open; or NULL */
	unsigned int known;
	const char *module;
	const char *kernel;
	const char *arch;
	const char *boot_id;
	const char *host;
	uint64_t start_ns;
	uint64_t asleep_at_ns;	/* CLOCK_BOOTTIME when the waiters had slept for asleep_ns */
	uint64_t realtime_ns;	/* CLOCK_REALTIME then */
	int signal;		/* that ended the process of a core ... */
	pid_t signal_tid;	/* ... and the thread that got it; 0: none, or not known */

	struct waiter *waiters;
	struct mm *mms;
	struct process *processes;
	struct thread *threads;
	struct foreign_holder *foreign_holders;	/* sorted by tid */
	struct shared *shared;
	int *maps;		/* indices into mms */
	struct blocked *blocked;	/* see find_blocked() */
	struct wakers *wakers;
	int *waker_processes;	/* indices into processes */
	size_t nr_waiters;
	size_t nr_mms;
	size_t nr_processes;
	size_t nr_threads;
	size_t nr_foreign_holders;
	size_t nr_shared;
	size_t nr_maps;
	size_t nr_blocked;
	size_t nr_wakers;
	size_t nr_waker_processes;
	size_t nr_errors;
	const char *error;	/* the first of the errors */
	uint64_t nr_hidden;	/* waiters that the reader may not see */
	size_t nr_incomplete_mms;	/* mms of which waiters or threads were left out */
	uint64_t nr_left_out;	/* about how many waiters were left out; 0: not known */
	struct denied *denied;	/* once indexed: by process, each thread once */
	size_t nr_denied;
	size_t nr_denied_processes;
	bool hides_processes;	/* there may be more that the reader may not even see */
	const char *rights;	/* what it takes to look at all; NULL: the reader may */
	bool vm_unsure;		/* other processes may share these mms */

	struct idmap by_tid;
	struct idmap by_tgid;
	struct idmap by_owner;	/* (mm, id in its own pid namespace) */
	struct keyed *by_key;	/* sorted */
	size_t nr_keys;
	char *text;		/* what the file's text fields point into */
	struct chunk *chunks;
};

/* As in the module's text; the names of unknown and newer ones are NULL. */
extern const char *const queued_names[NR_QUEUED];
extern const char *const freezer_names[NR_FREEZERS];

void snapshot_init(struct snapshot *s, const struct source *source);
void snapshot_free(struct snapshot *s);
struct waiter *snapshot_add_waiter(struct snapshot *s);
struct mm *snapshot_add_mm(struct snapshot *s);
struct process *snapshot_add_process(struct snapshot *s);
struct thread *snapshot_add_thread(struct snapshot *s);
struct shared *snapshot_add_shared(struct snapshot *s);
void snapshot_add_map(struct snapshot *s, int mm);
void snapshot_share_maps(struct snapshot *s, size_t other);
void snapshot_add_denied(struct snapshot *s, struct denied denied);
int snapshot_add_wakers(struct snapshot *s, enum sleep_kind kind, uint64_t id);
void snapshot_add_waker(struct snapshot *s, int process);
void snapshot_add_blocked(struct snapshot *s, int thread, int wakers);
void *snapshot_alloc(struct snapshot *s, size_t size);
const char *snapshot_keep_text(struct snapshot *s, const char *text);
const char *snapshot_keep_escaped(struct snapshot *s, const char *text, size_t len);

void snapshot_mark_state_d(struct snapshot *s, size_t first);
void snapshot_index(struct snapshot *s);
void snapshot_index_owners(struct snapshot *s);
int snapshot_find_thread(const struct snapshot *s, pid_t tid);
int snapshot_find_process(const struct snapshot *s, pid_t tgid);
int snapshot_find_owner(const struct snapshot *s, int mm, pid_t owner);
int snapshot_find_shared(const struct snapshot *s, struct shared_key key);

const struct process *process_of_thread(const struct snapshot *s, const struct thread *t);
const struct process *process_of_waiter(const struct snapshot *s, const struct waiter *w);
bool thread_is_alive(const struct thread *t);
bool thread_is_frozen(const struct thread *t);
bool thread_is_in_namespace(const struct thread *t);
bool waiter_is_in_namespace(const struct snapshot *s, const struct waiter *w);
bool waiter_is_local(const struct waiter *w);
bool waiter_is_named(const struct snapshot *s, const struct waiter *w, const char *name);
bool waiter_is_pi(const struct waiter *w);
bool waiter_is_forked(const struct snapshot *s, const struct waiter *w);
bool shared_is_closed(const struct shared *shared);
bool shared_begins_file(const struct snapshot *s, size_t i);

#endif
