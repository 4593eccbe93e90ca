/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_FILTER_H
#define FUTEXINSPECT_FILTER_H

#include "analyze.h"

/* Where the cgroup v2 hierarchy is mounted, if it is: alone, or beside v1's. */
#define CGROUP_MOUNT	"/sys/fs/cgroup"
#define CGROUP_HYBRID	CGROUP_MOUNT "/unified"

/* Which waiters to show.  A filter of all zeros selects all of them. */
struct filter {
	pid_t *pids;		/* ids of threads or processes */
	size_t nr_pids;
	char **names;		/* of threads or processes, escaped as in a snapshot */
	size_t nr_names;
	unsigned int verdicts;	/* a mask of 1 << enum verdict; 0: all */
	char *cgroup;		/* they are in it or below it; escaped as in a snapshot ... */
	char *cgroup_path;	/* ... and as it is in the file system */
};

/* The waiters to show, worst first. */
struct selection {
	const struct analysis *a;
	const struct filter *f;
	size_t *waiters;	/* indices into the snapshot's waiters */
	size_t nr;
	size_t nr_verdicts[NR_VERDICTS];
	size_t nr_cgroup_unknown;	/* left out, though they may be in the cgroup ... */
	bool stuck_cgroup_unknown;	/* ... and one of these is stuck */
};

bool parse_thread(const char *word, size_t len, pid_t *id, char **name);
const char *filter_add_pids(struct filter *f, const char *list);
const char *filter_add_verdicts(struct filter *f, const char *list);
bool filter_set_cgroup(struct filter *f, const char *path);
void filter_free(struct filter *f);

void select_waiters(struct selection *sel, const struct analysis *a, const struct filter *f);
void select_thread(struct selection *sel, const struct analysis *a, const struct filter *f,
		   pid_t tid);
void selection_free(struct selection *sel);
bool selection_stuck(const struct selection *sel);
bool selection_is_complete(const struct selection *sel);
bool selection_misses_pid(const struct selection *sel);
pid_t selection_lacks(const struct selection *sel);
const char *selection_lacks_name(const struct selection *sel);
bool *selection_with_holders(const struct selection *sel);

#endif
