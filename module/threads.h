/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_THREADS_H
#define FI_THREADS_H

struct fi_snapshot;

int fi_collect_threads(struct fi_snapshot *snap);

#endif
