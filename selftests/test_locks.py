#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Locks of real C libraries, and of Rust, made by mklocks: the tool names each kind, and
its holder where it has one."""

import json
import os
import subprocess

import ksft

BUILT = os.path.dirname(ksft.MKWAITERS)
LIBC_KINDS = ("mutex_normal", "mutex_recursive", "mutex_errorcheck", "mutex_shared", "mutex_robust",
              "mutex_pi", "rwlock_reader", "rwlock_writer", "rwlock_readers", "condition",
              "condition_again", "condition_shared", "semaphore", "barrier", "join", "once",
              "stdio")
LIBRARIES = (("glibc", "mklocks", LIBC_KINDS), ("musl", "mklocks-musl", LIBC_KINDS),
             ("Rust", "mklocks-rust", ("mutex", "rwlock", "park")))


def judge():
    """What the tool says of each waiter, by tid."""
    out = subprocess.run(["futexinspect", "--json"], stdout=subprocess.PIPE, check=False).stdout
    return {waiter["tid"]: waiter for waiter in json.loads(out)["waiters"]}


def check_kind(kind, program):
    """Make a lock and its waiter, and compare."""
    path = os.path.join(BUILT, program)
    if not os.path.exists(path):
        raise ksft.Skip("%s is not built here" % program)
    with ksft.Factory(kind, path) as factory:
        truth = factory.get("waiter")[-1]
        got = judge()[int(truth["tid"])]
        ksft.equal(got["primitive"], truth["primitive"].replace(".", " "), "primitive")
        holder = int(truth["holder"]) if "holder" in truth else None
        ksft.equal(got.get("holder"), holder, "holder")


def kind_test(kind, library, program):
    """The test of one kind, as ksft.run() wants it."""
    def test():
        check_kind(kind, program)
    test.__doc__ = "%s of %s" % (kind, library)
    return test


ksft.run([kind_test(kind, library, program)
          for library, program, kinds in LIBRARIES for kind in kinds])
