// SPDX-License-Identifier: GPL-2.0-only
/*
 * What signals may do to a process, and those that its own timers send it.
 *
 * An older module does not tell which timers are armed, only that a process may have some.
 */
#include <signal.h>

#include "array.h"
#include "signals.h"

#define SIGNAL(nr)	(1ULL << ((nr) - 1))

/* What a signal does that is neither handled nor ignored: signal(7).  All others end it. */
#define STOPS		(SIGNAL(SIGSTOP) | SIGNAL(SIGTSTP) | SIGNAL(SIGTTIN) | SIGNAL(SIGTTOU))
#define DOES_NOTHING	(SIGNAL(SIGCHLD) | SIGNAL(SIGCONT) | SIGNAL(SIGURG) | SIGNAL(SIGWINCH))

/*
 * glibc has a handler for one of them in every process that ever had a second thread.  It wakes
 * no waiter, so it does not count.
 */
#define LIBC_SIGNALS	(SIGNAL(FIRST_LIBC_SIGNAL) | SIGNAL(FIRST_LIBC_SIGNAL + 1))

/**
 * process_may_have_libc_handlers() - whether it matters whose some handlers are
 * @p: the process
 *
 * Return: whether it has handlers for signals of the C library's, and no others.
 */
bool process_may_have_libc_handlers(const struct process *p)
{
	return p->known & P_CAUGHT && p->known & P_LIBC_HANDLERS && p->caught &&
	       !(p->caught & ~LIBC_SIGNALS);
}

/**
 * process_set_libc_handler() - note that a handler is the C library's own
 * @p: the process
 * @i: its index in @p->libc_handlers
 */
void process_set_libc_handler(struct process *p, int i)
{
	p->libc_caught |= SIGNAL(FIRST_LIBC_SIGNAL + i);
}

/*
 * The signals that the program itself handles.  Where nothing tells whose the handlers of the C
 * library's signals are, a program that has timers may use them for these: if there is no C
 * library.
 */
static uint64_t handled_signals(const struct process *p)
{
	uint64_t libc = p->known & P_LIBC_HANDLERS ? p->libc_caught :
			p->timers == YES ? 0 : LIBC_SIGNALS;

	return p->known & P_CAUGHT ? p->caught & ~libc : UINT64_MAX;
}

/* The signals that end the process. */
static uint64_t fatal_signals(const struct process *p)
{
	return ~(p->caught | p->ignored | STOPS | DOES_NOTHING);
}

/* Whether an armed timer sends one of @signals, which do nothing while all threads block them. */
static enum timed sends_itself(const struct process *p, uint64_t signals, uint64_t *ns)
{
	enum timed found = TIMED_NOT;

	*ns = FIRES_UNKNOWN;
	if (!(p->known & P_ARMED))
		return p->timers == YES && signals ? TIMED_MAYBE : TIMED_NOT;
	signals &= ~p->blocked;
	for (size_t i = 0; i < p->nr_armed; i++) {
		const struct armed *armed = &p->armed[i];

		if (armed->fires_ns == FIRES_ON_CPU || !(signals & SIGNAL(armed->signal)))
			continue;
		if (armed->fires_ns < *ns) {
			*ns = armed->fires_ns;
			found = TIMED;
		} else if (!found) {
			found = TIMED_MAYBE;
		}
	}
	return !found && p->more_armed && signals ? TIMED_MAYBE : found;
}

/**
 * process_has_handlers() - whether a process handles signals, or may
 * @p: the process, or NULL for one that is not known
 *
 * Handlers that the C library installs for itself do not count: they wake no waiter.
 */
bool process_has_handlers(const struct process *p)
{
	return !p || handled_signals(p);
}

/**
 * process_handles_sigchld() - whether a process handles, or may, the signal that a child sends
 * @p: the process
 */
bool process_handles_sigchld(const struct process *p)
{
	return handled_signals(p) & ~p->blocked & SIGNAL(SIGCHLD);
}

/**
 * process_takes_orders() - whether a process handles a signal by which daemons are told what to do
 * @p: the process
 *
 * SIGINT is none of these: Python handles it in all programs.
 */
bool process_takes_orders(const struct process *p)
{
	return p->known & P_CAUGHT && p->caught & ~p->blocked &
	       (SIGNAL(SIGHUP) | SIGNAL(SIGTERM) | SIGNAL(SIGUSR1) | SIGNAL(SIGUSR2));
}

/**
 * process_handles_sigio() - whether a process handles, or may, a signal of O_ASYNC
 * @p: the process
 *
 * F_SETSIG chooses another one, mostly a real-time signal: these are queued.
 */
bool process_handles_sigio(const struct process *p)
{
	const uint64_t realtime = ~(SIGNAL(FIRST_LIBC_SIGNAL) - 1) & ~LIBC_SIGNALS;

	return handled_signals(p) & ~p->blocked & (SIGNAL(SIGIO) | realtime);
}

/**
 * process_wakes_itself() - whether a timer sends a process a signal that it handles
 * @p: the process, or NULL for one that is not known
 * @ns: receives in how many nanoseconds, for TIMED
 *
 * The handler may do anything.
 */
enum timed process_wakes_itself(const struct process *p, uint64_t *ns)
{
	return p ? sends_itself(p, handled_signals(p), ns) : TIMED_NOT;
}

/**
 * process_ends_itself() - whether a timer sends a process a signal that ends it
 * @p: the process, or NULL for one that is not known
 * @ns: receives in how many nanoseconds, for TIMED
 *
 * That wakes none of its own waiters, but whoever waits for its end.
 */
enum timed process_ends_itself(const struct process *p, uint64_t *ns)
{
	return p ? sends_itself(p, fatal_signals(p), ns) : TIMED_NOT;
}

/**
 * process_may_stop_itself() - whether a timer may send a process a signal that stops or
 *	continues it
 * @p: the process
 *
 * SIGCONT does so even if it is blocked or ignored (prepare_signal()).
 */
bool process_may_stop_itself(const struct process *p)
{
	bool armed = p->more_armed;

	for (size_t i = 0; i < p->nr_armed; i++)
		armed |= (STOPS | SIGNAL(SIGCONT)) & SIGNAL(p->armed[i].signal);
	return armed;
}

/**
 * process_may_act() - whether a timer of a process may do something about others
 * @p: the process
 *
 * The tracer of a thread sees each signal that it does not block, even an ignored one
 * (sig_ignored()).
 */
bool process_may_act(const struct process *p)
{
	uint64_t signals = p->traced ? UINT64_MAX : handled_signals(p) | fatal_signals(p);
	uint64_t ns;

	return sends_itself(p, signals, &ns) != TIMED_NOT;
}
