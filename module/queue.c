// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies the entries of the futex queues, one bucket at a time, under the bucket's
 * lock. A queued waiter must take that lock to leave the queue (futex_unqueue()), so the
 * thread, its kernel stack and its mm stay as long as the module holds it.
 *
 * Any user can make a queue as long as memory allows, and whoever uses a futex of the same
 * bucket spins while the lock is held. So no more than FI_HOLD entries are visited in one
 * hold. The next one goes on behind an entry that still is where it was: that of a thread
 * which has not run since, and which the queue still leads to. Entries only come at the end
 * (plist_add()), apart from those of real-time threads, so nobody is missed.
 *
 * Nothing of an io_uring request stays valid without the lock. An entry behind which there
 * are only requests is found again by following the links from the last place that is certain.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitops.h>
#include <linux/cpumask.h>
#include <linux/pid_namespace.h>
#include <linux/plist.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>

#include "io_uring.h"
#include "kernel/layout.h"
#include "kernel/table.h"
#include "queue.h"
#include "snapshot.h"
#include "walk.h"

/* The most entries that are visited in one hold of a bucket's lock: some 350 instructions each. */
#define FI_HOLD		128

/*
 * The most links that are followed in one hold: three instructions each. If more requests
 * than this follow each other, the rest of their bucket is left out.
 */
#define FI_MAX_LINKS	16384

/*
 * A queue may change so fast that it has to be read again and again. It is given up after
 * as much work as this many reads of it, and some.
 */
#define FI_MAX_READS	4
#define FI_MAX_EXTRA	4096

/* How many buckets that may be empty are looked at in one go. */
#define FI_BUCKETS_BATCH 4096

/* How often a bucket is begun anew because it seems to have more entries than were found. */
#define FI_MAX_ROUNDS	2

static const char *queue_entry(const struct list_head *node)
{
	return fi_owner_of(container_of(node, struct plist_node, node_list), q_list);
}

/* How many threads wait in a bucket, or are about to and not blocked yet. */
static unsigned int bucket_waiters(const char *bucket)
{
	return max(atomic_read(fi_hb_waiters(bucket)), 0);
}

/* Whether the queue entry @q names @lock as the lock of its bucket. */
static bool is_queued_under(const char *q, const spinlock_t *lock)
{
	const void *lock_ptr;

	return !get_kernel_nofault(lock_ptr, fi_q_lock_ptr(q)) && lock_ptr == lock;
}

/*
 * Whether what visit_entries() checks of an entry can be read. If the layout were wrong, the
 * first entry of a table would not be one at all, and these checks show that. Once it has
 * passed them, links lead to other entries, and the locks keep them valid.
 */
static bool is_readable(const struct list_head *node)
{
	const void *lock_ptr;
	struct list_head links;

	return !copy_from_kernel_nofault(&links, node, sizeof(links)) &&
	       !get_kernel_nofault(lock_ptr, fi_q_lock_ptr(queue_entry(node)));
}

/*
 * Copy the holder of a PI futex. RCU keeps the holder's task_struct: a thread that exits
 * gives up its PI state first (exit_pi_state_list()).
 */
static void copy_pi_owner(struct fi_waiter *waiter, const char *q, struct pid_namespace *ns)
{
	const char *pi_state = NULL;
	struct task_struct *owner;

	if (IS_ENABLED(CONFIG_FUTEX_PI))
		pi_state = *fi_q_pi_state(q);
	waiter->has_pi_state = pi_state;
	if (!pi_state)
		return;
	rcu_read_lock();
	owner = READ_ONCE(*fi_pi_owner(pi_state));
	waiter->pi_owner = owner ? task_pid_nr_ns(owner, ns) : 0;
	rcu_read_unlock();
}

/*
 * The id of the mm of an entry; 0 if it is not known. A thread keeps its mm while it waits.
 * The one that submitted a request may exit, so its mm is only compared with those that the
 * snapshot has pinned: find_request_mms() adds others. A thread that the reader's pid
 * namespace does not show is only counted.
 */
static unsigned int mm_of(struct fi_snapshot *snap, struct task_struct *task,
			  enum fi_wakes what)
{
	if (what != FI_WAKES_THREAD)
		return fi_find_mm(snap, READ_ONCE(task->mm));
	return fi_tid(snap, task) ? fi_add_mm(snap, task->mm) : 0;
}

/* Copy what only the bucket's lock keeps valid. */
static void copy_waiter(struct fi_snapshot *snap, struct task_struct *task, unsigned int mm,
			const char *q, enum fi_wakes what)
{
	struct fi_waiter *waiter = &snap->waiters[snap->nr_waiters++];

	memset(waiter, 0, sizeof(*waiter));
	waiter->task = get_task_struct(task);
	fi_set_mm(snap, waiter, mm);
	if (what == FI_WAKES_THREAD) {
		waiter->switches = fi_switches(task);
		fi_call_read(&waiter->call, task, q);
	} else {
		waiter->is_request = true;
		fi_request_read(&waiter->call, q, what);
	}
	waiter->key = *fi_q_key(q);
	waiter->bitset = *fi_q_bitset(q);
	copy_pi_owner(waiter, q, snap->ns);
	fi_name_waiter(snap, waiter, task);
}

/*
 * Visit an entry: copy it, or leave it out if there are too many. Return its thread; NULL if
 * it is a request; ERR_PTR() if it is not known what @q wakes.
 */
static struct task_struct *visit_entry(struct fi_snapshot *snap, struct fi_queue_walk *walk,
				       const char *q)
{
	enum fi_wakes what = fi_has(FI_WAKE) ? fi_what_wakes(q) : FI_WAKES_THREAD;
	struct task_struct *task;
	unsigned int mm;

	if (what == FI_WAKES_UNKNOWN)
		return ERR_PTR(-EIO);
	task = what == FI_WAKES_THREAD ? *fi_q_task(q) : fi_request_task(q, what);
	mm = mm_of(snap, task, what);
	walk->mm = mm ?: walk->mm;
	if (fi_may_take(snap, mm))
		copy_waiter(snap, task, mm, q, what);
	else
		fi_leave_out(snap, mm, 1);
	return what == FI_WAKES_THREAD ? task : NULL;
}

/*
 * Whether an entry still is where it was when it was visited. Its thread has not run since,
 * so it has not left the queue and come again at another place, and its memory is valid.
 * Whoever wakes or requeues it changes the links and the lock that it names.
 */
static bool is_in_place(const struct fi_place *place, const spinlock_t *lock)
{
	struct list_head links, *back;

	/* As in check_waiter() of collect.c. */
	if (smp_load_acquire(&place->task->on_cpu) || fi_switches(place->task) != place->switches)
		return false;
	return is_queued_under(queue_entry(place->node), lock) &&
	       !copy_from_kernel_nofault(&links, place->node, sizeof(links)) &&
	       links.next != place->node &&
	       !get_kernel_nofault(back, &links.next->prev) && back == place->node;
}

/* The latest place that is still valid, or NULL. */
static const struct fi_place *find_place(const struct fi_queue_walk *walk,
					 const spinlock_t *lock)
{
	const struct fi_place *best = NULL;
	int i;

	for (i = 0; i < FI_NR_PLACES; i++) {
		const struct fi_place *place = &walk->places[i];

		if (place->task && (!best || place->visited > best->visited) &&
		    is_in_place(place, lock))
			best = place;
	}
	return best;
}

/* Whether the links lead from @from to @to in @max steps or less, and not by @head. */
static bool leads_to(const struct list_head *from, const struct list_head *to,
		     const struct list_head *head, size_t max)
{
	while (from != to) {
		from = READ_ONCE(from->next);
		if (from == head || !max--)
			return false;
	}
	return true;
}

static void drop_places(struct fi_queue_walk *walk, size_t visited)
{
	int i;

	for (i = 0; i < FI_NR_PLACES; i++) {
		struct fi_place *place = &walk->places[i];

		if (!place->task || place->visited <= visited)
			continue;
		put_task_struct(place->task);
		place->task = NULL;
	}
}

/**
 * struct hold - one hold of a bucket's lock
 * @head: head of the bucket's queue
 * @lock: the lock
 * @back: the place to go back to; all zero for the head of the queue
 * @thread: the last thread that was visited, if any
 * @broken: the check of the kernel's data that failed, or NULL
 */
struct hold {
	const struct list_head *head;
	const spinlock_t *lock;
	struct fi_place back;
	struct fi_place thread;
	const char *broken;
};

/*
 * Find the entry that was last visited. Return 0; -ESTALE if it has left the queue, so that
 * the walk has to go back to @hold->back; -EOVERFLOW if it is too far from any place.
 */
static int find_last(const struct fi_queue_walk *walk, struct hold *hold)
{
	const struct fi_place *place;
	size_t distance;

	hold->back.node = hold->head;
	if (!walk->visited)
		return 0;
	place = find_place(walk, hold->lock);
	if (place)
		hold->back = *place;
	distance = min_t(size_t, walk->visited - hold->back.visited, FI_MAX_LINKS);
	if (leads_to(hold->back.node, walk->last, hold->head, distance))
		return 0;
	return walk->visited - walk->certain > FI_MAX_LINKS ? -EOVERFLOW : -ESTALE;
}

/* Visit entries behind the last one. Return 0 if that was all, -EAGAIN, or -EIO if broken. */
static int visit_entries(struct fi_snapshot *snap, struct fi_queue_walk *walk, struct hold *hold)
{
	const struct list_head *before = walk->visited ? walk->last : hold->head;
	const struct list_head *node = READ_ONCE(before->next);
	unsigned int nr;

	for (nr = 0; node != hold->head; nr++, before = node, node = READ_ONCE(node->next)) {
		const char *q = queue_entry(node);
		struct task_struct *task;

		if (nr == FI_HOLD)
			return -EAGAIN;
		if ((!walk->checked && !is_readable(node)) || READ_ONCE(node->prev) != before) {
			hold->broken = "a bucket's list is not linked both ways";
			return -EIO;
		}
		if (*fi_q_lock_ptr(q) != hold->lock) {
			hold->broken = "a queue entry names another bucket's lock";
			return -EIO;
		}
		walk->checked = true;
		task = visit_entry(snap, walk, q);
		if (IS_ERR(task)) {
			hold->broken = "a queue entry wakes neither thread nor io_uring request";
			return -EIO;
		}
		walk->last = node;
		walk->visited++;
		walk->work++;
		if (task)
			hold->thread = (struct fi_place){
				.node = node,
				.task = task,
				.visited = walk->visited,
				.nr_waiters = snap->nr_waiters,
			};
	}
	return 0;
}

/* Keep a reference to the last thread that was visited, under the lock that keeps it there. */
static void keep_thread(struct hold *hold)
{
	if (!hold->thread.task)
		return;
	hold->thread.switches = fi_switches(hold->thread.task);
	get_task_struct(hold->thread.task);
}

/* Remember the last thread that was visited as a place. */
static void add_place(struct fi_queue_walk *walk, const struct fi_place *thread)
{
	struct fi_place *place;

	if (!thread->task)
		return;
	place = &walk->places[min_t(unsigned long, __ffs(walk->holds), FI_NR_PLACES - 1)];
	if (place->task)
		put_task_struct(place->task);
	*place = *thread;
	walk->certain = thread->visited;
}

/* Forget what was visited behind a place. */
static void go_back(struct fi_snapshot *snap, struct fi_queue_walk *walk,
		    const struct fi_place *place)
{
	walk->visited = place->visited;
	walk->certain = place->visited;
	walk->last = place->node;
	fi_drop_waiters(snap, place->visited ? place->nr_waiters : walk->first);
	drop_places(walk, place->visited);
}

/* Find the mms of requests, which may be new; fi_reserve_waiters() has made room. */
static void find_request_mms(struct fi_snapshot *snap, size_t from)
{
	for (; from < snap->nr_waiters; from++) {
		struct fi_waiter *waiter = &snap->waiters[from];

		if (waiter->is_request && !waiter->mm)
			fi_set_mm(snap, waiter, fi_add_mm_of(snap, waiter->task));
	}
}

/* Hold the lock of a bucket once. Return as find_last() and visit_entries() do. */
static int take_hold(struct fi_snapshot *snap, struct fi_queue_walk *walk, char *bucket)
{
	spinlock_t *lock = fi_hb_lock(bucket);
	struct hold hold = { .head = &fi_hb_chain(bucket)->node_list, .lock = lock };
	size_t from = snap->nr_waiters;
	int err;

	walk->holds++;
	spin_lock(lock);
	err = find_last(walk, &hold);
	if (!err) {
		err = visit_entries(snap, walk, &hold);
		if (err == -EAGAIN)
			keep_thread(&hold);
	}
	spin_unlock(lock);
	if (err == -EAGAIN)
		add_place(walk, &hold.thread);
	if (err == -ESTALE)
		go_back(snap, walk, &hold.back);
	if (hold.broken) {
		pr_err_ratelimited("the futex table is not as expected: %s\n", hold.broken);
		snap->error = hold.broken;
	}
	find_request_mms(snap, from);
	return err;
}

/*
 * Whether a bucket has to be begun anew, since more threads wait in it than were found: some
 * were requeued to another bucket and back while its lock was not held, and those behind them
 * now come first. A thread on each CPU may be about to queue, and counted already.
 */
static bool has_missed(const struct fi_queue_walk *walk, const char *bucket)
{
	return walk->holds > 1 && walk->rounds < FI_MAX_ROUNDS &&
	       walk->visited + num_online_cpus() < bucket_waiters(bucket);
}

static bool is_too_much(const struct fi_queue_walk *walk, const char *bucket)
{
	return walk->work > (size_t)FI_MAX_READS * bucket_waiters(bucket) + FI_MAX_EXTRA;
}

/* Leave out the rest of a bucket, and say that it is of the process whose entries come next. */
static void give_up(struct fi_snapshot *snap, const struct fi_queue_walk *walk,
		    const char *bucket)
{
	size_t nr = bucket_waiters(bucket);

	fi_leave_out(snap, walk->mm, nr > walk->visited ? nr - walk->visited : 1);
}

/*
 * Go on with a bucket for one hold. Return 0 if the bucket is done, or -EAGAIN. A broken
 * bucket is not an error here: the file reports it, and the other buckets are still read.
 */
static int take_some(struct fi_snapshot *snap, struct fi_queue_walk *walk, char *bucket)
{
	static const struct fi_place start;
	int err = take_hold(snap, walk, bucket);

	if (err == -EIO)
		return 0;
	if (!err && !has_missed(walk, bucket))
		return 0;
	if (err == -EOVERFLOW || is_too_much(walk, bucket)) {
		give_up(snap, walk, bucket);
		return 0;
	}
	if (!err) {
		walk->rounds++;
		go_back(snap, walk, &start);
	}
	return -EAGAIN;
}

static void begin_bucket(const struct fi_snapshot *snap, struct fi_queue_walk *walk)
{
	/* Most buckets are short, and had no place. */
	if (walk->certain)
		drop_places(walk, 0);
	walk->holds = 0;
	walk->rounds = 0;
	walk->first = snap->nr_waiters;
	walk->work = 0;
	walk->visited = 0;
	walk->certain = 0;
}

/**
 * fi_count_waiters() - count the waiters in some buckets
 * @table: the buckets, which the caller keeps from being freed
 *
 * Context: process; may sleep.
 *
 * Return: the number of waiters, which may change at once.
 */
size_t fi_count_waiters(const struct fi_table *table)
{
	size_t total = 0;
	size_t i;

	for (i = 0; i < table->nr; i++) {
		total += bucket_waiters(fi_bucket(table, i));
		if (i % FI_BUCKETS_BATCH == 0)
			cond_resched();
	}
	return total;
}

/**
 * fi_take_waiters() - copy all queue entries of some buckets
 * @snap: receives the waiters, with a reference to each thread, and their mms
 * @table: the buckets, which the caller keeps from being freed
 * @walk: all zero at first; end it with fi_end_queue_walk()
 *
 * Context: process; may sleep. Holds one bucket lock at a time, for FI_HOLD entries.
 *
 * Return: 0; -ENOSPC if fi_reserve_waiters() has to make room for FI_HOLD more, after which
 * this may be called again to go on; -ERESTARTSYS if a signal is pending.
 */
int fi_take_waiters(struct fi_snapshot *snap, const struct fi_table *table,
		    struct fi_queue_walk *walk)
{
	for (; walk->next < table->nr; walk->next++) {
		char *bucket = fi_bucket(table, walk->next);
		int err;

		if (walk->next % FI_BUCKETS_BATCH == 0) {
			cond_resched();
			/* A private table may have millions of buckets, all empty. */
			if (signal_pending(current))
				return -ERESTARTSYS;
		}
		/* An empty bucket need not be locked. */
		if (!walk->holds && !bucket_waiters(bucket))
			continue;
		if (!walk->holds)
			begin_bucket(snap, walk);
		do {
			if (!fi_has_room(snap, FI_HOLD))
				return -ENOSPC;
			err = take_some(snap, walk, bucket);
			cond_resched();
			if (signal_pending(current))
				return -ERESTARTSYS;
		} while (err);
		walk->holds = 0;
	}
	return 0;
}

/**
 * fi_end_queue_walk() - drop the references that a walk holds
 * @walk: the walk, also if it came to no end
 *
 * Context: process; may sleep.
 */
void fi_end_queue_walk(struct fi_queue_walk *walk)
{
	drop_places(walk, 0);
}

/* Take the waiters of a table that is never freed, making room as needed. */
static int collect_table(struct fi_snapshot *snap, const struct fi_table *table)
{
	/* With room for stopped threads (stopped.c), so that the array need not grow for them. */
	size_t room = min(fi_count_waiters(table), snap->limits.entries) + 2 * FI_WALK_BATCH;
	struct fi_queue_walk walk = { };
	int err;

	/* Else the walk would not go on. */
	BUILD_BUG_ON(FI_WALK_BATCH < FI_HOLD);
	do {
		err = fi_reserve_waiters(snap, room);
		if (!err)
			err = fi_take_waiters(snap, table, &walk);
		room = FI_WALK_BATCH;
	} while (err == -ENOSPC);
	fi_end_queue_walk(&walk);
	return err;
}

/**
 * fi_collect_waiters() - copy all queue entries of the kernel's own hash tables
 * @snap: receives the waiters, as for fi_take_waiters()
 *
 * Context: process; may sleep. Holds one bucket lock at a time.
 *
 * Return: 0; -ENOMEM; -ERESTARTSYS if a signal is pending.
 */
int fi_collect_waiters(struct fi_snapshot *snap)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < fi_nr_tables && !err; i++)
		err = collect_table(snap, &fi_tables[i]);
	return err;
}
