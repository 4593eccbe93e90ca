/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUTEXINSPECT_FILELOCKS_H
#define FUTEXINSPECT_FILELOCKS_H

#include "relations.h"

/* Kinds of file locks, as in /proc/locks. */
#define FLOCK_LOCK	"FLOCK"
#define RECORD_LOCK	"POSIX"
#define OPEN_FILE_LOCK	"OFDLCK"

/* Room for the text of a lock. */
#define LOCK_TEXT_SIZE	128

/* A lock, or a call that waits for one. */
struct file_lock {
	char kind[8];
	unsigned int dev[2];
	uint64_t ino;
	pid_t pid;
	bool waits;
	bool seen;		/* a descriptor that has the lock was */
	char *text;		/* as in /proc/locks, without its number */
};

/* Those of the files for whose locks somebody waits, sorted by file. */
struct file_locks {
	struct file_lock *all;
	size_t nr;
	bool whole;			/* no wait can have been missed */
	struct relations holders;	/* by inode, of which descriptors show the locks */
};

const char *file_lock_kind(uint64_t command);
void file_locks_read(struct file_locks *l, const char *root);
void file_locks_add(struct file_locks *l, pid_t pid, const char *info);
bool file_locks_find(const struct file_locks *l, pid_t pid, const char *kind, uint64_t *ino);
const struct file_lock *file_locks_holder(const struct file_locks *l, pid_t pid, const char *kind);
bool file_locks_shows(const char *info, const char *text);
bool file_locks_know(const struct file_locks *l, uint64_t ino);
void file_locks_free(struct file_locks *l);

#endif
