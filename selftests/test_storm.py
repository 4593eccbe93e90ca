#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Reading while waiters come and go by the thousand: every snapshot is well-formed,
and has each of the waiters that stay exactly once."""

import os

from lib import ksft
from lib.storm import Storm, meanwhile, read_snapshot, read_text

READS = 100
# Entries in one queue; module/queue.c visits 128 in one hold of its lock.
LONG_QUEUE = 128 * 16


def test_reads():
    """100 reads of 100 find each waiter that stays once"""
    with Storm("steady") as storm:
        storm.check_reads(READS)
        storm.end()


def test_resize():
    """the same while private hash tables are being replaced"""
    with Storm("resize") as storm:
        storm.check_reads(READS)
        storm.end()


def test_queue():
    """the same in a long queue, whose lock is dropped in between"""
    with Storm("queue %d" % LONG_QUEUE) as storm:
        storm.check_reads(READS // 10)
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
    with Storm("steady") as storm, meanwhile(lambda: storm.check(read_snapshot(4096))):
        for _ in range(READS // 10):
            storm.check(read_snapshot(4096))


ksft.run([test_reads, test_resize, test_queue, test_pieces, test_two_readers])
