// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes numbers and strings as text, without printf().
 */
#include <linux/bitops.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/swab.h>
#include <asm/byteorder.h>

#include "text.h"

/* The same byte in all eight places. */
#define EACH_BYTE(byte)	((u64)(byte) * 0x0101010101010101)

#define TEN_TO_THE_8	100000000
#define TEN_TO_THE_16	(TEN_TO_THE_8 * (u64)TEN_TO_THE_8)

/*
 * The eight decimal digits of @number, one a byte, the first digit in the lowest. A division
 * for each digit took a quarter of the time of reading the file. Here x becomes x / 100, with
 * x % 100 above it, in both halves of the u64 at once, and so on. The quotients of numbers as
 * small as these are exact.
 */
static u64 decimal_digits(u32 number)
{
	u64 quotients = number / 10000;
	u64 digits = ((u64)number << 32) - quotients * ((10000ULL << 32) - 1);

	quotients = (digits * 5243 >> 19) & 0x0000007f0000007f;
	digits = (digits << 16) - quotients * ((100 << 16) - 1);
	quotients = (digits * 103 >> 10) & 0x000f000f000f000f;
	return (digits << 8) - quotients * ((10 << 8) - 1);
}

/* The eight hexadecimal digits of @number, in the same form. */
static u64 hex_digits(u32 number)
{
	u64 digits = swab32(number);

	digits = (digits | digits << 16) & 0x0000ffff0000ffff;
	digits = (digits | digits << 8) & 0x00ff00ff00ff00ff;
	return (digits >> 4 | digits << 8) & EACH_BYTE(0x0f);
}

/* As characters: those above 9 are the ones that 6 more carry into the upper half. */
static u64 to_ascii(u64 digits)
{
	u64 letters = (digits + EACH_BYTE(6)) >> 4 & EACH_BYTE(1);

	return digits + EACH_BYTE('0') + letters * ('a' - '9' - 1);
}

/* How many zeros digits begin with; the last digit does not count. */
static unsigned int leading_zeros(u64 digits)
{
	return __ffs64(digits | 1ULL << 56) / 8;
}

/* Write characters, the first one in the lowest byte, without @skip of them. Return the end. */
static __always_inline char *put_eight(char *pos, u64 characters, unsigned int skip)
{
	__le64 piece = cpu_to_le64(characters >> skip * 8);

	memcpy(pos, &piece, sizeof(piece));
	return pos + sizeof(piece) - skip;
}

/* Write a number of up to eight digits. Return the end. */
static __always_inline char *write_first(char *pos, u32 number)
{
	u64 digits = decimal_digits(number);

	return put_eight(pos, digits + EACH_BYTE('0'), leading_zeros(digits));
}

/* Write the last eight digits of a longer number. Return the end. */
static __always_inline char *write_rest(char *pos, u32 number)
{
	return put_eight(pos, decimal_digits(number) + EACH_BYTE('0'), 0);
}

/* Write a number of more than 16 digits. Return the end. */
static noinline char *write_longest(char *pos, u64 number)
{
	u64 high = number / TEN_TO_THE_8;

	pos = write_first(pos, high / TEN_TO_THE_8);
	pos = write_rest(pos, high % TEN_TO_THE_8);
	return write_rest(pos, number % TEN_TO_THE_8);
}

/**
 * fi_write_long() - write a decimal number, which may have more than two digits
 * @pos: where
 * @number: the number
 *
 * Context: any.
 *
 * Return: the end of what was written.
 */
char *fi_write_long(char *pos, u64 number)
{
	if (number < TEN_TO_THE_8)
		return write_first(pos, number);
	if (number >= TEN_TO_THE_16)
		return write_longest(pos, number);
	pos = write_first(pos, number / TEN_TO_THE_8);
	return write_rest(pos, number % TEN_TO_THE_8);
}

/**
 * fi_write_hex() - write a hexadecimal number, without 0x
 * @pos: where
 * @number: the number
 * @digits: the least number of digits, up to 8
 *
 * Context: any.
 *
 * Return: the end of what was written.
 */
char *fi_write_hex(char *pos, u64 number, unsigned int digits)
{
	u64 low = hex_digits(number), high = hex_digits(number >> 32);
	unsigned int skip = 0;

	if (high)
		pos = put_eight(pos, to_ascii(high), leading_zeros(high));
	else
		skip = min(leading_zeros(low), 8 - digits);
	return put_eight(pos, to_ascii(low), skip);
}

/**
 * fi_write_escaped() - write a string that user space chose
 * @pos: where
 * @end: as in struct fi_text
 * @string: the string; every byte outside '!' to '~', and the backslash, becomes a
 *	backslash and three octal digits
 *
 * Context: any.
 *
 * Return: the end of what was written.
 */
char *fi_write_escaped(char *pos, const char *end, const char *string)
{
	struct fi_text t = { pos, end };
	unsigned char c;

	for (; (c = *string); string++) {
		if (c >= '!' && c <= '~' && c != '\\') {
			fi_put_char(&t, c);
			continue;
		}
		fi_put_char(&t, '\\');
		fi_put_char(&t, '0' + (c >> 6));
		fi_put_char(&t, '0' + (c >> 3 & 7));
		fi_put_char(&t, '0' + (c & 7));
	}
	return t.pos;
}

/*
 * The top bit of each byte of @v that fi_write_escaped() does not write as it is; and of some
 * that follow one.
 */
static u64 find_special(u64 v)
{
	u64 backslash = v ^ EACH_BYTE('\\');

	return (v | (v + EACH_BYTE(0x7f - '~')) | ((v - EACH_BYTE('!')) & ~v) |
		((backslash - EACH_BYTE(1)) & ~backslash)) & EACH_BYTE(0x80);
}

/**
 * fi_write_name() - write the name of a thread, as fi_write_escaped() does
 * @pos: where
 * @end: as in struct fi_text
 * @name: the name, an array of TASK_COMM_LEN bytes
 *
 * Context: any.
 *
 * Return: the end of what was written.
 */
char *fi_write_name(char *pos, const char *end, const char *name)
{
	u64 characters, special;
	int i, plain;

	for (i = 0; i < TASK_COMM_LEN && pos < end; i += plain) {
		memcpy(&characters, name + i, sizeof(characters));
		special = find_special(le64_to_cpu((__force __le64)characters));
		plain = special ? __ffs64(special) / 8 : sizeof(characters);
		memcpy(pos, &characters, sizeof(characters));
		pos += plain;
		if (special)
			return fi_write_escaped(pos, end, name + i + plain);
	}
	return pos;
}
