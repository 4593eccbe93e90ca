// SPDX-License-Identifier: GPL-2.0-only
/* What the scheduler tells, on trees made here that look like /proc. */
#include <sched.h>
#include <stdint.h>
#include <time.h>

#include "procfs.h"
#include "scheduler.h"
#include "tap.h"
#include "tree.h"

#define SECOND		1000000000ULL

/* CPUs behind those of this host: one is offline, one was busy, for another virtual machine. */
#define OFFLINE		2000
#define STOLEN		2001
#define BUSY		2002

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * SECOND + ts.tv_nsec;
}

static void add_sched(const char *path, uint64_t ran_ns)
{
	char buf[256];

	snprintf(buf, sizeof(buf), "t (1, #threads: 1)\n-----\nse.exec_start     :   %llu.%06llu\n"
		 "se.vruntime      :   1.000000\n", (unsigned long long)ran_ns / 1000000,
		 (unsigned long long)ran_ns % 1000000);
	create_file(buf, "%s", path);
}

/* The sum, and a line for each CPU that is online; all have spent @irq seconds in interrupts. */
static void add_cpus(unsigned int irq)
{
	char path[PATH_SIZE];
	FILE *f;

	snprintf(path, sizeof(path), "%s/stat", root);
	f = fopen(path, "w");
	fprintf(f, "cpu  1 2 3 4 5 6 7 8 0 0\n");
	for (int cpu = 0; cpu < OFFLINE; cpu++)
		fprintf(f, "cpu%d 1 2 3 4 5 0 %u 0 0 0\n", cpu, irq * 100);
	fprintf(f, "cpu%d 1 2 3 4 5 0 %u %u 0 0\n", STOLEN, irq * 100, 20 * 100);
	fprintf(f, "cpu%d 1 2 3 4 5 %u 0 0 0 0\nintr 1 2 3\n", BUSY, 30 * 100);
	fclose(f);
}

/* proc(5): the state is field 3, the processor field 39, then priority and policy. */
static void add_thread(pid_t tid, char state, unsigned int cpu, unsigned int priority,
		       unsigned int policy)
{
	char buf[512];
	size_t n = snprintf(buf, sizeof(buf), "%d (a) R 9) %c", tid, state);

	for (int field = 4; field < 39; field++)
		n += snprintf(buf + n, sizeof(buf) - n, " %d", field);
	snprintf(buf + n, sizeof(buf) - n, " %u %u %u 42 43\n", cpu, priority, policy);
	create_file(buf, "%d/task/%d/stat", tid, tid);
	create_file("5000 6000 7\n", "%d/task/%d/schedstat", tid, tid);
}

/* For how long the thread has slept, in seconds, rounded: time goes on; -1: it is not known. */
static int asleep(const struct sched_clock *c, unsigned int cpu, uint64_t ran_ns)
{
	char path[32];
	uint64_t ns;

	add_thread(10, 'S', cpu, 0, 0);
	snprintf(path, sizeof(path), "10/task/10/sched");
	add_sched(path, ran_ns);
	return sched_asleep(c, 10, 10, &ns) ? (int)((ns + SECOND / 2) / SECOND) : -1;
}

/* @lag: how far the clock of the tasks is behind the time. */
static void begin(struct sched_clock *c, unsigned int irq, uint64_t lag)
{
	add_cpus(irq);
	add_sched("self/sched", now() - lag);
	sched_begin(c, root);
}

/* Whoever moves to another processor knows no clock. */
static void stay_here(void)
{
	cpu_set_t here;

	CPU_ZERO(&here);
	CPU_SET(sched_getcpu(), &here);
	sched_setaffinity(0, sizeof(here), &here);
}

static void test_stat(void)
{
	ok(*stat_field("10 (a) b) S 7 8", STAT_STATE) == 'S', "a field behind the name");
	ok(!stat_field("10 (a) b) S 7 8", STAT_PROCESSOR), "one that a file which was cut has not");
	ok(!stat_field("10 a", STAT_STATE), "a file without a name");
}

static void test_asleep(void)
{
	uint64_t first, second;
	struct sched_clock c;

	new_tree();
	stay_here();
	sched_begin(&c, root);
	ok(asleep(&c, 0, now()) == -1, "a kernel without the file tells nothing");
	sched_end(&c);
	begin(&c, 10, 0);
	ok(asleep(&c, 0, now() - 5 * SECOND) == 5, "a thread that slept for five seconds");
	ok(asleep(&c, 0, now() + SECOND) == 0, "one that ran after the clock was read");
	ok(asleep(&c, 0, now() - 5 * SECOND) == 5 && sched_asleep(&c, 10, 10, &first) &&
	   sched_asleep(&c, 10, 10, &second) && first == second,
	   "the time since the clock was read does not count");
	ok(asleep(&c, OFFLINE, now() - 5 * SECOND) == -1, "the clock of a CPU that is offline");
	ok(asleep(&c, BUSY + 1, now() - 5 * SECOND) == -1, "of one that there is not");
	ok(asleep(&c, BUSY, now() - 5 * SECOND) == 5, "a clock that goes on in interrupts");
	ok(asleep(&c, STOLEN, now() - 25 * SECOND) == -1,
	   "a short sleep on a CPU whose clock is far behind");
	ok(asleep(&c, STOLEN, now() - 50 * SECOND) == 30, "a long one");
	sched_end(&c);
	begin(&c, 10, 10 * SECOND);
	ok(asleep(&c, 0, now() - 15 * SECOND) == 5, "a clock that leaves out interrupts");
	ok(asleep(&c, BUSY, now() - 35 * SECOND) == -1, "a CPU that had more of them");
	ok(asleep(&c, BUSY, now() - 60 * SECOND) == 30, "and a long sleep there");
	sched_end(&c);
	remove_tree();
}

static void test_starved(void)
{
	struct ready ready[] = { { .pid = 20, .tid = 20 }, { .pid = 21, .tid = 21 } };
	char text[128] = "";

	new_tree();
	add_thread(20, 'R', 1, 0, SCHED_OTHER);
	add_thread(21, 'S', 1, 0, SCHED_OTHER);
	add_thread(22, 'R', 0, 50, SCHED_FIFO);
	sched_find_starved(ready, 2, root);
	ok(ready[0].starved && !ready[1].starved, "one is ready and does not run, one sleeps");
	ok(!put_starved(text, sizeof(text), &ready[0]), "no other thread wants its processor");
	add_thread(23, 'R', 1, 0, SCHED_OTHER);
	ready[0] = (struct ready){ .pid = 20, .tid = 20 };
	sched_find_starved(ready, 1, root);
	ok(put_starved(text, sizeof(text), &ready[0]) &&
	   !strcmp(text, "is ready to run, but got no time on processor 1, for which 1 more thread "
		   "waits"), "another one does: %s", text);
	add_thread(24, 'R', 1, 7, SCHED_RR);
	ready[0] = (struct ready){ .pid = 20, .tid = 20 };
	sched_find_starved(ready, 1, root);
	ok(put_starved(text, sizeof(text), &ready[0]) &&
	   !strcmp(text, "is ready to run, but processor 1 runs thread 24 (a) R 9), which has priority 7 "
		   "of SCHED_RR"), "one of real time: %s", text);
	remove_tree();
}

int main(void)
{
	tap_start();
	test_stat();
	test_asleep();
	test_starved();
	return tap_end();
}
