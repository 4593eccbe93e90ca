/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_IDENTITY_H
#define FUTEXINSPECT_IDENTITY_H

#include "snapshot.h"

#define PASSWD_FILE	"/etc/passwd"

void find_parents(const char *root, struct snapshot *s);
void find_identities(const char *root, const char *passwd, struct snapshot *s, const size_t *waiters,
		     size_t nr);

#endif
