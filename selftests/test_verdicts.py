#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What the tool says of processes of which it is known who can wake them. With the module, or with
--source proc, which sees less."""

import os
import re
import typing

from lib import ksft, tool
from seeds.programs import until

MKVERDICTS = os.path.join(ksft.BUILT, "mkverdicts")

# fdinfo tells which file a descriptor is of.
with open("/proc/self/fdinfo/0", encoding="ascii") as info:
    HAS_INO = "ino:" in info.read()


# mkverdicts arms its timers for so long; half a minute may have passed.
FAR = r"(100000|999[789]\d) s"
ENDS_IT = "; its own timer ends it in %s" % FAR

SIGNALLED = "its process handles a signal that a child of it"


class Kind(typing.NamedTuple):
    """One of the kinds of mkverdicts. The reason is a regular expression. What the module says of
    the thread may take a while to become true."""
    name: str
    what: str
    verdict: str
    certainty: str = None
    reason: str = ""
    needs_ino: bool = False
    source: str = "module"
    thread: tuple = ()


KINDS = (
    Kind("named", "a word in a file of /dev/shm", "waiting",
         reason="waits for whoever opens /dev/shm/mkverdicts."),
    Kind("unlinked", "a word in such a file whose name was removed", "no-waker", "likely",
         needs_ino=True),
    Kind("memfd_closed", "a word in a memfd that nobody has open", "no-waker", "likely",
         needs_ino=True),
    Kind("memfd_own", "a word in a memfd that its waiter has open", "no-waker", "likely",
         needs_ino=True),
    Kind("memfd_held", "a word in a memfd that another process has open", "waiting",
         reason="has its memory open"),
    Kind("sysv", "a word in System V memory", "waiting", reason="attaches the System V memory"),
    Kind("anonymous", "a word in memory that only fork passes on", "no-waker", "likely"),
    Kind("private_in_shared", "a private wait on shared memory", "no-waker", "barring-signals",
         "private wait on shared memory"),
    Kind("timer_handler", "a process whose timer sends it a signal that it handles", "waiting",
         reason="a handler may run in %s, and wake it" % FAR),
    Kind("timer_object", "a timer that is not armed", "no-waker", "barring-signals"),
    Kind("timer_of_other", "a timer of another signal than the one that is handled", "no-waker",
         "barring-signals", ENDS_IT),
    Kind("timer_ignored", "a timer whose signal is ignored", "no-waker", "certain",
         "; the end of its parent, process [0-9]+, ends it"),
    Kind("timer_default", "a timer whose signal does nothing by default", "no-waker", "certain"),
    Kind("timer_stops", "a timer whose signal stops the process", "no-waker", "certain"),
    Kind("timer_masked", "a timer whose signal all threads block", "no-waker", "barring-signals"),
    Kind("timer_half_masked", "a timer whose signal another thread does not block", "waiting",
         reason="a handler may run"),
    Kind("timer_cpu", "a timer whose clock stands still while nobody runs", "no-waker",
         "barring-signals"),
    Kind("timer_thread", "a timer that has a thread of the C library", "waiting"),
    Kind("timer_sigwait", "a timer whose signal a thread waits for", "waiting"),
    Kind("timer_ends", "a process that its timer ends", "no-waker", "certain", ENDS_IT),
    Kind("timer_shared", "the same, and its word is in shared memory", "no-waker", "likely",
         ENDS_IT),
    Kind("timer_robust", "a robust lock in shared memory, whose holder its timer ends", "blocked",
         reason="; its own timer ends its process in %s" % FAR),
    Kind("timer_pi", "the same with priority inheritance", "blocked",
         reason="; its own timer ends its process in %s" % FAR),
    Kind("timer_child", "a wait for a thread that waits for a child, which its timer ends",
         "waiting"),
    Kind("timer_child_ignores", "the same, but the timer does nothing", "no-waker", "likely"),
    Kind("orphan_named", "a lock in a file of /dev/shm whose holder is gone", "orphaned", "likely"),
    Kind("namespaces", "a lock whose holder was in another pid namespace, where it had the id that "
         "its waiter has in its own", "blocked", reason="^shared futex"),
    Kind("wait_any", "a wait for a thread that waits for any child, one of which can run",
         "waiting"),
    Kind("wait_one", "the same, but it waits for the other child, and a third one has ended",
         "no-waker", "likely"),
    Kind("vfork_lock", "a lock whose holder waits for a vfork child, which waits for that lock",
         "no-waker", "likely", r"in state D (for \S+ )?in (vfork|clone), for process [0-9]+ \(mkverdicts\), "
         r"which (sleeps|has slept for \S+) in "),
    Kind("timer_thread_idle", "a thread of the C library for timers, none of which is armed",
         "no-waker", "likely", "waits for a timer of process [0-9]+, which has none that is armed"),
    Kind("file_lock", "a lock whose holder waits for a file lock of the waiter", "no-waker", "likely",
         r"which (sleeps|has slept for \S+) in flock\([0-9]+\): .*, whose lock is held by process "),
    Kind("file_lock_held", "a wait for a thread that waits for a file lock of a process that can "
         "run", "waiting"),
    Kind("record_lock", "the same with a record lock of a process that hangs", "no-waker",
         "likely", "waits for a lock of the file of inode"),
    Kind("open_file_lock", "a lock whose holder waits for the lock of an open file of its own process",
         "no-waker", "likely", r"which (sleeps|has slept for \S+) in fcntl\([0-9]+\): "),
    Kind("open_file_lock_held", "the same, and a process that can run has that open file", "blocked"),
    Kind("open_file_locks", "the same, but somebody waits for such a lock of another file, too",
         "blocked"),
    Kind("pipe_own", "a wait for a thread that reads a pipe of its own process", "no-waker", "likely"),
    Kind("pipe_own", "the same, without the module, which tells on which pipe a thread sleeps",
         "waiting", source="proc"),
    Kind("pipe_full", "the same, and it writes", "no-waker", "likely"),
    Kind("pipe_replaced", "the same, but its descriptor is another pipe by now", "waiting"),
    Kind("pipe_spliced", "a wait for a thread that reads a pipe to which a call writes whose "
         "descriptor is closed", "waiting"),
    Kind("socket_own", "a wait for a thread that reads a socket of its own process", "no-waker",
         "likely", "waits for the other end of unix socket"),
    Kind("socket_packets", "the same, and the socket has records", "no-waker", "likely"),
    Kind("socket_full", "the same, and it writes", "no-waker", "likely"),
    Kind("socket_timeout", "the same with a timeout", "waiting"),
    Kind("socket_datagrams", "the same with datagrams", "waiting"),
    Kind("socket_held", "the same, and a process that can run has the other end, too", "waiting"),
    Kind("socket_hung", "the same, and only a process that hangs has the other end", "no-waker",
         "likely"),
    Kind("socket_handler", "the same, and a signal handler may write to the other end",
         "waiting"),
    Kind("socket_unaccepted", "the same, and nobody has accepted the connection", "waiting"),
    Kind("event_own", "a wait for a thread that reads an eventfd of its own process", "no-waker",
         "likely", "waits for eventfd [0-9]+, which only processes that cannot run have open"),
    Kind("event_held", "the same, and a process that can run has it, too", "waiting"),
    Kind("event_hung", "the same, and that process hangs", "no-waker", "likely"),
    Kind("event_handler", "the same, and a signal handler may write to it", "waiting"),
    Kind("event_replaced", "the same, but its descriptor is another one by now", "waiting"),
    Kind("event_device", "the same, and a process has a device that may signal one", "waiting"),
    Kind("poll_own", "a wait for a thread that polls files of its own process", "no-waker",
         "likely"),
    Kind("poll_held", "the same, and a process that can run has them, too", "waiting"),
    Kind("poll_timeout", "the same with a timeout", "waiting"),
    Kind("poll_changed", "the same, but its array names a pipe of its own by now", "waiting"),
    Kind("poll_changed_back", "the same, but others have what its array names by now",
         "no-waker", "likely"),
    Kind("select_own", "a wait for a thread that selects files of its own process", "no-waker",
         "likely"),
    Kind("epoll_own", "a wait for a thread that waits for an epoll set of its own process",
         "no-waker", "likely"),
    Kind("epoll_empty", "the same, and nothing is in it", "waiting"),
    Kind("epoll_held", "the same, and a process that can run has it, too", "waiting"),
    Kind("epoll_writer", "the same, and a process that can run can write to a pipe in it",
         "waiting"),
    Kind("epoll_timer", "the same, and it has a timer, whose number is closed", "waiting"),
    Kind("sigchld_alone", "a process that handles SIGCHLD and has no child", "no-waker",
         "barring-signals"),
    Kind("sigchld_running", "one that has a child that can run", "waiting", reason=SIGNALLED),
    Kind("sigchld_running", "the same, without the module", "waiting", reason=SIGNALLED,
         source="proc"),
    Kind("sigchld_stuck", "one whose child hangs", "no-waker", "barring-signals"),
    Kind("sigchld_timer", "one whose child hangs until its timer ends it", "waiting",
         reason=SIGNALLED),
    Kind("sigchld_masked", "one whose threads all block SIGCHLD", "no-waker", "barring-signals"),
    Kind("sigchld_read", "one that reads a pipe whose writer hangs, while another child can run",
         "waiting", reason=SIGNALLED),
    Kind("sigio", "one that handles SIGIO, with a pipe that sends it", "waiting",
         reason=SIGNALLED),
    Kind("sigurg", "one that handles SIGURG, with a socket", "waiting", reason=SIGNALLED),
    Kind("message_queue", "one that handles a signal, with a message queue", "waiting",
         reason=SIGNALLED),
    Kind("chosen_signal", "one that handles a signal which F_SETSIG has chosen", "waiting",
         reason=SIGNALLED),
    Kind("signal_of_other", "one that handles SIGIO, which a pipe of another process sends it",
         "waiting", reason=SIGNALLED),
    Kind("watched_directory", "one that handles SIGIO, and watches a directory", "waiting",
         reason=SIGNALLED),
    Kind("leased_file", "one that handles SIGIO, and has a lease", "waiting", reason=SIGNALLED),
    Kind("timer_of_libc_signal", "one that handles the signal of its timer, which is one of those that "
         "C libraries keep", "waiting", reason="a handler may run in %s" % FAR),
    Kind("timer_of_libc_signal", "the same, without the module", "waiting",
         reason="may have a timer whose signal it handles", source="proc"),
    Kind("exit_signal", "one that handles the signal by which the end of its child is told",
         "waiting", reason=SIGNALLED),
    Kind("exit_signal_other", "one that handles another signal than that", "no-waker",
         "barring-signals"),
    Kind("told", "a child of fork that handles SIGUSR1, which its parent does not", "signal"),
    Kind("told", "the same, without the module", "signal", source="proc"),
    Kind("told_realtime", "one that handles a real-time signal", "signal"),
    Kind("told_interrupt", "one that handles SIGINT, and is not Python", "signal"),
    Kind("told_after_timer", "a daemon with a thread of the C library for timers, of which none is left",
         "signal"),
    Kind("told_at_two", "a daemon that waits for a number, which may be that of a lock", "signal"),
    Kind("told_at_two", "the same, without the module", "signal", source="proc"),
    Kind("told_by_copy", "one whose handler is its parent's", "no-waker", "barring-signals"),
    Kind("told_master", "one that waits for its parent, which a signal may tell to wake it",
         "signal", reason="a process that could wake it"),
    Kind("parked", "a worker whose state looks like a mutex that it has locked itself", "waiting"),
    Kind("parked", "the same, without the module", "waiting", source="proc"),
    Kind("parent_runs", "one that handles a signal that the end of its parent sends", "waiting",
         reason=SIGNALLED),
    Kind("parent_hangs", "the same, but its parent hangs", "no-waker", "barring-signals"),
    Kind("hangup", "a wait for a thread that reads from a process which a hangup of its terminal "
         "ends", "waiting"),
    Kind("hangup_ignored", "the same, but that process ignores it", "no-waker", "likely"),
    Kind("job_control", "a wait for a thread that waits for its child to end, or to be stopped, which "
         "its terminal may do", "waiting"),
    Kind("hangup", "the same as hangup, without the module", "waiting", source="proc"),
    Kind("traced", "a thread whose tracer can run", "waiting", reason="^it is traced by thread"),
    Kind("traced_hangs", "a thread whose tracer hangs", "no-waker", "likely",
         "; it is traced by thread"),
    Kind("timer_handler", "a process that handles SIGALRM, without the module", "waiting",
         reason="may have a timer whose signal it handles", source="proc"),
    Kind("timer_of_other", "a timer of another signal than the one that is handled, without the "
         "module", "no-waker", "likely", "; its own timer may end it", source="proc"),
    Kind("supervised", "a futex call that its seccomp supervisor has", "unknown", source="proc"),
    Kind("ring", "a process with an io_uring, which may wake it", "waiting",
         reason="io_uring", source="proc"),
    Kind("ended_main", "a process whose main thread has ended, as that of another", "no-waker",
         "likely", source="proc"),
    Kind("unflagged", "a private word without the flag for it", "no-waker", "likely",
         source="proc"),
    Kind("ring_closed", "a process whose io_uring is closed", "no-waker", "certain",
         thread=("io_uring", "no")),
    Kind("once", "a pthread_once() that goes on for good", "blocked", reason="^the lock names no holder"),
    Kind("once", "the same, without the module", "blocked", reason="^the lock names no holder",
         source="proc"),
    Kind("number", "a wait for the same number, but not by the C library", "waiting"),
    Kind("main_held", "a lock of a main thread that has ended", "orphaned", "likely",
         "^its lock's holder, thread [0-9]+, is the main thread of this process, which has ended"),
    Kind("pi_cycle", "a cycle of locks, one with priority inheritance", "deadlock", "likely"),
    Kind("pi_cycle", "the same, without the module", "deadlock", "likely", source="proc"),
)


def wait_for_thread(tid, key, value):
    """Until the module says so of a thread."""
    def says_so():
        return any(kind == "thread" and fields["tid"] == tid and fields[key] == value
                   for kind, fields in ksft.read_waiters())
    until("thread %s has %s=%s" % (tid, key, value), says_so)


def judge_at_rest(tid, kind):
    """The verdict of a thread, once none of those that it depends on runs or has just run."""
    def judged():
        got = tool.judge_threads("--source", kind.source)[tid]
        at_rest = got["verdict"] != "unknown" and not got["reason"].endswith(" runs")
        return got if at_rest or got["verdict"] == kind.verdict else None
    return until("%s is judged" % kind.name, judged)


def kind_test(kind):
    """The test of one kind."""
    def test():
        with ksft.Factory(kind.name, MKVERDICTS) as factory:
            tid = factory.get("waiter")[0]["tid"]
            if kind.thread:
                wait_for_thread(tid, *kind.thread)
            got = judge_at_rest(int(tid), kind)
        wanted = (kind.verdict, kind.certainty)
        if kind.needs_ino and not HAS_INO:
            wanted = ("waiting", None)
        ksft.equal((got["verdict"], got["certainty"]), wanted, got["reason"])
        if not re.search(kind.reason, got["reason"]):
            raise AssertionError("no %r in the reason: %s" % (kind.reason, got["reason"]))
        ksft.equal("own timer" in got["reason"], "own timer" in kind.reason, got["reason"])
    test.__doc__ = kind.what
    return test


ksft.run([kind_test(kind) for kind in KINDS])
