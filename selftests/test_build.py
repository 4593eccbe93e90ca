#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: test_build.py programs|packages

What all other tests need: it builds, with warnings as errors."""

import sys

from lib import ksft


def make_test(what, *args):
    """The test that make makes something."""
    return ksft.command_test(what, "make", "--no-print-directory", *args)


TESTS = {
    "programs": (
        make_test("the tool builds without warnings", "-C", "userspace", "WERROR=1"),
        make_test("the test programs build without warnings", "-C", "selftests", "WERROR=1"),
        make_test("the unit tests build without warnings", "-s", "-C", "selftests/unit"),
    ),
    "packages": (
        make_test("the Debian packages build", "deb"),
        make_test("the RPM packages build", "rpm"),
    ),
}

ksft.run(TESTS[sys.argv[1]])
