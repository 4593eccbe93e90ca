// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a snapshot lacks.
 *
 * The reader had no right to look at some threads, or the module has left out waiters.  Of
 * most it is known whose they are: a question about others is answered all the same.
 */
#include "gaps.h"

/**
 * is_denied_thread() - whether the reader has no right to look at a thread
 * @s: the snapshot, indexed
 * @tid: the thread
 */
bool is_denied_thread(const struct snapshot *s, pid_t tid)
{
	for (size_t i = 0; i < s->nr_denied; i++) {
		if (s->denied[i].tid == tid)
			return true;
	}
	return false;
}

/**
 * is_denied() - whether the reader has no right to look at somebody
 * @s: the snapshot, indexed
 * @id: a thread; or a process, of which one thread is enough
 */
bool is_denied(const struct snapshot *s, pid_t id)
{
	for (size_t i = 0; i < s->nr_denied; i++) {
		if (s->denied[i].tid == id || s->denied[i].tgid == id)
			return true;
	}
	return false;
}

/**
 * find_left_out() - find the process of somebody in whose mm waiters were left out
 * @s: the snapshot, indexed
 * @id: a thread or process
 *
 * Return: its index in @s->processes, or -1: nothing was left out there.
 */
int find_left_out(const struct snapshot *s, pid_t id)
{
	int t = snapshot_find_thread(s, id);
	int p = snapshot_find_process(s, t < 0 ? id : s->threads[t].tgid);
	int mm = p < 0 ? -1 : s->processes[p].mm;

	return mm >= 0 && s->mms[mm].complete == NO ? p : -1;
}

/**
 * is_missing() - whether a thread or process was not looked at, or not wholly
 * @s: the snapshot, indexed
 * @id: the thread or process
 */
bool is_missing(const struct snapshot *s, pid_t id)
{
	return is_denied(s, id) || find_left_out(s, id) >= 0;
}

/**
 * misses_unknown_waiters() - whether waiters are missing, and it is not known whose they are
 * @s: the snapshot, indexed
 */
bool misses_unknown_waiters(const struct snapshot *s)
{
	uint64_t of_mms = 0;

	for (size_t i = 0; i < s->nr_mms; i++)
		of_mms += s->mms[i].left_out;
	return s->nr_left_out > of_mms || s->nr_errors;
}
