// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory of a case: that of its shared objects.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include "zoo.h"

#define NAME_SIZE	48

static int memory_fd = -1;

static void name_memory(char name[NAME_SIZE], const struct zoo_case *c)
{
	snprintf(name, NAME_SIZE, "/mkzoo-%d-%u", c->control->zoo, c->nr);
}

/* Half of what has no name never had one, the other half has lost it. */
static int open_memory(int flags)
{
	char name[NAME_SIZE];
	int fd;

	name_memory(name, me);
	if (me->plan.memory == MEM_OPEN && me->nr % 2)
		fd = memfd_create("zoo", 0);
	else
		fd = shm_open(name, O_RDWR | flags, 0600);
	if (fd < 0)
		die("case %u: cannot open its memory", me->nr);
	if (me->plan.memory == MEM_OPEN)
		shm_unlink(name);
	return fd;
}

static void *map_fd(int fd, size_t size)
{
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (mem == MAP_FAILED)
		die("case %u: cannot map its memory", me->nr);
	return mem;
}

static void *attach(int id)
{
	void *mem = shmat(id, NULL, 0);

	if (mem == (void *)-1)
		die("case %u: cannot attach its memory", me->nr);
	return mem;
}

/* Zeroed, and mapped.  A descriptor of what has no name remains. */
void *make_memory(size_t size)
{
	void *mem;

	switch (me->plan.memory) {
	case MEM_INHERITED:
		return map_shared(size);
	case MEM_SYSV:
		control->sysv = shmget(IPC_PRIVATE, size, 0600);
		return attach(control->sysv);
	default:
		memory_fd = open_memory(O_CREAT | O_EXCL);
		if (ftruncate(memory_fd, size))
			die("ftruncate");
		mem = map_fd(memory_fd, size);
		if (me->plan.memory == MEM_OPEN)
			return mem;
		close(memory_fd);
		return mem;
	}
}

/* In a process that does not map it: by its descriptor, or its name. */
void *map_memory(size_t size)
{
	void *mem;
	int fd;

	if (me->plan.memory == MEM_SYSV)
		return attach(control->sysv);
	if (me->plan.memory == MEM_OPEN)
		return map_fd(memory_fd, size);
	fd = open_memory(0);
	mem = map_fd(fd, size);
	close(fd);
	return mem;
}

/* What a process is not to have of it, once the others are forked. */
void leave_memory(int proc, void *memory, size_t size)
{
	const struct process *process = &plan->procs[proc];

	if (plan->memory == MEM_OPEN && !process->has_fd)
		close(memory_fd);
	if (process->maps)
		return;
	if (plan->memory == MEM_SYSV ? shmdt(memory) : munmap(memory, size))
		die("case %u: cannot unmap its memory", me->nr);
}

/* What outlives the processes of a case. */
void remove_memory(const struct zoo_case *c)
{
	char name[NAME_SIZE];

	name_memory(name, c);
	if (c->plan.memory == MEM_SYSV)
		shmctl(c->control->sysv, IPC_RMID, NULL);
	if (c->plan.memory == MEM_NAMED)
		shm_unlink(name);
}
