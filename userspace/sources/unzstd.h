/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_UNZSTD_H
#define FUTEXINSPECT_UNZSTD_H

#include <stdbool.h>

bool is_zstd(int fd);
int unzstd(int fd);

#endif
