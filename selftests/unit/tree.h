/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A temporary tree of files, for what reads /proc.
 */
#ifndef FUTEXINSPECT_TREE_H
#define FUTEXINSPECT_TREE_H

#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

#define PATH_SIZE	256

static char root[64];

static inline int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void new_tree(void)
{
	strcpy(root, "/tmp/futexinspect-proc-XXXXXX");
	if (!mkdtemp(root))
		ok(false, "mkdtemp");
}

static inline void remove_tree(void)
{
	nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The path of a file in the tree, whose directory is made. */
static inline void make_path(char path[PATH_SIZE], const char *fmt, va_list ap)
{
	int n = snprintf(path, PATH_SIZE, "%s/", root);

	vsnprintf(path + n, PATH_SIZE - n, fmt, ap);
	for (char *c = strchr(path + 1, '/'); c; c = strchr(c + 1, '/')) {
		*c = '\0';
		mkdir(path, 0755);
		*c = '/';
	}
}

static inline void create_file(const char *text, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static inline void create_file(const char *text, const char *fmt, ...)
{
	char path[PATH_SIZE];
	va_list ap;
	FILE *f;

	va_start(ap, fmt);
	make_path(path, fmt, ap);
	va_end(ap);
	f = fopen(path, "w");
	fputs(text, f);
	fclose(f);
}

static inline void create_link(const char *target, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static inline void create_link(const char *target, const char *fmt, ...)
{
	char path[PATH_SIZE];
	va_list ap;

	va_start(ap, fmt);
	make_path(path, fmt, ap);
	va_end(ap);
	if (symlink(target, path))
		ok(false, "symlink %s", path);
}

static inline void create_status(pid_t pid, pid_t tid, char state, pid_t ppid, pid_t tracer,
				 pid_t ns_tid)
{
	char buf[256], nested[16] = "";

	if (ns_tid != tid)
		snprintf(nested, sizeof(nested), "\t%d", ns_tid);
	snprintf(buf, sizeof(buf), "Name:\tt%d\nState:\t%c (x)\nTgid:\t%d\nPPid:\t%d\n"
		 "TracerPid:\t%d\nNSpid:\t%d%s\nSigCgt:\t0\nvoluntary_ctxt_switches:\t5\n"
		 "nonvoluntary_ctxt_switches:\t6\n", tid, state, pid, ppid, tracer, tid, nested);
	create_file(buf, "%d/task/%d/status", pid, tid);
	create_file(buf, "%d/status", tid);
}

/* A thread in a system call, which is given as in its file. */
static inline void create_thread(pid_t pid, pid_t tid, char state, pid_t ppid, pid_t tracer,
				 const char *call)
{
	char buf[256];

	snprintf(buf, sizeof(buf), "%d (t%d) %c %d 1 1 0 -1 0 9 8 7 6 5 4 3 2 20 0 1 0 5 1000 5\n",
		 tid, tid, state, ppid);
	create_file(buf, "%d/task/%d/stat", pid, tid);
	create_status(pid, tid, state, ppid, tracer, tid);
	create_file(call, "%d/task/%d/syscall", pid, tid);
}

#endif
