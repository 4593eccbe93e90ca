// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which processes could end a sleep.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "blocker.h"
#include "children.h"
#include "signals.h"

/* Descriptors of epoll sets on the host that are compared with one; with more, it gets no record. */
#define MAX_EPOLLS	4096

/* Includes a ring whose descriptor was closed after it was registered with the ring. */
static bool has_io_uring(const struct snapshot *s)
{
	for (size_t i = 0; i < s->nr_threads; i++) {
		if (s->threads[i].io_uring == YES)
			return true;
	}
	return false;
}

/**
 * get_descriptors() - what processes of the host have open, which is read once
 * @r: the reader
 */
const struct descriptors *get_descriptors(struct reader *r)
{
	struct descriptors *d = &r->descriptors;

	if (!r->have_descriptors) {
		bool ring = has_io_uring(r->s);

		find_descriptors(r->root, r->compare->tables, r->s, d);
		d->pipes.incomplete |= ring;
		d->sockets.incomplete |= ring;
		d->files.incomplete |= ring;
		d->locks.holders.incomplete |= ring;
		d->eventfds.incomplete |= ring;
	}
	r->have_descriptors = true;
	return d;
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
	uint64_t parent = b->other;
	bool found = false;

	for (size_t i = relations_find(children, parent);
	     i < children->nr && children->all[i].id == parent; i++) {
		if ((uint64_t)children->all[i].pid != b->id)
			continue;
		if (children->all[i].is_zombie)
			return false;
		found = true;
	}
	add_pid(p, b->other);
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

/* The signal by which the end of a child is told: what clone(2) says, SIGCHLD after execve(2). */
static uint64_t exit_signal(const char *root, pid_t pid)
{
	char stat[PROCFS_FILE_SIZE];
	const char *field = procfs_read(stat, root, "%d/stat", pid) ? NULL :
			    stat_field(stat, STAT_EXIT_SIGNAL);
	int signal = field ? atoi(field) : 0;

	return signal > 0 && signal <= 64 ? SIGNAL(signal) : 0;
}

/**
 * may_be_signalled_by_family() - whether its children may send a process a signal that it handles
 * @r: the reader
 * @p: the process
 */
bool may_be_signalled_by_family(struct reader *r, const struct process *p)
{
	const struct relations *children;
	uint64_t parent = p->tgid;

	if (process_handles(p, SIGNAL(SIGCHLD)))
		return true;
	if (!process_handles(p, UINT64_MAX))
		return false;
	children = get_children(r);
	for (size_t i = relations_find(children, parent);
	     i < children->nr && children->all[i].id == parent; i++) {
		if (process_handles(p, exit_signal(r->root, children->all[i].pid)))
			return true;
	}
	return false;
}

/*
 * Those that may send SIGCHLD, or what else tells of their end, and the parent, if its end sends
 * a signal.  There may be no child; one that has ended has sent it.
 */
static bool list_signallers(struct reader *r, const struct blocker *b, struct pids *p)
{
	const struct process *process = &r->s->processes[snapshot_find_process(r->s, b->id)];

	if (may_be_signalled_by_family(r, process)) {
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
	bool known;

	add_users(&d->sockets, b->other, b->kind, p);
	known = p->nr && !d->sockets.incomplete;
	add_users(&d->sockets, b->id, b->kind, p);
	add_users(&d->pipes, ANY_FILE, b->kind, p);
	return known && p->nr < MAX_WAKERS;
}

/*
 * Those that have the eventfd open.  The kernel may have it for a device or a cgroup: then they
 * are not all.
 */
static bool list_eventfd_users(struct reader *r, const struct blocker *b, struct pids *p)
{
	const struct descriptors *d = get_descriptors(r);

	add_users(&d->eventfds, b->id, b->kind, p);
	return p->nr && p->nr < MAX_WAKERS && !d->eventfds.incomplete;
}

/* Those that have the epoll set open, and may add files to it. */
static bool list_epoll_users(struct reader *r, const struct blocker *b, struct pids *p)
{
	const struct descriptors *d = get_descriptors(r);
	const struct thread *t = &r->s->threads[b->thread];

	if (d->nr_epolls > MAX_EPOLLS)
		return false;
	for (size_t i = 0; i < d->nr_epolls; i++) {
		const struct epoll_fd *e = &d->epolls[i];
		int rc = r->compare->files(t->tid, t->epoll, e->tid, e->fd);

		if (!rc)
			add_pid(p, e->pid);
		else if (rc < 0 && errno != ESRCH && errno != EBADF)
			return false;
	}
	return p->nr && p->nr < MAX_WAKERS && !d->pipes.incomplete;
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

/**
 * list_wakers() - list the processes that could end a sleep
 * @r: the reader
 * @b: what is slept for
 * @p: receives them
 *
 * Return: whether they are all known.
 */
bool list_wakers(struct reader *r, const struct blocker *b, struct pids *p)
{
	p->nr = 0;
	switch (b->kind) {
	case SLEEP_READ:
	case SLEEP_WRITE:
		return list_pipe_users(r, b, p);
	case SLEEP_SOCKET:
		return list_socket_users(r, b, p);
	case SLEEP_EVENTFD:
		return list_eventfd_users(r, b, p);
	case SLEEP_EPOLL:
		return list_epoll_users(r, b, p);
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
