/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_TEXT_H
#define FI_TEXT_H

#include <linux/compiler.h>
#include <linux/string.h>
#include <linux/types.h>

/* The most that is written without asking again whether there is room. */
#define FI_TEXT_PIECE	64

/**
 * struct fi_text - a place that text is written to
 * @pos: where the next character goes
 * @end: FI_TEXT_PIECE before the first address that is not there any more
 *
 * Numbers are written by hand: seq_printf() took a third of the time of reading the
 * file. What does not fit is left out, and @pos is then at or after @end.
 */
struct fi_text {
	char *pos;
	char *end;
};

/* Write a string of @len bytes, up to FI_TEXT_PIECE. */
static __always_inline void fi_put_piece(struct fi_text *text, const char *piece, size_t len)
{
	if (text->pos < text->end) {
		memcpy(text->pos, piece, len);
		text->pos += len;
	}
}

/* Write a literal: its length is known to the compiler, so that this is a few stores. */
static __always_inline void fi_put(struct fi_text *text, const char *literal)
{
	fi_put_piece(text, literal, __builtin_strlen(literal));
}

/* A string that is chosen at run time, to be copied as quickly. */
struct fi_word {
	char text[31];
	u8 len;
};

#define FI_WORD(literal) { literal, sizeof(literal) - 1 }

static inline void fi_put_word(struct fi_text *text, const struct fi_word *word)
{
	if (text->pos < text->end) {
		memcpy(text->pos, word->text, sizeof(word->text));
		text->pos += word->len;
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

#endif
