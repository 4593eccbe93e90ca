// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where snapshots come from: the module, /proc, or a saved copy.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "text_format.h"
#include "scan.h"
#include "blocked.h"
#include "source.h"

/* Why the module's file cannot be opened, for somebody who has to do something. */
static const char *why_no_module(int error)
{
	struct statfs fs;

	if (error == EACCES || error == EPERM)
		return geteuid() ? "permission denied: the module's file is for root only" :
				   "permission denied: is the kernel locked down?";
	if (error == ENOENT && (statfs("/sys/kernel/debug", &fs) || fs.f_type != DEBUGFS_MAGIC))
		return "debugfs is not mounted: mount -t debugfs debugfs /sys/kernel/debug";
	if (error == ENOENT)
		return "the module is not loaded: modprobe futexinspect";
	return strerror(error);
}

/**
 * choose_source() - the best source that this host has
 *
 * If it is not the module, one line on stderr says why.
 */
enum source choose_source(void)
{
	int fd = open(MODULE_FILE, O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		close(fd);
		return SOURCE_MODULE;
	}
	warnx("%s: %s; looking at /proc instead", MODULE_FILE, why_no_module(errno));
	return SOURCE_PROC;
}

/**
 * warn_of_proc() - say on stderr what a look at /proc does not show, in one line
 * @s: the snapshot that came of it
 */
void warn_of_proc(const struct snapshot *s)
{
	char others[64] = "";

	if (s->nr_unreadable)
		snprintf(others, sizeof(others), ", nor %zu process%s that %s may not look at",
			 s->nr_unreadable, s->nr_unreadable == 1 ? "" : "es",
			 geteuid() ? "you" : "even root");
	warnx("/proc does not show requeued waiters' true futex, io_uring, restarted waits, "
	      "futex_waitv words, shared keys, the queue's bitset, time asleep%s: "
	      "no verdict is more than likely", others);
}

static int look_at_file(struct snapshot *s, const char *file, const char *name)
{
	char error[PARSE_ERROR_SIZE];
	int fd = STDIN_FILENO, rc;

	if (file) {
		fd = open(file, O_RDONLY | O_CLOEXEC);
		if (fd < 0) {
			warnx("%s: %s", name, s->source == SOURCE_MODULE ?
					      why_no_module(errno) : strerror(errno));
			return -1;
		}
	}
	rc = parse_fd(fd, name, s, error);
	if (rc)
		warnx("%s", error);
	if (file)
		close(fd);
	return rc;
}

static int look_at_proc(struct snapshot *s)
{
	int rc = proc_read(PROC_ROOT, compare_vm, s);

	if (rc) {
		warnx("%s: no process can be looked at: %s", PROC_ROOT, strerror(-rc));
		return -1;
	}
	snapshot_index(s);
	proc_find_outsiders(PROC_ROOT, s);
	read_sleeps(PROC_ROOT, compare_files, s);
	return 0;
}

/**
 * take_look() - take one snapshot
 * @s: receives it, indexed; to be freed by the caller, also after a failure
 * @source: where to look
 * @file: path of a saved copy, "-" for standard input, for SOURCE_FILE
 *
 * What went wrong is said on stderr in one line.
 *
 * Return: 0 or -1.
 */
int take_look(struct snapshot *s, enum source source, const char *file)
{
	snapshot_init(s, source);
	switch (source) {
	case SOURCE_PROC:
		return look_at_proc(s);
	case SOURCE_MODULE:
		if (look_at_file(s, MODULE_FILE, MODULE_FILE))
			return -1;
		proc_read_namespaces(PROC_ROOT, s);
		proc_find_outsiders(PROC_ROOT, s);
		read_sleeps(PROC_ROOT, compare_files, s);
		return 0;
	default:
		if (!strcmp(file, "-"))
			return look_at_file(s, NULL, "standard input");
		return look_at_file(s, file, file);
	}
}
