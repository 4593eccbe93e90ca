// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a process without privileges may do in order to harm whoever reads the module's file,
 * and memory that a reader must not see:
 *
 *	mkhostile many THREADS [filled]		128 words a thread in futex_waitv(2); with
 *						"filled" no word is 0
 *	mkhostile secret NR [dump]		NR threads on a word in memfd_secret(2) memory;
 *						with "dump" after MADV_DODUMP
 *	mkhostile dontdump NR			NR threads on a word behind MADV_DONTDUMP
 *	mkhostile gone HOW NR			NR threads on a word in a page that is not there:
 *						"dropped", "userfault" (whoever touches it sleeps
 *						until this process answers, which it does not),
 *						"truncated" (SIGBUS), "forbidden" (PROT_NONE),
 *						"fuse" (of a file whose server does not answer; for
 *						root)
 *	mkhostile fuse PROGRAM [ARGUMENT]...	a program, which prints what this does, in a file
 *						whose server does not answer from then on; for root
 *	mkhostile flags				FUTEX_WAIT with the flag FUTEX_ROBUST_LIST32
 *	mkhostile deep DEPTH LENGTH NR		NR processes, DEPTH cgroups below the current
 *						directory, each with a name of LENGTH bytes
 *	mkhostile robust32			a thread with the robust list of a 32-bit program
 *	mkhostile queue NR			NR entries in the queue of one word in shared
 *						memory, of threads in futex_waitv(2)
 *	mkhostile requests NR			the same, of io_uring requests
 *	mkhostile mapped NR			NR processes that map one word, and wait on it
 *	mkhostile x32				a thread in an x32 system call
 *	mkhostile slots NR			replaces private hash tables of NR slots, and
 *						hardly gets a CPU for it
 *	mkhostile timers NR			an armed timer of SIGUSR1, then NR of SIGUSR2
 *	mkhostile readers NR			NR other threads read one pipe
 *	mkhostile hasty NR			NR other threads wait at one epoll set, each for no
 *						longer than a millisecond, again and again
 *	mkhostile set				a lock whose holder has the mutex of its epoll set,
 *						and sleeps for a page; for root
 *
 * prints a "waiter" record with tid and tgid for each thread that waits, then "ready", and
 * stays so until standard input ends. With "queue" and "requests" a thread tries all the time
 * to wait on the word with a wrong value, for which it needs the lock of the queue; for each
 * line of standard input "probe longest_ns=N" is printed, the longest time that this took
 * since the last line. The exit status is 4 if this kernel cannot do it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fuse.h"
#include "io_uring.h"
#include "lib/factory.h"
#include "userfault.h"

#define IORING_OP_FUTEX_WAITV_NR	53
#define X32_SYSCALL			0x40000000

#define SYS_MEMFD_SECRET	447
#define ROBUST_LIST32		1024

static int number(const char *arg)
{
	return arg ? atoi(arg) : 0;
}

static void print_waiter(pid_t tgid, pid_t tid, long nr)
{
	wait_until_blocked(tgid, tid, nr);
	printf("waiter tid=%d tgid=%d\n", tid, tgid);
}

struct many {
	_Atomic pid_t tid;
	uint32_t words[VECTOR];
};

/* Wait on the 128 words of a vector, each @step behind the one before. */
static void wait_on_vector(const uint32_t *words, int step, uint32_t flags)
{
	struct waitv vector[VECTOR];

	fill_waitv(vector, VECTOR, words, step, flags);
	syscall(SYS_futex_waitv, vector, VECTOR, 0, NULL, CLOCK_MONOTONIC);
	if (errno == ENOSYS)
		skip("this kernel has no futex_waitv(2)");
	die("futex_waitv(2) returned");
}

static void *wait_on_many(void *arg)
{
	struct many *own = arg;

	own->tid = own_tid();
	wait_on_vector(own->words, 1, WAITV_PRIVATE_U32);
	return NULL;
}

static void many(char **args)
{
	int nr = number(args[0]);
	struct many *all = calloc(nr, sizeof(*all));
	int i;

	if (!all)
		die("calloc");
	for (i = 0; i < nr; i++) {
		memset(all[i].words, args[1] ? 1 : 0, sizeof(all[i].words));
		start_small_thread(wait_on_many, &all[i]);
	}
	for (i = 0; i < nr; i++) {
		while (!all[i].tid)
			sched_yield();
		print_waiter(getpid(), all[i].tid, SYS_futex_waitv);
	}
}

static void wait_on(void *word)
{
	futex(word, FUTEX_WAIT_PRIVATE, *(uint32_t *)word, NULL, NULL, 0);
	die("futex(2) returned");
}

static void wait_in(uint32_t *page, int nr)
{
	memset(page, 0x53, 4096);
	while (nr--)
		print_waiter(getpid(), start_thread(wait_on, page + 100), SYS_futex);
}

static void secret(char **args)
{
	int fd = syscall(SYS_MEMFD_SECRET, 0);
	uint32_t *page;

	if (fd < 0 && errno == ENOSYS)
		skip("this kernel has no memfd_secret(2), or it is switched off");
	if (fd < 0 || ftruncate(fd, 4096))
		die("memfd_secret");
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		die("mmap");
	if (args[1] && madvise(page, 4096, MADV_DODUMP))
		die("MADV_DODUMP");
	wait_in(page, number(args[0]));
}

static void dontdump(char **args)
{
	uint32_t *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			      -1, 0);

	if (page == MAP_FAILED || madvise(page, 4096, MADV_DONTDUMP))
		die("MADV_DONTDUMP");
	wait_in(page, number(args[0]));
}

/* The ROM of a PC, which /dev/mem shows to root. */
static void device(char **args)
{
#ifdef __x86_64__
	int fd = open("/dev/mem", O_RDONLY);
	uint32_t *page;
	int nr;

	if (fd < 0 && errno == ENOENT)
		skip("this kernel has no /dev/mem");
	page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0xf0000);
	if (page == MAP_FAILED)
		die("/dev/mem");
	for (nr = number(args[0]); nr; nr--)
		print_waiter(getpid(), start_thread(wait_on, page + 100), SYS_futex);
#else
	(void)args;
	skip("no address is known of memory of a device that /dev/mem shows");
#endif
}

/* At the end of a huge page, the next of which is not there. */
static void huge(char **args)
{
	const size_t size = 2 << 20;
	char *pages = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | (21 << MAP_HUGE_SHIFT), -1, 0);
	uint32_t *end = (uint32_t *)(pages + size);
	int nr;

	if (pages == MAP_FAILED)
		die("MAP_HUGETLB");
	memset(pages, 0x53, size);
	for (nr = number(args[0]); nr; nr--)
		print_waiter(getpid(), start_thread(wait_on, end - 2), SYS_futex);
}

static void drop(void *page, int fd)
{
	(void)fd;
	if (madvise(page, 4096, MADV_DONTNEED))
		die("MADV_DONTNEED");
}

static void drop_for_userfault(void *page, int fd)
{
	(void)fd;
	leave_to_userfault(page);
}

static void truncate_file(void *page, int fd)
{
	(void)page;
	if (ftruncate(fd, 0))
		die("ftruncate");
}

static void forbid(void *page, int fd)
{
	(void)fd;
	if (mprotect(page, 4096, PROT_NONE))
		die("PROT_NONE");
}

/* In memory that it shares with its server. */
static struct fuse_server *server;

static void mount_served(const void *data, size_t size)
{
	server = map_shared(sizeof(*server));
	server->data = data;
	server->size = size;
	fuse_mount(server);
}

static int open_served(void)
{
	static const char page[4096];
	char path[64];
	int fd;

	mount_served(page, sizeof(page));
	if (!fork_child()) {
		for (;;)
			fuse_serve(server);
	}
	close(server->fd);
	snprintf(path, sizeof(path), "%s/file", server->dir);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		die("%s", path);
	return fd;
}

/* Out of the page cache, too: whoever touches it waits for the server. */
static void drop_served(void *page, int fd)
{
	unsigned char is_present = 1;

	drop(page, fd);
	if (posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) || mincore(page, 4096, &is_present) ||
	    is_present)
		die("the page is still there");
	/* Else whoever exits last would wait for the server to answer that the file is closed. */
	close(fd);
	server->is_dead = true;
}

static int open_memfd(void)
{
	int fd = syscall(SYS_memfd_create, "gone", 0);

	if (fd < 0 || ftruncate(fd, 4096))
		die("memfd_create");
	return fd;
}

/* How a page may be gone; and how its file is opened, if it is one of a file. */
static const struct {
	const char *name;
	int (*open)(void);
	void (*hide)(void *page, int fd);
} ways[] = {
	{ "dropped", NULL, drop },
	{ "userfault", NULL, drop_for_userfault },
	{ "truncated", open_memfd, truncate_file },
	{ "forbidden", NULL, forbid },
	{ "fuse", open_served, drop_served },
};

static void gone(char **args)
{
	uint32_t *page;
	size_t i = 0;
	int fd;

	while (strcmp(ways[i].name, args[0])) {
		if (++i == ARRAY_SIZE(ways))
			die("no way %s", args[0]);
	}
	fd = ways[i].open ? ways[i].open() : -1;
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | (ways[i].open ? 0 : MAP_ANONYMOUS), fd, 0);
	if (page == MAP_FAILED)
		die("mmap");
	wait_in(page, number(args[1]));
	ways[i].hide(page, fd);
}

static void *read_file(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY);
	struct stat st;
	void *data;

	if (fd < 0 || fstat(fd, &st))
		die("%s", path);
	data = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (data == MAP_FAILED)
		die("mmap");
	*size = st.st_size;
	return data;
}

/* A program whose file is served, and that says what it does to @out, and ends when @in does. */
static void start_served(char **args, int in, int out)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", server->dir, basename(args[0]));
	if (fork_child())
		return;
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	execv(path, args);
	die("%s", path);
}

/* Print what the program says.  Return: whether it is ready. */
static bool copy_output(int fd)
{
	char text[4096];
	ssize_t len = read(fd, text, sizeof(text) - 1);

	if (len <= 0)
		die("the program has ended");
	text[len] = '\0';
	fputs(text, stdout);
	fflush(stdout);
	return strstr(text, "ready\n");
}

/* When this ends, so does the program, and whoever waits for the server goes on. */
static void fuse(char **args)
{
	int to[2], from[2];
	struct pollfd fds[3];
	size_t size;
	void *data;

	if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC))
		die("pipe2");
	data = read_file(args[0], &size);
	mount_served(data, size);
	start_served(args, to[0], from[1]);
	fds[0] = (struct pollfd){ STDIN_FILENO, POLLIN, 0 };
	fds[1] = (struct pollfd){ from[0], POLLIN, 0 };
	fds[2] = (struct pollfd){ server->fd, POLLIN, 0 };
	while (poll(fds, 3, -1) > 0 && !fds[0].revents) {
		if (fds[1].revents)
			server->is_dead |= copy_output(from[0]);
		if (fds[2].revents)
			fuse_serve(server);
	}
	exit(0);
}

/* A call of futex(2) that not all kernels have. */
struct odd_call {
	long nr;
	int op;
	const char *why_not;
};

static void wait_in_odd_call(void *arg)
{
	static uint32_t word;
	struct odd_call *call = arg;

	syscall(call->nr, &word, call->op, 0, NULL, NULL, 0);
	if (errno == ENOSYS)
		skip(call->why_not);
	die("futex(2) returned");
}

static void odd_call(struct odd_call *call)
{
	print_waiter(getpid(), start_thread(wait_in_odd_call, call), call->nr);
}

static void flags(char **args)
{
	static struct odd_call call = {
		SYS_futex, FUTEX_WAIT_PRIVATE | ROBUST_LIST32,
		"this kernel has no FUTEX_ROBUST_LIST32",
	};

	(void)args;
	odd_call(&call);
}

static void x32(char **args)
{
	static struct odd_call call = {
		SYS_futex | X32_SYSCALL, FUTEX_WAIT_PRIVATE, "this kernel has no x32 system calls",
	};

	(void)args;
	odd_call(&call);
}

#ifdef __x86_64__
/* The system calls of a 32-bit program have their own numbers. */
#define NR_SET_ROBUST_LIST32	311
#define ROBUST_LIST_SIZE32	12

static void wait_with_robust_list32(void *word)
{
	uint32_t *head = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long ret;

	if (head == MAP_FAILED)
		die("mmap");
	head[0] = (uintptr_t)head;
	syscall(SYS_set_robust_list, NULL, 3 * sizeof(long));
	asm volatile("int $0x80"
		     : "=a" (ret)
		     : "0" (NR_SET_ROBUST_LIST32), "b" (head), "c" (ROBUST_LIST_SIZE32)
		     : "memory", "r8", "r9", "r10", "r11");
	errno = -ret;
	if (ret)
		die("set_robust_list");
	wait_on(word);
}

static void robust32(char **args)
{
	static uint32_t word;

	(void)args;
	print_waiter(getpid(), start_thread(wait_with_robust_list32, &word), SYS_futex);
}
#else
static void robust32(char **args)
{
	(void)args;
	skip("no way to make a 32-bit call from a 64-bit program");
}
#endif

/* The word that the threads and requests of "queue" and "requests" wait on. */
static uint32_t *queue_word;

static _Atomic uint64_t longest_ns;

static void *probe(void *arg)
{
	for (;;) {
		uint64_t start = now_ns(), took;

		futex(queue_word, FUTEX_WAIT, *queue_word + 1, NULL, NULL, 0);
		took = now_ns() - start;
		if (took > longest_ns)
			longest_ns = took;
	}
	return arg;
}

static void answer_probes(void)
{
	char line[16];

	start_small_thread(probe, NULL);
	printf("ready\n");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		printf("probe longest_ns=%llu\n", (unsigned long long)longest_ns);
		fflush(stdout);
		longest_ns = 0;
	}
	_exit(0);
}

static void wait_in_queue(void *arg)
{
	(void)arg;
	wait_on_vector(queue_word, 0, WAITV_U32);
}

static void queue(char **args)
{
	int nr = number(args[0]);

	queue_word = map_shared(4096);
	for (; nr > 0; nr -= VECTOR)
		print_waiter(getpid(), start_thread(wait_in_queue, NULL), SYS_futex_waitv);
	answer_probes();
}

static void requests(char **args)
{
	struct waitv vector[VECTOR];
	struct io_uring_sqe request = {
		.opcode = IORING_OP_FUTEX_WAITV_NR,
		.addr = (uintptr_t)vector,
		.len = VECTOR,
	};
	int nr = number(args[0]);

	queue_word = map_shared(4096);
	fill_waitv(vector, VECTOR, queue_word, 0, WAITV_U32);
	printf("waiter tid=%d tgid=%d\n", getpid(), getpid());
	for (; nr > 0; nr -= VECTOR) {
		const char *why = submit_to_new_ring(&request);

		if (why)
			skip(why);
	}
	answer_probes();
}

/* Start children that wait. */
static void fork_waiters(int nr, void *word, int op)
{
	while (nr--) {
		pid_t pid = fork_child();

		if (!pid) {
			futex(word, op, 0, NULL, NULL, 0);
			die("futex(2) returned");
		}
		print_waiter(pid, pid, SYS_futex);
	}
}

static void mapped(char **args)
{
	fork_waiters(number(args[0]), map_shared(4096), FUTEX_WAIT);
}

static void enter_cgroup(int procs)
{
	if (procs < 0 || write(procs, "0", 1) != 1)
		die("cgroup.procs");
}

static void deep(char **args)
{
	int depth = number(args[0]), length = number(args[1]), nr = number(args[2]);
	int top = open("cgroup.procs", O_WRONLY), i;
	static uint32_t word;
	char name[256] = { 0 };

	memset(name, 'd', length);
	for (i = 0; i < depth; i++) {
		if (mkdir(name, 0755) || chdir(name))
			die("mkdir");
	}
	enter_cgroup(open("cgroup.procs", O_WRONLY));
	fork_waiters(nr, &word, FUTEX_WAIT_PRIVATE);
	stay();
	signal(SIGTERM, SIG_IGN);
	enter_cgroup(top);
	kill(0, SIGTERM);
	while (wait(NULL) > 0)
		;
	for (i = 0; i < depth; i++) {
		if (chdir("..") || rmdir(name))
			die("rmdir");
	}
	exit(0);
}

static void replace_table(long slots)
{
	if (prctl(HASH, HASH_SET_SLOTS, slots, 0))
		die("PR_FUTEX_HASH_SET_SLOTS");
}

/*
 * Replace a large table by a small one, at a priority that gets a CPU only if nobody else
 * wants it. Moving the entries is most of it: the lock is held all that time.
 */
static void shrink_table(long slots)
{
	struct sched_param param = { 0 };

	replace_table(slots);
	if (sched_setscheduler(0, SCHED_IDLE, &param))
		die("SCHED_IDLE");
	replace_table(2);
	exit(0);
}

/* Do so again and again on a CPU that another process keeps busy. */
static void slots(char **args)
{
	long nr = number(args[0]);
	cpu_set_t cpu;

	if (prctl(HASH, HASH_SET_SLOTS, 2, 0))
		skip("this kernel has no private hash tables");
	if (fork_child()) {
		stay();
		kill(0, SIGKILL);
	}
	CPU_ZERO(&cpu);
	CPU_SET(0, &cpu);
	if (sched_setaffinity(0, sizeof(cpu), &cpu))
		die("sched_setaffinity");
	if (!fork_child()) {
		for (;;)
			;
	}
	for (;;) {
		if (!fork_child())
			shrink_table(nr);
		wait(NULL);
	}
}

static void arm_timer(int signal)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = signal };
	struct itimerspec far = { .it_value.tv_sec = 100000 };
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, &event, &timer) || timer_settime(timer, 0, &far, NULL))
		die("timer_create");
}

static void timers(char **args)
{
	static uint32_t word;
	int nr = number(args[0]);

	arm_timer(SIGUSR1);
	while (nr--)
		arm_timer(SIGUSR2);
	print_waiter(getpid(), start_thread(wait_on, &word), SYS_futex);
}

static void *read_pipe(void *end)
{
	char byte;

	read(*(int *)end, &byte, 1);
	die("read(2) returned");
}

static void readers(char **args)
{
	static uint32_t word;
	static int ends[2];
	int nr = number(args[0]);

	if (pipe(ends))
		die("pipe");
	while (nr--)
		start_small_thread(read_pipe, &ends[0]);
	print_waiter(getpid(), start_thread(wait_on, &word), SYS_futex);
}

static void *wait_hastily(void *epoll)
{
	struct epoll_event event;

	for (;;)
		epoll_wait(*(int *)epoll, &event, 1, 1);
	return NULL;
}

static void hasty(char **args)
{
	static uint32_t word;
	static int epoll;
	int nr = number(args[0]);

	epoll = epoll_create1(0);
	if (epoll < 0)
		die("epoll_create1");
	while (nr--)
		start_small_thread(wait_hastily, &epoll);
	print_waiter(getpid(), start_thread(wait_on, &word), SYS_futex);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/* The page is where the event is to be written, under the mutex of the set. */
static void hold_set(void *page)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(0), ready = eventfd(1, 0);

	pthread_mutex_lock(&mutex);
	if (epoll < 0 || ready < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, ready, &event))
		die("epoll");
	syscall(SYS_epoll_pwait, epoll, page, 1, -1, NULL, 0);
	die("epoll_wait(2) returned");
}

static void wait_for_mutex(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&mutex);
	die("pthread_mutex_lock() returned");
}

static void set(char **args)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char stack[1024];
	pid_t holder;

	(void)args;
	if (page == MAP_FAILED)
		die("mmap");
	leave_to_userfault(page);
	holder = start_thread(hold_set, page);
	/* A thread that runs has none. */
	while (!read_proc(getpid(), holder, "stack", stack, sizeof(stack)) ||
	       !strstr(stack, "handle_userfault"))
		sched_yield();
	print_waiter(getpid(), start_thread(wait_for_mutex, NULL), SYS_futex);
}

static const struct {
	const char *name;
	void (*run)(char **args);
} kinds[] = {
	{ "many", many },
	{ "secret", secret },
	{ "dontdump", dontdump },
	{ "device", device },
	{ "huge", huge },
	{ "gone", gone },
	{ "fuse", fuse },
	{ "flags", flags },
	{ "deep", deep },
	{ "robust32", robust32 },
	{ "queue", queue },
	{ "requests", requests },
	{ "mapped", mapped },
	{ "x32", x32 },
	{ "slots", slots },
	{ "timers", timers },
	{ "readers", readers },
	{ "hasty", hasty },
	{ "set", set },
};

int main(int argc, char **argv)
{
	size_t i;

	/* Some end by a signal to all their children. */
	if (setpgid(0, 0))
		die("setpgid");
	for (i = 0; argc > 1 && i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(kinds[i].name, argv[1]))
			continue;
		kinds[i].run(argv + 2);
		stay();
		return 0;
	}
	fprintf(stderr, "usage: mkhostile KIND [ARGUMENT]...\n");
	return 2;
}
