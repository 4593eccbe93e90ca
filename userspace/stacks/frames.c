// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a stack is shown: the frames that say something, a line each.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "array.h"
#include "python.h"
#include "signals.h"

const char *const stack_errors[NR_STACK_ERRORS] = {
	[STACK_GONE]		= "the thread has ended",
	[STACK_DENIED]		= "no rights to read its memory",
	[STACK_RUNS]		= "the thread runs",
	[STACK_MOVED]		= "the thread ran meanwhile",
	[STACK_NO_MEMORY]	= "that part of it is not in memory, and is not fetched",
	[STACK_NO_UNWIND]	= "what called that is not known",
	[STACK_TIMEOUT]		= "no answer in time",
	[STACK_TOO_LONG]	= "there are more frames",
	[STACK_TOO_MANY]	= "those before it took all the time there is",
	[STACK_FAILED]		= "its memory or files make no sense",
};

const char *const frame_kinds[NR_FRAME_KINDS] = {
	[FRAME_CALL]	= "call",
	[FRAME_INLINE]	= "inlined",
	[FRAME_SIGNAL]	= "signal",
	[FRAME_PYTHON]	= "python",
};

/*
 * Functions of C libraries that wait for somebody: how they are made up says nothing to who
 * looks for the code that called them.
 */
static const char *const waiting_functions[] = {
	"lll_lock_wait", "lll_lock_wait_private", "lll_mutex_lock_optimized", "lll_clocklock_wait",
	"lll_timedlock_wait", "futex_wait", "futex_wait_simple", "futex_wait_cancelable",
	"futex_lock_pi64", "futex_abstimed_wait64", "futex_abstimed_wait_cancelable64",
	"futex_abstimed_wait_common", "futex_abstimed_wait_common64", "do_futex_wait",
	"pthread_mutex_lock", "pthread_mutex_timedlock", "pthread_mutex_clocklock",
	"pthread_mutex_cond_lock", "pthread_cond_wait", "pthread_cond_timedwait",
	"pthread_cond_timedwait64", "pthread_cond_clockwait", "pthread_cond_clockwait64",
	"pthread_rwlock_rdlock", "pthread_rwlock_rdlock_full64", "pthread_rwlock_wrlock",
	"pthread_rwlock_wrlock_full64", "pthread_rwlock_timedrdlock", "pthread_rwlock_timedwrlock",
	"pthread_join", "pthread_timedjoin_np", "pthread_barrier_wait", "pthread_once", "sem_wait",
	"sem_timedwait", "sem_clockwait", "syscall",
	/* musl's have no name that others could not have, but for what is before it. */
	"__lock", "__wait", "__timedwait", "__timedwait_cp", "__syscall_cp", "__syscall_cp_c",
	"__syscall_cp_asm", "__pthread_timedjoin_np",
};

/* Functions that nothing but the C library or the kernel calls, when a thread begins. */
static const char *const start_functions[] = {
	"_start", "_start_c", "__libc_start_main", "__libc_start_main_impl",
	"__libc_start_call_main", "libc_start_main_stage2", "generic_start_main",
	"start_thread", "start", "clone", "__clone", "clone3", "__clone3",
	"execute_native_thread_routine",
};

static bool is_listed(const char *name, const char *const *list, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		if (!strcmp(name, list[i]))
			return true;
	}
	return false;
}

static bool begins_with(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

/**
 * is_c_library() - whether a file is a C library, or belongs to one
 * @module: its name without directory, or NULL
 */
bool is_c_library(const char *module)
{
	static const char *const names[] = { "libc.so", "libc-", "libc.musl", "libpthread", "ld-" };

	for (size_t i = 0; module && i < ARRAY_SIZE(names); i++) {
		if (begins_with(module, names[i]))
			return true;
	}
	return false;
}

/* Inner functions, and what a program has called. */
static const char *const inner_functions[][2] = {
	{ "pthread_clockjoin_ex", "pthread_join" },
	{ "pthread_once_slow", "pthread_once" },
	{ "pthread_cond_wait_common", "pthread_cond_wait" },
	{ "pthread_mutex_lock_full", "pthread_mutex_lock" },
	{ "new_sem_wait", "sem_wait" },
	{ "new_sem_wait_slow64", "sem_wait" },
	{ "new_sem_wait_slow64.constprop.0", "sem_wait" },
};

static bool is_waiting_function(const char *name)
{
	return is_listed(name, waiting_functions, ARRAY_SIZE(waiting_functions));
}

/*
 * What the function of a frame is called in the manual; NULL if it is not known, or not one
 * that waits.  glibc's have several names each.
 */
static const char *waiting_name(const struct frame *f)
{
	const char *name = f->function;

	if (!name || is_waiting_function(name))
		return name;
	if (begins_with(name, "__GI_"))
		name += strlen("__GI_");
	name += strspn(name, "_");
	for (size_t i = 0; i < ARRAY_SIZE(inner_functions); i++) {
		if (!strcmp(name, inner_functions[i][0]))
			return inner_functions[i][1];
	}
	return is_waiting_function(name) ? name : NULL;
}

/* What people call a function of C; those of Python are not the C library's. */
static const char *manual_name(const struct frame *f)
{
	return (f->kind != FRAME_PYTHON ? waiting_name(f) : NULL) ?: f->function;
}

static bool only_waits(const struct frame *f)
{
	if (f->kind == FRAME_SIGNAL || f->kind == FRAME_PYTHON)
		return false;
	return waiting_name(f) || (is_c_library(f->module) && !f->function);
}

static bool only_starts(const struct frame *f)
{
	if (f->kind == FRAME_SIGNAL || f->kind == FRAME_PYTHON)
		return false;
	if (f->function && is_listed(f->function, start_functions, ARRAY_SIZE(start_functions)))
		return true;
	/* Without symbols: that of std::thread. */
	return is_c_library(f->module) ||
	       (!f->function && f->module && begins_with(f->module, "libstdc++.so"));
}

/* It is enough to say once which build of a file it is. */
static bool repeats_build_id(const struct shown_frames *shown, size_t i)
{
	for (size_t n = 0; shown->frames[i].build_id && n < i; n++) {
		const struct frame *f = &shown->frames[n];

		if (!f->function && f->build_id && !strcmp(f->build_id, shown->frames[i].build_id))
			return true;
	}
	return false;
}

/* How many of the innermost frames only wait.  One of them stands for all: *@shown, or NULL. */
static size_t fold_waiting(const struct stack *stack, const struct frame **shown)
{
	size_t n;

	*shown = NULL;
	for (n = 0; n < stack->nr_frames && only_waits(&stack->frames[n]); n++) {
		if (stack->frames[n].function)
			*shown = &stack->frames[n];
	}
	if (n && !*shown && (n == stack->nr_frames || !is_c_library(stack->frames[n].module)))
		*shown = &stack->frames[n - 1];
	return n;
}

/* Where the functions of Python are known, those of its interpreter say nothing more. */
static void fold_python(struct shown_frames *shown)
{
	bool has_python = false;
	size_t nr = 0;

	for (size_t i = 0; i < shown->nr; i++)
		has_python |= shown->frames[i].kind == FRAME_PYTHON;
	for (size_t i = 0; i < shown->nr; i++) {
		if (!has_python || shown->frames[i].kind == FRAME_PYTHON ||
		    !is_python_module(shown->frames[i].module))
			shown->frames[nr++] = shown->frames[i];
	}
	shown->nr = nr;
}

/**
 * fold_frames() - choose the frames to show a person
 * @shown: receives them; their text is that of the stack
 * @stack: the stack
 *
 * The C library's functions that wait are folded into the outermost of them, and those that
 * have started the thread are left out.  So are those of CPython that run a Python function.
 */
void fold_frames(struct shown_frames *shown, const struct stack *stack)
{
	const struct frame *wait;
	size_t first = fold_waiting(stack, &wait), end = stack->nr_frames, last;

	/* Functions of Python whose place is not known come last: see put_python_rest(). */
	while (!stack->error && end > first && stack->frames[end - 1].kind == FRAME_PYTHON)
		end--;
	last = end;
	while (end > first && only_starts(&stack->frames[end - 1]))
		end--;
	shown->nr = 0;
	if (wait) {
		shown->frames[shown->nr] = *wait;
		if (wait->function) {
			shown->frames[0].offset = 0;
			shown->frames[0].file = NULL;
		}
		shown->nr++;
	}
	for (size_t i = first; i < end; i++)
		shown->frames[shown->nr++] = stack->frames[i];
	for (size_t i = last; i < stack->nr_frames; i++)
		shown->frames[shown->nr++] = stack->frames[i];
	fold_python(shown);
	for (size_t i = shown->nr; i--; ) {
		if (repeats_build_id(shown, i))
			shown->frames[i].build_id = NULL;
	}
}

/**
 * find_handler() - find the signal handler that a thread is in
 * @stack: its stack
 * @interrupted: receives the frame that the handler has interrupted; NULL: it is not known
 *
 * Return: the frame where the kernel called the innermost handler, or NULL: it is in none.
 */
const struct frame *find_handler(const struct stack *stack, const struct frame **interrupted)
{
	for (size_t i = 0; i < stack->nr_frames; i++) {
		if (stack->frames[i].kind != FRAME_SIGNAL)
			continue;
		*interrupted = i + 1 < stack->nr_frames ? &stack->frames[i + 1] : NULL;
		return &stack->frames[i];
	}
	return NULL;
}

/**
 * same_frames() - whether two stacks are in the same code, frame by frame
 * @x: one
 * @y: the other
 */
bool same_frames(const struct stack *x, const struct stack *y)
{
	if (!x->nr_frames || x->nr_frames != y->nr_frames || x->error != y->error)
		return false;
	for (size_t i = 0; i < x->nr_frames; i++) {
		const struct frame *a = &x->frames[i], *b = &y->frames[i];

		if (a->kind != b->kind || a->address != b->address ||
		    strcmp(a->function ?: "", b->function ?: "") ||
		    strcmp(a->module ?: "", b->module ?: "") ||
		    strcmp(a->build_id ?: "", b->build_id ?: ""))
			return false;
	}
	return true;
}

/* Without a name there is enough to look it up elsewhere. */
static int format_nameless(char *dst, const struct frame *f)
{
	if (!f->module)
		return snprintf(dst, FRAME_SIZE, "0x%" PRIx64 ", which is in no file", f->address);
	return snprintf(dst, FRAME_SIZE, "%s+0x%" PRIx64 "%s%s%s", f->module, f->address,
			f->build_id ? " (build id " : "", f->build_id ?: "",
			f->build_id ? ")" : "");
}

static const char *format_handler(char *dst, const struct frame *frame)
{
	char name[SIGNAL_NAME_SIZE];

	snprintf(dst, FRAME_SIZE, "<signal handler called%s%s>", frame->signal ? ": " : "",
		 frame->signal ? signal_name(name, frame->signal) : "");
	return dst;
}

/**
 * format_frame() - write a frame as one line: "function+0x12 at file.c:34 in libfoo.so"
 * @dst: receives it
 * @frame: the frame
 *
 * Return: @dst.
 */
const char *format_frame(char dst[FRAME_SIZE], const struct frame *frame)
{
	int n;

	if (frame->kind == FRAME_SIGNAL)
		return format_handler(dst, frame);
	if (!frame->function) {
		format_nameless(dst, frame);
		return dst;
	}
	n = snprintf(dst, FRAME_SIZE, "%s", manual_name(frame));
	if (frame->offset)
		n += snprintf(dst + n, FRAME_SIZE - n, "+0x%" PRIx64, frame->offset);
	if (frame->file)
		n += snprintf(dst + n, FRAME_SIZE - n, " at %s:%u", frame->file, frame->line);
	if (frame->module)
		n += snprintf(dst + n, FRAME_SIZE - n, " in %s", frame->module);
	if (frame->kind == FRAME_INLINE)
		snprintf(dst + n, FRAME_SIZE - n, " (inlined)");
	if (frame->kind == FRAME_PYTHON)
		snprintf(dst + n, FRAME_SIZE - n, " (Python)");
	return dst;
}
