// SPDX-License-Identifier: GPL-2.0-only
/*
 * futexinspect: who waits on a futex, who could wake them, and who no longer can
 * be woken by anybody.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "options.h"
#include "scan.h"

/* Up to two looks at the host, and what follows from them. */
struct inspection {
	struct snapshot looks[2];
	struct analysis analysis;
};

/* A full disk must not pass for a short answer. */
static int close_stdout(void)
{
	if (ferror(stdout) | fflush(stdout)) {
		warn("write error");
		return -1;
	}
	return 0;
}

static void sleep_ms(unsigned int ms)
{
	struct timespec left = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&left, &left) && errno == EINTR)
		;
}

/*
 * A second look is only taken if the first has something that it could confirm:
 * on a quiet host the answer comes at once and costs half.
 */
static int inspect(struct inspection *in, const struct options *opts, enum source source)
{
	if (take_look(&in->looks[0], source, opts->file))
		return -1;
	if (source == SOURCE_PROC)
		warn_of_proc(&in->looks[0]);
	analyze(&in->analysis, &in->looks[0], NULL);
	if (source == SOURCE_FILE || !analysis_needs_second_look(&in->analysis))
		return 0;
	sleep_ms(opts->interval_ms);
	if (take_look(&in->looks[1], source, opts->file))
		return -1;
	analysis_free(&in->analysis);
	analyze(&in->analysis, &in->looks[1], &in->looks[0]);
	return 0;
}

/* Say why there is nothing to explain. */
static void explain_nothing(const struct options *opts, const struct snapshot *s)
{
	char path[64];
	int fd;

	if (opts->file) {
		if (snapshot_find_thread(s, opts->tid) >= 0)
			warnx("thread %d did not wait on a futex", opts->tid);
		else
			warnx("%s does not hold thread %d: it did not wait on a futex, or did "
			      "not exist", opts->file, opts->tid);
		return;
	}
	snprintf(path, sizeof(path), PROC_ROOT "/%d/syscall", opts->tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		warnx("there is no thread %d", opts->tid);
	else if (fd < 0 && s->source == SOURCE_PROC)
		warnx("no rights to look at thread %d", opts->tid);
	else
		warnx("thread %d does not wait on a futex", opts->tid);
	if (fd >= 0)
		close(fd);
}

static int explain(const struct options *opts, const struct analysis *a)
{
	ssize_t waiter = analysis_find_waiter(a, opts->tid);

	if (waiter < 0) {
		explain_nothing(opts, a->s);
		return EXIT_FAILED;
	}
	print_explanation(stdout, a, waiter);
	return verdict_is_stuck(a->judgements[waiter].verdict) ? EXIT_STUCK : EXIT_NOBODY_STUCK;
}

static int list(const struct options *opts, const struct selection *sel)
{
	int rc = 0;

	if (opts->whole_json)
		print_json(stdout, sel);
	else
		rc = print_table(stdout, sel, &opts->table);
	if (rc) {
		warnx("cannot make the table: %s", strerror(-rc));
		return EXIT_FAILED;
	}
	return selection_stuck(sel) ? EXIT_STUCK : EXIT_NOBODY_STUCK;
}

static int graph(const struct options *opts, const struct selection *sel)
{
	int rc = 0;

	if (opts->format)
		rc = draw_graph(sel, opts->format);
	else
		print_graph(stdout, sel);
	if (rc == -ENOENT)
		warnx("--format takes dot(1), which is not installed: apt install graphviz");
	else if (rc < 0)
		warnx("cannot run dot(1): %s", strerror(-rc));
	if (rc)
		return EXIT_FAILED;
	return selection_stuck(sel) ? EXIT_STUCK : EXIT_NOBODY_STUCK;
}

static bool is_cgroup2(const char *path)
{
	struct statfs fs;

	return !statfs(path, &fs) && fs.f_type == CGROUP2_SUPER_MAGIC;
}

/*
 * A slip in an id or a path must not pass for a quiet process.  Of a saved copy it is
 * not known what else there was.
 */
static bool filter_names_nothing(const struct options *opts, const struct selection *sel)
{
	const char *mount = is_cgroup2(CGROUP_MOUNT) ? CGROUP_MOUNT : CGROUP_HYBRID;
	pid_t pid = selection_lacks(sel, &opts->filter);
	char path[PATH_MAX];

	if (opts->file)
		return false;
	snprintf(path, sizeof(path), PROC_ROOT "/%d", pid);
	if (pid && access(path, F_OK)) {
		warnx("there is no process or thread %d", pid);
		return true;
	}
	if (!opts->filter.cgroup || !is_cgroup2(mount))
		return false;
	snprintf(path, sizeof(path), "%s%s", mount, opts->filter.cgroup_path);
	if (!access(path, F_OK))
		return false;
	warnx("there is no cgroup %s", path);
	return true;
}

/* Who may be of the cgroup must not pass for nobody. */
static void warn_of_cgroups(const struct selection *sel)
{
	if (sel->nr_cgroup_unknown)
		warnx("left out, as it is not known which cgroup they are of: %zu",
		      sel->nr_cgroup_unknown);
}

static int show(const struct options *opts, const struct analysis *a)
{
	struct selection sel;
	int status = EXIT_FAILED;

	if (opts->command == COMMAND_EXPLAIN)
		return explain(opts, a);
	select_waiters(&sel, a, &opts->filter);
	warn_of_cgroups(&sel);
	if (!filter_names_nothing(opts, &sel))
		status = opts->command == COMMAND_GRAPH ? graph(opts, &sel) : list(opts, &sel);
	selection_free(&sel);
	return status;
}

static int look_and_show(const struct options *opts)
{
	struct inspection in = { 0 };
	int status = EXIT_FAILED;

	if (!inspect(&in, opts, opts->any_source ? choose_source() : opts->source))
		status = show(opts, &in.analysis);
	analysis_free(&in.analysis);
	snapshot_free(&in.looks[0]);
	snapshot_free(&in.looks[1]);
	return status;
}

static int run(const struct options *opts)
{
	switch (opts->command) {
	case COMMAND_HELP:
		print_help(stdout);
		return EXIT_SUCCESS;
	case COMMAND_VERSION:
		puts("futexinspect " FUTEXINSPECT_VERSION);
		return EXIT_SUCCESS;
	case COMMAND_COLUMNS:
		print_columns(stdout);
		return EXIT_SUCCESS;
	default:
		return look_and_show(opts);
	}
}

int main(int argc, char **argv)
{
	struct options opts;
	int status;

	setlocale(LC_CTYPE, "");	/* says whether trees can be drawn with more than ASCII */
	parse_options(&opts, argc, argv);
	status = run(&opts);
	if (close_stdout())
		status = EXIT_FAILED;
	filter_free(&opts.filter);
	return status;
}
