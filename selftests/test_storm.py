#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Reading while waiters come and go by the thousand: every snapshot is well-formed,
and has each of the waiters that stay exactly once."""

import collections
import os
import re
import threading

from lib import ksft

MKSTORM = os.path.join(ksft.BUILT, "mkstorm")

READS = 100
# Entries in one queue; module/queue.c visits 128 in one hold of its lock.
LONG_QUEUE = 128 * 80
MIN_WAITS = 2000

# What ksft.parse() does field by field takes most of the time; so here the expressions
# look at each snapshot, and it at some.
LINE = re.compile(r"[a-z]+(?: [a-z_0-9]+=[!-~]+)*\n")
WAITER = re.compile(r"^waiter tid=(\d+) tgid=(\d+) .* uaddr=(\S+) ", re.MULTILINE)
THREAD = re.compile(r"^thread tid=(\d+) ", re.MULTILINE)
END = re.compile(r"^end waiters=(\d+) .* threads=(\d+) .* errors=0 .*\n\Z", re.MULTILINE)


def wait_until_blocked(tgid, tid):
    """Until the kernel says that a thread, which is about to wait, sleeps."""
    while True:
        with open("/proc/%s/task/%s/syscall" % (tgid, tid), encoding="ascii") as file:
            if file.read() != "running\n":
                return
        os.sched_yield()


class Storm(ksft.Factory):
    """A mkstorm, from the time that all of its waiters that stay are blocked."""

    def __init__(self, kind):
        super().__init__(kind, MKSTORM)
        self.kept = collections.Counter()
        for truth in self.get("waiter"):
            self.kept[truth["tid"], truth["tgid"], truth["uaddr"]] += 1
        self.tids = collections.Counter({tid: 1 for tid, _, _ in self.kept})
        for tid, tgid, _ in self.kept:
            wait_until_blocked(tgid, tid)

    def check(self, text):
        """One snapshot, as text."""
        rest = LINE.sub("", text)
        if rest:
            raise AssertionError("not well-formed: %r" % rest[:300])
        waiters = WAITER.findall(text)
        threads = THREAD.findall(text)
        counts = END.search(text)
        ksft.equal(counts and counts.groups(), (str(len(waiters)), str(len(threads))),
                   "counts of the last line")
        self.compare("waiters", waiters, self.kept)
        self.compare("threads", threads, self.tids)

    @staticmethod
    def compare(what, found, expected):
        """All records of those that stay, and no more."""
        got = collections.Counter(key for key in found if key in expected)
        if got != expected:
            raise AssertionError("%s: missing %s, too many %s" %
                                 (what, dict(expected - got), dict(got - expected)))

    def check_reads(self):
        """Many snapshots."""
        for nr in range(READS):
            text = read_snapshot(1 << 20)
            self.check(text)
            if nr % 20 == 0:
                ksft.parse(text)

    def end(self):
        """Whether it was a storm at all."""
        self.process.stdin.close()
        _, fields = ksft.parse_line(self.process.stdout.read().strip())
        if int(fields["waits"]) < MIN_WAITS:
            raise AssertionError("only %s waits" % fields["waits"])
        print("# %s waits came and went" % fields["waits"])


def read_text(fd, size):
    """What is left of an open file, in pieces."""
    pieces = []
    while True:
        piece = os.read(fd, size)
        if not piece:
            return b"".join(pieces).decode("ascii")
        pieces.append(piece)


def read_snapshot(size):
    """A snapshot of its own, read in pieces."""
    fd = os.open(ksft.WAITERS, os.O_RDONLY)
    try:
        return read_text(fd, size)
    finally:
        os.close(fd)


def test_reads():
    """100 reads of 100 find each waiter that stays once"""
    with Storm("steady") as storm:
        storm.check_reads()
        storm.end()


def test_resize():
    """the same while private hash tables are being replaced"""
    with Storm("resize") as storm:
        storm.check_reads()
        storm.end()


def test_queue():
    """the same in a long queue, whose lock is dropped in between"""
    with Storm("queue %d" % LONG_QUEUE) as storm:
        for _ in range(READS // 10):
            storm.check(read_snapshot(1 << 20))
        storm.end()


def test_pieces():
    """a snapshot that is read in small pieces, and again from its start, does not change"""
    with Storm("steady") as storm:
        for size in (97, 1000, 4095, 4097):
            fd = os.open(ksft.WAITERS, os.O_RDONLY)
            text = read_text(fd, size)
            storm.check(text)
            os.lseek(fd, 0, os.SEEK_SET)
            ksft.equal(read_text(fd, 1 << 20) == text, True, "read again, the same")
            os.close(fd)


def test_two_readers():
    """two readers at once find each waiter that stays once"""
    errors = []

    def reader(storm):
        try:
            for _ in range(READS // 10):
                storm.check(read_snapshot(4096))
        except Exception as error:
            errors.append(error)

    with Storm("steady") as storm:
        threads = [threading.Thread(target=reader, args=(storm,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if errors:
        raise errors[0]


ksft.run([test_reads, test_resize, test_queue, test_pieces, test_two_readers])
