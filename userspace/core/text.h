/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_TEXT_H
#define FUTEXINSPECT_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Bytes that @len bytes can need when escaped, with the NUL. */
#define ESCAPED_SIZE(len)	((len) * 4 + 1)

/* Bytes that one range or tid needs at most, with its comma. */
#define RANGE_SIZE		sizeof("2147483647-2147483647,")

#define DURATION_SIZE		16
#define TIME_SIZE		32
#define ID_SIZE			12

/* Digits of any 64-bit number. */
#define DECIMAL_SIZE		20

/**
 * format_decimal() - write a number, as fast as JSON of many waiters takes it
 * @end: where to end; up to DECIMAL_SIZE bytes before it are written
 * @num: the number
 *
 * Return: the first digit; there is no NUL behind the last.
 */
static inline char *format_decimal(char *end, uint64_t num)
{
	do {
		*--end = '0' + num % 10;
	} while (num /= 10);
	return end;
}

size_t escape_text(char *dst, const char *src, size_t len);
size_t format_ranges(char *dst, const pid_t *tids, size_t nr);
const char *format_id(char dst[ID_SIZE], pid_t id);
const char *format_time(char dst[TIME_SIZE], uint64_t realtime_ns);
const char *format_duration(char dst[DURATION_SIZE], uint64_t ns);

#endif
