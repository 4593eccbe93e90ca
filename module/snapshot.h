/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_SNAPSHOT_H
#define FI_SNAPSHOT_H

#include <linux/mutex.h> /* which linux/futex.h of 6.12 needs */
#include <linux/futex.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/types.h>

#include "call.h"

struct fi_mm_batch;
struct mm_struct;

#define FI_TIME_UNKNOWN	U64_MAX

/* The words around the futex word that are read with it. */
#define FI_WORDS_BEFORE	12
#define FI_WORDS	24

/* Whether a waiter is in the kernel's queue, or why it is not. */
enum fi_queued {
	FI_QUEUED,
	FI_NOT_QUEUED_STOPPED,
	FI_NOT_QUEUED_TRACED,
	FI_NOT_QUEUED_FROZEN,
};

/**
 * struct fi_waiter - one thread on one futex word
 * @task: the thread; a reference is held until the snapshot is complete
 * @key: what the kernel queued it under
 * @insn: of one that is not queued: address of the instruction that must make a system
 *	call, or this is no waiter; 0 once that is known
 * @call: the system call that it is in
 * @waits_on: address of the word, 0 if the key does not hold it
 * @switches: context switches when it was seen in the queue
 * @asleep_ns: time since it last got a CPU; FI_TIME_UNKNOWN if not known
 * @space: id of its address space in the snapshot; 0 if the thread that submitted a
 *	request has exited
 * @next_in_space: index + 1 of the next waiter of @space; 0 ends the list
 * @bitset: bitset of the queue entry
 * @pi_owner: thread that owns it, in the reader's pid namespace; 0 if not known
 * @tid: in the reader's pid namespace; 0 if that does not show it, or it has exited
 * @tgid: in the reader's pid namespace
 * @words_read: bit N is set if the N-th of the FI_WORDS words was read
 * @words_set: bit N is set if the N-th of the words is not 0
 * @first_word: index in the snapshot's words of the first that is not 0; the others
 *	of @words_set follow
 * @comm: its name
 * @queued: whether it is in the queue; if not, @key and @bitset are not known
 * @is_request: not the thread waits, but an io_uring request that it submitted
 * @has_pi_state: the word is a PI futex
 * @stable: it did not run while the snapshot was made
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
	unsigned int space;
	unsigned int next_in_space;
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
 * struct fi_space - an address space that a waiter lives in, or that maps its word
 * @mm: which; pinned by mmgrab() until the snapshot is complete
 * @next: id of the next address space of the same hash
 * @waiters: index + 1 of its first waiter
 * @nr_waiters: number of its waiters
 * @mapped: index + 1 of the last word in shared memory that it was noted to map
 * @first_thread: index + 1 of its first live thread, in order of tid
 * @last_thread: index + 1 of its last live thread
 * @live: number of its live threads
 * @hidden: those of them that the reader's pid namespace does not show
 */
struct fi_space {
	struct mm_struct *mm;
	unsigned int next;
	unsigned int waiters;
	unsigned int nr_waiters;
	unsigned int mapped;
	unsigned int first_thread;
	unsigned int last_thread;
	unsigned int live;
	unsigned int hidden;
};

/**
 * struct fi_process - a process with threads in such an address space
 * @signal: what its threads share; only compared
 * @space: id of its address space
 * @next: index + 1 of the next process of the same hash
 * @caught: mask of the signals that it has a handler for
 * @timers: an interval timer or a POSIX timer may be armed
 * @pid_ns: inode number of its pid namespace; 0 if it has just exited
 * @cgroup: path in the cgroup v2 hierarchy, owned; NULL if not known
 * @tgid: in the reader's pid namespace
 * @ppid: its parent, in the reader's pid namespace
 * @execed: it called execve(2) since it was forked
 * @comm: name of its main thread
 */
struct fi_process {
	const struct signal_struct *signal;
	unsigned int space;
	unsigned int next;
	u64 caught;
	bool timers;
	unsigned int pid_ns;
	char *cgroup;
	pid_t tgid;
	pid_t ppid;
	bool execed;
	char comm[TASK_COMM_LEN];
};

/**
 * struct fi_thread - a live thread in such an address space
 * @clear_child_tid: user address that the kernel clears and wakes when it exits
 * @nvcsw: voluntary context switches
 * @nivcsw: involuntary context switches
 * @start_ns: CLOCK_BOOTTIME when it was created
 * @next_in_space: index + 1 of the next thread of its address space
 * @space: id of its address space: that of its process, if that does not call execve(2)
 * @process: index of its process
 * @tid: in the reader's pid namespace
 * @nstid: its id in its own pid namespace
 * @tracer: thread that traces it, in the reader's pid namespace
 * @traced: it is traced
 * @state: its state, a letter as in proc(5)
 * @frozen: frozen by suspend or by cgroup v1 (1), or by cgroup v2 (2); else 0
 * @exiting: it is on its way out
 * @io_worker: it is a worker of io_uring
 * @io_uring: it has used io_uring
 * @robust_list: it has registered a robust list
 * @comm: its name
 */
struct fi_thread {
	unsigned long clear_child_tid;
	unsigned long nvcsw;
	unsigned long nivcsw;
	u64 start_ns;
	unsigned int next_in_space;
	unsigned int space;
	unsigned int process;
	pid_t tid;
	pid_t nstid;
	pid_t tracer;
	bool traced;
	char state;
	char frozen;
	bool exiting;
	bool io_worker;
	bool io_uring;
	bool robust_list;
	char comm[TASK_COMM_LEN];
};

/**
 * struct fi_shared - a word in shared memory that somebody waits on
 * @key: what the kernel calls it
 * @next: index + 1 of the next one of the same hash
 * @known: whether its inode was found; the rest is of that
 * @dev: device of the inode
 * @ino: number of the inode
 * @nlink: number of its names; who else may map it, if it has none, must have it open
 * @first_map: index of the first address space that maps it
 * @nr_maps: number of them
 * @complete: those are all
 */
struct fi_shared {
	union futex_key key;
	unsigned int next;
	bool known;
	dev_t dev;
	unsigned long ino;
	unsigned int nlink;
	size_t first_map;
	size_t nr_maps;
	bool complete;
};

#define FI_HASH_BITS	10

/**
 * struct fi_snapshot - all that one open of the file shows
 * @ns: the reader's pid namespace
 * @start_ns: CLOCK_BOOTTIME when it was begun
 * @end_ns: CLOCK_BOOTTIME when it was complete
 * @waiters: array of waiters
 * @nr_waiters: number of them
 * @max_waiters: number that there is room for
 * @spaces: array of address spaces; the id of one is its index + 1
 * @nr_spaces: number of them
 * @max_spaces: number that there is room for
 * @spaces_by_mm: id of the first address space of each hash
 * @recent_space: the one that was last looked for, or 0
 * @first_space: the first address space whose threads are being collected
 * @last_space: the last one
 * @words: array of words around futexes that are not 0
 * @nr_words: number of them
 * @max_words: number that there is room for
 * @processes: array of processes
 * @nr_processes: number of them
 * @max_processes: number that there is room for
 * @processes_by_signal: index + 1 of the first process of each hash
 * @threads: array of threads
 * @nr_threads: number of them
 * @max_threads: number that there is room for
 * @shared: array of words in shared memory
 * @nr_shared: number of them
 * @max_shared: number that there is room for
 * @shared_by_key: index + 1 of the first word of each hash
 * @maps: ids of the address spaces that map them
 * @nr_maps: number of those
 * @max_maps: number that there is room for
 * @hidden: waiters left out, since the pid namespace does not show them
 * @error: a check of the kernel's data that failed, or NULL
 * @batch: of private_hash.c, while it collects
 * @path: room for a path of PATH_MAX, while threads are collected
 */
struct fi_snapshot {
	struct pid_namespace *ns;
	u64 start_ns;
	u64 end_ns;

	struct fi_waiter *waiters;
	size_t nr_waiters;
	size_t max_waiters;

	struct fi_space *spaces;
	size_t nr_spaces;
	size_t max_spaces;
	unsigned int spaces_by_mm[1 << FI_HASH_BITS];
	unsigned int recent_space;
	unsigned int first_space;
	unsigned int last_space;

	u32 *words;
	size_t nr_words;
	size_t max_words;

	struct fi_process *processes;
	size_t nr_processes;
	size_t max_processes;
	unsigned int processes_by_signal[1 << FI_HASH_BITS];

	struct fi_thread *threads;
	size_t nr_threads;
	size_t max_threads;

	struct fi_shared *shared;
	size_t nr_shared;
	size_t max_shared;
	unsigned int shared_by_key[1 << FI_HASH_BITS];

	unsigned int *maps;
	size_t nr_maps;
	size_t max_maps;

	size_t hidden;
	const char *error;
	struct fi_mm_batch *batch;
	char *path;
};

/*
 * The ids of a thread, as the reader sees them; 0 if it does not, or the thread has
 * exited: those of the initial namespace are in struct task_struct.
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

/* snapshot.c */
struct fi_snapshot *fi_snapshot_take(void);
void fi_snapshot_free(struct fi_snapshot *snap);
unsigned int fi_find_space(struct fi_snapshot *snap, const struct mm_struct *mm);
unsigned int fi_add_space(struct fi_snapshot *snap, struct mm_struct *mm);
unsigned int fi_add_space_of(struct fi_snapshot *snap, struct task_struct *task);
int fi_reserve(void *array, size_t nr, size_t more, size_t size, size_t *max);

void fi_describe_waiter(struct fi_snapshot *snap, struct fi_waiter *waiter);
void fi_link_waiter(struct fi_snapshot *snap, size_t i);

/* threads.c */
int fi_collect_threads(struct fi_snapshot *snap);

#endif
