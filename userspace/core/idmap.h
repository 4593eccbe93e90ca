/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_IDMAP_H
#define FUTEXINSPECT_IDMAP_H

#include <stddef.h>
#include <stdint.h>

/* A hash table from 64-bit keys to indices. */
struct idmap {
	struct idmap_slot {
		uint64_t key;
		int val;	/* -1: the slot is free */
	} *slots;
	size_t mask;
	size_t nr;
};

void idmap_init(struct idmap *map, size_t nr);
void idmap_free(struct idmap *map);
int idmap_find(const struct idmap *map, uint64_t key);
int idmap_add(struct idmap *map, uint64_t key, int val);

#endif
