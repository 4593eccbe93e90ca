// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a command with its output going nowhere: "timerun COMMAND [ARGUMENT]...".
 * For each time that standard input gives a line, prints its exit status and how long
 * it took from start to end, in nanoseconds.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

extern char **environ;

static unsigned long run(char **argv, posix_spawn_file_actions_t *actions)
{
	int status, error;
	pid_t pid;

	error = posix_spawnp(&pid, argv[0], actions, NULL, argv, environ);
	if (error)
		errx(1, "%s: %s", argv[0], strerror(error));
	if (waitpid(pid, &status, 0) < 0)
		err(1, "waitpid");
	if (!WIFEXITED(status))
		errx(1, "%s was killed", argv[0]);
	return WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	posix_spawn_file_actions_t actions;

	if (argc < 2)
		errx(2, "usage: timerun COMMAND [ARGUMENT]...");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	while (next_round()) {
		uint64_t start = begin_round();
		unsigned long status = run(argv + 1, &actions);

		end_round(status, start);
	}
	return 0;
}
