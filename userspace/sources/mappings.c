// SPDX-License-Identifier: GPL-2.0-only
/*
 * What memory the words of waiters are in: /proc/PID/maps.
 *
 * The kernel's queues tell private and shared waits apart, and which processes map a
 * shared word.  They do not tell who can come to map it, nor that a private wait is on
 * memory which others change.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "array.h"
#include "mappings.h"
#include "procfs.h"
#include "source.h"
#include "text.h"

/* How many of the processes that map a word are tried for its name. */
#define MAX_TRIES	4

#define DEVICE_SIZE	24

struct mapping {
	uint64_t start;
	uint64_t end;
	uint64_t ino;
	bool is_shared;
	char device[DEVICE_SIZE];	/* as in the module's text */
	const char *name;		/* in mappings.names */
};

struct mappings {
	struct mapping *all;		/* ascending */
	size_t nr;
	char *text;
};

struct mapping_reader {
	const char *root;
	struct snapshot *s;
	int *thread_of;			/* for each mm one of its live threads, or -1 */
	char memory_device[DEVICE_SIZE];	/* of memory that has no file; "": not known */
};

/*
 * Reading
 */

/* One line: START-END rw-s OFFSET 00:01 INODE    /memfd:x (deleted) */
static bool parse_mapping(struct mapping *m, char *line)
{
	unsigned int major, minor;
	int name = 0;
	char shared;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*c%*c%*c%c %*x %x:%x %" SCNu64 " %n", &m->start,
		   &m->end, &shared, &major, &minor, &m->ino, &name) < 6)
		return false;
	m->is_shared = shared == 's';
	snprintf(m->device, sizeof(m->device), "%u:%u", major, minor);
	m->name = name ? line + name : "";
	return true;
}

/* @text is the file, which the mappings own then; NULL if it could not be read. */
static bool parse_mappings(struct mappings *m, char *text)
{
	char *line, *next;

	*m = (struct mappings){ .text = text };
	for (line = m->text; line && (next = strchr(line, '\n')); line = next + 1) {
		struct mapping one;

		*next = '\0';
		if (parse_mapping(&one, line))
			array_push(m->all, m->nr, one);
	}
	return m->nr;
}

static void free_mappings(struct mappings *m)
{
	free(m->all);
	free(m->text);
}

/* The mapping that an address is in, or NULL. */
static const struct mapping *find_address(const struct mappings *m, uint64_t addr)
{
	size_t low = 0, high = m->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (m->all[mid].end <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low < m->nr && m->all[low].start <= addr ? &m->all[low] : NULL;
}

/*
 * The device of memory that MAP_ANONYMOUS shares: that of the kernel's own mount, which
 * no path leads to.
 */
static void find_memory_device(struct mapping_reader *r)
{
	long size = sysconf(_SC_PAGESIZE);
	void *page = mmap(NULL, size, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const struct mapping *found = NULL;
	struct mappings own;

	if (page == MAP_FAILED)
		return;
	if (parse_mappings(&own, procfs_read_all(PROC_ROOT, "self/maps")))
		found = find_address(&own, (uintptr_t)page);
	if (found)
		strcpy(r->memory_device, found->device);
	free_mappings(&own);
	munmap(page, size);
}

/*
 * The mappings of an mm, by a thread that is alive: a main thread that has ended has none.
 * Behind a thread in state D it could block.
 */
static bool read_mm(const struct mapping_reader *r, int mm, struct mappings *m)
{
	const struct thread *t = r->thread_of[mm] < 0 ? NULL : &r->s->threads[r->thread_of[mm]];

	*m = (struct mappings){ 0 };
	return t && !r->s->processes[t->process].in_state_d &&
	       parse_mappings(m, procfs_read_all(r->root, "%d/task/%d/maps", t->tgid, t->tid));
}

/*
 * Shared words
 */

static bool begins_with(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

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

static void read_shared(const struct mapping_reader *r, struct shared *shared)
{
	const struct mapping *found = NULL;
	struct mappings m;

	if (!(shared->known & S_INO) || !(shared->known & S_NLINK) || !shared->dev)
		return;
	if (shared->nlink)
		shared->reach = REACH_NAMED;
	for (size_t i = 0; i < shared->nr_maps && i < MAX_TRIES && !found; i++) {
		if (read_mm(r, r->s->maps[shared->first_map + i], &m))
			found = find_file(&m, shared);
		if (found) {
			shared->path = snapshot_keep_escaped(r->s, found->name,
							     strlen(found->name));
			if (!shared->nlink)
				shared->reach = find_reach(r, found);
		}
		free_mappings(&m);
	}
}

static bool is_same_file(const struct shared *a, const struct shared *b)
{
	return a->known & b->known & S_INO && a->ino == b->ino && a->dev && b->dev &&
	       !strcmp(a->dev, b->dev);
}

/* Words of one file come one after the other, as the module's walk has found them. */
static void read_all_shared(const struct mapping_reader *r)
{
	struct shared *last = NULL;

	for (size_t i = 0; i < r->s->nr_shared; i++) {
		struct shared *shared = &r->s->shared[i];

		if (last && is_same_file(last, shared)) {
			shared->reach = last->reach;
			shared->path = last->path;
		} else {
			read_shared(r, shared);
		}
		last = shared;
	}
}

/*
 * The waiters of an mm
 */

/* Without the queues, a call without FUTEX_PRIVATE_FLAG may be on private memory. */
static bool wants_mapping(const struct waiter *w)
{
	return w->known & W_WAITS_ON && w->mm >= 0 &&
	       (w->key_type == KEY_PRIVATE || (w->key_type == KEY_UNKNOWN && w->known & W_FLAGS));
}

static void use_mapping(struct waiter *w, const struct mapping *m)
{
	if (w->key_type == KEY_PRIVATE) {
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

static void read_waiters(const struct mapping_reader *r)
{
	bool *quiet = find_quiet_mms(r->s);
	struct placed *placed = NULL;
	struct mappings m = { 0 };
	size_t nr = 0;

	for (size_t i = 0; i < r->s->nr_waiters; i++) {
		const struct waiter *w = &r->s->waiters[i];

		if (wants_mapping(w) && (quiet[w->mm] || w->key_type == KEY_UNKNOWN))
			array_push(placed, nr, (struct placed){ w->mm, i });
	}
	if (nr)
		qsort(placed, nr, sizeof(*placed), compare_placed);
	for (size_t i = 0; i < nr; i++) {
		struct waiter *w = &r->s->waiters[placed[i].waiter];
		const struct mapping *found;

		if (!i || placed[i].mm != placed[i - 1].mm) {
			free_mappings(&m);
			read_mm(r, w->mm, &m);
		}
		found = find_address(&m, w->waits_on);
		if (found)
			use_mapping(w, found);
	}
	free_mappings(&m);
	free(placed);
	free(quiet);
}

/**
 * find_mappings() - find out what memory the words of waiters are in
 * @root: where proc is mounted, for the pid namespace that @s was read in
 * @s: a snapshot of this host as it is now, indexed.  Receives reach and path of its shared
 *	words, whether private waits are on shared memory, and the kind of futexes of which
 *	the source does not tell it.
 */
void find_mappings(const char *root, struct snapshot *s)
{
	struct mapping_reader r = {
		.root = root, .s = s, .thread_of = xcalloc(s->nr_mms, sizeof(*r.thread_of)),
	};

	snapshot_mark_state_d(s, 0);
	for (size_t i = 0; i < s->nr_mms; i++)
		r.thread_of[i] = -1;
	for (size_t i = 0; i < s->nr_threads; i++) {
		const struct thread *t = &s->threads[i];

		if (t->mm >= 0 && t->process >= 0 && t->tgid > 0 && thread_is_alive(t))
			r.thread_of[t->mm] = i;
	}
	if (s->nr_shared)
		find_memory_device(&r);
	read_all_shared(&r);
	read_waiters(&r);
	free(r.thread_of);
}
