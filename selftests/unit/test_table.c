// SPDX-License-Identifier: GPL-2.0-only
/* Which waiters are shown, by which columns, and who hangs from whom in a tree. */
#include <stdlib.h>

#include "source.h"
#include "array.h"
#include "columns.h"
#include "text_format.h"
#include "forest.h"
#include "tap.h"

static void load(struct snapshot *s, struct analysis *a, const char *lines)
{
	char error[PARSE_ERROR_SIZE] = "", *text;	/* the snapshot's, from parse_text() on */
	int n = asprintf(&text, "futexinspect version=1\n%send\n", lines);

	snapshot_init(s, &source_file);
	if (parse_text(text, n, "test", s, error))
		ok(false, error);
	analyze(a, s, NULL);
}

static void unload(struct snapshot *s, struct analysis *a)
{
	analysis_free(a);
	snapshot_free(s);
}

/* Three processes, each with one waiter, in a cgroup each. */
#define CGROUPS \
	"mm id=1 live=1 live_threads=10 hidden=0\n" \
	"mm id=2 live=1 live_threads=20 hidden=0\n" \
	"mm id=3 live=2 live_threads=30-31 hidden=0\n" \
	"process tgid=10 ppid=1 mm=1 execed=yes caught=0x0 cgroup=/web\n" \
	"process tgid=20 ppid=1 mm=2 execed=yes caught=0x0 cgroup=/web/a\\040b\n" \
	"process tgid=30 ppid=1 mm=3 execed=yes caught=0x0 cgroup=/website\n" \
	"thread tid=10 tgid=10\nthread tid=20 tgid=20\nthread tid=30 tgid=30\n" \
	"thread tid=31 tgid=30\n" \
	"waiter tid=10 tgid=10 mm=1 op=FUTEX_WAIT expected=0 value=0\n" \
	"waiter tid=20 tgid=20 mm=2 op=FUTEX_WAIT expected=0 value=0 timeout=relative\n" \
	"waiter tid=31 tgid=30 mm=3 op=FUTEX_WAIT expected=0 value=0\n"

static void check_selected(const struct analysis *a, struct filter *f, const char *want,
			   const char *name)
{
	struct selection sel;
	char got[64] = "";
	bool found[64] = { false };

	select_waiters(&sel, a, f);
	for (size_t n = 0; n < sel.nr; n++)
		found[a->s->waiters[sel.waiters[n]].tid] = true;
	for (int tid = 0; tid < 64; tid++) {
		if (found[tid])
			sprintf(got + strlen(got), "%d ", tid);
	}
	is_str(got, want, name);
	selection_free(&sel);
	filter_free(f);
	*f = (struct filter){ 0 };
}

static void test_filters(void)
{
	struct filter f = { 0 };
	struct selection sel;
	struct snapshot s;
	struct analysis a;

	load(&s, &a, CGROUPS);
	check_selected(&a, &f, "10 20 31 ", "no filter");
	filter_add_pids(&f, "10,30");
	check_selected(&a, &f, "10 31 ", "processes");
	filter_add_pids(&f, "20");
	filter_add_pids(&f, "31");
	check_selected(&a, &f, "20 31 ", "a process and a thread, given one by one");
	filter_set_cgroup(&f, "/web");
	check_selected(&a, &f, "10 20 ", "a cgroup, those below it, and no namesake");
	filter_set_cgroup(&f, "/sys/fs/cgroup/web/a b/");
	check_selected(&a, &f, "20 ", "a cgroup by its path in the file system");
	filter_set_cgroup(&f, "/");
	check_selected(&a, &f, "10 20 31 ", "the root cgroup");
	filter_add_verdicts(&f, "timed");
	check_selected(&a, &f, "20 ", "a verdict");
	filter_add_verdicts(&f, "stuck,timed");
	check_selected(&a, &f, "10 20 ", "stuck is several");
	filter_add_verdicts(&f, "stuck");
	filter_add_pids(&f, "20");
	check_selected(&a, &f, "", "all filters must agree");

	filter_add_pids(&f, "30,77,10");
	select_waiters(&sel, &a, &f);
	is_num(selection_lacks(&sel), 77, "an id that is not there");
	ok(!selection_stuck(&sel) == !sel.nr_verdicts[VERDICT_NO_WAKER], "stuck is of the selection");
	selection_free(&sel);
	filter_free(&f);
	unload(&s, &a);
}

static void test_bad_filters(void)
{
	struct filter f = { 0 };

	ok(!filter_set_cgroup(&f, "web"), "a cgroup's path is absolute");
	is_str(filter_add_pids(&f, "1,2x,3"), "2x,3", "what is no id is told");
	is_str(filter_add_pids(&f, "1,,3"), ",3", "an empty id");
	is_str(filter_add_pids(&f, "0"), "0", "no thread has the id 0");
	is_str(filter_add_pids(&f, "99999999999999999999"), "99999999999999999999",
	       "an id that is too large");
	is_str(filter_add_verdicts(&f, "timed,dead"), "dead", "no verdict is cut short");
	is_str(filter_add_verdicts(&f, ""), "", "no verdict");
	filter_free(&f);
}

static const struct column *col(const char *name)
{
	struct column_list list = { .nr = 0 };

	return parse_columns(&list, name) ? NULL : list.cols[0];
}

/* A row of columns[] that is not complete fails here. */
static void test_column_rows(void)
{
	bool same = false;

	for (size_t i = 0; i < nr_columns; i++) {
		const struct column *c = &columns[i];

		ok(c->name && c->key && c->help && c->get && col(c->name) == c,
		   "column %s has all that it needs, and a name of its own", c->name);
		ok(strlen(c->key) <= MAX_KEY, "  and a key that is not too long");
		for (size_t k = 0; k < i; k++)
			same |= !strcmp(columns[k].key, c->key);
		ok(!c->is_folded || i == nr_columns - 1, "  and is folded only if it is the last");
	}
	ok(!same, "no two columns have the same key");
}

static void test_columns(void)
{
	struct column_list list = { { col("TID"), col("REASON") }, 2 };
	char many[MAX_COLUMNS * 4 + 8] = "";
	const char *bad;

	is_str(parse_columns(&list, "+pid,Value") ?: "", "", "more columns, in any case");
	ok(list.nr == 4 && list.cols[1] == col("PID") && list.cols[2] == col("VALUE") &&
	   list.cols[3] == col("REASON"), "  stand before the reason");
	is_str(parse_columns(&list, "VALUE,TID") ?: "", "", "other columns");
	ok(list.nr == 2 && list.cols[0] == col("VALUE") && list.cols[1] == col("TID"),
	   "  in the order given");
	is_str(parse_columns(&list, "+PID") ?: "", "", "more columns");
	ok(list.nr == 3 && list.cols[2] == col("PID"), "  come last, where no reason does");
	is_str(parse_columns(&list, "TID,TI"), "TI", "no name is cut short");
	is_str(parse_columns(&list, ""), "", "an empty list");
	for (int i = 0; i <= MAX_COLUMNS; i++)
		strcat(many, i ? ",TID" : "TID");
	bad = parse_columns(&list, many);
	ok(bad && !strcmp(bad, "TID"), "one too many is refused");
}

/* What the columns show of waiters. */
static void test_texts(void)
{
	static const struct {
		const char *col;
		const char *person;
	} cases[] = {
		{ "VERDICT", "timed" },
		{ "CERTAINTY", "-" },
		{ "PID", "20" },
		{ "COMMAND", "?" },
		{ "ASLEEP", "?" },
		{ "STABLE", "yes" },
		{ "HOLDER", "-" },
		{ "PI-OWNER", "-" },
		{ "EXECED", "yes" },
		{ "BITSET", "?" },
		{ "THREADS", "20" },
		{ "CGROUP", "/web/a b" },
	};
	const struct row row = { .waiter = 1 };
	char buf[VALUE_SIZE];
	struct subject sub;
	struct snapshot s;
	struct analysis a;

	load(&s, &a, CGROUPS);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct column *c = col(cases[i].col);

		set_subject(&sub, &a, &row, buf);
		is_str(column_text(c, &sub, STYLE_PERSON, buf), cases[i].person, c->name);
	}
	unload(&s, &a);
}

/* A chain of 40 waiters, the last of which waits for thread 100, which is no waiter. */
static void test_deep(void)
{
	const struct filter all = { 0 };
	struct filter one = { 0 };
	struct selection sel;
	struct snapshot s;
	struct analysis a;
	struct rows rows;
	char *text;
	size_t size, deepest = 0, roots = 0;
	FILE *f = open_memstream(&text, &size);

	fputs("mm id=1 live=41 live_threads=60-100 hidden=0\n"
	      "process tgid=100 ppid=1 mm=1 execed=yes caught=0x0\n"
	      "thread tid=100 tgid=100 mm=1 state=R\n", f);
	for (int tid = 60; tid < 100; tid++)
		fprintf(f, "thread tid=%d tgid=100 mm=1\n"
			"waiter tid=%d tgid=100 mm=1 op=FUTEX_WAIT flags=PRIVATE expected=2 value=2 "
			"uaddr=0x10%d0 bitset=0xffffffff words=0:2,0,%x,1,0*6\n", tid, tid, tid,
			tid + 1);
	fclose(f);
	load(&s, &a, text);
	select_waiters(&sel, &a, &all);
	tree_rows(&rows, &sel);
	for (size_t i = 0; i < rows.nr; i++) {
		deepest = rows.rows[i].depth > deepest ? rows.rows[i].depth : deepest;
		roots += rows.rows[i].parent < 0;
	}
	is_num(rows.nr, 41, "a chain of 40, and its end");
	is_num(deepest, 16, "  is no deeper than can be read");
	is_num(roots, 3, "  but goes on from the margin");
	rows_free(&rows);
	selection_free(&sel);

	filter_add_pids(&one, "97");
	select_waiters(&sel, &a, &one);
	tree_rows(&rows, &sel);
	is_num(rows.nr, 4, "with one waiter go those that it waits for");
	ok(rows.rows[3].depth == 4 && rows.rows[3].parent == 2, "  and it hangs from the next");
	ok(rows.rows[0].waiter == -1 && rows.rows[0].parent == -1 && rows.rows[0].id == 100,
	   "  who waits for nobody is the root, before the first that hangs from it");
	rows_free(&rows);
	selection_free(&sel);
	filter_free(&one);
	unload(&s, &a);
	free(text);
}

int main(void)
{
	tap_start();
	test_filters();
	test_bad_filters();
	test_column_rows();
	test_columns();
	test_texts();
	test_deep();
	return tap_end();
}
