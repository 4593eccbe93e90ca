// SPDX-License-Identifier: GPL-2.0-only
/*
 * The threads that lock words name, as far as a snapshot lacks them.
 */
#include <linux/futex.h>
#include <stdlib.h>

#include "array.h"
#include "owners.h"
#include "procfs.h"
#include "scan.h"

/* The head of the list of robust mutexes has the offset of a mutex's word from its links. */
#define FUTEX_OFFSET_64	(-32)
#define FUTEX_OFFSET_32	(-20)

static pid_t read_tid_64(const struct process_memory *memory, uint64_t addr)
{
	struct {
		int32_t tid;
		int32_t unused;
		uint64_t robust_prev;
		uint64_t robust_list;
		int64_t futex_offset;
	} pthread;

	if (!memory_read(memory, addr, &pthread, sizeof(pthread)) ||
	    pthread.futex_offset != FUTEX_OFFSET_64)
		return PID_UNKNOWN;
	return pthread.tid;
}

/* Between the id and the list older versions have a word more. */
static pid_t read_tid_32(const struct process_memory *memory, uint64_t addr)
{
	int32_t words[4];

	if (!memory_read(memory, addr, words, sizeof(words)) ||
	    (words[2] != FUTEX_OFFSET_32 && words[3] != FUTEX_OFFSET_32))
		return PID_UNKNOWN;
	return words[0];
}

/**
 * read_pthread_tid() - read the id of a thread of glibc's from its struct pthread
 * @s: the snapshot, which is of this host, or of a core
 * @memory: of its process
 * @addr: where its struct pthread may be
 * @is_32bit: of a program of 32 bits
 *
 * Behind the id (see pthread_tid_at()) is the head of its list of robust mutexes.
 *
 * Return: the id, in its own pid namespace; PID_UNKNOWN: no struct pthread is there.
 */
pid_t read_pthread_tid(const struct snapshot *s, const struct process_memory *memory, uint64_t addr,
		       bool is_32bit)
{
	uint64_t tid_at = pthread_tid_at(s->arch, is_32bit);
	pid_t tid;

	if (!tid_at)
		return PID_UNKNOWN;
	tid = is_32bit ? read_tid_32(memory, addr + tid_at) : read_tid_64(memory, addr + tid_at);
	return tid > 0 ? tid : PID_UNKNOWN;
}

/* For each mm, whether it has a waiter for a lock that holds an id. */
static bool *find_mms_with_owners(const struct snapshot *s)
{
	bool *wanted = xcalloc(s->nr_mms, sizeof(*wanted));

	for (size_t i = 0; i < s->nr_waiters; i++) {
		const struct waiter *w = &s->waiters[i];

		if (w->mm >= 0 && w->lock.owner > 0)
			wanted[w->mm] = true;
	}
	return wanted;
}

/**
 * read_namespaces() - find the threads' ids in their own pid namespace
 * @root: where proc is mounted, for the pid namespace that @s was read in
 * @s: a snapshot of this host as it is now, indexed
 *
 * A lock holds the id that its holder has in its own namespace, so only the threads of mms
 * in which such a lock was recognised are looked at.
 */
void read_namespaces(const char *root, struct snapshot *s)
{
	bool *wanted = NULL;
	char buf[PROCFS_FILE_SIZE];

	for (size_t i = 0; i < s->nr_threads; i++) {
		struct thread *t = &s->threads[i];

		if (t->mm < 0 || t->nstid != PID_UNKNOWN)
			continue;
		/* Rarely: the module knows all ids but those of exiting threads. */
		if (!wanted)
			wanted = find_mms_with_owners(s);
		if (!wanted[t->mm])
			continue;
		if (!procfs_read(buf, root, "%d/task/%d/status", t->tgid, t->tid))
			t->nstid = last_id(status_field(buf, "NSpid"));
	}
	if (wanted)
		snapshot_index_owners(s);
	free(wanted);
}

/**
 * find_pi_owners() - find the owners of PI locks by their words
 * @s: a snapshot that does not show the kernel's queues, indexed
 *
 * While there are waiters, the kernel keeps the owner's id in the word (futex_lock_pi()).  It
 * looks the id up in the waiter's pid namespace, so the owner is known if it is in the same mm;
 * of a lock that fork(2) has copied, it is not.
 */
void find_pi_owners(struct snapshot *s)
{
	for (size_t i = 0; i < s->nr_waiters; i++) {
		struct waiter *w = &s->waiters[i];
		int owner;

		if (!futex_ops[w->opcode].locks_pi || !(w->known & W_VALUE) || w->mm < 0 ||
		    !(w->value & FUTEX_WAITERS) || w->value & FUTEX_OWNER_DIED)
			continue;
		owner = snapshot_find_owner(s, w->mm, w->value & FUTEX_TID_MASK);
		if (owner >= 0)
			w->pi_owner = s->threads[owner].tid;
	}
}

/* Behind the id are the links of the list of robust mutexes, and the offset from its head on. */
static bool is_in_pthread(const struct waiter *w)
{
	uint32_t link, offset, older;

	if (w->is_32bit)
		return waiter_word(w, 8, &offset) && waiter_word(w, 12, &older) &&
		       (offset == (uint32_t)FUTEX_OFFSET_32 || older == (uint32_t)FUTEX_OFFSET_32);
	return w->waits_on % 8 == 0 && waiter_word(w, 20, &link) && link &&
	       waiter_word(w, 24, &offset) && offset == (uint32_t)FUTEX_OFFSET_64;
}

/**
 * find_exit_words() - find the words that the kernel clears when threads exit
 * @s: a snapshot whose source does not show them, indexed
 *
 * Only those of threads that others wait for: a wait without FUTEX_PRIVATE_FLAG, as the kernel
 * wakes, while a word has the id of a thread, at the place of the id in a struct pthread.
 */
void find_exit_words(struct snapshot *s)
{
	for (size_t i = 0; i < s->nr_waiters; i++) {
		const struct waiter *w = &s->waiters[i];
		int t;

		if (w->mm < 0 || !(w->known & W_FLAGS) || w->flags & WAIT_PRIVATE ||
		    !(w->known & W_VALUE) || w->expected != w->value || !is_in_pthread(w))
			continue;
		t = snapshot_find_owner(s, w->mm, w->value);
		if (t < 0)
			continue;
		s->threads[t].clear_child_tid = w->waits_on;
		s->threads[t].known |= T_CLEAR_TID;
	}
}

/* /proc/TID is there for every thread, although it is not listed. */
static void add_foreign_holder(const char *root, struct snapshot *s, pid_t tid)
{
	struct foreign_holder holder = { .tid = tid, .tgid = procfs_tgid(root, tid) };

	if (holder.tgid && read_foreign_holder(root, s, &holder))
		array_push(s->foreign_holders, s->nr_foreign_holders, holder);
}

/**
 * read_foreign_holders() - find the holders that are not in the waiter's process
 * @root: where proc is mounted, for the pid namespace that @s was read in
 * @s: a snapshot of this host as it is now, indexed; its foreign_holders are filled in
 */
void read_foreign_holders(const char *root, struct snapshot *s)
{
	pid_t *ids = NULL;
	size_t nr = 0;

	for (size_t i = 0; i < s->nr_waiters; i++) {
		const struct waiter *w = &s->waiters[i];

		if (w->mm >= 0 && w->lock.owner > 0 &&
		    snapshot_find_owner(s, w->mm, w->lock.owner) == -1)
			array_push(ids, nr, w->lock.owner);
	}
	if (ids)
		qsort(ids, nr, sizeof(*ids), compare_ids);
	for (size_t i = 0; i < nr; i++) {
		if (!i || ids[i] != ids[i - 1])
			add_foreign_holder(root, s, ids[i]);
	}
	free(ids);
}
