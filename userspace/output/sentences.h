/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_REASON_H
#define FUTEXINSPECT_REASON_H

#include <stddef.h>

#include "analyze.h"

/* Room for any reason, with names of 16 escaped bytes. */
#define REASON_SIZE	512

char *reason_text(const struct analysis *a, size_t waiter, char dst[REASON_SIZE]);
const char *limit_text(enum limit limit);
void put_sleep_text(char *dst, size_t size, const struct analysis *a, int thread);
void put_thread_text(char *dst, size_t size, const struct analysis *a, int thread);
void put_gone_text(char *dst, size_t size, const struct analysis *a, size_t waiter, pid_t id);
bool find_outsider(const struct snapshot *s, const struct waiter *w, pid_t tid,
		   struct outsider *found);

#endif
