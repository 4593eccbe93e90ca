// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes that share their memory.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "states.h"

static char child_stack[65536] __attribute__((aligned(16)));

static int pause_forever(void *arg)
{
	(void)arg;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (pause() == -1)
		;
	return 0;
}

/* Another process with the same memory: its threads may wake the waiter. */
static void clone_vm(void)
{
	struct call call = { .uaddr = word, .op = FUTEX_WAIT_PRIVATE, .val = 97 };
	pid_t child = clone(pause_forever, child_stack + sizeof(child_stack),
			    CLONE_VM | SIGCHLD, NULL);

	if (child < 0)
		die("clone");
	*word = 97;
	print_process(child, getpid(), false, 3);
	block_in_call(&call, "FUTEX_WAIT", "PRIVATE", "private", ANY, "none");
}

/* A child of vfork(2) waits; its parent cannot run before it is gone. */
static int wait_in_vfork(void *arg)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	make_call(arg);
	return 0;
}

static void vfork_and_wait(void *arg)
{
	clone(wait_in_vfork, child_stack + sizeof(child_stack),
	      CLONE_VM | CLONE_VFORK | SIGCHLD, arg);
	die("a child of vfork ended");
}

/* The child of a thread, from /proc. */
static pid_t wait_for_child(pid_t tid)
{
	char buf[64];

	while (!read_proc(getpid(), tid, "children", buf, sizeof(buf)))
		sched_yield();
	return atoi(buf);
}

static void vfork_child(void)
{
	static struct call call = { .op = FUTEX_WAIT_PRIVATE, .val = 98 };
	struct truth truth = private_wait(word, 98);

	call.uaddr = word;
	*word = 98;
	truth.tgid = wait_for_child(start_thread(vfork_and_wait, &call));
	truth.tid = truth.tgid;
	print_waiter(&truth);
	print_process(truth.tgid, getpid(), false, 3);
	print_process(getpid(), getppid(), true, 3);
}

const struct state process_states[] = {
	STATE(clone_vm, "a process whose memory another one has, too"),
	STATE(vfork_child, "a child of vfork(2)"),
	{}
};
