// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes numbers and strings as text, without printf().
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
 * @text: receives it
 * @number: the number
 *
 * Context: any.
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
 * @text: receives it
 * @number: the number
 * @digits: the least number of digits, up to 16
 *
 * Context: any.
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
 * fi_put_escaped() - write a string that user space chose
 * @text: receives it; every byte outside '!' to '~', and the backslash, becomes a
 *	backslash and three octal digits
 * @string: the string
 *
 * Context: any.
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
