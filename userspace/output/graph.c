// SPDX-License-Identifier: GPL-2.0-only
/*
 * The graph of which thread waits for which, in the language of dot(1).
 *
 * It has the waiters, those that are alike as one, and what they wait for: the holder where one
 * is known, or else one node for all threads of an mm, or for all mms that map a word in shared
 * memory.  A lock that several wait for is a node, too.  Threads that are not waiters are drawn
 * only if they matter: if they can run, are stopped, or sleep for something known.  The threads
 * of a process are in a cluster.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "array.h"
#include "dot.h"
#include "holders.h"
#include "output.h"
#include "reader.h"
#include "text.h"

/* Beyond so many nodes the rest is left out, unless all is wanted: nobody could read it. */
#define MAX_NODES	150

/* Threads of an mm that are drawn only because they are in it. */
#define MAX_MEMBERS	8

/* What a thread does is folded to so many columns. */
#define FOLD_WIDTH	32

#define DASHED	"dashed"
#define SOLID	"solid"

struct drawing {
	struct dot dot;
	const struct analysis *a;
	const struct model *m;
	const struct snapshot *s;
	const struct stacks *st;	/* or NULL */
	bool all;		/* each waiter, however many there are */
	struct rows rows;	/* the waiters */
	size_t *row_of;		/* for each waiter of the snapshot; from 1, 0: it is not drawn */
	bool *followed;		/* for each row: what it waits for was drawn */
	size_t nr_left_out;	/* waiters */
	/* Nodes, from 1; 0: it is not drawn. */
	size_t *of_row;
	size_t *of_word;	/* by the id in struct contention */
	size_t *of_node;	/* by the node of the model */
	struct idmap gone;	/* holders that are not there; from 0 */
	struct count {
		size_t can_run;
		size_t wait;
		size_t sleep;
		size_t stopped;
		size_t drawn;
	} *counts;		/* for each mm, of its threads */
};

static bool is_stuck(const struct model *m, size_t node)
{
	return model_level(m, PASS_HOLDERS, node) == LEVEL_STUCK;
}

/* An arrow to a node of the model, which is stuck if what waits for it is and it cannot run. */
static void link_nodes(struct drawing *d, size_t from, size_t to, size_t node, const char *label)
{
	d->dot.nodes[to].stuck |= d->dot.nodes[from].stuck && is_stuck(d->m, node);
	dot_add_arrow(&d->dot, from, to, SOLID, label);
}

static int cluster_of(int process, const struct snapshot *s)
{
	return process >= 0 && s->processes[process].tgid >= 0 ? process : -1;
}

/*
 * What waiters wait for, if it is no thread
 */

static size_t process_node(struct drawing *d, int process)
{
	size_t *slot = &d->of_node[node_process(d->s, process)];

	if (!*slot)
		*slot = 1 + dot_add_node(&d->dot, cluster_of(process, d->s), false,
					 "shape=component", "the process");
	return *slot - 1;
}

/* The process of all threads of an mm, or -1. */
static int process_of_mm(const struct drawing *d, int mm)
{
	pid_t tgid = model_mm(d->m, mm)->tgid;

	return tgid < 0 ? -1 : snapshot_find_process(d->s, tgid);
}

static size_t mm_node(struct drawing *d, int mm)
{
	size_t *slot = &d->of_node[node_mm(d->s, mm)];
	const struct count *c = &d->counts[mm];
	char label[LABEL_SIZE];
	size_t n;

	if (*slot)
		return *slot - 1;
	n = snprintf(label, sizeof(label), "any thread of the\naddress space\ncan run: %zu, wait: %zu",
		     c->can_run, c->wait);
	if (c->sleep)
		n += snprintf(label + n, sizeof(label) - n, ", sleep: %zu", c->sleep);
	if (c->stopped)
		n += snprintf(label + n, sizeof(label) - n, ", stopped: %zu", c->stopped);
	if (!model_mm(d->m, mm)->complete)
		snprintf(label + n, sizeof(label) - n, "\nothers are not known");
	*slot = 1 + dot_add_node(&d->dot, cluster_of(process_of_mm(d, mm), d->s), false,
				 "shape=ellipse", label);
	return *slot - 1;
}

/* A word in shared memory, and the mms that map it. */
static size_t shared_node(struct drawing *d, int shared)
{
	const struct shared *sh = &d->s->shared[shared];
	size_t *slot = &d->of_node[node_shared(d->s, shared)], node;
	char label[LABEL_SIZE];

	if (*slot)
		return *slot - 1;
	snprintf(label, sizeof(label), "who maps\n%s%s", sh->key_text ?: "?",
		 sh->complete == YES ? "" : "\nand others may map it");
	node = dot_add_node(&d->dot, -1, false, "shape=ellipse", label);
	*slot = node + 1;
	for (size_t i = 0; i < sh->nr_maps; i++) {
		int mm = d->s->maps[sh->first_map + i];

		link_nodes(d, node, mm_node(d, mm), node_mm(d->s, mm), "");
	}
	return node;
}

/* What ends a sleep, and the processes that can end it. */
static size_t wakers_node(struct drawing *d, int wakers)
{
	const struct wakers *w = &d->s->wakers[wakers];
	size_t *slot = &d->of_node[node_wakers(d->s, wakers)], node;
	char label[LABEL_SIZE];

	if (*slot)
		return *slot - 1;
	snprintf(label, sizeof(label), "%s %" PRIu64, sleep_texts[w->kind].wakers, w->id);
	node = dot_add_node(&d->dot, -1, false, "shape=cds", label);
	*slot = node + 1;
	return node;
}

static void put_waker_processes(struct drawing *d, size_t node, int wakers)
{
	const struct wakers *w = &d->s->wakers[wakers];

	for (size_t i = 0; i < w->nr_processes; i++) {
		int p = d->s->waker_processes[w->first_process + i];

		link_nodes(d, node, process_node(d, p), node_process(d->s, p), "");
	}
}

/* Replace spaces by newlines such that no line is longer than need be. */
static void fold_label(char *text)
{
	size_t column = 0;

	for (char *c = text; *c; c++) {
		if (*c == ' ' && column + strcspn(c + 1, " ") >= FOLD_WIDTH)
			*c = '\n';
		column = *c == '\n' ? 0 : column + 1;
	}
}

/* The same id in the locks of two mms may mean two threads. */
static size_t gone_node(struct drawing *d, const struct waiter *w, pid_t id)
{
	uint64_t key = (uint64_t)(w->mm + 1) << 32 | (uint32_t)id;
	char label[LABEL_SIZE], text[LABEL_SIZE / 2];
	int node = idmap_find(&d->gone, key);

	if (node >= 0)
		return node;
	put_gone_text(text, sizeof(text), d->a, model_first_wait(d->m, w->thread), id);
	fold_label(text);
	snprintf(label, sizeof(label), "thread %d\n%s", id, text);
	node = dot_add_node(&d->dot, -1, true, "style=dashed", label);
	idmap_add(&d->gone, key, node);
	return node;
}

/*
 * Threads
 */

/* A thread that waits on no futex, or whose wait is not to be drawn. */
static size_t other_node(struct drawing *d, int thread)
{
	const struct thread *t = &d->s->threads[thread];
	size_t *slot = &d->of_node[thread];
	char label[LABEL_SIZE], does[LABEL_SIZE / 2] = "";

	if (*slot)
		return *slot - 1;
	if (t->activity)
		snprintf(does, sizeof(does), "%s", t->activity);
	fold_label(does);
	snprintf(label, sizeof(label), "%.64s\nthread %d\n%s%s%s", t->comm ?: "?", t->tid,
		 model_state_name(d->m, thread), *does ? ":\n" : "", does);
	*slot = 1 + dot_add_node(&d->dot, cluster_of(t->process, d->s), false,
				 model_is_stopped(d->m, thread) ? "style=\"rounded,dotted\"" :
								  "style=rounded", label);
	return *slot - 1;
}

/* Where a thread is, for whoever points at its node. */
static void put_stack(struct drawing *d, size_t node, pid_t tid)
{
	const struct stack *stack = find_stack(d->st, tid);
	char *text = NULL;
	size_t size;
	FILE *out;

	if (!stack)
		return;
	out = open_memstream(&text, &size);
	if (!out)
		return;
	print_lock_name(out, "waits on ", stack);
	print_stack(out, 0, stack);
	if (fclose(out))
		free(text);
	else
		dot_set_tooltip(&d->dot, node, text);
}

/* A waiter, and those that are like it.  A thread that waits on several words is one. */
static size_t row_node(struct drawing *d, size_t row)
{
	const struct row *r = &d->rows.rows[row];
	const struct waiter *w = &d->s->waiters[r->waiter];
	const struct judgement *j = &d->a->judgements[r->waiter];
	const char *certainty = certainties[j->certainty].name;
	char label[LABEL_SIZE], alike[64] = "", others[64] = "";

	if (d->of_row[row])
		return d->of_row[row] - 1;
	if (r->nr_alike) {
		snprintf(alike, sizeof(alike), " x%zu", r->nr_alike + 1);
		snprintf(others, sizeof(others), " and %zu like it", r->nr_alike);
	}
	snprintf(label, sizeof(label), "%.64s%s\nthread %d%s\n%s%s%s", w->comm ?: "?", alike, w->tid,
		 others, verdicts[j->verdict].name, certainty ? ", " : "", certainty ?: "");
	d->of_row[row] = 1 + dot_add_node(&d->dot, cluster_of(w->process, d->s),
					  verdicts[j->verdict].stuck, r->nr_alike ?
					  "shape=box3d" : "shape=box", label);
	put_stack(d, d->of_row[row] - 1, w->tid);
	return d->of_row[row] - 1;
}

/* The row of a thread's first wait, from 1; 0: it has none, or it is not drawn. */
static size_t row_of_thread(const struct drawing *d, int thread)
{
	int waiter = model_first_wait(d->m, thread);

	return waiter < 0 ? 0 : d->row_of[waiter];
}

static size_t thread_node(struct drawing *d, int thread)
{
	size_t row = row_of_thread(d, thread);

	return row ? row_node(d, row - 1) : other_node(d, thread);
}

/*
 * Waits
 */

/* Idle waiters that are alike may wait on a word each. */
static void put_label(const struct drawing *d, char dst[ARROW_LABEL_SIZE], const struct waiter *w)
{
	const char *lock = primitives[model_holder(d->m, w->thread)->primitive].name ?: "futex";
	size_t i = w - d->s->waiters;
	bool several = verdicts[d->a->judgements[i].verdict].is_idle &&
		       d->rows.rows[d->row_of[i] - 1].nr_alike;

	if (w->known & W_WAITS_ON && !several)
		snprintf(dst, ARROW_LABEL_SIZE, "%s %#" PRIx64, lock, w->waits_on);
	else
		snprintf(dst, ARROW_LABEL_SIZE, "%s", lock);
}

/* A word that several wait on; else the arrow says which it is, and @from is returned. */
static size_t put_word(struct drawing *d, size_t from, const struct waiter *w,
		       char label[ARROW_LABEL_SIZE])
{
	size_t i = w - d->s->waiters;
	const struct contention *c = &d->a->contention[i];
	char text[LABEL_SIZE];
	size_t node;

	if (verdicts[d->a->judgements[i].verdict].is_idle || c->nr_waiters < 2)
		return from;
	if (!d->of_word[c->word]) {
		snprintf(text, sizeof(text), "%s\n%zu waiters", label, c->nr_waiters);
		d->of_word[c->word] = 1 + dot_add_node(&d->dot, cluster_of(w->process, d->s), false,
						       "shape=hexagon", text);
	}
	node = d->of_word[c->word] - 1;
	d->dot.nodes[node].stuck |= d->dot.nodes[from].stuck;
	dot_add_arrow(&d->dot, from, node, SOLID, "");
	*label = '\0';
	return node;
}

static void put_tracer(struct drawing *d, int thread)
{
	int tracer = find_tracer(d->s, thread);

	if (model_is_stopped(d->m, thread) && d->s->threads[thread].state == STATE_TRACED &&
	    tracer >= 0)
		link_nodes(d, thread_node(d, thread), thread_node(d, tracer), tracer, "traced by");
}

/* What a waiter waits for.  Return: the thread, if it is one; else -1. */
static int put_wait(struct drawing *d, const struct waiter *w)
{
	const struct holder *h = model_holder(d->m, w->thread);
	size_t from = thread_node(d, w->thread);
	char label[ARROW_LABEL_SIZE];

	put_tracer(d, w->thread);
	put_label(d, label, w);
	from = put_word(d, from, w, label);
	if (h->id != PID_UNKNOWN && h->thread >= 0) {
		link_nodes(d, from, thread_node(d, h->thread), h->thread, label);
		return h->thread;
	}
	if (h->id != PID_UNKNOWN && h->gone)
		dot_add_arrow(&d->dot, from, gone_node(d, w, h->id), DASHED, label);
	else if (w->shared >= 0)
		link_nodes(d, from, shared_node(d, w->shared), node_shared(d->s, w->shared), label);
	else if (w->mm >= 0 && w->key_type != KEY_UNKNOWN)
		link_nodes(d, from, mm_node(d, w->mm), node_mm(d->s, w->mm), label);
	return -1;
}

static bool is_full(const struct drawing *d)
{
	return !d->all && d->dot.nr_nodes >= MAX_NODES;
}

/* A row, what it waits for, what that waits for, and so on. */
static void put_row(struct drawing *d, size_t row)
{
	while (!d->followed[row] && !is_full(d)) {
		const struct waiter *w = &d->s->waiters[d->rows.rows[row].waiter];
		int thread;

		d->followed[row] = true;
		thread = put_wait(d, w);
		if (thread < 0 || !row_of_thread(d, thread))
			return;
		row = row_of_thread(d, thread) - 1;
	}
}

/* A node that says what is not drawn, and what waits for that. */
static void put_left_out(struct drawing *d)
{
	char label[LABEL_SIZE];
	size_t note;

	if (!d->nr_left_out)
		return;
	snprintf(label, sizeof(label), "%zu of %zu waiters are left out:\n--pid draws those of a "
		 "process,\n--all draws all", d->nr_left_out, d->s->nr_waiters);
	note = dot_add_node(&d->dot, -1, false, "shape=note", label);
	for (size_t i = 0; i < d->rows.nr; i++) {
		if (d->of_row[i] && !d->followed[i])
			dot_add_arrow(&d->dot, d->of_row[i] - 1, note, "dotted", "");
	}
}

/* The waiters to show, and the holders that they wait for, worst first. */
static void put_waiters(struct drawing *d, const struct selection *sel)
{
	struct selection drawn = { .a = sel->a, .f = sel->f };
	bool *wanted = selection_with_holders(sel);

	drawn.waiters = xcalloc(d->s->nr_waiters, sizeof(*drawn.waiters));
	for (size_t n = 0; n < d->s->nr_waiters; n++) {
		size_t i = d->a->order[n];
		const struct waiter *w = &d->s->waiters[i];

		/* An io_uring request blocks no thread. */
		if (w->thread >= 0 && w->call != CALL_IO_URING &&
		    (wanted[i] || wanted[model_first_wait(d->m, w->thread)]))
			drawn.waiters[drawn.nr++] = i;
	}
	if (d->all) {
		list_rows(&d->rows, &drawn);
		for (size_t n = 0; n < drawn.nr; n++)
			d->row_of[drawn.waiters[n]] = n + 1;
	} else {
		group_rows(&d->rows, &drawn, d->row_of);
	}
	d->of_row = xcalloc(d->rows.nr, sizeof(*d->of_row));
	d->followed = xcalloc(d->rows.nr, sizeof(*d->followed));
	for (size_t i = 0; i < d->rows.nr; i++)
		put_row(d, i);
	for (size_t i = 0; i < d->rows.nr; i++)
		d->nr_left_out += d->followed[i] ? 0 : d->rows.rows[i].nr_alike + 1;
	selection_free(&drawn);
	free(wanted);
}

/*
 * Threads that wait on no futex: they are stopped, sleep, or can run
 */

static bool is_drawn(const struct drawing *d, int thread)
{
	size_t row = row_of_thread(d, thread);

	return row ? d->of_row[row - 1] : d->of_node[thread];
}

static void put_other(struct drawing *d, int thread)
{
	const struct thread *t = &d->s->threads[thread];
	size_t mm = t->mm >= 0 ? d->of_node[node_mm(d->s, t->mm)] : 0;
	size_t process = t->process >= 0 ? d->of_node[node_process(d->s, t->process)] : 0;
	bool drawn = is_drawn(d, thread);

	if ((!drawn && !mm && !process) || model_waits(d->m, thread) || model_is_dead(d->m, thread))
		return;
	if (!drawn && t->mm >= 0 && !d->all && d->counts[t->mm].drawn++ >= MAX_MEMBERS)
		return;
	thread_node(d, thread);
	if (mm)
		link_nodes(d, mm - 1, thread_node(d, thread), thread, "");
	put_tracer(d, thread);
}

static void put_sleeps(struct drawing *d)
{
	for (size_t i = 0; i < d->s->nr_blocked; i++) {
		const struct blocked *b = &d->s->blocked[i];
		size_t node;

		if (!is_drawn(d, b->thread) || model_own_state(d->m, b->thread) != RUN_SLEEPS)
			continue;
		node = wakers_node(d, b->wakers);
		link_nodes(d, thread_node(d, b->thread), node, node_wakers(d->s, b->wakers), "sleeps");
		put_waker_processes(d, node, b->wakers);
	}
}

/* A process that was drawn leads to its mm, or to its threads if it has no known mm. */
static void put_members(struct drawing *d)
{
	for (size_t i = 0; i < d->s->nr_threads; i++) {
		const struct thread *t = &d->s->threads[i];
		bool first = t->process >= 0 && t->tid == t->tgid;
		size_t node = t->process < 0 ? 0 : d->of_node[node_process(d->s, t->process)];

		if (!node)
			continue;
		if (t->mm >= 0 && first)
			link_nodes(d, node - 1, mm_node(d, t->mm), node_mm(d->s, t->mm), "");
		else if (t->mm < 0 && !model_is_dead(d->m, i))
			link_nodes(d, node - 1, thread_node(d, i), i, "");
	}
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

/*
 * The whole
 */

static void put_title(char *dst, size_t size, const struct snapshot *s)
{
	char time[TIME_SIZE];
	bool known = s->known & SNAPSHOT_REALTIME && format_time(time, s->realtime_ns);

	snprintf(dst, size, "futexinspect: which thread waits for which\nhost %.64s, kernel %.64s, %s, "
		 "source %s\nred with two borders: stuck; thick arrows: a cycle; dashed: not there",
		 s->host ?: "?", s->kernel ?: "?", known ? time : "time not known", s->source->name);
}

static void put_cluster_title(FILE *out, int process, const void *arg)
{
	const struct snapshot *s = arg;

	dot_put_text(out, s->processes[process].comm ?: "?");
	fprintf(out, " (process %d)", s->processes[process].tgid);
}

static void init(struct drawing *d, const struct analysis *a, bool all, const struct stacks *st)
{
	const struct snapshot *s = a->s;

	*d = (struct drawing){
		.a = a, .m = &a->model, .s = s, .all = all, .st = st,
		.row_of = xcalloc(s->nr_waiters, sizeof(*d->row_of)),
		.of_word = xcalloc(s->nr_waiters + 1, sizeof(*d->of_word)),
		.of_node = xcalloc(nr_nodes(s), sizeof(*d->of_node)),
		.counts = xcalloc(s->nr_mms, sizeof(*d->counts)),
	};
	idmap_init(&d->gone, s->nr_waiters);
}

static void finish(struct drawing *d)
{
	dot_free(&d->dot);
	rows_free(&d->rows);
	idmap_free(&d->gone);
	free(d->row_of);
	free(d->followed);
	free(d->of_row);
	free(d->of_word);
	free(d->of_node);
	free(d->counts);
}

/**
 * print_graph() - write the graph of which thread waits for which, for dot(1)
 * @out: where to; errors are left to its error flag
 * @sel: the waiters to begin with
 * @all: draw each waiter, not those that are alike as one, and however many there are
 * @st: stacks, which become tooltips; or NULL
 */
void print_graph(FILE *out, const struct selection *sel, bool all, const struct stacks *st)
{
	char title[LABEL_SIZE];
	struct drawing d;

	init(&d, sel->a, all, st);
	count_threads(&d);
	put_waiters(&d, sel);
	for (size_t i = 0; i < d.s->nr_threads; i++)
		put_other(&d, i);
	put_sleeps(&d);
	put_members(&d);
	put_left_out(&d);
	put_title(title, sizeof(title), d.s);
	dot_print(out, &d.dot, title, put_cluster_title, d.s);
	finish(&d);
}

/* Start dot(1) with the pipe as its input.  Return: 0 or a positive errno. */
static int start_dot(pid_t *pid, int fds[2], const char *format)
{
	char option[64];
	char *argv[] = { "dot", option, NULL };

	snprintf(option, sizeof(option), "-T%.50s", format);
	return start_reader(pid, fds, argv);
}

/**
 * draw_graph() - let dot(1) draw the graph on standard output
 * @sel: the waiters to begin with
 * @all: as print_graph() has it
 * @st: as well
 * @format: one of the formats that it knows
 *
 * Return: 0; a negative errno, which is -ENOENT if there is no dot(1); or 1 if dot(1)
 * failed and has said why.
 */
int draw_graph(const struct selection *sel, bool all, const struct stacks *st, const char *format)
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
		print_graph(out, sel, all, st);
		fclose(out);
	} else {
		close(fds[1]);
	}
	if (waitpid(pid, &status, 0) < 0)
		return -errno;
	return out && WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : 1;
}
