// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process whose stacks are read: its memory, its mappings, and the files in them.
 *
 * All that takes rights is opened here, through /proc; then the rights are given up.  What
 * is read after that may be made up by somebody hostile.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "array.h"
#include "target.h"

/* Threads that are tried for whose stack a word is in: a fraction of a second. */
#define MAX_TRIED	4096

/* As the uid and gid "nobody": linux/highuid.h has it as the overflow uid. */
#define NOBODY		65534

/*
 * Files
 */

/*
 * Open what is at a path of /proc that may be a link to anything.  To open a device could do
 * harm, and to open a FIFO could block, so it is looked at first.  @ino is its inode; 0: any.
 */
static int open_regular(const char *path, uint64_t ino)
{
	int fd = -1, found = open(path, O_PATH | O_CLOEXEC);
	char self[64];
	struct stat st;

	if (found < 0)
		return -1;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", found);
	if (!fstat(found, &st) && S_ISREG(st.st_mode) && (!ino || ino == st.st_ino))
		fd = open(self, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	close(found);
	return fd;
}

/*
 * The file of a mapping is behind map_files, be it deleted, replaced or in a container; that
 * takes CAP_CHECKPOINT_RESTORE.  Else there is its name, if that still leads to the inode.
 */
static int open_mapped(const char *root, pid_t pid, const struct mapping *m)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%d/map_files/%" PRIx64 "-%" PRIx64, root, pid, m->start,
		 m->end);
	fd = open_regular(path, 0);
	if (fd >= 0)
		return fd;
	snprintf(path, sizeof(path), "%s/%d/root%s", root, pid, m->name);
	return open_regular(path, m->ino);
}

static bool is_bss(const struct mapping *m, uint64_t end)
{
	return m->start == end && !m->ino && !*m->name;
}

static int open_image(const struct origin *from, pid_t pid, const struct mapping *m)
{
	return from->core ? corefile_open_mapped(from->core, m) : open_mapped(from->root, pid, m);
}

static void add_image(struct target *t, const struct origin *from, pid_t pid, size_t first,
		      size_t next)
{
	const struct mapping *all = t->maps.all;
	struct image image = {
		.first = first, .start = all[first].start, .end = all[next - 1].end, .fd = -1,
	};
	bool has_code = false;

	for (size_t i = first; i < next; i++)
		has_code |= all[i].is_executable;
	if (!has_code)
		return;
	if (next < t->maps.nr && is_bss(&all[next], image.end))
		image.end = all[next].end;
	if (all[first].ino)
		image.fd = open_image(from, pid, &all[first]);
	array_push(t->images, t->nr_images, image);
}

static bool is_same_file(const struct mapping *x, const struct mapping *y)
{
	return x->ino == y->ino && !strcmp(x->device, y->device) && !strcmp(x->name, y->name);
}

/* Some programs copy their code into huge pages, which splits a file in two. */
static bool continues_image(struct target *t, size_t first, size_t next)
{
	struct image *last = t->nr_images ? &t->images[t->nr_images - 1] : NULL;

	if (!last || !t->maps.all[first].offset || !t->maps.all[first].ino ||
	    !is_same_file(&t->maps.all[first], &t->maps.all[last->first]))
		return false;
	last->end = t->maps.all[next - 1].end;
	return true;
}

/* Files, and the vdso. */
static void find_images(struct target *t, const struct origin *from, pid_t pid)
{
	for (size_t first = 0, next; first < t->maps.nr; first = next) {
		for (next = first + 1; next < t->maps.nr; next++) {
			if (!is_same_file(&t->maps.all[next], &t->maps.all[first]))
				break;
		}
		if (continues_image(t, first, next))
			continue;
		if (t->maps.all[first].ino || !strcmp(t->maps.all[first].name, "[vdso]"))
			add_image(t, from, pid, first, next);
	}
}

/*
 * Places of words
 */

/* Where the stack of a thread ends. */
struct stack_pointer {
	uint64_t sp;
	pid_t tid;
};

struct stack_pointers {
	struct stack_pointer *all;	/* in ascending order */
	size_t nr;
	bool are_read;
};

static void read_core_pointers(struct stack_pointers *sps, const struct corefile *c)
{
	for (size_t i = 0; i < c->nr_threads; i++)
		array_push(sps->all, sps->nr, ((struct stack_pointer){
			c->threads[i].call.sp, c->threads[i].tid }));
}

static void read_process_pointers(struct stack_pointers *sps, const char *root, pid_t pid)
{
	size_t nr;
	pid_t *tids = procfs_list_ids(&nr, root, "%d/task", pid);
	struct syscall sc;

	for (size_t i = 0; i < nr && i < MAX_TRIED; i++) {
		if (!procfs_syscall(&sc, root, pid, tids[i]))
			array_push(sps->all, sps->nr, ((struct stack_pointer){ sc.sp, tids[i] }));
	}
	free(tids);
}

static int compare_pointers(const void *x, const void *y)
{
	const struct stack_pointer *a = x, *b = y;

	return a->sp < b->sp ? -1 : a->sp > b->sp;
}

/* They are read once, for all words that are in no file. */
static void read_pointers(struct stack_pointers *sps, const struct origin *from, pid_t pid)
{
	if (sps->are_read)
		return;
	sps->are_read = true;
	if (from->core)
		read_core_pointers(sps, from->core);
	else
		read_process_pointers(sps, from->root, pid);
	if (sps->nr)
		qsort(sps->all, sps->nr, sizeof(*sps->all), compare_pointers);
}

/* The thread whose stack ends next below an address, in the same mapping; or 0. */
static pid_t find_stack_owner(const struct stack_pointers *sps, const struct mapping *m,
			      uint64_t addr)
{
	size_t end = array_lower_bound(sps->all, sps->nr, sizeof(*sps->all),
				       offsetof(struct stack_pointer, sp), addr + 1);

	return end && sps->all[end - 1].sp >= m->start ? sps->all[end - 1].tid : 0;
}

/* HEAP_MAX_SIZE of glibc, in 64-bit programs, and more than its heap_info takes. */
#define HEAP_BYTES	(UINT64_C(64) << 20)
#define HEAP_INFO_MAX	256

#define DELETED	" (deleted)"

/* How the kernel names what is not a file with a name, and what people call it. */
static const struct {
	const char *begins;
	const char *is;
	bool is_named;
} kinds_of_file[] = {
	{ "/memfd:", "memfd ", true },
	{ "/SYSV", "System V memory 0x", true },
	{ "/dev/zero" DELETED, "shared anonymous memory", false },
	{ "/anon_hugepage" DELETED, "shared anonymous memory", false },
	{ "", "", true },
};

static char *describe_file(const struct mapping *m, uint64_t addr)
{
	size_t i = 0, len = strlen(m->name), tail = strlen(DELETED);
	bool deleted = len > tail && !strcmp(m->name + len - tail, DELETED);
	const char *name = m->name;
	char *text;

	while (strncmp(m->name, kinds_of_file[i].begins, strlen(kinds_of_file[i].begins)))
		i++;
	if (!kinds_of_file[i].is_named)
		return strdup(kinds_of_file[i].is);
	name += strlen(kinds_of_file[i].begins);
	if (asprintf(&text, "%s%.*s+0x%" PRIx64 "%s", kinds_of_file[i].is,
		     (int)(strlen(name) - (deleted ? tail : 0)), name,
		     addr - m->start + m->offset,
		     deleted && !*kinds_of_file[i].begins ? DELETED : "") < 0)
		return NULL;
	return text;
}

/*
 * Whether the lock of an arena of malloc is at an address.  The heap of an arena begins with a pointer
 * to it, from which arena_for_chunk() of glibc finds it; the arena follows, and begins with its lock.
 */
static bool is_arena(struct target *t, const struct mapping *m, uint64_t addr)
{
	uint64_t heap = addr & -HEAP_BYTES, arena;

	return m->start <= heap && addr - heap < HEAP_INFO_MAX &&
	       target_read(t, heap, &arena, sizeof(arena)) && arena == addr;
}

static char *describe_place(struct target *t, const struct origin *from,
			    struct stack_pointers *sps, const struct stack *stack)
{
	const struct mapping *m = maps_find(&t->maps, stack->word);
	char *text = NULL;
	pid_t owner;

	if (!m)
		return NULL;
	if (m->ino)
		return describe_file(m, stack->word);
	if (!strcmp(m->name, "[heap]"))
		return strdup("the heap");
	if (is_arena(t, m, stack->word))
		return strdup(PLACE_ARENA);
	read_pointers(sps, from, stack->tgid);
	owner = find_stack_owner(sps, m, stack->word);
	if (owner)
		return asprintf(&text, "the stack of thread %d", owner) < 0 ? NULL : text;
	return strdup(*m->name ? m->name : "anonymous memory");
}

/* Threads that wait on one word ask once. */
static void find_places(struct target *t, const struct origin *from, const struct stack *stacks,
			size_t nr)
{
	struct stack_pointers sps = { 0 };

	t->places = xcalloc(nr, sizeof(*t->places));
	for (size_t i = 0; i < nr; i++) {
		if (i && stacks[i].word == stacks[i - 1].word)
			t->places[i] = t->places[i - 1];
		else if (stacks[i].word)
			t->places[i] = describe_place(t, from, &sps, &stacks[i]);
	}
	free(sps.all);
}

/* Open the memory of a process, and list its mappings.  Return: 0 or a negative errno. */
static int open_process(struct target *t, const char *root, pid_t pid, pid_t tid)
{
	memory_open(&t->memory, root, pid, tid);
	if (t->memory.mem < 0)
		return t->memory.mem;
	if (t->memory.pagemap < 0)
		return t->memory.pagemap;
	/* A main thread that has exited shows no mappings. */
	maps_parse(&t->maps, procfs_read_all(root, "%d/task/%d/maps", pid, tid));
	return t->maps.nr ? 0 : -ESRCH;
}

/* The core has these, and is kept as long. */
static void use_core(struct target *t, const struct corefile *core)
{
	t->memory = (struct process_memory){ -1, -1, core };
	t->maps = core->maps;
}

/**
 * target_open() - open a process
 * @t: receives it.  It is never closed: the process that reads it ends soon.
 * @from: where it is
 * @stacks: threads of the process
 * @nr: how many, at least one
 *
 * The caller may be blocked here for any time.
 *
 * Return: 0 or a negative errno.
 */
int target_open(struct target *t, const struct origin *from, const struct stack *stacks, size_t nr)
{
	struct rlimit files;
	int rc = 0;

	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	if (from->core)
		use_core(t, from->core);
	else
		rc = open_process(t, from->root, stacks[0].tgid, stacks[0].tid);
	if (rc)
		return rc;
	find_images(t, from, stacks[0].tgid);
	find_places(t, from, stacks, nr);
	return 0;
}

/**
 * target_drop_rights() - give up all rights that the caller has over others
 *
 * What is open stays open: to read memory takes no rights any more (mem_open() has checked
 * them).  Files that the target names, as its debugging information can, cannot be opened
 * but by what anybody may open.
 */
void target_drop_rights(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { 0 };

	if (!geteuid()) {
		/* In a user namespace there may be no nobody. */
		if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
		    setresuid(NOBODY, NOBODY, NOBODY))
			prctl(PR_SET_DUMPABLE, 0);
	}
	syscall(SYS_capset, &header, none);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/*
 * Memory
 */

/**
 * target_forget() - forget what was read of the memory, before another stack is read
 * @t: the process
 */
void target_forget(struct target *t)
{
	for (size_t i = 0; i < NR_PAGES; i++)
		t->pages[i].is_read = false;
	t->lacks_memory = false;
}

static const struct page *read_page(struct target *t, uint64_t addr)
{
	struct page *page = &t->pages[addr / PAGE_BYTES % NR_PAGES];

	if (page->is_read && page->addr == addr)
		return page;
	page->addr = addr;
	page->is_read = memory_read(&t->memory, addr, page->data, PAGE_BYTES);
	t->lacks_memory |= !page->is_read;
	return page->is_read ? page : NULL;
}

/**
 * target_read() - read memory that is present
 * @t: the process
 * @addr: where to start
 * @buf: receives it
 * @size: bytes
 *
 * Return: whether all of it was read.
 */
bool target_read(struct target *t, uint64_t addr, void *buf, size_t size)
{
	while (size) {
		uint64_t start = addr & -(uint64_t)PAGE_BYTES;
		size_t from = addr - start, len = PAGE_BYTES - from;
		const struct page *page = read_page(t, start);

		if (!page)
			return false;
		len = len < size ? len : size;
		memcpy(buf, page->data + from, len);
		buf = (char *)buf + len;
		addr += len;
		size -= len;
	}
	return true;
}
