// SPDX-License-Identifier: GPL-2.0-only
/* Escaping, ranges, durations, ids. */
#include "tap.h"
#include "text.h"

static void test_escape(void)
{
	static const struct {
		const char *src;
		size_t len;
		const char *want;
		const char *name;
	} cases[] = {
		{ "python3", 7, "python3", "a plain name stays" },
		{ "", 0, "", "an empty name stays empty" },
		{ "a b", 3, "a b", "space" },
		{ "a\nb", 3, "a\\012b", "newline" },
		{ "\033[2J", 4, "\\033[2J", "escape sequence" },
		{ "a\\b", 3, "a\\134b", "backslash" },
		{ "\"quote\"", 7, "\"quote\"", "quotes stay" },
		{ "!~", 2, "!~", "first and last that stay" },
		{ "\x7f", 1, "\\177", "delete" },
		{ "\x9b" "31m", 4, "\\23331m", "C1 control" },
		{ "\xc3\xa4", 2, "\\303\\244", "UTF-8" },
		{ "\xff", 1, "\\377", "last byte" },
		{ "a\0b", 3, "a\\000b", "NUL" },
	};
	char dst[ESCAPED_SIZE(16)];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = escape_text(dst, cases[i].src, cases[i].len);

		is_str(dst, cases[i].want, cases[i].name);
		is_num(len, strlen(cases[i].want), "  and its length");
	}
}

static void test_ranges(void)
{
	static const struct {
		pid_t tids[8];
		size_t nr;
		const char *want;
	} cases[] = {
		{ { 0 }, 0, "-" },
		{ { 7 }, 1, "7" },
		{ { 7, 8 }, 2, "7-8" },
		{ { 7, 9 }, 2, "7,9" },
		{ { 100, 101, 102, 103, 104, 107 }, 6, "100-104,107" },
		{ { 1, 3, 4, 6, 7, 8, 4194303 }, 7, "1,3-4,6-8,4194303" },
	};
	char dst[8 * RANGE_SIZE];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		format_ranges(dst, cases[i].tids, cases[i].nr);
		is_str(dst, cases[i].want, cases[i].want);
	}
}

static void test_duration(void)
{
	static const struct {
		uint64_t ns;
		const char *want;
	} cases[] = {
		{ 0, "0ms" },
		{ 999999, "0ms" },
		{ 120000000, "120ms" },
		{ 999999999, "999ms" },
		{ 1000000000, "1.0s" },
		{ 99999999999, "99.9s" },
		{ 100000000000, "1m40s" },
		{ 3600000000000, "60m00s" },
		{ 6000000000000, "1h40m" },
		{ 360000000000000, "4d04h" },
		{ UINT64_MAX, "213503d23h" },
	};
	char dst[DURATION_SIZE];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		is_str(format_duration(dst, cases[i].ns), cases[i].want, cases[i].want);
}

static void test_id(void)
{
	char dst[ID_SIZE];

	is_str(format_id(dst, 4194304), "4194304", "an id");
	is_str(format_id(dst, 0), "0", "an id that the namespace does not show");
	is_str(format_id(dst, -1), "?", "an unknown id");
}

int main(void)
{
	tap_start();
	test_escape();
	test_ranges();
	test_duration();
	test_id();
	return tap_end();
}
