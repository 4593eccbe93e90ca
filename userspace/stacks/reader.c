// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the stacks of threads that sleep, without a stop or a signal.
 *
 * What is read belongs to others, who may be hostile: a file may be on a server that does not
 * answer, debugging information may be made to confuse.  So a process of its own does it for
 * each process that is looked at.  It has no rights by the time it looks at what it read, and
 * is killed if it does not get on.
 *
 * PC and SP are taken before, and once more after: if a thread has run in between, what was read
 * is thrown away.  A thread that waits for a short time again and again, as CPython's do for the
 * GIL, is tried again, now that all files are open: that takes less time than it sleeps.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "array.h"
#include "clock.h"
#include "helper.h"
#include "kernel.h"
#include "procfs.h"
#include "records.h"
#include "target.h"
#include "unwind.h"

/* Instead of ANSWER_MS, if it may ask a server. */
#define ANSWER_MS_DEBUGINFOD	60000

/* For one process, whatever it does; a debuginfod server may add to that. */
#define PROCESS_MS		30000

/* For all processes together, from when on no other is begun. */
#define TOTAL_MS		10000

/* A thread that has moved is tried so often, and all of a process for so long. */
#define MAX_TRIES		20
#define TRIES_MS		300

/* Whoever waits longer is told how far it is, so often. */
#define PROGRESS_MS		1000

/* What the reading process may use, however hostile its input; of memory, a part of the host's. */
#define CPU_SECONDS		30
#define MEMORY_PART		4

/* That a thread sleeps, and where. */
struct position {
	enum stack_error error;	/* or why that is not known */
	struct syscall call;
	struct registers regs;
	pid_t switches[2];	/* only compared */
};

static uint64_t now_ms(void)
{
	return clock_ns(CLOCK_MONOTONIC) / 1000000;
}

/*
 * Where a thread sleeps
 */

static enum stack_error error_of(int rc)
{
	if (rc == -ENOENT || rc == -ESRCH)
		return STACK_GONE;
	return rc == -EACCES || rc == -EPERM ? STACK_DENIED : STACK_FAILED;
}

static void read_position(struct position *p, const char *root, const struct stack *stack)
{
	char status[PROCFS_FILE_SIZE];
	int rc;

	memset(p, 0, sizeof(*p));
	rc = procfs_syscall(&p->call, root, stack->tgid, stack->tid);
	if (!rc)
		rc = procfs_read(status, root, "%d/task/%d/status", stack->tgid, stack->tid);
	if (rc) {
		p->error = error_of(rc);
		return;
	}
	p->switches[0] = status_id(status, "voluntary_ctxt_switches");
	p->switches[1] = status_id(status, "nonvoluntary_ctxt_switches");
	p->regs = (struct registers){ .pc = p->call.pc, .sp = p->call.sp };
	/* In no system call, but in a fault: "-1 SP PC" in fs/proc/base.c. */
	if (p->call.nr < 0 && !p->regs.pc)
		p->regs = (struct registers){ .pc = p->call.args[1], .sp = p->call.args[0] };
	if (!p->regs.pc)
		p->error = STACK_RUNS;
}

/*
 * The registers that only the module shows, of a snapshot from a while ago: they still are
 * the same if the thread has not run since.
 */
static void take_saved(struct registers *regs, const struct position *p, const struct thread *t)
{
	if (!t || ~t->known & (T_NVCSW | T_NIVCSW) || (pid_t)t->nvcsw != p->switches[0] ||
	    (pid_t)t->nivcsw != p->switches[1])
		return;
	if (t->known & T_FP)
		regs->fp = t->fp;
	if (t->known & T_LR)
		regs->lr = t->lr;
}

static bool has_moved(const struct position *p, const char *root, const struct stack *stack)
{
	struct position now;

	read_position(&now, root, stack);
	return memcmp(p, &now, sizeof(now));
}

/*
 * The process that reads
 */

/* Bytes of memory that the reader may have, with those that it has from its parent. */
static rlim_t memory_limit(void)
{
	rlim_t host = (rlim_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
	char status[PROCFS_FILE_SIZE];
	rlim_t own_kib = 0;

	if (!procfs_read(status, "/proc", "self/status"))
		own_kib = status_id(status, "VmData");
	return host / MEMORY_PART + (own_kib << 10);
}

/*
 * Compressed debugging information may grow a thousandfold.  If memory runs out before that limit,
 * as in a small memory cgroup, this process is the one to end: see oom_badness() in mm/oom_kill.c.
 */
static void limit_resources(void)
{
	const struct rlimit cpu = { CPU_SECONDS, CPU_SECONDS }, none = { 0 };
	rlim_t bytes = memory_limit();
	const struct rlimit data = { bytes, bytes };
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	setrlimit(RLIMIT_CPU, &cpu);
	setrlimit(RLIMIT_CORE, &none);
	setrlimit(RLIMIT_DATA, &data);
	dprintf(fd, "1000");
	close(fd);
}

static int read_target(int fd, const struct origin *from, const struct stack *stacks,
		       const struct registers *regs, size_t nr)
{
	struct target *t = xcalloc(1, sizeof(*t));
	int rc;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	limit_resources();
	helper_leave(fd, from->core ? from->core->fd : fd);
	rc = target_open(t, from, stacks, nr);
	target_drop_rights();
	if (rc)
		return error_of(rc);
	return write_stacks(fd, t, stacks, regs, nr) ? STACK_FAILED : STACK_OK;
}

/* Return: its pid, or a negative errno. *@fd is what it talks to, to be closed. */
static pid_t start_reader(int *fd, const struct origin *from, const struct stack *stacks,
			  const struct registers *regs, size_t nr)
{
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return -errno;
	pid = fork();
	if (!pid) {
		close(ends[0]);
		/* What was printed so far is not to be printed twice. */
		_exit(read_target(ends[1], from, stacks, regs, nr));
	}
	close(ends[1]);
	*fd = ends[0];
	if (pid < 0)
		close(ends[0]);
	return pid;
}

/* Return: what it says, now that it has written all. */
static enum stack_error wait_for_reader(pid_t pid)
{
	int status = 0;

	waitpid(pid, &status, 0);
	if (!WIFEXITED(status) || WEXITSTATUS(status) >= NR_STACK_ERRORS)
		return STACK_FAILED;
	return WEXITSTATUS(status);
}

/*
 * The process that shows
 */

/* What has come from the reader, and is not used yet. */
struct input {
	int fd;
	pid_t pid;		/* of the reader ... */
	uint64_t cpu_ns;	/* ... and how much CPU time it had used */
	int answer_ms;
	uint64_t until_ms;
	size_t used;
	size_t line_len;	/* of those, in the line that was returned last */
	char buf[2 * RECORD_SIZE];
};

/* The CPU time of a process, in nanoseconds; 0 if it has ended. */
static uint64_t cpu_time(pid_t pid)
{
	clockid_t clock;

	return clock_getcpuclockid(pid, &clock) ? 0 : clock_ns(clock);
}

/* Wait for more.  A reader that uses CPU time is slow, but does not hang. */
static enum stack_error wait_for_input(struct input *in)
{
	struct pollfd poll_fd = { .fd = in->fd, .events = POLLIN };
	uint64_t before;

	do {
		if (poll(&poll_fd, 1, in->answer_ms) > 0)
			return STACK_OK;
		before = in->cpu_ns;
		in->cpu_ns = cpu_time(in->pid);
	} while (in->cpu_ns != before && now_ms() < in->until_ms);
	return STACK_TIMEOUT;
}

/*
 * Return: a line, whose newline is replaced, valid until the next call; NULL at the end, or with
 * *@error.
 */
static char *next_line(struct input *in, enum stack_error *error)
{
	ssize_t n;

	memmove(in->buf, in->buf + in->line_len, in->used - in->line_len);
	in->used -= in->line_len;
	in->line_len = 0;
	for (;;) {
		char *newline = memchr(in->buf, '\n', in->used);

		if (newline) {
			*newline = '\0';
			in->line_len = newline + 1 - in->buf;
			return in->buf;
		}
		if (in->used == sizeof(in->buf))
			*error = STACK_FAILED;
		else if (now_ms() >= in->until_ms)
			*error = STACK_TIMEOUT;
		else
			*error = wait_for_input(in);
		if (*error)
			return NULL;
		n = read(in->fd, in->buf + in->used, sizeof(in->buf) - in->used);
		if (n <= 0)
			return NULL;
		in->used += n;
	}
}

static size_t next_with_registers(const struct registers *regs, size_t nr, size_t i)
{
	while (i < nr && !regs[i].pc)
		i++;
	return i;
}

/* Take what the reader writes of a thread.  Return: whether that is all. */
static bool take_stack(struct input *in, struct stack *stack, enum stack_error *error)
{
	enum record_kind kind = RECORD_FRAME;
	char *line;

	while (kind != RECORD_END && (line = next_line(in, error))) {
		kind = read_record(stack, line);
		if (kind == RECORD_BAD) {
			*error = STACK_FAILED;
			return false;
		}
	}
	return kind == RECORD_END;
}

static void begin_input(struct input *in, pid_t pid, int fd)
{
	*in = (struct input){
		.fd = fd, .pid = pid,
		.answer_ms = getenv("DEBUGINFOD_URLS") ? ANSWER_MS_DEBUGINFOD : ANSWER_MS,
	};
	in->until_ms = now_ms() + PROCESS_MS + in->answer_ms;
}

/* How far the stacks are that are read. */
struct progress {
	const struct stacks *st;
	uint64_t next_ms;		/* when that is told */
};

static void tell_progress(struct progress *p, size_t done)
{
	if (!p->st->progress || now_ms() < p->next_ms)
		return;
	p->next_ms = now_ms() + PROGRESS_MS;
	p->st->progress(done, p->st->nr);
}

/* Threads of one process whose stacks are read. */
struct reading {
	struct progress *progress;
	const char *root;		/* where proc is mounted, or NULL: they are in a core */
	struct stack *stacks;
	struct registers *regs;		/* PC 0: not known */
	struct position *positions;	/* or NULL, in a core */
	size_t nr;
};

static void drop_frames(struct stack *stack, enum stack_error error)
{
	stack->error = error;
	stack->nr_frames = 0;
	stack->place = (struct place){ 0 };
}

/* Take the first answer of all.  Return: how many are done. */
static size_t take_all(struct input *in, const struct reading *r, enum stack_error *error)
{
	size_t i = next_with_registers(r->regs, r->nr, 0);

	while (i < r->nr && take_stack(in, &r->stacks[i], error)) {
		i = next_with_registers(r->regs, r->nr, i + 1);
		tell_progress(r->progress, &r->stacks[i] - r->progress->st->all);
	}
	return i;
}

/* Read where a thread sleeps.  Return: whether it does. */
static bool locate(const struct reading *r, size_t i)
{
	struct position *p = &r->positions[i];

	read_position(p, r->root, &r->stacks[i]);
	r->regs[i] = (struct registers){ 0 };
	if (p->error)
		return false;
	r->regs[i] = p->regs;
	take_saved(&r->regs[i], p, r->stacks[i].thread);
	return true;
}

/* Throw away what is not of one moment. */
static void check_stack(const struct reading *r, size_t i)
{
	if (r->positions[i].error)
		drop_frames(&r->stacks[i], r->positions[i].error);
	else if (has_moved(&r->positions[i], r->root, &r->stacks[i]))
		drop_frames(&r->stacks[i], STACK_MOVED);
}

static bool is_on_the_move(const struct stack *stack)
{
	return stack->error == STACK_MOVED || stack->error == STACK_RUNS;
}

/* Ask for a stack once more.  Return: whether there was an answer. */
static bool ask_again(struct input *in, const struct reading *r, size_t i, enum stack_error *error)
{
	const struct request request = { .index = i, .regs = r->regs[i] };

	if (send(in->fd, &request, sizeof(request), MSG_NOSIGNAL) != sizeof(request))
		return false;
	r->stacks[i].error = STACK_OK;
	return take_stack(in, &r->stacks[i], error);
}

/*
 * Read the stacks of threads that moved again, until they stay for as long as that takes.
 * Return: whether the reader still answers.
 */
static enum stack_error try_again(struct input *in, const struct reading *r)
{
	uint64_t until = now_ms() + TRIES_MS;
	enum stack_error error = STACK_OK;

	for (size_t i = 0; i < r->nr; i++) {
		for (int n = 0; n < MAX_TRIES && is_on_the_move(&r->stacks[i]) && now_ms() < until;
		     n++) {
			if (!locate(r, i)) {
				drop_frames(&r->stacks[i], r->positions[i].error);
				poll(NULL, 0, 1);
				continue;
			}
			if (!ask_again(in, r, i, &error)) {
				error = error ?: STACK_FAILED;
				drop_frames(&r->stacks[i], error);
				return error;
			}
			check_stack(r, i);
		}
	}
	return STACK_OK;
}

/* Read the stacks of threads whose registers are known, and see whether they stayed there. */
static void read_with_registers(const struct origin *from, const struct reading *r)
{
	struct input *in = xcalloc(1, sizeof(*in));
	enum stack_error error = STACK_OK;
	size_t done = 0;
	int fd = -1;
	pid_t pid = start_reader(&fd, from, r->stacks, r->regs, r->nr);

	if (pid > 0) {
		begin_input(in, pid, fd);
		done = take_all(in, r, &error);
	}
	for (size_t i = 0; r->root && i < done; i++)
		check_stack(r, i);
	if (r->root && done == r->nr)
		error = try_again(in, r);
	if (pid > 0) {
		shutdown(fd, SHUT_WR);
		if (error)
			helper_kill(pid);
		else
			error = wait_for_reader(pid);
		close(fd);
	}
	for (size_t i = done; i < r->nr; i++) {
		if (!r->root || !r->positions[i].error)
			drop_frames(&r->stacks[i], error ?: STACK_FAILED);
		else
			drop_frames(&r->stacks[i], r->positions[i].error);
	}
	free(in);
}

/* Read the stacks of threads of one process. */
static void read_process(const char *root, struct progress *progress, struct stack *stacks,
			 size_t nr)
{
	const struct origin from = { .root = root };
	struct reading r = {
		.progress = progress, .root = root, .stacks = stacks, .nr = nr,
		.regs = xcalloc(nr, sizeof(*r.regs)),
		.positions = xcalloc(nr, sizeof(*r.positions)),
	};
	bool any = false;

	for (size_t i = 0; i < nr; i++)
		any |= locate(&r, i);
	if (any)
		read_with_registers(&from, &r);
	for (size_t i = 0; i < nr; i++) {
		if (stacks[i].wants_kernel)
			stacks[i].kernel = read_kernel_stack(root, &stacks[i]);
		if (!any)
			drop_frames(&stacks[i], r.positions[i].error);
	}
	free(r.positions);
	free(r.regs);
}

/**
 * read_stacks() - read the stacks that were asked for
 * @root: where proc is mounted
 * @st: which; receives the frames, and the places of the words, or why they are not known
 *
 * A process whose files hang takes 2 * ANSWER_MS, any other one PROCESS_MS at most, and after
 * TOTAL_MS no other one is begun.
 */
void read_stacks(const char *root, struct stacks *st)
{
	uint64_t start = now_ms();
	struct progress progress = { st, start + PROGRESS_MS };

	for (size_t first = 0, next; first < st->nr; first = next) {
		bool in_time = now_ms() - start < TOTAL_MS;

		for (next = first; next < st->nr; next++) {
			if (st->all[next].tgid != st->all[first].tgid)
				break;
			if (!in_time)
				st->all[next].error = STACK_TOO_MANY;
		}
		if (in_time)
			read_process(root, &progress, &st->all[first], next - first);
		tell_progress(&progress, next);
	}
}

/**
 * read_core_stacks() - read the stacks that were asked for, in a core dump
 * @core: the core
 * @st: as for read_stacks(); all are of the process that dumped core
 *
 * Files that hang take as long as there.
 */
void read_core_stacks(const struct corefile *core, struct stacks *st)
{
	const struct origin from = { .core = core };
	struct progress progress = { st, now_ms() + PROGRESS_MS };
	struct reading r = {
		.progress = &progress, .stacks = st->all, .nr = st->nr, .regs = xcalloc(st->nr, sizeof(*r.regs)),
	};

	for (size_t i = 0; i < st->nr; i++) {
		const struct core_thread *t = corefile_find_thread(core, st->all[i].tid);

		if (t)
			r.regs[i] = (struct registers){ t->call.pc, t->call.sp, t->fp, t->lr };
		else
			st->all[i].error = STACK_GONE;
		st->all[i].wants_kernel = false;
	}
	if (next_with_registers(r.regs, st->nr, 0) < st->nr)
		read_with_registers(&from, &r);
	free(r.regs);
}
