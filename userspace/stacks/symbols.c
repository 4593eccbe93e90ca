// SPDX-License-Identifier: GPL-2.0-only
/*
 * What code and data of a process are called.
 */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "demangler.h"
#include "symbols.h"
#include "variables.h"

#define BUILD_ID_SIZE	129

/**
 * base_name() - the name of a file without its directory
 * @path: the path, or NULL
 *
 * Return: part of @path, or NULL.
 */
const char *base_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path;
}

static char *module_name(Dwfl_Module *mod)
{
	const char *name = base_name(dwfl_module_info(mod, NULL, NULL, NULL, NULL, NULL, NULL,
						      NULL));

	return strdup(name ?: "");
}

static const char *build_id(Dwfl_Module *mod, char hex[BUILD_ID_SIZE])
{
	const unsigned char *bits;
	GElf_Addr addr;
	int len = dwfl_module_build_id(mod, &bits, &addr);

	if (len <= 0 || len > (BUILD_ID_SIZE - 1) / 2)
		return NULL;
	for (int i = 0; i < len; i++)
		sprintf(hex + 2 * i, "%02x", bits[i]);
	return hex;
}

/* An address as the module's symbol table counts. */
static uint64_t address_in(Dwfl_Module *mod, uint64_t addr)
{
	GElf_Addr bias = 0;

	dwfl_module_getelf(mod, &bias);
	return addr - bias;
}

/*
 * Code
 */

/* The rules for an address by which its caller is found, to be freed; NULL if there are none. */
static Dwarf_Frame *find_rules(Dwfl_Module *mod, uint64_t pc)
{
	Dwarf_CFI *(*const tables[])(Dwfl_Module *mod, Dwarf_Addr *bias) = {
		dwfl_module_eh_cfi, dwfl_module_dwarf_cfi,
	};

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		Dwarf_Frame *frame = NULL;
		Dwarf_Addr bias;
		Dwarf_CFI *cfi = tables[i](mod, &bias);

		if (cfi && !dwarf_cfi_addrframe(cfi, pc - bias, &frame))
			return frame;
	}
	return NULL;
}

/*
 * arm64 has no rules any more for the code that a signal handler returns to: 87676cfca141
 * ("arm64: vdso: Disable dwarf unwinding through the sigreturn trampoline"), in 5.8.  Nor has
 * musl.  The stack ends there then.
 */
static bool has_signal_name(Dwfl_Module *mod, uint64_t pc)
{
	static const char *const names[] = { "__kernel_rt_sigreturn", "__restore_rt" };
	GElf_Off offset = 0;
	GElf_Sym sym;
	const char *name = dwfl_module_addrinfo(mod, pc, &offset, &sym, NULL, NULL, NULL);

	for (size_t i = 0; name && !offset && i < ARRAY_SIZE(names); i++) {
		if (!strcmp(name, names[i]))
			return true;
	}
	return false;
}

/* The kernel's or the C library's code that a signal handler returns to: its rules say so. */
static bool is_signal_frame(Dwfl_Module *mod, uint64_t pc)
{
	Dwarf_Frame *frame = find_rules(mod, pc);
	bool is_signal = false;

	if (frame)
		dwarf_frame_info(frame, NULL, NULL, &is_signal);
	free(frame);
	return is_signal || has_signal_name(mod, pc);
}

/* The rules say of a function that nothing has called that its return address is undefined. */
static bool has_no_caller(Dwfl_Module *mod, uint64_t pc)
{
	Dwarf_Frame *frame = find_rules(mod, pc);
	Dwarf_Op room[3], *ops = NULL;
	size_t nr = 1;
	int column = frame ? dwarf_frame_info(frame, NULL, NULL, NULL) : -1;

	if (column >= 0 && dwarf_frame_register(frame, column, room, &ops, &nr))
		nr = 1;
	free(frame);
	return !nr && ops == room;
}

static void find_line(Dwfl_Module *mod, uint64_t addr, struct frame *frame)
{
	Dwfl_Line *line = dwfl_module_getsrc(mod, addr);
	int number = 0;
	const char *file = line ? dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL) : NULL;

	if (file && number > 0) {
		frame->file = base_name(file);
		frame->line = number;
	}
}

static char *die_name(Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	const char *name = dwarf_formstring(dwarf_attr_integrate(die, DW_AT_linkage_name, &attr));

	return demangle(name ?: dwarf_diename(die));
}

/* Where an inlined function was called. */
static void find_call(Dwarf_Die *die, Dwarf_Die *cu, struct frame *frame)
{
	Dwarf_Attribute attr;
	Dwarf_Word file, line;
	Dwarf_Files *files;
	size_t nr;

	frame->file = NULL;
	if (dwarf_formudata(dwarf_attr(die, DW_AT_call_file, &attr), &file) ||
	    dwarf_formudata(dwarf_attr(die, DW_AT_call_line, &attr), &line) ||
	    dwarf_getsrcfiles(cu, &files, &nr) || file >= nr)
		return;
	frame->file = base_name(dwarf_filesrc(files, file, NULL, NULL));
	frame->line = line;
}

/* The innermost function at an address, be it inlined; then what is around it. */
static int find_functions(Dwarf_Die *cu, uint64_t addr, Dwarf_Die **around)
{
	Dwarf_Die *scopes = NULL;
	int nr = cu ? dwarf_getscopes(cu, addr, &scopes) : 0, found = 0;

	*around = NULL;
	for (int i = 0; i < nr; i++) {
		int tag = dwarf_tag(&scopes[i]);

		if (tag == DW_TAG_inlined_subroutine)
			found = dwarf_getscopes_die(&scopes[i], around);
		if (tag == DW_TAG_inlined_subroutine || tag == DW_TAG_subprogram)
			break;
	}
	free(scopes);
	return found;
}

/* The functions that were inlined at an address. */
static int take_inlined(Dwfl_Module *mod, uint64_t addr, struct frame *frame, take_frame_fn take,
			void *arg)
{
	Dwarf_Addr bias = 0;
	Dwarf_Die *cu = dwfl_module_addrdie(mod, addr, &bias), *around;
	int nr = find_functions(cu, addr - bias, &around), rc = 0;

	for (int i = 0; i < nr && !rc && dwarf_tag(&around[i]) != DW_TAG_subprogram; i++) {
		struct frame inlined = *frame;
		char *name;

		if (dwarf_tag(&around[i]) != DW_TAG_inlined_subroutine)
			continue;
		name = die_name(&around[i]);
		inlined.kind = FRAME_INLINE;
		inlined.function = name;
		inlined.offset = 0;
		rc = take(&inlined, arg);
		free(name);
		find_call(&around[i], cu, frame);
	}
	free(around);
	return rc;
}

static int describe_in(Dwfl_Module *mod, uint64_t pc, uint64_t within, take_frame_fn take,
		       void *arg)
{
	char hex[BUILD_ID_SIZE], *module = module_name(mod);
	GElf_Off offset = 0;
	GElf_Sym sym;
	char *function = demangle(dwfl_module_addrinfo(mod, within, &offset, &sym, NULL, NULL,
						       NULL));
	struct frame frame = {
		.kind = is_signal_frame(mod, pc) ? FRAME_SIGNAL : FRAME_CALL,
		.function = function, .offset = offset + pc - within, .module = module,
		.address = address_in(mod, pc), .build_id = build_id(mod, hex),
	};
	int rc = 0;

	/* Of the C library, whose debugging information takes long to read, a name is enough. */
	if (frame.kind == FRAME_CALL && !is_c_library(module)) {
		find_line(mod, within, &frame);
		rc = take_inlined(mod, within, &frame, take, arg);
	}
	rc = rc ?: take(&frame, arg);
	free(function);
	free(module);
	return rc;
}

/**
 * describe_code() - tell which functions an address is in
 * @dwfl: what is loaded
 * @t: the process
 * @pc: the address
 * @within: the same, or, for a call's return address, one in the call
 * @take: is called for each function: those that were inlined first
 * @arg: is passed to it
 *
 * Return: 0, or what @take returned if that is not 0.
 */
int describe_code(Dwfl *dwfl, const struct target *t, uint64_t pc, uint64_t within,
		  take_frame_fn take, void *arg)
{
	Dwfl_Module *mod = dwfl_addrmodule(dwfl, within);
	const struct mapping *m = maps_find(&t->maps, within);
	struct frame frame = { .address = pc };

	if (mod)
		return describe_in(mod, pc, within, take, arg);
	if (m && m->ino)
		frame.module = base_name(m->name);
	return take(&frame, arg);
}

/* Functions that nothing has called, in C libraries that have no rules for them. */
static const char *const first_functions[] = {
	"_start", "_start_c", "__clone", "start",
};

/**
 * begins_stack() - whether the function at an address was called by nothing
 * @dwfl: what is loaded
 * @addr: the address
 */
bool begins_stack(Dwfl *dwfl, uint64_t addr)
{
	Dwfl_Module *mod = dwfl_addrmodule(dwfl, addr);
	const char *name = mod ? dwfl_module_addrname(mod, addr) : NULL;

	for (size_t i = 0; name && i < ARRAY_SIZE(first_functions); i++) {
		if (!strcmp(name, first_functions[i]))
			return true;
	}
	return mod && has_no_caller(mod, addr);
}

/*
 * Data
 */

/* Memory behind a module may look like its .bss, but belong to somebody else. */
static bool module_has(Dwfl_Module *mod, uint64_t addr)
{
	GElf_Addr bias;
	Elf *elf = dwfl_module_getelf(mod, &bias);
	GElf_Phdr ph;
	size_t nr = 0;

	if (!elf || elf_getphdrnum(elf, &nr))
		return false;
	for (size_t i = 0; i < nr; i++) {
		if (gelf_getphdr(elf, i, &ph) && ph.p_type == PT_LOAD &&
		    addr - bias >= ph.p_vaddr && addr - bias < ph.p_vaddr + ph.p_memsz)
			return true;
	}
	return false;
}

/*
 * The variable that has an address.  A symbol without size may be at the same address, such as
 * __bss_start, and libdwfl takes that if it is global.
 */
static const char *find_variable(Dwfl_Module *mod, uint64_t addr, GElf_Off *offset)
{
	GElf_Sym sym;
	GElf_Addr start;
	const char *name = dwfl_module_addrinfo(mod, addr, offset, &sym, NULL, NULL, NULL);

	if (name && *offset < sym.st_size)
		return name;
	for (int i = 0; i < dwfl_module_getsymtab(mod); i++) {
		name = dwfl_module_getsym_info(mod, i, &sym, &start, NULL, NULL, NULL);
		*offset = addr - start;
		if (name && GELF_ST_TYPE(sym.st_info) == STT_OBJECT && addr >= start &&
		    *offset < sym.st_size)
			return name;
	}
	return NULL;
}

/**
 * describe_word() - tell where a word of memory is
 * @dwfl: what is loaded
 * @addr: its address
 * @seen: what lock it looks like
 * @mapping: what memory it is in, in words, or NULL
 * @place: receives the answer.  Its text is valid until the next call.
 */
void describe_word(Dwfl *dwfl, uint64_t addr, enum primitive seen, const char *mapping,
		   struct place *place)
{
	static char *module, *symbol;
	static struct member member;
	Dwfl_Module *mod = dwfl_addrmodule(dwfl, addr);
	GElf_Off offset = 0;
	const char *name;

	*place = (struct place){ .mapping = mapping };
	if (!mod || !module_has(mod, addr))
		return;
	name = find_variable(mod, addr, &offset);
	free(module);
	free(symbol);
	module = module_name(mod);
	symbol = demangle(name);
	*place = (struct place){
		.symbol = symbol, .module = module,
		.offset = symbol ? offset : address_in(mod, addr),
	};
	/* As in describe_in(). */
	if (!is_c_library(module) && find_member(&member, mod, addr, seen)) {
		place->symbol = member.path;
		place->type = member.type;
		place->base_type = member.base_type;
		place->offset = member.type ? 0 : member.offset;
	}
}
