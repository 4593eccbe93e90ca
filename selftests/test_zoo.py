#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""A zoo of random lock graphs, whose truth is known and then proven: no verdict is wrong,
and nearly all stuck threads are found. Arguments: SEED [CASES]."""

import collections
import functools
import os
import sys

from lib import ksft, tool

MKZOO = os.path.join(ksft.BUILT, "mkzoo")

SEED = sys.argv[1] if len(sys.argv) > 1 else "1"
CASES = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
BATCH = 50
MIN_FOUND = 0.99
LOOKS = 4	# more, of those that are unknown

# Before, nothing tells which memory a descriptor is of (inode numbers in fdinfo).
HAS_INODES = tuple(int(n) for n in os.uname().release.split(".")[:2]) >= (5, 14)


def is_excused(truth):
    """Whether nothing tells an observer that a thread cannot go on."""
    return truth["excused"] in ("yes", *(() if HAS_INODES else ("open",)))


def judge_threads():
    """The verdicts, by thread. A timer that goes off again and again may do so between the two looks:
    who is unknown for that is judged anew, as whoever gets that answer would have it. On a busy host
    looks take as long as such a timer."""
    verdicts = tool.judge_threads()
    for _ in range(LOOKS):
        unknown = [tid for tid, got in verdicts.items() if got and got["verdict"] == "unknown"]
        if not unknown:
            break
        again = tool.judge_threads()
        verdicts.update({tid: again.get(tid) for tid in unknown})
    return verdicts


class Zoo:
    """What was found in all cases: counts, and where the tool was wrong."""

    def __init__(self):
        self.counts = collections.Counter()
        self.problems = collections.defaultdict(list)

    def note(self, what, truth, got):
        """Something wrong, and how to see it again."""
        self.problems[what].append(
            "%s: case %s thread %s (%s of %s, %s) is %s: mkzoo %s %s 1" %
            (what, truth["case"], truth["thread"], truth["on"], truth["process"], truth["truth"],
             "not listed" if got is None else
             "%s, %s: %s" % (got["verdict"], got["certainty"], got["reason"]),
             SEED, truth["case"]))

    def judge_stuck(self, truth, got):
        """A thread that cannot go on, or only if stopped threads are continued."""
        stopped = truth["truth"] == "stopped"
        right = ["stopped"] if stopped else truth["verdicts"].split(",")
        found = got["verdict"] in right
        if not found and got["verdict"] in tool.STUCK:
            self.note("called stuck, wrongly" if stopped else "wrong verdict", truth, got)
        if not found and is_excused(truth):
            self.counts[truth["truth"]] -= 1
            self.counts[truth["truth"] + ", cannot be told"] += 1
            return
        self.counts[truth["truth"] + ", found"] += found
        self.counts["stuck, PI locks that glibc gave up on"] += ",given-up" in truth["on"]
        if not found:
            self.note("missed", truth, got)

    def judge(self, truth, got):
        """One waiter."""
        if got is None and ",timed" in truth["on"]:
            self.counts["between two waits with a timeout"] += 1
            return
        self.counts[truth["truth"]] += 1
        if got is None:
            self.note("not listed", truth, got)
            return
        self.counts["certain"] += got["certainty"] == "certain"
        if truth["truth"] != "stuck" and got["certainty"] == "certain":
            self.note("wrong certain", truth, got)
        if truth["truth"] == "live":
            if got["verdict"] in tool.STUCK + ("stopped",):
                self.note("live called stuck", truth, got)
        else:
            self.judge_stuck(truth, got)
        if got.get("holder") is not None and str(got["holder"]) != truth["holder"]:
            self.note("wrong holder %s, not %s" % (got["holder"], truth["holder"]), truth, got)

    def count_beside(self, factory):
        """How many are stuck in processes whose other threads can go on."""
        waiters = factory.get("waiter")
        live = {got["tgid"] for got in waiters + factory.get("other") if got["truth"] == "live"}
        self.counts["stuck, beside a live thread"] += sum(
            got["truth"] == "stuck" and got["tgid"] in live for got in waiters)

    def add(self, first, count):
        """Make some cases, look at all of them at once, and let them prove their truth."""
        with ksft.Factory("%s %d %d" % (SEED, first, count), MKZOO) as factory:
            verdicts = judge_threads()
            for truth in factory.get("waiter"):
                self.judge(truth, verdicts.get(int(truth["tid"])))
            self.count_beside(factory)
            output, errors = factory.process.communicate("\n")
        records = [ksft.parse_line(line) for line in output.splitlines()]
        ksft.equal((errors, [fields for kind, fields in records if kind == "wrong"]), ("", []),
                   "errors, and what the zoo of seed %s said that was not true" % SEED)
        ksft.equal([kind for kind, _ in records], ["proof"], "the proof")
        self.counts["cases"] += count
        self.counts["proven"] += sum(int(n) for n in records[0][1].values())


ZOO = Zoo()


@functools.cache
def make():
    """Make all cases, once."""
    print("# seed %s, %d cases" % (SEED, CASES))
    for first in range(0, CASES, BATCH):
        ZOO.add(first, min(BATCH, CASES - first))
    for what, count in sorted(ZOO.counts.items()):
        print("# %s: %d" % (what, count))


def whole():
    """Fail if some of the cases were not made, or not proven."""
    make()
    ksft.equal(ZOO.counts["cases"], CASES, "cases that were made, and proven")


def none(*kinds):
    """Fail if there is a problem of one of these kinds."""
    whole()
    found = [text for kind, texts in ZOO.problems.items() if kind.startswith(kinds)
             for text in texts]
    if found:
        raise AssertionError("%d, of which the first are\n%s" %
                             (len(found), "\n".join(found[:20])))


def test_truth():
    """the zoo tells the truth: its live threads go on, and no others"""
    whole()


def test_certain():
    """no certainty of "certain" is wrong"""
    none("wrong certain")
    if not ZOO.counts["certain"]:
        raise AssertionError("nothing was certain")


def test_live():
    """no thread that can go on is called stuck"""
    none("live called stuck", "called stuck, wrongly")


def test_names():
    """a stuck thread gets no wrong verdict, and no wrong holder"""
    none("wrong verdict", "wrong holder")


def test_found():
    """99 of 100 stuck or stopped threads are found"""
    whole()
    for text in ZOO.problems["missed"][:20]:
        print("# " + text)
    none("not listed")
    for truth in ("stuck", "stopped"):
        found, count = ZOO.counts[truth + ", found"], ZOO.counts[truth]
        if not count or found < MIN_FOUND * count:
            raise AssertionError("%s: %d of %d are found" % (truth, found, count))


ksft.run([test_truth, test_certain, test_live, test_names, test_found])
