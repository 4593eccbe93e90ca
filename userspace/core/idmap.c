// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hash table from ids to indices, with open addressing.
 */
#include <stdlib.h>

#include "array.h"
#include "idmap.h"

#define MIN_SLOTS	16

static void set_size(struct idmap *map, size_t size)
{
	map->mask = size - 1;
	map->slots = xcalloc(size, sizeof(*map->slots));
	for (size_t i = 0; i < size; i++)
		map->slots[i].val = -1;
}

/**
 * idmap_init() - make a map empty and ready
 * @map: the map, to be freed with idmap_free(); its old content is not freed
 * @nr: how many keys to expect; the map grows if more are added
 */
void idmap_init(struct idmap *map, size_t nr)
{
	size_t size = MIN_SLOTS;

	while (size < nr * 2)
		size *= 2;
	set_size(map, size);
	map->nr = 0;
}

/**
 * idmap_free() - free the memory of a map
 * @map: the map; idmap_init() makes it usable again
 */
void idmap_free(struct idmap *map)
{
	free(map->slots);
	map->slots = NULL;
}

/* The slot that holds @key, or the free slot where it would go. */
static struct idmap_slot *find_slot(const struct idmap *map, uint64_t key)
{
	/*
	 * The finalizer of MurmurHash3.  A hostile file can still make keys
	 * collide, but not by merely spacing its ids evenly.
	 */
	uint64_t h = key;

	h ^= h >> 33;
	h *= 0xff51afd7ed558ccdULL;
	h ^= h >> 33;
	h *= 0xc4ceb9fe1a85ec53ULL;
	h ^= h >> 33;
	while (map->slots[h & map->mask].val >= 0 && map->slots[h & map->mask].key != key)
		h++;
	return &map->slots[h & map->mask];
}

static void grow(struct idmap *map)
{
	struct idmap_slot *old = map->slots;
	size_t size = map->mask + 1;

	set_size(map, size * 2);
	for (size_t i = 0; i < size; i++) {
		if (old[i].val >= 0)
			*find_slot(map, old[i].key) = old[i];
	}
	free(old);
}

/**
 * idmap_find() - look up a key
 * @map: the map
 * @key: the key
 *
 * Return: the index that was added for it, or -1.
 */
int idmap_find(const struct idmap *map, uint64_t key)
{
	return find_slot(map, key)->val;
}

/**
 * idmap_add() - add a key
 * @map: the map
 * @key: the key
 * @val: the index for it, not negative
 *
 * Return: the index that the map now holds for @key: @val, or the one that was
 * added before, which stays.
 */
int idmap_add(struct idmap *map, uint64_t key, int val)
{
	struct idmap_slot *slot = find_slot(map, key);

	if (slot->val >= 0)
		return slot->val;
	*slot = (struct idmap_slot){ key, val };
	if (++map->nr * 2 > map->mask)
		grow(map);
	return val;
}
