/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_HELPER_H
#define FUTEXINSPECT_HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* If a process that reads files neither says nor does anything for so long, it hangs. */
#define ANSWER_MS	2000

/* Writes what it finds out to @answer, which is all zero. */
typedef void (*find_fn)(const void *arg, void *answer);

void helper_leave(int fd, int other);
void helper_kill(pid_t pid);
bool helper_ask(find_fn find, const void *arg, void *answer, size_t size, int keep);

#endif
