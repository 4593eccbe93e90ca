// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stacks, for people.
 */
#include "output.h"
#include "screen.h"

/* Frames of a longer stack that are shown: the innermost say most. */
#define MAX_SHOWN	10

/* One more is shown rather than a line that says so. */
static size_t nr_shown(const struct shown_frames *shown)
{
	return shown->nr <= MAX_SHOWN + 1 ? shown->nr : MAX_SHOWN;
}

/* A line without frames says how it comes that there are none, or no more. */
static void print_end(FILE *out, int indent, const struct stack *stack)
{
	if (stack->error)
		fprintf(out, "%*snot read%s: %s\n", indent, "",
			stack->nr_frames ? " further" : "", stack_errors[stack->error]);
	if (stack->kernel)
		fprintf(out, "%*sin the kernel: %s\n", indent, "", stack->kernel);
}

/**
 * print_stack() - write the frames of a stack, a line each, up to a number
 * @out: where to
 * @indent: columns before each line
 * @stack: the stack
 */
void print_stack(FILE *out, int indent, const struct stack *stack)
{
	struct shown_frames shown;
	char text[FRAME_SIZE];

	size_t nr;

	fold_frames(&shown, stack);
	nr = nr_shown(&shown);
	for (size_t i = 0; i < nr; i++)
		fprintf(out, "%*s#%zu %s\n", indent, "", i,
			shown_text(text, sizeof(text), format_frame(text, &shown.frames[i])));
	if (nr < shown.nr)
		fprintf(out, "%*sand %zu more frames\n", indent, "", shown.nr - nr);
	print_end(out, indent, stack);
}

/**
 * print_lock_name() - write where the word is that a thread waits on, if that is known
 * @out: where to
 * @label: goes before it
 * @stack: the thread
 */
void print_lock_name(FILE *out, const char *label, const struct stack *stack)
{
	const char *note = place_note(&stack->place);
	char text[FRAME_SIZE];

	if (!stack->word || !format_place(text, &stack->place))
		return;
	fprintf(out, "%s%s%s%s\n", label, shown_text(text, sizeof(text), text), note ? ": " : "", note ?: "");
}
