/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_FORMAT_H
#define FI_FORMAT_H

#include <linux/seq_file.h>

extern const struct seq_operations fi_format_ops;

void fi_format_init(void);

#endif
