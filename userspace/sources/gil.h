/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_GIL_H
#define FUTEXINSPECT_GIL_H

#include "snapshot.h"

void find_gils(const char *root, struct snapshot *s);

#endif
