// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes the module's reader of BTF: the input is what /sys/kernel/btf/vmlinux holds, and it
 * is asked for all that the module asks for.
 */
#include <stdint.h>

#include <linux/kernel.h>

#include "btf.h"

struct file btf_file;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
	const char *type;
	const char *paths[2];
} members[] = {
#define FI_MEMBER(group, name, type, structure, ...)	{ structure, { __VA_ARGS__ } },
#define FI_PART(group, name, structure, ...)		{ structure, { __VA_ARGS__ } },
#include "members.h"
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	u32 offset, bytes;
	struct fi_btf btf;

	btf_file = (struct file){ data, size };
	if (!fi_btf_load(&btf)) {
		for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
			fi_btf_struct_size(&btf, members[i].type, &bytes);
			for (size_t k = 0; k < 2 && members[i].paths[k]; k++)
				fi_btf_member(&btf, members[i].type, members[i].paths[k], &offset,
					      &bytes);
		}
	}
	fi_btf_free(&btf);
	return 0;
}
