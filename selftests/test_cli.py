#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The program as a person or a script uses it, as far as a file in cases/ cannot say it:
terminals, full disks, this host."""

import contextlib
import json
import os
import pty
import re
import socket
import subprocess
import sys
import tempfile
import time

from lib import ksft, tool

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
        if waiter["tid"] == 402 and "holder" in waiter:
            raise AssertionError("a holder where there is none: %s" % waiter)


def test_json_and_columns():
    """full JSON has for each waiter what --output has for all columns, and no key twice"""
    names = ",".join(columns())
    rows = tool.judge("--file", ZOO, "--output", names)
    for full, row in zip(tool.judge("--file", ZOO), rows, strict=True):
        missing = [key for key in row if key not in full and row[key] is not None]
        ksft.equal(missing, [], "members that only the columns have")
        ksft.equal({key: full.get(key) for key in row}, row, "members of waiter %s" % row["tid"])
    pairs = []
    json.loads(tool.run("--json", "--file", ZOO).stdout,
               object_pairs_hook=lambda found: pairs.append(found) or dict(found))
    for found in pairs:
        keys = [key for key, _ in found]
        ksft.equal(sorted(set(keys)), sorted(keys), "keys of an object")


def test_jq():
    """the commands of Documentation/json.rst say what they should of a saved copy"""
    with open(os.path.join(ksft.TOP, "Documentation", "json.rst"), encoding="utf-8") as file:
        commands = re.findall(r"^  futexinspect --json (\| jq .*)$", file.read(), re.M)
    got = [subprocess.run("%s --json -f %s %s" % (tool.PROGRAM, ZOO, command), shell=True,
                          capture_output=True, text=True, check=True).stdout.split()
           for command in commands]
    ksft.equal(got, [["200", "102", "101", "300"], ["[]"], []], "answers")


def test_color():
    """in color, what is stuck is red, and what is not is plain"""
    lines = tool.run("--file", ZOO, "--color=always").stdout.splitlines()
    ksft.equal([word for line in lines for word in line.split()
                if word.startswith(RED) and "likely" not in word],
               ["%s%s\x1b[0m" % (RED, verdict)
                for verdict in ("deadlock", "deadlock", "deadlock", "orphaned")], "in red")
    if not any(" waiting  -  " in line for line in lines):
        raise AssertionError("no plain line in %s" % lines)


def on_terminal(**env):
    """What the tool writes to a terminal."""
    terminal, slave = pty.openpty()
    with subprocess.Popen([tool.PROGRAM, "-f", ZOO], stdout=slave,
                          env={**tool.ENVIRONMENT, "TERM": "xterm", **env}) as process:
        os.close(slave)
        text = b""
        try:
            while piece := os.read(terminal, 4096):
                text += piece
        except OSError:
            pass # the other end is closed
        ksft.equal(process.wait(), 3, "status")
    os.close(terminal)
    return text.decode()


def test_color_on_terminal():
    """color on a terminal, but with NO_COLOR or on a dumb one"""
    for env, color in (({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True),
                       ({"TERM": "dumb"}, False)):
        got = on_terminal(**env)
        ksft.equal("\x1b[" in got, color, "color with %s in %r" % (env, got))


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


def test_live_thread():
    """this host: a thread that does not wait on a futex, and then does not exist"""
    with subprocess.Popen(["sleep", "1000"]) as process:
        got = tool.run("--source", "proc", "explain", str(process.pid))
        process.kill()
    ksft.equal(got.status, 1, "status")
    if not re.search("futexinspect: thread %d does not wait on a futex: it (sleeps in clock_nanosleep"
                     "|runs, or is ready to run)\n" % process.pid, got.stderr):
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


def reads_from(own, other):
    """What explain says of a process that reads from a socket or pipe, whose other end we have."""
    with own, other, subprocess.Popen(["cat"], stdin=own) as process:
        own.close()
        said = ""
        while "sleeps in read(0): " not in said:
            said = tool.run("--source", "proc", "explain", str(process.pid)).stderr
        process.kill()
    return said


def test_far_ends():
    """this host: what a process reads from, and who has the other end"""
    with open("/proc/self/comm", encoding="ascii") as file:
        name = file.read().strip()
    end = ", other end: process %d (%s)\n" % (os.getpid(), name)
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        pairs = (("pipe:", *map(open, os.pipe(), ("rb", "wb"))),
                 ("unix socket", *socket.socketpair()),
                 ("TCP 127.0.0.1:", client, server.accept()[0]))
    for kind, own, other in pairs:
        said = reads_from(own, other)
        if "read(0): " + kind not in said or end not in said:
            raise AssertionError("of %s: %s" % (kind, said))


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
        for pid in (2, process.pid):
            ksft.equal(proc(pid, through=tool.NOBODY).status, 0, "status")
            got = tool.run("--source", "proc", "explain", str(pid), through=tool.NOBODY)
            has_line(got.stderr, "futexinspect: thread %d does not wait on a futex" % pid)


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


ksft.run([test_json_keys, test_json_and_columns, test_jq, test_color,
          test_color_on_terminal, test_dot, test_dot_fails,
          test_full_disk, test_closed_stdout, test_no_module, test_live_thread, test_far_ends,
          test_live_process, test_ordinary_user, test_no_ptrace, test_own_process, test_kernel_threads, test_hidepid,
          test_hidepid_1, test_hidepid_root, *map(column_test, columns())])
