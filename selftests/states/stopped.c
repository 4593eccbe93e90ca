// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiters that were stopped, traced or frozen as they waited.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "states.h"

/*
 * A child that waits is stopped by @stop, and then has the given @state, if that
 * is the same on all kernels. What is true of it is as before, but for the queue.
 */
static void stop_child(void (*stop)(pid_t child), char state, const char *queued)
{
	struct call call = { .uaddr = word, .op = FUTEX_WAIT_PRIVATE, .val = 80 };
	struct truth truth = private_wait(word, 80);
	pid_t child;

	truth.queued = queued;
	*word = 80;
	child = start_waiting_child(&call);
	stop(child);
	while (state && thread_state(child, child) != state)
		sched_yield();
	truth.tgid = child;
	truth.tid = child;
	print_waiter(&truth);
	print_process(child, getpid(), false, 1);
}

static void stop_by_signal(pid_t child)
{
	if (kill(child, SIGSTOP))
		die("kill");
	while (thread_state(child, child) != 'T')
		sched_yield();
}

static void stop_by_tracer(pid_t child)
{
	if (ptrace(PTRACE_SEIZE, child, 0, 0) || ptrace(PTRACE_INTERRUPT, child, 0, 0))
		die("ptrace");
	if (waitpid(child, NULL, 0) != child)
		die("waitpid");
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	if (!file || fputs(text, file) < 0 || fclose(file))
		die("cannot write %s", path);
}

/* Make a new cgroup in a hierarchy mounted at @mount, and put @child into it. */
static void enter_cgroup(char *path, size_t size, const char *mount_point, pid_t child)
{
	char file[256], text[16];

	snprintf(path, size, "%s/mkwaiters-%d", mount_point, child);
	if (mkdir(path, 0755))
		die("cannot make the cgroup %s", path);
	snprintf(file, sizeof(file), "%s/cgroup.procs", path);
	snprintf(text, sizeof(text), "%d", child);
	write_file(file, text);
}

/* Wait until a line of a file is there. */
static void wait_for_line(const char *path, const char *line)
{
	char buf[256];
	bool found = false;
	FILE *file;

	while (!found) {
		file = fopen(path, "re");
		if (!file)
			die("cannot read %s", path);
		while (fgets(buf, sizeof(buf), file))
			found |= strcmp(buf, line) == 0;
		fclose(file);
		sched_yield();
	}
}

static void freeze_v2(pid_t child)
{
	char cgroup[128], file[256];

	enter_cgroup(cgroup, sizeof(cgroup), "/sys/fs/cgroup", child);
	snprintf(file, sizeof(file), "%s/cgroup.freeze", cgroup);
	write_file(file, "1");
	snprintf(file, sizeof(file), "%s/cgroup.events", cgroup);
	wait_for_line(file, "frozen 1\n");
}

static char freezer_state[256];

/* Not even SIGKILL ends a process in a frozen v1 cgroup. */
static void thaw_v1(void)
{
	write_file(freezer_state, "THAWED");
}

static void freeze_v1(pid_t child)
{
	char cgroup[128];

	mkdir("/tmp/freezer", 0755);
	if (mount("freezer", "/tmp/freezer", "cgroup", 0, "freezer") && errno != EBUSY)
		skip("there is no cgroup v1 freezer");
	enter_cgroup(cgroup, sizeof(cgroup), "/tmp/freezer", child);
	snprintf(freezer_state, sizeof(freezer_state), "%s/freezer.state", cgroup);
	write_file(freezer_state, "FROZEN");
	wait_for_line(freezer_state, "FROZEN\n");
	atexit(thaw_v1);
}

static void stopped(void)
{
	stop_child(stop_by_signal, 'T', "stopped");
}

/* More than are visited in one batch, each in an address space of its own. */
static void stopped_many(void)
{
	struct call call = { .uaddr = word, .op = FUTEX_WAIT_PRIVATE, .val = 81 };
	int i;

	*word = 81;
	for (i = 0; i < 300; i++) {
		pid_t child = start_waiting_child(&call);

		stop_by_signal(child);
		printf("stopped tid=%d\n", child);
	}
}

static void traced(void)
{
	stop_child(stop_by_tracer, 't', "traced");
}

static void frozen_v2(void)
{
	stop_child(freeze_v2, 'S', "frozen");
}

/* It stays in the queue. */
static void frozen_v1(void)
{
	stop_child(freeze_v1, 0, NULL);
}

/* A stop and a continue: a wait with a timeout goes on by restart_syscall(2). */
static void stop_and_continue(pid_t child)
{
	stop_by_signal(child);
	if (kill(child, SIGCONT))
		die("kill");
}

static void restarted(void)
{
	struct call call = {
		.uaddr = word, .op = FUTEX_WAIT_PRIVATE, .val = 90, .timeout = &one_hour,
	};
	struct truth truth = private_wait(word, 90);
	pid_t child;

	truth.nr = SYS_restart_syscall;
	truth.syscall = "restart_syscall";
	truth.timeout = "absolute";
	truth.restarted = true;
	*word = 90;
	child = start_waiting_child(&call);
	stop_and_continue(child);
	truth.tgid = child;
	truth.tid = child;
	print_waiter(&truth);
	print_process(child, getpid(), false, 1);
}

const struct state stopped_states[] = {
	STATE(stopped, "stopped by SIGSTOP", .in_memory = true),
	STATE(stopped_many, "300 stopped processes", .apart = true),
	STATE(traced, "stopped by a tracer"),
	STATE(frozen_v2, "frozen by cgroup v2", .needs = "root", .freezer = "v2"),
	STATE(frozen_v1, "frozen by cgroup v1", .needs = "root", .freezer = "v1"),
	STATE(restarted, "stopped and continued: the call goes on by restart_syscall(2)"),
	{}
};
