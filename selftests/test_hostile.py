#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What hostile processes can do to a read, and what a reader must not get to see."""

import contextlib
import os
import re
import signal
import subprocess
import time

from lib import ksft, tool

MKHOSTILE = os.path.join(ksft.BUILT, "mkhostile")
CGROUPS = "/sys/fs/cgroup"
NODES = "/sys/devices/system/node"
NOBODY = 65534

# Bytes of all words around a futex, if none of them is 0.
WORDS_SIZE = 24 * 4
# Words that a thread waits on in "mkhostile many".
VECTOR = 128

# Below a cgroup of level 1, from this depth on the path is not told (FI_CGROUP_DEPTH in
# module/threads.c).
CGROUP_DEPTH = 64

# In seconds; module/private_hash.c waits for one at most, all processes taken together.
LONGEST_READ = 5


class Hostile(ksft.Factory):
    """A mkhostile, which runs as nobody."""

    def __init__(self, kind, directory=None, cgroup=None):
        def become_nobody():
            if cgroup:
                ksft.write(os.path.join(cgroup, "cgroup.procs"), "0")
            if directory:
                os.chdir(directory)
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)

        super().__init__(kind, MKHOSTILE, preexec_fn=become_nobody)
        self.tids = {truth["tid"] for truth in self.get("waiter")}

    def waiters(self, records):
        """Its waiters in a snapshot."""
        found = [got for kind, got in records if kind == "waiter" and got["tid"] in self.tids]
        ksft.equal({got["tid"] for got in found}, self.tids, "threads that wait")
        return found

    def cgroups(self, records):
        """The cgroups of its waiters' processes in a snapshot."""
        tgids = {truth["tgid"] for truth in self.get("waiter")}
        return {got["cgroup"] for kind, got in records
                if kind == "process" and got["tgid"] in tgids}


def read(path):
    """What is in a small file of the kernel's."""
    with open(path, encoding="ascii") as file:
        return file.read().strip()


@contextlib.contextmanager
def new_cgroup(name, **settings):
    """A cgroup with the settings of its memory controller."""
    path = os.path.join(CGROUPS, name)
    ksft.write(os.path.join(CGROUPS, "cgroup.subtree_control"), "+memory")
    os.mkdir(path)
    try:
        for key, value in settings.items():
            ksft.write(os.path.join(path, "memory." + key), str(value))
        yield path
    finally:
        os.rmdir(path)


@contextlib.contextmanager
def delegated_cgroup():
    """A cgroup of nobody's, with one in it, as systemd delegates them to users."""
    top = os.path.join(CGROUPS, "hostile")
    inner = os.path.join(top, "session")
    os.makedirs(inner)
    for directory in (top, inner):
        for name in ("", "cgroup.procs", "cgroup.subtree_control", "cgroup.threads"):
            os.chown(os.path.join(directory, name), NOBODY, NOBODY)
    try:
        yield inner
    finally:
        os.rmdir(inner)
        os.rmdir(top)


def test_capability():
    """root without CAP_SYS_PTRACE cannot open the file"""
    command = ["cat", ksft.WAITERS]
    without = ["setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace"]
    got = subprocess.run(without + command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                         text=True, check=False)
    if got.returncode != 1 or "Operation not permitted" not in got.stderr:
        raise AssertionError("cat: %d %s" % (got.returncode, got.stderr))


def test_no_memory():
    """a reader without enough memory gets ENOMEM, and nobody is killed for it"""
    reader = "echo $$ >%s/cgroup.procs; exec cat %s"
    with Hostile("many 600"), new_cgroup("poor", max=8 << 20) as cgroup:
        got = subprocess.run(["sh", "-c", reader % (cgroup, ksft.WAITERS)],
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                             check=False)
        events = dict(line.split() for line in read(cgroup + "/memory.events").splitlines())
        ksft.equal(events["oom_kill"], "0", "processes that were killed")
        if got.returncode != 1 or "Cannot allocate memory" not in got.stderr:
            raise AssertionError("cat: %d %s" % (got.returncode, got.stderr))


def charge_of_open(crowd):
    """How much memory is charged to a reader for an open file, in bytes."""
    with Hostile(crowd), new_cgroup("rich") as cgroup:
        shell = "echo $$ >%s/cgroup.procs; echo in; read go; exec 3<%s; echo open; read go"
        with subprocess.Popen(["sh", "-c", shell % (cgroup, ksft.WAITERS)],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
            ksft.equal(reader.stdout.readline(), "in\n", "reader")
            before = int(read(cgroup + "/memory.current"))
            reader.stdin.write("\n")
            reader.stdin.flush()
            ksft.equal(reader.stdout.readline(), "open\n", "reader")
            after = int(read(cgroup + "/memory.current"))
            reader.stdin.close()
    return after - before


def test_charge():
    """the words in the snapshot are charged to the reader"""
    threads = 400
    without = charge_of_open("many %d" % threads)
    charge = charge_of_open("many %d filled" % threads)
    size = threads * VECTOR * WORDS_SIZE
    if charge - without < size * 9 // 10:
        raise AssertionError("charged %d, without words %d; the words have %d bytes" %
                             (charge, without, size))


def test_node_without_memory():
    """the module loads although a NUMA node has no memory"""
    possible = read(os.path.join(NODES, "possible"))
    with_memory = read(os.path.join(NODES, "has_memory"))
    if possible == with_memory:
        raise ksft.Skip("nodes %s, all with memory" % possible)
    with ksft.Factory("wait_shared"):
        ksft.read_waiters()


def test_flags():
    """flags without a name are told as a number, with all arguments of the call"""
    with Hostile("flags") as hostile:
        for waiter in hostile.waiters(ksft.read_waiters()):
            ksft.equal(waiter["flags"], "PRIVATE|0x400", "flags")
            ksft.equal(waiter["args"].split(",")[1], "0x480", "operation in the arguments")


def test_robust_list32():
    """the robust list of a 32-bit program is seen"""
    with Hostile("robust32") as hostile:
        found = [got["robust_list"] for kind, got in ksft.read_waiters()
                 if kind == "thread" and got["tid"] in hostile.tids]
        ksft.equal(found, ["yes"], "robust lists")


def hidden_memory_test(kind, name):
    """The test that the words of some waiters are unknown, whichever way they are read."""
    def test():
        for nr in (2, 40):
            with Hostile(kind % nr) as hostile:
                for waiter in hostile.waiters(ksft.read_waiters()):
                    ksft.equal((waiter["value"], waiter["words"]), ("?", "?"),
                               "value and words of %d waiters" % nr)
    test.__doc__ = name
    return test


def seen_waiting(reader):
    """How a reader sleeps while its words are read, a letter as in proc(5); None if it ended
    without having been seen there."""
    while reader.poll() is None:
        try:
            before, where, after = (read("/proc/%d/%s" % (reader.pid, name))
                                    for name in ("stat", "wchan", "stat"))
        except OSError:
            continue
        states = {text.rpartition(")")[2].split()[0] for text in (before, after)}
        if where.endswith(("flush_work", "fi_read_words", "run_worker")) and states in ({"S"}, {"D"}):
            return states.pop()
    return None


def test_kill():
    """a reader can be killed while its words are read"""
    with Hostile("many 600 filled"):
        for _ in range(20):
            with subprocess.Popen(["cat", ksft.WAITERS], stdout=subprocess.DEVNULL) as reader:
                state = seen_waiting(reader)
                reader.kill()
            if state:
                ksft.equal(state, "S", "state of the reader")
                ksft.equal(reader.returncode, -signal.SIGKILL, "status of the reader")
                return
    raise AssertionError("no reader was seen while its words were read")


def test_deep_cgroup():
    """the path of a cgroup is told as long as it is not too deep"""
    with delegated_cgroup() as cgroup:
        top = os.path.dirname(cgroup)
        for depth, told in ((3, True), (CGROUP_DEPTH - 1, True), (CGROUP_DEPTH, False),
                            (400, False)):
            with Hostile("deep %d 1 8" % depth, top, cgroup) as hostile:
                path = "/hostile" + "/d" * depth
                ksft.equal(hostile.cgroups(ksft.read_waiters()), {path if told else "?"},
                           "cgroups at depth %d" % depth)


def test_long_cgroup():
    """the path of a cgroup is told complete or not at all"""
    with delegated_cgroup() as cgroup:
        top = os.path.dirname(cgroup)
        for depth, told in ((15, True), (20, False)):
            with Hostile("deep %d 240 1" % depth, top, cgroup) as hostile:
                path = "/hostile" + ("/" + "d" * 240) * depth
                ksft.equal(hostile.cgroups(ksft.read_waiters()), {path if told else "?"},
                           "cgroups of %d times 240 bytes" % depth)


def test_locked_table():
    """a process that keeps its private hash table locked is left out, and named"""
    with Hostile("slots %d" % (1 << 17)):
        left_out = []
        end = time.monotonic() + 240
        while not left_out and time.monotonic() < end:
            start = time.monotonic()
            text = read(ksft.WAITERS)
            took = time.monotonic() - start
            if took > LONGEST_READ:
                raise AssertionError("a read took %.1f s" % took)
            left_out = re.findall("^mm id=([0-9]+) .* complete=no$", text, re.MULTILINE)
        if not left_out:
            raise AssertionError("no read met the lock")
        names = re.findall("^process .* comm=(.*?) mm=%s " % left_out[0], text, re.MULTILINE)
        ksft.equal(names, ["mkhostile"], "names of what was left out")
        if " errors=0 " not in text.splitlines()[-1]:
            raise AssertionError("what is said of others is lost: " + text[-1000:])
        got = tool.run("--file", "-", input=text + "\n")
        ksft.equal(got.status, 1, "status of the tool")
        if "left out are waiters of process" not in got.stdout:
            raise AssertionError(got.stdout + got.stderr)


ksft.run([test_capability, test_no_memory, test_charge, test_node_without_memory, test_flags,
          test_robust_list32,
          hidden_memory_test("secret %d", "memfd_secret(2) memory is not read"),
          hidden_memory_test("secret %d dump", "nor after MADV_DODUMP"),
          hidden_memory_test("dontdump %d", "memory behind MADV_DONTDUMP is not read"),
          test_kill, test_deep_cgroup, test_long_cgroup, test_locked_table])
