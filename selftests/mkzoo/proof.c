// SPDX-License-Identifier: GPL-2.0-only
/*
 * The proof: who is said to go on does, and nobody else.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "zoo.h"

static void send_signal(const struct zoo_case *c, int t, int sig)
{
	syscall(SYS_tgkill, c->control->threads[t].tgid, c->control->threads[t].tid, sig);
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

static void say_wrong(const struct zoo_case *c, int t, const char *what)
{
	printf("wrong case=%u thread=%d what=%s\n", c->nr, t, what);
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

void prove(void)
{
	unsigned int live = 0, all = 0, stuck = 0;

	set_deadline();
	for (unsigned int i = 0; i < nr_cases; i++)
		check_nobody_went(&cases[i]);
	for (unsigned int i = 0; i < nr_cases; i++)
		open_gates(&cases[i]);
	for (unsigned int i = 0; i < nr_cases; i++)
		live += wait_for(&cases[i], who_is_live(&cases[i].plan));
	for (unsigned int i = 0; i < nr_cases; i++) {
		check_others(&cases[i], who_is_live(&cases[i].plan));
		continue_some(&cases[i]);
	}
	for (unsigned int i = 0; i < nr_cases; i++)
		all += wait_for(&cases[i], who_goes_on_then(&cases[i].plan));
	for (unsigned int i = 0; i < nr_cases; i++)
		stuck += check_others(&cases[i], who_goes_on_then(&cases[i].plan));
	printf("proof live=%u stopped=%u stuck=%u\n", live, all - live, stuck);
}
