/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_OPTIONS_H
#define FUTEXINSPECT_OPTIONS_H

#include "filter.h"
#include "output.h"
#include "source.h"

enum exit_status {
	EXIT_NOBODY_STUCK	= 0,
	EXIT_FAILED		= 1,
	EXIT_USAGE		= 2,
	EXIT_STUCK		= 3,
};

enum command {
	COMMAND_LIST,
	COMMAND_EXPLAIN,
	COMMAND_GRAPH,
	COMMAND_HELP,
	COMMAND_VERSION,
	COMMAND_COLUMNS,
};

struct options {
	enum command command;
	bool full_json;			/* all that is known, not columns */
	struct table_options table;
	struct filter filter;
	const struct source *source;
	const char *file;		/* for source_file; else NULL */
	unsigned int interval_ms;
	const char *format;		/* of the graph; NULL: not drawn */
	pid_t tid;			/* to explain */
};

void parse_options(struct options *opts, int argc, char **argv);
void print_help(FILE *out);

#endif
