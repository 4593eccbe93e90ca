// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which threads' stacks are worth to be read: of those that wait, and of those that they
 * wait for.
 */
#include <stdlib.h>

#include "array.h"
#include "holders.h"
#include "stacks.h"

/* Threads that are shown if it is not known which one is waited for. */
#define MAX_OTHERS	3

static int compare_stacks(const void *x, const void *y)
{
	const struct stack *a = x, *b = y;

	if (a->tgid != b->tgid)
		return a->tgid < b->tgid ? -1 : 1;
	return a->tid < b->tid ? -1 : a->tid > b->tid;
}

/**
 * add_stack() - ask for the stack of a thread
 * @st: what is asked for; sorted later
 * @stack: the thread, its process, its word, and whether its kernel stack is wanted
 */
void add_stack(struct stacks *st, struct stack stack)
{
	for (size_t i = 0; i < st->nr; i++) {
		if (st->all[i].tid == stack.tid)
			return;
	}
	array_push(st->all, st->nr, stack);
}

static void sort_stacks(struct stacks *st)
{
	if (st->nr)
		qsort(st->all, st->nr, sizeof(*st->all), compare_stacks);
}

/*
 * The kernel's stack says more where the system call says little: in state D, or in a call
 * of which it is not known what ends it.
 */
static bool wants_kernel_stack(const struct model *m, int t)
{
	return m->s->threads[t].state == STATE_DISK_SLEEP ||
	       (m->s->threads[t].state == STATE_SLEEPING && !model_first_waiter(m, t) &&
		model_state(m, t) != RUN_SLEEPS);
}

/* Its process may not be known; /proc has each thread under its own id, too. */
static struct stack stack_of_waiter(const struct snapshot *s, const struct waiter *w)
{
	return (struct stack){
		.tid = w->tid, .tgid = w->tgid > 0 ? w->tgid : w->tid,
		.thread = w->thread >= 0 ? &s->threads[w->thread] : NULL,
		.is_only_thread = w->mm >= 0 && s->mms[w->mm].nr_threads == 1,
		.word = w->known & W_WAITS_ON ? w->waits_on : 0, .seen = w->lock.primitive,
	};
}

static void add_thread(struct stacks *st, const struct model *m, int t)
{
	const struct waiter *w = model_first_waiter(m, t);

	if (w)
		add_stack(st, stack_of_waiter(m->s, w));
	else
		add_stack(st, (struct stack){
			.tid = m->s->threads[t].tid, .tgid = m->s->threads[t].tgid,
			.thread = &m->s->threads[t], .wants_kernel = wants_kernel_stack(m, t),
		});
}

/* How much a thread of the same mm says about why one waits, the best first. */
enum interest {
	DOES_SOMETHING_ELSE,
	WAITS_ON_SAME_WORD,
	WAITS_ELSEWHERE,
	NR_INTERESTS
};

static enum interest interest_of(const struct model *m, int t, const struct waiter *w)
{
	const struct waiter *other = model_first_waiter(m, t);

	if (!other)
		return DOES_SOMETHING_ELSE;
	return other->waits_on == w->waits_on ? WAITS_ON_SAME_WORD : WAITS_ELSEWHERE;
}

/* No thread in particular is known that it waits for: show some that it could be. */
static void add_some_of_mm(struct stacks *st, const struct model *m, const struct waiter *w)
{
	int tracer = w->thread < 0 ? -1 : find_tracer(m->s, w->thread);
	size_t left = MAX_OTHERS;

	if (tracer >= 0)
		add_thread(st, m, tracer);
	for (enum interest want = 0; w->mm >= 0 && want < NR_INTERESTS; want++) {
		for (size_t t = 0; left && t < m->s->nr_threads; t++) {
			if (m->s->threads[t].mm != w->mm || (int)t == w->thread ||
			    interest_of(m, t, w) != want || model_is_dead(m, t))
				continue;
			add_thread(st, m, t);
			left--;
		}
	}
}

/**
 * choose_stacks_to_explain() - ask for the stacks that explain one waiter
 * @st: receives them: of the waiter, of the thread that it waits for, and of the one at the
 *	end of the chain; if there is no such thread, of some with the same memory; to be freed
 *	with stacks_free()
 * @a: the analysis
 * @waiter: index of the waiter
 */
void choose_stacks_to_explain(struct stacks *st, const struct analysis *a, size_t waiter)
{
	const struct waiter *w = &a->s->waiters[waiter];
	struct step steps[MAX_STEPS];
	size_t nr = find_steps(&a->model, w, steps, MAX_STEPS);

	*st = (struct stacks){ 0 };
	add_stack(st, stack_of_waiter(a->s, w));
	if (nr && steps[0].thread >= 0)
		add_thread(st, &a->model, steps[0].thread);
	if (nr && steps[nr - 1].thread >= 0)
		add_thread(st, &a->model, steps[nr - 1].thread);
	if (!nr)
		add_some_of_mm(st, &a->model, w);
	sort_stacks(st);
}

/**
 * choose_listed_stacks() - ask for the stacks of those waiters of a list that are not idle
 * @st: receives them; to be freed with stacks_free()
 * @sel: the list
 * @max: how many threads there are at most; the first ones of the list have precedence
 */
void choose_listed_stacks(struct stacks *st, const struct selection *sel, size_t max)
{
	*st = (struct stacks){ 0 };
	for (size_t i = 0; i < sel->nr; i++) {
		size_t waiter = sel->waiters[i];
		const struct waiter *w = &sel->a->s->waiters[waiter];

		/* A thread in futex_waitv(2) has several records. */
		if (verdicts[sel->a->judgements[waiter].verdict].is_idle || w->thread < 0 ||
		    model_first_wait(&sel->a->model, w->thread) != (int)waiter)
			continue;
		if (st->nr < max)
			array_push(st->all, st->nr, stack_of_waiter(sel->a->s, w));
		else
			st->nr_left_out++;
	}
	sort_stacks(st);
}

/**
 * find_stack() - find the stack of a thread
 * @st: the stacks, or NULL: none
 * @tid: the thread
 *
 * Return: the stack, or NULL.
 */
const struct stack *find_stack(const struct stacks *st, pid_t tid)
{
	for (size_t i = 0; st && i < st->nr; i++) {
		if (st->all[i].tid == tid)
			return &st->all[i];
	}
	return NULL;
}

/**
 * stacks_free() - free stacks
 * @st: the stacks, of which none is left
 */
void stacks_free(struct stacks *st)
{
	for (size_t i = 0; i < st->nr; i++) {
		struct stack *stack = &st->all[i];

		for (size_t n = 0; n < stack->nr_text; n++)
			free(stack->text[n]);
		free(stack->text);
		free(stack->frames);
		free(stack->kernel);
	}
	free(st->all);
	*st = (struct stacks){ 0 };
}
