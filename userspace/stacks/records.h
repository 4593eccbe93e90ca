/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the process that reads stacks tells the one that shows them: lines of text.
 */
#ifndef FUTEXINSPECT_RECORDS_H
#define FUTEXINSPECT_RECORDS_H

#include "stacks.h"

/* Longer names are cut. */
#define NAME_SIZE	256

/* The longest line, with its newline. */
#define RECORD_SIZE	2048

enum record_kind {
	RECORD_BAD,
	RECORD_FRAME,
	RECORD_PLACE,
	RECORD_END,		/* of one thread's stack */
};

int write_frame(int fd, const struct frame *frame);
int write_place(int fd, const struct place *place);
int write_end(int fd, enum stack_error error);
enum record_kind read_record(struct stack *stack, const char *line);

#endif
