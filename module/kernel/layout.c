// SPDX-License-Identifier: GPL-2.0-only
/*
 * struct futex_q and the structures around it are private to kernel/futex/. They
 * change between releases and by backports, so the running kernel is asked for their
 * layout. Structures in public headers (task_struct, union futex_key) are known to the
 * compiler: vermagic guarantees that the headers are those of this kernel.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "btf.h"
#include "layout.h"

struct fi_layout fi_layout __ro_after_init;

/**
 * struct member - a member that the module reads
 * @group: the members that exist together with it
 * @type: tag of its structure
 * @paths: the names that it has had, as for fi_btf_member(), oldest first; or NULL
 * @size: size that the module reads, in bytes; 0 if that does not matter
 */
struct member {
	enum fi_group group;
	const char *type;
	const char *paths[2];
	u32 size;
};

static const struct member members[FI_NR_MEMBERS] __initconst = {
#define FI_MEMBER(group, name, type, structure, ...)					\
	[FI_AT_##name] = { group, structure, { __VA_ARGS__ }, sizeof(type) },
#define FI_PART(group, name, structure, ...)						\
	[FI_AT_##name] = { group, structure, { __VA_ARGS__ }, 0 },
#include "members.h"
};

static bool __init has_struct(const struct fi_btf *btf, const char *type)
{
	u32 size;

	return !fi_btf_struct_size(btf, type, &size);
}

static bool __init has_member(const struct fi_btf *btf, const char *type, const char *path)
{
	u32 offset, size;

	return !fi_btf_member(btf, type, path, &offset, &size);
}

/* Whether this kernel must have the members of a group; those before it are known. */
static bool __init is_wanted(const struct fi_btf *btf, enum fi_group group)
{
	switch (group) {
	case FI_ALWAYS:
		return true;
	case FI_COMPAT:
		return IS_ENABLED(CONFIG_COMPAT);
	case FI_PI:
		return IS_ENABLED(CONFIG_FUTEX_PI);
	case FI_VECTOR:
		return has_struct(btf, "futex_vector");
	case FI_WAKE:
		return has_member(btf, "futex_q", "wake");
	case FI_IO_URING:
		return fi_has(FI_WAKE) && has_struct(btf, "io_futex_data");
	case FI_REQUEST_TCTX:
		return fi_has(FI_IO_URING) && has_member(btf, "io_kiocb", "tctx");
	case FI_REQUEST_TASK:
		return fi_has(FI_IO_URING) && !fi_has(FI_REQUEST_TCTX);
	case FI_RINGS:
		return has_member(btf, "io_uring_task", "xa");
	case FI_EVENTFD:
		return has_member(btf, "eventfd_ctx", "id");
	case FI_EPOLL:
		return has_member(btf, "eventpoll", "wq") &&
		       has_member(btf, "eventpoll", "rbr") &&
		       has_member(btf, "epitem", "ffd.file");
	case FI_PRIVATE_HASH:
		/* Such a kernel keeps most waiters there: never do without. */
		return IS_ENABLED(CONFIG_FUTEX_PRIVATE_HASH);
	case FI_NR_GROUPS:
		break;
	}
	return false;
}

/* Find a member by the first of its paths that this kernel knows. */
static int __init find_member(const struct fi_btf *btf, const struct member *member,
			      u32 *offset)
{
	const char *path = NULL;
	int err = -ENOENT;
	u32 size;
	size_t i;

	for (i = 0; err && i < ARRAY_SIZE(member->paths) && member->paths[i]; i++) {
		path = member->paths[i];
		err = fi_btf_member(btf, member->type, path, offset, &size);
	}
	if (err) {
		pr_err("this kernel has no member %s in struct %s\n", path, member->type);
		return err;
	}
	if (member->size && size != member->size) {
		pr_err("struct %s: %s has %u bytes, expected %u\n",
		       member->type, path, size, member->size);
		return -EINVAL;
	}
	return 0;
}

static int __init find_layout(const struct fi_btf *btf)
{
	enum fi_group group;
	size_t i;
	int err;

	for (group = 0; group < FI_NR_GROUPS; group++)
		fi_layout.has[group] = is_wanted(btf, group);
	for (i = 0; i < FI_NR_MEMBERS; i++) {
		if (!fi_has(members[i].group))
			continue;
		err = find_member(btf, &members[i], &fi_layout.offset[i]);
		if (err)
			return err;
	}
	return fi_btf_struct_size(btf, "futex_hash_bucket", &fi_layout.hb_size);
}

/**
 * fi_layout_init() - fill in fi_layout from the running kernel
 *
 * Context: process; may sleep.
 *
 * Return: 0, or an error after a line in the kernel log that names what is
 * missing.
 */
int __init fi_layout_init(void)
{
	struct fi_btf btf;
	int err;

	err = fi_btf_load(&btf);
	if (!err)
		err = find_layout(&btf);
	fi_btf_free(&btf);
	return err;
}
