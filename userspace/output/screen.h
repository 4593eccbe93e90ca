/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_SCREEN_H
#define FUTEXINSPECT_SCREEN_H

#include <stddef.h>
#include <stdio.h>

size_t output_width(FILE *out);
const char *shown_text(char *dst, size_t size, const char *text);
size_t text_unit(const char *text, size_t *width);
size_t text_width(const char *text);
size_t text_fitting(const char *text, size_t width);

#endif
