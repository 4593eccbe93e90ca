/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_RINGS_H
#define FUTEXINSPECT_RINGS_H

#include "procfs.h"
#include "snapshot.h"

void find_rings(const char *root, compare_fn compare, struct snapshot *s);

#endif
