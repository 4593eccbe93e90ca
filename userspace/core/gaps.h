/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a snapshot lacks: a thread that is missing may be stuck.
 */
#ifndef FUTEXINSPECT_GAPS_H
#define FUTEXINSPECT_GAPS_H

#include "snapshot.h"

bool is_denied_thread(const struct snapshot *s, pid_t tid);
bool is_denied(const struct snapshot *s, pid_t id);
int find_left_out(const struct snapshot *s, pid_t id);
bool is_missing(const struct snapshot *s, pid_t id);
bool misses_unknown_waiters(const struct snapshot *s);

#endif
