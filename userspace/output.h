/* SPDX-License-Identifier: GPL-2.0-only */
/* The forms that an analysis is shown in. */
#ifndef FUTEXINSPECT_OUTPUT_H
#define FUTEXINSPECT_OUTPUT_H

#include <stdio.h>

#include "analyze.h"

int print_table(FILE *out, const struct analysis *a);
void print_json(FILE *out, const struct analysis *a);
void print_graph(FILE *out, const struct analysis *a);
int draw_graph(const struct analysis *a, const char *format);
void print_explanation(FILE *out, const struct analysis *a, size_t waiter);

#endif
