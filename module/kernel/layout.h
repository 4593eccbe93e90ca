/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Access to the members of the kernel's private structures. members.h lists them; each
 * line there becomes an accessor here, such as
 *
 *	union futex_key *fi_q_key(const void *q);
 */
#ifndef FI_LAYOUT_H
#define FI_LAYOUT_H

#include <linux/mutex.h> /* linux/futex.h of 6.12 needs it */
#include <linux/futex.h>
#include <linux/plist.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/xarray.h>

/* Groups of members that a kernel has together or not at all, in the order of the checks. */
enum fi_group {
	FI_ALWAYS,
	FI_COMPAT,
	FI_PI,
	FI_VECTOR,
	FI_WAKE,
	FI_IO_URING,
	FI_REQUEST_TCTX,
	FI_REQUEST_TASK,
	FI_RINGS,
	FI_EVENTFD,
	FI_EPOLL,
	FI_PRIVATE_HASH,
	FI_NR_GROUPS
};

/* The members: FI_AT_NAME for each line of members.h */
enum fi_member {
#define FI_MEMBER(group, name, type, structure, ...) FI_AT_##name,
#define FI_PART(group, name, structure, ...) FI_AT_##name,
#include "members.h"
	FI_NR_MEMBERS
};

/**
 * struct fi_layout - the layout of the running kernel's private structures
 * @hb_size: size of struct futex_hash_bucket in bytes
 * @has: whether this kernel has a group of members
 * @offset: offset of a member in bytes from the start of its structure
 */
struct fi_layout {
	u32 hb_size;
	bool has[FI_NR_GROUPS];
	u32 offset[FI_NR_MEMBERS];
};

/* fi_layout_init() writes it before the file exists; it is read-only from then on. */
extern struct fi_layout fi_layout;

int fi_layout_init(void);

static inline bool fi_has(enum fi_group group)
{
	return fi_layout.has[group];
}

#define FI_ACCESSOR(name, pointer_t)							\
static inline pointer_t fi_##name(const void *base)					\
{											\
	return (void *)base + fi_layout.offset[FI_AT_##name];				\
}

#define FI_MEMBER(group, name, type, structure, ...) FI_ACCESSOR(name, type *)
#define FI_PART(group, name, structure, ...) FI_ACCESSOR(name, char *)
#include "members.h"

/* As container_of(): the structure in which @part is the member @name of members.h */
#define fi_owner_of(part, name) ((char *)(part) - fi_layout.offset[FI_AT_##name])

#endif
