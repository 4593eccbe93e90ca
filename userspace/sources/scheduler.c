// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the scheduler tells of threads in /proc: since when they sleep, and which thread has the
 * processor that one waits for.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "array.h"
#include "clock.h"
#include "procfs.h"
#include "scheduler.h"

static bool stat_number(const char *stat, int field, unsigned int *number)
{
	const char *p = stat_field(stat, field);

	return p && sscanf(p, "%u", number) == 1;
}

/*
 * Since when
 */

/* A time is told if it is wrong by no more than that, or than a tenth. */
#define EXACT_NS	100000000

/* More than a kernel can have (NR_CPUS). */
#define MAX_CPUS	65536

static uint64_t distance(uint64_t x, uint64_t y)
{
	return x < y ? y - x : x - y;
}

/* When a thread last ran: milliseconds, and six digits more (proc_sched_show_task()). */
static bool parse_exec_start(const char *text, uint64_t *ns)
{
	const char *p = strstr(text, "\nse.exec_start");
	unsigned long long ms, rest;

	if (!p || sscanf(p, "\nse.exec_start : %llu.%6llu", &ms, &rest) != 2)
		return false;
	*ns = ms * 1000000 + rest;
	return true;
}

static void read_lost(struct sched_clock *c)
{
	char *text = procfs_read_all(c->root, "stat");
	uint64_t tick = 1000000000ULL / sysconf(_SC_CLK_TCK);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		unsigned long long irq, softirq, steal;
		unsigned int cpu;

		line += *line == '\n';
		/* The first line is the sum. */
		if (!strncmp(line, "cpu ", 4) ||
		    sscanf(line, "cpu%u %*u %*u %*u %*u %*u %llu %llu %llu", &cpu, &irq, &softirq,
			   &steal) != 4 || cpu >= MAX_CPUS)
			continue;
		/* Those that are offline are left out. */
		while (c->nr_cpus < cpu)
			array_push(c->lost, c->nr_cpus, (struct lost_time){ .is_offline = true });
		array_push(c->lost, c->nr_cpus, (struct lost_time){
			.irq_ns = (irq + softirq) * tick, .steal_ns = steal * tick });
	}
	free(text);
}

/* Below that, what a CPU spends in interrupts does not show whether its clock leaves it out. */
#define ENOUGH_NS	10000000000ULL

/*
 * The clock of a CPU leaves out the time for other virtual machines, and that for interrupts only
 * if the kernel is built for that (update_rq_clock_task()): then it lags behind by that time.
 */
static void find_model(struct sched_clock *c)
{
	const struct lost_time *own = &c->lost[c->cpu];
	uint64_t lag = distance(clock_ns(CLOCK_MONOTONIC), c->now_ns);
	uint64_t raw_lag = distance(clock_ns(CLOCK_MONOTONIC_RAW), c->now_ns);

	if (raw_lag < lag)
		lag = raw_lag;
	c->counts_irq = lag > own->steal_ns + own->irq_ns / 2;
	c->is_sure = own->irq_ns >= ENOUGH_NS;
}

/**
 * sched_begin() - read the clock of the scheduler
 * @c: receives it; to be freed with sched_end()
 * @root: where proc is mounted
 *
 * It takes CONFIG_SCHED_DEBUG, without which nothing is known.  No processor is visited for its
 * clock: a thread of real time could keep the reader there for good.
 */
void sched_begin(struct sched_clock *c, const char *root)
{
	int cpu = sched_getcpu();
	char buf[PROCFS_FILE_SIZE];

	*c = (struct sched_clock){ .root = root, .cpu = cpu };
	if (procfs_read(buf, root, "self/sched") || !parse_exec_start(buf, &c->now_ns))
		return;
	c->read_ns = clock_ns(CLOCK_BOOTTIME);
	read_lost(c);
	if (cpu < 0 || c->cpu >= c->nr_cpus || cpu != sched_getcpu())
		c->now_ns = 0;
	else
		find_model(c);
}

/*
 * How far the clock of a CPU is ahead of that of the reader's, and how wrong that may be.  Return:
 * whether there is such a CPU.
 */
static bool clock_offset(const struct sched_clock *c, unsigned int cpu, int64_t *offset,
			 uint64_t *error)
{
	const struct lost_time *own = &c->lost[c->cpu], *other;
	int64_t irq, steal;

	if (cpu >= c->nr_cpus)
		return false;
	other = &c->lost[cpu];
	if (other->is_offline)
		return false;
	irq = own->irq_ns - other->irq_ns;
	steal = own->steal_ns - other->steal_ns;
	*offset = steal + (c->counts_irq ? irq : 0);
	/* Both are counted in ticks. */
	*error = (llabs(steal) + (c->counts_irq ? llabs(irq) : 0)) / 10;
	if (!c->is_sure)
		*error += llabs(irq);
	return true;
}

/**
 * sched_asleep() - find out for how long a thread had slept when the clock was read
 * @c: the clock
 * @pid: its process
 * @tid: the thread, which sleeps
 * @ns: receives the time, in which interrupts of its processor may not be counted
 *
 * Return: whether it is known.
 */
bool sched_asleep(const struct sched_clock *c, pid_t pid, pid_t tid, uint64_t *ns)
{
	char stat[PROCFS_FILE_SIZE], sched[PROCFS_FILE_SIZE];
	uint64_t ran_ns, now_ns = c->now_ns;
	unsigned int cpu;
	uint64_t error;
	int64_t offset;

	if (!c->now_ns || procfs_read(sched, c->root, "%d/task/%d/sched", pid, tid) ||
	    procfs_read(stat, c->root, "%d/task/%d/stat", pid, tid) ||
	    !parse_exec_start(sched, &ran_ns) || !stat_number(stat, STAT_PROCESSOR, &cpu) ||
	    !clock_offset(c, cpu, &offset, &error))
		return false;
	now_ns += offset;
	*ns = ran_ns < now_ns ? now_ns - ran_ns : 0;
	return error <= EXACT_NS || error <= *ns / 10;
}

/**
 * sched_end() - free the memory of a clock
 * @c: the clock
 */
void sched_end(struct sched_clock *c)
{
	free(c->lost);
}

/*
 * Ready, but not running
 */

/* How long to look whether a thread gets any time: longer than a time slice. */
#define LOOK_NS		100000000

/* SCHED_DEADLINE of linux/sched.h, which goes before the 99 priorities of the others. */
#define DEADLINE		6
#define DEADLINE_PRIORITY	100

/* Threads of the host that are looked at, to find which one runs instead. */
#define MAX_LOOKED_AT	100000

static bool is_ready(const char *stat)
{
	const char *state = stat_field(stat, STAT_STATE);

	return state && *state == 'R';
}

static bool read_ready(const struct ready *r, const char *root, unsigned int *cpu,
		       unsigned long long *ran_ns)
{
	char buf[PROCFS_FILE_SIZE];

	if (procfs_read(buf, root, "%d/task/%d/stat", r->pid, r->tid) || !is_ready(buf) ||
	    !stat_number(buf, STAT_PROCESSOR, cpu))
		return false;
	return !procfs_read(buf, root, "%d/task/%d/schedstat", r->pid, r->tid) &&
	       sscanf(buf, "%llu", ran_ns) == 1;
}

/* Threads of real time have precedence over all others, and the higher of them over the lower. */
static void add_competitor(struct ready *r, pid_t tid, const char *stat)
{
	unsigned int policy, priority;

	r->nr_others++;
	if (!stat_number(stat, STAT_POLICY, &policy) ||
	    !stat_number(stat, STAT_RT_PRIORITY, &priority))
		return;
	if (policy == DEADLINE)
		priority = DEADLINE_PRIORITY;
	if (r->other && priority <= r->priority)
		return;
	r->other = tid;
	r->policy = policy;
	r->priority = priority;
	snprintf(r->comm, sizeof(r->comm), "%.*s", (int)(strrchr(stat, ')') - strchr(stat, '(') - 1),
		 strchr(stat, '(') + 1);
}

static void compare_thread(struct ready *ready, size_t nr, const char *root, pid_t pid, pid_t tid)
{
	char stat[PROCFS_FILE_SIZE];
	unsigned int cpu;

	if (procfs_read(stat, root, "%d/task/%d/stat", pid, tid) || !is_ready(stat) ||
	    !stat_number(stat, STAT_PROCESSOR, &cpu))
		return;
	for (size_t i = 0; i < nr; i++) {
		if (ready[i].starved && ready[i].cpu == cpu && ready[i].tid != tid)
			add_competitor(&ready[i], tid, stat);
	}
}

static void find_competitors(struct ready *ready, size_t nr, const char *root)
{
	size_t nr_pids, nr_tids, looked_at = 0;
	pid_t *pids = procfs_list_ids(&nr_pids, root, ".");

	for (size_t p = 0; p < nr_pids && looked_at < MAX_LOOKED_AT; p++) {
		pid_t *tids = procfs_list_ids(&nr_tids, root, "%d/task", pids[p]);

		for (size_t t = 0; t < nr_tids; t++)
			compare_thread(ready, nr, root, pids[p], tids[t]);
		looked_at += nr_tids;
		free(tids);
	}
	free(pids);
}

/**
 * sched_find_starved() - find out which threads are ready to run, and get no processor time
 * @ready: the threads; receives the rest
 * @nr: how many
 * @root: where proc is mounted
 *
 * They are looked at twice, a tenth of a second apart.
 */
void sched_find_starved(struct ready *ready, size_t nr, const char *root)
{
	const struct timespec look = { .tv_nsec = LOOK_NS };
	unsigned long long *before = xcalloc(nr, sizeof(*before)), after;
	bool any = false;

	for (size_t i = 0; i < nr; i++)
		any |= ready[i].starved = read_ready(&ready[i], root, &ready[i].cpu, &before[i]);
	if (any)
		nanosleep(&look, NULL);
	any = false;
	for (size_t i = 0; i < nr; i++) {
		ready[i].starved = ready[i].starved &&
				   read_ready(&ready[i], root, &ready[i].cpu, &after) &&
				   before[i] == after;
		any |= ready[i].starved;
	}
	if (any)
		find_competitors(ready, nr, root);
	free(before);
}

/**
 * put_starved() - write which thread has the processor that one waits for
 * @dst: receives it: what the thread does, as a clause without its subject
 * @size: room there, in bytes
 * @ready: the thread, which is starved
 *
 * A thread that the kernel does not count the time of meanwhile (nohz_full) has no competitor.
 *
 * Return: whether that is known.
 */
bool put_starved(char *dst, size_t size, const struct ready *ready)
{
	static const char *const policies[] = {
		[SCHED_FIFO] = "SCHED_FIFO", [SCHED_RR] = "SCHED_RR", [DEADLINE] = "SCHED_DEADLINE",
	};
	const char *policy = ready->policy < ARRAY_SIZE(policies) ? policies[ready->policy] : NULL;

	if (!ready->nr_others)
		return false;
	if (policy)
		snprintf(dst, size, "is ready to run, but processor %u runs thread %d (%s), which has "
			 "priority %u of %s", ready->cpu, ready->other, ready->comm, ready->priority,
			 policy);
	else
		snprintf(dst, size, "is ready to run, but got no time on processor %u, for which "
			 "%zu more %s", ready->cpu, ready->nr_others,
			 ready->nr_others == 1 ? "thread waits" : "threads wait");
	return true;
}
