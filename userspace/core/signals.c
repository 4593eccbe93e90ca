// SPDX-License-Identifier: GPL-2.0-only
/*
 * What signals may do to a process, and those that its own timers send it.
 *
 * An older module does not tell which timers are armed, only that a process may have some.
 */
#include <signal.h>
#include <stdio.h>

#include "array.h"
#include "signals.h"

/* What a signal does that is neither handled nor ignored: signal(7).  All others end it. */
#define STOPS		(SIGNAL(SIGSTOP) | SIGNAL(SIGTSTP) | SIGNAL(SIGTTIN) | SIGNAL(SIGTTOU))
#define DOES_NOTHING	(SIGNAL(SIGCHLD) | SIGNAL(SIGCONT) | SIGNAL(SIGURG) | SIGNAL(SIGWINCH))

/*
 * glibc has a handler for one of them in every process that ever had a second thread.  It wakes
 * no waiter, so it does not count.
 */
#define LIBC_SIGNALS	(SIGNAL(FIRST_LIBC_SIGNAL) | SIGNAL(FIRST_LIBC_SIGNAL + 1))

static const char *const signal_names[] = {
#define NAME(signal) [signal] = #signal
	NAME(SIGHUP), NAME(SIGINT), NAME(SIGQUIT), NAME(SIGILL), NAME(SIGTRAP), NAME(SIGABRT),
	NAME(SIGBUS), NAME(SIGFPE), NAME(SIGKILL), NAME(SIGUSR1), NAME(SIGSEGV), NAME(SIGUSR2),
	NAME(SIGPIPE), NAME(SIGALRM), NAME(SIGTERM), NAME(SIGSTKFLT), NAME(SIGCHLD), NAME(SIGCONT),
	NAME(SIGSTOP), NAME(SIGTSTP), NAME(SIGTTIN), NAME(SIGTTOU), NAME(SIGURG), NAME(SIGXCPU),
	NAME(SIGXFSZ), NAME(SIGVTALRM), NAME(SIGPROF), NAME(SIGWINCH), NAME(SIGIO), NAME(SIGPWR),
	NAME(SIGSYS),
#undef NAME
};

/**
 * signal_name() - the name of a signal: "SIGPROF", or "signal 34"
 * @dst: room for it
 * @signal: its number
 *
 * Return: the name.
 */
const char *signal_name(char dst[SIGNAL_NAME_SIZE], int signal)
{
	if (signal > 0 && signal < (int)ARRAY_SIZE(signal_names) && signal_names[signal])
		return signal_names[signal];
	snprintf(dst, SIGNAL_NAME_SIZE, "signal %d", signal);
	return dst;
}

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
 * process_handles() - which of some signals a process handles, or may
 * @p: the process
 * @signals: mask of them
 */
uint64_t process_handles(const struct process *p, uint64_t signals)
{
	return handled_signals(p) & ~p->blocked & signals;
}

/* Python handles SIGINT in all programs, and ignores these two. */
static bool may_be_python(const struct process *p)
{
	uint64_t both = SIGNAL(SIGPIPE) | SIGNAL(SIGXFSZ);

	return !(p->known & P_IGNORED) || (p->ignored & both) == both;
}

/*
 * Signals by which a process is told what to do, if it handles them.  Daemons are told by
 * kill(1), and programs on a terminal also by what is typed there, or by its size.
 */
static uint64_t orders_of(const struct process *p)
{
	uint64_t orders = SIGNAL(SIGHUP) | SIGNAL(SIGTERM) | SIGNAL(SIGQUIT) | SIGNAL(SIGUSR1) |
			  SIGNAL(SIGUSR2) | ~(SIGNAL(FIRST_LIBC_SIGNAL + NR_LIBC_SIGNALS) - 1);

	if (!may_be_python(p))
		orders |= SIGNAL(SIGINT);
	if (p->has_terminal)
		orders |= SIGNAL(SIGTSTP) | SIGNAL(SIGCONT) | SIGNAL(SIGWINCH);
	return p->caught & ~p->blocked & orders;
}

/**
 * process_takes_orders() - whether a process handles a signal by which it is told what to do
 * @p: the process
 *
 * After fork(2) the handlers are those of the parent, until execve(2): only one that the process
 * has installed itself says that it may wait for a signal.
 *
 * Return: true also if it is not known.
 */
bool process_takes_orders(const struct process *p)
{
	if (p->execed == YES)
		return !(p->known & P_CAUGHT) || orders_of(p);
	return p->known & P_CAUGHT && p->known & P_INHERITED && orders_of(p) & ~p->inherited;
}

/**
 * process_has_timer() - whether an armed timer sends a process one of some signals, or may
 * @p: the process
 * @signals: mask of them; it does not matter what the process does about them
 */
bool process_has_timer(const struct process *p, uint64_t signals)
{
	bool found = !(p->known & P_ARMED) || p->more_armed;

	for (size_t i = 0; i < p->nr_armed; i++)
		found |= signals & SIGNAL(p->armed[i].signal);
	return found;
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
 * process_is_hung_up() - whether the hangup of its terminal ends a process
 * @p: the process
 *
 * Who has the other end of the terminal may close it, and the session leader may end: the
 * kernel sends SIGHUP then (tty_signal_session_leader(), disassociate_ctty()).
 */
bool process_is_hung_up(const struct process *p)
{
	return p->has_terminal && fatal_signals(p) & ~p->blocked & SIGNAL(SIGHUP);
}

/**
 * process_ends_with_parent() - whether the end of its parent ends a process
 * @p: the process
 */
bool process_ends_with_parent(const struct process *p)
{
	return p->pdeath & fatal_signals(p) & ~p->blocked;
}

/**
 * process_may_stop() - whether a timer, or job control, may send a process a signal that stops
 *	or continues it
 * @p: the process
 *
 * SIGCONT does so even if it is blocked or ignored (prepare_signal()).
 */
bool process_may_stop(const struct process *p)
{
	bool armed = p->more_armed || p->has_terminal;

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

/**
 * process_may_end() - whether a process may do something about others, if only by its end
 * @p: the process
 */
bool process_may_end(const struct process *p)
{
	return process_may_act(p) || process_is_hung_up(p);
}
