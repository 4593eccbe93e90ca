/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_MAPS_H
#define FUTEXINSPECT_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEVICE_SIZE	24

struct mapping {
	uint64_t start;
	uint64_t end;
	uint64_t offset;		/* in the file */
	uint64_t ino;			/* 0: no file */
	bool is_shared;
	bool is_executable;
	char device[DEVICE_SIZE];	/* as in the module's text */
	const char *name;		/* in mappings.text */
};

struct mappings {
	struct mapping *all;		/* ascending */
	size_t nr;
	char *text;
};

void maps_parse(struct mappings *m, char *text);
void maps_free(struct mappings *m);
const struct mapping *maps_find(const struct mappings *m, uint64_t addr);

#endif
