// SPDX-License-Identifier: GPL-2.0-only
/*
 * What threads do that wait on no futex: in which system call they sleep, and on what.
 *
 * This is for people: nothing is judged by it.  It is read after the last look, so a thread may
 * have moved on since.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "activity.h"
#include "array.h"
#include "peers.h"
#include "procfs.h"
#include "sockets.h"

/* What the first argument of a call is. */
enum argument {
	ARG_NONE,
	ARG_FD,
	ARG_PID,
};

struct call_name {
	long nr;
	const char *name;
	enum argument first;
};

/* All calls that the C library's headers name: the Makefile lists them. */
static const struct call_name call_list[] = {
#define CALL(name) { SYS_##name, #name },
#include "syscall_names.h"
#undef CALL
};

/* Those in which threads sleep for what their first argument names. */
static const struct call_name sleeping_calls[] = {
	{ SYS_read, "read", ARG_FD },
	{ SYS_readv, "readv", ARG_FD },
	{ SYS_pread64, "pread64", ARG_FD },
	{ SYS_write, "write", ARG_FD },
	{ SYS_writev, "writev", ARG_FD },
	{ SYS_pwrite64, "pwrite64", ARG_FD },
	{ SYS_recvfrom, "recvfrom", ARG_FD },
	{ SYS_recvmsg, "recvmsg", ARG_FD },
	{ SYS_recvmmsg, "recvmmsg", ARG_FD },
	{ SYS_sendto, "sendto", ARG_FD },
	{ SYS_sendmsg, "sendmsg", ARG_FD },
	{ SYS_accept, "accept", ARG_FD },
	{ SYS_accept4, "accept4", ARG_FD },
	{ SYS_connect, "connect", ARG_FD },
#ifdef SYS_epoll_wait
	{ SYS_epoll_wait, "epoll_wait", ARG_FD },
#endif
	{ SYS_epoll_pwait, "epoll_pwait", ARG_FD },
#ifdef SYS_epoll_pwait2
	{ SYS_epoll_pwait2, "epoll_pwait2", ARG_FD },
#endif
	{ SYS_ioctl, "ioctl", ARG_FD },
	{ SYS_fcntl, "fcntl", ARG_FD },
	{ SYS_flock, "flock", ARG_FD },
	{ SYS_fsync, "fsync", ARG_FD },
	{ SYS_fdatasync, "fdatasync", ARG_FD },
	{ SYS_splice, "splice", ARG_FD },
	{ SYS_tee, "tee", ARG_FD },
	{ SYS_vmsplice, "vmsplice", ARG_FD },
	{ SYS_sendfile, "sendfile", ARG_FD },
	{ SYS_getdents64, "getdents64", ARG_FD },
	{ SYS_wait4, "wait4", ARG_PID },
};

static const struct call_name *find_call(const struct call_name *list, size_t nr, long call)
{
	for (size_t i = 0; i < nr; i++) {
		if (list[i].nr == call)
			return &list[i];
	}
	return NULL;
}

/* "/dev/pts/1"; a socket is shown by its addresses. */
static size_t put_target(char *dst, size_t size, const char *root, const struct thread *t, int fd)
{
	char target[PROCFS_LINK_SIZE], addresses[SOCKET_SIZE];

	*dst = '\0';
	if (procfs_link(target, root, "%d/task/%d/fd/%d", t->tgid, t->tid, fd))
		return 0;
	if (describe_socket(addresses, root, t->tgid, target))
		return snprintf(dst, size, "%s", addresses);
	return snprintf(dst, size, "%s", target);
}

/* The members of an epoll set that are shown. */
#define MAX_MEMBERS	2

/* "epoll_wait(3): 5 (unix socket /run/x) and 6 (anon_inode:[eventfd]), and 2 more". */
static bool put_members(char *dst, size_t size, const char *root, const struct thread *t, int fd)
{
	char *info = procfs_read_all(root, "%d/task/%d/fdinfo/%d", t->tgid, t->tid, fd);
	size_t used = 0, nr = 0;

	for (char *line = info; line; line = strchr(line, '\n')) {
		char target[PROCFS_LINK_SIZE];
		int member;

		line += *line == '\n';
		if (sscanf(line, "tfd: %d", &member) != 1)
			continue;
		if (nr++ >= MAX_MEMBERS || used >= size)
			continue;
		put_target(target, sizeof(target), root, t, member);
		used += snprintf(dst + used, size - used, "%s%d (%s)", nr > 1 ? " and " : ": ",
				 member, target);
	}
	if (nr > MAX_MEMBERS && used < size)
		snprintf(dst + used, size - used, ", and %zu more", nr - MAX_MEMBERS);
	free(info);
	return nr;
}

/* What the descriptor of a call is.  @end receives what is at the other end of that. */
static void put_descriptor(char *dst, size_t size, const char *root, const struct thread *t, int fd,
			   struct far_end *end)
{
	char path[64], target[PROCFS_LINK_SIZE];

	if (put_members(dst, size, root, t, fd))
		return;
	if (put_target(target, sizeof(target), root, t, fd))
		snprintf(dst, size, ": %s", target);
	snprintf(path, sizeof(path), "%d/task/%d/fd/%d", t->tgid, t->tid, fd);
	far_end_of(end, root, t->tgid, path);
}

static void put_call(char *dst, size_t size, const char *root, const struct thread *t,
		     const struct syscall *sc, struct far_end *end)
{
	const struct call_name *call = find_call(sleeping_calls, ARRAY_SIZE(sleeping_calls), sc->nr);
	int first = sc->args[0];
	size_t used;

	if (!call)
		call = find_call(call_list, ARRAY_SIZE(call_list), sc->nr);
	if (!call) {
		snprintf(dst, size, "system call %ld", sc->nr);
		return;
	}
	used = snprintf(dst, size, call->first ? "%s(%d)" : "%s", call->name, first);
	if (call->first == ARG_FD)
		put_descriptor(dst + used, size - used, root, t, first, end);
}

/* The kernel's function in which it sleeps, or "". */
static void read_wchan(char dst[64], const char *root, const struct thread *t)
{
	char buf[PROCFS_FILE_SIZE];

	*dst = '\0';
	if (!procfs_read(buf, root, "%d/task/%d/wchan", t->tgid, t->tid) && *buf != '0')
		sscanf(buf, "%63[A-Za-z0-9_]", dst);
}

static const char *sleep_verb(const struct thread *t)
{
	return t->state == STATE_DISK_SLEEP ? "is in state D in " : "sleeps in ";
}

/* In a 32-bit program the numbers mean other calls; its stack is below 4 GiB. */
static bool has_other_numbers(const struct syscall *sc)
{
	return sc->sp && sc->sp <= UINT32_MAX;
}

static void describe(char dst[ACTIVITY_SIZE], const char *root, const struct thread *t,
		     struct far_end *end)
{
	char wchan[64], call[ACTIVITY_SIZE / 2 + PROCFS_LINK_SIZE] = "";
	struct syscall sc;

	*dst = '\0';
	*end = (struct far_end){ 0 };
	if (t->state == STATE_RUNNING || procfs_syscall(&sc, root, t->tgid, t->tid))
		return;
	read_wchan(wchan, root, t);
	if (sc.nr >= 0 && sc.pc && !has_other_numbers(&sc))
		put_call(call, sizeof(call), root, t, &sc, end);
	else if (!*wchan)
		return;
	else
		snprintf(call, sizeof(call), "the kernel's %s", wchan);
	snprintf(dst, ACTIVITY_SIZE, "%s%s%s%s", sleep_verb(t), call,
		 t->state == STATE_DISK_SLEEP && *wchan && sc.nr >= 0 ? ", in the kernel's " : "",
		 t->state == STATE_DISK_SLEEP && sc.nr >= 0 ? wchan : "");
}

/**
 * describe_thread() - find out what a thread of this host does
 * @dst: receives the text: a clause without its subject, not escaped
 * @root: where proc is mounted
 * @tid: the thread
 *
 * Return: whether that is known.
 */
bool describe_thread(char dst[ACTIVITY_SIZE], const char *root, pid_t tid)
{
	struct thread t = { .tid = tid, .tgid = procfs_tgid(root, tid) };
	char status[PROCFS_FILE_SIZE];
	struct far_end end;
	size_t used;

	if (procfs_read(status, root, "%d/status", tid))
		return false;
	t.state = status_letter(status, "\nState:\t");
	describe(dst, root, &t, &end);
	find_far_ends(root, &end, 1);
	used = strlen(dst);
	put_far_end(dst + used, ACTIVITY_SIZE - used, root, &end);
	if (t.state == STATE_RUNNING)
		snprintf(dst, ACTIVITY_SIZE, "runs, or is ready to run");
	return *dst;
}

/**
 * find_activities() - find out what some threads do
 * @root: where proc is mounted
 * @s: the snapshot, whose thread.activity is set where that is known
 * @threads: indices of the threads, which are on this host
 * @nr: how many
 */
void find_activities(const char *root, struct snapshot *s, const int *threads, size_t nr)
{
	char (*texts)[ACTIVITY_SIZE] = xcalloc(nr, sizeof(*texts));
	struct far_end *ends = xcalloc(nr, sizeof(*ends));

	for (size_t i = 0; i < nr; i++)
		describe(texts[i], root, &s->threads[threads[i]], &ends[i]);
	find_far_ends(root, ends, nr);
	for (size_t i = 0; i < nr; i++) {
		size_t used = strlen(texts[i]);

		put_far_end(texts[i] + used, ACTIVITY_SIZE - used, root, &ends[i]);
		if (*texts[i])
			s->threads[threads[i]].activity =
				snapshot_keep_escaped(s, texts[i], strlen(texts[i]));
	}
	free(texts);
	free(ends);
}
