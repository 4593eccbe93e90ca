// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files that zstd has compressed, as systemd-coredump does.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <zstd.h>

#include "array.h"
#include "unzstd.h"

/* Zeros that are left out of the file. */
#define HOLE_SIZE	4096

struct unpacked {
	int fd;
	uint64_t size;
	uint64_t max;
};

/**
 * is_zstd() - whether a file is compressed by zstd
 * @fd: the file
 */
bool is_zstd(int fd)
{
	static const unsigned char magic[] = { 0x28, 0xb5, 0x2f, 0xfd };
	unsigned char start[sizeof(magic)];

	return pread(fd, start, sizeof(start), 0) == sizeof(start) &&
	       !memcmp(start, magic, sizeof(magic));
}

static bool is_zero(const char *data, size_t size)
{
	return !*data && !memcmp(data, data + 1, size - 1);
}

/* Much of a core is zeros, which take no room. */
static int append(struct unpacked *u, const char *data, size_t size)
{
	if (u->size + size > u->max)
		return -ENOSPC;
	for (size_t done = 0, part; done < size; done += part) {
		ssize_t n;

		part = size - done < HOLE_SIZE ? size - done : HOLE_SIZE;
		if (is_zero(data + done, part))
			continue;
		n = pwrite(u->fd, data + done, part, u->size + done);
		if (n < 0)
			return -errno;
		part = n;
	}
	u->size += size;
	return 0;
}

/* What is in @input, and in the stream's own buffers. */
static int unpack_part(struct unpacked *u, ZSTD_DStream *stream, ZSTD_inBuffer *input, char *out)
{
	ZSTD_outBuffer output;
	int rc = 0;

	do {
		output = (ZSTD_outBuffer){ out, ZSTD_DStreamOutSize(), 0 };
		if (ZSTD_isError(ZSTD_decompressStream(stream, &output, input)))
			return -EBADMSG;
		rc = output.pos ? append(u, out, output.pos) : 0;
	} while (!rc && (input->pos < input->size || output.pos == output.size));
	return rc;
}

/* A file that was cut off is still worth to be looked at. */
static int unpack(struct unpacked *u, int fd, ZSTD_DStream *stream, char *in, char *out)
{
	off_t at = 0;
	ssize_t n;

	while ((n = pread(fd, in, ZSTD_DStreamInSize(), at)) > 0) {
		ZSTD_inBuffer input = { in, n, 0 };
		int rc = unpack_part(u, stream, &input, out);

		if (rc)
			return rc;
		at += n;
	}
	return n < 0 || ftruncate(u->fd, u->size) ? -errno : 0;
}

/* A file without a name, and how large it may get: others need room on the disk, too. */
static int create(struct unpacked *u)
{
	const char *directory = getenv("TMPDIR") ?: "/var/tmp";
	struct statvfs fs;

	*u = (struct unpacked){ .fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) };
	if (u->fd < 0)
		return -errno;
	if (!fstatvfs(u->fd, &fs))
		u->max = (uint64_t)fs.f_bavail * fs.f_frsize / 2;
	return 0;
}

/**
 * unzstd() - decompress a file
 * @fd: the file
 *
 * The copy is in $TMPDIR or /var/tmp, without a name, and takes at most half of what is free there.
 *
 * Return: the copy, to be closed; -EBADMSG: that is not what zstd writes; -ENOSPC: too large; or
 * another negative errno.
 */
int unzstd(int fd)
{
	ZSTD_DStream *stream = ZSTD_createDStream();
	char *in = xcalloc(1, ZSTD_DStreamInSize()), *out = xcalloc(1, ZSTD_DStreamOutSize());
	struct unpacked u;
	int rc = stream ? create(&u) : -ENOMEM;

	if (!rc) {
		rc = unpack(&u, fd, stream, in, out);
		if (rc)
			close(u.fd);
	}
	ZSTD_freeDStream(stream);
	free(in);
	free(out);
	return rc ?: u.fd;
}
