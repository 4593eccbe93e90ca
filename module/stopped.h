/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_STOPPED_H
#define FI_STOPPED_H

struct fi_snapshot;
struct task_struct;

void fi_take_stopped(struct fi_snapshot *snap, struct task_struct *task);

#endif
