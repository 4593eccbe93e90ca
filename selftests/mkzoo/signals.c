// SPDX-License-Identifier: GPL-2.0-only
/*
 * The timers of the processes of a case, and what they do about signals.
 *
 * A handler may do anything to the threads of its process.  So that of a timer takes all of
 * them out of their waits, and who is out does all that it could.  The others do that by way
 * of a thread that waits for them, or, if they end a call, by EINTR.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "zoo.h"

#define PERIOD_S	3		/* of timers that fire */
#define LONG_S		3600		/* until others would */

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id	_sigev_un._tid
#endif

__thread int own_thread = -1;
__thread sigjmp_buf out_of_wait;

static sem_t told;

int signal_of_timer(enum timer timer)
{
	switch (timer) {
	case TIMER_ITIMER:
	case TIMER_ENDS:
		return SIGALRM;
	case TIMER_CPU:
		return SIGPROF;
	case TIMER_BLOCKED:
	case TIMER_IGNORED:
		return DULL_SIGNAL;
	default:
		return TIMER_SIGNAL;
	}
}

static void tell(void)
{
	for (unsigned int t = 0; t < plan->nr_threads; t++)
		sem_post(&told);
}

void wait_until_told(void)
{
	while (sem_wait(&told)) {
		if (errno != EINTR)
			die("sem_wait");
	}
}

/*
 * Handlers
 */

static void no_op(int sig __attribute__((unused)))
{
}

static void pass_on(int sig, mask threads)
{
	for (unsigned int t = 0; t < plan->nr_threads; t++) {
		if (threads & bit(t) && (int)t != own_thread && control->threads[t].stage == ABOUT)
			syscall(SYS_tgkill, getpid(), control->threads[t].tid, sig);
	}
}

static void come_out(int sig, siginfo_t *info, void *context __attribute__((unused)))
{
	int error = errno;

	if (!control->fire)
		return;
	if (info->si_code != SI_TKILL)
		pass_on(sig, plan->all & ~gone_threads(plan));
	if (own_thread >= 0 && control->threads[own_thread].stage == ABOUT)
		siglongjmp(out_of_wait, 1);
	errno = error;
}

static mask who_reads(void)
{
	mask m = 0;

	for (unsigned int t = 0; t < plan->nr_threads; t++) {
		const struct thread *thread = &plan->threads[t];

		if (thread->wait == ON_OBJECT && has_ends(&plan->objs[thread->on]))
			m |= bit(t);
	}
	return m;
}

/* A call that the signal interrupts ends with EINTR, also in the other threads. */
static void hear(int sig, siginfo_t *info, void *context __attribute__((unused)))
{
	int error = errno;

	if (control->open && info->si_code != SI_TKILL) {
		tell();
		pass_on(sig, who_reads());
	}
	errno = error;
}

static void handle(int sig, void (*handler)(int sig, siginfo_t *info, void *context), int flags)
{
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags };

	if (sigaction(sig, &action, NULL))
		die("sigaction");
}

/* What a child of fork(2) has of its parent. */
static void forget_signals(void)
{
	const int signals[] = {
		SIGALRM, SIGPROF, SIGCHLD, DULL_SIGNAL, TIMER_SIGNAL, PAUSE_SIGNAL,
	};
	sigset_t set;

	for (unsigned int i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		signal(signals[i], SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, DULL_SIGNAL);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void handle_timer(enum timer timer)
{
	int sig = signal_of_timer(timer);
	sigset_t set;

	switch (timer) {
	case TIMER_ITIMER:
	case TIMER_POSIX:
	case TIMER_DIRECTED:
		handle(sig, come_out, SA_RESTART);
		break;
	case TIMER_CPU:
		signal(sig, no_op);
		break;
	case TIMER_BLOCKED:
		sigemptyset(&set);
		sigaddset(&set, sig);
		sigprocmask(SIG_BLOCK, &set, NULL);
		break;
	case TIMER_IGNORED:
		signal(sig, SIG_IGN);
		break;
	default:
		break;
	}
}

/* Before a process has other threads. */
void handle_signals(int proc)
{
	forget_signals();
	sem_init(&told, 0, 0);
	handle_timer(plan->procs[proc].timer);
	if (handles_pause_signal(plan, proc))
		signal(PAUSE_SIGNAL, no_op);
	if (plan->procs[proc].gets_sigchld)
		handle(SIGCHLD, hear, SA_NOCLDSTOP);
	if (plan->takes_orders)
		handle(SIGTERM, hear, 0);
}

/*
 * Timers
 */

static void set_itimer(int which, time_t value, time_t interval)
{
	struct itimerval time = { .it_value.tv_sec = value, .it_interval.tv_sec = interval };

	if (setitimer(which, &time, NULL))
		die("setitimer");
}

static void set_timer(struct sigevent *event, time_t period)
{
	struct itimerspec time = { .it_value.tv_sec = period, .it_interval.tv_sec = period };
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, event, &timer) || timer_settime(timer, 0, &time, NULL))
		die("timer_create");
}

/* By the thread to which the signals of some are sent. */
void arm_timer(int proc)
{
	enum timer timer = plan->procs[proc].timer;
	struct sigevent event = { .sigev_signo = signal_of_timer(timer) };

	switch (timer) {
	case TIMER_ITIMER:
		set_itimer(ITIMER_REAL, PERIOD_S, PERIOD_S);
		break;
	case TIMER_ENDS:
		set_itimer(ITIMER_REAL, LONG_S, 0);
		break;
	case TIMER_CPU:
		set_itimer(ITIMER_PROF, LONG_S, 0);
		break;
	case TIMER_DIRECTED:
		event.sigev_notify = SIGEV_THREAD_ID;
		event.sigev_notify_thread_id = own_tid();
		set_timer(&event, PERIOD_S);
		break;
	case TIMER_POSIX:
	case TIMER_BLOCKED:
	case TIMER_IGNORED:
		set_timer(&event, PERIOD_S);
		break;
	default:
		break;
	}
}

static void call_back(union sigval value __attribute__((unused)))
{
	if (control->open)
		tell();
}

/* By a thread that the C library has for it. */
void start_callback(void)
{
	struct sigevent event = {
		.sigev_notify = SIGEV_THREAD,
		.sigev_notify_function = call_back,
	};

	set_timer(&event, PERIOD_S);
}
