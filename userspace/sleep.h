/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_SLEEP_H
#define FUTEXINSPECT_SLEEP_H

#include "snapshot.h"

void read_sleeps(const char *root, struct snapshot *s);

#endif
