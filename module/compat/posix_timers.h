/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_POSIX_TIMERS_H
#define FI_POSIX_TIMERS_H

#include <linux/poison.h>
#include <linux/posix-timers.h>
#include <linux/sched/signal.h>

#ifdef CONFIG_POSIX_TIMERS

/**
 * fi_next_timer() - the timer behind another one of a process
 * @signal: the process
 * @timer: the other one, or NULL: the first
 *
 * The list is a list_head, whose last node points to its head, and since 52dea0a15cc8
 * ("posix-timers: Convert timer list to hlist") (6.12) an hlist_head, whose last node
 * points to nothing. The first member of all of these points to the next node. A node that
 * is being deleted points to poison: until d5b36a4dbd06 ("fix race between exit_itimers()
 * and /proc/pid/timers") (5.19) the last thread did that without siglock.
 *
 * Context: the caller holds siglock and rcu_read_lock().
 *
 * Return: the timer, or NULL.
 */
static inline struct k_itimer *fi_next_timer(struct signal_struct *signal, struct k_itimer *timer)
{
	void **head = (void **)&signal->posix_timers;
	void **node = timer ? (void **)&timer->list : head;
	void *next = READ_ONCE(*node);

	if (!next || next == (void *)head || next == LIST_POISON1)
		return NULL;
	return container_of(next, struct k_itimer, list);
}

/**
 * fi_timer_signal() - the signal that a timer sends
 * @timer: the timer
 *
 * The queued signal was allocated on its own until 6017a158beb1 ("posix-timers: Embed
 * sigqueue in struct k_itimer") (6.13).
 *
 * Context: the caller holds siglock.
 *
 * Return: its number; 0 if it sends none.
 */
static inline int fi_timer_signal(struct k_itimer *timer)
{
	const struct sigqueue *queued = (const struct sigqueue *)
		__builtin_choose_expr(__builtin_types_compatible_p(typeof(timer->sigq),
								   struct sigqueue),
				      &timer->sigq, timer->sigq);

	if (timer->it_sigev_notify == SIGEV_NONE || !queued)
		return 0;
	return queued->info.si_signo;
}

#endif
#endif
