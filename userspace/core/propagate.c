// SPDX-License-Identifier: GPL-2.0-only
/*
 * What follows from what, in a directed graph: time and memory are linear in its
 * nodes and edges.
 */
#include <stdlib.h>

#include "propagate.h"
#include "snapshot.h"

/**
 * reach_init() - make a graph without edges
 * @r: the graph; to be given to reach_free()
 * @nr_nodes: its nodes have the numbers below this
 */
void reach_init(struct reach *r, size_t nr_nodes)
{
	*r = (struct reach){ .nr_nodes = nr_nodes };
}

/**
 * reach_free() - give back the memory of a graph
 * @r: the graph
 */
void reach_free(struct reach *r)
{
	free(r->edges);
	r->edges = NULL;
}

/**
 * reach_add() - add an edge
 * @r: the graph
 * @from: a node
 * @to: the node that has at least the level of @from
 */
void reach_add(struct reach *r, size_t from, size_t to)
{
	size_t n = r->nr_edges;

	if (!(n & (n - 1)))
		r->edges = xrealloc(r->edges, (n ? n * 2 : 1) * sizeof(*r->edges));
	r->edges[r->nr_edges++] = (struct edge){ from, to };
}

/* The targets of all edges, by source: those of node i end where those of i + 1 start. */
static uint32_t *sort_targets(const struct reach *r, size_t *start)
{
	uint32_t *targets = xcalloc(r->nr_edges, sizeof(*targets));

	for (size_t i = 0; i < r->nr_edges; i++)
		start[r->edges[i].from + 1]++;
	for (size_t i = 0; i < r->nr_nodes; i++)
		start[i + 1] += start[i];
	for (size_t i = r->nr_edges; i-- > 0; )
		targets[--start[r->edges[i].from + 1]] = r->edges[i].to;
	for (size_t i = 0; i < r->nr_nodes; i++)
		start[i] = start[i + 1];
	start[r->nr_nodes] = r->nr_edges;
	return targets;
}

/* Give all that is reached from the nodes of @level this level, or their cap. */
static void spread_level(const size_t *start, const uint32_t *targets, unsigned char *levels,
			 const unsigned char *caps, uint32_t *queue, size_t nr, int level)
{
	for (size_t i = 0; i < nr; i++) {
		for (uint32_t k = start[queue[i]]; k < start[queue[i] + 1]; k++) {
			uint32_t to = targets[k];
			int gets = caps[to] < level ? caps[to] : level;

			if (levels[to] >= gets)
				continue;
			levels[to] = gets;
			if (gets == level)
				queue[nr++] = to;
		}
	}
}

/**
 * reach_spread() - give each node the highest level that reaches it
 * @r: the graph
 * @levels: of each node the level that it has of its own; receives the result
 * @caps: of each node the highest level that others can give it
 *
 * That is the least assignment in which no node has less than any node with an
 * edge to it, but for the caps.
 */
void reach_spread(const struct reach *r, unsigned char *levels, const unsigned char *caps)
{
	size_t *start = xcalloc(r->nr_nodes + 1, sizeof(*start));
	uint32_t *targets = sort_targets(r, start);
	uint32_t *queue = xcalloc(r->nr_nodes, sizeof(*queue));
	int top = 0;

	for (size_t i = 0; i < r->nr_nodes; i++)
		top = levels[i] > top ? levels[i] : top;
	for (int level = top; level > 0; level--) {
		size_t nr = 0;

		for (size_t i = 0; i < r->nr_nodes; i++) {
			if (levels[i] == level)
				queue[nr++] = i;
		}
		spread_level(start, targets, levels, caps, queue, nr, level);
	}
	free(start);
	free(targets);
	free(queue);
}
