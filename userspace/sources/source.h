/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_SOURCE_H
#define FUTEXINSPECT_SOURCE_H

#include "snapshot.h"

#define MODULE_FILE	"/sys/kernel/debug/futexinspect/waiters"
#define PROC_ROOT	"/proc"

enum source choose_source(void);
int take_look(struct snapshot *s, enum source source, const char *file);
void warn_of_proc(const struct snapshot *s);

#endif
