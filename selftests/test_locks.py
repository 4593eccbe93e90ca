#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Locks of real C libraries, of Rust and of Python: the tool names each kind, and its
holder where it has one."""

import os

from lib import ksft, tool

MKLOCKS_PY = os.path.join(ksft.TOP, "selftests", "mklocks.py")
LIBC_KINDS = ("mutex_normal", "mutex_recursive", "mutex_errorcheck", "mutex_shared", "mutex_robust",
              "mutex_pi", "rwlock_reader", "rwlock_writer", "rwlock_readers",
              "rwlock_behind_writer", "condition", "condition_of_two", "condition_again",
              "condition_shared", "semaphore", "barrier", "join", "once", "stdio")
LIBRARIES = (("glibc", "mklocks", LIBC_KINDS + ("once_first",)), ("musl", "mklocks-musl", LIBC_KINDS),
             ("32-bit glibc", "mklocks-32", LIBC_KINDS),
             ("Rust", "mklocks-rust", ("mutex", "rwlock", "rwlock.write", "park")),
             ("parking_lot", "mklocks-parking-lot",
              ("mutex", "reader", "upgradable", "writer", "condition", "queue")))
PYTHON_KINDS = ("lock", "join", "mutex")


def check_kind(kind, program):
    """Make a lock and its waiters, and compare."""
    with ksft.Factory(kind, program) as factory:
        verdicts = tool.judge_threads()
        for truth in factory.get("waiter"):
            got = verdicts[int(truth["tid"])]
            ksft.equal(got["primitive"], truth["primitive"].replace(".", " "), "primitive")
            holder = int(truth["holder"]) if "holder" in truth else None
            ksft.equal(got.get("holder"), holder, "holder")


def kind_test(kind, library, program):
    """The test of one kind, as ksft.run() wants it."""
    def test():
        path = os.path.join(ksft.BUILT, program)
        if not os.path.exists(path):
            raise ksft.Skip("%s is not built here" % program)
        check_kind(kind, path)
    test.__doc__ = "%s of %s" % (kind, library)
    return test


def python_test(kind):
    """The test of one kind of Debian's own Python."""
    def test():
        check_kind("%s %s" % (MKLOCKS_PY, kind), "/usr/bin/python3")
    test.__doc__ = "%s of this host's Python" % kind
    return test


def new_python_test(kind):
    """The test of one kind of Python 3.13, in a root of its own."""
    def test():
        with ksft.python_root(os.path.dirname(MKLOCKS_PY)) as root:
            check_kind("%s python3.13 /mnt/mklocks.py %s" % (root, kind), "chroot")
    test.__doc__ = "%s of Python 3.13" % kind
    return test


ksft.run([kind_test(kind, library, program)
          for library, program, kinds in LIBRARIES for kind in kinds] +
         [python_test(kind) for kind in PYTHON_KINDS] +
         [new_python_test(kind) for kind in PYTHON_KINDS])
