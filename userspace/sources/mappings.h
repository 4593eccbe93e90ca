/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_MAPPINGS_H
#define FUTEXINSPECT_MAPPINGS_H

#include "snapshot.h"

void find_mappings(const char *root, struct snapshot *s);

#endif
