// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who has the other end of a pipe, of a unix socket, or of a TCP connection to this host; or a lock
 * of a file.
 *
 * This is for people, as activity.c is; what is proven of pipes is in descriptors.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "descriptors.h"
#include "files.h"
#include "peers.h"
#include "procfs.h"
#include "sockets.h"

/* Reading so many takes half a second. Who has an end is not known of hosts with more. */
#define MAX_LOOKED_AT	200000

/**
 * far_end_of() - find out what the other end of a descriptor is
 * @end: receives it, without who has it
 * @root: where proc is mounted
 * @pid: the process
 * @fd: path of the descriptor below @root
 */
void far_end_of(struct far_end *end, const char *root, pid_t pid, const char *fd)
{
	char target[PROCFS_LINK_SIZE];
	struct pipe_end own;

	*end = (struct far_end){ .asker = pid };
	if (pipe_of_fd(root, fd, &own) > 0) {
		end->is_pipe = true;
		end->ino = own.ino;
		end->writes = !own.writes;
	} else if (!procfs_link(target, root, "%s", fd)) {
		end->ino = find_socket_peer(root, pid, target, &end->unaccepted);
	}
}

static void add_peer(struct far_end *end, pid_t pid)
{
	if (end->nr && end->pids[(end->nr - 1) % MAX_PEERS] == pid)
		return;		/* it has two of it */
	if (end->nr < MAX_PEERS)
		end->pids[end->nr] = pid;
	end->nr++;
}

struct end_walk {
	const char *root;
	struct far_end *ends;
	size_t nr;
	pid_t pid;		/* whose descriptors are being visited */
};

/* An open file may have been passed on, with its locks, by whoever took them. */
static void compare_locks(const struct end_walk *w, const char *fd)
{
	for (size_t i = 0; i < w->nr; i++) {
		if (*w->ends[i].lock && fd_has_lock(w->root, fd, w->ends[i].lock))
			add_peer(&w->ends[i], w->pid);
	}
}

/* Compare one descriptor with all ends that are looked for. */
static bool compare_fd(void *ctx, const char *fd)
{
	const struct end_walk *w = ctx;
	char target[PROCFS_LINK_SIZE];
	unsigned long long ino;
	struct pipe_end pipe;
	bool is_pipe;

	if (procfs_link(target, w->root, "%s", fd))
		return true;
	if (*target == '/')
		compare_locks(w, fd);
	is_pipe = sscanf(target, "pipe:[%llu]", &ino) == 1;
	if (!is_pipe && sscanf(target, "socket:[%llu]", &ino) != 1)
		return true;
	for (size_t i = 0; i < w->nr; i++) {
		struct far_end *end = &w->ends[i];

		if (end->ino != ino || end->is_pipe != is_pipe)
			continue;
		if (!is_pipe || (pipe_of_fd(w->root, fd, &pipe) > 0 && pipe.writes == end->writes))
			add_peer(end, w->pid);
	}
	return true;
}

static bool wants_any(const struct far_end *ends, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		if (ends[i].ino || *ends[i].lock)
			return true;
	}
	return false;
}

/**
 * find_far_ends() - find out which processes have the other ends open
 * @root: where proc is mounted
 * @ends: the ends that far_end_of() found; receives who has them
 * @nr: how many
 *
 * Descriptors under way in messages, and those of threads that have a table of their own, are
 * not seen.
 */
void find_far_ends(const char *root, struct far_end *ends, size_t nr)
{
	struct end_walk w = { .root = root, .ends = ends, .nr = nr };
	bool incomplete = false;
	long looked_at = 0, count;
	size_t nr_pids = 0;
	pid_t *pids;

	if (!wants_any(ends, nr))
		return;
	pids = procfs_list_ids(&nr_pids, root, ".");
	for (size_t i = 0; i < nr_pids && looked_at < MAX_LOOKED_AT; i++) {
		w.pid = pids[i];
		count = visit_fds(root, pids[i], pids[i], compare_fd, &w);
		incomplete |= count == -EACCES || count == -EPERM;
		looked_at += count > 0 ? count : 0;
	}
	free(pids);
	for (size_t i = 0; i < nr; i++)
		ends[i].incomplete = incomplete || looked_at >= MAX_LOOKED_AT;
}

/* Write one of those who have an end. */
static size_t put_holder(char *dst, size_t size, const char *root, const struct far_end *end,
			 pid_t pid)
{
	char comm[PROCFS_FILE_SIZE] = "?";

	if (!procfs_read(comm, root, "%d/comm", pid))
		comm[strcspn(comm, "\n")] = '\0';
	return snprintf(dst, size, "%d (%.15s)%s", pid, comm,
			pid == end->asker ? " itself" : process_hindrance(root, pid));
}

/* What stands before those who have it. */
static const char *end_words(const struct far_end *end)
{
	if (*end->lock)
		return ", whose lock is held by";
	return end->unaccepted ? ", not accepted yet by" : ", other end:";
}

/* A thread that sleeps on it would have been told if it were closed. */
static void put_nobody(char *dst, size_t size, const char *root, const struct far_end *end)
{
	size_t used;

	if (!*end->lock) {
		if (!end->incomplete)
			snprintf(dst, size, ", other end: open in no process");
		return;
	}
	used = snprintf(dst, size, ", whose lock was taken by ");
	if (used < size)
		put_process(dst + used, size - used, root, end->taker);
}

/**
 * put_far_end() - write who has the other end: ", other end: process 7 (server)"
 * @dst: receives it; empty if it is not known
 * @size: room there, in bytes
 * @root: where proc is mounted
 * @end: the end, after find_far_ends()
 */
void put_far_end(char *dst, size_t size, const char *root, const struct far_end *end)
{
	size_t used = 0;

	*dst = '\0';
	if (!end->ino && !*end->lock)
		return;
	if (!end->nr) {
		put_nobody(dst, size, root, end);
		return;
	}
	for (size_t i = 0; i < end->nr && i < MAX_PEERS && used < size; i++) {
		used += snprintf(dst + used, size - used, "%s%s ", i ? "" : end_words(end),
				 i ? " and" : end->nr > 1 ? " processes" : " process");
		if (used < size)
			used += put_holder(dst + used, size - used, root, end, end->pids[i]);
	}
	if (end->nr > MAX_PEERS && used < size)
		snprintf(dst + used, size - used, ", and %zu more", end->nr - MAX_PEERS);
}
