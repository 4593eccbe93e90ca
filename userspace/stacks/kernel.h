/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_KERNEL_H
#define FUTEXINSPECT_KERNEL_H

#include "stacks.h"

char *parse_kernel_stack(const char *text);
char *read_kernel_stack(const char *root, const struct stack *stack);

#endif
