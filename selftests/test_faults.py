#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Every allocation of an open and a read fails in turn: either that fails cleanly, or the file
is whole, or it says how much it lacks."""

import errno
import os
import re

from lib import ksft, storm

FAIL_NTH = "/proc/thread-self/fail-nth"
# Without these, allocations that may sleep, and large ones, would never fail.
SETTINGS = (("failslab/ignore-gfp-wait", "N"), ("fail_page_alloc/ignore-gfp-wait", "N"),
            ("fail_page_alloc/ignore-gfp-highmem", "N"), ("fail_page_alloc/min-order", "0"))
# More than any read has, by far: then something else is wrong.
MOST = 20000


def set_up():
    """Let all kinds of allocations fail."""
    if not os.path.exists(FAIL_NTH):
        raise ksft.Skip("this kernel has no fault injection")
    for name, value in SETTINGS:
        ksft.write(os.path.join("/sys/kernel/debug", name), value)


def read_with_fault(number):
    """Read the file while allocation @number from now on fails. Return its text, or None if
    that failed; and whether any allocation failed at all."""
    nth = os.open(FAIL_NTH, os.O_RDWR)
    text = None
    try:
        os.write(nth, b"%d" % number)
        text = storm.read_snapshot()
    except OSError as error:
        # Copies from and to user memory fail in their turn, too.
        if error.errno not in (errno.ENOMEM, errno.EFAULT):
            raise
    finally:
        # What is left of the number, or 0 if it has come to that.
        rest = int(os.pread(nth, 16, 0))
        os.pwrite(nth, b"0", 0)
        os.close(nth)
    return text, rest == 0


def check(text, number):
    """The number of waiters, with those that are left out."""
    end = re.search(r"^end waiters=(\d+) .* left_out=(\d+)\n\Z", text, re.MULTILINE)
    if not end:
        raise AssertionError("cut off: ...%r" % text[-100:])
    ksft.equal(sum(int(count) for count in end.groups()), number, "waiters")


def test_all():
    """each allocation of a read fails once"""
    set_up()
    with ksft.Factory("many 8 filled", ksft.MKHOSTILE), ksft.Factory("mapped 5", ksft.MKHOSTILE):
        check(storm.read_snapshot(), 8 * 128 + 5)
        failed = 0
        for number in range(1, MOST):
            text, injected = read_with_fault(number)
            if text is not None:
                check(text, 8 * 128 + 5)
            failed += text is None
            if not injected:
                print("# %d allocations, without %d of them the read fails" % (number - 1, failed))
                if not failed:
                    raise AssertionError("no read failed")
                return
        raise AssertionError("more than %d allocations" % MOST)


ksft.run([test_all])
