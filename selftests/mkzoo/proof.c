// SPDX-License-Identifier: GPL-2.0-only
/*
 * The proof: who is said to go on does, and nobody else.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "zoo.h"

static void say_wrong(const struct zoo_case *c, int t, const char *what)
{
	printf("wrong case=%u thread=%d what=%s\n", c->nr, t, what);
}

/* The threads that are taken out of their waits by handlers of their processes. */
static mask who_comes_out(const struct plan *p)
{
	mask m = 0;

	for (int proc = 0; proc < (int)p->nr_procs; proc++) {
		if (wakes_itself(p, proc))
			m |= threads_of(p, proc);
	}
	return m & ~p->stopped & ~gone_threads(p);
}

/* Before anybody goes on, so that nobody gets what it waits for at that moment. */
static void wait_until_out(const struct zoo_case *c)
{
	mask out = who_comes_out(&c->plan);

	for (unsigned int t = 0; t < c->plan.nr_threads; t++) {
		while (out & bit(t) && c->control->threads[t].stage < OUT && !is_late())
			nap(MS / 5);
		if (out & bit(t) && c->control->threads[t].stage < OUT)
			say_wrong(c, t, "does-not-come-out");
	}
}

static void fire_timers(void)
{
	for (unsigned int i = 0; i < nr_cases; i++)
		cases[i].control->fire = true;
	for (unsigned int i = 0; i < nr_cases; i++)
		wait_until_out(&cases[i]);
}

static void open_gates(const struct zoo_case *c)
{
	const struct gates *g = &c->control->gates;
	static const char bytes[MAX_THREADS];
	uint64_t val = MAX_THREADS;

	c->control->open = true;
	if (write(g->pipe[1], bytes, sizeof(bytes)) < 0 ||
	    write(g->socket[1], bytes, sizeof(bytes)) < 0 ||
	    write(g->event, &val, sizeof(val)) < 0 ||
	    write(g->poll, &val, sizeof(val)) < 0)
		die("case %u: cannot open its gates", c->nr);
	for (unsigned int t = 0; t < c->plan.nr_threads; t++) {
		if (c->plan.threads[t].wait == AT_GATE && c->plan.threads[t].on == GATE_SIGNAL)
			send_signal(c, t, SIGUSR1);
		if (c->plan.threads[t].wait == AT_GATE && c->plan.threads[t].on == GATE_PAUSE)
			send_signal(c, t, PAUSE_SIGNAL);
	}
	if (c->plan.takes_orders)
		kill(c->pid, SIGTERM);
	if (c->plan.memory == MEM_NAMED || c->plan.memory == MEM_SYSV)
		come_by_name(c);
}

static bool went(const struct zoo_case *c, int t)
{
	return c->control->threads[t].stage >= WENT;
}

/* Whether it has done all that it does, its exit included. */
static bool has_ended(const struct zoo_case *c, int t)
{
	return c->control->threads[t].stage == DONE && strchr("XZ", state_of(c, t));
}

/* A thread that was woken in vain runs until it sleeps again, or goes on. */
static bool still_waits(const struct zoo_case *c, int t)
{
	char state = state_of(c, t);

	return strchr("Tt", state) || (state == 'S' && is_in_place(c, t));
}

static void check_nobody_went(const struct zoo_case *c)
{
	for (unsigned int t = 0; t < c->plan.nr_threads; t++) {
		if (went(c, t))
			say_wrong(c, t, "went-before");
	}
}

/* Wait until all threads that should have gone on, or it is late.  Return: how many. */
static unsigned int wait_for(const struct zoo_case *c, mask should)
{
	for (unsigned int t = 0; t < c->plan.nr_threads; t++) {
		if (!(should & bit(t)))
			continue;
		while (!has_ended(c, t) && !is_late())
			nap(MS / 5);
		if (!has_ended(c, t))
			say_wrong(c, t, went(c, t) ? "does-not-end" : "does-not-go-on");
	}
	return __builtin_popcount(should);
}

/* Now that the others have ended, they still wait.  Return: how many those are. */
static unsigned int check_others(const struct zoo_case *c, mask should)
{
	mask others = c->plan.all & ~should & ~gone_threads(&c->plan);

	for (unsigned int t = 0; t < c->plan.nr_threads; t++) {
		if (!(others & bit(t)))
			continue;
		while (!went(c, t) && !still_waits(c, t) && !is_late())
			nap(MS / 5);
		if (went(c, t) || !still_waits(c, t))
			say_wrong(c, t, went(c, t) ? "goes-on" : "does-not-wait");
	}
	return __builtin_popcount(others);
}

/* Of the process that its timer ends. */
static mask who_is_killed(const struct plan *p)
{
	if (p->ending < 0)
		return 0;
	return threads_of(p, p->ending) & ~who_goes_before_end(p) & ~gone_threads(p);
}

/* By the signal of its timer, which has an hour left. */
static void end_one(const struct zoo_case *c)
{
	const struct plan *p = &c->plan;
	int t;

	if (p->ending < 0)
		return;
	check_others(c, who_goes_before_end(p));
	t = first_of(threads_of(p, p->ending));
	if (kill(c->control->threads[t].tgid, signal_of_timer(TIMER_ENDS)) && errno != ESRCH)
		die("case %u: cannot end a process", c->nr);
}

/* Wait for those who go on at last.  Return: how many those are. */
static unsigned int wait_for_end(mask (*who_goes)(const struct plan *p))
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < nr_cases; i++)
		nr += wait_for(&cases[i], who_goes(&cases[i].plan));
	return nr;
}

/* All others are in place.  Return: how many those are. */
static unsigned int check_end(mask (*who_goes)(const struct plan *p))
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < nr_cases; i++) {
		mask killed = who_is_killed(&cases[i].plan);

		nr += check_others(&cases[i], who_goes(&cases[i].plan) | killed);
		nr += __builtin_popcount(killed);
	}
	return nr;
}

void prove(void)
{
	unsigned int live, all, stuck;

	set_deadline();
	for (unsigned int i = 0; i < nr_cases; i++)
		check_nobody_went(&cases[i]);
	fire_timers();
	for (unsigned int i = 0; i < nr_cases; i++)
		open_gates(&cases[i]);
	wait_for_end(who_goes_before_end);
	for (unsigned int i = 0; i < nr_cases; i++)
		end_one(&cases[i]);
	live = wait_for_end(who_is_live);
	check_end(who_is_live);
	for (unsigned int i = 0; i < nr_cases; i++)
		continue_some(&cases[i]);
	all = wait_for_end(who_goes_on_then);
	stuck = check_end(who_goes_on_then);
	printf("proof live=%u stopped=%u stuck=%u\n", live, all - live, stuck);
}
