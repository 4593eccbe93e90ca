// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a socket is, by the tables of its network namespace in /proc/PID/net, and to which other
 * one it is connected.
 */
#include <arpa/inet.h>
#include <err.h>
#include <inttypes.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "array.h"
#include "procfs.h"
#include "sockets.h"

/* Larger tables are not searched: a host may have a million connections. */
#define MAX_TABLE	(1 << 20)

#define ADDRESS_SIZE	(INET6_ADDRSTRLEN + sizeof("[]:65535"))

/* The kernel prints an address as words of the host's byte order (get_tcp4_sock() and such). */
static bool put_address(char dst[ADDRESS_SIZE], const char *hex)
{
	const char *colon = strchr(hex, ':');
	int words = colon ? (colon - hex) / 8 : 0, family = words == 1 ? AF_INET : AF_INET6;
	char text[INET6_ADDRSTRLEN];
	uint32_t addr[4] = { 0 };
	unsigned int port;

	for (int i = 0; i < words && i < 4; i++) {
		if (sscanf(hex + 8 * i, "%8" SCNx32, &addr[i]) != 1)
			return false;
	}
	if (!words || sscanf(colon, ":%x", &port) != 1 || !inet_ntop(family, addr, text, sizeof(text)))
		return false;
	snprintf(dst, ADDRESS_SIZE, family == AF_INET ? "%s:%u" : "[%s]:%u", text, port);
	return true;
}

/* A line of a table of TCP or UDP, whose addresses are text: "0100007F:0016". */
struct connection {
	char local[48];
	char remote[48];
	unsigned int state;
	unsigned long long ino;
};

/* ::ffff:127.0.0.1: who listens on all addresses of IPv6 has those of IPv4 so. */
static void unmap(char address[48])
{
	static const char mapped[] = "0000000000000000FFFF0000";
	const size_t len = sizeof(mapped) - 1;

	if (!strncmp(address, mapped, len))
		memmove(address, address + len, strlen(address + len) + 1);
}

static bool parse_connection(struct connection *c, const char *line)
{
	if (sscanf(line, " %*d: %47[0-9A-F:] %47[0-9A-F:] %x %*s %*s %*s %*d %*d %llu",
		   c->local, c->remote, &c->state, &c->ino) != 4)
		return false;
	unmap(c->local);
	unmap(c->remote);
	return true;
}

static bool find_inet(char dst[SOCKET_SIZE], const char *line, unsigned long long ino,
		      const char *protocol)
{
	char from[ADDRESS_SIZE], to[ADDRESS_SIZE];
	struct connection c;

	if (!parse_connection(&c, line) || c.ino != ino || !put_address(from, c.local) ||
	    !put_address(to, c.remote))
		return false;
	if (strcmp(strchr(c.remote, ':'), ":0000"))
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

/*
 * Peers
 */

struct unix_request {
	struct nlmsghdr header;
	struct unix_diag_req req;
};

/* The peer that an answer names, or 0. */
static uint64_t peer_in_answer(struct nlmsghdr *answer, size_t len)
{
	struct rtattr *attr;
	int left;

	if (!NLMSG_OK(answer, len) || answer->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    answer->nlmsg_len < NLMSG_LENGTH(sizeof(struct unix_diag_msg)))
		return 0;
	attr = (struct rtattr *)((char *)NLMSG_DATA(answer) +
				 NLMSG_ALIGN(sizeof(struct unix_diag_msg)));
	left = answer->nlmsg_len - NLMSG_LENGTH(NLMSG_ALIGN(sizeof(struct unix_diag_msg)));
	for (; RTA_OK(attr, left); attr = RTA_NEXT(attr, left)) {
		if (attr->rta_type == UNIX_DIAG_PEER && RTA_PAYLOAD(attr) >= sizeof(uint32_t))
			return *(uint32_t *)RTA_DATA(attr);
	}
	return 0;
}

static int open_diag(void)
{
	return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
}

/* A socket stays in the network namespace that it was made in.  The caller goes back to its own. */
static int open_diag_in(int own, int other)
{
	int fd;

	if (setns(other, CLONE_NEWNET))
		return -1;
	fd = open_diag();
	if (setns(own, CLONE_NEWNET))
		err(EXIT_FAILURE, "cannot go back to the own network namespace");
	return fd;
}

/* sock_diag(7) answers for one network namespace: that of the process. */
static int open_diag_of(const char *root, pid_t pid)
{
	int own = procfs_open(root, "self/ns/net"), other = procfs_open(root, "%d/ns/net", pid);
	struct stat x, y;
	int fd = -1;

	if (own >= 0 && other >= 0 && !fstat(own, &x) && !fstat(other, &y))
		fd = x.st_ino == y.st_ino ? open_diag() : open_diag_in(own, other);
	if (own >= 0)
		close(own);
	if (other >= 0)
		close(other);
	return fd;
}

/* As ss(8) finds it. */
static uint64_t find_unix_peer(const char *root, pid_t pid, uint32_t ino)
{
	const struct unix_request request = {
		.header = {
			.nlmsg_len = sizeof(request), .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_REQUEST,
		},
		.req = {
			.sdiag_family = AF_UNIX, .udiag_states = -1, .udiag_ino = ino,
			.udiag_show = UDIAG_SHOW_PEER, .udiag_cookie = { -1, -1 },
		},
	};
	_Alignas(struct nlmsghdr) char answer[1024];
	int fd = open_diag_of(root, pid);
	uint64_t peer = 0;
	ssize_t len = -1;

	if (fd < 0)
		return 0;
	if (send(fd, &request, sizeof(request), 0) == sizeof(request))
		len = recv(fd, answer, sizeof(answer), MSG_DONTWAIT);
	if (len > 0)
		peer = peer_in_answer((struct nlmsghdr *)answer, len);
	close(fd);
	return peer;
}

/* States of include/net/tcp_states.h */
enum {
	TCP_STATE_ESTABLISHED	= 1,
	TCP_STATE_SYN_RECEIVED	= 3,
	TCP_STATE_LISTEN	= 10,
};

/* Those of IPv4 and IPv6; NULL: too large, or not there. */
struct tcp_tables {
	char *text[2];
};

static void read_tcp_tables(struct tcp_tables *t, const char *root, pid_t pid)
{
	static const char *const names[] = { "tcp", "tcp6" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		t->text[i] = procfs_read_all(root, "%d/net/%s", pid, names[i]);
		if (t->text[i] && strlen(t->text[i]) > MAX_TABLE) {
			free(t->text[i]);
			t->text[i] = NULL;
		}
	}
}

typedef bool (*match_fn)(const struct connection *c, const struct connection *like);

static bool has_inode(const struct connection *c, const struct connection *like)
{
	return c->ino == like->ino;
}

static bool is_other_end(const struct connection *c, const struct connection *like)
{
	return !strcmp(c->local, like->remote) && !strcmp(c->remote, like->local);
}

/* It has no inode either once it was closed, but is in another state then. */
static bool is_unaccepted(const struct connection *c)
{
	return !c->ino && (c->state == TCP_STATE_ESTABLISHED || c->state == TCP_STATE_SYN_RECEIVED);
}

/* On the same port, and on all addresses or on this one. */
static bool is_listener(const struct connection *c, const struct connection *like)
{
	const char *port = strchr(c->local, ':'), *like_port = strchr(like->local, ':');

	return c->state == TCP_STATE_LISTEN && port && like_port && !strcmp(port, like_port) &&
	       (strspn(c->local, "0") == (size_t)(port - c->local) ||
		!strcmp(c->local, like->local));
}

static bool find_connection(struct connection *found, const struct tcp_tables *t, match_fn matches,
			    const struct connection *like)
{
	for (size_t i = 0; i < ARRAY_SIZE(t->text); i++) {
		const char *line = t->text[i] ? strchr(t->text[i], '\n') : NULL;

		for (; line; line = strchr(line, '\n')) {
			line++;
			if (parse_connection(found, line) && matches(found, like))
				return true;
		}
	}
	return false;
}

/*
 * Both ends of a connection within a network namespace are in its tables.  One that was not accepted
 * has no inode yet: then that of who listens.
 */
static uint64_t find_tcp_peer(const char *root, pid_t pid, unsigned long long ino, bool *unaccepted)
{
	const struct connection wanted = { .ino = ino };
	struct connection own, other, listener;
	struct tcp_tables t;
	uint64_t peer = 0;

	read_tcp_tables(&t, root, pid);
	if (find_connection(&own, &t, has_inode, &wanted) &&
	    find_connection(&other, &t, is_other_end, &own)) {
		*unaccepted = is_unaccepted(&other) &&
			      find_connection(&listener, &t, is_listener, &other);
		peer = *unaccepted ? listener.ino : other.ino;
	}
	for (size_t i = 0; i < ARRAY_SIZE(t.text); i++)
		free(t.text[i]);
	return peer;
}

/**
 * find_socket_peer() - find the socket at the other end of a connection on this host
 * @root: where proc is mounted
 * @pid: a process that has the socket open
 * @target: what the link of its descriptor says
 * @unaccepted: set if the other end is yet to be accepted
 *
 * Return: its inode number, or that of the socket that listens; or 0: it is not known, or there is
 * none.
 */
uint64_t find_socket_peer(const char *root, pid_t pid, const char *target, bool *unaccepted)
{
	unsigned long long ino;
	uint64_t peer = 0;

	if (sscanf(target, "socket:[%llu]", &ino) != 1)
		return 0;
	if (ino <= UINT32_MAX)
		peer = find_unix_peer(root, pid, ino);
	return peer ?: find_tcp_peer(root, pid, ino, unaccepted);
}

/* Of a socket that listens: SO_ACCEPTCON of net/unix/af_unix.c. */
#define ACCEPTS		0x10000

/**
 * find_unix_listener() - find the unix socket that listens at an address
 * @root: where proc is mounted
 * @pid: a process in its network namespace
 * @address: its path, or, if it has none, "@" and its name
 *
 * Return: its inode number, or 0: it is not known.
 */
uint64_t find_unix_listener(const char *root, pid_t pid, const char *address)
{
	char *text = procfs_read_all(root, "%d/net/unix", pid);
	uint64_t found = 0;

	if (text && strlen(text) > MAX_TABLE)
		*text = '\0';
	for (const char *line = text; line && !found; line = strchr(line, '\n')) {
		unsigned long long ino;
		unsigned int flags;
		char path[109];

		line += *line == '\n';
		if (sscanf(line, "%*x: %*x %*x %x %*x %*x %llu %108[^\n]", &flags, &ino, path) == 3 &&
		    flags & ACCEPTS && !strcmp(path, address))
			found = ino;
	}
	free(text);
	return found;
}
