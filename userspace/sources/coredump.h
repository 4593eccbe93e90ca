/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_COREDUMP_H
#define FUTEXINSPECT_COREDUMP_H

#include "corefile.h"
#include "snapshot.h"

void read_coredump(struct snapshot *s, const struct corefile *c);

#endif
