#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Hangs that people reported, each with threads beside it that have nothing to do with it: the
screen begins with the hang, says which thread has the lock, and what that one does.

The programs are in hangs/; their heads say what is true of them."""

import dataclasses
import os
import re
import signal
import subprocess
import time

from lib import ksft, tool
from lib.tool import SLEEPS

HANGS = os.path.join(ksft.BUILT, "hangs")
SCRIPTS = os.path.join(ksft.TOP, "selftests", "hangs")
PATIENCE = 120


@dataclasses.dataclass(frozen=True)
class Hang:
    """What is true of a program.

    threads   for threads, by the names that the program gives them, or "main": verdict, primitive,
              and what its reason is. {NAME} is the id of a thread
    first     names of the threads one of which is in the first row
    explains  text of explain of the first of these
    in_root   it is run in the root with Python 3.13, which has the scripts at /mnt
    in_proc   /proc alone shows the same
    """
    name: str
    command: tuple
    threads: dict
    first: tuple
    status: int = 0
    explains: str = "Unless"
    in_root: bool = False
    in_proc: bool = False


def built(name, *args):
    """A program that the Makefile builds."""
    return (os.path.join(HANGS, name), *args)


NOT_BLOCKED = r"the lock names no holder; 1 thread of its address space is not blocked: "
HELD = r"its lock is held by thread {holder} \(\w+\), which "
DEADLOCK = r"waits for thread {%s}, which waits for thread {%s}: a cycle of 2 threads"
ONE_IS_TIMED = ", of which 1 waits with a timeout"

CASES = (
    Hang("malloc in the handler of a signal that interrupted malloc", built("handler_malloc"),
         {"main": ("blocked", "low-level lock",
                   NOT_BLOCKED + r"thread {net} \(\w+\) " + SLEEPS + r"epoll_(p?)wait\(3\): .*"),
          "job": ("blocked", "low-level lock", NOT_BLOCKED + "thread {net} .*")},
         first=("main", "job")),
    Hang("the same where nobody else can run, and a signal could come that is handled",
         built("handler_malloc", "alone"),
         {name: ("no-waker", "low-level lock", "all 2 live threads of its address space wait on futexes "
                 "without timeout: no thread is left to wake it") for name in ("main", "job")},
         first=("main", "job"), status=3, in_proc=True),
    Hang("exit waits for the lock of stdin, which a thread reads",
         ("sh", "-c", "sleep 100000 | %s/exit_stdio" % HANGS),
         {"main": ("blocked", "stdio lock",
                   r"its lock is held by thread {reader} \(\w+\), which " + SLEEPS + r"read\(0\): pipe:\[\d+\], "
                   r"other end: process \d+ \(sleep\)")},
         first=("main",)),
    Hang("exit waits for a thread to leave a condition variable", built("cond_destroy"),
         {"main": ("blocked", "pthread_cond_destroy", NOT_BLOCKED + "thread {tick} .*"),
          "worker": ("waiting", "pthread_cond", ".*")},
         first=("main",)),
    Hang("the constructor of a plugin, and the loader's lock", built("dlopen_ctor"),
         {"loader": ("deadlock", "pthread_mutex", DEADLOCK % ("user", "loader")),
          "user": ("deadlock", "pthread_mutex", DEADLOCK % ("loader", "user")),
          "main": ("deadlock", "pthread_join",
                   r"joins thread {loader} \(\w+\), which is in a deadlock")},
         first=("loader", "user"), status=3),
    *(Hang("a mutex and a rwlock in two orders" + bits, built(program),
           {"first": ("deadlock", "pthread_rwlock", DEADLOCK % ("second", "first")),
            "second": ("deadlock", "pthread_mutex", DEADLOCK % ("first", "second")),
            "main": ("deadlock", "pthread_join",
                     r"joins thread {first} \(\w+\), which is in a deadlock")},
           first=("first", "second"), status=3, in_proc=True)
      for program, bits in (("two_orders", ""), ("two_orders_32", ", in a 32-bit program"))),
    Hang("a wake that was lost: threads of a pool wait for a free lock", built("master_lock"),
         {"green0": ("waiting", "pthread_cond", "2 threads of its address space are not blocked: .*")},
         first=("green0", "green1", "green2"), explains="Lock name is_free"),
    Hang("a Rust OnceLock that is made by itself", built("once_again"),
         {"main": ("blocked", "pthread_join", r"joins thread {worker} \(.*\), which waits on a futex")},
         first=("main",), in_proc=True),
    Hang("a Rust RwLock that a thread reads twice, and a writer in between", built("read_twice"),
         {"reader": ("blocked", "rust rwlock", NOT_BLOCKED + "thread {net} .*"),
          "writer": ("blocked", "rust rwlock", NOT_BLOCKED + "thread {net} .*"),
          "main": ("blocked", "pthread_join",
                   r"joins thread {reader} \(\w+\), which waits for a rust rwlock that names no holder")},
         first=("reader", "writer")),
    Hang("a lock of Python that fork copied, in a child with a thread of its own",
         ("/usr/bin/python3", os.path.join(SCRIPTS, "fork_print.py")),
         {"child": ("waiting", "sem_t",
                    "child of fork that never called execve: if another thread of its parent had this "
                    "lock, none here can release it; 1 thread of its address space is not blocked: .*")},
         first=("child",), explains="py-spy dump --pid {child}"),
    Hang("a worker of Python's multiprocessing was killed with a semaphore",
         ("/usr/bin/python3", os.path.join(SCRIPTS, "mp_worker_killed.py")),
         # Python handles SIGINT: a handler of the parent could write to the pipe that it reads.
         {name: ("waiting", "sem_t", r"shared futex: any process that maps it can wake it; of "
                 r"those, thread {parent} \(\w+\) is not blocked, and " + SLEEPS + r"read\(\d+\): "
                 r"pipe:\[\d+\], other end: processes {parent} \(\w+\) itself and .*") for name in ("worker1", "worker2", "worker3")},
         first=("worker1", "worker2", "worker3", "parent"),
         explains="Mapped by threads of other processes:"),
    Hang("a thread that has Python's GIL and reads a pipe",
         ("/usr/bin/python3", os.path.join(SCRIPTS, "gil_reader.py")),
         {"main": ("blocked", "CPython GIL",
                   r"its lock is held by thread {reader} \(\w+\), which " + SLEEPS + r"read\(\d+\): pipe:.*")},
         first=("main",)),
    Hang("the same with Python 3.13", ("python3.13", "/mnt/gil_reader.py"),
         {"main": ("blocked", "CPython GIL",
                   r"its lock is held by thread {reader} \([\w.]+\), which " + SLEEPS + r"read\(\d+\): pipe:.*")},
         first=("main",), in_root=True),
    Hang("Python's GIL and a mutex in two orders",
         ("/usr/bin/python3", os.path.join(SCRIPTS, "gil_deadlock.py")),
         {"main": ("blocked", "CPython GIL", DEADLOCK % ("worker", "main") + ONE_IS_TIMED),
          "worker": ("blocked", "pthread_mutex", DEADLOCK % ("main", "worker") + ONE_IS_TIMED)},
         first=("main", "worker")),
    Hang("an idle daemon, which waits for a signal",
         ("/usr/bin/python3", os.path.join(SCRIPTS, "idle_daemon.py")),
         {"main": ("signal", "sem_t", "all threads of its process wait for events, .*")},
         first=("main",)),
    Hang("the same with Python 3.13", ("python3.13", "/mnt/idle_daemon.py"),
         {"main": ("signal", "PyMutex", "all threads of its process wait for events, .*")},
         first=("main",), in_root=True),
    Hang("setuid waits for a thread that blocks all signals", built("setxid"),
         {"main": ("blocked", "setxid",
                   r"changes the ids of all threads, and waits for a signal to be handled by thread "
                   r"{deaf} \(\w+\), which " + SLEEPS + r"read\(3\): pipe:.*")},
         first=("main",)),
    Hang("a lock that is tried for with a timeout, again and again", built("timed_lock"),
         {"main": ("blocked", "pthread_mutex",
                   r"its lock is held by thread {holder} \(\w+\), which " + SLEEPS + r"read\(3\): pipe:.*")},
         first=("main",)),
    Hang("a helper process is stopped, and a lock is held until it answers", built("stopped_peer"),
         {"other": ("blocked", "pthread_mutex",
                    r"its lock is held by thread {client} \(\w+\), which " + SLEEPS + r"read\(3\): unix socket, "
                    r"other end: process {helper} \(\w+\), which is stopped"),
          "main": ("blocked", "pthread_join", r"joins thread {other} \(\w+\), which waits, directly or "
                   r"through others, for thread {client} .*, which is stopped")},
         first=("other", "main")),
    Hang("a signal handler that formats the time, in a thread that does so", built("zone_handler"),
         {"main": ("blocked", "low-level lock", NOT_BLOCKED + r"thread \d+ \(\w+\) " + SLEEPS + r"(pause|ppoll)\b.*")},
         first=("main",), explains="<signal handler called: SIGALRM>"),
    Hang("a child of fork that uses OpenMP, as its parent did", built("openmp_fork"),
         {"child": ("no-waker", "libgomp barrier",
                    "child of fork that never called execve, and its only thread: threads that could "
                    "wake it, if any, were left behind in the parent process {main}")},
         first=("child",), status=3, explains="libgomp.so.1"),
    Hang("Python's multiprocessing: a child is joined before its queue is read",
         ("/usr/bin/python3", os.path.join(SCRIPTS, "queue_join.py")),
         {"child": ("no-waker", "sem_t",
                    r"no live thread of its address space can run: 1 wait on futexes, and thread {feeder} "
                    r"\(\w+\) waits for room in pipe \d+, which only processes that cannot run have open")},
         first=("child",), status=3, explains="Queue._finalize_join"),
    *(Hang("a lock whose holder " + what, built("holders", way),
           {"main": ("blocked", "pthread_mutex", HELD + does)}, first=("main",))
      for way, what, does in (
          ("event", "waits for an event", "waits on a pthread_cond"),
          ("spin", "spins", "runs.*"),
          ("stopped", "has called a server that is stopped",
           SLEEPS + r"read\(\d+\): unix socket, other end: process {server} \(\w+\), which is stopped"),
          ("writer", "waits for a child that writes to a full pipe",
           SLEEPS + r"wait4, for process {child} \(\w+\), which " + SLEEPS + r"write\(\d+\): pipe:\[\d+\], "
           r"other end: processes {main} \(\w+\) and {child} \(\w+\) itself"),
          ("file", "waits for the lock of a file",
           SLEEPS + r"flock\(\d+\): .*, whose lock is held by process {owner} \(\w+\)"))),
    Hang("a lock whose holder has ended", built("holders", "end"),
         {"main": ("orphaned", "pthread_mutex",
                   r"its lock's holder, thread {holder}, is no live thread of this process")},
         first=("main",), status=3),
    Hang("a lock of a main thread that has ended", built("main_ends"),
         {"worker": ("orphaned", "pthread_mutex", r"its lock's holder, thread {main}, is the main thread "
                     "of this process, which has ended")},
         first=("worker",), status=3, in_proc=True),
    Hang("a lock in shared memory whose holder was killed", built("holders", "killed"),
         {"main": ("orphaned", "pthread_mutex", r"the holder of its lock in shared memory, thread \d+, "
                   "is no live thread of a process that maps it")}, first=("main",), status=3),
    Hang("static variables of C++ that need each other", built("guards"),
         {**{name: ("blocked", "C++ static guard", NOT_BLOCKED + "thread {net} .*")
             for name in ("left", "right")},
          "main": ("blocked", "pthread_join", r"joins thread {left} \(\w+\), which waits for a "
                   r"C\+\+ static guard that names no holder")},
         first=("left", "right", "main")),
    Hang("three threads that join each other", built("joins"),
         {name: ("deadlock", "pthread_join", "waits for thread {%s}, which waits for thread {%s}, which "
                 "waits for thread {%s}: a cycle of 3 threads" % (*others, name))
          for name, *others in (("first", "second", "third"), ("second", "third", "first"),
                                ("third", "first", "second"))},
         first=("first", "second", "third"), status=3, in_proc=True),
    Hang("the same, started by timeout", ("timeout", "100000", *built("joins")),
         {"first": ("deadlock", "pthread_join",
                    r".*; its parent, process \d+ \(timeout\), ends it when its time is up")},
         first=("first", "second", "third"), status=3, in_proc=True),
    Hang("a future whose promise nobody keeps", built("future"),
         {"main": ("waiting", "std::future", r"1 thread of its address space is not blocked: "
                   r"thread {net} \(\w+\) " + SLEEPS + "(pause|ppoll)")},
         first=("main",), in_proc=True),
    Hang("a thread that reads twice, and a writer that goes before it", built("read_behind_writer"),
         {**{name: ("blocked", "pthread_rwlock", NOT_BLOCKED + "thread {net} .*")
             for name in ("reader", "writer")},
          "main": ("blocked", "pthread_join", r"joins thread {reader} \(\w+\), which waits for a "
                   "pthread_rwlock that names no holder")},
         first=("reader", "writer"), in_proc=True),
    Hang("the file of the time zone is a FIFO that nobody writes to", built("zone_fifo"),
         {"logger": ("blocked", "low-level lock",
                     r"the lock names no holder; 5 threads of its address space are not blocked: "
                     r"thread {zone} \(\w+\) " + SLEEPS + r"openat: /tmp/zone\.{main}"
                     r"(, a FIFO whose other end nobody has opened)?; .*"),
          "main": ("blocked", "pthread_join", r"joins thread {logger} \(\w+\), which waits for a "
                   "low-level lock that names no holder")},
         first=("logger",), in_proc=True),
    Hang("a child of fork that uses OpenMP, and has an idle thread", built("openmp_fork", "idle"),
         {"child": ("waiting", "libgomp barrier",
                    "child of fork that never called execve: if it waits for threads of its parent to "
                    r"come, they are not here; 1 thread of its address space is not blocked: .*pause")},
         first=("child",), explains="libgomp.so.1", in_proc=True),
    Hang("two readers of a rwlock that want to write", built("upgrade"),
         {**{name: ("blocked", "pthread_rwlock", NOT_BLOCKED + "thread {net} .*")
             for name in ("first", "second")},
          "main": ("blocked", "pthread_join", r"joins thread {first} \(\w+\), which waits for a "
                   "pthread_rwlock that names no holder")},
         first=("first", "second", "main")),
    Hang("a job of a pool of Python that waits for its own pool",
         ("/usr/bin/python3", os.path.join(SCRIPTS, "pool_nested.py")),
         {name: ("no-waker", "sem_t", "all 2 live threads of its address space wait on futexes without "
                 "timeout: no thread is left to wake it") for name in ("main", "worker")},
         first=("main", "worker"), status=3, explains="py-spy dump --pid {main}"),
    Hang("System.exit in a shutdown hook of Java", ("java", "-cp", HANGS, "Hook"),
         {"main": ("blocked", "pthread_join",
                   r"joins thread \d+ \(java\), which waits on a pthread_cond")},
         first=("main",), explains="jstack {main}"),
)


class Program:
    """A program that hangs, in a session of its own; it prints the ids of its threads."""

    def __init__(self, hang):
        self.lines = os.path.join("/tmp", "hang.%d" % os.getpid())
        with open(self.lines, "w", encoding="ascii") as out:
            self.process = subprocess.Popen(hang.command, stdin=subprocess.DEVNULL, stdout=out,
                                            cwd=HANGS, start_new_session=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.unlink(self.lines)

    def ids(self):
        """The threads, by name; those of all that have their names, once it says that it is ready."""
        with open(self.lines, encoding="ascii") as file:
            words = [line.split() for line in file]
        if ["ready"] not in words:
            return None
        ids = {word[1]: int(word[2]) for word in words if len(word) == 3}
        first = next((int(word[2]) for word in words if word[0] == "pid"), None)
        ids.setdefault("main", first)
        return ids


def names_in(hang):
    """The threads that its truth speaks of. Each prints its own name, if it has one."""
    reasons = [reason for _, _, reason in hang.threads.values()] + [hang.explains]
    return {*hang.threads, *re.findall(r"\{([a-z]\w*)\}", "".join(reasons))}


def difference(hang, ids, waiters):
    """How the tool's answer differs from what is true, or None."""
    for name, (verdict, primitive, reason) in hang.threads.items():
        got = waiters.get(ids[name])
        if not got:
            return "%s (%d) does not wait" % (name, ids[name])
        found = (got["verdict"], got["primitive"], got["reason"])
        wanted = re.sub(r"\{(\w+)\}", lambda match: str(ids[match[1]]), reason)
        if found[:2] != (verdict, primitive) or not re.fullmatch(wanted, found[2]):
            return "%s: %r, not %r" % (name, found, (verdict, primitive, wanted))
    return None


def check_screen(hang, ids):
    """The first row is of the hang, and what it says fits the terminal."""
    got = tool.run()
    first = got.stdout.splitlines()[1].split()
    if not any(str(ids[name]) in first for name in hang.first):
        raise AssertionError("the first row is not of %s in:\n%s" % (hang.first, got.stdout))
    if max(len(line) for line in got.stdout.splitlines()) > 80:
        raise AssertionError("wider than 80 columns:\n" + got.stdout)
    ksft.equal((got.status, got.stderr), (hang.status, ""), "status, and errors")


def check_explain(hang, ids):
    """What explain says of the process."""
    got = tool.run("explain", str(ids[hang.first[0]]))
    if hang.explains.format(**ids) not in got.stdout:
        raise AssertionError("no %r in:\n%s" % (hang.explains, got.stdout))


def check_hang(hang):
    """Wait until the hang is there, and as it should be; then it stays so."""
    with Program(hang) as program:
        deadline = time.monotonic() + PATIENCE
        wrong = "it is not ready"
        while wrong and time.monotonic() < deadline:
            ids = program.ids()
            if ids and names_in(hang) <= set(ids):
                wrong = difference(hang, ids, tool.judge_threads())
        if not wrong:
            wrong = difference(hang, ids, tool.judge_threads())
        if not wrong and hang.in_proc:
            wrong = difference(hang, ids, tool.judge_threads("--source", "proc"))
        if wrong:
            raise AssertionError(wrong)
        check_screen(hang, ids)
        check_explain(hang, ids)


def hang_test(hang):
    """The test of one program, as ksft.run() wants it."""
    def test():
        if hang.command[0].startswith(HANGS) and not os.path.exists(hang.command[0]):
            raise ksft.Skip("it is not built here")
        if hang.command[0] == "java" and not os.path.exists(os.path.join(HANGS, "Hook.class")):
            raise ksft.Skip("it is not built here")
        if hang.in_root:
            with ksft.python_root(SCRIPTS) as root:
                check_hang(dataclasses.replace(hang, command=("chroot", root, *hang.command)))
        else:
            check_hang(hang)
    test.__doc__ = hang.name
    return test


ksft.run([hang_test(hang) for hang in CASES])
