// SPDX-License-Identifier: GPL-2.0-only
/*
 * Puts threads into one exact futex state, says what is then true of each, in
 * the format of /sys/kernel/debug/futexinspect/waiters, and stays so until
 * standard input ends:
 *
 *	mkwaiters STATE [crowded]
 *
 * prints "waiter", "mm" and "process" records with the keys that a test can
 * know beforehand, then "ready". A waiter's record is printed only after the
 * kernel says that the thread is blocked in its call. With "crowded" so many others wait
 * in the same process that the module reads its memory in the other of its two ways; they
 * are not printed. The exit status is 4 if this kernel cannot do it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/futex.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "io_uring.h"

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
#ifndef SYS_futex_wait
#define SYS_futex_wait 455
#endif

#define KSFT_SKIP	4

#define WORDS		24
#define WORDS_BEFORE	12
#define ANY		FUTEX_BITSET_MATCH_ANY
#define HUGE_PAGE	(2 << 20)

/* What a factory knows of one of its waiters. */
struct truth {
	pid_t tgid;
	pid_t tid;
	const char *syscall;
	const void *uaddr;
	const void *waits_on;
	const char *key;	/* of a shared one, up to the inode's number */
	const char *op;
	const char *flags;
	bool compares_nothing;	/* then @expected is none */
	uint32_t expected;
	uint32_t bitset;
	const char *timeout;
	unsigned long long timeout_ns;	/* 0: none, or not known */
	pid_t pi_owner;		/* 0: not a PI futex */
	long nr;		/* of the system call; 0: an io_uring request */
	const char *queued;	/* NULL: it is; else why it is not */
	bool unreadable;	/* the word cannot be read without a fault */
	bool restarted;		/* goes on after a stop: the call is not in its registers */
};

static void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, ": %s\n", strerror(errno));
	exit(1);
}

static void __attribute__((noreturn)) skip(const char *why)
{
	fprintf(stderr, "%s\n", why);
	exit(KSFT_SKIP);
}

static pid_t gettid_raw(void)
{
	return syscall(SYS_gettid);
}

/* Read a small file of /proc into a string. Return false if the thread is gone. */
static bool read_proc(pid_t tgid, pid_t tid, const char *name, char *buf, size_t size)
{
	char path[64];
	FILE *file;
	size_t len;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", tgid, tid, name);
	file = fopen(path, "re");
	if (!file)
		return false;
	len = fread(buf, 1, size - 1, file);
	buf[len] = '\0';
	fclose(file);
	return len;
}

/* The file says "running" until the thread has really been switched out. */
static void wait_until_blocked(pid_t tgid, pid_t tid, long nr)
{
	char buf[256];

	do {
		sched_yield();
		if (!read_proc(tgid, tid, "syscall", buf, sizeof(buf)))
			die("thread %d is gone", tid);
	} while (strtol(buf, NULL, 10) != nr || strncmp(buf, "running", 7) == 0);
}

static void wait_until_gone(pid_t tid)
{
	char buf[8];

	while (read_proc(getpid(), tid, "comm", buf, sizeof(buf)))
		sched_yield();
}

static void print_args(const struct truth *truth)
{
	char buf[256];
	unsigned long long args[6];

	/* It may still wait for something else, on its way to where it will stay. */
	do {
		if (!read_proc(truth->tgid, truth->tid, "syscall", buf, sizeof(buf)))
			die("cannot read the system call of thread %d", truth->tid);
	} while (sscanf(buf, "%*d %llx %llx %llx %llx %llx %llx", &args[0], &args[1],
			&args[2], &args[3], &args[4], &args[5]) != 6 ||
		 (truth->nr == SYS_futex && args[0] != (uintptr_t)truth->uaddr));
	printf(" args=0x%llx,0x%llx,0x%llx,0x%llx,0x%llx,0x%llx",
	       args[0], args[1], args[2], args[3], args[4], args[5]);
}

/* The name as the file escapes it. */
static void print_comm(pid_t tgid, pid_t tid)
{
	char buf[32];
	const unsigned char *c;

	if (!read_proc(tgid, tid, "comm", buf, sizeof(buf)))
		die("cannot read the name of thread %d", tid);
	buf[strlen(buf) - 1] = '\0'; /* the line feed that the kernel adds */
	printf(" comm=");
	for (c = (unsigned char *)buf; *c; c++)
		printf(*c < '!' || *c > '~' || *c == '\\' ? "\\%03o" : "%c", *c);
}

/* The words around @addr; those beyond the mapping are not known here. */
static void print_words(pid_t tgid, const void *addr)
{
	uint32_t word;
	struct iovec to = { .iov_base = &word, .iov_len = sizeof(word) };
	int i;

	printf(" words=%d:", -WORDS_BEFORE * (int)sizeof(word));
	for (i = 0; i < WORDS; i++) {
		struct iovec from = {
			.iov_base = (uint32_t *)addr + i - WORDS_BEFORE,
			.iov_len = sizeof(word),
		};

		printf("%s", i ? "," : "");
		if (process_vm_readv(tgid, &to, 1, &from, 1, 0) == sizeof(word))
			printf("%08x", word);
		else
			printf("?");
	}
}

static uint32_t read_word(pid_t tgid, const void *addr)
{
	uint32_t word;
	struct iovec to = { .iov_base = &word, .iov_len = sizeof(word) };
	struct iovec from = { .iov_base = (void *)addr, .iov_len = sizeof(word) };

	if (process_vm_readv(tgid, &to, 1, &from, 1, 0) != sizeof(word))
		die("cannot read %p of process %d", addr, tgid);
	return word;
}

static void print_expected(const struct truth *truth)
{
	if (truth->compares_nothing)
		printf(" expected=-");
	else
		printf(" expected=%u", truth->expected);
}

/* What is in the word, and around it. */
static void print_memory(const struct truth *truth)
{
	if (truth->unreadable) {
		printf(" value=? words=?");
		return;
	}
	printf(" value=%u", read_word(truth->tgid, truth->waits_on));
	print_words(truth->tgid, truth->waits_on);
}

static void print_op(const struct truth *truth)
{
	if (truth->restarted)
		printf(" op=? flags=?");
	else
		printf(" op=%s flags=%s", truth->op, truth->flags);
}

/* The time that the caller gave; of a restarted call the kernel has made another of it. */
static void print_timeout(const struct truth *truth)
{
	printf(" timeout=%s", truth->timeout);
	if (truth->timeout_ns)
		printf(" timeout_ns=%llu", truth->timeout_ns);
	else if (!truth->restarted)
		printf(" timeout_ns=%s", strcmp(truth->timeout, "none") ? "?" : "-");
}

/* What only the queue entry tells. */
static void print_entry(const struct truth *truth)
{
	if (truth->queued)
		printf(" key=? bitset=? pi_owner=? queued=%s", truth->queued);
	else if (truth->pi_owner)
		printf(" key=%s bitset=0x%08x pi_owner=%d queued=yes", truth->key,
		       truth->bitset, truth->pi_owner);
	else
		printf(" key=%s bitset=0x%08x pi_owner=- queued=yes", truth->key,
		       truth->bitset);
}

static void print_waiter(const struct truth *truth)
{
	/* arm64 forgets the system call of a thread that it stops: do_signal() */
	bool shows_call = truth->nr && !truth->queued;

	if (shows_call)
		wait_until_blocked(truth->tgid, truth->tid, truth->nr);
	printf("waiter tid=%d tgid=%d", truth->tid, truth->tgid);
	print_comm(truth->tgid, truth->tid);
	printf(" syscall=%s", truth->syscall);
	if (shows_call)
		print_args(truth);
	else if (truth->nr)
		printf(" args=%p,0x%x,0x%x,0x0", truth->uaddr, FUTEX_WAIT_PRIVATE, truth->expected);
	else
		printf(" args=?");
	printf(" uaddr=%p waits_on=%p", truth->uaddr, truth->waits_on);
	print_op(truth);
	print_expected(truth);
	print_memory(truth);
	print_timeout(truth);
	print_entry(truth);
	printf(" stable=%s\n", truth->nr ? "yes" : "?");
}

/* A process is the only one with its mm here; @threads is how many it has. */
static bool has_timer;

static void print_process(pid_t tgid, pid_t ppid, bool execed, unsigned int threads)
{
	char buf[4096];
	const char *caught;

	if (!read_proc(tgid, tgid, "status", buf, sizeof(buf)))
		die("cannot read the status of process %d", tgid);
	caught = strstr(buf, "SigCgt:");
	printf("process tgid=%d ppid=%d", tgid, ppid);
	print_comm(tgid, tgid);
	printf(" execed=%s caught=0x%llx timers=%s\n", execed ? "yes" : "no",
	       strtoull(caught + strlen("SigCgt:"), NULL, 16), has_timer ? "yes" : "no");
	printf("mm live=%u hidden=0\n", threads);
}

/* What the main thread has told the kernel for the time when it exits. */
static void print_main_thread(void)
{
	void *clear_child_tid, *robust_list;
	size_t len;

	if (prctl(PR_GET_TID_ADDRESS, &clear_child_tid) ||
	    syscall(SYS_get_robust_list, 0, &robust_list, &len))
		die("PR_GET_TID_ADDRESS, get_robust_list");
	printf("thread tid=%d clear_child_tid=%p robust_list=%s exiting=no io_worker=no\n",
	       getpid(), clear_child_tid, robust_list ? "yes" : "no");
}

static void print_this_process(unsigned int threads)
{
	print_process(getpid(), getppid(), true, threads);
	print_main_thread();
}

/* Start a thread; return when it has told its tid. */
struct start {
	void (*run)(void *arg);
	void *arg;
	_Atomic pid_t tid;
};

static void *run_thread(void *arg)
{
	struct start *start = arg;
	void (*run)(void *arg) = start->run;
	void *run_arg = start->arg;

	start->tid = gettid_raw();
	run(run_arg);
	return NULL;
}

static pid_t start_thread(void (*run)(void *arg), void *arg)
{
	struct start start = { .run = run, .arg = arg };
	pthread_t thread;

	errno = pthread_create(&thread, NULL, run_thread, &start);
	if (errno)
		die("pthread_create");
	while (!start.tid)
		sched_yield();
	return start.tid;
}

/* What is true of a thread of this process in a plain FUTEX_WAIT_PRIVATE. */
static struct truth private_wait(const void *uaddr, uint32_t expected)
{
	return (struct truth){
		.tgid = getpid(),
		.nr = SYS_futex,
		.syscall = "futex",
		.uaddr = uaddr,
		.waits_on = uaddr,
		.key = "private",
		.op = "FUTEX_WAIT",
		.flags = "PRIVATE",
		.expected = expected,
		.bitset = ANY,
		.timeout = "none",
	};
}

/* One futex(2) call, to be made by a thread. */
struct call {
	uint32_t *uaddr;
	int op;
	uint32_t val;
	const struct timespec *timeout;
	uint32_t *uaddr2;
	uint32_t val3;
	const char *name;
};

static void make_call(void *arg)
{
	const struct call *call = arg;

	if (call->name)
		prctl(PR_SET_NAME, call->name);
	syscall(SYS_futex, call->uaddr, call->op, call->val, call->timeout,
		call->uaddr2, call->val3);
	die("futex(2) returned");
}

/* One thread makes one call on the word it names, and does not come back. */
static void block_in_call(struct call *call, const char *op, const char *flags,
			  const char *key, uint32_t bitset, const char *timeout)
{
	struct truth truth = {
		.tgid = getpid(),
		.tid = start_thread(make_call, call),
		.syscall = "futex",
		.nr = SYS_futex,
		.uaddr = call->uaddr,
		.waits_on = call->uaddr,
		.key = key,
		.op = op,
		.flags = flags,
		.expected = call->val,
		.bitset = bitset,
		.timeout = timeout,
	};

	if (call->timeout)
		truth.timeout_ns = call->timeout->tv_sec * 1000000000ULL +
				   call->timeout->tv_nsec;
	print_waiter(&truth);
	print_this_process(2);
}

/* In the middle of its own memory, so that all words around it can be read. */
static uint32_t memory[WORDS * 4] __attribute__((aligned(256)));
static uint32_t *const word = &memory[WORDS];

static const struct timespec one_hour = { .tv_sec = 3600 };

static struct timespec in_one_hour(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	time.tv_sec += one_hour.tv_sec;
	return time;
}

static void wait_private(void)
{
	struct call call = { .uaddr = word, .op = FUTEX_WAIT_PRIVATE, .val = 33 };

	*word = 33;
	block_in_call(&call, "FUTEX_WAIT", "PRIVATE", "private", ANY, "none");
}

static void wait_bitset(void)
{
	struct call call = {
		.uaddr = word,
		.op = FUTEX_WAIT_BITSET_PRIVATE,
		.val = 0xfffffffe,
		.val3 = 0x00c0ffee,
	};

	*word = 0xfffffffe;
	block_in_call(&call, "FUTEX_WAIT_BITSET", "PRIVATE", "private", 0x00c0ffee, "none");
}

static void wait_relative(void)
{
	struct call call = {
		.uaddr = word, .op = FUTEX_WAIT_PRIVATE, .timeout = &one_hour,
	};

	block_in_call(&call, "FUTEX_WAIT", "PRIVATE", "private", ANY, "relative");
}

static void wait_monotonic(void)
{
	static struct timespec time;
	struct call call = {
		.uaddr = word, .op = FUTEX_WAIT_BITSET_PRIVATE, .timeout = &time, .val3 = ANY,
	};

	time = in_one_hour(CLOCK_MONOTONIC);
	block_in_call(&call, "FUTEX_WAIT_BITSET", "PRIVATE", "private", ANY, "monotonic");
}

static void wait_realtime(void)
{
	static struct timespec time;
	struct call call = {
		.uaddr = word,
		.op = FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME,
		.timeout = &time,
		.val3 = 1,
	};

	time = in_one_hour(CLOCK_REALTIME);
	block_in_call(&call, "FUTEX_WAIT_BITSET", "PRIVATE|CLOCK_REALTIME", "private", 1,
		      "realtime");
}

/* Memory that a child would share: the word is known by its inode. */
static void wait_shared(void)
{
	struct call call = { .op = FUTEX_WAIT, .val = 5 };

	call.uaddr = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (call.uaddr == MAP_FAILED)
		die("mmap");
	call.uaddr += 512;
	*call.uaddr = 5;
	block_in_call(&call, "FUTEX_WAIT", "-", "shared-inode", ANY, "none");
}

/* Map a file at an address of the kernel's choice; return the futex word in it. */
static uint32_t *map_file(int fd)
{
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 4096);

	if (page == MAP_FAILED)
		die("mmap");
	return (uint32_t *)(page + 2048);
}

/* A child that maps the file anew, elsewhere, and waits there if it shall. */
static pid_t start_mapper(int fd, bool waits)
{
	int told[2];
	char c;
	pid_t child;

	if (pipe(told))
		die("pipe");
	child = fork();
	if (child < 0)
		die("fork");
	if (child == 0) {
		struct call call = { .op = FUTEX_WAIT, .val = 21 };

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		map_file(fd); /* so that the next one is at another address */
		call.uaddr = map_file(fd);
		if (write(told[1], "", 1) == 1 && waits)
			make_call(&call);
		for (;;)
			pause();
	}
	if (read(told[0], &c, 1) != 1)
		die("read");
	return child;
}

/* One word of a file, at other addresses in three processes; two of them wait. */
/* The kernel's key counts in small pages here as well. */
static void hugetlb(void)
{
	struct call call = { .op = FUTEX_WAIT, .val = 6 };

	call.uaddr = mmap(NULL, HUGE_PAGE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (call.uaddr == MAP_FAILED)
		skip("no huge pages to be had");
	call.uaddr += (5 * 4096 + 2048) / sizeof(*call.uaddr);
	*call.uaddr = 6;
	block_in_call(&call, "FUTEX_WAIT", "-", "shared-inode", ANY, "none");
}

static void shared_file(void)
{
	char name[] = "/tmp/mkwaiters.XXXXXX";
	struct call call = { .op = FUTEX_WAIT, .val = 21 };
	int fd = mkstemp(name);
	struct stat st;
	pid_t waiter, mapper;

	if (fd < 0 || ftruncate(fd, 8192))
		die("mkstemp");
	call.uaddr = map_file(fd);
	*call.uaddr = 21;
	waiter = start_mapper(fd, true);
	mapper = start_mapper(fd, false);
	wait_until_blocked(waiter, waiter, SYS_futex);
	unlink(name);
	if (fstat(fd, &st))
		die("fstat");
	block_in_call(&call, "FUTEX_WAIT", "-", "shared-inode", ANY, "none");
	printf("shared dev=%u:%u ino=%lu nlink=0 complete=yes waiter=%d maps=%d,%d,%d\n",
	       major(st.st_dev), minor(st.st_dev), (unsigned long)st.st_ino, waiter, getpid(),
	       waiter, mapper);
}

/* No FUTEX_PRIVATE_FLAG, though nobody else can have the memory. */
static void wait_shared_mm(void)
{
	struct call call = { .uaddr = word, .op = FUTEX_WAIT, .val = 6 };

	*word = 6;
	block_in_call(&call, "FUTEX_WAIT", "-", "shared-mm", ANY, "none");
}

/* The first page is there, the one before it is not. */
static void wait_at_edge(void)
{
	struct call call = { .op = FUTEX_WAIT_PRIVATE, .val = 7 };
	char *pages = mmap(NULL, 3 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED || mprotect(pages + 4096, 4096, PROT_READ | PROT_WRITE))
		die("mmap");
	call.uaddr = (uint32_t *)(pages + 4096);
	*call.uaddr = 7;
	block_in_call(&call, "FUTEX_WAIT", "PRIVATE", "private", ANY, "none");
}

/* A timeout whose seconds are the last of one page, and whose nanoseconds the first of the next. */
static struct timespec *time_across_pages(void)
{
	char *pages = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);
	struct timespec *time = (struct timespec *)(pages + 4096 - sizeof(time->tv_sec));

	if (pages == MAP_FAILED)
		die("mmap");
	*time = (struct timespec){ .tv_sec = one_hour.tv_sec, .tv_nsec = 7 };
	return time;
}

static void timeout_across_pages(void)
{
	struct call call = {
		.uaddr = word, .op = FUTEX_WAIT_PRIVATE, .timeout = time_across_pages(),
	};

	block_in_call(&call, "FUTEX_WAIT", "PRIVATE", "private", ANY, "relative");
}

/* The module does not follow it there. */
static void timeout_across_mappings(void)
{
	struct timespec *time = time_across_pages();
	struct call call = { .uaddr = word, .op = FUTEX_WAIT_PRIVATE, .timeout = time };
	struct truth truth = private_wait(word, 0);

	if (mprotect(&time->tv_nsec, 4096, PROT_READ))
		die("mprotect");
	truth.timeout = "relative";
	truth.timeout_ns = 0;
	truth.tid = start_thread(make_call, &call);
	print_waiter(&truth);
	print_this_process(2);
}

/* A name that would harm a terminal, and a parser of lines. */
static void hostile_name(void)
{
	struct call call = {
		.uaddr = word,
		.op = FUTEX_WAIT_PRIVATE,
		.val = 1,
		.name = "a b\n\033[2J\\=\377\302\233z",
	};

	*word = 1;
	block_in_call(&call, "FUTEX_WAIT", "PRIVATE", "private", ANY, "none");
}

/* Moved to another word while it waited: the call still names the first one. */
static void requeue(void)
{
	uint32_t *other = word + WORDS;
	struct call call = { .uaddr = word, .op = FUTEX_WAIT_PRIVATE, .val = 8 };
	struct truth truth = private_wait(word, 8);

	truth.waits_on = other;
	*word = 8;
	*other = 9;
	truth.tid = start_thread(make_call, &call);
	wait_until_blocked(truth.tgid, truth.tid, SYS_futex);
	if (syscall(SYS_futex, word, FUTEX_CMP_REQUEUE_PRIVATE, 0, 1, other, 8) != 1)
		die("FUTEX_CMP_REQUEUE");
	print_waiter(&truth);
	print_this_process(2);
}

/* struct futex_waitv, which the headers of Debian 11 lack */
struct waitv {
	uint64_t val;
	uint64_t uaddr;
	uint32_t flags;
	uint32_t reserved;
};

/* Flags of the newer calls: linux/futex.h */
#define NUMA	4
#define WAITV_PRIVATE_U32	(2 | FUTEX_PRIVATE_FLAG)

static struct waitv vector[2];

static void make_waitv(void *arg)
{
	(void)arg;
	syscall(SYS_futex_waitv, vector, 2, 0, NULL, CLOCK_MONOTONIC);
	if (errno == ENOSYS)
		skip("this kernel has no futex_waitv(2)");
	die("futex_waitv(2) returned");
}

static void fill_vector(void)
{
	int i;

	for (i = 0; i < 2; i++) {
		word[i * WORDS] = i + 40;
		vector[i] = (struct waitv){
			.val = i + 40,
			.uaddr = (uintptr_t)&word[i * WORDS],
			.flags = WAITV_PRIVATE_U32,
		};
	}
}

static void waitv(void)
{
	pid_t tid;
	int i;

	fill_vector();
	tid = start_thread(make_waitv, NULL);
	for (i = 0; i < 2; i++) {
		struct truth truth = {
			.tgid = getpid(),
			.tid = tid,
			.syscall = "futex_waitv",
			.nr = SYS_futex_waitv,
			.uaddr = &word[i * WORDS],
			.waits_on = &word[i * WORDS],
			.key = "private",
			.op = "futex_waitv",
			.flags = "PRIVATE",
			.expected = i + 40,
			.bitset = ANY,
			.timeout = "none",
		};

		print_waiter(&truth);
	}
	print_this_process(2);
}

/* What is true of a thread that glibc blocks on a contended mutex. */
static void print_mutex_waiter(pid_t tgid, pid_t tid, const pthread_mutex_t *mutex)
{
	struct truth truth = private_wait(mutex, 2);

	truth.tgid = tgid;
	truth.tid = tid;
	print_waiter(&truth);
}

/* The call without an operation, which came with 6.7; with the flags at @arg. */
static void make_futex_wait(void *arg)
{
	unsigned int flags = *(unsigned int *)arg;

	syscall(SYS_futex_wait, word, 50, 0xf0UL, flags, NULL, CLOCK_MONOTONIC);
	if (errno == ENOSYS)
		skip("this kernel has no futex_wait(2)");
	if (errno == EINVAL && flags != WAITV_PRIVATE_U32)
		skip("this kernel has no futexes with a NUMA node");
	die("futex_wait(2) returned");
}

static void block_in_futex_wait(unsigned int flags)
{
	struct truth truth = {
		.tgid = getpid(),
		.nr = SYS_futex_wait,
		.syscall = "futex_wait",
		.uaddr = word,
		.waits_on = word,
		.key = "private",
		.op = "futex_wait",
		.flags = "PRIVATE",
		.expected = 50,
		.bitset = 0xf0,
		.timeout = "none",
	};

	*word = 50;
	truth.tid = start_thread(make_futex_wait, &flags);
	print_waiter(&truth);
	print_this_process(2);
}

static void futex_wait(void)
{
	block_in_futex_wait(WAITV_PRIVATE_U32);
}

/* From 6.16 on: the word after the futex says on which node the kernel keeps it. */
static void numa(void)
{
	word[1] = 1;
	block_in_futex_wait(WAITV_PRIVATE_U32 | NUMA);
}

/* A thread that takes the PI lock at @arg, and keeps it. */
static void own_pi_lock(void *arg)
{
	uint32_t *lock = arg;

	if (syscall(SYS_futex, lock, FUTEX_LOCK_PI_PRIVATE, 0, NULL))
		die("FUTEX_LOCK_PI");
	for (;;)
		pause();
}

static pid_t start_pi_owner(uint32_t *lock)
{
	pid_t owner = start_thread(own_pi_lock, lock);

	while (__atomic_load_n(lock, __ATOMIC_ACQUIRE) != (uint32_t)owner)
		sched_yield();
	return owner;
}

static void make_lock_pi(void *arg)
{
	const struct call *call = arg;

	syscall(SYS_futex, call->uaddr, call->op, 0, NULL);
	if (errno == ENOSYS)
		skip("this kernel has no FUTEX_LOCK_PI2");
	die("a PI lock was locked twice");
}

static void block_on_pi_lock(int op, const char *name)
{
	struct call call = { .uaddr = word, .op = op };
	struct truth truth = private_wait(word, 0);

	truth.op = name;
	truth.compares_nothing = true;
	truth.pi_owner = start_pi_owner(word);
	truth.tid = start_thread(make_lock_pi, &call);
	print_waiter(&truth);
	print_this_process(3);
}

static void lock_pi(void)
{
	block_on_pi_lock(FUTEX_LOCK_PI_PRIVATE, "FUTEX_LOCK_PI");
}

static void lock_pi2(void)
{
	block_on_pi_lock(13 /* FUTEX_LOCK_PI2 */ | FUTEX_PRIVATE_FLAG, "FUTEX_LOCK_PI2");
}

/* Waits on a word, to be moved to a PI lock by a wake; here, with @move, it was. */
static void block_in_requeue_pi(bool move)
{
	uint32_t *lock = word + WORDS;
	struct call call = {
		.uaddr = word, .op = FUTEX_WAIT_REQUEUE_PI_PRIVATE, .val = 3, .uaddr2 = lock,
	};
	struct truth truth = private_wait(word, 3);
	pid_t owner = start_pi_owner(lock);

	truth.waits_on = move ? lock : word;
	truth.op = "FUTEX_WAIT_REQUEUE_PI";
	*word = 3;
	truth.tid = start_thread(make_call, &call);
	wait_until_blocked(truth.tgid, truth.tid, SYS_futex);
	if (move) {
		truth.pi_owner = owner;
		if (syscall(SYS_futex, word, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, 0, lock, 3) != 1)
			die("FUTEX_CMP_REQUEUE_PI");
	}
	print_waiter(&truth);
	print_this_process(3);
}

static void wait_requeue_pi(void)
{
	block_in_requeue_pi(false);
}

static void cmp_requeue_pi(void)
{
	block_in_requeue_pi(true);
}

#ifdef __x86_64__
/* A call as a 32-bit program makes it; only pointers below 4 GiB fit. */
static void make_compat_call(void *arg)
{
	const struct call *call = arg;
	long ret;

	asm volatile("int $0x80"
		     : "=a" (ret)
		     : "0" (call->val3), "b" (call->uaddr), "c" (call->op), "d" (call->val),
		       "S" (0), "D" (0)
		     : "memory", "r8", "r9", "r10", "r11");
	errno = -ret;
	die("a 32-bit futex(2) returned");
}

static void block_in_compat_call(int nr)
{
	struct call call = { .op = FUTEX_WAIT_PRIVATE, .val = 60, .val3 = nr };
	struct truth truth = private_wait(NULL, 60);

	truth.nr = nr;
	call.uaddr = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (call.uaddr == MAP_FAILED)
		die("mmap");
	*call.uaddr = 60;
	truth.uaddr = call.uaddr;
	truth.waits_on = call.uaddr;
	truth.tid = start_thread(make_compat_call, &call);
	print_waiter(&truth);
	print_this_process(2);
}
#else
static void block_in_compat_call(int nr)
{
	(void)nr;
	skip("no way to make a 32-bit call from a 64-bit program");
}
#endif

static void compat_futex(void)
{
	block_in_compat_call(240);
}

static void compat_futex_time64(void)
{
	block_in_compat_call(422);
}

static void submit_request(const struct io_uring_sqe *request)
{
	const char *why = submit_to_new_ring(request);

	if (why)
		skip(why);
}

static void print_request(const uint32_t *uaddr, const char *op, uint32_t expected,
			  uint32_t bitset)
{
	struct truth truth = {
		.tgid = getpid(),
		.tid = getpid(),
		.syscall = "io_uring",
		.uaddr = uaddr,
		.waits_on = uaddr,
		.key = "private",
		.op = op,
		.flags = "PRIVATE",
		.expected = expected,
		.bitset = bitset,
		.timeout = "?", /* one would be a request of its own, linked to this */
	};

	print_waiter(&truth);
}

static void io_uring_wait(void)
{
	struct io_uring_sqe request = {
		.opcode = 51, /* IORING_OP_FUTEX_WAIT */
		.fd = WAITV_PRIVATE_U32,
		.addr = (uintptr_t)word,
		.off = 70, /* the value expected */
	};

	/* the bitset: in the third 64-bit word from the end, which has a name since 5.19 */
	((uint64_t *)&request)[6] = 0x0ff0;
	*word = 70;
	submit_request(&request);
	print_request(word, "IORING_OP_FUTEX_WAIT", 70, 0x0ff0);
	print_this_process(1);
}

static void io_uring_waitv(void)
{
	struct io_uring_sqe request = {
		.opcode = 53, /* IORING_OP_FUTEX_WAITV */
		.addr = (uintptr_t)vector,
		.len = 2,
	};
	int i;

	fill_vector();
	submit_request(&request);
	for (i = 0; i < 2; i++)
		print_request(&word[i * WORDS], "IORING_OP_FUTEX_WAITV", i + 40, ANY);
	print_this_process(1);
}

static pthread_mutex_t mutexes[2] = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER };

static void lock_and_pause(void *arg)
{
	bool *locked = arg;

	pthread_mutex_lock(&mutexes[0]);
	__atomic_store_n(locked, true, __ATOMIC_RELEASE);
	for (;;)
		pause();
}

/* A child of fork(2) gets a copy of a mutex that another thread held. */
static void fork_orphan(void)
{
	bool locked = false;
	pid_t child;

	start_thread(lock_and_pause, &locked);
	while (!__atomic_load_n(&locked, __ATOMIC_ACQUIRE))
		sched_yield();
	child = fork();
	if (child < 0)
		die("fork");
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, "orphan");
		pthread_mutex_lock(&mutexes[0]);
		die("a mutex that nobody can unlock was locked");
	}
	print_mutex_waiter(child, child, &mutexes[0]);
	print_process(child, getpid(), false, 1);
}

static pthread_barrier_t barrier;

static void lock_both(void *arg)
{
	pthread_mutex_t *first = arg;
	pthread_mutex_t *second = first == &mutexes[0] ? &mutexes[1] : &mutexes[0];

	pthread_mutex_lock(first);
	pthread_barrier_wait(&barrier);
	pthread_mutex_lock(second);
	die("a deadlock ended");
}

static void abba(void)
{
	pid_t a, b;

	pthread_barrier_init(&barrier, NULL, 2);
	a = start_thread(lock_both, &mutexes[0]);
	b = start_thread(lock_both, &mutexes[1]);
	print_mutex_waiter(getpid(), a, &mutexes[1]);
	print_mutex_waiter(getpid(), b, &mutexes[0]);
	print_this_process(3);
}

static void lock_twice(void *arg)
{
	pthread_mutex_lock(arg);
	pthread_mutex_lock(arg);
	die("a mutex was locked twice");
}

static void self_deadlock(void)
{
	print_mutex_waiter(getpid(), start_thread(lock_twice, &mutexes[0]), &mutexes[0]);
	print_this_process(2);
}

static void lock_and_exit(void *arg)
{
	pthread_mutex_lock(arg);
}

static void lock_once(void *arg)
{
	pthread_mutex_lock(arg);
	die("the mutex of a dead thread was locked");
}

/* The main thread lives on, but it is not the one that holds the lock. */
static void dead_holder(void)
{
	pid_t waiter;

	wait_until_gone(start_thread(lock_and_exit, &mutexes[0]));
	waiter = start_thread(lock_once, &mutexes[0]);
	print_mutex_waiter(getpid(), waiter, &mutexes[0]);
	print_this_process(2);
}

/* Idle threads that wait for work, which the main thread could give them. */
static void pool(void)
{
	static struct call call[4];
	int i;

	for (i = 0; i < 4; i++) {
		struct truth truth = private_wait(word, 0);

		truth.op = "FUTEX_WAIT_BITSET";
		truth.flags = "PRIVATE|CLOCK_REALTIME";
		call[i] = (struct call){
			.uaddr = word,
			.op = FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME,
			.val3 = ANY,
		};
		truth.tid = start_thread(make_call, &call[i]);
		print_waiter(&truth);
	}
	print_this_process(5);
}

/* A process with a timer that will send it a signal. */
static void timer(void)
{
	struct itimerval time = { .it_value.tv_sec = 3600 };

	if (setitimer(ITIMER_REAL, &time, NULL))
		die("setitimer");
	has_timer = true;
	wait_private();
}

static void posix_timer(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	timer_t id;

	signal(SIGUSR1, SIG_IGN);
	if (timer_create(CLOCK_MONOTONIC, &event, &id))
		die("timer_create");
	has_timer = true;
	wait_private();
}

/* The state of a thread, as in proc(5). */
static char thread_state(pid_t tid)
{
	char buf[512];

	if (!read_proc(tid, tid, "stat", buf, sizeof(buf)))
		die("process %d is gone", tid);
	return strrchr(buf, ')')[2];
}

static bool crowded;

/* Those that a state is among, if it is to be crowded. */
static void make_crowd(void)
{
	static uint32_t crowd_word;
	static struct call call = { .uaddr = &crowd_word, .op = FUTEX_WAIT_PRIVATE };
	int i;

	for (i = 0; i < 40; i++)
		wait_until_blocked(getpid(), start_thread(make_call, &call), SYS_futex);
}

/* A child of fork(2) that is blocked in @call. */
static pid_t start_waiting_child(const struct call *call)
{
	pid_t child = fork();

	if (child < 0)
		die("fork");
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (crowded)
			make_crowd();
		make_call((void *)call);
	}
	wait_until_blocked(child, child, SYS_futex);
	return child;
}

/*
 * A child that waits is stopped by @stop, and then has the given @state, if that
 * is the same on all kernels. What is true of it is as before, but for the queue.
 */
static void stop_child(void (*stop)(pid_t child), char state, const char *queued)
{
	struct call call = { .uaddr = word, .op = FUTEX_WAIT_PRIVATE, .val = 80 };
	struct truth truth = private_wait(word, 80);
	pid_t child;

	truth.queued = queued;
	*word = 80;
	child = start_waiting_child(&call);
	stop(child);
	while (state && thread_state(child) != state)
		sched_yield();
	truth.tgid = child;
	truth.tid = child;
	print_waiter(&truth);
	print_process(child, getpid(), false, 1);
}

static void stop_by_signal(pid_t child)
{
	if (kill(child, SIGSTOP))
		die("kill");
}

static void stop_by_tracer(pid_t child)
{
	if (ptrace(PTRACE_SEIZE, child, 0, 0) || ptrace(PTRACE_INTERRUPT, child, 0, 0))
		die("ptrace");
	if (waitpid(child, NULL, 0) != child)
		die("waitpid");
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	if (!file || fputs(text, file) < 0 || fclose(file))
		die("cannot write %s", path);
}

/* Make a new cgroup in a hierarchy mounted at @mount, and put @child into it. */
static void enter_cgroup(char *path, size_t size, const char *mount_point, pid_t child)
{
	char file[256], text[16];

	snprintf(path, size, "%s/mkwaiters-%d", mount_point, child);
	if (mkdir(path, 0755))
		die("cannot make the cgroup %s", path);
	snprintf(file, sizeof(file), "%s/cgroup.procs", path);
	snprintf(text, sizeof(text), "%d", child);
	write_file(file, text);
}

/* Wait until a line of a file is there. */
static void wait_for_line(const char *path, const char *line)
{
	char buf[256];
	bool found = false;
	FILE *file;

	while (!found) {
		file = fopen(path, "re");
		if (!file)
			die("cannot read %s", path);
		while (fgets(buf, sizeof(buf), file))
			found |= strcmp(buf, line) == 0;
		fclose(file);
		sched_yield();
	}
}

static void freeze_v2(pid_t child)
{
	char cgroup[128], file[256];

	enter_cgroup(cgroup, sizeof(cgroup), "/sys/fs/cgroup", child);
	snprintf(file, sizeof(file), "%s/cgroup.freeze", cgroup);
	write_file(file, "1");
	snprintf(file, sizeof(file), "%s/cgroup.events", cgroup);
	wait_for_line(file, "frozen 1\n");
}

static char freezer_state[256];

/* Not even SIGKILL ends who is frozen so. */
static void thaw_v1(void)
{
	write_file(freezer_state, "THAWED");
}

static void freeze_v1(pid_t child)
{
	char cgroup[128];

	mkdir("/tmp/freezer", 0755);
	if (mount("freezer", "/tmp/freezer", "cgroup", 0, "freezer") && errno != EBUSY)
		skip("there is no cgroup v1 freezer");
	enter_cgroup(cgroup, sizeof(cgroup), "/tmp/freezer", child);
	snprintf(freezer_state, sizeof(freezer_state), "%s/freezer.state", cgroup);
	write_file(freezer_state, "FROZEN");
	wait_for_line(freezer_state, "FROZEN\n");
	atexit(thaw_v1);
}

static void stopped(void)
{
	stop_child(stop_by_signal, 'T', "stopped");
}

/* More than are visited in one batch, each in an address space of its own. */
static void stopped_many(void)
{
	struct call call = { .uaddr = word, .op = FUTEX_WAIT_PRIVATE, .val = 81 };
	int i;

	*word = 81;
	for (i = 0; i < 300; i++) {
		pid_t child = start_waiting_child(&call);

		stop_by_signal(child);
		while (thread_state(child) != 'T')
			sched_yield();
		printf("stopped tid=%d\n", child);
	}
}

static void traced(void)
{
	stop_child(stop_by_tracer, 't', "traced");
}

static void frozen_v2(void)
{
	stop_child(freeze_v2, 'S', "frozen");
}

/* It stays in the queue. */
static void frozen_v1(void)
{
	stop_child(freeze_v1, 0, NULL);
}

/* A stop and a continue: a wait with a timeout goes on by restart_syscall(2). */
static void stop_and_continue(pid_t child)
{
	stop_by_signal(child);
	while (thread_state(child) != 'T')
		sched_yield();
	if (kill(child, SIGCONT))
		die("kill");
}

static void restarted(void)
{
	struct call call = {
		.uaddr = word, .op = FUTEX_WAIT_PRIVATE, .val = 90, .timeout = &one_hour,
	};
	struct truth truth = private_wait(word, 90);
	pid_t child;

	truth.nr = SYS_restart_syscall;
	truth.syscall = "restart_syscall";
	truth.timeout = "absolute";
	truth.restarted = true;
	*word = 90;
	child = start_waiting_child(&call);
	stop_and_continue(child);
	truth.tgid = child;
	truth.tid = child;
	print_waiter(&truth);
	print_process(child, getpid(), false, 1);
}

/*
 * Words that cannot be read without a fault, or must not be: @hide makes the word
 * so when its waiter is asleep.
 */
static void hide_word(uint32_t *at, void (*hide)(void *page))
{
	struct call call = { .uaddr = at, .op = FUTEX_WAIT_PRIVATE, .val = *at };
	struct truth truth = private_wait(at, *at);

	truth.unreadable = true;
	truth.tid = start_thread(make_call, &call);
	wait_until_blocked(truth.tgid, truth.tid, SYS_futex);
	if (hide)
		hide((void *)((uintptr_t)at & ~4095UL));
	print_waiter(&truth);
	print_this_process(2);
}

/* Some pages, all there; a word in the middle of the first one. */
static uint32_t *new_pages(int flags, size_t nr)
{
	char *pages = mmap(NULL, nr * 4096, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED)
		die("mmap");
	while (nr--)
		*(uint32_t *)(pages + nr * 4096 + 2048) = 95;
	return (uint32_t *)(pages + 2048);
}

static uint32_t *new_page(int flags)
{
	return new_pages(flags, 1);
}

static void forbid(void *page)
{
	if (mprotect(page, 4096, PROT_NONE))
		die("mprotect");
}

static void drop(void *page)
{
	if (madvise(page, 4096, MADV_DONTNEED))
		die("madvise");
}

static void prot_none(void)
{
	hide_word(new_page(MAP_PRIVATE), forbid);
}

static void not_present(void)
{
	hide_word(new_page(MAP_SHARED), drop);
}

/* Whether a page of this process is in swap: bit 62 of its entry in /proc/PID/pagemap. */
static bool is_swapped(const void *page)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry;
	ssize_t len;

	len = pread(fd, &entry, sizeof(entry), (uintptr_t)page / 4096 * sizeof(entry));
	close(fd);
	return len == sizeof(entry) && entry & 1ULL << 62;
}

/* The kernel may refuse at first: the page may be on the way to its lists of pages. */
static void swap_out(void *page)
{
	int tries;

	for (tries = 0; tries < 1000 && !is_swapped(page); tries++) {
		if (madvise(page, 4096, MADV_PAGEOUT))
			die("madvise");
		sched_yield();
	}
	if (!is_swapped(page))
		skip("no swap to be had");
}

static void swapped(void)
{
	hide_word(new_page(MAP_PRIVATE), swap_out);
}

/* Who reads such a page waits until somebody fills it; here nobody ever does. */
static void drop_for_userfaultfd(void *page)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = {
		.range = { .start = (uintptr_t)page, .len = 4096 },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0)
		skip("userfaultfd(2) does not work here");
	if (ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &range))
		die("userfaultfd");
	drop(page);
}

static void userfaultfd(void)
{
	hide_word(new_page(MAP_PRIVATE), drop_for_userfaultfd);
}

/* How often NUMA balancing has been through the memory of this process; -1 without it. */
static long numa_scans(void)
{
	char line[256];
	long nr = -1;
	FILE *file = fopen("/proc/self/sched", "re");

	while (file && fgets(line, sizeof(line), file))
		sscanf(line, "mm->numa_scan_seq : %ld", &nr);
	if (file)
		fclose(file);
	return nr;
}

/*
 * It takes the right to access from pages that stay where they are, as long as a thread
 * of the process runs.
 */
static void numa_hinted(void)
{
	uint32_t *at = new_page(MAP_PRIVATE);
	struct call call = { .uaddr = at, .op = FUTEX_WAIT_PRIVATE, .val = *at };
	struct truth truth = private_wait(at, *at);
	struct utsname name;
	long scans;

	uname(&name);
	if (!strncmp(name.release, "5.10.", 5))
		skip("this kernel cannot be told not to fault a page in");
	if (numa_scans() < 0)
		skip("there is no NUMA balancing");
	truth.tid = start_thread(make_call, &call);
	/* This reads the words, which gives the right back, and may move the page. */
	print_waiter(&truth);
	/* It leaves alone a page that is about to go on the kernel's lists: more push it there. */
	new_pages(MAP_PRIVATE, 256);
	scans = numa_scans();
	while (numa_scans() < scans + 2)
		;
	print_this_process(2);
}

/* Memory of a PCI device, where reading may have an effect. */
static void device(void)
{
	uint32_t *at;
	glob_t found;
	size_t i;
	int fd;

	if (glob("/sys/bus/pci/devices/*/resource[0-9]", 0, NULL, &found))
		skip("there is no PCI device");
	for (i = 0; i < found.gl_pathc; i++) {
		fd = open(found.gl_pathv[i], O_RDWR | O_SYNC | O_CLOEXEC);
		at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (at != MAP_FAILED)
			hide_word(at, NULL);
		if (at != MAP_FAILED)
			return;
		close(fd);
	}
	skip("no PCI device has memory to map");
}

static char child_stack[65536] __attribute__((aligned(16)));

static int pause_forever(void *arg)
{
	(void)arg;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (pause() == -1)
		;
	return 0;
}

/* Another process with the same memory: who is alive there may wake the waiter. */
static void clone_vm(void)
{
	struct call call = { .uaddr = word, .op = FUTEX_WAIT_PRIVATE, .val = 97 };
	pid_t child = clone(pause_forever, child_stack + sizeof(child_stack),
			    CLONE_VM | SIGCHLD, NULL);

	if (child < 0)
		die("clone");
	*word = 97;
	print_process(child, getpid(), false, 3);
	block_in_call(&call, "FUTEX_WAIT", "PRIVATE", "private", ANY, "none");
}

/* A child of vfork(2) waits; its parent cannot run before it is gone. */
static int wait_in_vfork(void *arg)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	make_call(arg);
	return 0;
}

static void vfork_and_wait(void *arg)
{
	clone(wait_in_vfork, child_stack + sizeof(child_stack),
	      CLONE_VM | CLONE_VFORK | SIGCHLD, arg);
	die("a child of vfork ended");
}

/* The child of a thread, from /proc. */
static pid_t wait_for_child(pid_t tid)
{
	char buf[64];

	while (!read_proc(getpid(), tid, "children", buf, sizeof(buf)))
		sched_yield();
	return atoi(buf);
}

static void vfork_child(void)
{
	static struct call call = { .op = FUTEX_WAIT_PRIVATE, .val = 98 };
	struct truth truth = private_wait(word, 98);

	call.uaddr = word;
	*word = 98;
	truth.tgid = wait_for_child(start_thread(vfork_and_wait, &call));
	truth.tid = truth.tgid;
	print_waiter(&truth);
	print_process(truth.tgid, getpid(), false, 3);
	print_process(getpid(), getppid(), true, 3);
}

/* Many waiters on one word, for the tests of reading and of rmmod. */
static void crowd(void)
{
	static struct call call;
	pid_t tid = 0;
	int i;

	call = (struct call){ .uaddr = word, .op = FUTEX_WAIT_PRIVATE };
	for (i = 0; i < 200; i++) {
		tid = start_thread(make_call, &call);
		wait_until_blocked(getpid(), tid, SYS_futex);
		printf("waiter tid=%d uaddr=%p\n", tid, (void *)word);
	}
	print_this_process(201);
}

static const struct {
	const char *name;
	void (*make)(void);
} states[] = {
	{ "wait_private", wait_private },
	{ "wait_bitset", wait_bitset },
	{ "wait_relative", wait_relative },
	{ "wait_monotonic", wait_monotonic },
	{ "wait_realtime", wait_realtime },
	{ "wait_shared", wait_shared },
	{ "wait_shared_mm", wait_shared_mm },
	{ "hugetlb", hugetlb },
	{ "shared_file", shared_file },
	{ "wait_at_edge", wait_at_edge },
	{ "timeout_across_pages", timeout_across_pages },
	{ "timeout_across_mappings", timeout_across_mappings },
	{ "hostile_name", hostile_name },
	{ "requeue", requeue },
	{ "waitv", waitv },
	{ "futex_wait", futex_wait },
	{ "numa", numa },
	{ "lock_pi", lock_pi },
	{ "lock_pi2", lock_pi2 },
	{ "wait_requeue_pi", wait_requeue_pi },
	{ "cmp_requeue_pi", cmp_requeue_pi },
	{ "compat_futex", compat_futex },
	{ "compat_futex_time64", compat_futex_time64 },
	{ "io_uring_wait", io_uring_wait },
	{ "io_uring_waitv", io_uring_waitv },
	{ "fork_orphan", fork_orphan },
	{ "abba", abba },
	{ "self_deadlock", self_deadlock },
	{ "dead_holder", dead_holder },
	{ "pool", pool },
	{ "timer", timer },
	{ "posix_timer", posix_timer },
	{ "stopped", stopped },
	{ "stopped_many", stopped_many },
	{ "traced", traced },
	{ "frozen_v2", frozen_v2 },
	{ "frozen_v1", frozen_v1 },
	{ "restarted", restarted },
	{ "prot_none", prot_none },
	{ "not_present", not_present },
	{ "swapped", swapped },
	{ "numa_hinted", numa_hinted },
	{ "userfaultfd", userfaultfd },
	{ "device", device },
	{ "clone_vm", clone_vm },
	{ "vfork_child", vfork_child },
	{ "crowd", crowd },
};

int main(int argc, char **argv)
{
	size_t i;
	char c;

	crowded = argc == 3 && !strcmp(argv[2], "crowded");
	for (i = 0; (argc == 2 || crowded) && i < sizeof(states) / sizeof(states[0]); i++) {
		if (strcmp(argv[1], states[i].name) != 0)
			continue;
		if (crowded)
			make_crowd();
		states[i].make();
		printf("ready\n");
		fflush(stdout);
		while (read(STDIN_FILENO, &c, 1) > 0)
			;
		return 0;
	}
	fprintf(stderr, "usage: mkwaiters STATE [crowded]\n");
	return 2;
}
