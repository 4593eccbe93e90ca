// SPDX-License-Identifier: GPL-2.0-only
/*
 * The runtimes of languages that are recognised: one row each.
 */
#include <stddef.h>

#include "runtimes.h"

const struct runtime_info runtimes[NR_RUNTIMES] = {
	[RUNTIME_JVM] = {
		"a Java virtual machine", "libjvm.so", NULL, "jstack ", "",
		"a Java thread that waits for a monitor sleeps on a condition variable of its own",
	},
	[RUNTIME_PYTHON] = {
		"Python", "libpython*", "python*", "py-spy dump --pid ", "",
		"a Python lock is a semaphore, or a mutex and a condition variable, and names no "
		"holder",
	},
	[RUNTIME_GO] = {
		"Go's runtime", NULL, NULL, "kill -QUIT ", ", which ends it and prints all goroutines",
		"goroutines wait without a thread of their own, so their locks are not seen",
	},
	[RUNTIME_NODE] = {
		"Node.js", "libnode.so*", "node", "node inspect -p ", "",
		"what a program in JavaScript waits for is not on a futex",
	},
	[RUNTIME_DOTNET] = {
		".NET", "libcoreclr.so", NULL, "dotnet-stack report -p ", "",
		"a thread that waits for a monitor sleeps on a condition variable of its own",
	},
	[RUNTIME_ERLANG] = {
		"Erlang's virtual machine", NULL, "beam*", "observer or etop, on the node of process ", "",
		"Erlang's processes wait without a thread of their own",
	},
};
