// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which processes of the host have which pipes and sockets open, and which files that are shared
 * memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "array.h"
#include "descriptors.h"
#include "eventfds.h"
#include "helper.h"

/*
 * The flag that the kernel adds to a file that a 64-bit program opens by name
 * (force_o_largefile()).  To the C library it is 0 there.
 */
#if defined(__aarch64__)
#define LARGEFILE	0400000
#else
#define LARGEFILE	0100000
#endif

struct descriptor_walk {
	const char *root;
	compare_fn compare;	/* descriptor tables */
	struct descriptors *d;	/* receives them */
	const struct shared **wanted;	/* the files to look for, each by one of its words */
	size_t nr_wanted;
	bool uncounted;		/* the kernel does not count messages to new connections */
	bool wants_eventfds;
	pid_t pid;		/* whose descriptors are being visited ... */
	pid_t tid;		/* ... and which thread's */
	char net[PROCFS_LINK_SIZE];	/* network namespace of the last process */
};

/*
 * Descriptors
 */

static int read_fdinfo(char buf[PROCFS_FILE_SIZE], const char *root, const char *fd)
{
	const char *number = strrchr(fd, '/');

	return procfs_read(buf, root, "%.*sinfo%s", (int)(number - fd), fd, number);
}

static int parse_flags(unsigned long *flags, const char *info)
{
	const char *field = strstr(info, "flags:");

	if (!field)
		return -EINVAL;
	*flags = strtoul(field + strlen("flags:"), NULL, 8);
	return 0;
}

/* The flags of open(2).  Return: 0 or a negative errno. */
static int read_flags(unsigned long *flags, const char *root, const char *fd)
{
	char buf[PROCFS_FILE_SIZE];

	return read_fdinfo(buf, root, fd) ?: parse_flags(flags, buf);
}

/**
 * fd_has_lock() - whether a descriptor has a lock of its file
 * @root: where proc is mounted
 * @fd: path of the descriptor below @root
 * @lock: the text of the lock, as in struct file_lock
 */
bool fd_has_lock(const char *root, const char *fd, const char *lock)
{
	char info[PROCFS_FILE_SIZE];

	return !read_fdinfo(info, root, fd) && file_locks_shows(info, lock);
}

/* As pipe_of_fd(), when it is known what the descriptor refers to. */
static int pipe_of_target(const char *target, const char *root, const char *fd,
			  struct pipe_end *end)
{
	unsigned long long ino;
	unsigned long mode;
	int rc;

	if (sscanf(target, "pipe:[%llu]", &ino) != 1)
		return 0;
	rc = read_flags(&mode, root, fd);
	if (rc)
		return rc;
	*end = (struct pipe_end){
		.ino = ino,
		.writes = (mode & O_ACCMODE) != O_RDONLY,
		.is_async = mode & O_ASYNC,
		.by_name = mode & LARGEFILE,
	};
	return 1;
}

/**
 * pipe_of_fd() - find out which pipe a descriptor is
 * @root: where proc is mounted
 * @fd: path of the descriptor below that, PID/fd/N or PID/task/TID/fd/N
 * @end: receives the end of the pipe, if it is one
 *
 * A FIFO is a pipe too, but any process may open it by its name, so it does not count.
 *
 * Return: 1 if it is a pipe, 0 if not, or a negative errno.
 */
int pipe_of_fd(const char *root, const char *fd, struct pipe_end *end)
{
	char target[PROCFS_LINK_SIZE];
	int rc = procfs_link(target, root, "%s", fd);

	return rc ? rc : pipe_of_target(target, root, fd, end);
}

/*
 * A message queue is shown by its name alone, as "/NAME": it is in a file system of its own.  So
 * is a file at the top of a file system that is mounted elsewhere; but mq_open(2) does not open by
 * open(2), which adds a flag.
 */
static bool may_be_queue(const char *root, const char *fd, const char *target)
{
	unsigned long flags;

	if (*target != '/' || !target[1] || strchr(target + 1, '/'))
		return false;
	return read_flags(&flags, root, fd) || !(flags & LARGEFILE);
}

/*
 * A device of USB sends the signal that its user has chosen when a transfer has ended, and when it is
 * unplugged (USBDEVFS_SUBMITURB, USBDEVFS_DISCSIGNAL).
 */
static bool is_usb_device(const char *target)
{
	return strstr(target, "/dev/bus/usb/");
}

/* A walk over descriptors that may send signals. */
struct signal_walk {
	const char *root;
	uint64_t wanted;	/* signals */
	bool found;		/* one may send one of these */
	char **paths;		/* those that may be directories */
	size_t nr_paths;
};

/*
 * The signals that one descriptor may send.  Which one it is that O_ASYNC or a lease sends,
 * F_SETSIG says, which nothing shows.
 */
static uint64_t signals_of_fd(struct signal_walk *w, const char *fd)
{
	char target[PROCFS_LINK_SIZE], info[PROCFS_FILE_SIZE];
	unsigned long flags;

	/* The kernel reads a set under its mutex, for which it may wait (ep_show_fdinfo()). */
	if (procfs_link(target, w->root, "%s", fd) || !strcmp(target, "anon_inode:[eventpoll]"))
		return 0;
	/* One that is closed meanwhile shows that a thread runs. */
	if (may_be_queue(w->root, fd, target) || is_usb_device(target) ||
	    read_fdinfo(info, w->root, fd) || parse_flags(&flags, info) || flags & O_ASYNC ||
	    strstr(info, " LEASE "))
		return UINT64_MAX;
	if (!strncmp(target, "socket:", strlen("socket:")))
		return SIGNAL(SIGURG);
	if (w->wanted & OF_FILES && *target == '/') {
		char *path = xcalloc(1, PROCFS_PATH_SIZE);

		snprintf(path, PROCFS_PATH_SIZE, "%s/%s", w->root, fd);
		array_push(w->paths, w->nr_paths, path);
	}
	return 0;
}

static bool look_for_signals(void *ctx, const char *fd)
{
	struct signal_walk *w = ctx;

	w->found = signals_of_fd(w, fd) & w->wanted;
	return !w->found;
}

/* As find_fn. */
static void find_directory(const void *arg, void *answer)
{
	const struct signal_walk *w = arg;
	enum yesno *found = answer;
	struct stat st;

	*found = NO;
	for (size_t i = 0; i < w->nr_paths; i++) {
		if (stat(w->paths[i], &st) || S_ISDIR(st.st_mode))
			*found = YES;
	}
}

/* Whether one may be a directory.  A file server that hangs does not answer. */
static bool may_have_directory(const struct signal_walk *w)
{
	enum yesno found = YESNO_UNKNOWN;

	return w->nr_paths &&
	       (!helper_ask(find_directory, w, &found, sizeof(found), -1) || found != NO);
}

/**
 * files_may_signal() - whether a process may be sent a signal for what it has open
 * @root: where proc is mounted
 * @pid: the process
 * @wanted: mask of the signals that matter
 *
 * By a file with O_ASYNC or a lease (fcntl(2)), a directory that is watched (F_NOTIFY), a message
 * queue (mq_notify(3)), a device of USB, or a socket with urgent data.
 * Descriptors of a thread that has a table of its own do not count.
 *
 * Return: whether it may; true if its descriptors cannot be seen.
 */
bool files_may_signal(const char *root, pid_t pid, uint64_t wanted)
{
	struct signal_walk w = { .root = root, .wanted = wanted };
	bool seen = false;
	long nr_fds = 0;
	size_t nr;
	pid_t *tids = procfs_list_ids(&nr, root, "%d/task", pid);

	/* A thread that has ended has none. */
	for (size_t i = 0; i < nr && nr_fds <= 0; i++) {
		nr_fds = visit_fds(root, pid, tids[i], look_for_signals, &w);
		seen |= nr_fds >= 0;
	}
	free(tids);
	w.found = w.found || !seen || may_have_directory(&w);
	for (size_t i = 0; i < w.nr_paths; i++)
		free(w.paths[i]);
	free(w.paths);
	return w.found;
}

/*
 * A socket, and whether descriptors are under way in messages to it.  Only unix sockets show how
 * many; other sockets take none.
 */
static int add_socket(struct descriptor_walk *w, const char *fd, const char *target)
{
	char buf[PROCFS_FILE_SIZE];
	unsigned long long ino;
	unsigned long flags;
	const char *queued;
	int rc = read_fdinfo(buf, w->root, fd);

	if (rc)
		return rc;
	w->d->async |= !parse_flags(&flags, buf) && flags & O_ASYNC;
	if (sscanf(target, "socket:[%llu]", &ino) == 1)
		relations_add(&w->d->sockets, (struct relation){ .id = ino, .pid = w->pid,
							     .is_writer = true });
	queued = strstr(buf, "scm_fds:");
	w->d->pipes.incomplete |= queued && strtoul(queued + strlen("scm_fds:"), NULL, 10);
	return 0;
}

/* Whether a mount is of a device, by the list of mounts of a process. */
static enum yesno is_on_device(const char *mountinfo, int mount, const char *device)
{
	const char *line = mountinfo;

	while (line && *line) {
		unsigned int major, minor;
		char text[32];
		int id;

		if (sscanf(line, "%d %*d %u:%u", &id, &major, &minor) == 3 && id == mount) {
			snprintf(text, sizeof(text), "%u:%u", major, minor);
			return strcmp(text, device) ? NO : YES;
		}
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return YESNO_UNKNOWN;
}

/*
 * Whether a descriptor whose fdinfo is @info may be of the memory of a shared word.  In a
 * chroot, a process may have files of mounts that its own list lacks, as it has inherited
 * them; process 1 has most of these.  The kernel's own mounts, such as that of memfds, are in
 * no list.
 */
static bool may_be_of_memory(const struct descriptor_walk *w, pid_t pid, const char *info,
			     const struct shared *shared)
{
	const char *mount = strstr(info, "mnt_id:");
	const pid_t listers[] = { pid, 1 };

	for (size_t i = 0; mount && i < ARRAY_SIZE(listers); i++) {
		char *mountinfo = procfs_read_all(w->root, "%d/mountinfo", listers[i]);
		enum yesno on = is_on_device(mountinfo, atoi(mount + strlen("mnt_id:")),
					     shared->dev);

		free(mountinfo);
		if (on != YESNO_UNKNOWN)
			return on == YES;
	}
	return true;
}

/*
 * A file that may be shared memory, or have locks.  fdinfo has its inode number since 5.14
 * (seq_show() in fs/proc/fd.c), and its mount, which tells the device.
 */
static int add_file(struct descriptor_walk *w, pid_t pid, const char *fd)
{
	char buf[PROCFS_FILE_SIZE];
	const char *ino;
	uint64_t number;
	int rc = read_fdinfo(buf, w->root, fd);

	if (rc)
		return rc;
	file_locks_add(&w->d->locks, pid, buf);
	ino = strstr(buf, "ino:");
	w->d->files.incomplete |= !ino;
	number = ino ? strtoull(ino + strlen("ino:"), NULL, 10) : 0;
	for (size_t i = 0; ino && i < w->nr_wanted; i++) {
		if (w->wanted[i]->ino == number && may_be_of_memory(w, pid, buf, w->wanted[i]))
			relations_add(&w->d->files, (struct relation){ .id = number, .pid = pid });
	}
	return 0;
}

/* An eventfd; fdinfo has its number since 5.2. */
static int add_eventfd(struct descriptor_walk *w, const char *fd)
{
	char buf[PROCFS_FILE_SIZE];
	int rc = read_fdinfo(buf, w->root, fd);
	const char *id = rc ? NULL : strstr(buf, "eventfd-id:");

	if (rc)
		return rc;
	w->d->eventfds.incomplete |= !id;
	if (id)
		relations_add(&w->d->eventfds, (struct relation){
			.id = strtoull(id + strlen("eventfd-id:"), NULL, 10), .pid = w->pid,
			.is_writer = true });
	return 0;
}

static int add_anonymous(struct descriptor_walk *w, const char *fd, const char *target)
{
	if (!strcmp(target, "anon_inode:[io_uring]"))
		w->d->pipes.incomplete = true;
	else if (!strcmp(target, "anon_inode:[eventpoll]"))
		array_push(w->d->epolls, w->d->nr_epolls, (struct epoll_fd){
			.pid = w->pid, .tid = w->tid, .fd = atoi(strrchr(fd, '/') + 1) });
	else if (w->wants_eventfds && !strcmp(target, "anon_inode:[eventfd]"))
		return add_eventfd(w, fd);
	return 0;
}

static void add_pipe(struct descriptor_walk *w, const struct pipe_end *end)
{
	relations_add(&w->d->pipes, (struct relation){ .id = end->ino, .pid = w->pid,
						       .is_writer = end->writes });
	w->d->async |= end->is_async;
}

/*
 * One descriptor: an end of a pipe, a file, or what may hold descriptors that are in no
 * table.
 */
static bool add_fd(void *ctx, const char *fd)
{
	char target[PROCFS_LINK_SIZE];
	struct descriptor_walk *w = ctx;
	struct pipe_end end;
	int rc = procfs_link(target, w->root, "%s", fd);

	if (!rc && !strncmp(target, "socket:", strlen("socket:")))
		rc = add_socket(w, fd, target);
	else if (!rc && !strncmp(target, "anon_inode:", strlen("anon_inode:")))
		rc = add_anonymous(w, fd, target);
	else if (!rc && *target == '/')
		rc = w->nr_wanted || w->d->locks.nr ? add_file(w, w->pid, fd) : 0;
	else if (!rc)
		rc = pipe_of_target(target, w->root, fd, &end);
	if (!rc && w->wants_eventfds)
		w->d->eventfds.incomplete |= may_signal_eventfds(target);
	if (rc > 0)
		add_pipe(w, &end);
	else
		w->d->pipes.incomplete |= is_lost(-rc);
	return true;
}

static void add_table(struct descriptor_walk *w, pid_t pid, pid_t tid)
{
	long rc;

	w->pid = pid;
	w->tid = tid;
	rc = visit_fds(w->root, pid, tid, add_fd, w);
	w->d->pipes.incomplete |= rc < 0 && is_lost(-rc);
}

/*
 * A call keeps its files until it returns, even if another thread closes their descriptors
 * meanwhile.  These calls move data into a pipe, and may sleep for something else than a pipe.
 * The numbers of 32-bit calls are not looked up.
 */
static bool is_in_splice(const char *root, pid_t pid, pid_t tid)
{
	static const long calls[] = { SYS_splice, SYS_tee, SYS_vmsplice, SYS_sendfile };
	struct syscall sc;

	/* The kernel's own threads have no user registers. */
	if (procfs_syscall(&sc, root, pid, tid) || !sc.pc)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		if (sc.nr == calls[i])
			return true;
	}
	return sc.sp <= UINT32_MAX;
}

/*
 * A connection that is not accepted yet has no inode.  Return: whether there is one, or
 * may be one.
 */
static bool has_new_connections(const char *root, pid_t pid)
{
	int fd = procfs_open(root, "%d/net/unix", pid);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	unsigned long ino;
	char *line = NULL;
	size_t size = 0;
	bool found = false;

	if (!f)
		return is_lost(-fd);
	while (!found && getline(&line, &size, f) > 0)
		found = sscanf(line, "%*s %*x %*x %*x %*x %*x %lu", &ino) == 1 && !ino;
	found |= ferror(f);
	free(line);
	fclose(f);
	return found;
}

/* Look in the network namespace of a process, unless the last process was in it too. */
static void find_new_connections(struct descriptor_walk *w, pid_t pid)
{
	char net[PROCFS_LINK_SIZE];
	int rc = procfs_link(net, w->root, "%d/ns/net", pid);

	w->d->pipes.incomplete |= is_lost(-rc);
	if (rc || !strcmp(net, w->net))
		return;
	strcpy(w->net, net);
	w->d->pipes.incomplete |= has_new_connections(w->root, pid);
}

/*
 * Threads may have descriptor tables of their own (clone(2) without CLONE_FILES), and the
 * main thread has none after its exit.
 */
static void add_tables(void *ctx, pid_t pid)
{
	struct descriptor_walk *w = ctx;
	pid_t last = 0;
	size_t nr;
	pid_t *tids = list_threads(w->root, pid, &nr, &w->d->pipes);

	for (size_t i = 0; i < nr; i++) {
		if (is_in_splice(w->root, pid, tids[i]))
			relations_add(&w->d->pipes, (struct relation){ .id = ANY_FILE, .pid = pid,
							       .is_writer = true });
		if (last && !w->compare(last, tids[i]))
			continue;
		last = tids[i];
		add_table(w, pid, last);
	}
	free(tids);
	if (w->uncounted)
		find_new_connections(w, pid);
}

/* The kernel's version, as 601 for 6.1; 0 if it is not known. */
static int kernel_version(const char *root)
{
	char buf[PROCFS_FILE_SIZE];
	int major, minor;

	if (procfs_read(buf, root, "sys/kernel/osrelease") ||
	    sscanf(buf, "%d.%d", &major, &minor) != 2)
		return 0;
	return 100 * major + minor;
}

static void want_files(struct descriptor_walk *w, const struct snapshot *s)
{
	for (size_t i = 0; i < s->nr_shared; i++) {
		if (s->shared[i].reach == REACH_OPEN && shared_begins_file(s, i))
			array_push(w->wanted, w->nr_wanted, &s->shared[i]);
	}
}

static bool wants_eventfds(const struct snapshot *s)
{
	for (size_t i = 0; i < s->nr_threads; i++) {
		const struct thread *t = &s->threads[i];

		if (t->known & T_EVENTFD)
			return true;
		for (size_t k = 0; k < t->nr_polled; k++) {
			if (t->polled[k].kind == SLEEP_EVENTFD)
				return true;
		}
	}
	return false;
}

/**
 * find_descriptors() - find out which processes have which pipes, sockets and shared memory open,
 *	and which file locks they have
 * @root: where proc is mounted
 * @compare: compare_files(), or what stands for it in a test
 * @s: the snapshot, for whose shared words with REACH_OPEN the files are looked for
 * @d: receives it; to be freed with free_descriptors()
 *
 * A descriptor may be in no table, but in a message to a unix socket or registered with an
 * io_uring.  Nothing shows of what it is, so if there is any of either on the host, @d is
 * incomplete.  fdinfo counts the messages of a socket (unix_show_fdinfo()) since 5.6, and
 * those of connections that are yet to be accepted since 6.0.
 */
void find_descriptors(const char *root, compare_fn compare, const struct snapshot *s,
		      struct descriptors *d)
{
	int version = kernel_version(root);
	struct descriptor_walk w = {
		.root = root, .compare = compare, .d = d, .uncounted = version < 600,
		.wants_eventfds = wants_eventfds(s),
	};

	memset(d, 0, sizeof(*d));
	d->pipes.incomplete = version < 506;
	want_files(&w, s);
	file_locks_read(&d->locks, root);
	if (!visit_processes(root, add_tables, &w))
		d->pipes.incomplete = true;
	d->sockets.incomplete |= d->pipes.incomplete;
	d->files.incomplete |= d->pipes.incomplete;
	d->eventfds.incomplete |= d->pipes.incomplete || !w.wants_eventfds ||
				  kernel_may_signal_eventfds(root);
	d->locks.holders.incomplete |= d->pipes.incomplete;
	relations_sort(&d->pipes);
	relations_sort(&d->sockets);
	relations_sort(&d->files);
	relations_sort(&d->eventfds);
	relations_sort(&d->locks.holders);
	free(w.wanted);
}

/**
 * free_descriptors() - free the memory of what find_descriptors() found
 * @d: the descriptors; may be all zero
 */
void free_descriptors(struct descriptors *d)
{
	relations_free(&d->pipes);
	relations_free(&d->sockets);
	relations_free(&d->files);
	relations_free(&d->eventfds);
	free(d->epolls);
	file_locks_free(&d->locks);
}
