// SPDX-License-Identifier: GPL-2.0-only
/*
 * In which functions of the kernel a thread sleeps: /proc/PID/stack, which takes
 * CAP_SYS_ADMIN, and a kernel with CONFIG_STACKTRACE.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "kernel.h"
#include "procfs.h"

/* Functions that are named. */
#define MAX_FUNCTIONS	8

static const char names[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";

/* How the kernel was entered. */
static bool is_entry(const char *function)
{
	static const char *const entries[] = {
		"do_syscall_64", "x64_sys_call", "entry_SYSCALL", "do_int80", "do_fast_syscall",
		"invoke_syscall", "el0_svc", "do_el0_svc", "ret_from_fork",
	};

	for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
		if (!strncmp(function, entries[i], strlen(entries[i])))
			return true;
	}
	return false;
}

/**
 * parse_kernel_stack() - take the functions out of /proc/PID/stack
 * @text: the file: lines "[<0>] function+0x12/0x34", the innermost first.  What is between the
 *	brackets was an address once, and is not shown.
 *
 * Return: "a, b, c", to be freed by the caller; NULL if there is none.
 */
char *parse_kernel_stack(const char *text)
{
	size_t used = 0, size = strlen(text) + 2 * MAX_FUNCTIONS + 1;
	char *list = xcalloc(size, 1);

	for (int n = 0; n < MAX_FUNCTIONS && (text = strstr(text, ">] ")); n++) {
		int len = strspn(text += 3, names);

		if (text[len] != '+' || is_entry(text))
			break;
		used += snprintf(list + used, size - used, "%s%.*s", n ? ", " : "", len, text);
	}
	if (used)
		return list;
	free(list);
	return NULL;
}

/**
 * read_kernel_stack() - read in which functions of the kernel a thread sleeps
 * @root: where proc is mounted
 * @stack: the thread
 *
 * Return: as parse_kernel_stack().
 */
char *read_kernel_stack(const char *root, const struct stack *stack)
{
	char buf[PROCFS_FILE_SIZE];

	if (procfs_read(buf, root, "%d/task/%d/stack", stack->tgid, stack->tid))
		return NULL;
	return parse_kernel_stack(buf);
}
