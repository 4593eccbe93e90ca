/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_CODE_H
#define FUTEXINSPECT_CODE_H

#include "symbols.h"

/* Addresses whose functions are remembered. */
#define NR_CODES	1024

/* The functions that an address is in. */
struct code {
	uint64_t pc;		/* 0: none */
	uint64_t within;
	struct frame *frames;	/* those that were inlined first */
	size_t nr_frames;
	bool begins_stack;
};

struct codes {
	struct code of[NR_CODES];
};

const struct code *find_code(struct codes *codes, Dwfl *dwfl, const struct target *t, uint64_t pc,
			     uint64_t within);
void forget_codes(struct codes *codes);

#endif
