/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_FILES_H
#define FUTEXINSPECT_FILES_H

#include <stddef.h>
#include <sys/types.h>

#include "snapshot.h"

/* Descriptors of a set that are shown. */
#define MAX_MEMBERS	2

const char *hindrance(enum task_state state);
const char *process_hindrance(const char *root, pid_t pid);
size_t put_process(char *dst, size_t size, const char *root, pid_t pid);
void put_file(char *dst, size_t size, const char *root, pid_t pid, pid_t tid, int fd);
void put_files(char *dst, size_t size, const char *root, pid_t pid, pid_t tid, const int *fds,
	       size_t nr);

#endif
