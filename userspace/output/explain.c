// SPDX-License-Identifier: GPL-2.0-only
/*
 * The story of one waiter, in the order in which a person would ask.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "holders.h"
#include "output.h"
#include "screen.h"
#include "signals.h"
#include "text.h"

/* Longer lines are hard to read. */
#define MAX_WIDTH	100
#define INDENT		10
#define TEXT_SIZE	1024

/* Threads that are listed one by one. */
#define MAX_LISTED	16

/* Write @text in the columns from INDENT on, broken at spaces. */
static void put_wrapped(FILE *out, char *text)
{
	size_t col = INDENT, width = output_width(out);
	char *word;

	width = width > MAX_WIDTH ? MAX_WIDTH : width;
	while ((word = strsep(&text, " "))) {
		size_t len = text_width(word);

		if (col > INDENT && col + 1 + len > width) {
			fprintf(out, "\n%*s", INDENT, "");
			col = INDENT;
		}
		fprintf(out, "%s%s", col > INDENT ? " " : "", word);
		col += len + (col > INDENT);
	}
	fputc('\n', out);
}

static void para(FILE *out, const char *label, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void para(FILE *out, const char *label, const char *fmt, ...)
{
	char text[TEXT_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	shown_text(text, sizeof(text), text);
	fprintf(out, "%-*s", INDENT, label);
	put_wrapped(out, text);
}

static const char *or_unknown(const char *text)
{
	return text ? text : "?";
}

/* A number or "?" in @buf. */
#define NUMBER_SIZE	24

static const char *number(char buf[NUMBER_SIZE], const char *fmt, bool known, uint64_t val)
{
	if (!known)
		return "?";
	snprintf(buf, NUMBER_SIZE, fmt, val);
	return buf;
}

/*
 * Which thread
 */

static void explain_title(FILE *out, const struct judgement *j, const struct waiter *w)
{
	const char *title = j->reason == REASON_TO_CYCLE ? "waits for threads in a deadlock" :
							   verdicts[j->verdict].title;
	char name[TEXT_SIZE];

	fprintf(out, "Thread %d (%s) %s.\n\n", w->tid,
		shown_text(name, sizeof(name), or_unknown(w->comm)), title);
}

static void explain_who(FILE *out, const struct snapshot *s, const struct waiter *w)
{
	const struct process *p = process_of_waiter(s, w);
	char name[TEXT_SIZE / 4] = "", tgid[ID_SIZE], ppid[ID_SIZE];

	if (!p) {
		para(out, "Who", "a thread of process %s", format_id(tgid, w->tgid));
		return;
	}
	if (p->parent_comm)
		snprintf(name, sizeof(name), " (%s)", p->parent_comm);
	para(out, "Who", "%s thread of process %s (%.64s), whose parent is process %s%s%s",
	     w->tid == w->tgid ? "the main" : "a", format_id(tgid, w->tgid),
	     or_unknown(p->comm), format_id(ppid, p->ppid), name,
	     p->execed == NO ? "; it was forked and has never called execve" : "");
	if (p->cgroup && strcmp(p->cgroup, "/"))
		para(out, "", "in cgroup %s", p->cgroup);
}

/*
 * The call
 */

/*
 * The call gets a line of its own, uncut, from the first column on: people look for it and
 * copy it.  Without FUTEX_CLOCK_REALTIME it is up to 80 columns wide.
 */
static void explain_call(FILE *out, const struct waiter *w)
{
	char text[CALL_SIZE];

	fprintf(out, "Call%s\n%s\n",
		w->call == CALL_RESTART ? "      restarted after a signal or stop" : "",
		w->known & W_ARGS && w->call ? futex_format_call(text, w->call, w->args) : "?");
}

static void explain_queue(FILE *out, const struct waiter *w)
{
	if (w->queued > QUEUED_YES)
		para(out, "Queue", "not in the kernel's queue while it is %s; the call restarts when "
		     "it is resumed", w->queued_text);
	if (w->pi_owner > 0)
		para(out, "Owner", "thread %d, as the kernel has it: this is a PI futex",
		     w->pi_owner);
}

static void explain_since(FILE *out, const struct waiter *w, const struct contention *c)
{
	char buf[DURATION_SIZE], longest[DURATION_SIZE];

	para(out, "Asleep", "%s", w->known & W_ASLEEP ? format_duration(buf, w->asleep_ns) :
							"for a time that is not known");
	if (c->nr_waiters > 1)
		para(out, "", "%zu threads wait on the same word, one of them for %s", c->nr_waiters,
		     c->asleep_ns ? format_duration(longest, c->asleep_ns) : "?");
	if (c->nr_behind)
		para(out, "", "%zu hang behind it: they wait for this thread, or for one that does",
		     c->nr_behind);
}

/*
 * The word
 */

static void explain_word(FILE *out, const struct waiter *w)
{
	char addr[NUMBER_SIZE], expected[NUMBER_SIZE], value[NUMBER_SIZE], from[NUMBER_SIZE];

	para(out, "Word", "at %s: the caller expected %s; it holds %s now%s",
	     number(addr, "%#" PRIx64, w->known & W_WAITS_ON, w->waits_on),
	     number(expected, "%" PRIu64, w->known & W_EXPECTED, w->expected),
	     number(value, "%" PRIu64, w->known & W_VALUE, w->value),
	     w->known & W_VALUE ? "" : " (it could not be read without disturbing the process)");
	if (w->known & W_WAITS_ON && w->known & W_UADDR && w->waits_on != w->uaddr)
		para(out, "", "requeued there from %s",
		     number(from, "%#" PRIx64, true, w->uaddr));
}

/* Which kind of lock it is, and by what. */
#define KIND_SIZE	80

static const char *kind_text(char dst[KIND_SIZE], const struct waiter *w, enum primitive primitive)
{
	snprintf(dst, KIND_SIZE, w->lock.is_typed ? "a %s, by the type of its variable" :
						    "looks like a %s", primitives[primitive].name);
	return dst;
}

/* The lock, if it does not say which thread holds it. */
static void explain_unheld(FILE *out, const struct waiter *w, enum primitive primitive,
			   const struct holder *h)
{
	char kind[KIND_SIZE];

	if (!primitive)
		para(out, "Lock", "not recognised, so its holder is not known");
	else if (w->lock.nr_needed)
		para(out, "Lock", "%s: %" PRIu32 " of %" PRIu32 " threads %s come",
		     kind_text(kind, w, primitive), w->lock.nr_come, w->lock.nr_needed,
		     w->lock.nr_come == 1 ? "has" : "have");
	else if (h->evidence == BY_WORDS && h->thread >= 0)
		para(out, "Lock", "%s, held by a thread that is not there, unless the "
		     "main thread took it before it was forked", kind_text(kind, w, primitive));
	else if (h->evidence == BY_WORDS)
		para(out, "Lock", "%s; it is not known which thread has the id in it",
		     kind_text(kind, w, primitive));
	else
		para(out, "Lock", "%s, which names no holder", kind_text(kind, w, primitive));
}

/* What stands behind the id of a thread that is not there, as the lock of a waiting thread has it. */
static const char *whose_id(const struct snapshot *s, int waits)
{
	return thread_is_in_namespace(&s->threads[waits]) ? " of its pid namespace" : "";
}

/* The lock, if its words name a thread that is not in the waiter's mm. */
static void explain_gone(FILE *out, const struct analysis *a, const struct judgement *j,
			 const struct waiter *w)
{
	struct foreign_holder foreign;
	char kind[KIND_SIZE];

	kind_text(kind, w, j->primitive);
	if (find_foreign_holder(a->s, w, j->holder, &foreign) && !foreign.ended)
		para(out, "Lock", "%s, held by thread %d; no live thread of this "
		     "process has that id, but one of process %d (%.64s) has", kind, j->holder,
		     foreign.tgid, or_unknown(foreign.comm));
	else
		para(out, "Lock", "%s, held by thread %d%s, which is no live thread "
		     "of this process", kind, j->holder, whose_id(a->s, w->thread));
}

static void explain_lock(FILE *out, const struct analysis *a, const struct judgement *j,
			 const struct waiter *w)
{
	const struct holder *h = w->thread < 0 ? NULL : model_holder(&a->model, w->thread);
	const struct thread *t = j->holder_thread < 0 ? NULL : &a->s->threads[j->holder_thread];
	char kind[KIND_SIZE];

	if (j->holder == PID_UNKNOWN)
		explain_unheld(out, w, j->primitive, h);
	else if (h->evidence == BY_EXIT)
		para(out, "Lock", "%s: the kernel clears the word when thread %d exits", primitives[j->primitive].name,
		     t ? t->tid : j->holder);
	else if (h->evidence == BY_KERNEL)
		para(out, "Lock", "a PI futex, owned by thread %d as the kernel has it", j->holder);
	else if (t && holder_is_joined(h))
		para(out, "Lock", "%s, of thread %d (%.64s)", kind_text(kind, w, j->primitive),
		     t->tid, or_unknown(t->comm));
	else if (t)
		para(out, "Lock", "%s, held by thread %d (%.64s)", kind_text(kind, w, j->primitive),
		     t->tid, or_unknown(t->comm));
	else
		explain_gone(out, a, j, w);
}

/*
 * The chain
 */

static void put_does(char *dst, size_t size, const struct analysis *a, int thread)
{
	size_t used = snprintf(dst, size, ", which ");

	put_thread_text(dst + used, size - used, a, thread);
}

static void put_step_end(char *dst, size_t size, const struct analysis *a,
			 const struct step *step, bool back)
{
	const struct model *m = &a->model;

	if (back)
		snprintf(dst, size, ", with which the chain began");
	else if (model_state(m, step->thread) == RUN_STOPPED)
		snprintf(dst, size, ", which is stopped, by its state in the file");
	else if (model_first_wait(m, step->thread) < 0)
		put_does(dst, size, a, step->thread);
}

static void explain_step(FILE *out, const struct analysis *a, const struct step *step,
			 const char *label, const char *subject, int waits, bool back)
{
	static const char *const by[NR_EVIDENCE] = {
		[BY_NOTHING]	= "can only be woken by threads of its address space, of which one "
				  "sleeps in another call",
		[BY_WORDS]	= "waits for the holder, by the words around the futex",
		[BY_EXIT]	= "waits for the exit, by the word that its exit clears",
		[BY_KERNEL]	= "waits for the owner, by pi_owner in the file",
	};
	char text[REASON_SIZE], end[TEXT_SIZE] = "";

	if (step->thread < 0) {
		para(out, label, "%s %s: thread %d%s, which is not there", subject,
		     by[step->evidence], step->id, whose_id(a->s, waits));
		return;
	}
	put_step_end(end, sizeof(end), a, step, back);
	if (model_state(&a->model, step->thread) == RUN_SLEEPS) {
		put_sleep_text(text, sizeof(text), a, step->thread);
		snprintf(end, sizeof(end), ", which %s, by /proc/%d/syscall and what /proc shows "
			 "of those processes", text, step->id);
	}
	para(out, label, "%s %s: thread %d (%.64s)%s", subject, by[step->evidence], step->id,
	     or_unknown(a->s->threads[step->thread].comm), end);
}

static void explain_chain(FILE *out, const struct analysis *a, const struct waiter *w)
{
	struct step steps[MAX_STEPS];
	size_t nr = find_steps(&a->model, w, steps, MAX_STEPS);
	char subject[64] = "it";
	int waits = w->thread;

	for (size_t n = 0; n < nr; n++) {
		explain_step(out, a, &steps[n], n ? "" : "Chain", subject, waits,
			     steps[n].thread == w->thread);
		waits = steps[n].thread;
		snprintf(subject, sizeof(subject), "thread %d", steps[n].id);
	}
	if (nr == MAX_STEPS)
		para(out, "", "and so on");
}

/*
 * The threads
 */

struct listed {
	int thread;
	enum run_state state;
	pid_t tid;
};

static int compare_listed(const void *x, const void *y)
{
	const struct listed *a = x, *b = y;

	if (a->state != b->state)
		return a->state < b->state ? -1 : 1;
	return a->tid < b->tid ? -1 : a->tid > b->tid;
}

static const char *wait_end(const struct waiter *w, enum run_state state)
{
	if (w->timeout > TIMEOUT_NONE)
		return ", with a timeout";
	return state == RUN_POSSIBLE ? ", but may be woken from elsewhere" : "";
}

static void list_thread(FILE *out, const struct analysis *a, int t)
{
	const struct thread *thread = &a->s->threads[t];
	const struct waiter *w = model_first_waiter(&a->model, t);
	enum run_state state = model_state(&a->model, t);
	char addr[NUMBER_SIZE], does[TEXT_SIZE];

	if (w && state != RUN_STOPPED)
		snprintf(does, sizeof(does), "waits on futex %s%s",
			 number(addr, "%#" PRIx64, w->known & W_WAITS_ON, w->waits_on),
			 wait_end(w, state));
	else
		put_thread_text(does, sizeof(does), a, t);
	para(out, "", "%d (%.64s) %c: %s", thread->tid, or_unknown(thread->comm),
	     thread->state ?: '?', does);
}

/* Any of them can wake a waiter on a shared word: a semaphore, or a rwlock for its readers. */
static void explain_mappers(FILE *out, const struct analysis *a, const struct waiter *w)
{
	int threads[MAX_LISTED + 1];
	size_t nr = analysis_list_mappers(a, w, threads, ARRAY_SIZE(threads));

	if (nr)
		para(out, "Mapped by", "threads of other processes:");
	for (size_t i = 0; i < nr && i < MAX_LISTED; i++)
		list_thread(out, a, threads[i]);
	if (nr > MAX_LISTED)
		para(out, "", "and more");
}

static void explain_threads(FILE *out, const struct analysis *a, const struct waiter *w)
{
	const struct snapshot *s = a->s;
	struct listed *listed = xcalloc(s->nr_threads, sizeof(*listed));
	const struct mm *mm = &s->mms[w->mm];
	char live[NUMBER_SIZE];
	size_t n = 0;

	for (size_t i = 0; i < s->nr_threads; i++) {
		if (s->threads[i].mm == w->mm)
			listed[n++] = (struct listed){ i, model_state(&a->model, i),
						       s->threads[i].tid };
	}
	qsort(listed, n, sizeof(*listed), compare_listed);
	para(out, "Threads", "%s alive in its address space%s",
	     mm->known & M_LIVE && mm->live == 1 ? "1 thread is" :
	     number(live, "%" PRIu64 " threads are", mm->known & M_LIVE, mm->live),
	     n ? ":" : "");
	for (size_t i = 0; i < n && i < MAX_LISTED; i++)
		list_thread(out, a, listed[i].thread);
	if (n > MAX_LISTED)
		para(out, "", "and %zu more", n - MAX_LISTED);
	free(listed);
}

static const char *reach_text(const struct shared *shared)
{
	switch (shared->reach) {
	case REACH_NAMED:
		return "which has a name that others can open";
	case REACH_SYSV:
		return "which others can attach";
	case REACH_OPEN:
		return shared->openers >= 0 ? "which has no name; who has it open counts too" :
					      "which has no name; who has it open is not known";
	case REACH_INHERITED:
		return "which has no name, and which only fork(2) passes on";
	default:
		return "which others may come to map, as far as is known";
	}
}

static void explain_shared(FILE *out, const struct analysis *a, const struct waiter *w)
{
	const struct shared *shared = w->shared < 0 ? NULL : &a->s->shared[w->shared];
	char ino[NUMBER_SIZE];

	if (!shared) {
		para(out, "Wakers", "any process that maps the same file (%s)", w->key_text);
		return;
	}
	para(out, "Wakers", "threads of the processes that map the word: %zu address space%s%s; "
	     "the file is inode %s of device %s%s%s, %s", shared->nr_maps,
	     shared->nr_maps == 1 ? "" : "s",
	     shared->complete == YES ? "" : ", and others, which are not known",
	     number(ino, "%" PRIu64, shared->known & S_INO, shared->ino), or_unknown(shared->dev),
	     shared->path ? ", " : "", shared->path ?: "",
	     reach_text(shared));
	explain_mappers(out, a, w);
}

#define OWN_WAKERS	"only threads of its own address space"

static void explain_own_wakers(FILE *out, const struct model *m, const struct judgement *j,
			       const struct waiter *w)
{
	const struct mm_state *mm = model_mm(m, w->mm);
	size_t nr = mm->nr_runnable + mm->nr_waiting + mm->nr_sleeping + mm->nr_stopped;
	const struct holder *h = w->thread < 0 ? NULL : model_holder(m, w->thread);
	const char *but = "";

	if (j->holder != PID_UNKNOWN)
		but = ", but none but the holder should";
	else if (h && h->evidence == BY_WORDS && h->thread >= 0)
		but = ", but none but the main thread should";
	if (!mm->complete)
		para(out, "Wakers", OWN_WAKERS "; not all are known");
	else if (mm->nr_runnable)
		para(out, "Wakers", OWN_WAKERS ", %zu of %zu not blocked%s", mm->nr_runnable, nr, but);
	else if (mm->nr_stopped)
		para(out, "Wakers", OWN_WAKERS ": none can run, and %zu of %zu are stopped",
		     mm->nr_stopped, nr);
	else
		para(out, "Wakers", OWN_WAKERS ": none can run");
}

static enum evidence get_evidence(const struct model *m, const struct waiter *w)
{
	return w->thread < 0 ? BY_NOTHING : model_holder(m, w->thread)->evidence;
}

static void explain_wakers(FILE *out, const struct analysis *a, const struct judgement *j,
			   const struct waiter *w)
{
	if (get_evidence(&a->model, w) == BY_KERNEL)
		para(out, "Wakers", "only the owner: by unlocking, or when it ends");
	else if (w->key_type == KEY_SHARED_INODE)
		explain_shared(out, a, w);
	else if (w->key_type == KEY_UNKNOWN || w->mm < 0)
		para(out, "Wakers", "not known");
	else
		explain_own_wakers(out, &a->model, j, w);
}

/*
 * The verdict
 */

static void explain_verdict(FILE *out, const struct analysis *a, size_t waiter)
{
	const struct judgement *j = &a->judgements[waiter];
	char reason[REASON_SIZE];

	para(out, "Verdict", "%s: %s", verdicts[j->verdict].name, reason_text(a, waiter, reason));
	if (j->certainty != CERTAINTY_NONE)
		para(out, "Certainty", "%s: %s", certainties[j->certainty].name,
		     caveats[j->caveat].text);
}

/* What would make it another verdict. */
static const char *unless_text(const struct snapshot *s, const struct judgement *j)
{
	const struct verdict_info *info = &verdicts[j->verdict];

	if (j->verdict == VERDICT_WAITING &&
	    (j->runnable < 0 || s->threads[j->runnable].state == STATE_RUNNING))
		return NULL;
	if (j->certainty == CERTAINTY_CERTAIN && info->unless_certain)
		return info->unless_certain;
	return info->unless;
}

static void explain_unless(FILE *out, const struct snapshot *s, const struct judgement *j)
{
	const char *caveat = j->certainty == CERTAINTY_NONE ? NULL : caveats[j->caveat].unless;
	const char *text = unless_text(s, j);

	if (caveat)
		para(out, "Unless", "%s", caveat);
	if (text)
		para(out, caveat ? "" : "Unless", "%s", text);
}

static bool namespace_is_known(const struct snapshot *s, const struct waiter *w)
{
	return w->thread >= 0 && s->threads[w->thread].nstid != PID_UNKNOWN;
}

/* What the lock's kind and holder rest on, if not on the kernel. */
static const char *unknown_lock_text(const struct analysis *a, const struct judgement *j,
				     const struct waiter *w)
{
	enum evidence evidence = get_evidence(&a->model, w);

	if (evidence == BY_KERNEL || evidence == BY_EXIT)
		return NULL;
	if (!j->primitive)
		return "what kind of lock this is, if it is one";
	if (!namespace_is_known(a->s, w))
		return "whether the holder's id is in the pid namespace of the other ids";
	if (w->lock.is_typed)
		return j->holder == PID_UNKNOWN ? NULL : "whether that thread holds the lock: that "
			"is inferred from memory";
	return "whether the lock really is one: that is inferred from memory";
}

static void explain_unknowns(FILE *out, const struct analysis *a, const struct judgement *j,
			     const struct waiter *w)
{
	const struct source *source = a->s->source;
	char still[128];
	const char *const texts[] = {
		source->two_looks ? NULL : still,
		source->shows_sleeps ? NULL : "what threads sleep for that wait for no futex",
		source->shows_queues ? NULL :
			"whether it was requeued to another futex: only the module sees the kernel's "
			"queues",
		source->lacks ? source->lacks : a->s->vm_unsure ?
			"whether another process uses the same memory: some may not be looked at" :
			NULL,
		unknown_lock_text(a, j, w),
	};
	const char *label = "Not known";

	snprintf(still, sizeof(still), "whether it still waits: this is %s", source->title ?: "");
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (!texts[i])
			continue;
		para(out, label, "%s", texts[i]);
		label = "";
	}
}

/* Languages have locks of their own, of which the kernel sees no more than a part. */
static void explain_runtime(FILE *out, const struct process *p)
{
	const struct runtime_info *r = p && p->runtime ? &runtimes[p->runtime] : NULL;

	if (!r)
		return;
	para(out, "Runtime", "%s: %s%d%s", r->name, r->tool, p->tgid, r->tool_end);
	para(out, "", "%s", r->limit);
}

/* The stack of the waiter, then those of the threads that it waits for. */
static void explain_stacks(FILE *out, const struct analysis *a, const struct waiter *w,
			   const struct stacks *st)
{
	const struct stack *own = find_stack(st, w->tid), *last = own;

	if (!own)
		return;
	print_lock_name(out, "Lock name ", own);
	para(out, "Stack", "of this thread:");
	print_stack(out, INDENT, own);
	for (size_t i = 0; i < st->nr; i++) {
		const struct stack *stack = &st->all[i];
		int t = snapshot_find_thread(a->s, stack->tid);
		const char *comm = or_unknown(t < 0 ? NULL : a->s->threads[t].comm);

		if (stack == own)
			continue;
		if (same_frames(stack, last)) {
			para(out, "", "of thread %d (%.64s): the same", stack->tid, comm);
			continue;
		}
		para(out, "", "of thread %d (%.64s):", stack->tid, comm);
		print_stack(out, INDENT, stack);
		last = stack;
	}
}

/**
 * print_explanation() - tell the story of one waiter
 * @out: where to; errors are left to its error flag
 * @a: the analysis
 * @waiter: index of the first waiter record of the thread
 * @st: stacks of the thread and of those that it waits for, or NULL
 */
void print_explanation(FILE *out, const struct analysis *a, size_t waiter,
		       const struct stacks *st)
{
	const struct waiter *w = &a->s->waiters[waiter];
	const struct judgement *j = &a->judgements[waiter];

	explain_title(out, j, w);
	explain_who(out, a->s, w);
	explain_call(out, w);
	explain_since(out, w, &a->contention[waiter]);
	explain_queue(out, w);
	for (size_t i = waiter; i < a->s->nr_waiters; i++) {
		if (a->s->waiters[i].tid == w->tid)
			explain_word(out, &a->s->waiters[i]);
	}
	explain_lock(out, a, j, w);
	explain_chain(out, a, w);
	if (w->mm >= 0)
		explain_threads(out, a, w);
	explain_wakers(out, a, j, w);
	explain_verdict(out, a, waiter);
	explain_unless(out, a->s, j);
	explain_unknowns(out, a, j, w);
	explain_stacks(out, a, w, st);
	explain_runtime(out, process_of_waiter(a->s, w));
}
