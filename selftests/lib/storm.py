# SPDX-License-Identifier: GPL-2.0-only
"""A storm of waiters that come and go, in which each snapshot must have each of those that
stay exactly once."""

import collections
import contextlib
import os
import re
import threading

from lib import ksft

MKSTORM = os.path.join(ksft.BUILT, "mkstorm")

MIN_WAITS = 2000

# What ksft.parse() does field by field takes most of the time; so here the expressions
# look at each snapshot, and it at some.
LINE = re.compile(r"[a-z]+(?: [a-z_0-9]+=[!-~]+)*\n")
WAITER = re.compile(r"^waiter tid=(\d+) tgid=(\d+) .* uaddr=(\S+) ", re.MULTILINE)
THREAD = re.compile(r"^thread tid=(\d+) ", re.MULTILINE)
END = re.compile(r"^end waiters=(\d+) .* threads=(\d+) .* errors=0 .* left_out=0\n\Z",
                 re.MULTILINE)


def wait_until_blocked(tgid, tid):
    """Until the kernel says that a thread, which is about to wait, sleeps."""
    while True:
        with open("/proc/%s/task/%s/syscall" % (tgid, tid), encoding="ascii") as file:
            if file.read() != "running\n":
                return
        os.sched_yield()


def check_text(text):
    """That a snapshot, as text, is whole and well-formed; return its waiters and threads."""
    rest = LINE.sub("", text)
    if rest:
        raise AssertionError("not well-formed: %r" % rest[:300])
    waiters = WAITER.findall(text)
    threads = THREAD.findall(text)
    counts = END.search(text)
    if not counts:
        raise AssertionError("the last line is %s" % text[-300:].splitlines()[-1])
    ksft.equal(counts.groups(), (str(len(waiters)), str(len(threads))), "counts of the last line")
    return waiters, threads


def read_text(fd, size):
    """What is left of an open file, in pieces."""
    pieces = []
    while True:
        piece = os.read(fd, size)
        if not piece:
            return b"".join(pieces).decode("ascii")
        pieces.append(piece)


def read_snapshot(size=1 << 20):
    """A snapshot of its own, read in pieces."""
    fd = os.open(ksft.WAITERS, os.O_RDONLY)
    try:
        return read_text(fd, size)
    finally:
        os.close(fd)


@contextlib.contextmanager
def meanwhile(*actions):
    """Repeat actions in threads of their own, once at least; what they raise is raised at the
    end."""
    stop = threading.Event()
    errors = []

    def repeat(action):
        try:
            action()
            while not stop.is_set():
                action()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=repeat, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    if errors:
        raise errors[0]


class Storm(ksft.Factory):
    """A mkstorm, from the time that all of its waiters that stay are blocked."""

    def __init__(self, kind):
        super().__init__(kind, MKSTORM)
        self.kept = collections.Counter()
        for truth in self.get("waiter"):
            self.kept[truth["tid"], truth["tgid"], truth["uaddr"]] += 1
        self.tids = collections.Counter({tid: 1 for tid, _, _ in self.kept})
        for tid, tgid in {(tid, tgid) for tid, tgid, _ in self.kept}:
            wait_until_blocked(tgid, tid)

    def check(self, text):
        """One snapshot, as text."""
        waiters, threads = check_text(text)
        self.compare("waiters", waiters, self.kept)
        self.compare("threads", threads, self.tids)

    @staticmethod
    def compare(what, found, expected):
        """All records of those that stay, and no more."""
        got = collections.Counter(key for key in found if key in expected)
        if got != expected:
            raise AssertionError("%s: missing %s, too many %s" %
                                 (what, dict(expected - got), dict(got - expected)))

    def check_reads(self, number):
        """Many snapshots."""
        for nr in range(number):
            text = read_snapshot()
            self.check(text)
            if nr % 20 == 0:
                ksft.parse(text)

    def end(self):
        """Whether it was a storm at all."""
        self.process.stdin.close()
        _, fields = ksft.parse_line(self.process.stdout.read().strip())
        if int(fields["waits"]) < MIN_WAITS:
            raise AssertionError("only %s waits" % fields["waits"])
        print("# %s waits came and went; a timer was late by %.1f ms at worst, and a lock took "
              "%.1f ms" % (fields["waits"], int(fields["late_ns"]) / 1e6,
                           int(fields["lock_ns"]) / 1e6))
