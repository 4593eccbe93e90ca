/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes JSON as it goes: a tree of 100,000 waiters would cost more than all the rest of the
 * program.
 */
#ifndef FUTEXINSPECT_JSON_WRITER_H
#define FUTEXINSPECT_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

struct json {
	FILE *file;
	const char *sep;	/* goes before the next element or member */
	char *buf;
	size_t used;
	size_t size;
};

void json_init(struct json *out, FILE *file);
void json_finish(struct json *out);
void json_make_room(struct json *out, size_t len);

/* Inline, since for a literal the compiler knows the length: that makes it a store or two. */
static inline __attribute__((always_inline)) void json_bytes(struct json *out, const char *bytes,
							      size_t len)
{
	if (len > out->size - out->used)
		json_make_room(out, len);
	memcpy(out->buf + out->used, bytes, len);
	out->used += len;
}

static inline __attribute__((always_inline)) void json_put(struct json *out, const char *text)
{
	json_bytes(out, text, strlen(text));
}

/* Begin an element of an array, which is a value. */
static inline void json_element(struct json *out)
{
	json_put(out, out->sep);
	out->sep = ", ";
}

/* Begin a member of an object, whose value follows. */
static inline __attribute__((always_inline)) void json_key(struct json *out, const char *key)
{
	json_element(out);
	json_put(out, "\"");
	json_put(out, key);
	json_put(out, "\": ");
}

/* Begin an array or object: "[" or "{". */
static inline void json_begin(struct json *out, const char *bracket)
{
	json_put(out, bracket);
	out->sep = "";
}

static inline void json_end(struct json *out, const char *bracket)
{
	json_put(out, bracket);
	out->sep = ", ";
}

static inline void json_boolean(struct json *out, bool val)
{
	json_put(out, val ? "true" : "false");
}

static inline void json_null(struct json *out)
{
	json_put(out, "null");
}

void json_string(struct json *out, const char *val);
void json_number(struct json *out, uint64_t val);
void json_hex(struct json *out, uint64_t val, int min_digits);
void json_id(struct json *out, pid_t id);

/* Members */

static inline void json_string_member(struct json *out, const char *key, const char *val)
{
	json_key(out, key);
	json_string(out, val);
}

static inline void json_number_member(struct json *out, const char *key, uint64_t val)
{
	json_key(out, key);
	json_number(out, val);
}

static inline void json_id_member(struct json *out, const char *key, pid_t id)
{
	json_key(out, key);
	json_id(out, id);
}

static inline void json_boolean_member(struct json *out, const char *key, bool val)
{
	json_key(out, key);
	json_boolean(out, val);
}

static inline void json_null_member(struct json *out, const char *key)
{
	json_key(out, key);
	json_null(out);
}

#endif
