/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The columns: all that can be shown of a waiter.  Table, raw output and JSON print the
 * same values.
 */
#ifndef FUTEXINSPECT_COLUMNS_H
#define FUTEXINSPECT_COLUMNS_H

#include <stdio.h>

#include "analyze.h"
#include "forest.h"
#include "sentences.h"

enum value_kind {
	VALUE_UNKNOWN,
	VALUE_NONE,		/* there is none, which is known */
	VALUE_TEXT,
	VALUE_NUMBER,
	VALUE_HEX,
	VALUE_DURATION,		/* in nanoseconds */
	VALUE_BOOLEAN,
};

struct value {
	enum value_kind kind;
	int digits;		/* of VALUE_HEX: at least so many */
	const char *text;	/* printable ASCII */
	uint64_t number;
};

/* What a column is asked about. */
struct subject {
	const struct analysis *a;
	const struct row *row;
	const struct waiter *w;		/* NULL: the row is of no waiter */
	const struct judgement *j;	/* of @w */
	const struct process *process;	/* of @w, or NULL */
	const struct mm *mm;		/* of @w, or NULL */
	char *buf;			/* VALUE_SIZE bytes for a text that is made up */
};

/* Room for any text that a column makes up or writes. */
#define VALUE_SIZE	REASON_SIZE

enum column_type {
	TYPE_TEXT,
	TYPE_NUMBER,
	TYPE_BOOLEAN,
};

/* The longest key in JSON. */
#define MAX_KEY		24

/* What a column is about: in JSON, which object has it. */
enum column_scope {
	OF_WAITER,
	OF_PROCESS,
	OF_MM,
};

/**
 * struct column - a column
 * @name: its heading, and its name in --output
 * @key: its key in JSON, which no other column has, of up to MAX_KEY characters
 * @type: type of its values in JSON
 * @help: what it shows, for --list-columns
 * @get: its value for a waiter
 * @get_other: its value for a row of a tree that is of no waiter, or NULL: there is none
 * @max_width: longer text is cut for people; 0: it is not
 * @align_right: in the table
 * @has_tree: the branches of a tree are drawn here, in the first such column
 * @has_colour: it is coloured as the verdict is
 * @is_folded: it is the last column, and is folded to the width that is left
 * @is_identity: it shows what identify_processes() finds
 * @scope: what it is about; unless it is the waiter, @get needs no more of its subject than that
 */
struct column {
	const char *name;
	const char *key;
	enum column_type type;
	const char *help;
	struct value (*get)(const struct subject *sub);
	struct value (*get_other)(const struct subject *sub);
	size_t max_width;
	bool align_right;
	bool has_tree;
	bool has_colour;
	bool is_folded;
	enum column_scope scope;
	bool is_identity;
};

extern const struct column columns[];
extern const size_t nr_columns;

/* A list of columns may name some of them twice, but no more columns than this. */
#define MAX_COLUMNS	64

struct column_list {
	const struct column *cols[MAX_COLUMNS];
	size_t nr;
};

/* How values are written. */
enum style {
	STYLE_PERSON,		/* for reading: units, long text cut */
	STYLE_FULL,		/* the same, nothing cut */
	STYLE_RAW,		/* for scripts: printable ASCII */
};

void default_columns(struct column_list *list, size_t width);
const char *parse_columns(struct column_list *list, const char *text);
bool has_identity(const struct column_list *list);
void print_columns(FILE *out);
void set_subject(struct subject *sub, const struct analysis *a, const struct row *row, char *buf);
struct value column_value(const struct column *col, const struct subject *sub);
const char *column_text(const struct column *col, const struct subject *sub, enum style style,
			char buf[VALUE_SIZE]);

#endif
