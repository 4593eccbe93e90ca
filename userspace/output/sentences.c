// SPDX-License-Identifier: GPL-2.0-only
/*
 * The judgement in plain words.
 */
#include <stdlib.h>
#include <string.h>

#include "holders.h"
#include "refute.h"
#include "sentences.h"
#include "signals.h"
#include "stacks.h"
#include "text.h"

/* Threads of a cycle that are named; the rest are only counted. */
#define MAX_NAMED	4

/* A file may hold names of any length. */
#define MAX_NAME	64
#define MAX_PATH	128

/*
 * Text that is cut off where the buffer ends.  Not by snprintf(3), which would take most
 * of the time of a run with many waiters.
 */
struct buf {
	char *p;
	size_t used;
	size_t size;
};

static void put_bytes(struct buf *b, const char *bytes, size_t len)
{
	if (len > b->size - 1 - b->used)
		len = b->size - 1 - b->used;
	memcpy(b->p + b->used, bytes, len);
	b->used += len;
	b->p[b->used] = '\0';
}

static void put(struct buf *b, const char *text)
{
	put_bytes(b, text, strlen(text));
}

static void put_number(struct buf *b, uint64_t val)
{
	char digits[DECIMAL_SIZE], *end = digits + sizeof(digits), *p = format_decimal(end, val);

	put_bytes(b, p, end - p);
}

static void put_id(struct buf *b, pid_t id)
{
	if (id < 0)
		put(b, "?");
	else
		put_number(b, id);
}

/* The id of a holder that is not there, as the lock of a thread has it. */
static void put_gone_id(struct buf *b, const struct snapshot *s, int thread, pid_t id)
{
	put_id(b, id);
	if (thread_is_in_namespace(&s->threads[thread]))
		put(b, " of its pid namespace");
}

/* " (NAME)" */
static void put_name(struct buf *b, const char *name)
{
	if (!name)
		name = "?";
	put(b, " (");
	put_bytes(b, name, strnlen(name, MAX_NAME));
	put(b, ")");
}

static void put_thread(struct buf *b, const struct snapshot *s, int i)
{
	put(b, "thread ");
	put_id(b, s->threads[i].tid);
	put_name(b, s->threads[i].comm);
}

static void put_process(struct buf *b, pid_t tgid, const char *comm)
{
	put(b, "process ");
	put_id(b, tgid);
	put_name(b, comm);
}

/* "3 threads", "1 thread" */
static void put_count(struct buf *b, size_t nr, const char *noun)
{
	put_number(b, nr);
	put(b, " ");
	put(b, noun);
	put(b, nr == 1 ? "" : "s");
}

/*
 * Threads that are not waiters
 */

static void put_sleep_for(struct buf *b, const struct analysis *a, int thread)
{
	const struct wakers *w = model_wakers(&a->model, thread);

	put(b, sleep_texts[w->kind].waits_for);
	put_number(b, w->id);
	put(b, sleep_texts[w->kind].that);
}

/**
 * put_sleep_text() - what a thread that cannot run sleeps for
 * @dst: receives the text: a clause without full stop
 * @size: of @dst
 * @a: the analysis
 * @thread: index of a thread in RUN_SLEEPS
 */
void put_sleep_text(char *dst, size_t size, const struct analysis *a, int thread)
{
	struct buf b = { .p = dst, .size = size };

	put_sleep_for(&b, a, thread);
}

static const char *stop_text(const struct thread *t)
{
	switch (t->state) {
	case STATE_TRACED:
		return "is stopped by its tracer";
	case STATE_STOPPED:
		return "is stopped";
	default:
		return "is frozen";
	}
}

/* What a waiter waits for, if the words tell. */
static void put_wait(struct buf *b, const struct analysis *a, const struct waiter *w)
{
	const struct holder *h = model_holder(&a->model, w->thread);
	const char *name = primitives[h->primitive].name;

	put(b, "waits ");
	if (name) {
		put(b, primitives[h->primitive].is_lock ? "for a " : "on a ");
		put(b, name);
		if (primitives[h->primitive].is_lock && holder_of(&a->model, w->thread) < 0)
			put(b, h->gone ? " whose holder is gone" : " that names no holder");
	} else {
		put(b, "on a futex");
	}
	if (w->timeout > TIMEOUT_NONE)
		put(b, ", with a timeout");
}

/* What a thread does, as a clause without its subject. */
static void put_does(struct buf *b, const struct analysis *a, int thread)
{
	const struct thread *t = &a->s->threads[thread];
	const struct waiter *w = model_first_waiter(&a->model, thread);
	enum run_state state = model_state(&a->model, thread);

	if (state == RUN_STOPPED)
		put(b, stop_text(t));
	else if (state == RUN_DEAD)
		put(b, "is dead");
	else if (w)
		put_wait(b, a, w);
	else if (state == RUN_SLEEPS)
		put_sleep_for(b, a, thread);
	else
		put(b, t->activity ?: t->state == STATE_RUNNING ? "runs" : "sleeps elsewhere");
}

/**
 * put_thread_text() - what a thread does
 * @dst: receives the text: a clause without full stop
 * @size: of @dst
 * @a: the analysis
 * @thread: index of the thread
 */
void put_thread_text(char *dst, size_t size, const struct analysis *a, int thread)
{
	struct buf b = { .p = dst, .size = size };

	put_does(&b, a, thread);
}

/**
 * put_gone_text() - where a holder is that is not in its waiter's mm
 * @dst: receives the text: a clause without full stop
 * @size: of @dst
 * @a: the analysis
 * @waiter: index of the waiter
 * @id: of the holder, as the waiter's lock has it
 */
void put_gone_text(char *dst, size_t size, const struct analysis *a, size_t waiter, pid_t id)
{
	const struct waiter *w = &a->s->waiters[waiter];
	struct buf b = { .p = dst, .size = size };
	struct foreign_holder foreign;

	if (!find_foreign_holder(a->s, w, id, &foreign) || foreign.ended) {
		put(&b, "is not there");
		if (waiter_is_in_namespace(a->s, w))
			put(&b, ", by its id in its waiter's pid namespace");
		return;
	}
	put(&b, "is in ");
	put_process(&b, foreign.tgid, foreign.comm);
	put(&b, ", not in its waiter's");
}

/*
 * Reasons
 */

/* What a reason is written from. */
struct story {
	struct buf buf;
	const struct analysis *a;
	const struct snapshot *s;
	const struct waiter *w;
	const struct judgement *j;
	const struct mm_state *mm;	/* of @w, or NULL */
};

static bool joins(const struct story *st)
{
	return st->w->thread >= 0 &&
	       holder_is_joined(model_holder(&st->a->model, st->w->thread));
}

static void put_foreign_holder(struct buf *b, const struct story *st,
			       const struct foreign_holder *foreign, bool forked)
{
	const struct waiter *w = st->w;
	bool is_parent = w->process >= 0 && st->s->processes[w->process].ppid == foreign->tgid;

	if (foreign->tgid == w->tgid) {
		put(b, "is the main thread of this process, which has ended");
		return;
	}
	if (is_parent)
		put(b, "is in the parent ");
	else
		put(b, forked ? "is in " :
				"is no live thread of this process: that id belongs to ");
	put_process(b, foreign->tgid, foreign->comm);
	if (is_parent || forked)
		put(b, " and cannot release it here");
}

/*
 * Whether the holder of a lock, which is not there, may have taken it before fork(2): its id is lower
 * than that of the child, as ids ascend.
 */
static bool may_be_older(const struct story *st)
{
	int main = snapshot_find_thread(st->s, st->w->tgid);

	return main < 0 || st->j->holder < st->s->threads[main].nstid;
}

static void put_gone(struct story *st)
{
	struct foreign_holder foreign;
	struct buf *b = &st->buf;
	bool found, forked;

	if (st->w->key_type == KEY_SHARED_INODE) {
		put(b, "the holder of its lock in shared memory, thread ");
		put_gone_id(b, st->s, st->w->thread, st->j->holder);
		put(b, ", is no live thread of a process that maps it");
		return;
	}
	found = find_foreign_holder(st->s, st->w, st->j->holder, &foreign);
	forked = waiter_is_forked(st->s, st->w) &&
		 (found ? foreign.tgid != st->w->tgid : may_be_older(st));
	put(b, forked ? "child of fork that never called execve, so its lock is a copy: the "
			"holder, thread " : "its lock's holder, thread ");
	put_gone_id(b, st->s, st->w->thread, st->j->holder);
	put(b, ", ");
	if (found)
		put_foreign_holder(b, st, &foreign, forked);
	else
		put(b, "is no live thread of this process");
}

/* The parent may have ended, and another process be the parent now, which has another name then. */
static bool has_other_parent(const struct process *p)
{
	return p->parent_comm && p->comm && strcmp(p->parent_comm, p->comm);
}

static void put_fork(struct story *st)
{
	const struct process *p = &st->s->processes[st->w->process];
	struct buf *b = &st->buf;

	put(b, "child of fork that never called execve, and its only thread: threads that could "
	       "wake it, if any, were left behind in the ");
	if (p->ppid > 1 && !has_other_parent(p)) {
		put(b, "parent process ");
		put_id(b, p->ppid);
	} else {
		put(b, "process that it was forked from");
	}
}

/* In a cycle that is no deadlock, some threads may give up. */
static size_t count_timed(const struct story *st)
{
	size_t nr = 0;
	int t = st->w->thread;

	if (st->j->verdict != VERDICT_BLOCKED)
		return 0;
	for (size_t n = 0; n < st->j->cycle_size; n++) {
		t = holder_of(&st->a->model, t);
		nr += model_first_waiter(&st->a->model, t)->timeout > TIMEOUT_NONE;
	}
	return nr;
}

static void put_cycle(struct story *st)
{
	size_t timed = count_timed(st);
	size_t size = st->j->cycle_size;
	struct buf *b = &st->buf;
	int t = st->w->thread;

	put(b, "waits for ");
	for (size_t n = 0; n < size && n < MAX_NAMED; n++) {
		t = holder_of(&st->a->model, t);
		put(b, n ? ", which waits for thread " : "thread ");
		put_id(b, st->s->threads[t].tid);
	}
	put(b, size > MAX_NAMED ? " and so on: a cycle of " : ": a cycle of ");
	put_count(b, size, "thread");
	if (!timed)
		return;
	put(b, ", of which ");
	put_number(b, timed);
	put(b, timed == 1 ? " waits with a timeout" : " wait with a timeout");
}

static void put_chain_start(struct story *st)
{
	const struct judgement *j = st->j;
	struct buf *b = &st->buf;

	if (j->primitive == SETXID)
		put(b, "changes the ids of all threads, and waits for a signal to be handled by ");
	else if (!joins(st))
		put(b, "its lock is held by ");
	else if (st->s->threads[j->holder_thread].tgid == st->w->tgid)
		put(b, "joins ");
	else
		put(b, "waits for the exit of ");
	put_thread(b, st->s, j->holder_thread);
	if (j->end_thread == j->holder_thread)
		return;
	put(b, ", which waits, directly or through others, for ");
	put_thread(b, st->s, j->end_thread);
}

/*
 * What the thread at the end of a chain does, which no thread can wake.  In a proof, which
 * knows no holders, its sleep may end.
 */
static void put_chain_end(struct story *st)
{
	int end = st->j->end_thread;
	const struct waiter *w = model_first_waiter(&st->a->model, end);
	const char *activity = st->s->threads[end].activity;
	struct buf *b = &st->buf;

	put(b, ", which ");
	switch (model_own_state(&st->a->model, end)) {
	case RUN_STOPPED:
		put(b, "is stopped by a tracer that cannot run");
		return;
	case RUN_SLEEPS:
		if (!activity) {
			put_sleep_for(b, st->a, end);
			return;
		}
		put(b, activity);
		break;
	default:
		if (w)
			put_wait(b, st->a, w);
		else
			put(b, "waits on a futex");
		break;
	}
	put(b, st->j->verdict == VERDICT_STOPPED ? "; only stopped threads could end that" :
						   "; no thread that can run could end that");
}

static void put_chain(struct story *st, const char *end)
{
	put_chain_start(st);
	put(&st->buf, end);
}

static void put_to_gone(struct story *st)
{
	put_chain_start(st);
	put(&st->buf, ", whose lock's holder, thread ");
	put_gone_id(&st->buf, st->s, st->j->end_thread, st->j->end_holder);
	put(&st->buf, ", is not alive here");
}

/* In an mm where some threads sleep in other calls: one of those. */
static void put_all_sleep(struct story *st)
{
	const struct mm_state *mm = st->mm;
	struct buf *b = &st->buf;

	put(b, "no live thread of its address space can run: ");
	put_number(b, mm->nr_waiting);
	put(b, " wait on futexes");
	if (mm->nr_stopped) {
		put(b, ", ");
		put_number(b, mm->nr_stopped);
		put(b, " are stopped by a tracer that cannot run");
	}
	if (!mm->nr_sleeping)
		return;
	put(b, ", and ");
	put_thread(b, st->s, mm->sleeper);
	put(b, " ");
	put_sleep_for(b, st->a, mm->sleeper);
}

static void put_all_wait(struct story *st)
{
	put(&st->buf, "all ");
	put_number(&st->buf, st->mm->nr_waiting);
	put(&st->buf, " live threads of its address space wait on futexes without timeout: no "
		      "thread is left to wake it");
}

static void put_all_shared(struct story *st)
{
	size_t nr = st->s->shared[st->w->shared].nr_maps;

	put(&st->buf, "in shared memory, and no thread of the ");
	put_count(&st->buf, nr, "address space");
	put(&st->buf, nr == 1 ? " that maps the word can run" : " that map the word can run");
}

/* The tracer of a thread that has one. */
static void put_tracer_of_thread(struct story *st, int thread)
{
	int tracer = find_tracer(st->s, thread);

	if (tracer >= 0) {
		put_thread(&st->buf, st->s, tracer);
		return;
	}
	put(&st->buf, "thread ");
	put_id(&st->buf, st->s->threads[thread].tracer);
}

static void put_tracer(struct story *st)
{
	put(&st->buf, "is stopped by its tracer, ");
	put_tracer_of_thread(st, st->w->thread);
	put(&st->buf, ", which cannot run");
}

static void put_self_stopped(struct story *st)
{
	const struct thread *t = &st->s->threads[st->w->thread];
	char state[] = { t->state, '\0' };

	if (t->state == STATE_TRACED && t->tracer > 0) {
		put(&st->buf, "is stopped by its tracer, ");
		put_tracer_of_thread(st, st->w->thread);
		put(&st->buf, ", and will wait on when that resumes it");
		return;
	}
	put(&st->buf, "is stopped itself (state ");
	put(&st->buf, state);
	put(&st->buf, "), and will wait on when it is continued");
}

static void put_self_frozen(struct story *st)
{
	put(&st->buf, "is frozen (cgroup ");
	put(&st->buf, freezer_names[st->s->threads[st->w->thread].freezer] ?: "?");
	put(&st->buf, "), and will wait on when it is thawed");
}

static void put_all_stopped(struct story *st)
{
	put(&st->buf, "only stopped threads could wake it (");
	put_number(&st->buf, st->mm->nr_stopped);
	put(&st->buf, " of ");
	put_number(&st->buf, st->mm->nr_stopped + st->mm->nr_waiting);
	put(&st->buf, "; the others wait)");
}

static void put_lost(struct story *st)
{
	put(&st->buf, "its word was 0 in both looks, not ");
	put_number(&st->buf, st->w->expected);
	put(&st->buf, " as it expected, and it still sleeps, while no thread of its process ran: "
		      "a wake was lost, or is still to come");
}

/* Whether /proc/PID/maps says that a name was removed; @len receives the length of the name. */
static bool is_removed(const char *path, size_t *len)
{
	static const char mark[] = " (deleted)";
	const size_t size = sizeof(mark) - 1;

	*len = strlen(path);
	if (*len <= size || strcmp(path + *len - size, mark))
		return false;
	*len -= size;
	return true;
}

#define MAPPERS_CAN_WAKE	"shared futex: any process that maps it can wake it"

/* The id in a lock is that of one thread, whoever may wake the waiter, if the lock is what it looks like. */
static void put_id_in_lock(struct story *st)
{
	struct buf *b = &st->buf;
	struct foreign_holder f;

	if (st->w->lock.owner <= 0 ||
	    !find_foreign_holder(st->s, st->w, st->w->lock.owner, &f) || !may_hold_elsewhere(&f))
		return;
	put(b, "; the id in its lock is that of thread ");
	put_id(b, f.tid);
	put(b, " in ");
	put_process(b, f.tgid, f.comm);
}

/* Who may come to wake it, if nobody who maps the word can run. */
static void put_newcomer(struct story *st, const struct shared *shared)
{
	static const struct {
		const char *text;
		bool names_memory;
	} reaches[] = {
		[REACH_UNKNOWN]		= { "shared futex: any process that comes to map it can wake "
					    "it" },
		[REACH_NAMED]		= { "waits for whoever opens ", true },
		[REACH_SYSV]		= { "waits for whoever attaches the System V memory ", true },
		[REACH_OPEN]		= { "shared futex: a process that has its memory open can "
					    "map it and wake it: ", true },
		[REACH_INHERITED]	= { MAPPERS_CAN_WAKE },
	};
	const char *path = shared->path ?: "it";
	size_t len = strlen(path);

	put(&st->buf, reaches[shared->reach].text);
	if (!reaches[shared->reach].names_memory)
		return;
	if (shared->reach == REACH_NAMED && is_removed(path, &len))
		put(&st->buf, "another name of the file that was ");
	put_bytes(&st->buf, path, len < MAX_PATH ? len : MAX_PATH);
	put_id_in_lock(st);
}

static void put_shared(struct story *st)
{
	const struct shared *shared = st->w->shared < 0 ? NULL : &st->s->shared[st->w->shared];
	int t = shared ? model_find_mapper(&st->a->model, shared) : -1;

	if (shared && t < 0) {
		put_newcomer(st, shared);
		return;
	}
	put(&st->buf, MAPPERS_CAN_WAKE);
	if (t < 0)
		return;
	put(&st->buf, "; of those, ");
	put_thread(&st->buf, st->s, t);
	put(&st->buf, " is not blocked, and ");
	put_does(&st->buf, st->a, t);
}

/* " in 7 s" */
static void put_in(struct buf *b, uint64_t ns)
{
	put(b, " in ");
	put_number(b, (ns + 999999999) / 1000000000);
	put(b, " s");
}

/* The end of a process that cannot run otherwise releases its locks. */
static void put_end_of_holder(struct story *st)
{
	int end = st->j->end_thread;
	uint64_t ns;

	const struct process *p = process_of_thread(st->s, &st->s->threads[end]);

	if (!p || model_can_run(&st->a->model, PASS_PROOF, end))
		return;
	if (process_ends_itself(p, &ns) == TIMED) {
		put(&st->buf, "; its own timer ends its process");
		put_in(&st->buf, ns);
	} else if (process_is_hung_up(p)) {
		put(&st->buf, "; a hangup of its terminal ends its process");
	}
}

static void put_holder(struct story *st)
{
	/* The owner of a PI lock that a fork copied has another lock. */
	bool copied = waiter_is_local(st->w) && waiter_has_outside_wakers(st->s, st->w);

	put_chain_start(st);
	put(&st->buf, ", which ");
	put_does(&st->buf, st->a, st->j->end_thread);
	put_end_of_holder(st);
	if (copied)
		put(&st->buf, "; that is another process: the kernel releases the lock when the "
			      "thread exits");
}

/* What the threads do that are not blocked.  Which of them would wake it is not known. */
static void put_others(struct story *st)
{
	const struct mm_state *mm = st->mm;
	struct buf *b = &st->buf;

	put_count(b, mm->nr_runnable, "thread");
	put(b, " of its address space ");
	put(b, mm->nr_runnable == 1 ? "is not blocked" : "are not blocked");
	for (size_t i = 0; i < mm->nr_others && i < MAX_OTHERS; i++) {
		put(b, i ? "; " : ": ");
		put_thread(b, st->s, mm->others[i]);
		put(b, " ");
		put_does(b, st->a, mm->others[i]);
	}
	if (mm->nr_others && mm->nr_runnable > MAX_OTHERS)
		put(b, "; ...");
}

static void put_outside(struct story *st)
{
	const struct process *p = process_of_waiter(st->s, st->w);

	if (p && !process_takes_orders(p)) {
		put(&st->buf, "all threads of a process that could wake it wait for events, and that "
			      "process handles signals that daemons are told by: it may wait for one");
		return;
	}
	put(&st->buf, "all threads of its process wait for events, and the process ");
	put(&st->buf, p && p->known & P_CAUGHT ? "handles" : "may handle");
	put(&st->buf, " signals that daemons are told by: it may wait for one");
}

static void put_can_run(struct story *st)
{
	if (st->j->may_be_copy)
		put(&st->buf, primitive_is_barrier(st->j->primitive) ?
		    "child of fork that never called execve: if it waits for threads of its parent to "
		    "come, they are not here; " :
		    "child of fork that never called execve: if another thread of its parent "
		    "had this lock, none here can release it; ");
	if (st->j->verdict == VERDICT_BLOCKED)
		put(&st->buf, "the lock names no holder; ");
	put_others(st);
}

static void put_retries(struct story *st)
{
	put(&st->buf, st->j->retries ? "waits for the same word again and again, with a timeout; " :
				       "waits for the lock with a timeout; ");
	put_others(st);
}

static void put_self(struct story *st)
{
	put(&st->buf, joins(st) ? "waits for its own exit" :
				  "waits for a lock that it holds itself");
}

static void put_to_stuck(struct story *st)
{
	put_chain_start(st);
	put_chain_end(st);
}

static void put_to_cycle(struct story *st)
{
	put_chain(st, ", which is in a deadlock");
}

static void put_to_stopped(struct story *st)
{
	const struct thread *end = &st->s->threads[st->j->end_thread];

	put_chain(st, ", which ");
	put(&st->buf, stop_text(end));
	if (end->state != STATE_TRACED || !end->tracer)
		return;
	put(&st->buf, ", ");
	put_tracer_of_thread(st, st->j->end_thread);
}

/* What the source does not tell may be shared with any process. */
static void put_key(struct story *st)
{
	put(&st->buf, "not a private futex: it is not known which threads can wake it");
	put_id_in_lock(st);
}

static void put_traced(struct story *st)
{
	int tracer = st->w->thread < 0 ? -1 : find_tracer(st->s, st->w->thread);

	put(&st->buf, "it is traced by ");
	if (tracer >= 0)
		put_thread(&st->buf, st->s, tracer);
	else
		put(&st->buf, "a thread");
	put(&st->buf, ", which can run, and may do anything to it");
}

static void put_timer(struct story *st)
{
	enum timed timed;
	uint64_t ns;

	timed = process_wakes_itself(process_of_waiter(st->s, st->w), &ns);
	put(&st->buf, timed == TIMED ? "its process has a timer and handles its signal" :
				       "its process may have a timer whose signal it handles");
	put(&st->buf, ": a handler may run");
	if (timed == TIMED)
		put_in(&st->buf, ns);
	put(&st->buf, ", and wake it");
}

/* The end of a process wakes others that share its memory. */
static void put_unseen(struct story *st)
{
	uint64_t ns;

	for (size_t i = 0; i < st->s->nr_processes && st->mm->tgid == PID_UNKNOWN; i++) {
		const struct process *p = &st->s->processes[i];

		if (p->mm != st->w->mm || process_ends_itself(p, &ns) != TIMED)
			continue;
		put(&st->buf, "shares its memory with ");
		if (p->tgid == st->w->tgid) {
			put(&st->buf, "a process that goes on when its own timer ends it");
		} else {
			put_process(&st->buf, p->tgid, p->comm);
			put(&st->buf, ", which its own timer ends");
		}
		put_in(&st->buf, ns);
		return;
	}
	put(&st->buf, "threads that this snapshot does not show may wake it");
}

/* Who may do anything to a waiter. */
static void put_tracer_of(struct story *st)
{
	int tracer = st->w->thread < 0 ? -1 : find_tracer(st->s, st->w->thread);

	if (tracer < 0 || st->j->reason == REASON_TRACER)
		return;
	put(&st->buf, "; it is traced by ");
	put_thread(&st->buf, st->s, tracer);
}

/* What will become of a stuck waiter all the same. */
static void put_end(struct story *st)
{
	const struct process *p = process_of_waiter(st->s, st->w);
	struct buf *b = &st->buf;
	uint64_t ns;

	if (!p)
		return;
	switch (process_ends_itself(p, &ns)) {
	case TIMED:
		put(b, "; its own timer ends it");
		put_in(b, ns);
		break;
	case TIMED_MAYBE:
		put(b, "; its own timer may end it");
		break;
	default:
		break;
	}
	put_tracer_of(st);
	if (process_ends_with_parent(p) && p->ppid > 1) {
		put(b, "; the end of its parent, process ");
		put_id(b, p->ppid);
		put(b, ", ends it");
	}
	/* timeout(1) */
	if (p->parent_comm && !strcmp(p->parent_comm, "timeout")) {
		put(b, "; its parent, ");
		put_process(b, p->ppid, p->parent_comm);
		put(b, ", ends it when its time is up");
	}
}

/*
 * A handler that waits for a lock may wait for what it has interrupted.  How deep below that the
 * lock was taken, the stack says.
 */
static void put_handler(struct story *st)
{
	const struct stack *stack = st->a->stacks ? find_stack(st->a->stacks, st->w->tid) : NULL;
	const struct frame *interrupted, *handler = stack ? find_handler(stack, &interrupted) : NULL;
	char name[SIGNAL_NAME_SIZE], text[FRAME_SIZE];

	if (!handler)
		return;
	put(&st->buf, "; it waits in a handler of ");
	put(&st->buf, handler->signal ? signal_name(name, handler->signal) : "a signal");
	if (interrupted) {
		put(&st->buf, ", which interrupted ");
		put(&st->buf, format_frame(text, interrupted));
	}
}

/* How each reason is written: by a function, or as a text that is always the same. */
static const struct sentence {
	void (*put)(struct story *st);
	const char *text;
} sentences[NR_REASONS] = {
	[REASON_SELF]		= { put_self },
	[REASON_CYCLE]		= { put_cycle },
	[REASON_TO_CYCLE]	= { put_to_cycle },
	[REASON_GONE]		= { put_gone },
	[REASON_TO_GONE]	= { put_to_gone },
	[REASON_FORK]		= { put_fork },
	[REASON_ALONE]		= { .text = "the only live thread of its address space: no other can "
					    "wake it" },
	[REASON_ALL_WAIT]	= { put_all_wait },
	[REASON_ALL_SLEEP]	= { put_all_sleep },
	[REASON_ALL_SHARED]	= { put_all_shared },
	[REASON_TO_STUCK]	= { put_to_stuck },
	[REASON_STUCK]		= { .text = "the threads that could wake it wait for what no thread "
					    "is left to end" },
	[REASON_TRACER]		= { put_tracer },
	[REASON_SELF_STOPPED]	= { put_self_stopped },
	[REASON_SELF_FROZEN]	= { put_self_frozen },
	[REASON_ALL_STOPPED]	= { put_all_stopped },
	[REASON_WAKERS_STOPPED]	= { .text = "the threads that could wake it wait for threads that "
					    "are stopped" },
	[REASON_HOLDER_STOPPED]	= { put_to_stopped },
	[REASON_TO_STOPPED]	= { put_to_stopped },
	[REASON_LOST]		= { put_lost },
	[REASON_OUTSIDE]	= { put_outside },
	[REASON_HOLDER]		= { put_holder },
	[REASON_TO_HOLDER]	= { put_holder },
	[REASON_CAN_RUN]	= { put_can_run },
	[REASON_RETRIES]	= { put_retries },
	[REASON_UNSEEN]		= { put_unseen },
	[REASON_OTHER_WORD]	= { .text = "waits on several futexes, and another of them may be "
					    "woken" },
	[REASON_SHARED]		= { put_shared },
	[REASON_REQUEST]	= { .text = "an io_uring request that the thread submitted: it blocks "
					    "no thread" },
	[REASON_IO_URING]	= { .text = "it or its process uses io_uring: the end of a request may "
					    "make it run" },
	[REASON_TIMER]		= { put_timer },
	[REASON_SIGNAL]		= { .text = "its process handles a signal that a child of it, its "
					    "parent by its end, or what it has open may send: the "
					    "handler may run, and wake it" },
	[REASON_TRACED]		= { put_traced },
	[REASON_PI_OWNER]	= { .text = "a PI lock whose owner is in another process, or not "
					    "known: the kernel releases it when the owner exits" },
	[REASON_TIMEOUT]	= { .text = "has a timeout" },
	[REASON_NO_RECORD]	= { .text = "the snapshot does not hold its thread or address space" },
	[REASON_UNSTABLE]	= { .text = "ran while it was being looked at" },
	[REASON_CHANGED]	= { .text = "changed between the two looks" },
	[REASON_ERRORS]		= { .text = "the kernel's data were not as expected: nothing can be "
					    "proven from them" },
	[REASON_KEY]		= { put_key },
	[REASON_CALL]		= { .text = "it is not known what could end this call" },
};

/**
 * reason_text() - why a waiter has its verdict
 * @a: the analysis
 * @waiter: index of the waiter
 * @dst: receives the text: one line without full stop, of printable ASCII
 *
 * Return: @dst.
 */
char *reason_text(const struct analysis *a, size_t waiter, char dst[REASON_SIZE])
{
	const struct waiter *w = &a->s->waiters[waiter];
	const struct sentence *sentence = &sentences[a->judgements[waiter].reason];
	struct story st = {
		.buf = { .p = dst, .size = REASON_SIZE },
		.a = a, .s = a->s, .w = w, .j = &a->judgements[waiter],
		.mm = w->mm < 0 ? NULL : model_mm(&a->model, w->mm),
	};

	if (sentence->put)
		sentence->put(&st);
	else
		put(&st.buf, sentence->text ?: "");
	if (w->memory_is_shared && verdicts[a->judgements[waiter].verdict].stuck)
		put(&st.buf, "; this is a private wait on shared memory, which no wake from another "
			     "process ends");
	if (verdicts[a->judgements[waiter].verdict].stuck)
		put_end(&st);
	else if (st.j->holder_thread >= 0 && model_holder(&a->model, w->thread)->may_differ)
		put(&st.buf, ", or that a goroutine holds which was on this thread then");
	if (!verdicts[a->judgements[waiter].verdict].is_idle)
		put_handler(&st);
	return dst;
}
