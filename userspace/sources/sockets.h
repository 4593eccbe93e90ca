/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_SOCKETS_H
#define FUTEXINSPECT_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Room for what a socket is, and its addresses. */
#define SOCKET_SIZE	160

bool describe_socket(char dst[SOCKET_SIZE], const char *root, pid_t pid, const char *target);
uint64_t find_socket_peer(const char *root, pid_t pid, const char *target, bool *unaccepted);
uint64_t find_unix_listener(const char *root, pid_t pid, const char *address);

#endif
