/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_SOURCE_H
#define FUTEXINSPECT_SOURCE_H

#include <limits.h>

#include "snapshot.h"
#include "text.h"

#define MODULE_FILE	"/sys/kernel/debug/futexinspect/waiters"
#define PROC_ROOT	"/proc"

extern const struct source source_module;
extern const struct source source_proc;
extern const struct source source_file;
extern const struct source source_core;

/* Room for why there is nothing to explain, with the path of a file. */
#define WHY_SIZE	(ESCAPED_SIZE(PATH_MAX) + 128)

/* Room for the names of all sources. */
#define SOURCE_LIST_SIZE	64

const char *list_sources(char dst[SOURCE_LIST_SIZE]);
const struct source *find_source(const char *name);
int take_look(struct snapshot *s, const struct source *source, const struct source_files *files);
void describe_threads(struct snapshot *s, const int *threads, size_t nr);
void describe_process(struct snapshot *s, int process);
void identify_processes(struct snapshot *s, const size_t *waiters, size_t nr);
void name_parents(struct snapshot *s);
void look_for(struct snapshot *s, const pid_t *ids, size_t nr);
void why_no_waiter(char why[WHY_SIZE], const struct snapshot *s, pid_t tid, const char *path);
bool host_has_process(pid_t pid);
bool host_has_name(const char *name);
bool host_lacks_cgroup(const char *path, char full[PATH_MAX]);

#endif
