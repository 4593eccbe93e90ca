/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_LAYOUT_H
#define FI_LAYOUT_H

#include <linux/types.h>

/**
 * struct fi_layout - where the futex code's private structures keep things
 * @hb_size: size of struct futex_hash_bucket
 * @hb_waiters: atomic_t: how many wait, or are about to, in this bucket
 * @hb_lock: spinlock_t of the bucket
 * @hb_chain: struct plist_head of its struct futex_q
 * @q_list: struct plist_node of the queue entry
 * @q_task: the thread that waits
 * @q_lock_ptr: address of the lock of the bucket that the entry is in
 * @q_key: union futex_key, which is public
 * @q_bitset: bitset of the wait
 * @q_pi_state: address of its struct futex_pi_state, or NULL
 * @pi_owner: in struct futex_pi_state: the thread that owns the lock, or NULL
 * @task_robust_list: in struct task_struct: user address of the robust list, or NULL
 * @has_wake: an entry may wake something else than a thread (6.7)
 * @q_wake: address of the function that wakes it
 * @q_wake_data: for that function
 * @has_io_uring: io_uring requests may wait on futexes
 * @io_data_q: in struct io_futex_data: its struct futex_q
 * @io_data_req: the request, address of its struct io_kiocb
 * @io_futex_uaddr: in struct io_futex: address of the word, as the user gave it
 * @io_futex_val: the value expected in it, unsigned long
 * @req_cmd: in struct io_kiocb: a struct io_futex
 * @req_tctx: address of its struct io_uring_task, if @has_tctx
 * @req_task: the thread that submitted it, if not @has_tctx
 * @tctx_task: in struct io_uring_task: that thread
 * @has_tctx: which of both ways to the thread there is
 * @has_vector: there is a struct futex_vector (futex_waitv(), 5.16)
 * @v_q: in struct futex_vector: its struct futex_q
 * @v_val: the value expected in this word, 64 bits
 * @v_uaddr: the address of this word, 64 bits
 * @has_private_hash: private futexes have a hash table in each process (6.16)
 * @mm_private_hash: in struct mm_struct: address of its struct futex_private_hash
 * @mm_private_hash_lock: in struct mm_struct: struct mutex against its replacement
 * @ph_mask: in struct futex_private_hash: number of buckets less one; 0 for none
 * @ph_queues: the buckets
 *
 * All offsets are in bytes from the start of the structure.
 */
struct fi_layout {
	u32 hb_size;
	u32 hb_waiters;
	u32 hb_lock;
	u32 hb_chain;
	u32 q_list;
	u32 q_task;
	u32 q_lock_ptr;
	u32 q_key;
	u32 q_bitset;
	u32 q_pi_state;
	u32 pi_owner;
	u32 task_robust_list;
	bool has_wake;
	u32 q_wake;
	u32 q_wake_data;
	bool has_io_uring;
	u32 io_data_q;
	u32 io_data_req;
	u32 io_futex_uaddr;
	u32 io_futex_val;
	u32 req_cmd;
	bool has_tctx;
	u32 req_tctx;
	u32 req_task;
	u32 tctx_task;
	bool has_vector;
	u32 v_q;
	u32 v_val;
	u32 v_uaddr;
	bool has_private_hash;
	u32 mm_private_hash;
	u32 mm_private_hash_lock;
	u32 ph_mask;
	u32 ph_queues;
};

/* Written once by fi_layout_init(), before the file exists; then read only. */
extern struct fi_layout fi_layout;

int fi_layout_init(void);

/* The member at @offset bytes into @base, as an address of @type. */
#define fi_member(base, offset, type) ((type *)((char *)(base) + (offset)))

#endif
