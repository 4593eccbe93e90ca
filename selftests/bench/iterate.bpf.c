// SPDX-License-Identifier: GPL-2.0-only
/*
 * What one would write without the module today: an iterator over all tasks that prints each
 * call of futex(2), as its thread's registers have it, and the word. For iterate.c.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define SYS_FUTEX	202
#define KERNEL_THREAD	0x00200000	/* PF_KTHREAD of linux/sched.h */

/* These have what is used of the kernel's structures: libbpf finds where that is. */
#define OF_KERNEL	__attribute__((preserve_access_index))

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
} OF_KERNEL;

struct pt_regs {
	unsigned long r10, r9, r8, dx, si, di, orig_ax;
} OF_KERNEL;

struct task_struct {
	unsigned int flags;
	int pid;
	int tgid;
	char comm[16];
	unsigned long nvcsw;
} OF_KERNEL;

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} OF_KERNEL;

char gpl[] SEC("license") = "GPL";

SEC("iter.s/task")
int print_futex(struct bpf_iter__task *it)
{
	static const char format[] = "%d %d %s %lx %lx %lx %lx %lx %lx %x %lu\n";
	struct task_struct *task = it->task;
	struct pt_regs *regs;
	unsigned int word = 0;

	if (!task || task->flags & KERNEL_THREAD)
		return 0;
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	if (!regs || regs->orig_ax != SYS_FUTEX)
		return 0;
	if (bpf_copy_from_user_task(&word, sizeof(word), (void *)regs->di, task, 0))
		return 0;
	__u64 fields[] = {
		task->tgid, task->pid, (__u64)task->comm, regs->di, regs->si, regs->dx, regs->r10,
		regs->r8, regs->r9, word, task->nvcsw,
	};
	bpf_seq_printf(it->meta->seq, format, sizeof(format), fields, sizeof(fields));
	return 0;
}
