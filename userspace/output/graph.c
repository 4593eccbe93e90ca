// SPDX-License-Identifier: GPL-2.0-only
/*
 * The graph of which thread waits for which, in the language of dot(1).
 *
 * It has the waiters and what they wait for: the holder where one is known, or else one
 * node for all threads of an mm, or for all mms that map a word in shared memory.  Threads
 * that are not waiters are drawn only if they matter: if they can run, are stopped, or
 * sleep for something known.  So the graph is no larger than the snapshot.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "array.h"
#include "model.h"
#include "output.h"

extern char **environ;

struct arrow {
	size_t from;
	size_t to;
	char label[64];
};

struct drawing {
	FILE *out;
	const struct analysis *a;
	const struct model *m;
	const struct snapshot *s;
	bool *drawn;		/* for each node of the model */
	struct arrow *arrows;
	size_t nr_arrows;
	struct count {
		size_t can_run;
		size_t wait;
		size_t sleep;
		size_t stopped;
	} *counts;		/* for each mm, of its threads */
};

/* In a quoted string only these two characters need escaping. */
static void put_quoted(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
}

static bool is_stuck(const struct model *m, size_t node)
{
	return model_level(m, PASS_HOLDERS, node) == LEVEL_STUCK;
}

/* Begin a node.  Return: whether it was not there yet. */
static bool begin_node(struct drawing *d, size_t node)
{
	if (d->drawn[node])
		return false;
	d->drawn[node] = true;
	fprintf(d->out, "\tn%zu [label=\"", node);
	return true;
}

static void end_node(struct drawing *d, size_t node, const char *more)
{
	fprintf(d->out, "\"%s%s];\n", more, is_stuck(d->m, node) ? ", color=red" : "");
}

static void put_edge(struct drawing *d, size_t from, size_t to, const char *label)
{
	struct arrow arrow = { .from = from, .to = to };

	snprintf(arrow.label, sizeof(arrow.label), "%s", label);
	array_push(d->arrows, d->nr_arrows, arrow);
}

static void put_process(struct drawing *d, int process)
{
	const struct process *p = &d->s->processes[process];
	size_t node = node_process(d->s, process);

	if (!begin_node(d, node))
		return;
	fprintf(d->out, "process %d\\n", p->tgid);
	put_quoted(d->out, p->comm ? p->comm : "?");
	end_node(d, node, ", shape=component");
}

static void put_mm(struct drawing *d, int mm)
{
	const struct count *c = &d->counts[mm];
	size_t node = node_mm(d->s, mm);

	if (!begin_node(d, node))
		return;
	fprintf(d->out, "address space\\ncan run: %zu, wait: %zu", c->can_run, c->wait);
	if (c->sleep)
		fprintf(d->out, ", sleep: %zu", c->sleep);
	if (c->stopped)
		fprintf(d->out, ", stopped: %zu", c->stopped);
	if (!model_mm(d->m, mm)->complete)
		fputs(", others are not known", d->out);
	end_node(d, node, ", shape=ellipse");
}

static void put_thread(struct drawing *d, int thread)
{
	const struct thread *t = &d->s->threads[thread];
	int waiter = model_first_wait(d->m, thread);
	const struct judgement *j = waiter < 0 ? NULL : &d->a->judgements[waiter];

	if (!begin_node(d, thread))
		return;
	put_quoted(d->out, t->comm ? t->comm : "?");
	fprintf(d->out, "\\n%d of %d\\n", t->tid, t->tgid);
	fputs(j ? verdicts[j->verdict].name : model_state_name(d->m, thread), d->out);
	if (j && j->certainty != CERTAINTY_NONE)
		fprintf(d->out, ", %s", certainties[j->certainty].name);
	end_node(d, thread, j && verdicts[j->verdict].stuck ? ", style=bold" : "");
}

/* A word in shared memory, and the mms that map it. */
static void put_shared(struct drawing *d, int shared)
{
	const struct shared *sh = &d->s->shared[shared];
	size_t node = node_shared(d->s, shared);

	if (!begin_node(d, node))
		return;
	put_quoted(d->out, sh->key_text ? sh->key_text : "?");
	fputs(sh->complete == YES ? "" : "\\nand others may map it", d->out);
	end_node(d, node, ", shape=ellipse");
	for (size_t i = 0; i < sh->nr_maps; i++) {
		put_mm(d, d->s->maps[sh->first_map + i]);
		put_edge(d, node, node_mm(d->s, d->s->maps[sh->first_map + i]), "");
	}
}

/* What ends a sleep, and the processes that can end it. */
static void put_wakers(struct drawing *d, int wakers)
{
	const struct wakers *w = &d->s->wakers[wakers];
	size_t node = node_wakers(d->s, wakers);

	if (!begin_node(d, node))
		return;
	fprintf(d->out, "%s %" PRIu64, sleep_texts[w->kind].wakers, w->id);
	end_node(d, node, ", shape=cds");
	for (size_t i = 0; i < w->nr_processes; i++) {
		int p = d->s->waker_processes[w->first_process + i];

		put_process(d, p);
		put_edge(d, node, node_process(d->s, p), "");
	}
}

/* A holder that is not there is no node of the model: each of its waiters draws its own. */
static void put_gone(struct drawing *d, int thread, const char *label)
{
	pid_t id = model_holder(d->m, thread)->id;
	char text[REASON_SIZE];

	put_gone_text(text, sizeof(text), d->a, model_first_wait(d->m, thread), id);
	fprintf(d->out, "\tgone%d [label=\"thread %d\\n", thread, id);
	put_quoted(d->out, text);
	fputs("\", style=dashed, color=red];\n", d->out);
	fprintf(d->out, "\tn%d -> gone%d [label=\"", thread, thread);
	put_quoted(d->out, label);
	fputs("\", color=red];\n", d->out);
}

static void put_label(char *dst, size_t size, const char *lock, const struct waiter *w)
{
	if (w->known & W_WAITS_ON)
		snprintf(dst, size, "%s %#" PRIx64, lock, w->waits_on);
	else
		snprintf(dst, size, "%s", lock);
}

static void put_waiter(struct drawing *d, const struct waiter *w)
{
	const struct holder *h = model_holder(d->m, w->thread);
	char label[64];

	put_thread(d, w->thread);
	put_label(label, sizeof(label), primitives[h->primitive].name ?: "futex", w);
	if (h->id != PID_UNKNOWN && h->thread >= 0) {
		put_thread(d, h->thread);
		put_edge(d, w->thread, h->thread, label);
	} else if (h->id != PID_UNKNOWN && h->gone) {
		put_gone(d, w->thread, label);
	} else if (w->shared >= 0) {
		put_shared(d, w->shared);
		put_edge(d, w->thread, node_shared(d->s, w->shared), label);
	} else if (w->mm >= 0 && w->key_type != KEY_UNKNOWN) {
		put_mm(d, w->mm);
		put_edge(d, w->thread, node_mm(d->s, w->mm), label);
	}
}

/* A thread that waits on no futex: it is stopped, sleeps, or can run. */
static void put_other(struct drawing *d, int thread)
{
	const struct snapshot *s = d->s;
	const struct thread *t = &s->threads[thread];
	bool wanted = d->drawn[thread] || (t->mm >= 0 && d->drawn[node_mm(s, t->mm)]) ||
		      (t->process >= 0 && d->drawn[node_process(s, t->process)]);
	int tracer = find_tracer(s, thread);

	if (!wanted || model_waits(d->m, thread) || model_is_dead(d->m, thread))
		return;
	put_thread(d, thread);
	if (t->mm >= 0 && d->drawn[node_mm(s, t->mm)])
		put_edge(d, node_mm(s, t->mm), thread, "");
	if (model_is_stopped(d->m, thread) && t->state == STATE_TRACED && tracer >= 0) {
		put_thread(d, tracer);
		put_edge(d, thread, tracer, "traced by");
	}
}

static void put_sleeps(struct drawing *d)
{
	for (size_t i = 0; i < d->s->nr_blocked; i++) {
		const struct blocked *b = &d->s->blocked[i];

		if (!d->drawn[b->thread] || model_own_state(d->m, b->thread) != RUN_SLEEPS)
			continue;
		put_wakers(d, b->wakers);
		put_edge(d, b->thread, node_wakers(d->s, b->wakers), "sleeps");
	}
}

/* A process that was drawn leads to its mm, or to its threads if it has no known mm. */
static void put_members(struct drawing *d)
{
	for (size_t i = 0; i < d->s->nr_threads; i++) {
		const struct thread *t = &d->s->threads[i];
		bool first = t->process >= 0 && t->tid == t->tgid;

		if (t->process < 0 || !d->drawn[node_process(d->s, t->process)])
			continue;
		if (t->mm >= 0 && first) {
			put_mm(d, t->mm);
			put_edge(d, node_process(d->s, t->process), node_mm(d->s, t->mm), "");
		} else if (t->mm < 0 && !model_is_dead(d->m, i)) {
			put_thread(d, i);
			put_edge(d, node_process(d->s, t->process), i, "");
		}
	}
}

/*
 * Cycles: the strongly connected components of the arrows between stuck nodes, by Tarjan's
 * algorithm, with an explicit stack since a chain may have any length.
 */

struct search {
	const struct drawing *d;
	/* For each node: */
	size_t *start;		/* its first arrow, since they are sorted */
	size_t *next;		/* the arrow to follow next */
	size_t *order;		/* when it was reached; 0: not yet */
	size_t *low;		/* the earliest node that it leads back to */
	size_t *component;	/* 0: not known yet */
	size_t *path;
	size_t *pending;	/* nodes that were reached and have no component */
	size_t nr_pending;
	size_t clock;
};

static int compare_arrows(const void *x, const void *y)
{
	const struct arrow *a = x, *b = y;

	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	return a->to < b->to ? -1 : a->to > b->to;
}

static void enter(struct search *se, size_t node, size_t *depth)
{
	se->order[node] = se->low[node] = ++se->clock;
	se->next[node] = se->start[node];
	se->pending[se->nr_pending++] = node;
	se->path[(*depth)++] = node;
}

static void leave(struct search *se, size_t node, size_t *depth)
{
	size_t member;

	--*depth;
	if (*depth && se->low[node] < se->low[se->path[*depth - 1]])
		se->low[se->path[*depth - 1]] = se->low[node];
	if (se->low[node] != se->order[node])
		return;
	do {
		member = se->pending[--se->nr_pending];
		se->component[member] = se->order[node];
	} while (member != node);
}

static void search_from(struct search *se, size_t root)
{
	size_t depth = 0;

	enter(se, root, &depth);
	while (depth) {
		size_t node = se->path[depth - 1], to;

		if (se->next[node] == se->start[node + 1]) {
			leave(se, node, &depth);
			continue;
		}
		to = se->d->arrows[se->next[node]++].to;
		if (!is_stuck(se->d->m, to))
			continue;
		if (!se->order[to])
			enter(se, to, &depth);
		else if (!se->component[to] && se->order[to] < se->low[node])
			se->low[node] = se->order[to];
	}
}

/* Sorts the arrows.  Return: the component of each node, to be freed. */
static size_t *find_components(struct drawing *d)
{
	size_t nr = nr_nodes(d->s), *all = xcalloc(6 * nr + 1, sizeof(*all));
	struct search se = {
		.d = d, .start = all, .next = all + nr + 1, .order = all + 2 * nr + 1,
		.low = all + 3 * nr + 1, .path = all + 4 * nr + 1, .pending = all + 5 * nr + 1,
		.component = xcalloc(nr, sizeof(*se.component)),
	};

	if (d->nr_arrows)
		qsort(d->arrows, d->nr_arrows, sizeof(*d->arrows), compare_arrows);
	for (size_t i = 0; i < d->nr_arrows; i++)
		se.start[d->arrows[i].from + 1]++;
	for (size_t i = 0; i < nr; i++)
		se.start[i + 1] += se.start[i];
	for (size_t i = 0; i < nr; i++) {
		if (!se.order[i] && is_stuck(d->m, i))
			search_from(&se, i);
	}
	free(all);
	return se.component;
}

static void put_arrows(struct drawing *d)
{
	size_t *component = find_components(d);

	for (size_t i = 0; i < d->nr_arrows; i++) {
		const struct arrow *arrow = &d->arrows[i];
		bool stuck = is_stuck(d->m, arrow->from) && is_stuck(d->m, arrow->to);
		bool cycle = stuck && component[arrow->from] == component[arrow->to];

		fprintf(d->out, "\tn%zu -> n%zu [label=\"", arrow->from, arrow->to);
		put_quoted(d->out, arrow->label);
		fprintf(d->out, "\"%s%s];\n", stuck ? ", color=red" : "",
			cycle ? ", style=bold" : "");
	}
	free(component);
}

static void count_threads(struct drawing *d)
{
	for (size_t i = 0; i < d->s->nr_threads; i++) {
		int mm = d->s->threads[i].mm;
		bool can_run = model_can_run(d->m, PASS_HOLDERS, i);

		if (mm < 0)
			continue;
		d->counts[mm].can_run += can_run && !model_waits(d->m, i);
		d->counts[mm].wait += model_waits(d->m, i);
		d->counts[mm].sleep += !can_run && model_own_state(d->m, i) == RUN_SLEEPS;
		d->counts[mm].stopped += model_is_stopped(d->m, i);
	}
}

/* The waiters to show, and the holders that they wait for. */
static void put_waiters(struct drawing *d, const struct selection *sel)
{
	bool *wanted = selection_with_holders(sel);

	for (size_t i = 0; i < d->s->nr_waiters; i++) {
		const struct waiter *w = &d->s->waiters[i];

		/* An io_uring request blocks no thread. */
		if (w->thread < 0 || w->call == CALL_IO_URING)
			continue;
		if (wanted[i] || wanted[model_first_wait(d->m, w->thread)])
			put_waiter(d, w);
	}
	free(wanted);
}

/**
 * print_graph() - write the graph of which thread waits for which, for dot(1)
 * @out: where to; errors are left to its error flag
 * @sel: the waiters to begin with
 *
 * Nodes that cannot run are red.  A cycle is red and bold.
 */
void print_graph(FILE *out, const struct selection *sel)
{
	const struct analysis *a = sel->a;
	const struct snapshot *s = a->s;
	struct drawing d = {
		.out = out, .a = a, .m = &a->model, .s = s, .drawn = xcalloc(nr_nodes(s), sizeof(*d.drawn)),
		.counts = xcalloc(s->nr_mms, sizeof(*d.counts)),
	};

	count_threads(&d);
	fputs("digraph futexinspect {\n\trankdir=LR;\n\tnode [shape=box];\n", out);
	put_waiters(&d, sel);
	for (size_t i = 0; i < s->nr_threads; i++)
		put_other(&d, i);
	put_sleeps(&d);
	put_members(&d);
	put_arrows(&d);
	fputs("}\n", out);
	free(d.drawn);
	free(d.counts);
	free(d.arrows);
}

/* Start dot(1) with the pipe as its input.  Return: 0 or a positive errno. */
static int start_dot(pid_t *pid, int fds[2], const char *format)
{
	char option[64];
	char *argv[] = { "dot", option, NULL };
	posix_spawn_file_actions_t actions;
	int rc;

	snprintf(option, sizeof(option), "-T%.50s", format);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[0], STDIN_FILENO);
	posix_spawn_file_actions_addclose(&actions, fds[0]);
	posix_spawn_file_actions_addclose(&actions, fds[1]);
	rc = posix_spawnp(pid, "dot", &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return rc;
}

/**
 * draw_graph() - let dot(1) draw the graph on standard output
 * @sel: the waiters to begin with
 * @format: one of the formats that it knows
 *
 * Return: 0; a negative errno, which is -ENOENT if there is no dot(1); or 1 if dot(1)
 * failed and has said why.
 */
int draw_graph(const struct selection *sel, const char *format)
{
	int fds[2], status, rc;
	FILE *out;
	pid_t pid;

	if (pipe(fds))
		return -errno;
	rc = start_dot(&pid, fds, format);
	close(fds[0]);
	if (rc) {
		close(fds[1]);
		return -rc;
	}
	signal(SIGPIPE, SIG_IGN);	/* dot(1) does not read if it does not know the format */
	out = fdopen(fds[1], "w");
	if (out) {
		print_graph(out, sel);
		fclose(out);
	} else {
		close(fds[1]);
	}
	if (waitpid(pid, &status, 0) < 0)
		return -errno;
	return out && WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : 1;
}
