/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_READER_H
#define FUTEXINSPECT_READER_H

#include <sys/types.h>

int start_reader(pid_t *pid, const int fds[2], char *const argv[]);

#endif
