// SPDX-License-Identifier: GPL-2.0-only
/*
 * The armed timers of a process that send it signals: those of setitimer(2), alarm(2) and
 * timer_create(2).
 */
#include <linux/hrtimer.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/timekeeping.h>

#include "compat/posix_timers.h"
#include "snapshot.h"
#include "timers.h"

/*
 * How many timers of a process are looked at while its siglock is held, with interrupts off. A
 * user may create as many as RLIMIT_SIGPENDING allows.
 */
#define FI_MAX_TIMERS	64

#ifdef CONFIG_POSIX_TIMERS

/* Note one timer; of those that send the same signal, the one that fires first counts. */
static void note_timer(struct fi_timers *timers, int signal, u64 fires_ns)
{
	int i;

	for (i = 0; i < timers->nr; i++) {
		if (timers->signals[i] != signal)
			continue;
		timers->fires_ns[i] = min(timers->fires_ns[i], fires_ns);
		return;
	}
	if (timers->nr == FI_ARMED) {
		timers->others = true;
		return;
	}
	timers->signals[timers->nr] = signal;
	timers->fires_ns[timers->nr++] = fires_ns;
}

static void note_hrtimer(struct fi_timers *timers, int signal, struct hrtimer *timer, u64 now)
{
	/* hrtimer_interrupt() and timer_settime(2) change a timer without siglock. */
	u64 expires = data_race(ktime_to_ns(hrtimer_get_expires(timer)));

	if (hrtimer_is_queued(timer))
		note_timer(timers, signal, expires > now ? expires - now : 0);
}

/*
 * The clock of a thread is always one of the same process (pid_for_clock()), and stands still
 * if nobody there runs.
 */
static void note_cpu_timer(struct fi_timers *timers, int signal, struct task_struct *task,
			   struct k_itimer *timer)
{
	const struct cpu_timer *cpu = &timer->it.cpu;
	bool own = CPUCLOCK_PERTHREAD(timer->it_clock) || READ_ONCE(cpu->pid) == task_tgid(task);

	if (READ_ONCE(cpu->head))
		note_timer(timers, signal, own ? FI_FIRES_ON_CPU : FI_FIRES_UNKNOWN);
}

static void note_posix_timer(struct fi_timers *timers, struct task_struct *task,
			     struct k_itimer *timer)
{
	int signal = fi_timer_signal(timer);

	if (!signal)
		return;
	switch (timer->it_clock) {
	case CLOCK_REALTIME:
		note_hrtimer(timers, signal, &timer->it.real.timer, ktime_get_real_ns());
		break;
	case CLOCK_MONOTONIC:
		note_hrtimer(timers, signal, &timer->it.real.timer, ktime_get_ns());
		break;
	case CLOCK_BOOTTIME:
		note_hrtimer(timers, signal, &timer->it.real.timer, ktime_get_boottime_ns());
		break;
	case CLOCK_TAI:
		note_hrtimer(timers, signal, &timer->it.real.timer, ktime_get_clocktai_ns());
		break;
	case CLOCK_REALTIME_ALARM:
		note_hrtimer(timers, signal, &timer->it.alarm.alarmtimer.timer,
			     ktime_get_real_ns());
		break;
	case CLOCK_BOOTTIME_ALARM:
		note_hrtimer(timers, signal, &timer->it.alarm.alarmtimer.timer,
			     ktime_get_boottime_ns());
		break;
	default:
		if (timer->it_clock < 0 || timer->it_clock == CLOCK_PROCESS_CPUTIME_ID ||
		    timer->it_clock == CLOCK_THREAD_CPUTIME_ID)
			note_cpu_timer(timers, signal, task, timer);
		else
			note_timer(timers, signal, FI_FIRES_UNKNOWN);
	}
}

/* setitimer(2) and alarm(2) */
static void note_interval_timers(struct fi_timers *timers, struct signal_struct *signal)
{
	note_hrtimer(timers, SIGALRM, &signal->real_timer, ktime_get_ns());
	if (signal->it[CPUCLOCK_PROF].expires)
		note_timer(timers, SIGPROF, FI_FIRES_ON_CPU);
	if (signal->it[CPUCLOCK_VIRT].expires)
		note_timer(timers, SIGVTALRM, FI_FIRES_ON_CPU);
}

static void read_locked(struct task_struct *task, struct fi_timers *timers)
{
	struct k_itimer *timer = NULL;
	int nr = 0;

	note_interval_timers(timers, task->signal);
	while ((timer = fi_next_timer(task->signal, timer))) {
		if (++nr > FI_MAX_TIMERS) {
			timers->others = true;
			break;
		}
		note_posix_timer(timers, task, timer);
	}
}

/**
 * fi_read_timers() - which signals the armed timers of a process will send, and when
 * @task: a thread of the process
 * @timers: receives it
 *
 * If somebody else holds the siglock, nothing is known. Nor is more than the first
 * FI_MAX_TIMERS timers of timer_create(2).
 *
 * Context: the caller holds rcu_read_lock(). Does not sleep.
 */
void fi_read_timers(struct task_struct *task, struct fi_timers *timers)
{
	struct sighand_struct *sighand = rcu_dereference(task->sighand);
	unsigned long flags;

	memset(timers, 0, sizeof(*timers));
	timers->others = true;
	if (!sighand || !spin_trylock_irqsave(&sighand->siglock, flags))
		return;
	/* An exit or execve(2) may have replaced it meanwhile: lock_task_sighand(). */
	if (sighand == rcu_access_pointer(task->sighand)) {
		timers->others = false;
		read_locked(task, timers);
	}
	spin_unlock_irqrestore(&sighand->siglock, flags);
}

#else

/* Without CONFIG_POSIX_TIMERS there are none. */
void fi_read_timers(struct task_struct *task, struct fi_timers *timers)
{
	memset(timers, 0, sizeof(*timers));
}

#endif
