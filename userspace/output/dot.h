/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A drawing in the language of dot(1): nodes, in clusters, and arrows between them.
 */
#ifndef FUTEXINSPECT_DOT_H
#define FUTEXINSPECT_DOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Room for a label; a longer one is cut. */
#define LABEL_SIZE		512
#define ARROW_LABEL_SIZE	64

struct dot_node {
	const char *attributes;	/* besides the label, such as "shape=box" */
	char *label;		/* escaped text, with newlines */
	char *tooltip;		/* the same, or NULL */
	int cluster;		/* -1: in none */
	bool stuck;
};

struct dot_arrow {
	size_t from;
	size_t to;
	const char *style;
	char label[ARROW_LABEL_SIZE];
};

struct dot {
	struct dot_node *nodes;
	struct dot_arrow *arrows;
	size_t nr_nodes;
	size_t nr_arrows;
};

size_t dot_add_node(struct dot *d, int cluster, bool stuck, const char *attributes,
		    const char *label);
void dot_set_tooltip(struct dot *d, size_t node, char *text);
void dot_add_arrow(struct dot *d, size_t from, size_t to, const char *style, const char *label);
void dot_print(FILE *out, struct dot *d, const char *title,
	       void (*put_cluster_title)(FILE *out, int cluster, const void *arg), const void *arg);
void dot_put_text(FILE *out, const char *text);
void dot_free(struct dot *d);

#endif
