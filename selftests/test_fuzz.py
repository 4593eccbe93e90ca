#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Fuzzes the tool and the module's reader of BTF; fuzz/README says what each target is.

In the environment, RUNS is how many inputs each target is to be run with, "make fuzz" sets it;
FUZZ_TARGETS are the targets, all by default. An input that fails is left in
build/fuzz/TARGET-crash-*. New inputs that matter are left in build/fuzz/found/TARGET."""

import os
import re
import shutil
import subprocess

from lib import ksft

FUZZ = os.path.join(ksft.TOP, "selftests", "fuzz")
BUILT = os.path.join(ksft.TOP, "build", "fuzz")

# The runs of each target, which take about 20 seconds on a slow machine, and its longest input.
TARGETS = {
    "text": (150000, 4096),
    "proc": (40000, 4096),
    "options": (800000, 512),
    "core": (20000, 8192),
    "stacks": (20000, 16384),
    "btf": (400000, 4096),
}

# The same inputs each time.
SEED = 1

# A large quarantine only costs time: what is freed is not kept from one input to the next.
ASAN_OPTIONS = "quarantine_size_mb=8:malloc_context_size=2:max_malloc_fill_size=256"
# Of what is wrong within elfutils, stacks.c decides what it means.
MORE_OPTIONS = {"stacks": ":halt_on_error=0"}


def build():
    """the fuzzers build without warnings"""
    ksft.command("make", "--no-print-directory", "-s", "-C", "selftests/fuzz")


def corpus(target):
    """The folder with the inputs of a target."""
    return os.path.join(FUZZ, "corpus", target)


def run(target, *args):
    """Run a target, which must find nothing; return what it says."""
    options = ASAN_OPTIONS + MORE_OPTIONS.get(target, "")
    got = subprocess.run(
        [os.path.join(BUILT, target), "-timeout=20", "-rss_limit_mb=2048", "-print_final_stats=1",
         "-artifact_prefix=%s/%s-" % (BUILT, target), *args],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace", check=False, env={**os.environ, "ASAN_OPTIONS": options})
    if got.returncode:
        raise AssertionError("%s: status %d\n%s" % (target, got.returncode, got.stdout[-6000:]))
    return got.stdout


def known_test(target):
    """The test that no input of a corpus is a finding."""
    def test():
        paths = sorted(entry.path for entry in os.scandir(corpus(target)))
        if not paths:
            raise AssertionError("the corpus is empty")
        executed = re.findall("^Executed (.*) in ", run(target, *paths), re.M)
        ksft.equal(executed, paths, "inputs that ran")
    test.__doc__ = "%s: the corpus" % target
    return test


def new_test(target):
    """The test that new inputs are no finding, either."""
    runs, max_len = TARGETS[target]
    runs = int(os.environ.get("RUNS", runs))

    def test():
        found = os.path.join(BUILT, "found", target)
        shutil.rmtree(found, ignore_errors=True)
        os.makedirs(found)
        output = run(target, "-runs=%d" % runs, "-seed=%d" % SEED, "-entropic=0",
                     "-max_len=%d" % max_len, "-dict=%s.dict" % os.path.join(BUILT, target),
                     found, corpus(target))
        ksft.equal(re.findall(r"^stat::number_of_executed_units: (\d+)$", output, re.M),
                   [str(runs)], "inputs that ran")
    test.__doc__ = "%s: %d inputs" % (target, runs)
    return test


CHOSEN = os.environ.get("FUZZ_TARGETS", " ".join(TARGETS)).split()

ksft.run([build, *map(known_test, CHOSEN), *map(new_test, CHOSEN)])
