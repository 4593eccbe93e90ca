// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads all that the program of iterate.bpf.c prints: "iterate iterate.bpf.o". For each time that
 * standard input gives a line, prints how many lines that were and how long it took, in
 * nanoseconds.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

static struct bpf_link *attach(const char *path)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct bpf_program *program;
	struct bpf_link *link;

	if (!object || bpf_object__load(object))
		err(1, "%s", path);
	program = bpf_object__find_program_by_name(object, "print_futex");
	link = program ? bpf_program__attach_iter(program, NULL) : NULL;
	if (!link)
		err(1, "%s: cannot be attached", path);
	return link;
}

static unsigned long count_lines(const char *text, size_t len)
{
	const char *end = text + len;
	unsigned long nr = 0;

	while ((text = memchr(text, '\n', end - text))) {
		nr++;
		text++;
	}
	return nr;
}

static unsigned long read_lines(const struct bpf_link *link)
{
	static char buf[256 << 10];
	int fd = bpf_iter_create(bpf_link__fd(link));
	unsigned long nr = 0;
	ssize_t len;

	if (fd < 0)
		err(1, "bpf_iter_create");
	while ((len = read(fd, buf, sizeof(buf))) > 0)
		nr += count_lines(buf, len);
	if (len < 0)
		err(1, "read");
	close(fd);
	return nr;
}

int main(int argc, char **argv)
{
	struct bpf_link *link;

	if (argc != 2)
		errx(2, "usage: iterate OBJECT");
	link = attach(argv[1]);
	while (next_round()) {
		uint64_t start = begin_round();
		unsigned long nr = read_lines(link);

		end_round(nr, start);
	}
	return 0;
}
