// SPDX-License-Identifier: GPL-2.0-only
/*
 * Propagation of levels along the edges of a directed graph, in time and memory that
 * are linear in its nodes and edges.
 */
#include <stdlib.h>

#include "array.h"
#include "propagate.h"

/**
 * graph_init() - make a graph without edges
 * @g: the graph; to be freed with graph_free()
 * @nr_nodes: how many nodes it has; they are numbered from 0
 */
void graph_init(struct graph *g, size_t nr_nodes)
{
	*g = (struct graph){ .nr_nodes = nr_nodes };
}

/**
 * graph_free() - free the memory of a graph
 * @g: the graph
 */
void graph_free(struct graph *g)
{
	free(g->edges);
	g->edges = NULL;
}

/**
 * graph_add_edge() - add an edge
 * @g: the graph
 * @from: a node
 * @to: a node whose level is at least that of @from
 */
void graph_add_edge(struct graph *g, size_t from, size_t to)
{
	array_push(g->edges, g->nr_edges, (struct edge){ from, to });
}

/* The targets of all edges, by source: those of node i end where those of i + 1 start. */
static uint32_t *sort_targets(const struct graph *g, size_t *start)
{
	uint32_t *targets = xcalloc(g->nr_edges, sizeof(*targets));

	for (size_t i = 0; i < g->nr_edges; i++)
		start[g->edges[i].from + 1]++;
	for (size_t i = 0; i < g->nr_nodes; i++)
		start[i + 1] += start[i];
	for (size_t i = g->nr_edges; i-- > 0; )
		targets[--start[g->edges[i].from + 1]] = g->edges[i].to;
	for (size_t i = 0; i < g->nr_nodes; i++)
		start[i] = start[i + 1];
	start[g->nr_nodes] = g->nr_edges;
	return targets;
}

/* Raise everything reachable from the nodes in @queue to @level, or to its ceiling. */
static void propagate_level(const size_t *start, const uint32_t *targets,
			    unsigned char *levels, const unsigned char *ceilings,
			    uint32_t *queue, size_t nr, int level)
{
	for (size_t i = 0; i < nr; i++) {
		for (uint32_t k = start[queue[i]]; k < start[queue[i] + 1]; k++) {
			uint32_t to = targets[k];
			int gets = ceilings[to] < level ? ceilings[to] : level;

			if (levels[to] >= gets)
				continue;
			levels[to] = gets;
			if (gets == level)
				queue[nr++] = to;
		}
	}
}

/**
 * propagate() - give each node the highest level of all nodes from which it is reachable
 * @g: the graph
 * @levels: the level that each node has by itself; receives the result
 * @ceilings: the highest level that other nodes can give to each node
 *
 * The result is the least assignment in which no node is below a node with an edge to
 * it, except where a ceiling keeps it below.
 */
void propagate(const struct graph *g, unsigned char *levels, const unsigned char *ceilings)
{
	size_t *start = xcalloc(g->nr_nodes + 1, sizeof(*start));
	uint32_t *targets = sort_targets(g, start);
	uint32_t *queue = xcalloc(g->nr_nodes, sizeof(*queue));
	int top = 0;

	for (size_t i = 0; i < g->nr_nodes; i++)
		top = levels[i] > top ? levels[i] : top;
	for (int level = top; level > 0; level--) {
		size_t nr = 0;

		for (size_t i = 0; i < g->nr_nodes; i++) {
			if (levels[i] == level)
				queue[nr++] = i;
		}
		propagate_level(start, targets, levels, ceilings, queue, nr, level);
	}
	free(start);
	free(targets);
	free(queue);
}
