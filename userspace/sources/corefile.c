// SPDX-License-Identifier: GPL-2.0-only
/*
 * Core dumps, as the kernel and gdb's gcore write them: elf(5), core(5).
 *
 * libelf reads the program headers and the notes.  What is in the notes is laid out by the
 * kernel (struct elf_prstatus, struct elf_prpsinfo), for each machine in its own way, so that a
 * table is needed: the core may be of another machine than this one.
 */
#include <elf.h>
#include <elfutils/libdwelf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "array.h"
#include "corefile.h"
#include "helper.h"
#include "idmap.h"
#include "unzstd.h"

/* What a signal or a stop ends, and starts again: linux/errno.h. */
#define ERESTARTSYS		512
#define ERESTARTNOINTR		513
#define ERESTARTNOHAND		514
#define ERESTART_RESTARTBLOCK	516

#define SVC_0			0xd4000001	/* arm64: "svc #0", which enters the kernel */
#define PF_FORKNOEXEC		0x40		/* linux/sched.h */
#define SIGNAL_AT		12		/* pr_cursig of struct elf_prstatus */
#define PENDING_AT		16		/* pr_sigpend, followed by pr_sighold */
#define PAGE_BYTES		4096
#define NAME_BYTES		16		/* of struct elf_prpsinfo */
#define ARGS_BYTES		80

#define NO_REGISTER		(-1)

/*
 * Offsets in bytes, and indices of registers.  @result is the register that says how a call has
 * ended; without one, PC is on the call's instruction again, and the arguments are where they
 * were (do_signal() of arm64).
 */
struct core_machine {
	int elf_machine;
	int elf_class;
	const char *arch;
	size_t word;
	size_t tid_at;
	size_t regs_at;
	int nr_regs;
	int args[NR_ARGS];
	int nr;
	int result;
	int pc;
	int sp;
	int fp;
	int lr;
	int tls;
	int tls_selector;	/* or NO_REGISTER */
	struct {
		size_t flags_at;
		size_t tgid_at;
		size_t ppid_at;
		size_t name_at;
		size_t args_at;
	} info;
	long futex[2];
};

static const struct core_machine machines[] = {
	{ EM_X86_64, ELFCLASS64, "x86_64", 8, 32, 112, 27, { 14, 13, 12, 7, 9, 8 }, .nr = 15,
	  .result = 10, .pc = 16, .sp = 19, .fp = 4, .lr = NO_REGISTER, .tls = 21,
	  .tls_selector = NO_REGISTER,
	  .info = { 8, 24, 28, 40, 56 }, .futex = { 202, -1 } },
	{ EM_386, ELFCLASS32, "i686", 4, 24, 72, 17, { 0, 1, 2, 3, 4, 5 }, .nr = 11,
	  .result = 6, .pc = 12, .sp = 15, .fp = 5, .lr = NO_REGISTER, .tls = NO_REGISTER,
	  .tls_selector = 10,
	  .info = { 4, 12, 16, 28, 44 }, .futex = { 240, 422 } },
	{ EM_AARCH64, ELFCLASS64, "aarch64", 8, 32, 112, 34, { 0, 1, 2, 3, 4, 5 }, .nr = 8,
	  .result = NO_REGISTER, .pc = 32, .sp = 31, .fp = 29, .lr = 30, .tls = NO_REGISTER,
	  .tls_selector = NO_REGISTER,
	  .info = { 8, 24, 28, 40, 56 }, .futex = { 98, -1 } },
};

static const struct core_machine *find_machine(const GElf_Ehdr *header)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		if (machines[i].elf_machine == header->e_machine &&
		    machines[i].elf_class == header->e_ident[EI_CLASS] &&
		    header->e_ident[EI_DATA] == ELFDATA2LSB)
			return &machines[i];
	}
	return NULL;
}

/**
 * corefile_is_native() - whether a core is of a program of this host's own machine
 * @c: the core
 *
 * Then its system calls have the numbers that they have here.
 */
bool corefile_is_native(const struct corefile *c)
{
#if defined(__x86_64__)
	return c->machine->elf_machine == EM_X86_64;
#elif defined(__aarch64__)
	return c->machine->elf_machine == EM_AARCH64;
#else
	(void)c;
	return false;
#endif
}

/**
 * corefile_futex_call() - which call that may wait on a futex has a number
 * @c: the core, whose machine it is
 * @nr: the number
 *
 * Return: the call; CALL_UNKNOWN: another one.
 */
enum call corefile_futex_call(const struct corefile *c, long nr)
{
	const struct core_machine *m = c->machine;

	if (nr < 0)
		return CALL_UNKNOWN;
	if (nr == m->futex[0] || nr == m->futex[1])
		return CALL_FUTEX;
	/* These are the same on all machines. */
	return nr == 449 ? CALL_FUTEX_WAITV : nr == 455 ? CALL_FUTEX_WAIT : CALL_UNKNOWN;
}

/*
 * Memory
 */

static const struct core_segment *find_segment(const struct corefile *c, uint64_t addr)
{
	size_t next = array_lower_bound(c->segments, c->nr_segments, sizeof(*c->segments),
					offsetof(struct core_segment, addr), addr + 1);
	const struct core_segment *segment = next ? &c->segments[next - 1] : NULL;

	return segment && addr - segment->addr < segment->size ? segment : NULL;
}

/**
 * corefile_read() - read memory that is in a core
 * @c: the core
 * @addr: where to start
 * @buf: receives it
 * @size: bytes
 *
 * Return: whether all of it is there.
 */
bool corefile_read(const struct corefile *c, uint64_t addr, void *buf, size_t size)
{
	while (size) {
		const struct core_segment *segment = find_segment(c, addr);
		uint64_t from = segment ? addr - segment->addr : 0;
		size_t len;

		if (!segment)
			return false;
		len = segment->size - from < size ? segment->size - from : size;
		if (pread(c->fd, buf, len, segment->offset + from) != (ssize_t)len)
			return false;
		buf = (char *)buf + len;
		addr += len;
		size -= len;
	}
	return true;
}

/*
 * The files in its mappings
 */

/* Longer ones are of no linker. */
#define MAX_BUILD_ID	64

struct build_id {
	const void *bits;
	ssize_t len;
};

static bool same_build_id(const struct build_id *x, const struct build_id *y)
{
	return x->len > 0 && x->len == y->len && !memcmp(x->bits, y->bits, x->len);
}

/* How a file begins: the kernel writes that into a core, too (coredump_filter, bit 4). */
struct beginning {
	char bytes[4 * PAGE_BYTES];
	size_t size;
	Elf *elf;		/* NULL: it is none */
	struct build_id build_id;
};

static void find_build_id(struct beginning *b)
{
	b->elf = elf_memory(b->bytes, b->size);
	b->build_id.len = b->elf ? dwelf_elf_gnu_build_id(b->elf, &b->build_id.bits) : -1;
}

static void read_mapped(struct beginning *b, const struct corefile *c, uint64_t start)
{
	for (b->size = 0; b->size < sizeof(b->bytes); b->size += PAGE_BYTES) {
		if (!corefile_read(c, start + b->size, b->bytes + b->size, PAGE_BYTES))
			break;
	}
	find_build_id(b);
}

static bool has_build_id(int fd, const struct build_id *want)
{
	Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
	struct build_id found = { 0 };
	bool same;

	found.len = elf ? dwelf_elf_gnu_build_id(elf, &found.bits) : -1;
	same = same_build_id(&found, want);
	elf_end(elf);
	return same;
}

static bool begins_alike(int fd, const struct beginning *b)
{
	char bytes[PAGE_BYTES];

	return b->size >= sizeof(bytes) && pread(fd, bytes, sizeof(bytes), 0) == sizeof(bytes) &&
	       !memcmp(bytes, b->bytes, sizeof(bytes));
}

/*
 * Whether a file is the one that is mapped.  If the core lacks how it begins, it is not known, and
 * @fallback is returned.
 */
static bool is_mapped_file(const struct corefile *c, int fd, uint64_t start, bool fallback)
{
	struct beginning *b = xcalloc(1, sizeof(*b));
	bool same;

	read_mapped(b, c, start);
	if (b->build_id.len > 0)
		same = has_build_id(fd, &b->build_id);
	else
		same = b->size ? begins_alike(fd, b) : fallback;
	elf_end(b->elf);
	free(b);
	return same;
}

/* To open a FIFO could block, and to open a device could do harm. */
static int open_regular(const char *path)
{
	struct stat st;
	int fd;

	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Where the file that a mapping is of begins in memory. */
static uint64_t find_start(const struct corefile *c, const struct mapping *m)
{
	size_t i = m - c->maps.all;

	while (i && c->maps.all[i].offset && !strcmp(c->maps.all[i - 1].name, m->name))
		i--;
	return c->maps.all[i].offset ? 0 : c->maps.all[i].start;
}

/* Open the file that is mapped at an address, if a path leads to that. */
static int open_if_mapped(const struct corefile *c, const char *path, uint64_t start, bool fallback)
{
	int fd = open_regular(path);

	if (fd >= 0 && !is_mapped_file(c, fd, start, fallback)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Where distributions, and people who collect builds, keep a file of each build id. */
#define BY_BUILD_ID	"/usr/lib/debug/.build-id/"

static void put_build_id_path(char path[PATH_MAX], const struct build_id *id)
{
	const unsigned char *bits = id->bits;
	size_t used = strlen(strcpy(path, BY_BUILD_ID));

	for (ssize_t i = 0; i < id->len; i++)
		used += snprintf(path + used, PATH_MAX - used, i ? "%02x" : "%02x/", bits[i]);
}

static int open_by_build_id(const struct corefile *c, uint64_t start)
{
	struct beginning *b = xcalloc(1, sizeof(*b));
	char path[PATH_MAX];
	int fd = -1;

	read_mapped(b, c, start);
	if (b->build_id.len > 0 && b->build_id.len <= MAX_BUILD_ID) {
		put_build_id_path(path, &b->build_id);
		fd = open_if_mapped(c, path, start, false);
	}
	elf_end(b->elf);
	free(b);
	return fd;
}

/**
 * corefile_open_mapped() - open the file of a mapping
 * @c: the core
 * @m: one of @c->maps
 *
 * The name of the file may be that of another one by now, or here.
 *
 * Return: a descriptor, to be closed; negative: there is no such file.
 */
int corefile_open_mapped(const struct corefile *c, const struct mapping *m)
{
	uint64_t start = m->ino ? find_start(c, m) : 0;
	bool is_exe = c->exe && start && start == c->exe_start;
	int fd = start ? open_if_mapped(c, is_exe ? c->exe : m->name, start, is_exe) : -1;

	return fd < 0 && start ? open_by_build_id(c, start) : fd;
}

/* As find_fn: answers whether another build is where the executable was. */
static void find_other_exe(const void *core, void *answer)
{
	const struct corefile *c = core;
	const struct mapping *m = maps_find(&c->maps, c->exe_start);
	int fd = m ? open_regular(m->name) : -1;

	if (fd >= 0 && !is_mapped_file(c, fd, c->exe_start, true))
		*(bool *)answer = open_by_build_id(c, c->exe_start) < 0;
}

/**
 * corefile_other_exe() - whether another build is where the executable was
 * @c: the core
 *
 * Return: its path; NULL if it is the one that ran, or may be, if that is found elsewhere, or if
 * there is none.
 */
const char *corefile_other_exe(const struct corefile *c)
{
	bool is_other = false;

	if (c->exe || !c->exe_start ||
	    !helper_ask(find_other_exe, c, &is_other, sizeof(is_other), c->fd) || !is_other)
		return NULL;
	return maps_find(&c->maps, c->exe_start)->name;
}

/*
 * Notes
 */

static uint64_t read_word(const struct corefile *c, const char *at)
{
	uint64_t wide = 0;

	/* All machines that are known are little endian, as is this one. */
	memcpy(&wide, at, c->machine->word);
	return wide;
}

static uint64_t read_register(const struct corefile *c, const char *regs, int i)
{
	return i == NO_REGISTER ? 0 : read_word(c, regs + i * c->machine->word);
}

/* A number that is negative if the register is. */
static long signed_register(const struct corefile *c, const char *regs, int i)
{
	uint64_t value = read_register(c, regs, i);

	return c->is_32bit ? (int32_t)value : (long)value;
}

static bool starts_again(long result)
{
	return result == -ERESTARTSYS || result == -ERESTARTNOINTR || result == -ERESTARTNOHAND ||
	       result == -ERESTART_RESTARTBLOCK;
}

/* Where PC tells whether it was in a call, find_svc() looks at that later. */
static enum in_call find_in_call(const struct core_machine *m, long nr, long result)
{
	if (nr < 0)
		return IN_NO_CALL;
	if (m->result == NO_REGISTER)
		return MAY_BE_IN_CALL;
	return starts_again(result) ? IN_CALL : IN_NO_CALL;
}

static void take_status(struct corefile *c, const char *desc, size_t size)
{
	const struct core_machine *m = c->machine;
	const char *regs = desc + m->regs_at;
	struct core_thread t = { 0 };
	int32_t tid;
	int16_t signal;

	if (size < m->regs_at + m->nr_regs * m->word)
		return;
	memcpy(&tid, desc + m->tid_at, sizeof(tid));
	memcpy(&signal, desc + SIGNAL_AT, sizeof(signal));
	if (tid <= 0)
		return;
	/* The kernel writes the same signal for all; gcore that of each, SIGSTOP being its own. */
	if (!c->nr_threads && signal != SIGSTOP && signal > 0 && signal <= 64)
		c->signal = signal;
	t.tid = tid;
	t.call.nr = signed_register(c, regs, m->nr);
	for (int i = 0; i < NR_ARGS; i++)
		t.call.args[i] = read_register(c, regs, m->args[i]);
	t.call.pc = read_register(c, regs, m->pc);
	t.call.sp = read_register(c, regs, m->sp);
	t.blocked = read_word(c, desc + PENDING_AT + m->word);
	t.fp = read_register(c, regs, m->fp);
	t.lr = read_register(c, regs, m->lr);
	t.tls = read_register(c, regs, m->tls);
	t.tls_entry = (read_register(c, regs, m->tls_selector) & 0xffff) >> 3;
	t.in_call = find_in_call(m, t.call.nr, signed_register(c, regs, m->result));
	array_push(c->threads, c->nr_threads, t);
}

/* Behind the status of the thread. */
static void take_tls(struct corefile *c, const char *desc, size_t size)
{
	if (c->nr_threads && size >= c->machine->word)
		c->threads[c->nr_threads - 1].tls = read_word(c, desc);
}

/* Segments that the thread has of its own (struct user_desc): that of %gs is its TLS. */
static void take_386_tls(struct corefile *c, const char *desc, size_t size)
{
	struct core_thread *t = c->nr_threads ? &c->threads[c->nr_threads - 1] : NULL;
	struct user_desc {
		uint32_t entry;
		uint32_t base;
		uint32_t limit;
		uint32_t flags;
	} segment;

	for (size_t at = 0; t && t->tls_entry && at + sizeof(segment) <= size; at += sizeof(segment)) {
		memcpy(&segment, desc + at, sizeof(segment));
		if (segment.entry == t->tls_entry)
			t->tls = segment.base;
	}
}

static void take_info(struct corefile *c, const char *desc, size_t size)
{
	const struct core_machine *m = c->machine;
	int32_t tgid, ppid;

	if (size < m->info.args_at + ARGS_BYTES)
		return;
	memcpy(&tgid, desc + m->info.tgid_at, sizeof(tgid));
	memcpy(&ppid, desc + m->info.ppid_at, sizeof(ppid));
	if (tgid <= 0)
		return;
	c->tgid = tgid;
	c->ppid = ppid > 0 ? ppid : 0;
	c->is_forked = read_word(c, desc + m->info.flags_at) & PF_FORKNOEXEC;
	memcpy(c->name, desc + m->info.name_at, NAME_BYTES);
	memcpy(c->args, desc + m->info.args_at, ARGS_BYTES);
	c->has_info = true;
}

static void take_auxv(struct corefile *c, const char *desc, size_t size)
{
	const size_t word = c->machine->word;

	for (size_t i = 0; i + 2 * word <= size; i += 2 * word) {
		uint64_t type = read_word(c, desc + i), value = read_word(c, desc + i + word);

		if (type == AT_PHDR)
			c->headers_at = value;
		else if (type == AT_SYSINFO_EHDR)
			c->vdso = value;
	}
}

/*
 * How many there are, and how large a page is; START, END and page of each; then their names.  The
 * names have an end in any case: @text is one byte longer.
 */
static void take_files(struct corefile *c, const char *desc, size_t size)
{
	const size_t word = c->machine->word;
	uint64_t nr = size < 2 * word ? 0 : read_word(c, desc);
	uint64_t page = size < 2 * word ? 0 : read_word(c, desc + word);
	const char *name, *end;

	if (c->has_files || !page || nr > (size - 2 * word) / (3 * word))
		return;
	c->maps.text = xcalloc(size + 1, 1);
	memcpy(c->maps.text, desc, size);
	name = c->maps.text + (2 + 3 * nr) * word;
	end = c->maps.text + size;
	for (uint64_t i = 0; i < nr && name < end; i++, name += strlen(name) + 1) {
		const char *at = desc + (2 + 3 * i) * word;
		struct mapping m = {
			.start = read_word(c, at), .end = read_word(c, at + word),
			.offset = read_word(c, at + 2 * word) * page,
			.ino = 1, .is_executable = true, .name = name,
		};

		if (m.start < m.end)
			array_push(c->maps.all, c->maps.nr, m);
	}
	c->has_files = true;
}

static const struct {
	const char *owner;
	unsigned int type;
	void (*take)(struct corefile *c, const char *desc, size_t size);
} notes[] = {
	{ "CORE", NT_PRSTATUS, take_status },
	{ "CORE", NT_PRPSINFO, take_info },
	{ "CORE", NT_AUXV, take_auxv },
	{ "CORE", NT_FILE, take_files },
	{ "LINUX", NT_ARM_TLS, take_tls },
	{ "LINUX", NT_386_TLS, take_386_tls },
};

static void take_note(struct corefile *c, const GElf_Nhdr *note, const char *owner,
		      const char *desc)
{
	for (size_t i = 0; i < ARRAY_SIZE(notes); i++) {
		size_t len = strlen(notes[i].owner);

		if (note->n_type == notes[i].type && note->n_namesz >= len &&
		    note->n_namesz <= len + 1 && !memcmp(owner, notes[i].owner, len))
			notes[i].take(c, desc, note->n_descsz);
	}
}

static void take_notes(struct corefile *c, Elf *elf, const GElf_Phdr *ph)
{
	Elf_Data *data = elf_getdata_rawchunk(elf, ph->p_offset, ph->p_filesz,
					      ph->p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
	size_t at = 0, name_at, desc_at;
	GElf_Nhdr note;

	while (data && (at = gelf_getnote(data, at, &note, &name_at, &desc_at)))
		take_note(c, &note, (char *)data->d_buf + name_at, (char *)data->d_buf + desc_at);
}

/*
 * Segments and mappings
 */

static int compare_mappings(const void *x, const void *y)
{
	const struct mapping *a = x, *b = y;

	return a->start < b->start ? -1 : a->start > b->start;
}

static int compare_segments(const void *x, const void *y)
{
	const struct core_segment *a = x, *b = y;

	return a->addr < b->addr ? -1 : a->addr > b->addr;
}

static void sort_maps(struct corefile *c)
{
	if (c->maps.nr)
		qsort(c->maps.all, c->maps.nr, sizeof(*c->maps.all), compare_mappings);
	if (c->nr_segments)
		qsort(c->segments, c->nr_segments, sizeof(*c->segments), compare_segments);
}

/* What the core has of a segment, which may have been cut off. */
static void add_segment(struct corefile *c, const GElf_Phdr *ph, uint64_t file_size)
{
	uint64_t size = ph->p_filesz;

	if (ph->p_offset >= file_size)
		return;
	if (size > file_size - ph->p_offset)
		size = file_size - ph->p_offset;
	if (size && ph->p_vaddr + size > ph->p_vaddr)
		array_push(c->segments, c->nr_segments,
			   (struct core_segment){ ph->p_vaddr, size, ph->p_offset });
}

/* @files is how many of the mappings are of files. */
static void add_mapping(struct corefile *c, const GElf_Phdr *ph, size_t files)
{
	const struct mappings known = { .all = c->maps.all, .nr = files };
	struct mapping *of_file = (struct mapping *)maps_find(&known, ph->p_vaddr);
	struct mapping m = {
		.start = ph->p_vaddr, .end = ph->p_vaddr + ph->p_memsz,
		.is_executable = ph->p_flags & PF_X,
		.name = c->vdso == ph->p_vaddr ? "[vdso]" : "",
	};

	if (of_file)
		of_file->is_executable = m.is_executable;
	else if (m.start < m.end)
		array_push(c->maps.all, c->maps.nr, m);
}

static void find_executable(struct corefile *c)
{
	const struct mapping *m = c->headers_at ? maps_find(&c->maps, c->headers_at) : NULL;

	if (m && m->ino)
		c->exe_start = find_start(c, m);
}

/* Return: 0, or -1 with errno or libelf's error. */
static int read_headers(struct corefile *c, Elf *elf, uint64_t file_size)
{
	GElf_Phdr ph;
	size_t nr, files;

	if (elf_getphdrnum(elf, &nr))
		return -1;
	for (size_t i = 0; i < nr; i++) {
		if (gelf_getphdr(elf, i, &ph) && ph.p_type == PT_NOTE)
			take_notes(c, elf, &ph);
	}
	sort_maps(c);
	files = c->maps.nr;
	for (size_t i = 0; i < nr; i++) {
		if (!gelf_getphdr(elf, i, &ph) || ph.p_type != PT_LOAD)
			continue;
		add_segment(c, &ph, file_size);
		add_mapping(c, &ph, files);
	}
	sort_maps(c);
	find_executable(c);
	return 0;
}

/*
 * Threads
 */

/* What names a thread twice was made up. */
static bool ids_are_unique(const struct corefile *c)
{
	struct idmap ids = { 0 };
	bool unique = true;

	idmap_init(&ids, c->nr_threads);
	for (size_t i = 0; i < c->nr_threads && unique; i++)
		unique = idmap_add(&ids, c->threads[i].tid, i) == (int)i;
	idmap_free(&ids);
	return unique;
}

/**
 * corefile_find_thread() - find a thread
 * @c: the core
 * @tid: its id, as in the core
 *
 * Return: the thread, or NULL.
 */
const struct core_thread *corefile_find_thread(const struct corefile *c, pid_t tid)
{
	for (size_t i = 0; i < c->nr_threads; i++) {
		if (c->threads[i].tid == tid)
			return &c->threads[i];
	}
	return NULL;
}

/* An address of code. */
struct code_at {
	const struct corefile *core;
	uint64_t pc;
};

/* As find_fn: answers what the file has there; 0 is no instruction. */
static void find_code_in_file(const void *arg, void *answer)
{
	const struct code_at *at = arg;
	const struct mapping *m = maps_find(&at->core->maps, at->pc);
	int fd = corefile_open_mapped(at->core, m);
	uint32_t code;

	if (fd >= 0 && pread(fd, &code, sizeof(code), at->pc - m->start + m->offset) == sizeof(code))
		memcpy(answer, &code, sizeof(code));
}

/*
 * The instruction at an address: the kernel leaves code of files out of a core.  Without an answer
 * nothing more is asked: *@asks.
 */
static bool read_code(const struct corefile *c, uint64_t pc, uint32_t *code, bool *asks)
{
	const struct code_at at = { c, pc };

	if (corefile_read(c, pc, code, sizeof(*code)))
		return true;
	if (!*asks || !maps_find(&c->maps, pc))
		return false;
	*asks = helper_ask(find_code_in_file, &at, code, sizeof(*code), c->fd);
	return *asks && *code;
}

/* Most threads are in the same one. */
static void find_svc(struct corefile *c)
{
	uint64_t last_pc = 0;
	enum in_call last = MAY_BE_IN_CALL;
	bool asks = true;

	for (size_t i = 0; i < c->nr_threads; i++) {
		struct core_thread *t = &c->threads[i];
		uint32_t code;

		if (t->in_call != MAY_BE_IN_CALL)
			continue;
		if (t->call.pc != last_pc) {
			last_pc = t->call.pc;
			last = !read_code(c, last_pc, &code, &asks) ? MAY_BE_IN_CALL :
			       code == SVC_0 ? IN_CALL : IN_NO_CALL;
		}
		t->in_call = last;
	}
}

/*
 * The file
 */

static bool fail(char error[CORE_ERROR_SIZE], const char *path, const char *what)
{
	snprintf(error, CORE_ERROR_SIZE, "%s: %s", path, what);
	return false;
}

/* Replace a compressed file by what is in it. */
static bool decompress(struct corefile *c, const char *path, char error[CORE_ERROR_SIZE])
{
	int fd;

	if (!is_zstd(c->fd))
		return true;
	fd = unzstd(c->fd);
	if (fd == -EBADMSG)
		return fail(error, path, "what zstd has compressed is damaged");
	if (fd < 0)
		return fail(error, path, fd == -ENOSPC ?
			    "no room to decompress it; TMPDIR may name a larger directory" :
			    strerror(-fd));
	close(c->fd);
	c->fd = fd;
	return true;
}

static bool read_core(struct corefile *c, const char *path, char error[CORE_ERROR_SIZE])
{
	Elf *elf = elf_begin(c->fd, ELF_C_READ, NULL);
	GElf_Ehdr header;
	struct stat st;
	bool good = false;

	if (!elf || !gelf_getehdr(elf, &header) || header.e_type != ET_CORE)
		fail(error, path, "not a core dump");
	else if (!(c->machine = find_machine(&header)))
		fail(error, path, "a core dump of a machine that is not known");
	else {
		c->arch = c->machine->arch;
		c->is_32bit = c->machine->word == 4;
		if (fstat(c->fd, &st) || read_headers(c, elf, st.st_size) || !c->nr_threads)
			fail(error, path, "no thread is in it: the core dump is cut off, or damaged");
		else if (!ids_are_unique(c))
			fail(error, path, "the core dump is damaged: a thread is in it twice");
		else
			good = true;
	}
	elf_end(elf);
	return good;
}

static bool check_executable(struct corefile *c, const char *exe, char error[CORE_ERROR_SIZE])
{
	int fd = open_regular(exe);
	bool same;

	if (fd < 0)
		return fail(error, exe, "cannot be read, or is not a file");
	same = !c->exe_start || is_mapped_file(c, fd, c->exe_start, true);
	close(fd);
	if (!same)
		return fail(error, exe, "not the program that dumped core: the build id is another one");
	c->exe = strdup(exe);
	return true;
}

static bool open_core(struct corefile *c, const char *path, const char *exe,
		      char error[CORE_ERROR_SIZE])
{
	c->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (c->fd < 0)
		return fail(error, path, strerror(errno));
	if (!decompress(c, path, error) || !read_core(c, path, error) ||
	    (exe && !check_executable(c, exe, error)))
		return false;
	find_svc(c);
	return true;
}

/**
 * corefile_open() - open a core dump
 * @path: the file, which zstd may have compressed
 * @exe: the file of the executable, instead of the one that the core names; or NULL
 * @error: receives what is wrong, in a line
 *
 * Return: the core, to be given to corefile_close(); or NULL.
 */
struct corefile *corefile_open(const char *path, const char *exe, char error[CORE_ERROR_SIZE])
{
	struct corefile *c = xcalloc(1, sizeof(*c));

	elf_version(EV_CURRENT);
	if (open_core(c, path, exe, error))
		return c;
	corefile_close(c);
	return NULL;
}

/**
 * corefile_close() - close a core dump
 * @c: the core, or NULL
 */
void corefile_close(struct corefile *c)
{
	if (!c)
		return;
	if (c->fd >= 0)
		close(c->fd);
	maps_free(&c->maps);
	free(c->threads);
	free(c->segments);
	free(c->exe);
	free(c);
}
