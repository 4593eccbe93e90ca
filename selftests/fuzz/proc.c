// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes what reads /proc, and the judgement of what it reads.
 *
 * An input is a tree of files: for each one a line with its path below /proc, and its text up
 * to END, which the next path follows. A link is a file whose text is what it refers to. The
 * functions below stand for those of the C library, so that a tree takes no system call.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "blocked.h"
#include "fuzz.h"
#include "owners.h"
#include "scan.h"
#include "source.h"

#define ROOT		"/proc"
#define MAX_NODES	512
#define END		0x1e	/* a byte that nothing in /proc needs */

/* What a file descriptor is to the tool. */
#define FIRST_FD	1000

/* A file or directory. */
struct node {
	const char *name;
	size_t len;
	struct node *children;
	struct node *next;	/* in the same directory */
	const uint8_t *text;	/* NULL: it is a directory, or is not there */
	size_t size;
	size_t pos;
};

/* The first one is the root. */
static struct node nodes[MAX_NODES];
static int nr_nodes_used;

struct tree_dir {
	const struct node *next;
	struct dirent entry;
};

int tree_open(const char *path, int flags, ...);
ssize_t tree_read(int fd, void *buf, size_t size);
ssize_t tree_pread(int fd, void *buf, size_t size, off_t offset);
int tree_close(int fd);
FILE *tree_fdopen(int fd, const char *mode);
ssize_t tree_readlink(const char *path, char *buf, size_t size);
int tree_access(const char *path, int mode);
struct tree_dir *tree_opendir(const char *path);
struct dirent *tree_readdir(struct tree_dir *dir);
int tree_closedir(struct tree_dir *dir);
pid_t tree_getppid(void);

/*
 * The tree
 */

/* Without memcmp(), whose arguments the fuzzer would take for hints. */
static bool is_named(const struct node *node, const char *name, size_t len)
{
	if (node->len != len)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (node->name[i] != name[i])
			return false;
	}
	return true;
}

static struct node *add_node(struct node *dir, const char *name, size_t len)
{
	struct node *node = &nodes[nr_nodes_used];

	if (nr_nodes_used == MAX_NODES)
		return NULL;
	nr_nodes_used++;
	*node = (struct node){ .name = name, .len = len, .next = dir->children };
	dir->children = node;
	return node;
}

/* The node of a path, which is made if it is new; NULL: it is not there, or there is no room. */
static struct node *walk(const char *path, size_t len, bool make)
{
	struct node *dir = &nodes[0];

	while (dir && len) {
		const char *slash = memchr(path, '/', len);
		size_t n = slash ? (size_t)(slash - path) : len;
		struct node *child = dir->children;

		while (child && !is_named(child, path, n))
			child = child->next;
		dir = child || !make ? child : add_node(dir, path, n);
		n += n < len;
		path += n;
		len -= n;
	}
	return dir;
}

static void add_file(const char *data, size_t size)
{
	const char *eol = memchr(data, '\n', size);
	struct node *node = eol ? walk(data, eol - data, true) : NULL;

	if (!node)
		return;
	node->text = (const uint8_t *)eol + 1;
	node->size = data + size - (eol + 1);
}

static void make_tree(const char *data, size_t size)
{
	const char *end = data + size;

	nodes[0] = (struct node){ 0 };
	nr_nodes_used = 1;
	while (data < end) {
		const char *next = memchr(data, END, end - data) ?: end;

		add_file(data, next - data);
		data = next + 1;
	}
}

static struct node *find_node(const char *path)
{
	struct node *node;

	if (strncmp(path, ROOT "/", strlen(ROOT "/")))
		abort();
	path += strlen(ROOT "/");
	node = strcmp(path, ".") ? walk(path, strlen(path), false) : &nodes[0];
	if (!node)
		errno = ENOENT;
	return node;
}

/*
 * The C library's functions
 */

/* A file without text must not be read. */
int tree_open(const char *path, int flags, ...)
{
	struct node *node = find_node(path);

	(void)flags;
	if (!node)
		return -1;
	node->pos = 0;
	if (node->size)
		return FIRST_FD + (node - nodes);
	errno = EACCES;
	return -1;
}

static struct node *get_node(int fd)
{
	if (fd < FIRST_FD || fd >= FIRST_FD + nr_nodes_used)
		abort();
	return &nodes[fd - FIRST_FD];
}

ssize_t tree_read(int fd, void *buf, size_t size)
{
	struct node *node = get_node(fd);
	size_t left = node->size - node->pos;

	if (size > left)
		size = left;
	memcpy(buf, node->text + node->pos, size);
	node->pos += size;
	return size;
}

/* Memory repeats, so that there is some at every address. */
ssize_t tree_pread(int fd, void *buf, size_t size, off_t offset)
{
	struct node *node = get_node(fd);

	for (size_t i = 0; i < size; i++)
		((uint8_t *)buf)[i] = node->text[((uint64_t)offset + i) % node->size];
	return size;
}

int tree_close(int fd)
{
	get_node(fd);
	return 0;
}

FILE *tree_fdopen(int fd, const char *mode)
{
	struct node *node = get_node(fd);

	return fmemopen((void *)node->text, node->size, mode);
}

ssize_t tree_readlink(const char *path, char *buf, size_t size)
{
	struct node *node = find_node(path);

	if (!node)
		return -1;
	if (size > node->size)
		size = node->size;
	memcpy(buf, node->text ?: (const uint8_t *)"", size);
	return size;
}

int tree_access(const char *path, int mode)
{
	(void)mode;
	return find_node(path) ? 0 : -1;
}

struct tree_dir *tree_opendir(const char *path)
{
	const struct node *node = find_node(path);
	struct tree_dir *dir;

	if (!node)
		return NULL;
	dir = calloc(1, sizeof(*dir));
	dir->next = node->children;
	return dir;
}

struct dirent *tree_readdir(struct tree_dir *dir)
{
	const struct node *node = dir->next;
	size_t len;

	if (!node)
		return NULL;
	dir->next = node->next;
	len = node->len < NAME_MAX ? node->len : NAME_MAX;
	memcpy(dir->entry.d_name, node->name, len);
	dir->entry.d_name[len] = '\0';
	return &dir->entry;
}

int tree_closedir(struct tree_dir *dir)
{
	free(dir);
	return 0;
}

pid_t tree_getppid(void)
{
	return 7;
}

/*
 * Looks
 */

/* Ten ids share an mm or a table; of the last ten of each hundred that is not known. */
static int compare(pid_t x, pid_t y)
{
	if (x % 100 >= 90 || y % 100 >= 90) {
		errno = x % 2 ? ESRCH : EPERM;
		return -1;
	}
	x /= 10;
	y /= 10;
	return x == y ? 0 : x < y ? 1 : 2;
}

static int compare_fds(pid_t x, int fd_x, pid_t y, int fd_y)
{
	return compare(x, y) ?: fd_x != fd_y;
}

static const struct comparers comparers = { .tables = compare, .files = compare_fds };

static bool look(struct snapshot *s)
{
	snapshot_init(s, &source_proc);
	if (scan_proc(ROOT, compare, s))
		return false;
	snapshot_index(s);
	read_namespaces(ROOT, s);
	read_foreign_holders(ROOT, s);
	find_blocked(ROOT, &comparers, s);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct snapshot looks[2];

	make_tree((const char *)data, size);
	if (look(&looks[0])) {
		look(&looks[1]);
		judge(looks, 2);
		snapshot_free(&looks[1]);
	}
	snapshot_free(&looks[0]);
	return 0;
}
