/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_DEBUGFS_H
#define FI_DEBUGFS_H

int fi_debugfs_init(void);
void fi_debugfs_exit(void);

#endif
