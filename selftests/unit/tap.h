/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TAP 13 for the unit tests: as much of kselftest.h as they need.
 */
#ifndef FUTEXINSPECT_TAP_H
#define FUTEXINSPECT_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static unsigned int tap_tests, tap_failed;

static inline void tap_start(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("TAP version 13");
}

__attribute__((format(printf, 2, 3)))
static inline bool ok(bool passed, const char *fmt, ...)
{
	va_list ap;

	tap_failed += !passed;
	printf("%sok %u - ", passed ? "" : "not ", ++tap_tests);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	return passed;
}

/* Strings that are equal; NULL only equals NULL. */
static inline bool is_str(const char *got, const char *want, const char *name)
{
	bool same = got && want ? !strcmp(got, want) : got == want;

	if (!ok(same, "%s", name ? name : "?"))
		printf("#  got: %s\n# want: %s\n", got ? got : "(null)", want ? want : "(null)");
	return same;
}

static inline bool is_num(unsigned long long got, unsigned long long want, const char *name)
{
	if (!ok(got == want, "%s", name))
		printf("#  got: %llu\n# want: %llu\n", got, want);
	return got == want;
}

static inline int tap_end(void)
{
	printf("1..%u\n", tap_tests);
	return tap_failed || !tap_tests;
}

#endif
