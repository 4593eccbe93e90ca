#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The tool on real waiters: verdicts, every field of the JSON output, explain,
and what it says where something is missing."""

import contextlib
import ctypes
import json
import os
import struct
import subprocess

from lib import ksft, tool


def run(*args, stdin=None, as_nobody=False):
    """Run the tool; nothing that it writes must be raw."""
    through = tool.NOBODY if as_nobody else ()
    got = tool.run(*args, through=through, input=stdin)
    tool.check_printable(got.stdout + got.stderr)
    return got


def one_error_line(status, output, errors, expected_status, word):
    """Exactly one line on standard error, which says what is wrong."""
    ksft.equal((status, output), (expected_status, ""), "status and output")
    if errors.count("\n") != 1 or word not in errors:
        raise AssertionError("error is %r, expected a line with %r" % (errors, word))


def number(text):
    """A field of the factory as JSON has it."""
    return int(text, 0)


def compare(got, truth, live):
    """A waiter in JSON with what the factory knows."""
    for key in ("tid", "tgid", "expected", "value"):
        ksft.equal(got[key], number(truth[key]), key)
    # In the file a space would end the field.
    ksft.equal(got["comm"], truth["comm"].replace("\\040", " "), "comm")
    for key in ("op", "flags", "uaddr", "waits_on", "bitset", "timeout"):
        ksft.equal(got[key], truth[key], key)
    ksft.equal(got["live_threads"], live, "live_threads")
    if not got["reason"]:
        raise AssertionError("no reason")


def ranges(tids):
    """Tids as the file has them: 1-3,5"""
    parts = []
    for tid in sorted(tids):
        if parts and parts[-1][1] == tid - 1:
            parts[-1][1] = tid
        else:
            parts.append([tid, tid])
    return ",".join(str(a) if a == b else "%d-%d" % (a, b) for a, b in parts)


def verdict_test(state):
    """The test of one state, as ksft.run() wants it."""
    def test():
        with ksft.Factory(state.name) as factory:
            tgid = factory.get("process")[0]["tgid"]
            live = ranges(int(tid) for tid in os.listdir("/proc/%s/task" % tgid))
            waiters = [waiter for waiter in tool.judge() if waiter["tgid"] == int(tgid)]
            ksft.equal(len(waiters), len(factory.get("waiter")), "number of waiters")
            for truth in factory.get("waiter"):
                got, = [waiter for waiter in waiters if waiter["uaddr"] == truth["uaddr"] and
                        waiter["tid"] == int(truth["tid"])]
                compare(got, truth, live)
                ksft.equal((got["verdict"], got["certainty"]),
                           (state.verdict, state.certainty), "verdict")
    test.__doc__ = "verdict on " + state.name
    return test


def test_table():
    """the table has the worst first and nothing raw, at 80 columns"""
    with ksft.Factory("pool"), ksft.Factory("hostile_name"), ksft.Factory("fork_orphan"):
        status, output, errors = run()
        ksft.equal((status, errors), (3, ""), "status and errors")
        lines = output.splitlines()
        if " orphaned " not in lines[1]:
            raise AssertionError("first waiter: %s" % lines[1])
        if max(len(line) for line in lines) > 80:
            raise AssertionError("wider than 80 columns")
        if "\\033" not in output:
            raise AssertionError("the hostile name is not shown escaped")


def test_explain():
    """explain tells the call, the threads and the verdict"""
    with ksft.Factory("fork_orphan") as factory:
        truth = factory.get("waiter")[0]
        status, output, errors = run("explain", truth["tid"])
        ksft.equal((status, errors), (3, ""), "status and errors")
        wanted = ("futex(%s, FUTEX_WAIT_PRIVATE, 2, NULL" % truth["uaddr"], "orphaned", "1 thread",
                  "pthread_mutex", "never called execve", "certain")
        for text in wanted:
            if text not in output:
                raise AssertionError("no %r in: %s" % (text, output))


def test_explain_bitset():
    """explain rebuilds a call with a bitset"""
    with ksft.Factory("wait_bitset") as factory:
        truth = factory.get("waiter")[0]
        status, output, _ = run("explain", truth["tid"])
        ksft.equal(status, 0, "status")
        call = ("futex(%s, FUTEX_WAIT_BITSET_PRIVATE, 4294967294, NULL, NULL, 0xc0ffee)" %
                truth["uaddr"])
        if call not in output:
            raise AssertionError("no %r in: %s" % (call, output))


def test_explain_others():
    """explain of a thread that does not wait, or is not there, is one clear line"""
    one_error_line(*run("explain", str(os.getpid())), 1, "not")
    with open("/proc/sys/kernel/pid_max", encoding="ascii") as file:
        gone = str(int(file.read()) - 1)
    one_error_line(*run("explain", gone), 1, gone)
    one_error_line(*run("explain", "12x"), 2, "12x")


def test_saved():
    """a saved copy is judged, with less certainty; a cut-off one is refused"""
    with ksft.Factory("fork_orphan") as factory:
        with open(ksft.WAITERS, encoding="ascii") as file:
            text = file.read()
        tid = int(factory.get("waiter")[0]["tid"])
    status, output, _ = run("--json", "--file", "-", stdin=text)
    ksft.equal(status, 3, "status")
    got, = [waiter for waiter in json.loads(output)["waiters"] if waiter["tid"] == tid]
    ksft.equal((got["verdict"], got["certainty"]), ("orphaned", "likely"), "verdict")
    one_error_line(*run("--file", "-", stdin=text[:-20]), 1, "cut off")
    one_error_line(*run("--file", "-", stdin=""), 1, "empty")


@contextlib.contextmanager
def no_module():
    """Unload the module meanwhile."""
    subprocess.run(["rmmod", "futexinspect"], check=True)
    try:
        yield
    finally:
        subprocess.run(["insmod", os.environ["FUTEXINSPECT_KO"]], check=True)


def test_proc():
    """without the module the tool finds the orphan in /proc, and says what it cannot see"""
    with ksft.Factory("fork_orphan") as orphan, ksft.Factory("pool") as pool:
        with no_module():
            for args in ((), ("--source", "proc")):
                status, output, errors = run("--json", *args)
                ksft.equal(status, 3, "status")
                if "requeued" not in errors or errors.count("\n") > 2:
                    raise AssertionError("errors: %s" % errors)
                waiters = {waiter["tid"]: waiter for waiter in json.loads(output)["waiters"]}
                got = waiters[int(orphan.get("waiter")[0]["tid"])]
                if got["verdict"] not in tool.STUCK:
                    raise AssertionError("verdict %s" % got["verdict"])
                for truth in pool.get("waiter"):
                    ksft.equal(waiters[int(truth["tid"])]["verdict"], "waiting", "verdict")
            one_error_line(*run("--source", "module"), 1, "module")


# linux/inotify.h. Without the other event between them, two opens would be reported as one.
IN_CLOSE_NOWRITE = 0x10
IN_OPEN = 0x20


def read_masks(fd):
    """The masks of the inotify events that are waiting to be read."""
    try:
        events = os.read(fd, 1 << 16)
    except BlockingIOError:
        return []
    # Events of a file that is watched itself have no name behind them.
    return [mask for _, mask, _, _ in struct.iter_unpack("iIII", events)]


@contextlib.contextmanager
def count_opens(path):
    """Count how often a file is opened meanwhile; the result is a list of the one number."""
    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if fd < 0 or libc.inotify_add_watch(fd, path.encode(), IN_OPEN | IN_CLOSE_NOWRITE) < 0:
            raise OSError(ctypes.get_errno(), "inotify")
        opens = []
        yield opens
        opens.append(sum(bool(mask & IN_OPEN) for mask in read_masks(fd)))
    finally:
        os.close(fd)


def test_looks():
    """a run takes as many snapshots as looks: one if there is nothing to confirm, else two"""
    for name, arguments, looks in (("waitv", (), 1), ("fork_orphan", (), 2),
                                   ("fork_orphan", ("--source", "module"), 2)):
        with ksft.Factory(name), count_opens(ksft.WAITERS) as opens:
            got = json.loads(run("--json", *arguments).stdout)
        ksft.equal(got["futexinspect"]["looks"], looks, "looks with %s" % name)
        ksft.equal(opens, [looks], "opens of the module's file with %s" % name)


def without_rights():
    """An ordinary user and root without CAP_SYS_PTRACE are told that they may not look."""
    with ksft.Factory("abba") as factory:
        pid = factory.process.pid
        ksft.equal(run("--pid", str(pid)).status, 3, "status for root")
        tool.check_no_rights(pid, tool.NOBODY, "run as root")
        tool.check_no_rights(pid, tool.NO_PTRACE, "run with CAP_SYS_PTRACE")


def test_no_rights():
    """without rights the tool says so, and no status says that all is well"""
    without_rights()
    one_error_line(*run("--source", "module", as_nobody=True), 1, "ermission")


def test_no_rights_in_proc():
    """the same without the module"""
    with no_module():
        without_rights()


@contextlib.contextmanager
def yama(scope):
    """Set kernel.yama.ptrace_scope meanwhile."""
    path = "/proc/sys/kernel/yama/ptrace_scope"
    if not os.path.exists(path):
        raise ksft.Skip("the kernel has no yama")
    with open(path, encoding="ascii") as file:
        before = file.read()
    ksft.write(path, str(scope))
    try:
        yield
    finally:
        ksft.write(path, before)


def test_yama():
    """where yama protects a user's own processes, the tool says so"""
    with ksft.Factory("abba", user=65534, group=65534, extra_groups=[]) as factory:
        pid = factory.process.pid
        # Older kernels tell only root where threads sleep. Those that wait are asleep by now.
        tid = int(factory.get("waiter")[0]["tid"])
        with open("/proc/%d/task/%d/wchan" % (pid, tid), encoding="ascii") as file:
            told = file.read() != "0"
        ksft.equal(run("--pid", str(pid), as_nobody=True).status, 3 if told else 1,
                   "status without yama")
        for scope in (1, 2):
            with yama(scope):
                tool.check_no_rights(pid, tool.NOBODY,
                                     "run as root (kernel.yama.ptrace_scope is %d)" % scope)
                ksft.equal(run("--pid", str(pid)).status, 3, "status for root")


ksft.run([verdict_test(state) for state in ksft.states() if state.verdict] +
         [test_table, test_explain, test_explain_bitset, test_explain_others, test_saved,
          test_proc, test_looks, test_no_rights, test_no_rights_in_proc, test_yama])
