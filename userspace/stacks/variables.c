// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which variable, and which member of it, is at an address, by the debugging information.
 */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "array.h"
#include "variables.h"

/* Entries that are looked at of one module: a fraction of a second. */
#define MAX_ENTRIES	1000000

/* Structures within structures, and functions within namespaces. */
#define MAX_DEPTH	32

/* Types of locks, whose members nobody knows by name. */
static const char *const lock_types[] = {
	"pthread_mutex_t", "pthread_rwlock_t", "pthread_cond_t", "pthread_barrier_t",
	"pthread_once_t", "sem_t", "mutex", "recursive_mutex", "timed_mutex",
	"recursive_timed_mutex", "shared_mutex", "shared_timed_mutex", "condition_variable",
	"condition_variable_any", "once_flag", "GMutex", "GRWLock", "GCond", "PyMutex",
};

struct search {
	uint64_t addr;			/* as the debugging information counts */
	size_t nr_entries;
	Dwarf_Die found;		/* the variable */
	uint64_t start;			/* where it begins */
};

static bool type_of(Dwarf_Die *die, Dwarf_Die *type)
{
	Dwarf_Attribute attr;

	return dwarf_formref_die(dwarf_attr_integrate(die, DW_AT_type, &attr), type);
}

static bool size_of(Dwarf_Die *type, uint64_t *size)
{
	Dwarf_Word word;

	if (dwarf_aggregate_size(type, &word))
		return false;
	*size = word;
	return true;
}

/* Whether the variable is at an address that does not change, and @s->addr is in it. */
static bool has_address(struct search *s, Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	Dwarf_Op *ops;
	Dwarf_Die type;
	uint64_t size;
	size_t nr;

	if (!dwarf_attr(die, DW_AT_location, &attr) || dwarf_getlocation(&attr, &ops, &nr) ||
	    nr != 1 || ops[0].atom != DW_OP_addr || s->addr < ops[0].number ||
	    !type_of(die, &type) || !size_of(&type, &size) || s->addr - ops[0].number >= size)
		return false;
	s->found = *die;
	s->start = ops[0].number;
	return true;
}

/* What may have variables in it that keep their values. */
static bool may_have_variables(int tag)
{
	return tag == DW_TAG_namespace || tag == DW_TAG_subprogram || tag == DW_TAG_lexical_block;
}

static bool search_children(struct search *s, Dwarf_Die *parent, int depth)
{
	Dwarf_Die die;

	if (depth == MAX_DEPTH || dwarf_child(parent, &die))
		return false;
	do {
		int tag = dwarf_tag(&die);

		if (s->nr_entries++ == MAX_ENTRIES)
			return false;
		if (tag == DW_TAG_variable ? has_address(s, &die) :
		    may_have_variables(tag) && search_children(s, &die, depth + 1))
			return true;
	} while (!dwarf_siblingof(&die, &die));
	return false;
}

static bool find_variable(struct search *s, Dwfl_Module *mod, uint64_t addr)
{
	Dwarf_Addr bias;

	for (Dwarf_Die *cu = NULL; (cu = dwfl_module_nextcu(mod, cu, &bias)); ) {
		s->addr = addr - bias;
		if (search_children(s, cu, 0))
			return true;
	}
	return false;
}

/*
 * Members
 */

static void append(struct member *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void append(struct member *m, const char *fmt, ...)
{
	size_t used = strlen(m->path);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(m->path + used, sizeof(m->path) - used, fmt, ap);
	va_end(ap);
}

static bool is_lock_type(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_SIZE(lock_types); i++) {
		if (!strcmp(name, lock_types[i]))
			return true;
	}
	return false;
}

static uint64_t member_start(Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	Dwarf_Word start;

	if (dwarf_formudata(dwarf_attr_integrate(die, DW_AT_data_member_location, &attr), &start))
		return 0;
	return start;
}

/* Go on to the member of a structure that @m->offset is in. */
static bool enter_structure(struct member *m, Dwarf_Die *type)
{
	Dwarf_Die die, inner;
	uint64_t start, size;

	if (dwarf_child(type, &die))
		return false;
	do {
		int tag = dwarf_tag(&die);

		if (tag != DW_TAG_member && tag != DW_TAG_inheritance)
			continue;
		start = member_start(&die);
		if (m->offset < start || !type_of(&die, &inner) || !size_of(&inner, &size) ||
		    m->offset - start >= size)
			continue;
		if (tag == DW_TAG_member && dwarf_diename(&die))
			append(m, ".%s", dwarf_diename(&die));
		m->offset -= start;
		*type = inner;
		return true;
	} while (!dwarf_siblingof(&die, &die));
	return false;
}

/* The number of elements in one dimension, or 0. */
static uint64_t count_of(Dwarf_Die *dimension)
{
	Dwarf_Attribute attr;
	Dwarf_Word word;

	if (!dwarf_formudata(dwarf_attr_integrate(dimension, DW_AT_count, &attr), &word))
		return word;
	if (!dwarf_formudata(dwarf_attr_integrate(dimension, DW_AT_upper_bound, &attr), &word))
		return word + 1;
	return 0;
}

/* Go on to the element of an array. */
static bool enter_array(struct member *m, Dwarf_Die *type)
{
	Dwarf_Die die, element;
	uint64_t rest, size;

	if (!size_of(type, &rest) || !rest || !type_of(type, &element) || dwarf_child(type, &die))
		return false;
	do {
		uint64_t count = dwarf_tag(&die) == DW_TAG_subrange_type ? count_of(&die) : 1;

		if (!count || rest % count)
			return false;
		if (dwarf_tag(&die) != DW_TAG_subrange_type)
			continue;
		rest /= count;
		if (!rest)
			return false;
		append(m, "[%" PRIu64 "]", m->offset / rest);
		m->offset %= rest;
	} while (!dwarf_siblingof(&die, &die));
	*type = element;
	return size_of(type, &size) && size == rest;
}

/* Go on to what a type is made of.  Return: whether there is something. */
static bool enter(struct member *m, Dwarf_Die *type)
{
	Dwarf_Die inner;

	switch (dwarf_tag(type)) {
	case DW_TAG_typedef:
	case DW_TAG_const_type:
	case DW_TAG_volatile_type:
	case DW_TAG_atomic_type:
		if (!type_of(type, &inner))
			return false;
		*type = inner;
		return true;
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
		return enter_structure(m, type);
	case DW_TAG_array_type:
		return enter_array(m, type);
	default:
		return false;
	}
}

/**
 * find_member() - find the variable at an address, and the member of it that is a lock
 * @member: receives its name, whose @type is valid as long as @mod is
 * @mod: the module that has it
 * @addr: the address
 *
 * Return: whether the debugging information has it.
 */
bool find_member(struct member *member, Dwfl_Module *mod, uint64_t addr)
{
	struct search s = { 0 };
	Dwarf_Attribute attr;
	const char *name;
	Dwarf_Die type;

	*member = (struct member){ 0 };
	if (!find_variable(&s, mod, addr) || !type_of(&s.found, &type))
		return false;
	name = dwarf_formstring(dwarf_attr_integrate(&s.found, DW_AT_name, &attr));
	if (!name)
		return false;
	append(member, "%s", name);
	member->offset = s.addr - s.start;
	for (int depth = 0; depth < MAX_DEPTH; depth++) {
		if (is_lock_type(dwarf_diename(&type))) {
			member->type = dwarf_diename(&type);
			break;
		}
		if (!enter(member, &type))
			break;
	}
	return true;
}
