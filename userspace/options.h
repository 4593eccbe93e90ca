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

struct options;
struct inspection;

/**
 * struct command - what can be done with the waiters
 * @name: the word for it on the command line; "" if there is none
 * @run: do it; return: the exit status
 * @takes_tid: its argument is a thread, or a process
 * @has_table: the options for the table apply to it
 * @has_all: it can show each waiter, not those that are alike as one
 * @has_filter: the options that select waiters apply to it
 * @has_json: it has a JSON form
 * @has_format: it can be drawn
 * @has_stacks: it shows stacks if asked to
 */
struct command {
	const char *name;
	int (*run)(const struct options *opts, struct inspection *in);
	bool takes_tid;
	bool has_table;
	bool has_all;
	bool has_filter;
	bool has_json;
	bool has_format;
	bool has_stacks;
};

/* The first one is run if none is named; the last one has no name but NULL. */
extern const struct command commands[];

struct options {
	const struct command *command;
	void (*print)(FILE *out);	/* do only this, such as printing the help; or NULL */
	bool no_pager;
	bool quiet;			/* of what the source does not show */
	bool json;
	bool chosen_columns;		/* only those of --output in JSON */
	bool stacks;			/* of those that are stuck */
	struct table_options table;
	struct filter filter;
	const struct source *source;
	struct source_files files;	/* path: of --file or --core; else NULL */
	unsigned int interval_ms;
	const char *format;		/* of the graph; NULL: not drawn */
	pid_t tid;			/* for a command that takes one; 0: any ... */
	char *name;			/* ... of a process or thread of this name, escaped, or NULL */
};

void parse_options(struct options *opts, int argc, char **argv);
void free_options(struct options *opts);

#endif
