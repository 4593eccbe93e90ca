/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_REACH_H
#define FUTEXINSPECT_REACH_H

#include <stddef.h>
#include <stdint.h>

/* A directed graph: what holds of @from holds of @to as well. */
struct edge {
	uint32_t from;
	uint32_t to;
};

struct reach {
	size_t nr_nodes;
	struct edge *edges;
	size_t nr_edges;
};

void reach_init(struct reach *r, size_t nr_nodes);
void reach_free(struct reach *r);
void reach_add(struct reach *r, size_t from, size_t to);
void reach_spread(const struct reach *r, unsigned char *levels, const unsigned char *caps);

#endif
