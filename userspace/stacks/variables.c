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
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "types.h"
#include "variables.h"

/* Entries that are looked at of one module: a fraction of a second. */
#define MAX_ENTRIES	1000000

/* Structures within structures, and functions within namespaces. */
#define MAX_DEPTH	32

/* Members of unions that are looked at for one lock. */
#define MAX_IN_UNIONS	1000

/* A variable at an address that does not change. */
struct variable {
	uint64_t start;
	Dwarf_Die die;
};

/* Those of a module, sorted by address, once they were looked for. */
struct variables {
	Dwfl_Module *mod;
	struct variable *all;
	size_t nr;
	size_t nr_entries;
	Dwarf_Addr bias;
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

static void add_variable(struct variables *v, Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	Dwarf_Op *ops;
	size_t nr;

	if (dwarf_attr(die, DW_AT_location, &attr) && !dwarf_getlocation(&attr, &ops, &nr) &&
	    nr == 1 && ops[0].atom == DW_OP_addr)
		array_push(v->all, v->nr, ((struct variable){ ops[0].number + v->bias, *die }));
}

/* What may have variables in it that keep their values. */
static bool may_have_variables(int tag)
{
	return tag == DW_TAG_namespace || tag == DW_TAG_subprogram || tag == DW_TAG_lexical_block;
}

static void add_children(struct variables *v, Dwarf_Die *parent, int depth)
{
	Dwarf_Die die;

	if (depth == MAX_DEPTH || dwarf_child(parent, &die))
		return;
	do {
		int tag = dwarf_tag(&die);

		if (v->nr_entries == MAX_ENTRIES)
			return;
		v->nr_entries++;
		if (tag == DW_TAG_variable)
			add_variable(v, &die);
		else if (may_have_variables(tag))
			add_children(v, &die, depth + 1);
	} while (!dwarf_siblingof(&die, &die));
}

static int compare_variables(const void *x, const void *y)
{
	const struct variable *a = x, *b = y;

	return a->start < b->start ? -1 : a->start > b->start;
}

/* Those that were looked for.  Many threads wait on words of the same module. */
static struct variables *known;
static size_t nr_known;

static const struct variables *variables_of(Dwfl_Module *mod)
{
	struct variables v = { .mod = mod };

	for (size_t i = 0; i < nr_known; i++) {
		if (known[i].mod == mod)
			return &known[i];
	}
	for (Dwarf_Die *cu = NULL; (cu = dwfl_module_nextcu(mod, cu, &v.bias)); )
		add_children(&v, cu, 0);
	if (v.nr)
		qsort(v.all, v.nr, sizeof(*v.all), compare_variables);
	array_push(known, nr_known, v);
	return &known[nr_known - 1];
}

/**
 * forget_variables() - forget what find_member() knows of modules, before they are freed
 */
void forget_variables(void)
{
	for (size_t i = 0; i < nr_known; i++)
		free(known[i].all);
	free(known);
	known = NULL;
	nr_known = 0;
}

/* The variable that an address is in, whose type *@type is then; or NULL. */
static const struct variable *find_variable(Dwfl_Module *mod, uint64_t addr, Dwarf_Die *type)
{
	const struct variables *v = variables_of(mod);
	size_t end = array_lower_bound(v->all, v->nr, sizeof(*v->all),
				       offsetof(struct variable, start), addr + 1);
	uint64_t size, start = end ? v->all[end - 1].start : 0;

	/* Entries of one variable in several units have the same address. */
	for (size_t i = end; i-- && v->all[i].start == start; ) {
		Dwarf_Die die = v->all[i].die;

		if (type_of(&die, type) && size_of(type, &size) && addr - start < size)
			return &v->all[i];
	}
	return NULL;
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

static uint64_t member_start(Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	Dwarf_Word start;

	if (dwarf_formudata(dwarf_attr_integrate(die, DW_AT_data_member_location, &attr), &start))
		return 0;
	return start;
}

/* Go on to a member if @m->offset is in that.  Return: whether it is; then *@type is its type. */
static bool enter_member(struct member *m, Dwarf_Die *die, Dwarf_Die *type)
{
	uint64_t start = member_start(die), size;

	if (m->offset < start || !type_of(die, type) || !size_of(type, &size) ||
	    m->offset - start >= size)
		return false;
	if (dwarf_tag(die) == DW_TAG_member && dwarf_diename(die))
		append(m, ".%s", dwarf_diename(die));
	m->offset -= start;
	return true;
}

/* Go on to the member of a structure that @m->offset is in. */
static bool enter_structure(struct member *m, Dwarf_Die *type)
{
	Dwarf_Die die, inner;

	if (dwarf_child(type, &die))
		return false;
	do {
		int tag = dwarf_tag(&die);

		if ((tag == DW_TAG_member || tag == DW_TAG_inheritance) && enter_member(m, &die, &inner)) {
			*type = inner;
			return true;
		}
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

/* What is looked for. */
struct search {
	enum primitive seen;	/* what lock the words look like */
	int left;		/* members of unions that are still looked at */
};

static void find_lock(struct member *m, Dwarf_Die *type, struct search *search, int depth);

/*
 * Go on to the member of a union that the lock is in, if it can only be one.  Which one is in use, the
 * type does not say: so the lock is only named.
 */
static void find_lock_in_union(struct member *m, Dwarf_Die *type, struct search *search, int depth)
{
	struct member found = { 0 };
	Dwarf_Die die, inner;
	int nr = 0;

	if (dwarf_child(type, &die))
		return;
	do {
		struct member member = *m;

		if (dwarf_tag(&die) != DW_TAG_member || !search->left || !enter_member(&member, &die, &inner))
			continue;
		search->left--;
		find_lock(&member, &inner, search, depth);
		if (!member.type || (member.base_type && !may_be_lock(member.base_type, search->seen)))
			continue;
		found = member;
		nr++;
	} while (!dwarf_siblingof(&die, &die));
	if (nr != 1)
		return;
	*m = found;
	m->base_type = NULL;
}

/* Go on from a variable to the lock in it.  The C libraries' own locks are unions, too. */
static void find_lock(struct member *m, Dwarf_Die *type, struct search *search, int depth)
{
	struct member inner = *m;
	bool in_union = false;

	for (; depth < MAX_DEPTH; depth++) {
		const char *name = dwarf_diename(type);

		if (is_lock_type(name)) {
			inner.type = inner.type ?: name;
			inner.base_type = in_union ? NULL : name;
		}
		if (!m->type)
			*m = inner;
		else
			m->base_type = inner.base_type;
		if (dwarf_tag(type) == DW_TAG_union_type && !inner.type)
			return find_lock_in_union(m, type, search, depth + 1);
		in_union |= dwarf_tag(type) == DW_TAG_union_type;
		if (!enter(&inner, type))
			return;
	}
}

/**
 * find_member() - find the variable at an address, and the member of it that is a lock
 * @member: receives its name, whose types are valid as long as @mod is
 * @mod: the module that has it
 * @addr: the address
 * @seen: what lock the words there look like
 *
 * Return: whether the debugging information has it.
 */
bool find_member(struct member *member, Dwfl_Module *mod, uint64_t addr, enum primitive seen)
{
	struct search search = { .seen = seen, .left = MAX_IN_UNIONS };
	Dwarf_Attribute attr;
	Dwarf_Die type, die;
	const struct variable *variable = find_variable(mod, addr, &type);
	const char *name;

	*member = (struct member){ 0 };
	if (!variable)
		return false;
	die = variable->die;
	name = dwarf_formstring(dwarf_attr_integrate(&die, DW_AT_name, &attr));
	if (!name)
		return false;
	append(member, "%s", name);
	member->offset = addr - variable->start;
	find_lock(member, &type, &search, 0);
	return true;
}
