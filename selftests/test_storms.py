#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Storms of other kinds while the file is read, each for a share of some minutes:

	test_storms.py MINUTES

The module is loaded and unloaded, CPUs go and come, processes are stopped, frozen and killed
for want of memory, 200 read at once, and a queue is 100,000 entries long."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time

from lib import ksft, storm

CGROUPS = "/sys/fs/cgroup"
CPU = "/sys/devices/system/cpu/cpu1/online"

LONG_QUEUE = 128 * 782
READERS = 200
ROUNDS = 500	# of loading the module, at most


MAY_OPEN = threading.Event()
MAY_OPEN.set()


class Clock:
    """The time of each test."""
    seconds = 0.0

    @classmethod
    def rounds(cls, least=3):
        """Numbers of rounds, at least so many, for as long as the time is not over."""
        end = time.monotonic() + cls.seconds
        number = 0
        while number < least or time.monotonic() < end:
            yield number
            number += 1
        print("# %d rounds" % number, flush=True)


def storm_test(action, name):
    """The test that each snapshot is right while an action is repeated."""
    def test():
        with storm.Storm("steady") as steady, action() as repeat, storm.meanwhile(repeat):
            for _ in Clock.rounds():
                steady.check(storm.read_snapshot())
            steady.end()
    test.__doc__ = name
    return test


def read_in_some_way():
    """One of the ways to read the file, which may not be there."""
    MAY_OPEN.wait()
    try:
        fd = os.open(ksft.WAITERS, os.O_RDONLY)
    except FileNotFoundError:
        return
    text = None
    try:
        if random.random() < 0.5:
            os.lseek(fd, random.randrange(100000), os.SEEK_SET)
            os.read(fd, 1000)
            os.lseek(fd, 0, os.SEEK_SET)
        if random.random() < 0.8:
            text = storm.read_text(fd, 1 << 16)
    finally:
        os.close(fd)
    if text:
        storm.check_text(text)


def unload():
    """Unload the module, which works once nobody has its file open. If that takes long, nobody
    else may open it."""
    refused = 0
    while subprocess.run(["rmmod", "futexinspect"], stderr=subprocess.DEVNULL,
                         check=False).returncode:
        refused += 1
        if refused == 5:
            MAY_OPEN.clear()
    MAY_OPEN.set()


def test_load():
    """the module is loaded and unloaded while others open, read and seek"""
    with storm.Storm("steady") as steady, storm.meanwhile(*[read_in_some_way] * 3):
        for number in Clock.rounds():
            unload()
            if os.path.exists(ksft.WAITERS):
                raise AssertionError("the file is there without the module")
            ksft.command("insmod", os.environ["FUTEXINSPECT_KO"])
            steady.check(storm.read_snapshot())
            if number == ROUNDS:
                break
        steady.end()


def test_many_readers():
    """200 readers at once"""
    with storm.Storm("steady") as steady:
        # On the slowest kernels one round takes minutes.
        for _ in Clock.rounds(least=1):
            readers = [subprocess.Popen(["cat", ksft.WAITERS], stdout=subprocess.PIPE, text=True)
                       for _ in range(READERS)]
            texts = [reader.communicate()[0] for reader in readers]
            for text in texts[::20]:
                steady.check(text)
            ends = {text[-1:] for text in texts}
            ksft.equal(ends, {"\n"}, "ends of what %d readers got" % READERS)
        steady.end()


def test_long_queue():
    """a queue of 100,000 entries, others come and go in it"""
    with storm.Storm("queue %d" % LONG_QUEUE) as steady:
        for _ in Clock.rounds():
            steady.check(storm.read_snapshot())
        steady.end()


@contextlib.contextmanager
def hotplug():
    """Switch a CPU off and on again."""
    if not os.path.exists(CPU):
        raise ksft.Skip("this kernel cannot switch off a CPU")

    def off_and_on():
        for online in "01":
            ksft.write(CPU, online)
            time.sleep(random.random() / 10)

    try:
        yield off_and_on
    finally:
        ksft.write(CPU, "1")


@contextlib.contextmanager
def stops():
    """Stop and continue a process that waits, by the freezer and by a signal."""
    group = os.path.join(CGROUPS, "frozen")
    os.mkdir(group)

    def enter():
        ksft.write(os.path.join(group, "cgroup.procs"), "0")

    with ksft.Factory("queue 1024", ksft.MKHOSTILE, preexec_fn=enter) as stopped:
        def stop():
            for frozen in "10":
                ksft.write(os.path.join(group, "cgroup.freeze"), frozen)
                time.sleep(random.random() / 50)
            for number in (signal.SIGSTOP, signal.SIGCONT):
                stopped.process.send_signal(number)
                time.sleep(random.random() / 50)

        yield stop
    os.rmdir(group)


@contextlib.contextmanager
def killed():
    """Let processes with waiters be killed because their memory is at an end."""
    group = os.path.join(CGROUPS, "small")
    ksft.write(os.path.join(CGROUPS, "cgroup.subtree_control"), "+memory")
    os.mkdir(group)
    ksft.write(os.path.join(group, "memory.max"), str(12 << 20))

    def enter():
        ksft.write(os.path.join(group, "cgroup.procs"), "0")

    def kill():
        # Too much for the group: the kernel kills it, sooner or later.
        with subprocess.Popen([ksft.MKHOSTILE, "many", "2000", "filled"], stdin=subprocess.PIPE,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              preexec_fn=enter) as process:
            process.wait()

    yield kill
    os.rmdir(group)


Clock.seconds = 60.0 * float(sys.argv[1] if len(sys.argv) > 1 else 1) / 6
ksft.run([test_load, test_many_readers, test_long_queue,
          storm_test(hotplug, "a CPU goes and comes"),
          storm_test(stops, "processes are frozen and stopped"),
          storm_test(killed, "processes are killed for want of memory")])
