/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_SYMBOLS_H
#define FUTEXINSPECT_SYMBOLS_H

#include <elfutils/libdwfl.h>

#include "target.h"

/* Takes a frame, whose text is valid until it returns.  Return: 0 to go on. */
typedef int (*take_frame_fn)(const struct frame *frame, void *arg);

const char *base_name(const char *path);
int describe_code(Dwfl *dwfl, const struct target *t, uint64_t pc, uint64_t within,
		  take_frame_fn take, void *arg);
bool begins_stack(Dwfl *dwfl, uint64_t addr);
void describe_word(Dwfl *dwfl, uint64_t addr, enum primitive seen, const char *mapping,
		   struct place *place);

#endif
