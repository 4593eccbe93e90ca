// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records, their memory, and the lookups between them.
 *
 * Arrays grow by doubling and lookups are hash tables, so everything here is linear
 * in the number of records.
 */
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "snapshot.h"
#include "text.h"

#define CHUNK_SIZE	(64 * 1024)

/* Memory for text and words, which lives as long as its snapshot. */
struct chunk {
	struct chunk *next;
	size_t used;
	size_t size;
	_Alignas(8) char mem[];
};

const char *const queued_names[NR_QUEUED] = {
	[QUEUED_YES]		= "yes",
	[QUEUED_STOPPED]	= "stopped",
	[QUEUED_TRACED]		= "traced",
	[QUEUED_FROZEN]		= "frozen",
};

const char *const freezer_names[NR_FREEZERS] = {
	[FREEZER_NONE]		= "no",
	[FREEZER_V1]		= "v1",
	[FREEZER_V2]		= "v2",
};

const struct sleep_text sleep_texts[NR_SLEEP_KINDS] = {
	[SLEEP_READ] = {
		"waits for data in pipe ",
		", which only processes that cannot run have open for writing",
		"writers of pipe",
	},
	[SLEEP_WRITE] = {
		"waits for room in pipe ",
		", which only processes that cannot run have open",
		"readers and writers of pipe",
	},
	[SLEEP_SOCKET] = {
		"waits for the other end of unix socket ",
		", whose ends only processes that cannot run have open",
		"processes at the ends of unix socket",
	},
	[SLEEP_EVENTFD] = {
		"waits for eventfd ",
		", which only processes that cannot run have open",
		"processes that have open eventfd",
	},
	[SLEEP_EPOLL] = {
		"sleeps in epoll_wait for epoll set ",
		", whose files only processes that cannot run have open",
		"processes that have open epoll set",
	},
	[SLEEP_CHILD] = {
		"waits for process ",
		", its child or tracee, which cannot run",
		"its parent, and process",
	},
	[SLEEP_CHILDREN] = {
		"waits for a child or tracee of process ",
		", none of which can run",
		"children, tracees and other threads of",
	},
	[SLEEP_VFORK] = {
		"waits for a vfork child of process ",
		", which cannot run",
		"vfork child of",
	},
	[SLEEP_CLONE] = {
		"waits for a vfork child or thread of process ",
		", none of which can run",
		"children and threads of",
	},
	[SLEEP_SIGNAL] = {
		"waits for a signal of a child, or the parent, of process ",
		", none of which can run",
		"children or parent of",
	},
	[SLEEP_SHARED] = {
		"waits on a word in the memory of inode ",
		", which nobody who can run has open",
		"processes that have open the memory of inode",
	},
	[SLEEP_FILE_LOCK] = {
		"waits for a lock of the file of inode ",
		", which only processes that cannot run hold",
		"holders of locks of inode",
	},
	[SLEEP_TIMER] = {
		"waits for a timer of process ",
		", which has none that is armed",
		"threads of",
	},
};

/**
 * snapshot_init() - make a snapshot empty
 * @s: the snapshot; to be freed with snapshot_free()
 * @source: where its records will come from
 */
void snapshot_init(struct snapshot *s, const struct source *source)
{
	memset(s, 0, sizeof(*s));
	s->source = source;
}

/**
 * snapshot_free() - free all memory of a snapshot
 * @s: the snapshot; all text that its records point to goes with it
 */
void snapshot_free(struct snapshot *s)
{
	struct chunk *c, *next;

	if (s->source && s->source->close)
		s->source->close(s);
	for (c = s->chunks; c; c = next) {
		next = c->next;
		free(c);
	}
	idmap_free(&s->by_tid);
	idmap_free(&s->by_tgid);
	idmap_free(&s->by_owner);
	free(s->by_key);
	free(s->waiters);
	free(s->mms);
	free(s->processes);
	free(s->threads);
	free(s->foreign_holders);
	free(s->shared);
	free(s->maps);
	free(s->blocked);
	free(s->wakers);
	free(s->waker_processes);
	free(s->denied);
	free(s->text);
	snapshot_init(s, s->source);
}

/**
 * snapshot_add_waiter() - append a waiter with everything unknown
 * @s: the snapshot
 *
 * Return: the record; the next addition invalidates the pointer.
 */
struct waiter *snapshot_add_waiter(struct snapshot *s)
{
	array_push(s->waiters, s->nr_waiters, (struct waiter){
		.tid = PID_UNKNOWN, .tgid = PID_UNKNOWN, .pi_owner = PID_UNKNOWN,
		.mm = -1, .thread = -1, .process = -1, .shared = -1,
		.lock.owner = PID_UNKNOWN,
	});
	return &s->waiters[s->nr_waiters - 1];
}

/**
 * snapshot_add_mm() - append an mm with everything unknown
 * @s: the snapshot
 *
 * Return: the record; the next addition invalidates the pointer.
 */
struct mm *snapshot_add_mm(struct snapshot *s)
{
	array_push(s->mms, s->nr_mms, (struct mm){ 0 });
	return &s->mms[s->nr_mms - 1];
}

/**
 * snapshot_add_process() - append a process with everything unknown
 * @s: the snapshot
 *
 * Return: the record; the next addition invalidates the pointer.
 */
struct process *snapshot_add_process(struct snapshot *s)
{
	array_push(s->processes, s->nr_processes, (struct process){
		.tgid = PID_UNKNOWN, .ppid = PID_UNKNOWN, .mm = -1,
		.signallers = SIGNALLERS_NONE,
	});
	return &s->processes[s->nr_processes - 1];
}

/**
 * snapshot_add_thread() - append a thread with everything unknown
 * @s: the snapshot
 *
 * Return: the record; the next addition invalidates the pointer.
 */
struct thread *snapshot_add_thread(struct snapshot *s)
{
	array_push(s->threads, s->nr_threads, (struct thread){
		.tid = PID_UNKNOWN, .tgid = PID_UNKNOWN, .nstid = PID_UNKNOWN,
		.tracer = PID_UNKNOWN, .mm = -1, .process = -1,
	});
	return &s->threads[s->nr_threads - 1];
}

/**
 * snapshot_add_shared() - append a word in shared memory with everything unknown
 * @s: the snapshot
 *
 * Return: the record; the next addition invalidates the pointer.
 */
struct shared *snapshot_add_shared(struct snapshot *s)
{
	array_push(s->shared, s->nr_shared, (struct shared){
		.first_map = s->nr_maps, .openers = -1,
	});
	return &s->shared[s->nr_shared - 1];
}

/**
 * snapshot_add_map() - record that an mm maps the shared word that was added last
 * @s: the snapshot
 * @mm: index of the mm
 */
void snapshot_add_map(struct snapshot *s, int mm)
{
	array_push(s->maps, s->nr_maps, mm);
	s->shared[s->nr_shared - 1].nr_maps++;
}

/**
 * snapshot_share_maps() - record that the same mms map the shared word that was added last
 * @s: the snapshot
 * @other: index of the shared word that they map too
 */
void snapshot_share_maps(struct snapshot *s, size_t other)
{
	struct shared *shared = &s->shared[s->nr_shared - 1];

	shared->first_map = s->shared[other].first_map;
	shared->nr_maps = s->shared[other].nr_maps;
}

/**
 * snapshot_add_denied() - note a thread that the reader has no right to look at
 * @s: the snapshot
 * @denied: the thread
 */
void snapshot_add_denied(struct snapshot *s, struct denied denied)
{
	array_push(s->denied, s->nr_denied, denied);
}

/**
 * snapshot_add_wakers() - append an empty set of processes that can end a sleep
 * @s: the snapshot
 * @kind: the kind of sleep
 * @id: the pipe's inode number, or the tgid of the process that waits
 *
 * Return: its index.
 */
int snapshot_add_wakers(struct snapshot *s, enum sleep_kind kind, uint64_t id)
{
	array_push(s->wakers, s->nr_wakers, (struct wakers){
		.kind = kind, .id = id, .first_process = s->nr_waker_processes,
	});
	return s->nr_wakers - 1;
}

/**
 * snapshot_add_waker() - add a process to the set of wakers that was added last
 * @s: the snapshot
 * @process: index of the process
 */
void snapshot_add_waker(struct snapshot *s, int process)
{
	array_push(s->waker_processes, s->nr_waker_processes, process);
	s->wakers[s->nr_wakers - 1].nr_processes++;
}

/**
 * snapshot_add_blocked() - record what can end the sleep of a thread
 * @s: the snapshot
 * @thread: index of the thread
 * @wakers: index of a set of processes that can end its sleep; no processes but those
 *	of this set, and of the sets of further calls for the same thread, can do so
 */
void snapshot_add_blocked(struct snapshot *s, int thread, int wakers)
{
	array_push(s->blocked, s->nr_blocked, (struct blocked){ thread, wakers });
}

/**
 * snapshot_alloc() - allocate memory that lives as long as the snapshot
 * @s: the snapshot, which owns it
 * @size: bytes
 *
 * Return: the memory, aligned for any number, not initialised.
 */
void *snapshot_alloc(struct snapshot *s, size_t size)
{
	struct chunk *c = s->chunks;

	size = (size + 7) & ~(size_t)7;
	if (!c || c->size - c->used < size) {
		size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;

		c = xrealloc(NULL, sizeof(*c) + room);
		c->used = 0;
		c->size = room;
		c->next = s->chunks;
		s->chunks = c;
	}
	c->used += size;
	return c->mem + c->used - size;
}

/**
 * snapshot_keep_text() - copy a string into memory that lives as long as the snapshot
 * @s: the snapshot, which owns the copy
 * @text: the string
 *
 * Return: the copy.
 */
const char *snapshot_keep_text(struct snapshot *s, const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(snapshot_alloc(s, size), text, size);
}

/**
 * snapshot_keep_escaped() - escape bytes into memory that lives as long as the snapshot
 * @s: the snapshot, which owns the result
 * @text: the bytes
 * @len: how many
 *
 * Return: the string.
 */
const char *snapshot_keep_escaped(struct snapshot *s, const char *text, size_t len)
{
	char *escaped = snapshot_alloc(s, ESCAPED_SIZE(len));

	escape_text(escaped, text, len);
	return escaped;
}

static uint64_t owner_key(int mm, pid_t id)
{
	return (uint64_t)(uint32_t)mm << 32 | (uint32_t)id;
}

/* What follows for a process from its threads: a signal is for any that does not block it. */
static void index_signals(struct snapshot *s)
{
	for (size_t i = 0; i < s->nr_processes; i++) {
		s->processes[i].blocked = UINT64_MAX;
		s->processes[i].traced = false;
		s->processes[i].pdeath = 0;
	}
	for (size_t i = 0; i < s->nr_threads; i++) {
		const struct thread *t = &s->threads[i];

		if (t->process < 0 || !thread_is_alive(t))
			continue;
		s->processes[t->process].blocked &= t->blocked;
		if (t->pdeath)
			s->processes[t->process].pdeath |= SIGNAL(t->pdeath);
		s->processes[t->process].traced |= t->tracer != PID_NONE;
	}
}

static void index_threads(struct snapshot *s)
{
	s->nr_incomplete_mms = 0;
	for (size_t i = 0; i < s->nr_mms; i++) {
		s->mms[i].nr_threads = 0;
		s->nr_incomplete_mms += s->mms[i].complete == NO;
	}
	idmap_free(&s->by_tid);
	idmap_init(&s->by_tid, s->nr_threads);
	for (size_t i = 0; i < s->nr_threads; i++) {
		struct thread *t = &s->threads[i];

		t->process = snapshot_find_process(s, t->tgid);
		if (t->mm == MM_OF_PROCESS)
			t->mm = t->process < 0 ? -1 : s->processes[t->process].mm;
		if (!t->comm && t->process >= 0)
			t->comm = s->processes[t->process].comm;
		if (t->mm >= 0)
			s->mms[t->mm].nr_threads++;
		if (t->tid > 0)
			idmap_add(&s->by_tid, t->tid, i);
	}
}

/**
 * snapshot_index_owners() - make snapshot_find_owner() work
 * @s: the snapshot; to be called again when the nstid of a thread has changed
 */
void snapshot_index_owners(struct snapshot *s)
{
	for (size_t i = 0; i < s->nr_mms; i++)
		s->mms[i].nr_unnamed = 0;
	idmap_free(&s->by_owner);
	idmap_init(&s->by_owner, s->nr_threads);
	for (size_t i = 0; i < s->nr_threads; i++) {
		struct thread *t = &s->threads[i];
		int first;

		t->nstid_shared = false;
		if (t->mm < 0)
			continue;
		if (t->nstid > 0) {
			first = idmap_add(&s->by_owner, owner_key(t->mm, t->nstid), i);
			if (first != (int)i)
				s->threads[first].nstid_shared = true;
		} else {
			s->mms[t->mm].nr_unnamed++;
		}
	}
}

static int compare_keys(struct shared_key a, struct shared_key b)
{
	if (a.seq != b.seq)
		return a.seq < b.seq ? -1 : 1;
	return a.offset < b.offset ? -1 : a.offset > b.offset;
}

/* Equal keys are in the order of their records, so that the first one is found. */
static int compare_keyed(const void *x, const void *y)
{
	const struct keyed *a = x, *b = y;

	return compare_keys(a->key, b->key) ?: (a->shared < b->shared ? -1 : 1);
}

/* Not by a hash: the users of the host choose the keys, and could make them collide. */
static void index_shared(struct snapshot *s)
{
	bool sorted = true;
	size_t nr = 0;

	free(s->by_key);
	s->by_key = NULL;
	for (size_t i = 0; i < s->nr_shared; i++) {
		struct keyed keyed = { s->shared[i].key, i };

		if (!(s->shared[i].known & S_KEY))
			continue;
		sorted &= !nr || compare_keyed(&s->by_key[nr - 1], &keyed) < 0;
		array_push(s->by_key, nr, keyed);
	}
	if (!sorted)
		qsort(s->by_key, nr, sizeof(*s->by_key), compare_keyed);
	s->nr_keys = nr;
}

static int compare_denied(const void *x, const void *y)
{
	const struct denied *a = x, *b = y;

	if (a->tgid != b->tgid)
		return a->tgid < b->tgid ? -1 : 1;
	return a->tid < b->tid ? -1 : a->tid > b->tid;
}

/* A thread that was looked at twice was denied twice. */
static void index_denied(struct snapshot *s)
{
	size_t nr = 0;

	if (s->nr_denied)
		qsort(s->denied, s->nr_denied, sizeof(*s->denied), compare_denied);
	s->nr_denied_processes = 0;
	for (size_t i = 0; i < s->nr_denied; i++) {
		const struct denied *last = nr ? &s->denied[nr - 1] : NULL;
		struct denied d = s->denied[i];

		if (last && !compare_denied(last, &d))
			continue;
		s->nr_denied_processes += !last || last->tgid != d.tgid;
		s->denied[nr++] = d;
	}
	s->nr_denied = nr;
}

/**
 * snapshot_mark_state_d() - note which processes have threads in state D
 * @s: the snapshot, indexed
 * @first: the first thread to look at
 *
 * Such a thread may hold the lock of its address space, behind which a reader of the
 * process's memory or mappings would sleep.
 */
void snapshot_mark_state_d(struct snapshot *s, size_t first)
{
	for (size_t i = first; i < s->nr_threads; i++) {
		const struct thread *t = &s->threads[i];

		if (t->state == STATE_DISK_SLEEP && t->process >= 0)
			s->processes[t->process].in_state_d = true;
	}
}

/* The word that the kernel clears when a thread exits. */
struct exit_word {
	int mm;
	uint64_t word;
	int thread;
};

static int compare_exit_words(const void *x, const void *y)
{
	const struct exit_word *a = x, *b = y;

	if (a->mm != b->mm)
		return a->mm < b->mm ? -1 : 1;
	return a->word < b->word ? -1 : a->word > b->word;
}

/* Of all threads, sorted, once they are needed. */
struct exit_words {
	struct exit_word *all;
	size_t nr;
	bool sorted;
};

static void sort_exit_words(const struct snapshot *s, struct exit_words *words)
{
	if (words->sorted)
		return;
	words->sorted = true;
	for (size_t i = 0; i < s->nr_threads; i++) {
		const struct thread *t = &s->threads[i];

		if (t->mm >= 0 && t->known & T_CLEAR_TID && t->clear_child_tid)
			array_push(words->all, words->nr,
				   ((struct exit_word){ t->mm, t->clear_child_tid, i }));
	}
	if (words->nr)
		qsort(words->all, words->nr, sizeof(*words->all), compare_exit_words);
}

static const struct exit_word *find_exit_word(const struct exit_words *words, int mm, uint64_t word)
{
	struct exit_word key = { .mm = mm, .word = word };

	return !words->nr ? NULL : bsearch(&key, words->all, words->nr, sizeof(key),
					   compare_exit_words);
}

/*
 * A lock of stdio names its owner by the address of its struct pthread.  The C library lets
 * the kernel clear the id in it when the thread exits, so that address tells which it is.
 */
static void find_pthread_owner(const struct snapshot *s, struct waiter *w, struct exit_words *words)
{
	uint64_t tid_at = pthread_tid_at(s->arch, w->is_32bit);
	const struct exit_word *found;

	if (!w->lock.owner_at || !tid_at || w->mm < 0)
		return;
	sort_exit_words(s, words);
	found = find_exit_word(words, w->mm, w->lock.owner_at + tid_at);
	if (found)
		w->lock.owner = s->threads[found->thread].nstid;
}

/*
 * In musl all threads of a process have the same word there: the lock of their list.  In glibc each
 * has its own.
 */
static bool uses_musl(const struct snapshot *s, const struct waiter *w, struct exit_words *words)
{
	const struct thread *t = w->thread < 0 ? NULL : &s->threads[w->thread];
	const struct exit_word *found;

	if (!t || t->mm < 0 || !(t->known & T_CLEAR_TID) || !t->clear_child_tid)
		return false;
	sort_exit_words(s, words);
	found = find_exit_word(words, t->mm, t->clear_child_tid);
	return (found > words->all && !compare_exit_words(found - 1, found)) ||
	       (found + 1 < words->all + words->nr && !compare_exit_words(found, found + 1));
}

/* What the words tell once it is known of whose memory they are. */
static void complete_locks(struct snapshot *s)
{
	struct exit_words words = { 0 };

	for (size_t i = 0; i < s->nr_waiters; i++) {
		struct waiter *w = &s->waiters[i];

		if (!w->is_musl && lock_may_be_musl(w) && uses_musl(s, w, &words)) {
			w->is_musl = true;
			recognise_lock(w);
		}
		find_pthread_owner(s, w, &words);
	}
	free(words.all);
}

/**
 * snapshot_index() - connect the records of a complete snapshot
 * @s: the snapshot; to be called again when a waiter, thread or process was added, or denied
 *
 * Sets waiter.thread, .process and .shared, thread.process, process.blocked and .traced, and
 * mm.nr_threads, sorts the denied, and makes the lookups below work.
 */
void snapshot_index(struct snapshot *s)
{
	idmap_free(&s->by_tgid);
	idmap_init(&s->by_tgid, s->nr_processes);
	for (size_t i = 0; i < s->nr_processes; i++) {
		if (s->processes[i].tgid > 0)
			idmap_add(&s->by_tgid, s->processes[i].tgid, i);
	}
	index_threads(s);
	index_signals(s);
	index_denied(s);
	snapshot_index_owners(s);
	index_shared(s);
	for (size_t i = 0; i < s->nr_waiters; i++) {
		struct waiter *w = &s->waiters[i];

		w->thread = snapshot_find_thread(s, w->tid);
		w->process = snapshot_find_process(s, w->tgid);
		if (w->key_type == KEY_SHARED_INODE)
			w->shared = snapshot_find_shared(s, w->key);
		if (!w->is_32bit && w->thread >= 0 && s->threads[w->thread].bits == 32) {
			w->is_32bit = true;
			recognise_lock(w);
		}
	}
	complete_locks(s);
}

/**
 * snapshot_find_thread() - look up a thread
 * @s: the snapshot, indexed
 * @tid: its id as the reader sees it
 *
 * Return: its index in @s->threads, or -1.
 */
int snapshot_find_thread(const struct snapshot *s, pid_t tid)
{
	return tid > 0 ? idmap_find(&s->by_tid, tid) : -1;
}

/**
 * snapshot_find_process() - look up a process
 * @s: the snapshot, indexed
 * @tgid: its id as the reader sees it
 *
 * Return: its index in @s->processes, or -1.
 */
int snapshot_find_process(const struct snapshot *s, pid_t tgid)
{
	return tgid > 0 ? idmap_find(&s->by_tgid, tgid) : -1;
}

/**
 * snapshot_find_owner() - look up the thread whose id a lock word holds
 * @s: the snapshot, indexed
 * @mm: index of the mm that the word is in
 * @owner: the id in the word, in the pid namespace of the process
 *
 * Return: the index in @s->threads of the thread of @mm that has the id; -1: the
 * snapshot has none; OWNER_UNKNOWN: several threads have the id, as threads of two
 * pid namespaces can (CLONE_VM | CLONE_NEWPID), or a thread with an unknown id may.
 */
int snapshot_find_owner(const struct snapshot *s, int mm, pid_t owner)
{
	int t = idmap_find(&s->by_owner, owner_key(mm, owner));

	if (t < 0)
		return s->mms[mm].nr_unnamed ? OWNER_UNKNOWN : -1;
	return s->threads[t].nstid_shared ? OWNER_UNKNOWN : t;
}

/**
 * snapshot_find_shared() - look up a word in shared memory
 * @s: the snapshot, indexed
 * @key: its key
 *
 * Return: the index in @s->shared of the first record with this key, or -1.
 */
int snapshot_find_shared(const struct snapshot *s, struct shared_key key)
{
	size_t low = 0, high = s->nr_keys;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (compare_keys(s->by_key[mid].key, key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == s->nr_keys || compare_keys(s->by_key[low].key, key))
		return -1;
	return s->by_key[low].shared;
}

/*
 * What follows from one record
 */

/**
 * process_of_thread() - the process of a thread
 * @s: the snapshot, indexed
 * @t: the thread
 *
 * Return: its record, or NULL.
 */
const struct process *process_of_thread(const struct snapshot *s, const struct thread *t)
{
	return t->process < 0 ? NULL : &s->processes[t->process];
}

/**
 * process_of_waiter() - the process of a waiter
 * @s: the snapshot, indexed
 * @w: the waiter
 *
 * Return: its record, or NULL.
 */
const struct process *process_of_waiter(const struct snapshot *s, const struct waiter *w)
{
	return w->process < 0 ? NULL : &s->processes[w->process];
}

/**
 * thread_is_alive() - whether a thread is alive, and is not exiting
 * @t: the thread
 */
bool thread_is_alive(const struct thread *t)
{
	return t->state != STATE_ZOMBIE && t->state != STATE_DEAD && t->exiting != YES;
}

/**
 * thread_is_frozen() - whether a thread is frozen
 * @t: the thread
 */
bool thread_is_frozen(const struct thread *t)
{
	return t->freezer > FREEZER_NONE;
}

/**
 * thread_is_in_namespace() - whether a thread has another id for itself than for the reader
 * @t: the thread
 *
 * The ids in the locks of its process are those of its own pid namespace, too.
 */
bool thread_is_in_namespace(const struct thread *t)
{
	return t->nstid != PID_UNKNOWN && t->nstid != t->tid;
}

/**
 * waiter_is_in_namespace() - thread_is_in_namespace() of the thread of a waiter, if that is known
 * @s: the snapshot
 * @w: the waiter
 */
bool waiter_is_in_namespace(const struct snapshot *s, const struct waiter *w)
{
	return w->thread >= 0 && thread_is_in_namespace(&s->threads[w->thread]);
}

/**
 * waiter_is_named() - whether a name is that of a waiter's thread, or of its process
 * @s: the snapshot, indexed
 * @w: the waiter
 * @name: the name, escaped
 */
bool waiter_is_named(const struct snapshot *s, const struct waiter *w, const char *name)
{
	const struct process *p = process_of_waiter(s, w);

	return (w->comm && !strcmp(w->comm, name)) || (p && p->comm && !strcmp(p->comm, name));
}

/**
 * waiter_is_local() - whether a waiter's word belongs to its own mm only
 * @w: the waiter
 */
bool waiter_is_local(const struct waiter *w)
{
	return w->key_type == KEY_PRIVATE || w->key_type == KEY_SHARED_MM;
}

/**
 * waiter_is_pi() - whether a waiter waits for a PI lock
 * @w: the waiter
 *
 * The kernel knows the owner of such a lock, and only the owner can end the wait: by
 * FUTEX_UNLOCK_PI, which the kernel refuses to all others, or by its exit
 * (exit_pi_state_list()).  FUTEX_WAKE does not wake it (futex_wake()).
 */
bool waiter_is_pi(const struct waiter *w)
{
	if (futex_ops[w->opcode].locks_pi)
		return true;
	/* An unknown operation of futex(2) is newer than this program. */
	return (w->opcode == OP_WAIT_REQUEUE_PI ||
		(w->opcode == OP_UNKNOWN && w->call == CALL_FUTEX)) && w->pi_owner != PID_NONE;
}

/**
 * waiter_is_forked() - whether a waiter's process was forked and never called execve
 * @s: the snapshot, indexed
 * @w: the waiter
 */
bool waiter_is_forked(const struct snapshot *s, const struct waiter *w)
{
	return w->process >= 0 && s->processes[w->process].execed == NO;
}

/**
 * shared_is_closed() - whether all are known who can come to map shared memory
 * @shared: a word in it
 */
bool shared_is_closed(const struct shared *shared)
{
	return shared->reach == REACH_INHERITED ||
	       (shared->reach == REACH_OPEN && shared->openers >= 0);
}

/**
 * shared_begins_file() - whether a shared word is in another file than the one before it
 * @s: the snapshot
 * @i: its index
 *
 * The words of one file mostly follow each other, as the module's walk has found them.
 */
bool shared_begins_file(const struct snapshot *s, size_t i)
{
	const struct shared *word = &s->shared[i], *last = i ? word - 1 : NULL;

	return !last || !(last->known & word->known & S_INO) || last->ino != word->ino ||
	       !last->dev || !word->dev || strcmp(last->dev, word->dev);
}
