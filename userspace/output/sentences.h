/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_SENTENCES_H
#define FUTEXINSPECT_SENTENCES_H

#include <stddef.h>

#include "analyze.h"

/* Room for any sentence, with names of 16 escaped bytes. */
#define REASON_SIZE	512

char *reason_text(const struct analysis *a, size_t waiter, char dst[REASON_SIZE]);
void put_sleep_text(char *dst, size_t size, const struct analysis *a, int thread);
void put_thread_text(char *dst, size_t size, const struct analysis *a, int thread);
void put_gone_text(char *dst, size_t size, const struct analysis *a, size_t waiter, pid_t id);

#endif
