/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_SCAN_H
#define FUTEXINSPECT_SCAN_H

#include "procfs.h"
#include "snapshot.h"

int scan_proc(const char *root, compare_fn compare, struct snapshot *s);
bool scan_process(const char *root, struct snapshot *s, pid_t pid);
struct waiter *add_waiter_in_call(struct snapshot *s, const struct thread *t, enum call call,
				  const uint64_t *args, const struct process_memory *memory);
void fill_mms(struct snapshot *s);
bool has_terminal(const char *root, pid_t pid);
bool read_foreign_holder(const char *root, struct snapshot *s, struct foreign_holder *h);

#endif
