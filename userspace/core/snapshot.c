// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records, their memory, and the lookups between them.
 *
 * Arrays grow by doubling and lookups are hash tables of their final size, so
 * that everything here is linear in the number of records.
 */
#include <err.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>

#include "snapshot.h"

#define CHUNK_SIZE	(64 * 1024)

/* Older headers lack it. */
#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2	13
#endif

struct text_chunk {
	struct text_chunk *next;
	size_t used;
	size_t size;
	char text[];
};

const char *const call_names[NR_CALLS] = {
	[CALL_FUTEX]		= "futex",
	[CALL_FUTEX_WAITV]	= "futex_waitv",
	[CALL_FUTEX_WAIT]	= "futex_wait",
	[CALL_RESTART]		= "restart_syscall",
	[CALL_IO_URING]		= "io_uring",
};

const char *const op_names[NR_OPS] = {
	[OP_WAIT]		= "FUTEX_WAIT",
	[OP_WAIT_BITSET]	= "FUTEX_WAIT_BITSET",
	[OP_WAIT_REQUEUE_PI]	= "FUTEX_WAIT_REQUEUE_PI",
	[OP_LOCK_PI]		= "FUTEX_LOCK_PI",
	[OP_LOCK_PI2]		= "FUTEX_LOCK_PI2",
	[OP_FUTEX_WAIT]		= "futex_wait",
};

const char *const timeout_names[NR_TIMEOUTS] = {
	[TIMEOUT_NONE]		= "none",
	[TIMEOUT_RELATIVE]	= "relative",
	[TIMEOUT_MONOTONIC]	= "monotonic",
	[TIMEOUT_REALTIME]	= "realtime",
	[TIMEOUT_ABSOLUTE]	= "absolute",
};

const char all_words_zero[] = "-48:0*24";

/**
 * opcode_of() - the operation of a futex(2) call
 * @op: its second argument, with flags
 *
 * Return: the operation; OP_UNKNOWN for one that does not wait, or a new one.
 */
enum opcode opcode_of(unsigned int op)
{
	switch (op & FUTEX_CMD_MASK) {
	case FUTEX_WAIT:
		return OP_WAIT;
	case FUTEX_WAIT_BITSET:
		return OP_WAIT_BITSET;
	case FUTEX_WAIT_REQUEUE_PI:
		return OP_WAIT_REQUEUE_PI;
	case FUTEX_LOCK_PI:
		return OP_LOCK_PI;
	case FUTEX_LOCK_PI2:
		return OP_LOCK_PI2;
	default:
		return OP_UNKNOWN;
	}
}

/**
 * xcalloc() - allocate zeroed memory, or end the program
 * @nr: number of elements; 0 is allowed
 * @size: bytes of each
 *
 * Return: the memory, to be freed by the caller.
 */
void *xcalloc(size_t nr, size_t size)
{
	void *p = calloc(nr ? nr : 1, size);

	if (!p)
		err(EXIT_FAILURE, "cannot allocate memory");
	return p;
}

/**
 * xrealloc() - change the size of an allocation, or end the program
 * @p: the allocation, or NULL
 * @size: new size in bytes, not 0
 *
 * Return: the memory, to be freed by the caller.
 */
void *xrealloc(void *p, size_t size)
{
	p = realloc(p, size);
	if (!p)
		err(EXIT_FAILURE, "cannot allocate memory");
	return p;
}

/**
 * idmap_init() - make a map empty and ready
 * @map: the map; its old content is not freed
 * @nr: the most keys that will be added
 */
void idmap_init(struct idmap *map, size_t nr)
{
	size_t size = 16;

	while (size < nr * 2)
		size *= 2;
	map->mask = size - 1;
	map->slots = xcalloc(size, sizeof(*map->slots));
	for (size_t i = 0; i < size; i++)
		map->slots[i].val = -1;
}

/**
 * idmap_free() - give back the memory of a map
 * @map: the map; it may be used again after idmap_init()
 */
void idmap_free(struct idmap *map)
{
	free(map->slots);
	map->slots = NULL;
}

/* The slot that holds @key, or the free one where it would go. */
static struct idmap_slot *idmap_slot(const struct idmap *map, uint64_t key)
{
	/* The finalizer of MurmurHash3: hostile files can still collide keys,
	 * but not by merely spacing ids evenly.
	 */
	uint64_t h = key;

	h ^= h >> 33;
	h *= 0xff51afd7ed558ccdULL;
	h ^= h >> 33;
	h *= 0xc4ceb9fe1a85ec53ULL;
	h ^= h >> 33;
	while (map->slots[h & map->mask].val >= 0 && map->slots[h & map->mask].key != key)
		h++;
	return &map->slots[h & map->mask];
}

/**
 * idmap_find() - look up a key
 * @map: the map
 * @key: the key
 *
 * Return: the index added for it, or -1.
 */
int idmap_find(const struct idmap *map, uint64_t key)
{
	return idmap_slot(map, key)->val;
}

/**
 * idmap_add() - add a key
 * @map: the map
 * @key: the key
 * @val: the index for it, not negative
 *
 * Return: the index that the map holds for it now: @val, or an older one, which
 * stays.
 */
int idmap_add(struct idmap *map, uint64_t key, int val)
{
	struct idmap_slot *slot = idmap_slot(map, key);

	if (slot->val < 0) {
		slot->key = key;
		slot->val = val;
	}
	return slot->val;
}

/**
 * snapshot_init() - make a snapshot empty
 * @s: the snapshot
 * @source: where its records will come from
 */
void snapshot_init(struct snapshot *s, enum source source)
{
	memset(s, 0, sizeof(*s));
	s->source = source;
}

/**
 * snapshot_free() - give back all the memory of a snapshot
 * @s: the snapshot; all text that its records point to goes with it
 */
void snapshot_free(struct snapshot *s)
{
	struct text_chunk *c, *next;

	for (c = s->chunks; c; c = next) {
		next = c->next;
		free(c);
	}
	idmap_free(&s->by_tid);
	idmap_free(&s->by_tgid);
	idmap_free(&s->by_owner);
	idmap_free(&s->by_key);
	free(s->waiters);
	free(s->mms);
	free(s->processes);
	free(s->threads);
	free(s->outsiders);
	free(s->shared);
	free(s->maps);
	free(s->sleeps);
	free(s->wakers);
	free(s->waker_processes);
	free(s->text);
	snapshot_init(s, s->source);
}

/* Append a zeroed element.  The capacity is the next power of two of @nr. */
static void *add(void **array, size_t *nr, size_t size)
{
	char *p = *array;

	if (!(*nr & (*nr - 1)))
		p = *array = xrealloc(p, (*nr ? *nr * 2 : 1) * size);
	p += (*nr)++ * size;
	return memset(p, 0, size);
}

/**
 * snapshot_add_waiter() - append a waiter with everything unknown
 * @s: the snapshot
 *
 * Return: the record; the next addition invalidates the pointer.
 */
struct waiter *snapshot_add_waiter(struct snapshot *s)
{
	struct waiter *w = add((void **)&s->waiters, &s->nr_waiters, sizeof(*w));

	w->tid = w->tgid = w->pi_owner = PID_UNKNOWN;
	w->mm = w->thread = w->process = w->shared = -1;
	return w;
}

/**
 * snapshot_add_mm() - append an address space with everything unknown
 * @s: the snapshot
 *
 * Return: the record; the next addition invalidates the pointer.
 */
struct mm *snapshot_add_mm(struct snapshot *s)
{
	return add((void **)&s->mms, &s->nr_mms, sizeof(struct mm));
}

/**
 * snapshot_add_process() - append a process with everything unknown
 * @s: the snapshot
 *
 * Return: the record; the next addition invalidates the pointer.
 */
struct process *snapshot_add_process(struct snapshot *s)
{
	struct process *p = add((void **)&s->processes, &s->nr_processes, sizeof(*p));

	p->tgid = p->ppid = PID_UNKNOWN;
	p->mm = -1;
	return p;
}

/**
 * snapshot_add_thread() - append a thread with everything unknown
 * @s: the snapshot
 *
 * Return: the record; the next addition invalidates the pointer.
 */
struct thread *snapshot_add_thread(struct snapshot *s)
{
	struct thread *t = add((void **)&s->threads, &s->nr_threads, sizeof(*t));

	t->tid = t->tgid = t->nstid = t->tracer = PID_UNKNOWN;
	t->mm = t->process = -1;
	return t;
}

/**
 * snapshot_add_outsider() - append a thread that no waiter's mm holds
 * @s: the snapshot
 *
 * Return: the record; the next addition invalidates the pointer.
 */
struct outsider *snapshot_add_outsider(struct snapshot *s)
{
	return add((void **)&s->outsiders, &s->nr_outsiders, sizeof(struct outsider));
}

/**
 * snapshot_add_shared() - append a word in shared memory with everything unknown
 * @s: the snapshot
 *
 * Return: the record; the next addition invalidates the pointer.
 */
struct shared *snapshot_add_shared(struct snapshot *s)
{
	struct shared *shared = add((void **)&s->shared, &s->nr_shared, sizeof(*shared));

	shared->first_map = s->nr_maps;
	return shared;
}

/**
 * snapshot_add_map() - say that an address space maps the word that was added last
 * @s: the snapshot
 * @mm: index of the address space
 */
void snapshot_add_map(struct snapshot *s, int mm)
{
	*(int *)add((void **)&s->maps, &s->nr_maps, sizeof(*s->maps)) = mm;
	s->shared[s->nr_shared - 1].nr_maps++;
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
	struct wakers *w = add((void **)&s->wakers, &s->nr_wakers, sizeof(*w));

	*w = (struct wakers){ .kind = kind, .id = id, .first_process = s->nr_waker_processes };
	return s->nr_wakers - 1;
}

/**
 * snapshot_add_waker() - add a process to the set that was added last
 * @s: the snapshot
 * @process: index of the process
 */
void snapshot_add_waker(struct snapshot *s, int process)
{
	*(int *)add((void **)&s->waker_processes, &s->nr_waker_processes,
		    sizeof(*s->waker_processes)) = process;
	s->wakers[s->nr_wakers - 1].nr_processes++;
}

/**
 * snapshot_add_sleep() - say what can end the sleep of a thread
 * @s: the snapshot
 * @thread: index of the thread
 * @wakers: index of one of the sets of processes that can, the only one but for
 *	those of further calls for the same thread
 */
void snapshot_add_sleep(struct snapshot *s, int thread, int wakers)
{
	struct sleep *sleep = add((void **)&s->sleeps, &s->nr_sleeps, sizeof(*sleep));

	*sleep = (struct sleep){ thread, wakers };
}

/**
 * snapshot_text() - memory for text that lives as long as the snapshot
 * @s: the snapshot, which owns it
 * @size: bytes
 *
 * Return: the memory, not initialised.
 */
char *snapshot_text(struct snapshot *s, size_t size)
{
	struct text_chunk *c = s->chunks;

	if (!c || c->size - c->used < size) {
		size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;

		c = xrealloc(NULL, sizeof(*c) + room);
		c->used = 0;
		c->size = room;
		c->next = s->chunks;
		s->chunks = c;
	}
	c->used += size;
	return c->text + c->used - size;
}

static uint64_t owner_key(int mm, pid_t id)
{
	return (uint64_t)(uint32_t)mm << 32 | (uint32_t)id;
}

static void index_threads(struct snapshot *s)
{
	for (size_t i = 0; i < s->nr_mms; i++)
		s->mms[i].nr_threads = 0;
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
 * @s: the snapshot; to be called again when a thread's nstid was changed
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

static void index_shared(struct snapshot *s)
{
	idmap_free(&s->by_key);
	idmap_init(&s->by_key, s->nr_shared);
	for (size_t i = 0; i < s->nr_shared; i++) {
		if (s->shared[i].key)
			idmap_add(&s->by_key, hash_text(s->shared[i].key), i);
	}
}

/**
 * snapshot_index() - connect the records of a complete snapshot
 * @s: the snapshot; to be called again when a waiter, thread or process was added
 *
 * Fills in waiter.thread, .process and .shared, thread.process and mm.nr_threads,
 * and makes the lookups below work.
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
	snapshot_index_owners(s);
	index_shared(s);
	for (size_t i = 0; i < s->nr_waiters; i++) {
		struct waiter *w = &s->waiters[i];

		w->thread = snapshot_find_thread(s, w->tid);
		w->process = snapshot_find_process(s, w->tgid);
		if (w->key_type == KEY_SHARED_INODE)
			w->shared = snapshot_find_shared(s, w->key);
	}
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
 * snapshot_find_owner() - look up the thread that a lock word names
 * @s: the snapshot, indexed
 * @mm: index of the address space that the word is in
 * @owner: the id in the word, of the process's own pid namespace
 *
 * Return: the index in @s->threads of the thread of @mm; -1: none that the snapshot holds;
 * OWNER_UNKNOWN: some have that id, as threads of two pid namespaces can
 * (CLONE_VM | CLONE_NEWPID), or may be it.
 */
int snapshot_find_owner(const struct snapshot *s, int mm, pid_t owner)
{
	int t = idmap_find(&s->by_owner, owner_key(mm, owner));

	if (t < 0)
		return s->mms[mm].nr_unnamed ? OWNER_UNKNOWN : -1;
	return s->threads[t].nstid_shared ? OWNER_UNKNOWN : t;
}

/**
 * hash_text() - a number for a string, FNV-1a
 * @text: the string
 */
uint64_t hash_text(const char *text)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	while (*text)
		h = (h ^ (unsigned char)*text++) * 0x100000001b3ULL;
	return h;
}

/**
 * snapshot_find_shared() - look up a word in shared memory
 * @s: the snapshot, indexed
 * @key: the key of a waiter
 *
 * Return: its index in @s->shared, or -1: there is no such record, or its hash
 * is another's too.
 */
int snapshot_find_shared(const struct snapshot *s, const char *key)
{
	int i = idmap_find(&s->by_key, hash_text(key));

	return i >= 0 && !strcmp(s->shared[i].key, key) ? i : -1;
}
