/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_PRIVATE_HASH_H
#define FI_PRIVATE_HASH_H

struct fi_snapshot;

int fi_collect_private_waiters(struct fi_snapshot *snap);

#endif
