// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which command line a process has, which user, and which parent.
 *
 * To read /proc/PID/cmdline would fault its pages in, and sleep as long as a file system of the
 * process's own lets it: the arguments need not be where they were (PR_SET_MM_ARG_START).  So
 * they are read as other memory is.  The names of users are those of a file: to ask whoever else
 * knows users might be to wait for the process that hangs.
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array.h"
#include "identity.h"
#include "procfs.h"
#include "text.h"

/* Longer arguments are cut. */
#define MAX_CMDLINE	1024

struct user {
	uid_t uid;
	char *name;
};

struct users {
	struct user *all;
	size_t nr;
};

static void read_users(struct users *u, const char *path)
{
	FILE *file = fopen(path, "re");
	struct passwd *p;

	*u = (struct users){ 0 };
	while (file && (p = fgetpwent(file))) {
		struct user user = { .uid = p->pw_uid, .name = strdup(p->pw_name) };

		array_push(u->all, u->nr, user);
	}
	if (file)
		fclose(file);
}

static void free_users(struct users *u)
{
	for (size_t i = 0; i < u->nr; i++)
		free(u->all[i].name);
	free(u->all);
}

/* The name of a user, or the number if no name is known. */
static const char *keep_user(struct snapshot *s, const struct users *u, uid_t uid)
{
	char number[DECIMAL_SIZE + 1];

	for (size_t i = 0; i < u->nr; i++) {
		if (u->all[i].uid == uid && u->all[i].name)
			return snapshot_keep_escaped(s, u->all[i].name, strlen(u->all[i].name));
	}
	snprintf(number, sizeof(number), "%u", uid);
	return snapshot_keep_text(s, number);
}

/* The effective user. */
static const char *find_user(const char *root, struct snapshot *s, const struct users *u,
			     const struct waiter *w)
{
	char status[PROCFS_FILE_SIZE];
	const char *uids;
	uid_t uid;

	if (procfs_read(status, root, "%d/task/%d/status", w->tgid, w->tid))
		return NULL;
	uids = status_field(status, "Uid");
	if (!uids || sscanf(uids, "%*u %u", &uid) != 1)
		return NULL;
	return keep_user(s, u, uid);
}

/* Where the arguments are.  They are 0 to who has no rights. */
static bool find_arguments(const char *stat, uint64_t *start, uint64_t *end)
{
	unsigned long long first, last;
	const char *field = stat_field(stat, STAT_ARG_START);

	if (!field || sscanf(field, "%llu %llu", &first, &last) != 2 || !first || last <= first)
		return false;
	*start = first;
	*end = last;
	return true;
}

/* As far as it is present.  Return: how many bytes. */
static size_t read_arguments(char *buf, const char *root, const struct waiter *w, uint64_t start,
			     uint64_t end)
{
	uint64_t page = sysconf(_SC_PAGESIZE), len = end - start, in_page = page - start % page;

	len = len > MAX_CMDLINE ? MAX_CMDLINE : len;
	if (procfs_memory(root, w->tgid, w->tid, start, buf, len))
		return len;
	if (in_page >= len || !procfs_memory(root, w->tgid, w->tid, start, buf, in_page))
		return 0;
	return in_page;
}

static const char *find_cmdline(const char *root, struct snapshot *s, const struct waiter *w)
{
	char stat[PROCFS_FILE_SIZE], buf[MAX_CMDLINE];
	uint64_t start, end;
	size_t len;

	if (procfs_read(stat, root, "%d/task/%d/stat", w->tgid, w->tid) ||
	    !find_arguments(stat, &start, &end))
		return NULL;
	len = read_arguments(buf, root, w, start, end);
	while (len && !buf[len - 1])
		len--;
	for (size_t i = 0; i < len; i++)
		buf[i] = buf[i] ?: ' ';
	return len ? snapshot_keep_escaped(s, buf, len) : NULL;
}

/**
 * find_parents() - find out what the parents of processes are called
 * @root: where proc is mounted
 * @s: the snapshot, which is of this host
 */
void find_parents(const char *root, struct snapshot *s)
{
	char comm[PROCFS_FILE_SIZE];

	for (size_t i = 0; i < s->nr_processes; i++) {
		struct process *p = &s->processes[i];
		int parent = snapshot_find_process(s, p->ppid);

		if (parent >= 0)
			p->parent_comm = s->processes[parent].comm;
		else if (p->ppid > 0 && !procfs_read(comm, root, "%d/comm", p->ppid))
			p->parent_comm = snapshot_keep_escaped(s, comm, strcspn(comm, "\n"));
	}
}

/**
 * find_identities() - find out which command lines and users processes have
 * @root: where proc is mounted
 * @passwd: the file with the names of users
 * @s: the snapshot, which is of this host
 * @waiters: indices of a waiter of each process
 * @nr: how many
 *
 * Behind a thread in state D, reading memory could block.
 */
void find_identities(const char *root, const char *passwd, struct snapshot *s, const size_t *waiters,
		     size_t nr)
{
	struct users users;

	read_users(&users, passwd);
	for (size_t i = 0; i < nr; i++) {
		const struct waiter *w = &s->waiters[waiters[i]];
		struct process *p = &s->processes[w->process];

		p->user = find_user(root, s, &users, w);
		if (!p->in_state_d)
			p->cmdline = find_cmdline(root, s, w);
	}
	free_users(&users);
}
