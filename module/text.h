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
 * no printf() here: seq_printf() took a third of the time of reading the file.
 */
struct fi_text {
	char *pos;
	char *end;
};

/* Write @len bytes, FI_TEXT_PIECE at most. */
static __always_inline void fi_put_piece(struct fi_text *text, const char *piece, size_t len)
{
	if (text->pos < text->end) {
		memcpy(text->pos, piece, len);
		text->pos += len;
	}
}

/* Write a literal. The compiler knows its length, so this becomes a few stores. */
static __always_inline void fi_put(struct fi_text *text, const char *literal)
{
	fi_put_piece(text, literal, __builtin_strlen(literal));
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

static inline void fi_put_keyword(struct fi_text *text, const struct fi_keyword *keyword)
{
	if (text->pos < text->end) {
		memcpy(text->pos, keyword->text, sizeof(keyword->text));
		text->pos += keyword->len;
	}
}

static inline void fi_put_char(struct fi_text *text, char c)
{
	if (text->pos < text->end)
		*text->pos++ = c;
}

void fi_put_dec(struct fi_text *text, u64 number);
void fi_put_hex(struct fi_text *text, u64 number, unsigned int digits);
void fi_put_escaped(struct fi_text *text, const char *string);
void fi_put_name(struct fi_text *text, const char *name);

#endif
