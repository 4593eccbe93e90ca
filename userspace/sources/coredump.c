// SPDX-License-Identifier: GPL-2.0-only
/*
 * A snapshot from a core dump.
 *
 * The kernel takes all threads out of their calls before it dumps core, and gdb stops them for
 * gcore.  The registers of a thread that slept show that its call would start again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "activity.h"
#include "calls.h"
#include "coredump.h"
#include "owners.h"
#include "scan.h"
#include "signals.h"

/* Where the struct pthread of a thread may be, below what its TLS register has, in bytes. */
#define MAX_BELOW_TLS	4096
#define PTHREAD_ALIGN	16

struct dump {
	struct snapshot *s;
	const struct corefile *core;
	struct process_memory memory;
	uint64_t below_tls;	/* where struct pthread is; UINT64_MAX: not known */
};

/*
 * Ids
 */

static pid_t read_own_id(const struct dump *d, const struct core_thread *t, uint64_t below)
{
	if (!t->tls)
		return PID_UNKNOWN;
	return read_pthread_tid(d->s, &d->memory, t->tls - below, d->core->is_32bit);
}

/* On x86 the TLS register points to it, and on arm64 behind it: its size differs. */
static void find_pthreads(struct dump *d)
{
	const struct core_thread *first = d->core->threads;

	for (uint64_t below = 0; below <= MAX_BELOW_TLS; below += PTHREAD_ALIGN) {
		if (read_own_id(d, first, below) == PID_UNKNOWN)
			continue;
		d->below_tls = below;
		return;
	}
	d->below_tls = UINT64_MAX;
}

/*
 * The ids in locks are those of the process's own pid namespace.  So are those in a core that the
 * kernel wrote (task_pid_vnr()), but gcore writes those that gdb sees.
 */
static void find_own_ids(struct dump *d)
{
	struct snapshot *s = d->s;
	bool found = false, same = true;

	find_pthreads(d);
	for (size_t i = 0; i < s->nr_threads && d->below_tls != UINT64_MAX; i++) {
		const struct core_thread *from = &d->core->threads[i];
		struct thread *t = &s->threads[i];

		t->nstid = read_own_id(d, from, d->below_tls);
		if (t->nstid == PID_UNKNOWN)
			continue;
		found = true;
		same &= t->nstid == t->tid;
		t->clear_child_tid = from->tls - d->below_tls +
				     pthread_tid_at(s->arch, d->core->is_32bit);
		t->known |= T_CLEAR_TID;
	}
	for (size_t i = 0; i < s->nr_threads && found && same; i++)
		s->threads[i].nstid = s->threads[i].tid;
}

/*
 * Threads
 */

/* What it does, if it waits on no futex. */
static void describe(struct dump *d, struct thread *t, const struct core_thread *from)
{
	bool got_signal = d->core->signal && from == d->core->threads;
	const char *call = corefile_is_native(d->core) ? syscall_name(from->call.nr) : NULL;
	char does[ACTIVITY_SIZE], name[SIGNAL_NAME_SIZE];
	size_t used = 0;

	if (got_signal)
		used = snprintf(does, sizeof(does), "got %s, and ",
				signal_name(name, d->core->signal));
	if (from->in_call == IN_NO_CALL)
		snprintf(does + used, sizeof(does) - used, "runs");
	else if (call)
		snprintf(does + used, sizeof(does) - used, "%s in %s",
			 from->in_call == IN_CALL ? "sleeps" : "may sleep", call);
	else
		snprintf(does + used, sizeof(does) - used, "%s in system call %ld",
			 from->in_call == IN_CALL ? "sleeps" : "may sleep", from->call.nr);
	t->activity = snapshot_keep_text(d->s, does);
}

static void add_thread(struct dump *d, const struct core_thread *from)
{
	struct thread *t = snapshot_add_thread(d->s);

	t->tid = from->tid;
	t->tgid = d->s->processes[0].tgid;
	t->nstid = PID_UNKNOWN;
	t->mm = 0;
	t->comm = d->s->processes[0].comm;
	t->state = from->in_call == IN_CALL ? STATE_SLEEPING : STATE_RUNNING;
	t->bits = d->core->is_32bit ? 32 : 64;
	t->blocked = from->blocked;
}

/*
 * Waiters
 */

/* Without FUTEX_PRIVATE_FLAG it is private if the word is in no file: all shared memory is. */
static void find_key(const struct dump *d, struct waiter *w)
{
	const struct mapping *m = maps_find(&d->core->maps, w->waits_on);

	if (w->key_type != KEY_UNKNOWN || !(w->known & W_WAITS_ON) || !d->core->has_files || !m ||
	    m->ino)
		return;
	w->key_type = KEY_SHARED_MM;
	w->key_text = "shared-mm";
}

/*
 * If the word is not what it expects, the wait is over as soon as the call starts again.  Others
 * may have woken it after it was taken out of the call, and before they were.
 */
static bool still_waits(const struct waiter *w, enum in_call in_call)
{
	return in_call == IN_CALL && (!futex_ops[w->opcode].compares || !(w->known & W_VALUE) ||
				      w->value == w->expected);
}

static void add_waiter(struct dump *d, struct thread *t, const struct core_thread *from)
{
	enum call call = corefile_futex_call(d->core, from->call.nr);
	struct waiter *w;

	if (from->in_call == IN_NO_CALL || call == CALL_UNKNOWN ||
	    (call == CALL_FUTEX && futex_opcode(from->call.args[1]) == OP_UNKNOWN)) {
		describe(d, t, from);
		return;
	}
	w = add_waiter_in_call(d->s, t, call, from->call.args, &d->memory);
	find_key(d, w);
	if (!still_waits(w, from->in_call))
		w->stable = NO;
}

/*
 * The process
 */

static void add_process(struct dump *d)
{
	const struct corefile *c = d->core;
	struct process *p = snapshot_add_process(d->s);

	snapshot_add_mm(d->s);
	p->mm = 0;
	p->tgid = c->has_info ? c->tgid : c->threads[0].tid;
	if (!c->has_info)
		return;
	p->ppid = c->ppid ?: PID_UNKNOWN;
	p->execed = c->is_forked ? NO : YES;
	p->comm = snapshot_keep_escaped(d->s, c->name, strlen(c->name));
	p->cmdline = snapshot_keep_escaped(d->s, c->args, strlen(c->args));
}

/**
 * read_coredump() - make a snapshot from a core dump
 * @s: an initialised snapshot, to be filled, not indexed
 * @c: the core, which has a thread
 */
void read_coredump(struct snapshot *s, const struct corefile *c)
{
	struct dump d = { .s = s, .core = c, .memory = { -1, -1, c } };

	s->arch = c->arch;
	s->vm_unsure = true;
	s->signal = c->signal;
	s->signal_tid = c->signal ? c->threads[0].tid : 0;
	add_process(&d);
	for (size_t i = 0; i < c->nr_threads; i++)
		add_thread(&d, &c->threads[i]);
	find_own_ids(&d);
	for (size_t i = 0; i < c->nr_threads; i++)
		add_waiter(&d, &s->threads[i], &c->threads[i]);
	fill_mms(s);
}
