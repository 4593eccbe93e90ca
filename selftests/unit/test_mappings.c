// SPDX-License-Identifier: GPL-2.0-only
/*
 * What memory the words of waiters are in, and who can come to map it, on trees made here
 * that look like /proc: processes 10 and 20 map a word, and 30 may have its memory open.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "blocked.h"
#include "mappings.h"
#include "signals.h"
#include "source.h"
#include "tap.h"
#include "text_format.h"
#include "tree.h"

#define SLEEPS	"35 0x0 0x0 0x0 0x0 0x0 0x0 0x7ffc00000000 0x7f00\n"

/* Before and behind the memory, which is at 0x5000. */
#define HEAP	"00001000-00003000 rw-p 00000000 00:00 0 \n"
#define STACK	"00008000-00009000 rw-p 00000000 00:00 0                          [stack]\n"

struct scene {
	const char *name;
	const char *mapping;	/* of the word, the rest of its line in maps */
	unsigned int nlink;
	const char *fd_30;	/* what the descriptor of process 30 refers to; NULL: none */
	const char *fdinfo_30;
	const char *pid_ns;	/* of process 1; default: the first one */
	char state;		/* of the waiters; default: S */
	enum reach reach;
	int nr_openers;		/* -1: not known */
	const char *path;	/* "": not known */
};

#define FDINFO	"pos:\t0\nflags:\t0100002\nmnt_id:\t15\n"
#define MEMFD	"rw-s 00000000 00:01 77      /memfd:ring (deleted)\n"

static const struct scene scenes[] = {
	{ "a file with a name", "rw-s 00000000 00:15 77      /dev/shm/ring\n", 1,
	  .reach = REACH_NAMED, .nr_openers = -1, .path = "/dev/shm/ring" },
	{ "System V memory", "rw-s 00000000 00:01 77      /SYSV0000002a (deleted)\n",
	  .reach = REACH_SYSV, .nr_openers = -1, .path = "/SYSV0000002a (deleted)" },
	{ "huge pages that only fork passes on",
	  "rw-s 00000000 00:0f 77      /anon_hugepage (deleted)\n",
	  .reach = REACH_INHERITED, .nr_openers = -1 },
	{ "memory of a memfd that nobody has open", MEMFD,
	  .reach = REACH_OPEN, .path = "/memfd:ring (deleted)" },
	{ "a memfd that another process has open", MEMFD, 0, "/memfd:ring (deleted)",
	  FDINFO "ino:\t77\n", .reach = REACH_OPEN, .nr_openers = 1 },
	{ "another process has another file open", MEMFD, 0, "/memfd:ring (deleted)",
	  FDINFO "ino:\t78\n", .reach = REACH_OPEN },
	{ "another process has a file of the number open, in a mount of another device", MEMFD, 0,
	  "/tmp/x", "pos:\t0\nflags:\t02\nmnt_id:\t16\nino:\t77\n", .reach = REACH_OPEN },
	{ "the same in a mount that its own list lacks, but not that of process 1", MEMFD, 0,
	  "/dev/null", "pos:\t0\nflags:\t02\nmnt_id:\t17\nino:\t77\n", .reach = REACH_OPEN },
	{ "a kernel that does not tell which file it has open", MEMFD, 0,
	  "/memfd:ring (deleted)", FDINFO, .reach = REACH_OPEN, .nr_openers = -1 },
	{ "a message holds a descriptor", MEMFD, 0, "socket:[9]", FDINFO "scm_fds: 1\n",
	  .reach = REACH_OPEN, .nr_openers = -1 },
	{ "an io_uring may hold it", MEMFD, 0, "anon_inode:[io_uring]", FDINFO,
	  .reach = REACH_OPEN, .nr_openers = -1 },
	{ "not all processes are seen", MEMFD, .pid_ns = "pid:[4026532000]",
	  .reach = REACH_OPEN, .nr_openers = -1 },
	{ "a file like MAP_ANONYMOUS's, on another device",
	  "rw-s 00000000 fe:01 77      /dev/zero (deleted)\n", .reach = REACH_OPEN },
	{ "the mapping is not found", "rw-s 00000000 00:01 78      /memfd:other (deleted)\n",
	  .reach = REACH_UNKNOWN, .nr_openers = -1, .path = "" },
	{ "a thread may hold the lock of the mappings", MEMFD, .state = 'D',
	  .reach = REACH_UNKNOWN, .nr_openers = -1, .path = "" },
};

static void create_tree(const struct scene *sc)
{
	char maps[512];

	new_tree();
	create_link("pid:[4026531836]", "self/ns/pid");
	create_link(sc->pid_ns ?: "pid:[4026531836]", "1/ns/pid");
	create_file("6.1.0-56-amd64\n", "sys/kernel/osrelease");
	snprintf(maps, sizeof(maps), HEAP "00005000-00006000 %s" STACK, sc->mapping);
	for (pid_t pid = 10; pid <= 30; pid += 10) {
		create_thread(pid, pid, sc->state ?: 'S', 1, 0, SLEEPS);
		create_file(pid < 30 ? maps : HEAP STACK, "%d/task/%d/maps", pid, pid);
	}
	if (!sc->fd_30)
		return;
	create_link(sc->fd_30, "30/task/30/fd/4");
	create_file(sc->fdinfo_30, "30/task/30/fdinfo/4");
	create_file("14 1 0:20 / / rw - ext4 /dev/vda rw\n16 14 0:22 / /tmp rw - tmpfs tmpfs rw\n",
		    "30/mountinfo");
	create_file("17 1 0:5 / /dev rw - devtmpfs udev rw\n", "1/mountinfo");
}

#define TASK(id, mm, state) \
	"mm id=" #mm " live=1 live_threads=" #id " hidden=0\n" \
	"process tgid=" #id " ppid=1 comm=p mm=" #mm " execed=yes caught=0x0 timers=no\n" \
	"thread tid=" #id " tgid=" #id " comm=t mm=" #mm " state=%c tracer=- nvcsw=1 start_ns=1\n"
#define WAITER(id, mm, more) \
	"waiter tid=" #id " tgid=" #id " mm=" #mm " op=FUTEX_WAIT expected=0 value=0 " \
	"bitset=0xffffffff " more "\n"

static bool load(struct snapshot *s, const char *fmt, ...)
{
	char error[PARSE_ERROR_SIZE], *text;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	snapshot_init(s, &source_module);
	return !parse_text(text, len, "scene", s, error);
}

static int compare_tables(pid_t x, pid_t y)
{
	return x < y ? -1 : x > y;
}

static int compare_fds(pid_t x, int fd_x, pid_t y, int fd_y)
{
	return x != y || fd_x != fd_y;
}

static const struct comparers comparers = { .tables = compare_tables, .files = compare_fds };

static void test_scene(const struct scene *sc)
{
	char state = sc->state ?: 'S';
	const char *device = strstr(sc->mapping, "00:15") ? "0:21" :
			     strstr(sc->mapping, "00:0f") ? "0:15" :
			     strstr(sc->mapping, "fe:01") ? "254:1" : "0:1";
	const struct shared *shared;
	struct snapshot s;
	bool good;

	create_tree(sc);
	good = load(&s, "futexinspect version=1\n"
		    WAITER(10, 1, "uaddr=0x5008 key=shared-inode:3:8")
		    WAITER(20, 2, "uaddr=0x5010 key=shared-inode:3:16")
		    TASK(10, 1, ) TASK(20, 2, )
		    "shared key=shared-inode:3:8 dev=%s ino=77 nlink=%u mms=1,2 complete=yes\n"
		    "shared key=shared-inode:3:16 dev=%s ino=77 nlink=%u complete=yes\nend\n",
		    state, state, device, sc->nlink, device, sc->nlink);
	if (good) {
		find_mappings(root, &s);
		find_blocked(root, &comparers, &s);
		for (shared = s.shared; shared < s.shared + 2; shared++) {
			good &= shared->reach == sc->reach &&
				(shared->openers >= 0) == (sc->nr_openers >= 0);
			if (sc->path)
				good &= !strcmp(shared->path ?: "", sc->path);
			if (shared->openers >= 0)
				good &= (int)s.wakers[shared->openers].nr_processes ==
					sc->nr_openers;
		}
	}
	if (!ok(good, "%s", sc->name))
		printf("# reach %d, openers %d, path %s\n", s.shared[0].reach, s.shared[0].openers,
		       s.shared[0].path ?: "?");
	snapshot_free(&s);
	remove_tree();
}

/* A real one: the name alone would not do. */
static void test_anonymous(void)
{
	struct scene sc = { .mapping = "" };
	char line[512] = "", *maps = NULL;
	unsigned int major, minor;
	struct snapshot s;
	void *page = mmap(NULL, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned long ino;
	FILE *f = fopen("/proc/self/maps", "r");

	while (fgets(line, sizeof(line), f) && strtoul(line, NULL, 16) != (uintptr_t)page)
		;
	fclose(f);
	sscanf(line, "%*x-%*x %*s %*x %x:%x %lu", &major, &minor, &ino);
	maps = strchr(line, ' ') + 1;
	sc.mapping = maps;
	create_tree(&sc);
	load(&s, "futexinspect version=1\n" WAITER(10, 1, "uaddr=0x5008 key=shared-inode:3:8")
	     TASK(10, 1, ) "shared key=shared-inode:3:8 dev=%u:%u ino=%lu nlink=0 mms=1 "
	     "complete=yes\nend\n", 'S', major, minor, ino);
	find_mappings(root, &s);
	is_num(s.shared[0].reach, REACH_INHERITED, "memory of MAP_SHARED | MAP_ANONYMOUS");
	snapshot_free(&s);
	remove_tree();
	munmap(page, 4096);
}

/* Process 30 has the second one open; the mount that its descriptor names tells which. */
static void test_same_number(void)
{
	struct scene sc = {
		.mapping = MEMFD "00006000-00007000 rw-s 00000000 00:16 77      /tmp/x (deleted)\n",
		.fd_30 = "/tmp/x (deleted)",
		.fdinfo_30 = "pos:\t0\nflags:\t02\nmnt_id:\t16\nino:\t77\n",
	};
	struct snapshot s;

	create_tree(&sc);
	load(&s, "futexinspect version=1\n" WAITER(10, 1, "uaddr=0x6008 key=shared-inode:4:8")
	     TASK(10, 1, )
	     "shared key=shared-inode:3:8 dev=0:1 ino=77 nlink=0 mms=1 complete=yes\n"
	     "shared key=shared-inode:4:8 dev=0:22 ino=77 nlink=0 mms=1 complete=yes\nend\n", 'S');
	find_mappings(root, &s);
	find_blocked(root, &comparers, &s);
	ok(s.shared[1].openers >= 0 && s.wakers[s.shared[1].openers].nr_processes == 1,
	   "two files of one number, on two devices");
	snapshot_free(&s);
	remove_tree();
}

/* What is known of a waiter at @uaddr, whose key the source gives as @key. */
static void check_waiter(const char *flags, const char *key, const char *uaddr, bool is_shared,
			 enum key_type type, const char *name)
{
	struct scene sc = { .mapping = MEMFD };
	struct snapshot s;

	create_tree(&sc);
	load(&s, "futexinspect version=1\n" WAITER(10, 1, "flags=%s uaddr=%s key=%s")
	     TASK(10, 1, ) "end\n", flags, uaddr, key, 'S');
	find_mappings(root, &s);
	ok(s.waiters[0].memory_is_shared == is_shared && s.waiters[0].key_type == type, "%s", name);
	snapshot_free(&s);
	remove_tree();
}

/* The main thread of process 10 has ended, and its files of /proc are empty. */
static void test_ended_main_thread(void)
{
	struct scene sc = { .mapping = MEMFD };
	struct snapshot s;

	create_tree(&sc);
	create_file("", "10/task/10/maps");
	create_file("00005000-00006000 " MEMFD, "10/task/11/maps");
	load(&s, "futexinspect version=1\n"
	     "waiter tid=11 tgid=10 mm=1 op=FUTEX_WAIT uaddr=0x5008 key=private\n"
	     "mm id=1 live=1 live_threads=11 hidden=0\n"
	     "process tgid=10 ppid=1 comm=p mm=1 execed=yes caught=0x0 timers=no\n"
	     "thread tid=11 tgid=10 comm=t mm=1 state=S tracer=- nvcsw=1 start_ns=1\nend\n");
	find_mappings(root, &s);
	ok(s.waiters[0].memory_is_shared, "the main thread has ended: maps of another one");
	snapshot_free(&s);
	remove_tree();
}

/* Whether the handlers of process 10, by its record, are its own, as @mapping holds one. */
static void check_handlers(const char *fields, const char *mapping, bool own, const char *name)
{
	struct scene sc = { .mapping = MEMFD };
	char maps[256];
	struct snapshot s;

	create_tree(&sc);
	snprintf(maps, sizeof(maps), "00001000-00003000 r-xp 00000000 08:01 5 %s\n" STACK, mapping);
	create_file(maps, "10/task/10/maps");
	load(&s, "futexinspect version=1\n"
	     "mm id=1 live=1 live_threads=10 hidden=0\n"
	     "process tgid=10 ppid=1 comm=p mm=1 execed=yes %s\n"
	     "thread tid=10 tgid=10 comm=t mm=1 state=S tracer=- nvcsw=1 start_ns=1\nend\n", fields);
	find_mappings(root, &s);
	ok(process_has_handlers(&s.processes[0]) == own, "%s", name);
	snapshot_free(&s);
	remove_tree();
}

static void test_handlers(void)
{
#define IN(addr)	"caught=0x100000000 armed=- libc_handlers=0x0," #addr
	static const char glibc[] = "/usr/lib/x86_64-linux-gnu/libc.so.6";

	check_handlers(IN(0x1800), glibc, false, "a handler of glibc");
	check_handlers(IN(0x1800), "/lib/libpthread-2.31.so", false, "of an older one");
	check_handlers(IN(0x1800), "/lib/ld-musl-x86_64.so.1", false, "of musl");
	check_handlers(IN(0x1800), "/usr/lib/libc.so.6 (deleted)", false,
		       "of a glibc that was upgraded meanwhile");
	check_handlers(IN(0x8800), glibc, true, "a handler elsewhere");
	check_handlers(IN(0x4000), glibc, true, "where nothing is mapped");
	check_handlers(IN(0x1800), "/usr/bin/program", true, "in a program without libraries");
	check_handlers(IN(0x1800), "/usr/lib/libcurl.so.4", true, "in another library");
	check_handlers("caught=0x180000000 armed=- libc_handlers=0x1800,0x8800", glibc, true,
		       "one of two is elsewhere");
	check_handlers("caught=0x100000002 armed=- libc_handlers=0x0,0x1800", glibc, true,
		       "beside a handler of another signal");
	check_handlers("caught=0x100000000 timers=no", glibc, false,
		       "an older module without timers: taken for the C library's");
	check_handlers("caught=0x100000000 timers=yes", glibc, true, "but not with timers");
}

/* Whether a thread alone at what may be a condition variable of musl is known for that. */
static void check_musl(const char *mapping, bool is_musl, const char *name)
{
	struct scene sc = { .mapping = MEMFD };
	char maps[256];
	struct snapshot s;

	create_tree(&sc);
	snprintf(maps, sizeof(maps), HEAP "00006000-00007000 r-xp 00000000 08:01 5 %s\n", mapping);
	create_file(maps, "10/task/10/maps");
	load(&s, "futexinspect version=1\nwaiter tid=10 tgid=10 mm=1 op=FUTEX_WAIT expected=2 value=2 "
	     "bitset=0xffffffff flags=PRIVATE uaddr=0x1004 key=private words=-20:0*5,2,0,0\n"
	     TASK(10, 1, ) "end\n", 'S');
	find_mappings(root, &s);
	is_num(s.waiters[0].lock.primitive, is_musl ? PTHREAD_COND : LOW_LEVEL_LOCK, name);
	snapshot_free(&s);
	remove_tree();
}

/* Whether a thread that waits for a 3 waits for a QMutex. */
static void check_qt(const char *mapping, const char *waiter, bool is_qt, const char *name)
{
	struct scene sc = { .mapping = MEMFD };
	char maps[256], text[512];
	struct snapshot s;

	create_tree(&sc);
	snprintf(maps, sizeof(maps), HEAP "00006000-00007000 r-xp 00000000 08:01 5 %s\n", mapping);
	create_file(maps, "10/task/10/maps");
	snprintf(text, sizeof(text), "futexinspect version=1\nwaiter tid=10 tgid=10 mm=1 op=FUTEX_WAIT "
		 "bitset=0xffffffff key=private %s\n%s", waiter, TASK(10, 1, ) "end\n");
	load(&s, text, 'S');
	find_mappings(root, &s);
	is_num(s.waiters[0].lock.primitive, is_qt ? QMUTEX : PRIMITIVE_UNKNOWN, name);
	snapshot_free(&s);
	remove_tree();
}

#define QMUTEX_WAIT(flags, uaddr, words) \
	"flags=" flags " uaddr=" uaddr " expected=3 value=3 words=0:" words

static void test_qt(void)
{
	static const char waiter[] = QMUTEX_WAIT("PRIVATE", "0x1008", "3,0");

	check_qt("/usr/lib/libQt5Core.so.5.15.8", waiter, true, "a QMutex");
	check_qt("/usr/lib/libQt6Core.so.6", waiter, true, "a QMutex of Qt 6");
	check_qt("/usr/lib/libQt5Gui.so.5", waiter, false, "a program without QtCore");
	check_qt("/usr/lib/libQt5Core.so.5", QMUTEX_WAIT("PRIVATE", "0x1008", "3,1"), false,
		 "a 3 that is no pointer");
	check_qt("/usr/lib/libQt5Core.so.5", QMUTEX_WAIT("PRIVATE", "0x1004", "3,0"), false,
		 "a 3 where no pointer is");
	check_qt("/usr/lib/libQt5Core.so.5", QMUTEX_WAIT("-", "0x1008", "3,0"), false,
		 "a 3 that others may wait for");
	check_qt("/usr/lib/libQt5Core.so.5",
		 "flags=PRIVATE uaddr=0x1008 expected=7 value=7 words=0:7,0", false, "another number");
}

static void test_musl(void)
{
	check_musl("/lib/ld-musl-x86_64.so.1", true, "a process with musl");
	check_musl("/usr/lib/x86_64-linux-musl/libc.so", true, "the same by another name");
	check_musl("/usr/lib/libc.so.6", false, "a process with glibc");
	check_musl("[vdso]", false, "a process with no library");
}

int main(void)
{
	tap_start();
	test_musl();
	test_qt();
	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++)
		test_scene(&scenes[i]);
	test_anonymous();
	test_same_number();
	test_ended_main_thread();
	test_handlers();
	check_waiter("PRIVATE", "private", "0x5008", true, KEY_PRIVATE,
		     "a private wait on shared memory");
	check_waiter("PRIVATE", "private", "0x1008", false, KEY_PRIVATE,
		     "a private wait on private memory");
	check_waiter("-", "?", "0x1008", false, KEY_SHARED_MM,
		     "a wait without the flag on private memory, of which the source shows no key");
	check_waiter("-", "?", "0x5008", false, KEY_UNKNOWN, "the same on shared memory");
	check_waiter("-", "?", "0x4000", false, KEY_UNKNOWN, "the same where nothing is mapped");
	check_waiter("PRIVATE", "?", "0x5008", true, KEY_PRIVATE,
		     "a private wait on shared memory that is not in the queues");
	return tap_end();
}
