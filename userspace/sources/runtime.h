/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_RUNTIME_H
#define FUTEXINSPECT_RUNTIME_H

#include "snapshot.h"

enum runtime find_runtime(const char *root, const struct snapshot *s, const struct process *p);

#endif
