// SPDX-License-Identifier: GPL-2.0-only
/*
 * The text of /proc/PID/maps.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "maps.h"

/* One line: START-END rw-s OFFSET 00:01 INODE    /memfd:x (deleted) */
static bool parse_mapping(struct mapping *m, char *line)
{
	unsigned int major, minor;
	char executable, shared;
	int name = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*c%*c%c%c %" SCNx64 " %x:%x %" SCNu64 " %n",
		   &m->start, &m->end, &executable, &shared, &m->offset, &major, &minor, &m->ino,
		   &name) < 8)
		return false;
	m->is_executable = executable == 'x';
	m->is_shared = shared == 's';
	snprintf(m->device, sizeof(m->device), "%u:%u", major, minor);
	m->name = name ? line + name : "";
	return true;
}

/**
 * maps_parse() - read the text of /proc/PID/maps
 * @m: receives the mappings; to be freed with maps_free()
 * @text: the text, which @m owns then; NULL, if the file could not be read, is no mappings
 */
void maps_parse(struct mappings *m, char *text)
{
	char *line, *next;

	*m = (struct mappings){ .text = text };
	for (line = m->text; line && (next = strchr(line, '\n')); line = next + 1) {
		struct mapping one;

		*next = '\0';
		if (parse_mapping(&one, line))
			array_push(m->all, m->nr, one);
	}
}

/**
 * maps_free() - free mappings
 * @m: the mappings
 */
void maps_free(struct mappings *m)
{
	free(m->all);
	free(m->text);
}

/**
 * maps_find() - find the mapping that an address is in
 * @m: the mappings
 * @addr: the address
 *
 * Return: the mapping, or NULL.
 */
const struct mapping *maps_find(const struct mappings *m, uint64_t addr)
{
	size_t low = 0, high = m->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (m->all[mid].end <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low < m->nr && m->all[low].start <= addr ? &m->all[low] : NULL;
}
