// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the members of the kernel's private structures in the type information of the
 * running kernel. Documentation/bpf/btf.rst describes the format. The kernel has its own
 * BTF code, but does not let a module look up a name (btf_find_by_name_kind() is not
 * exported), hence this reader. It is used once, at load.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <uapi/linux/btf.h>

#include "btf.h"

#define FI_BTF_PATH	"/sys/kernel/btf/vmlinux"

/* What is read of the header. It may have more members, depending on pahole. */
#define FI_BTF_HEADER	offsetofend(struct btf_header, str_len)

/* More nesting than this means that there is a loop in the data. */
#define FI_BTF_MAX_DEPTH	32

/* The same, of members that a search looks at; task_struct has a few hundred. */
#define FI_BTF_MAX_MEMBERS	4096

/**
 * btf_record_size() - size of a type record
 * @type: the record; its fixed part must be readable
 *
 * Return: the size in bytes; 0 for a kind that this reader does not know, after which
 * the next record cannot be found.
 */
static size_t btf_record_size(const struct btf_type *type)
{
	size_t n = BTF_INFO_VLEN(type->info);
	size_t extra;

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
		extra = sizeof(u32);
		break;
	case BTF_KIND_ARRAY:
		extra = sizeof(struct btf_array);
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		extra = n * sizeof(struct btf_member);
		break;
	case BTF_KIND_ENUM:
		extra = n * sizeof(struct btf_enum);
		break;
	case BTF_KIND_FUNC_PROTO:
		extra = n * sizeof(struct btf_param);
		break;
	case BTF_KIND_DATASEC:
		extra = n * sizeof(struct btf_var_secinfo);
		break;
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	/* BTF_KIND_FLOAT: 5.13, b1828f0b0482 ("bpf: Add BTF_KIND_FLOAT support") */
	case 16:
	/*
	 * BTF_KIND_TYPE_TAG: 5.17, 8c42d2fa4eea ("bpf: Support BTF_KIND_TYPE_TAG for
	 * btf_type_tag attributes")
	 */
	case 18:
		extra = 0;
		break;
	/*
	 * BTF_KIND_DECL_TAG: 5.16, 223f903e9c83 ("bpf: Rename BTF_KIND_TAG to
	 * BTF_KIND_DECL_TAG")
	 */
	case 17:
		extra = sizeof(u32);
		break;
	/* BTF_KIND_ENUM64: 6.0, 6089fb325cf7 ("bpf: Add btf enum64 support") */
	case 19:
		extra = n * 3 * sizeof(u32); /* the name, and the value in two halves */
		break;
	default:
		return 0;
	}
	return sizeof(*type) + extra;
}

/* Count the records in @nr. Unless @types is NULL, put the address of each one there. */
static int btf_walk_types(const char *pos, const char *end,
			  const struct btf_type **types, u32 *nr)
{
	u32 id = 1; /* 0 is void and has no record */

	while (pos < end) {
		const struct btf_type *type = (const void *)pos;
		size_t size;

		if (end - pos < sizeof(*type))
			return -EINVAL;
		size = btf_record_size(type);
		if (!size) {
			pr_err("%s: type kind %u is unknown\n", FI_BTF_PATH,
			       BTF_INFO_KIND(type->info));
			return -EOPNOTSUPP;
		}
		if (end - pos < size)
			return -EINVAL;
		if (types)
			types[id] = type;
		id++;
		pos += size;
	}
	*nr = id;
	return 0;
}

static int btf_index(struct fi_btf *btf, size_t len)
{
	const struct btf_header *hdr = btf->data;
	const char *types;
	u32 nr;
	int err;

	if (len < FI_BTF_HEADER || hdr->magic != BTF_MAGIC ||
	    hdr->version != BTF_VERSION ||
	    hdr->hdr_len < FI_BTF_HEADER || hdr->hdr_len > len ||
	    (u64)hdr->hdr_len + hdr->type_off + hdr->type_len > len ||
	    (u64)hdr->hdr_len + hdr->str_off + hdr->str_len > len ||
	    !hdr->str_len || (hdr->hdr_len + hdr->type_off) % sizeof(u32))
		return -EINVAL;

	types = btf->data + hdr->hdr_len + hdr->type_off;
	btf->strings = btf->data + hdr->hdr_len + hdr->str_off;
	btf->strings_len = hdr->str_len;
	if (btf->strings[btf->strings_len - 1])
		return -EINVAL;

	err = btf_walk_types(types, types + hdr->type_len, NULL, &nr);
	if (err)
		return err;
	btf->types = kvcalloc(nr, sizeof(*btf->types), GFP_KERNEL);
	if (!btf->types)
		return -ENOMEM;
	return btf_walk_types(types, types + hdr->type_len, btf->types,
			      &btf->nr_types);
}

/* Read all of @file, whose size sysfs knows, into new memory. Return the size. */
static ssize_t btf_read_file(struct fi_btf *btf, struct file *file)
{
	loff_t size = i_size_read(file_inode(file));
	loff_t pos = 0;
	ssize_t got;

	if (size <= 0 || size > INT_MAX)
		return -EINVAL;
	btf->data = vmalloc(size);
	if (!btf->data)
		return -ENOMEM;
	while (pos < size) {
		got = kernel_read(file, btf->data + pos, size - pos, &pos);
		if (got <= 0)
			return got ?: -EINVAL;
	}
	return size;
}

/**
 * fi_btf_load() - read the type information of the running kernel
 * @btf: filled in; free it with fi_btf_free(), also after an error
 *
 * kernel_read_file_from_path() would be shorter, but it passes a purpose to security
 * modules, and the IPE module of 6.12 warns of READING_UNKNOWN.
 *
 * Context: process; may sleep. Opens a path in the caller's mount namespace.
 *
 * Return: 0; -EINVAL if the data are not BTF; -EOPNOTSUPP for an unknown kind of type;
 * otherwise the error of the read. The kernel log has the reason.
 */
int fi_btf_load(struct fi_btf *btf)
{
	struct file *file;
	ssize_t len;
	int err;

	memset(btf, 0, sizeof(*btf));
	file = filp_open(FI_BTF_PATH, O_RDONLY, 0);
	if (IS_ERR(file)) {
		pr_err("cannot open %s: error %ld\n", FI_BTF_PATH, PTR_ERR(file));
		return PTR_ERR(file);
	}
	len = btf_read_file(btf, file);
	filp_close(file, NULL);
	if (len < 0) {
		pr_err("cannot read %s: error %zd\n", FI_BTF_PATH, len);
		return len;
	}
	err = btf_index(btf, len);
	if (err == -EINVAL)
		pr_err("%s is not BTF of version %u\n", FI_BTF_PATH, BTF_VERSION);
	return err;
}

/**
 * fi_btf_free() - free what fi_btf_load() allocated
 * @btf: the type information, also if fi_btf_load() failed
 *
 * Context: process; may sleep.
 */
void fi_btf_free(struct fi_btf *btf)
{
	kvfree(btf->types);
	vfree(btf->data);
}

static const struct btf_type *btf_by_id(const struct fi_btf *btf, u32 id)
{
	return id && id < btf->nr_types ? btf->types[id] : NULL;
}

static const char *btf_name(const struct fi_btf *btf, u32 offset)
{
	return offset < btf->strings_len ? btf->strings + offset : "";
}

static bool is_composite(const struct btf_type *type)
{
	u32 kind = BTF_INFO_KIND(type->info);

	return kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION;
}

/* The type behind typedefs and qualifiers; NULL if there is none. */
static const struct btf_type *btf_resolve(const struct fi_btf *btf, u32 id)
{
	const struct btf_type *type;
	int depth;

	for (depth = 0; depth < FI_BTF_MAX_DEPTH; depth++) {
		type = btf_by_id(btf, id);
		if (!type)
			return NULL;
		switch (BTF_INFO_KIND(type->info)) {
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_CONST:
		case BTF_KIND_RESTRICT:
		case 18: /* BTF_KIND_TYPE_TAG */
			id = type->type;
			break;
		default:
			return type;
		}
	}
	return NULL;
}

/* The size of a value of type @id in bytes; 0 if it is not known. */
static u32 btf_sizeof(const struct fi_btf *btf, u32 id)
{
	const struct btf_type *type = btf_resolve(btf, id);
	const struct btf_array *array;

	if (!type)
		return 0;
	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_PTR:
		return sizeof(void *);
	case BTF_KIND_ARRAY:
		array = (const void *)(type + 1);
		type = btf_resolve(btf, array->type);
		if (!type || BTF_INFO_KIND(type->info) == BTF_KIND_ARRAY)
			return 0;
		return array->nelems * btf_sizeof(btf, array->type);
	case BTF_KIND_INT:
	case BTF_KIND_ENUM:
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return type->size;
	default:
		return 0;
	}
}

static const struct btf_type *btf_find_struct(const struct fi_btf *btf,
					      const char *name)
{
	u32 id;

	for (id = 1; id < btf->nr_types; id++) {
		const struct btf_type *type = btf->types[id];

		if (BTF_INFO_KIND(type->info) == BTF_KIND_STRUCT &&
		    !strcmp(btf_name(btf, type->name_off), name))
			return type;
	}
	return NULL;
}

/* The offset of @member in bits. With bit fields, the upper byte is the width. */
static u32 btf_member_bits(const struct btf_type *type,
			   const struct btf_member *member)
{
	return BTF_INFO_KFLAG(type->info) ?
	       BTF_MEMBER_BIT_OFFSET(member->offset) : member->offset;
}

/**
 * struct btf_search - a search for a member
 * @btf: the type information
 * @name: its name, of which only the first @len characters count
 * @len: length of the name
 * @bits: the offset at which it is found, in bits, is added to this
 * @nr: how many members were looked at
 */
struct btf_search {
	const struct fi_btf *btf;
	const char *name;
	size_t len;
	u32 bits;
	u32 nr;
};

/* Find a member of @type, also inside anonymous members. */
static const struct btf_member *btf_find_member(struct btf_search *search,
						const struct btf_type *type, int depth)
{
	const struct btf_member *member = (const void *)(type + 1);
	u32 i;

	if (depth > FI_BTF_MAX_DEPTH)
		return NULL;
	for (i = 0; i < BTF_INFO_VLEN(type->info); i++, member++) {
		const char *got = btf_name(search->btf, member->name_off);
		const struct btf_member *found = NULL;
		const struct btf_type *inner;

		if (search->nr++ >= FI_BTF_MAX_MEMBERS)
			return NULL;
		if (strlen(got) == search->len && !strncmp(got, search->name, search->len)) {
			found = member;
		} else if (!*got) {
			inner = btf_resolve(search->btf, member->type);
			if (inner && is_composite(inner))
				found = btf_find_member(search, inner, depth + 1);
		}
		if (found) {
			search->bits += btf_member_bits(type, member);
			return found;
		}
	}
	return NULL;
}

/**
 * fi_btf_struct_size() - find the size of a structure
 * @btf: the type information
 * @name: tag of the structure
 * @size: receives the size in bytes
 *
 * Context: any.
 *
 * Return: 0, or -ENOENT if there is no such structure.
 */
int fi_btf_struct_size(const struct fi_btf *btf, const char *name, u32 *size)
{
	const struct btf_type *type = btf_find_struct(btf, name);

	if (!type)
		return -ENOENT;
	*size = type->size;
	return 0;
}

/**
 * fi_btf_member() - find a member of a structure
 * @btf: the type information
 * @name: tag of the structure
 * @path: name of the member; the names of nested members are joined by dots, without
 *	anonymous structures and unions
 * @offset: receives the offset in bytes from the start of the structure
 * @size: receives the size in bytes; 0 if it is not known
 *
 * Context: any.
 *
 * Return: 0; -ENOENT if there is no such structure or member, or the member does not
 * start at a byte.
 */
int fi_btf_member(const struct fi_btf *btf, const char *name, const char *path,
		  u32 *offset, u32 *size)
{
	const struct btf_type *type = btf_find_struct(btf, name);
	struct btf_search search = { .btf = btf, .name = path };
	const struct btf_member *member = NULL;

	while (*search.name) {
		search.len = strcspn(search.name, ".");
		if (!type || !is_composite(type))
			return -ENOENT;
		member = btf_find_member(&search, type, 0);
		if (!member)
			return -ENOENT;
		type = btf_resolve(btf, member->type);
		search.name += search.len;
		if (*search.name == '.')
			search.name++;
	}
	if (!member || search.bits % BITS_PER_BYTE)
		return -ENOENT;
	*offset = search.bits / BITS_PER_BYTE;
	*size = btf_sizeof(btf, member->type);
	return 0;
}
