// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes the command line: arguments are separated by newlines.
 */
#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "fuzz.h"
#include "options.h"

#define MAX_ARGS	32

void tool_exit(int status) __attribute__((noreturn));
void tool_warnx(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static jmp_buf wrong_usage;

/* Stands for exit(3). */
void tool_exit(int status)
{
	if (status != EXIT_USAGE)
		abort();
	longjmp(wrong_usage, 1);
}

/* Stands for warnx(3). */
void tool_warnx(const char *fmt, ...)
{
	static char line[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
}

static void check(const struct options *opts)
{
	if (opts->print) {
		FILE *out = get_sink();

		opts->print(out);
		fflush(out);
		return;
	}
	if (!opts->command || !opts->source || !opts->table.columns.nr)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct options opts;
	char *text = malloc(size + 1), *rest = text, *argv[MAX_ARGS + 2] = { "futexinspect" };
	int argc = 1;

	memcpy(text, data, size);
	text[size] = '\0';
	while (argc <= MAX_ARGS && rest)
		argv[argc++] = strsep(&rest, "\n");
	optind = 0;	/* to glibc: start again */
	if (!setjmp(wrong_usage)) {
		parse_options(&opts, argc, argv);
		check(&opts);
	}
	free_options(&opts);
	free(text);
	return 0;
}
