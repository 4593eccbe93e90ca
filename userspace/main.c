// SPDX-License-Identifier: GPL-2.0-only
/*
 * futexinspect: who waits on a futex, who could wake them, and who no longer can
 * be woken by anybody.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "analyze.h"
#include "output.h"
#include "source.h"

#define DEFAULT_INTERVAL_MS	200
#define MAX_INTERVAL_MS		(60 * 1000)

enum exit_status {
	EXIT_NOBODY_STUCK	= 0,
	EXIT_FAILED		= 1,
	EXIT_USAGE		= 2,
	EXIT_STUCK		= 3,
};

struct options {
	bool json;
	const char *file;
	const char *source;
	unsigned int interval_ms;
	bool graph;
	const char *format;	/* of the graph; NULL: not drawn */
	pid_t explain;		/* 0: rank all */
};

/* Up to two looks at the host, and what follows from them. */
struct inspection {
	struct snapshot looks[2];
	struct analysis analysis;
};

static void usage(void)
{
	fputs("Usage:\n"
	      " futexinspect [options]\n"
	      " futexinspect [options] explain TID\n"
	      " futexinspect [options] graph\n"
	      "\n"
	      "Show who waits on a futex, worst first: who can be woken, and who is stuck,\n"
	      "why, and how certain that is.  With explain, tell the story of one thread.\n"
	      "With graph, write who waits for whom for dot(1).\n"
	      "\n"
	      "Options:\n"
	      " -J, --json              write JSON\n"
	      " -f, --file PATH         read a saved copy of the module's file; - is stdin\n"
	      "     --source SOURCE     where to look: module, proc or auto (default)\n"
	      "     --interval MS       time between the two looks that a proof takes\n"
	      "                         (default 200)\n"
	      " -T, --format FORMAT     draw the graph with dot(1): svg, png, ...\n"
	      " -h, --help              show this help\n"
	      " -V, --version           show the version\n"
	      "\n"
	      "Verdicts, worst first:\n"
	      " deadlock   waits, by way of lock holders, for itself\n"
	      " orphaned   the lock's holder is gone, or in another process (fork)\n"
	      " no-waker   nobody alive can wake it, and no holder is known\n"
	      " stopped    only stopped threads could wake it\n"
	      " lost-wake  its word was freed, it still sleeps, and nobody ran meanwhile\n"
	      " waiting    somebody can wake it: no harm\n"
	      " timed      wakes by itself\n"
	      " unknown    it moved while being looked at, or too little is known\n"
	      "\n"
	      "Certainty of the verdicts that say that nobody can wake it:\n"
	      " certain          proven by two looks between which nobody ran\n"
	      " barring-signals  the same, but a signal handler might still do it\n"
	      " likely           one look, or it rests on what memory looks like, on what\n"
	      "                  threads sleep in, on shared memory, or there is a tracer\n"
	      "\n"
	      "Exit status:\n"
	      " 0  nobody is stuck          2  wrong usage\n"
	      " 1  it did not work          3  somebody is stuck: the first three verdicts\n"
	      "    (with explain: or that      (with explain: that thread is)\n"
	      "    thread does not wait)\n"
	      "\n"
	      "Examples:\n"
	      " futexinspect                         what hangs on this host?\n"
	      " futexinspect explain 4711            why does thread 4711 hang?\n"
	      " futexinspect graph -T svg > waits.svg     who waits for whom, drawn\n"
	      " cat " MODULE_FILE " > copy\n"
	      " futexinspect --file copy             the same, elsewhere and later\n", stdout);
}

static void __attribute__((noreturn)) bad_usage(const char *arg, const char *what)
{
	warnx("%s: %s; see futexinspect --help", arg, what);
	exit(EXIT_USAGE);
}

static long parse_long(const char *text, long min, long max, const char *what)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (errno || end == text || *end || n < min || n > max)
		bad_usage(text, what);
	return n;
}

/* A full disk must not pass for a short answer. */
static int close_stdout(void)
{
	if (ferror(stdout) | fflush(stdout)) {
		warn("write error");
		return -1;
	}
	return 0;
}

static void parse_graph(struct options *opts, int argc, char **argv)
{
	if (argc > 1)
		bad_usage(argv[1], "graph takes no arguments");
	if (opts->json)
		bad_usage("--json", "graph has no JSON form");
	opts->graph = true;
}

static void parse_operands(struct options *opts, int argc, char **argv)
{
	if (opts->format && (!argc || strcmp(argv[0], "graph")))
		bad_usage("--format", "is for graph only");
	if (!argc)
		return;
	if (!strcmp(argv[0], "graph")) {
		parse_graph(opts, argc, argv);
		return;
	}
	if (strcmp(argv[0], "explain"))
		bad_usage(argv[0], "there is no such command");
	if (argc != 2)
		bad_usage(argv[0], "takes one thread id");
	opts->explain = parse_long(argv[1], 1, MAX_TID, "not a thread id");
	if (opts->json)
		bad_usage("--json", "explain has no JSON form");
}

static void parse_options(struct options *opts, int argc, char **argv)
{
	enum { OPT_SOURCE = 256, OPT_INTERVAL };
	static const struct option longopts[] = {
		{ "json",	no_argument,		NULL, 'J' },
		{ "file",	required_argument,	NULL, 'f' },
		{ "source",	required_argument,	NULL, OPT_SOURCE },
		{ "interval",	required_argument,	NULL, OPT_INTERVAL },
		{ "format",	required_argument,	NULL, 'T' },
		{ "help",	no_argument,		NULL, 'h' },
		{ "version",	no_argument,		NULL, 'V' },
		{ 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, ":Jf:T:hV", longopts, NULL)) != -1) {
		switch (c) {
		case 'J':
			opts->json = true;
			break;
		case 'f':
			opts->file = optarg;
			break;
		case 'T':
			opts->format = optarg;
			break;
		case OPT_SOURCE:
			opts->source = optarg;
			break;
		case OPT_INTERVAL:
			opts->interval_ms = parse_long(optarg, 0, MAX_INTERVAL_MS,
						       "not a time from 0 to 60000 ms");
			break;
		case 'h':
			usage();
			exit(close_stdout() ? EXIT_FAILED : EXIT_SUCCESS);
		case 'V':
			puts("futexinspect " FUTEXINSPECT_VERSION);
			exit(close_stdout() ? EXIT_FAILED : EXIT_SUCCESS);
		case ':':
			bad_usage(argv[optind - 1], "an argument is missing");
		default:
			bad_usage(argv[optind - 1], "there is no such option");
		}
	}
	if (opts->file && opts->source)
		bad_usage(opts->source, "--source cannot be used with --file");
	parse_operands(opts, argc - optind, argv + optind);
}

static enum source find_source(const struct options *opts)
{
	enum source source = SOURCE_MODULE;

	if (opts->file)
		return SOURCE_FILE;
	if (!opts->source || !strcmp(opts->source, "auto"))
		source = choose_source();
	else if (!strcmp(opts->source, "proc"))
		source = SOURCE_PROC;
	else if (strcmp(opts->source, "module"))
		bad_usage(opts->source, "not a source: module, proc or auto");
	return source;
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
		if (snapshot_find_thread(s, opts->explain) >= 0)
			warnx("thread %d did not wait on a futex", opts->explain);
		else
			warnx("%s does not hold thread %d: it did not wait on a futex, or did "
			      "not exist", opts->file, opts->explain);
		return;
	}
	snprintf(path, sizeof(path), PROC_ROOT "/%d/syscall", opts->explain);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		warnx("there is no thread %d", opts->explain);
	else if (fd < 0 && s->source == SOURCE_PROC)
		warnx("no rights to look at thread %d", opts->explain);
	else
		warnx("thread %d does not wait on a futex", opts->explain);
	if (fd >= 0)
		close(fd);
}

static int explain(const struct options *opts, const struct analysis *a)
{
	ssize_t waiter = analysis_find_waiter(a, opts->explain);

	if (waiter < 0) {
		explain_nothing(opts, a->s);
		return EXIT_FAILED;
	}
	print_explanation(stdout, a, waiter);
	return verdict_is_stuck(a->judgements[waiter].verdict) ? EXIT_STUCK : EXIT_NOBODY_STUCK;
}

static int rank(const struct options *opts, const struct analysis *a)
{
	int rc = 0;

	if (opts->json)
		print_json(stdout, a);
	else
		rc = print_table(stdout, a);
	if (rc) {
		warnx("cannot make the table: %s", strerror(-rc));
		return EXIT_FAILED;
	}
	return analysis_stuck(a) ? EXIT_STUCK : EXIT_NOBODY_STUCK;
}

static int graph(const struct options *opts, const struct analysis *a)
{
	int rc = 0;

	if (opts->format)
		rc = draw_graph(a, opts->format);
	else
		print_graph(stdout, a);
	if (rc == -ENOENT)
		warnx("--format takes dot(1), which is not installed: apt install graphviz");
	else if (rc < 0)
		warnx("cannot run dot(1): %s", strerror(-rc));
	if (rc)
		return EXIT_FAILED;
	return analysis_stuck(a) ? EXIT_STUCK : EXIT_NOBODY_STUCK;
}

static int run(const struct options *opts, const struct analysis *a)
{
	if (opts->graph)
		return graph(opts, a);
	return opts->explain ? explain(opts, a) : rank(opts, a);
}

int main(int argc, char **argv)
{
	struct options opts = { .interval_ms = DEFAULT_INTERVAL_MS };
	struct inspection in = { 0 };
	int status = EXIT_FAILED;

	parse_options(&opts, argc, argv);
	if (!inspect(&in, &opts, find_source(&opts)))
		status = run(&opts, &in.analysis);
	if (close_stdout())
		status = EXIT_FAILED;
	analysis_free(&in.analysis);
	snapshot_free(&in.looks[0]);
	snapshot_free(&in.looks[1]);
	return status;
}
