#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Each futex state, made by mkwaiters: every field that the module prints of it
is compared with what is true."""

import contextlib
import os
import re
import subprocess
import time

from lib import ksft

WORDS_BEFORE = 12
PAGE = 4096

# Of two emulated CPUs, at most, in seconds.
CLOCK_SKEW = 30


def select(records, kind, **fields):
    """The records of one kind that have these fields."""
    return [got for name, got in records if name == kind and
            all(got.get(key) == value for key, value in fields.items())]


def only(found, what):
    """The one element of a list."""
    ksft.equal(len(found), 1, "number of %s" % what)
    return found[0]


def record_of(records, truth):
    """The record of a waiter that the program knows of."""
    return only(select(records, "waiter", tid=truth["tid"], uaddr=truth["uaddr"]),
                "records of a waiter")


def status(tgid, tid):
    """The fields of /proc/TGID/task/TID/status."""
    with open("/proc/%s/task/%s/status" % (tgid, tid), encoding="latin-1") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def start_ticks(tgid, tid):
    """When a thread was created, in clock ticks since boot: proc(5), field 22."""
    with open("/proc/%s/task/%s/stat" % (tgid, tid), encoding="latin-1") as file:
        return int(file.read().rpartition(")")[2].split()[19])


def expand(ranges):
    """The tids of a list of ranges."""
    tids = []
    for part in ranges.split(","):
        first, _, last = part.partition("-")
        tids.extend(range(int(first), int(last or first) + 1))
    return sorted(tids)


def expand_words(text):
    """The offset of words, and a list of them."""
    offset, _, words = text.partition(":")
    expanded = []
    for item in words.split(","):
        word, _, times = item.partition("*")
        expanded += [word if word == "?" else int(word, 16)] * int(times or 1)
    return int(offset), expanded


def compare_words(got, expected, waits_on):
    """The module leaves out words of pages that are not resident; that is not
    the page that the futex word itself is in."""
    got_offset, got_words = expand_words(got)
    offset, words = expand_words(expected)
    ksft.equal(got_offset, offset, "offset of words")
    ksft.equal(len(got_words), len(words), "number of words")
    for i, (have, want) in enumerate(zip(got_words, words)):
        address = waits_on + (i - WORDS_BEFORE) * 4
        if have == "?" and address // PAGE != waits_on // PAGE:
            continue
        ksft.equal(have, want, "word at 0x%x" % address)


def compare_key(got, expected):
    """Where a word is known by its inode, the program cannot know the number."""
    if expected != "shared-inode":
        ksft.equal(got, expected, "key")
        return
    kind, number, offset = got.split(":")
    ksft.equal(kind, expected, "key")
    if int(number) == 0:
        raise AssertionError("the inode has no number: %s" % got)
    ksft.equal(int(offset) % PAGE, 2048, "offset in %s" % got)


def compare_waiter(got, truth):
    """A waiter record with what the program knows."""
    for key, value in truth.items():
        if key == "words" and value != "?":
            compare_words(got[key], value, int(truth["waits_on"], 16))
        elif key == "key":
            compare_key(got[key], value)
        elif key == "args" and truth["op"] == "FUTEX_WAIT":
            # It has no use for the last two registers, whatever is in them.
            ksft.equal(got[key].split(",")[:4], value.split(",")[:4], key)
        else:
            ksft.equal(got[key], value, key)
    if truth["syscall"] == "io_uring":
        ksft.equal(got["asleep_ns"], "?", "asleep_ns of a request")
        return
    now = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    start = start_ticks(truth["tgid"], truth["tid"]) * 10 ** 9 // os.sysconf("SC_CLK_TCK")
    if not 0 < int(got["asleep_ns"]) <= now - start:
        raise AssertionError("asleep_ns=%s of a thread of %d ns" %
                             (got["asleep_ns"], now - start))


def threads_of(tgid):
    """The live threads of a process."""
    return sorted(int(tid) for tid in os.listdir("/proc/%s/task" % tgid))


def compare_threads(records, tgid, mm):
    """The live threads of a process, with what /proc says of them."""
    for tid in threads_of(tgid):
        got = only(select(records, "thread", tid=str(tid)), "records of thread %d" % tid)
        truth = status(tgid, tid)
        ksft.equal(got["tgid"], tgid, "tgid of thread %d" % tid)
        ksft.equal(got["mm"], mm["id"], "mm of thread %d" % tid)
        ksft.equal(got["state"], truth["State"][0], "state of thread %d" % tid)
        tracer = truth["TracerPid"] if truth["TracerPid"] != "0" else "-"
        ksft.equal(got["tracer"], tracer, "tracer of thread %d" % tid)
        ksft.equal(got["nstid"], truth["NSpid"].split()[-1], "nstid of thread %d" % tid)
        ksft.equal(int(got["blocked"], 16), int(truth["SigBlk"], 16), "blocked signals")
        ksft.equal(got["nvcsw"], truth["voluntary_ctxt_switches"], "nvcsw")
        ksft.equal(got["nivcsw"], truth["nonvoluntary_ctxt_switches"], "nivcsw")
        ksft.equal(int(got["start_ns"]) * os.sysconf("SC_CLK_TCK") // 10 ** 9,
                   start_ticks(tgid, tid), "start of thread %d" % tid)


def compare_frozen(records, tgid, state):
    """Which freezer holds the threads of a process."""
    for thread in select(records, "thread", tgid=tgid):
        ksft.equal(thread["frozen"], state.freezer, "frozen")


def switches(tgid):
    """How often each thread of a process has been switched, and whether it sleeps."""
    counts = {}
    for tid in os.listdir("/proc/%s/task" % tgid):
        fields = status(tgid, tid)
        counts[tid] = (fields["State"][0], fields["voluntary_ctxt_switches"],
                       fields["nonvoluntary_ctxt_switches"])
    return counts


def clocks_agree(records, tgids):
    """Whether it is known of all threads of the processes how long they have slept."""
    return all(got["asleep_ns"] != "?" for tgid in tgids
               for got in select(records, "waiter", tgid=tgid) if got["syscall"] != "io_uring")


def read_while_asleep(tgids):
    """A snapshot during which no thread of the processes ran: the factory's main
    thread still has to go to sleep after it has said that it is ready. And one by which all
    have slept for longer than the clocks of two emulated CPUs differ."""
    end = time.monotonic() + CLOCK_SKEW
    while True:
        before = [switches(tgid) for tgid in tgids]
        records = ksft.read_waiters()
        states = {state for counts in before for state, _, _ in counts.values()}
        if [switches(tgid) for tgid in tgids] == before and "R" not in states and \
                (clocks_agree(records, tgids) or time.monotonic() > end):
            return records


def compare_process(records, truth):
    """A process record with what the factory knows, and with /proc."""
    process = only(select(records, "process", tgid=truth["tgid"]), "processes")
    for key, value in truth.items():
        ksft.equal(process[key], value, key)
    ksft.equal(process["pid_ns"], str(os.stat("/proc/%s/ns/pid" % truth["tgid"]).st_ino),
               "pid_ns")
    with open("/proc/%s/cgroup" % truth["tgid"], encoding="utf-8") as file:
        ksft.equal(process["cgroup"], re.search("^0::(.*)$", file.read(), re.M).group(1),
                   "cgroup")


def compare_mm(records, mm, factory, tgids):
    """The one address space of a state, with the threads of all its processes."""
    for key, value in factory.get("mm")[0].items():
        ksft.equal(mm[key], value, key)
    ksft.equal(expand(mm["live_threads"]),
               sorted(tid for tgid in tgids for tid in threads_of(tgid)), "live_threads")
    for thread in factory.get("thread"):
        got = only(select(records, "thread", tid=thread["tid"]), "records of a thread")
        for key, value in thread.items():
            # The members of an epoll set are in no order.
            ksft.equal(sorted(got.get(key, "none").split(",")), sorted(value.split(",")),
                       "%s of thread %s" % (key, thread["tid"]))


def check_state(state):
    """Make a state, and compare all records of its processes."""
    with ksft.Factory(state.name) as factory:
        tgids = [truth["tgid"] for truth in factory.get("process")]
        records = read_while_asleep(tgids)
        for truth in factory.get("process"):
            compare_process(records, truth)
        process = select(records, "process", tgid=tgids[0])[0]
        mm = only(select(records, "mm", id=process["mm"]), "mms")
        compare_mm(records, mm, factory, tgids)
        for tgid in tgids:
            compare_threads(records, tgid, mm)
            compare_frozen(records, tgid, state)

        waiters = [got for tgid in tgids for got in select(records, "waiter", tgid=tgid)]
        ksft.equal(len(waiters), len(factory.get("waiter")), "number of waiters")
        for waiter in factory.get("waiter"):
            got = record_of(records, waiter)
            ksft.equal(got["mm"], mm["id"], "mm of the waiter")
            compare_waiter(got, waiter)


def test_shared_file():
    """a word of a file, mapped by three processes"""
    with ksft.Factory("shared_file") as factory:
        truth = only(factory.get("shared"), "shared records of mkwaiters")
        waiter = only(factory.get("waiter"), "waiter records of mkwaiters")
        records = read_while_asleep([waiter["tgid"], truth["waiter"]])
        mine = only(select(records, "waiter", tid=waiter["tid"]), "records of the waiter")
        other = only(select(records, "waiter", tid=truth["waiter"]), "records of the other")
        compare_waiter(mine, waiter)
        ksft.equal(other["key"], mine["key"], "key of the other")
        if other["uaddr"] == mine["uaddr"]:
            raise AssertionError("both have the word at %s" % mine["uaddr"])
        shared = only(select(records, "shared", key=mine["key"]), "shared records")
        for key in ("dev", "ino", "nlink", "complete"):
            ksft.equal(shared[key], truth[key], key)
        tgids = [got["tgid"] for mm in shared["mms"].split(",")
                 for got in select(records, "process", mm=mm)]
        ksft.equal(sorted(tgids), sorted(truth["maps"].split(",")), "processes that map it")


def test_stopped_many():
    """300 stopped processes"""
    with ksft.Factory("stopped_many") as factory:
        tids = [got["tid"] for got in factory.get("stopped")]
        ksft.equal(len(tids), 300, "children of mkwaiters")
        stopped = select(ksft.read_waiters(), "waiter", queued="stopped")
        ksft.equal(sorted(got["tid"] for got in stopped), sorted(tids), "stopped waiters")


def state_test(state):
    """The test of one state, as ksft.run() wants it."""
    def test():
        check_state(state)
    test.__doc__ = "state " + state.name
    return test


def crowded_test(state):
    """The test of one state in a process where many others wait, whose memory the module reads
    in another way."""
    def test():
        with ksft.Factory(state.name + " crowded") as factory:
            records = read_while_asleep([truth["tgid"] for truth in factory.get("process")])
            for truth in factory.get("waiter"):
                compare_waiter(record_of(records, truth), truth)
    test.__doc__ = "state %s among many waiters" % state.name
    return test


@contextlib.contextmanager
def huge_pages_and_swap():
    """What some states need."""
    ksft.write("/proc/sys/vm/nr_hugepages", "2")
    if os.path.exists("/dev/zram0"):
        ksft.write("/sys/block/zram0/disksize", "16M")
        for command in ("mkswap", "swapon"):
            subprocess.run([command, "/dev/zram0"], stdout=subprocess.DEVNULL, check=True)
    yield


STATES = ksft.states()

ksft.run([state_test(state) for state in STATES if not state.apart] +
         [crowded_test(state) for state in STATES if state.in_memory] +
         [test_shared_file, test_stopped_many], around=huge_pages_and_swap)
