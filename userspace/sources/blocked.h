/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_SLEEP_H
#define FUTEXINSPECT_SLEEP_H

#include "scan.h"

void read_sleeps(const char *root, compare_fn compare, struct snapshot *s);

#endif
