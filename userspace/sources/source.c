// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where snapshots come from: the module, /proc, a saved copy, or a core dump.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "activity.h"
#include "array.h"
#include "blocked.h"
#include "callers.h"
#include "clock.h"
#include "coredump.h"
#include "filter.h"
#include "gaps.h"
#include "gil.h"
#include "identity.h"
#include "mappings.h"
#include "owners.h"
#include "rights.h"
#include "rings.h"
#include "runtime.h"
#include "scan.h"
#include "setxid.h"
#include "source.h"
#include "text.h"
#include "text_format.h"

/* Why the module's file cannot be opened, for somebody who has to do something about it. */
static const char *why_no_module(int error)
{
	struct statfs fs;

	if (error == EACCES || error == EPERM)
		return geteuid() ? "permission denied: the module's file is for root only" :
				   "permission denied: it takes CAP_SYS_PTRACE";
	if (error == ENOENT && (statfs("/sys/kernel/debug", &fs) || fs.f_type != DEBUGFS_MAGIC))
		return "debugfs is not mounted: mount -t debugfs debugfs /sys/kernel/debug";
	if (error == ENOENT)
		return "the module is not loaded: modprobe futexinspect";
	return strerror(error);
}

static int read_text(struct snapshot *s, int fd, const char *name)
{
	char error[PARSE_ERROR_SIZE];

	if (!parse_fd(fd, name, s, error))
		return 0;
	warnx("%s", error);
	return -1;
}

/* The module leaves out that nothing is ignored; one of long ago, which may be in a copy, all else. */
static void expect_ignored(struct snapshot *s)
{
	for (size_t i = 0; i < s->nr_processes; i++) {
		if (s->processes[i].known & P_CAUGHT)
			s->processes[i].known |= P_IGNORED;
	}
}

/* What the source does not say of a snapshot of this host. */
static void complete_snapshot(struct snapshot *s)
{
	expect_ignored(s);
	read_namespaces(PROC_ROOT, s);
	read_foreign_holders(PROC_ROOT, s);
	find_mappings(PROC_ROOT, s);
	find_callers(PROC_ROOT, s);
	find_moving_tasks(PROC_ROOT, s);
	find_gils(PROC_ROOT, s);
	find_setxids(PROC_ROOT, s);
	find_blocked(PROC_ROOT, &host_comparers, s);
}

/* @fd is the module's file, which this function closes. */
static int take_open_module(struct snapshot *s, int fd)
{
	int rc = read_text(s, fd, MODULE_FILE);

	close(fd);
	if (!rc)
		complete_snapshot(s);
	return rc;
}

static int take_module(struct snapshot *s, const struct source_files *files)
{
	int fd = open(MODULE_FILE, O_RDONLY | O_CLOEXEC);

	(void)files;
	if (fd < 0) {
		warnx("%s: %s", MODULE_FILE, why_no_module(errno));
		return -1;
	}
	return take_open_module(s, fd);
}

static int take_proc(struct snapshot *s, const struct source_files *files)
{
	int rc = scan_proc(PROC_ROOT, compare_vm, s);

	(void)files;
	if (rc) {
		warnx("%s: no process can be looked at: %s", PROC_ROOT, strerror(-rc));
		return -1;
	}
	snapshot_index(s);
	find_pi_owners(s);
	find_exit_words(s);
	find_rings(PROC_ROOT, compare_files, s);
	complete_snapshot(s);
	return 0;
}

static int take_file(struct snapshot *s, const struct source_files *files)
{
	const char *path = files->path;
	int fd, rc;

	if (!strcmp(path, "-"))
		return read_text(s, STDIN_FILENO, "standard input");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		warnx("%s: %s", path, strerror(errno));
		return -1;
	}
	rc = read_text(s, fd, path);
	close(fd);
	return rc;
}

static int take_core(struct snapshot *s, const struct source_files *files)
{
	char error[CORE_ERROR_SIZE];

	s->core = corefile_open(files->path, files->exe, error);
	if (!s->core) {
		warnx("%s", error);
		return -1;
	}
	read_coredump(s, s->core);
	snapshot_index(s);
	find_pi_owners(s);
	return 0;
}

static void close_core(struct snapshot *s)
{
	corefile_close(s->core);
}

/* The module if it can be used, or else /proc, after one line on stderr that says why. */
static int take_best(struct snapshot *s, const struct source_files *files)
{
	int fd = open(MODULE_FILE, O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		snapshot_init(s, &source_module);
		return take_open_module(s, fd);
	}
	warnx("%s: %s; looking at /proc instead", MODULE_FILE, why_no_module(errno));
	snapshot_init(s, &source_proc);
	return take_proc(s, files);
}

const struct source source_module = {
	.name = "module", .take = take_module,
	.two_looks = true, .shows_queues = true, .shows_sleeps = true, .has_stacks = true,
};

const struct source source_proc = {
	.name = "proc", .take = take_proc,
	.two_looks = true, .shows_sleeps = true, .has_stacks = true,
};

const struct source source_file = {
	.name = "file", .title = "a saved copy", .take = take_file,
	.shows_queues = true,
};

const struct source source_core = {
	.name = "core", .title = "a core dump", .take = take_core, .close = close_core,
	.lacks = "who else maps the memory, what other processes do, and which signals and timers "
		 "were still to come",
	.has_stacks = true,
};

/* The snapshot says which of the others it has come from. */
static const struct source source_auto = {
	.name = "auto", .take = take_best,
};

/* Those that --source knows. */
static const struct source *const sources[] = { &source_module, &source_proc, &source_auto };

/**
 * list_sources() - name all sources: "module, proc or auto"
 * @dst: receives the text
 *
 * Return: @dst.
 */
const char *list_sources(char dst[SOURCE_LIST_SIZE])
{
	const size_t last = ARRAY_SIZE(sources) - 1;
	size_t used = 0;

	for (size_t i = 0; i <= last; i++)
		used += snprintf(dst + used, SOURCE_LIST_SIZE - used, "%s%s",
				 !i ? "" : i == last ? " or " : ", ", sources[i]->name);
	return dst;
}

/**
 * find_source() - look up a source
 * @name: as in --source
 *
 * Return: the source, or NULL.
 */
const struct source *find_source(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		if (!strcmp(sources[i]->name, name))
			return sources[i];
	}
	return NULL;
}

/* Which host this is, and when the look was begun, where the source does not say it. */
static void add_host(struct snapshot *s, uint64_t begun_ns)
{
	struct utsname host;

	if (!s->host && !uname(&host))
		s->host = snapshot_keep_escaped(s, host.nodename, strlen(host.nodename));
	if (s->known & SNAPSHOT_REALTIME)
		return;
	s->realtime_ns = begun_ns;
	s->known |= SNAPSHOT_REALTIME;
}

/**
 * take_look() - take one snapshot
 * @s: receives it, indexed; to be freed by the caller, even after a failure.  Its source
 *	is the one to take a second look with.
 * @source: where to look
 * @files: for a source that reads some
 *
 * If it fails, one line on stderr says why.
 *
 * Return: 0 or -1.
 */
int take_look(struct snapshot *s, const struct source *source, const struct source_files *files)
{
	uint64_t begun_ns = clock_ns(CLOCK_REALTIME);
	int rc;

	snapshot_init(s, source);
	rc = source->take(s, files);
	if (!rc && s->source->two_looks)
		add_host(s, begun_ns);
	return rc;
}

/**
 * describe_threads() - find out what threads do that wait on no futex
 * @s: the snapshot; in one that is not of this host, nothing is found
 * @threads: their indices
 * @nr: how many
 */
void describe_threads(struct snapshot *s, const int *threads, size_t nr)
{
	if (s->source->shows_sleeps)
		find_activities(PROC_ROOT, s, threads, nr);
}

/**
 * describe_process() - find out which runtime a process has
 * @s: the snapshot
 * @process: index of the process
 */
void describe_process(struct snapshot *s, int process)
{
	s->processes[process].runtime = find_runtime(PROC_ROOT, s, &s->processes[process]);
}

/**
 * identify_processes() - find out which command lines and users processes have
 * @s: the snapshot; in one that is not of this host, nothing is found
 * @waiters: indices of a waiter of each process
 * @nr: how many
 */
void identify_processes(struct snapshot *s, const size_t *waiters, size_t nr)
{
	if (s->source->two_looks)
		find_identities(PROC_ROOT, PASSWD_FILE, s, waiters, nr);
}

/**
 * name_parents() - find out what the parents of processes are called
 * @s: the snapshot; in one that is not of this host, nothing is found
 */
void name_parents(struct snapshot *s)
{
	if (s->source->two_looks)
		find_parents(PROC_ROOT, s);
}

/**
 * look_for() - note those of some ids that exist, although the reader may not even see them
 * @s: the snapshot
 * @ids: of threads or processes
 * @nr: how many
 */
void look_for(struct snapshot *s, const pid_t *ids, size_t nr)
{
	if (s->rights)
		find_invisible(PROC_ROOT, s, ids, nr);
}

static void why_no_saved_waiter(char why[WHY_SIZE], const struct snapshot *s, pid_t tid,
				const char *path)
{
	char escaped[ESCAPED_SIZE(PATH_MAX)];

	escape_text(escaped, path, strnlen(path, PATH_MAX));
	if (is_missing(s, tid) || misses_unknown_waiters(s))
		snprintf(why, WHY_SIZE, "%s is not complete: thread %d may have waited on a futex",
			 escaped, tid);
	else if (snapshot_find_thread(s, tid) >= 0)
		snprintf(why, WHY_SIZE, "thread %d did not wait on a futex", tid);
	else
		snprintf(why, WHY_SIZE, "%s does not hold thread %d: it did not wait on a futex, "
			 "or did not exist", escaped, tid);
}

/**
 * why_no_waiter() - say why there is nothing to explain, in one line
 * @why: receives the line, escaped
 * @s: the snapshot, in which the thread does not wait
 * @tid: the thread
 * @path: the file that @s was read from, or NULL: this host
 */
void why_no_waiter(char why[WHY_SIZE], const struct snapshot *s, pid_t tid, const char *path)
{
	char does[ACTIVITY_SIZE], escaped[ESCAPED_SIZE(ACTIVITY_SIZE)];

	if (path) {
		why_no_saved_waiter(why, s, tid, path);
	} else if (is_denied_thread(s, tid)) {
		snprintf(why, WHY_SIZE, "no rights to look at thread %d: %s", tid, s->rights);
	} else if (!host_has_process(tid)) {
		snprintf(why, WHY_SIZE, "there is no thread %d", tid);
	} else if (find_left_out(s, tid) >= 0 || misses_unknown_waiters(s)) {
		snprintf(why, WHY_SIZE, "the list is not complete: thread %d may wait on a futex",
			 tid);
	} else if (!describe_thread(does, PROC_ROOT, tid)) {
		snprintf(why, WHY_SIZE, "thread %d does not wait on a futex", tid);
	} else {
		escape_text(escaped, does, strlen(does));
		snprintf(why, WHY_SIZE, "thread %d does not wait on a futex: it %s", tid, escaped);
	}
}

/**
 * host_has_process() - whether this host has a process or thread
 * @pid: its id
 */
bool host_has_process(pid_t pid)
{
	return procfs_exists(PROC_ROOT, "%d", pid);
}

static bool thread_is_named(pid_t pid, pid_t tid, const char *name)
{
	char comm[PROCFS_FILE_SIZE], escaped[ESCAPED_SIZE(PROCFS_FILE_SIZE)];

	if (procfs_read(comm, PROC_ROOT, "%d/task/%d/comm", pid, tid))
		return false;
	escape_text(escaped, comm, strcspn(comm, "\n"));
	return !strcmp(escaped, name);
}

/**
 * host_has_name() - whether a process of this host has a name
 * @name: the name, escaped
 */
bool host_has_name(const char *name)
{
	size_t nr;
	pid_t *pids = procfs_list_ids(&nr, PROC_ROOT, ".");
	bool found = false;

	for (size_t i = 0; i < nr && !found; i++)
		found = thread_is_named(pids[i], pids[i], name);
	free(pids);
	return found;
}

static bool is_cgroup2(const char *path)
{
	struct statfs fs;

	return !statfs(path, &fs) && fs.f_type == CGROUP2_SUPER_MAGIC;
}

/**
 * host_lacks_cgroup() - whether this host has no such cgroup
 * @path: its path in the cgroup v2 hierarchy, not escaped
 * @full: receives its path in the file system, of at most PATH_MAX bytes
 *
 * Return: false also if that cannot be known.
 */
bool host_lacks_cgroup(const char *path, char full[PATH_MAX])
{
	const char *mount = is_cgroup2(CGROUP_MOUNT) ? CGROUP_MOUNT : CGROUP_HYBRID;

	snprintf(full, PATH_MAX, "%s%s", mount, path);
	return is_cgroup2(mount) && access(full, F_OK);
}
