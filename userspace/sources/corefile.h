/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A core dump of a process: what its threads' registers were, and its memory.
 */
#ifndef FUTEXINSPECT_COREFILE_H
#define FUTEXINSPECT_COREFILE_H

#include "maps.h"
#include "procfs.h"

#define CORE_ERROR_SIZE	512

enum in_call {
	IN_NO_CALL,
	IN_CALL,		/* asleep in a system call, which would start again */
	MAY_BE_IN_CALL,		/* the code that it was in is neither in the core nor in a file */
};

struct core_thread {
	pid_t tid;
	enum in_call in_call;
	struct syscall call;	/* as far as @in_call says; sp and pc always */
	uint64_t fp;
	uint64_t lr;		/* 0: the machine has none */
	uint64_t tls;		/* 0: not known */
	uint32_t tls_entry;	/* of the table that NT_386_TLS has; 0: there is none */
	uint64_t blocked;	/* mask of signals; gcore does not write it */
};

/* A segment of memory, as far as it is in the file. */
struct core_segment {
	uint64_t addr;
	uint64_t size;
	uint64_t offset;	/* in the file */
};

/* What differs between machines: see corefile.c. */
struct core_machine;

struct corefile {
	int fd;
	const struct core_machine *machine;
	const char *arch;	/* as in uname(2) */
	bool is_32bit;
	struct core_thread *threads;	/* in the core's order: the one that got the signal first */
	size_t nr_threads;
	struct core_segment *segments;	/* ascending */
	size_t nr_segments;
	struct mappings maps;
	bool has_files;		/* the core says which mappings are of files */
	char *exe;		/* the file of the executable, if one was named; else NULL */
	uint64_t exe_start;	/* where the executable is mapped; 0: not known */
	uint64_t headers_at;	/* where its program headers are; 0: not known */
	uint64_t vdso;		/* likewise */
	int signal;		/* that the process got; 0: none, or not known */
	bool has_info;		/* the rest is known */
	pid_t tgid;
	pid_t ppid;
	bool is_forked;		/* it never called execve(2) */
	char name[17];		/* of the process */
	char args[81];		/* how its arguments begin */
};

struct corefile *corefile_open(const char *path, const char *exe, char error[CORE_ERROR_SIZE]);
void corefile_close(struct corefile *c);
bool corefile_read(const struct corefile *c, uint64_t addr, void *buf, size_t size);
const struct core_thread *corefile_find_thread(const struct corefile *c, pid_t tid);
int corefile_open_mapped(const struct corefile *c, const struct mapping *m);
const char *corefile_other_exe(const struct corefile *c);
bool corefile_is_native(const struct corefile *c);
enum call corefile_futex_call(const struct corefile *c, long nr);

#endif
