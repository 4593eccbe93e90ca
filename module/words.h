/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_WORDS_H
#define FI_WORDS_H

struct fi_snapshot;

int fi_words_init(void);
void fi_words_exit(void);
int fi_read_words(struct fi_snapshot *snap);

#endif
