// SPDX-License-Identifier: GPL-2.0-only
/*
 * How text, ids and times are written.
 */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "text.h"

/**
 * escape_text() - make text that user space chose printable
 * @dst: ESCAPED_SIZE(@len) bytes
 * @src: any bytes
 * @len: how many
 *
 * Every byte outside ' ' to '~', and the backslash, becomes a backslash and three octal
 * digits, as in the module's text except for spaces.  The result holds no control sequence
 * for a terminal, and only its quotes and backslashes need escaping in JSON.
 *
 * Return: length of the string in @dst.
 */
size_t escape_text(char *dst, const char *src, size_t len)
{
	char *d = dst;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = src[i];

		if (c >= ' ' && c <= '~' && c != '\\') {
			*d++ = c;
			continue;
		}
		*d++ = '\\';
		*d++ = '0' + (c >> 6);
		*d++ = '0' + (c >> 3 & 7);
		*d++ = '0' + (c & 7);
	}
	*d = '\0';
	return d - dst;
}

/**
 * format_ranges() - write ids as the format's ranges: "100-104,107"
 * @dst: @nr * RANGE_SIZE bytes, at least 2
 * @tids: the ids, ascending, each once
 * @nr: how many; "-" is written for 0
 *
 * Return: length of the string in @dst.
 */
size_t format_ranges(char *dst, const pid_t *tids, size_t nr)
{
	char *d = dst;

	for (size_t first = 0, last; first < nr; first = last + 1) {
		for (last = first; last + 1 < nr && tids[last + 1] == tids[last] + 1; )
			last++;
		d += sprintf(d, "%s%d", first ? "," : "", tids[first]);
		if (last > first)
			d += sprintf(d, "-%d", tids[last]);
	}
	if (!nr)
		d += sprintf(d, "-");
	return d - dst;
}

/**
 * format_id() - write the id of a thread or process
 * @dst: receives the string
 * @id: the id; "?" is written for a negative one, which is unknown
 *
 * Return: @dst.
 */
const char *format_id(char dst[ID_SIZE], pid_t id)
{
	snprintf(dst, ID_SIZE, id < 0 ? "?" : "%d", id);
	return dst;
}

/**
 * format_time() - write a time of the day, in UTC: 2026-11-26T14:15:16Z
 * @dst: receives the string
 * @realtime_ns: CLOCK_REALTIME
 *
 * Return: @dst, or NULL: no calendar has it.
 */
const char *format_time(char dst[TIME_SIZE], uint64_t realtime_ns)
{
	time_t seconds = realtime_ns / 1000000000;
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) || !strftime(dst, TIME_SIZE, "%FT%TZ", &tm))
		return NULL;
	return dst;
}

/**
 * format_duration() - write a time span for a person, in at most 6 columns
 * @dst: receives the string
 * @ns: the time in nanoseconds
 *
 * Return: @dst.
 */
const char *format_duration(char dst[DURATION_SIZE], uint64_t ns)
{
	uint64_t ms = ns / 1000000, s = ms / 1000;

	if (s < 1)
		snprintf(dst, DURATION_SIZE, "%" PRIu64 "ms", ms);
	else if (s < 100)
		snprintf(dst, DURATION_SIZE, "%" PRIu64 ".%" PRIu64 "s", s, ms / 100 % 10);
	else if (s < 100 * 60)
		snprintf(dst, DURATION_SIZE, "%" PRIu64 "m%02" PRIu64 "s", s / 60, s % 60);
	else if (s < 100 * 3600)
		snprintf(dst, DURATION_SIZE, "%" PRIu64 "h%02" PRIu64 "m", s / 3600, s / 60 % 60);
	else
		snprintf(dst, DURATION_SIZE, "%" PRIu64 "d%02" PRIu64 "h", s / 86400,
			 s / 3600 % 24);
	return dst;
}
