// SPDX-License-Identifier: GPL-2.0-only
/* exit_stdio: a program that never exits since one of its threads reads standard input.
 *
 * State: a reader thread sleeps in read(2) inside of fgets(stdin), so it has stdin's FILE lock.
 *   The main thread exits: all streams are flushed (by exit() itself in newer C libraries, by
 *   fflush(NULL) here), which waits for that lock.
 * Truth: main waits (stdio lock) for thread "reader", which waits for input that nobody will type.
 * Build: gcc -g -O1 -pthread exit_stdio.c -o exit_stdio
 * Run:   sleep 1000000 | ./exit_stdio     (or on a terminal)
 * Source: github.com/clasp-developers/clasp pull 1836: a test suite ran to its end and never
 *   exited; two CI jobs ended by the limit of 6 hours; the backtraces of both threads explain it.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void *reader(void *arg)
{
	char line[100];

	printf("tid reader %d\n", gettid());
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin))
		;
	return arg;
}

int main(void)
{
	pthread_t t;

	printf("pid exit_stdio %d\n", getpid());
	pthread_create(&t, NULL, reader, NULL);
	sleep(1);
	puts("ready");
	fflush(NULL);		/* exit() does the same itself from glibc 2.39 on */
	exit(0);
}
