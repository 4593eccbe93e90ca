// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads whose stacks are known:
 *
 *	mkstacks KIND
 *
 * makes one, prints a "waiter" record with the thread that waits, then "ready", and stays so
 * until standard input ends. What has to be seen of each kind is in test_stacks.py, which knows
 * the functions here by name. The exit status is 4 if this kernel cannot do it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lib/factory.h"
#include "userfault.h"

#define PAGE		4096L

/* Each of these is to have a frame, also when it is the last that a function calls. */
#define FRAME		__attribute__((noinline, noclone))
#define END_FRAME()	asm volatile("" ::: "memory")

static pthread_mutex_t stacks_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t other_lock = PTHREAD_MUTEX_INITIALIZER;

static FRAME void inner(pthread_mutex_t *lock)
{
	pthread_mutex_lock(lock);
	END_FRAME();
}

static FRAME void middle(pthread_mutex_t *lock)
{
	inner(lock);
	END_FRAME();
}

static FRAME void outer(void *lock)
{
	pthread_mutex_lock(lock);
	middle(lock);
	END_FRAME();
}

static pid_t stuck_on(void *lock)
{
	pid_t tid = start_thread(outer, lock);

	wait_until_blocked(getpid(), tid, SYS_futex);
	return tid;
}

static pid_t self(void)
{
	return stuck_on(&stacks_lock);
}

static pid_t in_heap(void)
{
	pthread_mutex_t *lock = calloc(2, sizeof(*lock));

	return stuck_on(lock + 1);
}

/* A member of an element of a structure in a structure. */
static struct {
	int number;
	struct {
		long hits;
		struct shelf {
			char name[3];
			pthread_mutex_t locks[2][3];
		} shelves[2];
	} cache;
} config;

static pid_t in_member(void)
{
	return stuck_on(&config.cache.shelves[1].locks[1][2]);
}

/* A variable that keeps its value, but is known in a function only. */
static pid_t in_function(void)
{
	static pthread_rwlock_t unused;
	static pthread_mutex_t own_lock = PTHREAD_MUTEX_INITIALIZER;

	(void)unused;
	return stuck_on(&own_lock);
}

static pid_t in_memfd(void)
{
	int fd = memfd_create("stacks", 0);
	pthread_mutex_t *lock;

	if (fd < 0 || ftruncate(fd, PAGE))
		die("memfd_create");
	lock = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (lock == MAP_FAILED)
		die("mmap");
	return stuck_on(lock);
}

static pid_t in_anonymous(void)
{
	return stuck_on(map_shared(PAGE));
}

static FRAME void lock_of_own(void *unused)
{
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

	(void)unused;
	outer(&lock);
	END_FRAME();
}

static pid_t in_stack(void)
{
	pid_t tid = start_thread(lock_of_own, NULL);

	wait_until_blocked(getpid(), tid, SYS_futex);
	return tid;
}

/* A semaphore whose words look like a mutex that the waiting thread holds itself. */
static struct {
	sem_t semaphore;
	uint64_t zeros[2];
} lookalike;

/* Not by syscall(2), as no lock of a C library is waited for: see sources/callers.c. */
static void wait_by_instruction(uint32_t *word)
{
#if defined(__x86_64__)
	register long timeout asm("r10") = 0;
	long ret;

	asm volatile("syscall"
		     : "=a" (ret)
		     : "0" (SYS_futex), "D" (word), "S" (FUTEX_WAIT_PRIVATE), "d" (2), "r" (timeout)
		     : "rcx", "r11", "memory");
#elif defined(__aarch64__)
	register long nr asm("x8") = SYS_futex, arg asm("x0") = (long)word, op asm("x1") = FUTEX_WAIT_PRIVATE,
		      expected asm("x2") = 2, timeout asm("x3") = 0;

	asm volatile("svc #0" : "+r" (arg) : "r" (nr), "r" (op), "r" (expected), "r" (timeout) : "memory");
#endif
}

static void wait_for_lookalike(void *unused)
{
	uint32_t *word = (uint32_t *)&lookalike.semaphore;

	(void)unused;
	word[0] = 2;
	word[2] = own_tid();
	word[3] = 1;
	for (;;)
		wait_by_instruction(word);
}

static pid_t on_lookalike(void)
{
	pid_t tid = start_thread(wait_for_lookalike, NULL);

	wait_until_blocked(getpid(), tid, SYS_futex);
	return tid;
}

/* What is in it now, the type does not say. */
static union {
	sem_t semaphore;
	pthread_mutex_t mutex;
} either;

static pid_t in_union(void)
{
	return stuck_on(&either.mutex);
}

/* Nor is it known which one of these it is. */
static struct {
	long number;
	union {
		pthread_mutex_t one;
		pthread_mutex_t other;
	} any;
} mixed;

static pid_t in_either(void)
{
	return stuck_on(&mixed.any.other);
}

/* The lock of a thread's own arena: main_arena is that of the first thread. */
static void wait_for_arena(void *unused)
{
	const uint64_t heap_bytes = 64 << 20;
	uint32_t **heap = (uint32_t **)((uintptr_t)malloc(1) & -heap_bytes);

	(void)unused;
	for (;;)
		syscall(SYS_futex, *heap, FUTEX_WAIT_PRIVATE, **heap, NULL, NULL, 0);
}

static pid_t in_arena(void)
{
	pid_t tid = start_thread(wait_for_arena, NULL);

	wait_until_blocked(getpid(), tid, SYS_futex);
	return tid;
}

static void handler(int signal)
{
	(void)signal;
	inner(&stacks_lock);
}

static FRAME void interrupted(void *unused)
{
	(void)unused;
	pthread_mutex_lock(&stacks_lock);
	syscall(SYS_tgkill, getpid(), own_tid(), SIGUSR1);
	END_FRAME();
}

static pid_t in_handler(void)
{
	struct sigaction action = { .sa_handler = handler };
	pid_t tid;

	sigaction(SIGUSR1, &action, NULL);
	tid = start_thread(interrupted, NULL);
	wait_until_blocked(getpid(), tid, SYS_futex);
	return tid;
}

/* By its rules its caller is itself, on the same stack. */
#ifdef __x86_64__
void loops(pthread_mutex_t *lock);

asm(".text\n"
    "loops:\n"
    "	.cfi_startproc\n"
    "	subq $24, %rsp\n"
    "	.cfi_def_cfa %rsp, 0\n"
    "	.cfi_offset %rip, 0\n"
    "	leaq 1f(%rip), %rax\n"
    "	movq %rax, (%rsp)\n"
    "	call inner\n"
    "1:	addq $24, %rsp\n"
    "	ret\n"
    "	.cfi_endproc\n"
    ".type loops, @function\n"
    ".size loops, . - loops\n");
#else
static void loops(pthread_mutex_t *lock)
{
	(void)lock;
	skip("no rules that loop for this machine");
}
#endif

static void begin_loop(void *lock)
{
	pthread_mutex_lock(lock);
	loops(lock);
}

static pid_t in_loop(void)
{
	pid_t tid = start_thread(begin_loop, &stacks_lock);

	wait_until_blocked(getpid(), tid, SYS_futex);
	return tid;
}

static FRAME void holds_first(void *barrier)
{
	pthread_mutex_lock(&stacks_lock);
	pthread_barrier_wait(barrier);
	pthread_mutex_lock(&other_lock);
	END_FRAME();
}

static FRAME void holds_second(void *barrier)
{
	pthread_mutex_lock(&other_lock);
	pthread_barrier_wait(barrier);
	pthread_mutex_lock(&stacks_lock);
	END_FRAME();
}

/* The word of a mutex of glibc that somebody waits for is 2. */
static bool has_waiter(pthread_mutex_t *mutex)
{
	return *(volatile int *)mutex == 2;
}

static pid_t pair(void)
{
	static pthread_barrier_t barrier;
	pid_t first, second;

	pthread_barrier_init(&barrier, NULL, 3);
	first = start_thread(holds_first, &barrier);
	second = start_thread(holds_second, &barrier);
	pthread_barrier_wait(&barrier);
	/* A barrier is a futex as well, so that they are in such a call does not tell. */
	while (!has_waiter(&stacks_lock) || !has_waiter(&other_lock))
		sched_yield();
	wait_until_blocked(getpid(), first, SYS_futex);
	wait_until_blocked(getpid(), second, SYS_futex);
	return first;
}

static void aborts(void *signals)
{
	int signal;

	sigwait(signals, &signal);
	abort();
}

/* A deadlock, and a thread that ends the process once it is told to, as a watchdog does. */
static pid_t watchdog(void)
{
	static sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	printf("watchdog tid=%d\n", start_thread(aborts, &signals));
	return pair();
}

static FRAME void waits(void *unused)
{
	(void)unused;
	inner(&stacks_lock);
	END_FRAME();
}

/* A thread that waits for a lock, whose holder does something. */
static pid_t held_by(void (*holder)(void *held))
{
	bool held = false;
	pid_t tid;

	start_thread(holder, &held);
	while (!__atomic_load_n(&held, __ATOMIC_ACQUIRE))
		sched_yield();
	tid = start_thread(waits, NULL);
	wait_until_blocked(getpid(), tid, SYS_futex);
	return tid;
}

static void hold(bool *held)
{
	pthread_mutex_lock(&stacks_lock);
	__atomic_store_n(held, true, __ATOMIC_RELEASE);
}

static void naps(void *held)
{
	hold(held);
	for (;;)
		nap(1000);
}

static pid_t moves(void)
{
	return held_by(naps);
}

static void spins(void *held)
{
	hold(held);
	for (;;)
		END_FRAME();
}

/* Longer than a stack takes to read, but not than it takes to open all files before. */
static void rests(void *held)
{
	hold(held);
	for (;;)
		nap(200 * MS);
}

static pid_t rests_again(void)
{
	return held_by(rests);
}

static pid_t runs(void)
{
	return held_by(spins);
}

/* As vfork(2), but with memory of its own: the parent sleeps in state D until the child ends. */
static void vforks(void *held)
{
	hold(held);
	if (!syscall(SYS_clone, CLONE_VFORK | SIGCHLD, NULL, NULL, NULL, NULL)) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
}

static pid_t in_state_d(void)
{
	return held_by(vforks);
}

/* The page with the return address is gone: it is above the room, where nothing else is. */
static FRAME void deep(void)
{
	char room[3 * PAGE];
	uintptr_t page = ((uintptr_t)room + sizeof(room) + 24) & -PAGE;

	memset(room, 0, sizeof(room));
	asm volatile("" : : "r" (room) : "memory");
	leave_to_userfault((void *)page);
	outer(&stacks_lock);
	END_FRAME();
}

static FRAME void begin_deep(void *unused)
{
	char room[3 * PAGE];

	(void)unused;
	asm volatile("" : : "r" (room) : "memory");
	deep();
	END_FRAME();
}

static pid_t in_userfault(void)
{
	pid_t tid = start_thread(begin_deep, NULL);

	wait_until_blocked(getpid(), tid, SYS_futex);
	return tid;
}

static pid_t crowd(void)
{
	pid_t tid = 0;

	for (int i = 0; i < 100; i++)
		tid = stuck_on(calloc(1, sizeof(pthread_mutex_t)));
	return tid;
}

static const struct {
	const char *name;
	pid_t (*make)(void);
} kinds[] = {
	{ "self", self },
	{ "heap", in_heap },
	{ "member", in_member },
	{ "function", in_function },
	{ "memfd", in_memfd },
	{ "anonymous", in_anonymous },
	{ "arena", in_arena },
	{ "stack", in_stack },
	{ "lookalike", on_lookalike },
	{ "union", in_union },
	{ "either", in_either },
	{ "handler", in_handler },
	{ "loop", in_loop },
	{ "pair", pair },
	{ "watchdog", watchdog },
	{ "moves", moves },
	{ "rests", rests_again },
	{ "runs", runs },
	{ "state_d", in_state_d },
	{ "userfault", in_userfault },
	{ "crowd", crowd },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(kinds[i].name, argv[1]))
			continue;
		printf("waiter tid=%d tgid=%d\n", kinds[i].make(), getpid());
		stay();
		_exit(0);
	}
	fprintf(stderr, "usage: mkstacks KIND\n");
	return 2;
}
