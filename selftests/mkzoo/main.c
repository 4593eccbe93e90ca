// SPDX-License-Identifier: GPL-2.0-only
/*
 * A zoo of random lock graphs. For each of its threads it is known whether the thread
 * can ever go on:
 *
 *	mkzoo SEED FIRST COUNT
 *
 * makes the cases FIRST to FIRST + COUNT - 1 of the zoo with that seed. A case is one to
 * three processes with up to eight threads. It depends only on the seed and on its own
 * number, so each case can be made again alone. When all threads are in place, mkzoo
 * prints a record for each of them: "waiter" for a thread that waits on a futex, "other"
 * for the rest; then "ready".
 *
 * plan.c makes a case up, truth.c says what will become of it, objects.c, memory.c, signals.c
 * and threads.c are what its processes do, start.c, print.c and proof.c what this program does.
 *
 * The truth follows from what the threads will do. Each thread takes some locks and waits
 * for one thing. When that comes, it releases its locks, wakes all threads that a thread
 * in its place could wake, and exits: every waiter at the semaphores, condition variables,
 * barriers, futexes, pipes and sockets that it can reach, and any parent that waits for it. So a
 * thread that can run is no mere possibility: it does what it could. Some threads wait for
 * this program to let them go (their gate); some of these are idle, which hold nothing.
 * "live" are the threads that will go on in the end, "stopped" those that will if the
 * stopped threads are continued, "stuck" the rest.
 *
 * The same holds for others than threads. A handler of a timer takes all threads of its process
 * out of their waits, and they go on; that of SIGCHLD or SIGTERM lets a thread go on that does
 * what a handler could. Whoever can open the memory of a case by its name will come in the end,
 * and wake all that wait there. A process that its timer ends does end: then nobody in it goes
 * on, but those who wait for its end.
 *
 * A line on standard input makes mkzoo prove that. It waits until timers have fired, and opens
 * the gates: all live threads have to go on and end, then all others have to be seen asleep
 * where they waited. It does not wait for timers that end a process in an hour, but sends their
 * signal. It continues the stopped threads, and the same must hold for those. It prints a "wrong"
 * record for each thread that does otherwise, then "proof" with the counts.
 *
 * "excused" are threads that cannot go on though nothing that an observer sees shows that:
 * is_doubtful() has the reasons.
 *
 * Half of the cases go through execve(2), which shows an observer that the first process
 * is not a child of fork(2) with copies of locks. "mkzoo SEED FIRST COUNT FD" is such a
 * case; FD is the memory that it shares with its parent.
 */
#define _GNU_SOURCE
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "zoo.h"

struct zoo_case cases[MAX_CASES];
unsigned int nr_cases;
char *seed_text;

/* Each case is a session of its own, so that no signal goes to it when some of it ends. */
static void kill_all(void)
{
	for (unsigned int i = 0; i < nr_cases; i++) {
		if (cases[i].pid > 0)
			kill(-cases[i].pid, SIGKILL);
	}
	while (waitpid(-1, NULL, __WALL) > 0)
		;
	for (unsigned int i = 0; i < nr_cases; i++) {
		if (cases[i].pid > 0)
			remove_memory(&cases[i]);
	}
}

/* For die(): what a child of fork(2) has of stdout or by atexit(3) is not its own. */
static void end_all(int status)
{
	if (!me)
		kill_all();
	_exit(status);
}

static unsigned long number(const char *text, unsigned long max)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (end == text || *end || n > max) {
		fprintf(stderr, "usage: mkzoo SEED FIRST COUNT (of %d at most)\n", MAX_CASES);
		exit(2);
	}
	return n;
}

/* After execve(2). */
static void __attribute__((noreturn)) go_on_as_case(unsigned long seed, unsigned int nr, int fd)
{
	struct zoo_case *c = &cases[0];

	prctl(PR_SET_NAME, "mkzoo");
	c->nr = nr;
	c->control = map_control(fd);
	close(fd);
	make_plan(&c->plan, seed, nr);
	run_case(c);
}

int main(int argc, char **argv)
{
	bool as_case = argc == 5;
	unsigned long seed = argc == 4 || as_case ? number(argv[1], UINT32_MAX) : 0;
	unsigned int first = argc == 4 || as_case ? number(argv[2], INT_MAX) : 0;
	char c;

	die_by = end_all;
	if (as_case)
		go_on_as_case(seed, first, number(argv[4], INT_MAX));
	nr_cases = number(argc == 4 ? argv[3] : "", MAX_CASES);
	seed_text = argv[1];
	for (unsigned int i = 0; i < nr_cases; i++) {
		cases[i].nr = first + i;
		make_plan(&cases[i].plan, seed, cases[i].nr);
	}
	if (prctl(PR_SET_CHILD_SUBREAPER, 1))
		die("prctl");
	set_deadline();
	start_all();
	for (unsigned int i = 0; i < nr_cases; i++)
		print_case(&cases[i]);
	printf("ready\n");
	fflush(stdout);
	if (read(STDIN_FILENO, &c, 1) == 1)
		prove();
	fflush(stdout);
	kill_all();
	return 0;
}
