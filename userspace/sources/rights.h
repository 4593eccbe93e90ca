/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_RIGHTS_H
#define FUTEXINSPECT_RIGHTS_H

#include "procfs.h"
#include "snapshot.h"

void find_rights(const char *root, struct snapshot *s);
void find_invisible(const char *root, struct snapshot *s, const pid_t *ids, size_t nr);

#endif
