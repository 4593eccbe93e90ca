// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin for QEMU that counts the instructions which a guest with one CPU executes between two
 * marks, kernel's and all: "-plugin count.so,output=FILE". For each end mark it writes a line
 * to FILE: instructions, iterations of "rep" instructions such as rep movsb, which hardware does in
 * bulk, the most instructions while a lock was held, and those of all times that it was.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "mark.h"
#include "qemu_plugin.h"

int qemu_plugin_version = QEMU_PLUGIN_VERSION;

#define MAX_RELEASES	16

static FILE *output;

/* Since the guest has started. */
static uint64_t instructions, iterations;

static uint64_t instructions_at_begin, iterations_at_begin, instructions_at_hold;
static uint64_t longest_hold, all_holds;

/* Where the kernel takes the lock, and where it releases it, as marks have told. */
static uint64_t hold_address, release_addresses[MAX_RELEASES];
static unsigned int nr_releases;

static void begin(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	instructions_at_begin = instructions;
	iterations_at_begin = iterations;
	longest_hold = 0;
	all_holds = 0;
}

static void end(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	fprintf(output, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
		instructions - instructions_at_begin, iterations - iterations_at_begin,
		longest_hold, all_holds);
	fflush(output);
}

static void hold(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	instructions_at_hold = instructions;
}

static void release(unsigned int cpu, void *data)
{
	uint64_t held = instructions - instructions_at_hold;

	(void)cpu;
	(void)data;
	all_holds += held;
	if (held > longest_hold)
		longest_hold = held;
}

static bool releases(uint64_t address)
{
	for (unsigned int i = 0; i < nr_releases; i++) {
		if (release_addresses[i] == address)
			return true;
	}
	return false;
}

/* All but the first iteration of a rep instruction are blocks that hold it alone. */
static bool is_iteration(const struct qemu_plugin_tb *tb)
{
	struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, 0);
	const unsigned char *code = qemu_plugin_insn_data(insn);
	bool is_rep = code[0] == 0xf2 || code[0] == 0xf3, has_rex = (code[1] & 0xf0) == 0x40;
	size_t opcode = has_rex ? 2 : 1;

	if (qemu_plugin_tb_n_insns(tb) != 1 || !is_rep ||
	    qemu_plugin_insn_size(insn) != opcode + 1)
		return false;
	/* movs and cmps; stos, lods and scas */
	return (code[opcode] & 0xfc) == 0xa4 || (code[opcode] >= 0xaa && code[opcode] <= 0xaf);
}

/* The mark that an instruction is, or 0. */
static uint32_t get_mark(const struct qemu_plugin_insn *insn)
{
	const unsigned char *code = qemu_plugin_insn_data(insn);
	uint32_t mark;

	if (qemu_plugin_insn_size(insn) != 7 || memcmp(code, "\x0f\x1f\x80", 3))
		return 0;
	memcpy(&mark, code + 3, sizeof(mark));
	return mark;
}

static void call_at(struct qemu_plugin_insn *insn, void (*function)(unsigned int cpu, void *data))
{
	qemu_plugin_register_vcpu_insn_exec_cb(insn, function, QEMU_PLUGIN_CB_NO_REGS, NULL);
}

/* The address of the kernel's whose lower half the next instruction has. */
static uint64_t next_address(const struct qemu_plugin_tb *tb, size_t i)
{
	if (i + 1 == qemu_plugin_tb_n_insns(tb))
		return 0;
	return (int32_t)get_mark(qemu_plugin_tb_get_insn(tb, i + 1));
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64,
						 is_iteration(tb) ? &iterations : &instructions, n);
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t address = qemu_plugin_insn_vaddr(insn);

		switch (get_mark(insn)) {
		case MARK_BEGIN:
			call_at(insn, begin);
			break;
		case MARK_END:
			call_at(insn, end);
			break;
		case MARK_HOLD:
			hold_address = next_address(tb, i);
			break;
		case MARK_RELEASE:
			if (nr_releases < MAX_RELEASES)
				release_addresses[nr_releases++] = next_address(tb, i);
			break;
		}
		if (hold_address && address == hold_address)
			call_at(insn, hold);
		if (releases(address))
			call_at(insn, release);
	}
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info, int argc, char **argv)
{
	static const char key[] = "output=";

	(void)info;
	if (argc != 1 || strncmp(argv[0], key, strlen(key))) {
		fprintf(stderr, "usage: -plugin count.so,output=FILE\n");
		return -1;
	}
	output = fopen(argv[0] + strlen(key), "w");
	if (!output) {
		perror(argv[0]);
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
	return 0;
}
