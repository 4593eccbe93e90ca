// SPDX-License-Identifier: GPL-2.0-only
/*
 * What /proc can tell: a snapshot without the module, and what the module does
 * not say.
 *
 * /proc/TID/syscall has the arguments that a thread went into the kernel with.
 * It does not show the futex queues: a waiter that was requeued seems to be where
 * it started, and who waits for io_uring is not seen at all.  The analysis knows
 * (LIMIT_PROC).
 *
 * Looking does no harm.  A word is read from /proc/PID/mem only if pagemap says
 * that its page is present, since reading would fault it in, and only if no
 * thread of the process is in state D: that one may hold mmap_lock, and we would
 * sleep behind it.  Both can change in between; a page may then be faulted in
 * that was swapped out this moment, and nothing in /proc is safer.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/futex.h>
#include <linux/kcmp.h>
#include <search.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "locks.h"
#include "scan.h"
#include "text.h"

/* Numbers of the system calls, by ABI; the others are the same everywhere. */
#if defined(__x86_64__)
#define NR_FUTEX		202
#elif defined(__aarch64__)
#define NR_FUTEX		98
#else
#define NR_FUTEX		(-1)	/* not known here: no waiter is recognised */
#endif
/*
 * Those of 32-bit programs on such a kernel.  240 is another call for 64-bit
 * ones (mq_open, rt_tgsigqueueinfo), but one that does not sleep.
 */
#define NR_COMPAT_FUTEX		240
#define NR_COMPAT_FUTEX_TIME64	422
#define NR_FUTEX_WAITV		449
#define NR_FUTEX_WAIT		455

#define PAGE_PRESENT		(1ULL << 63)
#define PF_FORKNOEXEC		0x40	/* linux/sched.h; in /proc/PID/stat by ABI */
#define WINDOW			48	/* bytes before and after the word, as the module */
#define MAX_TRIES		3	/* to compare address spaces while none ends */

/* A process that may be looked at. */
struct proc_entry {
	pid_t pid;
	size_t group;		/* index of the first entry with the same mm */
	bool waits;		/* one of its threads does, by its call */
	int mm;			/* of the group, once it has one */
};

struct scan {
	const char *root;
	compare_fn compare;
	struct snapshot *s;
	struct proc_entry *entries;
	size_t nr_entries;
	bool compare_failed;
	bool vm_unsure;
};

/* The fields of /proc/TID/stat and status that are used. */
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
	unsigned int known;	/* as of struct thread */
	uint64_t nvcsw;
	uint64_t nivcsw;
};

/*
 * Files
 */

static int open_at(const char *root, const char *fmt, va_list ap)
{
	char path[256];
	int n = snprintf(path, sizeof(path), "%s/", root);

	vsnprintf(path + n, sizeof(path) - n, fmt, ap);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static int open_file(const char *root, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static int open_file(const char *root, const char *fmt, ...)
{
	va_list ap;
	int fd;

	va_start(ap, fmt);
	fd = open_at(root, fmt, ap);
	va_end(ap);
	return fd;
}

/**
 * read_file() - one read() of a small file of /proc into a string
 * @buf: receives it
 * @root: where proc is mounted
 * @fmt: the path below that
 *
 * Return: 0 or a negative errno.
 */
int read_file(char buf[FILE_SIZE], const char *root, const char *fmt, ...)
{
	ssize_t n;
	va_list ap;
	int fd, e;

	va_start(ap, fmt);
	fd = open_at(root, fmt, ap);
	va_end(ap);
	if (fd < 0)
		return -errno;
	n = read(fd, buf, FILE_SIZE - 1);
	e = errno;
	close(fd);
	if (n < 0)
		return -e;
	buf[n] = '\0';
	return 0;
}

static int compare_ids(const void *x, const void *y)
{
	pid_t a = *(const pid_t *)x, b = *(const pid_t *)y;

	return a < b ? -1 : a > b;
}

/**
 * list_ids() - the names of a directory that are numbers above 0
 * @path: the directory
 * @nr: receives how many; none if the directory cannot be read
 *
 * Return: the numbers, ascending, to be freed by the caller.
 */
pid_t *list_ids(const char *path, size_t *nr)
{
	pid_t *ids = xcalloc(1, sizeof(*ids));
	DIR *dir = opendir(path);
	struct dirent *d;

	*nr = 0;
	while (dir && (d = readdir(dir))) {
		int id = atoi(d->d_name);

		if (id <= 0)
			continue;
		if (!(*nr & (*nr - 1)))
			ids = xrealloc(ids, (*nr ? *nr * 2 : 1) * sizeof(*ids));
		ids[(*nr)++] = id;
	}
	if (dir)
		closedir(dir);
	qsort(ids, *nr, sizeof(*ids), compare_ids);
	return ids;
}

static pid_t *list_tasks(const char *root, pid_t pid, size_t *nr)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%d/task", root, pid);
	return list_ids(path, nr);
}

/*
 * Tasks
 */

/* PID (COMM) STATE PPID ..., where COMM may hold anything. */
static bool parse_stat(struct task *t, const char *stat)
{
	const char *open = strchr(stat, '('), *close = strrchr(stat, ')');
	unsigned long long start;

	if (!open || !close || close < open || close - open - 1 > 64)
		return false;
	escape_text(t->comm, open + 1, close - open - 1);
	if (sscanf(close + 1,
		   " %c %d %*d %*d %*d %*d %lu %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
		   &t->state, &t->ppid, &t->flags, &start) != 4)
		return false;
	t->start_ticks = start;
	return true;
}

/**
 * status_field() - find a field of /proc/PID/status
 * @status: the text of the file; no name can hold a newline there
 * @key: the field
 *
 * Return: what follows "KEY:" at the start of a line, or NULL.
 */
const char *status_field(const char *status, const char *key)
{
	size_t len = strlen(key);
	const char *c;

	for (c = strchr(status, '\n'); c; c = strchr(c + 1, '\n')) {
		if (!strncmp(c + 1, key, len) && c[1 + len] == ':')
			return c + 1 + len + 1;
	}
	return NULL;
}

/**
 * last_id() - a thread's id in its own pid namespace
 * @line: the field NSpid of /proc/PID/status, or NULL
 *
 * Return: the id, or PID_UNKNOWN.
 */
pid_t last_id(const char *line)
{
	pid_t id = PID_UNKNOWN;
	char *end;

	while (line && *line && *line != '\n') {
		long n = strtol(line, &end, 10);

		if (end == line)
			break;
		id = n;
		line = end;
	}
	return id;
}

static void parse_status(struct task *t, const char *status)
{
	const char *caught = status_field(status, "SigCgt");
	const char *tracer = status_field(status, "TracerPid");
	const char *nvcsw = status_field(status, "voluntary_ctxt_switches");
	const char *nivcsw = status_field(status, "nonvoluntary_ctxt_switches");

	t->nstid = last_id(status_field(status, "NSpid"));
	t->tracer = tracer ? atoi(tracer) : PID_UNKNOWN;
	if (t->tracer == 0)
		t->tracer = PID_NONE;
	t->caught_known = caught;
	t->caught = caught ? strtoull(caught, NULL, 16) : 0;
	t->known = T_START | (nvcsw ? T_NVCSW : 0) | (nivcsw ? T_NIVCSW : 0);
	t->nvcsw = nvcsw ? strtoull(nvcsw, NULL, 10) : 0;
	t->nivcsw = nivcsw ? strtoull(nivcsw, NULL, 10) : 0;
}

static bool read_task(struct task *t, const char *root, pid_t pid, pid_t tid)
{
	char buf[FILE_SIZE];

	if (read_file(buf, root, "%d/task/%d/stat", pid, tid) || !parse_stat(t, buf) ||
	    read_file(buf, root, "%d/task/%d/status", pid, tid))
		return false;
	parse_status(t, buf);
	return true;
}

static enum call call_of(long nr)
{
	switch (nr) {
	case NR_FUTEX:
	case NR_COMPAT_FUTEX:
	case NR_COMPAT_FUTEX_TIME64:
		return CALL_FUTEX;
	case NR_FUTEX_WAITV:
		return CALL_FUTEX_WAITV;
	case NR_FUTEX_WAIT:
		return CALL_FUTEX_WAIT;
	default:
		return CALL_UNKNOWN;
	}
}

/* "NR ARG0 ... ARG5 SP PC", or "running", or -1 and two numbers. */
static enum call parse_syscall(const char *line, uint64_t args[NR_ARGS])
{
	enum call call;
	char *end;
	long nr = strtol(line, &end, 10);

	call = end == line ? CALL_UNKNOWN : call_of(nr);
	for (int i = 0; i < NR_ARGS; i++) {
		const char *arg = end;

		args[i] = strtoull(arg, &end, 16);
		if (end == arg)
			return CALL_UNKNOWN;
	}
	return call;
}

/*
 * The words
 */

struct memory {
	int pagemap;
	int mem;
};

static bool page_present(const struct memory *m, uint64_t addr)
{
	uint64_t entry;

	return pread(m->pagemap, &entry, sizeof(entry),
		     addr / sysconf(_SC_PAGESIZE) * sizeof(entry)) == sizeof(entry) &&
	       entry & PAGE_PRESENT;
}

/* The words around the waiter's, as far as they are in the same page. */
static void read_words(struct snapshot *s, struct waiter *w, const struct memory *m)
{
	uint64_t page = w->waits_on & -(uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t page_end = page + sysconf(_SC_PAGESIZE);
	uint64_t start = w->waits_on - page < WINDOW ? page : w->waits_on - WINDOW;
	uint64_t end = page_end - w->waits_on < WINDOW + 4 ? page_end : w->waits_on + WINDOW + 4;
	uint32_t words[2 * WINDOW / 4 + 1];
	size_t nr = (end - start) / 4;
	char *text, *t;

	if (w->waits_on & 3 || m->pagemap < 0 || m->mem < 0 || !page_present(m, page) ||
	    pread(m->mem, words, nr * 4, start) != (ssize_t)(nr * 4))
		return;
	w->value = words[(w->waits_on - start) / 4];
	w->known |= W_VALUE;
	text = t = snapshot_text(s, sizeof("-48") + nr * sizeof(",01234567"));
	t += sprintf(t, "%" PRId64, (int64_t)(start - w->waits_on));
	for (size_t i = 0; i < nr; i++)
		t += sprintf(t, "%c%08" PRIx32, i ? ',' : ':', words[i]);
	w->words = text;
}

/*
 * Waiters
 */

static enum timeout futex_timeout(unsigned int op, uint64_t timeout)
{
	if (!timeout)
		return TIMEOUT_NONE;
	switch (op & FUTEX_CMD_MASK) {
	case FUTEX_WAIT:
		return TIMEOUT_RELATIVE;
	case FUTEX_LOCK_PI:
		return TIMEOUT_REALTIME;
	default:
		return op & FUTEX_CLOCK_REALTIME ? TIMEOUT_REALTIME : TIMEOUT_MONOTONIC;
	}
}

static const char *flags_name(bool private, bool realtime)
{
	if (private)
		return realtime ? "PRIVATE|CLOCK_REALTIME" : "PRIVATE";
	return realtime ? "CLOCK_REALTIME" : "-";
}

/* Without the flag the futex may be shared or not: that is only in the kernel's key. */
static void set_private(struct waiter *w, bool private)
{
	if (!private)
		return;
	w->key = "private";
	w->key_type = KEY_PRIVATE;
}

static void fill_futex(struct waiter *w)
{
	unsigned int op = w->args[1];
	bool bitset = (op & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET;

	w->opcode = opcode_of(op);
	w->op = op_names[w->opcode];
	w->flags = flags_name(op & FUTEX_PRIVATE_FLAG, op & FUTEX_CLOCK_REALTIME);
	set_private(w, op & FUTEX_PRIVATE_FLAG);
	w->expected = w->args[2];
	w->timeout = futex_timeout(op, w->args[3]);
	w->bitset = bitset ? w->args[5] : FUTEX_BITSET_MATCH_ANY;
	w->uaddr = w->waits_on = w->args[0];
	w->known |= W_UADDR | W_WAITS_ON | W_EXPECTED | W_BITSET;
}

/* futex_wait(uaddr, val, mask, flags, timeout, clockid) */
static void fill_futex_wait(struct waiter *w)
{
	bool private = w->args[3] & FUTEX_PRIVATE_FLAG;

	w->flags = flags_name(private, w->args[4] && w->args[5] == CLOCK_REALTIME);
	set_private(w, private);
	w->expected = w->args[1];
	w->bitset = w->args[2];
	w->timeout = !w->args[4] ? TIMEOUT_NONE :
		     w->args[5] == CLOCK_REALTIME ? TIMEOUT_REALTIME : TIMEOUT_MONOTONIC;
	w->uaddr = w->waits_on = w->args[0];
	w->known |= W_UADDR | W_WAITS_ON | W_EXPECTED | W_BITSET;
}

/* The words of futex_waitv() are in the process's memory, so they stay unknown. */
static void add_waiter(struct snapshot *s, const struct thread *t, enum call call,
		       const uint64_t *args, const struct memory *memory)
{
	struct waiter *w = snapshot_add_waiter(s);

	w->tid = t->tid;
	w->tgid = t->tgid;
	w->comm = t->comm;
	w->mm = t->mm;
	w->call = call;
	memcpy(w->args, args, sizeof(w->args));
	w->known = W_ARGS;
	if (call == CALL_FUTEX)
		fill_futex(w);
	else if (call == CALL_FUTEX_WAIT)
		fill_futex_wait(w);
	if (w->known & W_WAITS_ON && memory)
		read_words(s, w, memory);
}

/*
 * Processes
 */

static const char *keep_text(struct snapshot *s, const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(snapshot_text(s, size), text, size);
}

static void add_thread(struct snapshot *s, const struct task *task, pid_t pid, pid_t tid, int mm)
{
	struct thread *t = snapshot_add_thread(s);

	t->tid = tid;
	t->tgid = pid;
	t->nstid = task->nstid;
	t->tracer = task->tracer;
	t->mm = mm;
	t->known = task->known;
	t->state = task->state;
	t->comm = keep_text(s, task->comm);
	t->nvcsw = task->nvcsw;
	t->nivcsw = task->nivcsw;
	t->start_ns = task->start_ticks * (1000000000ULL / sysconf(_SC_CLK_TCK));
}

/*
 * Threads of one process, but for dead ones: those have no memory any more.  One
 * that cannot be read may have ended, or not: it counts as there, but hidden.
 */
static void add_threads(struct scan *sc, const struct proc_entry *e, struct process *p)
{
	struct task task;
	size_t nr;
	pid_t *tids = list_tasks(sc->root, e->pid, &nr);

	for (size_t i = 0; i < nr; i++) {
		if (!read_task(&task, sc->root, e->pid, tids[i])) {
			sc->s->mms[e->mm].hidden++;
			continue;
		}
		if (tids[i] == e->pid) {
			p->ppid = task.ppid;
			p->comm = keep_text(sc->s, task.comm);
			/* Every new thread has the flag, so only the first one tells. */
			p->execed = task.flags & PF_FORKNOEXEC ? NO : YES;
		}
		if (task.state == 'Z' || task.state == 'X')
			continue;
		p->caught_known = task.caught_known;
		p->caught |= task.caught;
		add_thread(sc->s, &task, e->pid, tids[i], e->mm);
	}
	free(tids);
}

static void add_waiters(struct scan *sc, size_t first, bool may_read)
{
	struct memory memory = { -1, -1 };
	uint64_t args[NR_ARGS];
	char buf[FILE_SIZE];

	for (size_t i = first; i < sc->s->nr_threads; i++) {
		struct thread *t = &sc->s->threads[i];
		enum call call;

		if (read_file(buf, sc->root, "%d/task/%d/syscall", t->tgid, t->tid))
			continue;
		call = parse_syscall(buf, args);
		if (call == CALL_UNKNOWN || (call == CALL_FUTEX && opcode_of(args[1]) == OP_UNKNOWN))
			continue;
		if (may_read && memory.mem < 0) {
			memory.pagemap = open_file(sc->root, "%d/pagemap", t->tgid);
			memory.mem = open_file(sc->root, "%d/mem", t->tgid);
		}
		add_waiter(sc->s, t, call, args, may_read ? &memory : NULL);
	}
	if (memory.pagemap >= 0)
		close(memory.pagemap);
	if (memory.mem >= 0)
		close(memory.mem);
}

/* The line of cgroup v2 has no number and no controllers: cgroups(7). */
static void read_cgroup(struct snapshot *s, struct process *p, const char *root)
{
	char buf[FILE_SIZE], *path, *end, *text;

	if (read_file(buf, root, "%d/cgroup", p->tgid))
		return;
	path = !strncmp(buf, "0::/", 4) ? buf : strstr(buf, "\n0::/");
	path = path ? strchr(path, '/') : NULL;
	end = path ? strchr(path, '\n') : NULL;
	if (!end)
		return;
	text = snapshot_text(s, ESCAPED_SIZE(end - path));
	escape_text(text, path, end - path);
	p->cgroup = text;
}

static void add_process(struct scan *sc, const struct proc_entry *e)
{
	size_t first = sc->s->nr_threads;
	struct process *p = snapshot_add_process(sc->s);
	bool may_read = true;

	p->tgid = e->pid;
	p->mm = e->mm;
	read_cgroup(sc->s, p, sc->root);
	add_threads(sc, e, p);
	for (size_t i = first; i < sc->s->nr_threads; i++)
		may_read &= sc->s->threads[i].state != 'D';
	add_waiters(sc, first, may_read);
}

/*
 * Address spaces: /proc does not name them, but kcmp(2) orders them, so that
 * those that are the same meet in a search tree.
 */

/**
 * compare_vm() - compare the address spaces of two processes
 * @x: one
 * @y: the other
 *
 * Return: as kcmp(2): 0 if they are the same, 1 or 2 for less or greater, 3 if
 * they differ; -1 with errno set if it cannot be told.
 */
int compare_vm(pid_t x, pid_t y)
{
	return syscall(SYS_kcmp, x, y, KCMP_VM, 0, 0);
}

/**
 * compare_files() - compare the tables of descriptors of two threads
 * @x: one
 * @y: the other
 *
 * Return: as compare_vm().
 */
int compare_files(pid_t x, pid_t y)
{
	return syscall(SYS_kcmp, x, y, KCMP_FILES, 0, 0);
}

/* tsearch() has no room for an argument, so the keys carry it. */
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
	int c = sc->compare(sc->entries[a->entry].pid, sc->entries[b->entry].pid);

	if (c < 0 || c > 2) {
		sc->compare_failed = true;
		return a->entry < b->entry ? -1 : 1;
	}
	return c == 0 ? 0 : c == 1 ? -1 : 1;
}

/*
 * Whether an entry can be compared at all: it may have ended, or kcmp(2) may be
 * refused or missing.
 */
static bool comparable(struct scan *sc, const struct proc_entry *e)
{
	if (!sc->compare(e->pid, e->pid))
		return true;
	if (errno != ESRCH)
		sc->vm_unsure = true;
	return false;
}

/* Return: whether no comparison failed, so that the groups are right. */
static bool try_to_group(struct scan *sc)
{
	struct vm_node *nodes = xcalloc(sc->nr_entries, sizeof(*nodes));
	void *tree = NULL;

	sc->compare_failed = false;
	for (size_t i = 0; i < sc->nr_entries; i++) {
		struct vm_node **found;

		sc->entries[i].group = i;
		if (!comparable(sc, &sc->entries[i]))
			continue;
		nodes[i] = (struct vm_node){ sc, i };
		found = tsearch(&nodes[i], &tree, compare_nodes);
		if (found)
			sc->entries[i].group = (*found)->entry;
	}
	tdestroy(tree, keep_node);
	free(nodes);
	return !sc->compare_failed;
}

static void group_entries(struct scan *sc)
{
	/* A process that ends meanwhile spoils the tree: it is not there next time. */
	for (int tries = 0; tries < MAX_TRIES; tries++) {
		if (try_to_group(sc))
			return;
	}
	sc->vm_unsure = true;
}

/* Whether a thread of the process waits, by a first, quick look. */
static int process_waits(struct scan *sc, struct proc_entry *e)
{
	char buf[FILE_SIZE];
	uint64_t args[NR_ARGS];
	size_t nr;
	pid_t *tids = list_tasks(sc->root, e->pid, &nr);
	int rc = -ESRCH;

	for (size_t i = 0; i < nr && !e->waits; i++) {
		int one = read_file(buf, sc->root, "%d/task/%d/syscall", e->pid, tids[i]);

		if (!one)
			e->waits = parse_syscall(buf, args) != CALL_UNKNOWN;
		if (rc)
			rc = one;
	}
	free(tids);
	return rc;
}

static void find_entries(struct scan *sc)
{
	size_t nr;
	pid_t *pids = list_ids(sc->root, &nr);

	sc->entries = xcalloc(nr, sizeof(*sc->entries));
	for (size_t i = 0; i < nr; i++) {
		struct proc_entry *e = &sc->entries[sc->nr_entries];
		int rc;

		*e = (struct proc_entry){ .pid = pids[i], .mm = -1 };
		rc = process_waits(sc, e);
		if (!rc)
			sc->nr_entries++;
		else if (rc == -EACCES || rc == -EPERM)
			sc->s->nr_unreadable++;
	}
	free(pids);
}

/* The live threads of each mm, as ranges.  The threads of one need not be together. */
static void fill_mms(struct snapshot *s)
{
	size_t *start = xcalloc(s->nr_mms + 1, sizeof(*start));
	pid_t *tids = xcalloc(s->nr_threads, sizeof(*tids));
	char *buf;

	for (size_t i = 0; i < s->nr_threads; i++)
		start[s->threads[i].mm + 1]++;
	for (size_t i = 0; i < s->nr_mms; i++) {
		s->mms[i].known = M_LIVE | M_HIDDEN;
		s->mms[i].nr_ranges = start[i + 1];
		s->mms[i].live = start[i + 1] + s->mms[i].hidden;
		start[i + 1] += start[i];
	}
	for (size_t i = 0; i < s->nr_threads; i++)
		tids[start[s->threads[i].mm]++] = s->threads[i].tid;
	for (size_t i = 0; i < s->nr_mms; i++) {
		size_t nr = s->mms[i].nr_ranges;
		pid_t *first = tids + start[i] - nr;

		qsort(first, nr, sizeof(*first), compare_ids);
		buf = xcalloc(nr + 1, RANGE_SIZE);
		format_ranges(buf, first, nr);
		s->mms[i].live_threads = keep_text(s, buf);
		free(buf);
	}
	free(start);
	free(tids);
}

static void fill_header(struct scan *sc)
{
	struct snapshot *s = sc->s;
	char buf[FILE_SIZE], escaped[ESCAPED_SIZE(64)];
	struct timespec now;
	struct utsname u;

	clock_gettime(CLOCK_BOOTTIME, &now);
	s->start_ns = now.tv_sec * 1000000000ULL + now.tv_nsec;
	s->start_known = true;
	uname(&u);
	escape_text(escaped, u.release, strnlen(u.release, 64));
	s->kernel = keep_text(s, escaped);
	escape_text(escaped, u.machine, strnlen(u.machine, 64));
	s->arch = keep_text(s, escaped);
	if (!read_file(buf, sc->root, "sys/kernel/random/boot_id")) {
		escape_text(escaped, buf, strcspn(buf, "\n") < 64 ? strcspn(buf, "\n") : 64);
		s->boot_id = keep_text(s, escaped);
	}
}

/**
 * proc_read() - make a snapshot from /proc
 * @root: where proc is mounted
 * @compare: compare_vm(), or what stands for it in a test
 * @s: an initialised snapshot, to be filled, not indexed
 *
 * Processes that share an address space are told by kcmp(2).  Where it refuses,
 * or there are processes that there are no rights to look at, @s->vm_unsure is
 * set.
 *
 * Return: 0, or a negative errno: no process at all could be looked at.
 */
int proc_read(const char *root, compare_fn compare, struct snapshot *s)
{
	struct scan sc = { .root = root, .compare = compare, .s = s };

	fill_header(&sc);
	find_entries(&sc);
	if (!sc.nr_entries) {
		free(sc.entries);
		return s->nr_unreadable ? -EACCES : -ENOENT;
	}
	group_entries(&sc);
	s->vm_unsure = sc.vm_unsure || s->nr_unreadable;
	for (size_t i = 0; i < sc.nr_entries; i++)
		sc.entries[sc.entries[i].group].waits |= sc.entries[i].waits;
	for (size_t i = 0; i < sc.nr_entries; i++) {
		struct proc_entry *e = &sc.entries[i], *group = &sc.entries[e->group];

		if (!group->waits)
			continue;
		if (group->mm < 0) {
			group->mm = s->nr_mms;
			snapshot_add_mm(s);
		}
		e->mm = group->mm;
		add_process(&sc, e);
	}
	fill_mms(s);
	free(sc.entries);
	return 0;
}

/**
 * proc_add_process() - add a process that no waiter is in
 * @root: where proc is mounted
 * @s: the snapshot, to be indexed again afterwards
 * @pid: the process
 *
 * Its threads have no address space, as far as the snapshot goes.
 *
 * Return: whether all its threads could be read; if not, nothing is added.
 */
bool proc_add_process(const char *root, struct snapshot *s, pid_t pid)
{
	size_t first = s->nr_threads, nr, i;
	pid_t *tids = list_tasks(root, pid, &nr);
	bool caught_known = true;
	uint64_t caught = 0;
	struct task task;
	struct process *p;

	for (i = 0; i < nr && read_task(&task, root, pid, tids[i]); i++) {
		add_thread(s, &task, pid, tids[i], -1);
		caught_known &= task.caught_known;
		caught |= task.caught;	/* one that has exited shows none */
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
	p->caught_known = caught_known;
	p->caught = caught;
	p->whole = true;
	return true;
}

/**
 * proc_read_memory() - read the memory of a process without disturbing it
 * @root: where proc is mounted
 * @pid: the process, of which no thread is in state D
 * @addr: where from
 * @buf: receives it
 * @size: how much
 *
 * Return: whether all of it is present and was read.
 */
bool proc_read_memory(const char *root, pid_t pid, uint64_t addr, void *buf, size_t size)
{
	uint64_t page = sysconf(_SC_PAGESIZE);
	struct memory m = {
		.pagemap = open_file(root, "%d/pagemap", pid),
		.mem = open_file(root, "%d/mem", pid),
	};
	bool good = m.pagemap >= 0 && m.mem >= 0 && addr + size >= addr;

	for (uint64_t a = addr & -page; good && a < addr + size; a += page)
		good = page_present(&m, a);
	good = good && pread(m.mem, buf, size, addr) == (ssize_t)size;
	if (m.pagemap >= 0)
		close(m.pagemap);
	if (m.mem >= 0)
		close(m.mem);
	return good;
}

/*
 * What the module does not say
 */

/* Address spaces with a waiter for a lock whose holder is known by an id. */
static bool *mms_with_holders(const struct snapshot *s)
{
	bool *wanted = xcalloc(s->nr_mms, sizeof(*wanted));
	struct lock lock;

	for (size_t i = 0; i < s->nr_waiters; i++) {
		int mm = s->waiters[i].mm;

		if (mm >= 0 && !wanted[mm])
			wanted[mm] = decode_lock(&s->waiters[i], &lock) && lock.owner > 0;
	}
	return wanted;
}

/**
 * proc_read_namespaces() - find the threads' ids in their own pid namespace
 * @root: where proc is mounted, for the pid namespace that @s was read in
 * @s: a snapshot of this host as it is now, indexed
 *
 * A lock holds the id that its holder has in its own namespace, so this is done
 * where such a lock was recognised.
 */
void proc_read_namespaces(const char *root, struct snapshot *s)
{
	bool *wanted = NULL;
	char buf[FILE_SIZE];

	for (size_t i = 0; i < s->nr_threads; i++) {
		struct thread *t = &s->threads[i];

		if (t->mm < 0 || t->nstid != PID_UNKNOWN)
			continue;
		/* Hardly ever: the module knows all but those of threads that are exiting. */
		if (!wanted)
			wanted = mms_with_holders(s);
		if (!wanted[t->mm])
			continue;
		if (!read_file(buf, root, "%d/task/%d/status", t->tgid, t->tid))
			t->nstid = last_id(status_field(buf, "NSpid"));
	}
	if (wanted)
		snapshot_index_owners(s);
	free(wanted);
}

/* A thread is found under /proc by its id although it is not listed there. */
static void add_outsider(const char *root, struct snapshot *s, pid_t tid)
{
	struct outsider *o;
	const char *tgid;
	char buf[FILE_SIZE], stat[FILE_SIZE];
	struct task task;

	if (read_file(buf, root, "%d/status", tid))
		return;
	tgid = status_field(buf, "Tgid");
	if (!tgid || read_file(stat, root, "%d/stat", atoi(tgid)) || !parse_stat(&task, stat))
		return;
	o = snapshot_add_outsider(s);
	o->tid = tid;
	o->tgid = atoi(tgid);
	o->comm = keep_text(s, task.comm);
}

/**
 * proc_find_outsiders() - find the holders that are not in the waiter's process
 * @root: where proc is mounted, for the pid namespace that @s was read in
 * @s: a snapshot of this host as it is now, indexed; its outsiders are filled in
 */
void proc_find_outsiders(const char *root, struct snapshot *s)
{
	pid_t *ids = xcalloc(s->nr_waiters, sizeof(*ids));
	struct lock lock;
	size_t nr = 0;

	for (size_t i = 0; i < s->nr_waiters; i++) {
		const struct waiter *w = &s->waiters[i];

		if (w->mm >= 0 && decode_lock(w, &lock) && lock.owner > 0 &&
		    snapshot_find_owner(s, w->mm, lock.owner) == -1)
			ids[nr++] = lock.owner;
	}
	qsort(ids, nr, sizeof(*ids), compare_ids);
	for (size_t i = 0; i < nr; i++) {
		if (!i || ids[i] != ids[i - 1])
			add_outsider(root, s, ids[i]);
	}
	free(ids);
}
