// SPDX-License-Identifier: GPL-2.0-only
/*
 * futexinspect: which threads wait on a futex, which threads could wake them, and which
 * can no longer be woken.
 */
#include <err.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "array.h"
#include "corefile.h"
#include "options.h"
#include "pager.h"
#include "screen.h"
#include "signals.h"

/* Threads of which is shown what they do: each takes a few files of /proc. */
#define MAX_DESCRIBED	256

/* Up to two looks at the host. */
struct inspection {
	struct snapshot looks[2];
	struct analysis analyses[2];
	int last;		/* the look whose analysis is shown */
};

/* A full disk must not pass for a short answer. */
static int close_stdout(void)
{
	if ((ferror(stdout) | fflush(stdout)) && !pager_is_running()) {
		warn("write error");
		return -1;
	}
	return pager_finish();
}

/* Before the first line of an answer. */
static void begin_output(const struct options *opts)
{
	if (!opts->no_pager && isatty(STDOUT_FILENO))
		pager_start();
}

static void sleep_ms(unsigned int ms)
{
	struct timespec left = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&left, &left) && errno == EINTR)
		;
}

/* Say on stderr what the source does not show, in one line. */
static void warn_of_source(const struct snapshot *s)
{
	const char *other = s->core ? corefile_other_exe(s->core) : NULL;
	char name[SIGNAL_NAME_SIZE];

	if (s->signal_tid)
		warnx("thread %d got %s", s->signal_tid, signal_name(name, s->signal));
	if (other)
		warnx("%s is another build than the one that dumped core, and is not used: --exe FILE "
		      "names the right one", other);
	if (s->source->lacks)
		warnx("%s does not show %s: no verdict is more than likely", s->source->title,
		      s->source->lacks);
	else if (!s->source->shows_queues)
		warnx("/proc does not show the kernel's queues (requeued waiters, io_uring): no "
		      "verdict is more than likely");
}

static int look(struct inspection *in, int n, const struct source *source,
		const struct options *opts)
{
	struct snapshot *s = &in->looks[n];

	if (take_look(s, source, &opts->files))
		return -1;
	look_for(s, opts->filter.pids, opts->filter.nr_pids);
	look_for(s, &opts->tid, opts->tid > 0);
	analyze(&in->analyses[n], s, n ? &in->analyses[n - 1] : NULL);
	in->last = n;
	return 0;
}

/* The waiter to explain: that of the thread, or the worst one of those that are meant. */
static ssize_t find_explained(const struct options *opts, const struct analysis *a)
{
	ssize_t waiter = opts->tid ? analysis_find_waiter(a, opts->tid) : -1;

	return waiter >= 0 ? waiter : analysis_find_worst(a, opts->tid, opts->name);
}

/* One waiter of each process that will be shown. */
static void identify(struct snapshot *s, const struct analysis *a, const struct filter *f)
{
	bool *seen = xcalloc(s->nr_processes, sizeof(*seen));
	struct selection sel;
	size_t nr = 0;

	select_waiters(&sel, a, f);
	for (size_t i = 0; i < sel.nr; i++) {
		int process = s->waiters[sel.waiters[i]].process;

		if (process < 0 || seen[process])
			continue;
		seen[process] = true;
		sel.waiters[nr++] = sel.waiters[i];
	}
	identify_processes(s, sel.waiters, nr);
	selection_free(&sel);
	free(seen);
}

/* The threads that could wake the waiter that explain tells about.  Return: how many. */
static size_t list_wakers(const struct analysis *a, const struct waiter *w, int *threads)
{
	size_t nr = 0;

	if (w->mm >= 0)
		nr = analysis_list_unblocked(a, w->mm, threads, MAX_DESCRIBED);
	return nr + analysis_list_mappers(a, w, threads + nr, MAX_DESCRIBED);
}

/* What is said of the threads that verdicts speak of, as far as there is time for. */
static void describe(struct inspection *in, const struct options *opts)
{
	const struct analysis *a = &in->analyses[in->last];
	bool all = opts->json && !opts->chosen_columns;
	struct snapshot *s = &in->looks[in->last];
	ssize_t waiter = opts->command->takes_tid ? find_explained(opts, a) : -1;
	int threads[3 * MAX_DESCRIBED];
	size_t shown = waiter, nr = analysis_list_named(a, threads, MAX_DESCRIBED);

	if (waiter >= 0)
		nr += list_wakers(a, &s->waiters[waiter], threads + nr);
	/* All at once: the descriptors of the whole host are looked at for their other ends. */
	describe_threads(s, threads, nr);
	name_parents(s);
	if (!opts->command->takes_tid) {
		if (all || has_identity(&opts->table.columns))
			identify(s, a, &opts->filter);
		return;
	}
	if (waiter < 0 || s->waiters[waiter].process < 0)
		return;
	describe_process(s, s->waiters[waiter].process);
	if (all)
		identify_processes(s, &shown, 1);
}

/*
 * A second look is taken only if the first has something that it could confirm: on a quiet
 * host the answer comes at once and costs half.
 */
static int inspect(struct inspection *in, const struct options *opts)
{
	const struct snapshot *s = &in->looks[0];

	if (look(in, 0, opts->source, opts))
		return -1;
	if (!opts->quiet)
		warn_of_source(s);
	if (!s->source->two_looks || !analysis_wants_second_look(&in->analyses[0]))
		return 0;
	sleep_ms(opts->interval_ms);
	return look(in, 1, s->source, opts);
}

/* Threads whose stacks are shown in the table, and where they can be searched or pointed at. */
#define MAX_STACKS	20
#define MAX_STACKS_MORE	1000

static void show_json(const struct options *opts, const struct selection *sel,
		      const struct stacks *st, const char *unexplained)
{
	const struct json_options json = {
		.columns = opts->chosen_columns ? &opts->table.columns : NULL,
		.tree = opts->table.tree, .stacks = st, .interval_ms = opts->interval_ms,
		.unexplained = unexplained,
	};

	print_json(stdout, sel, &json);
}

/* Why there is nothing to explain.  Return: whether that is an answer, and no failure. */
static bool find_why(char why[WHY_SIZE], const struct options *opts, const struct analysis *a)
{
	if (opts->tid)
		why_no_waiter(why, a->s, opts->tid, opts->files.path);
	else if (opts->name)
		snprintf(why, WHY_SIZE, "no thread that waits on a futex is called %s, or is of "
			 "such a process", opts->name);
	else
		snprintf(why, WHY_SIZE, "no thread is stuck or blocked on a futex");
	return !opts->tid && !opts->name;
}

/* There is nothing to explain.  Return: the exit status. */
static int explain_nothing(const struct options *opts, const struct analysis *a)
{
	char why[WHY_SIZE], shown[WHY_SIZE];
	bool is_answer = find_why(why, opts, a);
	struct selection sel;
	bool complete;

	if (!is_answer)
		warnx("%s", shown_text(shown, sizeof(shown), why));
	if (!is_answer && !opts->json)
		return EXIT_FAILED;
	begin_output(opts);
	select_thread(&sel, a, &opts->filter, PID_NONE);
	complete = selection_is_complete(&sel);
	if (opts->json) {
		show_json(opts, &sel, NULL, why);
	} else {
		print_gaps(stdout, &sel);
		puts(why);
	}
	selection_free(&sel);
	return is_answer && complete ? EXIT_NOBODY_STUCK : EXIT_FAILED;
}

static void show_explanation(const struct options *opts, const struct analysis *a, size_t waiter,
			     const struct stacks *st)
{
	struct selection sel;

	begin_output(opts);
	if (opts->json) {
		select_thread(&sel, a, &opts->filter, a->s->waiters[waiter].tid);
		show_json(opts, &sel, st, NULL);
		selection_free(&sel);
		return;
	}
	if (opts->tid && a->s->waiters[waiter].tid != opts->tid)
		printf("Thread %d itself does not wait on a futex. The worst of its process:\n\n",
		       opts->tid);
	print_explanation(stdout, a, waiter, st);
}

static bool progress_is_shown;

/* For a person who waits. */
static void show_progress(size_t done, size_t nr)
{
	fprintf(stderr, "\rreading stacks: %zu of %zu", done, nr);
	progress_is_shown = true;
}

static void remove_progress(void)
{
	if (progress_is_shown)
		fputs("\r\033[K", stderr);
	progress_is_shown = false;
}

static void read_chosen_stacks(const struct snapshot *s, struct stacks *st)
{
	st->progress = isatty(STDERR_FILENO) ? show_progress : NULL;
	if (s->core)
		read_core_stacks(s->core, st);
	else
		read_stacks(PROC_ROOT, st);
	remove_progress();
}

/*
 * What the stacks say of locks comes after the verdict, which says whose stacks are worth reading.
 * Return: whether it differs, and all is judged again.
 */
static bool judge_by_types(struct inspection *in, const struct options *opts,
			   const struct stacks *st)
{
	bool corrected = false;

	for (int n = 0; n <= in->last; n++)
		corrected |= correct_locks(&in->looks[n], st);
	if (!corrected)
		return false;
	for (int n = 0; n <= in->last; n++)
		analysis_free(&in->analyses[n]);
	for (int n = 0; n <= in->last; n++)
		analyze(&in->analyses[n], &in->looks[n], n ? &in->analyses[n - 1] : NULL);
	describe(in, opts);
	return true;
}

/* Who is idle is only explained if asked for. */
static bool is_explained(const struct options *opts, const struct analysis *a, ssize_t waiter)
{
	return waiter >= 0 && (opts->tid || opts->name ||
			       !verdicts[a->judgements[waiter].verdict].is_idle);
}

/*
 * Read the stacks that explain a waiter.  Which one that is may change with what they say of its
 * lock.  Return: the waiter.
 */
static ssize_t read_explaining_stacks(const struct options *opts, struct inspection *in,
				      struct stacks *st)
{
	const struct analysis *a = &in->analyses[in->last];
	ssize_t waiter;

	do {
		stacks_free(st);
		waiter = find_explained(opts, a);
		if (!is_explained(opts, a, waiter) || !a->s->source->has_stacks)
			return waiter;
		choose_stacks_to_explain(st, a, waiter);
		read_chosen_stacks(a->s, st);
	} while (judge_by_types(in, opts, st));
	in->analyses[in->last].stacks = st;
	return waiter;
}

static int explain(const struct options *opts, struct inspection *in)
{
	const struct analysis *a = &in->analyses[in->last];
	struct stacks st = { 0 };
	ssize_t waiter = read_explaining_stacks(opts, in, &st);
	int status;

	if (is_explained(opts, a, waiter)) {
		show_explanation(opts, a, waiter, &st);
		status = verdicts[a->judgements[waiter].verdict].stuck ? EXIT_STUCK :
									 EXIT_NOBODY_STUCK;
	} else {
		status = explain_nothing(opts, a);
	}
	stacks_free(&st);
	return status;
}

/*
 * Whoever is missing from the list may be stuck: that nobody is must not be said then.  Who
 * asks for somebody by id gets no answer about another.
 */
static int selection_status(const struct selection *sel)
{
	if (selection_misses_pid(sel))
		return EXIT_FAILED;
	if (selection_stuck(sel))
		return EXIT_STUCK;
	return selection_is_complete(sel) ? EXIT_NOBODY_STUCK : EXIT_FAILED;
}

static int print_list(const struct options *opts, const struct selection *sel,
		      const struct stacks *st)
{
	struct table_options table = opts->table;

	begin_output(opts);
	table.stacks = st;
	if (!opts->json)
		return print_table(stdout, sel, &table);
	show_json(opts, sel, st, NULL);
	return 0;
}

/* The stacks of the waiters that are selected, and what those say of their locks. */
static void read_selected_stacks(const struct options *opts, struct inspection *in,
				 struct stacks *st)
{
	const struct analysis *a = &in->analyses[in->last];
	bool is_table = opts->command->has_table && !opts->json;
	size_t max = is_table ? MAX_STACKS : MAX_STACKS_MORE;
	struct selection sel;

	select_waiters(&sel, a, &opts->filter);
	choose_listed_stacks(st, &sel, max);
	selection_free(&sel);
	read_chosen_stacks(a->s, st);
	judge_by_types(in, opts, st);
	in->analyses[in->last].stacks = st;
}

static int show_list(const struct options *opts, const struct selection *sel,
		     const struct stacks *st)
{
	int rc = print_list(opts, sel, st);

	if (rc) {
		warnx("cannot make the table: %s", strerror(-rc));
		return EXIT_FAILED;
	}
	return selection_status(sel);
}

static int show_graph(const struct options *opts, const struct selection *sel,
		      const struct stacks *st)
{
	int rc = 0;


	if (opts->format && isatty(STDOUT_FILENO)) {
		warnx("a picture is not for a terminal: futexinspect graph -T %s > FILE",
		      opts->format);
		return EXIT_FAILED;
	}
	if (opts->format) {
		rc = draw_graph(sel, opts->table.all, st, opts->format);
	} else {
		begin_output(opts);
		print_graph(stdout, sel, opts->table.all, st);
	}
	if (rc == -ENOENT)
		warnx("--format takes dot(1), which is not installed: apt install graphviz");
	else if (rc < 0)
		warnx("cannot run dot(1): %s", strerror(-rc));
	if (rc)
		return EXIT_FAILED;
	print_gaps(NULL, sel);
	return selection_status(sel);
}

/*
 * A typo in an id or a path must not pass for a quiet process.  What else there was on the
 * host of a saved copy, or of a core dump, is not known.
 */
static bool filter_names_nothing(const struct options *opts, const struct selection *sel)
{
	const char *name = selection_lacks_name(sel);
	pid_t pid = selection_lacks(sel);
	char cgroup[PATH_MAX];

	if (opts->files.path)
		return false;
	if (pid && !host_has_process(pid)) {
		warnx("there is no process or thread %d", pid);
		return true;
	}
	if (name && !host_has_name(name)) {
		warnx("no process or thread is called %s", name);
		return true;
	}
	if (opts->filter.cgroup && host_lacks_cgroup(opts->filter.cgroup_path, cgroup)) {
		warnx("there is no cgroup %s", cgroup);
		return true;
	}
	return false;
}

/* Do not silently drop waiters whose cgroup is unknown. */
static void warn_of_cgroups(const struct selection *sel)
{
	if (sel->nr_cgroup_unknown)
		warnx("waiters left out because their cgroup is not known: %zu",
		      sel->nr_cgroup_unknown);
}

/* Show the waiters that are selected.  Return: the exit status. */
static int select_and_show(const struct options *opts, struct inspection *in,
			   int (*show)(const struct options *opts, const struct selection *sel,
				       const struct stacks *st))
{
	const struct analysis *a = &in->analyses[in->last];
	bool has_stacks = opts->stacks && a->s->source->has_stacks;
	struct stacks st = { 0 };
	struct selection sel;
	int status = EXIT_FAILED;

	if (has_stacks)
		read_selected_stacks(opts, in, &st);
	else if (opts->stacks)
		warnx("%s has no stacks", a->s->source->title);
	select_waiters(&sel, a, &opts->filter);
	warn_of_cgroups(&sel);
	if (!filter_names_nothing(opts, &sel))
		status = show(opts, &sel, has_stacks ? &st : NULL);
	selection_free(&sel);
	stacks_free(&st);
	return status;
}

static int list(const struct options *opts, struct inspection *in)
{
	return select_and_show(opts, in, show_list);
}

static int graph(const struct options *opts, struct inspection *in)
{
	return select_and_show(opts, in, show_graph);
}

const struct command commands[] = {
	{ "", list, .has_table = true, .has_all = true, .has_filter = true, .has_json = true,
	  .has_stacks = true },
	{ "explain", explain, .takes_tid = true, .has_json = true },
	{ "graph", graph, .has_all = true, .has_filter = true, .has_format = true,
	  .has_stacks = true },
	{ NULL }
};

static int look_and_show(const struct options *opts)
{
	struct inspection in = { 0 };
	int status = EXIT_FAILED;

	if (!inspect(&in, opts)) {
		describe(&in, opts);
		status = opts->command->run(opts, &in);
	}
	for (int n = 0; n < 2; n++) {
		analysis_free(&in.analyses[n]);
		snapshot_free(&in.looks[n]);
	}
	return status;
}

int main(int argc, char **argv)
{
	struct options opts;
	int status = EXIT_SUCCESS;

	setlocale(LC_CTYPE, "");	/* says whether trees can be drawn with more than ASCII */
	parse_options(&opts, argc, argv);
	if (opts.print)
		opts.print(stdout);
	else
		status = look_and_show(&opts);
	if (close_stdout())
		status = EXIT_FAILED;
	free_options(&opts);
	return status;
}
