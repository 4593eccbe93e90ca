/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What module/kernel/btf.c needs of the kernel's headers, in user space, and module/text.c. The
 * file that the former reads is the fuzzer's input.
 */
#ifndef FUZZ_LINUX_KERNEL_H
#define FUZZ_LINUX_KERNEL_H

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <linux/types.h>

#define TASK_COMM_LEN		16
#define noinline		__attribute__((noinline))
#define min(a, b)		((a) < (b) ? (a) : (b))
#define cpu_to_le64		htole64
#define le64_to_cpu		le64toh
#define swab32			__builtin_bswap32
#define __ffs64(word)		((unsigned int)__builtin_ctzll(word))
#define BITS_PER_BYTE		8
#define GFP_KERNEL		0
#define IS_ERR(ptr)		(!(ptr))
#define PTR_ERR(ptr)		((ptr) ? 0L : (long)-ENOENT)
#define offsetofend(type, member)	(offsetof(type, member) + sizeof(((type *)0)->member))

/* Formats the message, so that the sanitizers see its arguments. */
#define pr_err(fmt, ...)						\
do {									\
	char line[256];							\
									\
	snprintf(line, sizeof(line), pr_fmt(fmt), ##__VA_ARGS__);	\
} while (0)

struct file {
	const void *data;
	size_t size;
};

extern struct file btf_file;

static inline struct file *filp_open(const char *path, int flags, int mode)
{
	(void)path;
	(void)flags;
	(void)mode;
	return &btf_file;
}

static inline void filp_close(struct file *file, void *id)
{
	(void)file;
	(void)id;
}

static inline struct file *file_inode(struct file *file)
{
	return file;
}

static inline loff_t i_size_read(const struct file *file)
{
	return file->size;
}

/* In pieces, as the kernel may. */
static inline ssize_t kernel_read(struct file *file, void *buf, size_t size, loff_t *pos)
{
	if (size > 4096)
		size = 4096;
	memcpy(buf, (const char *)file->data + *pos, size);
	*pos += size;
	return size;
}

static inline void *vmalloc(size_t size)
{
	return malloc(size);
}

static inline void vfree(void *mem)
{
	free(mem);
}

static inline void *kvcalloc(size_t nr, size_t size, int flags)
{
	(void)flags;
	return calloc(nr, size);
}

static inline void kvfree(void *mem)
{
	free(mem);
}

#endif
