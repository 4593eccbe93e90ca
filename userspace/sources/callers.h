/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_CALLERS_H
#define FUTEXINSPECT_CALLERS_H

#include "snapshot.h"

void find_callers(const char *root, struct snapshot *s);

#endif
