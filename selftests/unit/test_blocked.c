// SPDX-License-Identifier: GPL-2.0-only
/*
 * What threads sleep in, on trees made here that look like /proc: thread 11 of process
 * 10 waits on a futex, its other thread, 10, sleeps in a call, and process 20 may have
 * to do with that.
 */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "source.h"
#include "array.h"
#include "analyze.h"
#include "text_format.h"
#include "sentences.h"
#include "blocked.h"
#include "tap.h"
#include "tree.h"

#if defined(__x86_64__)
#define READ		"0"
#define WRITE		"1"
#define PPOLL		"271"
#define PSELECT		"270"
#define EPOLL_PWAIT	"281"
#define WAIT4		"61"
#define WAITID		"247"
#define CLONE		"56"
#define NANOSLEEP	"230"
#define FLOCK		"73"
#define FCNTL		"72"
#define SIGTIMEDWAIT	"128"
#define SPLICE		"275"
#define RECVFROM	"45"
#define SENDTO		"44"
#else
#define READ		"63"
#define WRITE		"64"
#define PPOLL		"73"
#define PSELECT		"72"
#define EPOLL_PWAIT	"22"
#define WAIT4		"260"
#define WAITID		"95"
#define CLONE		"220"
#define NANOSLEEP	"115"
#define FLOCK		"32"
#define FCNTL		"25"
#define SIGTIMEDWAIT	"137"
#define SPLICE		"76"
#define RECVFROM	"207"
#define SENDTO		"206"
#endif
#define CLONE3		"435"
#define TAIL		" 0x7ffc00000000 0x7f00\n"
#define CALL(nr, a, b, c, d, e) \
	nr " 0x" #a " 0x" #b " 0x" #c " 0x" #d " 0x" #e " 0x0" TAIL
#define SLEEPS		CALL(NANOSLEEP, 0, 0, 0, 0, 0)
#define READS(fd)	CALL(READ, fd, 0, 1, 0, 0)
#define STUCK_AS(why)	VERDICT_NO_WAKER, REASON_##why
#define PAGE		((uint64_t)sysconf(_SC_PAGESIZE))
#define MEMORY		0x10000	/* the page at this address is in the file */

struct fd {
	pid_t pid;		/* 0: no more */
	int fd;
	const char *target;
	int mode;
	pid_t tid;		/* with a table of its own; 0: the process's */
	const char *more;	/* of its fdinfo */
};

/* Process 10, whose thread 11 waits, and the call that thread 10 sleeps in. */
struct scene {
	const char *name;
	const char *call;
	struct fd fds[4];
	const char *call_20;	/* NULL: there is no process 20 */
	char state_20;		/* default: S */
	pid_t ppid_20;
	pid_t tracer_20;
	unsigned int caught_20;
	char state_10;		/* default: S */
	pid_t tracer_10;
	unsigned int caught;
	const char *more_10;	/* of the thread record */
	const char *pipe_10;	/* or socket, that it sleeps on; default: pipe 7 */
	const char *timers;
	const char *wchan;	/* default: where the call sleeps */
	const char *wchan_20;
	const char *stack;
	struct pollfd memory[2];
	bool absent;		/* that memory is not resident */
	const char *pid_ns;	/* of process 1; default: the first one */
	const char *kernel;	/* default: a new one */
	const char *net_unix;
	const char *locks;	/* in /proc/locks */
	const char *aio_nr;
	const char *cgroups;
	const char *filesystems;	/* default: none that signals eventfds */
	pid_t ns_tid_10;	/* its id in its own pid namespace; default: 10 */
	pid_t ppid_10;		/* default: 1 */
	pid_t pi_owner;		/* of the futex of thread 11; default: it is no PI futex */
	enum verdict verdict;
	enum reason reason;
};

#define STUCK		.verdict = VERDICT_NO_WAKER, .reason = REASON_ALL_SLEEP
#define FINE		.verdict = VERDICT_WAITING, .reason = REASON_CAN_RUN
#define READER(pid, fd)	{ pid, fd, "pipe:[7]", O_RDONLY }
#define WRITER(pid, fd)	{ pid, fd, "pipe:[7]", O_WRONLY }
#define OWN_PIPE	.fds = { READER(10, 3), WRITER(10, 4) }
#define SOCKET(pid, fd, more_info) \
	{ pid, fd, "socket:[9]", O_RDWR, .more = more_info }
#define SOCKET_PAIR \
	{ SOCKET(10, 3, ""), { 10, 4, "socket:[8]", O_RDWR, .more = "" } }
#define EVENTFD(pid, fd) \
	{ pid, fd, "anon_inode:[eventfd]", O_RDWR, .more = "eventfd-count: 0\neventfd-id: 5\n" }
#define EPOLL_SET(pid, fd) \
	{ pid, fd, "anon_inode:[eventpoll]", O_RDWR }
#define EPOLL_WAITS(time, set)	CALL(EPOLL_PWAIT, 9, 0, 1, time, set)
#define ON(text)		.pipe_10 = text
#define ON_EVENTFD		ON(" eventfd=5"), .wchan = "eventfd_read"
#define ON_EPOLL(files)		ON(" epoll=9" files)
/* What open(2) adds to the flags. */
#if defined(__aarch64__)
#define BY_NAME		0400000
#define BY_NAME_TEXT	"0400000"
#else
#define BY_NAME		0100000
#define BY_NAME_TEXT	"0100000"
#endif

/* As /proc/net/unix has them: without an inode until they are accepted. */
#define NET_UNIX \
	"Num       RefCount Protocol Flags    Type St Inode Path\n" \
	"00000000f47d0c32: 00000002 00000000 00010000 0001 01  9305 /tmp/l\n"
#define OLD_CONNECTION \
	NET_UNIX "00000000e145722f: 00000003 00000000 00000000 0001 03  9306 /tmp/l\n"
#define NEW_CONNECTION \
	NET_UNIX "00000000e145722f: 00000002 00000000 00000000 0001 02     0 /tmp/l\n"

/* Thread 10 waits for process 20, which may sleep for several descriptors. */
#define FOR_20			CALL(WAIT4, 14, 0, 0, 0, 0)
#define OWN_PIPE_20		{ READER(20, 3), WRITER(20, 4) }
#define POLLS(nr, time, set, size)	CALL(PPOLL, 10010, nr, time, set, size)
#define SELECTS(nr, time)	CALL(PSELECT, nr, 10010, 0, 0, time)

/* A file lock that the process holds, and one that process 10 waits for. */
#define HOLDS(kind, pid, ino)	"1: " kind "  ADVISORY  WRITE " #pid " 08:01:" #ino " 0 EOF\n"
#define WANTS(kind, pid, ino)	"1: -> " kind "  ADVISORY  WRITE " #pid " 08:01:" #ino " 0 EOF\n"
#define LOCKED(pid, kind, by, ino) \
	{ pid, 3, "/tmp/lock", O_RDWR, .more = "ino:\t" #ino "\nlock:\t" HOLDS(kind, by, ino) }
#define FLOCKS		CALL(FLOCK, 4, 2, 0, 0, 0)

static const struct scene scenes[] = {
	/* read() and write() */
	{ "reads a pipe that only its own process writes to", READS(3),
	  { READER(10, 3), WRITER(10, 4) }, STUCK },
	{ "the same, and the process handles signals", READS(3),
	  { READER(10, 3), WRITER(10, 4) }, .caught = 2, FINE },
	{ "the same, and it has opened what it reads by name", READS(3),
	  { { 10, 3, "pipe:[7]", BY_NAME }, WRITER(10, 4) }, .caught = 2, STUCK },
	{ "reads it until its own timer ends the process", READS(3),
	  { READER(10, 3), WRITER(10, 4) }, .timers = "yes armed=14:9", STUCK },
	{ "sleeps for something else than the pipe", READS(3),
	  { READER(10, 3), WRITER(10, 4) }, .wchan = "handle_userfault", FINE },
	{ "only the stack tells that it sleeps for the pipe", READS(3),
	  { READER(10, 3), WRITER(10, 4) }, .wchan = "0",
	  .stack = "[<0>] pipe_read+0x2fa/0x400\n[<0>] vfs_read+0xf9/0x190\n", STUCK },
	{ "reads a pipe that a process writes to that sleeps elsewhere", READS(3),
	  { READER(10, 3), WRITER(20, 4) }, SLEEPS, FINE },
	{ "the same process has it open too", READS(3),
	  { READER(10, 3), WRITER(10, 4), WRITER(20, 4) }, SLEEPS, FINE },
	{ "a process that sleeps elsewhere has it open for reading", READS(3),
	  { READER(10, 3), WRITER(10, 4), READER(20, 4) }, SLEEPS, STUCK },
	{ "reads a pipe whose writer reads one of its own", READS(3),
	  { READER(10, 3), WRITER(20, 4), { 20, 5, "pipe:[8]", O_RDONLY },
	    { 20, 6, "pipe:[8]", O_WRONLY } }, READS(5), STUCK },
	{ "reads a pipe whose writer is stopped", READS(3),
	  { READER(10, 3), WRITER(20, 4) }, SLEEPS, 'T',
	  .verdict = VERDICT_STOPPED, .reason = REASON_WAKERS_STOPPED },
	{ "reads a pipe whose writer is in a frozen cgroup", READS(3),
	  { READER(10, 3), WRITER(20, 4) }, SLEEPS, .wchan_20 = "do_freezer_trap",
	  .verdict = VERDICT_STOPPED, .reason = REASON_WAKERS_STOPPED },
	{ "sleeps on another pipe than its descriptor is by now", READS(3),
	  { READER(10, 3), WRITER(10, 4) }, .pipe_10 = " pipe=8", FINE },
	{ "reads such a pipe, and another thread may have replaced the descriptor", READS(3),
	  { READER(10, 3), WRITER(10, 4) }, .pipe_10 = "", FINE },
	{ "a child reads such a pipe, and has no other thread", FOR_20, OWN_PIPE_20,
	  READS(3), .ppid_20 = 10, STUCK },
	{ "writes to another pipe than its descriptor is by now", CALL(WRITE, 4, 0, 1, 0, 0),
	  { READER(10, 3), WRITER(10, 4) }, .pipe_10 = " pipe=8", FINE },
	{ "reads a pipe that nobody has open for writing", READS(3), { READER(10, 3) }, FINE },
	{ "reads a FIFO", READS(3),
	  { { 10, 3, "/tmp/fifo", O_RDONLY }, { 10, 4, "/tmp/fifo", O_WRONLY } }, FINE },
	{ "reads a socket", READS(3), { { 10, 3, "socket:[7]", O_RDWR } }, FINE },
	{ "reads a descriptor that is not there", READS(3), { WRITER(10, 4) }, FINE },
	{ "sleeps elsewhere", SLEEPS, { READER(10, 0), WRITER(10, 4) }, FINE },
	{ "runs by now", "running\n", { READER(10, 0), WRITER(10, 4) }, FINE },
	{ "is in no call", "-1 0x7ffc00000000 0x7f00\n", { READER(10, 0), WRITER(10, 4) }, FINE },
	{ "is a thread of the kernel's", READ " 0x0 0x0 0x0 0x0 0x0 0x0 0x0 0x0\n",
	  { READER(10, 0), WRITER(10, 4) }, FINE },
	{ "is a program for 32 bits", READ " 0x3 0x0 0x1 0x0 0x0 0x0 0xffffd000 0xf7f00000\n",
	  { READER(10, 3), WRITER(10, 4) }, FINE },
	{ "is on its way out", READS(3), { READER(10, 3), WRITER(10, 4) },
	  .more_10 = " exiting=yes", FINE },
	{ "has used io_uring", READS(3), { READER(10, 3), WRITER(10, 4) },
	  .more_10 = " io_uring=yes", FINE },
	{ "may have an armed timer, as alarm(2) makes one", READS(3),
	  { READER(10, 3), WRITER(10, 4) }, .timers = "yes", FINE },
	{ "has a timer that is not armed", READS(3), { READER(10, 3), WRITER(10, 4) },
	  .timers = "yes armed=-", STUCK },
	{ "has an armed timer that does nothing", READS(3), { READER(10, 3), WRITER(10, 4) },
	  .timers = "yes armed=14:9 ignored=0x2000", STUCK },
	{ "has an armed timer whose signal is handled", READS(3), { READER(10, 3), WRITER(20, 4) },
	  READS(5), .timers = "yes armed=14:9", .caught = 0x2000, .verdict = VERDICT_WAITING,
	  .reason = REASON_TIMER },
	{ "is in state D", READS(3), { READER(10, 3), WRITER(10, 4) }, .state_10 = 'D', FINE },
	{ "writes to a pipe that only its own process reads", CALL(WRITE, 4, 0, 1, 0, 0),
	  { READER(10, 3), WRITER(10, 4) }, STUCK },
	{ "writes to a pipe that a process reads that sleeps elsewhere",
	  CALL(WRITE, 4, 0, 1, 0, 0), { READER(20, 3), WRITER(10, 4) }, SLEEPS, FINE },
	{ "another writer, who sleeps elsewhere, may make the pipe larger",
	  CALL(WRITE, 4, 0, 1, 0, 0), { READER(10, 3), WRITER(10, 4), WRITER(20, 4) }, SLEEPS,
	  FINE },

	/* Sockets: the module says on which one the thread sleeps. */
	{ "reads a socket whose other end only its own process has", READS(3), SOCKET_PAIR,
	  .pipe_10 = " socket=9 peer=8", .wchan = "unix_stream_data_wait", STUCK },
	{ "the same, and the process handles signals", READS(3), SOCKET_PAIR, .caught = 2,
	  .pipe_10 = " socket=9 peer=8", .wchan = "unix_stream_data_wait", FINE },
	{ "the same, and its descriptor is something else by now", READS(5), SOCKET_PAIR,
	  .pipe_10 = " socket=9 peer=8", .wchan = "unix_stream_data_wait", STUCK },
	{ "the same by recvfrom", CALL(RECVFROM, 3, 0, 1, 0, 0), SOCKET_PAIR,
	  .pipe_10 = " socket=9 peer=8", .wchan = "unix_stream_data_wait", STUCK },
	{ "the same in sendto", CALL(SENDTO, 3, 0, 1, 0, 0), SOCKET_PAIR,
	  .pipe_10 = " socket=9 peer=8", .wchan = "sock_alloc_send_pskb", STUCK },
	{ "reads a socket, and the module does not say that nobody else ends it", READS(3),
	  SOCKET_PAIR, .pipe_10 = "", .wchan = "unix_stream_data_wait", FINE },
	{ "reads a socket, and sleeps for something else", READS(3), SOCKET_PAIR,
	  .pipe_10 = " socket=9 peer=8", .wchan = "handle_userfault", FINE },
	{ "another process has the other end of the socket", READS(3),
	  { SOCKET(10, 3, ""), { 20, 4, "socket:[8]", O_RDWR, .more = "" } }, SLEEPS,
	  .pipe_10 = " socket=9 peer=8", .wchan = "unix_stream_data_wait", FINE },
	{ "another process has the socket, too, and may shut it down", READS(3),
	  { SOCKET(10, 3, ""), { 10, 4, "socket:[8]", O_RDWR, .more = "" }, SOCKET(20, 3, "") },
	  SLEEPS, .pipe_10 = " socket=9 peer=8", .wchan = "unix_stream_data_wait", FINE },
	{ "nobody has the other end of the socket", READS(3), { SOCKET(10, 3, "") },
	  .pipe_10 = " socket=9 peer=8", .wchan = "unix_stream_data_wait", FINE },
	{ "a call of another process may have the other end of the socket", READS(3), SOCKET_PAIR,
	  CALL(SPLICE, 5, 0, 4, 0, 1), .pipe_10 = " socket=9 peer=8",
	  .wchan = "unix_stream_data_wait", FINE },

	/* Eventfds: the module says on which one the thread sleeps. */
	{ "reads an eventfd that only its own process has", READS(3), { EVENTFD(10, 3) },
	  ON_EVENTFD, STUCK },
	{ "the same, and the process handles signals", READS(3), { EVENTFD(10, 3) }, .caught = 2,
	  ON_EVENTFD, FINE },
	{ "the same, and its descriptor is closed by now", READS(3), { EVENTFD(10, 4) },
	  ON_EVENTFD, STUCK },
	{ "reads an eventfd that no descriptor is of", READS(3), { READER(10, 3) }, ON_EVENTFD, FINE },
	{ "reads an eventfd, and the module does not tell which", READS(3), { EVENTFD(10, 3) },
	  .pipe_10 = "", .wchan = "eventfd_read", FINE },
	{ "reads an eventfd, and sleeps for something else", READS(3), { EVENTFD(10, 3) },
	  .pipe_10 = " eventfd=5", .wchan = "handle_userfault", FINE },
	{ "a process that can run has the eventfd, too", READS(3),
	  { EVENTFD(10, 3), EVENTFD(20, 3) }, SLEEPS, ON_EVENTFD, FINE },
	{ "a process that can run has another eventfd", READS(3),
	  { EVENTFD(10, 3), { 20, 3, "anon_inode:[eventfd]", O_RDWR, .more = "eventfd-id: 6\n" } },
	  SLEEPS, ON_EVENTFD, STUCK },
	{ "an old kernel does not number eventfds", READS(3),
	  { { 10, 3, "anon_inode:[eventfd]", O_RDWR } }, ON_EVENTFD, FINE },
	{ "a process has a terminal", READS(3), { EVENTFD(10, 3), { 20, 5, "/dev/tty1", O_RDWR } },
	  SLEEPS, ON_EVENTFD, STUCK },
	{ "a process has a device that may signal eventfds", READS(3),
	  { EVENTFD(10, 3), { 20, 5, "/dev/vhost-net", O_RDWR } }, SLEEPS, ON_EVENTFD, FINE },
	{ "a process has a virtual machine", READS(3),
	  { EVENTFD(10, 3), { 20, 5, "anon_inode:kvm-vm", O_RDWR } }, SLEEPS, ON_EVENTFD, FINE },
	{ "a process uses asynchronous I/O", READS(3), { EVENTFD(10, 3) }, .aio_nr = "32\n",
	  ON_EVENTFD, FINE },
	{ "no process uses it", READS(3), { EVENTFD(10, 3) }, .aio_nr = "0\n", ON_EVENTFD, STUCK },
	{ "memory of cgroup v1 may signal eventfds", READS(3), { EVENTFD(10, 3) },
	  .cgroups = "#subsys_name	hierarchy\ncpu	0	1	1\nmemory	4	1	1\n", ON_EVENTFD, FINE },
	{ "that of v2 signals none", READS(3), { EVENTFD(10, 3) },
	  .cgroups = "#subsys_name	hierarchy\ncpu	0	1	1\nmemory	0	1	1\n", ON_EVENTFD, STUCK },
	{ "the host may be a USB gadget", READS(3), { EVENTFD(10, 3) },
	  .filesystems = "nodev	functionfs\n", ON_EVENTFD, FINE },

	/* Polls: the module says which files they are for. */
	{ "polls a pipe and an eventfd of its own", POLLS(2, 0, 0, 0),
	  { READER(10, 3), WRITER(10, 4), EVENTFD(10, 5) }, ON(" polls=pipe:7,eventfd:5"), STUCK },
	{ "the same with a timeout", POLLS(2, 10020, 0, 0),
	  { READER(10, 3), WRITER(10, 4), EVENTFD(10, 5) }, ON(" polls=pipe:7,eventfd:5"), FINE },
	{ "the same with a mask of signals", POLLS(2, 0, 10020, 8),
	  { READER(10, 3), WRITER(10, 4), EVENTFD(10, 5) }, ON(" polls=pipe:7,eventfd:5"), FINE },
	{ "the same, and a process that can run has the eventfd, too", POLLS(2, 0, 0, 0),
	  { READER(10, 3), WRITER(10, 4), EVENTFD(10, 5), EVENTFD(20, 3) }, SLEEPS,
	  ON(" polls=pipe:7,eventfd:5"), FINE },
	{ "the same, and such a process can write to the pipe", POLLS(2, 0, 0, 0),
	  { READER(10, 3), WRITER(10, 4), EVENTFD(10, 5), WRITER(20, 3) }, SLEEPS,
	  ON(" polls=pipe:7,eventfd:5"), FINE },
	{ "polls for room in a pipe that a process that can run reads", POLLS(1, 0, 0, 0),
	  { WRITER(10, 4), READER(20, 3) }, SLEEPS, ON(" polls=room:7"), FINE },
	{ "polls for data in a pipe that such a process reads, too", POLLS(1, 0, 0, 0),
	  { READER(10, 3), WRITER(10, 4), READER(20, 3) }, SLEEPS, ON(" polls=pipe:7"), STUCK },
	{ "polls a socket whose other end only its own process has", POLLS(1, 0, 0, 0),
	  SOCKET_PAIR, ON(" polls=socket:9:8"), STUCK },
	{ "polls a socket whose other end a process has that can run", POLLS(1, 0, 0, 0),
	  { SOCKET(10, 3, ""), { 20, 4, "socket:[8]", O_RDWR, .more = "" } }, SLEEPS,
	  ON(" polls=socket:9:8"), FINE },
	{ "polls what this program does not know", POLLS(1, 0, 0, 0),
	  { READER(10, 3), WRITER(10, 4) }, ON(" polls=pipe:7,queue:3"), FINE },
	{ "selects a pipe of its own", SELECTS(4, 0), { READER(10, 3), WRITER(10, 4) },
	  ON(" polls=pipe:7"), STUCK },
	{ "selects it with a timeout", SELECTS(4, 10020), { READER(10, 3), WRITER(10, 4) },
	  ON(" polls=pipe:7"), FINE },

	/* Epoll sets */
	{ "waits for an epoll set with a pipe of its own", EPOLL_WAITS(ffffffff, 0),
	  { READER(10, 3), WRITER(10, 4), EPOLL_SET(10, 9) }, ON_EPOLL(" polls=pipe:7"), STUCK },
	{ "waits for a set in which is nothing", EPOLL_WAITS(ffffffff, 0), { EPOLL_SET(10, 9) },
	  ON_EPOLL(" polls=-"), FINE },
	{ "waits for a set in which is something else", EPOLL_WAITS(ffffffff, 0), { EPOLL_SET(10, 9) },
	  ON_EPOLL(""), FINE },
	{ "waits for a set with a timeout", EPOLL_WAITS(1000, 0),
	  { READER(10, 3), WRITER(10, 4), EPOLL_SET(10, 9) }, ON_EPOLL(" polls=pipe:7"), FINE },
	{ "waits for a set with a mask of signals", EPOLL_WAITS(ffffffff, 10020),
	  { READER(10, 3), WRITER(10, 4), EPOLL_SET(10, 9) }, ON_EPOLL(" polls=pipe:7"), FINE },
	{ "waits for a set that its descriptor is not any more", EPOLL_WAITS(ffffffff, 0),
	  { READER(10, 3), WRITER(10, 4), EPOLL_SET(10, 8) }, ON(" epoll=8 polls=pipe:7"), FINE },
	{ "a process that can run has the set, too", EPOLL_WAITS(ffffffff, 0),
	  { READER(10, 3), WRITER(10, 4), EPOLL_SET(10, 9), EPOLL_SET(20, 9) }, SLEEPS,
	  ON_EPOLL(" polls=pipe:7"), FINE },
	{ "a process that can run has another set", EPOLL_WAITS(ffffffff, 0),
	  { READER(10, 3), WRITER(10, 4), EPOLL_SET(10, 9), EPOLL_SET(20, 8) }, SLEEPS,
	  ON_EPOLL(" polls=pipe:7"), STUCK },
	{ "a process that can run can write to a pipe in the set", EPOLL_WAITS(ffffffff, 0),
	  { READER(10, 3), WRITER(10, 4), EPOLL_SET(10, 9), WRITER(20, 4) }, SLEEPS,
	  ON_EPOLL(" polls=pipe:7"), FINE },
	{ "waits for a set, and sleeps for something else", EPOLL_WAITS(ffffffff, 0),
	  { READER(10, 3), WRITER(10, 4), EPOLL_SET(10, 9) },
	  .pipe_10 = " epoll=9 polls=pipe:7", .wchan = "handle_userfault", FINE },

	/* Ends that are in no table of a process */
	{ "a thread that has a table of its own has the other end", READS(3),
	  { READER(10, 3), WRITER(10, 4), { 20, 4, "pipe:[7]", O_WRONLY, .tid = 21 } },
	  SLEEPS, FINE },
	{ "a table that is not looked at, as it is said to be the same", READS(3),
	  { READER(10, 3), WRITER(10, 4),
	    { 20, 4, "pipe:[7]", O_WRONLY, .tid = 22 } }, SLEEPS, STUCK },
	{ "no message on the host holds a descriptor", READS(3),
	  { READER(10, 3), WRITER(10, 4), SOCKET(10, 5, "scm_fds: 0\n") }, STUCK },
	{ "a message in a socket of another process holds one", READS(3),
	  { READER(10, 3), WRITER(10, 4), SOCKET(20, 5, "scm_fds: 1\n") }, SLEEPS, FINE },
	{ "a socket that is for no descriptors", READS(3),
	  { READER(10, 3), WRITER(10, 4), SOCKET(20, 5, "") }, SLEEPS, STUCK },
	{ "messages are not counted by this kernel", READS(3),
	  { READER(10, 3), WRITER(10, 4) }, .kernel = "5.4.0-42\n", FINE },
	{ "a connection is yet to be accepted, and counted", READS(3),
	  { READER(10, 3), WRITER(10, 4) }, .net_unix = NEW_CONNECTION, STUCK },
	{ "a connection is yet to be accepted, and not counted", READS(3),
	  { READER(10, 3), WRITER(10, 4) }, .kernel = "5.10.0-46-amd64\n",
	  .net_unix = NEW_CONNECTION, FINE },
	{ "all connections are accepted where they are not counted", READS(3),
	  { READER(10, 3), WRITER(10, 4) }, .kernel = "5.10.0-46-amd64\n",
	  .net_unix = OLD_CONNECTION, STUCK },
	{ "another process has an io_uring", READS(3),
	  { READER(10, 3), WRITER(10, 4), { 20, 5, "anon_inode:[io_uring]", O_RDWR } }, SLEEPS,
	  FINE },
	{ "a call of another process may have the other end", READS(3),
	  { READER(10, 3), WRITER(10, 4) }, CALL(SPLICE, 5, 0, 4, 0, 1), FINE },
	{ "a 32-bit call of another process may have it", READS(3),
	  { READER(10, 3), WRITER(10, 4) }, "313 0x5 0x0 0x4 0x0 0x1 0x0 0xffffd000 0xf7f00000\n",
	  FINE },
	{ "there are other pid namespaces", READS(3), { READER(10, 3), WRITER(10, 4) },
	  .pid_ns = "pid:[4026532157]", FINE },

	/* Several descriptors: in memory, so only those of a process with one thread are known. */
	{ "a child polls a pipe that only it writes to", FOR_20, OWN_PIPE_20,
	  POLLS(1, 0, 0, 0), .ppid_20 = 10, .memory = { { 3, POLLIN } }, STUCK },
	{ "the same, and a handler may write to it", FOR_20, OWN_PIPE_20,
	  POLLS(1, 0, 0, 0), .ppid_20 = 10, .memory = { { 3, POLLIN } }, .caught_20 = 2, FINE },
	{ "polls such a pipe, and another thread may change what it polls", POLLS(1, 0, 0, 0),
	  { READER(10, 3), WRITER(10, 4) }, .memory = { { 3, POLLIN } }, FINE },
	{ "a child polls with a timeout", FOR_20, OWN_PIPE_20,
	  POLLS(1, 10020, 0, 0), .ppid_20 = 10, .memory = { { 3, POLLIN } }, FINE },
	{ "a child polls with a signal mask", FOR_20, OWN_PIPE_20,
	  POLLS(1, 0, 10020, 8), .ppid_20 = 10, .memory = { { 3, POLLIN } }, FINE },
	{ "a child polls a socket too", FOR_20,
	  { READER(20, 3), WRITER(20, 4), { 20, 5, "socket:[9]", O_RDWR } },
	  POLLS(2, 0, 0, 0), .ppid_20 = 10, .memory = { { 3, POLLIN }, { 5, POLLIN } }, FINE },
	{ "a child polls something that is turned off too", FOR_20,
	  { READER(20, 3), WRITER(20, 4), { 20, 5, "socket:[9]", O_RDWR } },
	  POLLS(2, 0, 0, 0), .ppid_20 = 10, .memory = { { 3, POLLIN }, { -6, POLLIN } }, STUCK },
	{ "a child polls nothing", FOR_20, OWN_PIPE_20,
	  POLLS(0, 0, 0, 0), .ppid_20 = 10, FINE },
	{ "what a child polls is not resident", FOR_20, OWN_PIPE_20,
	  POLLS(1, 0, 0, 0), .ppid_20 = 10, .memory = { { 3, POLLIN } }, .absent = true, FINE },
	{ "a child polls more than one looks at", FOR_20, OWN_PIPE_20,
	  POLLS(1000, 0, 0, 0), .ppid_20 = 10, .memory = { { 3, POLLIN } }, FINE },
	{ "a child selects a pipe", FOR_20, OWN_PIPE_20,	/* the set is 1 << 3 */
	  SELECTS(4, 0), .ppid_20 = 10, .memory = { { 8, 0 } }, STUCK },
	{ "selects a pipe, and another thread may change the set", SELECTS(4, 0),
	  { READER(10, 3), WRITER(10, 4) }, .memory = { { 8, 0 } }, FINE },
	{ "a child selects with a timeout", FOR_20, OWN_PIPE_20,
	  SELECTS(4, 10020), .ppid_20 = 10, .memory = { { 8, 0 } }, FINE },
	{ "a child selects a pipe and a socket", FOR_20,
	  { READER(20, 3), WRITER(20, 4), { 20, 5, "socket:[9]", O_RDWR } },
	  SELECTS(6, 0), .ppid_20 = 10, .memory = { { 0x28, 0 } }, FINE },
	{ "an epoll set, which others may have", CALL(EPOLL_PWAIT, 9, 0, 1, ffffffff, 0),
	  { READER(10, 3), WRITER(10, 4),
	    { 10, 9, "anon_inode:[eventpoll]", O_RDWR,
	      .more = "tfd:        3 events:       1 data:                3  pos:0 ino:7 "
		      "sdev:e\n" } },
	  FINE },

	/* File locks */
	{ "waits for a file lock of a process that reads its pipe", FLOCKS,
	  { LOCKED(20, "FLOCK", 20, 7), READER(20, 5), WRITER(20, 6) }, READS(5),
	  .locks = HOLDS("FLOCK", 20, 7) WANTS("FLOCK", 10, 7), STUCK },
	{ "waits for one of a process that sleeps elsewhere", FLOCKS,
	  { LOCKED(20, "FLOCK", 20, 7) }, SLEEPS,
	  .locks = HOLDS("FLOCK", 20, 7) WANTS("FLOCK", 10, 7), FINE },
	{ "waits for one that another process has inherited, which can run", FLOCKS,
	  { LOCKED(20, "FLOCK", 30, 7) }, SLEEPS,
	  .locks = HOLDS("FLOCK", 30, 7) WANTS("FLOCK", 10, 7), FINE },
	{ "waits for one that its own process holds", FLOCKS, { LOCKED(10, "FLOCK", 10, 7) },
	  .locks = HOLDS("FLOCK", 10, 7) WANTS("FLOCK", 10, 7), STUCK },
	{ "waits for one that no descriptor has", FLOCKS, { READER(10, 3) },
	  .locks = HOLDS("FLOCK", 20, 7) WANTS("FLOCK", 10, 7), FINE },
	{ "waits for one of which a server holds another part", FLOCKS,
	  { LOCKED(10, "FLOCK", 10, 7) },
	  .locks = HOLDS("FLOCK", 10, 7) HOLDS("POSIX", 0, 7) WANTS("FLOCK", 10, 7), FINE },
	{ "a file of another device has the same number", FLOCKS, { LOCKED(10, "FLOCK", 10, 7) },
	  .locks = HOLDS("FLOCK", 10, 7) WANTS("FLOCK", 10, 7)
		   "2: FLOCK  ADVISORY  WRITE 9 08:02:7 0 EOF\n"
		   "2: -> FLOCK  ADVISORY  WRITE 9 08:02:7 0 EOF\n", FINE },
	{ "two threads of the process wait for locks", FLOCKS, { LOCKED(10, "FLOCK", 10, 7) },
	  .locks = HOLDS("FLOCK", 10, 7) WANTS("FLOCK", 10, 7) WANTS("FLOCK", 10, 8), FINE },
	{ "no table of locks says that it waits", FLOCKS, { LOCKED(10, "FLOCK", 10, 7) },
	  .locks = HOLDS("FLOCK", 10, 7), FINE },
	{ "waits for a record lock of a process that reads its pipe", CALL(FCNTL, 4, 7, 0, 0, 0),
	  { LOCKED(20, "POSIX", 20, 7), READER(20, 5), WRITER(20, 6) }, READS(5),
	  .locks = HOLDS("POSIX", 20, 7) WANTS("POSIX", 10, 7), STUCK },
	{ "is in another call of fcntl", CALL(FCNTL, 4, 26, 0, 0, 0),
	  { LOCKED(10, "POSIX", 10, 7) },
	  .locks = HOLDS("POSIX", 10, 7) WANTS("POSIX", 10, 7), FINE },

	/* The C library's thread for timers; the set is in memory. */
#define SIGWAITS(timeout)	CALL(SIGTIMEDWAIT, 10010, 0, timeout, 8, 0)
	{ "waits for timers, and none is armed", SIGWAITS(0), .timers = "yes armed=-",
	  .memory = { { .fd = INT_MIN } }, STUCK },
	{ "the same for some time only", SIGWAITS(1), .timers = "yes armed=-",
	  .memory = { { .fd = INT_MIN } }, FINE },
	{ "a timer is armed", SIGWAITS(0), .timers = "yes armed=32:9",
	  .memory = { { .fd = INT_MIN } }, FINE },
	{ "there may be more timers", SIGWAITS(0), .timers = "yes armed=14:cpu,?",
	  .memory = { { .fd = INT_MIN } }, FINE },
	{ "it is not known which timers are armed", SIGWAITS(0), .timers = "yes",
	  .memory = { { .fd = INT_MIN } }, FINE },
	{ "waits for other signals, too", SIGWAITS(0), .timers = "yes armed=-",
	  .memory = { { .fd = INT_MIN + 1 } }, FINE },
	{ "the set is not resident", SIGWAITS(0), .timers = "yes armed=-",
	  .memory = { { .fd = INT_MIN } }, .absent = true, FINE },

	/* Children, tracees, tracers */
	{ "waits for a child that reads its pipe", CALL(WAIT4, 14, 0, 0, 0, 0),
	  { WRITER(10, 4), READER(20, 5) }, READS(5), .ppid_20 = 10, STUCK },
	{ "the same, and it would see that a process stops", CALL(WAIT4, 14, 0, 2, 0, 0),
	  { WRITER(10, 4), READER(20, 5) }, READS(5), .ppid_20 = 10, STUCK },
	{ "a process stops by its own timer, which the wait does not see", CALL(WAIT4, 14, 0, 0, 0, 0),
	  { WRITER(10, 4), READER(20, 5) }, READS(5), .ppid_20 = 10, .timers = "yes armed=20:9",
	  STUCK },
	{ "or which it sees", CALL(WAIT4, 14, 0, 2, 0, 0),
	  { WRITER(10, 4), READER(20, 5) }, READS(5), .ppid_20 = 10, .timers = "yes armed=20:9",
	  FINE },
	{ "waits for any child, which reads its pipe", CALL(WAIT4, ffffffff, 0, 0, 0, 0),
	  { WRITER(10, 4), READER(20, 5) }, READS(5), .ppid_20 = 10, STUCK },
	{ "waits for a child by its number in another pid namespace", CALL(WAIT4, 7, 0, 0, 0, 0),
	  { WRITER(10, 4), READER(20, 5) }, READS(5), .ppid_20 = 10, .ns_tid_10 = 5, STUCK },
	{ "waits for a child that is not there", CALL(WAIT4, 7, 0, 0, 0, 0),
	  { WRITER(10, 4), READER(20, 5) }, READS(5), .ppid_20 = 1, FINE },
	{ "waits for a child that sleeps elsewhere", CALL(WAIT4, 14, 0, 0, 0, 0),
	  { }, SLEEPS, .ppid_20 = 10, FINE },
	{ "waits for a child that is a zombie", CALL(WAIT4, 14, 0, 0, 0, 0),
	  { }, "0\n", 'Z', .ppid_20 = 10, FINE },
	{ "waits for a child that is stopped", CALL(WAIT4, 14, 0, 0, 0, 0),
	  { }, SLEEPS, 'T', .ppid_20 = 10, .verdict = VERDICT_STOPPED, .reason = REASON_WAKERS_STOPPED },
	{ "waits for a child, and would inherit what others leave", CALL(WAIT4, 14, 0, 0, 0, 0),
	  { WRITER(10, 4), READER(20, 5) }, READS(5), .ppid_20 = 10, .ns_tid_10 = 1, FINE },
	{ "sleeps for something else than its child", CALL(WAIT4, 14, 0, 0, 0, 0),
	  { WRITER(10, 4), READER(20, 5) }, READS(5), .ppid_20 = 10,
	  .wchan = "seccomp_do_user_notification", FINE },
	{ "waits for a child, and has none", CALL(WAIT4, 14, 0, 0, 0, 0),
	  { }, SLEEPS, .ppid_20 = 1, FINE },
	{ "waits for a tracee that it has stopped", CALL(WAIT4, 14, 0, 0, 0, 0),
	  { }, SLEEPS, 't', .ppid_20 = 1, .tracer_20 = 10, STUCK },
	{ "is stopped by a tracer that waits for it", "", { }, CALL(WAIT4, a, 0, 0, 0, 0),
	  .ppid_20 = 1, .state_10 = 't', .tracer_10 = 20, STUCK },
	{ "is stopped by a tracer that sleeps elsewhere", "", { }, SLEEPS,
	  .ppid_20 = 1, .state_10 = 't', .tracer_10 = 20,
	  .verdict = VERDICT_STOPPED, .reason = REASON_ALL_STOPPED },
	{ "is stopped by a tracer that is not there", "", { },
	  .state_10 = 't', .tracer_10 = 20,
	  .verdict = VERDICT_STOPPED, .reason = REASON_ALL_STOPPED },
	{ "waits in vfork for a child that reads its pipe", CALL(CLONE, 4111, 0, 0, 0, 0),
	  { WRITER(10, 4), READER(20, 5) }, READS(5), .ppid_20 = 10, .state_10 = 'D',
	  .wchan = "kernel_clone", STUCK },
	{ "waits in vfork for a child that sleeps elsewhere", CALL(CLONE, 4111, 0, 0, 0, 0),
	  { }, SLEEPS, .ppid_20 = 10, .state_10 = 'D', .wchan = "kernel_clone", FINE },
	{ "the same, where only the stack tells", CALL(CLONE, 4111, 0, 0, 0, 0),
	  { WRITER(10, 4), READER(20, 5) }, READS(5), .ppid_20 = 10, .state_10 = 'D',
	  .stack = "[<0>] kernel_clone+0x2a8/0x3a0\n[<0>] __do_sys_vfork+0x45/0x60\n", STUCK },
	{ "the stack shows another wait", CALL(CLONE, 4111, 0, 0, 0, 0),
	  { WRITER(10, 4), READER(20, 5) }, READS(5), .ppid_20 = 10, .state_10 = 'D',
	  .stack = "[<0>] copy_process+0x2a8/0x3a0\n[<0>] kernel_clone+0x45/0x60\n", FINE },
	{ "waits for a PI lock whose owner waits for its process", READS(3), OWN_PIPE,
	  CALL(WAIT4, a, 0, 0, 0, 0), .ppid_20 = 1, .ppid_10 = 20, .pi_owner = 20,
	  .verdict = VERDICT_NO_WAKER, .reason = REASON_TO_STUCK },
	{ "waits for a PI lock whose owner sleeps elsewhere", READS(3), OWN_PIPE,
	  SLEEPS, .ppid_20 = 1, .ppid_10 = 20, .pi_owner = 20,
	  .verdict = VERDICT_BLOCKED, .reason = REASON_HOLDER },
	{ "waits for a PI lock whose owner is not there", READS(3), OWN_PIPE,
	  .pi_owner = 20, .verdict = VERDICT_BLOCKED, .reason = REASON_PI_OWNER },
	{ "waits in vfork for one that is not its child", CALL(CLONE, c111, 0, 0, 0, 0),
	  { WRITER(10, 4), READER(20, 5) }, READS(5), .ppid_20 = 10, .state_10 = 'D',
	  .wchan = "kernel_clone", FINE },
	{ "clones, and waits for something else", CALL(CLONE, 4111, 0, 0, 0, 0),
	  { WRITER(10, 4), READER(20, 5) }, READS(5), .ppid_20 = 10, .state_10 = 'D',
	  .wchan = "copy_process", FINE },
};

/* Where a call sleeps for what it is made for. */
static const char *wchan_of(const char *call)
{
	static const char *const functions[][2] = {
		{ READ " ", "pipe_read" }, { WRITE " ", "anon_pipe_write" },
		{ FLOCK " ", "locks_lock_inode_wait" }, { FCNTL " ", "fcntl_setlk" },
		{ SIGTIMEDWAIT " ", "do_sigtimedwait" }, { PPOLL " ", "do_sys_poll" }, { PSELECT " ", "poll_schedule_timeout.constprop.0" },
		{ EPOLL_PWAIT " ", "do_epoll_wait" }, { WAIT4 " ", "do_wait" },
	};

	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		if (!strncmp(call, functions[i][0], strlen(functions[i][0])))
			return functions[i][1];
	}
	return "0";
}

static void create_task(pid_t pid, pid_t tid, char state, pid_t ppid, pid_t tracer,
			const char *call)
{
	create_thread(pid, tid, state, ppid, tracer, call);
	create_file(wchan_of(call), "%d/task/%d/wchan", pid, tid);
}

static void create_fd(const struct fd *fd)
{
	pid_t tid = fd->tid ?: fd->pid;
	char info[256];

	snprintf(info, sizeof(info), "pos:\t0\nflags:\t0%o\n%s", fd->mode, fd->more ?: "");
	create_link(fd->target, "%d/task/%d/fd/%d", fd->pid, tid, fd->fd);
	create_file(info, "%d/task/%d/fdinfo/%d", fd->pid, tid, fd->fd);
}

/* Only thread 21 has a table of its own; what 22 has is never looked at. */
static int compare_tables(pid_t x, pid_t y)
{
	return (x == 21) - (y == 21);
}

/* The same number is the same file. */
static int compare_fds(pid_t x, int fd_x, pid_t y, int fd_y)
{
	(void)x;
	(void)y;
	return fd_x != fd_y;
}

static const struct comparers comparers = { .tables = compare_tables, .files = compare_fds };

static void create_memory(const struct scene *sc, pid_t pid)
{
	uint64_t entry = sc->absent ? 0 : 1ULL << 63;
	char path[PATH_SIZE];
	int fd;

	create_file("", "%d/task/%d/pagemap", pid, pid);
	create_file("", "%d/task/%d/mem", pid, pid);
	snprintf(path, sizeof(path), "%s/%d/task/%d/pagemap", root, pid, pid);
	fd = open(path, O_WRONLY);
	if (pwrite(fd, &entry, sizeof(entry), MEMORY / PAGE * 8) != sizeof(entry))
		ok(false, "pagemap");
	close(fd);
	snprintf(path, sizeof(path), "%s/%d/task/%d/mem", root, pid, pid);
	fd = open(path, O_WRONLY);
	if (pwrite(fd, sc->memory, sizeof(sc->memory), MEMORY + 0x10) != sizeof(sc->memory))
		ok(false, "mem");
	close(fd);
}

static void create_tree(const struct scene *sc)
{
	new_tree();
	create_link("pid:[4026531836]", "self/ns/pid");
	create_link(sc->pid_ns ?: "pid:[4026531836]", "1/ns/pid");
	create_file(sc->kernel ?: "6.1.0-56-amd64\n", "sys/kernel/osrelease");
	create_link("net:[4026531840]", "10/ns/net");
	if (sc->locks)
		create_file(sc->locks, "locks");
	if (sc->aio_nr)
		create_file(sc->aio_nr, "sys/fs/aio-nr");
	if (sc->cgroups)
		create_file(sc->cgroups, "cgroups");
	create_file(sc->filesystems ?: "nodev\tproc\n", "filesystems");
	if (sc->net_unix)
		create_file(sc->net_unix, "10/net/unix");
	create_task(10, 10, sc->state_10 ?: 'S', sc->ppid_10 ?: 1, sc->tracer_10, sc->call);
	create_task(10, 11, 'S', 1, 0, SLEEPS);
	if (sc->ns_tid_10)
		create_status(10, 10, 'S', 1, 0, sc->ns_tid_10);
	if (sc->wchan)
		create_file(sc->wchan, "10/task/10/wchan");
	if (sc->stack)
		create_file(sc->stack, "10/task/10/stack");
	create_memory(sc, 10);
	for (const struct fd *fd = sc->fds; fd < sc->fds + 4 && fd->pid; fd++) {
		create_fd(fd);
		if (fd->tid)
			create_task(fd->pid, fd->tid, 'S', 1, 0, SLEEPS);
	}
	if (!sc->call_20)
		return;
	create_task(20, 20, sc->state_20 ?: 'S', sc->ppid_20, sc->tracer_20, sc->call_20);
	create_memory(sc, 20);
	if (sc->caught_20) {
		char status[128];

		snprintf(status, sizeof(status), "Name:\tt\nState:\tS (x)\nTgid:\t20\nPPid:\t10\n"
			 "TracerPid:\t0\nNSpid:\t20\nSigCgt:\t%x\n", sc->caught_20);
		create_file(status, "20/task/20/status");
	}
	if (sc->wchan_20)
		create_file(sc->wchan_20, "20/task/20/wchan");
}

/* What the module says of process 10. */
static bool load(struct snapshot *s, const struct scene *sc)
{
	char error[PARSE_ERROR_SIZE], tracer[16] = "-", owner[32] = "", *text;
	int len;

	if (sc->tracer_10)
		snprintf(tracer, sizeof(tracer), "%d", sc->tracer_10);
	if (sc->pi_owner)
		snprintf(owner, sizeof(owner), " uaddr=0x1000 pi_owner=%d", sc->pi_owner);
	len = asprintf(&text, "futexinspect version=1\n"
		       "waiter tid=11 tgid=10 mm=1 syscall=futex key=private op=%s "
		       "expected=0 value=0 bitset=0xffffffff timeout=none stable=yes%s\n"
		       "mm id=1 live=2 live_threads=10-11 hidden=0\n"
		       "process tgid=10 ppid=1 comm=p mm=1 execed=yes caught=%#x timers=%s\n"
		       "thread tid=10 tgid=10 comm=t10 mm=1 state=%c tracer=%s nvcsw=1 nivcsw=0 "
		       "start_ns=1%s%s\n"
		       "thread tid=11 tgid=10 comm=t11 mm=1 state=S tracer=- nvcsw=1 nivcsw=0 "
		       "start_ns=2\nend\n", sc->pi_owner ? "FUTEX_LOCK_PI" : "FUTEX_WAIT", owner,
		       sc->caught, sc->timers ?: "no",
		       sc->state_10 ?: 'S', tracer, sc->more_10 ?: "", sc->pipe_10 ?: " pipe=7");
	snapshot_init(s, &source_module);
	return !parse_text(text, len, "scene", s, error);
}

static void test_scene(const struct scene *sc)
{
	char reason[REASON_SIZE] = "";
	struct snapshot looks[2];
	struct judgement j = { 0 };
	struct analysis a, first;
	bool good;

	create_tree(sc);
	good = load(&looks[0], sc) & load(&looks[1], sc);
	if (good) {
		find_blocked(root, &comparers, &looks[0]);
		find_blocked(root, &comparers, &looks[1]);
		analyze(&first, &looks[0], NULL);
		analyze(&a, &looks[1], &first);
		analysis_free(&first);
		j = a.judgements[0];
		reason_text(&a, 0, reason);
		good = j.verdict == sc->verdict && j.reason == sc->reason &&
		       (!verdicts[j.verdict].stuck || j.certainty <= CERTAINTY_LIKELY);
		if (sc->verdict == VERDICT_NO_WAKER)
			good &= j.certainty == CERTAINTY_LIKELY;
		analysis_free(&a);
	}
	if (!ok(good, "%s", sc->name))
		printf("# %s %d: %s\n", verdicts[j.verdict].name, j.reason, reason);
	snapshot_free(&looks[0]);
	snapshot_free(&looks[1]);
	remove_tree();
}

/* Thread 11 reads the pipe as well, and waits on no futex. */
static void make_11_read(struct snapshot *s)
{
	struct thread *t = &s->threads[snapshot_find_thread(s, 11)];

	t->known |= T_PIPE;
	t->pipe = 7;
	s->waiters[0].thread = -1;
	create_task(10, 11, 'S', 1, 0, READS(3));
	create_link("pipe:[7]", "10/task/11/fd/3");
	create_file("flags:\t00\n", "10/task/11/fdinfo/3");
}

/* What two threads sleep for, by two descriptors of another process, is listed once. */
static void test_shared_pipe(void)
{
	struct scene sc = { .call = READS(3), .call_20 = SLEEPS,
			    .fds = { READER(10, 3), WRITER(20, 4), WRITER(20, 5) } };
	struct snapshot s;

	create_tree(&sc);
	create_file("State:\tS (x)\nTgid:\t20\nPPid:\t1\nTracerPid:\t0\nSigCgt:\t0000000000000002\n"
	       "voluntary_ctxt_switches:\t5\nnonvoluntary_ctxt_switches:\t6\n",
	       "20/task/20/status");
	load(&s, &sc);
	make_11_read(&s);
	find_blocked(root, &comparers, &s);
	is_num(s.nr_blocked, 2, "two threads read a pipe");
	is_num(s.nr_wakers, 1, "which has one set of wakers");
	is_num(s.nr_waker_processes, 1, "in which a process is listed once");
	ok(snapshot_find_process(&s, 20) >= 0 && snapshot_find_thread(&s, 20) >= 0,
	   "the process that is named is in the snapshot");
	ok(s.processes[snapshot_find_process(&s, 20)].known & P_CAUGHT &&
	   s.processes[snapshot_find_process(&s, 20)].caught == 2, "with its signal handlers");
	snapshot_free(&s);
	remove_tree();
}

/* A thread that is made for it reads what a handler writes. */
static void test_signal_thread(void)
{
	static const unsigned int caught[] = { 0, 2 };

	for (size_t i = 0; i < 2; i++) {
		struct scene sc = { .call = SLEEPS, OWN_PIPE, .caught = caught[i] };
		struct snapshot s;

		create_tree(&sc);
		load(&s, &sc);
		make_11_read(&s);
		find_blocked(root, &comparers, &s);
		is_num(s.nr_blocked, !caught[i], caught[i] ? "with handlers it waits for a signal" :
		       "a thread reads a pipe of its own process");
		snapshot_free(&s);
		remove_tree();
	}
}

/* A child of a stuck child may be inherited. */
static void test_grandchild(void)
{
	struct scene sc = { .call = CALL(WAIT4, ffffffff, 0, 0, 0, 0), .call_20 = READS(5),
			    .ppid_20 = 10, .fds = { READER(20, 5), WRITER(20, 6) } };
	struct snapshot s;
	struct analysis a;

	create_tree(&sc);
	create_task(30, 30, 'S', 20, 0, SLEEPS);
	load(&s, &sc);
	find_blocked(root, &comparers, &s);
	analyze(&a, &s, NULL);
	is_num(s.nr_blocked, 2, "it waits for children, and the child reads its pipe");
	is_num(s.nr_waker_processes, 4, "the child, its child, and the process itself count");
	is_num(a.judgements[0].verdict, VERDICT_WAITING, "the child's child can run");
	analysis_free(&a);
	snapshot_free(&s);
	remove_tree();
}

/* Between its state and that, /proc/PID/stat has 34 other fields. */
static void create_exit_signal(pid_t pid, int signal)
{
	char stat[256] = "1 (t) S";

	for (int i = 0; i < 34; i++)
		strcat(stat, " 0");
	snprintf(stat + strlen(stat), sizeof(stat) - strlen(stat), " %d\n", signal);
	create_file(stat, "%d/stat", pid);
}

/* A thread waits for a child that hangs; its process handles signals, and has another child. */
static void test_signals(void)
{
	static const struct {
		const char *name;
		unsigned int caught;
		char state;		/* of the other child */
		const char *flags;	/* of descriptor 0; NULL: it has none */
		enum verdict verdict;
		enum reason reason;
		const char *target;	/* of descriptor 0; default: a socket */
		int exit_signal;	/* of the other child */
	} cases[] = {
		{ "no handler", 0, 'S', NULL, STUCK_AS(ALL_SLEEP) },
		{ "of SIGCHLD", SIGNAL(SIGCHLD), 'S', "02", VERDICT_WAITING, REASON_SIGNAL },
		{ "of SIGCHLD, of a child that has ended", SIGNAL(SIGCHLD), 'Z', "02",
		  STUCK_AS(ALL_SLEEP) },
		{ "of another signal", SIGNAL(SIGTERM), 'S', "02", STUCK_AS(ALL_SLEEP) },
		{ "of SIGIO", SIGNAL(SIGIO), 'S', "020002", VERDICT_WAITING, REASON_SIGNAL },
		{ "of SIGIO, but nothing has O_ASYNC", SIGNAL(SIGIO), 'S', "02",
		  STUCK_AS(ALL_SLEEP) },
		{ "of SIGURG, which a socket may send", SIGNAL(SIGURG), 'S', "02", VERDICT_WAITING,
		  REASON_SIGNAL },
		{ "of SIGURG, and it has no socket", SIGNAL(SIGURG), 'S', "02", STUCK_AS(ALL_SLEEP),
		  "pipe:[9]" },
		{ "of a signal that a message queue may send", SIGNAL(SIGTERM), 'S', "02",
		  VERDICT_WAITING, REASON_SIGNAL, "/queue" },
		{ "of a signal, and a file of another mount is no message queue", SIGNAL(SIGTERM),
		  'S', BY_NAME_TEXT, STUCK_AS(ALL_SLEEP), "/null" },
		{ "of a signal, and a file is no message queue", SIGNAL(SIGTERM), 'S', "02",
		  STUCK_AS(ALL_SLEEP), "/tmp/queue" },
		{ "of SIGIO, and no descriptor can be seen", SIGNAL(SIGIO), 'S', NULL,
		  VERDICT_WAITING, REASON_SIGNAL },
		{ "of a signal that F_SETSIG may have chosen", SIGNAL(SIGUSR1), 'S', "020002",
		  VERDICT_WAITING, REASON_SIGNAL },
		{ "of a signal, and there is a lease", SIGNAL(SIGUSR1), 'S',
		  "02\nlock:\t1: LEASE  ACTIVE    READ 10 00:01:7 0 EOF", VERDICT_WAITING,
		  REASON_SIGNAL, "/tmp/file" },
		{ "of a signal that a device of USB may send", SIGNAL(SIGUSR1), 'S', BY_NAME_TEXT,
		  VERDICT_WAITING, REASON_SIGNAL, "/dev/bus/usb/001/004" },
		{ "of a signal, and a device is none of USB", SIGNAL(SIGUSR1), 'S', BY_NAME_TEXT,
		  STUCK_AS(ALL_SLEEP), "/dev/snd/timer" },
		{ "of SIGIO, and a directory may be watched", SIGNAL(SIGIO), 'S', BY_NAME_TEXT,
		  VERDICT_WAITING, REASON_SIGNAL, "/tmp" },
		{ "of SIGIO, and a file is no directory", SIGNAL(SIGIO), 'S', BY_NAME_TEXT,
		  STUCK_AS(ALL_SLEEP), "/etc/passwd" },
		{ "of SIGIO, and an epoll set sends none", SIGNAL(SIGIO), 'S', "020002",
		  STUCK_AS(ALL_SLEEP), "anon_inode:[eventpoll]" },
		{ "of the signal that tells of the end of the child", SIGNAL(SIGUSR1), 'S', "02",
		  VERDICT_WAITING, REASON_SIGNAL, .exit_signal = SIGUSR1 },
		{ "of another one than that", SIGNAL(SIGUSR1), 'S', "02", STUCK_AS(ALL_SLEEP),
		  .exit_signal = SIGUSR2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct scene sc = { .call = CALL(WAIT4, 14, 0, 0, 0, 0), .wchan = "do_wait",
				    .call_20 = READS(5), .ppid_20 = 10, .caught = cases[i].caught,
				    .fds = { READER(20, 5), WRITER(20, 6) } };
		struct snapshot s;
		struct analysis a;

		create_tree(&sc);
		create_task(30, 30, cases[i].state, 10, 0, SLEEPS);
		create_exit_signal(30, cases[i].exit_signal ?: SIGCHLD);
		if (cases[i].flags) {
			char info[128];

			snprintf(info, sizeof(info), "pos:\t0\nflags:\t%s\n", cases[i].flags);
			create_link(cases[i].target ?: "socket:[9]", "10/task/10/fd/0");
			create_file(info, "10/task/10/fdinfo/0");
		}
		load(&s, &sc);
		find_blocked(root, &comparers, &s);
		analyze(&a, &s, NULL);
		ok(a.judgements[0].verdict == cases[i].verdict &&
		   a.judgements[0].reason == cases[i].reason, "a handler: %s", cases[i].name);
		analysis_free(&a);
		snapshot_free(&s);
		remove_tree();
	}
}

/* A thread waits for a child that hangs, until the child's terminal hangs up, or job control stops it. */
static void test_terminal(void)
{
	static const struct {
		const char *name;
		pid_t pid;		/* which has the terminal */
		const char *signals;
		enum verdict verdict;
		const char *call;	/* default: the wait sees the end alone */
	} cases[] = {
		{ "which ends it", 20, "SigCgt:\t0\n", VERDICT_WAITING },
		{ "whose hangup it ignores", 20, "SigCgt:\t0\nSigIgn:\t1\n", VERDICT_NO_WAKER },
		{ "whose hangup it handles", 20, "SigCgt:\t1\n", VERDICT_NO_WAKER },
		{ "whose hangup it blocks", 20, "SigCgt:\t0\nSigBlk:\t1\n", VERDICT_NO_WAKER },
		{ "which ends the one that waits", 10, "SigCgt:\t0\n", VERDICT_NO_WAKER },
		{ "which stops it, as wait4 sees", 20, "SigCgt:\t0\nSigIgn:\t1\n", VERDICT_WAITING,
		  CALL(WAIT4, 14, 0, 2, 0, 0) },
		{ "which continues it, as wait4 for any child sees", 20,
		  "SigCgt:\t0\nSigIgn:\t1\n", VERDICT_WAITING,
		  CALL(WAIT4, ffffffff, 0, 8, 0, 0) },
		{ "which stops it, as waitid sees", 20, "SigCgt:\t0\nSigIgn:\t1\n", VERDICT_WAITING,
		  CALL(WAITID, 1, 14, 0, 6, 0) },
		{ "which waitid does not see", 20, "SigCgt:\t0\nSigIgn:\t1\n", VERDICT_NO_WAKER,
		  CALL(WAITID, 1, 14, 0, 4, 0) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		pid_t pid = cases[i].pid, writer = pid == 10 ? 20 : 10;
		struct scene sc = { .call = cases[i].call ?: CALL(WAIT4, 14, 0, 0, 0, 0),
				    .call_20 = READS(5), .ppid_20 = 10, .wchan = "do_wait",
				    .fds = { READER(20, 5), WRITER(writer, 6) } };
		char text[256];
		struct snapshot s;
		struct analysis a;

		create_tree(&sc);
		snprintf(text, sizeof(text), "Name:\tt\nState:\tS (x)\nTgid:\t20\nPPid:\t10\n"
			 "TracerPid:\t0\nNSpid:\t20\n%s", cases[i].signals);
		create_file(text, "20/task/20/status");
		snprintf(text, sizeof(text), "%d (t) S %d 1 1 34816 -1 0 9 8 7 6 5 4 3 2 20 0 1 0 5 "
			 "1000 5\n", pid, pid == 20 ? 10 : 1);
		create_file(text, "%d/task/%d/stat", pid, pid);
		load(&s, &sc);
		find_blocked(root, &comparers, &s);
		analyze(&a, &s, NULL);
		is_num(a.judgements[0].verdict, cases[i].verdict, cases[i].name);
		analysis_free(&a);
		snapshot_free(&s);
		remove_tree();
	}
}

/* Where not all processes are shown, there may be any children. */
static void test_signals_in_container(void)
{
	struct scene sc = { .call = SLEEPS, .pid_ns = "pid:[4026532000]",
			    .caught = SIGNAL(SIGCHLD) };
	struct snapshot s;

	create_tree(&sc);
	load(&s, &sc);
	find_blocked(root, &comparers, &s);
	is_num(s.processes[0].signallers, SIGNALLERS_UNKNOWN, "who sends signals in a container");
	snapshot_free(&s);
	remove_tree();
}

/* One child is waited for; another one has ended, or can run. */
static void test_other_child(void)
{
	static const struct {
		const char *call;
		char state;
		enum verdict verdict;
	} cases[] = {
		{ CALL(WAIT4, 14, 0, 0, 0, 0), 'S', VERDICT_NO_WAKER },
		{ CALL(WAIT4, 14, 0, 0, 0, 0), 'Z', VERDICT_NO_WAKER },
		{ CALL(WAIT4, ffffffff, 0, 0, 0, 0), 'S', VERDICT_WAITING },
		{ CALL(WAIT4, ffffffff, 0, 0, 0, 0), 'Z', VERDICT_WAITING },
		{ CALL(WAITID, 1, 14, 0, 0, 0), 'S', VERDICT_NO_WAKER },
		{ CALL(WAITID, 1, 14, 0, 0, 0), 'Z', VERDICT_NO_WAKER },
		{ CALL(WAITID, 0, 14, 0, 0, 0), 'S', VERDICT_WAITING },
		{ CALL(WAITID, 3, 14, 0, 0, 0), 'Z', VERDICT_WAITING },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct scene sc = { .call = cases[i].call, .call_20 = READS(5), .ppid_20 = 10,
				    .wchan = "do_wait",
				    .fds = { READER(20, 5), WRITER(20, 6) } };
		struct snapshot s;
		struct analysis a;

		create_tree(&sc);
		create_task(30, 30, cases[i].state, 10, 0, SLEEPS);
		load(&s, &sc);
		find_blocked(root, &comparers, &s);
		analyze(&a, &s, NULL);
		ok(a.judgements[0].verdict == cases[i].verdict,
		   "another child in state %c, call %.25s", cases[i].state, cases[i].call);
		analysis_free(&a);
		snapshot_free(&s);
		remove_tree();
	}
}

/* Another process of its memory can run, but only the child of vfork ends the call. */
static void test_vfork_wakers(void)
{
	static const struct {
		const char *name;
		const char *call;
		enum sleep_kind kind;
		size_t nr;
	} cases[] = {
		{ "vfork", CALL(CLONE, 4111, 0, 0, 0, 0), SLEEP_VFORK, 1 },
		{ "vfork of a thread", CALL(CLONE, 14111, 0, 0, 0, 0), SLEEP_CLONE, 2 },
		{ "clone3, whose flags are not known", CALL(CLONE3, 10010, 0, 0, 0, 0),
		  SLEEP_CLONE, 2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct scene sc = { .call = cases[i].call, .call_20 = SLEEPS, .ppid_20 = 10,
				    .state_10 = 'D', .wchan = "kernel_clone" };
		struct snapshot s;

		create_tree(&sc);
		load(&s, &sc);
		find_blocked(root, &comparers, &s);
		ok(s.nr_blocked == 1 && s.wakers[0].kind == cases[i].kind &&
		   s.wakers[0].nr_processes == cases[i].nr, "who can end %s", cases[i].name);
		snapshot_free(&s);
		remove_tree();
	}
}

/* The main thread of a child has ended, and its other thread goes on, or not. */
static void test_ended_main_thread(void)
{
	static const struct {
		const char *name;
		char state;
		const char *call;
		enum verdict verdict;
	} cases[] = {
		{ "reads its own pipe", 'S', READS(5), VERDICT_NO_WAKER },
		{ "sleeps elsewhere", 'S', SLEEPS, VERDICT_WAITING },
		{ "has ended too", 'Z', READS(5), VERDICT_WAITING },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scene sc = { .call = CALL(WAIT4, 14, 0, 0, 0, 0), .call_20 = "0\n",
				    .ppid_20 = 10, .state_20 = 'Z' };
		struct snapshot s;
		struct analysis a;

		create_tree(&sc);
		create_task(20, 19, cases[i].state, 10, 0, cases[i].call);
		create_fd(&(struct fd){ 20, 5, "pipe:[7]", O_RDONLY, 19 });
		create_fd(&(struct fd){ 20, 6, "pipe:[7]", O_WRONLY, 19 });
		load(&s, &sc);
		find_blocked(root, &comparers, &s);
		analyze(&a, &s, NULL);
		ok(a.judgements[0].verdict == cases[i].verdict,
		   "the main thread of a child has ended, another thread %s", cases[i].name);
		analysis_free(&a);
		snapshot_free(&s);
		remove_tree();
	}
}

/* It waits for a child that waits for a stuck one, maybe for some time only. */
static void test_timer_of_child(void)
{
	static const struct {
		const char *name;
		const char *file;
		const char *status;
		enum verdict verdict;
	} cases[] = {
		{ "without a timer", "", "", VERDICT_NO_WAKER },
		{ "with one of timer_create", "ID: 0\nsignal: 14/0\n", "", VERDICT_WAITING },
		{ "with a handler for that of alarm", "", "SigCgt:\t2000\n", VERDICT_WAITING },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scene sc = { .call = CALL(WAIT4, 14, 0, 0, 0, 0),
				    .call_20 = CALL(WAIT4, 1e, 0, 0, 0, 0), .ppid_20 = 10,
				    .fds = { READER(30, 5), WRITER(30, 6) } };
		char status[256];
		struct snapshot s;
		struct analysis a;

		create_tree(&sc);
		create_task(30, 30, 'S', 20, 0, READS(5));
		create_file(cases[i].file, "20/timers");
		snprintf(status, sizeof(status), "Name:\tt\nState:\tS (x)\nTgid:\t20\n"
			 "PPid:\t10\nTracerPid:\t0\nNSpid:\t20\n%s", *cases[i].status ?
			 cases[i].status : "SigCgt:\t0\n");
		create_file(status, "20/task/20/status");
		load(&s, &sc);
		find_blocked(root, &comparers, &s);
		analyze(&a, &s, NULL);
		ok(a.judgements[0].verdict == cases[i].verdict, "a child %s", cases[i].name);
		analysis_free(&a);
		snapshot_free(&s);
		remove_tree();
	}
}

/* A ring without a descriptor may have files all the same. */
static void test_io_uring(void)
{
	static const enum yesno uses[] = { NO, YES };

	for (size_t i = 0; i < 2; i++) {
		struct scene sc = { .call = READS(3), OWN_PIPE };
		struct snapshot s;

		create_tree(&sc);
		load(&s, &sc);
		s.threads[snapshot_find_thread(&s, 11)].io_uring = uses[i];
		find_blocked(root, &comparers, &s);
		is_num(s.nr_blocked, uses[i] == NO, uses[i] == NO ? "nobody has used io_uring" :
		       "a thread has used io_uring");
		snapshot_free(&s);
		remove_tree();
	}
}

/* Process 20 is made while the others are looked at, and has the other end. */
static int compare_late(pid_t x, pid_t y)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/20", root);
	if (access(path, F_OK)) {
		create_task(20, 20, 'S', 1, 0, SLEEPS);
		create_fd(&(struct fd)WRITER(20, 4));
	}
	return compare_tables(x, y);
}

static void test_new_process(void)
{
	const struct comparers late = { .tables = compare_late, .files = compare_fds };
	struct scene sc = { .call = READS(3), OWN_PIPE };
	struct snapshot s;

	create_tree(&sc);
	load(&s, &sc);
	find_blocked(root, &late, &s);
	is_num(s.nr_waker_processes, 2, "a process is found that is made meanwhile");
	snapshot_free(&s);
	remove_tree();
}

int main(void)
{
	tap_start();
	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++)
		test_scene(&scenes[i]);
	test_shared_pipe();
	test_signal_thread();
	test_grandchild();
	test_signals();
	test_signals_in_container();
	test_terminal();
	test_other_child();
	test_vfork_wakers();
	test_io_uring();
	test_ended_main_thread();
	test_timer_of_child();
	test_new_process();
	return tap_end();
}
