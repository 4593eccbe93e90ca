// SPDX-License-Identifier: GPL-2.0-only
/* The /proc reader, on trees made here that look like /proc. */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <unistd.h>

#include "owners.h"
#include "source.h"
#include "array.h"
#include "analyze.h"
#include "rings.h"
#include "scan.h"
#include "tap.h"
#include "tree.h"

#if defined(__x86_64__)
#define FUTEX		"202"
#else
#define FUTEX		"98"
#endif
#define PAGE		((uint64_t)sysconf(_SC_PAGESIZE))
#define FORKED		0x40
#define SLEEPS		"0 0x3 0x0 0x0 0x0 0x0 0x0 0x7ffc0 0x7f00\n"

__attribute__((format(printf, 1, 2)))
static FILE *create(const char *fmt, ...)
{
	char path[PATH_SIZE];
	va_list ap;

	va_start(ap, fmt);
	make_path(path, fmt, ap);
	va_end(ap);
	return fopen(path, "w");
}

struct fake {
	pid_t pid;
	pid_t tid;
	const char *comm;
	char state;
	pid_t ppid;
	unsigned int flags;
	const char *syscall;
	const char *caught;	/* default: 0 */
	pid_t nstid;		/* default: tid */
	pid_t tracer;
	const char *wchan;	/* default: where futex calls sleep */
	const char *stack;
};

static void add(const struct fake *t)
{
	const char *comm = t->comm ?: "prog";
	FILE *f = create("%d/task/%d/stat", t->pid, t->tid);

	fprintf(f, "%d (%s) %c %d 1 1 0 -1 %u 9 8 7 6 5 4 3 2 20 0 1 0 %d 1000 5\n", t->tid, comm,
		t->state, t->ppid, t->flags, t->tid);
	fclose(f);
	f = create("%d/task/%d/status", t->pid, t->tid);
	fprintf(f, "Name:\tprog\nTgid:\t%d\nTracerPid:\t%d\n", t->pid, t->tracer);
	fprintf(f, t->nstid ? "NSpid:\t%d\t%d\n" : "NSpid:\t%d\n", t->tid, t->nstid);
	fprintf(f, "SigCgt:\t%s\nvoluntary_ctxt_switches:\t5\nnonvoluntary_ctxt_switches:\t6\n",
		t->caught ?: "0000000000000000");
	fclose(f);
	f = create("%d/task/%d/syscall", t->pid, t->tid);
	fputs(t->syscall, f);
	fclose(f);
	create_file(t->wchan ?: "futex_do_wait", "%d/task/%d/wchan", t->pid, t->tid);
	if (t->stack)
		create_file(t->stack, "%d/task/%d/stack", t->pid, t->tid);
}

/* A page at @addr, present or not, with @words at @addr + @offset. */
static void add_page(pid_t pid, uint64_t addr, bool present, size_t offset,
		     const uint32_t *words, size_t nr)
{
	uint64_t entry = present ? 1ULL << 63 : 0;
	FILE *f = create("%d/task/%d/pagemap", pid, pid);

	fseek(f, addr / PAGE * 8, SEEK_SET);
	fwrite(&entry, 8, 1, f);
	fclose(f);
	f = create("%d/task/%d/mem", pid, pid);
	fseek(f, addr + offset, SEEK_SET);
	fwrite(words, 4, nr, f);
	fseek(f, addr + PAGE - 1, SEEK_SET);
	fputc(0, f);
	fclose(f);
}

/* Each process has its own memory, but for 20 and 21, which share theirs. */
static int compare_fake(pid_t x, pid_t y)
{
	int a = x == 21 ? 20 : x, b = y == 21 ? 20 : y;

	return a == b ? 0 : a < b ? 1 : 2;
}

static int compare_refused(pid_t x, pid_t y)
{
	(void)x;
	(void)y;
	errno = EPERM;
	return -1;
}

static int compare_gone(pid_t x, pid_t y)
{
	if (x != 20 && y != 20)
		return compare_fake(x, y);
	errno = ESRCH;
	return -1;
}

static void look(struct snapshot *s, compare_fn compare)
{
	int rc;

	snapshot_init(s, &source_proc);
	rc = scan_proc(root, compare, s);
	if (rc)
		printf("# scan_proc: %s\n", strerror(-rc));
	snapshot_index(s);
}

static void test_fork(void)
{
	static const uint32_t lock[] = { 7, 2, 0, 9, 1, 0 };
	struct snapshot s;
	struct analysis a;
	const struct waiter *w;
	uint32_t word;
	FILE *f;

	new_tree();
	add(&(struct fake){ 10, 10, "py)\n(\033", 'S', 8, FORKED,
	    FUTEX " 0x10010 0x80 0x2 0x0 0x5 0x6 0x7ffc0 0x7f00\n", "0000000000000002" });
	add_page(10, 0x10000, true, 12, lock, 6);
	add(&(struct fake){ 8, 8, "parent", 'S', 1, 0, SLEEPS });
	add(&(struct fake){ 8, 9, "holder", 'S', 1, FORKED, SLEEPS });
	/* /proc does not list threads, but has them. */
	f = create("9/status");
	fputs("Name:\tholder\nTgid:\t8\n", f);
	fclose(f);
	f = create("8/stat");
	fputs("8 (parent) S 1 1 1 0 -1 0 9 8 7 6 5 4 3 2 20 0 1 0 8 1000 5\n", f);
	fclose(f);
	f = create("10/cgroup");
	fputs("1:name=systemd:/other\n0::/jobs/a b\n", f);
	fclose(f);
	look(&s, compare_fake);
	read_foreign_holders(root, &s);
	w = s.waiters;
	if (is_num(s.nr_waiters, 1, "one waiter")) {
		is_num(w->tid, 10, "tid");
		is_str(w->comm, "py)\\012(\\033", "comm is escaped");
		is_num(w->call, CALL_FUTEX, "syscall");
		is_str(w->op_text, "FUTEX_WAIT", "op");
		is_str(w->flags_text, "PRIVATE", "flags");
		is_num(w->key_type, KEY_PRIVATE, "key");
		is_num(w->uaddr, 0x10010, "uaddr");
		is_num(w->waits_on, 0x10010, "waits_on is the same");
		is_num(w->expected, 2, "expected");
		is_num(w->bitset, 0xffffffff, "FUTEX_WAIT has no bitset of its own");
		is_num(w->timeout, TIMEOUT_NONE, "timeout");
		is_num(w->args[5], 6, "the last argument");
		ok(!(w->known & W_ASLEEP), "the time asleep is unknown");
		ok(w->known & W_VALUE && w->value == 2, "value");
		ok(waiter_word(w, -4, &word) && word == 7, "the word before");
		ok(waiter_word(w, 8, &word) && word == 9, "the owner");
		is_num(s.threads[0].nvcsw, 5, "nvcsw");
		is_num(s.threads[0].nivcsw, 6, "nivcsw");
		ok(s.threads[0].start_ns > 0, "start");
		is_num(s.processes[0].caught, 2, "caught");
		is_num(s.processes[0].execed, NO, "forked without execve");
		is_str(s.processes[0].cgroup, "/jobs/a b", "cgroup v2");
		is_str(s.mms[0].live_threads, "10", "live_threads");
		is_num(s.nr_foreign_holders, 1, "the holder is found outside");
		is_num(s.foreign_holders[0].tgid, 8, "  in the parent");
		is_str(s.foreign_holders[0].comm, "parent", "  by its name");
		ok(!s.foreign_holders[0].ended, "  and is alive");
		analyze(&a, &s, NULL);
		is_num(a.judgements[0].verdict, VERDICT_ORPHANED, "orphaned");
		analysis_free(&a);
	}
	snapshot_free(&s);
	remove_tree();
}

/* The main thread of a process that lives on without it keeps its id. */
static void test_ended_holder(void)
{
	static const uint32_t lock[] = { 7, 2, 0, 8, 1, 0 };
	struct snapshot s;
	FILE *f;

	new_tree();
	add(&(struct fake){ 10, 10, "waiter", 'S', 1, FORKED,
	    FUTEX " 0x10010 0x80 0x2 0x0 0x5 0x6 0x7ffc0 0x7f00\n", "0000000000000002" });
	add_page(10, 0x10000, true, 12, lock, 6);
	add(&(struct fake){ 8, 8, "holder", 'Z', 1, 0, SLEEPS });
	f = create("8/status");
	fputs("Name:\tholder\nTgid:\t8\n", f);
	fclose(f);
	f = create("8/stat");
	fputs("8 (holder) Z 1 1 1 0 -1 0 9 8 7 6 5 4 3 2 20 0 1 0 8 1000 5\n", f);
	fclose(f);
	look(&s, compare_fake);
	read_foreign_holders(root, &s);
	ok(s.nr_foreign_holders == 1 && s.foreign_holders[0].ended, "the holder has ended");
	snapshot_free(&s);
	remove_tree();
}

/* Whether the value is read must not depend on luck. */
static void test_value(void)
{
	static const uint32_t words[] = { 2 };
	static const struct {
		const char *name;
		bool present;
		char other;
		const char *addr;
		bool known;
	} cases[] = {
		{ "present", true, 'S', "0x10000", true },
		{ "not present", false, 'S', "0x10000", false },
		{ "a thread in D", true, 'D', "0x10000", false },
		{ "not aligned", true, 'S', "0x10002", false },
		{ "another page", true, 'S', "0x90000", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char line[128];
		struct snapshot s;

		new_tree();
		snprintf(line, sizeof(line), FUTEX " %s 0x80 0x2 0x0 0x0 0x0 0x0 0x0\n",
			 cases[i].addr);
		add(&(struct fake){ 10, 10, NULL, 'S', 1, 0, line });
		add(&(struct fake){ 10, 11, NULL, cases[i].other, 1, FORKED, SLEEPS });
		add_page(10, 0x10000, cases[i].present, 0, words, 1);
		look(&s, compare_fake);
		ok(s.nr_waiters == 1 && !!(s.waiters[0].known & W_VALUE) == cases[i].known,
		   "value: %s", cases[i].name);
		snapshot_free(&s);
		remove_tree();
	}
}

static void test_calls(void)
{
	static const struct {
		const char *name;
		const char *line;
		enum call call;		/* CALL_UNKNOWN: no waiter */
		const char *op;
		const char *flags;
		enum timeout timeout;
		enum key_type key;
		uint32_t bitset;
	} cases[] = {
		{ "FUTEX_WAIT with a timeout", FUTEX " 0x10 0x80 0x2 0x99 0x0 0x0 0x0 0x0\n",
		  CALL_FUTEX, "FUTEX_WAIT", "PRIVATE", TIMEOUT_RELATIVE, KEY_PRIVATE, ~0U },
		{ "FUTEX_WAIT_BITSET", FUTEX " 0x10 0x89 0x2 0x99 0x0 0xf0 0x0 0x0\n",
		  CALL_FUTEX, "FUTEX_WAIT_BITSET", "PRIVATE", TIMEOUT_MONOTONIC, KEY_PRIVATE, 0xf0 },
		{ "FUTEX_WAIT_BITSET, realtime", FUTEX " 0x10 0x189 0x2 0x99 0x0 0x1 0x0 0x0\n",
		  CALL_FUTEX, "FUTEX_WAIT_BITSET", "PRIVATE|CLOCK_REALTIME", TIMEOUT_REALTIME,
		  KEY_PRIVATE, 1 },
		{ "FUTEX_LOCK_PI", FUTEX " 0x10 0x86 0x2 0x99 0x0 0x1 0x0 0x0\n",
		  CALL_FUTEX, "FUTEX_LOCK_PI", "PRIVATE", TIMEOUT_REALTIME, KEY_PRIVATE, ~0U },
		{ "FUTEX_LOCK_PI2", FUTEX " 0x10 0x8d 0x2 0x99 0x0 0x1 0x0 0x0\n",
		  CALL_FUTEX, "FUTEX_LOCK_PI2", "PRIVATE", TIMEOUT_MONOTONIC, KEY_PRIVATE, ~0U },
		{ "FUTEX_WAIT_REQUEUE_PI", FUTEX " 0x10 0x8b 0x2 0x0 0x20 0x1 0x0 0x0\n",
		  CALL_FUTEX, "FUTEX_WAIT_REQUEUE_PI", "PRIVATE", TIMEOUT_NONE, KEY_PRIVATE, ~0U },
		{ "without the private flag", FUTEX " 0x10 0x0 0x2 0x0 0x0 0x0 0x0 0x0\n",
		  CALL_FUTEX, "FUTEX_WAIT", "-", TIMEOUT_NONE, KEY_UNKNOWN, ~0U },
		{ "32-bit futex", "240 0x10 0x80 0x2 0x0 0x0 0x0 0x0 0x0\n",
		  CALL_FUTEX, "FUTEX_WAIT", "PRIVATE", TIMEOUT_NONE, KEY_PRIVATE, ~0U },
		{ "32-bit futex_time64", "422 0x10 0x80 0x2 0x0 0x0 0x0 0x0 0x0\n",
		  CALL_FUTEX, "FUTEX_WAIT", "PRIVATE", TIMEOUT_NONE, KEY_PRIVATE, ~0U },
		{ "futex_wait", "455 0x10 0x2 0xff 0x82 0x99 0x1 0x0 0x0\n",
		  CALL_FUTEX_WAIT, NULL, "PRIVATE", TIMEOUT_MONOTONIC, KEY_PRIVATE, 0xff },
		{ "futex_waitv", "449 0x10 0x2 0x0 0x0 0x0 0x0 0x0 0x0\n",
		  CALL_FUTEX_WAITV, NULL, NULL, TIMEOUT_UNKNOWN, KEY_UNKNOWN, 0 },
		{ "FUTEX_WAKE", FUTEX " 0x10 0x81 0x1 0x0 0x0 0x0 0x0 0x0\n" },
		{ "running", "running\n" },
		{ "no call", "-1 0x7ffc0 0x7f00\n" },
		{ "another call", SLEEPS },
		{ "a cut-off line", FUTEX " 0x10 0x80\n" },
		{ "an empty file", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct waiter *w;
		struct snapshot s;
		bool good;

		new_tree();
		add(&(struct fake){ 10, 10, NULL, 'S', 1, 0, cases[i].line });
		look(&s, compare_fake);
		w = s.waiters;
		if (cases[i].call == CALL_UNKNOWN)
			good = !s.nr_waiters;
		else
			good = s.nr_waiters == 1 && w->call == cases[i].call &&
			       !strcmp(w->op_text ?: "", cases[i].op ?: "") &&
			       !strcmp(w->flags_text ?: "", cases[i].flags ?: "") &&
			       w->timeout == cases[i].timeout && w->key_type == cases[i].key &&
			       w->bitset == cases[i].bitset &&
			       !!(w->known & W_BITSET) == (w->call != CALL_FUTEX_WAITV);
		ok(good, "call: %s", cases[i].name);
		snapshot_free(&s);
		remove_tree();
	}
}

#define WAITS	FUTEX " 0x10 0x80 0x1 0x0 0x0 0x0 0x0 0x0\n"

/* 20 and 21 share their memory; 10 and 30 do not. */
static void add_sharing(void)
{
	add(&(struct fake){ 10, 10, NULL, 'S', 1, 0, WAITS });
	add(&(struct fake){ 20, 20, NULL, 'S', 1, 0, WAITS });
	add(&(struct fake){ 21, 21, NULL, 'S', 20, FORKED, SLEEPS });
	add(&(struct fake){ 30, 30, NULL, 'S', 1, 0, SLEEPS });
}

static void test_sharing(void)
{
	struct snapshot s;
	struct analysis a;

	new_tree();
	add_sharing();
	look(&s, compare_fake);
	is_num(s.nr_mms, 2, "processes without waiters are left out");
	is_num(s.nr_processes, 3, "those that share a waiter's memory are not");
	is_str(s.mms[1].live_threads, "20-21", "the threads of both are live in it");
	ok(!s.vm_unsure, "sharing is known");
	analyze(&a, &s, NULL);
	is_num(a.judgements[0].verdict, VERDICT_NO_WAKER, "one that shares with nobody is stuck");
	is_num(a.judgements[1].verdict, VERDICT_WAITING, "one that shares can be woken");
	analysis_free(&a);
	snapshot_free(&s);

	look(&s, compare_refused);
	ok(s.vm_unsure, "refused: sharing is not known");
	is_num(s.nr_waiters, 2, "but the waiters are seen");
	snapshot_free(&s);

	look(&s, compare_gone);
	ok(!s.vm_unsure, "a process that ended shares nothing");
	snapshot_free(&s);
	remove_tree();
}

static void test_threads(void)
{
	struct snapshot s;
	FILE *f;

	new_tree();
	add(&(struct fake){ 10, 10, "main", 'Z', 1, 0, "0 0x0 0x0 0x0 0x0 0x0 0x0 0x0 0x0\n" });
	add(&(struct fake){ 10, 11, "a", 'S', 1, FORKED, WAITS, "0000000000000100", 0, 5 });
	add(&(struct fake){ 10, 13, "b", 'T', 1, FORKED, WAITS, "0000000000000100", 3 });
	look(&s, compare_fake);
	is_num(s.nr_threads, 2, "a zombie is no live thread");
	is_str(s.mms[0].live_threads, "11,13", "  nor in live_threads");
	is_num(s.processes[0].execed, YES, "only the main thread's flag counts");
	is_str(s.processes[0].comm, "main", "the process has the main thread's name");
	is_num(s.processes[0].caught, 0x100, "signals are those of the live threads");
	is_num(s.threads[0].tracer, 5, "tracer");
	ok(s.threads[1].tracer == PID_NONE, "no tracer");
	is_num(s.threads[0].nstid, 11, "id in the namespace: the same");
	is_num(s.threads[1].nstid, 3, "id in the namespace: another");
	is_num(s.threads[1].state, 'T', "a stopped waiter is listed");
	is_num(s.nr_waiters, 2, "both are waiters");
	snapshot_free(&s);

	f = create("10/task/14/stat");
	fputs("garbage", f);
	fclose(f);
	look(&s, compare_fake);
	is_num(s.mms[0].hidden, 1, "a thread that cannot be read is hidden, not gone");
	is_num(s.mms[0].live, 3, "  and counts as live");
	snapshot_free(&s);

	add(&(struct fake){ 10, 14, "c", '\033', 1, FORKED, WAITS });
	look(&s, compare_fake);
	is_num(s.mms[0].hidden, 1, "nor can one whose state cannot be printed");
	snapshot_free(&s);
	remove_tree();
}

/* What a thread in a futex call sleeps in. */
static void test_sleeps(void)
{
	static const struct {
		const char *name;
		char state;
		const char *wchan;
		const char *stack;
		enum verdict verdict;
	} cases[] = {
		{ "in the queue", 'S', "futex_wait_queue_me", NULL, VERDICT_NO_WAKER },
		{ "in a function with a suffix", 'S', "futex_wait_requeue_pi.constprop.0", NULL,
		  VERDICT_NO_WAKER },
		{ "in the queue, by the stack", 'S', "0",
		  "[<0>] futex_wait_queue_me+0xa0/0x150\n[<0>] futex_wait+0x1/0x2\n",
		  VERDICT_NO_WAKER },
		{ "in the queue of a PI lock", 'S', "rt_mutex_schedule", NULL, VERDICT_NO_WAKER },
		{ "with its supervisor", 'S', "seccomp_do_user_notification.isra.0", NULL,
		  VERDICT_UNKNOWN },
		{ "in a page fault", 'S', "handle_userfault",
		  "[<0>] handle_userfault+0x3b8/0x7e0\n[<0>] futex_wait+0x1/0x2\n",
		  VERDICT_UNKNOWN },
		{ "where nothing shows it", 'S', "0", NULL, VERDICT_UNKNOWN },
		{ "in a frozen cgroup", 'S', "do_freezer_trap", NULL, VERDICT_STOPPED },
		{ "in a frozen cgroup, by the stack", 'S', "0",
		  "[<0>] get_signal+0x7c9/0x8a0\n", VERDICT_STOPPED },
		{ "stopped", 'T', "do_signal_stop", NULL, VERDICT_STOPPED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct snapshot s;
		struct analysis a;

		new_tree();
		add(&(struct fake){ 10, 10, NULL, cases[i].state, 1, 0, WAITS,
				    .wchan = cases[i].wchan, .stack = cases[i].stack });
		look(&s, compare_fake);
		analyze(&a, &s, NULL);
		ok(s.nr_waiters == 1 && a.judgements[0].verdict == cases[i].verdict,
		   "a futex call: %s", cases[i].name);
		analysis_free(&a);
		snapshot_free(&s);
		remove_tree();
	}
}

/* A thread that sleeps elsewhere is frozen, and so is what only it could wake. */
static void test_frozen_waker(void)
{
	struct snapshot s;
	struct analysis a;

	new_tree();
	add(&(struct fake){ 10, 10, NULL, 'S', 1, 0, WAITS });
	add(&(struct fake){ 10, 11, NULL, 'S', 1, FORKED, SLEEPS, .wchan = "do_freezer_trap" });
	look(&s, compare_fake);
	analyze(&a, &s, NULL);
	is_num(a.judgements[0].verdict, VERDICT_STOPPED, "the only waker is frozen");
	analysis_free(&a);
	snapshot_free(&s);
	remove_tree();
}

/* A main thread that has ended has no mm, as the kernel's threads have none. */
static int compare_live(pid_t x, pid_t y)
{
	int a = x == 10 || x == 20 ? 0 : x, b = y == 10 || y == 20 ? 0 : y;

	return compare_fake(a, b);
}

static void test_ended_main_threads(void)
{
	struct snapshot s;
	struct analysis a;

	new_tree();
	for (pid_t pid = 10; pid <= 20; pid += 10) {
		add(&(struct fake){ pid, pid, NULL, 'Z', 1, 0, "-1 0x0 0x0\n" });
		add(&(struct fake){ pid, pid + 1, NULL, 'S', 1, FORKED, WAITS });
	}
	look(&s, compare_live);
	analyze(&a, &s, NULL);
	is_num(s.nr_mms, 2, "two processes whose main threads have ended share no memory");
	is_num(a.judgements[0].verdict, VERDICT_NO_WAKER, "  so neither can wake the other");
	analysis_free(&a);
	snapshot_free(&s);
	remove_tree();
}

/* Which threads have tables of their own: only 21. */
static int compare_tables(pid_t x, pid_t y)
{
	return (x == 21) - (y == 21);
}

static void test_rings(void)
{
	static const struct {
		const char *name;
		const char *target;
		pid_t tid;	/* whose table it is in */
		enum yesno uses;
	} cases[] = {
		{ "no ring is open", "socket:[9]", 10, YESNO_UNKNOWN },
		{ "a ring is open", "anon_inode:[io_uring]", 10, YES },
		{ "a thread with a table of its own has a ring", "anon_inode:[io_uring]", 21, YES },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct snapshot s;

		new_tree();
		add(&(struct fake){ 10, 10, NULL, 'S', 1, 0, WAITS });
		add(&(struct fake){ 10, 21, NULL, 'S', 1, FORKED, SLEEPS });
		create_file("", "10/task/10/fdinfo/3");
		create_link("/dev/null", "10/task/10/fd/0");
		create_link("/dev/null", "10/task/21/fd/0");
		create_link(cases[i].target, "10/task/%d/fd/3", cases[i].tid);
		look(&s, compare_fake);
		find_rings(root, compare_tables, &s);
		ok(s.threads[0].io_uring == cases[i].uses && s.threads[1].io_uring == cases[i].uses,
		   "%s", cases[i].name);
		snapshot_free(&s);
		remove_tree();
	}
}

#define LOCKS_PI FUTEX " 0x10010 0x86 0x0 0x0 0x0 0x0 0x0 0x7ffc0 0x7f00\n"

static void test_pi_owners(void)
{
	static const struct {
		const char *name;
		uint32_t word;
		enum verdict verdict;
	} cases[] = {
		{ "the owner waits for itself", FUTEX_WAITERS | 11, VERDICT_DEADLOCK },
		{ "the owner sleeps elsewhere", FUTEX_WAITERS | 12, VERDICT_BLOCKED },
		{ "the owner is in another process", FUTEX_WAITERS | 99, VERDICT_BLOCKED },
		{ "the word says that nobody waits", 11, VERDICT_BLOCKED },
		{ "the owner has ended", FUTEX_WAITERS | FUTEX_OWNER_DIED | 11, VERDICT_BLOCKED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct snapshot s;
		struct analysis a;

		new_tree();
		add(&(struct fake){ 10, 10, NULL, 'S', 1, 0, LOCKS_PI, .wchan = "futex_lock_pi" });
		add(&(struct fake){ 10, 11, NULL, 'S', 1, FORKED, LOCKS_PI,
				    .wchan = "futex_lock_pi" });
		add(&(struct fake){ 10, 12, NULL, 'S', 1, FORKED, SLEEPS });
		add_page(10, 0x10000, true, 16, &cases[i].word, 1);
		look(&s, compare_fake);
		find_pi_owners(&s);
		analyze(&a, &s, NULL);
		ok(a.judgements[0].verdict == cases[i].verdict, "a PI lock: %s", cases[i].name);
		if (a.judgements[0].verdict != cases[i].verdict)
			printf("# %s\n", verdicts[a.judgements[0].verdict].name);
		analysis_free(&a);
		snapshot_free(&s);
		remove_tree();
	}
}

#define JOINS		FUTEX " 0x10010 0x0 0xb 0x0 0x0 0x0 0x0 0x7ffc0 0x7f00\n"
#define JOINS_PRIVATE	FUTEX " 0x10010 0x80 0xb 0x0 0x0 0x0 0x0 0x7ffc0 0x7f00\n"
#define JOINS_32	"422 0x10010 0x0 0xb 0x0 0x0 0x0 0x0 0x7ffc0 0x7f00\n"

/* The word of a join, and behind it what struct pthread of glibc has there. */
static void test_joins(void)
{
	static const struct {
		const char *name;
		const char *call;
		uint32_t words[8];
		bool found;
	} cases[] = {
		{ "of a thread", JOINS, { 11, 0, 0x30, 0x7f00, 0x30, 0x7f00, -32, -1 }, true },
		{ "in a 32-bit program", JOINS_32, { 11, 0, 0x30, -20 }, true },
		{ "in an older one", JOINS_32, { 11, 0x30, -20 }, true },
		{ "with FUTEX_PRIVATE_FLAG", JOINS_PRIVATE,
		  { 11, 0, 0x30, 0x7f00, 0x30, 0x7f00, -32, -1 }, false },
		{ "whose word has changed", JOINS, { 0, 0, 0x30, 0x7f00, 0x30, 0x7f00, -32, -1 }, false },
		{ "of no struct pthread", JOINS, { 11, 0, 0x30, 0x7f00, 0x30, 0x7f00, 32 }, false },
		{ "without a list", JOINS, { 11, 0, 0, 0, 0, 0, -32, -1 }, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct snapshot s;

		new_tree();
		add(&(struct fake){ 10, 10, NULL, 'S', 1, 0, cases[i].call });
		add(&(struct fake){ 10, 11, NULL, 'S', 1, FORKED, SLEEPS });
		add_page(10, 0x10000, true, 16, cases[i].words, ARRAY_SIZE(cases[i].words));
		look(&s, compare_fake);
		find_exit_words(&s);
		ok((s.threads[1].known & T_CLEAR_TID && s.threads[1].clear_child_tid == 0x10010) ==
		   cases[i].found, "a join %s", cases[i].name);
		snapshot_free(&s);
		remove_tree();
	}
}

static void test_nothing(void)
{
	struct snapshot s;

	new_tree();
	snapshot_init(&s, &source_proc);
	is_num(-scan_proc(root, compare_fake, &s), ENOENT, "an empty /proc is an error");
	snapshot_free(&s);
	remove_tree();
}

/* Process 10 waits for a lock with the id of thread 3, which is older. */
static bool is_orphaned(unsigned int flags, unsigned int flags_of_3)
{
	static const uint32_t lock[] = { 2, 0, 3, 1 };
	struct snapshot s;
	struct analysis a;
	bool orphaned;
	FILE *f;

	new_tree();
	add(&(struct fake){ 10, 10, NULL, 'S', 1, flags,
	    FUTEX " 0x10010 0x80 0x2 0x0 0x5 0x6 0x7ffc0 0x7f00\n" });
	add_page(10, 0x10000, true, 16, lock, 4);
	add(&(struct fake){ 3, 3, NULL, 'S', 2, flags_of_3, SLEEPS });
	f = create("3/status");
	fputs("Name:\tother\nTgid:\t3\n", f);
	fclose(f);
	f = create("3/stat");
	fprintf(f, "3 (other) S 2 0 0 0 -1 %u 9 8 7 6 5 4 3 2 20 0 1 0 3 0 0\n", flags_of_3);
	fclose(f);
	look(&s, compare_fake);
	read_foreign_holders(root, &s);
	analyze(&a, &s, NULL);
	orphaned = a.nr_verdicts[VERDICT_ORPHANED];
	analysis_free(&a);
	snapshot_free(&s);
	remove_tree();
	return orphaned;
}

static void test_older_holder(void)
{
	ok(is_orphaned(FORKED, FORKED), "after a fork, a lock may be one that an older process has");
	ok(!is_orphaned(FORKED, 0x200000), "  but not a kernel thread");
	ok(!is_orphaned(0, 0), "after execve it is no lock");
}

/* The module's snapshot gets the namespaces' ids where a lock has an owner. */
static void test_namespaces(void)
{
	struct snapshot s;
	struct waiter *w;

	new_tree();
	add(&(struct fake){ 10, 10, NULL, 'S', 1, 0, WAITS, NULL, 1 });
	look(&s, compare_fake);
	s.threads[0].nstid = PID_UNKNOWN;
	read_namespaces(root, &s);
	ok(s.threads[0].nstid == PID_UNKNOWN, "no lock: the namespace is not asked for");
	w = &s.waiters[0];
	w->expected = 2;
	w->known |= W_EXPECTED | W_BITSET;
	w->words = &(const struct words){ .known = 0x3ffU << WORDS_BEFORE,
					  .word = { [WORDS_BEFORE] = 2, 0, 1, 1, 0 } };
	recognise_lock(w);
	read_namespaces(root, &s);
	is_num(s.threads[0].nstid, 1, "a lock: it is");
	is_num(snapshot_find_owner(&s, 0, 1), 0, "  and its owner is found by that id");
	snapshot_free(&s);
	remove_tree();
}

int main(void)
{
	tap_start();
	test_fork();
	test_ended_holder();
	test_older_holder();
	test_value();
	test_calls();
	test_sharing();
	test_threads();
	test_sleeps();
	test_frozen_waker();
	test_ended_main_threads();
	test_rings();
	test_pi_owners();
	test_joins();
	test_nothing();
	test_namespaces();
	return tap_end();
}
