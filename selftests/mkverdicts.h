/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of mkverdicts share.
 */
#ifndef FI_SELFTESTS_MKVERDICTS_H
#define FI_SELFTESTS_MKVERDICTS_H

#include <sys/types.h>

/* How far away timers are, in seconds; but they come. */
#define FAR	100000

/* A kind, by its name on the command line. */
struct kind {
	const char *name;
	void (*run)(void);
};

/* Each ends with an empty row. */
extern const struct kind poll_kinds[];
extern const struct kind signal_kinds[];

/* mkverdicts.c */
void sleep_for_good(void *arg);
void wait_for_good(void *arg);
void start_sleeper(void);
pid_t start_hung(void);
void do_nothing(int signal);
void name_child(pid_t child);
void wait_for_end(void (*run)(void *end), int *end, long call);

#endif
