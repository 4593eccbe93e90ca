// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of C++ and Rust, by GCC's libiberty.  Its other functions are not used: some of them
 * have names that ours have, too.
 */
#if __has_include(<libiberty/demangle.h>)
#include <libiberty/demangle.h>
#else
#include <demangle.h>
#endif
#include <stdlib.h>
#include <string.h>

#include "demangler.h"

/**
 * demangle() - what a symbol is called in its source
 * @name: the symbol, or NULL.  A version that follows it is dropped.
 *
 * Return: the name without arguments, to be freed by the caller; NULL if there is none.
 */
char *demangle(const char *name)
{
	char *plain = name ? strndup(name, strcspn(name, "@")) : NULL;
	char *demangled = plain ? rust_demangle(plain, DMGL_NO_OPTS) : NULL;

	if (plain && !demangled)
		demangled = cplus_demangle_v3(plain, DMGL_NO_OPTS);
	if (!demangled)
		return plain;
	free(plain);
	return demangled;
}
