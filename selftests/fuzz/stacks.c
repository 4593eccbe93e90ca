// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes what reads stacks: the unwinder, what is told of code and words, and the frames of Python.
 *
 * An input is a struct head, then the memory, which is the same at all addresses, so that there is
 * some everywhere; then the file of the program's code and data, if the head says that it has one.
 * If not, it is MODULE: its rules make sense, and only memory and registers do not.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <sanitizer/asan_interface.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "array.h"
#include "fuzz.h"
#include "images.h"
#include "python.h"
#include "records.h"
#include "unwind.h"
#include "variables.h"

/* Bytes of memory; a longer input that has no file is cut. */
#define MAX_MEMORY	8192

/* Where the file is mapped. */
#define BASE		0x555555554000

/* What stands for descriptors of the process. */
#define PAGEMAP_FD	1000
#define MEM_FD		1001

/* Little endian, without gaps. */
struct head {
	uint64_t pc;
	uint64_t sp;
	uint64_t fp;
	uint64_t lr;
	uint64_t word;
	uint16_t memory;	/* bytes */
	uint8_t name;		/* of the file, an index */
	uint8_t absent;		/* bit N: of 8 pages, page N is not there */
	uint8_t has_file;
	uint8_t has_vdso;
	uint8_t is_only_thread;
	uint8_t blocked;	/* signals */
};

static const char *const names[] = {
	"/lib/module.so", "/usr/bin/python3.11", "/usr/lib/libpython3.12.so.1.0",
	"/usr/bin/python3.13 (deleted)", "/usr/bin/python3.14", "/lib/libc.so.6",
};

static struct head head;
static uint8_t memory[MAX_MEMORY + PAGE_BYTES];	/* so that what is read is in one piece */
static size_t memory_size;

ssize_t memory_pread(int fd, void *buf, size_t size, off_t offset);

/* In the place of pread(2) of the tool. */
ssize_t memory_pread(int fd, void *buf, size_t size, off_t offset)
{
	if (fd == PAGEMAP_FD) {
		uint64_t entry = (uint64_t)!(head.absent >> (offset / 8 % 8) & 1) << 63;

		memcpy(buf, &entry, size);
		return size;
	}
	if (fd != MEM_FD)
		return pread(fd, buf, size, offset);
	if (size > PAGE_BYTES)
		abort();
	memcpy(buf, memory + (uint64_t)offset % memory_size, size);
	return size;
}

/*
 * What goes wrong within elfutils
 *
 * Its code is not built with the sanitizers, but calls functions of the C library that check what
 * they are given.  The tool expects it to crash: another process runs it, which reports no stack then.
 * So this is counted, and not taken for a finding.  What it has allocated is lost.
 */

static sigjmp_buf end_of_input;
static volatile sig_atomic_t is_reading;
static bool is_finding;
static size_t nr_inputs, nr_crashes;

static bool is_in_elfutils(const void *pc)
{
	Dl_info info;

	return dladdr(pc, &info) && (strstr(info.dli_fname, "libdw") || strstr(info.dli_fname, "libelf"));
}

/* The innermost code that is not the C library's: assert(3) and abort(3) are. */
static bool is_of_elfutils(void)
{
	void *pcs[32];
	int nr = backtrace(pcs, ARRAY_SIZE(pcs));
	Dl_info info;

	/* The first is this file's, and the second the handler's. */
	for (int i = 2; i < nr; i++) {
		if (dladdr(pcs[i], &info) && strstr(info.dli_fname, "libc.so"))
			continue;
		return is_in_elfutils(pcs[i]);
	}
	return false;
}

static const int crashes[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
static struct sigaction others[ARRAY_SIZE(crashes)];

/* What is no crash of elfutils is left to who had handled it: libFuzzer keeps the input. */
static void on_crash(int number)
{
	if (is_reading && is_of_elfutils())
		siglongjmp(end_of_input, 1);
	for (size_t i = 0; i < ARRAY_SIZE(crashes); i++)
		sigaction(crashes[i], &others[i], NULL);
	/* A fault comes again by itself. */
	if (number == SIGABRT)
		raise(number);
}

/* AddressSanitizer calls this at the start of a report; by ASAN_OPTIONS the process goes on then. */
void __asan_on_error(void)
{
	if (!is_in_elfutils(__asan_get_report_pc()))
		is_finding = true;
}

static void print_counts(void)
{
	fprintf(stderr, "crashes of elfutils: %zu of %zu inputs\n", nr_crashes, nr_inputs);
}

/* After libFuzzer has done so. */
static void handle_crashes(void)
{
	struct sigaction action = { .sa_handler = on_crash, .sa_flags = SA_NODEFER };

	if (nr_inputs++)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(crashes); i++)
		sigaction(crashes[i], &action, &others[i]);
	atexit(print_counts);
}

/*
 * Reading
 */

static int open_file(const uint8_t *data, size_t size)
{
	int fd;

	if (!head.has_file)
		return open(MODULE, O_RDONLY | O_CLOEXEC);
	fd = memfd_create("file", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	return fd;
}

static void make_target(struct target *t, int fd)
{
	static struct mapping maps[] = {
		{ .start = BASE, .end = BASE + 0x10000, .ino = 1, .is_executable = true },
		{ .start = 0x7ffff7fc0000, .end = 0x7ffff7fc2000, .is_executable = true,
		  .name = "[vdso]" },
	};

	maps[0].name = names[head.name % ARRAY_SIZE(names)];
	*t = (struct target){
		.memory = { PAGEMAP_FD, MEM_FD, NULL },
		.maps = { .all = maps, .nr = ARRAY_SIZE(maps) },
	};
	array_push(t->images, t->nr_images, (struct image){ 0, maps[0].start, maps[0].end, fd });
	if (head.has_vdso)
		array_push(t->images, t->nr_images,
			   (struct image){ 1, maps[1].start, maps[1].end, -1 });
	t->places = xcalloc(2, sizeof(*t->places));
}

/* All that was written is what the tool would take, and can be shown. */
static void show(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *text = xcalloc(size + 1, 1), *line = text, *end;
	struct stacks st = { 0 };
	FILE *out = get_sink();
	char buf[FRAME_SIZE];

	if (pread(fd, text, size, 0) != size)
		abort();
	for (; (end = strchr(line, '\n')); line = end + 1) {
		enum record_kind kind;

		*end = '\0';
		if (!st.nr)
			array_push(st.all, st.nr, (struct stack){ .tid = 1 });
		kind = read_record(&st.all[st.nr - 1], line);
		if (kind == RECORD_BAD)
			abort();
		if (kind == RECORD_END)
			array_push(st.all, st.nr, (struct stack){ .tid = 1 + st.nr });
	}
	for (size_t i = 0; i < st.nr; i++) {
		const struct frame *interrupted;
		struct shown_frames shown;

		fold_frames(&shown, &st.all[i]);
		find_handler(&st.all[i], &interrupted);
		for (size_t n = 0; n < shown.nr; n++) {
			if (shown.frames[n].kind == FRAME_PYTHON && !shown.frames[n].function)
				abort();
			fprintf(out, "%s\n", format_frame(buf, &shown.frames[n]));
		}
		fprintf(out, "%s %s\n", format_place(buf, &st.all[i].place) ?: "",
			place_note(&st.all[i].place) ?: "");
	}
	fflush(out);
	stacks_free(&st);
	free(text);
}

static void read_target_stacks(struct target *t, int out)
{
	const struct thread thread = { .blocked = head.blocked };
	/* The second has the registers of the first in other places. */
	const struct registers regs[] = {
		{ head.pc, head.sp, head.fp, head.lr }, { head.lr, head.fp, head.sp, head.pc },
	};
	const struct stack stacks[] = {
		{ .tid = 1, .tgid = 1, .thread = &thread, .word = head.word, .seen = PTHREAD_MUTEX,
		  .is_only_thread = head.is_only_thread },
		{ .tid = 2, .tgid = 1, .word = head.pc },
	};

	/* It can always be written which frames are not known. */
	if (write_stacks(out, t, stacks, regs, ARRAY_SIZE(stacks)) && !head.has_file)
		abort();
}

static void fill_memory(const uint8_t *data, size_t size)
{
	memory_size = size < MAX_MEMORY ? size : MAX_MEMORY;
	if (head.has_file && head.memory && head.memory < memory_size)
		memory_size = head.memory;
	for (size_t i = 0; i < memory_size + PAGE_BYTES; i++)
		memory[i] = i < memory_size ? data[i] : memory[i - memory_size];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct target t;
	int fd, out;

	if (size <= sizeof(head))
		return -1;
	memcpy(&head, data, sizeof(head));
	data += sizeof(head);
	size -= sizeof(head);
	fill_memory(data, size);
	handle_crashes();
	fd = open_file(data + memory_size, size - memory_size);
	out = memfd_create("records", MFD_CLOEXEC);
	if (fd < 0 || out < 0)
		abort();
	make_target(&t, fd);
	is_reading = true;
	if (!sigsetjmp(end_of_input, 1)) {
		read_target_stacks(&t, out);
	} else {
		nr_crashes++;
		forget_variables();
	}
	is_reading = false;
	if (is_finding)
		abort();
	show(out);
	free(t.images);
	free(t.places);
	close(fd);
	close(out);
	return 0;
}
