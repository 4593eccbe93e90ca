// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is loaded in a process, for libdwfl.
 */
#include <elfutils/libdwfl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "clock.h"
#include "images.h"

/*
 * The kernel maps a page of the vdso when that is first used.  All programs of the host's machine
 * have the same one; those of 32 bits, which have another one, have it below 4 GiB.
 */
static bool complete_vdso(struct target *t, const struct image *image, char *copy, size_t size)
{
	uint64_t start = getauxval(AT_SYSINFO_EHDR);
	const struct mapping *m;
	struct mappings own;
	bool same;

	maps_parse(&own, procfs_read_all("/proc", "self/maps"));
	m = maps_find(&own, start);
	same = m && m->start == start && m->end - start == size && image->start > UINT32_MAX &&
	       !t->memory.core;
	for (size_t at = 0; at < size && same; at += PAGE_BYTES) {
		const char *page = (const char *)start + at;

		if (target_read(t, image->start + at, copy + at, PAGE_BYTES))
			same = !memcmp(copy + at, page, PAGE_BYTES);
		else
			memcpy(copy + at, page, PAGE_BYTES);
	}
	maps_free(&own);
	return same;
}

/* The vdso is in memory only, in a few pages.  There is one. */
static Elf *open_vdso(struct target *t, const struct image *image)
{
	size_t size = image->end - image->start;
	char *copy = size <= NR_PAGES * PAGE_BYTES && !t->vdso ? malloc(size) : NULL;
	bool lacked = t->lacks_memory;
	bool good = copy && (target_read(t, image->start, copy, size) ||
			     complete_vdso(t, image, copy, size));

	/* What it lacks says nothing of the stack. */
	t->lacks_memory = lacked;
	if (!good) {
		free(copy);
		return NULL;
	}
	t->vdso = copy;
	return elf_memory(copy, size);
}

/*
 * libdwfl takes it that an image begins with the first segment of its file.  What is mapped
 * otherwise would get wrong names.
 */
static bool begins_with_segment(int fd, uint64_t offset)
{
	Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
	GElf_Phdr ph = { 0 };
	size_t nr = 0;
	bool found = false;

	if (elf && !elf_getphdrnum(elf, &nr)) {
		for (size_t i = 0; i < nr && !found; i++)
			found = gelf_getphdr(elf, i, &ph) && ph.p_type == PT_LOAD;
	}
	elf_end(elf);
	return found && ph.p_offset / PAGE_BYTES == offset / PAGE_BYTES;
}

static int find_elf(Dwfl_Module *mod, void **userdata, const char *name, Dwarf_Addr base,
		    char **file_name, Elf **elf)
{
	struct target *t = *userdata;

	(void)mod;
	(void)name;
	for (size_t i = 0; i < t->nr_images; i++) {
		const struct image *image = &t->images[i];
		const struct mapping *m = &t->maps.all[image->first];

		if (image->start != base)
			continue;
		if (image->fd < 0) {
			*elf = m->ino ? NULL : open_vdso(t, image);
			return -1;
		}
		if (!begins_with_segment(image->fd, m->offset))
			return -1;
		*file_name = strdup(m->name);
		return dup(image->fd);
	}
	return -1;
}

static char *debug_path = "/usr/lib/debug";

/* A debuginfod server that has failed after so long is not asked again. */
#define SLOW_NS			1000000000ULL

/* In seconds, how long such a server may be silent, and how often it is asked once more. */
#define DEBUGINFOD_TIMEOUT	"20"
#define DEBUGINFOD_RETRY_LIMIT	"0"

/*
 * Libdw asks the servers that the environment names, for each file.  If they are gone, that would take
 * longer than the reader may, and then there is no stack at all.  The environment may say otherwise.
 */
static int find_debuginfo(Dwfl_Module *mod, void **userdata, const char *name, Dwarf_Addr base,
			  const char *file_name, const char *link, GElf_Word crc, char **found)
{
	uint64_t start = clock_ns(CLOCK_MONOTONIC);
	int fd;

	setenv("DEBUGINFOD_TIMEOUT", DEBUGINFOD_TIMEOUT, 0);
	setenv("DEBUGINFOD_RETRY_LIMIT", DEBUGINFOD_RETRY_LIMIT, 0);
	fd = dwfl_standard_find_debuginfo(mod, userdata, name, base, file_name, link, crc, found);
	if (fd < 0 && clock_ns(CLOCK_MONOTONIC) - start > SLOW_NS)
		unsetenv("DEBUGINFOD_URLS");
	return fd;
}

static const Dwfl_Callbacks callbacks = {
	.find_elf = find_elf,
	.find_debuginfo = find_debuginfo,
	.debuginfo_path = &debug_path,
};

/*
 * What the kernel appends to the names of files that are gone is cut off: libdwfl takes it as a sign
 * that there is no such file, and does not unwind where there is no other one.
 */
static char *image_name(const struct mapping *m)
{
	static const char deleted[] = " (deleted)";
	size_t len = strlen(m->name), tail = strlen(deleted);

	if (len > tail && !strcmp(m->name + len - tail, deleted))
		len -= tail;
	return strndup(m->name, len);
}

/**
 * images_begin() - begin to use libdwfl for what is loaded in a process
 * @t: the process, which has to stay as long as libdwfl is used
 *
 * Return: the handle, or NULL.
 */
Dwfl *images_begin(struct target *t)
{
	Dwfl *dwfl = dwfl_begin(&callbacks);

	if (!dwfl)
		return NULL;
	for (size_t i = 0; i < t->nr_images; i++) {
		const struct image *image = &t->images[i];
		char *name = image_name(&t->maps.all[image->first]);
		Dwfl_Module *mod = dwfl_report_module(dwfl, name ?: "", image->start, image->end);
		void **userdata;

		free(name);
		if (mod && dwfl_module_info(mod, &userdata, NULL, NULL, NULL, NULL, NULL, NULL))
			*userdata = t;
	}
	dwfl_report_end(dwfl, NULL, NULL);
	return dwfl;
}

/**
 * images_end() - free what images_begin() has made, and what libdwfl has found in it
 * @t: the process
 * @dwfl: the handle
 */
void images_end(struct target *t, Dwfl *dwfl)
{
	dwfl_end(dwfl);
	free(t->vdso);
	t->vdso = NULL;
}
