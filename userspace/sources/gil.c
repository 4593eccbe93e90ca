// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which thread has the GIL of CPython.
 *
 * A thread that wants it waits on a condition variable, a few milliseconds at a time, which
 * looks like any other.  What is before that in memory says whose turn it is.
 */
#include "array.h"
#include "gil.h"
#include "owners.h"
#include "procfs.h"
#include "runtime.h"

/*
 * struct _gil_runtime_state (Include/internal/pycore_gil.h), the same from 3.7 to 3.14.  A
 * free-threaded build has another member before it, and mostly no GIL.
 */
struct gil {
	uint64_t interval;	/* in microseconds */
	uint64_t last_holder;	/* the PyThreadState of who has it, or had it last */
	int32_t locked;		/* -1 before it is made */
	int32_t unused;
	uint64_t switch_number;
	/* a pthread_cond_t follows, which the waiters use */
};

/* Where the two words are in a pthread_cond_t on which threads wait: see decode_glibc_cond(). */
static const int words_at[] = { 40, 44, 32, 36 };

/* Each version has the pthread_t of the thread elsewhere in PyThreadState, but not behind this. */
#define STATE_WORDS	64

/* The longest sys.setswitchinterval() that is believed: an hour. */
#define MAX_INTERVAL	3600000000ULL

struct gil_reader {
	const char *root;
	struct snapshot *s;
	/* The last one, which most of the next waiters wait for, too. */
	int mm;
	uint64_t waits_on;
	pid_t holder;
};

/*
 * The only thread whose struct pthread one of the words points to, by its id in its own pid
 * namespace.
 */
static pid_t thread_of_state(const struct snapshot *s, const struct process_memory *memory, int mm,
			     uint64_t state)
{
	uint64_t words[STATE_WORDS];
	pid_t found = PID_UNKNOWN;

	if (!memory_read(memory, state, words, sizeof(words)))
		return PID_UNKNOWN;
	for (size_t i = 0; i < STATE_WORDS; i++) {
		pid_t tid = words[i] & 15 || !words[i] ? PID_UNKNOWN :
						read_pthread_tid(s, memory, words[i], false);

		if (tid == PID_UNKNOWN || tid == found || snapshot_find_owner(s, mm, tid) < 0)
			continue;
		if (found != PID_UNKNOWN)
			return PID_UNKNOWN;
		found = tid;
	}
	return found;
}

static pid_t holder_of_gil(const struct snapshot *s, const struct process_memory *memory,
			   const struct waiter *w)
{
	pid_t found = PID_UNKNOWN;
	struct gil gil;

	for (size_t i = 0; i < ARRAY_SIZE(words_at) && found == PID_UNKNOWN; i++) {
		uint64_t at = w->waits_on - words_at[i] - sizeof(gil);

		if (at % 8 || !memory_read(memory, at, &gil, sizeof(gil)) || !gil.interval ||
		    gil.interval > MAX_INTERVAL || gil.locked != 1 || gil.last_holder % 8)
			continue;
		found = thread_of_state(s, memory, w->mm, gil.last_holder);
	}
	return found;
}

static pid_t read_gil(const struct gil_reader *r, const struct waiter *w)
{
	const struct process *p = process_of_waiter(r->s, w);
	struct process_memory memory;
	pid_t found;

	if (!p || p->in_state_d)
		return PID_UNKNOWN;
	memory_open(&memory, r->root, w->tgid, w->tid);
	found = holder_of_gil(r->s, &memory, w);
	memory_close(&memory);
	if (found == PID_UNKNOWN || find_runtime(r->root, r->s, p) != RUNTIME_PYTHON)
		return PID_UNKNOWN;
	return found;
}

/* take_gil() never waits without a timeout. */
static bool may_be_gil(const struct waiter *w)
{
	return w->lock.primitive == PTHREAD_COND && w->timeout > TIMEOUT_NONE && w->mm >= 0 &&
	       w->key_type == KEY_PRIVATE && !w->is_32bit;
}

/**
 * find_gils() - find the waiters for CPython's GIL, and which thread has it
 * @root: where proc is mounted, for the pid namespace that @s was read in
 * @s: a snapshot of this host as it is now, indexed, with the states of its threads; the locks
 *	of its waiters are set
 */
void find_gils(const char *root, struct snapshot *s)
{
	struct gil_reader r = { .root = root, .s = s, .mm = -1 };

	for (size_t i = 0; i < s->nr_waiters; i++) {
		struct waiter *w = &s->waiters[i];

		if (!may_be_gil(w))
			continue;
		if (w->mm != r.mm || w->waits_on != r.waits_on) {
			r.holder = read_gil(&r, w);
			r.mm = w->mm;
			r.waits_on = w->waits_on;
		}
		if (r.holder != PID_UNKNOWN)
			/* A thread that has it does not take it again: Python would end itself. */
			w->lock = (struct lock){ .primitive = CPYTHON_GIL, .owner = r.holder,
						 .knows_owner = true };
	}
}
