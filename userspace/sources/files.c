// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a descriptor is, for people: a path, the addresses of a socket, when a timer fires, the
 * members of an epoll set.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "files.h"
#include "helper.h"
#include "procfs.h"
#include "signals.h"
#include "sockets.h"
#include "text.h"

#define WHICH	", which "

/* What keeps a thread from running, as a relative clause; or NULL, if nothing is known to. */
static const char *hindrance_clause(enum task_state state)
{
	switch (state) {
	case STATE_STOPPED:
		return WHICH "is stopped";
	case STATE_TRACED:
		return WHICH "is stopped by its tracer";
	case STATE_ZOMBIE:
		return WHICH "has ended";
	default:
		return NULL;
	}
}

/**
 * hindrance() - what keeps a thread from running, for people
 * @state: its state
 *
 * Return: a clause without its subject, or NULL if nothing is known to.
 */
const char *hindrance(enum task_state state)
{
	const char *clause = hindrance_clause(state);

	return clause ? clause + strlen(WHICH) : NULL;
}

/**
 * process_hindrance() - what keeps a process from running, for people
 * @root: where proc is mounted
 * @pid: the process
 *
 * Return: a relative clause, or "" if nothing is known to.
 */
const char *process_hindrance(const char *root, pid_t pid)
{
	char status[PROCFS_FILE_SIZE];

	if (procfs_read(status, root, "%d/status", pid))
		return "";
	return hindrance_clause(status_letter(status, "State")) ?: "";
}

/**
 * put_process() - write which process an id is of: "process 7 (server)", and if it cannot run
 * @dst: receives it, not escaped
 * @size: room there, in bytes
 * @root: where proc is mounted
 * @pid: the process
 *
 * Return: as snprintf(3).
 */
size_t put_process(char *dst, size_t size, const char *root, pid_t pid)
{
	char comm[PROCFS_FILE_SIZE];

	if (procfs_read(comm, root, "%d/comm", pid))
		return snprintf(dst, size, "process %d, which is gone", pid);
	comm[strcspn(comm, "\n")] = '\0';
	return snprintf(dst, size, "process %d (%.15s)%s", pid, comm, process_hindrance(root, pid));
}

/*
 * Files without a name, by what their fdinfo says: proc_pid_fdinfo(5)
 */

static bool put_eventfd(char *dst, size_t size, const char *root, const char *info)
{
	const char *line = strstr(info, "eventfd-count:");
	unsigned long long count;

	(void)root;
	if (!line || sscanf(line, "eventfd-count: %llx", &count) != 1)
		return false;
	snprintf(dst, size, "eventfd with count %llu", count);
	return true;
}

static bool put_timerfd(char *dst, size_t size, const char *root, const char *info)
{
	const char *line = strstr(info, "it_value:");
	unsigned long long s, ns;
	char in[DURATION_SIZE];

	(void)root;
	if (!line || sscanf(line, "it_value: (%llu, %llu)", &s, &ns) != 2)
		return false;
	if (s || ns)
		snprintf(dst, size, "timerfd that fires in %s",
			 format_duration(in, s * 1000000000 + ns));
	else
		snprintf(dst, size, "timerfd that is not armed");
	return true;
}

static bool put_signalfd(char *dst, size_t size, const char *root, const char *info)
{
	const char *line = strstr(info, "sigmask:");
	unsigned long long mask;
	size_t used;

	(void)root;
	if (!line || sscanf(line, "sigmask: %llx", &mask) != 1)
		return false;
	used = snprintf(dst, size, "signalfd for signal");
	for (int signal = 1, nr = 0; signal <= MAX_SIGNAL && used < size; signal++) {
		if (mask & 1ULL << (signal - 1))
			used += snprintf(dst + used, size - used, "%s %d", nr++ ? "," : "", signal);
	}
	return true;
}

static bool put_inotify(char *dst, size_t size, const char *root, const char *info)
{
	size_t nr = 0;

	(void)root;
	for (const char *line = info; (line = strstr(line, "inotify wd:")); line++)
		nr++;
	snprintf(dst, size, "inotify of %zu %s", nr, nr == 1 ? "file" : "files");
	return true;
}

static bool put_pidfd(char *dst, size_t size, const char *root, const char *info)
{
	const char *line = strstr(info, "\nPid:");
	size_t used;
	int pid;

	if (!line || sscanf(line, "\nPid: %d", &pid) != 1)
		return false;
	used = snprintf(dst, size, "pidfd of ");
	if (pid > 0)
		put_process(dst + used, size - used, root, pid);
	else
		snprintf(dst + used, size - used, "a process that is gone, or not visible here");
	return true;
}

static const struct {
	const char *target;
	bool (*put)(char *dst, size_t size, const char *root, const char *info);
} nameless[] = {
	{ "anon_inode:[eventfd]", put_eventfd },
	{ "anon_inode:[timerfd]", put_timerfd },
	{ "anon_inode:[signalfd]", put_signalfd },
	{ "anon_inode:inotify", put_inotify },
	{ "anon_inode:[pidfd]", put_pidfd },
	{ "pidfd:", put_pidfd },
};

static bool put_nameless(char *dst, size_t size, const char *root, const char *target,
			 const char *info)
{
	for (size_t i = 0; i < ARRAY_SIZE(nameless); i++) {
		if (!strncmp(target, nameless[i].target, strlen(nameless[i].target)))
			return nameless[i].put(dst, size, root, info);
	}
	return false;
}

/* A descriptor of an epoll set. */
struct set_fd {
	const char *root;
	pid_t pid;
	pid_t tid;
	int fd;
};

/* The first ones in it, whose files may be closed since, and how many it has. */
struct set_members {
	size_t nr;
	int fds[MAX_MEMBERS];
};

/* As find_fn. */
static void find_members(const void *arg, void *answer)
{
	const struct set_fd *set = arg;
	struct set_members *members = answer;
	char *info = procfs_read_all(set->root, "%d/task/%d/fdinfo/%d", set->pid, set->tid, set->fd);

	for (const char *line = info; line && (line = strstr(line, "tfd:")); line++) {
		int fd;

		if (sscanf(line, "tfd: %d", &fd) != 1)
			continue;
		if (members->nr < MAX_MEMBERS)
			members->fds[members->nr] = fd;
		members->nr++;
	}
	free(info);
}

static bool is_epoll(const char *target)
{
	return !strcmp(target, "anon_inode:[eventpoll]");
}

/*
 * The kernel reads the set under its mutex (ep_show_fdinfo()).  A thread that has that may wait
 * for a page of its own process, where epoll_wait(2) is to write.
 */
static bool read_members(struct set_members *members, const struct set_fd *set)
{
	*members = (struct set_members){ 0 };
	return helper_ask(find_members, set, members, sizeof(*members), -1) && members->nr;
}

static void put_target(char *dst, size_t size, const char *root, pid_t pid, const char *target,
		       const char *info)
{
	char addresses[SOCKET_SIZE];

	if (describe_socket(addresses, root, pid, target))
		snprintf(dst, size, "%s", addresses);
	else if (!info || !put_nameless(dst, size, root, target, info))
		snprintf(dst, size, "%s", target);
}

/* The members of a set are no sets here: those may contain each other. */
static void put_member(char *dst, size_t size, const char *root, pid_t pid, pid_t tid, int fd)
{
	char target[PROCFS_LINK_SIZE], *info;

	*dst = '\0';
	if (procfs_link(target, root, "%d/task/%d/fd/%d", pid, tid, fd))
		return;
	info = is_epoll(target) ? NULL : procfs_read_all(root, "%d/task/%d/fdinfo/%d", pid, tid, fd);
	put_target(dst, size, root, pid, target, info);
	free(info);
}

/**
 * put_files() - write what some descriptors are: "5 (/dev/tty) and 6 (/dev/null), and 2 more"
 * @dst: receives it, not escaped
 * @size: room there, in bytes
 * @root: where proc is mounted
 * @pid: the process
 * @tid: the thread whose descriptors they are
 * @fds: the descriptors, of which the first MAX_MEMBERS are shown
 * @nr: how many
 */
void put_files(char *dst, size_t size, const char *root, pid_t pid, pid_t tid, const int *fds,
	       size_t nr)
{
	size_t used = 0;

	*dst = '\0';
	for (size_t i = 0; i < nr && i < MAX_MEMBERS && used < size; i++) {
		char member[PROCFS_LINK_SIZE + SOCKET_SIZE];

		put_member(member, sizeof(member), root, pid, tid, fds[i]);
		used += snprintf(dst + used, size - used, *member ? "%s%d (%s)" : "%s%d",
				 i ? " and " : "", fds[i], member);
	}
	if (nr > MAX_MEMBERS && used < size)
		snprintf(dst + used, size - used, ", and %zu more", nr - MAX_MEMBERS);
}

/**
 * put_file() - write what a descriptor is
 * @dst: receives it, not escaped; empty if it is not known
 * @size: room there, in bytes
 * @root: where proc is mounted
 * @pid: the process
 * @tid: the thread whose descriptor it is
 * @fd: the descriptor
 */
void put_file(char *dst, size_t size, const char *root, pid_t pid, pid_t tid, int fd)
{
	const struct set_fd set = { .root = root, .pid = pid, .tid = tid, .fd = fd };
	char target[PROCFS_LINK_SIZE];
	struct set_members members;

	if (!procfs_link(target, root, "%d/task/%d/fd/%d", pid, tid, fd) && is_epoll(target) &&
	    read_members(&members, &set))
		put_files(dst, size, root, pid, tid, members.fds, members.nr);
	else
		put_member(dst, size, root, pid, tid, fd);
}
