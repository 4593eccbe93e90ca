// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes a drawing for dot(1).
 *
 * Nodes that are stuck have two borders, and arrows of a cycle are thick: both are red, too.
 */
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "dot.h"
#include "unicode.h"

/**
 * dot_add_node() - add a node
 * @d: the drawing
 * @cluster: that it is in, or -1
 * @stuck: it is shown as stuck
 * @attributes: besides the label; a literal
 * @label: escaped text, with newlines
 *
 * Return: its number.
 */
size_t dot_add_node(struct dot *d, int cluster, bool stuck, const char *attributes,
		    const char *label)
{
	struct dot_node node = {
		.attributes = attributes, .label = strdup(label), .cluster = cluster, .stuck = stuck,
	};

	array_push(d->nodes, d->nr_nodes, node);
	return d->nr_nodes - 1;
}

/**
 * dot_set_tooltip() - set what is shown when somebody points at a node
 * @d: the drawing
 * @node: number of the node
 * @text: escaped text, with newlines, from malloc(); it belongs to the drawing then
 */
void dot_set_tooltip(struct dot *d, size_t node, char *text)
{
	free(d->nodes[node].tooltip);
	d->nodes[node].tooltip = text;
}

/**
 * dot_add_arrow() - add an arrow
 * @d: the drawing
 * @from: number of the node that waits ...
 * @to: ... for this one
 * @style: one of dot's styles of lines; a literal
 * @label: escaped text
 */
void dot_add_arrow(struct dot *d, size_t from, size_t to, const char *style, const char *label)
{
	struct dot_arrow arrow = { .from = from, .to = to, .style = style };

	snprintf(arrow.label, sizeof(arrow.label), "%s", label);
	array_push(d->arrows, d->nr_arrows, arrow);
}

/**
 * dot_put_text() - write text in a quoted string, in UTF-8
 * @out: where to
 * @text: escaped text, with newlines
 */
void dot_put_text(FILE *out, const char *text)
{
	while (*text) {
		char c[MAX_UTF8];
		size_t len = unescape_char(text, c);

		if (len) {
			fwrite(c, 1, len, out);
			text += len * ESCAPE_LEN;
			continue;
		}
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		if (*text == '\n')
			fputs("\\n", out);
		else
			fputc(*text, out);
		text++;
	}
}

/*
 * Cycles: the strongly connected components of the arrows between stuck nodes, by Tarjan's
 * algorithm, with an explicit stack since a chain may have any length.
 */

struct search {
	const struct dot *d;
	/* For each node: */
	size_t *start;		/* its first arrow, since they are sorted */
	size_t *next;		/* the arrow to follow next */
	size_t *order;		/* when it was reached; 0: not yet */
	size_t *low;		/* the earliest node that it leads back to */
	size_t *component;	/* 0: not known yet */
	size_t *path;
	size_t *pending;	/* nodes that were reached and have no component */
	size_t nr_pending;
	size_t clock;
};

static int compare_arrows(const void *x, const void *y)
{
	const struct dot_arrow *a = x, *b = y;

	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	if (a->to != b->to)
		return a->to < b->to ? -1 : 1;
	return strcmp(a->label, b->label);
}

/* Sort the arrows, and leave one of those that say the same. */
static void sort_arrows(struct dot *d)
{
	size_t nr = 0;

	if (d->nr_arrows)
		qsort(d->arrows, d->nr_arrows, sizeof(*d->arrows), compare_arrows);
	for (size_t i = 0; i < d->nr_arrows; i++) {
		if (!nr || compare_arrows(&d->arrows[nr - 1], &d->arrows[i]))
			d->arrows[nr++] = d->arrows[i];
	}
	d->nr_arrows = nr;
}

static void enter(struct search *se, size_t node, size_t *depth)
{
	se->order[node] = se->low[node] = ++se->clock;
	se->next[node] = se->start[node];
	se->pending[se->nr_pending++] = node;
	se->path[(*depth)++] = node;
}

static void leave(struct search *se, size_t node, size_t *depth)
{
	size_t member;

	--*depth;
	if (*depth && se->low[node] < se->low[se->path[*depth - 1]])
		se->low[se->path[*depth - 1]] = se->low[node];
	if (se->low[node] != se->order[node])
		return;
	do {
		member = se->pending[--se->nr_pending];
		se->component[member] = se->order[node];
	} while (member != node);
}

static void search_from(struct search *se, size_t root)
{
	size_t depth = 0;

	enter(se, root, &depth);
	while (depth) {
		size_t node = se->path[depth - 1], to;

		if (se->next[node] == se->start[node + 1]) {
			leave(se, node, &depth);
			continue;
		}
		to = se->d->arrows[se->next[node]++].to;
		if (!se->d->nodes[to].stuck)
			continue;
		if (!se->order[to])
			enter(se, to, &depth);
		else if (!se->component[to] && se->order[to] < se->low[node])
			se->low[node] = se->order[to];
	}
}

/* The arrows are sorted.  Return: the component of each node, to be freed. */
static size_t *find_components(const struct dot *d)
{
	size_t nr = d->nr_nodes, *all = xcalloc(6 * nr + 1, sizeof(*all));
	struct search se = {
		.d = d, .start = all, .next = all + nr + 1, .order = all + 2 * nr + 1,
		.low = all + 3 * nr + 1, .path = all + 4 * nr + 1, .pending = all + 5 * nr + 1,
		.component = xcalloc(nr, sizeof(*se.component)),
	};

	for (size_t i = 0; i < d->nr_arrows; i++)
		se.start[d->arrows[i].from + 1]++;
	for (size_t i = 0; i < nr; i++)
		se.start[i + 1] += se.start[i];
	for (size_t i = 0; i < nr; i++) {
		if (!se.order[i] && d->nodes[i].stuck)
			search_from(&se, i);
	}
	free(all);
	return se.component;
}

static void put_arrows(FILE *out, const struct dot *d)
{
	size_t *component = find_components(d);

	for (size_t i = 0; i < d->nr_arrows; i++) {
		const struct dot_arrow *arrow = &d->arrows[i];
		bool stuck = d->nodes[arrow->from].stuck && d->nodes[arrow->to].stuck;
		bool cycle = stuck && component[arrow->from] == component[arrow->to];

		fprintf(out, "\tn%zu -> n%zu [label=\"", arrow->from, arrow->to);
		dot_put_text(out, arrow->label);
		fprintf(out, "\", style=%s%s%s];\n", cycle ? "bold" : arrow->style,
			stuck ? ", color=red" : "", cycle ? ", penwidth=3" : "");
	}
	free(component);
}

static void put_node(FILE *out, const struct dot *d, size_t i, const char *indent)
{
	const struct dot_node *node = &d->nodes[i];

	fprintf(out, "%sn%zu [label=\"", indent, i);
	dot_put_text(out, node->label);
	if (node->tooltip) {
		fputs("\", tooltip=\"", out);
		dot_put_text(out, node->tooltip);
	}
	fprintf(out, "\", %s%s];\n", node->attributes,
		node->stuck ? ", color=red, peripheries=2" : "");
}

struct placed {
	int cluster;
	size_t node;
	size_t first;		/* node of the cluster, from 1; 0: it is in none */
};

static int compare_clusters(const void *x, const void *y)
{
	const struct placed *a = x, *b = y;

	if (a->cluster != b->cluster)
		return a->cluster < b->cluster ? -1 : 1;
	return a->node < b->node ? -1 : a->node > b->node;
}

static int compare_places(const void *x, const void *y)
{
	const struct placed *a = x, *b = y;

	if (a->first != b->first)
		return a->first > b->first ? -1 : 1;
	return a->node < b->node ? -1 : a->node > b->node;
}

/* Those of a cluster together.  dot(1) draws from the bottom up, so the first cluster comes last. */
static struct placed *place_nodes(const struct dot *d)
{
	struct placed *placed = xcalloc(d->nr_nodes, sizeof(*placed));

	for (size_t i = 0; i < d->nr_nodes; i++)
		placed[i] = (struct placed){ d->nodes[i].cluster, i, 0 };
	qsort(placed, d->nr_nodes, sizeof(*placed), compare_clusters);
	for (size_t i = 0; i < d->nr_nodes; i++) {
		if (placed[i].cluster < 0)
			continue;
		placed[i].first = i && placed[i - 1].cluster == placed[i].cluster ?
				  placed[i - 1].first : placed[i].node + 1;
	}
	qsort(placed, d->nr_nodes, sizeof(*placed), compare_places);
	return placed;
}

/**
 * dot_print() - write a drawing
 * @out: where to; errors are left to its error flag
 * @d: the drawing, whose arrows it sorts
 * @title: escaped text, with newlines
 * @put_cluster_title: writes the title of a cluster
 * @arg: for @put_cluster_title
 */
void dot_print(FILE *out, struct dot *d, const char *title,
	       void (*put_cluster_title)(FILE *out, int cluster, const void *arg), const void *arg)
{
	struct placed *placed = place_nodes(d);
	int last = -1;

	fputs("digraph futexinspect {\n\trankdir=LR;\n\tlabelloc=t;\n\tlabel=\"", out);
	dot_put_text(out, title);
	fputs("\";\n\tnode [shape=box];\n", out);
	for (size_t i = 0; i < d->nr_nodes; i++) {
		int cluster = placed[i].cluster;

		if (cluster != last && last >= 0)
			fputs("\t}\n", out);
		if (cluster != last && cluster >= 0) {
			fprintf(out, "\tsubgraph cluster_%d {\n\t\tstyle=rounded;\n\t\tlabel=\"",
				cluster);
			put_cluster_title(out, cluster, arg);
			fputs("\";\n", out);
		}
		last = cluster;
		put_node(out, d, placed[i].node, cluster < 0 ? "\t" : "\t\t");
	}
	fputs(last < 0 ? "" : "\t}\n", out);
	sort_arrows(d);
	put_arrows(out, d);
	fputs("}\n", out);
	free(placed);
}

/**
 * dot_free() - free the memory of a drawing
 * @d: the drawing
 */
void dot_free(struct dot *d)
{
	for (size_t i = 0; i < d->nr_nodes; i++) {
		free(d->nodes[i].label);
		free(d->nodes[i].tooltip);
	}
	free(d->nodes);
	free(d->arrows);
}
