// SPDX-License-Identifier: GPL-2.0-only
/*
 * What one would write without the module, as fast as it can be: counts the
 * threads of the host that are in futex(2), by /proc/PID/task/TID/syscall. For
 * each time that standard input gives a line, prints how many there are and how
 * long it took, in nanoseconds.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

/* A directory as getdents64(2) gives it, some of it at a time. */
struct dir {
	int fd;
	ssize_t len;
	ssize_t pos;
	_Alignas(struct dirent64) char buf[32768];
};

static char call[16];	/* how the text of a thread in futex(2) begins */
static size_t call_len;

/* The next entry whose name is a number, or NULL. */
static const char *next_number(struct dir *dir)
{
	for (;;) {
		const struct dirent64 *entry;

		if (dir->pos >= dir->len) {
			dir->len = syscall(SYS_getdents64, dir->fd, dir->buf, sizeof(dir->buf));
			dir->pos = 0;
			if (dir->len <= 0)
				return NULL;
		}
		entry = (const void *)&dir->buf[dir->pos];
		dir->pos += entry->d_reclen;
		if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9')
			return entry->d_name;
	}
}

static bool waits(int task_fd, const char *tid)
{
	char path[32], text[256];
	ssize_t len;
	int fd;

	strcpy(stpcpy(path, tid), "/syscall");
	fd = openat(task_fd, path, O_RDONLY);
	if (fd < 0)
		return false;
	len = read(fd, text, sizeof(text));
	close(fd);
	return len > (ssize_t)call_len && !memcmp(text, call, call_len);
}

static unsigned long walk_process(int proc_fd, const char *pid)
{
	static struct dir tasks;
	unsigned long nr = 0;
	char path[32];
	const char *tid;

	strcpy(stpcpy(path, pid), "/task");
	tasks.fd = openat(proc_fd, path, O_RDONLY | O_DIRECTORY);
	if (tasks.fd < 0)
		return 0;
	tasks.len = 0;
	tasks.pos = 0;
	while ((tid = next_number(&tasks)))
		nr += waits(tasks.fd, tid);
	close(tasks.fd);
	return nr;
}

static unsigned long walk(void)
{
	static struct dir proc;
	unsigned long nr = 0;
	const char *pid;

	proc.fd = open("/proc", O_RDONLY | O_DIRECTORY);
	if (proc.fd < 0)
		err(1, "/proc");
	proc.len = 0;
	proc.pos = 0;
	while ((pid = next_number(&proc)))
		nr += walk_process(proc.fd, pid);
	close(proc.fd);
	return nr;
}

int main(void)
{
	call_len = snprintf(call, sizeof(call), "%d ", SYS_futex);
	while (next_round()) {
		uint64_t start = begin_round();
		unsigned long nr = walk();

		end_round(nr, start);
	}
	return 0;
}
