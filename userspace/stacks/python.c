// SPDX-License-Identifier: GPL-2.0-only
/*
 * The frames of Python functions: CPython keeps them in memory of its own, and its loop, one
 * frame of the stack, runs several of them.
 *
 * From 3.13 on the interpreter says where its fields are (struct _Py_DebugOffsets at the start
 * of _PyRuntime).  Before, the offsets are those of Include/internal of each version, on
 * 64-bit machines.  What makes no sense ends the frames.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "python.h"

/* What is believed at most of a process, whose memory may be damaged, or made up. */
#define MAX_INTERPRETERS	64
#define MAX_STATES		20000	/* of all interpreters */
#define MAX_PYTHON_FRAMES	256
#define MAX_OFFSET		(1 << 20)
#define MAX_LINE_TABLE		(1 << 20)
#define MAX_NAME		255

/* Each is the offset of a field in its structure. */
struct python_layout {
	uint64_t interpreters_head;	/* of _PyRuntimeState */
	uint64_t interpreter_next;	/* of PyInterpreterState */
	uint64_t threads_head;
	uint64_t state_next;		/* of PyThreadState */
	uint64_t native_thread_id;
	uint64_t current_frame;		/* or of a pointer to a _PyCFrame ... */
	uint64_t cframe_current_frame;	/* ... and that of the frame in it, or NO_CFRAME */
	uint64_t previous;		/* of _PyInterpreterFrame */
	uint64_t code;
	uint64_t instruction;
	uint64_t owner;			/* or of is_entry: see entry_owner */
	uint64_t filename;		/* of PyCodeObject */
	uint64_t qualname;
	uint64_t linetable;
	uint64_t firstlineno;
	uint64_t instructions;
	uint64_t ascii_size;		/* of PyASCIIObject */
	uint64_t entry_owner;		/* owner of the frame that the loop puts below its own */
};

#define NO_CFRAME	UINT64_MAX

/* The first frame of a loop says so itself, and there is none below it. */
#define NO_ENTRY_FRAME	UINT64_MAX

/* Fields of objects that have been the same since 3.3. */
#define OBJECT_LENGTH	16
#define STRING_STATE	32
#define BYTES_DATA	32

/* enum _frameowner: FRAME_OWNED_BY_CSTACK, since 3.14 FRAME_OWNED_BY_INTERPRETER */
#define OWNED_BY_LOOP	3

static const struct python_layout python_3_11 = {
	.interpreters_head = 40, .interpreter_next = 0, .threads_head = 16,
	.state_next = 8, .native_thread_id = 160, .current_frame = 56, .cframe_current_frame = 8,
	.previous = 48, .code = 32, .instruction = 56, .owner = 68,
	.filename = 112, .qualname = 128, .linetable = 136, .firstlineno = 72,
	.instructions = 184, .ascii_size = 48, .entry_owner = NO_ENTRY_FRAME,
};

static const struct python_layout python_3_12 = {
	.interpreters_head = 40, .interpreter_next = 0, .threads_head = 72,
	.state_next = 8, .native_thread_id = 144, .current_frame = 56, .cframe_current_frame = 0,
	.previous = 8, .code = 0, .instruction = 56, .owner = 70,
	.filename = 112, .qualname = 128, .linetable = 136, .firstlineno = 68,
	.instructions = 192, .ascii_size = 40, .entry_owner = OWNED_BY_LOOP,
};

/*
 * Where struct _Py_DebugOffsets has them (Include/internal/pycore_runtime.h, since 3.14
 * pycore_debug_offsets.h), in units of 8 bytes.
 */
enum {
	OFFSETS_COOKIE, OFFSETS_VERSION, OFFSETS_FREE_THREADED,
	OFFSETS_INTERPRETERS_HEAD	= 5,
	OFFSETS_INTERPRETER_NEXT	= 8,
	OFFSETS_THREADS_HEAD		= 9,
	MAX_OFFSETS			= 49,
};

/* Those that each version has elsewhere. */
struct debug_offsets {
	unsigned int version;		/* as in the first two bytes of PY_VERSION_HEX */
	unsigned char state_next;
	unsigned char current_frame;
	unsigned char native_thread_id;
	unsigned char previous;
	unsigned char executable;
	unsigned char instr_ptr;
	unsigned char owner;
	unsigned char filename;
	unsigned char qualname;
	unsigned char linetable;
	unsigned char firstlineno;
	unsigned char co_code_adaptive;	/* the last one */
};

static const struct debug_offsets debug_offsets[] = {
	{ 0x030d, 21, 23, 25, 29, 30, 31, 33, 35, 37, 38, 39, 43 },
	{ 0x030e, 24, 26, 28, 32, 33, 34, 36, 40, 42, 43, 44, 48 },
};

/* Since 3.14 the pointer to a code object has a tag in these bits (Py_TAG_BITS). */
#define TAG_BITS	3ULL

static bool read_u64(struct python *py, uint64_t addr, uint64_t *value)
{
	return target_read(py->target, addr, value, sizeof(*value));
}

/*
 * The interpreter
 */

/* The 11 of python3.11 and of libpython3.11.so.1.0, or 0. */
static int minor_version(const char *module)
{
	const char *name = "python3.";

	if (module && !strncmp(module, "lib", 3))
		module += 3;
	return module && !strncmp(module, name, strlen(name)) ? atoi(module + strlen(name)) : 0;
}

/**
 * is_python_module() - whether a file is CPython's interpreter
 * @module: its name without directory, or NULL
 */
bool is_python_module(const char *module)
{
	return minor_version(module);
}

/* The address of a symbol, or 0. */
static uint64_t find_symbol(Dwfl_Module *mod, const char *name)
{
	int nr = dwfl_module_getsymtab(mod);

	for (int i = 0; i < nr; i++) {
		GElf_Addr addr;
		GElf_Sym sym;
		const char *found = dwfl_module_getsym_info(mod, i, &sym, &addr, NULL, NULL, NULL);

		if (found && sym.st_shndx != SHN_UNDEF && !strcmp(found, name))
			return addr;
	}
	return 0;
}

static const struct debug_offsets *find_offsets(uint64_t version)
{
	for (size_t i = 0; i < ARRAY_SIZE(debug_offsets); i++) {
		if (version >> 16 == debug_offsets[i].version)
			return &debug_offsets[i];
	}
	return NULL;
}

/* The layout that the interpreter says it has; free-threaded ones have other objects. */
static const struct python_layout *read_layout(struct python *py)
{
	static struct python_layout layout;
	const struct debug_offsets *o;
	uint64_t at[MAX_OFFSETS];

	if (!target_read(py->target, py->runtime, at, sizeof(at)) ||
	    memcmp(&at[OFFSETS_COOKIE], "xdebugpy", 8) || at[OFFSETS_FREE_THREADED])
		return NULL;
	o = find_offsets(at[OFFSETS_VERSION]);
	for (size_t i = OFFSETS_INTERPRETERS_HEAD; o && i <= o->co_code_adaptive; i++) {
		if (at[i] > MAX_OFFSET)
			return NULL;
	}
	if (!o)
		return NULL;
	layout = (struct python_layout){
		.interpreters_head = at[OFFSETS_INTERPRETERS_HEAD],
		.interpreter_next = at[OFFSETS_INTERPRETER_NEXT],
		.threads_head = at[OFFSETS_THREADS_HEAD],
		.state_next = at[o->state_next],
		.native_thread_id = at[o->native_thread_id],
		.current_frame = at[o->current_frame],
		.cframe_current_frame = NO_CFRAME,
		.previous = at[o->previous],
		.code = at[o->executable],
		.instruction = at[o->instr_ptr],
		.owner = at[o->owner],
		.filename = at[o->filename],
		.qualname = at[o->qualname],
		.linetable = at[o->linetable],
		.firstlineno = at[o->firstlineno],
		.instructions = at[o->co_code_adaptive],
		.ascii_size = 40,
		.entry_owner = OWNED_BY_LOOP,
	};
	return &layout;
}

static int search_module(Dwfl_Module *mod, void **user, const char *name, Dwarf_Addr start,
			 void *arg)
{
	int minor = minor_version(base_name(name));
	struct python *py = arg;

	(void)user;
	(void)start;
	if (!minor)
		return DWARF_CB_OK;
	py->runtime = find_symbol(mod, "_PyRuntime");
	if (!py->runtime)
		return DWARF_CB_OK;
	/* Py_Version says the same, but a child of fork(2) need not have its page in memory. */
	py->layout = minor == 11 ? &python_3_11 : minor == 12 ? &python_3_12 : read_layout(py);
	return DWARF_CB_ABORT;
}

/* The frame that a thread runs; 0 if it has none. */
static uint64_t frame_of_state(struct python *py, uint64_t state)
{
	const struct python_layout *l = py->layout;
	uint64_t frame;

	if (!read_u64(py, state + l->current_frame, &frame) || !frame)
		return 0;
	if (l->cframe_current_frame != NO_CFRAME &&
	    !read_u64(py, frame + l->cframe_current_frame, &frame))
		return 0;
	return frame;
}

/*
 * The state of the thread among those of an interpreter, or 0.  *@only is the state of the only
 * thread that there is: in a child of fork(2) it may have the id of the parent's thread.  *@left
 * is how many states are still looked at.
 */
static uint64_t search_states(struct python *py, uint64_t state, uint64_t *only, int *left)
{
	uint64_t id;

	*only = state;
	for (; state && *left; --*left) {
		if (!read_u64(py, state + py->layout->native_thread_id, &id))
			return 0;
		if (id == (uint64_t)py->tid)
			return state;
		if (!read_u64(py, state + py->layout->state_next, &state))
			return 0;
		if (state)
			*only = 0;
	}
	return 0;
}

static uint64_t find_frame(struct python *py)
{
	const struct python_layout *l = py->layout;
	uint64_t interpreter, state, only = 0;
	int left = MAX_STATES;

	if (!read_u64(py, py->runtime + l->interpreters_head, &interpreter))
		return 0;
	for (int i = 0; interpreter && i < MAX_INTERPRETERS; i++) {
		if (!read_u64(py, interpreter + l->threads_head, &state))
			return 0;
		state = search_states(py, state, &only, &left);
		if (state)
			return frame_of_state(py, state);
		if (!read_u64(py, interpreter + l->interpreter_next, &interpreter))
			return 0;
	}
	return only && py->is_only_thread ? frame_of_state(py, only) : 0;
}

/**
 * python_begin() - begin with the stack of another thread
 * @py: its process, with @dwfl and @target set
 * @tid: the thread, in its own pid namespace
 * @is_only_thread: its process has no other one
 */
void python_begin(struct python *py, pid_t tid, bool is_only_thread)
{
	py->tid = tid;
	py->is_only_thread = is_only_thread;
	py->has_begun = false;
	py->frame = 0;
}

/* What the interpreter's memory lacks says nothing of the stack. */
static void begin_frames(struct python *py)
{
	bool lacked = py->target->lacks_memory;

	py->has_begun = true;
	if (!py->was_searched)
		dwfl_getmodules(py->dwfl, search_module, py, 0);
	py->was_searched = true;
	if (py->layout)
		py->frame = find_frame(py);
	py->target->lacks_memory = lacked;
}

/*
 * Names and lines
 */

/* A character in UTF-8: its bytes at @dst, where there is room for 3. */
static size_t put_utf8(char *dst, unsigned int c)
{
	if (c < 0x80) {
		dst[0] = c;
		return 1;
	}
	if (c < 0x800) {
		dst[0] = 0xc0 | c >> 6;
		dst[1] = 0x80 | (c & 0x3f);
		return 2;
	}
	dst[0] = 0xe0 | c >> 12;
	dst[1] = 0x80 | (c >> 6 & 0x3f);
	dst[2] = 0x80 | (c & 0x3f);
	return 3;
}

/*
 * A compact str (PyASCIIObject, PyCompactUnicodeObject): state has the bytes of a character from
 * bit 2 on, bit 5 for compact, and bit 6 for ASCII.  Characters behind those of two bytes are
 * not read.
 */
static bool read_string(struct python *py, uint64_t addr, char dst[3 * MAX_NAME + 1])
{
	unsigned char data[2 * MAX_NAME];
	uint64_t len, data_at;
	uint32_t state, kind;
	size_t n = 0;

	if (!read_u64(py, addr + OBJECT_LENGTH, &len) ||
	    !target_read(py->target, addr + STRING_STATE, &state, sizeof(state)))
		return false;
	kind = state >> 2 & 7;
	if (!(state & 1 << 5) || !len || len > MAX_NAME || (kind != 1 && kind != 2))
		return false;
	data_at = py->layout->ascii_size + (state & 1 << 6 ? 0 : py->layout->ascii_size == 48 ? 24 : 16);
	if (!target_read(py->target, addr + data_at, data, len * kind))
		return false;
	for (size_t i = 0; i < len; i++)
		n += put_utf8(dst + n, kind == 1 ? data[i] : data[2 * i] | data[2 * i + 1] << 8);
	dst[n] = '\0';
	return *dst;
}

/* A signed number in groups of 6 bits, the lowest first; bit 6 says that more follow. */
static int read_delta(const unsigned char *table, size_t size, size_t *i)
{
	uint64_t val = 0;
	int shift = 0;

	while (*i < size && shift < 30) {
		unsigned char byte = table[(*i)++];

		val |= (uint64_t)(byte & 63) << shift;
		shift += 6;
		if (!(byte & 64))
			break;
	}
	return val & 1 ? -(int)(val >> 1) : (int)(val >> 1);
}

/*
 * co_linetable, from 3.11 on (Objects/locations.md): an entry begins with a byte that has bit 7,
 * a code in bits 3 to 6, and how many instructions it is for, less one.  Codes 13 and 14 have
 * the difference to the line before, 10 to 12 that of 0 to 2, and 15 means that there is none.
 */
static unsigned int find_line(const unsigned char *table, size_t size, uint64_t instruction,
			      int64_t line)
{
	uint64_t end = 0;

	for (size_t i = 0; i < size; ) {
		unsigned int code = table[i] >> 3 & 15;

		end += 1 + (table[i++] & 7);
		if (code == 13 || code == 14)
			line += read_delta(table, size, &i);
		else if (code >= 10 && code <= 12)
			line += code - 10;
		if (instruction < end)
			return code == 15 || line < 0 || line > INT_MAX ? 0 : line;
		while (i < size && !(table[i] & 128))
			i++;
	}
	return 0;
}

/* The line that a frame is in; 0 if it is not known. */
static unsigned int line_of_frame(struct python *py, uint64_t frame, uint64_t code)
{
	const struct python_layout *l = py->layout;
	uint64_t instruction, bytes, size;
	unsigned char *table;
	unsigned int line = 0;
	int32_t first;

	if (!read_u64(py, frame + l->instruction, &instruction) ||
	    !target_read(py->target, code + l->firstlineno, &first, sizeof(first)) ||
	    !read_u64(py, code + l->linetable, &bytes) ||
	    !read_u64(py, bytes + OBJECT_LENGTH, &size) || size > MAX_LINE_TABLE ||
	    instruction < code + l->instructions)
		return 0;
	table = xcalloc(1, size + 1);
	if (target_read(py->target, bytes + BYTES_DATA, table, size))
		line = find_line(table, size, (instruction - code - l->instructions) / 2, first);
	free(table);
	return line;
}

/*
 * Frames
 */

/* Return: whether it is one of a function that could be read. */
static bool put_function(struct python *py, uint64_t frame, take_frame_fn take, void *arg)
{
	char function[3 * MAX_NAME + 1], path[3 * MAX_NAME + 1];
	const struct python_layout *l = py->layout;
	struct frame f = { .kind = FRAME_PYTHON, .function = function };
	uint64_t code, name;

	if (!read_u64(py, frame + l->code, &code))
		return false;
	code &= ~TAG_BITS;
	if (!read_u64(py, code + l->qualname, &name) || !read_string(py, name, function))
		return false;
	if (read_u64(py, code + l->filename, &name) && read_string(py, name, path)) {
		f.line = line_of_frame(py, frame, code);
		if (f.line)
			f.file = base_name(path);
		else
			f.module = base_name(path);
	}
	return !take(&f, arg);
}

/* Whether a frame is the one below those of a loop, or the first of them; *@shown: the latter. */
static bool ends_loop(struct python *py, uint64_t frame, bool *shown)
{
	const struct python_layout *l = py->layout;
	unsigned char owner = 0;

	if (!target_read(py->target, frame + l->owner, &owner, sizeof(owner)))
		owner = 0;
	*shown = l->entry_owner == NO_ENTRY_FRAME;
	return *shown ? owner : owner == l->entry_owner;
}

/**
 * python_is_loop() - whether a frame of the stack is the interpreter's loop
 * @frame: the frame
 */
bool python_is_loop(const struct frame *frame)
{
	static const char name[] = "_PyEval_EvalFrameDefault";

	return frame->function && !strncmp(frame->function, name, strlen(name));
}

/**
 * python_put_frames() - give the frames of functions that a loop runs, the innermost first
 * @py: the process and the thread
 * @take: takes each
 * @arg: for @take
 *
 * The loop is the next one outwards, seen from the last call.
 *
 * Return: how many there were.
 */
size_t python_put_frames(struct python *py, take_frame_fn take, void *arg)
{
	bool lacked = py->target->lacks_memory, ends = false, shown = true;
	size_t nr = 0;

	if (!py->has_begun)
		begin_frames(py);
	while (py->frame && !ends && nr < MAX_PYTHON_FRAMES) {
		uint64_t frame = py->frame;

		ends = ends_loop(py, frame, &shown);
		if (!read_u64(py, frame + py->layout->previous, &py->frame))
			py->frame = 0;
		if (ends && !shown)
			break;
		if (!put_function(py, frame, take, arg)) {
			py->frame = 0;
			break;
		}
		nr++;
	}
	py->target->lacks_memory = lacked;
	return nr;
}
