// SPDX-License-Identifier: GPL-2.0-only
/*
 * Futexes in shared memory: finds the file that a word is in, and the mms that map it,
 * whose threads could wake a waiter. The key of the queue entry holds only the sequence
 * number of the inode. The waiter's own mapping of the word leads to the inode, and the
 * inode to all its mappings, which are looked at once for all words in it.
 *
 * All locks here are only tried for. A process that is busy with its mappings is left
 * alone, and the words of the inode are marked as not complete. So are those of a file that
 * has too many mappings, such as libc, in which anybody may wait.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/rbtree.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sort.h>

#include "compat/untagged.h"
#include "shared.h"
#include "snapshot.h"

/* How many mappings or words are dealt with before others get the CPU. */
#define FI_SHARED_BATCH	256

static bool same_key(const union futex_key *a, const union futex_key *b)
{
	return a->shared.i_seq == b->shared.i_seq && a->shared.pgoff == b->shared.pgoff &&
	       a->shared.offset == b->shared.offset;
}

/* Find the inode with a sequence number, or add it. Return its index, or an error. */
static int get_inode(struct fi_snapshot *snap, u64 seq)
{
	u32 hash = siphash_1u64(seq, &snap->hash_key);
	struct fi_inode *inode;
	size_t i;
	int err;

	for (i = fi_index_first(&snap->inodes_by_seq, hash); i; i = inode->link.next) {
		inode = &snap->inodes[i - 1];
		if (inode->seq == seq)
			return i - 1;
	}
	err = fi_reserve_indexed(snap, &snap->inodes, snap->nr_inodes, 1, sizeof(*snap->inodes),
				 &snap->max_inodes, &snap->inodes_by_seq);
	if (err)
		return err;
	inode = &snap->inodes[snap->nr_inodes];
	memset(inode, 0, sizeof(*inode));
	inode->seq = seq;
	fi_index_add(&snap->inodes_by_seq, &inode->link, hash, snap->nr_inodes);
	return snap->nr_inodes++;
}

/* Find the word with a key. Return its index, or -ENOENT. */
static int find_shared(const struct fi_snapshot *snap, const union futex_key *key, u32 hash)
{
	size_t i;

	for (i = fi_index_first(&snap->shared_by_key, hash); i; i = snap->shared[i - 1].link.next) {
		if (same_key(&snap->shared[i - 1].key, key))
			return i - 1;
	}
	return -ENOENT;
}

static int add_shared(struct fi_snapshot *snap, const union futex_key *key, u32 hash)
{
	struct fi_shared *shared;
	int inode = get_inode(snap, key->shared.i_seq);
	int err;

	if (inode < 0)
		return inode;
	err = fi_reserve_indexed(snap, &snap->shared, snap->nr_shared, 1, sizeof(*snap->shared),
				 &snap->max_shared, &snap->shared_by_key);
	if (err)
		return err;
	shared = &snap->shared[snap->nr_shared];
	memset(shared, 0, sizeof(*shared));
	shared->key = *key;
	shared->inode = inode;
	fi_index_add(&snap->shared_by_key, &shared->link, hash, snap->nr_shared);
	return snap->nr_shared++;
}

/* Find the word with a key, or add it. Return its index, or an error. */
static int get_shared(struct fi_snapshot *snap, const union futex_key *key)
{
	u32 hash = siphash_3u64(key->shared.i_seq, key->shared.pgoff, key->shared.offset,
				&snap->hash_key);
	int i = find_shared(snap, key, hash);

	return i >= 0 ? i : add_shared(snap, key, hash);
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

/* Add one of the two edges of a mapping. */
static void add_edge(struct fi_snapshot *snap, struct fi_inode *inode, unsigned long pgoff,
		     unsigned int mm, bool begins)
{
	struct fi_edge *edge = &snap->edges[snap->nr_edges++];

	edge->pgoff = pgoff;
	edge->mm = mm;
	edge->begins = begins;
	inode->nr_edges++;
}

static void add_mapping(struct fi_snapshot *snap, struct fi_inode *inode,
			struct vm_area_struct *vma)
{
	unsigned int mm = fi_add_mm(snap, vma->vm_mm);

	add_edge(snap, inode, vma->vm_pgoff, mm, true);
	add_edge(snap, inode, vma->vm_pgoff + vma_pages(vma), mm, false);
}

/* Count the mappings of an inode. Return -E2BIG if they are too many. */
static int count_mappings(const struct fi_snapshot *snap, struct address_space *mapping)
{
	struct rb_node *node;
	unsigned int nr = 0;

	for (node = rb_first_cached(&mapping->i_mmap); node; node = rb_next(node)) {
		if (++nr > snap->limits.mappings)
			return -E2BIG;
		if (nr % FI_SHARED_BATCH == 0)
			cond_resched();
	}
	return nr;
}

/*
 * Add all mappings of an inode. Return 0; or how many there are, if there is no room for
 * them; or -E2BIG. The caller holds mapping->i_mmap_rwsem, under which one may sleep.
 */
static int add_mappings(struct fi_snapshot *snap, struct fi_inode *inode,
			struct address_space *mapping)
{
	int nr = count_mappings(snap, mapping);
	struct rb_node *node;

	if (nr < 0 || snap->max_edges - snap->nr_edges < 2 * nr ||
	    snap->max_mms - snap->nr_mms < nr)
		return nr;
	for (node = rb_first_cached(&mapping->i_mmap); node; node = rb_next(node)) {
		add_mapping(snap, inode, rb_entry(node, struct vm_area_struct, shared.rb));
		if (inode->nr_edges % FI_SHARED_BATCH == 0)
			cond_resched();
	}
	return 0;
}

/* Fill in an inode from a mapping of it. Return as add_mappings() does. */
static int read_inode(struct fi_snapshot *snap, struct fi_inode *inode,
		      struct vm_area_struct *vma)
{
	struct address_space *mapping = vma->vm_file->f_mapping;
	const struct inode *from = file_inode(vma->vm_file);
	int total;

	inode->known = true;
	inode->dev = from->i_sb->s_dev;
	inode->ino = from->i_ino;
	inode->nlink = from->i_nlink;
	inode->first_edge = snap->nr_edges;
	if (!down_read_trylock(&mapping->i_mmap_rwsem))
		return 0;
	total = add_mappings(snap, inode, mapping);
	up_read(&mapping->i_mmap_rwsem);
	inode->complete = !total;
	return total;
}

/* Look for the inode in a waiter's mappings. Return as add_mappings() does. */
static int look_up_in(struct fi_snapshot *snap, struct fi_inode *inode, struct mm_struct *mm,
		      const struct fi_waiter *waiter)
{
	struct vm_area_struct *vma;
	unsigned long addr;
	int total = 0;

	if (!mmap_read_trylock(mm))
		return 0;
	addr = fi_untagged(mm, waiter->call.uaddr);
	vma = find_vma(mm, addr);
	if (vma && vma->vm_start <= addr && has_inode_key(vma, addr, &waiter->key))
		total = read_inode(snap, inode, vma);
	mmap_read_unlock(mm);
	return total;
}

/* The same, unless exit_mmap() may be freeing the mappings, which it does without a lock. */
static int look_up(struct fi_snapshot *snap, struct fi_inode *inode,
		   const struct fi_waiter *waiter)
{
	struct mm_struct *mm = snap->mms[waiter->mm - 1].mm;
	int total;

	if (!mmget_not_zero(mm))
		return 0;
	total = look_up_in(snap, inode, mm, waiter);
	mmput_async(mm);
	return total;
}

/*
 * Find an inode and its mappings by a waiter. Without room for all mappings it stays known
 * but not complete.
 */
static int resolve(struct fi_snapshot *snap, struct fi_inode *inode,
		   const struct fi_waiter *waiter)
{
	int room = 8;
	int err;

	do {
		err = fi_reserve(snap, &snap->edges, snap->nr_edges, 2 * room,
				 sizeof(*snap->edges), &snap->max_edges);
		if (!err)
			err = fi_reserve_mms(snap, room);
		if (err)
			return err == -ENOSPC ? 0 : err;
		room = look_up(snap, inode, waiter);
	} while (room > 0);
	return 0;
}

/* In the order of the pages; cond_resched() as sort() does not. */
static int compare_edges(const void *a, const void *b)
{
	const struct fi_edge *one = a, *other = b;

	cond_resched();
	return one->pgoff < other->pgoff ? -1 : one->pgoff > other->pgoff;
}

/* In the order of the inodes, and of the pages of each. */
static int compare_shared(const void *a, const void *b)
{
	const struct fi_shared *one = a, *other = b;

	cond_resched();
	if (one->inode != other->inode)
		return one->inode < other->inode ? -1 : 1;
	return one->key.shared.pgoff < other->key.shared.pgoff ? -1 :
	       one->key.shared.pgoff > other->key.shared.pgoff;
}

/**
 * struct sweep - a way through the pages of an inode, from edge to edge
 * @edge: the next edge
 * @nr_edges: edges from there on
 * @active: ids of the mms that map the page at hand
 * @nr: how many
 * @changed: whether these are others than those that were kept last
 * @first_map: index in the snapshot's maps of those that were kept last
 * @nr_kept: how many; 0 if there was no room for them
 */
struct sweep {
	const struct fi_edge *edge;
	size_t nr_edges;
	unsigned int *active;
	unsigned int nr;
	bool changed;
	size_t first_map;
	unsigned int nr_kept;
};

static void pass_edge(struct fi_snapshot *snap, struct sweep *sweep)
{
	struct fi_mm *mm = &snap->mms[sweep->edge->mm - 1];

	if (sweep->edge->begins) {
		if (!mm->nr_active++) {
			mm->active = sweep->nr;
			sweep->active[sweep->nr++] = sweep->edge->mm;
			sweep->changed = true;
		}
	} else if (!--mm->nr_active) {
		unsigned int last = sweep->active[--sweep->nr];

		sweep->active[mm->active] = last;
		snap->mms[last - 1].active = mm->active;
		sweep->changed = true;
	}
	sweep->edge++;
	sweep->nr_edges--;
}

/* Keep the mms that map the page at hand. Return 0, also if there is no room; or -ENOMEM. */
static int keep_maps(struct fi_snapshot *snap, struct sweep *sweep)
{
	int err = fi_reserve(snap, &snap->maps, snap->nr_maps, sweep->nr, sizeof(*snap->maps),
			     &snap->max_maps);

	sweep->changed = false;
	sweep->nr_kept = 0;
	sweep->first_map = snap->nr_maps;
	if (err)
		return err == -ENOSPC ? 0 : err;
	memcpy(snap->maps + snap->nr_maps, sweep->active, sweep->nr * sizeof(*snap->maps));
	snap->nr_maps += sweep->nr;
	sweep->nr_kept = sweep->nr;
	return 0;
}

/* Find the mms that map a word. Words are swept in the order of their pages. */
static int sweep_to(struct fi_snapshot *snap, struct sweep *sweep, struct fi_shared *shared)
{
	int err = 0;

	while (sweep->nr_edges && sweep->edge->pgoff <= shared->key.shared.pgoff)
		pass_edge(snap, sweep);
	if (sweep->changed)
		err = keep_maps(snap, sweep);
	shared->first_map = sweep->first_map;
	shared->nr_maps = sweep->nr_kept;
	shared->complete = sweep->nr_kept;
	return err;
}

/* Find the mms that map the @nr words of an inode, from @shared on. */
static int sweep_inode(struct fi_snapshot *snap, const struct fi_inode *inode,
		       struct fi_shared *shared, size_t nr)
{
	struct sweep sweep = {
		.edge = snap->edges + inode->first_edge,
		.nr_edges = inode->nr_edges,
		.changed = true,
	};
	size_t max = 0;
	size_t i;
	int err;

	err = fi_reserve(snap, &sweep.active, 0, inode->nr_edges / 2, sizeof(*sweep.active), &max);
	if (err)
		return err == -ENOSPC ? 0 : err;
	sort(snap->edges + inode->first_edge, inode->nr_edges, sizeof(*snap->edges),
	     compare_edges, NULL);
	for (i = 0; i < nr && !err; i++) {
		err = sweep_to(snap, &sweep, shared + i);
		if (i % FI_SHARED_BATCH == 0)
			cond_resched();
	}
	while (sweep.nr_edges)
		pass_edge(snap, &sweep);
	kvfree(sweep.active);
	snap->bytes -= max * sizeof(*sweep.active);
	return err;
}

/* Find the mms of all words. */
static int sweep_inodes(struct fi_snapshot *snap)
{
	size_t i, nr;
	int err = 0;

	sort(snap->shared, snap->nr_shared, sizeof(*snap->shared), compare_shared, NULL);
	for (i = 0; i < snap->nr_shared && !err; i += nr) {
		struct fi_shared *first = &snap->shared[i];

		for (nr = 1; i + nr < snap->nr_shared && first[nr].inode == first->inode; nr++)
			;
		if (snap->inodes[first->inode].complete)
			err = sweep_inode(snap, &snap->inodes[first->inode], first, nr);
		if (signal_pending(current))
			err = -ERESTARTSYS;
	}
	return err;
}

static bool is_shared(const struct fi_waiter *waiter)
{
	return waiter->queued == FI_QUEUED && waiter->key.both.offset & FUT_OFF_INODE &&
	       waiter->mm && waiter->call.uaddr_known;
}

/*
 * Find the word of a waiter, and its inode. @word is the index of the word of the waiter
 * before, which mostly is the same; it is updated.
 */
static int resolve_waiter(struct fi_snapshot *snap, const struct fi_waiter *waiter, int *word)
{
	struct fi_inode *inode;

	if (*word < 0 || !same_key(&snap->shared[*word].key, &waiter->key))
		*word = get_shared(snap, &waiter->key);
	/* Without a record of the word nobody knows who maps it. */
	if (*word < 0)
		return *word == -ENOSPC ? 0 : *word;
	/*
	 * After FUTEX_REQUEUE the address of the call is that of another word, and this
	 * waiter does not lead to the inode; a later one may.
	 */
	inode = &snap->inodes[snap->shared[*word].inode];
	return inode->known ? 0 : resolve(snap, inode, waiter);
}

/**
 * fi_resolve_shared() - find the inodes and the mms of the words in shared memory
 * @snap: its waiters must be described; receives the shared words, sorted, and the mms that
 *	map them, including those without a waiter
 *
 * Context: process; may sleep, but not for a lock of another process.
 *
 * Return: 0; -ENOMEM; -ERESTARTSYS if a signal is pending.
 */
int fi_resolve_shared(struct fi_snapshot *snap)
{
	int word = -ENOENT;
	size_t i;
	int err;

	for (i = 0; i < snap->nr_waiters; i++) {
		if (i % FI_SHARED_BATCH == 0) {
			cond_resched();
			if (signal_pending(current))
				return -ERESTARTSYS;
		}
		if (!is_shared(&snap->waiters[i]))
			continue;
		err = resolve_waiter(snap, &snap->waiters[i], &word);
		if (err)
			return err;
	}
	return sweep_inodes(snap);
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
