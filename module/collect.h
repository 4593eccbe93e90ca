/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_COLLECT_H
#define FI_COLLECT_H

struct fi_snapshot *fi_snapshot_take(void);

#endif
