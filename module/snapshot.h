/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The records of a snapshot. Each step of collect.c adds to them, and format.c prints
 * them. Records refer to each other by index, since the arrays move as they grow.
 */
#ifndef FI_SNAPSHOT_H
#define FI_SNAPSHOT_H

#include <linux/mutex.h> /* linux/futex.h of 6.12 needs it */
#include <linux/futex.h>
#include <linux/gfp.h>
#include <linux/hash.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/types.h>

#include "call.h"
#include "compat/user_frame.h"
#include "index.h"
#include "limits.h"
#include "sleep.h"
#include "timers.h"

struct mm_struct;

#define FI_TIME_UNKNOWN	U64_MAX

/* The signals that C libraries keep for themselves: 32 and 33 */
#define FI_FIRST_LIBC_SIGNAL	32
#define FI_LIBC_SIGNALS		2

/*
 * How memory for a snapshot is allocated. The processes of the host decide how much it is,
 * so the open must fail before the OOM killer takes a process that has nothing to do with
 * it: with __GFP_RETRY_MAYFAIL neither __alloc_pages_may_oom() nor the charge to the memory
 * cgroup (try_charge_memcg()) calls it. The memory is charged to the reader. Only page tables of
 * vmalloc, a page for 2 MiB, are allocated as the kernel always does.
 */
#define FI_GFP	(GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

/*
 * The window of 32-bit words that is read around a futex: its size, and the index of
 * the futex word in it. userspace/ recognises locks by these words.
 */
#define FI_WORDS	24
#define FI_WORDS_BEFORE	12
#define FI_ALL_WORDS	GENMASK(FI_WORDS - 1, 0)

/* Whether a waiter is in the kernel's queue, or why it is not. */
enum fi_queued {
	FI_QUEUED,
	FI_NOT_QUEUED_STOPPED,
	FI_NOT_QUEUED_TRACED,
	FI_NOT_QUEUED_FROZEN,
};

/* Which freezer holds a thread, if any. */
enum fi_freezer {
	FI_NOT_FROZEN,
	FI_FROZEN_V1,	/* suspend, or cgroup v1 */
	FI_FROZEN_V2,	/* cgroup v2 */
};

/**
 * struct fi_waiter - one thread on one futex word
 * @task: the thread; a reference is held until the snapshot is complete
 * @key: key of the queue entry, if @queued is FI_QUEUED
 * @insn: otherwise: user address of the instruction that must be FI_CALL_INSN, or this is
 *	no waiter; 0 if nothing is left to check
 * @call: the system call or io_uring request that waits
 * @waits_on: user address of the word; 0 if the key does not hold it
 * @switches: fi_switches() when the waiter was found
 * @asleep_ns: nanoseconds since the thread last got a CPU, or FI_TIME_UNKNOWN
 * @mm: id of its mm in the snapshot; 0 if the thread that submitted a request has exited
 * @next_in_mm: index + 1 of the next waiter of the same mm; 0 ends the list
 * @bitset: bitset of the queue entry, if @queued is FI_QUEUED
 * @pi_owner: id of the thread that holds the PI futex; 0 if it is not known
 * @tid: id of the thread; 0 if the reader's pid namespace does not show it, or it exited
 * @tgid: id of its process
 * @words_read: bit N is set if word N of the window was read
 * @words_set: bit N is set if word N of the window is not 0
 * @first_word: index in the snapshot's words of the first word that is not 0; the
 *	others of @words_set follow it
 * @comm: name of the thread
 * @queued: whether it is in the kernel's queue
 * @is_request: an io_uring request waits, not the thread that submitted it
 * @has_pi_state: the word is a PI futex
 * @stable: the thread did not run while the snapshot was taken
 *
 * All ids are those of the reader's pid namespace.
 */
struct fi_waiter {
	struct task_struct *task;
	union {
		union futex_key key;
		unsigned long insn;
	};
	struct fi_call call;
	unsigned long waits_on;
	unsigned long switches;
	u64 asleep_ns;
	unsigned int mm;
	unsigned int next_in_mm;
	u32 bitset;
	pid_t pi_owner;
	pid_t tid;
	pid_t tgid;
	u32 words_read;
	u32 words_set;
	unsigned int first_word;
	char comm[TASK_COMM_LEN];
	enum fi_queued queued : 8;
	bool is_request;
	bool has_pi_state;
	bool stable;
};

/**
 * struct fi_mm - an mm that has a waiter, or that maps a shared word with a waiter
 * @link: of fi_snapshot.mms_by_address
 * @mm: the mm; pinned by mmgrab() until the snapshot is complete, then only an address
 * @waiters: index + 1 of its first waiter; 0 if it has none
 * @nr_waiters: number of its waiters
 * @first_thread: index + 1 of its first live thread, in order of tid; 0 if it has none
 * @last_thread: index + 1 of its last live thread
 * @live: number of its live threads
 * @hidden: how many of these the reader's pid namespace does not show
 * @left_out: about how many queue entries of it are not in the snapshot
 * @incomplete: waiters or threads of it are not in the snapshot
 * @nr_active: for shared.c: how many of its mappings include the page at hand
 * @active: for shared.c: index in the array of mms that map that page
 */
struct fi_mm {
	struct fi_link link;
	struct mm_struct *mm;
	unsigned int waiters;
	unsigned int nr_waiters;
	unsigned int first_thread;
	unsigned int last_thread;
	unsigned int live;
	unsigned int hidden;
	unsigned int left_out;
	bool incomplete;
	unsigned int nr_active;
	unsigned int active;
};

/**
 * struct fi_process - a process with threads in one of the mms
 * @link: of fi_snapshot.processes_by_signal
 * @signal: its signal_struct, which is only compared
 * @mm: id of its mm
 * @caught: mask of the signals that it has a handler for; bit 0 is signal 1
 * @ignored: mask of the signals that do nothing when a process sends them to itself
 * @has_timers: an interval timer is armed, or it has a POSIX timer, armed or not
 * @timers: which timers are armed
 * @libc_handlers: addresses of the handlers of signals 32 and 33, which C libraries keep for
 *	themselves; 0 if there is none
 * @pid_ns: inode number of its pid namespace; 0 if it has just exited
 * @cgroup: path in the cgroup v2 hierarchy, which the snapshot owns; NULL if not known
 * @tgid: its id in the reader's pid namespace
 * @ppid: id of its parent in the reader's pid namespace
 * @execed: it has called execve(2) since it was forked
 * @comm: name of its main thread
 */
struct fi_process {
	struct fi_link link;
	const struct signal_struct *signal;
	unsigned int mm;
	u64 caught;
	u64 ignored;
	unsigned long libc_handlers[FI_LIBC_SIGNALS];
	struct fi_timers timers;
	bool has_timers;
	unsigned int pid_ns;
	char *cgroup;
	pid_t tgid;
	pid_t ppid;
	bool execed;
	char comm[TASK_COMM_LEN];
};

/**
 * struct fi_thread - a live thread in one of the mms
 * @clear_child_tid: user address that the kernel clears and wakes when the thread exits
 * @blocked: mask of the signals that it blocks; one that it waits for in sigtimedwait(2) counts
 *	as blocked
 * @nvcsw: voluntary context switches
 * @nivcsw: involuntary context switches
 * @start_ns: CLOCK_BOOTTIME when it was created, in nanoseconds
 * @frame: its saved registers; all 0 if it does not sleep
 * @first_sleep: index in the snapshot's sleeps of the first thing on which it sleeps
 * @next_in_mm: index + 1 of the next thread of the same mm; 0 ends the list
 * @mm: id of its mm; differs from that of its process only during execve(2)
 * @process: index of its process
 * @tid: its id in the reader's pid namespace
 * @nstid: its id in its own pid namespace
 * @tracer: id of the thread that traces it, in the reader's pid namespace
 * @traced: it is traced
 * @state: its state, a letter as in proc(5)
 * @frozen: the freezer that holds it
 * @exiting: it is exiting
 * @pdeath: signal that the end of its parent sends it (PR_SET_PDEATHSIG), or 0
 * @nr_sleeps: number of things on which it sleeps; 0 if they are not known
 * @polls: as in struct fi_sleeps
 * @io_worker: it is a worker of io_uring
 * @io_uring: a request of io_uring may make it run
 * @robust_list: it has registered a robust list
 * @is_32bit: it sleeps, and runs 32-bit code
 * @comm: its name
 */
struct fi_thread {
	unsigned long clear_child_tid;
	u64 blocked;
	unsigned long nvcsw;
	unsigned long nivcsw;
	u64 start_ns;
	struct fi_user_frame frame;
	unsigned int first_sleep;
	unsigned int next_in_mm;
	unsigned int mm;
	unsigned int process;
	pid_t tid;
	pid_t nstid;
	pid_t tracer;
	u8 pdeath;
	u8 nr_sleeps;
	char state;
	enum fi_freezer frozen : 2;
	bool traced : 1;
	bool exiting : 1;
	bool io_worker : 1;
	bool io_uring : 1;
	bool robust_list : 1;
	bool is_32bit : 1;
	bool polls : 1;
	char comm[TASK_COMM_LEN];
};

/**
 * struct fi_shared - a word in shared memory that has a waiter
 * @link: of fi_snapshot.shared_by_key
 * @key: the key of its queue entries
 * @inode: index of its inode
 * @nr_maps: number of mms that map it
 * @first_map: index in the snapshot's maps of the first of them. Words that the same mms
 *	map have the same one, and follow each other.
 * @complete: no other mm maps it
 */
struct fi_shared {
	struct fi_link link;
	union futex_key key;
	unsigned int inode;
	unsigned int nr_maps;
	size_t first_map;
	bool complete;
};

/**
 * struct fi_inode - an inode with shared words that have waiters
 * @link: of fi_snapshot.inodes_by_seq
 * @seq: its sequence number, which is the same in the keys of all its words
 * @known: it was found; the fields below hold only then
 * @dev: its device
 * @ino: its number
 * @nlink: number of its names; without a name only a process that has it open can map it
 * @first_edge: for shared.c: index of the first edge of its mappings
 * @nr_edges: for shared.c: number of these edges
 * @complete: all its mappings were found
 */
struct fi_inode {
	struct fi_link link;
	u64 seq;
	bool known;
	dev_t dev;
	unsigned long ino;
	unsigned int nlink;
	size_t first_edge;
	size_t nr_edges;
	bool complete;
};

/**
 * struct fi_edge - where a mapping of an inode begins or ends
 * @pgoff: the first page of the mapping, or the one behind its last
 * @mm: id of its mm
 * @begins: it begins there
 */
struct fi_edge {
	unsigned long pgoff;
	unsigned int mm;
	bool begins;
};

/**
 * struct fi_snapshot - what one open of the file shows
 * @ns: the reader's pid namespace
 * @limits: what the snapshot may cost
 * @bytes: memory of the arrays below, in bytes
 * @hash_key: key of the hashes of what users choose
 * @start_ns: CLOCK_BOOTTIME when the snapshot was begun, in nanoseconds
 * @realtime_ns: CLOCK_REALTIME at that time, in nanoseconds
 * @end_ns: CLOCK_BOOTTIME when it was complete, in nanoseconds
 * @waiters: array of waiters
 * @nr_waiters: number of waiters
 * @max_waiters: number of waiters that there is room for
 * @mms: array of mms; the id of an mm is its index + 1
 * @nr_mms: number of mms
 * @max_mms: number of mms that there is room for
 * @mms_by_address: finds an mm's record
 * @recent_mm: result of the last fi_find_mm()
 * @words: the words around all futexes that are not 0
 * @nr_words: number of words
 * @max_words: number of words that there is room for
 * @processes: array of processes
 * @nr_processes: number of processes
 * @max_processes: number of processes that there is room for
 * @processes_by_signal: finds a process by its signal_struct
 * @threads: array of threads
 * @nr_threads: number of threads
 * @max_threads: number of threads that there is room for
 * @sleeps: on what threads sleep, those of a thread together
 * @nr_sleeps: number of these
 * @max_sleeps: number of them that there is room for
 * @shared: array of words in shared memory
 * @nr_shared: number of words in shared memory
 * @max_shared: number of words in shared memory that there is room for
 * @shared_by_key: finds a word by its key, until shared.c has sorted them
 * @inodes: array of the inodes of these words
 * @nr_inodes: number of inodes
 * @max_inodes: number of inodes that there is room for
 * @inodes_by_seq: finds an inode by its sequence number
 * @edges: array of the edges of the inodes' mappings, for shared.c
 * @nr_edges: number of edges
 * @max_edges: number of edges that there is room for
 * @maps: ids of the mms that map shared words
 * @nr_maps: number of these ids
 * @max_maps: number of ids that there is room for
 * @hidden: number of waiters that the reader's pid namespace does not show
 * @left_out: about how many queue entries were left out; until the snapshot is complete,
 *	only those whose mm is not known
 * @full: no more waiters may be added
 * @error: the check of the kernel's data that failed, or NULL
 */
struct fi_snapshot {
	struct pid_namespace *ns;
	struct fi_limits limits;
	size_t bytes;
	siphash_key_t hash_key;
	u64 start_ns;
	u64 realtime_ns;
	u64 end_ns;

	struct fi_waiter *waiters;
	size_t nr_waiters;
	size_t max_waiters;

	struct fi_mm *mms;
	size_t nr_mms;
	size_t max_mms;
	struct fi_index mms_by_address;
	unsigned int recent_mm;

	u32 *words;
	size_t nr_words;
	size_t max_words;

	struct fi_process *processes;
	size_t nr_processes;
	size_t max_processes;
	struct fi_index processes_by_signal;

	struct fi_thread *threads;
	size_t nr_threads;
	size_t max_threads;

	struct fi_sleep *sleeps;
	size_t nr_sleeps;
	size_t max_sleeps;

	struct fi_shared *shared;
	size_t nr_shared;
	size_t max_shared;
	struct fi_index shared_by_key;

	struct fi_inode *inodes;
	size_t nr_inodes;
	size_t max_inodes;
	struct fi_index inodes_by_seq;

	struct fi_edge *edges;
	size_t nr_edges;
	size_t max_edges;

	unsigned int *maps;
	size_t nr_maps;
	size_t max_maps;

	size_t hidden;
	size_t left_out;
	bool full;
	const char *error;
};

/*
 * The ids of a thread in the reader's pid namespace; 0 if that does not show it or the
 * thread has exited. struct task_struct holds the ids of the initial namespace.
 */
static inline pid_t fi_tid(const struct fi_snapshot *snap, struct task_struct *task)
{
	if (snap->ns == &init_pid_ns)
		return pid_alive(task) ? task->pid : 0;
	return task_pid_nr_ns(task, snap->ns);
}

static inline pid_t fi_tgid(const struct fi_snapshot *snap, struct task_struct *task)
{
	if (snap->ns == &init_pid_ns)
		return pid_alive(task) ? task->tgid : 0;
	return task_tgid_nr_ns(task, snap->ns);
}

/**
 * fi_copy_name() - copy the name of a thread
 * @name: receives it; TASK_COMM_LEN bytes, of which the last one is 0
 * @task: the thread, which the caller keeps from being freed
 *
 * execve(2) sets a longer name without a lock that this could take, and for a moment there is no
 * 0 at its end: strscpy(), until 3a3f61ce5e0b ("exec: Make sure task->comm is always
 * NUL-terminated") (6.14).
 *
 * Context: any.
 */
static inline void fi_copy_name(char *name, const struct task_struct *task)
{
	memcpy(name, task->comm, TASK_COMM_LEN);
	name[TASK_COMM_LEN - 1] = '\0';
}

/**
 * fi_name_waiter() - copy the ids and the name of a waiter's thread
 * @snap: the snapshot, for its pid namespace
 * @waiter: receives them
 * @task: the thread, which the caller keeps from being freed
 *
 * Context: any.
 */
static inline void fi_name_waiter(const struct fi_snapshot *snap, struct fi_waiter *waiter,
				  struct task_struct *task)
{
	waiter->tid = fi_tid(snap, task);
	waiter->tgid = fi_tgid(snap, task);
	fi_copy_name(waiter->comm, task);
}

/* Context switches of a thread. While the sum stays the same, the thread has not run. */
static inline unsigned long fi_switches(const struct task_struct *task)
{
	return READ_ONCE(task->nvcsw) + READ_ONCE(task->nivcsw);
}

/**
 * fi_describe_waiter() - work out what a waiter waits for from what was copied of it
 * @waiter: the waiter
 *
 * Context: any.
 */
static inline void fi_describe_waiter(struct fi_waiter *waiter)
{
	const union futex_key *key = waiter->queued == FI_QUEUED ? &waiter->key : NULL;

	fi_call_decode(&waiter->call, key);
	if (!key)
		waiter->waits_on = waiter->call.uaddr;
	else if (key->both.offset & FUT_OFF_INODE)
		waiter->waits_on = 0;
	else
		waiter->waits_on = key->private.address + (key->private.offset & ~3U);
}

/**
 * fi_link_waiter() - put a waiter into the list of its mm
 * @snap: the snapshot
 * @i: index of the waiter, which must not change any more
 *
 * Context: any.
 */
static inline void fi_link_waiter(struct fi_snapshot *snap, size_t i)
{
	struct fi_waiter *waiter = &snap->waiters[i];
	struct fi_mm *mm;

	if (!waiter->mm)
		return;
	mm = &snap->mms[waiter->mm - 1];
	waiter->next_in_mm = mm->waiters;
	mm->waiters = i + 1;
}

/* Whether there is room for @nr waiters with as many mms; or no more room is to be made. */
static inline bool fi_has_room(const struct fi_snapshot *snap, size_t nr)
{
	return snap->full || (snap->max_waiters - snap->nr_waiters >= nr &&
			      snap->max_mms - snap->nr_mms >= nr);
}

/* Whether another waiter of an mm may be added; @mm is 0 if that is not known. */
static inline bool fi_may_take(const struct fi_snapshot *snap, unsigned int mm)
{
	return !snap->full && (!mm || snap->mms[mm - 1].nr_waiters < snap->limits.entries);
}

/* Set the mm of a new waiter; @mm may be 0. */
static inline void fi_set_mm(struct fi_snapshot *snap, struct fi_waiter *waiter, unsigned int mm)
{
	waiter->mm = mm;
	if (mm)
		snap->mms[mm - 1].nr_waiters++;
}

/* The hash of an address of the kernel's. Users do not choose it, so it takes no key. */
static inline u32 fi_hash_address(const void *address)
{
	return hash_ptr(address, 32);
}

unsigned int fi_look_up_mm(struct fi_snapshot *snap, const struct mm_struct *mm);

/**
 * fi_find_mm() - find the record of an mm
 * @snap: the snapshot
 * @mm: address of the mm, which is only compared
 *
 * Context: any.
 *
 * Return: the id of the mm; 0 if the snapshot has no record of it.
 */
static inline unsigned int fi_find_mm(struct fi_snapshot *snap, const struct mm_struct *mm)
{
	unsigned int id = snap->recent_mm;

	/* Threads of one process mostly follow each other. */
	return id && snap->mms[id - 1].mm == mm ? id : fi_look_up_mm(snap, mm);
}

int fi_reserve(struct fi_snapshot *snap, void *array, size_t nr, size_t more, size_t size,
	       size_t *max);
int fi_reserve_indexed(struct fi_snapshot *snap, void *array, size_t nr, size_t more, size_t size,
		       size_t *max, struct fi_index *index);
bool fi_is_full(struct fi_snapshot *snap);
int fi_reserve_waiters(struct fi_snapshot *snap, size_t nr);
int fi_reserve_mms(struct fi_snapshot *snap, size_t nr);
bool fi_charge(struct fi_snapshot *snap, size_t bytes);
void fi_snapshot_trim(struct fi_snapshot *snap);

unsigned int fi_add_mm(struct fi_snapshot *snap, struct mm_struct *mm);
unsigned int fi_add_mm_of(struct fi_snapshot *snap, struct task_struct *task);

void fi_drop_waiters(struct fi_snapshot *snap, size_t nr);
void fi_leave_out(struct fi_snapshot *snap, unsigned int mm, size_t nr);

void fi_snapshot_free(struct fi_snapshot *snap);

#endif
