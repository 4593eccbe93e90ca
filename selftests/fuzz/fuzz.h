/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the fuzzers of the tool share: the judgement of one or two looks, and what holds for it.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <locale.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <wchar.h>
#include <wctype.h>

#include "output.h"

/* Those that turn a line around, or join what they stand between. */
static inline bool is_trick(wchar_t c)
{
	return (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x2069) || c == 0xfeff;
}

/* The tool promises that a terminal can show all that it prints. */
static inline ssize_t sink_write(void *cookie, const char *buf, size_t size)
{
	static mbstate_t state;
	wchar_t c;

	(void)cookie;
	for (size_t i = 0; i < size; i++) {
		size_t len = mbrtowc(&c, &buf[i], 1, &state);

		if (len == (size_t)-2)
			continue;
		if (len != 1 || (!iswprint(c) && c != '\n' && c != '\t') || is_trick(c))
			abort();
	}
	return size;
}

static inline FILE *get_sink(void)
{
	static FILE *sink;

	if (!sink) {
		if (!setlocale(LC_CTYPE, "C.UTF-8"))
			abort();
		sink = fopencookie(NULL, "w", (cookie_io_functions_t){ .write = sink_write });
	}
	return sink;
}

static inline bool runs_in(const struct snapshot *s, int mm)
{
	for (size_t i = 0; i < s->nr_threads; i++) {
		if (s->threads[i].mm == mm && s->threads[i].state == STATE_RUNNING)
			return true;
	}
	return false;
}

/* A proof takes two looks at the queues, and what is certain allows for no thread that runs. */
static inline void check_certainty(const struct analysis *a)
{
	for (size_t i = 0; i < a->s->nr_waiters; i++) {
		enum certainty certainty = a->judgements[i].certainty;

		if (certainty < CERTAINTY_LIKELY && !(a->two_looks && a->s->source->shows_queues))
			abort();
		if (certainty == CERTAINTY_CERTAIN && runs_in(a->s, a->s->waiters[i].mm))
			abort();
	}
}

/* More waiters are explained or put in a table in the same way. */
#define MAX_SHOWN	8

/* Judge the last of some looks, as main() does, and print it in all forms. */
static inline void judge(struct snapshot *looks, int nr)
{
	static struct table_options table = { .fit_columns = true };
	struct analysis analyses[2] = { 0 };
	struct json_options json = { .tree = nr % 2 };
	struct filter all = { 0 };
	struct selection sel;
	FILE *out = get_sink();

	for (int n = 0; n < nr; n++)
		analyze(&analyses[n], &looks[n], n ? &analyses[n - 1] : NULL);
	check_certainty(&analyses[nr - 1]);
	select_waiters(&sel, &analyses[nr - 1], &all);
	print_json(out, &sel, &json);
	print_graph(out, &sel, nr % 2, NULL);
	for (size_t i = 0; i < sel.nr && i < MAX_SHOWN; i++)
		print_explanation(out, &analyses[nr - 1], sel.waiters[i], NULL);
	table.tree = sel.nr % 2;
	if (sel.nr <= MAX_SHOWN)
		print_table(out, &sel, &table);
	selection_free(&sel);
	for (int n = 0; n < nr; n++)
		analysis_free(&analyses[n]);
	fflush(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
