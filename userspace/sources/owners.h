/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_OWNERS_H
#define FUTEXINSPECT_OWNERS_H

#include "snapshot.h"

void read_namespaces(const char *root, struct snapshot *s);
void find_pi_owners(struct snapshot *s);
void read_foreign_holders(const char *root, struct snapshot *s);

#endif
