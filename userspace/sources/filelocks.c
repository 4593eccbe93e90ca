// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which processes hold the file locks that others wait for: those of flock(2), and those of
 * fcntl(2), whose owner is a process or an open file.
 *
 * A line of /proc/locks (lock_get_status()) is
 *
 *	NUMBER: [->] KIND ADVISORY|MANDATORY READ|WRITE PID MAJOR:MINOR:INODE START END
 *
 * where -> says that the process waits for the lock; the process is -1 for the lock of an open
 * file (locks_translate_pid()).  fdinfo has the same line for each descriptor that has a lock
 * (show_fd_locks()): a lock of flock(2) or F_OFD_SETLK is of the open file, which children
 * inherit, and a record lock is of the descriptor table.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "filelocks.h"
#include "procfs.h"

/* Larger tables are not searched. */
#define MAX_TABLE	(1 << 22)

/*
 * The kernel holds the locks still while it fills one page (locks_start(), seq_read_iter()); where
 * it goes on with another, it may have passed over some.
 */
#define MAX_STILL	4096

/* The name of a line in fdinfo. */
#define FDINFO_KEY	"\nlock:\t"

/**
 * file_lock_kind() - for what kind of lock a call of fcntl(2) waits
 * @command: its second argument
 *
 * Return: RECORD_LOCK, OPEN_FILE_LOCK, or NULL for another command.
 */
const char *file_lock_kind(uint64_t command)
{
	switch (command) {
	case F_SETLKW:
		return RECORD_LOCK;
	case F_OFD_SETLKW:
		return OPEN_FILE_LOCK;
	default:
		return NULL;
	}
}

static int compare_files_of(const struct file_lock *a, const struct file_lock *b)
{
	int major = (a->dev[0] > b->dev[0]) - (a->dev[0] < b->dev[0]);
	int minor = (a->dev[1] > b->dev[1]) - (a->dev[1] < b->dev[1]);

	return (a->ino > b->ino) - (a->ino < b->ino) ?: major ?: minor;
}

static int compare_locks(const void *x, const void *y)
{
	return compare_files_of(x, y);
}

/* Parse a line, from its number on.  Its text is what follows that, and not copied. */
static bool parse_lock(struct file_lock *lock, char *line)
{
	unsigned long long ino;
	char *text = strchr(line, ':');

	if (!text)
		return false;
	text += 1 + strspn(text + 1, " ");
	*lock = (struct file_lock){ .waits = !strncmp(text, "->", 2) };
	if (lock->waits)
		text += 2 + strspn(text + 2, " ");
	lock->text = text;
	if (sscanf(text, "%7s %*s %*s %d %x:%x:%llu", lock->kind, &lock->pid, &lock->dev[0],
		   &lock->dev[1], &ino) != 5)
		return false;
	lock->ino = ino;
	return true;
}

/* Keep those of files for whose locks somebody waits. */
static void keep_contended(struct file_locks *l)
{
	size_t nr = 0, end;

	for (size_t i = 0; i < l->nr; i = end) {
		bool waits = false;

		for (end = i; end < l->nr && !compare_files_of(&l->all[i], &l->all[end]); end++)
			waits |= l->all[end].waits;
		for (size_t k = i; k < end; k++) {
			if (waits)
				l->all[nr++] = l->all[k];
			else
				free(l->all[k].text);
		}
	}
	l->nr = nr;
}

/**
 * file_locks_read() - read the file locks of the host for which somebody waits
 * @l: receives them; to be freed with file_locks_free()
 * @root: where proc is mounted
 */
void file_locks_read(struct file_locks *l, const char *root)
{
	char *text = procfs_read_all(root, "locks"), *save = NULL;
	struct file_lock lock;

	*l = (struct file_locks){ 0 };
	if (text && strlen(text) > MAX_TABLE)
		*text = '\0';
	l->whole = text && strlen(text) < MAX_STILL;
	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (!parse_lock(&lock, line))
			continue;
		lock.text = strcpy(xcalloc(strlen(lock.text) + 1, 1), lock.text);
		array_push(l->all, l->nr, lock);
	}
	free(text);
	if (l->nr)
		qsort(l->all, l->nr, sizeof(*l->all), compare_locks);
	keep_contended(l);
}

/* The first lock of an inode number, or where it would be. */
static size_t find_first(const struct file_locks *l, uint64_t ino)
{
	return array_lower_bound(l->all, l->nr, sizeof(*l->all), offsetof(struct file_lock, ino), ino);
}

/* The next lock that a descriptor has.  Return: where to go on, or NULL. */
static const char *next_held(const char *info, struct file_lock *held, char line[LOCK_TEXT_SIZE])
{
	while ((info = strstr(info, FDINFO_KEY))) {
		info += strlen(FDINFO_KEY);
		snprintf(line, LOCK_TEXT_SIZE, "%.*s", (int)strcspn(info, "\n"), info);
		info--;
		if (parse_lock(held, line))
			return info;
	}
	return NULL;
}

static void add_holder(struct file_locks *l, pid_t pid, const struct file_lock *held)
{
	size_t i = find_first(l, held->ino);

	if (i == l->nr || l->all[i].ino != held->ino)
		return;
	relations_add(&l->holders, (struct relation){ .id = held->ino, .pid = pid });
	for (; i < l->nr && l->all[i].ino == held->ino; i++) {
		struct file_lock *lock = &l->all[i];

		if (!lock->waits && !strcmp(lock->text, held->text))
			lock->seen = true;
	}
}

/**
 * file_locks_add() - note the locks that a descriptor has
 * @l: the locks; relations_sort() is to be called for the holders in the end
 * @pid: the process whose descriptor it is
 * @info: its fdinfo
 */
void file_locks_add(struct file_locks *l, pid_t pid, const char *info)
{
	char line[LOCK_TEXT_SIZE];
	struct file_lock held;

	while (l->nr && (info = next_held(info, &held, line)))
		add_holder(l, pid, &held);
}

/**
 * file_locks_shows() - whether a descriptor has a lock
 * @info: its fdinfo
 * @text: the text of the lock
 */
bool file_locks_shows(const char *info, const char *text)
{
	char line[LOCK_TEXT_SIZE];
	struct file_lock held;

	while ((info = next_held(info, &held, line))) {
		if (!strcmp(held.text, text))
			return true;
	}
	return false;
}

/* Whether a process waits for this; who waits for the lock of an open file is not shown. */
static bool may_wait_for(const struct file_lock *lock, pid_t pid, const char *kind)
{
	return lock->waits && lock->pid == (strcmp(kind, OPEN_FILE_LOCK) ? pid : -1);
}

/**
 * file_locks_find() - find the file for whose lock a process waits
 * @l: the locks
 * @pid: the process
 * @kind: FLOCK_LOCK, RECORD_LOCK or OPEN_FILE_LOCK
 * @ino: receives the inode number
 *
 * Return: false also if it may be one of several files, or if another file with a contended lock
 * has the same number.
 */
bool file_locks_find(const struct file_locks *l, pid_t pid, const char *kind, uint64_t *ino)
{
	const struct file_lock *found = NULL;

	for (size_t i = 0; i < l->nr; i++) {
		if (!may_wait_for(&l->all[i], pid, kind))
			continue;
		if (strcmp(l->all[i].kind, kind) ||
		    (found && compare_files_of(&l->all[i], found)))
			return false;
		found = &l->all[i];
	}
	if (!found || (!strcmp(kind, OPEN_FILE_LOCK) && !l->whole))
		return false;
	*ino = found->ino;
	for (size_t i = find_first(l, *ino); i < l->nr && l->all[i].ino == *ino; i++) {
		if (compare_files_of(&l->all[i], found))
			return false;
	}
	return true;
}

/**
 * file_locks_holder() - find a lock for which a process waits
 * @l: the locks
 * @pid: the process that waits
 * @kind: as for file_locks_find()
 *
 * Return: a lock, with the process that took it, which may have passed it on, or be gone; NULL:
 * it is not known.
 */
const struct file_lock *file_locks_holder(const struct file_locks *l, pid_t pid, const char *kind)
{
	uint64_t ino;

	if (!file_locks_find(l, pid, kind, &ino))
		return NULL;
	for (size_t i = find_first(l, ino); i < l->nr && l->all[i].ino == ino; i++) {
		if (!l->all[i].waits && l->all[i].pid > 0)
			return &l->all[i];
	}
	return NULL;
}

/**
 * file_locks_know() - whether descriptors show all locks of a file
 * @l: the locks, once all descriptors were added
 * @ino: inode number of the file
 *
 * A server for remote hosts has locks without a descriptor.
 */
bool file_locks_know(const struct file_locks *l, uint64_t ino)
{
	bool any = false;

	for (size_t i = find_first(l, ino); i < l->nr && l->all[i].ino == ino; i++) {
		if (l->all[i].waits)
			continue;
		if (!l->all[i].seen)
			return false;
		any = true;
	}
	return any;
}

/**
 * file_locks_free() - free the memory of file locks
 * @l: the locks; may be all zero
 */
void file_locks_free(struct file_locks *l)
{
	for (size_t i = 0; i < l->nr; i++)
		free(l->all[i].text);
	free(l->all);
	relations_free(&l->holders);
}
