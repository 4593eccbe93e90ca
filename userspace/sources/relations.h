/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processes of the whole host, sorted by what they have to do with.
 */
#ifndef FUTEXINSPECT_RELATIONS_H
#define FUTEXINSPECT_RELATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A process has a pipe open, or is the child of another. */
struct relation {
	uint64_t id;		/* inode of the pipe, or tgid of the parent */
	pid_t pid;
	bool is_writer;		/* the pipe is open for writing */
	bool is_zombie;		/* the child is one */
};

/* Sorted by id and pid. */
struct relations {
	struct relation *all;
	size_t nr;
	bool incomplete;	/* there may be others that cannot be seen */
};

typedef void (*visit_fn)(void *ctx, pid_t pid);

void relations_add(struct relations *r, struct relation relation);
void relations_sort(struct relations *r);
size_t relations_find(const struct relations *r, uint64_t id);
void relations_free(struct relations *r);

bool is_lost(int error);
bool visit_processes(const char *root, visit_fn visit, void *ctx);
pid_t *list_threads(const char *root, pid_t pid, size_t *nr, struct relations *r);

#endif
