// SPDX-License-Identifier: GPL-2.0-only
/*
 * On which pipe a thread sleeps in read(2) or write(2). Another thread may have put another
 * file at the number of the descriptor meanwhile, by dup2(2), or close(2) and open(2). But the
 * thread is in the wait queue of the pipe that was there when the call began.
 */
#include <linux/fdtable.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/nospec.h>
#include <linux/pipe_fs_i.h>
#include <linux/sched/task.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "compat/syscall_abi.h"
#include "pipe.h"

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

/* A FIFO of a file system is none: it has a name. A file of O_PATH does not keep the pipe. */
static struct pipe_inode_info *pipe_of_file(const struct file *file)
{
	if (file_inode(file)->i_sb->s_magic != PIPEFS_MAGIC || file->f_mode & FMODE_PATH)
		return NULL;
	return file->private_data;
}

static struct file *find_file(struct files_struct *files, unsigned int fd)
{
	struct fdtable *table = files_fdtable(files);

	if (fd >= table->max_fds)
		return NULL;
	return rcu_dereference_protected(table->fd[array_index_nospec(fd, table->max_fds)],
					 lockdep_is_held(&files->file_lock));
}

/* While the table is locked, no file in it is closed, so the pipe stays. */
static unsigned long pipe_in_table(struct files_struct *files, const struct fi_file_call *call,
				   const struct task_struct *task)
{
	struct pipe_inode_info *pipe;
	unsigned long ino = 0;
	struct file *file;

	if (!spin_trylock(&files->file_lock))
		return 0;
	file = find_file(files, call->fd);
	pipe = file ? pipe_of_file(file) : NULL;
	if (pipe && is_queued(call->writes ? &pipe->wr_wait : &pipe->rd_wait, task))
		ino = file_inode(file)->i_ino;
	spin_unlock(&files->file_lock);
	return ino;
}

/**
 * fi_sleeps_on_pipe() - on which pipe a thread sleeps in read(2) or write(2)
 * @task: the thread
 *
 * If somebody else holds one of the locks, or if the thread is behind many others in the wait
 * queue, the pipe is not known. No more is done than for one /proc/PID/fdinfo/N.
 *
 * Context: RCU. The saved registers are those of @task only if it did not run meanwhile, which
 * the caller checks afterwards; that it is in the wait queue of the pipe is true anyway.
 *
 * Return: the number of the pipe's inode, as in /proc/PID/fd/N; 0 if it is not known, or the
 * descriptor is no pipe that the thread sleeps on.
 */
unsigned long fi_sleeps_on_pipe(struct task_struct *task)
{
	struct fi_file_call call;
	unsigned long ino = 0;

	if (!fi_read_file_call(&call, task) || !spin_trylock(&task->alloc_lock))
		return 0;
	/* exit_files() takes the table away under this lock. */
	if (task->files)
		ino = pipe_in_table(task->files, &call, task);
	spin_unlock(&task->alloc_lock);
	return ino;
}
