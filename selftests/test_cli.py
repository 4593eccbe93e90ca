#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The program as a person or a script uses it, as far as a file in cases/ cannot say it:
terminals, full disks, this host."""

import contextlib
import ctypes
import fcntl
import json
import os
import pty
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unicodedata

from lib import ksft, schema, tool

DATA = os.path.join(ksft.TOP, "selftests", "unit", "data")
ZOO = os.path.join(DATA, "zoo.txt")
RED = "\x1b[31m"

# A process that waits for its own lock.
STUCK = "import threading; lock = threading.Lock(); lock.acquire(); lock.acquire()"

# What the JSON of every waiter has.
KEYS = ("tid", "tgid", "comm", "uaddr", "waits_on", "op", "flags", "expected", "value", "bitset",
        "timeout", "live_threads", "verdict", "certainty", "reason")


def expect(got, status, stderr="", stdout=None):
    """Fail unless a run came to this."""
    ksft.equal((got.status, got.stderr), (status, stderr), "status and errors")
    if stdout is not None:
        ksft.equal(got.stdout, stdout, "output")


def column_test(column):
    """The test of one column, as ksft.run() wants it."""
    def test():
        got = tool.run("--file", ZOO, "-no", column)
        ksft.equal(got.status, 3, "status")
        lines = [line for line in got.stdout.splitlines() if line]
        if len(lines) < 8:
            raise AssertionError("%d lines for 8 waiters" % len(lines))
    test.__doc__ = "column " + column
    return test


def columns():
    """The columns that the program says it has."""
    got = tool.run("--list-columns")
    expect(got, 0)
    return [line.split()[0] for line in got.stdout.splitlines()]


def test_json_keys():
    """the JSON of every waiter has all keys that scripts rely on"""
    got = tool.judge("--file", ZOO)
    ksft.equal(len(got), 8, "waiters")
    for waiter in got:
        ksft.equal([key for key in KEYS if key not in waiter], [], "missing keys")
        ksft.equal((waiter["uaddr"][:2], waiter["bitset"]), ("0x", "0xffffffff"), "hex strings")


def test_json_and_columns():
    """full JSON has for each waiter what --output has for all columns, and no key twice"""
    names = ",".join(columns())
    rows = tool.judge("--file", ZOO, "--output", names)
    for full, row in zip(tool.judge("--file", ZOO), rows, strict=True):
        ksft.equal({key: full[key] for key in row}, row, "members of waiter %s" % row["tid"])
    pairs = []
    json.loads(tool.run("--json", "--file", ZOO).stdout,
               object_pairs_hook=lambda found: pairs.append(found) or dict(found))
    for found in pairs:
        keys = [key for key, _ in found]
        ksft.equal(sorted(set(keys)), sorted(keys), "keys of an object")


def interleaved(nr):
    """A copy of two processes with so many threads each, whose ids take turns."""
    lines = ["futexinspect version=1"]
    for tgid in (1, 2):
        tids = range(tgid, tgid + 2 * nr, 2)
        lines.append("mm id=%d live=%d live_threads=%s hidden=0" %
                     (tgid, nr, ",".join(map(str, tids))))
        lines.append("process tgid=%d ppid=1 mm=%d execed=yes caught=0x0" % (tgid, tgid))
        for tid in tids:
            lines.append("thread tid=%d tgid=%d mm=%d state=S" % (tid, tgid, tgid))
            lines.append("waiter tid=%d tgid=%d mm=%d op=FUTEX_WAIT uaddr=0x%x" %
                         (tid, tgid, tgid, 4096 * tid))
    return "\n".join([*lines, "end\n"])


def test_json_size():
    """JSON grows as the number of threads does, whatever their ids are"""
    sizes = []
    for nr in (2000, 4000):
        got = tool.run("--json", "--file", "-", input=interleaved(nr))
        document = json.loads(got.stdout)
        ksft.equal((got.status, len(document["waiters"]), len(document["address_spaces"])),
                   (3, 2 * nr, 2), "status, waiters and address spaces")
        sizes.append(len(got.stdout))
    if sizes[1] > 2.2 * sizes[0]:
        raise AssertionError("%d bytes, %d for twice the threads" % tuple(sizes))


def visible(char):
    """Whether a person sees the character as such, so that it is no trick in a name."""
    return char == " " or (unicodedata.category(char) not in
                           ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"))


def test_unicode():
    """of all characters, those that cannot be seen are escaped, and hardly any others"""
    chars = [chr(code) for code in range(0x80, 0x110000) if not 0xd800 <= code < 0xe000]
    names = ["".join("\\%03o" % byte for byte in char.encode()) for char in chars]
    lines = ["waiter comm=%s\n" % "|".join(names[i:i + 500]) for i in range(0, len(names), 500)]
    text = "futexinspect version=1\n%send\n" % "".join(lines)
    got = [name for waiter in json.loads(
        tool.run("--json", "-o", "COMMAND", "-f", "-", input=text).stdout)["waiters"]
           for name in waiter["comm"].split("|")]
    ksft.equal(len(got), len(chars), "names")
    # The C library and Python may know different versions of Unicode.
    ksft.equal([hex(ord(char)) for char in got if len(char) == 1 and not visible(char) and
                unicodedata.category(char) != "Cn"], [], "characters that are shown")
    shown = {char for char in got if len(char) == 1}
    escaped = sum(visible(char) and char not in shown for char in chars)
    if escaped > 300 or len(shown) < 100000:
        raise AssertionError("%d that can be seen are escaped, %d are not" % (escaped, len(shown)))


def test_jq():
    """the commands of Documentation/json.rst say what they should of a saved copy"""
    with open(os.path.join(ksft.TOP, "Documentation", "json.rst"), encoding="utf-8") as file:
        commands = re.findall(r"^  futexinspect --json \| jq (.*)$", file.read(), re.M)
    got = [subprocess.run("%s --json -f %s | jq -c %s" % (tool.PROGRAM, ZOO, command), shell=True,
                          capture_output=True, text=True, check=True).stdout.splitlines()
           for command in commands]
    waits = "waits for a pthread_mutex"
    ksft.equal(got, [["200", "102", "101", "300"], ["[]"], [],
                     ["[200,1]", "[102,1]", "[101,1]", "[300,100]"],
                     ['{"tid":200,"end":200,"does":"%s"}' % waits,
                      '{"tid":102,"end":102,"does":"%s"}' % waits,
                      '{"tid":101,"end":101,"does":"%s"}' % waits,
                      '{"tid":300,"end":101,"does":"is in process 100 (abba), not in its '
                      'waiter\'s"}'],
                     ["[null,null,true,3]"]], "answers")


def test_color():
    """in color, what is stuck is red, and what is not is plain"""
    lines = tool.run("--file", ZOO, "--color=always").stdout.splitlines()
    ksft.equal([word for line in lines for word in line.split()
                if word.startswith(RED) and "likely" not in word],
               ["%s%s\x1b[0m" % (RED, verdict)
                for verdict in ("deadlock", "deadlock", "deadlock", "orphaned")], "in red")
    if not any(" waiting  -  " in line for line in lines):
        raise AssertionError("no plain line in %s" % lines)


def on_terminal(*args, status=3, columns=80, **env):
    """What the tool writes to a terminal, and to standard error, as one text."""
    terminal, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with subprocess.Popen([tool.PROGRAM, "-f", ZOO, *args], stdout=slave, stderr=slave,
                          stdin=subprocess.DEVNULL,
                          env={**tool.ENVIRONMENT, "TERM": "xterm", **env}) as process:
        os.close(slave)
        text = b""
        try:
            while piece := os.read(terminal, 4096):
                text += piece
        except OSError:
            pass # the other end is closed
        ksft.equal(process.wait(), status, "status: " + text.decode())
    os.close(terminal)
    return text.decode().replace("\r", "")


def test_color_on_terminal():
    """color on a terminal, but with NO_COLOR or on a dumb one"""
    for env, color in (({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True),
                       ({"TERM": "dumb"}, False)):
        got = on_terminal("--no-pager", **env)
        ksft.equal("\x1b[" in got, color, "color with %s in %r" % (env, got))


def chain(nr):
    """A copy in which each of so many threads waits for the one before it."""
    lines = ["futexinspect version=1", "mm id=1 live=%d live_threads=1-%d hidden=0" % (nr, nr),
             "process tgid=1 ppid=0 mm=1 execed=yes caught=0x0"]
    for tid in range(1, nr + 1):
        lines.append("thread tid=%d tgid=1 mm=1 state=S" % tid)
        if tid > 1:
            lines.append("waiter tid=%d tgid=1 mm=1 op=FUTEX_WAIT flags=PRIVATE expected=2 value=2 "
                         "uaddr=0x%x timeout=none bitset=0xffffffff words=0:2,0,%x,1,0*6" %
                         (tid, 4096 * tid, tid - 1))
    return "\n".join([*lines, "end\n"])


def test_large_graph():
    """a graph has no more nodes than can be seen, and says what it leaves out"""
    def nodes(*args):
        got = tool.run("graph", "--file", "-", *args, input=chain(2000))
        ksft.equal((got.status, got.stderr), (0, ""), "status and errors")
        left_out = re.search(r'label="(\d+) of 1999 waiters are left out', got.stdout)
        return len(re.findall(r"^\t+n\d+ \[", got.stdout, re.M)), left_out and int(left_out[1])
    few, left_out = nodes()
    if few > 160 or not 1999 - few <= left_out < 1999:
        raise AssertionError("%d nodes, %s are left out" % (few, left_out))
    ksft.equal(nodes("--all"), (2000, None), "nodes, and waiters that are left out, with --all")


# A pager that marks each line.
MARK = "sed s/^/page:/"


def test_pager():
    """a pager shows what is written to a terminal, which is as wide as before"""
    for args in ((), ("--json",), ("explain", "102"), ("graph",)):
        plain = on_terminal("--no-pager", *args).splitlines()
        paged = on_terminal(*args, PAGER=MARK).splitlines()
        ksft.equal(paged, ["page:" + line for line in plain], " ".join(args))
    wide = on_terminal(columns=200, PAGER=MARK)
    if "FUTEX" not in wide or "\x1b[31m" not in wide:
        raise AssertionError("neither wide nor coloured: " + wide)


def test_no_pager():
    """no pager: if the environment says so, on a dumb terminal, elsewhere than on a terminal"""
    plain = on_terminal("--no-pager", PAGER=MARK)
    for env in ({"PAGER": ""}, {"PAGER": "cat"}):
        ksft.equal(on_terminal(**env), plain, "with %s" % env)
    ksft.equal("page:" in on_terminal(PAGER=MARK, TERM="dumb"), False, "on a dumb terminal")
    for args in (("-f", ZOO), ("--help",), ("--list-columns",)):
        got = tool.run(*args, env={"PAGER": MARK, "TERM": "xterm"})
        ksft.equal("page:" in got.stdout, False, "in a pipe: %s" % " ".join(args))


def test_pager_quits():
    """a pager that reads nothing, or not all, changes no exit status, and nobody complains"""
    for pager in ("true", "head -c 1"):
        got = on_terminal("--json", PAGER=pager)
        ksft.equal(got in ("", "{"), True, "output with %s: %r" % (pager, got))


def test_pager_missing():
    """a pager that cannot be run is an error, for nothing was shown"""
    got = on_terminal(status=1, PAGER="/nonexistent")
    ksft.equal(got.splitlines()[-1], "futexinspect: cannot run the pager: see PAGER in the "
               "environment, or use --no-pager", "last line")


def with_programs(**env):
    """What is shown where less and more are scripts that say how they were started."""
    env.setdefault("NAMES", "less more")
    with tempfile.TemporaryDirectory() as directory:
        for name in env.pop("NAMES").split():
            path = os.path.join(directory, name)
            with open(path, "w", encoding="ascii") as file:
                file.write('#!/bin/sh\necho "%s LESS=$LESS secure=$LESSSECURE"\n' % name)
            os.chmod(path, 0o755)
        return on_terminal(**{"PATH": directory, **env}).split("\n")[0]


def test_default_pager():
    """less is the pager if none is chosen, more if there is no less; under sudo, less alone"""
    ksft.equal(with_programs(), "less LESS=FRX secure=", "less")
    ksft.equal(with_programs(LESS="R"), "less LESS=R secure=", "less with its own options")
    ksft.equal(with_programs(NAMES="more"), "more LESS=FRX secure=", "more")
    ksft.equal(with_programs(SUDO_UID="1", LESS="R", PAGER=MARK), "less LESS=FRX secure=1", "sudo")
    for env in ({"NAMES": ""}, {"NAMES": "more", "SUDO_UID": "1"}):
        ksft.equal(with_programs(**env).split()[0], "PID", "first word without less")


def draw(script, *args):
    """Run the graph command where dot(1) is this script."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "dot")
        with open(path, "w", encoding="ascii") as file:
            file.write("#!/bin/sh\n" + script)
        os.chmod(path, 0o755)
        return tool.run("graph", "-f", ZOO, *args,
                        env={"PATH": directory + ":" + os.environ["PATH"]})


def test_dot():
    """dot gets the format and the graph, and its output is ours"""
    with open(os.path.join(DATA, "zoo.dot"), encoding="utf-8") as file:
        expect(draw('echo "$@"\nexec cat\n', "-T", "svg"), 3, "", "-Tsvg\n" + file.read())


def test_dot_fails():
    """a format that dot refuses"""
    ksft.equal(draw("exit 1\n", "-T", "nonsense").status, 1, "status")


def test_full_disk():
    """a full disk does not pass for a short answer"""
    for args in (("-f", ZOO), ("-J", "-f", ZOO), ("--help",), ("-f", ZOO, "explain", "102"),
                 ("-f", ZOO, "graph")):
        with open("/dev/full", "w", encoding="ascii") as full:
            got = subprocess.run([tool.PROGRAM, *args], stdout=full, stderr=subprocess.PIPE,
                                 env=tool.ENVIRONMENT, text=True, check=False)
        ksft.equal((got.returncode, got.stderr),
                   (1, "futexinspect: write error: No space left on device\n"), " ".join(args))


def test_closed_stdout():
    """a closed standard output is an error"""
    got = subprocess.run([tool.PROGRAM, "--version"], preexec_fn=lambda: os.close(1),
                         stderr=subprocess.PIPE, env=tool.ENVIRONMENT, check=False)
    ksft.equal(got.returncode, 1, "status")


def test_no_module():
    """without the module, to ask for it is an error of one line"""
    if os.access(ksft.WAITERS, os.R_OK):
        raise ksft.Skip("the module is loaded")
    got = tool.run("--source", "module")
    ksft.equal((got.status, got.stderr.count("\n")), (1, 1), "status, and lines of errors")


def has_line(text, line):
    """Fail unless a line is there."""
    if line not in text.splitlines():
        raise AssertionError("no line %r in %s" % (line, text))


def check_unexplained(got, begins):
    """Fail unless a document says that there is nothing to explain, as standard error does."""
    document = schema.check(got.stdout)
    why = document["futexinspect"]["unexplained"]
    ksft.equal((got.status, document["waiters"]), (1, []), "status and waiters")
    has_line(got.stderr, "futexinspect: " + why)
    if not why.startswith(begins):
        raise AssertionError("unexplained: " + why)


def test_live_thread():
    """this host: a thread that does not wait on a futex, and then does not exist"""
    with subprocess.Popen(["sleep", "1000"]) as process:
        got = tool.run("--source", "proc", "explain", str(process.pid))
        as_json = tool.run("--source", "proc", "--json", "explain", str(process.pid))
        process.kill()
    check_unexplained(as_json, "thread %d does not wait on a futex: it " % process.pid)
    ksft.equal(got.status, 1, "status")
    if not re.search("futexinspect: thread %d does not wait on a futex: it (%sclock_nanosleep for .*"
                     "|.*ready to run.*)\n" % (process.pid, tool.SLEEPS), got.stderr):
        raise AssertionError(got.stderr)
    got = tool.run("--source", "proc", "explain", str(process.pid))
    has_line(got.stderr, "futexinspect: there is no thread %d" % process.pid)
    # The other line says what /proc does not show.
    ksft.equal((got.status, got.stderr.count("\n")), (1, 2), "status, and lines of errors")
    got = tool.run("--source", "proc", "--pid", str(process.pid))
    ksft.equal(got.status, 1, "status")
    has_line(got.stderr, "futexinspect: there is no process or thread %d" % process.pid)
    got = tool.run("--quiet", "--source", "proc", "--pid", "no-such-name")
    ksft.equal((got.status, got.stderr),
               (1, "futexinspect: no process or thread is called no-such-name\n"), "a name")


def wait_to_be_told(pid, what):
    """Until explain says of a process that it does not wait, but this."""
    wanted, said = "thread %d does not wait on a futex: it %s\n" % (pid, what), ""
    deadline = time.monotonic() + 60
    while wanted not in said:
        if time.monotonic() > deadline:
            raise AssertionError("%r, not %r" % (said, wanted))
        said = tool.run("--source", "proc", "explain", str(pid)).stderr


def is_zombie():
    """What explain says of a child for which this program has not waited."""
    with open("/proc/self/comm", encoding="ascii") as file:
        name = file.read().strip()
    return "has ended, and is a zombie until it is waited for by process %d (%s)" % (os.getpid(), name)


def test_stopped_thread():
    """this host: a process that is stopped, and then has ended, while its parent does something else"""
    with subprocess.Popen(["sleep", "1000"]) as process:
        process.send_signal(signal.SIGSTOP)
        wait_to_be_told(process.pid, "is stopped")
        os.kill(process.pid, signal.SIGKILL)
        wait_to_be_told(process.pid, is_zombie())


# What a program does, and how explain says that.
CALLS = {
    "flock": ("fcntl.flock(open(FILE), fcntl.LOCK_EX)",
              r"flock\(3\): %(file)s, whose lock is held by process %(self)d \([\w.]+\)"),
    "fcntl": ("fcntl.lockf(open(FILE, 'r+'), fcntl.LOCK_EX)",
              r"fcntl\(3\): %(file)s, whose lock is held by process %(self)d \([\w.]+\)"),
    "inherited flock": ("f = open(FILE + '.fifo', 'r+b', 0); fcntl.flock(f, fcntl.LOCK_EX); child(); f.close();"
                        "fcntl.flock(open(FILE + '.fifo', 'r+b', 0), fcntl.LOCK_EX)",
                        r"flock\(3\): %(file)s\.fifo, whose lock is held by process \d+ \(python3\)"),
    "open": ("open(FILE + '.other')",
             r"openat: %(file)s\.other, a FIFO whose other end nobody has opened"),
    "socket in a message": ("a, b = socket.socketpair(); c = socket.socketpair();"
                            "socket.send_fds(c[0], [b'x'], [b.fileno()]); b.close(); a.recv(1)",
                            r"recvfrom\(3\): unix socket, other end: open in no process"),
    "sigwait": ("signal.sigwait({10, 12, 15, 34, 35, 36})",
                r"rt_sigtimedwait for SIGUSR1, SIGUSR2, SIGTERM, signal 34, and 2 more"),
    "connect": (r"import socket; NAME = '\0' + FILE; s = socket.socket(1); s.bind(NAME); s.listen(0);"
                "c = [socket.socket(1) for _ in range(3)]; [x.connect(NAME) for x in c]",
                r"connect\(\d\): unix socket to @%(file)s, not accepted yet by process %(pid)d "
                r"\(python3\) itself"),
    "poll": ("p = select.poll(); p.register(os.pipe()[0]); p.poll()",
             r"p?poll: 3 \(pipe:\[\d+\]\), other end: process %(pid)d \(python3\) itself"),
    "select": ("select.select([os.pipe()[0], os.pipe()[0]], [], [])",
               r"p?select6?: 3 \(pipe:\[\d+\]\) and 5 \(pipe:\[\d+\]\)"),
    "epoll": ("e = select.epoll(); [e.register(C.eventfd(7, 0), select.EPOLLPRI) for _ in range(3)]; e.poll()",
              r"epoll_p?wait\(3\): \d \(eventfd with count 7\) and \d \(eventfd with count 7\), and 1 more"),
    "semop": ("C.semop(%(semaphores)d, (ctypes.c_short * 3)(0, -1, 0), 1)",
              r"sem(timed)?op\(\d+\): semaphore 0 to be larger"),
    "msgrcv": ("C.msgrcv(%(messages)d, bytes(64), 50, 0, 0)",
               r"msgrcv\(\d+\): message queue with 0 messages, last written by nobody"),
    "eventfd": ("os.read(C.eventfd(0, 0), 8)", r"read\(3\): eventfd with count 0"),
    "timerfd": ("t = C.timerfd_create(1, 0); C.timerfd_settime(t, 0, (ctypes.c_long * 4)(0, 0, 5000), 0);"
                "os.read(t, 8)", r"read\(3\): timerfd that fires in 8[23]m\d\ds"),
    "signalfd": ("os.read(C.signalfd(-1, (ctypes.c_long * 1)(1 << 9 | 1 << 11), 0), 128)",
                 r"read\(3\): signalfd for signal 10, 12"),
    "inotify": ("i = C.inotify_init(); C.inotify_add_watch(i, FILE.encode(), 1024); os.read(i, 99)",
                r"read\(3\): inotify of 1 file"),
    "pidfd": ("os.waitid(os.P_PIDFD, os.pidfd_open(child()), os.WEXITED)",
              r"waitid\(3\): pidfd of process \d+ \(python3\)"),
    "wait4": ("os.waitpid(child(), 0)",
              r"wait4, for process \d+ \(python3\), which %(sleeps)s(pause|ppoll|rt_sigsuspend)"),
    "wait": ("child(); child(); os.wait()", r"wait4, for any child"),
    "wait of a tracer": ("child(); os.waitpid(-1, 0x40000000)", r"wait4, for any child"),
    "waits in turn": ("child(lambda: (child(lambda: time.sleep(5000)), os.wait())); os.wait()",
                      r"wait4, for process \d+ \(python3\), which %(sleeps)swait4, for process \d+ "
                      r"\(python3\), which %(sleeps)sclock_nanosleep for 8[23]m\d\ds( more)?"),
    "nanosleep": ("C.nanosleep((ctypes.c_long * 2)(5000, 0), None)",
                  r"(clock_)?nanosleep for 83m20s"),
    "until": ("C.clock_nanosleep(1, 1, (ctypes.c_long * 2)(int(time.monotonic()) + 5000, 0), None)",
              r"clock_nanosleep for 8[23]m\d\ds more"),
}

CALLER = """
import ctypes, fcntl, os, select, signal, socket, sys, time
C = ctypes.CDLL(None)
FILE = sys.argv[1]
def child(run=signal.pause):
    pid = os.fork()
    if not pid:
        C.prctl(1, signal.SIGKILL)
        run()
    return pid
"""


@contextlib.contextmanager
def callers(place):
    """For each of these, its program, and what it does."""
    processes = [subprocess.Popen(["python3", "-c", CALLER + code % place, place["file"]],
                                  stdin=subprocess.DEVNULL) for code, _ in CALLS.values()]
    try:
        yield zip(processes, (does for _, does in CALLS.values()))
    finally:
        for process in processes:
            process.kill()
            process.wait()


def check_does(pid, wanted):
    """Until explain says of a program what it does, which it has done for a while then."""
    wanted, said = "it has slept for \\S+ in %s\n" % wanted, ""
    deadline = time.monotonic() + 60
    while not re.search(wanted, said):
        if time.monotonic() > deadline:
            raise AssertionError("%r, not %r" % (said, wanted))
        said = tool.run("--source", "proc", "explain", str(pid)).stderr


def check_does_in_session(session, wanted):
    """The same, of a Python program in a session."""
    pids = []
    while len(pids) != 2:
        pids = subprocess.run(["pgrep", "--session", str(session), "python3"], check=False,
                              capture_output=True, text=True).stdout.split()
    check_does(min(map(int, pids)), wanted)


def test_calls():
    """this host: what a process sleeps for, by the arguments of its system call, and since when"""
    library = ctypes.CDLL(None)
    semaphores, messages = library.semget(0, 1, 0o1600), library.msgget(0, 0o1600)
    try:
        with tempfile.NamedTemporaryFile("w") as taken, contextlib.ExitStack() as ended:
            for end in ".fifo", ".other":
                os.mkfifo(taken.name + end)
                ended.callback(os.unlink, taken.name + end)
            fcntl.flock(taken, fcntl.LOCK_EX)
            fcntl.lockf(taken, fcntl.LOCK_EX)
            place = {"self": os.getpid(), "file": taken.name, "semaphores": semaphores,
                     "messages": messages, "sleeps": tool.SLEEPS}
            with callers(place) as programs:
                for process, does in programs:
                    check_does(process.pid, does % {**place, "pid": process.pid})
    finally:
        library.semctl(semaphores, 0, 0)
        library.msgctl(messages, 0, None)


def reads_from(own, other):
    """What explain says of a process that reads from a socket or pipe, whose other end we have."""
    with own, other, subprocess.Popen(["cat"], stdin=own) as process:
        own.close()
        said = ""
        while not re.search(tool.SLEEPS + r"read\(0\): ", said):
            said = tool.run("--source", "proc", "explain", str(process.pid)).stderr
        process.kill()
    return said


def connect_to_all():
    """Both ends of a connection by IPv4 to a server that takes both."""
    with socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True) as server:
        client = socket.create_connection(("127.0.0.1", server.getsockname()[1]))
        return client, server.accept()[0]


def test_unaccepted():
    """this host: what a process reads from, and who has not accepted it"""
    for address in "127.0.0.1", "0.0.0.0":
        server = socket.create_server((address, 0))
        client = socket.create_connection(("127.0.0.1", server.getsockname()[1]))
        said = reads_from(client, server)
        if not re.search(r", not accepted yet by process %d \(.*\)\n" % os.getpid(), said):
            raise AssertionError(said)


def test_far_ends():
    """this host: what a process reads from, and who has the other end"""
    with open("/proc/self/comm", encoding="ascii") as file:
        name = file.read().strip()
    end = ", other end: process %d (%s)\n" % (os.getpid(), name)
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        pairs = (("pipe:", *map(open, os.pipe(), ("rb", "wb"))),
                 ("unix socket", *socket.socketpair()),
                 ("TCP 127.0.0.1:", client, server.accept()[0]),
                 # Who listens on all addresses has those of IPv4 as some of IPv6.
                 ("TCP 127.0.0.1:", *connect_to_all()))
    for kind, own, other in pairs:
        said = reads_from(own, other)
        if "read(0): " + kind not in said or end not in said:
            raise AssertionError("of %s: %s" % (kind, said))


# A process that reads from a socket whose other end its child has.
PAIR = """
import os, signal, socket
own, other = socket.socketpair()
if not os.fork():
    own.close()
    signal.pause()
other.close()
os.dup2(own.fileno(), 0)
os.read(0, 1)
"""


def test_far_end_elsewhere():
    """this host: the other end of a socket in another network namespace"""
    if os.geteuid():
        raise ksft.Skip("only root makes a network namespace")
    with subprocess.Popen(["unshare", "--net", "--kill-child", "--fork", "python3", "-c", PAIR],
                          start_new_session=True) as process:
        try:
            check_does_in_session(process.pid, r"read\(0\): unix socket, other end: process \d+ \(python3\)")
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def test_live_process():
    """this host: a process that waits for no futex"""
    ksft.equal(tool.run("--source", "proc", "--pid", str(os.getpid())).status, 0, "status")


@contextlib.contextmanager
def stuck_process(*through):
    """A process that is stuck, as somebody; its id."""
    with subprocess.Popen([*through, sys.executable, "-c", STUCK]) as process:
        try:
            while proc(process.pid).status != 3:
                time.sleep(0.05)
            yield process.pid
        finally:
            process.kill()


def proc(*ids, through=()):
    """Look at processes without the module; at all of them if there are no ids."""
    which = ("--pid", ",".join(map(str, ids))) if ids else ()
    return tool.run("--source", "proc", "--interval", "0", *which, through=through)


def needs_root():
    """Skip a test that has to become somebody else."""
    if os.geteuid():
        raise ksft.Skip("not root")


def no_rights(through, rights):
    """What is said of a stuck process to somebody who may not look at it."""
    needs_root()
    with stuck_process() as pid:
        ksft.equal(proc(pid).status, 3, "status for root")
        tool.check_no_rights(pid, through, rights, "--source", "proc", "--interval", "0")


def test_ordinary_user():
    """an ordinary user is told which processes could not be looked at"""
    no_rights(tool.NOBODY, "run as root")


def test_no_ptrace():
    """so is root without CAP_SYS_PTRACE"""
    no_rights(tool.NO_PTRACE, "run with CAP_SYS_PTRACE")


def test_own_process():
    """a user's own process that is stuck is found, whatever else there is"""
    needs_root()
    with stuck_process(*tool.NOBODY) as own, stuck_process() as other:
        ksft.equal(proc(through=tool.NOBODY).status, 3, "status without --pid")
        ksft.equal(proc(own, through=tool.NOBODY).status, 3, "status with its id")
        got = proc(own, other, through=tool.NOBODY)
        ksft.equal(got.status, 1, "status with another's id, too")
        if " %d " % own not in got.stdout:
            raise AssertionError("not in the table: %s" % got.stdout)


def test_kernel_threads():
    """a kernel thread and a process that has ended are none that may not be looked at"""
    needs_root()
    if not os.path.exists("/proc/2/comm") or ksft.command("cat", "/proc/2/comm") != "kthreadd\n":
        raise ksft.Skip("no kernel threads in this pid namespace")
    with subprocess.Popen(["true"]) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        for pid, does in (2, ""), (process.pid, ": it " + is_zombie()):
            ksft.equal(proc(pid, through=tool.NOBODY).status, 0, "status")
            got = tool.run("--source", "proc", "explain", str(pid), through=tool.NOBODY)
            has_line(got.stderr, "futexinspect: thread %d does not wait on a futex%s" % (pid, does))


def with_hidepid(value, user):
    """What runs a program where /proc is mounted so."""
    needs_root()
    return ("unshare", "--mount", "sh", "-c",
            "mount -t proc -o hidepid=%s proc /proc && exec \"$@\"" % value, "sh", *user)


def test_hidepid():
    """where /proc hides processes, it is said that some are hidden, and which if asked for"""
    through = with_hidepid("2", tool.NOBODY)
    with stuck_process() as pid:
        got = proc(through=through)
        ksft.equal((got.status, "hidepid" in got.stdout), (1, True), "the list")
        got = proc(pid, through=through)
        ksft.equal(got.status, 1, "status with --pid")
        tool.check_gap(got.stdout, " %d (" % pid)
        got = tool.run("--source", "proc", "explain", str(pid), through=through)
        has_line(got.stderr, "futexinspect: no rights to look at thread %d: run as root" % pid)
    has_line(proc(pid, through=through).stderr,
             "futexinspect: there is no process or thread %d" % pid)


def test_hidepid_1():
    """where /proc shows only the ids of processes, these could not be looked at"""
    with stuck_process() as pid:
        got = proc(pid, through=with_hidepid("1", tool.NOBODY))
    ksft.equal((got.status, "hidepid" in got.stdout), (1, False), "status, and word of hidden ones")
    tool.check_gap(got.stdout, " %d (" % pid)


def test_hidepid_root():
    """root sees what /proc hides from others"""
    through = with_hidepid("2", ())
    with stuck_process() as pid:
        got = proc(pid, through=through)
    ksft.equal((got.status, "hidepid" in got.stdout), (3, False), "status, and word of hidden ones")


ksft.run([test_json_keys, test_json_and_columns, test_json_size, test_unicode, test_jq, test_color,
          test_color_on_terminal, test_pager, test_no_pager, test_pager_quits,
          test_pager_missing, test_default_pager, test_large_graph, test_dot, test_dot_fails,
          test_full_disk, test_closed_stdout, test_no_module, test_live_thread, test_stopped_thread, test_calls,
          test_far_ends, test_unaccepted, test_far_end_elsewhere,
          test_live_process, test_ordinary_user, test_no_ptrace, test_own_process, test_kernel_threads, test_hidepid,
          test_hidepid_1, test_hidepid_root, *map(column_test, columns())])
