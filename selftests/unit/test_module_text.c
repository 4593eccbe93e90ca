// SPDX-License-Identifier: GPL-2.0-only
/* How the module writes numbers and names, against printf(3). */
#include <inttypes.h>
#include <stdlib.h>

#include "../../module/text.c"
#include "tap.h"

#define MANY		1000000

/* What is written last may have up to seven bytes behind it, which are no part of the text. */
static char buf[2 * FI_TEXT_PIECE];

static bool is_text(const char *end, const char *wanted)
{
	size_t len = end - buf;

	if (len == strlen(wanted) && !memcmp(buf, wanted, len))
		return true;
	printf("#  got: %.*s\n# want: %s\n", (int)len, buf, wanted);
	return false;
}

static bool is_dec(u64 number)
{
	char wanted[32];

	snprintf(wanted, sizeof(wanted), "%" PRIu64, (uint64_t)number);
	return is_text(fi_write_dec(buf, number), wanted) &&
	       is_text(fi_write_long(buf, number), wanted);
}

static bool is_hex(u64 number, unsigned int digits)
{
	char wanted[32];

	snprintf(wanted, sizeof(wanted), "%0*" PRIx64, (int)digits, (uint64_t)number);
	return is_text(fi_write_hex(buf, number, digits), wanted);
}

static bool is_written(u64 number)
{
	return is_dec(number) && is_hex(number, 1) && is_hex(number, 8);
}

static void test_small_numbers(void)
{
	bool right = true;

	for (u64 number = 0; right && number < MANY; number++)
		right = is_written(number);
	ok(right, "the first %d numbers", MANY);
}

/* Where a number gets longer. */
static void test_edges(void)
{
	bool right = is_written(UINT64_MAX);
	u64 power = 1;

	for (int digits = 1; right && digits < 20; digits++, power *= 10)
		right = is_written(power - 1) && is_written(power) && is_written(power + 1);
	for (int bit = 0; right && bit < 64; bit++)
		right = is_written((1ULL << bit) - 1) && is_written(1ULL << bit);
	ok(right, "powers of 10 and 2, and the numbers beside them");
}

/* Of all lengths: bits are cut off at random. */
static void test_random_numbers(void)
{
	bool right = true;

	srandom(1);
	for (int i = 0; right && i < MANY; i++) {
		u64 number = (u64)random() << 42 ^ (u64)random() << 21 ^ random();

		right = is_written(number >> random() % 64);
	}
	ok(right, "%d numbers at random", MANY);
}

static void test_names(void)
{
	static const struct {
		char name[TASK_COMM_LEN];
		const char *wanted;
	} cases[] = {
		{ "", "" },
		{ "worker", "worker" },
		{ "exactly8", "exactly8" },
		{ "fifteen-letters", "fifteen-letters" },
		{ "a b", "a\\040b" },
		{ "12345678\\", "12345678\\134" },
		{ "\x7f\xff~!", "\\177\\377~!" },
		{ "two\nlines", "two\\012lines" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *wanted = cases[i].wanted;

		ok(is_text(fi_write_name(buf, buf + FI_TEXT_PIECE, cases[i].name), wanted),
		   "the name \"%s\"", wanted);
		ok(is_text(fi_write_escaped(buf, buf + FI_TEXT_PIECE, cases[i].name), wanted),
		   "the string \"%s\"", wanted);
	}
}

int main(void)
{
	tap_start();
	test_small_numbers();
	test_edges();
	test_random_numbers();
	test_names();
	return tap_end();
}
