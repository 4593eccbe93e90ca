// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of /proc, and kcmp(2).
 *
 * Looking does no harm.  Memory is read only if pagemap says that its pages are present,
 * since reading would fault them in.  A page can be swapped out between the two, and is
 * then faulted in: nothing in /proc is safer.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "array.h"
#include "corefile.h"
#include "procfs.h"
#include "snapshot.h"

#define PAGE_PRESENT	(1ULL << 63)	/* in /proc/PID/pagemap: proc(5) */

static void make_path(char path[PROCFS_PATH_SIZE], const char *root, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));

static void make_path(char path[PROCFS_PATH_SIZE], const char *root, const char *fmt, va_list ap)
{
	int n = snprintf(path, PROCFS_PATH_SIZE, "%s/", root);

	vsnprintf(path + n, PROCFS_PATH_SIZE - n, fmt, ap);
}

static int open_file(const char *root, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

static int open_file(const char *root, const char *fmt, va_list ap)
{
	char path[PROCFS_PATH_SIZE];
	int fd;

	make_path(path, root, fmt, ap);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/**
 * procfs_open() - open a file of /proc for reading
 * @root: where proc is mounted
 * @fmt: the path below that
 *
 * Return: a descriptor, or a negative errno.
 */
int procfs_open(const char *root, const char *fmt, ...)
{
	va_list ap;
	int fd;

	va_start(ap, fmt);
	fd = open_file(root, fmt, ap);
	va_end(ap);
	return fd;
}

/**
 * procfs_read() - read a small file of /proc into a string, by one read(2)
 * @buf: receives it
 * @root: where proc is mounted
 * @fmt: the path below that
 *
 * Return: 0 or a negative errno.
 */
int procfs_read(char buf[PROCFS_FILE_SIZE], const char *root, const char *fmt, ...)
{
	va_list ap;
	ssize_t n;
	int fd;

	va_start(ap, fmt);
	fd = open_file(root, fmt, ap);
	va_end(ap);
	if (fd < 0)
		return fd;
	n = read(fd, buf, PROCFS_FILE_SIZE - 1);
	if (n < 0)
		n = -errno;
	close(fd);
	if (n < 0)
		return n;
	buf[n] = '\0';
	return 0;
}

static char *read_to_end(int fd)
{
	size_t used = 0, room = 2 * PROCFS_FILE_SIZE;
	char *text = xrealloc(NULL, room);
	ssize_t n;

	while ((n = read(fd, text + used, room - used - 1)) > 0) {
		used += n;
		if (room - used < PROCFS_FILE_SIZE) {
			room *= 2;
			text = xrealloc(text, room);
		}
	}
	if (n < 0) {
		free(text);
		return NULL;
	}
	text[used] = '\0';
	return text;
}

/**
 * procfs_read_all() - read a file of /proc of any size into a string
 * @root: where proc is mounted
 * @fmt: the path below that
 *
 * Return: the string, to be freed by the caller, or NULL.
 */
char *procfs_read_all(const char *root, const char *fmt, ...)
{
	char *text;
	va_list ap;
	int fd;

	va_start(ap, fmt);
	fd = open_file(root, fmt, ap);
	va_end(ap);
	if (fd < 0)
		return NULL;
	text = read_to_end(fd);
	close(fd);
	return text;
}

/**
 * procfs_link() - read a link of /proc
 * @target: receives what it refers to, cut if it is longer
 * @root: where proc is mounted
 * @fmt: the path below that
 *
 * Return: 0 or a negative errno.
 */
int procfs_link(char target[PROCFS_LINK_SIZE], const char *root, const char *fmt, ...)
{
	char path[PROCFS_PATH_SIZE];
	va_list ap;
	ssize_t n;

	va_start(ap, fmt);
	make_path(path, root, fmt, ap);
	va_end(ap);
	n = readlink(path, target, PROCFS_LINK_SIZE - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	return 0;
}

/**
 * procfs_exists() - whether a file of /proc exists
 * @root: where proc is mounted
 * @fmt: the path below that
 */
bool procfs_exists(const char *root, const char *fmt, ...)
{
	char path[PROCFS_PATH_SIZE];
	va_list ap;

	va_start(ap, fmt);
	make_path(path, root, fmt, ap);
	va_end(ap);
	return !access(path, F_OK);
}

static DIR *open_dir(const char *root, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

static DIR *open_dir(const char *root, const char *fmt, va_list ap)
{
	char path[PROCFS_PATH_SIZE];

	make_path(path, root, fmt, ap);
	return opendir(path);
}

/**
 * procfs_opendir() - open a directory of /proc
 * @root: where proc is mounted
 * @fmt: the path below that
 *
 * Return: the directory, to be closed with closedir(3), or NULL with errno set.
 */
DIR *procfs_opendir(const char *root, const char *fmt, ...)
{
	va_list ap;
	DIR *dir;

	va_start(ap, fmt);
	dir = open_dir(root, fmt, ap);
	va_end(ap);
	return dir;
}

/**
 * compare_ids() - compare two ids for qsort(3)
 * @x: points to one
 * @y: points to the other
 *
 * Return: as for qsort(3).
 */
int compare_ids(const void *x, const void *y)
{
	pid_t a = *(const pid_t *)x, b = *(const pid_t *)y;

	return a < b ? -1 : a > b;
}

/**
 * procfs_list_ids() - the names in a directory of /proc that are numbers above 0
 * @nr: receives how many; 0 if the directory cannot be read
 * @root: where proc is mounted
 * @fmt: the path of the directory below that
 *
 * Return: the numbers, ascending, to be freed by the caller; may be NULL if there are none.
 */
pid_t *procfs_list_ids(size_t *nr, const char *root, const char *fmt, ...)
{
	pid_t *ids = NULL;
	struct dirent *d;
	va_list ap;
	DIR *dir;

	va_start(ap, fmt);
	dir = open_dir(root, fmt, ap);
	va_end(ap);
	*nr = 0;
	while (dir && (d = readdir(dir))) {
		int id = atoi(d->d_name);

		if (id > 0)
			array_push(ids, *nr, id);
	}
	if (dir)
		closedir(dir);
	if (ids)
		qsort(ids, *nr, sizeof(*ids), compare_ids);
	return ids;
}

/* Room for a path of a descriptor: PID/task/TID/fd/N. */
#define FD_SIZE		64

/**
 * visit_fds() - visit the descriptors of a table
 * @root: where proc is mounted
 * @pid: a process
 * @tid: its thread whose table it is
 * @visit: is called for each, until it returns false
 * @ctx: is passed to it
 *
 * Return: how many were visited; a negative errno if the table cannot be read.
 */
long visit_fds(const char *root, pid_t pid, pid_t tid, visit_fd_fn visit, void *ctx)
{
	DIR *dir = procfs_opendir(root, "%d/task/%d/fd", pid, tid);
	bool go_on = true;
	char fd[FD_SIZE];
	struct dirent *d;
	long nr = 0;

	if (!dir)
		return -errno;
	while (go_on && (d = readdir(dir))) {
		if (d->d_name[0] == '.')
			continue;
		snprintf(fd, sizeof(fd), "%d/task/%d/fd/%.16s", pid, tid, d->d_name);
		go_on = visit(ctx, fd);
		nr++;
	}
	closedir(dir);
	return nr;
}

/**
 * stat_field() - find a field of /proc/PID/stat
 * @stat: the text of the file
 * @field: its number in proc(5); STAT_STATE at least
 *
 * Return: where it begins, or NULL.
 */
const char *stat_field(const char *stat, int field)
{
	/* The name before the fields may hold anything. */
	const char *p = strrchr(stat, ')');

	for (int i = STAT_STATE - 1; p && i < field; i++) {
		p = strchr(p, ' ');
		p = p ? p + 1 : NULL;
	}
	return p;
}

/*
 * /proc/PID/status
 */

/**
 * status_field() - find a field of /proc/PID/status
 * @status: the text of the file, where no name can hold a newline
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
 * status_id() - read an id from /proc/PID/status
 * @status: the text of the file
 * @key: the field
 *
 * Return: the id, or 0: there is no such field.
 */
pid_t status_id(const char *status, const char *key)
{
	const char *val = status_field(status, key);

	return val ? atoi(val) : 0;
}

/**
 * status_letter() - read a letter from /proc/PID/status
 * @status: the text of the file
 * @key: the field
 *
 * Return: the letter, or '\0': there is no such field.
 */
char status_letter(const char *status, const char *key)
{
	const char *val = status_field(status, key);

	return val ? val[strspn(val, " \t")] : '\0';
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

/**
 * procfs_tgid() - the process of a thread
 * @root: where proc is mounted
 * @tid: the thread
 *
 * Return: the id of its process, or 0: it cannot be read.
 */
pid_t procfs_tgid(const char *root, pid_t tid)
{
	char buf[PROCFS_FILE_SIZE];

	return procfs_read(buf, root, "%d/status", tid) ? 0 : status_id(buf, "Tgid");
}

/*
 * /proc/PID/task/TID/syscall
 */

/* "NR ARG0 ... ARG5 SP PC", or "running", or -1 and two numbers. */
static void parse_syscall(struct syscall *sc, const char *line)
{
	uint64_t val[NR_ARGS + 2] = { 0 };
	char *end;
	int n;

	sc->nr = strtol(line, &end, 10);
	for (n = 0; n < NR_ARGS + 2; n++) {
		const char *start = end;

		val[n] = strtoull(start, &end, 16);
		if (end == start)
			break;
	}
	if (n < NR_ARGS || end == line)
		sc->nr = -1;
	memcpy(sc->args, val, sizeof(sc->args));
	sc->sp = val[NR_ARGS];
	sc->pc = val[NR_ARGS + 1];
}

/**
 * procfs_syscall() - read which system call a thread is in
 * @sc: receives the call
 * @root: where proc is mounted
 * @pid: the thread's process
 * @tid: the thread
 *
 * Return: 0 or a negative errno.
 */
int procfs_syscall(struct syscall *sc, const char *root, pid_t pid, pid_t tid)
{
	char buf[PROCFS_FILE_SIZE];
	int rc = procfs_read(buf, root, "%d/task/%d/syscall", pid, tid);

	if (!rc)
		parse_syscall(sc, buf);
	return rc;
}

/*
 * Where in the kernel it sleeps
 */

static bool is_one_of(const char *name, const char *const *names)
{
	for (; *names; names++) {
		if (!strcmp(name, *names))
			return true;
	}
	return false;
}

/**
 * procfs_sleeps_in() - whether a thread sleeps in one of some functions of the kernel
 * @root: where proc is mounted
 * @pid: the thread's process
 * @tid: the thread
 * @functions: their names, and NULL
 *
 * wchan names the function, and so does the first line of stack, which only root may read.
 * Both leave out those of the scheduler and of most locks (in_sched_functions()).  On older
 * kernels, wchan may name nothing.  The suffixes that compilers add to a name do not count.
 */
bool procfs_sleeps_in(const char *root, pid_t pid, pid_t tid, const char *const *functions)
{
	char buf[PROCFS_FILE_SIZE], function[64];

	if (!procfs_read(buf, root, "%d/task/%d/wchan", pid, tid) &&
	    sscanf(buf, "%63[^.\n]", function) == 1 && is_one_of(function, functions))
		return true;
	return !procfs_read(buf, root, "%d/task/%d/stack", pid, tid) &&
	       sscanf(buf, "[<%*[^>]>] %63[^.+\n]", function) == 1 &&
	       is_one_of(function, functions);
}

/*
 * Memory
 */

/**
 * memory_open() - open the memory of a process for reading
 * @m: receives it; to be closed with memory_close()
 * @root: where proc is mounted
 * @pid: the process
 * @tid: a thread of it that has not ended
 */
void memory_open(struct process_memory *m, const char *root, pid_t pid, pid_t tid)
{
	m->pagemap = procfs_open(root, "%d/task/%d/pagemap", pid, tid);
	m->mem = procfs_open(root, "%d/task/%d/mem", pid, tid);
	m->core = NULL;
}

/**
 * memory_close() - close the memory of a process
 * @m: the memory
 */
void memory_close(struct process_memory *m)
{
	if (m->pagemap >= 0)
		close(m->pagemap);
	if (m->mem >= 0)
		close(m->mem);
}

static bool page_is_present(const struct process_memory *m, uint64_t addr)
{
	uint64_t entry;

	return pread(m->pagemap, &entry, sizeof(entry),
		     addr / sysconf(_SC_PAGESIZE) * sizeof(entry)) == sizeof(entry) &&
	       entry & PAGE_PRESENT;
}

/**
 * memory_read() - read memory of a process without disturbing it
 * @m: the memory.  No thread of the process may be in state D, since it may hold
 *	mmap_lock, and the read would sleep behind it.
 * @addr: where to start
 * @buf: receives it
 * @size: bytes
 *
 * Return: whether all of it is present and was read.
 */
bool memory_read(const struct process_memory *m, uint64_t addr, void *buf, size_t size)
{
	uint64_t page = sysconf(_SC_PAGESIZE);

	if (m->core)
		return corefile_read(m->core, addr, buf, size);
	if (m->pagemap < 0 || m->mem < 0 || addr + size < addr)
		return false;
	for (uint64_t a = addr & -page; a < addr + size; a += page) {
		if (!page_is_present(m, a))
			return false;
	}
	return pread(m->mem, buf, size, addr) == (ssize_t)size;
}

/**
 * procfs_memory() - open, read and close memory of a process
 * @root: where proc is mounted
 * @pid: the process, as for memory_read()
 * @tid: a thread of it that has not ended
 * @addr: where to start
 * @buf: receives it
 * @size: bytes
 *
 * Return: as memory_read().
 */
bool procfs_memory(const char *root, pid_t pid, pid_t tid, uint64_t addr, void *buf, size_t size)
{
	struct process_memory m;
	bool good;

	memory_open(&m, root, pid, tid);
	good = memory_read(&m, addr, buf, size);
	memory_close(&m);
	return good;
}

/*
 * kcmp(2)
 */

/**
 * compare_vm() - compare the mms of two processes
 * @x: one
 * @y: the other
 *
 * Return: as kcmp(2): 0 if they are the same, 1 or 2 for less or greater, 3 if they
 * differ; -1 with errno set if they cannot be compared.
 */
int compare_vm(pid_t x, pid_t y)
{
	return syscall(SYS_kcmp, x, y, KCMP_VM, 0, 0);
}

/**
 * compare_files() - compare the descriptor tables of two threads
 * @x: one
 * @y: the other
 *
 * Return: as compare_vm().
 */
int compare_files(pid_t x, pid_t y)
{
	return syscall(SYS_kcmp, x, y, KCMP_FILES, 0, 0);
}

/* Compare the files that two descriptors of two threads are of.  Return: as compare_vm(). */
static int compare_fds(pid_t x, int fd_x, pid_t y, int fd_y)
{
	return syscall(SYS_kcmp, x, y, KCMP_FILE, fd_x, fd_y);
}

const struct comparers host_comparers = { .tables = compare_files, .files = compare_fds };
