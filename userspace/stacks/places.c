// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the word that a thread waits on is called.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "array.h"
#include "stacks.h"

/* Words that many meet.  The first row that fits counts. */
static const struct {
	const char *module;	/* how its name begins */
	const char *symbol;	/* NULL: any, or none */
	const char *note;
} known_words[] = {
	{ "libc.so", "main_arena", "malloc's lock" },
	{ "libc.so", "list_lock", "malloc's lock for its list of arenas" },
	{ "libc.so", "free_list_lock", "malloc's lock for its list of free arenas" },
	{ "libc.so", "_IO_stdfile_0_lock", "the lock of stdin" },
	{ "libc.so", "_IO_stdfile_1_lock", "the lock of stdout" },
	{ "libc.so", "_IO_stdfile_2_lock", "the lock of stderr" },
	{ "libc.so", "list_all_lock", "the lock of all stdio streams" },
	{ "libc.so", "tzset_lock", "the lock of the time zone" },
	{ "libc.so", "__libc_setlocale_lock", "the lock of the locale" },
	{ "libc.so", "__exit_funcs_lock", "the lock of exit() and atexit()" },
	{ "libc.so", "atfork_lock", "the lock of pthread_atfork()" },
	{ "libc.so", "envlock", "the lock of setenv()" },
	{ "libc.so", "syslog_lock", "the lock of syslog()" },
	{ "libc.so", NULL, "a lock of the C library" },
	{ "ld-", "_rtld_global", "a lock of the dynamic linker" },
	{ "ld-", NULL, "a lock of the dynamic linker" },
	{ "libstdc++.so", NULL, "a lock of the C++ library" },
	{ "libgomp.so", NULL, "a lock of OpenMP" },
	{ "libcrypto.so", NULL, "a lock of OpenSSL" },
	{ "libpython", "_PyRuntime", "a lock of the Python interpreter" },
	{ "python", "_PyRuntime", "a lock of the Python interpreter" },
	{ "libjemalloc.so", NULL, "a lock of malloc" },
	{ "libtcmalloc", NULL, "a lock of malloc" },
};

/**
 * place_note() - say in plain words what lock is at a place
 * @place: the place
 *
 * Return: the words, or NULL.
 */
const char *place_note(const struct place *place)
{
	if (place->mapping && !strcmp(place->mapping, PLACE_ARENA))
		return "malloc's lock";
	for (size_t i = 0; place->module && i < ARRAY_SIZE(known_words); i++) {
		const char *symbol = known_words[i].symbol, *module = known_words[i].module;

		if (!strncmp(place->module, module, strlen(module)) &&
		    (!symbol || (place->symbol && !strcmp(place->symbol, symbol))))
			return known_words[i].note;
	}
	return NULL;
}

/**
 * format_place() - write where a word is: "lock (pthread_mutex_t) in app", or "the heap"
 * @dst: receives it
 * @place: the place
 *
 * Return: @dst, or NULL: it is not known.
 */
const char *format_place(char dst[FRAME_SIZE], const struct place *place)
{
	char offset[24] = "";

	if (place->offset)
		snprintf(offset, sizeof(offset), "+0x%" PRIx64, place->offset);
	if (place->symbol)
		snprintf(dst, FRAME_SIZE, "%s%s%s%s%s in %s", place->symbol, offset,
			 place->type ? " (" : "", place->type ?: "", place->type ? ")" : "",
			 place->module ?: "?");
	else if (place->module)
		snprintf(dst, FRAME_SIZE, "%s%s", place->module, offset);
	else if (place->mapping)
		snprintf(dst, FRAME_SIZE, "%s", place->mapping);
	else
		return NULL;
	return dst;
}
