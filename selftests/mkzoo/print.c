// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is said of the threads of a case.
 */
#include <stdio.h>
#include <string.h>

#include "zoo.h"

static const char *const kinds[NR_KINDS] = {
	[NORMAL]	= "normal",
	[RECURSIVE]	= "recursive",
	[ERRORCHECK]	= "errorcheck",
	[ADAPTIVE]	= "adaptive",
	[ROBUST]	= "robust",
	[PI]		= "pi",
	[PI_ROBUST]	= "pi-robust",
	[RWLOCK]	= "rwlock",
	[COND]		= "cond",
	[SEM]		= "sem",
	[BARRIER]	= "barrier",
	[RAW]		= "raw",
	[PIPE]		= "pipe",
	[SOCKET]	= "socket",
};

static void print_object(const struct plan *p, int t)
{
	static const char *const memories[NR_MEMORIES] = { "inherited", "open", "named", "sysv" };
	static const char *const likes[NR_LIKES] = {
		"", ",small-id", ",counter", ",clock", ",kind", ",odd", ",tail", ",tid",
	};
	const struct thread *thread = &p->threads[t];
	const struct object *o = &p->objs[thread->on];

	printf(" on=%s%s", kinds[o->kind], o->kind == RAW ? likes[o->like] : "");
	if (in_memory(o))
		printf(",shared-%s", memories[p->memory]);
	else if (o->shared)
		printf(",shared");
	if (is_copy(p, t, o))
		printf(",copy");
	if (o->kind == RWLOCK && thread->reads)
		printf(",read");
	if (has_ends(o) && o->replacer >= 0)
		printf(",replaced");
	printf(":%d", thread->on);
}

/* What its process has that matters for verdicts. */
static void print_process(const struct plan *p, int proc)
{
	static const char *const timers[NR_TIMERS] = {
		"", "itimer,", "posix,", "directed,", "ends,", "cpu,", "blocked,", "ignored,",
	};
	const struct process *process = &p->procs[proc];

	printf(" process=%d,%s%s%s%s%s%s", proc, timers[process->timer],
	       p->execs && !proc ? "execed," : "", process->daemon ? "daemon," : "",
	       process->gets_sigchld ? "sigchld," : p->takes_orders ? "sigterm," : "",
	       process->maps ? "maps," : "", process->has_fd ? "fd," : "");
}

static void print_wait(const struct plan *p, int t)
{
	static const char *const gates[NR_GATES] = {
		"pipe", "socket", "eventfd", "poll", "epoll", "pause", "signal", "nap",
		"callback",
	};
	const struct thread *thread = &p->threads[t];

	switch (thread->wait) {
	case AT_GATE:
		printf(" on=gate:%s%s", gates[thread->on], thread->idle ? ",idle" : "");
		break;
	case ON_JOIN:
		printf(" on=join:%d", thread->on);
		break;
	case ON_CHILD:
		printf(" on=child");
		break;
	case TOLD:
		printf(" on=told");
		break;
	case GONE:
		printf(" on=gone");
		break;
	case ON_OBJECT:
		print_object(p, t);
	}
	printf("%s%s%s", thread->timed ? ",timed" : "", p->stopped & bit(t) ? ",stopped" : "",
	       waits_on_stack(p, t) ? ",given-up" : "");
}

static void print_held(const struct plan *p, int t)
{
	printf(" holds=");
	for (unsigned int i = 0; i < p->nr_objs; i++) {
		const struct object *o = &p->objs[i];

		if (o->holders & bit(t))
			printf("%s%s:%u,", o->shared ? "shared-" : "", kinds[o->kind], i);
	}
}

/* Which verdicts are true. */
static void print_verdicts(const struct plan *p, int t, bool stuck)
{
	const char *name = stuck_name(p, t);

	if (!stuck)
		return;
	printf(" verdicts=no-waker");
	if (strcmp(name, "no-waker"))
		printf(",%s", name);
	/* Whether one that is stopped would change that, the tool need not know. */
	if (p->stopped)
		printf(",stopped");
}

static void print_holder(const struct zoo_case *c, int t)
{
	int holder = holder_of(&c->plan, t);

	if (holder < 0)
		printf(" holder=-");
	else
		printf(" holder=%d", c->control->threads[holder].tid);
}

void print_case(const struct zoo_case *c)
{
	const struct plan *p = &c->plan;
	mask live = who_is_live(p), after = who_goes_on_then(p);

	for (unsigned int t = 0; t < p->nr_threads; t++) {
		bool stuck = !(after & bit(t));

		printf("%s case=%u thread=%u tid=%d tgid=%d truth=%s",
		       waits_on_futex(p, t) ? "waiter" : "other", c->nr, t,
		       c->control->threads[t].tid, c->control->threads[t].tgid,
		       live & bit(t) ? "live" : stuck ? "stuck" : "stopped");
		print_holder(c, t);
		print_verdicts(p, t, stuck);
		print_wait(p, t);
		print_held(p, t);
		print_process(p, p->threads[t].proc);
		printf(" excused=%s\n", who_is_excused(p, false) & bit(t) ? "yes" :
					who_is_excused(p, true) & bit(t) ? "open" : "no");
	}
}
