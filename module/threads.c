// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who is alive in the address spaces of the waiters: one walk over all threads
 * of the host, whatever the number of waiters.
 */
#include <linux/cgroup.h>
#include <linux/hash.h>
#include <linux/hrtimer.h>
#include <linux/log2.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/ptrace.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "frozen.h"
#include "layout.h"
#include "snapshot.h"
#include "stopped.h"
#include "waiters.h"
#include "walk.h"

#define NO_PROCESS	UINT_MAX

/*
 * The signals that the process of @task has a handler for. The table of
 * actions may be replaced or freed meanwhile, but its memory stays one
 * (SLAB_TYPESAFE_BY_RCU), so the words read are at worst out of date.
 */
static u64 caught_signals(struct task_struct *task)
{
	struct sighand_struct *sighand = rcu_dereference(task->sighand);
	u64 caught = 0;
	int i;

	if (!sighand)
		return 0;
	for (i = 0; i < _NSIG; i++) {
		__sighandler_t handler = READ_ONCE(sighand->action[i].sa.sa_handler);

		if (handler != SIG_DFL && handler != SIG_IGN)
			caught |= 1ULL << i;
	}
	return caught;
}

/* Whether a timer may send the process of @task a signal. */
static bool has_timers(struct task_struct *task)
{
#ifdef CONFIG_POSIX_TIMERS
	/*
	 * A list_head, which points at itself if there are none, or from 6.12 on
	 * a hlist_head, which then points nowhere.
	 */
	void **timers = (void **)&task->signal->posix_timers;
	void *first = READ_ONCE(*timers);

	return hrtimer_is_queued(&task->signal->real_timer) || (first && first != timers);
#else
	return false;
#endif
}

/* The path of a cgroup is no longer than this, since it is one in a file system. */
static char *cgroup_of(struct task_struct *task, char *path)
{
#ifdef CONFIG_CGROUPS
	if (cgroup_path(task_dfl_cgroup(task), path, PATH_MAX) >= 0)
		return kstrdup(path, GFP_NOWAIT);
#endif
	return NULL;
}

/* The index of the process that has @signal, or that of no process. */
static unsigned int find_process(struct fi_snapshot *snap, const struct signal_struct *signal,
				 pid_t tgid)
{
	unsigned int i = snap->recent_process;

	/* Threads of one process mostly come one after the other. */
	if (!i || snap->processes[i - 1].signal != signal || snap->processes[i - 1].tgid != tgid)
		i = snap->processes_by_signal[hash_ptr(signal, FI_HASH_BITS)];
	for (; i; i = snap->processes[i - 1].next) {
		const struct fi_process *process = &snap->processes[i - 1];

		if (process->signal == signal && process->tgid == tgid)
			break;
	}
	snap->recent_process = i;
	return i - 1;
}

/* A thread that is being released has no pid, and so no namespace, any more. */
static unsigned int pid_ns_inum(struct task_struct *task)
{
	struct pid_namespace *ns = task_active_pid_ns(task);

	return ns ? ns->ns.inum : 0;
}

/* Add the process of @task. Return its index. */
static unsigned int add_process(struct fi_snapshot *snap, struct task_struct *task,
				const struct signal_struct *signal, pid_t tgid,
				unsigned int space)
{
	struct task_struct *leader = task->group_leader;
	struct task_struct *parent = rcu_dereference(task->real_parent);
	unsigned int *hash = &snap->processes_by_signal[hash_ptr(signal, FI_HASH_BITS)];
	struct fi_process *process = &snap->processes[snap->nr_processes++];

	process->signal = signal;
	process->space = space;
	process->next = *hash;
	*hash = snap->nr_processes;
	process->caught = caught_signals(task);
	process->timers = has_timers(task);
	process->pid_ns = pid_ns_inum(task);
	process->cgroup = cgroup_of(task, snap->path);
	process->tgid = tgid;
	process->ppid = task_tgid_nr_ns(parent, snap->ns);
	/* copy_process() sets the flag, also for a new thread; execve(2) clears it */
	process->execed = !(READ_ONCE(leader->flags) & PF_FORKNOEXEC);
	strscpy(process->comm, leader->comm, sizeof(process->comm));
	return snap->nr_processes - 1;
}

/* Append a thread, which fi_thread_of() knows as @nr, to the list of its address space. */
static void link_thread(struct fi_snapshot *snap, struct fi_thread *thread, unsigned int nr)
{
	struct fi_space *space = &snap->spaces[thread->space - 1];

	space->live++;
	thread->next_in_space = 0;
	if (space->last_thread)
		fi_thread_of(snap, space->last_thread)->next_in_space = nr;
	else
		space->first_thread = nr;
	space->last_thread = nr;
}


/*
 * Its id in its own pid namespace, which is what it sees as its tid; 0 for none. All
 * threads of @process are in the same (copy_process()).
 */
static pid_t own_tid(const struct fi_snapshot *snap, struct task_struct *task, pid_t tid,
		     const struct fi_process *process)
{
	struct pid_namespace *ns;

	if (process->pid_ns == snap->ns->ns.inum)
		return tid;
	ns = task_active_pid_ns(task);
	return ns ? task_pid_nr_ns(task, ns) : 0;
}

/* Note which process a thread belongs to, and what hinges on that. */
static void find_place(struct fi_snapshot *snap, struct fi_thread *thread,
		       struct task_struct *task, const struct signal_struct *signal, pid_t tgid)
{
	unsigned int i = find_process(snap, signal, tgid);

	if (i == NO_PROCESS)
		i = add_process(snap, task, signal, tgid, thread->space);
	thread->process = i;
	thread->nstid = own_tid(snap, task, thread->tid, &snap->processes[i]);
}

/*
 * Whether it has used io_uring: the end of a request may make it run, whatever it
 * sleeps on (task_work_add() with TWA_SIGNAL).
 */
static bool has_io_uring(struct task_struct *task)
{
#ifdef CONFIG_IO_URING
	return READ_ONCE(task->io_uring);
#else
	return false;
#endif
}

/**
 * fi_read_thread() - copy what is kept of a thread
 * @snap: the snapshot
 * @thread: filled in, but for address space, process and what hinges on them
 * @task: the thread
 *
 * Context: RCU.
 */
void fi_read_thread(const struct fi_snapshot *snap, struct fi_thread *thread,
		    struct task_struct *task)
{
	struct task_struct *tracer = ptrace_parent(task);
	unsigned int flags = READ_ONCE(task->flags);

	thread->tid = fi_tid(snap, task);
	thread->traced = tracer;
	thread->tracer = tracer ? task_pid_nr_ns(tracer, snap->ns) : 0;
	thread->state = fi_thread_state(task);
	thread->frozen = fi_frozen_in_place(task) ? 1 : fi_frozen_by_v2(task) ? 2 : 0;
	thread->exiting = flags & PF_EXITING;
	thread->io_worker = flags & PF_IO_WORKER;
	thread->io_uring = has_io_uring(task);
	thread->clear_child_tid = (unsigned long)READ_ONCE(task->clear_child_tid);
	thread->robust_list = READ_ONCE(*fi_member(task, fi_layout.task_robust_list, void *));
	thread->nvcsw = READ_ONCE(task->nvcsw);
	thread->nivcsw = READ_ONCE(task->nivcsw);
	thread->start_ns = task->start_boottime;
	memcpy(thread->comm, task->comm, sizeof(thread->comm));
}

/* Add a thread that waits in no queue. */
static void add_thread(struct fi_snapshot *snap, struct task_struct *task,
		       unsigned int id)
{
	struct fi_thread *thread = &snap->threads[snap->nr_threads];

	fi_read_thread(snap, thread, task);
	if (!thread->tid) {
		snap->spaces[id - 1].live++;
		snap->spaces[id - 1].hidden++;
		return;
	}
	thread->space = id;
	find_place(snap, thread, task, task->signal, fi_tgid(snap, task));
	link_thread(snap, thread, ++snap->nr_threads);
}

/*
 * List the thread of a waiter, which is alive and was copied when it was found in its
 * queue. Here its struct task_struct is not touched: that costs more than all the rest.
 */
static void list_waiting(struct fi_snapshot *snap, unsigned int nr)
{
	struct fi_waiter *waiter = &snap->waiters[nr - 1];
	struct fi_thread *thread = &waiter->thread;

	find_place(snap, thread, waiter->task, waiter->signal, waiter->tgid);
	link_thread(snap, thread, nr | FI_OF_WAITER);
	waiter->listed = true;
	snap->nr_listed++;
}

/* Where a thread is in the table of the waiters in queues, or would be: it is half empty. */
static unsigned int *slot_of(const struct fi_snapshot *snap, const struct task_struct *task)
{
	unsigned int mask = (1U << snap->by_task_bits) - 1;
	unsigned int i = hash_ptr(task, snap->by_task_bits);

	while (snap->by_task[i] && snap->waiters[snap->by_task[i] - 1].task != task)
		i = (i + 1) & mask;
	return &snap->by_task[i];
}

static int reserve_batch(struct fi_snapshot *snap)
{
	int err = fi_reserve_waiters(snap, FI_BATCH);

	/* Each of them may be stopped, and in an address space of its own. */
	if (!err)
		err = fi_reserve(&snap->spaces, snap->nr_spaces, FI_BATCH,
				 sizeof(*snap->spaces), &snap->max_spaces);
	if (!err)
		err = fi_reserve(&snap->threads, snap->nr_threads, FI_BATCH,
				 sizeof(*snap->threads), &snap->max_threads);
	return err ?: fi_reserve(&snap->processes, snap->nr_processes, FI_BATCH,
				 sizeof(*snap->processes), &snap->max_processes);
}

/* List a thread that is in no queue. */
static void list_other(struct fi_snapshot *snap, struct task_struct *task)
{
	/* Only compared: the snapshot's pins keep the addresses from reuse. */
	struct mm_struct *mm = READ_ONCE(task->mm);
	unsigned int space = mm ? fi_find_space(snap, mm) : 0;

	if (space >= snap->first_space && space <= snap->last_space)
		add_thread(snap, task, space);
}

static void visit_thread_first(struct fi_snapshot *snap, struct task_struct *task)
{
	unsigned int nr = *slot_of(snap, task);

	if (nr) {
		list_waiting(snap, nr);
	} else if (!(READ_ONCE(task->flags) & PF_KTHREAD)) {
		fi_take_stopped(snap, task);
		list_other(snap, task);
	}
}

static void visit_thread(struct fi_snapshot *snap, struct task_struct *task)
{
	if (!*slot_of(snap, task) && !(READ_ONCE(task->flags) & PF_KTHREAD))
		list_other(snap, task);
}

/* Put the waiters in queues into a table by their threads. */
static int hash_waiting(struct fi_snapshot *snap)
{
	size_t i, max = 0;
	int err;

	snap->by_task_bits = order_base_2(snap->nr_waiters + 1) + 1;
	err = fi_reserve(&snap->by_task, 0, 1UL << snap->by_task_bits, sizeof(*snap->by_task),
			 &max);
	if (err)
		return err;
	for (i = 0; i < snap->nr_waiters; i++) {
		const struct fi_waiter *waiter = &snap->waiters[i];
		unsigned int *slot;

		if (waiter->is_request)
			continue;
		slot = slot_of(snap, waiter->task);
		/* One that waits on several words is there already. */
		if (!*slot)
			*slot = i + 1;
	}
	return 0;
}

/* Make room for all other threads at once: each, and hardly anything else, uses its mm. */
static int reserve_threads(struct fi_snapshot *snap)
{
	size_t nr = 0;
	size_t i;

	for (i = 0; i < snap->nr_spaces; i++)
		nr += atomic_read(&snap->spaces[i].mm->mm_users);
	nr -= min(nr, snap->nr_waiters);
	return fi_reserve(&snap->threads, 0, nr + FI_BATCH, sizeof(*snap->threads),
			  &snap->max_threads);
}

/**
 * fi_collect_threads() - find the live threads of the waiters' address spaces
 * @snap: its spaces must be those of all waiters in queues; takes threads, processes,
 *	and waiters that were stopped, with their spaces
 *
 * Context: process; may sleep.
 *
 * Return: 0; -ENOMEM; -EINTR if a signal is pending.
 */
int fi_collect_threads(struct fi_snapshot *snap)
{
	static const struct fi_walk first_walk = {
		.between = reserve_batch,
		.visit = visit_thread_first,
	};
	static const struct fi_walk walk = {
		.between = reserve_batch,
		.visit = visit_thread,
	};
	int err;

	snap->path = kmalloc(PATH_MAX, GFP_KERNEL_ACCOUNT);
	if (!snap->path)
		return -ENOMEM;
	snap->first_space = 1;
	snap->last_space = snap->nr_spaces;
	err = hash_waiting(snap) ?: reserve_threads(snap) ?: fi_walk_threads(&first_walk, snap);
	/* Once more for the address spaces that came with stopped waiters. */
	if (!err && snap->last_space < snap->nr_spaces) {
		snap->first_space = snap->last_space + 1;
		snap->last_space = snap->nr_spaces;
		err = fi_walk_threads(&walk, snap);
	}
	kfree(snap->path);
	return err;
}
