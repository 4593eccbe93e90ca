// SPDX-License-Identifier: GPL-2.0-only
/*
 * What /proc lets this program look at.
 */
#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rights.h"

/* Value of kernel.yama.ptrace_scope: not even root may look. */
#define YAMA_NO_ATTACH	3

/* How /proc is mounted: proc(5).  Values that hide nothing from a list are none. */
enum hidepid {
	HIDEPID_NONE,
	HIDEPID_INVISIBLE,	/* but for a group */
	HIDEPID_PTRACEABLE,
};

struct mount {
	enum hidepid hidepid;
	unsigned int gid;	/* the group that sees all */
};

/*
 * This program, by its /proc/PID/status
 */

static bool has_ptrace(const char *status)
{
	const char *caps = status_field(status, "CapEff");

	return caps && strtoull(caps, NULL, 16) >> CAP_SYS_PTRACE & 1;
}

/* The real, effective, saved and file system id. */
static bool is_root(const char *status)
{
	const char *ids = status_field(status, "Uid");
	unsigned int uid;

	return ids && sscanf(ids, "%*u %u", &uid) == 1 && !uid;
}

static bool is_in_group(const char *status, unsigned int gid)
{
	const char *ids = status_field(status, "Gid"), *groups = status_field(status, "Groups");
	unsigned int id;
	int n;

	if (ids && sscanf(ids, "%*u %*u %*u %u", &id) == 1 && id == gid)
		return true;
	while (groups && *groups != '\n' && sscanf(groups, "%u%n", &id, &n) == 1) {
		if (id == gid)
			return true;
		groups += n + strspn(groups + n, " ");
	}
	return false;
}

/*
 * hidepid
 */

static void parse_mount(struct mount *m, const char *options)
{
	const char *hidepid = strstr(options, ",hidepid="), *gid = strstr(options, ",gid=");

	*m = (struct mount){ .gid = gid ? strtoul(gid + strlen(",gid="), NULL, 10) : 0 };
	/* From 5.8 on it is a word. */
	switch (hidepid ? hidepid[strlen(",hidepid=")] : '\0') {
	case '2':
	case 'i':
		m->hidepid = HIDEPID_INVISIBLE;
		break;
	case '4':
	case 'p':
		m->hidepid = HIDEPID_PTRACEABLE;
	}
}

/* ID PARENT DEVICE ROOT POINT ... - TYPE SOURCE OPTIONS; the last one at a point is on top. */
static void read_mount(struct mount *m, const char *root)
{
	int fd = procfs_open(root, "self/mountinfo");
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	char point[PROCFS_PATH_SIZE];
	char *line = NULL;
	size_t size = 0;

	*m = (struct mount){ 0 };
	while (f && getline(&line, &size, f) > 0) {
		const char *end = strstr(line, " - proc ");

		if (end && sscanf(line, "%*u %*u %*s %*s %255s", point) == 1 &&
		    !strcmp(point, root))
			parse_mount(m, end);
	}
	free(line);
	if (f)
		fclose(f);
}

static bool hides_processes(const char *root, const char *status)
{
	struct mount m;

	read_mount(&m, root);
	if (m.hidepid == HIDEPID_NONE || has_ptrace(status))
		return false;
	return m.hidepid == HIDEPID_PTRACEABLE || !is_in_group(status, m.gid);
}

/*
 * What it takes
 */

static int yama_scope(const char *root)
{
	char buf[PROCFS_FILE_SIZE];

	return procfs_read(buf, root, "sys/kernel/yama/ptrace_scope") ? 0 : atoi(buf);
}

static const char *needed_rights(struct snapshot *s, const char *root, const char *status)
{
	int scope = yama_scope(root);
	char text[64];

	if (scope == YAMA_NO_ATTACH)
		return "load the module (kernel.yama.ptrace_scope is 3)";
	if (has_ptrace(status))
		return "load the module (a security module or the user namespace forbids it)";
	if (is_root(status))
		return "run with CAP_SYS_PTRACE";
	if (!scope)
		return "run as root";
	snprintf(text, sizeof(text), "run as root (kernel.yama.ptrace_scope is %d)", scope);
	return snapshot_keep_text(s, text);
}

/**
 * find_rights() - find out what this program may look at, and what it would take to see more
 * @root: where proc is mounted
 * @s: the snapshot, whose hides_processes and rights are set
 */
void find_rights(const char *root, struct snapshot *s)
{
	char status[PROCFS_FILE_SIZE];

	if (procfs_read(status, root, "self/status"))
		*status = '\0';
	s->hides_processes = hides_processes(root, status);
	s->rights = needed_rights(s, root, status);
}

/**
 * find_invisible() - note those of some ids that /proc hides, although they exist
 * @root: where proc is mounted
 * @s: the snapshot, indexed
 * @ids: of threads or processes
 * @nr: how many
 */
void find_invisible(const char *root, struct snapshot *s, const pid_t *ids, size_t nr)
{
	size_t nr_denied = s->nr_denied;

	for (size_t i = 0; i < nr; i++) {
		/* hidepid does not hide them from kill(2), by which nothing is sent here. */
		if (!procfs_exists(root, "%d", ids[i]) && (!kill(ids[i], 0) || errno == EPERM))
			snapshot_add_denied(s, (struct denied){ ids[i], ids[i] });
	}
	if (s->nr_denied > nr_denied)
		snapshot_index(s);
}
