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

#endif
