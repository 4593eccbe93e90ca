// SPDX-License-Identifier: GPL-2.0-only
/*
 * Puts threads into one exact futex state, says what is then true of each, in
 * the format of /sys/kernel/debug/futexinspect/waiters, and stays so until
 * standard input ends:
 *
 *	mkwaiters STATE [crowded]
 *
 * prints "waiter", "mm" and "process" records with the keys that a test can
 * know beforehand, then "ready". A waiter's record is printed only after the
 * kernel says that the thread is blocked in its call. With "crowded" so many
 * others wait in the same process that the module reads its memory in the other
 * of its two ways; they are not printed. The exit status is 4 if this kernel
 * cannot do it.
 *
 *	mkwaiters --list
 *
 * prints a line for each state: its name, what struct state says of it, and a comment.
 */
#include <stdio.h>
#include <string.h>

#include "states.h"

static const struct state *const kinds[] = {
	plain_states, compat_states, shared_states, pi_states, vector_states, io_uring_states,
	mutex_states, process_states, stopped_states, memory_states, sleep_states,
};

static void print_text(const char *key, const char *value)
{
	if (value)
		printf(" %s=%s", key, value);
}

static void print_state(const struct state *state)
{
	printf("%s", state->name);
	print_text("verdict", state->verdict);
	print_text("freezer", state->freezer);
	if (state->in_memory)
		printf(" in_memory");
	if (state->apart)
		printf(" apart");
	printf("\t# %s", state->description);
	if (state->needs)
		printf("; needs %s", state->needs);
	putchar('\n');
}

static int list_states(void)
{
	const struct state *state;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		for (state = kinds[i]; state->name; state++)
			print_state(state);
	}
	return 0;
}

static const struct state *find_state(const char *name)
{
	const struct state *state;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		for (state = kinds[i]; state->name; state++) {
			if (!strcmp(state->name, name))
				return state;
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	const struct state *state = NULL;

	if (argc == 2 && !strcmp(argv[1], "--list"))
		return list_states();
	crowded = argc == 3 && !strcmp(argv[2], "crowded");
	if (argc == 2 || crowded)
		state = find_state(argv[1]);
	if (!state) {
		fprintf(stderr, "usage: mkwaiters STATE [crowded] | --list\n");
		return 2;
	}
	if (crowded)
		make_crowd();
	state->make();
	stay();
	return 0;
}
