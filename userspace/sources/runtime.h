/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_RUNTIME_H
#define FUTEXINSPECT_RUNTIME_H

#include "snapshot.h"

void find_moving_tasks(const char *root, struct snapshot *s);
enum runtime find_runtime(const char *root, const struct snapshot *s, const struct process *p);

#endif
