#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Core dumps, by the kernel and by gcore: they are judged as the live process was, but are never
certain; what is not in them is not known."""

import os
import platform
import random
import re
import resource
import shutil
import signal
import tempfile
import time

from lib import ksft, schema, tool
from seeds.programs import BUILT, LIVE, STUCK, expect, expect_reason, until
from test_seeds import POOL, WORKERS, built, fork_pool, python, settled, wait_until_in
from test_stacks import MKSTACKS, amd64_only, build_id, debug_directory, expect_begin, waiter

CORE_PATTERN = "/proc/sys/kernel/core_pattern"

# Parts of memory that the kernel dumps, by bit: core(5). By default it dumps those of 0x33.
NOTHING, NO_HEADERS = 0, 0x23

# What a core of the kernel has before memory.
HEADERS = 65536


def has_ended(pid):
    """Whether a process has ended, and so has dumped core."""
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def dump(directory, pid, parts=None, tid=None, number=signal.SIGABRT):
    """Have the kernel dump core of a process, by a signal. Return the file."""
    with open(CORE_PATTERN, "w", encoding="ascii") as file:
        file.write(os.path.join(directory, "core.%p"))
    if parts is not None:
        with open("/proc/%d/coredump_filter" % pid, "w", encoding="ascii") as file:
            file.write("%#x" % parts)
    resource.prlimit(pid, resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    os.kill(tid or pid, number)
    until("process %d has ended" % pid, lambda: has_ended(pid))
    return os.path.join(directory, "core.%d" % pid)


def gcore(directory, pid):
    """The same by gdb, which lets the process go on."""
    ksft.command("gcore", "-o", os.path.join(directory, "core"), str(pid), HOME="/tmp")
    return os.path.join(directory, "core.%d" % pid)


def judge(core, *args):
    """What is said of the waiters in a core, none of it certain."""
    waiters = tool.judge("--quiet", "--core", core, *args)
    for got in waiters:
        expect(got, certainty=("likely", None))
    return waiters


def explain(core, *args, status=3):
    """What explain says."""
    got = tool.run("--quiet", "--core", core, "explain", *args)
    tool.check_printable(got.stdout)
    ksft.equal((got.status, got.stderr), (status, ""), "status and errors of explain")
    return got.stdout


def frames(text):
    """The lines of each stack."""
    _, _, text = text.partition("\nStack     ")
    return [[line.strip() for line in part.splitlines()[1:]]
            for part in re.split(r"\bof (?=this|thread)", text)[1:]]


def expect_error(text, *args):
    """Fail unless the tool fails with one line that has a text."""
    got = tool.run(*args)
    ksft.equal((got.status, got.stdout), (1, ""), "status and output: " + got.stderr)
    if text not in got.stderr or got.stderr.count("\n") != 1:
        raise AssertionError("no line with %r: %s" % (text, got.stderr))


def with_core(make, kind="pair", **how):
    """Decorate a test: it gets the core that is made of a process of mkstacks, and what that said."""
    def decorate(test):
        def run():
            with tempfile.TemporaryDirectory() as directory, \
                    ksft.Factory(kind, MKSTACKS) as factory:
                test(make(directory, factory.process.pid, **how), factory)
        run.__doc__ = test.__doc__
        return run
    return decorate


def expect_pair(core, factory):
    """Fail unless a core says what hangs in mkstacks pair, and where."""
    waiters = judge(core)
    ksft.equal(len(waiters), 2, "waiters")
    tids = {got["tid"] for got in waiters}
    for got in waiters:
        expect(got, tgid=factory.process.pid, verdict="deadlock", certainty="likely",
               program="mkstacks", primitive="pthread_mutex", op="FUTEX_WAIT", expected=2, value=2,
               live_count=3)
        ksft.equal({got["tid"], got["holder"]}, tids, "who waits for whom")
    stacks = frames(explain(core, str(waiter(factory))))
    expect_begin(stacks[0], ["pthread_mutex_lock", "holds_first"])
    expect_begin(stacks[1], ["pthread_mutex_lock", "holds_second"])


@with_core(dump)
def test_kernel(core, factory):
    """a deadlock, dumped by the kernel: verdicts, holders, stacks with lines"""
    expect_pair(core, factory)
    got = tool.run("--core", core)
    if "thread %d got SIGABRT" % factory.process.pid not in got.stderr:
        raise AssertionError(got.stderr)
    if "does not show who else maps the memory" not in got.stderr:
        raise AssertionError(got.stderr)


@with_core(dump)
def test_dead_server(core, factory):
    """a core of a program whose file is on a server that is gone now: it ends in time"""
    del factory
    with ksft.Factory("fuse %s self" % MKSTACKS, ksft.MKHOSTILE) as hostile:
        inside = ("nsenter", "-m", "-t", str(hostile.process.pid))
        mount = re.search(r" (/tmp/fuse-\S+) ", ksft.command("cat", "/proc/%d/mountinfo"
                                                              % hostile.process.pid))[1]
        ksft.command(*inside, "mount", "--bind", mount + "/mkstacks", MKSTACKS)
        for args in ("explain",), ("--json", "--stacks"):
            start = time.monotonic()
            got = tool.run("--core", core, *args, through=inside, timeout=120)
            ksft.equal(got.status, 3, "status: " + got.stderr)
            if time.monotonic() - start > 20:
                raise AssertionError("it took %.1f s" % (time.monotonic() - start))
            told = "no answer in time" if args == ("explain",) else '"stack_error": "no answer in time"'
            if told not in got.stdout:
                raise AssertionError(got.stdout)


@with_core(gcore)
def test_gcore(core, factory):
    """the same by gcore, which no signal has ended"""
    expect_pair(core, factory)
    if " got " in tool.run("--core", core).stderr:
        raise AssertionError("a signal")


@with_core(dump)
def test_zstd(core, factory):
    """the same, compressed by zstd; what is damaged is one line, what is cut off is still read"""
    ksft.command("zstd", "-q", "--rm", core)
    expect_pair(core + ".zst", factory)
    with open(core + ".zst", "r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(size // 2)
        file.write(b"garbage" * 64)
    expect_error("what zstd has compressed is damaged", "--core", core + ".zst")


def test_watchdog():
    """a deadlock that a watchdog thread has ended by abort(): it is named, and is not stuck"""
    with tempfile.TemporaryDirectory() as directory, \
            ksft.Factory("watchdog", MKSTACKS) as factory:
        tid, = (int(record["tid"]) for record in factory.get("watchdog"))
        core = dump(directory, factory.process.pid, number=signal.SIGUSR1)
        for got in judge(core):
            expect(got, verdict="deadlock", live_count=4)
        got = schema.check(tool.run("--json", "--stacks", "--core", core).stdout)["futexinspect"]
        ksft.equal((got["source"], got["signal"], got["signal_tid"]), ("core", "SIGABRT", tid),
                   "what ended it")
        text = explain(core, str(waiter(factory)))
        if "got SIGABRT, and " not in text:
            raise AssertionError("explain does not name it: " + text)


def test_fork_pool():
    """000: a child of fork that waits for a pool whose threads it lacks"""
    with tempfile.TemporaryDirectory() as directory, \
            python("fork_pool.py", POOL, "stay").wait_for("ready") as program:
        child = fork_pool(program)["tid"]
        got, = judge(dump(directory, child))
        expect(got, tid=child, syscall="futex", op="FUTEX_WAIT_BITSET", flags="PRIVATE",
               expected=33, value=33, timeout="none", live_count=1, ppid=program.tgid,
               execed=False, verdict=("orphaned", "no-waker"), certainty="likely")
        expect_reason(got, "fork", program.tgid)
        cores = gcore(directory, program.tgid)
        for got in judge(cores):
            expect(got, verdict=LIVE)


def test_handler():
    """002: a signal handler waits for the lock that its thread was about to own"""
    with tempfile.TemporaryDirectory() as directory, \
            built("sigprof", os.path.join(BUILT, "victim")).wait_for("ready") as program:
        tgid = program.number("victim")
        settled(tgid, 2)
        core = gcore(directory, tgid)
        for got in judge(core):
            expect(got, op="FUTEX_WAIT", flags="PRIVATE", expected=2, value=2, live_count=2,
                   verdict=STUCK, certainty="likely")


def test_fork_mutex():
    """003: a child of fork wants a mutex that a thread of the parent holds"""
    with tempfile.TemporaryDirectory() as directory, \
            built("fork_locks", "mutex").wait_for("ready") as program:
        child = program.number("child")
        settled(child, 1)
        got, = judge(dump(directory, child))
        expect(got, tid=child, verdict="orphaned", primitive="pthread_mutex", execed=False,
               holder=program.number("parent", "holder"), certainty="likely")


def test_live():
    """a thread that read a pipe could have gone on: those that wait for it are not accused"""
    with tempfile.TemporaryDirectory() as directory, \
            python("pipes.py", "child").wait_for("ready") as program:
        wait_until_in(program.tgid, "read")
        settled(program.tgid, WORKERS)
        core = gcore(directory, program.tgid)
        waiters = judge(core)
        ksft.equal(len(waiters), WORKERS, "waiters")
        for got in waiters:
            expect(got, verdict=LIVE)
        if "sleeps in read" not in explain(core, str(waiters[0]["tid"]), status=0):
            raise AssertionError("what the first thread does")


@with_core(dump, "runs")
def test_runs(core, factory):
    """the holder ran: who waits for it is blocked, and the stack of both is in the core"""
    got, = judge(core)
    expect(got, verdict="blocked", tid=waiter(factory))
    stacks = frames(explain(core, str(waiter(factory)), status=0))
    expect_begin(stacks[0], ["pthread_mutex_lock", "inner", "waits"])
    expect_begin(stacks[1], ["spins"])


@with_core(dump, "heap", parts=NOTHING)
def test_no_memory(core, factory):
    """without memory in the core no word is known, nobody is accused, and no stack is read"""
    got, = judge(core)
    expect(got, tid=waiter(factory), value=None, holder=None, verdict=LIVE)
    lines, = frames(explain(core, str(waiter(factory)), status=0))[:1]
    if not any(line.startswith("not read") for line in lines):
        raise AssertionError(lines)


@with_core(dump, "handler")
def test_signal_frame(core, factory):
    """which signal's handler waits: the kernel writes which signals each thread blocked"""
    text = " ".join(explain(core, str(waiter(factory))).split())
    if "it waits in a handler of SIGUSR1" not in text:
        raise AssertionError(text)


@with_core(dump, parts=NO_HEADERS)
def test_no_headers(core, factory):
    """if the core does not tell which build a file is, it is taken for none"""
    # On arm64 the code says whether a thread was in its call.
    status = 3 if platform.machine() == "x86_64" else 0
    stacks = frames(explain(core, str(waiter(factory)), status=status))
    if any("holds_first" in line for line in stacks[0]):
        raise AssertionError(stacks)


@with_core(dump)
def test_executable(core, factory):
    """--exe stands for the executable, if it is the same build; else it is refused"""
    tid = str(waiter(factory))
    stacks = frames(explain(core, tid, "--exe", MKSTACKS))
    expect_begin(stacks[0], ["pthread_mutex_lock", "holds_first"])
    expect_error("build id", "--core", core, "--exe", os.path.join(BUILT, "victim"))
    expect_error("cannot be read", "--core", core, "--exe", "/nonexistent")


def dump_of_removed(directory):
    """A copy of a program, which is removed once it has dumped core: where it was, its core, and
    a waiter in that."""
    program = os.path.join(directory, "app")
    shutil.copy(MKSTACKS, program)
    with ksft.Factory("pair", program) as factory:
        core = dump(directory, factory.process.pid)
        tid = str(waiter(factory))
    os.remove(program)
    return program, core, tid


OTHER_BUILD = "is another build than the one that dumped core"


def test_other_build():
    """a program that was built anew is not used, and a line says so"""
    with tempfile.TemporaryDirectory() as directory:
        program, core, tid = dump_of_removed(directory)
        shutil.copy(os.path.join(BUILT, "victim"), program)
        got = tool.run("--core", core, "explain", tid)
        if "%s %s" % (program, OTHER_BUILD) not in got.stderr:
            raise AssertionError(got.stderr)
        if any("holds_first" in line for lines in frames(got.stdout) for line in lines):
            raise AssertionError(got.stdout)


def test_by_build_id():
    """a program that is gone is found by its build id"""
    with tempfile.TemporaryDirectory() as directory:
        _, core, tid = dump_of_removed(directory)
        with debug_directory():
            name = build_id(MKSTACKS)
            place = "/usr/lib/debug/.build-id/%s/%s" % (name[:2], name[2:])
            os.makedirs(os.path.dirname(place))
            shutil.copy(MKSTACKS, place)
            stacks = frames(explain(core, tid))
    expect_begin(stacks[0], ["pthread_mutex_lock", "holds_first"])


NR_DAMAGED = 12


@with_core(dump)
def test_damaged_executable(core, factory):
    """a damaged executable: it is refused, or the verdict stays and the stack ends somewhere"""
    with open(MKSTACKS, "rb") as file:
        good = file.read()
    chance = random.Random(1)
    path = os.path.join(os.path.dirname(core), "damaged")
    nr_used = 0
    for _ in range(NR_DAMAGED):
        bad = bytearray(good)
        # What is behind the first page is symbols, rules for unwinding, debugging information.
        for _ in range(chance.choice((10, 1000, 100000))):
            bad[chance.randrange(4096, len(bad))] = chance.randrange(256)
        with open(path, "wb") as file:
            file.write(bad)
        got = tool.run("-q", "--core", core, "--exe", path, "explain", str(waiter(factory)))
        tool.check_printable(got.stdout + got.stderr)
        if "the build id is another one" in got.stderr:
            ksft.equal((got.status, got.stdout), (1, ""), "what is refused")
            continue
        ksft.equal((got.status, got.stderr), (3, ""), "status and errors")
        if "is in a deadlock" not in got.stdout or not frames(got.stdout)[0]:
            raise AssertionError(got.stdout)
        nr_used += 1
    if not nr_used:
        raise AssertionError("all were refused")


@with_core(dump)
def test_damaged_memory(core, factory):
    """words of memory in each other's place, as garbage on a stack: it ends, in a line at most"""
    with open(core, "rb") as file:
        good = file.read()
    chance = random.Random(1)
    first = good.index(b"CORE\0") // 4096 + 1
    for n in range(NR_DAMAGED):
        bad = bytearray(good)
        for _ in range(10 ** chance.randrange(3, 6)):
            a, b = (8 * chance.randrange(512 * first, len(bad) // 8) for _ in range(2))
            bad[a:a + 8], bad[b:b + 8] = bad[b:b + 8], bad[a:a + 8]
        with open(core, "wb") as file:
            file.write(bad)
        got = tool.run("-q", "--core", core, "explain", str(waiter(factory)))
        tool.check_printable(got.stdout + got.stderr)
        if got.status not in (0, 1, 3) or got.stderr.count("\n") > 1:
            raise AssertionError("%d: status %d: %s" % (n, got.status, got.stderr))


@amd64_only("it has none")
def test_32():
    """a program of 32 bits: its lock, and who holds it"""
    program = os.path.join(ksft.BUILT, "mklocks-32")
    if not os.path.exists(program):
        raise ksft.Skip("no compiler for 32 bits")
    with tempfile.TemporaryDirectory() as directory, \
            ksft.Factory("mutex_normal", program) as factory:
        truth = factory.get("waiter")[0]
        got, = judge(dump(directory, factory.process.pid))
        expect(got, tid=int(truth["tid"]), op="FUTEX_WAIT", expected=2, value=2, verdict="blocked",
               primitive="pthread_mutex", holder=int(truth["holder"]))


@with_core(dump)
def test_cut_off(core, factory):
    """a core that was cut off: its headers are enough to judge; without them it is one line"""
    size = os.path.getsize(core)
    for length in size // 2, HEADERS:
        os.truncate(core, length)
        for got in judge(core):
            expect(got, tgid=factory.process.pid, verdict=("deadlock", *LIVE))
    for length in 4096, 100, 10, 0:
        os.truncate(core, length)
        expect_error(core + ": ", "--core", core)


if __name__ == "__main__":
    ksft.run([test_kernel, test_dead_server, test_gcore, test_zstd, test_watchdog, test_fork_pool, test_handler,
              test_fork_mutex, test_live, test_runs, test_signal_frame,
              test_no_memory, test_no_headers,
              test_executable, test_other_build, test_by_build_id, test_damaged_executable,
              test_damaged_memory, test_32, test_cut_off])
