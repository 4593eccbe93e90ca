/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of a FUSE server as it takes to have one file, and then not to answer any more: as a file
 * server that is gone.
 */
#ifndef FI_SELFTESTS_FUSE_H
#define FI_SELFTESTS_FUSE_H

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/factory.h"

#define FILE_NODE	2
#define FOREVER		1000000	/* seconds */
#define MAX_READ	(128 << 10)

struct fuse_server {
	int fd;
	char dir[32];		/* where it is mounted, in a mount namespace of its own */
	const void *data;	/* of the file, whatever its name */
	size_t size;
	bool is_dead;		/* it reads requests, so that those who wait cannot be killed */
};

/* Who reads the file needs no rights but those of its mode. */
static inline void fuse_mount(struct fuse_server *s)
{
	char options[128];

	strcpy(s->dir, "/tmp/fuse-XXXXXX");
	s->fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (s->fd < 0)
		skip("this kernel has no FUSE");
	if (!mkdtemp(s->dir) || unshare(CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		die("mount namespace");
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other",
		 s->fd);
	if (mount("dead", s->dir, "fuse", MS_NODEV, options))
		die("mount");
}

static inline void fuse_reply(const struct fuse_server *s, const struct fuse_in_header *in, int error,
			      const void *data, size_t size)
{
	struct fuse_out_header out = { .len = sizeof(out) + size, .error = error, .unique = in->unique };
	const struct iovec parts[] = { { &out, sizeof(out) }, { (void *)data, size } };

	/* Whoever asked may be gone. */
	if (writev(s->fd, parts, 2) < 0 && errno != ENOENT)
		die("reply to FUSE request %u", in->opcode);
}

static inline struct fuse_attr fuse_attr_of(const struct fuse_server *s, uint64_t node)
{
	return (struct fuse_attr){
		.ino = node, .size = node == FILE_NODE ? s->size : 0, .nlink = 1, .blksize = 4096,
		.mode = node == FILE_NODE ? S_IFREG | 0755 : S_IFDIR | 0755,
	};
}

static inline void fuse_reply_read(const struct fuse_server *s, const struct fuse_in_header *in,
				   const struct fuse_read_in *read)
{
	size_t left = read->offset < s->size ? s->size - read->offset : 0;

	fuse_reply(s, in, 0, (const char *)s->data + read->offset, left < read->size ? left : read->size);
}

static inline void fuse_answer(const struct fuse_server *s, const struct fuse_in_header *in)
{
	const struct fuse_init_out init = {
		.major = FUSE_KERNEL_VERSION, .minor = 31, .max_readahead = 4096, .max_write = 4096,
	};
	const struct fuse_open_out open = { .open_flags = FOPEN_KEEP_CACHE };
	struct fuse_attr_out attr = { .attr_valid = FOREVER, .attr = fuse_attr_of(s, in->nodeid) };
	struct fuse_entry_out entry = {
		.nodeid = FILE_NODE, .entry_valid = FOREVER, .attr_valid = FOREVER,
		.attr = fuse_attr_of(s, FILE_NODE),
	};

	switch (in->opcode) {
	case FUSE_INIT:
		return fuse_reply(s, in, 0, &init, sizeof(init));
	case FUSE_LOOKUP:
		return fuse_reply(s, in, 0, &entry, sizeof(entry));
	case FUSE_GETATTR:
		return fuse_reply(s, in, 0, &attr, sizeof(attr));
	case FUSE_OPEN:
		return fuse_reply(s, in, 0, &open, sizeof(open));
	case FUSE_READ:
		return fuse_reply_read(s, in, (const void *)(in + 1));
	case FUSE_FLUSH:
	case FUSE_RELEASE:
		return fuse_reply(s, in, 0, NULL, 0);
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return;
	}
	fuse_reply(s, in, -ENOSYS, NULL, 0);
}

/* Take one request; wait for it if there is none. */
static inline void fuse_serve(const struct fuse_server *s)
{
	static union {
		struct fuse_in_header in;
		char room[MAX_READ + 4096];
	} request;

	if (read(s->fd, &request, sizeof(request)) < 0) {
		/* The request was withdrawn; or the file system was. */
		if (errno == ENOENT || errno == EINTR)
			return;
		die("read of a FUSE request");
	}
	if (!s->is_dead)
		fuse_answer(s, &request.in);
}

#endif
