// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that read what this one writes.
 */
#include <spawn.h>
#include <unistd.h>

#include "reader.h"

extern char **environ;

/**
 * start_reader() - start a program that reads a pipe
 * @pid: receives its id
 * @fds: the pipe
 * @argv: the program, looked for in PATH, and its arguments
 *
 * Return: 0 or a positive errno, which is ENOENT if there is no such program.
 */
int start_reader(pid_t *pid, const int fds[2], char *const argv[])
{
	posix_spawn_file_actions_t actions;
	int rc;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[0], STDIN_FILENO);
	posix_spawn_file_actions_addclose(&actions, fds[0]);
	posix_spawn_file_actions_addclose(&actions, fds[1]);
	rc = posix_spawnp(pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return rc;
}
