// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command line.
 */
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "options.h"

#define DEFAULT_INTERVAL_MS	200
#define MAX_INTERVAL_MS		(60 * 1000)

/* Options without a letter. */
enum {
	OPT_TREE = 256,
	OPT_STACKS,
	OPT_COLOR,
	OPT_NO_PAGER,
	OPT_VERDICT,
	OPT_CGROUP,
	OPT_CORE,
	OPT_EXE,
	OPT_SOURCE,
	OPT_INTERVAL,
};

/* Each letter has a long name. */
static const struct option longopts[] = {
	{ "all",	  no_argument,	     NULL, 'a' },
	{ "json",	  no_argument,	     NULL, 'J' },
	{ "output",	  required_argument, NULL, 'o' },
	{ "list-columns", no_argument,	     NULL, 'H' },
	{ "noheadings",	  no_argument,	     NULL, 'n' },
	{ "raw",	  no_argument,	     NULL, 'r' },
	{ "notruncate",	  no_argument,	     NULL, 'u' },
	{ "tree",	  no_argument,	     NULL, OPT_TREE },
	{ "stacks",	  no_argument,	     NULL, OPT_STACKS },
	{ "color",	  optional_argument, NULL, OPT_COLOR },
	{ "no-pager",	  no_argument,	     NULL, OPT_NO_PAGER },
	{ "format",	  required_argument, NULL, 'T' },
	{ "pid",	  required_argument, NULL, 'p' },
	{ "verdict",	  required_argument, NULL, OPT_VERDICT },
	{ "cgroup",	  required_argument, NULL, OPT_CGROUP },
	{ "quiet",	  no_argument,	     NULL, 'q' },
	{ "file",	  required_argument, NULL, 'f' },
	{ "core",	  required_argument, NULL, OPT_CORE },
	{ "exe",	  required_argument, NULL, OPT_EXE },
	{ "source",	  required_argument, NULL, OPT_SOURCE },
	{ "interval",	  required_argument, NULL, OPT_INTERVAL },
	{ "help",	  no_argument,	     NULL, 'h' },
	{ "version",	  no_argument,	     NULL, 'V' },
	{ 0 }
};

/* What was given, to find options that do not go together. */
struct given {
	const char *json;
	const char *output;
	const char *listing;	/* an option that is for the table only */
	const char *all;
	const char *filter;
	const char *file;
	const char *core;
	const char *source;
	const char *interval;
};

/* The sources are put in. */
static const char help_options[] =
	"Usage:\n"
	" futexinspect [options]\n"
	" futexinspect [options] explain [TID|PID|NAME]\n"
	" futexinspect [options] graph\n"
	"\n"
	"Show which threads wait on a futex, worst first: which can be woken, which are\n"
	"stuck, why, and how certain that is.  With explain, tell the story of one\n"
	"thread: of the worst one, on this host or of a process.  With graph, write\n"
	"which thread waits for which, for dot(1).\n"
	"\n"
	"Options:\n"
	" -a, --all               show each waiter, not those that are alike as one\n"
	" -J, --json              write JSON: all there is, or the columns of --output\n"
	" -o, --output LIST       columns to show; with +LIST: besides the default\n"
	" -H, --list-columns      list the columns\n"
	" -n, --noheadings        neither headings nor summary\n"
	" -r, --raw               for scripts: no padding, a space in a value is \\x20\n"
	" -u, --notruncate        do not cut names or fold lines\n"
	"     --tree              waiters hang from the threads that hold their locks\n"
	"     --stacks            the stacks of those that are stuck or blocked\n"
	"     --color[=WHEN]      auto (default: on terminals), always or never\n"
	"     --no-pager          do not start a pager on a terminal\n"
	" -T, --format FORMAT     draw the graph with dot(1): svg, png, ...\n"
	"\n"
	"Which waiters; the exit status is about these:\n"
	" -p, --pid LIST          of these processes or threads: ids or names\n"
	"     --verdict LIST      with these verdicts; stuck: the first three\n"
	"     --cgroup PATH       of a cgroup v2 and those below it\n"
	"\n"
	"Where to look:\n"
	" -f, --file PATH         a saved copy of the module's file; - is stdin\n"
	"     --core FILE         a core dump, which zstd may have compressed\n"
	"     --exe PATH          the executable of that, if it is not where it was\n"
	"     --source SOURCE     %s (default)\n"
	"     --interval MS       time between the two looks that a proof takes\n"
	"                         (default 200)\n"
	"\n"
	" -q, --quiet             do not say on stderr what the source cannot show\n"
	" -h, --help              show this help\n"
	" -V, --version           show the version\n"
	"\n";

static const char help_examples[] =
	"Exit status:\n"
	" 0  no waiter is stuck       2  wrong usage\n"
	" 1  it did not work, or the  3  a waiter is stuck: the first three verdicts\n"
	"    list is not complete        (with explain: that thread is)\n"
	"    (with explain: or that\n"
	"    thread does not wait)\n"
	"\n"
	"Examples:\n"
	" futexinspect                         what hangs on this host?\n"
	" futexinspect explain                 why does the worst one hang?\n"
	" futexinspect explain 4711            why does thread or process 4711 hang?\n"
	" futexinspect --tree -p 4711          what do its process's threads wait for?\n"
	" futexinspect -p nginx                is anything of this name stuck?\n"
	" futexinspect -rno TID --verdict stuck     for a script\n"
	" futexinspect graph -T svg > waits.svg     which waits for which, drawn\n"
	" cat " MODULE_FILE " > copy\n"
	" futexinspect --file copy             the same, elsewhere and later\n"
	"\n"
	"More is in futexinspect(8).\n";

/* A name and its help, whose second line begins below the first. */
static void print_help_row(FILE *out, int width, const char *name, const char *help)
{
	int first = strcspn(help, "\n");

	fprintf(out, " %-*s%.*s\n", width, name, first, help);
	if (help[first])
		fprintf(out, " %-*s%s\n", width, "", help + first + 1);
}

static void print_help(FILE *out)
{
	char sources[SOURCE_LIST_SIZE];

	fprintf(out, help_options, list_sources(sources));
	fputs("Verdicts, worst first:\n", out);
	for (size_t i = 0; i < NR_VERDICTS; i++)
		print_help_row(out, 11, verdicts[i].name, verdicts[i].help);
	fputs("\nCertainty of the verdicts that say that no thread can wake it:\n", out);
	for (size_t i = 0; i < NR_CERTAINTIES; i++) {
		if (certainties[i].name)
			print_help_row(out, 17, certainties[i].name, certainties[i].help);
	}
	fputc('\n', out);
	fputs(help_examples, out);
}

static void print_version(FILE *out)
{
	fputs("futexinspect " FUTEXINSPECT_VERSION "\n", out);
}

static void __attribute__((noreturn)) bad_usage(const char *arg, const char *what)
{
	warnx("%s: %s; see futexinspect --help", *arg ? arg : "''", what);
	exit(EXIT_USAGE);
}

/*
 * For a bad letter inside a cluster (-abX), optind still points at the cluster.
 * getopt_long() also rejects a known option that was given an unexpected argument.
 */
static void __attribute__((noreturn)) bad_option(const char *word)
{
	char letter[] = { '-', optopt, '\0' };

	for (const struct option *o = longopts; o->name; o++) {
		if (optopt == o->val)
			bad_usage(word, "takes no argument");
	}
	bad_usage(optopt ? letter : word, "there is no such option");
}

/* Name the word of a list that is wrong. */
static void check_list(const char *bad, const char *what)
{
	char word[64];

	if (!bad)
		return;
	snprintf(word, sizeof(word), "%.*s", (int)strcspn(bad, ","), bad);
	bad_usage(word, what);
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

/* https://no-color.org: set, and not empty. */
static bool terminal_has_color(void)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no_color && *no_color) && term &&
	       strcmp(term, "dumb");
}

static bool parse_color(const char *when)
{
	if (!when || !strcmp(when, "auto"))
		return terminal_has_color();
	if (strcmp(when, "always") && strcmp(when, "never"))
		bad_usage(when, "must be auto, always or never");
	return !strcmp(when, "always");
}

static void parse_source(struct options *opts, const struct given *given)
{
	char what[SOURCE_LIST_SIZE + 16], sources[SOURCE_LIST_SIZE];
	const char *source = given->source;

	if (given->file && given->core)
		bad_usage("--core", "cannot be used with --file");
	if (opts->files.exe && !given->core)
		bad_usage("--exe", "is for --core only");
	opts->files.path = given->core ?: given->file;
	snprintf(what, sizeof(what), "cannot be used with %s", given->core ? "--core" : "--file");
	if (opts->files.path && source)
		bad_usage("--source", what);
	if (opts->files.path && given->interval)
		bad_usage(given->interval, what);
	opts->source = given->core ? &source_core :
		       given->file ? &source_file : find_source(source ?: "auto");
	if (opts->source)
		return;
	snprintf(what, sizeof(what), "not a source: %s", list_sources(sources));
	bad_usage(source, what);
}

static const struct command *find_command(const char *name)
{
	for (const struct command *c = commands + 1; c->name; c++) {
		if (!strcmp(c->name, name))
			return c;
	}
	bad_usage(name, "there is no such command");
}

static void __attribute__((noreturn)) bad_command(const struct options *opts, const char *arg,
						  const char *what)
{
	char text[64];

	snprintf(text, sizeof(text), "%s %s", opts->command->name, what);
	bad_usage(arg, text);
}

static void parse_operands(struct options *opts, int argc, char **argv)
{
	opts->command = argc ? find_command(argv[0]) : &commands[0];
	if (opts->command->takes_tid && argc > 2)
		bad_usage(argv[2], "is one argument too many");
	if (argc > 1 && !opts->command->takes_tid)
		bad_command(opts, argv[1], "takes no arguments");
	if (argc > 1 && !parse_thread(argv[1], strlen(argv[1]), &opts->tid, &opts->name))
		bad_usage(argv[1], "not a thread id");
}

/* Options that do not go with the command. */
static void check_command(const struct options *opts, const struct given *given)
{
	const struct command *c = opts->command;

	if (given->json && !c->has_json)
		bad_command(opts, "--json", "has no JSON form");
	if (given->filter && !c->has_filter)
		bad_command(opts, given->filter, "is of one thread");
	if (opts->format && !c->has_format)
		bad_usage("--format", "is for graph only");
	if (given->all && !c->has_all)
		bad_command(opts, given->all, "is of one thread");
	if (given->listing && !c->has_table)
		bad_usage(given->listing, "is for the table only");
	if (opts->stacks && !c->has_stacks)
		bad_usage("--stacks", "is for lists: explain shows them anyway");
}

static void check_table(struct options *opts, const struct given *given)
{
	struct table_options *t = &opts->table;

	if (t->raw && t->tree)
		bad_usage("--raw", "cannot be used with --tree");
	if (opts->stacks && (t->raw || t->tree || (given->json && given->output)))
		bad_usage("--stacks", "is for the table of waiters, or for all of JSON");
	if (given->json && (t->raw || t->noheadings || t->notruncate))
		bad_usage(t->raw ? "--raw" : t->noheadings ? "--noheadings" : "--notruncate",
			  "cannot be used with --json");
	opts->json = given->json;
	opts->chosen_columns = given->output;
	/* Who chooses columns, or reads with a program, wants to have each. */
	t->all |= given->output || t->raw || t->tree;
	t->fit_columns = !given->output;
	t->color = t->color && !t->raw;
}

/* Return: whether it is an option that selects waiters. */
static bool parse_filter_option(struct options *opts, struct given *given, int c)
{
	switch (c) {
	case 'p':
		given->filter = "--pid";
		check_list(filter_add_pids(&opts->filter, optarg), "not a process or thread");
		break;
	case OPT_VERDICT:
		given->filter = "--verdict";
		check_list(filter_add_verdicts(&opts->filter, optarg), "not a verdict");
		break;
	case OPT_CGROUP:
		given->filter = "--cgroup";
		if (!filter_set_cgroup(&opts->filter, optarg))
			bad_usage(optarg, "not the path of a cgroup, which begins with /");
		break;
	default:
		return false;
	}
	return true;
}

/* Return: whether it is an option for the table only. */
static bool parse_table_option(struct options *opts, struct given *given, int c)
{
	struct table_options *t = &opts->table;

	switch (c) {
	case 'o':
		given->listing = given->output = "--output";
		check_list(parse_columns(&t->columns, optarg),
			   "not a column, or one too many: --list-columns shows all");
		break;
	case 'a':
		given->all = "--all";
		t->all = true;
		break;
	case 'n':
		given->listing = "--noheadings";
		t->noheadings = true;
		break;
	case 'r':
		given->listing = "--raw";
		t->raw = true;
		break;
	case 'u':
		given->listing = "--notruncate";
		t->notruncate = true;
		break;
	case OPT_TREE:
		given->listing = "--tree";
		t->tree = true;
		break;
	case OPT_STACKS:
		opts->stacks = true;
		break;
	case OPT_COLOR:
		given->listing = "--color";
		t->color = parse_color(optarg);
		break;
	default:
		return false;
	}
	return true;
}

static void parse_option(struct options *opts, struct given *given, int c, const char *arg)
{
	switch (c) {
	case 'J':
		given->json = "--json";
		break;
	case 'f':
		given->file = optarg;
		break;
	case OPT_CORE:
		given->core = optarg;
		break;
	case OPT_EXE:
		opts->files.exe = optarg;
		break;
	case 'T':
		opts->format = optarg;
		break;
	case OPT_SOURCE:
		given->source = optarg;
		break;
	case OPT_INTERVAL:
		given->interval = "--interval";
		opts->interval_ms = parse_long(optarg, 0, MAX_INTERVAL_MS,
					       "not a time from 0 to 60000 ms");
		break;
	case OPT_NO_PAGER:
		opts->no_pager = true;
		break;
	case 'q':
		opts->quiet = true;
		break;
	case 'h':
		opts->print = print_help;
		break;
	case 'H':
		opts->print = print_columns;
		break;
	case 'V':
		opts->print = print_version;
		break;
	case ':':
		bad_usage(arg, "an argument is missing");
	default:
		bad_option(arg);
	}
}

/**
 * parse_options() - read the command line
 * @opts: receives what it says; to be given to free_options()
 * @argc: as of main()
 * @argv: as of main()
 *
 * Wrong usage ends the program with one line on stderr and EXIT_USAGE.
 */
void parse_options(struct options *opts, int argc, char **argv)
{
	struct given given = { 0 };
	int c;

	*opts = (struct options){ .interval_ms = DEFAULT_INTERVAL_MS };
	opts->table.color = parse_color(NULL);
	default_columns(&opts->table.columns, 0);
	while ((c = getopt_long(argc, argv, ":aJo:HnruT:p:qf:hV", longopts, NULL)) != -1) {
		if (!parse_filter_option(opts, &given, c) && !parse_table_option(opts, &given, c))
			parse_option(opts, &given, c, argv[optind - 1]);
		if (opts->print)
			return;
	}
	parse_source(opts, &given);
	parse_operands(opts, argc - optind, argv + optind);
	check_command(opts, &given);
	check_table(opts, &given);
}

/**
 * free_options() - free the memory of what the command line said
 * @opts: the options
 */
void free_options(struct options *opts)
{
	filter_free(&opts->filter);
	free(opts->name);
}
