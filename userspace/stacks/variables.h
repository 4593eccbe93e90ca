/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_VARIABLES_H
#define FUTEXINSPECT_VARIABLES_H

#include <elfutils/libdwfl.h>
#include <stdbool.h>
#include <stdint.h>

#include "locks.h"

/* Longer names are cut. */
#define MEMBER_SIZE	256

/* A variable, or a part of one. */
struct member {
	char path[MEMBER_SIZE];		/* "config.cache.locks[1]" */
	const char *type;		/* of a lock; NULL: of none that is known ... */
	const char *base_type;		/* ... the innermost one in it; NULL: it may be another */
	uint64_t offset;		/* of the address in it, in bytes */
};

bool find_member(struct member *member, Dwfl_Module *mod, uint64_t addr, enum primitive seen);
void forget_variables(void);

#endif
