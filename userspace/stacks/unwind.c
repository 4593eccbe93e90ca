// SPDX-License-Identifier: GPL-2.0-only
/*
 * The frames of sleeping threads, by elfutils' libdw: nothing is attached to, memory is read
 * as far as it is present, and of the registers PC and SP are known, and with the module those
 * that lead to the callers.
 *
 * That is enough for most: the functions that sleep have saved the others on the stack.
 */
#include <elf.h>
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <gelf.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "array.h"
#include "code.h"
#include "images.h"
#include "python.h"
#include "records.h"
#include "sigframe.h"
#include "symbols.h"
#include "unwind.h"
#include "variables.h"

/* Frames that are looked at. */
#define MAX_UNWOUND	256

struct unwinder {
	int fd;				/* where the frames go */
	struct target *target;
	Dwfl *dwfl;
	const struct registers *regs;	/* of the thread whose turn it is */
	struct codes *codes;
	struct python python;
	Dwfl_Frame *frame;		/* where it is */
	uint64_t blocked;		/* mask of signals there; 0: not known */
	bool is_signal;			/* the last one was of FRAME_SIGNAL */
	int machine;
	bool is_64;
	size_t nr_unwound;
	size_t nr_written;
	bool is_cut;
	bool is_complete;		/* the outermost frame was reached */
	int rc;
};

#define NO_REGISTER	(-1)

/* DWARF's numbers of the registers, by machine. */
static const struct {
	int machine;
	int sp;
	int fp;
	int lr;
} numbers[] = {
	{ EM_X86_64, 7, 6, NO_REGISTER },
	{ EM_386, 4, 5, NO_REGISTER },
	{ EM_AARCH64, 31, 29, 30 },
	{ EM_ARM, 13, NO_REGISTER, NO_REGISTER },
};

/*
 * What libdwfl asks
 */

static pid_t next_thread(Dwfl *dwfl, void *arg, void **thread_arg)
{
	(void)dwfl;
	(void)arg;
	(void)thread_arg;
	return 0;
}

static bool get_thread(Dwfl *dwfl, pid_t tid, void *arg, void **thread_arg)
{
	(void)dwfl;
	(void)tid;
	*thread_arg = arg;
	return true;
}

/* Of a program of 32 bits, the word of libdwfl is twice as wide as its own. */
static bool read_word(Dwfl *dwfl, Dwarf_Addr addr, Dwarf_Word *result, void *arg)
{
	struct unwinder *u = arg;
	uint32_t narrow;

	(void)dwfl;
	if (u->is_64)
		return target_read(u->target, addr, result, sizeof(*result));
	if (!target_read(u->target, addr, &narrow, sizeof(narrow)))
		return false;
	*result = narrow;
	return true;
}

/* The machine is that of the code that runs: a kernel of 64 bits has programs of 32, too. */
static int find_machine(struct unwinder *u, GElf_Ehdr *header)
{
	Dwfl_Module *mod = dwfl_addrmodule(u->dwfl, u->regs->pc);
	GElf_Addr bias;
	Elf *elf = mod ? dwfl_module_getelf(mod, &bias) : NULL;

	return elf && gelf_getehdr(elf, header) ? header->e_machine : EM_NONE;
}

/* What is not known stays unset, and ends the stack where it is needed. */
static bool set_register(Dwfl_Thread *thread, int number, uint64_t value)
{
	return number == NO_REGISTER || !value ||
	       dwfl_thread_state_registers(thread, number, 1, &value);
}

static bool set_registers(Dwfl_Thread *thread, void *arg)
{
	struct unwinder *u = arg;
	GElf_Ehdr header;
	int machine = find_machine(u, &header);

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (numbers[i].machine != machine)
			continue;
		u->machine = machine;
		u->is_64 = header.e_ident[EI_CLASS] == ELFCLASS64;
		dwfl_thread_state_register_pc(thread, u->regs->pc);
		return set_register(thread, numbers[i].sp, u->regs->sp) &&
		       set_register(thread, numbers[i].fp, u->regs->fp) &&
		       set_register(thread, numbers[i].lr, u->regs->lr);
	}
	return false;
}

static const Dwfl_Thread_Callbacks thread_callbacks = {
	.next_thread = next_thread,
	.get_thread = get_thread,
	.memory_read = read_word,
	.set_initial_registers = set_registers,
};

/*
 * Frames
 */

static int put_any_frame(const struct frame *frame, void *arg)
{
	struct unwinder *u = arg;

	if (u->nr_written == MAX_FRAMES) {
		u->is_cut = true;
		return -ENOSPC;
	}
	u->nr_written++;
	u->rc = write_frame(u->fd, frame);
	return u->rc;
}

static int put_signal(struct unwinder *u, const struct frame *frame)
{
	struct frame named = *frame;

	/* Without rules elfutils gives that frame twice on arm64. */
	if (u->is_signal)
		return 0;
	u->is_signal = true;
	named.signal = find_signal(u->target, u->frame, u->machine, &u->blocked);
	return put_any_frame(&named, u);
}

/* The interpreter's loop stands for the functions that it runs. */
static int put_frame(const struct frame *frame, void *arg)
{
	struct unwinder *u = arg;

	if (frame->kind == FRAME_SIGNAL)
		return put_signal(u, frame);
	u->is_signal = false;
	if (python_is_loop(frame) && python_put_frames(&u->python, put_any_frame, u))
		return u->is_cut ? -ENOSPC : u->rc;
	return put_any_frame(frame, arg);
}

/*
 * If the stack could not be followed to its end, or has no frame that is known for the interpreter's
 * loop, the functions of Python may still be known.
 */
static void put_python_rest(struct unwinder *u)
{
	while (!u->is_cut && !u->rc && python_put_frames(&u->python, put_any_frame, u))
		;
}

/* What was taken for a return address may be none. */
static bool is_code(const struct target *t, uint64_t addr)
{
	const struct mapping *m = maps_find(&t->maps, addr);

	return m && m->is_executable;
}

static int take_frame(Dwfl_Frame *state, void *arg)
{
	struct unwinder *u = arg;
	const struct code *code;
	Dwarf_Addr pc, within;
	bool is_activation;

	if (u->nr_unwound++ == MAX_UNWOUND) {
		u->is_cut = true;
		return DWARF_CB_ABORT;
	}
	u->frame = state;
	if (!dwfl_frame_pc(state, &pc, &is_activation))
		return DWARF_CB_ABORT;
	/* A call may be the last instruction of its function. */
	within = is_activation ? pc : pc - 1;
	if (!is_code(u->target, within))
		return DWARF_CB_ABORT;
	code = find_code(u->codes, u->dwfl, u->target, pc, within);
	for (size_t i = 0; i < code->nr_frames; i++) {
		if (put_frame(&code->frames[i], u))
			return DWARF_CB_ABORT;
	}
	u->is_complete = code->begins_stack;
	return u->is_complete ? DWARF_CB_ABORT : DWARF_CB_OK;
}

static enum stack_error unwind(struct unwinder *u, const struct stack *stack)
{
	u->nr_unwound = u->nr_written = 0;
	u->is_cut = u->is_complete = u->is_signal = false;
	u->blocked = stack->thread ? stack->thread->blocked : 0;
	target_forget(u->target);
	python_begin(&u->python, stack->thread && stack->thread->nstid > 0 ? stack->thread->nstid :
		     stack->tid, stack->is_only_thread);
	dwfl_getthread_frames(u->dwfl, stack->tid, take_frame, u);
	if (u->is_cut)
		return STACK_TOO_LONG;
	put_python_rest(u);
	if (u->is_complete)
		return STACK_OK;
	/* It returns 0, too, where a register is not known. */
	return u->target->lacks_memory ? STACK_NO_MEMORY : STACK_NO_UNWIND;
}

static int write_stack(struct unwinder *u, const struct stack *stack, const char *mapping)
{
	enum stack_error error = unwind(u, stack);
	struct place place;

	if (stack->word && !u->rc) {
		describe_word(u->dwfl, stack->word, stack->seen, mapping, &place);
		u->rc = write_place(u->fd, &place);
	}
	return u->rc ?: write_end(u->fd, error);
}

/* Write stacks anew as they are asked for.  Whoever asks ends that by its end of @fd. */
static int serve_requests(struct unwinder *u, const struct stack *stacks, size_t nr)
{
	struct request request;
	int rc = 0;

	while (!rc && recv(u->fd, &request, sizeof(request), MSG_WAITALL) == sizeof(request)) {
		if (request.index >= nr)
			return -EINVAL;
		u->regs = &request.regs;
		rc = write_stack(u, &stacks[request.index], u->target->places[request.index]);
	}
	return rc;
}

/**
 * write_stacks() - write the frames of threads, and where the words are that they wait for
 * @fd: where to, and where requests come from to write some of them again
 * @t: the process
 * @stacks: its threads
 * @regs: registers of each; PC 0: they are not known, and the thread is left out
 * @nr: how many threads
 *
 * Return: 0 or a negative errno.
 */
int write_stacks(int fd, struct target *t, const struct stack *stacks,
		 const struct registers *regs, size_t nr)
{
	struct unwinder u = { .fd = fd, .target = t, .dwfl = images_begin(t) };
	int rc = 0;

	if (!u.dwfl)
		return -ENOMEM;
	u.codes = xcalloc(1, sizeof(*u.codes));
	u.python = (struct python){ .dwfl = u.dwfl, .target = t };
	if (!dwfl_attach_state(u.dwfl, NULL, stacks[0].tgid, &thread_callbacks, &u))
		rc = -ENOEXEC;
	for (size_t i = 0; i < nr && !rc; i++) {
		u.regs = &regs[i];
		if (regs[i].pc)
			rc = write_stack(&u, &stacks[i], t->places[i]);
	}
	rc = rc ?: serve_requests(&u, stacks, nr);
	forget_codes(u.codes);
	free(u.codes);
	forget_variables();
	images_end(t, u.dwfl);
	return rc;
}
