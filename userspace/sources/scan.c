// SPDX-License-Identifier: GPL-2.0-only
/*
 * A snapshot from /proc alone.
 *
 * /proc/TID/syscall shows the arguments with which a thread entered the kernel.  It does
 * not show the futex queues: a waiter that was requeued seems to be where it started, and
 * io_uring requests that wait are not seen at all.  The source says so (shows_queues).
 */
#include <errno.h>
#include <linux/futex.h>
#include <search.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "array.h"
#include "clock.h"
#include "owners.h"
#include "rights.h"
#include "scan.h"
#include "scheduler.h"
#include "signals.h"
#include "text.h"

/* Bits of the flags in /proc/PID/stat, by ABI: linux/sched.h. */
#define PF_FORKNOEXEC	0x40
#define PF_KTHREAD	0x200000

/* How often to compare the mms again if a process has ended meanwhile. */
#define MAX_TRIES	3

/* A process that may be looked at. */
struct candidate {
	pid_t pid;
	pid_t tid;		/* of a thread that is alive: the main thread may have no mm */
	size_t group;		/* index of the first candidate with the same mm */
	bool waits;		/* one of its threads does, by its call */
	int mm;			/* of the group, once it has one */
};

struct scan {
	const char *root;
	compare_fn compare;
	struct snapshot *s;
	struct sched_clock clock;
	struct candidate *candidates;
	size_t nr_candidates;
	bool compare_failed;
	bool vm_unsure;
};

/* What is used of /proc/TID/stat and status. */
struct task {
	char comm[ESCAPED_SIZE(64)];
	char state;
	pid_t ppid;
	unsigned long flags;
	uint64_t start_ticks;
	pid_t tracer;
	pid_t nstid;
	bool caught_known;
	uint64_t caught;
	uint64_t ignored;
	uint64_t blocked;
	bool has_terminal;
	unsigned int known;	/* as in struct thread */
	uint64_t nvcsw;
	uint64_t nivcsw;
};

/*
 * Tasks
 */

/* PID (COMM) STATE PPID ..., where COMM may hold anything. */
static bool parse_stat(struct task *t, const char *stat)
{
	const char *open = strchr(stat, '('), *close = strrchr(stat, ')');
	unsigned long long start;
	int terminal;

	if (!open || !close || close < open || close - open - 1 > 64)
		return false;
	escape_text(t->comm, open + 1, close - open - 1);
	if (sscanf(close + 1,
		   " %c %d %*d %*d %d %*d %lu %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
		   &t->state, &t->ppid, &terminal, &t->flags, &start) != 5 ||
	    t->state < '!' || t->state > '~')
		return false;
	t->start_ticks = start;
	t->has_terminal = terminal;
	return true;
}

/* A mask of signals; 0 if it is not known. */
static uint64_t status_mask(const char *status, const char *key)
{
	const char *mask = status_field(status, key);

	return mask ? strtoull(mask, NULL, 16) : 0;
}

static void parse_status(struct task *t, const char *status)
{
	const char *tracer = status_field(status, "TracerPid");
	const char *nvcsw = status_field(status, "voluntary_ctxt_switches");
	const char *nivcsw = status_field(status, "nonvoluntary_ctxt_switches");

	t->nstid = last_id(status_field(status, "NSpid"));
	t->tracer = tracer ? atoi(tracer) : PID_UNKNOWN;
	if (t->tracer == 0)
		t->tracer = PID_NONE;
	t->caught_known = status_field(status, "SigCgt");
	t->caught = status_mask(status, "SigCgt");
	t->ignored = status_mask(status, "SigIgn");
	t->blocked = status_mask(status, "SigBlk");
	t->known = T_START | (nvcsw ? T_NVCSW : 0) | (nivcsw ? T_NIVCSW : 0);
	t->nvcsw = nvcsw ? strtoull(nvcsw, NULL, 10) : 0;
	t->nivcsw = nivcsw ? strtoull(nivcsw, NULL, 10) : 0;
}

/* Return: 0 or a negative errno. */
static int read_stat(struct task *t, const char *root, pid_t pid, pid_t tid)
{
	char buf[PROCFS_FILE_SIZE];
	int rc = procfs_read(buf, root, "%d/task/%d/stat", pid, tid);

	return rc ?: parse_stat(t, buf) ? 0 : -EINVAL;
}

static bool read_task(struct task *t, const char *root, pid_t pid, pid_t tid)
{
	char buf[PROCFS_FILE_SIZE];

	if (read_stat(t, root, pid, tid) ||
	    procfs_read(buf, root, "%d/task/%d/status", pid, tid))
		return false;
	parse_status(t, buf);
	return true;
}

/**
 * has_terminal() - whether a process has a controlling terminal
 * @root: where proc is mounted
 * @pid: the process
 *
 * Return: false if it cannot be read.
 */
bool has_terminal(const char *root, pid_t pid)
{
	struct task task;

	return !read_stat(&task, root, pid, pid) && task.has_terminal;
}

static uint64_t ticks_to_ns(uint64_t ticks)
{
	return ticks * (1000000000ULL / sysconf(_SC_CLK_TCK));
}

/**
 * read_foreign_holder() - read what is known of a thread that may hold a lock
 * @root: where proc is mounted
 * @s: the snapshot, which will own the name
 * @h: names the thread and its process; receives the rest
 *
 * Return: whether the process could be read.
 */
bool read_foreign_holder(const char *root, struct snapshot *s, struct foreign_holder *h)
{
	char buf[PROCFS_FILE_SIZE];
	struct task process, thread;

	if (procfs_read(buf, root, "%d/stat", h->tgid) || !parse_stat(&process, buf))
		return false;
	h->comm = snapshot_keep_text(s, process.comm);
	h->kernel_thread = process.flags & PF_KTHREAD;
	if (!procfs_read(buf, root, "%d/task/%d/stat", h->tgid, h->tid) &&
	    parse_stat(&thread, buf)) {
		h->started_by_ns = ticks_to_ns(thread.start_ticks + 1);
		h->ended = thread.state == 'Z' || thread.state == 'X';
	}
	return true;
}

/*
 * Where a thread sleeps that a freezer holds, which may be what compilers have made it part
 * of.  A signal is handled on the way back from a call, so no call sleeps there.
 */
static const struct {
	const char *functions[3];
	enum task_state state;
	enum freezer freezer;
} freezers[] = {
	{ { "do_freezer_trap", "get_signal" }, STATE_SLEEPING, FREEZER_V2 },
	{ { "__refrigerator" }, STATE_DISK_SLEEP, FREEZER_V1 },
};

static void find_freezer(const char *root, struct thread *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(freezers); i++) {
		if (t->state == freezers[i].state &&
		    procfs_sleeps_in(root, t->tgid, t->tid, freezers[i].functions))
			t->freezer = freezers[i].freezer;
	}
}

/*
 * What the reader may not look at
 */

/* Whether a file of /proc was refused, rather than gone. */
static bool is_refused(int rc)
{
	return rc == -EACCES || rc == -EPERM;
}

/*
 * Whether a thread waits on nothing for certain, although it may not be looked at.  With
 * hidepid=1 not even that is shown.
 */
static bool is_idle(const char *root, pid_t pid, pid_t tid)
{
	struct task task;
	int rc = read_stat(&task, root, pid, tid);

	if (rc)
		return !is_refused(rc);
	return task.flags & PF_KTHREAD || task.state == STATE_ZOMBIE || task.state == STATE_DEAD;
}

/*
 * The cgroup of a process, as the snapshot has it, or NULL: it is not known.  The line of
 * cgroup v2 has no number and no controllers: cgroups(7).
 */
static const char *read_cgroup(struct snapshot *s, const char *root, pid_t pid)
{
	char buf[PROCFS_FILE_SIZE], *path, *end;

	if (procfs_read(buf, root, "%d/cgroup", pid))
		return NULL;
	path = !strncmp(buf, "0::/", 4) ? buf : strstr(buf, "\n0::/");
	path = path ? strchr(path, '/') : NULL;
	end = path ? strchr(path, '\n') : NULL;
	return end ? snapshot_keep_escaped(s, path, end - path) : NULL;
}

static void note_denied(struct scan *sc, pid_t pid, pid_t tid)
{
	struct snapshot *s = sc->s;
	const struct denied *last = s->nr_denied ? &s->denied[s->nr_denied - 1] : NULL;
	struct denied denied = { .tid = tid, .tgid = pid };

	if (is_idle(sc->root, pid, tid))
		return;
	denied.cgroup = last && last->tgid == pid ? last->cgroup : read_cgroup(s, sc->root, pid);
	snapshot_add_denied(s, denied);
}

/*
 * Waiters
 */

/*
 * 449 and 455 are the same on all machines.  240 and 422 are what 32-bit programs call.  For
 * 64-bit programs 240 is another call (mq_open on x86, rt_tgsigqueueinfo on arm64), but one
 * that does not sleep.
 */
static const struct futex_call {
	long nr;
	enum call call;
	bool is_32bit;
} futex_calls[] = {
	{ SYS_futex,	CALL_FUTEX },
	{ 240,		CALL_FUTEX, true },	/* futex */
	{ 422,		CALL_FUTEX, true },	/* futex_time64 */
	{ 449,		CALL_FUTEX_WAITV },
	{ 455,		CALL_FUTEX_WAIT },
};

/*
 * Where the kernel waits on futexes: futex_wait_queue_me() until 5.15, futex_wait_queue() until
 * 6.15, and their callers, which compilers may make one with them.  For PI locks it may be the
 * caller of the rt_mutex's functions, or one of those.  Nothing else in a futex call sleeps in
 * an rt_mutex in state S.
 */
static const char *const futex_functions[] = {
	"futex_wait_queue_me", "futex_wait_queue", "futex_do_wait", "__futex_wait", "futex_wait",
	"futex_sleep_multiple", "futex_wait_multiple", "futex_wait_requeue_pi", "futex_lock_pi",
	"rt_mutex_wait_proxy_lock", "rt_mutex_schedule", NULL
};

/* Return: the call, or NULL: it is another one. */
static const struct futex_call *find_futex_call(const struct syscall *sc)
{
	for (size_t i = 0; i < ARRAY_SIZE(futex_calls); i++) {
		if (futex_calls[i].nr == sc->nr)
			return &futex_calls[i];
	}
	return NULL;
}

/* Calls in which idle threads wait for work, in programs of 64 bits. */
static bool is_polling_call(long nr)
{
	static const long calls[] = {
#ifdef SYS_poll
		SYS_poll, SYS_select, SYS_epoll_wait, SYS_pause,
#endif
		SYS_ppoll, SYS_pselect6, SYS_epoll_pwait, SYS_accept, SYS_accept4,
		SYS_rt_sigtimedwait, SYS_rt_sigsuspend,
#ifdef SYS_epoll_pwait2
		SYS_epoll_pwait2,
#endif
	};

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		if (calls[i] == nr)
			return true;
	}
	return false;
}

/* The words around the waiter's, as far as they are in the same page. */
static void read_words(struct snapshot *s, struct waiter *w, const struct process_memory *m)
{
	uint64_t page = sysconf(_SC_PAGESIZE);
	long before = w->waits_on % page / 4, after = page / 4 - before;
	int first = before < WORDS_BEFORE ? WORDS_BEFORE - before : 0;
	int end = after < NR_WORDS - WORDS_BEFORE ? WORDS_BEFORE + after : NR_WORDS;
	struct words *words;

	if (w->waits_on & 3)
		return;
	words = snapshot_alloc(s, sizeof(*words));
	memset(words, 0, sizeof(*words));
	if (!memory_read(m, w->waits_on - (WORDS_BEFORE - first) * 4, &words->word[first],
			 (end - first) * 4))
		return;
	words->known = ((1U << end) - 1) & ~((1U << first) - 1);
	w->words = words;
	w->value = words->word[WORDS_BEFORE];
	w->known |= W_VALUE;
}

/*
 * Without FUTEX_PRIVATE_FLAG the futex may be shared or not: only the kernel's key shows
 * that.
 */
static void set_flags(struct waiter *w, unsigned int flags)
{
	w->flags = flags;
	w->flags_text = futex_flag_names(flags);
	w->known |= W_FLAGS;
	if (!(flags & WAIT_PRIVATE))
		return;
	w->key_text = "private";
	w->key_type = KEY_PRIVATE;
}

static void fill_futex(struct waiter *w)
{
	unsigned int op = w->args[1];

	w->opcode = futex_opcode(op);
	w->op_text = futex_ops[w->opcode].name;
	set_flags(w, futex_flags(op));
	w->expected = w->args[2];
	w->timeout = futex_timeout(op, w->args[3]);
	w->bitset = w->opcode == OP_WAIT_BITSET ? w->args[5] : FUTEX_BITSET_MATCH_ANY;
	w->uaddr = w->waits_on = w->args[0];
	w->known |= W_UADDR | W_WAITS_ON | W_EXPECTED | W_BITSET;
}

/* futex_wait(uaddr, val, mask, flags, timeout, clockid) */
static void fill_futex_wait(struct waiter *w)
{
	bool realtime = w->args[4] && w->args[5] == CLOCK_REALTIME;

	set_flags(w, (w->args[3] & FUTEX_PRIVATE_FLAG ? WAIT_PRIVATE : 0) |
		     (realtime ? WAIT_REALTIME : 0));
	w->expected = w->args[1];
	w->bitset = w->args[2];
	w->timeout = !w->args[4] ? TIMEOUT_NONE : realtime ? TIMEOUT_REALTIME : TIMEOUT_MONOTONIC;
	w->uaddr = w->waits_on = w->args[0];
	w->known |= W_UADDR | W_WAITS_ON | W_EXPECTED | W_BITSET;
}

/**
 * add_waiter_in_call() - add a waiter, by the registers of its thread
 * @s: the snapshot
 * @t: the thread, of @s
 * @call: the call that it waits in
 * @args: NR_ARGS arguments of the call
 * @memory: of its process; NULL: it must not be read
 *
 * The words of futex_waitv(2) are listed in the process's memory, so they stay unknown.
 *
 * Return: the record; the next addition invalidates the pointer.
 */
struct waiter *add_waiter_in_call(struct snapshot *s, const struct thread *t, enum call call,
				  const uint64_t *args, const struct process_memory *memory)
{
	struct waiter *w = snapshot_add_waiter(s);

	w->tid = t->tid;
	w->tgid = t->tgid;
	w->comm = t->comm;
	w->mm = t->mm;
	w->call = call;
	w->is_32bit = t->bits == 32;
	memcpy(w->args, args, sizeof(w->args));
	w->known = W_ARGS;
	if (call == CALL_FUTEX)
		fill_futex(w);
	else if (call == CALL_FUTEX_WAIT)
		fill_futex_wait(w);
	if (w->known & W_WAITS_ON && memory)
		read_words(s, w, memory);
	recognise_lock(w);
	if (w->lock.owner_at && memory)
		w->lock.owner = read_pthread_tid(s, memory, w->lock.owner_at, w->is_32bit);
	return w;
}

/*
 * Processes
 */

static struct thread *add_thread(struct snapshot *s, const struct task *task, pid_t pid,
				 pid_t tid, int mm)
{
	struct thread *t = snapshot_add_thread(s);

	t->tid = tid;
	t->tgid = pid;
	t->nstid = task->nstid;
	t->tracer = task->tracer;
	t->mm = mm;
	t->known = task->known;
	t->state = task->state;
	t->comm = snapshot_keep_text(s, task->comm);
	t->blocked = task->blocked;
	t->nvcsw = task->nvcsw;
	t->nivcsw = task->nivcsw;
	t->start_ns = ticks_to_ns(task->start_ticks);
	return t;
}

static void add_armed(struct process *p, struct armed *armed, int signal)
{
	if (signal < 1 || signal > 64)
		return;
	armed[p->nr_armed++] = (struct armed){ signal, FIRES_UNKNOWN };
}

/*
 * The timers that a process may have armed.  /proc/PID/timers has those of timer_create(2), armed
 * or not.  Nothing shows alarm(2) but a handler for its signal; those of CPU time stand still.
 */
static void read_timers(const char *root, struct snapshot *s, struct process *p)
{
	char *text = procfs_read_all(root, "%d/timers", p->tgid);
	bool alarm = process_handles(p, SIGNAL(SIGALRM));
	struct armed *armed;
	size_t nr = alarm;

	for (const char *line = text; line && (line = strstr(line, "signal:")); line++)
		nr++;
	armed = snapshot_alloc(s, (nr ?: 1) * sizeof(*armed));
	p->armed = armed;
	p->known |= P_ARMED;
	if (nr > alarm)
		p->timers = YES;
	if (alarm)
		add_armed(p, armed, SIGALRM);
	for (const char *line = text; line && (line = strstr(line, "signal:")); line++)
		add_armed(p, armed, atoi(line + strlen("signal:")));
	p->more_armed = !text && procfs_exists(root, "%d/timers", p->tgid);
	free(text);
}

/*
 * The threads of one process except dead ones, which have no memory any more.  A thread
 * that cannot be read may have ended or not: it counts as alive, but hidden.
 */
static void add_threads(struct scan *sc, const struct candidate *e, struct process *p)
{
	struct task task;
	size_t nr;
	pid_t *tids = procfs_list_ids(&nr, sc->root, "%d/task", e->pid);

	for (size_t i = 0; i < nr; i++) {
		if (!read_task(&task, sc->root, e->pid, tids[i])) {
			sc->s->mms[e->mm].hidden++;
			continue;
		}
		if (tids[i] == e->pid) {
			p->ppid = task.ppid;
			p->comm = snapshot_keep_text(sc->s, task.comm);
			/* Every new thread has the flag: only the main thread's means something. */
			p->execed = task.flags & PF_FORKNOEXEC ? NO : YES;
		}
		if (task.state == STATE_ZOMBIE || task.state == STATE_DEAD)
			continue;
		p->known = task.caught_known ? P_CAUGHT | P_IGNORED : 0;
		p->caught |= task.caught;
		p->ignored = task.ignored;
		add_thread(sc->s, &task, e->pid, tids[i], e->mm);
	}
	free(tids);
	read_timers(sc->root, sc->s, p);
}

/* Older kernels tell only root where a thread sleeps: wchan is 0, and stack is refused. */
static bool is_place_hidden(const char *root, const struct thread *t)
{
	char buf[PROCFS_FILE_SIZE];

	return !procfs_read(buf, root, "%d/task/%d/wchan", t->tgid, t->tid) && *buf == '0' &&
	       is_refused(procfs_read(buf, root, "%d/task/%d/stack", t->tgid, t->tid));
}

/*
 * A thread may be in a futex call, and not in the queue yet: a seccomp supervisor has the
 * call, or it waits for the page of the word (userfaultfd).  Then whoever has to do with that
 * ends it, so what ends it is not known; nor is it where the function cannot be read.
 */
static void check_sleep(struct scan *sc, struct thread *t, struct waiter *w)
{
	if (t->state != STATE_SLEEPING ||
	    procfs_sleeps_in(sc->root, t->tgid, t->tid, futex_functions))
		return;
	find_freezer(sc->root, t);
	if (thread_is_frozen(t)) {
		w->queued = QUEUED_FROZEN;
		w->queued_text = queued_names[QUEUED_FROZEN];
	} else {
		w->timeout = TIMEOUT_UNKNOWN;
		if (is_place_hidden(sc->root, t))
			note_denied(sc, t->tgid, t->tid);
	}
}

static void add_waiters(struct scan *sc, size_t first, bool may_read)
{
	struct process_memory memory = { -1, -1 };
	struct syscall call;
	bool open = false;

	for (size_t i = first; i < sc->s->nr_threads; i++) {
		struct thread *t = &sc->s->threads[i];
		int rc = procfs_syscall(&call, sc->root, t->tgid, t->tid);
		const struct futex_call *kind;
		struct waiter *w;

		if (is_refused(rc))
			note_denied(sc, t->tgid, t->tid);
		if (rc)
			continue;
		kind = find_futex_call(&call);
		if (!kind ||
		    (kind->call == CALL_FUTEX && futex_opcode(call.args[1]) == OP_UNKNOWN)) {
			t->polls = is_polling_call(call.nr);
			find_freezer(sc->root, t);
			continue;
		}
		if (may_read && !open) {
			memory_open(&memory, sc->root, t->tgid, t->tid);
			open = true;
		}
		if (kind->is_32bit)
			t->bits = 32;
		w = add_waiter_in_call(sc->s, t, kind->call, call.args, may_read ? &memory : NULL);
		check_sleep(sc, t, w);
		if (sched_asleep(&sc->clock, t->tgid, t->tid, &w->asleep_ns))
			w->known |= W_ASLEEP;
	}
	memory_close(&memory);
}

/* A thread in state D may hold mmap_lock, and reading memory would sleep behind it. */
static void add_process(struct scan *sc, const struct candidate *e)
{
	size_t first = sc->s->nr_threads;
	struct process *p = snapshot_add_process(sc->s);
	bool may_read = true;

	p->tgid = e->pid;
	p->mm = e->mm;
	p->cgroup = read_cgroup(sc->s, sc->root, e->pid);
	add_threads(sc, e, p);
	for (size_t i = first; i < sc->s->nr_threads; i++)
		may_read &= sc->s->threads[i].state != STATE_DISK_SLEEP;
	add_waiters(sc, first, may_read);
}

/*
 * Mms: /proc does not name them, but kcmp(2) orders them, so that the same ones meet in a
 * search tree.
 */

/* tsearch(3) has no room for an argument, so the keys carry it. */
struct vm_node {
	struct scan *sc;
	size_t entry;
};

static void keep_node(void *node)
{
	(void)node;	/* it is part of an array */
}

static int compare_nodes(const void *x, const void *y)
{
	const struct vm_node *a = x, *b = y;
	struct scan *sc = a->sc;
	int c = sc->compare(sc->candidates[a->entry].tid, sc->candidates[b->entry].tid);

	if (c < 0 || c > 2) {
		sc->compare_failed = true;
		return a->entry < b->entry ? -1 : 1;
	}
	return c == 0 ? 0 : c == 1 ? -1 : 1;
}

/*
 * Whether a candidate can be compared at all: the process may have ended, or kcmp(2) may be
 * refused or missing.
 */
static bool is_comparable(struct scan *sc, const struct candidate *e)
{
	if (!sc->compare(e->tid, e->tid))
		return true;
	if (errno != ESRCH)
		sc->vm_unsure = true;
	return false;
}

/* Return: whether no comparison failed, so that the groups are right. */
static bool try_to_group(struct scan *sc)
{
	struct vm_node *nodes = xcalloc(sc->nr_candidates, sizeof(*nodes));
	void *tree = NULL;

	sc->compare_failed = false;
	for (size_t i = 0; i < sc->nr_candidates; i++) {
		struct vm_node **found;

		sc->candidates[i].group = i;
		if (!is_comparable(sc, &sc->candidates[i]))
			continue;
		nodes[i] = (struct vm_node){ sc, i };
		found = tsearch(&nodes[i], &tree, compare_nodes);
		if (found)
			sc->candidates[i].group = (*found)->entry;
	}
	tdestroy(tree, keep_node);
	free(nodes);
	return !sc->compare_failed;
}

static void group_candidates(struct scan *sc)
{
	/* A process that ends meanwhile spoils the tree, but is not there the next time. */
	for (int tries = 0; tries < MAX_TRIES; tries++) {
		if (try_to_group(sc))
			return;
	}
	sc->vm_unsure = true;
}

static bool has_ended(const struct scan *sc, pid_t pid, pid_t tid)
{
	struct task task;

	return !read_stat(&task, sc->root, pid, tid) &&
	       (task.state == STATE_ZOMBIE || task.state == STATE_DEAD);
}

/*
 * Set e->waits if a thread of the process waits, by a first, quick look, and e->tid.  Return:
 * whether any of its threads could be looked at.
 */
static bool look_quickly(struct scan *sc, struct candidate *e)
{
	struct syscall call;
	size_t nr;
	pid_t *tids = procfs_list_ids(&nr, sc->root, "%d/task", e->pid);
	bool seen = false;

	e->tid = 0;
	if (!nr)
		array_push(tids, nr, e->pid);	/* it has ended, or the list is refused: hidepid=1 */
	for (size_t i = 0; i < nr && !e->waits; i++) {
		int rc = procfs_syscall(&call, sc->root, e->pid, tids[i]);

		if (is_refused(rc))
			note_denied(sc, e->pid, tids[i]);
		if (rc)
			continue;
		e->waits = find_futex_call(&call);
		seen = true;
		if (!e->tid && !has_ended(sc, e->pid, tids[i]))
			e->tid = tids[i];
	}
	e->tid = e->tid ?: e->pid;
	free(tids);
	return seen;
}

static void find_candidates(struct scan *sc)
{
	size_t nr;
	pid_t *pids = procfs_list_ids(&nr, sc->root, ".");

	sc->candidates = xcalloc(nr, sizeof(*sc->candidates));
	for (size_t i = 0; i < nr; i++) {
		struct candidate *e = &sc->candidates[sc->nr_candidates];

		*e = (struct candidate){ .pid = pids[i], .mm = -1 };
		if (look_quickly(sc, e))
			sc->nr_candidates++;
	}
	free(pids);
}

static const char *ranges_text(struct snapshot *s, pid_t *tids, size_t nr)
{
	char *text = snapshot_alloc(s, (nr + 1) * RANGE_SIZE);

	qsort(tids, nr, sizeof(*tids), compare_ids);
	format_ranges(text, tids, nr);
	return text;
}

/**
 * fill_mms() - say which live threads each mm has
 * @s: the snapshot, all of whose threads have an mm; those of one mm need not be adjacent
 */
void fill_mms(struct snapshot *s)
{
	size_t *start = xcalloc(s->nr_mms + 1, sizeof(*start));
	pid_t *tids = xcalloc(s->nr_threads, sizeof(*tids));

	for (size_t i = 0; i < s->nr_threads; i++)
		start[s->threads[i].mm + 1]++;
	for (size_t i = 0; i < s->nr_mms; i++) {
		s->mms[i].known = M_LIVE | M_HIDDEN;
		s->mms[i].nr_live_tids = start[i + 1];
		s->mms[i].live = start[i + 1] + s->mms[i].hidden;
		start[i + 1] += start[i];
	}
	for (size_t i = 0; i < s->nr_threads; i++)
		tids[start[s->threads[i].mm]++] = s->threads[i].tid;
	for (size_t i = 0; i < s->nr_mms; i++) {
		size_t nr = s->mms[i].nr_live_tids;

		s->mms[i].live_threads = ranges_text(s, tids + start[i] - nr, nr);
	}
	free(start);
	free(tids);
}

static const char *keep_escaped(struct snapshot *s, const char *text, size_t len)
{
	char escaped[ESCAPED_SIZE(64)];

	escape_text(escaped, text, len < 64 ? len : 64);
	return snapshot_keep_text(s, escaped);
}

static void fill_host(struct snapshot *s, const char *root)
{
	char buf[PROCFS_FILE_SIZE];
	struct utsname u;

	s->start_ns = clock_ns(CLOCK_BOOTTIME);
	s->known |= SNAPSHOT_START;
	uname(&u);
	s->kernel = keep_escaped(s, u.release, strlen(u.release));
	s->arch = keep_escaped(s, u.machine, strlen(u.machine));
	if (!procfs_read(buf, root, "sys/kernel/random/boot_id"))
		s->boot_id = keep_escaped(s, buf, strcspn(buf, "\n"));
}

/**
 * scan_proc() - make a snapshot from /proc
 * @root: where proc is mounted
 * @compare: compare_vm(), or what stands for it in a test
 * @s: an initialised snapshot, to be filled, not indexed
 *
 * kcmp(2) shows which processes share an mm.  Where it refuses, or where the reader has no
 * right to look at some processes, @s->vm_unsure is set.  Those processes are in @s->denied, as
 * far as /proc shows that there are any.
 *
 * Return: 0, or a negative errno: not a single process could be looked at.
 */
int scan_proc(const char *root, compare_fn compare, struct snapshot *s)
{
	struct scan sc = { .root = root, .compare = compare, .s = s };

	fill_host(s, root);
	find_rights(root, s);
	find_candidates(&sc);
	if (!sc.nr_candidates) {
		free(sc.candidates);
		return s->nr_denied ? -EACCES : -ENOENT;
	}
	group_candidates(&sc);
	sched_begin(&sc.clock, root);
	s->asleep_at_ns = sc.clock.read_ns;
	s->vm_unsure = sc.vm_unsure || s->nr_denied || s->hides_processes;
	for (size_t i = 0; i < sc.nr_candidates; i++)
		sc.candidates[sc.candidates[i].group].waits |= sc.candidates[i].waits;
	for (size_t i = 0; i < sc.nr_candidates; i++) {
		struct candidate *e = &sc.candidates[i], *group = &sc.candidates[e->group];

		if (!group->waits)
			continue;
		if (group->mm < 0) {
			group->mm = s->nr_mms;
			snapshot_add_mm(s);
		}
		e->mm = group->mm;
		add_process(&sc, e);
	}
	sched_end(&sc.clock);
	fill_mms(s);
	free(sc.candidates);
	return 0;
}

/**
 * scan_process() - add a process that has no waiter
 * @root: where proc is mounted
 * @s: the snapshot, to be indexed again afterwards
 * @pid: the process
 *
 * Its threads have no mm, as far as the snapshot goes.
 *
 * Return: whether all its threads could be read; if not, nothing is added.
 */
bool scan_process(const char *root, struct snapshot *s, pid_t pid)
{
	size_t first = s->nr_threads, nr, i;
	pid_t *tids = procfs_list_ids(&nr, root, "%d/task", pid);
	bool caught_known = true;
	uint64_t caught = 0, ignored = 0, blocked = UINT64_MAX;
	struct task task;
	struct process *p;

	for (i = 0; i < nr && read_task(&task, root, pid, tids[i]); i++) {
		find_freezer(root, add_thread(s, &task, pid, tids[i], -1));
		caught_known &= task.caught_known;
		/* A thread that has exited shows none. */
		caught |= task.caught;
		ignored |= task.ignored;
		if (thread_is_alive(&s->threads[s->nr_threads - 1]))
			blocked &= task.blocked;
	}
	free(tids);
	if (!nr || i < nr) {
		s->nr_threads = first;
		return false;
	}
	p = snapshot_add_process(s);
	p->tgid = pid;
	p->ppid = task.ppid;
	p->comm = s->threads[first].comm;
	p->known = caught_known ? P_CAUGHT | P_IGNORED : 0;
	p->caught = caught;
	p->ignored = ignored;
	p->blocked = blocked;
	p->complete = true;
	read_timers(root, s, p);
	return true;
}
