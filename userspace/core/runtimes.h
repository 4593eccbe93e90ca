/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_RUNTIMES_H
#define FUTEXINSPECT_RUNTIMES_H

/* What runs the program of a process, if that has locks of its own. */
enum runtime {
	RUNTIME_UNKNOWN,
	RUNTIME_JVM,
	RUNTIME_PYTHON,
	RUNTIME_GO,
	RUNTIME_NODE,
	RUNTIME_DOTNET,
	RUNTIME_ERLANG,
	NR_RUNTIMES
};

/**
 * struct runtime_info - all that is told about a runtime
 * @name: its name, with an article
 * @library: pattern of the name of its library, or NULL
 * @program: pattern of the name of its program, or NULL
 * @tool: the command that shows the language's own locks, before and ...
 * @tool_end: ... behind the id of the process
 * @limit: what the words in memory do not tell of its locks
 */
struct runtime_info {
	const char *name;
	const char *library;
	const char *program;
	const char *tool;
	const char *tool_end;
	const char *limit;
};

extern const struct runtime_info runtimes[NR_RUNTIMES];

#endif
