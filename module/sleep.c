// SPDX-License-Identifier: GPL-2.0-only
/*
 * On which pipes, sockets, eventfds and epoll sets a thread sleeps. Another thread may have
 * put another file at the number of a descriptor meanwhile, by dup2(2), or close(2) and
 * open(2), or have changed the array of a poll. But the thread is in the wait queues of what
 * was there when the call began.
 */
#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/fdtable.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/nospec.h>
#include <linux/pipe_fs_i.h>
#include <linux/poll.h>
#include <linux/rbtree.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/wait.h>
#include <net/af_unix.h>
#include <net/sock.h>

#include "compat/syscall_abi.h"
#include "kernel/layout.h"
#include "sleep.h"

/*
 * How many entries of a wait queue are looked at while it is locked, with interrupts off. Any
 * number of threads may read one pipe, or poll it.
 */
#define FI_MAX_SLEEPERS	128

/* How many descriptors are looked at, in a locked table, to find the files of a poll. */
#define FI_MAX_FDS	256

/**
 * struct polled_file - an entry of a poll, of which nothing is known to be alive
 * @file: the file
 * @queue: the wait queue
 * @entry: what is in the wait queue
 */
struct polled_file {
	const struct file *file;
	struct wait_queue_head *queue;
	const struct wait_queue_entry *entry;
};

/*
 * Wait queues
 */

/*
 * Whether a queue has an entry of a thread, or a certain one of a poll. Its lock keeps the entries
 * where they are, but not those of an epoll set: a thread that times out takes its own one, which
 * is on its stack, out of the queue under the lock of the set alone (ep_poll()). So an entry may be
 * gone, and what is left of it lead anywhere, also to the registers of a device. It does not lead
 * back to the entry before, and then it is not followed.
 */
static bool is_queued(struct wait_queue_head *queue, const void *task,
		      const struct wait_queue_entry *wanted)
{
	const struct list_head *before = &queue->head;
	const struct list_head *node;
	struct wait_queue_entry copy;
	unsigned long flags;
	bool found = false;
	int nr;

	if (!spin_trylock_irqsave(&queue->lock, flags))
		return false;
	node = READ_ONCE(queue->head.next);
	for (nr = 0; node != &queue->head && !found && nr < FI_MAX_SLEEPERS; nr++) {
		const struct wait_queue_entry *entry = list_entry(node, typeof(*entry), entry);

		if (copy_from_kernel_nofault(&copy, entry, sizeof(copy)) ||
		    copy.entry.prev != before)
			break;
		found = wanted ? entry == wanted : copy.private == task;
		before = node;
		node = copy.entry.next;
	}
	spin_unlock_irqrestore(&queue->lock, flags);
	return found;
}

/*
 * The inode number of the other end of a connection; 0 if that is closed, or not accepted yet.
 * The lock keeps the peer, and RCU its inode (sock_free_inode()).
 */
static u32 peer_of(struct sock *sk)
{
	struct socket *other = NULL;
	u32 ino = 0;

	if (!spin_trylock(&unix_sk(sk)->lock))
		return 0;
	if (unix_sk(sk)->peer)
		other = READ_ONCE(unix_sk(sk)->peer->sk_socket);
	if (other)
		ino = SOCK_INODE(other)->i_ino;
	spin_unlock(&unix_sk(sk)->lock);
	return ino;
}

/*
 * Files. Each of these functions says what a sleep in a certain queue of a file is, or in those
 * for @op if @queue is NULL, and returns that queue; NULL if it is not known.
 */

static struct wait_queue_head *sleep_on_pipe(struct fi_sleep *sleep, const struct file *file,
					     enum fi_file_op op, struct wait_queue_head *queue)
{
	struct pipe_inode_info *pipe = file->private_data;
	/* An end that can be written to is polled for room, whatever else it is polled for. */
	bool room = op == FI_WRITES || (op == FI_POLLS && file->f_mode & FMODE_WRITE);

	if (!queue)
		queue = room ? &pipe->wr_wait : &pipe->rd_wait;
	sleep->kind = queue == &pipe->wr_wait ? FI_SLEEP_ROOM : FI_SLEEP_PIPE;
	sleep->id = file_inode(file)->i_ino;
	return queue == &pipe->rd_wait || queue == &pipe->wr_wait ? queue : NULL;
}

/* A poll has a timeout of its own. */
static bool has_timeout(struct sock *sk, enum fi_file_op op)
{
	long timeout = READ_ONCE(*(op == FI_WRITES ? &sk->sk_sndtimeo : &sk->sk_rcvtimeo));

	return op != FI_POLLS && timeout != MAX_SCHEDULE_TIMEOUT;
}

/* Only the two ends of a connection can end a wait at one of them, not so with datagrams. */
static struct wait_queue_head *sleep_on_socket(struct fi_sleep *sleep, const struct file *file,
					       enum fi_file_op op, struct wait_queue_head *queue)
{
	struct socket *socket = file->private_data;
	struct sock *sk = socket->sk;

	if (!sk || sk->sk_family != AF_UNIX ||
	    (sk->sk_type != SOCK_STREAM && sk->sk_type != SOCK_SEQPACKET) || has_timeout(sk, op))
		return NULL;
	sleep->kind = FI_SLEEP_SOCKET;
	sleep->id = file_inode(file)->i_ino;
	sleep->peer = peer_of(sk);
	if (!sleep->peer || (queue && queue != &socket->wq.wait))
		return NULL;
	return &socket->wq.wait;
}

/* The file keeps its context, so the reference that this takes is not the last one. */
static struct wait_queue_head *sleep_on_eventfd(struct fi_sleep *sleep, struct file *file,
						struct wait_queue_head *queue)
{
	struct eventfd_ctx *ctx = fi_has(FI_EVENTFD) ? eventfd_ctx_fileget(file) : NULL;
	struct wait_queue_head *own;

	if (IS_ERR_OR_NULL(ctx))
		return NULL;
	sleep->kind = FI_SLEEP_EVENTFD;
	sleep->id = *fi_eventfd_id(ctx);
	own = fi_eventfd_queue(ctx);
	eventfd_ctx_put(ctx);
	return !queue || queue == own ? own : NULL;
}

/* anon_inode_getfile() gives each kind of file its name (do_epoll_create()). */
static bool is_epoll(const struct file *file)
{
	return !strcmp(file->f_path.dentry->d_name.name, "[eventpoll]");
}

/* A FIFO of a file system is no pipe here: it has a name. */
static struct wait_queue_head *sleep_on_file(struct fi_sleep *sleep, struct file *file,
					     enum fi_file_op op, struct wait_queue_head *queue)
{
	unsigned long magic = file_inode(file)->i_sb->s_magic;

	/* A file of O_PATH keeps nothing. */
	if (file->f_mode & FMODE_PATH)
		return NULL;
	if (op == FI_WAITS_FOR_EPOLL) {
		sleep->kind = FI_SLEEP_EPOLL;
		return fi_has(FI_EPOLL) && magic == ANON_INODE_FS_MAGIC && is_epoll(file) ?
			fi_epoll_queue(file->private_data) : NULL;
	}
	switch (magic) {
	case PIPEFS_MAGIC:
		return sleep_on_pipe(sleep, file, op, queue);
	case SOCKFS_MAGIC:
		return sleep_on_socket(sleep, file, op, queue);
	case ANON_INODE_FS_MAGIC:
		return sleep_on_eventfd(sleep, file, queue);
	}
	return NULL;
}

/*
 * Epoll sets
 */

/* Note the files of an epoll set whose mutex is locked, if they are all known. */
static void note_members(struct fi_sleeps *sleeps, const void *ep)
{
	unsigned int nr = sleeps->nr;
	struct rb_node *node;

	for (node = rb_first_cached(fi_epoll_tree(ep)); node; node = rb_next(node)) {
		struct file *file = *fi_epitem_file(fi_owner_of(node, epitem_node));

		if (nr == FI_MAX_SLEEPS ||
		    !sleep_on_file(&sleeps->all[nr++], file, FI_POLLS, NULL))
			return;
	}
	sleeps->nr = nr;
	sleeps->polls = true;
}

/*
 * A file leaves the set, under the mutex, before it is freed (eventpoll_release_file()). Whoever
 * has the mutex may sleep for a page of its process, so it is only tried for.
 */
static void read_members(struct fi_sleeps *sleeps, const void *ep)
{
	struct mutex *mutex = fi_epoll_mutex(ep);

	if (!mutex_trylock(mutex))
		return;
	note_members(sleeps, ep);
	mutex_unlock(mutex);
}

/*
 * Descriptors. While the table is locked, no file in it is closed, so what a file is of stays.
 */

static struct file *find_file(struct files_struct *files, unsigned int fd)
{
	struct fdtable *table = files_fdtable(files);

	if (fd >= table->max_fds)
		return NULL;
	return rcu_dereference_protected(table->fd[array_index_nospec(fd, table->max_fds)],
					 lockdep_is_held(&files->file_lock));
}

static void read_one(struct fi_sleeps *sleeps, struct files_struct *files,
		     const struct fi_file_call *call, const struct task_struct *task)
{
	struct fi_sleep *sleep = &sleeps->all[0];
	struct file *file = find_file(files, call->fd);
	struct wait_queue_head *queue = NULL;

	sleep->id = call->fd;
	if (file)
		queue = sleep_on_file(sleep, file, call->op, NULL);
	sleeps->nr = queue && is_queued(queue, task, NULL);
	if (sleeps->nr && call->op == FI_WAITS_FOR_EPOLL)
		read_members(sleeps, file->private_data);
}

/* Find one of the files of a poll in the table: it is alive if it is there. */
static struct file *find_polled(struct files_struct *files, const struct file *wanted)
{
	struct file *file;
	unsigned int fd;

	for (fd = 0; fd < FI_MAX_FDS; fd++) {
		file = find_file(files, fd);
		if (file && file == wanted)
			return file;
	}
	return NULL;
}

/* All are known, or none is. */
static void read_all(struct fi_sleeps *sleeps, struct files_struct *files,
		     const struct polled_file *polled, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		struct file *file = find_polled(files, polled[i].file);

		if (!file ||
		    !sleep_on_file(&sleeps->all[i], file, FI_POLLS, polled[i].queue) ||
		    !is_queued(polled[i].queue, NULL, polled[i].entry))
			return;
	}
	sleeps->nr = nr;
	sleeps->polls = true;
}

/*
 * Polls. do_sys_poll() and do_select() keep a struct poll_wqueues on the stack. What looks like
 * one may be left from an earlier call, but then its entries are in no wait queue.
 */

/* Whether a copy of a stack has a poll of @task at @pwq. */
static bool is_poll(const struct poll_wqueues *pwq, const struct task_struct *task,
		    const void *address)
{
	/* Each entry points to its poll (__pollwait()). */
	return pwq->polling_task == task && pwq->inline_entries[0].wait.private == address &&
	       pwq->inline_index > 0 && pwq->inline_index <= (int)N_INLINE_POLL_ENTRIES &&
	       pwq->inline_index <= FI_MAX_SLEEPS && !pwq->table;
}

/* Return the number of files that a thread polls; 0 if they are not known. */
static unsigned int read_poll(struct polled_file *polled, struct task_struct *task, void *stack)
{
	const void *start = (void *)task_pt_regs(task) - FI_STACK_SIZE;
	const struct poll_wqueues *pwq;
	size_t offset;
	int i;

	if (copy_from_kernel_nofault(stack, start, FI_STACK_SIZE))
		return 0;
	for (offset = 0; offset + sizeof(*pwq) <= FI_STACK_SIZE; offset += sizeof(long)) {
		pwq = stack + offset;
		if (is_poll(pwq, task, start + offset))
			break;
	}
	if (offset + sizeof(*pwq) > FI_STACK_SIZE)
		return 0;
	for (i = 0; i < pwq->inline_index; i++) {
		const struct poll_table_entry *entry = &pwq->inline_entries[i];

		polled[i].file = entry->filp;
		polled[i].queue = entry->wait_address;
		polled[i].entry = start + ((void *)&entry->wait - stack);
	}
	return i;
}

/* The same as fi_read_sleeps(), for a call that waits for files. */
static noinline_for_stack void read_sleeps(struct fi_sleeps *sleeps, struct task_struct *task,
					   const struct fi_file_call *call, void *stack)
{
	struct polled_file polled[FI_MAX_SLEEPS];
	struct files_struct *files;
	unsigned int nr = 0;

	if (call->op == FI_POLLS)
		nr = read_poll(polled, task, stack);
	/* exit_files() takes the table away under this lock. */
	if ((call->op == FI_POLLS && !nr) || !spin_trylock(&task->alloc_lock))
		return;
	files = task->files;
	if (files && spin_trylock(&files->file_lock)) {
		if (call->op == FI_POLLS)
			read_all(sleeps, files, polled, nr);
		else
			read_one(sleeps, files, call, task);
		spin_unlock(&files->file_lock);
	}
	spin_unlock(&task->alloc_lock);
}

/**
 * fi_read_sleeps() - on what a thread sleeps in a call that waits for files
 * @task: the thread
 * @regs: its saved registers, from fi_copy_registers()
 * @stack: room for FI_STACK_SIZE bytes
 * @sleeps: receives it
 *
 * If somebody else holds one of the locks, or if the thread is behind many others in a wait
 * queue, it is not known.
 *
 * Context: RCU. The registers are those of this sleep only if @task did not run meanwhile, which
 * the caller checks afterwards; that it is in the wait queues is true anyway.
 */
void fi_read_sleeps(struct task_struct *task, struct pt_regs *regs, void *stack,
		    struct fi_sleeps *sleeps)
{
	struct fi_file_call call;

	sleeps->nr = 0;
	sleeps->polls = false;
	if (fi_read_file_call(&call, task, regs))
		read_sleeps(sleeps, task, &call, stack);
}
