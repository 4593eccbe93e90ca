// SPDX-License-Identifier: GPL-2.0-only
/* What the /proc reader may not look at, on trees made here, and what comes of it. */
#include <errno.h>
#include <sys/fsuid.h>
#include <unistd.h>

#include "array.h"
#include "filter.h"
#include "gaps.h"
#include "output.h"
#include "rights.h"
#include "scan.h"
#include "source.h"
#include "tap.h"
#include "tree.h"

#if defined(__x86_64__)
#define FUTEX		"202"
#else
#define FUTEX		"98"
#endif
#define WAITS		FUTEX " 0x10 0x80 0x1 0x0 0x0 0x0 0x0 0x0\n"
#define SLEEPS		"0 0x3 0x0 0x0 0x0 0x0 0x0 0x7ffc0 0x7f00\n"
#define KTHREAD		0x200000

#define NOBODY		65534

#define USER		"Name:\tx\nUid:\t1000\t1000\t1000\t1000\nGid:\t5\t5\t5\t7\nGroups:\t20 30 \n"
#define ROOT		"Name:\tx\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nGroups:\t \n"
#define NO_CAPS		"CapEff:\t0000000000000000\n"
#define BUT_PTRACE	"CapEff:\t000001fffff7ffff\n"
#define ALL_CAPS	"CapEff:\t000001ffffffffff\n"

/* Let nobody open a file, or what is in a directory. */
static void refuse(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void refuse(const char *fmt, ...)
{
	char path[PATH_SIZE];
	va_list ap;

	va_start(ap, fmt);
	make_path(path, fmt, ap);
	va_end(ap);
	chmod(path, 0);
}

static void add(pid_t pid, pid_t tid, char state, unsigned int flags, const char *call)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "%d (x) %c 1 1 1 0 -1 %u 9 8 7 6 5 4 3 2 20 0 1 0 1 1000 5\n", tid, state, flags);
	create_file(text, "%d/task/%d/stat", pid, tid);
	create_file("Name:\tx\n", "%d/task/%d/status", pid, tid);
	create_file(call, "%d/task/%d/syscall", pid, tid);
}

static int compare_pids(pid_t x, pid_t y)
{
	return x == y ? 0 : x < y ? 1 : 2;
}

/*
 * What it takes
 */

static void test_rights(void)
{
	static const struct {
		const char *name;
		const char *status;
		const char *yama;	/* NULL: the kernel has none */
		const char *rights;
	} cases[] = {
		{ "a user", USER NO_CAPS, NULL, "run as root" },
		{ "a user, yama 0", USER NO_CAPS, "0\n", "run as root" },
		{ "a user, yama 1", USER NO_CAPS, "1\n",
		  "run as root (kernel.yama.ptrace_scope is 1)" },
		{ "root without the capability", ROOT BUT_PTRACE, "1\n", "run with CAP_SYS_PTRACE" },
		{ "root with it", ROOT ALL_CAPS, "1\n",
		  "load the module (a security module or the user namespace forbids it)" },
		{ "root, yama 3", ROOT ALL_CAPS, "3\n",
		  "load the module (kernel.yama.ptrace_scope is 3)" },
		{ "nothing can be read", "", NULL, "run as root" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct snapshot s;

		new_tree();
		create_file(cases[i].status, "self/status");
		if (cases[i].yama)
			create_file(cases[i].yama, "sys/kernel/yama/ptrace_scope");
		snapshot_init(&s, &source_proc);
		find_rights(root, &s);
		is_str(s.rights, cases[i].rights, cases[i].name);
		snapshot_free(&s);
		remove_tree();
	}
}

static void test_hidepid(void)
{
	static const struct {
		const char *name;
		const char *status;
		const char *options;
		bool hides;
	} cases[] = {
		{ "no hidepid", USER NO_CAPS, "rw", false },
		{ "hidepid=1 lists all", USER NO_CAPS, "rw,hidepid=noaccess", false },
		{ "the same as a number", USER NO_CAPS, "rw,hidepid=1", false },
		{ "hidepid=2", USER NO_CAPS, "rw,hidepid=invisible", true },
		{ "the same as a number", USER NO_CAPS, "rw,hidepid=2", true },
		{ "hidepid=2 for root with CAP_SYS_PTRACE", ROOT ALL_CAPS, "rw,hidepid=2", false },
		{ "  without it, in the group that is exempt", ROOT BUT_PTRACE, "rw,hidepid=2", false },
		{ "  without it, if that is another", ROOT BUT_PTRACE, "rw,gid=9,hidepid=2", true },
		{ "the group for files", USER NO_CAPS, "rw,gid=7,hidepid=2", false },
		{ "the real group", USER NO_CAPS, "rw,gid=5,hidepid=2", true },
		{ "a further group", USER NO_CAPS, "rw,gid=30,hidepid=invisible", false },
		{ "hidepid=4 has no such group", USER NO_CAPS, "rw,gid=30,hidepid=ptraceable", true },
		{ "the same as a number", USER NO_CAPS, "rw,gid=30,hidepid=4", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct snapshot s;
		char mounts[512];

		new_tree();
		/* The one on top counts, and none elsewhere. */
		snprintf(mounts, sizeof(mounts),
			 "20 1 0:2 / %s rw - proc proc rw,hidepid=off\n"
			 "21 20 0:3 / %s rw,relatime shared:13 - proc proc %s\n"
			 "22 1 0:4 / /elsewhere rw - proc proc rw,hidepid=ptraceable\n"
			 "23 1 0:5 / %s/x rw - tmpfs tmpfs rw\n", root, root, cases[i].options, root);
		create_file(mounts, "self/mountinfo");
		create_file(cases[i].status, "self/status");
		snapshot_init(&s, &source_proc);
		find_rights(root, &s);
		ok(s.hides_processes == cases[i].hides, "hides processes: %s", cases[i].name);
		snapshot_free(&s);
		remove_tree();
	}
}

/*
 * Who is denied
 */

static void add_host(void)
{
	add(10, 10, 'S', 0, WAITS);
	add(20, 20, 'S', 0, WAITS);
	add(20, 21, 'S', 0, WAITS);
	refuse("20/task/20/syscall");
	refuse("20/task/21/syscall");
	create_file("0::/web\n", "20/cgroup");
	add(30, 30, 'I', KTHREAD, SLEEPS);
	refuse("30/task/30/syscall");
	add(40, 40, 'Z', 0, SLEEPS);
	refuse("40/task/40/syscall");
	add(50, 50, 'S', 0, WAITS);
	refuse("50");
	add(60, 60, 'S', 0, WAITS);
	add(60, 61, 'S', 0, WAITS);
	refuse("60/task/61/syscall");
	add(70, 70, 'S', 0, SLEEPS);
	create_file("", "80/nothing");
}

/* As somebody whom the modes of files bind. */
static int look(struct snapshot *s)
{
	int rc;

	snapshot_init(s, &source_proc);
	chmod(root, 0755);
	setfsuid(NOBODY);
	rc = scan_proc(root, compare_pids, s);
	setfsuid(geteuid());
	snapshot_index(s);
	return rc;
}

static void allow(void)
{
	char path[PATH_SIZE + 8];

	snprintf(path, sizeof(path), "%s/50", root);
	chmod(path, 0755);
	remove_tree();
}

static void check_selection(const struct analysis *a, const char *pids, const char *cgroup,
			    bool complete, bool misses_pid, const char *name)
{
	struct filter f = { 0 };
	struct selection sel;

	if (pids)
		filter_add_pids(&f, pids);
	if (cgroup)
		filter_set_cgroup(&f, cgroup);
	select_waiters(&sel, a, &f);
	ok(selection_is_complete(&sel) == complete, "%s is %scomplete", name,
	   complete ? "" : "not ");
	ok(selection_misses_pid(&sel) == misses_pid, "  of the ids %s missing",
	   misses_pid ? "one is" : "none is");
	selection_free(&sel);
	filter_free(&f);
}

static void check_selections(struct snapshot *s)
{
	struct analysis a;

	analyze(&a, s, NULL);
	check_selection(&a, NULL, NULL, false, false, "all");
	check_selection(&a, "10", NULL, true, false, "a process that was looked at");
	check_selection(&a, "30,40", NULL, true, false, "what waits on nothing for certain");
	check_selection(&a, "10,20", NULL, false, true, "with one that was not");
	check_selection(&a, "21", NULL, false, true, "a thread of it");
	check_selection(&a, "60", NULL, false, true, "a process that was looked at in part");
	check_selection(&a, "61", NULL, false, true, "its thread that was not");
	check_selection(&a, "50", NULL, false, true, "one whose threads are not listed");
	check_selection(&a, NULL, "/web", false, false, "the cgroup of one that was not");
	check_selection(&a, NULL, "/", false, false, "all cgroups");
	analysis_free(&a);
}

static void test_denied(void)
{
	static const pid_t denied[][2] = { { 20, 20 }, { 20, 21 }, { 50, 50 }, { 60, 61 } };
	struct snapshot s;

	new_tree();
	add_host();
	is_num(look(&s), 0, "some can be looked at");
	is_num(s.nr_waiters, 2, "waiters of those");
	if (is_num(s.nr_denied, ARRAY_SIZE(denied), "threads that may not be looked at")) {
		for (size_t i = 0; i < s.nr_denied; i++) {
			is_num(s.denied[i].tgid, denied[i][0], "  process");
			is_num(s.denied[i].tid, denied[i][1], "  thread");
		}
		is_str(s.denied[0].cgroup, "/web", "the cgroup of one");
		is_str(s.denied[1].cgroup, "/web", "  and of the other");
		is_str(s.denied[2].cgroup, NULL, "  which is not known of all");
	}
	is_num(s.nr_denied_processes, 3, "processes of these");
	ok(s.vm_unsure, "one of them may share memory");
	check_selections(&s);
	snapshot_free(&s);
	allow();
}

/* A kernel thread, a dead process and one that ends meanwhile hide nothing. */
static void test_idle(void)
{
	struct snapshot s;
	struct analysis a;

	new_tree();
	add(10, 10, 'S', 0, WAITS);
	add(30, 30, 'I', KTHREAD, SLEEPS);
	refuse("30/task/30/syscall");
	add(40, 40, 'Z', 0, SLEEPS);
	refuse("40/task/40/syscall");
	create_file("", "80/nothing");
	look(&s);
	is_num(s.nr_denied, 0, "none that could wait is denied");
	ok(!s.vm_unsure, "none could share memory");
	analyze(&a, &s, NULL);
	check_selection(&a, NULL, NULL, true, false, "a list that lacks these");
	s.hides_processes = true;
	check_selection(&a, NULL, NULL, false, false, "one where some may be hidden");
	check_selection(&a, "10", NULL, true, false, "one process, where others may be hidden");
	s.hides_processes = false;
	s.nr_hidden = 1;
	check_selection(&a, NULL, NULL, false, false, "one with waiters of another pid namespace");
	check_selection(&a, "10", NULL, true, false, "one process, where there are such waiters");
	s.nr_errors = 1;
	check_selection(&a, "10", NULL, false, false, "one whose source has failed");
	analysis_free(&a);
	snapshot_free(&s);
	remove_tree();
}

static void test_nobody(void)
{
	struct snapshot s;

	new_tree();
	add(20, 20, 'S', 0, WAITS);
	refuse("20/task/20/syscall");
	is_num(-look(&s), EACCES, "not one process can be looked at");
	snapshot_free(&s);
	remove_tree();
}

/* Ids of this host, in a tree that shows none of them but one. */
static void test_invisible(void)
{
	const pid_t ids[] = { getpid(), MAX_TID, getppid() };
	struct snapshot s;

	new_tree();
	create_file("", "%d/stat", getppid());
	snapshot_init(&s, &source_proc);
	find_invisible(root, &s, ids, ARRAY_SIZE(ids));
	ok(is_denied(&s, getpid()), "an id that exists and is not shown is denied");
	is_num(s.nr_denied_processes, 1, "one that does not exist is not, nor one that is shown");
	snapshot_free(&s);
	remove_tree();
}

/*
 * What is said of it
 */

static void check_text(const struct snapshot *s, const char *pids, const char *want,
		       const char *name)
{
	struct analysis a;
	struct filter f = { 0 };
	struct selection sel;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (pids)
		filter_add_pids(&f, pids);
	analyze(&a, s, NULL);
	select_waiters(&sel, &a, &f);
	print_gaps(out, &sel);
	fclose(out);
	is_str(text, want, name);
	free(text);
	selection_free(&sel);
	analysis_free(&a);
	filter_free(&f);
}

#define GAP	"the list is not complete: "

static void test_text(void)
{
	struct snapshot s;

	snapshot_init(&s, &source_proc);
	s.rights = "run as root";
	check_text(&s, NULL, "", "all were looked at");
	snapshot_add_denied(&s, (struct denied){ 20, 20 });
	snapshot_index(&s);
	check_text(&s, NULL, GAP "no rights to look at 1 process: run as root\n", "all but one");
	check_text(&s, "20", GAP "no rights to look at 20 (1 process in all): run as root\n",
		   "the one is named");
	snapshot_add_denied(&s, (struct denied){ 31, 30 });
	snapshot_index(&s);
	check_text(&s, "4", GAP "no rights to look at 2 processes: run as root\n",
		   "another is named");
	check_text(&s, "31,4,20", GAP "no rights to look at 31,20 (2 processes in all): run as root\n",
		   "all are named");
	s.hides_processes = true;
	s.nr_hidden = 7;
	check_text(&s, NULL, GAP "no rights to look at 2 processes: run as root\n"
			     GAP "/proc does not show all processes (hidepid): run as root\n"
			     GAP "7 waiters are not visible from this pid namespace\n",
		   "a line for each reason");
	snapshot_free(&s);
}

int main(void)
{
	tap_start();
	test_rights();
	test_hidepid();
	test_denied();
	test_idle();
	test_nobody();
	test_invisible();
	test_text();
	return tap_end();
}
