// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a thread sleeps for in a call that waits for files: pipes, unix sockets, eventfds, epoll
 * sets.
 */
#include <poll.h>
#include <stdio.h>
#include <sys/syscall.h>

#include "blocker.h"
#include "signals.h"

/* Descriptors that one call may wait for; with more, it gets no record. */
#define MAX_FDS		64

/* Whether a process has a pipe open for writing, or a socket. */
static bool has_writing_end(const struct relations *ends, uint64_t ino, pid_t pid)
{
	for (size_t i = relations_find(ends, ino); i < ends->nr && ends->all[i].id == ino; i++) {
		if (ends->all[i].pid == pid && ends->all[i].is_writer)
			return true;
	}
	return false;
}

/* Whether a handler of its own process may write to what a thread sleeps on. */
static bool handler_may_write(const struct reader *r, const struct thread *t,
			      const struct relations *ends, uint64_t id)
{
	return process_has_handlers(process_of_thread(r->s, t)) && has_writing_end(ends, id, t->tgid);
}

/*
 * A thread that reads or polls a pipe to which its own process writes waits for a signal
 * whose handler writes there: that is as good as sigwait(3).  But no handler writes for the
 * sake of a main thread that reads a file which it has opened by the name of its
 * descriptor: this is how gdb hangs.
 */
static bool waits_for_signal(struct reader *r, const struct thread *t,
			     const struct pipe_end *end, bool polls)
{
	return (polls || t->tid != t->tgid || !end->by_name) &&
	       handler_may_write(r, t, &get_descriptors(r)->pipes, end->ino);
}

static bool note_pipe(struct reader *r, int thread, const struct pipe_end *end, bool polls)
{
	if (!end->writes && waits_for_signal(r, &r->s->threads[thread], end, polls))
		return false;
	add_blocker(r, end->writes ? SLEEP_WRITE : SLEEP_READ, end->ino, 0, thread);
	return true;
}

/*
 * As with pipes, a handler may write to the other end.  Only the module tells on which socket a
 * thread sleeps, and that it has no timeout.
 */
static bool note_socket(struct reader *r, int thread, uint64_t socket, uint64_t peer)
{
	if (handler_may_write(r, &r->s->threads[thread], &get_descriptors(r)->sockets, peer))
		return false;
	add_blocker(r, SLEEP_SOCKET, socket, peer, thread);
	return true;
}

/* A handler may write to it, too. */
static bool note_eventfd(struct reader *r, int thread, uint64_t id)
{
	if (handler_may_write(r, &r->s->threads[thread], &get_descriptors(r)->eventfds, id))
		return false;
	add_blocker(r, SLEEP_EVENTFD, id, 0, thread);
	return true;
}

static bool note_polled(struct reader *r, int thread, const struct polled *polled)
{
	const struct pipe_end end = { .ino = polled->id, .writes = polled->kind == SLEEP_WRITE };

	switch (polled->kind) {
	case SLEEP_SOCKET:
		return note_socket(r, thread, polled->id, polled->peer);
	case SLEEP_EVENTFD:
		return note_eventfd(r, thread, polled->id);
	default:
		return note_pipe(r, thread, &end, true);
	}
}

/* What the module tells, whatever the descriptors and the array are by now. */
static bool note_all_polled(struct reader *r, int thread)
{
	for (size_t i = 0; i < r->s->threads[thread].nr_polled; i++) {
		if (!note_polled(r, thread, &r->s->threads[thread].polled[i]))
			return false;
	}
	return true;
}

/* Which pipe a descriptor of a thread is now.  Return: whether it is one. */
static bool pipe_of_thread(const struct reader *r, int thread, int fd, struct pipe_end *end)
{
	const struct thread *t = &r->s->threads[thread];
	char path[PROCFS_LINK_SIZE];

	snprintf(path, sizeof(path), "%d/task/%d/fd/%d", t->tgid, t->tid, fd);
	return pipe_of_fd(r->root, path, end) > 0;
}

/* Note one descriptor that a thread polls.  Return: whether it is a pipe, as it must be. */
static bool note_polled_fd(struct reader *r, int thread, int fd)
{
	struct pipe_end end;

	return pipe_of_thread(r, thread, fd, &end) && note_pipe(r, thread, &end, true);
}

/*
 * Whether other threads can have changed what a call waits for since it began: which file a
 * descriptor is, and which descriptors an array names.  The kernel does not look at that again.
 */
static bool others_may_change(const struct reader *r, int thread)
{
	const struct snapshot *s = r->s;
	const struct thread *t = &s->threads[thread];

	for (size_t i = 0; i < s->nr_threads; i++) {
		const struct thread *other = &s->threads[i];

		if (other != t && thread_is_alive(other) &&
		    (other->tgid == t->tgid || (t->mm >= 0 && other->mm == t->mm)))
			return true;
	}
	return false;
}

static bool note_pollfds(struct reader *r, int thread, uint64_t addr, unsigned int nr)
{
	struct pollfd fds[MAX_FDS];
	bool any = false;

	if (r->s->threads[thread].known & T_POLLS)
		return note_all_polled(r, thread);
	if (!nr || nr > MAX_FDS || others_may_change(r, thread) ||
	    !read_thread_memory(r, thread, addr, fds, nr * sizeof(*fds)))
		return false;
	for (size_t i = 0; i < nr; i++) {
		if (fds[i].fd < 0)
			continue;
		if (!note_polled_fd(r, thread, fds[i].fd))
			return false;
		any = true;
	}
	return any;
}

static bool note_fd_sets(struct reader *r, int thread, const uint64_t *args)
{
	const int bits = 8 * sizeof(unsigned long);
	unsigned long all = 0, set;
	bool any = false;

	if (r->s->threads[thread].known & T_POLLS)
		return note_all_polled(r, thread);
	/* One word of each set is enough for programs with few files. */
	if (args[0] > (uint64_t)bits || others_may_change(r, thread))
		return false;
	for (int i = 1; i <= 3; i++) {
		if (!args[i])
			continue;
		if (!read_thread_memory(r, thread, args[i], &set, sizeof(set)))
			return false;
		all |= set;
	}
	for (int fd = 0; fd < (int)args[0]; fd++) {
		if (!(all & 1UL << fd))
			continue;
		if (!note_polled_fd(r, thread, fd))
			return false;
		any = true;
	}
	return any;
}

/*
 * Calls
 */

/* The module tells on which pipe the thread sleeps, whatever its descriptor is by now. */
static bool note_read(struct reader *r, int thread, const uint64_t *args)
{
	const struct thread *t = &r->s->threads[thread];
	struct pipe_end end;

	if (t->known & T_SOCKET)
		return t->known & T_PEER && note_socket(r, thread, t->socket, t->peer);
	if (t->known & T_EVENTFD)
		return note_eventfd(r, thread, t->eventfd);
	if (!pipe_of_thread(r, thread, args[0], &end))
		return false;
	if (t->known & T_PIPE ? t->pipe != end.ino : others_may_change(r, thread))
		return false;
	return note_pipe(r, thread, &end, false);
}

#ifdef SYS_poll
static bool note_poll(struct reader *r, int thread, const uint64_t *args)
{
	return (int)args[2] < 0 && note_pollfds(r, thread, args[0], args[1]);
}
#endif

/* With a signal mask it waits for signals too. */
static bool note_ppoll(struct reader *r, int thread, const uint64_t *args)
{
	return !args[2] && !args[3] && note_pollfds(r, thread, args[0], args[1]);
}

#ifdef SYS_select
static bool note_select(struct reader *r, int thread, const uint64_t *args)
{
	return !args[4] && note_fd_sets(r, thread, args);
}
#endif

static bool note_pselect(struct reader *r, int thread, const uint64_t *args)
{
	return !args[4] && !args[5] && note_fd_sets(r, thread, args);
}

/* Whoever has the set open may add a file to it, which wakes the thread. */
static bool note_epoll(struct reader *r, int thread, const uint64_t *args)
{
	const struct thread *t = &r->s->threads[thread];
	bool own_table;

	/* With nothing in the set this is as good as pause(2). */
	if (!(t->known & T_EPOLL) || !t->nr_polled || t->epoll != args[0])
		return false;
	/* A thread may have a table of descriptors of its own. */
	own_table = r->compare->tables(t->tgid, t->tid);
	add_blocker(r, SLEEP_EPOLL, t->epoll, own_table ? t->tid : t->tgid, thread);
	return note_all_polled(r, thread);
}

#ifdef SYS_epoll_wait
static bool note_epoll_wait(struct reader *r, int thread, const uint64_t *args)
{
	return (int)args[3] < 0 && note_epoll(r, thread, args);
}
#endif

/* With a signal mask it waits for signals too. */
static bool note_epoll_pwait(struct reader *r, int thread, const uint64_t *args)
{
	return (int)args[3] < 0 && !args[4] && note_epoll(r, thread, args);
}

#ifdef SYS_epoll_pwait2
static bool note_epoll_pwait2(struct reader *r, int thread, const uint64_t *args)
{
	return !args[3] && !args[4] && note_epoll(r, thread, args);
}
#endif

/* The kernel's functions in which calls sleep for what they are made for. */
#define IN_RECEIVE	"unix_stream_data_wait", "unix_stream_read_generic", \
			"__skb_wait_for_more_packets"
#define IN_SEND		"sock_alloc_send_pskb", "sock_wait_for_wmem"
#define IN_READ		{ "pipe_read", "anon_pipe_read", "eventfd_read", "do_wait_intr_irq", \
			  IN_RECEIVE }
#define IN_WRITE	{ "pipe_write", "anon_pipe_write", "eventfd_write", IN_SEND }
#define IN_POLL		{ "do_sys_poll", "do_select", "poll_schedule_timeout" }
#define IN_EPOLL	{ "ep_poll", "do_epoll_wait" }

const struct blocking_call file_calls[] = {
	{ SYS_read,	STATE_SLEEPING,		note_read,	IN_READ },
	{ SYS_readv,	STATE_SLEEPING,		note_read,	IN_READ },
	{ SYS_write,	STATE_SLEEPING,		note_read,	IN_WRITE },
	{ SYS_writev,	STATE_SLEEPING,		note_read,	IN_WRITE },
	{ SYS_recvfrom,	STATE_SLEEPING,		note_read,	IN_READ },
	{ SYS_recvmsg,	STATE_SLEEPING,		note_read,	IN_READ },
	{ SYS_sendto,	STATE_SLEEPING,		note_read,	IN_WRITE },
	{ SYS_sendmsg,	STATE_SLEEPING,		note_read,	IN_WRITE },
#ifdef SYS_poll
	{ SYS_poll,	STATE_SLEEPING,		note_poll,	IN_POLL },
#endif
	{ SYS_ppoll,	STATE_SLEEPING,		note_ppoll,	IN_POLL },
#ifdef SYS_select
	{ SYS_select,	STATE_SLEEPING,		note_select,	IN_POLL },
#endif
	{ SYS_pselect6,	STATE_SLEEPING,		note_pselect,	IN_POLL },
#ifdef SYS_epoll_wait
	{ SYS_epoll_wait, STATE_SLEEPING,	note_epoll_wait, IN_EPOLL },
#endif
	{ SYS_epoll_pwait, STATE_SLEEPING,	note_epoll_pwait, IN_EPOLL },
#ifdef SYS_epoll_pwait2
	{ SYS_epoll_pwait2, STATE_SLEEPING,	note_epoll_pwait2, IN_EPOLL },
#endif
	{}
};
