/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_TEXT_H
#define FI_TEXT_H

#include <linux/compiler.h>
#include <linux/string.h>
#include <linux/types.h>

/* The most bytes that are written after one check for room. */
#define FI_TEXT_PIECE	64

/**
 * struct fi_text - a buffer that text is written to
 * @pos: where the next character goes
 * @end: FI_TEXT_PIECE bytes before the end of the buffer
 *
 * Text that does not fit is left out, and @pos is at or after @end from then on. There is
 * no printf() here: seq_printf() took a third of the time of reading the file. What takes this
 * struct is inline, so that a function which writes a record has a copy of it in registers: a
 * character that is stored could be any byte, also of a struct in memory.
 */
struct fi_text {
	char *pos;
	const char *end;
};

/* Write a literal. The compiler knows its length, so this becomes a few stores. Return the end. */
static __always_inline char *fi_write(char *pos, const char *literal)
{
	memcpy(pos, literal, __builtin_strlen(literal));
	return pos + __builtin_strlen(literal);
}

static __always_inline void fi_put(struct fi_text *text, const char *literal)
{
	if (text->pos < text->end)
		text->pos = fi_write(text->pos, literal);
}

/**
 * struct fi_keyword - a literal that is chosen at run time
 * @text: the literal; always copied whole, since the fixed size makes that fast
 * @len: its length in bytes
 */
struct fi_keyword {
	char text[31];
	u8 len;
};

#define FI_KEYWORD(literal) { literal, sizeof(literal) - 1 }

static __always_inline void fi_put_keyword(struct fi_text *text,
					   const struct fi_keyword *keyword)
{
	if (text->pos < text->end) {
		memcpy(text->pos, keyword->text, sizeof(keyword->text));
		text->pos += keyword->len;
	}
}

static __always_inline void fi_put_char(struct fi_text *text, char c)
{
	if (text->pos < text->end)
		*text->pos++ = c;
}

char *fi_write_long(char *pos, u64 number);
char *fi_write_hex(char *pos, u64 number, unsigned int digits);
char *fi_write_escaped(char *pos, const char *end, const char *string);
char *fi_write_name(char *pos, const char *end, const char *name);

/* Write a decimal number. Many have one digit, or two. Return the end. */
static __always_inline char *fi_write_dec(char *pos, u64 number)
{
	u32 rest = number;

	if (number >= 100)
		return fi_write_long(pos, number);
	if (rest >= 10) {
		*pos++ = '0' + rest / 10;
		rest %= 10;
	}
	*pos = '0' + rest;
	return pos + 1;
}

static __always_inline void fi_put_dec(struct fi_text *text, u64 number)
{
	if (text->pos < text->end)
		text->pos = fi_write_dec(text->pos, number);
}

static __always_inline void fi_put_hex(struct fi_text *text, u64 number, unsigned int digits)
{
	if (text->pos < text->end)
		text->pos = fi_write_hex(text->pos, number, digits);
}

static __always_inline void fi_put_escaped(struct fi_text *text, const char *string)
{
	text->pos = fi_write_escaped(text->pos, text->end, string);
}

static __always_inline void fi_put_name(struct fi_text *text, const char *name)
{
	text->pos = fi_write_name(text->pos, text->end, name);
}

#endif
