/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_TEXT_H
#define FI_TEXT_H

#include <linux/types.h>

/**
 * struct fi_text - a place that text is written to
 * @pos: where the next character goes
 * @end: the first address that is not there any more
 *
 * Numbers are written by hand: seq_printf() took a third of the time of reading the
 * file. What does not fit is left out, and @pos is then at @end.
 */
struct fi_text {
	char *pos;
	char *end;
};

static inline void fi_put_char(struct fi_text *text, char c)
{
	if (text->pos < text->end)
		*text->pos++ = c;
}

void fi_put(struct fi_text *text, const char *string);
void fi_put_dec(struct fi_text *text, u64 number);
void fi_put_hex(struct fi_text *text, u64 number, unsigned int digits);
void fi_put_escaped(struct fi_text *text, const char *string);

#endif
