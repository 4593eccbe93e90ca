// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which runtime a process has, by the files that it maps.
 */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "procfs.h"
#include "runtime.h"

/*
 * Where Go's heap begins on 64-bit machines (mallocinit() in runtime/malloc.go), until 1.26.  From 1.25
 * on, its memory has names, if the kernel can give it some (setVMAName()).
 */
#if defined(__aarch64__)
#define GO_HEAP		"\n4000000000-"
#else
#define GO_HEAP		"\nc000000000-"
#endif
#define GO_NAMED	"[anon: Go: "

static bool matches(const char *pattern, const char *name)
{
	return pattern && !fnmatch(pattern, name, 0);
}

static enum runtime runtime_of_file(const char *name)
{
	for (enum runtime r = 0; r < NR_RUNTIMES; r++) {
		if (matches(runtimes[r].library, name) || matches(runtimes[r].program, name))
			return r;
	}
	return RUNTIME_UNKNOWN;
}

/* The last part of each path; a program of another language may have a runtime as a library. */
static enum runtime runtime_of_maps(char *maps)
{
	bool is_go = strstr(maps, GO_HEAP) || strstr(maps, GO_NAMED);
	enum runtime found = is_go ? RUNTIME_GO : RUNTIME_UNKNOWN;
	char *save = NULL;

	for (char *line = strtok_r(maps, "\n", &save); line && !found;
	     line = strtok_r(NULL, "\n", &save)) {
		const char *name = strrchr(line, '/');

		if (name)
			found = runtime_of_file(name + 1);
	}
	return found;
}

/**
 * find_runtime() - find out which runtime a process has
 * @root: where proc is mounted
 * @s: the snapshot, which is of this host
 * @p: a process of it
 *
 * Behind a thread in state D, reading maps could block.
 */
enum runtime find_runtime(const char *root, const struct snapshot *s, const struct process *p)
{
	enum runtime found = RUNTIME_UNKNOWN;
	char *maps;

	if (!s->source->shows_sleeps || p->in_state_d)
		return found;
	maps = procfs_read_all(root, "%d/maps", p->tgid);
	if (maps)
		found = runtime_of_maps(maps);
	free(maps);
	return found;
}

/**
 * find_moving_tasks() - find the processes whose runtime goes on with a task on another thread
 * @root: where proc is mounted, for the pid namespace that @s was read in
 * @s: a snapshot of this host as it is now, indexed
 *
 * Only those are looked at that have a waiter whose words are like a lock that names its holder.
 */
void find_moving_tasks(const char *root, struct snapshot *s)
{
	bool *seen = xcalloc(s->nr_processes, sizeof(*seen));

	for (size_t i = 0; i < s->nr_waiters; i++) {
		int p = s->waiters[i].process;

		if (s->waiters[i].lock.owner <= 0 || p < 0 || seen[p])
			continue;
		seen[p] = true;
		s->processes[p].moves_tasks =
			find_runtime(root, s, &s->processes[p]) == RUNTIME_GO;
	}
	free(seen);
}
