// SPDX-License-Identifier: GPL-2.0-only
/*
 * Allocations that cannot fail, and arrays that grow by doubling, so that
 * appending is linear in the number of elements.
 */
#include <err.h>
#include <stdlib.h>

#include "array.h"

/**
 * xcalloc() - allocate zeroed memory, or end the program
 * @nr: number of elements; 0 is allowed
 * @size: size of each in bytes
 *
 * Return: the memory, to be freed by the caller.
 */
void *xcalloc(size_t nr, size_t size)
{
	void *p = calloc(nr ? nr : 1, size);

	if (!p)
		err(EXIT_FAILURE, "cannot allocate memory");
	return p;
}

/**
 * xrealloc() - change the size of an allocation, or end the program
 * @p: the allocation, or NULL
 * @size: new size in bytes, not 0
 *
 * Return: the memory, to be freed by the caller.
 */
void *xrealloc(void *p, size_t size)
{
	p = realloc(p, size);
	if (!p)
		err(EXIT_FAILURE, "cannot allocate memory");
	return p;
}

/**
 * array_room() - make room for one more element of an array
 * @array: the array, allocated by this function, or NULL
 * @nr: number of its elements; the capacity is the next power of two
 * @size: size of an element in bytes
 *
 * Return: the array, which may have moved.
 */
void *array_room(void *array, size_t nr, size_t size)
{
	if (nr & (nr - 1))
		return array;
	return xrealloc(array, (nr ? nr * 2 : 1) * size);
}

/**
 * array_lower_bound() - look up a key in a sorted array
 * @array: the array, in ascending order of its keys
 * @nr: how many elements it has
 * @size: of an element, in bytes
 * @key_at: offset in an element of its key, a uint64_t
 * @key: the key
 *
 * Return: the index of the first element whose key is @key or more; @nr if there is none.
 */
size_t array_lower_bound(const void *array, size_t nr, size_t size, size_t key_at, uint64_t key)
{
	size_t low = 0, high = nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (*(const uint64_t *)((const char *)array + mid * size + key_at) < key)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}
