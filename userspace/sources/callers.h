/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_CALLERS_H
#define FUTEXINSPECT_CALLERS_H

#include "snapshot.h"

struct syscall;

enum yesno calls_by_syscall(const char *root, const struct waiter *w, const struct syscall *sc);
void find_callers(const char *root, struct snapshot *s);

#endif
