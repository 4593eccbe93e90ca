#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What hostile processes can do to a read, and what a reader must not get to see."""

import contextlib
import functools
import os
import re
import resource
import signal
import subprocess
import time

from lib import ksft, tool
from seeds.programs import until

CGROUPS = "/sys/fs/cgroup"
NODES = "/sys/devices/system/node"
NOBODY = 65534

# Bytes of all words around a futex, if none of them is 0.
WORDS_SIZE = 24 * 4
# How many of them are before it.
WORDS_BEFORE = 12
# Words that a thread waits on in "mkhostile many".
VECTOR = 128

# Below a cgroup of level 1, from this depth on the path is not told (FI_CGROUP_DEPTH in
# module/threads.c).
CGROUP_DEPTH = 64

MKSTACKS = os.path.join(ksft.BUILT, "mkstacks")

CPU_SHARE = "/proc/sys/kernel/sched_rt_runtime_us"
WORKER_CPUS = "/sys/devices/virtual/workqueue/cpumask"

NEED_ROOT = {"fuse", "set", "device"}

NOT_IN_TIME = "Stack     of this thread:\n          not read: no answer in time\n"

# In seconds. The reader of a stack may take 2; a virtual machine is slow.
LONGEST_EXPLAIN = 20

# In seconds; a reader that is killed has only to free what it has.
LONGEST_END = 10

# In seconds; module/private_hash.c waits for one at most, all processes taken together.
LONGEST_READ = 5


class Hostile(ksft.Factory):
    """A mkhostile, which runs as nobody, unless it cannot do what it is to as that."""

    def __init__(self, kind, directory=None, cgroup=None):
        def become_nobody():
            if NEED_ROOT.intersection(kind.split()):
                return
            if cgroup:
                ksft.write(os.path.join(cgroup, "cgroup.procs"), "0")
            if directory:
                os.chdir(directory)
            resource.setrlimit(resource.RLIMIT_SIGPENDING, (200000, 200000))
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)

        super().__init__(kind, ksft.MKHOSTILE, preexec_fn=become_nobody)
        self.tids = {truth["tid"] for truth in self.get("waiter")}

    def ask(self, question):
        """What it answers to a line."""
        self.process.stdin.write(question + "\n")
        self.process.stdin.flush()
        return ksft.parse_line(self.process.stdout.readline().strip())[1]

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
    if not os.path.exists(NODES):
        raise ksft.Skip("this kernel knows no nodes")
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


def traces_of(hostile):
    """What a read might change of a factory's process: resident and huge pages, and of each thread
    the state, faults, and how often it has run."""
    tgid, = {truth["tgid"] for truth in hostile.get("waiter")}
    traces = {"statm": read("/proc/%s/statm" % tgid)}
    for tid in os.listdir("/proc/%s/task" % tgid):
        stat = read("/proc/%s/task/%s/stat" % (tgid, tid)).rpartition(")")[2].split()
        status = read("/proc/%s/task/%s/status" % (tgid, tid))
        traces[tid] = (stat[0], stat[7], stat[9],
                       re.findall("(?:ctxt_switches|HugetlbPages):\t *([0-9]+)", status))
    return traces


def traces_at_rest(hostile):
    """The traces, once they stay the same: the main thread has to go to sleep first."""
    traces = None
    while True:
        last, traces = traces, traces_of(hostile)
        if traces == last:
            return traces
        time.sleep(0.1)


def gone_test(how, name):
    """The test that words which are not there are unknown, and stay so for their process."""
    def test():
        for nr in (2, 40):
            with Hostile("gone %s %d" % (how, nr)) as hostile:
                before = traces_at_rest(hostile)
                for _ in range(5):
                    start = time.monotonic()
                    for waiter in hostile.waiters(ksft.read_waiters()):
                        ksft.equal((waiter["value"], waiter["words"]), ("?", "?"),
                                   "value and words of %d waiters" % nr)
                    if time.monotonic() - start > LONGEST_READ:
                        raise AssertionError("a read took %.1f s" % (time.monotonic() - start))
                ksft.equal(traces_of(hostile), before, "traces in the process")
    test.__doc__ = name
    return test


def test_huge():
    """words in a huge page are read, but not those in the next one, which is not there"""
    huge = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"
    before = read(huge)
    ksft.write(huge, "4")
    try:
        for nr in (2, 40):
            with Hostile("huge %d" % nr) as hostile:
                traces = traces_at_rest(hostile)
                for waiter in hostile.waiters(ksft.read_waiters()):
                    ksft.equal(int(waiter["value"]), 0x53535353, "value")
                    ksft.equal(re.sub(r"^-\d+:", "", waiter["words"]).split(","),
                               (WORDS_BEFORE + 2) * ["53535353"] +
                               ["?*%d" % (WORDS_SIZE // 4 - WORDS_BEFORE - 2)], "words")
                ksft.equal(traces_of(hostile), traces, "traces in the process")
    finally:
        ksft.write(huge, before)


def readers_in_d():
    """The processes of the tool that sleep in state D."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            name, _, rest = read("/proc/%s/stat" % pid).partition("(")[2].rpartition(")")
            if name == "futexinspect" and rest.split()[0] == "D":
                found.append(pid)
    return found


def test_dead_server():
    """explain of a program whose file is on a server that is gone: it ends in time, and says so"""
    with Hostile("fuse " + MKSTACKS + " self") as hostile:
        for nr, source in enumerate(("module", "proc"), 1):
            start = time.monotonic()
            got = tool.run("--source", source, "explain", *hostile.tids, timeout=120)
            took = time.monotonic() - start
            ksft.equal(got.status, 3, "status: " + got.stderr)
            if NOT_IN_TIME not in got.stdout:
                raise AssertionError(got.stdout)
            if took > LONGEST_EXPLAIN:
                raise AssertionError("it took %.1f s" % took)
            # The process that reads cannot be killed, and the tool did not wait for it.
            ksft.equal(len(readers_in_d()), nr, "processes that are left behind")
    until("they have ended, now that the file system has", lambda: not readers_in_d())


def test_locked_set():
    """the holder of a lock has the mutex of its epoll set, for which /proc/PID/fdinfo waits"""
    with Hostile("set") as hostile:
        start = time.monotonic()
        got = tool.run("explain", *hostile.tids, timeout=120)
        took = time.monotonic() - start
        if not re.search(tool.SLEEPS + r"epoll_pwait\(\d+\): anon_inode:\[eventpoll\]",
                         " ".join(got.stdout.split())):
            raise AssertionError(got.stdout + got.stderr)
        if took > LONGEST_EXPLAIN:
            raise AssertionError("it took %.1f s" % took)
    until("who reads it has ended, now that it has", lambda: not readers_in_d())


def state_of(pid):
    """The state of a process, a letter as in proc(5)."""
    return read("/proc/%d/stat" % pid).rpartition(")")[2].split()[0]


def seen_waiting(reader):
    """How a reader sleeps while its words are read, a letter as in proc(5); None if it ended
    without having been seen there."""
    while reader.poll() is None:
        try:
            before = state_of(reader.pid)
            where = read("/proc/%d/wchan" % reader.pid)
            states = {before, state_of(reader.pid)}
        except OSError:
            continue
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


@contextlib.contextmanager
def setting(path, value):
    """A file of the kernel's with another value."""
    before = read(path)
    ksft.write(path, str(value))
    try:
        yield
    finally:
        ksft.write(path, before)


def take_cpu():
    """Have the second CPU for oneself, for a minute at most."""
    resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
    os.sched_setaffinity(0, {1})
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))


@contextlib.contextmanager
def busy_cpu():
    """Whoever may only run on the second CPU does not."""
    own_cpus = os.sched_getaffinity(0)
    with setting(CPU_SHARE, "-1"), contextlib.ExitStack() as stack:
        os.sched_setaffinity(0, {0})
        stack.callback(os.sched_setaffinity, 0, own_cpus)
        with subprocess.Popen(["sh", "-c", "echo busy; while :; do :; done"], text=True,
                              stdout=subprocess.PIPE, preexec_fn=take_cpu) as hog:
            ksft.equal(hog.stdout.readline(), "busy\n", "who takes the CPU")
            try:
                yield
            finally:
                hog.kill()


def test_kill_without_worker():
    """so it can if nobody begins to read them"""
    version = [int(part) for part in re.findall("[0-9]+", os.uname().release)[:2]]
    if version < [5, 16]:
        raise ksft.Skip("the wchan of this kernel is always 0")
    if version >= [6, 6]:
        raise ksft.Skip("the workers of this kernel do not keep to one CPU")
    command = ["cat", ksft.WAITERS]
    with Hostile("timers 0"), contextlib.ExitStack() as stack:
        # Now all is in memory that this needs: others need workers, too.
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        with busy_cpu():
            with setting(WORKER_CPUS, "2"):
                reader = stack.enter_context(subprocess.Popen(command,
                                                              stdout=subprocess.DEVNULL))
                state = seen_waiting(reader)
            ksft.equal(state, "S", "state of the reader")
            reader.kill()
            ksft.equal(reader.wait(LONGEST_END), -signal.SIGKILL, "status of the reader")


def has_opened(pid):
    """Whether a process that copies the file has opened it."""
    fds = "/proc/%d/fd" % pid
    return ksft.WAITERS in [os.readlink(os.path.join(fds, fd)) for fd in os.listdir(fds)] or \
        "wchar: 0" not in read("/proc/%d/io" % pid).splitlines()


def test_stop():
    """a reader that is stopped for a while reads on"""
    with Hostile("many 600 filled"):
        for _ in range(20):
            with subprocess.Popen(["cat", ksft.WAITERS], stdout=subprocess.DEVNULL) as reader:
                if not seen_waiting(reader):
                    continue
                reader.send_signal(signal.SIGSTOP)
                until("it is stopped, or has ended", lambda: state_of(reader.pid) in "TZ")
                was_opening = state_of(reader.pid) == "T" and not has_opened(reader.pid)
                reader.send_signal(signal.SIGCONT)
            if was_opening:
                ksft.equal(reader.returncode, 0, "status of the reader")
                return
    raise AssertionError("no reader was stopped while its words were read")


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


def check_tool(text, message):
    """What the tool makes of a snapshot: it begins with what is missing."""
    got = tool.run("--file", "-", input=text + "\n")
    ksft.equal(got.status, 1, "status of the tool")
    if not got.stdout.startswith(message):
        raise AssertionError("not %r: %s" % (message, got.stdout[:300] + got.stderr))


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
        check_tool(text, "the list is not complete: left out are waiters of process")


def parameter(name, value):
    """The module with another value of a parameter."""
    return setting("/sys/module/futexinspect/parameters/" + name, value)


def entries_of(hostile, text):
    """How many records a snapshot has of a factory's threads."""
    tids = re.findall("^waiter tid=([0-9]+) ", text, re.MULTILINE)
    return sum(tid in hostile.tids for tid in tids)


def left_out_of(hostile, text):
    """How many waiters of a factory's process a snapshot says are left out, and in all."""
    tgid, = {truth["tgid"] for truth in hostile.get("waiter")}
    mm, = re.findall("^process tgid=%s .* mm=([0-9]+) " % tgid, text, re.MULTILINE)
    of_mm = re.findall("^mm id=%s .* complete=no left_out=([0-9]+)$" % mm, text, re.MULTILINE)
    total, = re.findall("^end .* left_out=([0-9]+)", text, re.MULTILINE)
    return int(of_mm[0]) if of_mm else 0, int(total)


def longest_share(hostile):
    """The longest wait for a queue's lock while the file is read, as a share of the time that
    reading takes. That of the best of some reads: on a busy host others take the CPU away."""
    shares = []
    for _ in range(8):
        hostile.ask("")
        start = time.monotonic()
        read(ksft.WAITERS)
        took = time.monotonic() - start
        shares.append(int(hostile.ask("")["longest_ns"]) / 1e9 / took)
    return min(shares)


def bounded_hold_test(kind, number, name):
    """The test that a long queue is read whole, and its lock is not held for long."""
    def test():
        with Hostile("%s %d" % (kind, number)) as hostile:
            text = read(ksft.WAITERS)
            ksft.equal(entries_of(hostile, text), number, "entries in the file")
            ksft.equal(left_out_of(hostile, text), (0, 0), "entries that are left out")
            share = longest_share(hostile)
            print("# the lock is held for %.1f %% of a read at most" % (share * 100))
            # Held for all of the queue it would be half of it.
            if share > 0.25:
                raise AssertionError("the lock is held for %.0f %% of a read" % (share * 100))
    test.__doc__ = name
    return test


def test_many_requests():
    """of very many requests in one queue some are left out, and whose they are is told"""
    number = 40 * 1024
    with Hostile("requests %d" % number) as hostile:
        text = read(ksft.WAITERS)
        got = entries_of(hostile, text)
        left_out, total = left_out_of(hostile, text)
        # The thread that probes the lock may be about to queue.
        if not number // 4 < got < number or left_out - (number - got) not in (0, 1):
            raise AssertionError("%d entries of %d, %d left out" % (got, number, left_out))
        check_tool(text, "the list is not complete: left out are %d waiters of process %s "
                   "(mkhostile)\n" % (total, hostile.get("waiter")[0]["tgid"]))
    # The kernel cancels them after their process has ended.
    until("the requests are gone", lambda: read(ksft.WAITERS).endswith(" left_out=0"))


def test_max_entries():
    """no more than max_entries of a process, and all of the others"""
    with Hostile("many 50") as hostile, Hostile("mapped 3") as other, \
            parameter("max_entries", 1000):
        text = read(ksft.WAITERS)
        ksft.equal(entries_of(hostile, text), 1000, "entries in the file")
        ksft.equal(left_out_of(hostile, text), (50 * VECTOR - 1000,) * 2, "entries left out")
        ksft.equal(entries_of(other, text), 3, "entries of others")
        check_tool(text, "the list is not complete: left out are %d waiters of process %s "
                   "(mkhostile)\n" % (50 * VECTOR - 1000, hostile.get("waiter")[0]["tgid"]))


def test_max_mappings():
    """of a file with more than max_mappings mappings nobody knows who maps it"""
    with Hostile("mapped 20") as hostile:
        hostile.waiters(ksft.read_waiters())
        with parameter("max_mappings", 30):
            many, = mapped_by(hostile)
        ksft.equal((len(many["mms"].split(",")), many["complete"]), (21, "yes"), "mappings")
        with parameter("max_mappings", 10):
            many, = mapped_by(hostile)
        ksft.equal((many["mms"], many["complete"]), ("?", "no"), "mappings")


def mapped_by(hostile):
    """The shared words of a factory in a new snapshot."""
    records = ksft.read_waiters()
    keys = {got["key"] for got in hostile.waiters(records)}
    return [got for kind, got in records if kind == "shared" and got["key"] in keys]


def test_max_mib():
    """no more memory than max_mib: what does not fit is left out"""
    with Hostile("many 200") as hostile:
        whole = read(ksft.WAITERS)
        ksft.equal(entries_of(hostile, whole), 200 * VECTOR, "entries in the file")
        for mib in (1, 2, 4, 8):
            with parameter("max_mib", mib):
                text = read(ksft.WAITERS)
            got = entries_of(hostile, text)
            if not mib << 10 < got < 200 * VECTOR:
                raise AssertionError("%d entries in %d MiB" % (got, mib))
            ksft.equal(left_out_of(hostile, text)[1], 200 * VECTOR - got, "entries left out")
            check_tool(text, "the list is not complete: left out are ")


def armed_in(hostile):
    """The armed timers of its process by a new snapshot, without their times, in order."""
    tgids = {truth["tgid"] for truth in hostile.get("waiter")}
    records = ksft.read_waiters()
    hostile.waiters(records)
    armed, = [got["armed"] for kind, got in records
              if kind == "process" and got["tgid"] in tgids]
    return sorted(timer.partition(":")[0] for timer in armed.split(","))


def test_many_timers():
    """a process may have any number of timers: after 64 they are not told"""
    # Newer ones come first.
    for nr, armed in ((63, ["10", "12"]), (64, ["12", "?"]), (100000, ["12", "?"])):
        with Hostile("timers %d" % nr) as hostile:
            start = time.monotonic()
            ksft.equal(armed_in(hostile), armed, "signals of %d timers" % nr)
            if time.monotonic() - start > LONGEST_READ:
                raise AssertionError("a read took %.1f s" % (time.monotonic() - start))


def told_pipes(hostile):
    """The pipes that its other threads sleep on, as far as a new snapshot tells. The main thread
    reads its standard input."""
    tgid = hostile.get("waiter")[0]["tgid"]
    return [got["pipe"] for kind, got in ksft.read_waiters()
            if kind == "thread" and got["tgid"] == tgid != got["tid"] and "pipe" in got]


def tells_readers(hostile, known):
    """Whether so many threads are told to sleep on a pipe."""
    return len(told_pipes(hostile)) == known


def test_many_readers():
    """any number of threads may read a pipe: of 128 it is told that they sleep on it"""
    for nr, known in ((127, 127), (128, 128), (500, 128)):
        with Hostile("readers %d" % nr) as hostile:
            until("%d of %d readers are told" % (known, nr),
                  functools.partial(tells_readers, hostile, known))
            ksft.equal(len(set(told_pipes(hostile))), 1, "pipes")


def test_timeouts():
    """threads leave the queue of an epoll set, which only the lock of the set protects"""
    with Hostile("hasty 64") as hostile:
        for _ in range(100):
            hostile.waiters(ksft.read_waiters())


def test_x32():
    """an x32 system call is told as what it is"""
    with Hostile("x32") as hostile:
        for waiter in hostile.waiters(ksft.read_waiters()):
            ksft.equal((waiter["syscall"], waiter["op"]), ("futex", "FUTEX_WAIT"), "call")


ksft.run([test_capability, test_no_memory, test_charge, test_node_without_memory, test_flags,
          test_robust_list32,
          hidden_memory_test("secret %d", "memfd_secret(2) memory is not read"),
          hidden_memory_test("secret %d dump", "nor after MADV_DODUMP"),
          hidden_memory_test("dontdump %d", "memory behind MADV_DONTDUMP is not read"),
          hidden_memory_test("device %d", "nor is that of a device"), test_huge,
          gone_test("dropped", "a page that is not there is not faulted in"),
          gone_test("userfault", "nor one for which a process wants to be asked"),
          gone_test("truncated", "nor one behind the end of its file"),
          gone_test("forbidden", "nor is one read that the process itself must not read"),
          gone_test("fuse", "nor is one waited for that only a file server has, which is gone"),
          test_dead_server, test_locked_set,
          test_kill, test_kill_without_worker, test_stop, test_deep_cgroup, test_long_cgroup, test_locked_table,
          bounded_hold_test("queue", 100 * 1024, "the lock of a long queue is held for a short time"),
          bounded_hold_test("requests", 16 * 1024, "so it is with io_uring requests"),
          test_many_requests, test_max_entries, test_max_mappings, test_max_mib, test_many_timers,
          test_many_readers, test_timeouts, test_x32])
