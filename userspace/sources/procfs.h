/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of /proc.  @root is where it is mounted, and paths are below that.
 */
#ifndef FUTEXINSPECT_PROCFS_H
#define FUTEXINSPECT_PROCFS_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "futex.h"

/* Room for any file of /proc that procfs_read() is meant for. */
#define PROCFS_FILE_SIZE	8192

/* Room for the target of any link of /proc/PID/fd or ns that is not a file's name. */
#define PROCFS_LINK_SIZE	64

#define PROCFS_PATH_SIZE	256

/* Fields of /proc/PID/stat, as proc(5) counts them. */
enum {
	STAT_STATE		= 3,
	STAT_EXIT_SIGNAL	= 38,
	STAT_PROCESSOR		= 39,
	STAT_RT_PRIORITY	= 40,
	STAT_POLICY		= 41,
	STAT_ARG_START		= 48,
};

/* Compares something of two processes or threads, as kcmp(2) does. */
typedef int (*compare_fn)(pid_t x, pid_t y);

/* What find_blocked() has to compare; a test has functions of its own. */
struct comparers {
	compare_fn tables;	/* of descriptors */
	int (*files)(pid_t x, int fd_x, pid_t y, int fd_y);
};

extern const struct comparers host_comparers;

/* The system call that a thread is in. */
struct syscall {
	long nr;		/* -1: none, or it is running */
	uint64_t args[NR_ARGS];
	uint64_t sp;		/* 0: not known */
	uint64_t pc;		/* likewise */
};

struct corefile;

/* The memory of a process, open for reading; a descriptor is negative if it is not. */
struct process_memory {
	int pagemap;
	int mem;
	const struct corefile *core;	/* that it is in, or NULL: it is that of a live process */
};

int procfs_open(const char *root, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int procfs_read(char buf[PROCFS_FILE_SIZE], const char *root, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
char *procfs_read_all(const char *root, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int procfs_link(char target[PROCFS_LINK_SIZE], const char *root, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
pid_t *procfs_list_ids(size_t *nr, const char *root, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
DIR *procfs_opendir(const char *root, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
bool procfs_exists(const char *root, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int compare_ids(const void *x, const void *y);

const char *stat_field(const char *stat, int field);
const char *status_field(const char *status, const char *key);
pid_t status_id(const char *status, const char *key);
char status_letter(const char *status, const char *key);
pid_t last_id(const char *line);

int procfs_syscall(struct syscall *sc, const char *root, pid_t pid, pid_t tid);
pid_t procfs_tgid(const char *root, pid_t tid);
bool procfs_sleeps_in(const char *root, pid_t pid, pid_t tid, const char *const *functions);

void memory_open(struct process_memory *m, const char *root, pid_t pid, pid_t tid);
void memory_close(struct process_memory *m);
bool memory_read(const struct process_memory *m, uint64_t addr, void *buf, size_t size);

/* Takes the path of a descriptor below the mount of proc.  Return: whether to go on. */
typedef bool (*visit_fd_fn)(void *ctx, const char *fd);

long visit_fds(const char *root, pid_t pid, pid_t tid, visit_fd_fn visit, void *ctx);
bool procfs_memory(const char *root, pid_t pid, pid_t tid, uint64_t addr, void *buf, size_t size);

int compare_vm(pid_t x, pid_t y);
int compare_files(pid_t x, pid_t y);

#endif
