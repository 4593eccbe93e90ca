// SPDX-License-Identifier: GPL-2.0-only
/*
 * Core dumps of three machines: what registers say of a call, and what is not believed.
 */
#include <elf.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "analyze.h"
#include "array.h"
#include "sources/coredump.h"
#include "sources/source.h"
#include "tap.h"

#define WORD_AT		0x10000	/* the only segment: the futex word ... */
#define CODE_AT		0x10100	/* ... "svc #0" ... */
#define OTHER_CODE_AT	0x10104	/* ... and another instruction */
#define MEMORY_SIZE	4096
#define TID		4711
#define NOBODY		0

#define RESTARTS	(-512L)
#define RESTARTS_BLOCK	(-516L)
#define WAIT_PRIVATE_OP	128
#define WAKE_PRIVATE_OP	129

/* The kernel's layout of the registers, once more. */
struct machine {
	const char *name;
	int elf;
	int word;
	size_t status_size;
	size_t tid_at;
	size_t regs_at;
	int args[4];
	int nr;
	int result;	/* -1: the first argument's, and PC says whether it was in a call */
	int pc;
	size_t info_size;
	size_t flags_at;
	size_t tgid_at;
	size_t name_at;
	long futex;
	long read;
};

static const struct machine machines[] = {
	{ "x86-64", EM_X86_64, 8, 336, 32, 112, { 14, 13, 12, 7 }, 15, 10, 16, 136, 8, 24, 40, 202, 0 },
	{ "i386", EM_386, 4, 144, 24, 72, { 0, 1, 2, 3 }, 11, 6, 12, 124, 4, 12, 28, 240, 3 },
	{ "arm64", EM_AARCH64, 8, 392, 32, 112, { 0, 1, 2, 3 }, 8, -1, 32, 136, 8, 24, 40, 98, 63 },
};

/* What a thread did. */
struct doing {
	long nr;
	long result;
	uint64_t args[4];
	uint64_t pc;
	uint64_t tls;		/* of x86-64 */
};

struct image {
	unsigned char bytes[3 * MEMORY_SIZE];
	size_t size;
	size_t memory_at;
};

/*
 * Making them
 */

static void put_bytes(struct image *im, const void *data, size_t size)
{
	memcpy(im->bytes + im->size, data, size);
	im->size += size;
}

static void put_note(struct image *im, unsigned int type, const void *desc, size_t size)
{
	const Elf64_Nhdr header = { .n_namesz = 5, .n_descsz = size, .n_type = type };

	put_bytes(im, &header, sizeof(header));
	put_bytes(im, "CORE\0\0\0", 8);
	put_bytes(im, desc, size);
	im->size = (im->size + 3) & ~(size_t)3;
}

static void set_register(unsigned char *status, const struct machine *m, int i, uint64_t value)
{
	memcpy(status + m->regs_at + i * m->word, &value, m->word);
}

static void put_status(struct image *im, const struct machine *m, int tid, const struct doing *d)
{
	unsigned char status[400] = { 0 };
	const int16_t signal = 6;

	memcpy(status + 12, &signal, sizeof(signal));
	memcpy(status + m->tid_at, &tid, sizeof(tid));
	for (int i = 0; i < 4; i++)
		set_register(status, m, m->args[i], d->args[i]);
	set_register(status, m, m->nr, d->nr);
	if (m->result >= 0)
		set_register(status, m, m->result, d->result);
	set_register(status, m, m->pc, d->pc);
	if (d->tls)
		set_register(status, m, 21, d->tls);
	put_note(im, NT_PRSTATUS, status, m->status_size);
}

static void put_info(struct image *im, const struct machine *m)
{
	unsigned char info[136] = { 0 };
	const uint32_t forked = 0x40, tgid = TID;

	memcpy(info + m->flags_at, &forked, sizeof(forked));
	memcpy(info + m->tgid_at, &tgid, sizeof(tgid));
	memcpy(info + m->name_at, "a\nprogram", 9);
	put_note(im, NT_PRPSINFO, info, m->info_size);
}

/* One mapping of a file, far from the word. */
static void put_files(struct image *im, const struct machine *m)
{
	const uint64_t numbers[] = { 1, MEMORY_SIZE, 0x400000, 0x401000, 2 };
	unsigned char files[64];
	size_t size = 0;

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++, size += m->word)
		memcpy(files + size, &numbers[i], m->word);
	memcpy(files + size, "/bin/app", 9);
	put_note(im, NT_FILE, files, size + 9);
}

static void put_headers(struct image *im, const struct machine *m, uint64_t notes_size,
			uint64_t memory_at)
{
	Elf64_Ehdr e64 = { .e_type = ET_CORE, .e_machine = m->elf, .e_version = EV_CURRENT,
			   .e_phoff = sizeof(e64), .e_ehsize = sizeof(e64),
			   .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 2 };
	Elf64_Phdr p64[2] = { { .p_type = PT_NOTE, .p_offset = MEMORY_SIZE, .p_filesz = notes_size },
			      { .p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_offset = memory_at,
				.p_vaddr = WORD_AT, .p_filesz = MEMORY_SIZE, .p_memsz = MEMORY_SIZE } };
	Elf32_Ehdr e32 = { .e_type = ET_CORE, .e_machine = m->elf, .e_version = EV_CURRENT,
			   .e_phoff = sizeof(e32), .e_ehsize = sizeof(e32),
			   .e_phentsize = sizeof(Elf32_Phdr), .e_phnum = 2 };
	Elf32_Phdr p32[2] = { { .p_type = PT_NOTE, .p_offset = MEMORY_SIZE, .p_filesz = notes_size },
			      { .p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_offset = memory_at,
				.p_vaddr = WORD_AT, .p_filesz = MEMORY_SIZE, .p_memsz = MEMORY_SIZE } };
	const unsigned char ident[] = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3,
					m->word == 8 ? ELFCLASS64 : ELFCLASS32, ELFDATA2LSB,
					EV_CURRENT };

	memcpy(e64.e_ident, ident, sizeof(ident));
	memcpy(e32.e_ident, ident, sizeof(ident));
	im->size = 0;
	put_bytes(im, m->word == 8 ? (void *)&e64 : &e32, m->word == 8 ? sizeof(e64) : sizeof(e32));
	put_bytes(im, m->word == 8 ? (void *)p64 : p32, m->word == 8 ? sizeof(p64) : sizeof(p32));
}

/* A core of up to two threads; @value is what the word holds. */
static void make_core(struct image *im, const struct machine *m, const struct doing *first,
		      int second_tid, const struct doing *second, uint32_t value)
{
	const uint32_t code[] = { 0xd4000001, 0xd503201f };
	size_t end;

	memset(im, 0, sizeof(*im));
	im->size = MEMORY_SIZE;
	put_status(im, m, TID, first);
	put_info(im, m);
	put_files(im, m);
	if (second_tid)
		put_status(im, m, second_tid, second);
	end = im->size;
	memcpy(im->bytes + end, &value, sizeof(value));
	memcpy(im->bytes + end + CODE_AT - WORD_AT, code, sizeof(code));
	put_headers(im, m, end - MEMORY_SIZE, end);
	im->size = end + MEMORY_SIZE;
	im->memory_at = end;
}

static void set_memory(struct image *im, uint64_t addr, const void *data, size_t size)
{
	memcpy(im->bytes + im->memory_at + addr - WORD_AT, data, size);
}

/*
 * Reading them
 */

static struct corefile *open_image(const struct image *im, size_t size, char error[CORE_ERROR_SIZE])
{
	int fd = memfd_create("core", 0);
	struct corefile *c;
	char path[64];

	if (fd < 0 || write(fd, im->bytes, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	*error = '\0';
	c = corefile_open(path, NULL, error);
	close(fd);
	return c;
}

static struct corefile *open_good(const struct image *im)
{
	char error[CORE_ERROR_SIZE];
	struct corefile *c = open_image(im, im->size, error);

	if (!c) {
		printf("# %s\n", error);
		abort();
	}
	return c;
}

static struct doing doing_futex(const struct machine *m, uint64_t op, long result)
{
	return (struct doing){ m->futex, result, { WORD_AT, op, 2, 0 }, CODE_AT };
}

static struct doing doing_nothing(const struct machine *m)
{
	return (struct doing){ m->result < 0 ? m->futex : -1, 0, { 0 }, OTHER_CODE_AT };
}

/* Whether a call starts again is told by the result on x86, by PC on arm64. */
static const struct {
	const char *name;
	enum in_call x86;
	enum in_call arm64;
	long result;
	uint64_t pc;
} call_states[] = {
	{ "interrupted in its call", IN_CALL, IN_CALL, RESTARTS, CODE_AT },
	{ "the same, of one that is resumed", IN_CALL, IN_CALL, RESTARTS_BLOCK, CODE_AT },
	{ "woken", IN_NO_CALL, IN_NO_CALL, 0, OTHER_CODE_AT },
	{ "back, with an error", IN_NO_CALL, IN_NO_CALL, -11, OTHER_CODE_AT },
	{ "back in a handler", IN_NO_CALL, IN_NO_CALL, -4, OTHER_CODE_AT },
	{ "code that is nowhere", IN_CALL, MAY_BE_IN_CALL, RESTARTS, 0x500000 },
};

static void test_calls(const struct machine *m)
{
	struct image *im = xcalloc(1, sizeof(*im));

	for (size_t i = 0; i < ARRAY_SIZE(call_states); i++) {
		struct doing d = doing_futex(m, WAIT_PRIVATE_OP, call_states[i].result);
		struct corefile *c;

		d.pc = call_states[i].pc;
		make_core(im, m, &d, NOBODY, NULL, 2);
		c = open_good(im);
		ok(c->nr_threads == 1 && c->threads[0].call.nr == m->futex &&
		   c->threads[0].call.args[0] == WORD_AT && c->threads[0].in_call ==
		   (m->result < 0 ? call_states[i].arm64 : call_states[i].x86),
		   "%s: %s", m->name, call_states[i].name);
		corefile_close(c);
	}
	free(im);
}

static void test_process(const struct machine *m)
{
	struct image *im = xcalloc(1, sizeof(*im));
	struct doing d = doing_futex(m, WAIT_PRIVATE_OP, RESTARTS);
	const struct mapping *file;
	struct corefile *c;
	uint32_t word = 0;

	make_core(im, m, &d, NOBODY, NULL, 2);
	c = open_good(im);
	is_num(c->tgid, TID, "process");
	is_num(c->signal, 6, "signal");
	ok(c->is_forked, "forked");
	is_str(c->name, "a\nprogram", "name");
	file = maps_find(&c->maps, 0x400fff);
	ok(file && file->ino && file->offset == 2 * MEMORY_SIZE, "mapping of a file");
	is_str(file ? file->name : NULL, "/bin/app", "its name");
	ok(corefile_read(c, WORD_AT, &word, sizeof(word)) && word == 2, "memory");
	ok(!corefile_read(c, WORD_AT + MEMORY_SIZE - 2, &word, sizeof(word)), "beyond its end");
	ok(!corefile_read(c, WORD_AT - 1, &word, sizeof(word)), "before its start");
	corefile_close(c);
	free(im);
}

/*
 * Judging them
 */

static void judge_image(const struct image *im, struct snapshot *s, struct analysis *a)
{
	snapshot_init(s, &source_core);
	s->core = open_good(im);
	read_coredump(s, s->core);
	snapshot_index(s);
	analyze(a, s, NULL);
}

enum second {
	NO_SECOND,
	WAITS_TOO,
	READS,
	RUNS,
	WAKES,
};

static const struct {
	const char *name;
	enum second second;
	uint32_t value;
	enum verdict verdict;
} verdicts_of[] = {
	{ "alone, after a fork", NO_SECOND, 2, VERDICT_NO_WAKER },
	{ "all wait", WAITS_TOO, 2, VERDICT_NO_WAKER },
	{ "another one sleeps in read", READS, 2, VERDICT_BLOCKED },
	{ "another one runs", RUNS, 2, VERDICT_BLOCKED },
	{ "another one wakes somebody", WAKES, 2, VERDICT_BLOCKED },
	{ "the word has changed", NO_SECOND, 0, VERDICT_UNKNOWN },
};

static struct doing second_doing(const struct machine *m, enum second second)
{
	struct doing d = doing_futex(m, WAIT_PRIVATE_OP, RESTARTS);

	if (second == READS)
		d.nr = m->read;
	else if (second == RUNS)
		d = doing_nothing(m);
	else if (second == WAKES)
		d.args[1] = WAKE_PRIVATE_OP;
	return d;
}

static void test_verdicts(const struct machine *m)
{
	struct image *im = xcalloc(1, sizeof(*im));

	for (size_t i = 0; i < ARRAY_SIZE(verdicts_of); i++) {
		struct doing first = doing_futex(m, WAIT_PRIVATE_OP, RESTARTS);
		struct doing second = second_doing(m, verdicts_of[i].second);
		struct snapshot s;
		struct analysis a;

		make_core(im, m, &first, verdicts_of[i].second ? TID + 1 : NOBODY, &second,
			  verdicts_of[i].value);
		judge_image(im, &s, &a);
		ok(s.nr_waiters && s.waiters[0].expected == 2 &&
		   a.judgements[0].verdict == verdicts_of[i].verdict &&
		   a.judgements[0].certainty >= CERTAINTY_LIKELY,
		   "%s: %s: %s", m->name, verdicts_of[i].name, verdicts[a.judgements[0].verdict].name);
		is_str(s.processes[0].comm, "a\\012program", "the name is escaped");
		analysis_free(&a);
		snapshot_free(&s);
	}
	free(im);
}

/* Of glibc's struct pthread on x86-64: the id, the head of the robust list, a mutex's offset. */
static void set_pthread(struct image *im, uint64_t addr, int32_t own_id)
{
	const struct {
		int32_t id;
		int32_t unused;
		uint64_t list[2];
		int64_t offset;
	} pthread = { .id = own_id, .offset = -32 };

	set_memory(im, addr + 0x2d0, &pthread, sizeof(pthread));
}

/* A mutex that is held by the second thread, which has another id for itself than in the core. */
static void test_namespace(bool has_pthreads)
{
	const uint32_t mutex[] = { 2, 0, 77, 1, 0, 0, 0, 0, 0, 0 };
	const struct machine *m = &machines[0];
	struct doing first = doing_futex(m, WAIT_PRIVATE_OP, RESTARTS), second = doing_nothing(m);
	struct image *im = xcalloc(1, sizeof(*im));
	struct snapshot s;
	struct analysis a;

	first.tls = WORD_AT + 0x200;
	second.tls = WORD_AT + 0x600;
	make_core(im, m, &first, TID + 1, &second, 2);
	set_memory(im, WORD_AT, mutex, sizeof(mutex));
	if (has_pthreads) {
		set_pthread(im, first.tls, 76);
		set_pthread(im, second.tls, 77);
	}
	judge_image(im, &s, &a);
	ok(a.judgements[0].verdict == VERDICT_BLOCKED, "a mutex in a pid namespace");
	is_num(a.judgements[0].holder_thread, has_pthreads ? 1 : -1,
	       has_pthreads ? "its holder is found by struct pthread" : "without that, none is");
	analysis_free(&a);
	snapshot_free(&s);
	free(im);
}

/*
 * What is not believed
 */

static void expect_error(const struct image *im, size_t size, const char *text)
{
	char error[CORE_ERROR_SIZE];
	struct corefile *c = open_image(im, size, error);

	ok(!c && strstr(error, text), "%s", text);
	if (!c && !strstr(error, text))
		printf("#  got: %s\n", error);
	corefile_close(c);
}

static void test_errors(void)
{
	const struct machine *m = &machines[0];
	struct doing d = doing_futex(m, WAIT_PRIVATE_OP, RESTARTS);
	struct image *im = xcalloc(1, sizeof(*im));

	make_core(im, m, &d, TID, &d, 2);
	expect_error(im, im->size, "a thread is in it twice");
	make_core(im, m, &d, NOBODY, NULL, 2);
	expect_error(im, 0, "not a core dump");
	expect_error(im, MEMORY_SIZE, "no thread is in it");
	im->bytes[offsetof(Elf64_Ehdr, e_type)] = ET_EXEC;
	expect_error(im, im->size, "not a core dump");
	im->bytes[offsetof(Elf64_Ehdr, e_type)] = ET_CORE;
	im->bytes[offsetof(Elf64_Ehdr, e_machine)] = EM_S390;
	expect_error(im, im->size, "a machine that is not known");
	memcpy(im->bytes, "\x28\xb5\x2f\xfd", 4);
	expect_error(im, im->size, "what zstd has compressed is damaged");
	free(im);
}

/* It may say anything then, but must come to an end, and say in a line what is wrong. */
static bool survives(const struct image *im, size_t size)
{
	char error[CORE_ERROR_SIZE];
	struct snapshot s;
	struct analysis a;

	snapshot_init(&s, &source_core);
	s.core = open_image(im, size, error);
	if (!s.core)
		return *error && !strchr(error, '\n');
	read_coredump(&s, s.core);
	snapshot_index(&s);
	analyze(&a, &s, NULL);
	analysis_free(&a);
	snapshot_free(&s);
	return true;
}

static void test_cut_off(const struct machine *m)
{
	struct doing d = doing_futex(m, WAIT_PRIVATE_OP, RESTARTS), runs = doing_nothing(m);
	struct image *im = xcalloc(1, sizeof(*im));
	size_t failed = 0;

	make_core(im, m, &d, TID + 1, &runs, 2);
	for (size_t size = 0; size < im->size; size += size < 256 ? 1 : 13)
		failed += !survives(im, size);
	is_num(failed, 0, "cut off anywhere");
	free(im);
}

#define NR_DAMAGED	3000

static void test_damaged(const struct machine *m)
{
	struct doing d = doing_futex(m, WAIT_PRIVATE_OP, RESTARTS), runs = doing_nothing(m);
	struct image *im = xcalloc(1, sizeof(*im));
	unsigned int seed = 1;
	size_t failed = 0;

	for (int n = 0; n < NR_DAMAGED; n++) {
		make_core(im, m, &d, TID + 1, &runs, 2);
		for (int i = rand_r(&seed) % 8; i >= 0; i--) {
			size_t area = rand_r(&seed) % 3 ? im->size : 256;

			im->bytes[rand_r(&seed) % area] = rand_r(&seed) % 3 ? rand_r(&seed) : 0xff;
		}
		failed += !survives(im, im->size);
	}
	is_num(failed, 0, "damaged anywhere");
	free(im);
}

int main(void)
{
	tap_start();
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		test_calls(&machines[i]);
		test_process(&machines[i]);
		test_verdicts(&machines[i]);
		test_cut_off(&machines[i]);
		test_damaged(&machines[i]);
	}
	test_namespace(true);
	test_namespace(false);
	test_errors();
	return tap_end();
}
