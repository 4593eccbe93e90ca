// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the live threads of the waiters' mms, and the stopped waiters, in one walk over
 * all threads of the host, whatever the number of waiters.
 */
#include <linux/cgroup.h>
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
#include <linux/uaccess.h>

#include "compat/frozen.h"
#include "kernel/layout.h"
#include "sleep.h"
#include "snapshot.h"
#include "stopped.h"
#include "threads.h"
#include "walk.h"

#define FI_NO_PROCESS	UINT_MAX

/*
 * kernfs_path_from_node() takes time in proportion to the square of the depth, and that for
 * each process under RCU. A user may nest cgroups without a limit; systemd and container
 * engines use some 10 levels.
 */
#define FI_CGROUP_DEPTH	64

/**
 * struct thread_walk - the context of a walk
 * @snap: receives the threads
 * @first_mm: id of the first mm whose threads are collected
 * @last_mm: id of the last one
 * @path: room for a path, PATH_MAX bytes
 * @stack: room for FI_STACK_SIZE bytes
 * @sleeps: room for what a thread sleeps on
 * @regs: room for a thread's saved registers; to clear them for each takes too long
 * @full: there may be no more threads and processes
 */
struct thread_walk {
	struct fi_snapshot *snap;
	unsigned int first_mm;
	unsigned int last_mm;
	char *path;
	void *stack;
	struct fi_sleeps sleeps;
	struct pt_regs regs;
	bool full;
};

/*
 * What the process of @task does about signals. The table of actions may be replaced or freed
 * meanwhile, but its memory stays a table of actions (SLAB_TYPESAFE_BY_RCU), so the worst is to
 * read an old value. The init of a pid namespace ignores what would end it (sig_task_ignored()).
 */
static void read_actions(struct task_struct *task, struct fi_process *process)
{
	struct sighand_struct *sighand = rcu_dereference(task->sighand);
	bool unkillable = READ_ONCE(task->signal->flags) & SIGNAL_UNKILLABLE;
	int i;

	process->caught = 0;
	process->ignored = 0;
	if (!sighand)
		return;
#pragma GCC unroll 4
	for (i = 0; i < _NSIG; i++) {
		__sighandler_t handler = READ_ONCE(sighand->action[i].sa.sa_handler);

		if (handler == SIG_DFL)
			continue;
		if (handler == SIG_IGN)
			process->ignored |= 1ULL << i;
		else
			process->caught |= 1ULL << i;
	}
	if (unkillable)
		process->ignored = ~process->caught;
}

/* Where the handlers are of the signals that C libraries keep for themselves. */
static void read_libc_handlers(struct task_struct *task, unsigned long *handlers)
{
	struct sighand_struct *sighand = rcu_dereference(task->sighand);
	int i;

	for (i = 0; i < FI_LIBC_SIGNALS; i++) {
		int nr = FI_FIRST_LIBC_SIGNAL + i;
		__sighandler_t handler = SIG_DFL;

		if (sighand)
			handler = READ_ONCE(sighand->action[nr - 1].sa.sa_handler);
		handlers[i] = handler == SIG_IGN ? 0 : (unsigned long)handler;
	}
}

/* Whether a timer may send a signal to the process of @task. */
static bool has_timers(struct task_struct *task)
{
#ifdef CONFIG_POSIX_TIMERS
	/*
	 * Without timers a list_head points to itself; the hlist_head that replaced it
	 * in 6.12 is NULL. Either way the first pointer tells.
	 */
	void **timers = (void **)&task->signal->posix_timers;
	void *first = READ_ONCE(*timers);

	return hrtimer_is_queued(&task->signal->real_timer) || (first && first != timers);
#else
	return false;
#endif
}

/* The path of a thread's cgroup, complete; NULL if it is too deep, or there is no room for it. */
static char *cgroup_of(struct fi_snapshot *snap, struct task_struct *task, char *path)
{
#ifdef CONFIG_CGROUPS
	struct cgroup *cgroup = task_dfl_cgroup(task);
	int len;

	if (cgroup->level > FI_CGROUP_DEPTH)
		return NULL;
	/* Some kernels return an error if the path does not fit, others fill the buffer. */
	len = cgroup_path(cgroup, path, PATH_MAX);
	if (len >= 0 && len < PATH_MAX - 1 && fi_charge(snap, len + 1))
		return kstrdup(path, GFP_NOWAIT | __GFP_ACCOUNT | __GFP_NOWARN);
#endif
	return NULL;
}

static bool is_process_of(const struct fi_process *process, struct task_struct *task, pid_t tgid)
{
	return process->signal == task->signal && process->tgid == tgid;
}

/*
 * Return the index of a thread's process, or FI_NO_PROCESS. @hash is that of its signal_struct.
 * Threads of one process mostly follow each other.
 */
static unsigned int find_process(const struct fi_snapshot *snap, struct task_struct *task,
				 u32 hash, pid_t tgid)
{
	unsigned int i = snap->nr_processes;

	if (i && is_process_of(&snap->processes[i - 1], task, tgid))
		return i - 1;
	i = fi_index_first(&snap->processes_by_signal, hash);
	while (i && !is_process_of(&snap->processes[i - 1], task, tgid))
		i = snap->processes[i - 1].link.next;
	return i - 1;
}

/* A thread that is being released has no pid any more, and so no namespace. */
static unsigned int pid_ns_inum(struct task_struct *task)
{
	struct pid_namespace *ns = task_active_pid_ns(task);

	return ns ? ns->ns.inum : 0;
}

/* Add a thread's process unless it is there already. Return its index. */
static unsigned int add_process(struct thread_walk *walk, struct task_struct *task,
				pid_t tgid, unsigned int mm)
{
	struct fi_snapshot *snap = walk->snap;
	struct task_struct *leader = task->group_leader;
	struct task_struct *parent = rcu_dereference(task->real_parent);
	u32 hash = fi_hash_address(task->signal);
	unsigned int i = find_process(snap, task, hash, tgid);
	struct fi_process *process;

	if (i != FI_NO_PROCESS)
		return i;
	process = &snap->processes[snap->nr_processes];
	fi_index_add(&snap->processes_by_signal, &process->link, hash, snap->nr_processes++);
	process->signal = task->signal;
	process->mm = mm;
	read_actions(task, process);
	read_libc_handlers(task, process->libc_handlers);
	process->has_timers = has_timers(task);
	fi_read_timers(task, &process->timers);
	process->pid_ns = pid_ns_inum(task);
	process->cgroup = cgroup_of(snap, task, walk->path);
	process->tgid = tgid;
	process->ppid = task_tgid_nr_ns(parent, snap->ns);
	/* copy_process() sets the flag, also for a new thread; execve(2) clears it. */
	process->execed = !(READ_ONCE(leader->flags) & PF_FORKNOEXEC);
	fi_copy_name(process->comm, leader);
	return snap->nr_processes - 1;
}

/* Append the newest thread to the list of its mm. */
static void link_thread(struct fi_snapshot *snap, struct fi_mm *mm)
{
	if (mm->last_thread)
		snap->threads[mm->last_thread - 1].next_in_mm = snap->nr_threads;
	else
		mm->first_thread = snap->nr_threads;
	mm->last_thread = snap->nr_threads;
}

/*
 * The id of a thread in its own pid namespace, which is the one that it knows; 0 if it
 * has none. @tid is the id in the reader's pid namespace.
 */
static pid_t own_tid(const struct fi_snapshot *snap, struct task_struct *task, pid_t tid)
{
	struct pid_namespace *ns = ns_of_pid(task_pid(task));

	return ns == snap->ns ? tid : ns ? task_pid_nr_ns(task, ns) : 0;
}

/* What io_uring keeps of a thread that has used it, or NULL. */
static const void *io_uring_of(struct task_struct *task)
{
#ifdef CONFIG_IO_URING
	return READ_ONCE(task->io_uring);
#else
	return NULL;
#endif
}

/*
 * Whether a thread may have requests: all rings that it has used are gone otherwise. If it
 * runs meanwhile, execve(2) may free what is read (io_uring_task_cancel()).
 */
static bool may_have_requests(struct task_struct *task)
{
	const void *tctx = io_uring_of(task);
	void *rings;

	return tctx && (!fi_has(FI_RINGS) ||
			get_kernel_nofault(rings, &fi_tctx_rings(tctx)->xa_head) || rings);
}

/* A 32-bit program has a list of another format; futex_cleanup() walks both. */
static bool has_robust_list(struct task_struct *task)
{
	return READ_ONCE(*fi_task_robust_list(task)) ||
	       (fi_has(FI_COMPAT) && READ_ONCE(*fi_task_compat_robust_list(task)));
}

/* While it sleeps in do_sigtimedwait(), real_blocked has the mask that it will have again. */
static u64 blocked_signals(struct task_struct *task)
{
	BUILD_BUG_ON(_NSIG_WORDS != 1);
	return READ_ONCE(task->blocked.sig[0]) | READ_ONCE(task->real_blocked.sig[0]);
}

static enum fi_freezer freezer_of(struct task_struct *task)
{
	if (fi_frozen_in_place(task))
		return FI_FROZEN_V1;
	return fi_frozen_by_v2(task) ? FI_FROZEN_V2 : FI_NOT_FROZEN;
}

/* Without room it is not known on what a thread sleeps. */
static void keep_sleeps(struct fi_snapshot *snap, struct fi_thread *thread,
			const struct fi_sleeps *sleeps)
{
	if (snap->nr_sleeps + sleeps->nr > snap->max_sleeps)
		return;
	thread->first_sleep = snap->nr_sleeps;
	thread->nr_sleeps = sleeps->nr;
	thread->polls = sleeps->polls;
	memcpy(&snap->sleeps[snap->nr_sleeps], sleeps->all, sleeps->nr * sizeof(*snap->sleeps));
	snap->nr_sleeps += sleeps->nr;
}

/*
 * Look where a thread sleeps: at its registers, and at pipes and sockets. As long as it does
 * not run it cannot exit, so the stack that they are on is its own, and so are its requests.
 * If it has exited, it has no stack, or that is another thread's.
 */
static void look_at_sleep(struct thread_walk *walk, struct fi_thread *thread,
			  struct task_struct *task)
{
	unsigned long switches = thread->nvcsw + thread->nivcsw;
	struct fi_sleeps *sleeps = &walk->sleeps;
	struct pt_regs *regs = &walk->regs;
	bool requests;

	memset(&thread->frame, 0, sizeof(thread->frame));
	thread->is_32bit = false;
	thread->nr_sleeps = 0;
	if (thread->state == 'R' || thread->exiting || thread->io_worker)
		return;
	/* The copy must not be older than the count that it belongs to. */
	smp_rmb();
	if (READ_ONCE(task->on_cpu) || !fi_copy_registers(regs, task))
		return;
	fi_read_sleeps(task, regs, walk->stack, sleeps);
	requests = may_have_requests(task);
	/* The copy must be complete before the check that it was valid. */
	smp_rmb();
	/* As in check_waiter() of collect.c. */
	if (smp_load_acquire(&task->on_cpu) || switches != fi_switches(task))
		return;
	fi_read_user_frame(&thread->frame, regs);
	thread->is_32bit = fi_is_32bit(regs);
	if (sleeps->nr)
		keep_sleeps(walk->snap, thread, sleeps);
	thread->io_uring = requests;
}

static void add_thread(struct thread_walk *walk, struct task_struct *task, unsigned int id)
{
	struct fi_snapshot *snap = walk->snap;
	struct fi_mm *mm = &snap->mms[id - 1];
	struct task_struct *tracer = ptrace_parent(task);
	unsigned int flags = READ_ONCE(task->flags);
	struct fi_thread *thread;
	pid_t tid = fi_tid(snap, task);

	mm->live++;
	if (!tid) {
		mm->hidden++;
		return;
	}
	if (walk->full) {
		mm->incomplete = true;
		return;
	}
	thread = &snap->threads[snap->nr_threads++];
	link_thread(snap, mm);
	thread->next_in_mm = 0;
	thread->mm = id;
	thread->process = add_process(walk, task, fi_tgid(snap, task), id);
	thread->tid = tid;
	thread->nstid = own_tid(snap, task, tid);
	thread->traced = tracer;
	thread->tracer = tracer ? task_pid_nr_ns(tracer, snap->ns) : 0;
	thread->state = READ_ONCE(task->on_cpu) ? 'R' : task_state_to_char(task);
	thread->frozen = freezer_of(task);
	thread->exiting = flags & PF_EXITING;
	thread->io_worker = flags & PF_IO_WORKER;
	thread->io_uring = io_uring_of(task);
	thread->clear_child_tid = (unsigned long)READ_ONCE(task->clear_child_tid);
	thread->robust_list = has_robust_list(task);
	thread->blocked = blocked_signals(task);
	thread->pdeath = READ_ONCE(task->pdeath_signal);
	thread->nvcsw = READ_ONCE(task->nvcsw);
	thread->nivcsw = READ_ONCE(task->nivcsw);
	thread->start_ns = task->start_boottime;
	fi_copy_name(thread->comm, task);
	look_at_sleep(walk, thread, task);
}

/* Make room for threads, each of which may be of another process. */
static int reserve_threads(struct fi_snapshot *snap, size_t nr)
{
	int err = fi_reserve(snap, &snap->threads, snap->nr_threads, nr, sizeof(*snap->threads),
			     &snap->max_threads);

	return err ?: fi_reserve_indexed(snap, &snap->processes, snap->nr_processes, FI_WALK_BATCH,
					 sizeof(*snap->processes), &snap->max_processes,
					 &snap->processes_by_signal);
}

/* Make room for what a number of threads sleep on. */
static int reserve_sleeps(struct fi_snapshot *snap, size_t nr)
{
	return fi_reserve(snap, &snap->sleeps, snap->nr_sleeps, nr * FI_MAX_SLEEPS,
			  sizeof(*snap->sleeps), &snap->max_sleeps);
}

static int reserve_batch(void *context)
{
	struct thread_walk *walk = context;
	int err;

	/* Each thread of the batch may be stopped, and have an mm of its own. */
	err = fi_reserve_waiters(walk->snap, FI_WALK_BATCH);
	if (err || walk->full)
		return err;
	err = reserve_threads(walk->snap, FI_WALK_BATCH);
	walk->full = err == -ENOSPC;
	if (!err)
		err = reserve_sleeps(walk->snap, FI_WALK_BATCH);
	return err == -ENOSPC ? 0 : err;
}

static void visit_thread(void *context, struct task_struct *task)
{
	struct thread_walk *walk = context;
	/* Only compared: the snapshot's references keep the addresses from reuse. */
	struct mm_struct *mm = READ_ONCE(task->mm);
	unsigned int id = mm ? fi_find_mm(walk->snap, mm) : 0;

	if (id >= walk->first_mm && id <= walk->last_mm)
		add_thread(walk, task, id);
}

static void visit_thread_first(void *context, struct task_struct *task)
{
	enum fi_queued why = fi_why_not_queued(task);
	struct thread_walk *walk = context;

	if (why != FI_QUEUED)
		fi_take_stopped(walk->snap, task, why);
	visit_thread(context, task);
}

/* How many threads there are, about: an mm has hardly any users but its threads. */
static size_t count_threads(const struct fi_snapshot *snap)
{
	size_t nr = 0;
	size_t i;

	for (i = 0; i < snap->nr_mms; i++) {
		nr += atomic_read(&snap->mms[i].mm->mm_users);
		if (i % FI_WALK_BATCH == 0)
			cond_resched();
	}
	return nr;
}

static int walk_threads(struct thread_walk *walk)
{
	static const struct fi_walk first_walk = {
		.between = reserve_batch,
		.visit = visit_thread_first,
	};
	static const struct fi_walk second_walk = {
		.between = reserve_batch,
		.visit = visit_thread,
	};
	struct fi_snapshot *snap = walk->snap;
	int err;

	walk->first_mm = 1;
	walk->last_mm = snap->nr_mms;
	err = fi_walk_threads(&first_walk, walk);
	/* Stopped waiters bring new mms, some of whose threads have been passed already. */
	if (err || walk->last_mm == snap->nr_mms)
		return err;
	walk->first_mm = walk->last_mm + 1;
	walk->last_mm = snap->nr_mms;
	return fi_walk_threads(&second_walk, walk);
}

/**
 * fi_collect_threads() - find the live threads of the waiters' mms
 * @snap: must have the mms of all queued waiters; receives threads, processes, and
 *	stopped waiters with their mms
 *
 * Context: process; may sleep.
 *
 * Return: 0; -ENOMEM; -ERESTARTSYS if a signal is pending.
 */
int fi_collect_threads(struct fi_snapshot *snap)
{
	struct thread_walk walk = { .snap = snap };
	int err;

	walk.path = kmalloc(PATH_MAX, FI_GFP);
	walk.stack = kmalloc(FI_STACK_SIZE, FI_GFP);
	/* If that many do not fit, the batches still make room for as many as do. */
	err = walk.path && walk.stack ?
		reserve_threads(snap, count_threads(snap) + FI_WALK_BATCH) : -ENOMEM;
	if (!err || err == -ENOSPC)
		err = walk_threads(&walk);
	kfree(walk.stack);
	kfree(walk.path);
	return err;
}
