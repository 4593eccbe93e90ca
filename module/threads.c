// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who is alive in the address spaces of the waiters: one walk over all threads
 * of the host, whatever the number of waiters.
 */
#include <linux/cgroup.h>
#include <linux/hash.h>
#include <linux/hrtimer.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/ptrace.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat/frozen.h"
#include "kernel/layout.h"
#include "snapshot.h"
#include "stopped.h"
#include "queue.h"
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

/* The index of a thread's process, or that of no process. */
static unsigned int find_process(const struct fi_snapshot *snap, struct task_struct *task,
				 pid_t tgid)
{
	unsigned int i = snap->processes_by_signal[hash_ptr(task->signal, FI_HASH_BITS)];

	for (; i; i = snap->processes[i - 1].next) {
		const struct fi_process *process = &snap->processes[i - 1];

		if (process->signal == task->signal && process->tgid == tgid)
			break;
	}
	return i - 1;
}

/* A thread that is being released has no pid, and so no namespace, any more. */
static unsigned int pid_ns_inum(struct task_struct *task)
{
	struct pid_namespace *ns = task_active_pid_ns(task);

	return ns ? ns->ns.inum : 0;
}

/* Return its index. */
static unsigned int add_process(struct fi_snapshot *snap, struct task_struct *task,
				pid_t tgid, unsigned int space)
{
	struct task_struct *leader = task->group_leader;
	struct task_struct *parent = rcu_dereference(task->real_parent);
	unsigned int *hash = &snap->processes_by_signal[hash_ptr(task->signal, FI_HASH_BITS)];
	unsigned int i = find_process(snap, task, tgid);
	struct fi_process *process;

	if (i != NO_PROCESS)
		return i;
	process = &snap->processes[snap->nr_processes++];
	process->signal = task->signal;
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

/* Append the newest thread to the list of its address space. */
static void link_thread(struct fi_snapshot *snap, struct fi_space *space)
{
	if (space->last_thread)
		snap->threads[space->last_thread - 1].next_in_space = snap->nr_threads;
	else
		space->first_thread = snap->nr_threads;
	space->last_thread = snap->nr_threads;
}

/*
 * Its id in its own pid namespace, which is what it sees as its tid; 0 for none. @tid is
 * the one that the reader sees.
 */
static pid_t own_tid(const struct fi_snapshot *snap, struct task_struct *task, pid_t tid)
{
	struct pid_namespace *ns = task_active_pid_ns(task);

	return ns == snap->ns ? tid : ns ? task_pid_nr_ns(task, ns) : 0;
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

static void add_thread(struct fi_snapshot *snap, struct task_struct *task,
		       unsigned int id)
{
	struct fi_space *space = &snap->spaces[id - 1];
	struct task_struct *tracer = ptrace_parent(task);
	unsigned int flags = READ_ONCE(task->flags);
	struct fi_thread *thread;
	pid_t tid = fi_tid(snap, task);

	space->live++;
	if (!tid) {
		space->hidden++;
		return;
	}
	thread = &snap->threads[snap->nr_threads++];
	link_thread(snap, space);
	thread->next_in_space = 0;
	thread->space = id;
	thread->process = add_process(snap, task, fi_tgid(snap, task), id);
	thread->tid = tid;
	thread->nstid = own_tid(snap, task, tid);
	thread->traced = tracer;
	thread->tracer = tracer ? task_pid_nr_ns(tracer, snap->ns) : 0;
	thread->state = READ_ONCE(task->on_cpu) ? 'R' : task_state_to_char(task);
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

static void visit_thread(struct fi_snapshot *snap, struct task_struct *task)
{
	/* Only compared: the snapshot's pins keep the addresses from reuse. */
	struct mm_struct *mm = READ_ONCE(task->mm);
	unsigned int space = mm ? fi_find_space(snap, mm) : 0;

	if (space >= snap->first_space && space <= snap->last_space)
		add_thread(snap, task, space);
}

static void visit_thread_first(struct fi_snapshot *snap, struct task_struct *task)
{
	fi_take_stopped(snap, task);
	visit_thread(snap, task);
}

/* Make room for all threads at once: each, and hardly anything else, uses its mm. */
static int reserve_threads(struct fi_snapshot *snap)
{
	size_t nr = 0;
	size_t i;

	for (i = 0; i < snap->nr_spaces; i++)
		nr += atomic_read(&snap->spaces[i].mm->mm_users);
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
	err = reserve_threads(snap) ?: fi_walk_threads(&first_walk, snap);
	/* Once more for the address spaces that came with stopped waiters. */
	if (!err && snap->last_space < snap->nr_spaces) {
		snap->first_space = snap->last_space + 1;
		snap->last_space = snap->nr_spaces;
		err = fi_walk_threads(&walk, snap);
	}
	kfree(snap->path);
	return err;
}
