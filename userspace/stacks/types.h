/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_TYPES_H
#define FUTEXINSPECT_TYPES_H

#include <stdbool.h>

#include "locks.h"

bool is_lock_type(const char *name);
bool may_be_lock(const char *name, enum primitive seen);

#endif
