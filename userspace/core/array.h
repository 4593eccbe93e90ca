/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Allocations that cannot fail, and arrays that grow.
 */
#ifndef FUTEXINSPECT_ARRAY_H
#define FUTEXINSPECT_ARRAY_H

#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

void *xcalloc(size_t nr, size_t size);
void *xrealloc(void *p, size_t size);
void *array_room(void *array, size_t nr, size_t size);
size_t array_lower_bound(const void *array, size_t nr, size_t size, size_t key_at, uint64_t key);

/**
 * array_push() - append an element to an array
 * @array: the array, an lvalue; NULL while it is empty; to be freed with free()
 * @nr: the number of its elements, an lvalue, which is incremented
 * @...: the element, of the array's type
 *
 * The array may move, so pointers into it become invalid.
 */
#define array_push(array, nr, ...)						\
	((array) = array_room((array), (nr), sizeof(*(array))),			\
	 (array)[(nr)++] = (__VA_ARGS__))

#endif
