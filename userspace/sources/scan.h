/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_PROC_H
#define FUTEXINSPECT_PROC_H

#include "snapshot.h"

/* Room for any file of /proc that read_file() is for. */
#define FILE_SIZE	8192

/* Compares something of two processes or threads, as kcmp(2) does. */
typedef int (*compare_fn)(pid_t x, pid_t y);

int compare_vm(pid_t x, pid_t y);
int compare_files(pid_t x, pid_t y);

int read_file(char buf[FILE_SIZE], const char *root, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
pid_t *list_ids(const char *path, size_t *nr);
const char *status_field(const char *status, const char *key);
pid_t last_id(const char *line);

int proc_read(const char *root, compare_fn compare, struct snapshot *s);
void proc_read_namespaces(const char *root, struct snapshot *s);
bool proc_add_process(const char *root, struct snapshot *s, pid_t pid);
bool proc_read_memory(const char *root, pid_t pid, uint64_t addr, void *buf, size_t size);
void proc_find_outsiders(const char *root, struct snapshot *s);

#endif
