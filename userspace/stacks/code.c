// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which functions addresses are in, looked up once: threads of one process mostly hang at the
 * same places, and libdw goes through the whole symbol table for each.
 */
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "code.h"

static const char *copy_text(const char *text)
{
	return text ? strdup(text) : NULL;
}

static int keep_frame(const struct frame *frame, void *arg)
{
	struct frame copy = *frame;
	struct code *code = arg;

	copy.function = copy_text(frame->function);
	copy.module = copy_text(frame->module);
	copy.build_id = copy_text(frame->build_id);
	copy.file = copy_text(frame->file);
	array_push(code->frames, code->nr_frames, copy);
	return 0;
}

static void forget_code(struct code *code)
{
	for (size_t i = 0; i < code->nr_frames; i++) {
		free((char *)code->frames[i].function);
		free((char *)code->frames[i].module);
		free((char *)code->frames[i].build_id);
		free((char *)code->frames[i].file);
	}
	free(code->frames);
	*code = (struct code){ 0 };
}

/**
 * find_code() - find out which functions an address is in
 * @codes: what is known of others; in the beginning all zero
 * @dwfl: what is loaded, always the same
 * @t: the process, always the same
 * @pc: the address
 * @within: the same, or, for a call's return address, one in the call
 *
 * Return: the functions, valid until the next call.
 */
const struct code *find_code(struct codes *codes, Dwfl *dwfl, const struct target *t, uint64_t pc,
			     uint64_t within)
{
	struct code *code = &codes->of[(pc ^ pc >> 12) % NR_CODES];

	if (code->pc == pc && code->within == within)
		return code;
	forget_code(code);
	code->pc = pc;
	code->within = within;
	describe_code(dwfl, t, pc, within, keep_frame, code);
	code->begins_stack = begins_stack(dwfl, within);
	return code;
}

/**
 * forget_codes() - forget all that find_code() has found out
 * @codes: where it is remembered
 */
void forget_codes(struct codes *codes)
{
	for (size_t i = 0; i < NR_CODES; i++)
		forget_code(&codes->of[i]);
}
