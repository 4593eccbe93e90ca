#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Hangs that people met and wrote down, each driven into that state with real programs:
a fork with a thread pool, a debugger that reads its own pipe, a signal handler in the
middle of a lock, a fork with locks held, a tracer that waits for whom it has stopped."""

import os
import platform

import ksft
from seeds.programs import (BUILT, SOURCES, STUCK, Gdb, Program, check_live, expect,
                            expect_reason, judge, run_tool, until)

POOL = os.path.join(BUILT, "libpool.so")


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
        status, output = run_tool("explain", str(got["tid"]))
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
        for worker in settled(program.tgid, 4):
            expect(worker, verdict="no-waker", certainty=("barring-signals", "likely"))
            expect_reason(worker, got["tgid"])


def reads_a_pipe(tgid):
    """Whether the first thread of a process sleeps in read(2) on a pipe."""
    with open("/proc/%d/syscall" % tgid, encoding="ascii") as file:
        call = file.read().split()
    if call[0] != {"x86_64": "0", "aarch64": "63"}[platform.machine()]:
        return False
    return os.readlink("/proc/%d/fd/%d" % (tgid, int(call[1], 16))).startswith("pipe:")


def test_gdb_reads_itself():
    """001: gdb reads a pipe that only gdb could write to; its workers wait for that"""
    with Gdb("-ex", "set confirm off", "-ex", "run", "--args",
             os.path.join(BUILT, "from_memory"), POOL) as gdb:
        gdb.wait_until_said("Starting program")
        until("gdb reads a pipe", lambda: reads_a_pipe(gdb.tgid))
        workers = settled(gdb.tgid, len(os.listdir("/proc/%d/task" % gdb.tgid)) - 1)
        if not workers:
            raise ksft.Skip("this gdb has no worker threads")
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


def test_handler_in_lock():
    """002: a signal handler waits for the lock that its thread was about to own"""
    with built("sigprof").wait_for("ready") as program:
        tgid = program.number("victim")
        for waiter in settled(tgid, 2):
            expect(waiter, op="FUTEX_WAIT", flags="PRIVATE", expected=2, value=2, timeout="none",
                   queued="yes", live_count=2, verdict=("no-waker", "deadlock"),
                   certainty="barring-signals")
            # No word says who holds it.
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
    expect(got, verdict="orphaned", lock="pthread_mutex", holder=holder)
    expect_reason(got, holder, "parent")


def test_all_traced():
    """004: all threads are stopped by a tracer that waits for one to stop"""
    if platform.machine() == "aarch64":
        raise ksft.Skip("arm64 sets the registers back before it stops a thread")
    with built("traced", "pool").wait_for("ready") as program:
        for waiter in settled(program.number("tracee"), 5):
            expect(waiter, queued="traced", verdict=("stopped", *STUCK))
            expect_reason(waiter, program.tgid)


def test_new_threads_traced():
    """004: a thread waits for new ones that their tracer, which waits for it, leaves stopped"""
    with built("traced", "clone").wait_for("ready") as program:
        tracee = program.number("tracee")
        got, = settled(tracee, 1)
        expect(got, tid=tracee, queued="yes", live_count=5, verdict=("stopped", *STUCK))
        expect_reason(got, program.tgid)


ksft.run([test_pool_in_child, test_pool_in_child_waited_for, test_gdb_reads_itself,
          test_gdb_at_prompt, test_handler_in_lock, test_fork_libc, test_fork_stream,
          test_fork_mutex, test_all_traced, test_new_threads_traced])
