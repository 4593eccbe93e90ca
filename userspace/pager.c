// SPDX-License-Identifier: GPL-2.0-only
/*
 * A pager for what is longer than the terminal, as git and systemd start one.
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pager.h"
#include "reader.h"

/* less(1): quit if all fits, show colours, and leave what was shown on the screen. */
#define LESS_OPTIONS	"FRX"

/* A shell's, if there is no such command, or it cannot be run. */
#define STATUS_NOT_RUN		126
#define STATUS_NOT_FOUND	127

static pid_t pager = -1;

/*
 * Who may run this program as somebody else, and nothing more, must not get a shell from its
 * pager.
 */
static bool is_on_behalf(void)
{
	return getenv("SUDO_UID") || getenv("DOAS_USER") || getenv("PKEXEC_UID") ||
	       getauxval(AT_SECURE);
}

/* Return: 0, or something else: there is no pager, or none is wanted. */
static int spawn_pager(const int fds[2])
{
	char *less[] = { "less", NULL }, *more[] = { "more", NULL };
	char *chosen[] = { "sh", "-c", getenv("PAGER"), NULL };
	bool secure = is_on_behalf();

	setenv("LESS", LESS_OPTIONS, secure);
	if (secure)
		return setenv("LESSSECURE", "1", 1) ?: start_reader(&pager, fds, less);
	if (!chosen[2])
		return start_reader(&pager, fds, less) && start_reader(&pager, fds, more);
	if (!*chosen[2] || !strcmp(chosen[2], "cat"))
		return -1;
	return start_reader(&pager, fds, chosen);
}

/* The table is to be as wide as the terminal, of which only the pager knows from now on. */
static void keep_width(void)
{
	struct winsize ws;
	char columns[16];

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) || !ws.ws_col)
		return;
	snprintf(columns, sizeof(columns), "%u", ws.ws_col);
	setenv("COLUMNS", columns, 1);
}

/**
 * pager_start() - let a pager show what is written to standard output from now on
 *
 * Nothing happens if there is no pager, the environment says that none is wanted, or the
 * terminal cannot do what one needs.
 *
 * The keys that interrupt are for the pager then: what it shows is known already.
 */
void pager_start(void)
{
	const char *term = getenv("TERM");
	int fds[2];

	if (!term || !strcmp(term, "dumb") || pipe(fds))
		return;
	if (!spawn_pager(fds)) {
		keep_width();
		dup2(fds[1], STDOUT_FILENO);
		signal(SIGPIPE, SIG_IGN);	/* who has read enough quits it */
		signal(SIGINT, SIG_IGN);
		signal(SIGQUIT, SIG_IGN);
	} else {
		pager = -1;
	}
	close(fds[0]);
	close(fds[1]);
}

/**
 * pager_is_running() - whether a pager was started: then standard output may end at any time
 */
bool pager_is_running(void)
{
	return pager > 0;
}

/**
 * pager_finish() - wait until the pager ends, once all is written
 *
 * Return: 0, or -1: nothing was shown, and one line on stderr says why.
 */
int pager_finish(void)
{
	int status;

	if (!pager_is_running())
		return 0;
	close(STDOUT_FILENO);
	while (waitpid(pager, &status, 0) < 0) {
		if (errno != EINTR)
			return 0;
	}
	if (!WIFEXITED(status) || (WEXITSTATUS(status) != STATUS_NOT_FOUND &&
				   WEXITSTATUS(status) != STATUS_NOT_RUN))
		return 0;
	warnx("cannot run the pager: see PAGER in the environment, or use --no-pager");
	return -1;
}
