#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Stacks of threads of real programs, and the names of the locks that they wait for: frame by
frame, and what is said where there is none. Nothing is stopped for it."""

import contextlib
import ctypes.util
import http.server
import json
import lzma
import os
import platform
import re
import resource
import shutil
import tempfile
import threading
import time

from lib import ksft, tool
from seeds.programs import BUILT, Program, expect, until
from test_seeds import (POOL, built, fork_pool, gdb_workers, python, settled, stuck_gdb,
                        wait_until_in)

MKSTACKS = os.path.join(ksft.BUILT, "mkstacks")
MKSTACKS_O0 = os.path.join(ksft.BUILT, "mkstacks-o0")
MKSTACKS_CXX = os.path.join(ksft.BUILT, "mkstacks-cxx")
MKSTACKS_32 = os.path.join(ksft.BUILT, "mkstacks-32")
MKLOCKS_MUSL = os.path.join(ksft.BUILT, "mklocks-musl")
MKLOCKS_PY = os.path.join(ksft.TOP, "selftests", "mklocks.py")

# What is called in all kinds of mkstacks, the innermost first.
DEEP = ["pthread_mutex_lock", "inner", "middle", "outer"]
SIGNAL = "<signal handler called: %s>"


def explain(tid, **how):
    """What explain says of a thread: the name of its lock, and for each stack the lines."""
    got = tool.run("explain", str(tid), **how)
    if got.status not in (0, 3):
        raise AssertionError("status %d: %s" % (got.status, got.stderr))
    tool.check_printable(got.stdout)
    name = re.search("^Lock name (.*)$", got.stdout, re.M)
    _, _, text = got.stdout.partition("\nStack     ")
    stacks = [part.splitlines()[1:] for part in re.split(r"\bof (?=this|thread)", text)[1:]]
    return name and name[1], [[line.strip() for line in lines] for lines in stacks]


def functions(lines):
    """The functions of a stack, without offsets, lines and files."""
    found = [re.match(r"#\d+ (<.*>|[^+ ]+)", line) for line in lines]
    return [match[1] for match in found if match]


def expect_begin(lines, expected):
    """Fail unless a stack begins with these functions."""
    ksft.equal(functions(lines)[:len(expected)], expected, "functions of %s" % lines)


def expect_inside(lines, *texts):
    """Fail unless some lines of a stack have these texts, in this order."""
    rest = iter(lines)
    for text in texts:
        if not any(text in line for line in rest):
            raise AssertionError("no %r where it should be in %s" % (text, lines))


def waiter(factory):
    """The thread that waits."""
    return int(factory.get("waiter")[0]["tid"])


def explain_kind(kind, program=MKSTACKS, **how):
    """What is said of a kind of mkstacks; how are options of the tool's run()."""
    with ksft.Factory(kind, program) as factory:
        return explain(waiter(factory), **how)


def test_deep():
    """three functions deep, with their source lines, and the lock's name"""
    name, (lines,) = explain_kind("self")
    ksft.equal(name, "stacks_lock (pthread_mutex_t) in mkstacks", "name")
    expect_begin(lines, DEEP)
    for function, line in zip(DEEP[1:], lines[1:]):
        if not re.fullmatch(r"#\d %s\+0x[0-9a-f]+ at mkstacks.c:\d+ in mkstacks" % function, line):
            raise AssertionError(line)
    ksft.equal(lines[0], "#0 pthread_mutex_lock in libc.so.6", "first line")


def test_frame_pointers():
    """a program that is not optimised: the module shows the register which leads to the callers"""
    for kind in ("self", "stack"):
        _, (lines,) = explain_kind(kind, MKSTACKS_O0)
        expect_begin(lines, DEEP)
        ksft.equal([line for line in lines if line.startswith("not read")], [], "rest of " + kind)
    with ksft.Factory("pair", MKSTACKS_O0) as factory:
        _, stacks = explain(waiter(factory))
    for lines in stacks:
        expect_inside(lines, " in libc.so.6", " holds_", " run_thread+")
        ksft.equal([line for line in lines if line.startswith("not read")], [], "rest of the pair")


def name_test(kind, pattern):
    """The test of a lock's name, as ksft.run() wants it."""
    def test():
        name, (lines,) = explain_kind(kind)
        if not re.fullmatch(pattern, name or "none"):
            raise AssertionError("name %r" % name)
        expect_begin(lines, DEEP)
    test.__doc__ = "the name of a lock in memory of this kind: %s" % kind
    return test


def test_arena():
    """the name of malloc's lock, of which a thread has one of its own"""
    name, _ = explain_kind("arena")
    ksft.equal(name, "an arena of malloc: malloc's lock", "name")


def amd64_only(reason):
    """Skip a test on other architectures, where it is known not to work."""
    def decorate(test):
        def skip():
            raise ksft.Skip("%s: %s" % (platform.machine(), reason))
        skip.__doc__ = test.__doc__
        return test if platform.machine() == "x86_64" else skip
    return decorate


def test_name_in_stack():
    """the name of a lock on a thread's own stack"""
    with ksft.Factory("stack", MKSTACKS) as factory:
        name, (lines,) = explain(waiter(factory))
        ksft.equal(name, "the stack of thread %d" % waiter(factory), "name")
        expect_begin(lines, [*DEEP, "lock_of_own"])


TYPED = "a %s, by the type of its variable"


def test_type():
    """what the type of the variable says outranks what its words look like"""
    with ksft.Factory("lookalike", MKSTACKS) as factory:
        tid = waiter(factory)
        expect(tool.judge_threads()[tid], verdict="deadlock", primitive="pthread_mutex", holder=tid)
        got = tool.run("explain", str(tid))
        found, = (got for got in tool.judge("--stacks", "--pid", str(tid)) if got["tid"] == tid)
    ksft.equal(got.status, 0, "status: " + got.stdout)
    for text in (TYPED % "sem_t" + ", which names no holder", "Verdict   waiting:",
                 "Lock name lookalike.semaphore (sem_t) in mkstacks"):
        if text not in got.stdout:
            raise AssertionError("no %r in %s" % (text, got.stdout))
    expect(found, verdict="waiting", certainty=None, primitive="sem_t", holder=None, lock_type="sem_t")


def test_same_type():
    """a type that says what the words say, and one that may not hold, change no verdict"""
    for kind, lock in (("self", TYPED % "pthread_mutex"), ("union", "looks like a pthread_mutex")):
        with ksft.Factory(kind, MKSTACKS) as factory:
            text = " ".join(tool.run("explain", str(waiter(factory))).stdout.split())
        if "Lock %s, held by" % lock not in text or "Verdict deadlock:" not in text:
            raise AssertionError(text)


def test_handler():
    """a lock taken in a signal handler that interrupted its holder; which signal it is"""
    _, (lines,) = explain_kind("handler")
    # On arm64 elfutils 0.188 has no rule for what was interrupted.
    expect_inside(lines, "pthread_mutex_lock", "inner", SIGNAL % "SIGUSR1",
                  *(["interrupted"] if platform.machine() == "x86_64" else []))


def test_loop():
    """a function that is its own caller, by its rules: the stack ends"""
    _, (lines,) = explain_kind("loop")
    expect_begin(lines, ["pthread_mutex_lock", "inner", *(8 * ["loops"])])
    ksft.equal(lines[-1], "not read further: there are more frames", "last line")


def test_pair():
    """a deadlock: both stacks"""
    _, stacks = explain_kind("pair")
    ksft.equal(sorted(functions(lines)[1] for lines in stacks), ["holds_first", "holds_second"],
               "functions")


def test_moves():
    """a holder that moves has the stack of one moment, or none"""
    _, stacks = explain_kind("moves")
    expect_begin(stacks[0], ["pthread_mutex_lock", "inner", "waits"])
    if not re.match("not read: the thread (runs|ran meanwhile)", stacks[1][0]):
        expect_inside(stacks[1], " in libc.so.6", " naps+", " run_thread+")


def test_rests():
    """a holder that sleeps a little again and again is read while it sleeps"""
    _, stacks = explain_kind("rests")
    expect_begin(stacks[0], ["pthread_mutex_lock", "inner", "waits"])
    expect_inside(stacks[1], " in libc.so.6", " rests+", " run_thread+")


def test_runs():
    """a holder that runs has no stack"""
    _, stacks = explain_kind("runs")
    ksft.equal(stacks[1][:1], ["not read: the thread runs"], "the holder")


def test_state_d():
    """a holder in state D: its stack in the kernel"""
    _, stacks = explain_kind("state_d")
    expect_begin(stacks[0], ["pthread_mutex_lock", "inner", "waits"])
    kernel, = [line for line in stacks[1] if line.startswith("in the kernel: ")]
    if "kernel_clone" not in kernel:
        raise AssertionError(kernel)
    if "0x" in kernel:
        raise AssertionError("an address: " + kernel)


def test_userfault():
    """a page of the stack whose fault nobody handles is not read, and the tool ends"""
    start = time.monotonic()
    _, (lines,) = explain_kind("userfault")
    expect_begin(lines, [*DEEP, "deep"])
    ksft.equal(lines[-1], "not read further: that part of it is not in memory, and is not fetched",
               "last line")
    if time.monotonic() - start > 60:
        raise AssertionError("it took %d s" % (time.monotonic() - start))


def test_stripped():
    """a stripped program: offsets in its file and the build id; the C library's names are known"""
    with tempfile.TemporaryDirectory() as directory:
        program = os.path.join(directory, "stripped")
        ksft.command("strip", "-o", program, MKSTACKS)
        name, (lines,) = explain_kind("self", program)
        if not re.fullmatch(r"stripped\+0x[0-9a-f]+", name or "none"):
            raise AssertionError("name %r, %s" % (name, lines))
        ksft.equal(lines[0], "#0 pthread_mutex_lock in libc.so.6", "first line")
        for line in lines[1:4]:
            offset, build_id = re.fullmatch(r"#\d stripped\+(0x[0-9a-f]+)"
                                            r"( \(build id [0-9a-f]{40}\))?", line).groups()
            ksft.equal(build_id is not None, line == lines[1], "the build id, once")
            found = ksft.command("addr2line", "-f", "-e", MKSTACKS, hex(int(offset, 16) - 1))
            ksft.equal(found.split("\n")[0], DEEP[lines.index(line)], "function at " + offset)


def build_id(path):
    """The build id of a file, in hexadecimal."""
    return re.search("Build ID: ([0-9a-f]+)", ksft.command("readelf", "-n", path))[1]


@contextlib.contextmanager
def debug_directory():
    """With an empty directory where debugging information is looked for."""
    if not os.path.isdir("/usr/lib/debug"):
        raise ksft.Skip("the root has no /usr/lib/debug, and is read only")
    with ksft.mounted("-t", "tmpfs", "none", "/usr/lib/debug"):
        yield


def test_separate():
    """a stripped program whose debugging information is in a file of its own, by build id"""
    with tempfile.TemporaryDirectory() as directory, debug_directory():
        program = os.path.join(directory, "stripped")
        ksft.command("strip", "-o", program, MKSTACKS)
        name = build_id(MKSTACKS)
        place = "/usr/lib/debug/.build-id/%s/%s.debug" % (name[:2], name[2:])
        os.makedirs(os.path.dirname(place))
        ksft.command("objcopy", "--only-keep-debug", MKSTACKS, place)
        name, (lines,) = explain_kind("self", program)
    ksft.equal(name, "stacks_lock (pthread_mutex_t) in stripped", "name")
    expect_begin(lines, DEEP)
    if " at mkstacks.c:" not in lines[1]:
        raise AssertionError(lines)


class DebuginfoServer:
    """A debuginfod, at a free port of this host: it has one file, or never answers; requests are
    the paths that it was asked for."""

    def __init__(self, path, is_silent=False):
        requests, ends = [], threading.Event()

        class Handler(http.server.BaseHTTPRequestHandler):
            """A request."""
            def do_GET(self):  # pylint: disable=invalid-name
                """Answer it."""
                requests.append(self.path)
                if is_silent:
                    ends.wait()
                elif self.path == "/buildid/%s/debuginfo" % build_id(path):
                    self.send_response(200)
                    self.send_header("Content-Length", str(os.path.getsize(path)))
                    self.end_headers()
                    with open(path, "rb") as file:
                        shutil.copyfileobj(file, self.wfile)
                else:
                    self.send_error(404)

            def log_message(self, *_):
                """Nobody reads that."""

        self.requests, self.ends = requests, ends
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ends.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@contextlib.contextmanager
def explained_by_server(is_silent=False, **env):
    """What explain says of a stripped program, and what a debuginfod server was asked for; the
    variables of env tell the tool how, {} being the server's URL."""
    if not ctypes.util.find_library("debuginfod"):
        raise ksft.Skip("there is no libdebuginfod")
    with tempfile.TemporaryDirectory() as directory, \
            DebuginfoServer(MKSTACKS, is_silent) as server:
        os.chmod(directory, 0o755)
        os.mkdir(directory + "/cache")
        os.chmod(directory + "/cache", 0o777)
        program = os.path.join(directory, "stripped")
        ksft.command("strip", "-o", program, MKSTACKS)
        env = {"DEBUGINFOD_CACHE_PATH": directory + "/cache",
               **{name: value.format(server.url) for name, value in env.items()}}
        _, (lines,) = explain_kind("self", program, env=env)
        yield lines, server.requests


def test_debuginfod():
    """a stripped program whose debugging information a debuginfod server has, which is asked only
    if the environment names it"""
    with explained_by_server(DEBUGINFOD_URLS="{}") as (lines, requests):
        expect_begin(lines, DEEP)
        ksft.equal(" at mkstacks.c:" in lines[1], True, "source line in " + lines[1])
        ksft.equal("/buildid/%s/debuginfo" % build_id(MKSTACKS) in requests, True,
                   "requests: %s" % requests)
    for env in {}, {"DEBUGINFOD_URLS": ""}:
        with explained_by_server(**env) as (lines, requests):
            ksft.equal(functions(lines)[1].startswith("stripped"), True, "second line of %s" % lines)
            ksft.equal(requests, [], "requests")


def test_silent_debuginfod():
    """a debuginfod server that never answers is asked once, and there is a stack without it"""
    with explained_by_server(is_silent=True, DEBUGINFOD_URLS="{}",
                             DEBUGINFOD_TIMEOUT="2") as (lines, requests):
        ksft.equal([line.split("+")[0] for line in lines[1:3]], ["#1 stripped", "#2 stripped"], "stack")
        ksft.equal(len(requests), 1, "requests: %s" % requests)


def test_mini():
    """a stripped program with compressed symbols in it (.gnu_debugdata), as Fedora's are"""
    with tempfile.TemporaryDirectory() as directory:
        program, mini = os.path.join(directory, "stripped"), os.path.join(directory, "mini")
        ksft.command("strip", "--strip-debug", "-o", mini, MKSTACKS)
        with open(mini, "rb") as file, open(mini + ".xz", "wb") as packed:
            packed.write(lzma.compress(file.read()))
        ksft.command("strip", "-o", program, MKSTACKS)
        ksft.command("objcopy", "--add-section", ".gnu_debugdata=%s.xz" % mini, program)
        _, (lines,) = explain_kind("self", program)
    expect_begin(lines, DEEP)


def read_in_time(program):
    """The stack of one kind, unless the host was too busy to read it before the deadline."""
    _, (lines,) = explain_kind("self", program)
    return lines != ["not read: no answer in time"] and lines


# How often that is tried.
TRIES = 20


def test_bomb():
    """compressed symbols which grow to more than there is memory for: the stack is without them"""
    zeros = os.path.join(ksft.BUILT, "zeros.xz")
    with tempfile.TemporaryDirectory() as directory:
        program = os.path.join(directory, "bomb")
        ksft.command("objcopy", "--strip-all", "--add-section", ".gnu_debugdata=" + zeros,
                     MKSTACKS, program)
        lines = next(filter(None, (read_in_time(program) for _ in range(TRIES))), None)
    most = 1024 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGESIZE")
    if most > memory / 3:
        raise AssertionError("reading it took %d MiB of %d" % (most >> 20, memory >> 20))
    if not lines:
        raise ksft.Skip("not read in time in %d tries: this host is too slow" % TRIES)
    expect_inside(lines, "#0 pthread_mutex_lock in libc.so.6", "#1 bomb+0x", "#2 bomb+0x")


def test_deleted():
    """a program whose file was deleted, and replaced"""
    with tempfile.TemporaryDirectory() as directory:
        program = os.path.join(directory, "gone")
        shutil.copy(MKSTACKS, program)
        with ksft.Factory("self", program) as factory:
            os.remove(program)
            shutil.copy("/bin/true", program)
            name, (lines,) = explain(waiter(factory))
    ksft.equal(name, "stacks_lock (pthread_mutex_t) in gone", "name")
    expect_begin(lines, DEEP)


def libraries(program):
    """The files that a program loads."""
    return re.findall(r"(/\S+) \(0x", ksft.command("ldd", program))


def test_chroot():
    """a program in another root, under names that this root lacks"""
    with tempfile.TemporaryDirectory() as directory:
        for path in (*libraries(MKSTACKS), MKSTACKS):
            place = directory + (path if path != MKSTACKS else "/only-here/inside")
            os.makedirs(os.path.dirname(place), exist_ok=True)
            shutil.copy(path, place)
        # The program waits until its thread is blocked, by /proc.
        os.mkdir(directory + "/proc")
        with (ksft.mounted("--bind", "/proc", directory + "/proc"),
              ksft.Factory("%s /only-here/inside self" % directory, "chroot") as factory):
            name, (lines,) = explain(waiter(factory))
    ksft.equal(name, "stacks_lock (pthread_mutex_t) in inside", "name")
    expect_begin(lines, DEEP)


def test_cxx():
    """C++: names are demangled, and what was inlined is named"""
    if not os.path.exists(MKSTACKS_CXX):
        raise ksft.Skip("no C++ program was built")
    name, (lines,) = explain_kind("", MKSTACKS_CXX)
    ksft.equal(name, "savings.lock (mutex) in mkstacks-cxx", "name")
    names = functions(lines)
    ksft.equal(names[0], "pthread_mutex_lock", "first function")
    ksft.equal([got for got in names if "bank" in got],
               ["bank::account<long>::deposit"] * 2, "methods")
    if not any("std::mutex::lock" in line and line.endswith("(inlined)") for line in lines):
        raise AssertionError(lines)


def test_32():
    """a 32-bit program"""
    if not os.path.exists(MKSTACKS_32):
        raise ksft.Skip("no 32-bit program was built")
    try:
        program = Program(MKSTACKS_32)
    except OSError as error:
        raise ksft.Skip("32-bit programs do not run here: %s" % error) from None
    with program:
        def look():
            found = tool.judge_threads()
            return program.tgid in found and found[program.tgid]["verdict"] != "unknown"
        until("the program waits", look)
        name, (lines,) = explain(program.tgid)
        bits = [got["bits"] for kind, got in ksft.read_waiters()
                if kind == "thread" and int(got["tid"]) == program.tgid]
    ksft.equal(bits, ["32"], "bits")
    ksft.equal(name, "stacks_word in mkstacks-32", "name")
    expect_begin(lines, ["inner", "middle", "outer"])


def test_musl():
    """a program that is linked with musl"""
    if not os.path.exists(MKLOCKS_MUSL):
        raise ksft.Skip("no program was linked with musl")
    _, (lines, *_) = explain_kind("mutex_normal", MKLOCKS_MUSL)
    if not functions(lines):
        raise AssertionError(lines)
    for line in lines:
        if line.startswith("#") and not line.endswith("in mklocks-musl"):
            raise AssertionError(line)


def python_frames(lines):
    """The functions of Python in a stack; each of those of mklocks.py is in the line that it says."""
    with open(MKLOCKS_PY, encoding="ascii") as file:
        source = file.read().splitlines()
    frames = re.findall(r"^#\d+ (\S+) at (\S+):(\d+) \(Python\)$", "\n".join(lines), re.M)
    return [(function, source[int(line) - 1].strip() if file == "mklocks.py" else file)
            for function, file, line in frames]


START = [("Thread.run", "threading.py"), ("Thread._bootstrap_inner", "threading.py"),
         ("Thread._bootstrap", "threading.py")]


def check_python(program, script):
    """The functions of Python of a thread that waits for another one, and of that one."""
    with ksft.Factory(script + " join", program) as factory:
        _, stacks = explain(waiter(factory))
    # In what join() waits differs between versions.
    ksft.equal([frame for frame in python_frames(stacks[0]) if "wait" not in frame[0]][-4:],
               [("Thread.join", "threading.py"), *START], "functions of the waiting thread")
    if any("in python3" in line for line in stacks[0]):
        raise AssertionError(stacks[0])
    own = [("main", "sys.stdin.read()"), ("<module>", "main()")]
    if own not in [python_frames(lines)[-2:] for lines in stacks]:
        raise AssertionError("no functions of the main thread in %s" % stacks)
    with ksft.Factory(script + " lock", program) as factory:
        _, (lines, *_) = explain(waiter(factory))
    ksft.equal(python_frames(lines), START, "functions of a thread that waits for a lock")


def test_python():
    """functions, files and lines of this host's Python"""
    check_python("/usr/bin/python3", MKLOCKS_PY)


def test_new_python():
    """the same of Python 3.13, which says itself where its fields are"""
    with ksft.python_root(os.path.dirname(MKLOCKS_PY)) as root:
        check_python("chroot", "%s python3.13 /mnt/mklocks.py" % root)


def test_python_child():
    """a child of fork(2): the functions that called it, and those that it calls"""
    with python("fork_pool.py", POOL, "stay").wait_for("ready") as program:
        _, (lines, *_) = explain(fork_pool(program)["tid"])
    if not re.search(r"^#\d+ <module> at fork_pool.py:\d+ \(Python\)$", "\n".join(lines), re.M):
        raise AssertionError(lines)


# Two threads that take turns: each waits for the GIL for 0.1 s at a time.
TURNS = """
import os, sys, threading
def turn():
    while True:
        pass
sys.setswitchinterval(0.1)
for _ in range(2):
    threading.Thread(target=turn, daemon=True).start()
print("ready", flush=True)
sys.stdin.read()
os._exit(0)
"""


def test_gil():
    """a thread that waits for the GIL some milliseconds at a time: its functions of Python"""
    with Program("/usr/bin/python3", "-c", TURNS).wait_for("ready") as program:
        def look():
            got = tool.run("explain", str(program.tgid))
            return re.search(r"^Stack     of this thread:\n +#0 pthread_cond_\w+ in .*\n"
                             r" +#1 turn at <string>:\d \(Python\)$", got.stdout, re.M)
        until("the stack of a thread that waits for the GIL", look)


def test_table():
    """--stacks: below each row, once if they are the same, and not more than it says"""
    with ksft.Factory("crowd", MKSTACKS) as factory:
        tgid = factory.process.pid
        got = tool.run("--stacks", "--all", "--pid", str(tgid))
        ksft.equal(got.status, 3, "status")
        ksft.equal(len(re.findall("^ +#1 inner", got.stdout, re.M)), 1, "stacks")
        ksft.equal(len(re.findall("^ +the same stack as thread", got.stdout, re.M)), 19,
                   "the same ones")
        if "of 80 more threads the stacks are not shown" not in got.stdout:
            raise AssertionError(got.stdout)


def test_graph():
    """graph --stacks: whoever points at a thread sees its stack; without it there are no tooltips"""
    with ksft.Factory("pair", MKSTACKS) as factory:
        ids = ("--pid", str(factory.process.pid))
        plain, dot = (tool.run(*more, "graph", *ids).stdout for more in ((), ("--stacks",)))
    ksft.equal("tooltip" in plain, False, "tooltips without --stacks")
    found = re.findall(r'tooltip="waits on (\w+) \(pthread_mutex_t\) in mkstacks\\n'
                       r"#0 pthread_mutex_lock in libc.so.6\\n#1 (holds_\w+)\+", dot)
    ksft.equal(sorted(found), [("other_lock", "holds_first"), ("stacks_lock", "holds_second")],
               "tooltips of " + dot)


def test_json():
    """--json --stacks: all frames, of those that are stuck"""
    with ksft.Factory("crowd", MKSTACKS) as factory:
        got = tool.run("--json", "--stacks", "--pid", str(factory.process.pid))
        waiters = json.loads(got.stdout)["waiters"]
    ksft.equal(len(waiters), 100, "waiters")
    for found in waiters:
        names = [frame["function"] for frame in found["stack"]]
        ksft.equal((found["stack_error"], found["lock_name"] is None), (None, False), "thread")
        ksft.equal([name for name in names if name in DEEP[1:]], DEEP[1:], "functions")
        frame = found["stack"][names.index("inner")]
        ksft.equal((frame["module"], frame["file"], frame["kind"]),
                   ("mkstacks", "mkstacks.c", "call"), "frame")


def test_no_stacks():
    """without --stacks, JSON has none; a saved copy has none, and that is said if asked for"""
    with ksft.Factory("self", MKSTACKS) as factory:
        found = tool.judge_threads()[waiter(factory)]
        ksft.equal([found[key] for key in ("stack", "stack_error", "lock_name")], 3 * [None],
                   "members")
        with open(ksft.WAITERS, encoding="ascii") as file:
            copy = file.read()
        got = tool.run("--file", "-", input=copy)
        ksft.equal((got.status, got.stderr), (3, ""), "without --stacks")
        got = tool.run("--file", "-", "--stacks", input=copy)
        ksft.equal((got.status, got.stderr), (3, "futexinspect: a saved copy has no stacks\n"),
                   "with --stacks")
        got = tool.run("--file", "-", "explain", str(waiter(factory)), input=copy)
        ksft.equal("Stack" in got.stdout, False, "explain of a copy has stacks")


def switches(tid):
    """How often a thread was switched to, and how often it got a signal or was traced."""
    with open("/proc/%d/status" % tid, encoding="ascii") as file:
        return re.findall(r"^(\w*ctxt_switches|TracerPid|State|SigPnd):\s*(.*)$", file.read(), re.M)


def test_harmless():
    """the thread whose stack is read does not notice"""
    with ksft.Factory("self", MKSTACKS) as factory:
        before = switches(waiter(factory))
        explain(waiter(factory))
        ksft.equal(switches(waiter(factory)), before, "switches of the thread")


def test_no_rights():
    """an ordinary user sees the stacks of own processes"""
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        with contextlib.suppress(OSError):
            ksft.write("/proc/sys/kernel/yama/ptrace_scope", "0")
        program = os.path.join(directory, "own")
        shutil.copy(MKSTACKS, program)
        with ksft.Factory("%s self" % " ".join((*tool.NOBODY[1:], program)),
                          tool.NOBODY[0]) as factory:
            got = tool.run("--source", "proc", "explain", str(waiter(factory)),
                           through=tool.NOBODY)
            found = re.findall(r"^ +#\d (\w+)", got.stdout, re.M)
            ksft.equal(found[:4], DEEP, "functions: " + got.stdout + got.stderr)


def test_seed_pool():
    """000: the binding's function, and Python's below it"""
    with python("fork_pool.py", POOL, "stay").wait_for("ready") as program:
        _, (lines, *_) = explain(fork_pool(program)["tid"])
    # On arm64 it is not known what called syscall(2) of glibc.
    if platform.machine() == "x86_64":
        expect_inside(lines, "pool_run", "ffi")
    expect_inside(lines, "<module> at fork_pool.py:")


def test_seed_gdb():
    """001: a worker, and the main thread that reads"""
    with stuck_gdb() as gdb:
        _, stacks = explain(gdb_workers(gdb)[0]["tid"])
    expect_inside(stacks[0], "pthread_cond_wait")
    expect_inside(stacks[-1], " in libc.so.6", "gdb")


def test_seed_handler():
    """002: the handler of SIGPROF inside of pthread_mutex_lock()"""
    with built("sigprof", os.path.join(BUILT, "victim")).wait_for("ready") as program:
        tgid = program.number("victim")
        settled(tgid, 2)
        name, (lines, *_) = explain(tgid)
        text = tool.run("explain", str(tgid)).stdout
        reason = tool.judge_threads("--stacks")[tgid]["reason"]
    ksft.equal(name, "lock (pthread_mutex_t) in victim", "name")
    expect_inside([reason], "it waits in a handler of SIGPROF")
    # On arm64 elfutils 0.188 has no rule for what was interrupted.
    amd64 = platform.machine() == "x86_64"
    expect_inside(lines, "pthread_mutex_lock", "on_sigprof", SIGNAL % "SIGPROF",
                  *(["pthread_mutex_lock", "main"] if amd64 else []))
    told = " ".join(text.split())
    for part in ("to wake it; it waits in a handler of SIGPROF" +
                 (", which interrupted pthread_mutex_lock+" * amd64),
                 TYPED % "pthread_mutex" + ", which names no holder"):
        if part not in told:
            raise AssertionError(told)


def test_seed_fork():
    """003: fork's child in the lock that it copied"""
    for lock, name, function in (("mutex", "mutex (pthread_mutex_t) in fork_locks", "pthread_mutex_lock"),
                                 ("timezone", "libc.so.6", "libc.so.6")):
        with built("fork_locks", lock).wait_for("ready") as program:
            child = program.number("child")
            settled(child, 1)
            got, (lines, *_) = explain(child)
        if name not in got:
            raise AssertionError(got)
        expect_inside(lines, function, "main")


def test_seed_traced():
    """004: the waiter and its tracer, which waits for it"""
    with built("traced", "pool").wait_for("ready") as program:
        wait_until_in(program.tgid, "wait4")
        tracee = program.number("tracee")
        _, (lines, *others) = explain(settled(tracee, 5)[0]["tid"])
    # The root for arm64 lacks libc6-dbg, which names the functions in between.
    amd64 = platform.machine() == "x86_64"
    expect_inside(lines, *(["pthread_join in libc"] if amd64 else []), "use_pool")
    if amd64 and not any("wait" in line and "libc" in line for lines in others for line in lines):
        raise AssertionError(others)


if __name__ == "__main__":
    ksft.run([test_deep, test_frame_pointers, name_test("heap", "the heap"),
              name_test("member", r"config\.cache\.shelves\[1\]\.locks\[1\]\[2\] "
                                  r"\(pthread_mutex_t\) in mkstacks"),
              name_test("union", r"either\.mutex \(pthread_mutex_t\) in mkstacks"),
              name_test("either", r"mixed\.any in mkstacks"),
              name_test("function", r"own_lock \(pthread_mutex_t\) in mkstacks"),
              name_test("memfd", r"memfd stacks\+0x0"),
              name_test("anonymous", "shared anonymous memory"),
              test_arena, test_name_in_stack, test_type,
              test_same_type, test_handler,
              test_loop,
              test_pair, test_moves, test_rests, test_runs, test_state_d, test_userfault, test_stripped,
              test_separate, test_debuginfod, test_silent_debuginfod, test_mini, test_bomb, test_deleted, test_chroot, test_cxx, test_32, test_musl, test_python,
              test_new_python, test_python_child, test_gil, test_table, test_graph, test_json, test_no_stacks,
              test_harmless, test_no_rights, test_seed_pool, test_seed_gdb, test_seed_handler,
              test_seed_fork, test_seed_traced])
