// SPDX-License-Identifier: GPL-2.0-only
/*
 * What threads do that wait on no futex: in which system call they sleep, on what, and since when.
 *
 * This is for people: nothing is judged by it.  It is read after the last look, so a thread may
 * have moved on since.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "activity.h"
#include "array.h"
#include "calls.h"
#include "files.h"
#include "scheduler.h"
#include "text.h"

#define SHORT_NS	1000000000

/* How far to follow who waits for the end of a process that waits for the end of a process ... */
#define MAX_CHILDREN	3

/* One thread that is being described. */
struct description {
	pid_t pid;
	pid_t tid;
	enum task_state state;
	bool may_read;		/* its memory */
	uint64_t peer;		/* other end of the socket that it sleeps on, or 0 */
	char text[ACTIVITY_SIZE];
	struct far_end end;
	pid_t child;		/* the process for whose end it waits, or 0 */
};

/* The kernel's function in which it sleeps, or "". */
static void read_wchan(char dst[64], const char *root, const struct description *d)
{
	char buf[PROCFS_FILE_SIZE];

	*dst = '\0';
	if (!procfs_read(buf, root, "%d/task/%d/wchan", d->pid, d->tid) && *buf != '0')
		sscanf(buf, "%63[A-Za-z0-9_]", dst);
}

/* Where open(2) of a FIFO waits, in fs/pipe.c. */
static bool opens_fifo(const char *wchan)
{
	return !strcmp(wchan, "wait_for_partner") || !strcmp(wchan, "fifo_open");
}

static bool is_only_thread(const char *root, pid_t pid)
{
	size_t nr;

	free(procfs_list_ids(&nr, root, "%d/task", pid));
	return nr == 1;
}

/* In a 32-bit program the numbers mean other calls; its stack is below 4 GiB. */
static bool has_other_numbers(const struct syscall *sc)
{
	return sc->sp && sc->sp <= UINT32_MAX;
}

/* "sleeps in ", or "has slept for 12.3s in ": shorter sleeps come and go. */
static void put_verb(struct description *d, const struct sched_clock *clock)
{
	bool in_d = d->state == STATE_DISK_SLEEP;
	char buf[DURATION_SIZE];
	uint64_t ns;

	if (sched_asleep(clock, d->pid, d->tid, &ns) && ns >= SHORT_NS)
		snprintf(d->text, sizeof(d->text), in_d ? "has been in state D for %s in " :
			 "has slept for %s in ", format_duration(buf, ns));
	else
		snprintf(d->text, sizeof(d->text), in_d ? "is in state D in " : "sleeps in ");
}

/* It is stopped, or has ended.  Who has ended is there until its parent has asked how. */
static void put_hindrance(struct description *d, const char *root)
{
	size_t used = snprintf(d->text, sizeof(d->text), "%s", hindrance(d->state));
	char status[PROCFS_FILE_SIZE];
	pid_t parent;

	if (d->state != STATE_ZOMBIE || !is_only_thread(root, d->pid) ||
	    procfs_read(status, root, "%d/status", d->pid))
		return;
	parent = status_id(status, "PPid");
	if (!parent)
		return;
	used += snprintf(d->text + used, sizeof(d->text) - used, ", and is a zombie until it is waited for by ");
	put_process(d->text + used, sizeof(d->text) - used, root, parent);
}

static void describe(struct description *d, const char *root, const struct sched_clock *clock)
{
	struct call_place c = {
		.root = root, .pid = d->pid, .tid = d->tid, .may_read = d->may_read,
	};
	char wchan[64], call[ACTIVITY_SIZE] = "";
	bool names_wchan;
	size_t used;

	if (hindrance(d->state)) {
		put_hindrance(d, root);
		return;
	}
	if (d->state == STATE_RUNNING || procfs_syscall(&c.call, root, d->pid, d->tid))
		return;
	read_wchan(wchan, root, d);
	if (c.call.nr >= 0 && c.call.pc && !has_other_numbers(&c.call))
		d->child = put_call(call, sizeof(call), &c, &d->end);
	else if (!*wchan)
		return;
	else
		snprintf(call, sizeof(call), "the kernel's %s", wchan);
	/* The kernel's module for sock_diag need not be there. */
	if (!d->end.ino && !d->end.is_pipe)
		d->end.ino = d->peer;
	put_verb(d, clock);
	used = strlen(d->text);
	names_wchan = d->state == STATE_DISK_SLEEP && c.call.nr >= 0 && *wchan && !d->child;
	snprintf(d->text + used, sizeof(d->text) - used, "%s%s%s%s", call,
		 names_wchan ? ", in the kernel's " : "", names_wchan ? wchan : "",
		 opens_fifo(wchan) ? ", a FIFO whose other end nobody has opened" : "");
}

/* Whether all threads of a process can be seen not to be in state D. */
static bool is_free_of_d(const char *root, pid_t pid)
{
	char status[PROCFS_FILE_SIZE];
	bool is_free = true;
	size_t nr;
	pid_t *tids = procfs_list_ids(&nr, root, "%d/task", pid);

	for (size_t i = 0; i < nr && is_free; i++)
		is_free = !procfs_read(status, root, "%d/task/%d/status", pid, tids[i]) &&
			  status_letter(status, "State") != STATE_DISK_SLEEP;
	free(tids);
	return is_free;
}

/* Return: whether it is there. */
static bool begin(struct description *d, const char *root, pid_t tid)
{
	char status[PROCFS_FILE_SIZE];

	*d = (struct description){ .tid = tid, .pid = procfs_tgid(root, tid) };
	if (procfs_read(status, root, "%d/status", tid))
		return false;
	d->state = status_letter(status, "State");
	d->may_read = is_free_of_d(root, d->pid);
	return true;
}

/* The same, for a process with one thread, unless it is said already what keeps that from running. */
static bool begin_only_thread(struct description *d, const char *root, pid_t pid)
{
	return is_only_thread(root, pid) && begin(d, root, pid) && !hindrance(d->state);
}

/* What nothing else is known of. */
static void put_running(struct description *d)
{
	if (d->state == STATE_RUNNING && !*d->text)
		snprintf(d->text, sizeof(d->text), "runs, or is ready to run");
}

static void describe_ready(struct description *d, size_t nr, const char *root)
{
	struct ready *ready = xcalloc(nr, sizeof(*ready));
	size_t nr_ready = 0;

	for (size_t i = 0; i < nr; i++) {
		if (d[i].state == STATE_RUNNING)
			ready[nr_ready++] = (struct ready){ .pid = d[i].pid, .tid = d[i].tid };
	}
	sched_find_starved(ready, nr_ready, root);
	while (nr--) {
		if (d[nr].state == STATE_RUNNING && ready[--nr_ready].starved)
			put_starved(d[nr].text, sizeof(d[nr].text), &ready[nr_ready]);
	}
	free(ready);
}

static void describe_all(struct description *d, size_t nr, const char *root, int depth);

/*
 * Who waits for the end of a process waits for what that one does, and so on.  Of several threads it
 * is not known which has to end it.
 */
static void describe_children(struct description *d, size_t nr, const char *root, int depth)
{
	struct description *child = xcalloc(nr, sizeof(*child));
	size_t *parent = xcalloc(nr, sizeof(*parent)), nr_children = 0;

	for (size_t i = 0; i < nr; i++) {
		if (d[i].child && begin_only_thread(&child[nr_children], root, d[i].child))
			parent[nr_children++] = i;
	}
	if (nr_children)
		describe_all(child, nr_children, root, depth - 1);
	for (size_t i = 0; i < nr_children; i++) {
		char *text = d[parent[i]].text;
		size_t used = strlen(text);

		put_running(&child[i]);
		if (*child[i].text)
			snprintf(text + used, ACTIVITY_SIZE - used, ", which %s", child[i].text);
	}
	free(parent);
	free(child);
}

static void describe_all(struct description *d, size_t nr, const char *root, int depth)
{
	struct far_end *ends = xcalloc(nr, sizeof(*ends));
	struct sched_clock clock;

	sched_begin(&clock, root);
	for (size_t i = 0; i < nr; i++) {
		describe(&d[i], root, &clock);
		ends[i] = d[i].end;
	}
	sched_end(&clock);
	find_far_ends(root, ends, nr);
	for (size_t i = 0; i < nr; i++) {
		size_t used = strlen(d[i].text);

		put_far_end(d[i].text + used, sizeof(d[i].text) - used, root, &ends[i]);
	}
	free(ends);
	describe_ready(d, nr, root);
	if (depth)
		describe_children(d, nr, root, depth);
}

/**
 * describe_thread() - find out what a thread of this host does
 * @dst: receives the text: a clause without its subject, not escaped
 * @root: where proc is mounted
 * @tid: the thread
 *
 * Return: whether that is known.
 */
bool describe_thread(char dst[ACTIVITY_SIZE], const char *root, pid_t tid)
{
	struct description d;

	*dst = '\0';
	if (!begin(&d, root, tid))
		return false;
	describe_all(&d, 1, root, MAX_CHILDREN);
	put_running(&d);
	strcpy(dst, d.text);
	return *dst;
}

/**
 * find_activities() - find out what some threads do
 * @root: where proc is mounted
 * @s: the snapshot, whose thread.activity is set where that is known
 * @threads: indices of the threads, which are on this host
 * @nr: how many
 */
void find_activities(const char *root, struct snapshot *s, const int *threads, size_t nr)
{
	struct description *d = xcalloc(nr, sizeof(*d));

	for (size_t i = 0; i < nr; i++) {
		const struct thread *t = &s->threads[threads[i]];

		d[i] = (struct description){
			.pid = t->tgid, .tid = t->tid, .state = t->state,
			.may_read = t->process >= 0 && !s->processes[t->process].in_state_d,
			.peer = t->known & T_PEER ? t->peer : 0,
		};
	}
	describe_all(d, nr, root, MAX_CHILDREN);
	for (size_t i = 0; i < nr; i++) {
		if (*d[i].text)
			s->threads[threads[i]].activity =
				snapshot_keep_escaped(s, d[i].text, strlen(d[i].text));
	}
	free(d);
}
