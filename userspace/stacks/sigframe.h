/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_SIGFRAME_H
#define FUTEXINSPECT_SIGFRAME_H

#include <elfutils/libdwfl.h>

#include "target.h"

int find_signal(struct target *t, Dwfl_Frame *state, int machine, uint64_t *blocked);

#endif
