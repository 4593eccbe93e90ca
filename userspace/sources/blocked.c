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
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scan.h"
#include "relations.h"
#include "blocked.h"

/* Descriptors that one call may wait for; of more, nothing is said. */
#define MAX_FDS		64

/* Processes that may end a sleep; of more, nothing is said. */
#define MAX_WAKERS	1024

/* Ancestors of this program that are looked at. */
#define MAX_DEPTH	32

#define PATH_SIZE	256

/* The first pid namespace, of which the ids of all processes are. */
#define FIRST_PID_NS	"pid:[4026531836]"	/* PROC_PID_INIT_INO, linux/proc_ns.h */

/* Numbers of system calls, by ABI. */
#if defined(__x86_64__)
enum {
	NR_READ = 0, NR_WRITE = 1, NR_POLL = 7, NR_READV = 19, NR_WRITEV = 20, NR_SELECT = 23,
	NR_CLONE = 56, NR_VFORK = 58, NR_WAIT4 = 61, NR_WAITID = 247, NR_PSELECT6 = 270,
	NR_PPOLL = 271, NR_CLONE3 = 435,
};
#elif defined(__aarch64__)
enum {
	NR_READ = 63, NR_WRITE = 64, NR_READV = 65, NR_WRITEV = 66, NR_PSELECT6 = 72,
	NR_PPOLL = 73, NR_WAITID = 95, NR_CLONE = 220, NR_WAIT4 = 260, NR_CLONE3 = 435,
	NR_POLL = -2, NR_SELECT = -3, NR_VFORK = -4,	/* there are none */
};
#else
enum {				/* not known here: no sleep is recognised */
	NR_READ = -2, NR_WRITE = -3, NR_POLL = -4, NR_READV = -5, NR_WRITEV = -6,
	NR_SELECT = -7, NR_CLONE = -8, NR_VFORK = -9, NR_WAIT4 = -10, NR_WAITID = -11,
	NR_PSELECT6 = -12, NR_PPOLL = -13, NR_CLONE3 = -14,
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
	compare_fn compare_files;
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

/* The processes that may end a sleep. */
struct pids {
	size_t nr;
	pid_t ids[MAX_WAKERS];
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

/* Also one whose descriptor was closed, when it had been registered with itself. */
static bool has_io_uring(const struct snapshot *s)
{
	for (size_t i = 0; i < s->nr_threads; i++) {
		if (s->threads[i].io_uring == YES)
			return true;
	}
	return false;
}

static const struct relations *get_pipes(struct reader *r)
{
	if (!r->have_pipes) {
		relations_of_pipes(r->root, r->compare_files, &r->pipes);
		r->pipes.incomplete |= has_io_uring(r->s);
	}
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
 * One that reads or polls a pipe which its own process writes to waits for a signal,
 * whose handler does that: as good as sigwait(3).  But no handler writes for the sake of
 * the main thread's read(2) of a file that it has opened by the name of its descriptor:
 * so gdb hangs.
 */
static bool waits_for_signal(struct reader *r, const struct thread *t,
			     const struct pipe_end *end, bool polls)
{
	return (polls || t->tid != t->tgid || !end->by_name) && has_handlers(r->s, t) &&
	       holds_writing_end(r, end->ino, t->tgid);
}

/* One descriptor that a thread waits for.  Return: whether it is a pipe, as it must be. */
static bool want_fd(struct reader *r, int thread, int fd, bool polls)
{
	const struct thread *t = &r->s->threads[thread];
	struct pipe_end end;
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%d/task/%d/fd/%d", t->tgid, t->tid, fd);
	if (pipe_of_fd(r->root, path, &end) <= 0)
		return false;
	if (!end.writes && waits_for_signal(r, t, &end, polls))
		return false;
	add_want(r, end.writes ? SLEEP_WRITE : SLEEP_READ, end.ino, thread);
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

static bool is_one_of(const char *name, const char *const *names)
{
	while (*names && strcmp(name, *names))
		names++;
	return *names;
}

/* The kernel's functions in which the calls sleep for what they are made for. */
static const char *const *functions_of(long nr)
{
	static const char *const nothing[] = { NULL };
	static const char *const reads[] = { "pipe_read", "anon_pipe_read", NULL };
	static const char *const writes[] = { "pipe_write", "anon_pipe_write", NULL };
	static const char *const polls[] = { "do_sys_poll", "do_select", "poll_schedule_timeout",
					     NULL };
	static const char *const waits[] = { "do_wait", NULL };
	static const char *const vforks[] = { "wait_for_vfork_done", "kernel_clone", NULL };

	switch (nr) {
	case NR_READ:
	case NR_READV:
		return reads;
	case NR_WRITE:
	case NR_WRITEV:
		return writes;
	case NR_POLL:
	case NR_PPOLL:
	case NR_SELECT:
	case NR_PSELECT6:
		return polls;
	case NR_WAIT4:
	case NR_WAITID:
		return waits;
	case NR_VFORK:
	case NR_CLONE:
	case NR_CLONE3:
		return vforks;
	default:
		return nothing;
	}
}

/*
 * Any call can also sleep for a page (userfaultfd), for who decides about it (seccomp), for
 * memory or a lock, so it takes the kernel's function to tell.  On older kernels wchan
 * does not name it.  What the compiler adds to its name does not count.
 */
static bool sleeps_in_call(const struct reader *r, const struct thread *t, long nr)
{
	const char *const *functions = functions_of(nr);
	char buf[FILE_SIZE], function[64];

	if (!read_file(buf, r->root, "%d/task/%d/wchan", t->tgid, t->tid) &&
	    sscanf(buf, "%63[^.\n]", function) == 1 && is_one_of(function, functions))
		return true;
	return !read_file(buf, r->root, "%d/task/%d/stack", t->tgid, t->tid) &&
	       sscanf(buf, "[<%*[^>]>] %63[^.+\n]", function) == 1 &&
	       is_one_of(function, functions);
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

/* Who is left without a parent becomes a child of the first process of its namespace. */
static bool may_be_init(const struct reader *r, pid_t pid)
{
	char buf[FILE_SIZE];

	return read_file(buf, r->root, "%d/status", pid) ||
	       last_id(status_field(buf, "NSpid")) <= 1;
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
	case NR_WAIT4:
	case NR_WAITID:
		if (waits_for_us(r, tgid) || may_be_init(r, tgid))
			return false;
		add_want(r, SLEEP_CHILDREN, tgid, thread);
		return true;
	default:
		return false;
	}
}

/*
 * A thread that is created with CLONE_VFORK holds up its parent, in a sleep that only
 * a fatal signal ends early.
 */
static bool want_vfork(struct reader *r, int thread, const struct call_regs *regs)
{
	if ((regs->nr != NR_VFORK && regs->nr != NR_CLONE && regs->nr != NR_CLONE3) ||
	    (regs->nr == NR_CLONE && regs->args[0] & CLONE_PARENT))
		return false;
	add_want(r, SLEEP_VFORK, r->s->threads[thread].tgid, thread);
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

static const struct relations *get_children(struct reader *r)
{
	if (!r->have_children)
		relations_of_children(r->root, &r->children);
	r->have_children = true;
	return &r->children;
}

static bool same_want(const struct want *a, const struct want *b)
{
	return a->kind == b->kind && a->id == b->id;
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

/*
 * Those that have the pipe open, for reading only if it is room that is waited for.  If
 * nobody has, it is the kernel, or a message on its way, that the wait is for.
 */
static bool list_pipe(struct reader *r, const struct want *want, struct pids *p)
{
	const struct relations *rel = get_pipes(r);

	for (size_t i = relations_find(rel, want->id); i < rel->nr && rel->all[i].id == want->id;
	     i++) {
		if (want->kind == SLEEP_WRITE || rel->all[i].writes)
			add_pid(p, rel->all[i].pid);
	}
	return p->nr && p->nr < MAX_WAKERS && !rel->incomplete;
}

/*
 * The process itself, whose other threads can make children; its children and tracees;
 * and all below those, since it may inherit them: whether it is a subreaper does not show.
 * If there are no children, or one has ended, that is what the wait is for.
 */
static bool list_family(struct reader *r, const struct want *want, struct pids *p)
{
	const struct relations *rel = get_children(r);

	add_pid(p, want->id);
	for (size_t k = 0; k < p->nr; k++) {
		for (size_t i = relations_find(rel, p->ids[k]);
		     i < rel->nr && rel->all[i].id == (uint64_t)p->ids[k]; i++) {
			if (!k && rel->all[i].zombie)
				return false;
			add_pid(p, rel->all[i].pid);
		}
	}
	return p->nr > 1 && p->nr < MAX_WAKERS && !rel->incomplete;
}

/* The processes that could end a wait.  Return: whether they are all known. */
static bool list_wakers(struct reader *r, const struct want *want, struct pids *p)
{
	p->nr = 0;
	if (want->kind == SLEEP_READ || want->kind == SLEEP_WRITE)
		return list_pipe(r, want, p);
	return list_family(r, want, p);
}

static void want_processes(struct reader *r, const struct want *want)
{
	struct pids p;

	if (!list_wakers(r, want, &p))
		return;
	for (size_t i = 0; i < p.nr; i++)
		want_process(r, p.ids[i]);
}

/* Add the process of a thread that is known by its id alone. */
static void want_process_of(struct reader *r, pid_t tid)
{
	char buf[FILE_SIZE];
	const char *tgid;

	/* Many threads have one tracer, and many waiters one owner. */
	if (tid <= 0 || snapshot_find_thread(r->s, tid) >= 0 || idmap_find(&r->by_pid, tid) >= 0 ||
	    read_file(buf, r->root, "%d/status", tid))
		return;
	tgid = status_field(buf, "Tgid");
	if (tgid)
		want_process(r, atoi(tgid));
}

/*
 * Threads
 */

/*
 * A timer's signal may end any call, or the process.  Of a process that the module knows
 * nothing of, /proc shows those of timer_create(2), but not that of alarm(2): only whether
 * there is a handler for it.
 */
static bool may_have_timer(const struct reader *r, const struct thread *t)
{
	const struct process *p = t->process < 0 ? NULL : &r->s->processes[t->process];
	char buf[FILE_SIZE];
	int rc;

	if (!p || p->timers != YESNO_UNKNOWN)
		return !p || p->timers == YES;
	if (!p->caught_known || p->caught & 1ULL << (SIGALRM - 1))
		return true;
	rc = read_file(buf, r->root, "%d/timers", t->tgid);
	return rc ? rc != -ENOENT : *buf;
}

/* What a thread wants is all or nothing: without one of its wakers it proves nothing. */
static void look_at_thread(struct reader *r, int thread)
{
	const struct thread *t = &r->s->threads[thread];
	size_t first = r->nr_wants;
	struct call_regs regs;
	bool good;

	if (t->state == 't') {
		want_process_of(r, t->tracer);
		return;
	}
	if ((t->state != 'S' && t->state != 'D') || t->exiting == YES || t->io_worker == YES ||
	    t->io_uring == YES || may_have_timer(r, t) || !read_call(r, t, &regs))
		return;
	good = t->state == 'S' ? want_call(r, thread, &regs) : want_vfork(r, thread, &regs);
	if (!good || !sleeps_in_call(r, t, regs.nr))
		r->nr_wants = first;
	for (size_t i = first; i < r->nr_wants; i++)
		want_processes(r, &r->wants[i]);
}

static void look_at_threads(struct reader *r)
{
	bool *waits = xcalloc(r->s->nr_threads, sizeof(*waits));
	size_t nr = r->s->nr_threads;

	for (size_t i = 0; i < r->s->nr_waiters; i++) {
		const struct waiter *w = &r->s->waiters[i];

		/* The owner of a PI lock that a fork copied may be in a process without waiters. */
		want_process_of(r, w->pi_owner);
		if (w->thread >= 0 && w->call != CALL_IO_URING)
			waits[w->thread] = true;
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

/* Add the processes that could end a wait.  Return: whether they are known. */
static bool add_wakers(struct reader *r, const struct want *want)
{
	struct pids pids;

	if (!list_wakers(r, want, &pids))
		return false;
	for (size_t i = 0; i < pids.nr; i++) {
		int p = snapshot_find_process(r->s, pids.ids[i]);

		if (p < 0)
			return false;
		snapshot_add_waker(r->s, p);
	}
	return true;
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

static bool is_in_first_ns(const char *root, const char *pid)
{
	char path[PATH_SIZE], target[PATH_SIZE];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s/ns/pid", root, pid);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return false;
	target[n] = '\0';
	return !strcmp(target, FIRST_PID_NS);
}

/*
 * Elsewhere than in the first pid namespace, or without the rights to look at process 1
 * there (hidepid), others may exist that do not show.
 */
static bool shows_all_processes(const char *root)
{
	return is_in_first_ns(root, "self") && is_in_first_ns(root, "1");
}

/**
 * read_sleeps() - find out what threads sleep in that wait for no futex
 * @root: where proc is mounted, for the pid namespace that @s was read in
 * @compare: compare_files(), or what stands for it in a test
 * @s: a snapshot of this host as it is now, indexed; its sleeps and wakers are filled
 *	in, the processes that they name are added, and it is indexed again
 *
 * What is read is not of one moment.  A thread that did not run between two snapshots
 * is in the same call in both, and so it was when it was looked at here in between.
 * Where @root may not show all processes, nothing is said.
 */
void read_sleeps(const char *root, compare_fn compare, struct snapshot *s)
{
	struct reader r = { .root = root, .compare_files = compare, .s = s };

	if (!shows_all_processes(root))
		return;
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
