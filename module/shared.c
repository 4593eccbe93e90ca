// SPDX-License-Identifier: GPL-2.0-only
/*
 * Futexes in shared memory: which file the word is in, and which address spaces map
 * it, so that their threads can be named as those who may wake it. The key that the
 * kernel queues such a waiter under holds only a number of the inode; the inode is
 * found by the waiter's own mapping of the word, and who else maps it by the inode.
 *
 * All locks here are only tried for: a process that is busy with its mappings is
 * left alone, and what was not looked at is marked as not complete.
 */
#include <linux/fs.h>
#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/rbtree.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>

#include "shared.h"
#include "snapshot.h"
#include "compat/untagged.h"

static bool same_key(const union futex_key *a, const union futex_key *b)
{
	return a->shared.i_seq == b->shared.i_seq && a->shared.pgoff == b->shared.pgoff &&
	       a->shared.offset == b->shared.offset;
}

static unsigned int *hash_slot(struct fi_snapshot *snap, const union futex_key *key)
{
	return &snap->shared_by_key[hash_64(key->shared.i_seq ^ key->shared.pgoff,
					    FI_HASH_BITS)];
}

/* The record of the key of a waiter, a new one if need be. Return NULL if out of memory. */
static struct fi_shared *get_shared(struct fi_snapshot *snap, const struct fi_waiter *waiter)
{
	unsigned int *slot = hash_slot(snap, &waiter->key);
	struct fi_shared *shared;
	size_t i;

	for (i = *slot; i; i = snap->shared[i - 1].next) {
		if (same_key(&snap->shared[i - 1].key, &waiter->key))
			return &snap->shared[i - 1];
	}
	if (fi_reserve(&snap->shared, snap->nr_shared, 1, sizeof(*snap->shared),
		       &snap->max_shared))
		return NULL;
	shared = &snap->shared[snap->nr_shared++];
	memset(shared, 0, sizeof(*shared));
	shared->key = waiter->key;
	shared->next = *slot;
	*slot = snap->nr_shared;
	return shared;
}

/*
 * Whether the word at @addr, in @vma, has the shared key @key: the rules are
 * those of get_futex_key(). The index is in small pages, also for hugetlb.
 */
static bool has_inode_key(const struct vm_area_struct *vma, unsigned long addr,
			  const union futex_key *key)
{
	unsigned long index = ((addr - vma->vm_start) >> PAGE_SHIFT) + vma->vm_pgoff;

	return vma->vm_file &&
	       atomic64_read(&file_inode(vma->vm_file)->i_sequence) == key->shared.i_seq &&
	       index == key->shared.pgoff &&
	       offset_in_page(addr) == (key->shared.offset & ~3U);
}

/* Whether a mapping of the inode has the page of the key. */
static bool maps_page(struct vm_area_struct *vma, unsigned long pgoff)
{
	return vma->vm_pgoff <= pgoff && pgoff - vma->vm_pgoff < vma_pages(vma);
}

/* Add an address space to those that map the word, if it is not there already. */
static bool note_map(struct fi_snapshot *snap, struct fi_shared *shared, struct mm_struct *mm)
{
	size_t word = shared - snap->shared + 1;
	unsigned int space = fi_add_space(snap, mm);

	if (!space)
		return false;
	if (snap->spaces[space - 1].mapped == word)
		return true;
	if (shared->first_map + shared->nr_maps == snap->max_maps)
		return false;
	snap->spaces[space - 1].mapped = word;
	snap->maps[shared->first_map + shared->nr_maps++] = space;
	return true;
}

/*
 * Note the address spaces that map the page. Return 0, or if there is no room for them
 * all, how many mappings there are. The caller holds mapping->i_mmap_rwsem.
 */
static size_t note_maps(struct fi_snapshot *snap, struct fi_shared *shared,
			struct address_space *mapping)
{
	struct rb_node *node;
	size_t total = 0;
	bool fits = true;

	for (node = rb_first_cached(&mapping->i_mmap); node; node = rb_next(node)) {
		struct vm_area_struct *vma = rb_entry(node, struct vm_area_struct, shared.rb);

		if (!maps_page(vma, shared->key.shared.pgoff))
			continue;
		total++;
		fits = fits && note_map(snap, shared, vma->vm_mm);
	}
	return fits ? 0 : total;
}

/* Read what the inode of a mapping tells. Return as note_maps(). */
static size_t read_inode(struct fi_snapshot *snap, struct fi_shared *shared,
			 struct vm_area_struct *vma)
{
	struct inode *inode = file_inode(vma->vm_file);
	struct address_space *mapping = vma->vm_file->f_mapping;
	size_t total;

	shared->known = true;
	shared->complete = false;
	shared->dev = inode->i_sb->s_dev;
	shared->ino = inode->i_ino;
	shared->nlink = inode->i_nlink;
	if (!down_read_trylock(&mapping->i_mmap_rwsem))
		return 0;
	total = note_maps(snap, shared, mapping);
	shared->complete = !total;
	up_read(&mapping->i_mmap_rwsem);
	return total;
}

/* Look the word up in the mappings of a waiter. Return as note_maps(). */
static size_t look_up_in(struct fi_snapshot *snap, struct fi_shared *shared,
			 struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma;
	size_t total = 0;

	if (!mmap_read_trylock(mm))
		return 0;
	addr = fi_untagged(mm, addr);
	vma = find_vma(mm, addr);
	if (vma && vma->vm_start <= addr && has_inode_key(vma, addr, &shared->key))
		total = read_inode(snap, shared, vma);
	mmap_read_unlock(mm);
	return total;
}

/* The same, if the waiter still has mappings: exit_mmap() frees them without a lock. */
static size_t look_up(struct fi_snapshot *snap, struct fi_shared *shared,
		      const struct fi_waiter *waiter)
{
	struct mm_struct *mm = snap->spaces[waiter->space - 1].mm;
	size_t total;

	if (!mmget_not_zero(mm))
		return 0;
	total = look_up_in(snap, shared, mm, waiter->call.uaddr);
	mmput_async(mm);
	return total;
}

/*
 * Another word in the same page is mapped by the same: there may be thousands. Return
 * whether one was found out about already.
 */
static bool copy_neighbour(struct fi_snapshot *snap, struct fi_shared *shared)
{
	const struct fi_shared *other;
	size_t i;

	for (i = *hash_slot(snap, &shared->key); i; i = other->next) {
		other = &snap->shared[i - 1];
		if (!other->known || other->key.shared.i_seq != shared->key.shared.i_seq ||
		    other->key.shared.pgoff != shared->key.shared.pgoff)
			continue;
		shared->known = true;
		shared->dev = other->dev;
		shared->ino = other->ino;
		shared->nlink = other->nlink;
		shared->first_map = other->first_map;
		shared->nr_maps = other->nr_maps;
		shared->complete = other->complete;
		return true;
	}
	return false;
}

/* Find out about one key, by one of its waiters. */
static int resolve(struct fi_snapshot *snap, struct fi_shared *shared,
		   const struct fi_waiter *waiter)
{
	size_t room = 4;
	int err;

	shared->first_map = snap->nr_maps;
	do {
		err = fi_reserve(&snap->maps, snap->nr_maps + shared->nr_maps, room,
				 sizeof(*snap->maps), &snap->max_maps);
		if (!err)
			err = fi_reserve(&snap->spaces, snap->nr_spaces, room,
					 sizeof(*snap->spaces), &snap->max_spaces);
		if (err)
			return err;
		room = look_up(snap, shared, waiter);
	} while (room);
	snap->nr_maps += shared->nr_maps;
	return 0;
}

static bool is_shared(const struct fi_waiter *waiter)
{
	return waiter->queued == FI_QUEUED && waiter->key.both.offset & FUT_OFF_INODE &&
	       waiter->space && waiter->call.uaddr_known;
}

/**
 * fi_resolve_shared() - find out about the words in shared memory
 * @snap: its waiters must be described and in address spaces; takes the keys, and
 *	the address spaces that map them, also those in which nobody waits
 *
 * Context: process; may sleep, but not on a lock of another process.
 *
 * Return: 0; -ENOMEM; -EINTR if a signal is pending.
 */
int fi_resolve_shared(struct fi_snapshot *snap)
{
	size_t i;
	int err;

	for (i = 0; i < snap->nr_waiters; i++) {
		struct fi_waiter *waiter = &snap->waiters[i];
		struct fi_shared *shared;

		if (!is_shared(waiter))
			continue;
		shared = get_shared(snap, waiter);
		if (!shared)
			return -ENOMEM;
		/* A requeued one does not map the word where its call says. */
		if (!shared->known && !copy_neighbour(snap, shared)) {
			err = resolve(snap, shared, waiter);
			if (err)
				return err;
		}
		cond_resched();
		if (signal_pending(current))
			return -EINTR;
	}
	return 0;
}

/**
 * fi_shared_address() - where a waiter's own process has its shared word
 * @waiter: a waiter with an inode's key
 * @vma: the mapping that the address of its call is in
 *
 * Context: under the lock of the mappings.
 *
 * Return: that address, if the word there has the key; else 0: it was requeued.
 */
unsigned long fi_shared_address(const struct fi_waiter *waiter,
				const struct vm_area_struct *vma)
{
	unsigned long addr = fi_untagged(vma->vm_mm, waiter->call.uaddr);

	return has_inode_key(vma, addr, &waiter->key) ? waiter->call.uaddr : 0;
}
