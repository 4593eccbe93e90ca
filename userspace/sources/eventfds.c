// SPDX-License-Identifier: GPL-2.0-only
/*
 * What may signal an eventfd that is in no descriptor table.  The kernel keeps one for a virtual
 * machine, a device, a request of asynchronous I/O or a cgroup, and signals it
 * (eventfd_ctx_fdget(), eventfd_signal()); nothing shows which.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eventfds.h"
#include "procfs.h"

/* Files without a name that signal none, and beginnings of names below /dev of those. */
static const char *const harmless_files[] = {
	"[eventfd]", "[eventpoll]", "[timerfd]", "[signalfd]", "inotify", "[fanotify]", "[pidfd]",
	"[perf_event]", "bpf-map", "bpf-prog", "bpf_link", "[userfaultfd]", "seccomp notify",
	"[landlock-ruleset]", NULL
};

static const char *const harmless_devices[] = {
	"null", "zero", "full", "random", "urandom", "kmsg", "tty", "pts/", "ptmx", "console",
	"input/", "fuse", "shm/", "mqueue/", "hugepages/", NULL
};

static bool begins_with_one(const char *name, const char *const *beginnings)
{
	while (*beginnings && strncmp(name, *beginnings, strlen(*beginnings)))
		beginnings++;
	return *beginnings;
}

/**
 * may_signal_eventfds() - whether the kernel may signal eventfds for an open file
 * @target: what the link of its descriptor says
 *
 * Not seen are a device that is not below a folder of the name dev, and one that is closed,
 * but whose memory is mapped.
 */
bool may_signal_eventfds(const char *target)
{
	static const char anonymous[] = "anon_inode:", dev[] = "/dev/";
	const char *device = strstr(target, dev);

	if (!strncmp(target, anonymous, strlen(anonymous)))
		return !begins_with_one(target + strlen(anonymous), harmless_files);
	return device && !begins_with_one(device + strlen(dev), harmless_devices);
}

static bool uses_aio(const char *root)
{
	char buf[PROCFS_FILE_SIZE];
	int rc = procfs_read(buf, root, "sys/fs/aio-nr");

	/* A kernel without asynchronous I/O has no such file. */
	return rc ? rc != -ENOENT : atol(buf) != 0;
}

/* Memory of cgroup v1 signals eventfds (cgroup.event_control); its hierarchy has a number. */
static bool has_memory_v1(const char *root)
{
	char *text = procfs_read_all(root, "cgroups");
	char *line = text ? strstr(text, "\nmemory\t") : NULL;
	bool found = line && atoi(line + strlen("\nmemory\t"));

	free(text);
	return found;
}

/* So do USB gadgets, whose files are no devices. */
static bool has_functionfs(const char *root)
{
	char *text = procfs_read_all(root, "filesystems");
	bool found = !text || strstr(text, "functionfs");

	free(text);
	return found;
}

/**
 * kernel_may_signal_eventfds() - whether the kernel may signal eventfds for what no descriptor
 *	shows
 * @root: where proc is mounted
 */
bool kernel_may_signal_eventfds(const char *root)
{
	return uses_aio(root) || has_memory_v1(root) || has_functionfs(root);
}
