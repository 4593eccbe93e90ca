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

/* "read(0): /dev/pts/1"; a socket is shown by its addresses. */
static void put_descriptor(char *dst, size_t size, const char *root, const struct thread *t, int fd)
{
	char target[PROCFS_LINK_SIZE], addresses[SOCKET_SIZE];

	if (procfs_link(target, root, "%d/task/%d/fd/%d", t->tgid, t->tid, fd))
		return;
	if (describe_socket(addresses, root, t->tgid, target))
		snprintf(dst, size, ": %s", addresses);
	else
		snprintf(dst, size, ": %s", target);
}

static void put_call(char *dst, size_t size, const char *root, const struct thread *t,
		     const struct syscall *sc)
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
		put_descriptor(dst + used, size - used, root, t, first);
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

static void describe(char dst[ACTIVITY_SIZE], const char *root, const struct thread *t)
{
	char wchan[64], call[ACTIVITY_SIZE / 2 + PROCFS_LINK_SIZE] = "";
	struct syscall sc;

	*dst = '\0';
	if (t->state == STATE_RUNNING || procfs_syscall(&sc, root, t->tgid, t->tid))
		return;
	read_wchan(wchan, root, t);
	if (sc.nr >= 0 && sc.pc && !has_other_numbers(&sc))
		put_call(call, sizeof(call), root, t, &sc);
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

	if (procfs_read(status, root, "%d/status", tid))
		return false;
	t.state = status_letter(status, "\nState:\t");
	describe(dst, root, &t);
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
	char text[ACTIVITY_SIZE];

	for (size_t i = 0; i < nr; i++) {
		struct thread *t = &s->threads[threads[i]];

		describe(text, root, t);
		if (*text)
			t->activity = snapshot_keep_escaped(s, text, strlen(text));
	}
}
