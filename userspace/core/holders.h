/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_CHAIN_H
#define FUTEXINSPECT_CHAIN_H

#include "analyze.h"

/* Steps of a chain that are told; a longer one is cut. */
#define MAX_STEPS	8

/* From one thread to whom it waits for. */
struct step {
	int thread;		/* index, or -1: it is not there */
	pid_t id;		/* of the thread, as far as known */
	enum evidence evidence;	/* BY_NOTHING: it is one of those that could do it */
};

size_t find_chain(const struct analysis *a, size_t waiter, struct step steps[MAX_STEPS]);
const char *evidence_name(enum evidence evidence);

#endif
