// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes strings and numbers as text, fast.
 */
#include <linux/bitops.h>
#include <linux/kernel.h>

#include "text.h"

static unsigned int decimal_digits(u64 number)
{
	unsigned int nr = 1;

	for (; number >= 10000; number /= 10000)
		nr += 4;
	return nr + (number >= 10) + (number >= 100) + (number >= 1000);
}

/**
 * fi_put_dec() - write a decimal number
 * @text: where to
 * @number: what
 */
void fi_put_dec(struct fi_text *text, u64 number)
{
	unsigned int nr = decimal_digits(number);
	unsigned int i;

	if (text->pos >= text->end)
		return;
	for (i = nr; i--; number /= 10)
		text->pos[i] = '0' + number % 10;
	text->pos += nr;
}

/**
 * fi_put_hex() - write a hexadecimal number, without 0x
 * @text: where to
 * @number: what
 * @digits: how many digits at least, up to 16
 */
void fi_put_hex(struct fi_text *text, u64 number, unsigned int digits)
{
	unsigned int nr = max_t(unsigned int, digits, DIV_ROUND_UP(fls64(number), 4));
	unsigned int i;

	if (text->pos >= text->end)
		return;
	for (i = nr; i--; number >>= 4)
		text->pos[i] = "0123456789abcdef"[number & 15];
	text->pos += nr;
}

/**
 * fi_put_escaped() - write text that user space chose
 * @text: where to
 * @string: what; every byte outside '!' to '~', and the backslash, becomes a backslash
 *	and three octal digits
 */
void fi_put_escaped(struct fi_text *text, const char *string)
{
	unsigned char c;

	for (; (c = *string); string++) {
		if (c >= '!' && c <= '~' && c != '\\') {
			fi_put_char(text, c);
			continue;
		}
		fi_put_char(text, '\\');
		fi_put_char(text, '0' + (c >> 6));
		fi_put_char(text, '0' + (c >> 3 & 7));
		fi_put_char(text, '0' + (c & 7));
	}
}
