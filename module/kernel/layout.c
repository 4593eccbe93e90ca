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

static const struct wanted_member wanted_pi[] __initconst = {
	{ "futex_q", "pi_state", sizeof(void *), &fi_layout.q_pi_state },
	{ "futex_pi_state", "owner", sizeof(void *), &fi_layout.pi_owner },
};

/* 6.7, 12a4be50aff3 */
static const struct wanted_member wanted_wake[] __initconst = {
	{ "futex_q", "wake", sizeof(void *), &fi_layout.q_wake },
	{ "futex_q", "wake_data", sizeof(void *), &fi_layout.q_wake_data },
};

/* 6.7, 194bb58c6090 */
static const struct wanted_member wanted_io_uring[] __initconst = {
	{ "io_futex_data", "q", 0, &fi_layout.io_data_q },
	{ "io_futex_data", "req", sizeof(void *), &fi_layout.io_data_req },
	{ "io_futex", "uaddr", sizeof(void *), &fi_layout.io_futex_uaddr },
	{ "io_futex", "futex_val", sizeof(unsigned long), &fi_layout.io_futex_val },
	{ "io_kiocb", "cmd", 0, &fi_layout.req_cmd },
};

/* 6.14, b6f58a3f4aa8 */
static const struct wanted_member wanted_tctx[] __initconst = {
	{ "io_kiocb", "tctx", sizeof(void *), &fi_layout.req_tctx },
	{ "io_uring_task", "task", sizeof(void *), &fi_layout.tctx_task },
};

static const struct wanted_member wanted_req_task[] __initconst = {
	{ "io_kiocb", "task", sizeof(void *), &fi_layout.req_task },
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

static const struct wanted_member wanted_robust_list[] __initconst = {
	{ "task_struct", "robust_list", sizeof(void *), &fi_layout.task_robust_list },
};

static const struct wanted_member wanted_futex_robust_list[] __initconst = {
	{ "task_struct", "futex.robust_list", sizeof(void *), &fi_layout.task_robust_list },
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

/* 7.2 keeps it in a struct futex_sched_data. */
static int __init find_robust_list(const struct fi_btf *btf)
{
	if (has_member(btf, "task_struct", "robust_list"))
		return find_members(btf, wanted_robust_list, ARRAY_SIZE(wanted_robust_list));
	return find_members(btf, wanted_futex_robust_list,
			    ARRAY_SIZE(wanted_futex_robust_list));
}

/* Without io_uring, or before 6.7, nothing but threads waits. */
static int __init find_io_uring(const struct fi_btf *btf)
{
	u32 size;
	int err;

	fi_layout.has_wake = has_member(btf, "futex_q", "wake");
	if (!fi_layout.has_wake)
		return 0;
	err = find_members(btf, wanted_wake, ARRAY_SIZE(wanted_wake));
	if (err || fi_btf_struct_size(btf, "io_futex_data", &size))
		return err;
	fi_layout.has_io_uring = true;
	err = find_members(btf, wanted_io_uring, ARRAY_SIZE(wanted_io_uring));
	if (err)
		return err;
	fi_layout.has_tctx = has_member(btf, "io_kiocb", "tctx");
	if (fi_layout.has_tctx)
		return find_members(btf, wanted_tctx, ARRAY_SIZE(wanted_tctx));
	return find_members(btf, wanted_req_task, ARRAY_SIZE(wanted_req_task));
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
	if (!err && IS_ENABLED(CONFIG_FUTEX_PI))
		err = find_members(btf, wanted_pi, ARRAY_SIZE(wanted_pi));
	if (!err)
		err = find_robust_list(btf);
	if (!err)
		err = find_io_uring(btf);
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
