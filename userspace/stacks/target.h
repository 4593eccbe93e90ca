/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_TARGET_H
#define FUTEXINSPECT_TARGET_H

#include "corefile.h"
#include "maps.h"
#include "procfs.h"
#include "stacks.h"

/* The largest page that memory is read by. */
#define PAGE_BYTES	4096
#define NR_PAGES	64

/* A page of the target's memory. */
struct page {
	uint64_t addr;
	bool is_read;
	unsigned char data[PAGE_BYTES];
};

/* Where a process is. */
struct origin {
	const char *root;		/* where proc is mounted */
	const struct corefile *core;	/* the core that it is in, or NULL: it is in /proc */
};

/* Mappings of one file that follow each other: what the linker or the kernel has loaded. */
struct image {
	size_t first;		/* index in target.maps ... */
	uint64_t start;
	uint64_t end;		/* ... and with the .bss, if that follows */
	int fd;			/* the file; negative: not open */
};

/* A process, as far as its stacks need it. */
struct target {
	struct process_memory memory;
	struct mappings maps;
	struct image *images;	/* those that hold code */
	size_t nr_images;
	char **places;		/* for each thread: in which mapping its word is, or NULL */
	struct page pages[NR_PAGES];
	bool lacks_memory;	/* a read failed since target_forget() */
	void *vdso;		/* a copy that libdwfl uses, or NULL */
};

int target_open(struct target *t, const struct origin *from, const struct stack *stacks, size_t nr);
void target_drop_rights(void);
void target_forget(struct target *t);
bool target_read(struct target *t, uint64_t addr, void *buf, size_t size);

#endif
