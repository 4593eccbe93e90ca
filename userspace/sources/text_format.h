/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_TEXT_FORMAT_H
#define FUTEXINSPECT_TEXT_FORMAT_H

#include <stddef.h>

#include "snapshot.h"

#define FORMAT_VERSION	1

/*
 * The module prints no longer line.  The longest is an mm record with every second
 * one of the 2^22 possible tids.
 */
#define MAX_LINE	(32 * 1024 * 1024)

/* Room for any error message. */
#define PARSE_ERROR_SIZE	512

int parse_text(char *text, size_t len, const char *name, struct snapshot *s, char *error);
int parse_fd(int fd, const char *name, struct snapshot *s, char *error);

#endif
