/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_COLUMNS_H
#define FUTEXINSPECT_COLUMNS_H

#include <stdio.h>

#include "analyze.h"
#include "sentences.h"

/* What a waiter can be shown by. */
enum column {
	COL_VERDICT,
	COL_CERTAINTY,
	COL_TID,
	COL_PID,
	COL_COMMAND,
	COL_ASLEEP,
	COL_FUTEX,
	COL_UADDR,
	COL_SYSCALL,
	COL_OP,
	COL_FLAGS,
	COL_EXPECTED,
	COL_VALUE,
	COL_BITSET,
	COL_TIMEOUT,
	COL_KEY,
	COL_QUEUED,
	COL_STABLE,
	COL_PRIMITIVE,
	COL_HOLDER,
	COL_HOLDER_PID,
	COL_PI_OWNER,
	COL_LIVE,
	COL_THREADS,
	COL_PPID,
	COL_EXECED,
	COL_PIDNS,
	COL_CGROUP,
	COL_REASON,
	NR_COLUMNS
};

enum column_type {
	TYPE_TEXT,
	TYPE_NUMBER,
	TYPE_BOOLEAN,
};

struct column_info {
	const char *name;	/* of the column */
	const char *key;	/* of the same in JSON */
	enum column_type type;
	size_t max_width;	/* longer text is cut; 0: it never is */
	const char *help;
};

extern const struct column_info column_infos[NR_COLUMNS];

/* How values are written. */
enum style {
	STYLE_PERSON,		/* for reading: units, long text cut */
	STYLE_WHOLE,		/* the same, nothing cut */
	STYLE_JSON,		/* for programs */
};

/* Room for any short value; longer ones are not copied, but for the reason. */
#define CELL_SIZE	REASON_SIZE

/* A list of columns can name some twice, but not that many. */
#define MAX_COLUMNS	(2 * NR_COLUMNS)

struct column_list {
	enum column cols[MAX_COLUMNS];
	size_t nr;
};

const char *parse_columns(struct column_list *list, const char *text);
void print_columns(FILE *out);
const char *column_text(const struct analysis *a, size_t waiter, enum column col,
			enum style style, char buf[CELL_SIZE]);

#endif
