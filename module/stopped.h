/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_STOPPED_H
#define FI_STOPPED_H

struct fi_snapshot;

int fi_collect_stopped_waiters(struct fi_snapshot *snap);

#endif
