/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_BLOCKED_H
#define FUTEXINSPECT_BLOCKED_H

#include "procfs.h"
#include "snapshot.h"

void find_blocked(const char *root, const struct comparers *compare, struct snapshot *s);

#endif
