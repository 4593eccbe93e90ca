/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every member of a private kernel structure that the module reads, one line each.
 * There is no include guard: layout.h and layout.c include this file with different
 * definitions of these macros, as kernel/sched/ does with its features.h.
 *
 * FI_MEMBER(group, name, type, structure, path...): fi_NAME(base) is the address of the
 * member, as a pointer to TYPE. The member must have the size of TYPE.
 *
 * FI_PART(group, name, structure, path...): the same for a member whose type the
 * module does not need; fi_NAME(base) is a pointer to char.
 *
 * GROUP: enum fi_group of layout.h; is_wanted() in layout.c decides which groups the
 * running kernel must have.
 *
 * PATH: the names that the member has had, oldest first. The first one that the running
 * kernel knows is used, so a kernel that moves or renames a member takes one more path
 * here. Lines without a comment have not changed since 5.10.
 */

/* The queues. A bucket counts its waiters before they take its lock (futex_hb_waiters_inc()). */
FI_MEMBER(FI_ALWAYS, hb_waiters, atomic_t, "futex_hash_bucket", "waiters")
FI_MEMBER(FI_ALWAYS, hb_lock, spinlock_t, "futex_hash_bucket", "lock")
FI_MEMBER(FI_ALWAYS, hb_chain, struct plist_head, "futex_hash_bucket", "chain")
FI_MEMBER(FI_ALWAYS, q_list, struct plist_node, "futex_q", "list")
FI_MEMBER(FI_ALWAYS, q_task, struct task_struct *, "futex_q", "task")
FI_MEMBER(FI_ALWAYS, q_lock_ptr, const void *, "futex_q", "lock_ptr")
FI_MEMBER(FI_ALWAYS, q_key, union futex_key, "futex_q", "key")
FI_MEMBER(FI_ALWAYS, q_bitset, u32, "futex_q", "bitset")

/* 7.2 moved it: c1ffc9c6e4f8 ("futex: Move futex task related data into a struct") */
FI_MEMBER(FI_ALWAYS, task_robust_list, void *, "task_struct",
	  "robust_list", "futex.robust_list")

/* That of a 32-bit program; moved by the same commit */
FI_MEMBER(FI_COMPAT, task_compat_robust_list, void *, "task_struct",
	  "compat_robust_list", "futex.compat_robust_list")

/* The holder of a PI futex, or NULL */
FI_MEMBER(FI_PI, q_pi_state, const char *, "futex_q", "pi_state")
FI_MEMBER(FI_PI, pi_owner, struct task_struct *, "futex_pi_state", "owner")

/* 5.16: bf69bad38cf6 ("futex: Implement sys_futex_waitv()") */
FI_PART(FI_VECTOR, v_q, "futex_vector", "q")
FI_MEMBER(FI_VECTOR, v_val, u64, "futex_vector", "w.val")
FI_MEMBER(FI_VECTOR, v_uaddr, u64, "futex_vector", "w.uaddr")

/* 6.7: 12a4be50aff3 ("futex: factor out the futex wake handling") */
FI_MEMBER(FI_WAKE, q_wake, void *, "futex_q", "wake")
/* 6.7: 8af1692616d9 ("futex: add wake_data to struct futex_q") */
FI_MEMBER(FI_WAKE, q_wake_data, const char *, "futex_q", "wake_data")

/* 6.7: 194bb58c6090 ("io_uring: add support for futex wake and wait") */
FI_PART(FI_IO_URING, io_data_q, "io_futex_data", "q")
FI_MEMBER(FI_IO_URING, io_data_req, const char *, "io_futex_data", "req")
FI_MEMBER(FI_IO_URING, io_futex_uaddr, unsigned long, "io_futex", "uaddr")
FI_MEMBER(FI_IO_URING, io_futex_val, unsigned long, "io_futex", "futex_val")
FI_PART(FI_IO_URING, req_cmd, "io_kiocb", "cmd")

/* 6.13: b6f58a3f4aa8 ("io_uring: move struct io_kiocb from task_struct to io_uring_task") */
FI_MEMBER(FI_REQUEST_TCTX, req_tctx, const char *, "io_kiocb", "tctx")
FI_MEMBER(FI_REQUEST_TCTX, tctx_task, struct task_struct *, "io_uring_task", "task")

/* What that commit removed. */
FI_MEMBER(FI_REQUEST_TASK, req_task, struct task_struct *, "io_kiocb", "task")

/* The rings that a thread has used, until they are closed and their requests have ended */
FI_MEMBER(FI_RINGS, tctx_rings, struct xarray, "io_uring_task", "xa")

/* Where threads wait that read an eventfd, or for an epoll set */
FI_MEMBER(FI_EVENTFD, eventfd_queue, wait_queue_head_t, "eventfd_ctx", "wqh")
FI_MEMBER(FI_EVENTFD, eventfd_id, int, "eventfd_ctx", "id")
FI_MEMBER(FI_EPOLL, epoll_queue, wait_queue_head_t, "eventpoll", "wq")
/* The members of the set, and the lock that they are added and removed under */
FI_MEMBER(FI_EPOLL, epoll_mutex, struct mutex, "eventpoll", "mtx")
FI_MEMBER(FI_EPOLL, epoll_tree, struct rb_root_cached, "eventpoll", "rbr")
FI_MEMBER(FI_EPOLL, epitem_node, struct rb_node, "epitem", "rbn")
FI_MEMBER(FI_EPOLL, epitem_file, struct file *, "epitem", "ffd.file")

/*
 * 6.16: 80367ad01d93 ("futex: Add basic infrastructure for local task local hash") and
 * bd54df5ea7ca ("futex: Allow to resize the private local hash"). A kernel that was built
 * with private hash tables keeps most waiters there, so they must be found.
 * 7.2 moved both members of mm_struct:
 * 1f7f4816b9b0 ("futex: Move futex related mm_struct data into a struct")
 */
FI_MEMBER(FI_PRIVATE_HASH, mm_private_hash, char *, "mm_struct",
	  "futex_phash", "futex.phash.hash")
FI_MEMBER(FI_PRIVATE_HASH, mm_private_hash_lock, struct mutex, "mm_struct",
	  "futex_hash_lock", "futex.phash.lock")
FI_MEMBER(FI_PRIVATE_HASH, ph_mask, unsigned int, "futex_private_hash", "hash_mask")
FI_PART(FI_PRIVATE_HASH, ph_queues, "futex_private_hash", "queues")

#undef FI_MEMBER
#undef FI_PART
