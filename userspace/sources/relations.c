// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who has which pipes open, and who is whose child or tracee, on the whole host: by
 * one walk over /proc each.  What may be there and is not seen makes it incomplete.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scan.h"
#include "relations.h"
#include "snapshot.h"

#define PATH_SIZE	256
#define NAME_SIZE	64

/* How often new processes are looked for. */
#define MAX_TRIES	8

/*
 * What the kernel adds to the flags of a file that a program for 64 bits opens by name;
 * for the C library it is 0 there.
 */
#if defined(__aarch64__)
#define LARGEFILE	0400000
#else
#define LARGEFILE	0100000
#endif

struct walk {
	const char *root;
	compare_fn compare;	/* of tables of descriptors */
	struct relations *r;
	bool uncounted;		/* the kernel does not count the messages to new connections */
	char net[NAME_SIZE];	/* network namespace of the last process */
};

typedef void (*look_fn)(struct walk *w, pid_t pid);

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
 * Processes
 */

/* One that is closed by now, or whose process has ended, is not missed. */
static bool is_missed(int error)
{
	return error && error != ENOENT && error != ESRCH;
}

static pid_t *list_threads(struct walk *w, pid_t pid, size_t *nr)
{
	char path[PATH_SIZE];
	pid_t *tids;

	snprintf(path, sizeof(path), "%s/%d/task", w->root, pid);
	tids = list_ids(path, nr);
	w->r->incomplete |= !*nr && !access(path, F_OK);
	return tids;
}

/* Those of @pids that are not among @old, both ascending.  Return: whether there are any. */
static bool look_at_new(struct walk *w, look_fn look, const pid_t *pids, size_t nr,
			const pid_t *old, size_t nr_old)
{
	bool any = false;
	size_t k = 0;

	for (size_t i = 0; i < nr; i++) {
		while (k < nr_old && old[k] < pids[i])
			k++;
		if (k < nr_old && old[k] == pids[i])
			continue;
		look(w, pids[i]);
		any = true;
	}
	return any;
}

/* A process that ends meanwhile may go on as a child, so those that are new are looked at. */
static void for_each_process(struct walk *w, look_fn look)
{
	size_t nr, nr_old = 0;
	pid_t *pids, *old = NULL;
	bool any = true;

	for (int tries = 0; any && tries < MAX_TRIES; tries++) {
		pids = list_ids(w->root, &nr);
		any = look_at_new(w, look, pids, nr, old, nr_old);
		free(old);
		old = pids;
		nr_old = nr;
	}
	free(old);
	w->r->incomplete |= any;
}

/*
 * Descriptors
 */

static int read_target(char target[NAME_SIZE], const char *root, const char *link)
{
	char path[PATH_SIZE];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s", root, link);
	n = readlink(path, target, NAME_SIZE - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	return 0;
}

static int read_fdinfo(char buf[FILE_SIZE], const char *root, const char *fd)
{
	char path[PATH_SIZE];
	const char *number = strrchr(fd, '/');

	snprintf(path, sizeof(path), "%.*s", (int)(number - fd), fd);
	*strrchr(path, '/') = '\0';
	return read_file(buf, root, "%s/fdinfo%s", path, number);
}

/* As pipe_of_fd(), once it is known what the descriptor refers to. */
static int pipe_of_target(const char *target, const char *root, const char *fd,
			  struct pipe_end *end)
{
	unsigned long long ino;
	unsigned long mode;
	const char *flags;
	char buf[FILE_SIZE];
	int rc;

	if (sscanf(target, "pipe:[%llu]", &ino) != 1)
		return 0;
	rc = read_fdinfo(buf, root, fd);
	if (rc)
		return rc;
	flags = strstr(buf, "flags:");
	if (!flags)
		return -EINVAL;
	mode = strtoul(flags + strlen("flags:"), NULL, 8);
	*end = (struct pipe_end){
		.ino = ino,
		.writes = (mode & O_ACCMODE) != O_RDONLY,
		.by_name = mode & LARGEFILE,
	};
	return 1;
}

/**
 * pipe_of_fd() - which pipe a descriptor is
 * @root: where proc is mounted
 * @fd: path of the descriptor below that, PID/fd/N or PID/task/TID/fd/N
 * @end: receives the end of the pipe, if it is one
 *
 * A FIFO is a pipe too, but has a name that anybody may open, so it does not count.
 *
 * Return: 1 if it is a pipe, 0 if not, or a negative errno.
 */
int pipe_of_fd(const char *root, const char *fd, struct pipe_end *end)
{
	char target[NAME_SIZE];
	int rc = read_target(target, root, fd);

	return rc ? rc : pipe_of_target(target, root, fd, end);
}

/*
 * Pipes
 */

/*
 * Whether descriptors are on their way in messages to a socket.  Only unix sockets say
 * how many; others take none.
 */
static int find_messages(struct relations *r, const char *root, const char *fd)
{
	char buf[FILE_SIZE];
	const char *queued;
	int rc = read_fdinfo(buf, root, fd);

	if (rc)
		return rc;
	queued = strstr(buf, "scm_fds:");
	r->incomplete |= queued && strtoul(queued + strlen("scm_fds:"), NULL, 10);
	return 0;
}

/* One descriptor: an end of a pipe, or what may hold ends that are in no table. */
static void add_fd(struct walk *w, pid_t pid, const char *fd)
{
	char target[NAME_SIZE];
	struct pipe_end end;
	int rc = read_target(target, w->root, fd);

	if (!rc && !strncmp(target, "socket:", strlen("socket:")))
		rc = find_messages(w->r, w->root, fd);
	else if (!rc && !strcmp(target, "anon_inode:[io_uring]"))
		w->r->incomplete = true;
	else if (!rc)
		rc = pipe_of_target(target, w->root, fd, &end);
	if (rc > 0)
		add_relation(w->r, end.ino, pid, end.writes, false);
	else
		w->r->incomplete |= is_missed(-rc);
}

static void add_table(struct walk *w, pid_t pid, pid_t tid)
{
	char table[NAME_SIZE], path[PATH_SIZE], fd[2 * NAME_SIZE];
	struct dirent *d;
	DIR *dir;

	snprintf(table, sizeof(table), "%d/task/%d/fd", pid, tid);
	snprintf(path, sizeof(path), "%s/%s", w->root, table);
	dir = opendir(path);
	if (!dir) {
		w->r->incomplete |= is_missed(errno);
		return;
	}
	while ((d = readdir(dir))) {
		if (d->d_name[0] == '.')
			continue;
		snprintf(fd, sizeof(fd), "%s/%.16s", table, d->d_name);
		add_fd(w, pid, fd);
	}
	closedir(dir);
}

/*
 * A connection that is not accepted yet has no inode.  Return: whether there is one, or
 * may be one.
 */
static bool has_new_connections(const char *root, pid_t pid)
{
	char path[PATH_SIZE], *line = NULL;
	unsigned long ino;
	size_t size = 0;
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%d/net/unix", root, pid);
	f = fopen(path, "re");
	if (!f)
		return is_missed(errno);
	while (!found && getline(&line, &size, f) > 0)
		found = sscanf(line, "%*s %*x %*x %*x %*x %*x %lu", &ino) == 1 && !ino;
	found |= ferror(f);
	free(line);
	fclose(f);
	return found;
}

/* In the network namespace of a process, unless the last one was in it too. */
static void find_new_connections(struct walk *w, pid_t pid)
{
	char link[NAME_SIZE], net[NAME_SIZE];
	int rc;

	snprintf(link, sizeof(link), "%d/ns/net", pid);
	rc = read_target(net, w->root, link);
	w->r->incomplete |= is_missed(-rc);
	if (rc || !strcmp(net, w->net))
		return;
	strcpy(w->net, net);
	w->r->incomplete |= has_new_connections(w->root, pid);
}

/*
 * Threads may have tables of their own (CLONE_FILES), and the first one has none after
 * its exit.
 */
static void add_tables(struct walk *w, pid_t pid)
{
	pid_t last = 0;
	size_t nr;
	pid_t *tids = list_threads(w, pid, &nr);

	for (size_t i = 0; i < nr; i++) {
		if (last && !w->compare(last, tids[i]))
			continue;
		last = tids[i];
		add_table(w, pid, last);
	}
	free(tids);
	if (w->uncounted)
		find_new_connections(w, pid);
}

/* The kernel's version, 0 if it is not known: 6.1 is 601. */
static int kernel_version(const char *root)
{
	char buf[FILE_SIZE];
	int major, minor;

	if (read_file(buf, root, "sys/kernel/osrelease") ||
	    sscanf(buf, "%d.%d", &major, &minor) != 2)
		return 0;
	return 100 * major + minor;
}

/**
 * relations_of_pipes() - find out who has which pipes open
 * @root: where proc is mounted
 * @compare: compare_files(), or what stands for it in a test
 * @r: receives it; to be given to relations_free()
 *
 * An end may be in no table of descriptors, but in a message to a unix socket or with an
 * io_uring.  Which pipe that is does not show, so if there is any of either on the host,
 * @r is incomplete.  How many are under way in a socket is in its fdinfo since 5.6, in
 * one that is yet to be accepted since 6.0 (unix_show_fdinfo()).
 */
void relations_of_pipes(const char *root, compare_fn compare, struct relations *r)
{
	int version = kernel_version(root);
	struct walk w = { .root = root, .compare = compare, .r = r, .uncounted = version < 600 };

	memset(r, 0, sizeof(*r));
	r->incomplete = version < 506;
	for_each_process(&w, add_tables);
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

/*
 * @held_back: if it has ended, that does not show yet: a main thread is not waited for
 * before the others have ended too (delay_group_leader()).  Return: whether it is alive.
 */
static bool add_kin(struct walk *w, pid_t pid, pid_t tid, bool held_back)
{
	char buf[FILE_SIZE];
	int rc = read_file(buf, w->root, "%d/task/%d/status", pid, tid);
	const char *state;
	pid_t parent, tracer;
	bool ended, zombie;

	/* One that has ended is a zombie at least, or its parent has run. */
	if (rc) {
		w->r->incomplete |= is_missed(-rc);
		return false;
	}
	state = status_field(buf, "State");
	ended = !state || strchr("XZ", state[strspn(state, " \t")]);
	zombie = ended && !held_back;
	parent = id_field(buf, "PPid");
	tracer = id_field(buf, "TracerPid");
	if (tid == pid && parent)
		add_relation(w->r, parent, pid, false, zombie);
	tracer = tracer ? process_of(w->root, tracer) : 0;
	if (tracer)
		add_relation(w->r, tracer, pid, false, zombie);
	return !ended;
}

static void add_all_kin(struct walk *w, pid_t pid)
{
	bool live = false;
	size_t nr;
	pid_t *tids = list_threads(w, pid, &nr);

	for (size_t i = 0; i < nr; i++) {
		if (tids[i] != pid)
			live |= add_kin(w, pid, tids[i], false);
	}
	add_kin(w, pid, pid, live);
	free(tids);
}

/**
 * relations_of_children() - find out who is whose child or tracee
 * @root: where proc is mounted
 * @r: receives it; to be given to relations_free()
 */
void relations_of_children(const char *root, struct relations *r)
{
	struct walk w = { .root = root, .r = r };

	memset(r, 0, sizeof(*r));
	for_each_process(&w, add_all_kin);
	sort(r);
}
