/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_PYTHON_H
#define FUTEXINSPECT_PYTHON_H

#include "symbols.h"

struct python_layout;

/* The interpreter of a process, and the frames of the thread whose turn it is. */
struct python {
	Dwfl *dwfl;
	struct target *target;
	bool was_searched;
	const struct python_layout *layout;	/* NULL: there is none, or one that is not known */
	uint64_t runtime;			/* address of _PyRuntime */
	pid_t tid;				/* of the thread in its own pid namespace */
	bool is_only_thread;
	bool has_begun;
	uint64_t frame;				/* the next one; 0: there is none */
};

void python_begin(struct python *py, pid_t tid, bool is_only_thread);
bool python_is_loop(const struct frame *frame);
size_t python_put_frames(struct python *py, take_frame_fn take, void *arg);
bool is_python_module(const char *module);

#endif
