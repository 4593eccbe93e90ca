// SPDX-License-Identifier: GPL-2.0-only
/*
 * What memory the words of waiters are in, and handlers of signals: /proc/PID/maps.
 *
 * The kernel's queues tell private and shared waits apart, and which processes map a
 * shared word.  They do not tell who can come to map it, nor that a private wait is on
 * memory which others change; nor whether a handler is the C library's own.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "array.h"
#include "callers.h"
#include "mappings.h"
#include "maps.h"
#include "procfs.h"
#include "signals.h"
#include "source.h"

/* How many of the processes that map a word are tried for its name. */
#define MAX_TRIES	4

struct mapping_reader {
	const char *root;
	struct snapshot *s;
	int *thread_of;			/* for each mm one of its live threads, or -1 */
	int *process_of;		/* for each mm a process whose handlers are to be found, or -1 */
	int last_mm;			/* the mm that was read last, or -1, ... */
	struct mappings last;		/* ... and its mappings */
	char memory_device[DEVICE_SIZE];	/* of memory that has no file; "": not known */
};

/*
 * Reading
 */

/*
 * The device of memory that MAP_ANONYMOUS shares: that of the kernel's own mount, which
 * no path leads to.
 */
static void find_memory_device(struct mapping_reader *r)
{
	long size = sysconf(_SC_PAGESIZE);
	void *page = mmap(NULL, size, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const struct mapping *found;
	struct mappings own;

	if (page == MAP_FAILED)
		return;
	maps_parse(&own, procfs_read_all(PROC_ROOT, "self/maps"));
	found = maps_find(&own, (uintptr_t)page);
	if (found)
		strcpy(r->memory_device, found->device);
	maps_free(&own);
	munmap(page, size);
}

static bool begins_with(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

/*
 * glibc is libc.so.6, libc-2.31.so, and before 2.34 libpthread as well; musl is libc.so or
 * libc.musl-x86_64.so.1, and ld-musl-x86_64.so.1, which links to it or is the file itself.
 */
static bool is_libc(const struct mapping *m)
{
	const char *name = strrchr(m->name, '/');

	return name && (begins_with(name, "/libc.so") || begins_with(name, "/libc-2.") ||
			begins_with(name, "/libc.musl-") || begins_with(name, "/ld-musl-") ||
			begins_with(name, "/libpthread.so") || begins_with(name, "/libpthread-2."));
}

/* The file of musl; that of glibc has a number behind. */
static bool is_musl(const struct mapping *m)
{
	const char *name = strrchr(m->name, '/');

	return name && (!strcmp(name, "/libc.so") || begins_with(name, "/libc.musl-") ||
			begins_with(name, "/ld-musl-"));
}

/* Where QMutex is. */
static bool is_qt(const struct mapping *m)
{
	const char *name = strrchr(m->name, '/');

	return name && (begins_with(name, "/libQt5Core.so") || begins_with(name, "/libQt6Core.so"));
}

static bool have_file(const struct mappings *m, bool (*is_it)(const struct mapping *m))
{
	for (size_t i = 0; i < m->nr; i++) {
		if (is_it(&m->all[i]))
			return true;
	}
	return false;
}

/* In a program that has the C library in itself nothing tells. */
static void find_libc_handlers(struct process *p, const struct mappings *m)
{
	for (int i = 0; i < NR_LIBC_SIGNALS; i++) {
		const struct mapping *found = maps_find(m, p->libc_handlers[i]);

		if (p->libc_handlers[i] && found && is_libc(found))
			process_set_libc_handler(p, i);
	}
}

/*
 * The mappings of an mm, by one of its threads: a main thread that has exited shows none.
 * Behind a thread in state D it could block.  They are valid until another mm is read.
 */
static const struct mappings *read_mm(struct mapping_reader *r, int mm)
{
	const struct thread *t = r->thread_of[mm] < 0 ? NULL : &r->s->threads[r->thread_of[mm]];

	if (r->last_mm == mm)
		return &r->last;
	maps_free(&r->last);
	r->last = (struct mappings){ 0 };
	r->last_mm = mm;
	if (t && t->process >= 0 && !r->s->processes[t->process].in_state_d)
		maps_parse(&r->last, procfs_read_all(r->root, "%d/task/%d/maps", t->tgid,
						     t->tid));
	if (r->process_of[mm] >= 0)
		find_libc_handlers(&r->s->processes[r->process_of[mm]], &r->last);
	r->process_of[mm] = -1;
	return &r->last;
}

/*
 * Shared words
 */

/* System V memory is kept where memory without a file is, and named after its key. */
static enum reach find_reach(const struct mapping_reader *r, const struct mapping *m)
{
	if (begins_with(m->name, "/SYSV"))
		return REACH_SYSV;
	if ((!strcmp(m->name, "/dev/zero (deleted)") && !strcmp(m->device, r->memory_device)) ||
	    !strcmp(m->name, "/anon_hugepage (deleted)"))
		return REACH_INHERITED;
	return REACH_OPEN;
}

static const struct mapping *find_file(const struct mappings *m, const struct shared *shared)
{
	for (size_t i = 0; i < m->nr; i++) {
		if (m->all[i].ino == shared->ino && !strcmp(m->all[i].device, shared->dev))
			return &m->all[i];
	}
	return NULL;
}

static void read_shared(struct mapping_reader *r, struct shared *shared)
{
	const struct mapping *found = NULL;

	if (!(shared->known & S_INO) || !(shared->known & S_NLINK) || !shared->dev)
		return;
	if (shared->nlink)
		shared->reach = REACH_NAMED;
	for (size_t i = 0; i < shared->nr_maps && i < MAX_TRIES && !found; i++)
		found = find_file(read_mm(r, r->s->maps[shared->first_map + i]), shared);
	if (!found)
		return;
	shared->path = snapshot_keep_escaped(r->s, found->name, strlen(found->name));
	if (!shared->nlink)
		shared->reach = find_reach(r, found);
}

static void read_all_shared(struct mapping_reader *r)
{
	for (size_t i = 0; i < r->s->nr_shared; i++) {
		struct shared *shared = &r->s->shared[i];

		if (shared_begins_file(r->s, i)) {
			read_shared(r, shared);
		} else {
			shared->reach = shared[-1].reach;
			shared->path = shared[-1].path;
		}
	}
}

/*
 * The waiters of an mm
 */

/* Other words of the process may have told already: see snapshot_index(). */
static bool may_be_musl(const struct waiter *w)
{
	return !w->is_musl && lock_may_be_musl(w);
}

/* Whether it matters that the C library itself waits. */
static bool depends_on_caller(const struct waiter *w)
{
	return lock_may_be_once(w) || w->lock.primitive == LOW_LEVEL_LOCK;
}

/* The source does not tell the kind of a futex that it does not see in the queues. */
static bool wants_mapping(const struct waiter *w)
{
	return w->known & W_WAITS_ON && w->mm >= 0 &&
	       (w->key_type == KEY_PRIVATE || (w->key_type == KEY_UNKNOWN && w->known & W_FLAGS));
}

static void use_mapping(struct waiter *w, const struct mapping *m)
{
	if (w->key_type == KEY_PRIVATE || w->flags & WAIT_PRIVATE) {
		w->key_type = KEY_PRIVATE;
		w->key_text = "private";
		w->memory_is_shared = m->is_shared;
	} else if (!m->is_shared) {
		w->key_type = KEY_SHARED_MM;
		w->key_text = "shared-mm";
	}
}

/* For each mm whether all its threads wait, so that a verdict may rest on its memory. */
static bool *find_quiet_mms(const struct snapshot *s)
{
	bool *waits = xcalloc(s->nr_threads, sizeof(*waits));
	bool *quiet = xcalloc(s->nr_mms, sizeof(*quiet));

	for (size_t i = 0; i < s->nr_waiters; i++) {
		if (s->waiters[i].thread >= 0)
			waits[s->waiters[i].thread] = true;
	}
	memset(quiet, true, s->nr_mms);
	for (size_t i = 0; i < s->nr_threads; i++) {
		if (s->threads[i].mm >= 0)
			quiet[s->threads[i].mm] &= waits[i];
	}
	free(waits);
	return quiet;
}

/*
 * Whether the C library itself has made a waiter's call.  What it keeps on its caller's stack are
 * counters, not locks.
 */
static bool is_by_libc(const struct mapping_reader *r, const struct waiter *w,
		       const struct mappings *m)
{
	const struct mapping *code, *word = maps_find(m, w->waits_on);
	struct syscall sc;

	if (!word || procfs_syscall(&sc, r->root, w->tgid, w->tid))
		return false;
	code = maps_find(m, sc.pc);
	return code && is_libc(code) && word != maps_find(m, sc.sp) &&
	       calls_by_syscall(r->root, w, &sc) == NO;
}

/* What the C library and the code that waits tell of a lock. */
static void complete_lock(struct mapping_reader *r, struct waiter *w)
{
	if (may_be_musl(w) && have_file(read_mm(r, w->mm), is_musl)) {
		w->is_musl = true;
	} else if (lock_may_be_qmutex(w) && have_file(read_mm(r, w->mm), is_qt)) {
		w->is_qt = true;
	} else if (depends_on_caller(w)) {
		w->caller_known = true;
		w->by_libc = is_by_libc(r, w, read_mm(r, w->mm));
	} else {
		return;
	}
	recognise_lock(w);
}

struct placed {
	int mm;
	size_t waiter;
};

static int compare_placed(const void *x, const void *y)
{
	const struct placed *a = x, *b = y;

	if (a->mm != b->mm)
		return a->mm < b->mm ? -1 : 1;
	return a->waiter < b->waiter ? -1 : a->waiter > b->waiter;
}

static void read_waiters(struct mapping_reader *r)
{
	bool *quiet = find_quiet_mms(r->s);
	struct placed *placed = NULL;
	size_t nr = 0;

	for (size_t i = 0; i < r->s->nr_waiters; i++) {
		const struct waiter *w = &r->s->waiters[i];

		if (wants_mapping(w) && (quiet[w->mm] || w->key_type == KEY_UNKNOWN ||
					 may_be_musl(w) || depends_on_caller(w) || lock_may_be_qmutex(w)))
			array_push(placed, nr, (struct placed){ w->mm, i });
	}
	if (nr)
		qsort(placed, nr, sizeof(*placed), compare_placed);
	for (size_t i = 0; i < nr; i++) {
		struct waiter *w = &r->s->waiters[placed[i].waiter];
		const struct mapping *found = maps_find(read_mm(r, w->mm), w->waits_on);

		if (found)
			use_mapping(w, found);
		complete_lock(r, w);
	}
	free(placed);
	free(quiet);
}

static void find_all_handlers(struct mapping_reader *r)
{
	for (size_t i = 0; i < r->s->nr_mms; i++) {
		if (r->process_of[i] >= 0)
			read_mm(r, i);
	}
}

static void start_reading(struct mapping_reader *r)
{
	const struct snapshot *s = r->s;

	r->thread_of = xcalloc(s->nr_mms, sizeof(*r->thread_of));
	r->process_of = xcalloc(s->nr_mms, sizeof(*r->process_of));
	for (size_t i = 0; i < s->nr_mms; i++)
		r->thread_of[i] = r->process_of[i] = -1;
	for (size_t i = 0; i < s->nr_threads; i++) {
		if (s->threads[i].mm >= 0 && thread_is_alive(&s->threads[i]))
			r->thread_of[s->threads[i].mm] = i;
	}
	for (size_t i = 0; i < s->nr_processes; i++) {
		if (s->processes[i].mm >= 0 && process_may_have_libc_handlers(&s->processes[i]))
			r->process_of[s->processes[i].mm] = i;
	}
}

/**
 * find_mappings() - find out what memory the words of waiters are in, and handlers
 * @root: where proc is mounted, for the pid namespace that @s was read in
 * @s: a snapshot of this host as it is now, indexed.  Receives reach and path of its shared
 *	words, whether private waits are on shared memory, and the kind of futexes of which
 *	the source does not tell it; which locks are musl's, a pthread_once(), or Qt's; and which
 *	handlers are the C library's own.
 */
void find_mappings(const char *root, struct snapshot *s)
{
	struct mapping_reader r = { .root = root, .s = s, .last_mm = -1 };

	snapshot_mark_state_d(s, 0);
	start_reading(&r);
	if (s->nr_shared)
		find_memory_device(&r);
	read_all_shared(&r);
	read_waiters(&r);
	find_all_handlers(&r);
	maps_free(&r.last);
	free(r.thread_of);
	free(r.process_of);
}
