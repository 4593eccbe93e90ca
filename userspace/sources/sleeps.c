// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a thread sleeps for in a call that is no futex wait.
 */
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "array.h"
#include "blocker.h"
#include "signals.h"

/* Ancestors of this program that are looked at. */
#define MAX_ANCESTORS	32

/**
 * read_thread_memory() - read memory of a thread, without harm
 * @r: the reader
 * @thread: index of the thread
 * @addr: address there
 * @buf: receives it
 * @size: how many bytes
 *
 * Return: whether it was read.
 */
bool read_thread_memory(const struct reader *r, int thread, uint64_t addr, void *buf, size_t size)
{
	const struct thread *t = &r->s->threads[thread];

	if (t->process < 0 || r->s->processes[t->process].in_state_d)
		return false;
	return procfs_memory(r->root, t->tgid, t->tid, addr, buf, size);
}

/*
 * A process that waits for this program, maybe through others, will go on.  That is the
 * most ordinary wait, and a search for all its children and tracees is the most expensive.
 */
static bool waits_for_us(const struct reader *r, pid_t pid)
{
	pid_t ancestor = getppid();
	char buf[PROCFS_FILE_SIZE];

	for (int depth = 0; depth < MAX_ANCESTORS && ancestor > 0; depth++) {
		if (ancestor == pid)
			return true;
		if (procfs_read(buf, r->root, "%d/status", ancestor))
			return false;
		ancestor = status_id(buf, "PPid");
	}
	return false;
}

/**
 * may_be_init() - whether a process may be the init of its pid namespace
 * @r: the reader
 * @pid: the process
 *
 * Orphans are reparented to it.
 */
bool may_be_init(const struct reader *r, pid_t pid)
{
	char buf[PROCFS_FILE_SIZE];

	return procfs_read(buf, r->root, "%d/status", pid) ||
	       last_id(status_field(buf, "NSpid")) <= 1;
}

/* An id in a call is one in the pid namespace of the caller: whether that is the first one. */
static bool knows_host_ids(const struct reader *r, pid_t pid)
{
	char buf[PROCFS_FILE_SIZE];
	const char *ids;
	int nested;

	if (procfs_read(buf, r->root, "%d/status", pid))
		return false;
	ids = status_field(buf, "NSpid");
	return ids && sscanf(ids, "%*d%*[\t ]%d", &nested) != 1;
}

/* @child is the id of the only one that is waited for; 0: any child, or one of a group. */
static bool note_children(struct reader *r, int thread, pid_t child, bool sees_stops)
{
	pid_t tgid = r->s->threads[thread].tgid;

	if (waits_for_us(r, tgid) || may_be_init(r, tgid))
		return false;
	child = child > 0 && knows_host_ids(r, tgid) ? procfs_tgid(r->root, child) : 0;
	if (child)
		add_blocker(r, SLEEP_CHILD, child, tgid, thread);
	else
		add_blocker(r, SLEEP_CHILDREN, tgid, 0, thread);
	r->blockers[r->nr_blockers - 1].sees_stops = sees_stops;
	return true;
}

static bool note_wait4(struct reader *r, int thread, const uint64_t *args)
{
	return note_children(r, thread, args[0], args[2] & (WUNTRACED | WCONTINUED));
}

static bool note_waitid(struct reader *r, int thread, const uint64_t *args)
{
	return note_children(r, thread, args[0] == P_PID ? args[1] : 0,
			     args[3] & (WSTOPPED | WCONTINUED));
}

/* The table of locks says for which file, whatever the descriptor is by now. */
static bool note_file_lock(struct reader *r, int thread, const char *kind)
{
	uint64_t ino;

	if (!file_locks_find(&get_descriptors(r)->locks, r->s->threads[thread].tgid, kind, &ino))
		return false;
	add_blocker(r, SLEEP_FILE_LOCK, ino, 0, thread);
	return true;
}

static bool note_flock(struct reader *r, int thread, const uint64_t *args)
{
	(void)args;
	return note_file_lock(r, thread, FLOCK_LOCK);
}

static bool note_fcntl(struct reader *r, int thread, const uint64_t *args)
{
	const char *kind = file_lock_kind(args[1]);

	return kind && note_file_lock(r, thread, kind);
}

/*
 * A thread of the C library waits like this for timers with SIGEV_THREAD.  Nobody else sends that
 * signal, so without an armed timer nothing ends the wait but a thread that arms one.
 */
static bool note_sigtimedwait(struct reader *r, int thread, const uint64_t *args)
{
	const struct thread *t = &r->s->threads[thread];
	const struct process *p = process_of_thread(r->s, t);
	uint64_t set;

	if (!p || args[2] || process_has_timer(p, SIGNAL(FIRST_LIBC_SIGNAL)) ||
	    !read_thread_memory(r, thread, args[0], &set, sizeof(set)) ||
	    set != SIGNAL(FIRST_LIBC_SIGNAL))
		return false;
	add_blocker(r, SLEEP_TIMER, t->tgid, 0, thread);
	return true;
}

#ifdef SYS_vfork
static bool note_vfork(struct reader *r, int thread, const uint64_t *args)
{
	(void)args;
	add_blocker(r, SLEEP_VFORK, r->s->threads[thread].tgid, 0, thread);
	return true;
}
#endif

static bool note_clone(struct reader *r, int thread, const uint64_t *args)
{
	add_blocker(r, args[0] & CLONE_THREAD ? SLEEP_CLONE : SLEEP_VFORK,
		    r->s->threads[thread].tgid, 0, thread);
	return !(args[0] & CLONE_PARENT);
}

/* Its flags are in memory, which is not read behind a thread in state D. */
static bool note_clone3(struct reader *r, int thread, const uint64_t *args)
{
	(void)args;
	add_blocker(r, SLEEP_CLONE, r->s->threads[thread].tgid, 0, thread);
	return true;
}

/* The kernel's functions in which calls sleep for what they are made for. */
#define IN_WAIT		{ "do_wait" }
#define IN_VFORK	{ "wait_for_vfork_done", "kernel_clone" }
#define IN_FLOCK	{ "locks_lock_inode_wait", "flock_lock_inode_wait" }
#define IN_FCNTL	{ "fcntl_setlk", "do_lock_file_wait" }
#define IN_SIGWAIT	{ "do_sigtimedwait" }

static const struct blocking_call calls[] = {
	{ SYS_wait4,	STATE_SLEEPING,		note_wait4,	IN_WAIT },
	{ SYS_waitid,	STATE_SLEEPING,		note_waitid,	IN_WAIT },
	{ SYS_flock,	STATE_SLEEPING,		note_flock,	IN_FLOCK },
	{ SYS_fcntl,	STATE_SLEEPING,		note_fcntl,	IN_FCNTL },
	{ SYS_rt_sigtimedwait, STATE_SLEEPING,	note_sigtimedwait, IN_SIGWAIT },
#ifdef SYS_vfork
	{ SYS_vfork,	STATE_DISK_SLEEP,	note_vfork,	IN_VFORK },
#endif
	{ SYS_clone,	STATE_DISK_SLEEP,	note_clone,	IN_VFORK },
	{ SYS_clone3,	STATE_DISK_SLEEP,	note_clone3,	IN_VFORK },
	{}
};

/*
 * The call that a thread sleeps in, or NULL if that is not one of them.  The kernel's own
 * threads in a process (io_uring, vhost) have no user registers, which reads as read(0).
 * In a 32-bit program the numbers mean other calls; its stack is below 4 GiB.
 */
static const struct blocking_call *find_call(const struct reader *r, const struct thread *t,
					     struct syscall *sc)
{
	static const struct blocking_call *const tables[] = { file_calls, calls };

	if (procfs_syscall(sc, r->root, t->tgid, t->tid) || sc->sp <= UINT32_MAX || !sc->pc)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		for (const struct blocking_call *call = tables[i]; call->note; call++) {
			if (call->nr == sc->nr && call->state == t->state)
				return call;
		}
	}
	return NULL;
}

/**
 * note_sleep() - note what a thread sleeps for
 * @r: receives a blocker for each thing, if these are all
 * @thread: index of the thread
 *
 * Return: whether that is known.
 */
bool note_sleep(struct reader *r, int thread)
{
	const struct thread *t = &r->s->threads[thread];
	const struct blocking_call *call;
	struct syscall sc;

	call = find_call(r, t, &sc);
	return call && call->note(r, thread, sc.args) &&
	       procfs_sleeps_in(r->root, t->tgid, t->tid, call->functions);
}
