#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The futex selftests of the kernel's own source: they do what they do anyway also
while the module is read all the time. build_kernel_selftests makes the programs."""

import os
import platform
import re
import subprocess
import tempfile
import threading

from lib import ksft

VERSION = ".".join(platform.release().split(".")[:2])
PROGRAMS = os.path.join(ksft.TOP, "build", "selftests", "kernel-" + VERSION)

PASS, SKIP = 0, 4

# Some of them race with themselves, and say so: they count on a thread to sleep after
# 100 us. On a slow machine these fail more often than not, with or without a reader. So a
# test of a program passes if one of several runs passes.
TRIES = 10

RESULT = re.compile(r"^(ok|not ok) (\d+ .*?)(?: #.*)?$", re.MULTILINE)


class Reader:
    """Reads the module's file again and again, in a thread of its own."""

    def __init__(self):
        self.reads = 0
        self.error = None
        self.ending = False
        self.thread = threading.Thread(target=self.read)

    def read(self):
        """Until told to end, or a snapshot is not as it must be."""
        try:
            while not self.ending:
                ksft.read_waiters()
                self.reads += 1
        except Exception as error:
            self.error = error

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending = True
        self.thread.join()


def commands():
    """How the kernel's own script runs each program: lists of arguments, by name."""
    found = {name: [] for name in sorted(os.listdir(PROGRAMS)) if not name.endswith(".sh")}
    with open(os.path.join(PROGRAMS, "run.sh"), encoding="utf-8") as file:
        for name, arguments in re.findall(r"^\./(\w+)(.*)$", file.read(), re.MULTILINE):
            if name in found:
                found[name].append(arguments.replace("$COLOR", "").split())
    # The script does not know the newest ones.
    return {name: lists or [[]] for name, lists in found.items()}


def run(name, arguments):
    """Run a program once. Some make files in the current directory."""
    return subprocess.run([os.path.join(PROGRAMS, name), *arguments],
                          cwd=tempfile.gettempdir(), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", check=False)


def result(name, arguments):
    """What a program comes to: "pass", "skip", or which of its tests fail in all runs."""
    failed = None
    for _ in range(TRIES):
        got = run(name, arguments)
        if got.returncode in (PASS, SKIP):
            return "pass" if got.returncode == PASS else "skip"
        tests = {test for how, test in RESULT.findall(got.stdout) if how == "not ok"}
        tests = tests or {"exit status %d" % got.returncode}
        failed = tests if failed is None else failed & tests
        if not failed:
            return "pass"
    for line in got.stdout.splitlines():
        print("#   " + line)
    return "fail: " + ", ".join(sorted(failed))


def check_command(name, arguments):
    """A program does under a reader what it does without; return what that is."""
    normal = result(name, arguments)
    with Reader() as reader:
        got = result(name, arguments)
    if reader.error:
        raise reader.error
    what = " ".join([name, *arguments])
    ksft.equal(got, normal, "%s while the module is read" % what)
    print("# %s: %s, read %d times" % (what, got, reader.reads))
    return got


def program_test(name, lists):
    """The test of one program, as ksft.run() wants it."""
    def test():
        results = {check_command(name, arguments) for arguments in lists}
        if results != {"pass"}:
            raise ksft.Skip("%s, with and without a reader" % " and ".join(sorted(results)))
    test.__doc__ = "kernel %s: %s" % (VERSION, name)
    return test


def test_missing():
    """the futex selftests of the kernel's source"""
    raise ksft.Skip("selftests/build_kernel_selftests %s has not been run" % VERSION)


if os.path.isdir(PROGRAMS):
    ksft.run([program_test(*command) for command in commands().items()])
else:
    ksft.run([test_missing])
