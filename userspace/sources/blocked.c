// SPDX-License-Identifier: GPL-2.0-only
/*
 * What threads sleep for that wait for no futex, and which processes could end that.
 *
 * A sleep gets a record only if certain processes alone can end it: on pipes and unix sockets, for
 * children and tracees, of a vfork parent, for file locks, and for timers that are not armed.  Any
 * other thread, and any that cannot be read, has no record, so it counts as able to run.
 *
 * The processes that could end a sleep are added to the snapshot, unless they are in it,
 * and what their threads sleep for is looked at in turn.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "array.h"
#include "blocked.h"
#include "children.h"
#include "descriptors.h"
#include "scan.h"
#include "signals.h"

/* Descriptors that one call may wait for; with more, it gets no record. */
#define MAX_FDS		64

/* Processes that may end a sleep; with more, it gets no record. */
#define MAX_WAKERS	1024

/* Ancestors of this program that are looked at. */
#define MAX_ANCESTORS	32

/* The first pid namespace, in which all processes have an id. */
#define FIRST_PID_NS	"pid:[4026531836]"	/* PROC_PID_INIT_INO, linux/proc_ns.h */

/* A thread, and one of the things that it sleeps for. */
struct blocker {
	enum sleep_kind kind;
	uint64_t id;
	pid_t parent;		/* for SLEEP_CHILD: the process that waits; else 0 */
	int thread;
};

struct reader {
	const char *root;
	compare_fn compare_files;
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

static void add_blocker(struct reader *r, enum sleep_kind kind, uint64_t id, int thread)
{
	array_push(r->blockers, r->nr_blockers, (struct blocker){ kind, id, 0, thread });
}

static void add_child_blocker(struct reader *r, pid_t child, pid_t parent, int thread)
{
	array_push(r->blockers, r->nr_blockers,
		   (struct blocker){ SLEEP_CHILD, child, parent, thread });
}

/*
 * Descriptors
 */

/* Includes a ring whose descriptor was closed after it was registered with the ring. */
static bool has_io_uring(const struct snapshot *s)
{
	for (size_t i = 0; i < s->nr_threads; i++) {
		if (s->threads[i].io_uring == YES)
			return true;
	}
	return false;
}

static const struct descriptors *get_descriptors(struct reader *r)
{
	struct descriptors *d = &r->descriptors;

	if (!r->have_descriptors) {
		bool ring = has_io_uring(r->s);

		find_descriptors(r->root, r->compare_files, r->s, d);
		d->pipes.incomplete |= ring;
		d->sockets.incomplete |= ring;
		d->files.incomplete |= ring;
		d->locks.holders.incomplete |= ring;
	}
	r->have_descriptors = true;
	return d;
}

/* Whether a process has a pipe open for writing, or a socket. */
static bool has_writing_end(const struct relations *ends, uint64_t ino, pid_t pid)
{
	for (size_t i = relations_find(ends, ino); i < ends->nr && ends->all[i].id == ino; i++) {
		if (ends->all[i].pid == pid && ends->all[i].is_writer)
			return true;
	}
	return false;
}

/*
 * A thread that reads or polls a pipe to which its own process writes waits for a signal
 * whose handler writes there: that is as good as sigwait(3).  But no handler writes for the
 * sake of a main thread that reads a file which it has opened by the name of its
 * descriptor: this is how gdb hangs.
 */
static bool waits_for_signal(struct reader *r, const struct thread *t,
			     const struct pipe_end *end, bool polls)
{
	const struct process *p = process_of_thread(r->s, t);

	return (polls || t->tid != t->tgid || !end->by_name) && process_has_handlers(p) &&
	       has_writing_end(&get_descriptors(r)->pipes, end->ino, t->tgid);
}

static bool note_pipe(struct reader *r, int thread, const struct pipe_end *end, bool polls)
{
	if (!end->writes && waits_for_signal(r, &r->s->threads[thread], end, polls))
		return false;
	add_blocker(r, end->writes ? SLEEP_WRITE : SLEEP_READ, end->ino, thread);
	return true;
}

/* Which pipe a descriptor of a thread is now.  Return: whether it is one. */
static bool pipe_of_thread(const struct reader *r, int thread, int fd, struct pipe_end *end)
{
	const struct thread *t = &r->s->threads[thread];
	char path[PROCFS_LINK_SIZE];

	snprintf(path, sizeof(path), "%d/task/%d/fd/%d", t->tgid, t->tid, fd);
	return pipe_of_fd(r->root, path, end) > 0;
}

/* Note one descriptor that a thread polls.  Return: whether it is a pipe, as it must be. */
static bool note_polled(struct reader *r, int thread, int fd)
{
	struct pipe_end end;

	return pipe_of_thread(r, thread, fd, &end) && note_pipe(r, thread, &end, true);
}

static bool read_memory(const struct reader *r, int thread, uint64_t addr, void *buf, size_t size)
{
	const struct thread *t = &r->s->threads[thread];

	if (t->process < 0 || r->s->processes[t->process].in_state_d)
		return false;
	return procfs_memory(r->root, t->tgid, t->tid, addr, buf, size);
}

/*
 * Whether other threads can have changed what a call waits for since it began: which file a
 * descriptor is, and which descriptors an array names.  The kernel does not look at that again.
 */
static bool others_may_change(const struct reader *r, int thread)
{
	const struct snapshot *s = r->s;
	const struct thread *t = &s->threads[thread];

	for (size_t i = 0; i < s->nr_threads; i++) {
		const struct thread *other = &s->threads[i];

		if (other != t && thread_is_alive(other) &&
		    (other->tgid == t->tgid || (t->mm >= 0 && other->mm == t->mm)))
			return true;
	}
	return false;
}

static bool note_pollfds(struct reader *r, int thread, uint64_t addr, unsigned int nr)
{
	struct pollfd fds[MAX_FDS];
	bool any = false;

	if (!nr || nr > MAX_FDS || others_may_change(r, thread) ||
	    !read_memory(r, thread, addr, fds, nr * sizeof(*fds)))
		return false;
	for (size_t i = 0; i < nr; i++) {
		if (fds[i].fd < 0)
			continue;
		if (!note_polled(r, thread, fds[i].fd))
			return false;
		any = true;
	}
	return any;
}

static bool note_fd_sets(struct reader *r, int thread, const uint64_t *args)
{
	const int bits = 8 * sizeof(unsigned long);
	unsigned long all = 0, set;
	bool any = false;

	/* One word of each set is enough for programs with few files. */
	if (args[0] > (uint64_t)bits || others_may_change(r, thread))
		return false;
	for (int i = 1; i <= 3; i++) {
		if (!args[i])
			continue;
		if (!read_memory(r, thread, args[i], &set, sizeof(set)))
			return false;
		all |= set;
	}
	for (int fd = 0; fd < (int)args[0]; fd++) {
		if (!(all & 1UL << fd))
			continue;
		if (!note_polled(r, thread, fd))
			return false;
		any = true;
	}
	return any;
}

/*
 * Calls.  Each function notes what a call sleeps for, and returns whether that is all that
 * could end it.
 */

/*
 * Only the module tells on which socket the thread sleeps, and that it has no timeout.  As with
 * pipes, a handler may write to the other end.
 */
static bool note_socket(struct reader *r, int thread)
{
	const struct thread *t = &r->s->threads[thread];

	if (!(t->known & T_PEER) ||
	    (process_has_handlers(process_of_thread(r->s, t)) &&
	     has_writing_end(&get_descriptors(r)->sockets, t->peer, t->tgid)))
		return false;
	add_blocker(r, SLEEP_SOCKET, t->socket, thread);
	return true;
}

/* The module tells on which pipe the thread sleeps, whatever its descriptor is by now. */
static bool note_read(struct reader *r, int thread, const uint64_t *args)
{
	const struct thread *t = &r->s->threads[thread];
	struct pipe_end end;

	if (t->known & T_SOCKET)
		return note_socket(r, thread);
	if (!pipe_of_thread(r, thread, args[0], &end))
		return false;
	if (t->known & T_PIPE ? t->pipe != end.ino : others_may_change(r, thread))
		return false;
	return note_pipe(r, thread, &end, false);
}

#ifdef SYS_poll
static bool note_poll(struct reader *r, int thread, const uint64_t *args)
{
	return (int)args[2] < 0 && note_pollfds(r, thread, args[0], args[1]);
}
#endif

/* With a signal mask it waits for signals too. */
static bool note_ppoll(struct reader *r, int thread, const uint64_t *args)
{
	return !args[2] && !args[3] && note_pollfds(r, thread, args[0], args[1]);
}

#ifdef SYS_select
static bool note_select(struct reader *r, int thread, const uint64_t *args)
{
	return !args[4] && note_fd_sets(r, thread, args);
}
#endif

static bool note_pselect(struct reader *r, int thread, const uint64_t *args)
{
	return !args[4] && !args[5] && note_fd_sets(r, thread, args);
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

/* Orphans are reparented to the init of their pid namespace. */
static bool may_be_init(const struct reader *r, pid_t pid)
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
static bool note_children(struct reader *r, int thread, pid_t child)
{
	pid_t tgid = r->s->threads[thread].tgid;

	if (waits_for_us(r, tgid) || may_be_init(r, tgid))
		return false;
	child = child > 0 && knows_host_ids(r, tgid) ? procfs_tgid(r->root, child) : 0;
	if (child)
		add_child_blocker(r, child, tgid, thread);
	else
		add_blocker(r, SLEEP_CHILDREN, tgid, thread);
	return true;
}

/* A process that no thread is running in may still be stopped or continued by a signal. */
static bool some_may_stop(const struct reader *r)
{
	for (size_t i = 0; i < r->s->nr_processes; i++) {
		if (process_may_stop(&r->s->processes[i]))
			return true;
	}
	return false;
}

static bool note_wait4(struct reader *r, int thread, const uint64_t *args)
{
	if (args[2] & (WUNTRACED | WCONTINUED) && some_may_stop(r))
		return false;
	return note_children(r, thread, args[0]);
}

static bool note_waitid(struct reader *r, int thread, const uint64_t *args)
{
	if (args[3] & (WSTOPPED | WCONTINUED) && some_may_stop(r))
		return false;
	return note_children(r, thread, args[0] == P_PID ? args[1] : 0);
}

/* The table of locks says for which file, whatever the descriptor is by now. */
static bool note_file_lock(struct reader *r, int thread, const char *kind)
{
	uint64_t ino;

	if (!file_locks_find(&get_descriptors(r)->locks, r->s->threads[thread].tgid, kind, &ino))
		return false;
	add_blocker(r, SLEEP_FILE_LOCK, ino, thread);
	return true;
}

static bool note_flock(struct reader *r, int thread, const uint64_t *args)
{
	(void)args;
	return note_file_lock(r, thread, FLOCK_LOCK);
}

static bool note_fcntl(struct reader *r, int thread, const uint64_t *args)
{
	return args[1] == F_SETLKW && note_file_lock(r, thread, RECORD_LOCK);
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
	    !read_memory(r, thread, args[0], &set, sizeof(set)) ||
	    set != SIGNAL(FIRST_LIBC_SIGNAL))
		return false;
	add_blocker(r, SLEEP_TIMER, t->tgid, thread);
	return true;
}

#ifdef SYS_vfork
static bool note_vfork(struct reader *r, int thread, const uint64_t *args)
{
	(void)args;
	add_blocker(r, SLEEP_VFORK, r->s->threads[thread].tgid, thread);
	return true;
}
#endif

static bool note_clone(struct reader *r, int thread, const uint64_t *args)
{
	add_blocker(r, args[0] & CLONE_THREAD ? SLEEP_CLONE : SLEEP_VFORK,
		    r->s->threads[thread].tgid, thread);
	return !(args[0] & CLONE_PARENT);
}

/* Its flags are in memory, which is not read behind a thread in state D. */
static bool note_clone3(struct reader *r, int thread, const uint64_t *args)
{
	(void)args;
	add_blocker(r, SLEEP_CLONE, r->s->threads[thread].tgid, thread);
	return true;
}

/* The kernel's functions in which calls sleep for what they are made for. */
#define IN_RECEIVE	"unix_stream_data_wait", "unix_stream_read_generic", \
			"__skb_wait_for_more_packets"
#define IN_SEND		"sock_alloc_send_pskb", "sock_wait_for_wmem"
#define IN_READ		{ "pipe_read", "anon_pipe_read", IN_RECEIVE }
#define IN_WRITE	{ "pipe_write", "anon_pipe_write", IN_SEND }
#define IN_POLL		{ "do_sys_poll", "do_select", "poll_schedule_timeout" }
#define IN_WAIT		{ "do_wait" }
#define IN_VFORK	{ "wait_for_vfork_done", "kernel_clone" }
#define IN_FLOCK	{ "locks_lock_inode_wait", "flock_lock_inode_wait" }
#define IN_FCNTL	{ "fcntl_setlk", "do_lock_file_wait" }
#define IN_SIGWAIT	{ "do_sigtimedwait" }

/**
 * struct blocking_call - a call in which a thread may sleep
 * @nr: its number, which for a 64-bit program is the one that this program was built with
 * @state: the state in which it sleeps.  The parent of a vfork child sleeps in state D,
 *	which only a fatal signal ends early.
 * @note: see above
 * @functions: where it sleeps in the kernel.  Any call may also sleep for a page
 *	(userfaultfd), for a seccomp supervisor, for memory or a lock
 */
struct blocking_call {
	long nr;
	enum task_state state;
	bool (*note)(struct reader *r, int thread, const uint64_t *args);
	const char *functions[6];
};

static const struct blocking_call calls[] = {
	{ SYS_read,	STATE_SLEEPING,		note_read,	IN_READ },
	{ SYS_readv,	STATE_SLEEPING,		note_read,	IN_READ },
	{ SYS_write,	STATE_SLEEPING,		note_read,	IN_WRITE },
	{ SYS_writev,	STATE_SLEEPING,		note_read,	IN_WRITE },
	{ SYS_recvfrom,	STATE_SLEEPING,		note_read,	IN_READ },
	{ SYS_recvmsg,	STATE_SLEEPING,		note_read,	IN_READ },
	{ SYS_sendto,	STATE_SLEEPING,		note_read,	IN_WRITE },
	{ SYS_sendmsg,	STATE_SLEEPING,		note_read,	IN_WRITE },
#ifdef SYS_poll
	{ SYS_poll,	STATE_SLEEPING,		note_poll,	IN_POLL },
#endif
	{ SYS_ppoll,	STATE_SLEEPING,		note_ppoll,	IN_POLL },
#ifdef SYS_select
	{ SYS_select,	STATE_SLEEPING,		note_select,	IN_POLL },
#endif
	{ SYS_pselect6,	STATE_SLEEPING,		note_pselect,	IN_POLL },
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
};

/*
 * The call that a thread sleeps in, or NULL if that is not one of them.  The kernel's own
 * threads in a process (io_uring, vhost) have no user registers, which reads as read(0).
 * In a 32-bit program the numbers mean other calls; its stack is below 4 GiB.
 */
static const struct blocking_call *find_call(const struct reader *r, const struct thread *t,
					     struct syscall *sc)
{
	if (procfs_syscall(sc, r->root, t->tgid, t->tid) || sc->sp <= UINT32_MAX || !sc->pc)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		if (calls[i].nr == sc->nr && calls[i].state == t->state)
			return &calls[i];
	}
	return NULL;
}

/*
 * Processes
 */

/* Add a process to the snapshot, unless it is in it. */
static void add_process(struct reader *r, pid_t pid)
{
	size_t first = r->s->nr_threads;

	if (snapshot_find_process(r->s, pid) >= 0 || idmap_find(&r->by_pid, pid) >= 0 ||
	    r->nr_added == r->max_added)
		return;
	idmap_add(&r->by_pid, pid, r->nr_added++);
	if (!scan_process(r->root, r->s, pid))
		return;
	for (size_t i = first; i < r->s->nr_threads; i++)
		r->s->threads[i].process = r->s->nr_processes - 1;
	snapshot_mark_state_d(r->s, first);
}

/* Add the process of a thread of which only the id is known. */
static void add_process_of(struct reader *r, pid_t tid)
{
	pid_t tgid;

	/* Many threads may have one tracer, and many waiters one owner. */
	if (tid <= 0 || snapshot_find_thread(r->s, tid) >= 0 || idmap_find(&r->by_pid, tid) >= 0)
		return;
	tgid = procfs_tgid(r->root, tid);
	if (tgid)
		add_process(r, tgid);
}

static const struct relations *get_children(struct reader *r)
{
	if (!r->have_children)
		find_children(r->root, &r->children);
	r->have_children = true;
	return &r->children;
}

static void add_pid(struct pids *p, pid_t pid)
{
	for (size_t i = 0; i < p->nr; i++) {
		if (p->ids[i] == pid)
			return;
	}
	if (p->nr < MAX_WAKERS)
		p->ids[p->nr++] = pid;
}

static void add_users(const struct relations *ends, uint64_t id, enum sleep_kind kind,
		      struct pids *p)
{
	for (size_t i = relations_find(ends, id); i < ends->nr && ends->all[i].id == id; i++) {
		if (kind == SLEEP_WRITE || ends->all[i].is_writer)
			add_pid(p, ends->all[i].pid);
	}
}

/*
 * The processes that have the pipe open; if the wait is for data, only those that have it
 * open for writing.  If there are none, the wait is for the kernel, or for a message under
 * way.
 */
static bool list_pipe_users(struct reader *r, const struct blocker *b, struct pids *p)
{
	const struct relations *pipes = &get_descriptors(r)->pipes;
	bool known;

	add_users(pipes, b->id, b->kind, p);
	known = p->nr && !pipes->incomplete;
	add_users(pipes, ANY_FILE, b->kind, p);
	return known && p->nr < MAX_WAKERS;
}

/*
 * One child or tracee, and the process itself, whose other threads may end it.  If it has
 * ended, the wait is about to end.
 */
static bool list_child(struct reader *r, const struct blocker *b, struct pids *p)
{
	const struct relations *children = get_children(r);
	uint64_t parent = b->parent;
	bool found = false;

	for (size_t i = relations_find(children, parent);
	     i < children->nr && children->all[i].id == parent; i++) {
		if ((uint64_t)children->all[i].pid != b->id)
			continue;
		if (children->all[i].is_zombie)
			return false;
		found = true;
	}
	add_pid(p, b->parent);
	add_pid(p, b->id);
	return found && !children->incomplete;
}

/*
 * The process itself; its children and tracees; and all descendants of those, since it may
 * inherit them: nothing shows whether it is a subreaper.  Return: whether a child has ended.
 */
static bool add_family(struct reader *r, const struct blocker *b, struct pids *p)
{
	const struct relations *children = get_children(r);
	bool ended = false;

	add_pid(p, b->id);
	for (size_t k = 0; k < p->nr; k++) {
		for (size_t i = relations_find(children, p->ids[k]);
		     i < children->nr && children->all[i].id == (uint64_t)p->ids[k]; i++) {
			ended |= !k && children->all[i].is_zombie;
			add_pid(p, children->all[i].pid);
		}
	}
	return ended;
}

/*
 * Of the process itself, other threads can make children.  If there are no children, or if
 * one has ended, the wait is about to end.
 */
static bool list_family(struct reader *r, const struct blocker *b, struct pids *p)
{
	bool ended = add_family(r, b, p);

	return !ended && p->nr > 1 && p->nr < MAX_WAKERS && !get_children(r)->incomplete;
}

/*
 * Those that may send SIGCHLD, and the parent, if its end sends a signal.  There may be no
 * child; one that has ended has sent it.
 */
static bool list_signallers(struct reader *r, const struct blocker *b, struct pids *p)
{
	const struct process *process = &r->s->processes[snapshot_find_process(r->s, b->id)];

	if (process_handles(process, SIGNAL(SIGCHLD))) {
		add_family(r, b, p);
		p->ids[0] = p->ids[--p->nr];
	}
	/* Process 1 never ends. */
	if (process_handles(process, process->pdeath) && process->ppid != 1)
		add_pid(p, process->ppid);
	return p->nr < MAX_WAKERS - 1 && (!r->have_children || !r->children.incomplete);
}

/*
 * As before, but for the process itself: the end of vfork(2) is that of the child, or its
 * execve(2) (mm_release()).
 */
static bool list_vfork_children(struct reader *r, const struct blocker *b, struct pids *p)
{
	bool known = list_family(r, b, p);

	p->ids[0] = p->ids[--p->nr];
	return known;
}

/* Those that have one of the two ends open: one may send, and the other one shut down. */
static bool list_socket_users(struct reader *r, const struct blocker *b, struct pids *p)
{
	const struct descriptors *d = get_descriptors(r);
	uint64_t peer = r->s->threads[b->thread].peer;
	bool known;

	add_users(&d->sockets, peer, b->kind, p);
	known = p->nr && !d->sockets.incomplete;
	add_users(&d->sockets, b->id, b->kind, p);
	add_users(&d->pipes, ANY_FILE, b->kind, p);
	return known && p->nr < MAX_WAKERS;
}

/* Those that have shared memory open, and may map it.  There may be none. */
static bool list_openers(struct reader *r, const struct blocker *b, struct pids *p)
{
	const struct relations *files = &get_descriptors(r)->files;

	for (size_t i = relations_find(files, b->id); i < files->nr && files->all[i].id == b->id;
	     i++)
		add_pid(p, files->all[i].pid);
	return p->nr < MAX_WAKERS && !files->incomplete;
}

/* Those that have a lock of the file, by flock(2) or fcntl(2). */
static bool list_lock_holders(struct reader *r, const struct blocker *b, struct pids *p)
{
	const struct file_locks *locks = &get_descriptors(r)->locks;
	const struct relations *holders = &locks->holders;

	for (size_t i = relations_find(holders, b->id);
	     i < holders->nr && holders->all[i].id == b->id; i++)
		add_pid(p, holders->all[i].pid);
	return p->nr < MAX_WAKERS && file_locks_know(locks, b->id) && !holders->incomplete;
}

/* The processes that could end a sleep.  Return: whether they are all known. */
static bool list_wakers(struct reader *r, const struct blocker *b, struct pids *p)
{
	p->nr = 0;
	switch (b->kind) {
	case SLEEP_READ:
	case SLEEP_WRITE:
		return list_pipe_users(r, b, p);
	case SLEEP_SOCKET:
		return list_socket_users(r, b, p);
	case SLEEP_SHARED:
		return list_openers(r, b, p);
	case SLEEP_SIGNAL:
		return list_signallers(r, b, p);
	case SLEEP_FILE_LOCK:
		return list_lock_holders(r, b, p);
	case SLEEP_TIMER:
		add_pid(p, b->id);
		return true;
	case SLEEP_CHILD:
		return list_child(r, b, p);
	case SLEEP_VFORK:
		return list_vfork_children(r, b, p);
	default:
		return list_family(r, b, p);
	}
}

static void add_wakers_to_snapshot(struct reader *r, const struct blocker *b)
{
	struct pids p;

	if (!list_wakers(r, b, &p))
		return;
	for (size_t i = 0; i < p.nr; i++)
		add_process(r, p.ids[i]);
}

/*
 * Threads
 */

/* Whether a timer's signal may end any call. */
static bool may_have_timer(const struct reader *r, const struct thread *t)
{
	const struct process *p = process_of_thread(r->s, t);
	uint64_t ns;

	return !p || process_wakes_itself(p, &ns) ||
	       (!(p->known & P_ARMED) && p->timers != NO);
}

/*
 * It is all or nothing: without one of the things that it sleeps for nothing is proven.
 *
 * Return: whether it can run, as far as is known, whatever others do.
 */
static bool look_at_thread(struct reader *r, int thread)
{
	const struct thread *t = &r->s->threads[thread];
	size_t first = r->nr_blockers;
	const struct blocking_call *call;
	struct syscall sc;

	if (t->state == STATE_TRACED)
		return false;
	if ((t->state != STATE_SLEEPING && t->state != STATE_DISK_SLEEP) || t->exiting == YES ||
	    t->io_worker == YES || t->io_uring == YES || may_have_timer(r, t))
		return thread_is_alive(t) && t->state != STATE_STOPPED;
	call = find_call(r, t, &sc);
	if (!call || !call->note(r, thread, sc.args) ||
	    !procfs_sleeps_in(r->root, t->tgid, t->tid, call->functions))
		r->nr_blockers = first;
	for (size_t i = first; i < r->nr_blockers; i++)
		add_wakers_to_snapshot(r, &r->blockers[i]);
	return r->nr_blockers == first;
}

/*
 * Signals
 */

static struct blocker signallers_of(const struct process *p)
{
	return (struct blocker){ .kind = SLEEP_SIGNAL, .id = p->tgid, .thread = -1 };
}

/* Whether somebody who is not known may send it a signal that it handles. */
static bool is_signalled_by_others(const struct reader *r, const struct process *p)
{
	uint64_t handled = process_handles(p, UINT64_MAX);

	return (handled && signals_of_files(r->root, p->tgid, handled)) ||
	       (handled & SIGNAL(SIGCHLD) && may_be_init(r, p->tgid)) ||
	       (handled & p->pdeath && p->ppid <= 0);
}

/*
 * A signal that is handled may end any sleep, and one that is not ends the process.  If a
 * thread of the process can run anyway, it does not matter.
 */
static void look_at_process(struct reader *r, int process)
{
	struct process *p = &r->s->processes[process];
	struct blocker b = signallers_of(p);

	p->has_terminal = has_terminal(r->root, p->tgid);
	if (is_signalled_by_others(r, p)) {
		p->signallers = SIGNALLERS_UNKNOWN;
	} else if (process_handles(p, SIGNAL(SIGCHLD) | p->pdeath)) {
		array_push(r->signalled, r->nr_signalled, process);
		add_wakers_to_snapshot(r, &b);
	}
}

/*
 * All
 */

/* Which threads wait on futexes. */
static bool *find_waiting(struct reader *r)
{
	bool *waits = xcalloc(r->s->nr_threads, sizeof(*waits));

	for (size_t i = 0; i < r->s->nr_waiters; i++) {
		const struct waiter *w = &r->s->waiters[i];

		if (w->thread >= 0 && w->call != CALL_IO_URING)
			waits[w->thread] = true;
	}
	return waits;
}

/* What is looked at may add more processes, which are looked at in turn. */
static void look_at_all(struct reader *r)
{
	size_t nr = r->s->nr_threads, threads = 0, processes = 0;
	bool *waits = find_waiting(r);

	/* A fork may have copied a PI lock whose owner's process has no waiters. */
	for (size_t i = 0; i < r->s->nr_waiters; i++)
		add_process_of(r, r->s->waiters[i].pi_owner);
	while (threads < r->s->nr_threads || processes < r->s->nr_processes) {
		for (; threads < r->s->nr_threads; threads++) {
			/* Others may be added, so that the threads move. */
			const struct thread t = r->s->threads[threads];
			int process = t.process;

			add_process_of(r, t.tracer);
			if (threads < nr && waits[threads] && t.state != STATE_TRACED)
				continue;
			if (look_at_thread(r, threads) && process >= 0)
				r->s->processes[process].busy = true;
		}
		if (processes == r->s->nr_processes)
			break;
		if (!r->s->processes[processes].busy)
			look_at_process(r, processes);
		processes++;
	}
	free(waits);
}

/* Whether a shared word is the first in a file that others may have open, which @b gets. */
static bool begins_open_file(const struct snapshot *s, size_t i, struct blocker *b)
{
	const struct shared *shared = &s->shared[i];

	*b = (struct blocker){ .kind = SLEEP_SHARED, .id = shared->ino, .thread = -1 };
	return shared->reach == REACH_OPEN && shared_begins_file(s, i);
}

static void look_at_shared(struct reader *r)
{
	struct blocker b;

	for (size_t i = 0; i < r->s->nr_shared; i++) {
		if (begins_open_file(r->s, i, &b))
			add_wakers_to_snapshot(r, &b);
	}
}

/*
 * The sets of processes
 */

static int compare_blockers(const void *x, const void *y)
{
	const struct blocker *a = x, *b = y;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	if (a->parent != b->parent)
		return a->parent < b->parent ? -1 : 1;
	return a->thread < b->thread ? -1 : a->thread > b->thread;
}

static bool is_same_blocker(const struct blocker *a, const struct blocker *b)
{
	return a->kind == b->kind && a->id == b->id && a->parent == b->parent;
}

/* Add the processes that could end a sleep to its set.  Return: whether they are known. */
static bool add_wakers(struct reader *r, const struct blocker *b)
{
	struct pids pids;

	if (!list_wakers(r, b, &pids))
		return false;
	for (size_t i = 0; i < pids.nr; i++) {
		int p = snapshot_find_process(r->s, pids.ids[i]);

		if (p < 0)
			return false;
		snapshot_add_waker(r->s, p);
	}
	return true;
}

static void add_blocked(struct reader *r)
{
	bool *unknown = xcalloc(r->s->nr_threads, sizeof(*unknown));
	int *wakers = xcalloc(r->nr_blockers, sizeof(*wakers));
	bool known = false;

	if (r->nr_blockers)
		qsort(r->blockers, r->nr_blockers, sizeof(*r->blockers), compare_blockers);
	for (size_t i = 0; i < r->nr_blockers; i++) {
		const struct blocker *b = &r->blockers[i];

		if (!i || !is_same_blocker(b, b - 1)) {
			wakers[i] = snapshot_add_wakers(r->s, b->kind, b->id);
			known = add_wakers(r, b);
		} else {
			wakers[i] = wakers[i - 1];
		}
		unknown[b->thread] |= !known;
	}
	for (size_t i = 0; i < r->nr_blockers; i++) {
		if (!unknown[r->blockers[i].thread])
			snapshot_add_blocked(r->s, r->blockers[i].thread, wakers[i]);
	}
	free(unknown);
	free(wakers);
}

static void add_openers(struct reader *r)
{
	struct blocker b;
	int openers = -1;

	for (size_t i = 0; i < r->s->nr_shared; i++) {
		struct shared *shared = &r->s->shared[i];

		if (begins_open_file(r->s, i, &b)) {
			openers = snapshot_add_wakers(r->s, b.kind, b.id);
			if (!add_wakers(r, &b))
				openers = -1;
		}
		if (shared->reach == REACH_OPEN)
			shared->openers = openers;
	}
}

static void add_signallers(struct reader *r)
{
	for (size_t i = 0; i < r->nr_signalled; i++) {
		struct process *p = &r->s->processes[r->signalled[i]];
		struct blocker b = signallers_of(p);
		int wakers = snapshot_add_wakers(r->s, b.kind, b.id);

		p->signallers = add_wakers(r, &b) ? wakers : SIGNALLERS_UNKNOWN;
	}
}

static bool is_in_first_ns(const char *root, const char *pid)
{
	char target[PROCFS_LINK_SIZE];

	return !procfs_link(target, root, "%s/ns/pid", pid) && !strcmp(target, FIRST_PID_NS);
}

/*
 * Outside the first pid namespace, or without the right to look at process 1 there
 * (hidepid), there may be processes that are not shown.
 */
static bool shows_all_processes(const char *root)
{
	return is_in_first_ns(root, "self") && is_in_first_ns(root, "1");
}

/* Nobody knows which children and parents there are. */
static void expect_signals(struct reader *r)
{
	for (size_t i = 0; i < r->s->nr_processes; i++) {
		struct process *p = &r->s->processes[i];

		p->has_terminal = has_terminal(r->root, p->tgid);
		if (process_handles(p, SIGNAL(SIGCHLD) | p->pdeath) || is_signalled_by_others(r, p))
			p->signallers = SIGNALLERS_UNKNOWN;
	}
}

/**
 * find_blocked() - find out what threads sleep for that wait for no futex
 * @root: where proc is mounted, for the pid namespace that @s was read in
 * @compare: compare_files(), or what stands for it in a test
 * @s: a snapshot of this host as it is now, indexed, whose mappings have been found.  Its
 *	blocked threads and wakers are filled in, and who has its shared memory open; the
 *	processes that these name are added, and it is indexed again.
 *
 * What is read is not of one moment.  But a thread that did not run between two snapshots is
 * in the same call in both, so it was in that call when it was looked at in between.  Where
 * @root may not show all processes, nothing is filled in.
 */
void find_blocked(const char *root, compare_fn compare, struct snapshot *s)
{
	struct reader r = { .root = root, .compare_files = compare, .s = s };

	if (!shows_all_processes(root)) {
		expect_signals(&r);
		return;
	}
	free(procfs_list_ids(&r.max_added, root, "."));
	idmap_init(&r.by_pid, r.max_added);
	snapshot_mark_state_d(s, 0);
	look_at_shared(&r);
	look_at_all(&r);
	if (r.nr_added)
		snapshot_index(s);
	add_blocked(&r);
	add_openers(&r);
	add_signallers(&r);
	idmap_free(&r.by_pid);
	free_descriptors(&r.descriptors);
	relations_free(&r.children);
	free(r.blockers);
	free(r.signalled);
}
