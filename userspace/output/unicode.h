/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text of a snapshot is printable ASCII, with octal escapes for all else.  Where it is shown,
 * the escapes of a character that can be seen become that character.
 */
#ifndef FUTEXINSPECT_UNICODE_H
#define FUTEXINSPECT_UNICODE_H

#include <stddef.h>

/* Length of an escape: "\303" */
#define ESCAPE_LEN	4

/* The longest UTF-8 sequence */
#define MAX_UTF8	4

int escaped_byte(const char *text);
size_t unescape_char(const char *text, char dst[MAX_UTF8]);

#endif
