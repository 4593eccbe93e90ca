// SPDX-License-Identifier: GPL-2.0-only
/*
 * Futexes in shared memory: finds the file that a word is in, and the mms that map it,
 * whose threads could wake a waiter. The key of the queue entry holds only the sequence
 * number of the inode. The waiter's own mapping of the word leads to the inode, and the
 * inode to all its mappings.
 *
 * All locks here are only tried for. A process that is busy with its mappings is left
 * alone, and the word is marked as not complete.
 */
#include <linux/fs.h>
#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/rbtree.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>

#include "compat/untagged.h"
#include "shared.h"
#include "snapshot.h"

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

/* Return the record of a waiter's key, which may be new; NULL if out of memory. */
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
 * Whether the word at @addr in @vma has the key @key, by the rules of get_futex_key().
 * The index counts pages of PAGE_SIZE, also in hugetlb.
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

/* Whether a mapping of the inode includes page @pgoff of it. */
static bool maps_page(struct vm_area_struct *vma, unsigned long pgoff)
{
	return vma->vm_pgoff <= pgoff && pgoff - vma->vm_pgoff < vma_pages(vma);
}

/*
 * Add an mm to those that map the word, unless it is there already. Return false if
 * there is no room.
 */
static bool add_map(struct fi_snapshot *snap, struct fi_shared *shared, struct mm_struct *mm)
{
	size_t word = shared - snap->shared + 1;
	unsigned int id = fi_add_mm(snap, mm);

	if (!id)
		return false;
	if (snap->mms[id - 1].mapped == word)
		return true;
	if (shared->first_map + shared->nr_maps == snap->max_maps)
		return false;
	snap->mms[id - 1].mapped = word;
	snap->maps[shared->first_map + shared->nr_maps++] = id;
	return true;
}

/*
 * Add all mms that map the page of the word. Return 0, or the number of mappings if there
 * is no room for them. The caller holds mapping->i_mmap_rwsem.
 */
static size_t add_maps(struct fi_snapshot *snap, struct fi_shared *shared,
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
		fits = fits && add_map(snap, shared, vma->vm_mm);
	}
	return fits ? 0 : total;
}

/* Fill in a shared word from the inode of its mapping. Return as add_maps() does. */
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
	total = add_maps(snap, shared, mapping);
	shared->complete = !total;
	up_read(&mapping->i_mmap_rwsem);
	return total;
}

/* Look the word up in a waiter's mappings. Return as add_maps() does. */
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

/* The same, unless exit_mmap() may be freeing the mappings, which it does without a lock. */
static size_t look_up(struct fi_snapshot *snap, struct fi_shared *shared,
		      const struct fi_waiter *waiter)
{
	struct mm_struct *mm = snap->mms[waiter->mm - 1].mm;
	size_t total;

	if (!mmget_not_zero(mm))
		return 0;
	total = look_up_in(snap, shared, mm, waiter->call.uaddr);
	mmput_async(mm);
	return total;
}

/*
 * Copy the results of another word in the same page, which the same mms map: there may be
 * thousands of such words. Return false if none has been resolved yet.
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

/* Find the inode and the mms of a shared word by one of its waiters. */
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
			err = fi_reserve_mms(snap, room);
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
	       waiter->mm && waiter->call.uaddr_known;
}

/**
 * fi_resolve_shared() - find the inodes and the mms of the words in shared memory
 * @snap: its waiters must be described; receives the shared words and the mms that map
 *	them, including those without a waiter
 *
 * Context: process; may sleep, but not for a lock of another process.
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
		/*
		 * After FUTEX_REQUEUE the address of the call is that of another word,
		 * and this waiter does not lead to the inode; a later one may.
		 */
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
 * fi_shared_address() - the address of a waiter's shared word in its own process
 * @waiter: a waiter with the key of an inode
 * @vma: the mapping that contains the address of its call
 *
 * Context: the caller holds mmap_lock of @vma's mm.
 *
 * Return: the address of the call if the word there has the key of the waiter; 0 if it
 * has not, because the waiter was requeued.
 */
unsigned long fi_shared_address(const struct fi_waiter *waiter,
				const struct vm_area_struct *vma)
{
	unsigned long addr = fi_untagged(vma->vm_mm, waiter->call.uaddr);

	return has_inode_key(vma, addr, &waiter->key) ? waiter->call.uaddr : 0;
}
