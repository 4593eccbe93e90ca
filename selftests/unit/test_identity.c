// SPDX-License-Identifier: GPL-2.0-only
/* The command lines, users and runtimes of processes, on trees made here. */
#include <fcntl.h>

#include "array.h"
#include "identity.h"
#include "runtime.h"
#include "source.h"
#include "tap.h"
#include "text_format.h"
#include "tree.h"

#define PAGE	4096

/* Fields 3 to 47 of /proc/TID/stat; the name may hold anything. */
#define STAT	"11 (a) b (c) S" \
		" 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33" \
		" 34 35 36 37 38 39 40 41 42 43 44 45 46 47 "
#define STATUS	"Name:\tx\nUid:\t5\t%s\t7\t8\n"
#define PASSWD	"root:x:0:0::/:/bin/sh\nm\xc3\xbcller:x:1000:0::/:/bin/sh\n+nis::::::\n"

struct scene {
	const char *name;
	const char *range;	/* arg_start and arg_end */
	const char *args;	/* bytes of memory from 8200 on */
	size_t len;
	unsigned int absent;	/* a mask of pages that are not present */
	bool in_state_d;
	const char *cmdline;
	const char *user_id;
	const char *user;
};

#define ARGS(text)	.args = text, .len = sizeof(text)

static const struct scene scenes[] = {
	{ "arguments", "8200 8212 0\n", ARGS("sh\0-c\0ls x"), .cmdline = "sh -c ls x",
	  .user_id = "0", .user = "root" },
	{ "names that are escaped", "8200 8207 0\n", ARGS("a\\\xc3\xbc\n"),
	  .cmdline = "a\\134\\303\\274\\012", .user_id = "1000", .user = "m\\303\\274ller" },
	{ "a user without a name", "8200 8203 0\n", ARGS("a"), .cmdline = "a",
	  .user_id = "4294967294", .user = "4294967294" },
	{ "no rights", "0 0 0\n", ARGS("a") },
	{ "an empty command line", "8200 8204 0\n", ARGS("\0\0\0") },
	{ "ends before it begins", "8200 8100 0\n", ARGS("a") },
	{ "too few fields", "8200\n", ARGS("a") },
	{ "memory that is not present", "8200 8204 0\n", ARGS("abc"), .absent = 1 << 2 },
	{ "a thread in state D", "8200 8204 0\n", ARGS("abc"), .in_state_d = true },
	{ "beginning of what is present in part", "12280 12292 0\n", ARGS(""), .absent = 1 << 3,
	  .cmdline = "tail" },
};

static void write_at(const char *name, const void *bytes, size_t len, off_t at)
{
	char path[PATH_SIZE];
	int fd;

	snprintf(path, sizeof(path), "%s/10/task/11/%s", root, name);
	fd = open(path, O_WRONLY);
	if (pwrite(fd, bytes, len, at) != (ssize_t)len)
		ok(false, name);
	close(fd);
}

static void create(const struct scene *sc)
{
	char text[512];

	new_tree();
	snprintf(text, sizeof(text), "%s%s", STAT, sc->range);
	create_file(text, "10/task/11/stat");
	snprintf(text, sizeof(text), STATUS, sc->user_id ?: "x");
	create_file(text, "10/task/11/status");
	create_file(PASSWD, "passwd");
	create_file("", "10/task/11/pagemap");
	create_file("", "10/task/11/mem");
	for (int page = 0; page < 4; page++) {
		uint64_t entry = sc->absent & 1 << page ? 0 : 1ULL << 63;

		write_at("pagemap", &entry, sizeof(entry), page * sizeof(entry));
	}
	write_at("mem", "tail\0\0\0\0more", 12, 3 * PAGE - 8);
	write_at("mem", sc->args, sc->len, 8200);
}

static void check(const struct scene *sc)
{
	char error[PARSE_ERROR_SIZE], passwd[PATH_SIZE], *text;
	size_t waiter = 0;
	struct snapshot s;
	int n = asprintf(&text, "futexinspect version=1\nprocess tgid=10\n"
			 "waiter tid=11 tgid=10\nend\n");

	create(sc);
	snapshot_init(&s, &source_proc);
	if (parse_text(text, n, "test", &s, error))
		ok(false, error);
	s.processes[0].in_state_d = sc->in_state_d;
	snprintf(passwd, sizeof(passwd), "%s/passwd", root);
	find_identities(root, passwd, &s, &waiter, 1);
	is_str(s.processes[0].cmdline ?: "?", sc->cmdline ?: "?", sc->name);
	is_str(s.processes[0].user ?: "?", sc->user ?: "?", "  and the user");
	snapshot_free(&s);
	remove_tree();
}

/* The heap of Go is recognised by its name, wherever it is. */
static void test_moving_tasks(void)
{
	static const char *const names[] = { "", "[anon: Go: heap]" };
	char maps[128];

	for (int is_go = 0; is_go < 2; is_go++) {
		struct process process = { .tgid = 10 };
		struct waiter waiter = { .tgid = 10, .lock.owner = 11 };
		struct snapshot s;

		new_tree();
		snprintf(maps, sizeof(maps), "7000000000-7004000000 rw-p 00000000 00:00 0 %s\n",
			 names[is_go]);
		create_file(maps, "10/maps");
		snapshot_init(&s, &source_proc);
		array_push(s.processes, s.nr_processes, process);
		array_push(s.waiters, s.nr_waiters, waiter);
		find_moving_tasks(root, &s);
		ok(s.processes[0].moves_tasks == is_go, is_go ? "memory of Go" : "any memory");
		snapshot_free(&s);
		remove_tree();
	}
}

int main(void)
{
	tap_start();
	test_moving_tasks();
	if (sysconf(_SC_PAGESIZE) == PAGE) {
		for (size_t i = 0; i < ARRAY_SIZE(scenes); i++)
			check(&scenes[i]);
	}
	return tap_end();
}
