#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Hangs that people met and wrote down, each driven into that state with real programs:
a fork with a thread pool, a debugger that reads its own pipe, a signal handler in the
middle of a lock, a fork with locks held, a tracer that waits for its own stopped tracee."""

import os
import platform
import re
import signal

from lib import ksft, tool
from seeds.programs import (BUILT, SOURCES, STUCK, Gdb, Program, check_live, expect,
                            expect_reason, judge, until)

POOL = os.path.join(BUILT, "libpool.so")
WORKERS = 3  # of pipes.py
LOOKS = 3

CALLS = {"read": {"x86_64": 0, "aarch64": 63}, "wait4": {"x86_64": 61, "aarch64": 260}}


def built(name, *args):
    """A program of ours."""
    return Program(os.path.join(BUILT, name), *args)


def python(name, *args):
    """The same in Python."""
    return Program("/usr/bin/python3", os.path.join(SOURCES, name), *args)


def settled(tgid, count):
    """The waiters of a process, as soon as there are so many and none of them moves."""
    def look():
        waiters = judge(tgid)
        moved = any(waiter["verdict"] == "unknown" for waiter in waiters)
        return waiters if len(waiters) == count and not moved else None
    return until("%d settled waiters of process %d" % (count, tgid), look)


def wait_until_in(tgid, call):
    """Until the first thread of a process sleeps in this system call. Return its first
    argument."""
    number = str(CALLS[call][platform.machine()])

    def look():
        with open("/proc/%d/syscall" % tgid, encoding="ascii") as file:
            got = file.read().split()
        return got if got[0] == number else None
    return int(until("process %d is in %s" % (tgid, call), look)[1], 16)


def fork_pool(program):
    """The child of fork_pool.py, which must be in the one state that it can be in."""
    child = program.number("child")
    got, = settled(child, 1)
    expect(got, tid=child, syscall="futex", op="FUTEX_WAIT_BITSET", flags="PRIVATE",
           expected=33, value=33, bitset="0xffffffff", timeout="none", queued="yes",
           live_count=1, live_threads=str(child), ppid=program.tgid, execed=False,
           verdict=("orphaned", "no-waker"), certainty="barring-signals")
    expect_reason(got, "fork", program.tgid)
    return got


def test_pool_in_child():
    """000: a child of fork waits for a pool whose threads it lacks; the parent lives"""
    with python("fork_pool.py", POOL, "stay").wait_for("ready") as program:
        got = fork_pool(program)
        status, output, _ = tool.run("explain", str(got["tid"]))
        ksft.equal(status, 3, "status of explain")
        call = "futex(%s, FUTEX_WAIT_BITSET_PRIVATE, 33, NULL, NULL, 0xffffffff)" % got["uaddr"]
        for text in (call, "1 thread"):
            if text not in output:
                raise AssertionError("no %r in: %s" % (text, output))
        workers = settled(program.tgid, 4)
        check_live(workers)
        for worker in workers:
            expect(worker, verdict="waiting")


def test_pool_in_child_waited_for():
    """000: the parent waits for such a child, and so do the threads of its own pool"""
    with python("fork_pool.py", POOL, "wait").wait_for("ready") as program:
        got = fork_pool(program)
        wait_until_in(program.tgid, "wait4")
        for worker in settled(program.tgid, 4):
            expect(worker, verdict="no-waker", certainty=("barring-signals", "likely"))
            expect_reason(worker, program.tgid, "child")


def stuck_gdb():
    """gdb, which a program that loads a library from memory is going to hang."""
    return Gdb("-ex", "set confirm off", "-ex", "run", "--args",
               os.path.join(BUILT, "from_memory"), POOL)


def gdb_workers(gdb):
    """The waiting threads of that gdb, once it hangs."""
    gdb.wait_until_said("loading /proc/self/fd/")

    def reads_a_pipe():
        fd = wait_until_in(gdb.tgid, "read")
        return os.readlink("/proc/%d/fd/%d" % (gdb.tgid, fd)).startswith("pipe:")
    until("gdb reads a pipe", reads_a_pipe)
    workers = settled(gdb.tgid, len(os.listdir("/proc/%d/task" % gdb.tgid)) - 1)
    if not workers:
        raise ksft.Skip("this gdb has no worker threads")
    return workers


def test_gdb_reads_itself():
    """001: gdb reads a pipe that only gdb could write to; its workers wait for that"""
    with stuck_gdb() as gdb:
        workers = gdb_workers(gdb)
        for worker in workers:
            expect(worker, op="FUTEX_WAIT_BITSET", flags=("PRIVATE", "PRIVATE|CLOCK_REALTIME"),
                   expected=0, timeout="none", verdict="no-waker",
                   certainty=("barring-signals", "likely"))
            expect_reason(worker, "pipe", gdb.tgid)


def test_gdb_at_prompt():
    """001: gdb at its prompt is not accused"""
    with Gdb() as gdb:
        gdb.wait_until_said("(gdb) ")
        workers = settled(gdb.tgid, len(os.listdir("/proc/%d/task" % gdb.tgid)) - 1)
        if not workers:
            raise ksft.Skip("this gdb has no worker threads")
        for worker in workers:
            expect(worker, verdict="waiting")
            expect_reason(worker, gdb.tgid)


def test_own_pipe():
    """001: the same in small: the first thread reads a pipe of its own"""
    with python("pipes.py", "own").wait_for("ready") as program:
        wait_until_in(program.tgid, "read")
        for waiter in settled(program.tgid, WORKERS):
            expect(waiter, verdict="no-waker", certainty=("barring-signals", "likely"))
            expect_reason(waiter, "pipe", program.tgid)


def test_two_pipes():
    """001: two processes each read a pipe that only the other one could write to"""
    with python("pipes.py", "two").wait_for("ready") as program:
        tgids = program.tgid, program.number("child")
        for tgid in tgids:
            wait_until_in(tgid, "read")
        for tgid in tgids:
            for waiter in settled(tgid, WORKERS):
                expect(waiter, verdict=("no-waker", "deadlock"),
                       certainty=("barring-signals", "likely"))
                expect_reason(waiter, "pipe", tgid)


def live_test(state, call, name):
    """The test of a state of pipes.py in which somebody can wake the first thread: it is
    not accused, and goes on when it is let to."""
    def test():
        with python("pipes.py", state).wait_for("ready") as program:
            wait_until_in(program.tgid, call)
            for _ in range(LOOKS):
                check_live(settled(program.tgid, WORKERS))
            program.tell("")
            program.wait_for("woken")
    test.__doc__ = "001: not accused: " + name
    return test


def test_alarm():
    """001: not accused: it waits for a child that waits for a stuck one, until an alarm"""
    with python("pipes.py", "alarm").wait_for("ready") as program:
        child = program.number("child")

        def grandchild():
            with open("/proc/%d/task/%d/children" % (child, child), encoding="ascii") as file:
                return int(file.read() or 0)
        wait_until_in(until("the child has one", grandchild), "read")
        for tgid in child, program.tgid:
            wait_until_in(tgid, "wait4")
        for _ in range(LOOKS):
            check_live(settled(program.tgid, WORKERS))
        os.kill(child, signal.SIGALRM)
        program.wait_for("woken")


def test_stopped_writer():
    """001: stopped, not stuck: it reads a pipe that a stopped child could write to"""
    with python("pipes.py", "child").wait_for("ready") as program:
        child = program.number("child")
        wait_until_in(program.tgid, "read")
        os.kill(child, signal.SIGSTOP)
        for _ in range(LOOKS):
            for waiter in settled(program.tgid, WORKERS):
                expect(waiter, verdict=("stopped", "waiting"))
        os.kill(child, signal.SIGCONT)
        program.tell("")
        program.wait_for("woken")


def test_outside():
    """001: not accused: its pipe belongs to a process that the tool cannot see"""
    read_end, write_end = os.pipe()
    with Program("unshare", "--pid", "--fork", "--mount-proc", "/usr/bin/python3",
                 os.path.join(SOURCES, "pipes.py"), "given", str(read_end),
                 pass_fds=(read_end, write_end)).wait_for("ready") as program:
        os.close(read_end)
        with open("/proc/%d/task/%d/children" % (program.tgid, program.tgid),
                  encoding="ascii") as file:
            inside = int(file.read())

        def look():
            waiters = judge(1, through=("nsenter", "-t", str(inside), "-p", "-m"))
            return waiters if len(waiters) == WORKERS else None
        wait_until_in(inside, "read")
        for _ in range(LOOKS):
            check_live(until("%d waiters inside" % WORKERS, look))
        os.write(write_end, b"x")
        program.wait_for("woken")
    os.close(write_end)


def test_handler_in_lock():
    """002: a signal handler waits for the lock that its thread was about to own"""
    with built("sigprof", os.path.join(BUILT, "victim")).wait_for("ready") as program:
        tgid = program.number("victim")
        for waiter in settled(tgid, 2):
            expect(waiter, op="FUTEX_WAIT", flags="PRIVATE", expected=2, value=2, timeout="none",
                   queued="yes", live_count=2, verdict=("no-waker", "deadlock"),
                   certainty="barring-signals")
            # No word names a holder.
            if waiter.get("holder") not in (None, tgid):
                raise AssertionError("holder in %s" % waiter)


def fork_with_lock(lock):
    """A child of fork that waits for this lock, once it does; and the thread of the parent
    that holds it."""
    with built("fork_locks", lock).wait_for("ready") as program:
        child = program.number("child")
        got, = settled(child, 1)
        expect(got, tid=child, op="FUTEX_WAIT", flags="PRIVATE", expected=2, value=2,
               timeout="none", live_count=1, live_threads=str(child), execed=False,
               certainty="certain")
        expect_reason(got, "fork", program.tgid)
        check_live(judge(program.tgid))
        return got, program.number("parent", "holder")


def test_fork_libc():
    """003: a child of fork wants the C library's lock for time zones"""
    got, _ = fork_with_lock("timezone")
    expect(got, verdict="no-waker")


def test_fork_stream():
    """003: a child of fork wants the lock of a stream"""
    got, _ = fork_with_lock("stream")
    expect(got, verdict=("no-waker", "orphaned"))


def test_fork_mutex():
    """003: a child of fork wants a mutex that a thread of the parent holds"""
    got, holder = fork_with_lock("mutex")
    expect(got, verdict="orphaned", primitive="pthread_mutex", holder=holder)
    expect_reason(got, holder, "parent")


def test_all_traced():
    """004: all threads are stopped by a tracer that waits for one to stop"""
    with built("traced", "pool").wait_for("ready") as program:
        wait_until_in(program.tgid, "wait4")
        for waiter in settled(program.number("tracee"), 5):
            expect(waiter, queued="traced", verdict=("stopped", *STUCK))
            expect_reason(waiter, "tracer")
        graph = tool.run("--pid", str(program.number("tracee")), "graph").stdout
        nodes = re.findall(r'(n\d+) \[label="traced\\n.*shape=box', graph)
        for node in nodes or ["no node"]:
            if not re.search(node + r' -> n\d+ \[label="traced by"', graph):
                raise AssertionError("no arrow to the tracer from %s: %s" % (node, graph))


def test_new_threads_traced():
    """004: a thread waits for new ones that their tracer, which waits for it, leaves stopped"""
    with built("traced", "clone").wait_for("ready") as program:
        wait_until_in(program.tgid, "wait4")
        tracee = program.number("tracee")
        got, = settled(tracee, 1)
        expect(got, tid=tracee, queued="yes", live_count=5, verdict=("stopped", *STUCK))
        expect_reason(got, "tracer")


def test_stopped_by_gdb():
    """004: stopped, not stuck: all threads are stopped by gdb, which is at its prompt"""
    with python("pipes.py", "child").wait_for("ready") as program:
        wait_until_in(program.tgid, "read")
        settled(program.tgid, WORKERS)
        with Gdb("-p", str(program.tgid)) as gdb:
            gdb.wait_until_said("(gdb) ")
            for waiter in settled(program.tgid, WORKERS):
                expect(waiter, queued="traced", verdict="stopped")
                expect_reason(waiter, "tracer, thread %d (gdb)" % gdb.tgid)


LIVE_STATES = (
    ("child", "read", "it reads a pipe that its child could write to"),
    ("fifo", "read", "it reads a pipe that has a name"),
    ("self_pipe", "read", "it reads a pipe that its signal handler writes to"),
    ("in_flight", "read", "it reads a pipe whose other end is under way in a socket"),
    ("unaccepted", "read", "it reads a pipe whose other end is in a connection not yet accepted"),
    ("own_table", "read", "it reads a pipe that a thread has which shares no descriptors"),
    ("wait", "wait4", "it waits for children of which one can run"),
    ("subreaper", "wait4", "it waits for children and will inherit one"),
)

if __name__ == "__main__":
    ksft.run([test_pool_in_child, test_pool_in_child_waited_for, test_gdb_reads_itself,
              test_gdb_at_prompt, test_own_pipe, test_two_pipes,
              *(live_test(*state) for state in LIVE_STATES), test_alarm, test_stopped_writer,
              test_outside,
              test_handler_in_lock, test_fork_libc, test_fork_stream, test_fork_mutex,
              test_all_traced, test_new_threads_traced, test_stopped_by_gdb])
