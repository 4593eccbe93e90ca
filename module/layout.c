// SPDX-License-Identifier: GPL-2.0-only
/*
 * struct futex_q and its kin are private to kernel/futex/ and change between
 * releases and by backports, so where their members are is asked of the kernel
 * that runs. What is in public headers (task_struct, union futex_key) is known
 * to the compiler: vermagic guarantees that those headers are this kernel's.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mutex.h> /* which linux/futex.h of 6.12 needs */
#include <linux/futex.h>
#include <linux/plist.h>
#include <linux/spinlock.h>

#include "btf.h"
#include "layout.h"

struct fi_layout fi_layout __ro_after_init;

/* A member that the module reads, and the size that it reads there. */
struct wanted_member {
	const char *type;
	const char *path;
	u32 size;
	u32 *offset;
};

static const struct wanted_member wanted[] __initconst = {
	{ "futex_hash_bucket", "waiters", sizeof(atomic_t), &fi_layout.hb_waiters },
	{ "futex_hash_bucket", "lock", sizeof(spinlock_t), &fi_layout.hb_lock },
	{ "futex_hash_bucket", "chain", sizeof(struct plist_head), &fi_layout.hb_chain },
	{ "futex_q", "list", sizeof(struct plist_node), &fi_layout.q_list },
	{ "futex_q", "task", sizeof(void *), &fi_layout.q_task },
	{ "futex_q", "lock_ptr", sizeof(void *), &fi_layout.q_lock_ptr },
	{ "futex_q", "key", sizeof(union futex_key), &fi_layout.q_key },
	{ "futex_q", "bitset", sizeof(u32), &fi_layout.q_bitset },
};

static const struct wanted_member wanted_vector[] __initconst = {
	{ "futex_vector", "q", 0, &fi_layout.v_q },
	{ "futex_vector", "w.val", sizeof(u64), &fi_layout.v_val },
	{ "futex_vector", "w.uaddr", sizeof(u64), &fi_layout.v_uaddr },
};

static const struct wanted_member wanted_private_hash[] __initconst = {
	{ "futex_private_hash", "hash_mask", sizeof(unsigned int), &fi_layout.ph_mask },
	{ "futex_private_hash", "queues", 0, &fi_layout.ph_queues },
};

/* 6.16, bd54df5ea7ca */
static const struct wanted_member wanted_mm[] __initconst = {
	{ "mm_struct", "futex_phash", sizeof(void *), &fi_layout.mm_private_hash },
	{ "mm_struct", "futex_hash_lock", sizeof(struct mutex),
	  &fi_layout.mm_private_hash_lock },
};

/* 7.2 keeps all that is futex's in a struct futex_mm_data. */
static const struct wanted_member wanted_mm_data[] __initconst = {
	{ "mm_struct", "futex.phash.hash", sizeof(void *), &fi_layout.mm_private_hash },
	{ "mm_struct", "futex.phash.lock", sizeof(struct mutex),
	  &fi_layout.mm_private_hash_lock },
};

static int __init find_members(const struct fi_btf *btf,
			       const struct wanted_member *want, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++, want++) {
		u32 size;

		if (fi_btf_member(btf, want->type, want->path, want->offset, &size)) {
			pr_err("this kernel has no member %s in struct %s\n",
			       want->path, want->type);
			return -ENOENT;
		}
		if (want->size && size != want->size) {
			pr_err("struct %s: %s has %u bytes, expected %u\n",
			       want->type, want->path, size, want->size);
			return -EINVAL;
		}
	}
	return 0;
}

static bool __init has_member(const struct fi_btf *btf, const char *type, const char *path)
{
	u32 offset, size;

	return !fi_btf_member(btf, type, path, &offset, &size);
}

/*
 * This kernel was built with private hash tables: not to find them would be to
 * miss most waiters.
 */
static int __init find_private_hash(const struct fi_btf *btf)
{
	int err = find_members(btf, wanted_private_hash, ARRAY_SIZE(wanted_private_hash));

	if (err)
		return err;
	fi_layout.has_private_hash = true;
	if (has_member(btf, "mm_struct", "futex_phash"))
		return find_members(btf, wanted_mm, ARRAY_SIZE(wanted_mm));
	return find_members(btf, wanted_mm_data, ARRAY_SIZE(wanted_mm_data));
}

static int __init find_layout(const struct fi_btf *btf)
{
	u32 size;
	int err;

	err = find_members(btf, wanted, ARRAY_SIZE(wanted));
	if (err)
		return err;
	err = fi_btf_struct_size(btf, "futex_hash_bucket", &fi_layout.hb_size);
	if (err)
		return err;
	fi_layout.has_vector = !fi_btf_struct_size(btf, "futex_vector", &size);
	if (fi_layout.has_vector)
		err = find_members(btf, wanted_vector, ARRAY_SIZE(wanted_vector));
	if (!err && IS_ENABLED(CONFIG_FUTEX_PRIVATE_HASH))
		err = find_private_hash(btf);
	return err;
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
