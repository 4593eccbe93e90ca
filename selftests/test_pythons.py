#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Functions of Python in stacks, of a version that is in Debian unstable only."""

import os

from lib import ksft
from test_stacks import MKLOCKS_PY, check_python


def test_3_14():
    """functions, files and lines of Python 3.14, whose loop has no symbol"""
    with ksft.python_root(os.path.dirname(MKLOCKS_PY), "newest-python") as root:
        check_python("chroot", "%s python3.14 /mnt/mklocks.py" % root)


ksft.run([test_3_14])
