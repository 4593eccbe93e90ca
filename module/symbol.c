// SPDX-License-Identifier: GPL-2.0-only
/*
 * The names of the kernel's functions.
 */
#include <linux/kallsyms.h>
#include <linux/string.h>

#include "symbol.h"

/**
 * fi_is_function() - whether a function of the kernel's has a name
 * @address: where it begins
 * @name: the name
 *
 * A kernel with thin LTO may append ".llvm." and a number to the name of a static function,
 * and kallsyms shows that from 6.11 on: fb6a421fb615 ("kallsyms: Match symbols exactly with
 * CONFIG_LTO_CLANG").
 *
 * Context: any.
 */
bool fi_is_function(const void *address, const char *name)
{
	char symbol[KSYM_SYMBOL_LEN];
	size_t len = strlen(name);

	sprint_symbol_no_offset(symbol, (unsigned long)address);
	return !strncmp(symbol, name, len) && (!symbol[len] || symbol[len] == '.');
}
