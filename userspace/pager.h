/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_PAGER_H
#define FUTEXINSPECT_PAGER_H

#include <stdbool.h>

void pager_start(void);
bool pager_is_running(void);
int pager_finish(void);

#endif
