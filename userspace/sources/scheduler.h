/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_SCHEDULER_H
#define FUTEXINSPECT_SCHEDULER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Time that the clock of a CPU may have left out. */
struct lost_time {
	uint64_t irq_ns;
	uint64_t steal_ns;
	bool is_offline;
};

/* The clock of the scheduler, as far as /proc shows it. */
struct sched_clock {
	const char *root;
	uint64_t now_ns;	/* 0: not known */
	uint64_t read_ns;	/* CLOCK_BOOTTIME then */
	unsigned int cpu;	/* whose clock it is */
	struct lost_time *lost;	/* for each CPU */
	size_t nr_cpus;
	bool counts_irq;	/* the clock leaves out the time for interrupts ... */
	bool is_sure;		/* ... as far as can be told */
};

void sched_begin(struct sched_clock *c, const char *root);
bool sched_asleep(const struct sched_clock *c, pid_t pid, pid_t tid, uint64_t *ns);
void sched_end(struct sched_clock *c);

/* A thread that may be ready to run, and what has its processor. */
struct ready {
	pid_t pid;
	pid_t tid;
	bool starved;
	unsigned int cpu;
	size_t nr_others;	/* threads that are ready to run there */
	pid_t other;		/* the one of them with the highest priority ... */
	unsigned int policy;	/* ... and how it is scheduled */
	unsigned int priority;
	char comm[16];
};

void sched_find_starved(struct ready *ready, size_t nr, const char *root);
bool put_starved(char *dst, size_t size, const struct ready *ready);

#endif
