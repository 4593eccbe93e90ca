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

static void print_wait(const struct plan *p, int t)
{
	static const char *const gates[NR_GATES] = {
		"pipe", "socket", "eventfd", "poll", "epoll", "pause", "signal", "nap",
	};
	const struct thread *thread = &p->threads[t];
	const struct object *o = &p->objs[thread->on];

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
	case GONE:
		printf(" on=gone");
		break;
	case ON_OBJECT:
		printf(" on=%s%s%s:%d", kinds[o->kind], o->shared ? ",shared" :
		       is_copy(p, t, o) ? ",copy" : "", thread->reads && o->kind == RWLOCK ?
		       ",read" : "", thread->on);
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
		printf(" execs=%s\n", p->execs ? "yes" : "no");
	}
}
