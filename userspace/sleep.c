// SPDX-License-Identifier: GPL-2.0-only
/*
 * What threads sleep in that wait for no futex, and who could end that.
 *
 * Only sleeps are told that none but certain processes can end: those on pipes, those
 * for children and tracees, and that of a vfork parent.  Whatever else a thread does,
 * and whatever cannot be read, leaves it without a record, so that it counts as able to
 * run.
 *
 * The processes that are named are added to the snapshot, if they are not in it, and
 * what their threads sleep in is looked at in turn.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc.h"
#include "relations.h"
#include "sleep.h"

/* Descriptors that one call may wait for; of more, nothing is said. */
#define MAX_FDS		64

/* Ancestors of this program that are looked at. */
#define MAX_DEPTH	32

#define PATH_SIZE	256

/* Numbers of system calls, by ABI. */
#if defined(__x86_64__)
enum {
	NR_READ = 0, NR_WRITE = 1, NR_POLL = 7, NR_READV = 19, NR_WRITEV = 20, NR_SELECT = 23,
	NR_CLONE = 56, NR_VFORK = 58, NR_WAIT4 = 61, NR_EPOLL_WAIT = 232, NR_WAITID = 247,
	NR_PSELECT6 = 270, NR_PPOLL = 271, NR_EPOLL_PWAIT = 281, NR_CLONE3 = 435,
	NR_EPOLL_PWAIT2 = 441,
};
#elif defined(__aarch64__)
enum {
	NR_EPOLL_PWAIT = 22, NR_READ = 63, NR_WRITE = 64, NR_READV = 65, NR_WRITEV = 66,
	NR_PSELECT6 = 72, NR_PPOLL = 73, NR_WAITID = 95, NR_CLONE = 220, NR_WAIT4 = 260,
	NR_CLONE3 = 435, NR_EPOLL_PWAIT2 = 441,
	NR_POLL = -2, NR_SELECT = -3, NR_VFORK = -4, NR_EPOLL_WAIT = -5,	/* there are none */
};
#else
enum {				/* not known here: no sleep is recognised */
	NR_READ = -2, NR_WRITE = -3, NR_POLL = -4, NR_READV = -5, NR_WRITEV = -6,
	NR_SELECT = -7, NR_CLONE = -8, NR_VFORK = -9, NR_WAIT4 = -10, NR_EPOLL_WAIT = -11,
	NR_WAITID = -12, NR_PSELECT6 = -13, NR_PPOLL = -14, NR_EPOLL_PWAIT = -15,
	NR_CLONE3 = -16, NR_EPOLL_PWAIT2 = -17,
};
#endif

/* A thread, and one of the things that it sleeps for. */
struct want {
	enum sleep_kind kind;
	uint64_t id;
	int thread;
};

struct reader {
	const char *root;
	struct snapshot *s;
	struct want *wants;
	size_t nr_wants;
	struct relations pipes;
	struct relations children;
	bool have_pipes;
	bool have_children;
	struct idmap by_pid;	/* processes that were tried */
	size_t max_added;
	size_t nr_added;
};

/* The call that a thread is in. */
struct call_regs {
	long nr;
	uint64_t args[NR_ARGS];
};

/*
 * The call
 */

/*
 * "NR ARG0 ... ARG5 SP PC".  The kernel's own threads within a process (io_uring, vhost)
 * have no registers of user space: there they read as 0, like a call of read(0).  In a
 * program for 32 bits the numbers mean other calls; its stack is below 4 GiB.
 */
static bool read_call(const struct reader *r, const struct thread *t, struct call_regs *regs)
{
	char buf[FILE_SIZE], *end;
	unsigned long long val[NR_ARGS + 2];

	if (read_file(buf, r->root, "%d/task/%d/syscall", t->tgid, t->tid))
		return false;
	regs->nr = strtol(buf, &end, 10);
	if (end == buf)
		return false;
	for (int i = 0; i < NR_ARGS + 2; i++) {
		const char *arg = end;

		val[i] = strtoull(arg, &end, 16);
		if (end == arg)
			return false;
		if (i < NR_ARGS)
			regs->args[i] = val[i];
	}
	return regs->nr >= 0 && val[NR_ARGS] > UINT32_MAX && val[NR_ARGS + 1];
}

static void add_want(struct reader *r, enum sleep_kind kind, uint64_t id, int thread)
{
	size_t n = r->nr_wants;

	if (!(n & (n - 1)))
		r->wants = xrealloc(r->wants, (n ? n * 2 : 1) * sizeof(*r->wants));
	r->wants[r->nr_wants++] = (struct want){ kind, id, thread };
}

/*
 * Descriptors
 */

static bool has_handlers(const struct snapshot *s, const struct thread *t)
{
	const struct process *p = t->process < 0 ? NULL : &s->processes[t->process];

	return !p || !p->caught_known || p->caught & ~LIBC_SIGNALS;
}

static const struct relations *get_pipes(struct reader *r)
{
	if (!r->have_pipes)
		relations_of_pipes(r->root, &r->pipes);
	r->have_pipes = true;
	return &r->pipes;
}

static bool holds_writing_end(struct reader *r, uint64_t ino, pid_t pid)
{
	const struct relations *pipes = get_pipes(r);

	for (size_t i = relations_find(pipes, ino); i < pipes->nr && pipes->all[i].id == ino; i++) {
		if (pipes->all[i].pid == pid && pipes->all[i].writes)
			return true;
	}
	return false;
}

/*
 * An event loop that polls a pipe which its own process writes to, or a thread made to
 * read one, waits for a signal, whose handler does that: as good as sigwait(3).  The
 * main thread that blocks in read(2) there is taken not to.
 */
static bool waits_for_signal(struct reader *r, const struct thread *t, uint64_t ino, bool polls)
{
	return (polls || t->tid != t->tgid) && has_handlers(r->s, t) &&
	       holds_writing_end(r, ino, t->tgid);
}

/* One descriptor that a thread waits for.  Return: whether it is a pipe, as it must be. */
static bool want_fd(struct reader *r, int thread, int fd, bool polls)
{
	const struct thread *t = &r->s->threads[thread];
	char path[PATH_SIZE];
	uint64_t ino;
	bool writes;

	snprintf(path, sizeof(path), "%d/task/%d/fd/%d", t->tgid, t->tid, fd);
	if (pipe_of_fd(r->root, path, &ino, &writes) <= 0)
		return false;
	if (!writes && waits_for_signal(r, t, ino, polls))
		return false;
	add_want(r, writes ? SLEEP_WRITE : SLEEP_READ, ino, thread);
	return true;
}

static bool in_state_d(const struct snapshot *s, const struct thread *t)
{
	return t->process < 0 || s->processes[t->process].in_state_d;
}

static bool read_memory(const struct reader *r, int thread, uint64_t addr, void *buf, size_t size)
{
	const struct thread *t = &r->s->threads[thread];

	return !in_state_d(r->s, t) &&
	       proc_read_memory(r->root, t->tgid, addr, buf, size);
}

static bool want_poll(struct reader *r, int thread, uint64_t addr, uint64_t nr)
{
	struct pollfd fds[MAX_FDS];
	bool any = false;

	if (!nr || nr > MAX_FDS || !read_memory(r, thread, addr, fds, nr * sizeof(*fds)))
		return false;
	for (size_t i = 0; i < nr; i++) {
		if (fds[i].fd < 0)
			continue;
		if (!want_fd(r, thread, fds[i].fd, true))
			return false;
		any = true;
	}
	return any;
}

static bool want_select(struct reader *r, int thread, const uint64_t *args)
{
	const int bits = 8 * sizeof(unsigned long);
	unsigned long all = 0, set;
	bool any = false;

	/* One word of each set is enough for programs with few files. */
	if (args[0] > (uint64_t)bits)
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
		if (!want_fd(r, thread, fd, true))
			return false;
		any = true;
	}
	return any;
}

/* Other threads of the process can add to what it waits for. */
static bool want_epoll(struct reader *r, int thread, int epfd)
{
	const struct thread *t = &r->s->threads[thread];
	char buf[FILE_SIZE], path[PATH_SIZE];
	unsigned long long listed;
	uint64_t ino;
	bool writes, any = false;
	int fd;

	if (read_file(buf, r->root, "%d/task/%d/fdinfo/%d", t->tgid, t->tid, epfd) ||
	    strlen(buf) == FILE_SIZE - 1)
		return false;
	for (char *c = strstr(buf, "tfd:"); c; c = strstr(c + 1, "tfd:")) {
		if (sscanf(c, "tfd: %d events: %*x data: %*x pos:%*d ino:%llx", &fd, &listed) != 2)
			return false;
		snprintf(path, sizeof(path), "%d/task/%d/fd/%d", t->tgid, t->tid, fd);
		/* The number may mean another file by now. */
		if (pipe_of_fd(r->root, path, &ino, &writes) <= 0 || ino != listed ||
		    !want_fd(r, thread, fd, true))
			return false;
		any = true;
	}
	if (any)
		add_want(r, SLEEP_EPOLL, t->tgid, thread);
	return any;
}

static bool is_vfork_wait(const char *function)
{
	return !strcmp(function, "wait_for_vfork_done") || !strcmp(function, "kernel_clone");
}

/*
 * A thread that is created with CLONE_VFORK holds up its parent, in a sleep that only
 * a fatal signal ends early.  The same call can also sleep for memory or a lock, so it
 * takes the kernel's function to tell.  On older kernels wchan does not name it.
 */
static bool is_in_vfork(const struct reader *r, const struct thread *t)
{
	char buf[FILE_SIZE], function[64];

	if (!read_file(buf, r->root, "%d/task/%d/wchan", t->tgid, t->tid) && is_vfork_wait(buf))
		return true;
	return !read_file(buf, r->root, "%d/task/%d/stack", t->tgid, t->tid) &&
	       sscanf(buf, "[<%*[^>]>] %63[^+\n]", function) == 1 && is_vfork_wait(function);
}

/*
 * One that waits for this program, maybe by way of others, will go on: that is the most
 * ordinary wait, and looking for all its children and tracees is the dearest look.
 */
static bool waits_for_us(const struct reader *r, pid_t pid)
{
	pid_t ancestor = getppid();
	char buf[FILE_SIZE];
	const char *parent;

	for (int depth = 0; depth < MAX_DEPTH && ancestor > 0; depth++) {
		if (ancestor == pid)
			return true;
		if (read_file(buf, r->root, "%d/status", ancestor))
			return false;
		parent = status_field(buf, "PPid");
		ancestor = parent ? atoi(parent) : 0;
	}
	return false;
}

/* Return: whether all that could end the call is known, and was noted. */
static bool want_call(struct reader *r, int thread, const struct call_regs *regs)
{
	const uint64_t *args = regs->args;
	pid_t tgid = r->s->threads[thread].tgid;

	switch (regs->nr) {
	case NR_READ:
	case NR_READV:
	case NR_WRITE:
	case NR_WRITEV:
		return want_fd(r, thread, args[0], false);
	case NR_POLL:
		return (int)args[2] < 0 && want_poll(r, thread, args[0], (unsigned int)args[1]);
	case NR_PPOLL:		/* with a signal mask it waits for signals too */
		return !args[2] && !args[3] &&
		       want_poll(r, thread, args[0], (unsigned int)args[1]);
	case NR_SELECT:
		return !args[4] && want_select(r, thread, args);
	case NR_PSELECT6:
		return !args[4] && !args[5] && want_select(r, thread, args);
	case NR_EPOLL_WAIT:
		return (int)args[3] < 0 && want_epoll(r, thread, args[0]);
	case NR_EPOLL_PWAIT:
		return (int)args[3] < 0 && !args[4] && want_epoll(r, thread, args[0]);
	case NR_EPOLL_PWAIT2:
		return !args[3] && !args[4] && want_epoll(r, thread, args[0]);
	case NR_WAIT4:
	case NR_WAITID:
		if (waits_for_us(r, tgid))
			return false;
		add_want(r, SLEEP_CHILDREN, tgid, thread);
		return true;
	default:
		return false;
	}
}

static bool want_vfork(struct reader *r, int thread, const struct call_regs *regs)
{
	const struct thread *t = &r->s->threads[thread];

	if ((regs->nr != NR_VFORK && regs->nr != NR_CLONE && regs->nr != NR_CLONE3) ||
	    !is_in_vfork(r, t))
		return false;
	add_want(r, SLEEP_VFORK, t->tgid, thread);
	return true;
}

/*
 * Processes
 */

static void mark_state_d(struct snapshot *s, size_t first)
{
	for (size_t i = first; i < s->nr_threads; i++) {
		if (s->threads[i].state == 'D' && s->threads[i].process >= 0)
			s->processes[s->threads[i].process].in_state_d = true;
	}
}

/* Add a process to the snapshot, unless it is in it. */
static void want_process(struct reader *r, pid_t pid)
{
	size_t first = r->s->nr_threads;

	if (snapshot_find_process(r->s, pid) >= 0 || idmap_find(&r->by_pid, pid) >= 0 ||
	    r->nr_added == r->max_added)
		return;
	idmap_add(&r->by_pid, pid, r->nr_added++);
	if (!proc_add_process(r->root, r->s, pid))
		return;
	for (size_t i = first; i < r->s->nr_threads; i++)
		r->s->threads[i].process = r->s->nr_processes - 1;
	mark_state_d(r->s, first);
}

static const struct relations *relations_for(struct reader *r, enum sleep_kind kind)
{
	if (kind == SLEEP_READ || kind == SLEEP_WRITE)
		return get_pipes(r);
	if (!r->have_children)
		relations_of_children(r->root, &r->children);
	r->have_children = true;
	return &r->children;
}

static bool same_want(const struct want *a, const struct want *b)
{
	return a->kind == b->kind && a->id == b->id;
}

/* Whether a process that has to do with what is waited for could end the wait. */
static bool is_waker(const struct want *want, const struct relation *rel)
{
	return rel->id == want->id && (want->kind != SLEEP_READ || rel->writes);
}

static void want_processes(struct reader *r, const struct want *want)
{
	const struct relations *rel;

	if (want->kind == SLEEP_EPOLL)
		return;
	rel = relations_for(r, want->kind);
	for (size_t i = relations_find(rel, want->id); i < rel->nr && rel->all[i].id == want->id;
	     i++) {
		if (is_waker(want, &rel->all[i]))
			want_process(r, rel->all[i].pid);
	}
}

static void want_tracer(struct reader *r, const struct thread *t)
{
	char buf[FILE_SIZE];
	const char *tgid;

	if (t->tracer <= 0 || read_file(buf, r->root, "%d/status", t->tracer))
		return;
	tgid = status_field(buf, "Tgid");
	if (tgid)
		want_process(r, atoi(tgid));
}

/*
 * Threads
 */

/* What a thread wants is all or nothing: without one of its wakers it proves nothing. */
static void look_at_thread(struct reader *r, int thread)
{
	const struct thread *t = &r->s->threads[thread];
	size_t first = r->nr_wants;
	struct call_regs regs;
	bool good;

	if (t->state == 't') {
		want_tracer(r, t);
		return;
	}
	if ((t->state != 'S' && t->state != 'D') || t->exiting == YES || t->io_worker == YES ||
	    t->io_uring == YES || !read_call(r, t, &regs))
		return;
	good = t->state == 'S' ? want_call(r, thread, &regs) : want_vfork(r, thread, &regs);
	if (!good)
		r->nr_wants = first;
	for (size_t i = first; i < r->nr_wants; i++)
		want_processes(r, &r->wants[i]);
}

static void look_at_threads(struct reader *r)
{
	bool *waits = xcalloc(r->s->nr_threads, sizeof(*waits));
	size_t nr = r->s->nr_threads;

	for (size_t i = 0; i < r->s->nr_waiters; i++) {
		if (r->s->waiters[i].thread >= 0 && r->s->waiters[i].call != CALL_IO_URING)
			waits[r->s->waiters[i].thread] = true;
	}
	for (size_t i = 0; i < r->s->nr_threads; i++) {
		if (i >= nr || !waits[i] || r->s->threads[i].state == 't')
			look_at_thread(r, i);
	}
	free(waits);
}

/*
 * The sets of processes
 */

static int compare_wants(const void *x, const void *y)
{
	const struct want *a = x, *b = y;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	return a->thread < b->thread ? -1 : a->thread > b->thread;
}

/*
 * Add the processes that could end a wait.  Return: whether they are known: where there
 * are none, it is the kernel, or a message on its way, that the wait is for.
 */
static bool add_wakers(struct reader *r, const struct want *want)
{
	const struct relations *rel;
	pid_t last = 0;

	if (want->kind == SLEEP_EPOLL) {
		snapshot_add_waker(r->s, snapshot_find_process(r->s, want->id));
		return true;
	}
	rel = relations_for(r, want->kind);
	for (size_t i = relations_find(rel, want->id); i < rel->nr && rel->all[i].id == want->id;
	     i++) {
		int p = snapshot_find_process(r->s, rel->all[i].pid);

		if (rel->all[i].zombie)
			return false;
		if (!is_waker(want, &rel->all[i]) || rel->all[i].pid == last)
			continue;
		if (p < 0)
			return false;
		snapshot_add_waker(r->s, p);
		last = rel->all[i].pid;
	}
	return last && !rel->incomplete;
}

static void add_sleeps(struct reader *r)
{
	bool *unknown = xcalloc(r->s->nr_threads, sizeof(*unknown));
	int *wakers = xcalloc(r->nr_wants, sizeof(*wakers));
	bool known = false;

	if (r->nr_wants)
		qsort(r->wants, r->nr_wants, sizeof(*r->wants), compare_wants);
	for (size_t i = 0; i < r->nr_wants; i++) {
		const struct want *want = &r->wants[i];

		if (!i || !same_want(want, want - 1)) {
			wakers[i] = snapshot_add_wakers(r->s, want->kind, want->id);
			known = add_wakers(r, want);
		} else {
			wakers[i] = wakers[i - 1];
		}
		unknown[want->thread] |= !known;
	}
	for (size_t i = 0; i < r->nr_wants; i++) {
		if (!unknown[r->wants[i].thread])
			snapshot_add_sleep(r->s, r->wants[i].thread, wakers[i]);
	}
	free(unknown);
	free(wakers);
}

/**
 * read_sleeps() - find out what threads sleep in that wait for no futex
 * @root: where proc is mounted, for the pid namespace that @s was read in
 * @s: a snapshot of this host as it is now, indexed; its sleeps and wakers are filled
 *	in, the processes that they name are added, and it is indexed again
 *
 * What is read is not of one moment.  A thread that did not run between two snapshots
 * is in the same call in both, and so it was when it was looked at here in between.
 */
void read_sleeps(const char *root, struct snapshot *s)
{
	struct reader r = { .root = root, .s = s };

	free(list_ids(root, &r.max_added));
	idmap_init(&r.by_pid, r.max_added);
	mark_state_d(s, 0);
	look_at_threads(&r);
	if (r.nr_added)
		snapshot_index(s);
	add_sleeps(&r);
	idmap_free(&r.by_pid);
	relations_free(&r.pipes);
	relations_free(&r.children);
	free(r.wants);
}
