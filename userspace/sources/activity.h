/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_ACTIVITY_H
#define FUTEXINSPECT_ACTIVITY_H

#include "snapshot.h"

/* Room for what a thread does. */
#define ACTIVITY_SIZE	512

void find_activities(const char *root, struct snapshot *s, const int *threads, size_t nr);
bool describe_thread(char dst[ACTIVITY_SIZE], const char *root, pid_t tid);

#endif
