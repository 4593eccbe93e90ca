// SPDX-License-Identifier: GPL-2.0-only
/*
 * The processes and threads of a case.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "zoo.h"

const struct zoo_case *me;
const struct plan *plan;
struct control *control;

static pthread_t handles[MAX_THREADS];

/* Only what is said by epoll_wait(2) matters: the eventfd is never read, and so stays readable. */
static void wait_epoll(int fd)
{
	struct epoll_event event;

	while (epoll_wait(fd, &event, 1, -1) < 0) {
		if (errno != EINTR)
			die("epoll_wait");
	}
}

static void wait_at_gate(enum gate gate)
{
	struct pollfd event = { .fd = control->gates.poll, .events = POLLIN };
	uint64_t val;
	sigset_t set;
	int sig;

	switch (gate) {
	case GATE_PIPE:
		wait_read(control->gates.pipe[0], false);
		break;
	case GATE_SOCKET:
		wait_read(control->gates.socket[0], false);
		break;
	case GATE_EVENTFD:
		while (read(control->gates.event, &val, sizeof(val)) < 0 && errno == EINTR)
			;
		break;
	case GATE_POLL:
		while (poll(&event, 1, -1) < 0 && errno == EINTR)
			;
		break;
	case GATE_EPOLL:
		wait_epoll(control->gates.epoll);
		break;
	case GATE_PAUSE:
		while (!control->open)
			pause();
		break;
	case GATE_SIGNAL:
		sigemptyset(&set);
		sigaddset(&set, SIGUSR1);
		sigwait(&set, &sig);
		break;
	case GATE_CALLBACK:
		start_callback();
		wait_until_told();
		break;
	default:
		while (!control->open)
			nap(10 * MS);
	}
}

/* Any of them, which others may wait for as well. */
static void wait_for_child(void)
{
	siginfo_t info;

	while (waitid(P_ALL, 0, &info, WEXITED | WNOWAIT)) {
		if (errno != EINTR)
			die("waitid");
	}
}

static void do_wait(const struct thread *thread)
{
	switch (thread->wait) {
	case AT_GATE:
		wait_at_gate(thread->on);
		break;
	case ON_OBJECT:
		wait_on_object(thread);
		break;
	case ON_JOIN:
		while (thread->timed && !control->open) {
			struct timespec until = soon();

			if (!pthread_timedjoin_np(handles[thread->on], NULL, &until))
				return;
		}
		if (!thread->timed)
			check(pthread_join(handles[thread->on], NULL), "pthread_join");
		break;
	case ON_CHILD:
		wait_for_child();
		break;
	case TOLD:
		wait_until_told();
		break;
	case GONE:
		break;
	}
}

static void be_ready(int t)
{
	control->threads[t].tid = own_tid();
	control->threads[t].tgid = getpid();
	own_thread = t;
	take_held(t);
	if (t == keeper_of(plan, plan->threads[t].proc))
		arm_timer(plan->threads[t].proc);
	control->threads[t].stage = READY;
}

/* A signal may take it out of its wait. */
static void wait_in_place(int t)
{
	if (sigsetjmp(out_of_wait, 1)) {
		control->threads[t].stage = OUT;
		leave_wait(&plan->threads[t]);
		while (!control->open)
			nap(10 * MS);
		return;
	}
	control->threads[t].stage = ABOUT;
	do_wait(&plan->threads[t]);
}

static void go(int t)
{
	uint32_t *turn = &control->threads[t].turn;

	while (!*(volatile uint32_t *)turn)
		futex(turn, FUTEX_WAIT, 0, NULL, NULL, 0);
	replace_ends(t);
	if (plan->threads[t].wait == GONE) {
		control->threads[t].stage = ABOUT;
		return;
	}
	wait_in_place(t);
	control->threads[t].stage = WENT;
	let_others_go_on(t);
	control->threads[t].stage = DONE;
}

static void *run_thread(void *arg)
{
	be_ready((long)arg);
	go((long)arg);
	return NULL;
}

static void start_others(int proc, int first)
{
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	for (long t = first + 1; t < (long)plan->nr_threads; t++) {
		if (plan->threads[t].proc == proc)
			check(pthread_create(&handles[t], &attr, run_thread, (void *)t),
			      "pthread_create");
	}
}

static void wait_for_stage(mask threads, enum stage stage)
{
	for (unsigned int t = 0; t < plan->nr_threads; t++) {
		while (threads & bit(t) && control->threads[t].stage < (int)stage)
			nap(MS / 5);
	}
}

static void __attribute__((noreturn)) run_process(int proc);

static void wait_for_end(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0) {
		if (errno != EINTR)
			die("waitpid");
	}
}

/* The parent of a daemon ends, so this program inherits it. */
static void __attribute__((noreturn)) run_as_child(int proc)
{
	if (plan->procs[proc].daemon) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid)
			_exit(0);
	}
	run_process(proc);
}

/* Once all locks are held: a child has copies of those that are not shared. */
static void fork_children(void)
{
	wait_for_stage(threads_of(plan, 0), READY);
	for (unsigned int proc = 1; proc < plan->nr_procs; proc++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid)
			run_as_child(proc);
		if (plan->procs[proc].daemon)
			wait_for_end(pid);
	}
	leave_objects(0);
}

static void __attribute__((noreturn)) run_process(int proc)
{
	int first = first_of(threads_of(plan, proc));

	handles[first] = pthread_self();
	handle_signals(proc);
	if (proc)
		leave_objects(proc);
	be_ready(first);
	start_others(proc, first);
	if (!proc)
		fork_children();
	go(first);
	pthread_exit(NULL);
}

void __attribute__((noreturn)) run_case(const struct zoo_case *c)
{
	sigset_t set;

	me = c;
	plan = &c->plan;
	control = c->control;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	init_objects();
	run_process(0);
}
