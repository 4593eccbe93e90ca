/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stacks of threads, and the names of the locks that they wait for.
 *
 * All text is printable ASCII, escaped, and owned by the struct stacks.
 */
#ifndef FUTEXINSPECT_STACKS_H
#define FUTEXINSPECT_STACKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "filter.h"

/* Frames of a stack that are kept. */
#define MAX_FRAMES	64

enum frame_kind {
	FRAME_CALL,
	FRAME_INLINE,		/* inlined into the frame that follows */
	FRAME_SIGNAL,		/* where the kernel called a signal handler */
	FRAME_PYTHON,		/* a function of Python, in a file of its source */
	NR_FRAME_KINDS
};

struct frame {
	enum frame_kind kind;
	const char *function;	/* demangled, or NULL: not known */
	uint64_t offset;	/* in the function */
	const char *module;	/* name of the file without directory, or NULL: in none */
	uint64_t address;	/* as the module's symbol table counts; in memory if in none */
	const char *build_id;	/* of the module, in hexadecimal, or NULL */
	const char *file;	/* name of the source file without directory, or NULL ... */
	unsigned int line;	/* ... and the line in it */
	int signal;		/* for FRAME_SIGNAL; 0: not known */
};

/* Why a stack, or the rest of it, could not be read. */
enum stack_error {
	STACK_OK,
	STACK_GONE,		/* the thread has ended */
	STACK_DENIED,
	STACK_RUNS,
	STACK_MOVED,
	STACK_NO_MEMORY,	/* a page of it is not in memory */
	STACK_NO_UNWIND,	/* how to get to the next frame is not known */
	STACK_TIMEOUT,
	STACK_TOO_LONG,		/* it has more frames than are read */
	STACK_TOO_MANY,		/* there was no time left for it */
	STACK_FAILED,		/* what reads it has died, or says what makes no sense */
	NR_STACK_ERRORS
};

/* What struct place has as mapping for a lock of malloc that has no symbol. */
#define PLACE_ARENA	"an arena of malloc"

/* Where a word is. */
struct place {
	const char *symbol;	/* that holds it, with the members that lead there, or NULL ... */
	uint64_t offset;	/* ... and where in it; without a symbol, as frame.address */
	const char *type;	/* of what the symbol is, if that is a lock's; else NULL */
	const char *base_type;	/* the innermost type of a lock in that, which says what it is */
	const char *module;	/* file name without directory, or NULL: in none ... */
	const char *mapping;	/* ... but in this, in words; NULL: not known either */
};

/* A thread, and what was read of it. */
struct stack {
	pid_t tid;
	pid_t tgid;
	const struct thread *thread;	/* as the snapshot has it, or NULL: it does not */
	bool is_only_thread;	/* its address space has no other one, as far as is known */
	uint64_t word;		/* that it waits on; 0: none ... */
	enum primitive seen;	/* ... and what lock that looks like */
	bool wants_kernel;	/* its kernel stack says more than the call that it is in */
	enum stack_error error;
	struct frame *frames;	/* the innermost first */
	size_t nr_frames;
	struct place place;	/* of the word */
	char *kernel;		/* functions of the kernel, "a, b, c"; NULL: not read */
	char **text;		/* what its frames and place point into */
	size_t nr_text;
};

struct stacks {
	struct stack *all;	/* in ascending order of tgid and tid */
	size_t nr;
	size_t nr_left_out;	/* threads beyond those that were asked for */
	/* Called while they are read, if that takes more than a second; or NULL. */
	void (*progress)(size_t done, size_t nr);
};

/* Which stacks */
void choose_stacks_to_explain(struct stacks *st, const struct analysis *a, size_t waiter);
void choose_listed_stacks(struct stacks *st, const struct selection *sel, size_t max);
void add_stack(struct stacks *st, struct stack stack);
const struct stack *find_stack(const struct stacks *st, pid_t tid);
void stacks_free(struct stacks *st);

/* Reading them */
void read_stacks(const char *root, struct stacks *st);
void read_core_stacks(const struct corefile *core, struct stacks *st);

/* What they say of locks: see types.c */
bool correct_locks(struct snapshot *s, const struct stacks *st);

/* Writing them: see frames.c and places.c */
#define FRAME_SIZE	1024

/* Frames as they are shown: see fold_frames(). */
struct shown_frames {
	struct frame frames[MAX_FRAMES];
	size_t nr;
};

void fold_frames(struct shown_frames *shown, const struct stack *stack);
const struct frame *find_handler(const struct stack *stack, const struct frame **interrupted);
bool same_frames(const struct stack *x, const struct stack *y);
bool is_c_library(const char *module);
const char *format_frame(char dst[FRAME_SIZE], const struct frame *frame);
const char *format_place(char dst[FRAME_SIZE], const struct place *place);
const char *place_note(const struct place *place);

extern const char *const stack_errors[NR_STACK_ERRORS];
extern const char *const frame_kinds[NR_FRAME_KINDS];

#endif
