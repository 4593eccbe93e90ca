/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_SECRET_H
#define FI_SECRET_H

#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/mm.h>

/**
 * fi_is_secret() - whether a mapping is memory of memfd_secret(2)
 * @vma: the mapping
 *
 * Not even ptrace(2) reads that: check_vma_flags() refuses it. vma_is_secretmem() is not
 * exported, so the file system that the memory is in tells: 1507f51255c9 ("mm: introduce
 * memfd_secret system call to create "secret" memory areas") (5.14).
 *
 * Context: the caller holds mmap_lock of @vma's mm.
 */
static inline bool fi_is_secret(const struct vm_area_struct *vma)
{
#ifdef SECRETMEM_MAGIC
	return vma->vm_file && file_inode(vma->vm_file)->i_sb->s_magic == SECRETMEM_MAGIC;
#else
	return false;
#endif
}

#endif
