/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds records of an array by what they are about. The chains link indices, since the
 * array moves as it grows; an index is kept + 1, so that 0 ends a chain.
 *
 * A hash of something that users choose has a key that they do not know.
 */
#ifndef FI_INDEX_H
#define FI_INDEX_H

#include <linux/siphash.h>
#include <linux/types.h>

/**
 * struct fi_link - the part of a record that an index needs, which is the first one
 * @hash: hash of what the record is about
 * @next: index + 1 of the next record of the same chain
 */
struct fi_link {
	u32 hash;
	u32 next;
};

/**
 * struct fi_index - the chains
 * @heads: index + 1 of the first record of each chain
 * @nr: number of chains, a power of two; 0 at first
 */
struct fi_index {
	u32 *heads;
	size_t nr;
};

/* Index + 1 of the first record that may have a hash, or 0. */
static inline u32 fi_index_first(const struct fi_index *index, u32 hash)
{
	return index->nr ? index->heads[hash & (index->nr - 1)] : 0;
}

/**
 * fi_index_add() - add a record
 * @index: the index, with at least one chain
 * @link: the link of the record
 * @hash: its hash
 * @i: index of the record in its array
 *
 * Context: any.
 */
static inline void fi_index_add(struct fi_index *index, struct fi_link *link, u32 hash, size_t i)
{
	u32 *head = &index->heads[hash & (index->nr - 1)];

	link->hash = hash;
	link->next = *head;
	*head = i + 1;
}

#endif
