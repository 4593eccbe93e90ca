// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a socket is, by the tables of its network namespace in /proc/PID/net.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "procfs.h"
#include "sockets.h"

/* Larger tables are not searched: a host may have a million connections. */
#define MAX_TABLE	(1 << 20)

#define ADDRESS_SIZE	(INET6_ADDRSTRLEN + sizeof("[]:65535"))

/* The kernel prints an address as words of the host's byte order (get_tcp4_sock() and such). */
static bool put_address(char dst[ADDRESS_SIZE], const char *hex, unsigned int port)
{
	int words = strlen(hex) / 8, family = words == 1 ? AF_INET : AF_INET6;
	char text[INET6_ADDRSTRLEN];
	uint32_t addr[4] = { 0 };

	for (int i = 0; i < words && i < 4; i++) {
		if (sscanf(hex + 8 * i, "%8" SCNx32, &addr[i]) != 1)
			return false;
	}
	if (!inet_ntop(family, addr, text, sizeof(text)))
		return false;
	snprintf(dst, ADDRESS_SIZE, family == AF_INET ? "%s:%u" : "[%s]:%u", text, port);
	return true;
}

static bool find_inet(char dst[SOCKET_SIZE], const char *line, unsigned long long ino,
		      const char *protocol)
{
	char local[33], remote[33], from[ADDRESS_SIZE], to[ADDRESS_SIZE];
	unsigned int local_port, remote_port;
	unsigned long long found;

	if (sscanf(line, " %*d: %32[0-9A-F]:%x %32[0-9A-F]:%x %*x %*s %*s %*s %*d %*d %llu", local,
		   &local_port, remote, &remote_port, &found) != 5 || found != ino ||
	    !put_address(from, local, local_port) || !put_address(to, remote, remote_port))
		return false;
	if (remote_port)
		snprintf(dst, SOCKET_SIZE, "%s %s to %s", protocol, from, to);
	else
		snprintf(dst, SOCKET_SIZE, "%s %s", protocol, from);
	return true;
}

static bool find_unix(char dst[SOCKET_SIZE], const char *line, unsigned long long ino,
		      const char *protocol)
{
	unsigned long long found;
	char path[108] = "";

	if (sscanf(line, "%*x: %*x %*x %*x %*x %*x %llu %107s", &found, path) < 1 || found != ino)
		return false;
	snprintf(dst, SOCKET_SIZE, "%s%s%s", protocol, *path ? " " : "", path);
	return true;
}

static const struct {
	const char *table;
	const char *protocol;
	bool (*find)(char dst[SOCKET_SIZE], const char *line, unsigned long long ino,
		     const char *protocol);
} tables[] = {
	{ "unix", "unix socket", find_unix },
	{ "tcp", "TCP", find_inet },
	{ "tcp6", "TCP", find_inet },
	{ "udp", "UDP", find_inet },
	{ "udp6", "UDP", find_inet },
};

static bool search_table(char dst[SOCKET_SIZE], char *text, unsigned long long ino, int table)
{
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (tables[table].find(dst, line, ino, tables[table].protocol))
			return true;
	}
	return false;
}

/**
 * describe_socket() - find out what a socket is
 * @dst: receives the text: the protocol, and its addresses or path
 * @root: where proc is mounted
 * @pid: a process that has the socket open
 * @target: what the link of its descriptor says
 *
 * Return: whether it is a socket that is found.
 */
bool describe_socket(char dst[SOCKET_SIZE], const char *root, pid_t pid, const char *target)
{
	unsigned long long ino;
	bool found = false;

	if (sscanf(target, "socket:[%llu]", &ino) != 1)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(tables) && !found; i++) {
		char *text = procfs_read_all(root, "%d/net/%s", pid, tables[i].table);

		if (text && strlen(text) <= MAX_TABLE)
			found = search_table(dst, text, ino, i);
		free(text);
	}
	return found;
}
