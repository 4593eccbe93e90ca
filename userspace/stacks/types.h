/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_TYPES_H
#define FUTEXINSPECT_TYPES_H

#include <stdbool.h>

bool is_lock_type(const char *name);

#endif
