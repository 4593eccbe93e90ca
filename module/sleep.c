// SPDX-License-Identifier: GPL-2.0-only
/*
 * On which pipe or socket a thread sleeps in a call that reads or writes. Another thread may
 * have put another file at the number of the descriptor meanwhile, by dup2(2), or close(2) and
 * open(2). But the thread is in the wait queue of what was there when the call began.
 */
#include <linux/fdtable.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/net.h>
#include <linux/nospec.h>
#include <linux/pipe_fs_i.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/wait.h>
#include <net/af_unix.h>
#include <net/sock.h>

#include "compat/syscall_abi.h"
#include "sleep.h"

/*
 * How many entries of a wait queue are looked at while it is locked, with interrupts off. Any
 * number of threads may read one pipe, or poll it.
 */
#define FI_MAX_SLEEPERS	128

static bool is_queued(struct wait_queue_head *queue, const struct task_struct *task)
{
	struct wait_queue_entry *entry;
	unsigned long flags;
	bool found = false;
	int nr = 0;

	if (!spin_trylock_irqsave(&queue->lock, flags))
		return false;
	list_for_each_entry(entry, &queue->head, entry) {
		found = entry->private == task;
		if (found || ++nr == FI_MAX_SLEEPERS)
			break;
	}
	spin_unlock_irqrestore(&queue->lock, flags);
	return found;
}

static void note_pipe(struct fi_sleep *sleep, const struct file *file, bool writes,
		      const struct task_struct *task)
{
	struct pipe_inode_info *pipe = file->private_data;

	if (is_queued(writes ? &pipe->wr_wait : &pipe->rd_wait, task))
		sleep->ino = file_inode(file)->i_ino;
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

/* Only the two ends of a connection can end a wait at one of them, not so with datagrams. */
static void note_socket(struct fi_sleep *sleep, const struct file *file, bool writes,
			const struct task_struct *task)
{
	struct socket *socket = file->private_data;
	struct sock *sk = socket->sk;

	if (!sk || sk->sk_family != AF_UNIX ||
	    (sk->sk_type != SOCK_STREAM && sk->sk_type != SOCK_SEQPACKET) ||
	    READ_ONCE(*(writes ? &sk->sk_sndtimeo : &sk->sk_rcvtimeo)) != MAX_SCHEDULE_TIMEOUT ||
	    !is_queued(&socket->wq.wait, task))
		return;
	sleep->peer = peer_of(sk);
	if (sleep->peer)
		sleep->ino = file_inode(file)->i_ino;
}

/* A FIFO of a file system is no pipe here: it has a name. A file of O_PATH keeps nothing. */
static void note_file(struct fi_sleep *sleep, const struct file *file, bool writes,
		      const struct task_struct *task)
{
	if (file->f_mode & FMODE_PATH)
		return;
	switch (file_inode(file)->i_sb->s_magic) {
	case PIPEFS_MAGIC:
		note_pipe(sleep, file, writes, task);
		break;
	case SOCKFS_MAGIC:
		note_socket(sleep, file, writes, task);
		break;
	}
}

static struct file *find_file(struct files_struct *files, unsigned int fd)
{
	struct fdtable *table = files_fdtable(files);

	if (fd >= table->max_fds)
		return NULL;
	return rcu_dereference_protected(table->fd[array_index_nospec(fd, table->max_fds)],
					 lockdep_is_held(&files->file_lock));
}

/* While the table is locked, no file in it is closed, so the pipe or socket stays. */
static void read_locked(struct fi_sleep *sleep, struct files_struct *files,
			const struct fi_file_call *call, const struct task_struct *task)
{
	struct file *file;

	if (!spin_trylock(&files->file_lock))
		return;
	file = find_file(files, call->fd);
	if (file)
		note_file(sleep, file, call->writes, task);
	spin_unlock(&files->file_lock);
}

/**
 * fi_read_sleep() - on which pipe or socket a thread sleeps in a call that reads or writes
 * @task: the thread
 * @regs: a copy of its saved registers
 * @sleep: receives it
 *
 * If somebody else holds one of the locks, or if the thread is behind many others in the wait
 * queue, it is not known.
 *
 * Context: RCU. The registers are those of this sleep only if @task did not run meanwhile, which
 * the caller checks afterwards; that it is in the wait queue is true anyway.
 */
void fi_read_sleep(struct task_struct *task, struct pt_regs *regs, struct fi_sleep *sleep)
{
	struct fi_file_call call;

	memset(sleep, 0, sizeof(*sleep));
	if (!fi_read_file_call(&call, task, regs) || !spin_trylock(&task->alloc_lock))
		return;
	/* exit_files() takes the table away under this lock. */
	if (task->files)
		read_locked(sleep, task->files, &call, task);
	spin_unlock(&task->alloc_lock);
}
