/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_PIPE_H
#define FI_PIPE_H

struct task_struct;

unsigned long fi_sleeps_on_pipe(struct task_struct *task);

#endif
