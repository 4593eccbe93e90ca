/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_PROPAGATE_H
#define FUTEXINSPECT_PROPAGATE_H

#include <stddef.h>
#include <stdint.h>

/* What holds for @from holds for @to as well. */
struct edge {
	uint32_t from;
	uint32_t to;
};

/* A directed graph. */
struct graph {
	size_t nr_nodes;
	struct edge *edges;
	size_t nr_edges;
};

void graph_init(struct graph *g, size_t nr_nodes);
void graph_free(struct graph *g);
void graph_add_edge(struct graph *g, size_t from, size_t to);
void propagate(const struct graph *g, unsigned char *levels, const unsigned char *ceilings);

#endif
