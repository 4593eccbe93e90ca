// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who has which pipes open, and who is whose child or tracee, on the whole host: by
 * one walk over /proc each.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc.h"
#include "relations.h"
#include "snapshot.h"

#define PATH_SIZE	256

static void add_relation(struct relations *r, uint64_t id, pid_t pid, bool writes, bool zombie)
{
	size_t n = r->nr;

	if (!(n & (n - 1)))
		r->all = xrealloc(r->all, (n ? n * 2 : 1) * sizeof(*r->all));
	r->all[r->nr++] = (struct relation){ id, pid, writes, zombie };
}

static int compare_relations(const void *x, const void *y)
{
	const struct relation *a = x, *b = y;

	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	return a->pid < b->pid ? -1 : a->pid > b->pid;
}

static void sort(struct relations *r)
{
	if (r->nr)
		qsort(r->all, r->nr, sizeof(*r->all), compare_relations);
}

/**
 * relations_find() - look up an id
 * @r: the relations
 * @id: the id
 *
 * Return: the index of the first relation that has an id of @id or more.
 */
size_t relations_find(const struct relations *r, uint64_t id)
{
	size_t low = 0, high = r->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (r->all[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/**
 * relations_free() - give back the memory of relations
 * @r: the relations
 */
void relations_free(struct relations *r)
{
	free(r->all);
	r->all = NULL;
}

/*
 * Pipes
 */

/* Whether a descriptor is open for reading, writing or both, or a negative errno. */
static int open_mode(const char *root, const char *fd)
{
	char buf[FILE_SIZE], path[PATH_SIZE];
	const char *number = strrchr(fd, '/'), *flags;
	int rc;

	snprintf(path, sizeof(path), "%.*s", (int)(number - fd), fd);
	*strrchr(path, '/') = '\0';
	rc = read_file(buf, root, "%s/fdinfo%s", path, number);
	if (rc)
		return rc;
	flags = strstr(buf, "flags:");
	return flags ? (int)strtoul(flags + strlen("flags:"), NULL, 8) & O_ACCMODE : -EINVAL;
}

/**
 * pipe_of_fd() - which pipe a descriptor is
 * @root: where proc is mounted
 * @fd: path of the descriptor below that, PID/fd/N or PID/task/TID/fd/N
 * @ino: receives the inode of the pipe
 * @writes: receives whether it is open for writing
 *
 * A FIFO is a pipe too, but has a name that anybody may open, so it does not count.
 *
 * Return: 1 if it is a pipe, 0 if not, or a negative errno.
 */
int pipe_of_fd(const char *root, const char *fd, uint64_t *ino, bool *writes)
{
	char path[PATH_SIZE], target[64];
	unsigned long long number;
	ssize_t n;
	int mode;

	snprintf(path, sizeof(path), "%s/%s", root, fd);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	if (sscanf(target, "pipe:[%llu]", &number) != 1)
		return 0;
	mode = open_mode(root, fd);
	if (mode < 0)
		return mode;
	*ino = number;
	*writes = mode != O_RDONLY;
	return 1;
}

/* One that is closed by now, or whose process has ended, is not missed. */
static bool is_missed(int error)
{
	return error && error != ENOENT && error != ESRCH;
}

/* The pipes of one table of descriptors.  Return: whether it has any descriptors. */
static bool add_pipes(struct relations *r, const char *root, pid_t pid, const char *table)
{
	char path[PATH_SIZE], fd[PATH_SIZE];
	struct dirent *d;
	bool writes, any = false;
	uint64_t ino;
	DIR *dir;
	int rc;

	snprintf(path, sizeof(path), "%s/%s", root, table);
	dir = opendir(path);
	if (!dir) {
		r->incomplete |= is_missed(errno);
		return false;
	}
	while ((d = readdir(dir))) {
		if (d->d_name[0] == '.')
			continue;
		any = true;
		snprintf(fd, sizeof(fd), "%s/%.16s", table, d->d_name);
		rc = pipe_of_fd(root, fd, &ino, &writes);
		if (rc > 0)
			add_relation(r, ino, pid, writes, false);
		else
			r->incomplete |= is_missed(-rc);
	}
	closedir(dir);
	return any;
}

/* The first thread shows nothing after its exit, also if others live on. */
static void add_pipes_of_threads(struct relations *r, const char *root, pid_t pid)
{
	char table[PATH_SIZE];
	pid_t *tids;
	size_t nr;

	snprintf(table, sizeof(table), "%s/%d/task", root, pid);
	tids = list_ids(table, &nr);
	for (size_t i = 0; i < nr; i++) {
		snprintf(table, sizeof(table), "%d/task/%d/fd", pid, tids[i]);
		if (tids[i] != pid && add_pipes(r, root, pid, table))
			break;
	}
	free(tids);
}

/**
 * relations_of_pipes() - find out who has which pipes open
 * @root: where proc is mounted
 * @r: receives it; to be given to relations_free()
 *
 * Not found are ends that are nobody's but the kernel's, or on their way in a message,
 * or of a thread that has descriptors of its own (CLONE_FILES).
 */
void relations_of_pipes(const char *root, struct relations *r)
{
	char table[PATH_SIZE];
	size_t nr;
	pid_t *pids = list_ids(root, &nr);

	memset(r, 0, sizeof(*r));
	for (size_t i = 0; i < nr; i++) {
		snprintf(table, sizeof(table), "%d/fd", pids[i]);
		if (!add_pipes(r, root, pids[i], table))
			add_pipes_of_threads(r, root, pids[i]);
	}
	free(pids);
	sort(r);
}

/*
 * Children and tracees
 */

static pid_t id_field(const char *status, const char *key)
{
	const char *val = status_field(status, key);

	return val ? atoi(val) : 0;
}

/* The process of a thread. */
static pid_t process_of(const char *root, pid_t tid)
{
	char buf[FILE_SIZE];

	return read_file(buf, root, "%d/status", tid) ? 0 : id_field(buf, "Tgid");
}

static void add_kin(struct relations *r, const char *root, pid_t pid, pid_t tid)
{
	char buf[FILE_SIZE];
	int rc = read_file(buf, root, "%d/task/%d/status", pid, tid);
	const char *state;
	pid_t parent, tracer;
	bool zombie;

	/* One that has ended is a zombie at least, or its parent has run. */
	if (rc) {
		r->incomplete |= is_missed(-rc);
		return;
	}
	state = status_field(buf, "State");
	zombie = !state || strchr("XZ", state[strspn(state, " \t")]);
	parent = id_field(buf, "PPid");
	tracer = id_field(buf, "TracerPid");
	if (tid == pid && parent)
		add_relation(r, parent, pid, false, zombie);
	tracer = tracer ? process_of(root, tracer) : 0;
	if (tracer)
		add_relation(r, tracer, pid, false, zombie);
}

/**
 * relations_of_children() - find out who is whose child or tracee
 * @root: where proc is mounted
 * @r: receives it; to be given to relations_free()
 */
void relations_of_children(const char *root, struct relations *r)
{
	char path[PATH_SIZE];
	size_t nr_pids, nr;
	pid_t *pids = list_ids(root, &nr_pids), *tids;

	memset(r, 0, sizeof(*r));
	for (size_t i = 0; i < nr_pids; i++) {
		snprintf(path, sizeof(path), "%s/%d/task", root, pids[i]);
		tids = list_ids(path, &nr);
		for (size_t k = 0; k < nr; k++)
			add_kin(r, root, pids[i], tids[k]);
		free(tids);
	}
	free(pids);
	sort(r);
}
