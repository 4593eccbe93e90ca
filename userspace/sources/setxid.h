/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_SETXID_H
#define FUTEXINSPECT_SETXID_H

#include "snapshot.h"

void find_setxids(const char *root, struct snapshot *s);

#endif
