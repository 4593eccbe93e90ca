// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes strings and numbers as text, fast.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "text.h"

/**
 * fi_put() - write a string
 * @text: where to
 * @string: what
 */
void fi_put(struct fi_text *text, const char *string)
{
	size_t len = min_t(size_t, strlen(string), text->end - text->pos);

	memcpy(text->pos, string, len);
	text->pos += len;
}

/**
 * fi_put_dec() - write a decimal number
 * @text: where to
 * @number: what
 */
void fi_put_dec(struct fi_text *text, u64 number)
{
	char buf[21];
	char *pos = buf + sizeof(buf) - 1;

	*pos = '\0';
	do {
		*--pos = '0' + number % 10;
		number /= 10;
	} while (number);
	fi_put(text, pos);
}

/**
 * fi_put_hex() - write a hexadecimal number, without 0x
 * @text: where to
 * @number: what
 * @digits: how many digits at least, up to 16
 */
void fi_put_hex(struct fi_text *text, u64 number, unsigned int digits)
{
	char buf[17];
	char *end = buf + sizeof(buf) - 1;
	char *pos = end;

	*pos = '\0';
	while (number || end - pos < digits) {
		*--pos = "0123456789abcdef"[number & 15];
		number >>= 4;
	}
	fi_put(text, pos);
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
