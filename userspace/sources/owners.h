/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_OWNERS_H
#define FUTEXINSPECT_OWNERS_H

#include "procfs.h"
#include "snapshot.h"

pid_t read_pthread_tid(const struct snapshot *s, const struct process_memory *memory, uint64_t addr,
		       bool is_32bit);
void read_namespaces(const char *root, struct snapshot *s);
void find_pi_owners(struct snapshot *s);
void find_exit_words(struct snapshot *s);
void read_foreign_holders(const char *root, struct snapshot *s);

#endif
