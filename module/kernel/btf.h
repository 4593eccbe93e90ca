/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_BTF_H
#define FI_BTF_H

#include <linux/types.h>

/**
 * struct fi_btf - the type information of the running kernel
 * @data: the contents of /sys/kernel/btf/vmlinux; owned, from vmalloc()
 * @types: address of each type record, by type id; owned, from kvcalloc()
 * @nr_types: number of type ids, including 0, which stands for void
 * @strings: the string section in @data, which ends with a NUL
 * @strings_len: its length in bytes
 */
struct fi_btf {
	void *data;
	const struct btf_type **types;
	u32 nr_types;
	const char *strings;
	u32 strings_len;
};

int fi_btf_load(struct fi_btf *btf);
void fi_btf_free(struct fi_btf *btf);
int fi_btf_struct_size(const struct fi_btf *btf, const char *name, u32 *size);
int fi_btf_member(const struct fi_btf *btf, const char *name, const char *path,
		  u32 *offset, u32 *size);

#endif
