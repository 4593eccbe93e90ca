#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What hostile processes can do to a read, and what a reader must not get to see."""

import subprocess

from lib import ksft


def test_capability():
    """root without CAP_SYS_PTRACE cannot open the file"""
    read = ["cat", ksft.WAITERS]
    without = ["setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace"]
    got = subprocess.run(without + read, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                         text=True, check=False)
    if got.returncode != 1 or "Operation not permitted" not in got.stderr:
        raise AssertionError("cat: %d %s" % (got.returncode, got.stderr))


ksft.run([test_capability])
