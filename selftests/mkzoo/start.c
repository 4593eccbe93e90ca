// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starts the cases, and brings all their threads in place.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "zoo.h"

static struct timespec deadline;

void set_deadline(void)
{
	clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_sec += DEADLINE_S;
}

bool is_late(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > deadline.tv_sec;
}

/* Between two looks at a state that is waited for. */
static void look_again(const struct zoo_case *c, int t, const char *what)
{
	if (is_late()) {
		errno = ETIMEDOUT;
		die("case %u: thread %d is not %s", c->nr, t, what);
	}
	nap(MS / 5);
}

char state_of(const struct zoo_case *c, int t)
{
	return thread_state(c->control->threads[t].tgid, c->control->threads[t].tid);
}

static long call_of(const struct plan *p, int t)
{
	if (waits_on_futex(p, t))
		return SYS_futex;
	if (p->threads[t].wait == ON_CHILD)
		return SYS_waitid;
	return p->threads[t].wait == ON_OBJECT ? SYS_read : -1;
}

/* Whether a thread is in the call that it is to wait in; of a gate any call will do. */
bool is_in_place(const struct zoo_case *c, int t)
{
	long nr = call_of(&c->plan, t);
	long got;

	if (c->control->threads[t].stage < ABOUT)
		return false;
	if (c->plan.threads[t].wait == GONE)
		return strchr("XZ", state_of(c, t));
	if (c->plan.threads[t].timed)
		return true;
	got = blocked_in(c->control->threads[t].tgid, c->control->threads[t].tid);
	return nr < 0 ? got >= 0 : got == nr;
}

static void make_gates(const struct zoo_case *c)
{
	struct gates *g = &c->control->gates;
	struct epoll_event event = { .events = EPOLLIN };

	c->control->zoo = getpid();
	c->control->sysv = -1;
	g->event = eventfd(0, EFD_SEMAPHORE);
	g->poll = eventfd(0, 0);
	g->epoll = epoll_create1(0);
	if (g->event < 0 || g->poll < 0 || pipe(g->pipe) ||
	    epoll_ctl(g->epoll, EPOLL_CTL_ADD, g->poll, &event) ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, g->socket))
		die("case %u: cannot make its gates", c->nr);
}

struct control *map_control(int fd)
{
	void *mem = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (mem == MAP_FAILED)
		die("mmap");
	return mem;
}

static void __attribute__((noreturn)) exec_case(const struct zoo_case *c, int fd)
{
	char nr[16], fd_text[16];
	char *args[] = { "mkzoo", seed_text, nr, "1", fd_text, NULL };

	snprintf(nr, sizeof(nr), "%u", c->nr);
	snprintf(fd_text, sizeof(fd_text), "%d", fd);
	execv("/proc/self/exe", args);
	die("execve");
}

static void start_case(struct zoo_case *c)
{
	int fd = memfd_create("control", 0);
	pid_t parent = getpid(), pid;

	if (fd < 0 || ftruncate(fd, sizeof(*c->control)))
		die("memfd_create");
	c->control = map_control(fd);
	make_gates(c);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent || setsid() < 0)
			_exit(1);
		if (c->plan.execs)
			exec_case(c, fd);
		run_case(c);
	}
	close(fd);
	c->pid = pid;
	while (getsid(pid) != pid)
		look_again(c, 0, "in its session");
}

static void start_turn(const struct zoo_case *c, unsigned int turn)
{
	for (unsigned int t = 0; t < c->plan.nr_threads; t++) {
		if (c->plan.threads[t].turn != turn)
			continue;
		c->control->threads[t].turn = 1;
		futex(&c->control->threads[t].turn, FUTEX_WAKE, 1, NULL, NULL, 0);
	}
}

static void finish_turn(const struct zoo_case *c, unsigned int turn)
{
	for (unsigned int t = 0; t < c->plan.nr_threads; t++) {
		while (c->plan.threads[t].turn == turn && !is_in_place(c, t))
			look_again(c, t, "in place");
	}
}

static void wait_until_ready(const struct zoo_case *c)
{
	for (unsigned int t = 0; t < c->plan.nr_threads; t++) {
		while (c->control->threads[t].stage < READY)
			look_again(c, t, "ready");
	}
}

static void stop(const struct zoo_case *c, int t)
{
	pid_t tid = c->control->threads[t].tid;

	if (c->plan.threads[t].traced) {
		if (ptrace(PTRACE_SEIZE, tid, 0, 0) || ptrace(PTRACE_INTERRUPT, tid, 0, 0) ||
		    waitpid(tid, NULL, __WALL) != tid)
			die("case %u: cannot trace thread %d", c->nr, t);
	} else if (kill(c->control->threads[t].tgid, SIGSTOP)) {
		die("case %u: cannot stop thread %d", c->nr, t);
	}
}

static void stop_some(const struct zoo_case *c)
{
	mask stopped = c->plan.stopped & ~gone_threads(&c->plan);

	for (unsigned int t = 0; t < c->plan.nr_threads; t++) {
		if (stopped & bit(t))
			stop(c, t);
	}
	for (unsigned int t = 0; t < c->plan.nr_threads; t++) {
		while (stopped & bit(t) && !strchr("Tt", state_of(c, t)))
			look_again(c, t, "stopped");
	}
}

void send_signal(const struct zoo_case *c, int t, int sig)
{
	syscall(SYS_tgkill, c->control->threads[t].tgid, c->control->threads[t].tid, sig);
}

/* A timer that has fired meanwhile takes them out of their waits at once. */
static void fire_for_stopped(const struct zoo_case *c)
{
	for (unsigned int t = 0; t < c->plan.nr_threads; t++) {
		int proc = c->plan.threads[t].proc;

		if (c->plan.stopped & bit(t) && wakes_itself(&c->plan, proc))
			send_signal(c, t, signal_of_timer(c->plan.procs[proc].timer));
	}
}

void continue_some(const struct zoo_case *c)
{
	fire_for_stopped(c);
	for (unsigned int t = 0; t < c->plan.nr_threads; t++) {
		if (c->plan.threads[t].traced)
			ptrace(PTRACE_DETACH, c->control->threads[t].tid, 0, 0);
		else if (c->plan.stopped & bit(t))
			kill(c->control->threads[t].tgid, SIGCONT);
	}
}

void start_all(void)
{
	for (unsigned int i = 0; i < nr_cases; i++)
		start_case(&cases[i]);
	for (unsigned int i = 0; i < nr_cases; i++)
		wait_until_ready(&cases[i]);
	for (unsigned int turn = 0; turn < MAX_THREADS; turn++) {
		for (unsigned int i = 0; i < nr_cases; i++)
			start_turn(&cases[i], turn);
		for (unsigned int i = 0; i < nr_cases; i++)
			finish_turn(&cases[i], turn);
	}
	for (unsigned int i = 0; i < nr_cases; i++)
		stop_some(&cases[i]);
}
