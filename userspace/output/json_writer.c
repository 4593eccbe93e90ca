// SPDX-License-Identifier: GPL-2.0-only
/*
 * Values in JSON.
 *
 * All text in a snapshot is printable ASCII.  Only the quote and the backslash need escaping;
 * escapes of characters that can be seen become those.
 */
#include <stdlib.h>

#include "array.h"
#include "json_writer.h"
#include "text.h"
#include "unicode.h"

/* What stdio gets at once. */
#define BUFFER_SIZE	(64 * 1024)

static void flush(struct json *out)
{
	fwrite_unlocked(out->buf, 1, out->used, out->file);
	out->used = 0;
}

/**
 * json_make_room() - make room in the buffer
 * @out: the document
 * @len: for so many bytes
 */
void json_make_room(struct json *out, size_t len)
{
	flush(out);
	while (len > out->size) {
		out->size *= 2;
		out->buf = xrealloc(out->buf, out->size);
	}
}

/* Bytes that need no escape in a string. */
static const bool is_plain[256] = {
	[' ' ... '"' - 1] = true,
	['"' + 1 ... '\\' - 1] = true,
	['\\' + 1 ... '~'] = true,
};

/* A quote, a backslash, or a character whose escapes begin here.  Return: what follows. */
static const char *put_special(struct json *out, const char *text)
{
	char c[MAX_UTF8];
	size_t len = unescape_char(text, c);

	if (len) {
		json_bytes(out, c, len);
		return text + len * ESCAPE_LEN;
	}
	json_put(out, "\\");
	json_bytes(out, text, 1);
	return text + 1;
}

/**
 * json_string() - write a string
 * @out: the document
 * @val: escaped text; NULL, which is unknown, is null
 */
void json_string(struct json *out, const char *val)
{
	if (!val) {
		json_null(out);
		return;
	}
	json_put(out, "\"");
	while (*val) {
		const char *c = val;

		while (is_plain[(unsigned char)*c])
			c++;
		json_bytes(out, val, c - val);
		val = *c ? put_special(out, c) : c;
	}
	json_put(out, "\"");
}

/**
 * json_number() - write a number
 * @out: the document
 * @val: the number
 */
void json_number(struct json *out, uint64_t val)
{
	char digits[DECIMAL_SIZE], *end = digits + sizeof(digits), *p = format_decimal(end, val);

	json_bytes(out, p, end - p);
}

/**
 * json_hex() - write an address or a mask, as a string, since JSON has no hexadecimal numbers
 * @out: the document
 * @val: the number
 * @min_digits: write at least so many
 */
void json_hex(struct json *out, uint64_t val, int min_digits)
{
	char digits[20], *end = digits + sizeof(digits), *p = end;

	*--p = '"';
	do {
		*--p = "0123456789abcdef"[val & 15];
		val >>= 4;
	} while (val || end - 1 - p < min_digits);
	*--p = 'x';
	*--p = '0';
	*--p = '"';
	json_bytes(out, p, end - p);
}

/**
 * json_id() - write the id of a thread or process
 * @out: the document
 * @id: the id; a negative one, which is unknown or of none, is null
 */
void json_id(struct json *out, pid_t id)
{
	if (id >= 0)
		json_number(out, id);
	else
		json_null(out);
}

/**
 * json_init() - begin a document
 * @out: the document; to be ended with json_finish()
 * @file: where to; errors are left to its error flag
 */
void json_init(struct json *out, FILE *file)
{
	*out = (struct json){
		.file = file, .sep = "", .buf = xrealloc(NULL, BUFFER_SIZE), .size = BUFFER_SIZE,
	};
}

/**
 * json_finish() - end a document
 * @out: the document
 */
void json_finish(struct json *out)
{
	flush(out);
	free(out->buf);
}
