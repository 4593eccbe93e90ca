/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A snapshot of a host's futex waiters, in memory.
 *
 * The format of the module's text (Documentation/ABI/testing/debugfs-futexinspect)
 * says what each value means.  Every value can be unknown, and unknown is never
 * zero: a pointer is NULL, an id PID_UNKNOWN, an enum 0, an index -1, and a
 * number has no bit in the record's @known mask.
 */
#ifndef FUTEXINSPECT_SNAPSHOT_H
#define FUTEXINSPECT_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PID_UNKNOWN	(-1)
#define PID_NONE	(-2)	/* of a tracer: there is none */

#define OWNER_UNKNOWN	(-2)	/* of snapshot_find_owner() */

#define MM_OF_PROCESS	(-2)	/* of a thread, until snapshot_index() */

#define NR_ARGS		6

/*
 * Signals 32 and 33, which the C libraries keep for themselves: their handlers
 * wake nobody, and glibc has one in every process that ever had a thread.
 */
#define LIBC_SIGNALS	(3ULL << 31)

enum call {
	CALL_UNKNOWN,
	CALL_FUTEX,
	CALL_FUTEX_WAITV,
	CALL_FUTEX_WAIT,
	CALL_RESTART,
	CALL_IO_URING,		/* no thread waits, but a request that one submitted */
	NR_CALLS
};

enum opcode {
	OP_UNKNOWN,
	OP_WAIT,
	OP_WAIT_BITSET,
	OP_WAIT_REQUEUE_PI,
	OP_LOCK_PI,
	OP_LOCK_PI2,
	OP_FUTEX_WAIT,		/* futex_wait(2), which has none */
	NR_OPS
};

enum key_type {
	KEY_UNKNOWN,
	KEY_PRIVATE,
	KEY_SHARED_MM,
	KEY_SHARED_INODE,
};

enum timeout {
	TIMEOUT_UNKNOWN,
	TIMEOUT_NONE,
	TIMEOUT_RELATIVE,
	TIMEOUT_MONOTONIC,
	TIMEOUT_REALTIME,
	TIMEOUT_ABSOLUTE,	/* on a clock that is not known */
	NR_TIMEOUTS
};

enum yesno {
	YESNO_UNKNOWN,
	YES,
	NO,
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
};

/* Text is printable ASCII, escaped as in the file but for spaces, and owned by the snapshot. */
struct waiter {
	pid_t tid;
	pid_t tgid;
	int mm;			/* index into snapshot.mms */
	int thread;		/* index into snapshot.threads */
	int process;		/* index into snapshot.processes */
	int shared;		/* index into snapshot.shared */
	unsigned int known;
	enum call call;
	enum opcode opcode;	/* what @op says */
	enum key_type key_type;
	enum timeout timeout;
	enum yesno stable;
	const char *comm;
	const char *op;
	const char *flags;
	const char *key;
	const char *words;	/* as in the file */
	const char *queued;	/* "yes", or why it left the kernel's queue */
	pid_t pi_owner;		/* as the kernel has it; PID_NONE: not a PI futex */
	uint64_t args[NR_ARGS];
	uint64_t uaddr;
	uint64_t waits_on;
	uint64_t asleep_ns;
	uint64_t timeout_ns;
	uint32_t expected;
	uint32_t value;
	uint32_t bitset;
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
	uint32_t nr_threads;	/* thread records that name this mm */
	uint32_t nr_unnamed;	/* of those, whose id in their own pid namespace is unknown */
	uint64_t nr_ranges;	/* tids that live_threads names */
	const char *live_threads;
};

struct process {
	pid_t tgid;
	pid_t ppid;
	int mm;
	enum yesno execed;
	bool caught_known;
	uint64_t caught;
	enum yesno timers;
	bool whole;		/* not in the file, but with all its live threads */
	bool in_state_d;	/* one of its threads is, as far as known */
	const char *pid_ns;
	const char *cgroup;
	const char *comm;
};

/* Bits of thread.known. */
enum {
	T_NVCSW		= 1 << 0,
	T_NIVCSW	= 1 << 1,
	T_START		= 1 << 2,
	T_CLEAR_TID	= 1 << 3,
};

struct thread {
	pid_t tid;
	pid_t tgid;
	pid_t nstid;		/* its id in its own pid namespace ... */
	bool nstid_shared;	/* ... which another thread of the mm has, in another one */
	pid_t tracer;
	int mm;
	int process;
	unsigned int known;
	char state;		/* 0: unknown */
	const char *frozen;	/* "no", or the cgroup version of the freezer */
	enum yesno exiting;
	enum yesno io_worker;
	enum yesno io_uring;
	const char *comm;
	uint64_t nvcsw;
	uint64_t nivcsw;
	uint64_t start_ns;
	uint64_t clear_child_tid;
};

/* Bits of shared.known. */
enum {
	S_INO		= 1 << 0,
	S_NLINK		= 1 << 1,
};

/* A word in shared memory. */
struct shared {
	unsigned int known;
	const char *key;	/* as of the waiters */
	const char *dev;
	uint64_t ino;
	uint32_t nlink;
	size_t first_map;	/* in snapshot.maps ... */
	size_t nr_maps;		/* ... the address spaces that map it */
	enum yesno complete;	/* all of them */
};

/* What a thread sleeps in that waits for no futex. */
enum sleep_kind {
	SLEEP_READ,		/* for the writers of a pipe */
	SLEEP_WRITE,		/* to a full pipe */
	SLEEP_CHILDREN,		/* for a child or tracee */
	SLEEP_VFORK,		/* for a child of vfork(2) */
};

/* The processes without which a sleep does not end. */
struct wakers {
	enum sleep_kind kind;
	uint64_t id;		/* the pipe's inode, or the tgid of the parent */
	size_t first_process;	/* in snapshot.waker_processes */
	size_t nr_processes;
};

/* A thread can have several: then each of them ends its sleep. */
struct sleep {
	int thread;
	int wakers;
};

/* A thread outside the waiters' address spaces that a lock word names. */
struct outsider {
	pid_t tid;
	pid_t tgid;
	const char *comm;
};

enum source {
	SOURCE_FILE,
	SOURCE_MODULE,
	SOURCE_PROC,
};

/* As the format writes them; the name of an unknown one is NULL. */
extern const char *const call_names[NR_CALLS];
extern const char *const op_names[NR_OPS];
extern const char *const timeout_names[NR_TIMEOUTS];

/* What the words of a waiter are where the file leaves them out: a value to compare with. */
extern const char all_words_zero[];

/* From a 64-bit key to an index; see idmap_init(). */
struct idmap {
	struct idmap_slot {
		uint64_t key;
		int val;	/* -1: the slot is free */
	} *slots;
	size_t mask;
};

struct snapshot {
	enum source source;
	const char *module;
	const char *kernel;
	const char *arch;
	const char *boot_id;
	bool start_known;
	uint64_t start_ns;

	struct waiter *waiters;
	struct mm *mms;
	struct process *processes;
	struct thread *threads;
	struct outsider *outsiders;
	struct shared *shared;
	int *maps;		/* indices into mms */
	struct sleep *sleeps;	/* see read_sleeps() */
	struct wakers *wakers;
	int *waker_processes;	/* indices into processes */
	size_t nr_waiters;
	size_t nr_mms;
	size_t nr_processes;
	size_t nr_threads;
	size_t nr_outsiders;
	size_t nr_shared;
	size_t nr_maps;
	size_t nr_sleeps;
	size_t nr_wakers;
	size_t nr_waker_processes;
	size_t nr_errors;
	const char *error;	/* the first of the errors */
	uint64_t nr_hidden;	/* waiters that the reader may not see */
	size_t nr_unreadable;	/* processes that there are no rights to look at */
	bool vm_unsure;		/* other processes may share these mms */

	struct idmap by_tid;
	struct idmap by_tgid;
	struct idmap by_owner;	/* (mm, id in its own pid namespace) */
	struct idmap by_key;	/* hash of the key of a word in shared memory */
	char *text;		/* what the file's text fields point into */
	struct text_chunk *chunks;
};

void snapshot_init(struct snapshot *s, enum source source);
void snapshot_free(struct snapshot *s);
struct waiter *snapshot_add_waiter(struct snapshot *s);
struct mm *snapshot_add_mm(struct snapshot *s);
struct process *snapshot_add_process(struct snapshot *s);
struct thread *snapshot_add_thread(struct snapshot *s);
struct outsider *snapshot_add_outsider(struct snapshot *s);
struct shared *snapshot_add_shared(struct snapshot *s);
void snapshot_add_map(struct snapshot *s, int mm);
int snapshot_add_wakers(struct snapshot *s, enum sleep_kind kind, uint64_t id);
void snapshot_add_waker(struct snapshot *s, int process);
void snapshot_add_sleep(struct snapshot *s, int thread, int wakers);
char *snapshot_text(struct snapshot *s, size_t size);

void snapshot_index(struct snapshot *s);
void snapshot_index_owners(struct snapshot *s);
int snapshot_find_thread(const struct snapshot *s, pid_t tid);
int snapshot_find_process(const struct snapshot *s, pid_t tgid);
int snapshot_find_owner(const struct snapshot *s, int mm, pid_t owner);
int snapshot_find_shared(const struct snapshot *s, const char *key);
uint64_t hash_text(const char *text);
enum opcode opcode_of(unsigned int op);

void idmap_init(struct idmap *map, size_t nr);
void idmap_free(struct idmap *map);
int idmap_find(const struct idmap *map, uint64_t key);
int idmap_add(struct idmap *map, uint64_t key, int val);

void *xcalloc(size_t nr, size_t size);
void *xrealloc(void *p, size_t size);

#endif
