// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file /sys/kernel/debug/futexinspect/waiters. Only root with CAP_SYS_PTRACE may read
 * it, nobody may write it, and it has neither ioctl nor mmap, so debugfs_locked_down() lets
 * it be opened.
 */
#include <linux/capability.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "collect.h"
#include "debugfs.h"
#include "format.h"
#include "snapshot.h"

static struct dentry *dir;

/* The most that one read(2) returns, in bytes. The default of seq_file is a page. */
#define FI_BUFFER	(64 * 1024)

static int waiters_release(struct inode *inode, struct file *file)
{
	fi_snapshot_free(((struct seq_file *)file->private_data)->private);
	return seq_release(inode, file);
}

static int waiters_open(struct inode *inode, struct file *file)
{
	struct fi_snapshot *snap;
	struct seq_file *m;
	int err;

	/* The file shows memory of all processes, for which /proc/PID/mem asks this, too. */
	if (!capable(CAP_SYS_PTRACE))
		return -EPERM;
	snap = fi_snapshot_take();
	if (IS_ERR(snap))
		return PTR_ERR(snap);
	err = seq_open(file, &fi_format_ops);
	if (err) {
		fi_snapshot_free(snap);
		return err;
	}
	m = file->private_data;
	m->private = snap;
	/* As single_open_size() does. */
	m->size = FI_BUFFER;
	m->buf = kvmalloc(FI_BUFFER, FI_GFP);
	if (m->buf)
		return 0;
	waiters_release(inode, file);
	return -ENOMEM;
}

static const struct file_operations waiters_fops = {
	.owner = THIS_MODULE,
	.open = waiters_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = waiters_release,
};

/**
 * fi_debugfs_init() - create the file
 *
 * Everything else must be ready, since the file may be opened at once. Unlike most
 * modules this one is useless without debugfs, so it checks for errors.
 *
 * Context: process; may sleep.
 *
 * Return: 0, or an error if debugfs is switched off.
 */
int __init fi_debugfs_init(void)
{
	struct dentry *file;

	dir = debugfs_create_dir("futexinspect", NULL);
	if (IS_ERR(dir))
		return PTR_ERR(dir);
	file = debugfs_create_file("waiters", 0400, dir, NULL, &waiters_fops);
	if (IS_ERR(file)) {
		debugfs_remove(dir);
		return PTR_ERR(file);
	}
	return 0;
}

/**
 * fi_debugfs_exit() - remove the file
 *
 * An open file holds a reference to the module, so the file is not open any more;
 * debugfs_remove() waits for an open that is under way.
 *
 * Context: process; may sleep.
 */
void fi_debugfs_exit(void)
{
	debugfs_remove(dir);
}
