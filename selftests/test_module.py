#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: test_module.py SERIES/ARCH...

The module as it is built for kernels: what it calls, and in which order its files depend on each
other. Runs on the host."""

import functools
import os
import re
import subprocess
import sys

from lib import ksft

VM = os.path.join(ksft.TOP, "selftests", "vm", "run")
CALLS = os.path.join(ksft.TOP, "selftests", "module_calls")

# What the names of the host's programs for an architecture begin with.
PREFIXES = {"amd64": "x86_64-linux-gnu-", "arm64": "aarch64-linux-gnu-"}

# These call what struct fi_walk holds: functions of private_hash.c and the like.
INDIRECT = {"fi_walk_threads", "visit_batch"}

CALL = re.compile(r"\b(call|jmp)q?\s+\*|__x86_indirect_thunk|\bblr\b")


@functools.lru_cache(None)
def build(kernel):
    """Build the module for a kernel; the directory that it is built in, which is printed last."""
    series, arch = kernel.split("/")
    return ksft.command(VM, "--kernel", series, "--arch", arch, "--build").splitlines()[-1]


def disassemble(kernel):
    """The instructions and relocations of the module, as lines."""
    program = PREFIXES[kernel.split("/")[1]] + "objdump"
    return ksft.command(program, "-dr", build(kernel) + "/futexinspect.ko").splitlines()


def indirect_callers(lines):
    """The functions that call through a pointer."""
    function = None
    for line, relocation in zip(lines, lines[1:]):
        if line.endswith(">:"):
            function = line.split("<")[1][:-2]
        elif "pv_ops" in relocation:
            continue # the kernel makes direct calls of these when it loads the module
        elif CALL.search(line):
            yield function


def calls_test(kernel):
    """The test that no caller is there but those that are known, and that these are seen."""
    def test():
        callers = set(indirect_callers(disassemble(kernel)))
        ksft.equal(callers - INDIRECT, set(), "indirect calls in")
        if "fi_walk_threads" not in callers:
            raise AssertionError("no indirect call found at all: is the disassembly read?")
    test.__doc__ = kernel + ": the module calls nothing through a pointer but its own functions"
    return test


def symbols_test(kernel):
    """The test that it looks up no symbol of the kernel by name."""
    def test():
        undefined = ksft.command("nm", "-u", build(kernel) + "/futexinspect.ko")
        if "kallsyms" in undefined or "sprint_symbol" not in undefined:
            raise AssertionError("undefined symbols: %s" % undefined)
    test.__doc__ = kernel + ": the module takes no symbol of the kernel that is not exported"
    return test


def circles_test(kernel):
    """The test that the files depend on each other one way."""
    def test():
        got = subprocess.run([CALLS, build(kernel)], capture_output=True, text=True, check=False)
        ksft.equal((got.returncode, got.stderr), (0, ""), got.stdout)
    test.__doc__ = kernel + ": no file of the module calls in a circle"
    return test


ksft.run([test(kernel) for kernel in sys.argv[1:]
          for test in (calls_test, symbols_test, circles_test)])
