/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_CHILDREN_H
#define FUTEXINSPECT_CHILDREN_H

#include "relations.h"

void find_children(const char *root, struct relations *r);

#endif
