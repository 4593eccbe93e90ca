// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads a library from memory, to be run by gdb: from_memory LIBRARY.
 *
 * gdb, told that the library is /proc/self/fd/N, opens what is its own descriptor N.
 * So that this hangs every time, N is chosen as one at which gdb reads a pipe that
 * only itself could write to: it has some of these to tell itself of signals.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <err.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

struct end {
	int fd;
	unsigned long inode;
	bool writes;
};

/* What a descriptor of the parent's is, if it is an end of a pipe. */
static bool read_end(const char *fd, struct end *end)
{
	char path[64], link[64];
	struct stat st;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/fd/%.10s", getppid(), fd);
	len = readlink(path, link, sizeof(link) - 1);
	if (len < 0 || strncmp(link, "pipe:", 5) || lstat(path, &st))
		return false;
	link[len] = '\0';
	end->fd = atoi(fd);
	end->inode = strtoul(link + strlen("pipe:["), NULL, 10);
	/* proc(5): the permissions of the link say what the descriptor is open for. */
	end->writes = st.st_mode & S_IWUSR;
	return true;
}

/* A descriptor above our own of a pipe that the parent has both ends of, or -1. */
static int find_pipe(void)
{
	struct end ends[64];
	struct dirent *entry;
	char path[64];
	size_t n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", getppid());
	dir = opendir(path);
	if (!dir)
		err(1, "%s", path);
	while (n < sizeof(ends) / sizeof(ends[0]) && (entry = readdir(dir)))
		n += read_end(entry->d_name, &ends[n]);
	closedir(dir);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < n; k++) {
			if (!ends[i].writes && ends[k].writes &&
			    ends[i].inode == ends[k].inode && ends[i].fd > STDERR_FILENO)
				return ends[i].fd;
		}
	}
	return -1;
}

static int copy_to_memory(const char *library)
{
	int from = open(library, O_RDONLY | O_CLOEXEC), to = memfd_create("library", 0);
	struct stat st;

	if (from < 0 || to < 0 || fstat(from, &st))
		err(1, "%s", library);
	if (sendfile(to, from, NULL, st.st_size) != st.st_size)
		err(1, "cannot copy %s", library);
	close(from);
	return to;
}

int main(int argc, char **argv)
{
	char path[64];
	int fd, n;

	if (argc != 2)
		errx(2, "wants a library");
	n = find_pipe();
	if (n < 0)
		errx(1, "process %d has no pipe of its own", getppid());
	fd = copy_to_memory(argv[1]);
	if (dup2(fd, n) < 0)
		err(1, "dup2");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", n);
	printf("loading %s\n", path);
	fflush(stdout);
	if (!dlopen(path, RTLD_NOW))
		errx(1, "%s", dlerror());
	return 0;
}
