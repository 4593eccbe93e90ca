/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_EVENTFDS_H
#define FUTEXINSPECT_EVENTFDS_H

#include <stdbool.h>

bool may_signal_eventfds(const char *target);
bool kernel_may_signal_eventfds(const char *root);

#endif
