// SPDX-License-Identifier: GPL-2.0-only
/*
 * System calls, for people: their names, and what their arguments mean.
 *
 * To add one whose arguments say what it sleeps for, add its row to sleeping_calls[].
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "array.h"
#include "calls.h"
#include "clock.h"
#include "filelocks.h"
#include "files.h"
#include "signals.h"
#include "sockets.h"
#include "text.h"

/* Longer paths are cut. */
#define MAX_PATH	160

/* Signals that are named, of those that a thread waits for. */
#define MAX_SIGNALS	4

/* Descriptors that are looked at, of those that a thread waits for at once. */
#define MAX_FDS		256

/* Ids of processes and of System V IPC are numbers of a namespace: "pid", "ipc". */
static bool shares_namespace(const struct call_place *c, const char *name)
{
	char own[PROCFS_LINK_SIZE], other[PROCFS_LINK_SIZE];

	return !procfs_link(own, c->root, "self/ns/%s", name) &&
	       !procfs_link(other, c->root, "%d/ns/%s", c->pid, name) && !strcmp(own, other);
}

/* Where the text goes: behind the name of the call. */
struct place {
	const struct call_place *c;
	const uint64_t *args;
	char *dst;
	size_t size;
	struct far_end *end;
	pid_t *child;
};

static bool read_memory(const struct place *p, uint64_t addr, void *buf, size_t size)
{
	return p->c->may_read && addr &&
	       procfs_memory(p->c->root, p->c->pid, p->c->tid, addr, buf, size);
}

static void find_far_end(const struct place *p, int fd)
{
	char path[PROCFS_PATH_SIZE];

	snprintf(path, sizeof(path), "%d/task/%d/fd/%d", p->c->pid, p->c->tid, fd);
	far_end_of(p->end, p->c->root, p->c->pid, path);
}

/* "(3): /dev/pts/1" */
static size_t put_fd(const struct place *p, int fd)
{
	size_t used = snprintf(p->dst, p->size, "(%d)", fd);
	char file[PROCFS_PATH_SIZE];

	put_file(file, sizeof(file), p->c->root, p->c->pid, p->c->tid, fd);
	if (*file && used < p->size)
		used += snprintf(p->dst + used, p->size - used, ": %s", file);
	find_far_end(p, fd);
	return used < p->size ? used : p->size - 1;
}

static void put_first_fd(const struct place *p)
{
	put_fd(p, p->args[0]);
}

/*
 * A unix socket has no other end before it is connected, which may have to wait for who accepts.  Names
 * that are no paths begin with a 0, which the kernel shows as "@".
 */
static void put_connect(const struct place *p)
{
	const size_t name_at = offsetof(struct sockaddr_un, sun_path);
	size_t used = put_fd(p, p->args[0]), len = p->args[2];
	struct sockaddr_un address = { 0 };
	char name[sizeof(address.sun_path) + 1] = "";

	if (len <= name_at || len > sizeof(address) || !read_memory(p, p->args[1], &address, len) ||
	    address.sun_family != AF_UNIX)
		return;
	memcpy(name, address.sun_path, len - name_at);
	for (size_t i = 0; !address.sun_path[0] && i < len - name_at; i++)
		name[i] = name[i] ?: '@';
	p->end->ino = find_unix_listener(p->c->root, p->c->pid, name);
	p->end->unaccepted = p->end->ino;
	/* Many programs give the whole array. */
	for (len = strlen(name); len && name[len - 1] == '@'; len--)
		;
	snprintf(p->dst + used, p->size - used, " to %.*s", (int)len, name);
}

/*
 * Paths: a call may wait for a file system, for the other end of a FIFO, or for a device
 */

/* What is in another page than its beginning is left out. */
static void put_path(const struct place *p, uint64_t addr)
{
	size_t page = sysconf(_SC_PAGESIZE), size = page - addr % page, len;
	char path[MAX_PATH];

	if (size > sizeof(path))
		size = sizeof(path);
	if (!read_memory(p, addr, path, size))
		return;
	len = strnlen(path, size);
	snprintf(p->dst, p->size, ": %.*s%s", (int)len, path, len == size ? "..." : "");
}

static void put_first_path(const struct place *p)
{
	put_path(p, p->args[0]);
}

/* The first argument is the descriptor of the directory. */
static void put_path_at(const struct place *p)
{
	put_path(p, p->args[1]);
}

/*
 * Several descriptors
 */

static void put_fds(const struct place *p, const int *fds, size_t nr)
{
	size_t used = snprintf(p->dst, p->size, ": ");

	put_files(p->dst + used, p->size - used, p->c->root, p->c->pid, p->c->tid, fds, nr);
	if (nr == 1)
		find_far_end(p, fds[0]);
}

static void put_pollfds(const struct place *p)
{
	size_t nr = p->args[1] < MAX_FDS ? p->args[1] : MAX_FDS, nr_fds = 0;
	struct pollfd polled[MAX_FDS];
	int fds[MAX_FDS];

	if (!nr || !read_memory(p, p->args[0], polled, nr * sizeof(*polled)))
		return;
	for (size_t i = 0; i < nr; i++) {
		if (polled[i].fd >= 0)
			fds[nr_fds++] = polled[i].fd;
	}
	if (nr_fds)
		put_fds(p, fds, nr_fds);
}

/* All three sets, each of a bit for each descriptor in words of 64 bits. */
static void put_fd_sets(const struct place *p)
{
	size_t words = (p->args[0] < MAX_FDS ? p->args[0] + 63 : MAX_FDS) / 64, nr = 0;
	uint64_t all[MAX_FDS / 64] = { 0 }, set[MAX_FDS / 64];
	int fds[MAX_FDS];

	for (int i = 1; i <= 3; i++) {
		if (!read_memory(p, p->args[i], set, words * sizeof(*set)))
			continue;
		for (size_t k = 0; k < words; k++)
			all[k] |= set[k];
	}
	for (int fd = 0; fd < (int)words * 64; fd++) {
		if (all[fd / 64] & 1ULL << fd % 64)
			fds[nr++] = fd;
	}
	if (nr)
		put_fds(p, fds, nr);
}

/*
 * Locks of files
 */

static void put_locked(const struct place *p, const char *kind)
{
	const struct file_lock *held;
	struct file_locks locks;

	put_fd(p, p->args[0]);
	file_locks_read(&locks, p->c->root);
	held = file_locks_holder(&locks, p->c->pid, kind);
	if (held && strlen(held->text) < sizeof(p->end->lock)) {
		strcpy(p->end->lock, held->text);
		p->end->taker = held->pid;
	}
	file_locks_free(&locks);
}

static void put_flock(const struct place *p)
{
	put_locked(p, FLOCK_LOCK);
}

static void put_fcntl(const struct place *p)
{
	const char *kind = file_lock_kind(p->args[1]);

	if (kind)
		put_locked(p, kind);
	else
		put_fd(p, p->args[0]);
}

/*
 * Processes
 */

static void put_child(const struct place *p, pid_t pid)
{
	size_t used = snprintf(p->dst, p->size, ", for ");

	put_process(p->dst + used, p->size - used, p->c->root, pid);
	*p->child = pid;
}

/* The only child that some threads of the process have, or -1. */
static pid_t only_child_of(const struct place *p, const pid_t *tids, size_t nr)
{
	char buf[PROCFS_FILE_SIZE];
	int pid, more, found = -1;

	for (size_t i = 0; i < nr; i++) {
		int n = procfs_read(buf, p->c->root, "%d/task/%d/children", p->c->pid, tids[i]) ?
			0 : sscanf(buf, "%d %d", &pid, &more);

		if (n > 1 || (n == 1 && found > 0))
			return -1;
		if (n == 1)
			found = pid;
	}
	return found;
}

/*
 * A thread waits for the children of all threads of its process.  Tracers, which wait for what others have
 * made, too, say so by their options.
 */
static void put_any_child(const struct place *p, int options)
{
	pid_t pid;
	size_t nr;
	pid_t *tids = procfs_list_ids(&nr, p->c->root, "%d/task", p->c->pid);

	pid = options & (__WALL | __WCLONE) ? -1 : only_child_of(p, tids, nr);
	free(tids);
	if (pid > 0)
		put_child(p, pid);
	else
		snprintf(p->dst, p->size, ", for any child");
}

static void put_wait4(const struct place *p)
{
	pid_t pid = p->args[0];

	if (pid == -1)
		put_any_child(p, p->args[2]);
	else if (pid > 0 && shares_namespace(p->c, "pid"))
		put_child(p, pid);
}

/* P_PIDFD of linux/wait.h, which glibc does not have before 2.36. */
#define WAIT_PIDFD	3

static void put_waitid(const struct place *p)
{
	if (p->args[0] == WAIT_PIDFD)
		put_fd(p, p->args[1]);
	else if (p->args[0] == P_ALL)
		put_any_child(p, p->args[3]);
	else if (p->args[0] == P_PID && shares_namespace(p->c, "pid"))
		put_child(p, p->args[1]);
}

/* A thread that has made one child sleeps in such a call until that ends, or calls execve(2). */
static void put_clone(const struct place *p)
{
	pid_t pid = only_child_of(p, &p->c->tid, 1);

	if (pid > 0)
		put_child(p, pid);
}

/*
 * System V IPC
 */

/* Which process changed a semaphore last, which may be the one that has it. */
static void put_last_operation(const struct place *p, size_t used, int id, int number)
{
	int pid = shares_namespace(p->c, "ipc") ? semctl(id, number, GETPID) : -1;

	if (pid <= 0 || used >= p->size)
		return;
	used += snprintf(p->dst + used, p->size - used, ", last changed by ");
	if (used < p->size)
		put_process(p->dst + used, p->size - used, p->c->root, pid);
}

static void put_semop(const struct place *p)
{
	int id = p->args[0];
	struct sembuf op;
	size_t used;

	if (!read_memory(p, p->args[1], &op, sizeof(op))) {
		snprintf(p->dst, p->size, "(%d)", id);
		return;
	}
	used = snprintf(p->dst, p->size, "(%d): semaphore %u to %s", id, op.sem_num,
			op.sem_op ? "be larger" : "be 0");
	put_last_operation(p, used, id, op.sem_num);
}

/* A line of /proc/sysvipc/msg: key, id, mode, bytes, messages, last sender, last receiver. */
static void put_queue(const struct place *p, bool sends)
{
	int id = p->args[0], found, sender, receiver;
	size_t used = snprintf(p->dst, p->size, "(%d): message queue", id);
	char *text = NULL;

	if (shares_namespace(p->c, "ipc"))
		text = procfs_read_all(p->c->root, "sysvipc/msg");
	for (const char *line = text; line; line = strchr(line, '\n')) {
		unsigned long messages;

		line += *line == '\n';
		if (sscanf(line, "%*d %d %*o %*u %lu %d %d", &found, &messages, &sender,
			   &receiver) != 4 || found != id)
			continue;
		used += snprintf(p->dst + used, p->size - used, " with %lu %s, last %s by ",
				 messages, messages == 1 ? "message" : "messages",
				 sends ? "read" : "written");
		if (used < p->size && (sends ? receiver : sender) > 0)
			put_process(p->dst + used, p->size - used, p->c->root,
				    sends ? receiver : sender);
		else if (used < p->size)
			snprintf(p->dst + used, p->size - used, "nobody");
		break;
	}
	free(text);
}

static void put_msgrcv(const struct place *p)
{
	put_queue(p, false);
}

static void put_msgsnd(const struct place *p)
{
	put_queue(p, true);
}

/*
 * Signals
 */

/* The first of those that a thread waits for. */
static void put_signals(const struct place *p)
{
	char name[SIGNAL_NAME_SIZE];
	size_t used = 0;
	int nr = 0;
	uint64_t set;

	if (!read_memory(p, p->args[0], &set, sizeof(set)))
		return;
	for (int signal = 1; signal <= 64 && used < p->size; signal++) {
		if (set & SIGNAL(signal) && nr++ < MAX_SIGNALS)
			used += snprintf(p->dst + used, p->size - used, "%s%s",
					 nr > 1 ? ", " : " for ", signal_name(name, signal));
	}
	if (nr > MAX_SIGNALS && used < p->size)
		snprintf(p->dst + used, p->size - used, ", and %d more", nr - MAX_SIGNALS);
}

/*
 * Time
 */

static void put_nanosleep(const struct place *p)
{
	char buf[DURATION_SIZE];
	struct timespec ts;

	if (read_memory(p, p->args[0], &ts, sizeof(ts)))
		snprintf(p->dst, p->size, " for %s", format_duration(buf, timespec_ns(&ts)));
}

static void put_clock_nanosleep(const struct place *p)
{
	struct timespec ts, now = { 0 };
	char buf[DURATION_SIZE];
	uint64_t ns;

	if (!read_memory(p, p->args[2], &ts, sizeof(ts)))
		return;
	if (p->args[1] & TIMER_ABSTIME && clock_gettime(p->args[0], &now))
		return;
	ns = timespec_ns(&ts) > timespec_ns(&now) ? timespec_ns(&ts) - timespec_ns(&now) : 0;
	snprintf(p->dst, p->size, p->args[1] & TIMER_ABSTIME ? " for %s more" : " for %s",
		 format_duration(buf, ns));
}

/*
 * The calls
 */

struct call_name {
	long nr;
	const char *name;
	void (*put)(const struct place *p);
};

/* All calls that the C library's headers name: the Makefile lists them. */
static const struct call_name call_list[] = {
#define CALL(name) { SYS_##name, #name },
#include "syscall_names.h"
#undef CALL
};

/* Those in which threads sleep for what their arguments name. */
static const struct call_name sleeping_calls[] = {
	{ SYS_read, "read", put_first_fd },
	{ SYS_readv, "readv", put_first_fd },
	{ SYS_pread64, "pread64", put_first_fd },
	{ SYS_write, "write", put_first_fd },
	{ SYS_writev, "writev", put_first_fd },
	{ SYS_pwrite64, "pwrite64", put_first_fd },
	{ SYS_recvfrom, "recvfrom", put_first_fd },
	{ SYS_recvmsg, "recvmsg", put_first_fd },
	{ SYS_recvmmsg, "recvmmsg", put_first_fd },
	{ SYS_sendto, "sendto", put_first_fd },
	{ SYS_sendmsg, "sendmsg", put_first_fd },
	{ SYS_sendmmsg, "sendmmsg", put_first_fd },
	{ SYS_accept, "accept", put_first_fd },
	{ SYS_accept4, "accept4", put_first_fd },
	{ SYS_connect, "connect", put_connect },
#ifdef SYS_epoll_wait
	{ SYS_epoll_wait, "epoll_wait", put_first_fd },
#endif
	{ SYS_epoll_pwait, "epoll_pwait", put_first_fd },
#ifdef SYS_epoll_pwait2
	{ SYS_epoll_pwait2, "epoll_pwait2", put_first_fd },
#endif
#ifdef SYS_poll
	{ SYS_poll, "poll", put_pollfds },
#endif
	{ SYS_ppoll, "ppoll", put_pollfds },
#ifdef SYS_select
	{ SYS_select, "select", put_fd_sets },
#endif
	{ SYS_pselect6, "pselect6", put_fd_sets },
#ifdef SYS_open
	{ SYS_open, "open", put_first_path },
	{ SYS_creat, "creat", put_first_path },
	{ SYS_stat, "stat", put_first_path },
	{ SYS_lstat, "lstat", put_first_path },
	{ SYS_access, "access", put_first_path },
	{ SYS_unlink, "unlink", put_first_path },
	{ SYS_rename, "rename", put_first_path },
	{ SYS_mkdir, "mkdir", put_first_path },
	{ SYS_rmdir, "rmdir", put_first_path },
	{ SYS_readlink, "readlink", put_first_path },
#endif
	{ SYS_openat, "openat", put_path_at },
#ifdef SYS_openat2
	{ SYS_openat2, "openat2", put_path_at },
#endif
	{ SYS_newfstatat, "newfstatat", put_path_at },
	{ SYS_statx, "statx", put_path_at },
	{ SYS_faccessat, "faccessat", put_path_at },
#ifdef SYS_faccessat2
	{ SYS_faccessat2, "faccessat2", put_path_at },
#endif
	{ SYS_unlinkat, "unlinkat", put_path_at },
	{ SYS_renameat2, "renameat2", put_path_at },
	{ SYS_mkdirat, "mkdirat", put_path_at },
	{ SYS_readlinkat, "readlinkat", put_path_at },
	{ SYS_statfs, "statfs", put_first_path },
	{ SYS_truncate, "truncate", put_first_path },
	{ SYS_chdir, "chdir", put_first_path },
	{ SYS_execve, "execve", put_first_path },
	{ SYS_umount2, "umount2", put_first_path },
	{ SYS_mount, "mount", put_path_at },
	{ SYS_ioctl, "ioctl", put_first_fd },
	{ SYS_fcntl, "fcntl", put_fcntl },
	{ SYS_flock, "flock", put_flock },
	{ SYS_fsync, "fsync", put_first_fd },
	{ SYS_fdatasync, "fdatasync", put_first_fd },
	{ SYS_splice, "splice", put_first_fd },
	{ SYS_tee, "tee", put_first_fd },
	{ SYS_vmsplice, "vmsplice", put_first_fd },
	{ SYS_sendfile, "sendfile", put_first_fd },
	{ SYS_getdents64, "getdents64", put_first_fd },
	{ SYS_mq_timedreceive, "mq_timedreceive", put_first_fd },
	{ SYS_mq_timedsend, "mq_timedsend", put_first_fd },
	{ SYS_wait4, "wait4", put_wait4 },
	{ SYS_waitid, "waitid", put_waitid },
#ifdef SYS_vfork
	{ SYS_vfork, "vfork", put_clone },
#endif
	{ SYS_clone, "clone", put_clone },
	{ SYS_clone3, "clone3", put_clone },
	{ SYS_semop, "semop", put_semop },
	{ SYS_semtimedop, "semtimedop", put_semop },
	{ SYS_msgrcv, "msgrcv", put_msgrcv },
	{ SYS_msgsnd, "msgsnd", put_msgsnd },
	{ SYS_rt_sigtimedwait, "rt_sigtimedwait", put_signals },
	{ SYS_nanosleep, "nanosleep", put_nanosleep },
	{ SYS_clock_nanosleep, "clock_nanosleep", put_clock_nanosleep },
};

static const struct call_name *find_call(const struct call_name *list, size_t nr, long call)
{
	for (size_t i = 0; i < nr; i++) {
		if (list[i].nr == call)
			return &list[i];
	}
	return NULL;
}

/**
 * syscall_name() - the name of a system call
 * @nr: its number on this machine
 *
 * Return: the name, or NULL: the C library's headers have none.
 */
const char *syscall_name(long nr)
{
	const struct call_name *call = find_call(call_list, ARRAY_SIZE(call_list), nr);

	return call ? call->name : NULL;
}

/**
 * put_call() - write which system call a thread is in, and on what: "read(3): /dev/pts/1"
 * @dst: receives it, not escaped
 * @size: room there, in bytes
 * @c: the call
 * @end: receives what is at the other end of its descriptor; it is all 0 before
 *
 * Return: the process for whose end it waits, or 0.
 */
pid_t put_call(char *dst, size_t size, const struct call_place *c, struct far_end *end)
{
	const struct call_name *call = find_call(sleeping_calls, ARRAY_SIZE(sleeping_calls),
						 c->call.nr);
	pid_t child = 0;
	size_t used;

	if (!call)
		call = find_call(call_list, ARRAY_SIZE(call_list), c->call.nr);
	if (!call) {
		snprintf(dst, size, "system call %ld", c->call.nr);
		return child;
	}
	used = snprintf(dst, size, "%s", call->name);
	if (call->put)
		call->put(&(struct place){ c, c->call.args, dst + used, size - used, end, &child });
	return child;
}
