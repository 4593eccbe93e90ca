/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_PROC_H
#define FUTEXINSPECT_PROC_H

#include "snapshot.h"

/* Compares the address spaces of two processes, as kcmp(2) does. */
typedef int (*compare_vm_fn)(pid_t x, pid_t y);

int compare_vm(pid_t x, pid_t y);

int proc_read(const char *root, compare_vm_fn compare, struct snapshot *s);
void proc_read_namespaces(const char *root, struct snapshot *s);
void proc_find_outsiders(const char *root, struct snapshot *s);

#endif
