#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The examples in Documentation/examples are what the tool says: each hang is made again,
and its output compared with the recorded one, but for numbers and where lines are folded.
With "record" the output is written to standard output instead, one file after the other;
selftests/record_examples puts it in its place."""

import contextlib
import os
import re
import subprocess
import sys

from lib import ksft, tool
from seeds.programs import BUILT
from test_seeds import (POOL, built, fork_pool, gdb_workers, python, settled, stuck_gdb,
                        wait_until_in)

EXAMPLES = os.path.join(ksft.TOP, "Documentation", "examples")


@contextlib.contextmanager
def pool_in_child():
    """seed 000: the child of fork_pool.py, and its parent"""
    with python("fork_pool.py", POOL, "stay").wait_for("ready") as program:
        child = fork_pool(program)["tid"]
        settled(program.tgid, 4)
        yield "--pid %d,%d" % (program.tgid, child), "explain %d" % child


@contextlib.contextmanager
def gdb_reads_itself():
    """seed 001: gdb"""
    with stuck_gdb() as gdb:
        worker = gdb_workers(gdb)[0]["tid"]
        yield "--pid %d --tree" % gdb.tgid, "explain %d" % worker


@contextlib.contextmanager
def handler_in_lock():
    """seed 002: a victim of SIGPROF"""
    with built("sigprof", os.path.join(BUILT, "victim")).wait_for("ready") as program:
        tgid = program.number("victim")
        settled(tgid, 2)
        yield "--pid %d" % tgid, "explain %d" % tgid


@contextlib.contextmanager
def fork_with_lock(lock):
    """seed 003: a child that wants one of its parent's locks"""
    with built("fork_locks", lock).wait_for("ready") as program:
        child = program.number("child")
        settled(child, 1)
        yield "--pid %d" % child, "explain %d" % child


@contextlib.contextmanager
def all_traced():
    """seed 004: a tracer that waits for its own stopped tracee"""
    with built("traced", "pool").wait_for("ready") as program:
        wait_until_in(program.tgid, "wait4")
        tracee = program.number("tracee")
        first = settled(tracee, 5)[0]["tid"]
        yield "--pid %d" % tracee, "explain %d" % first


SCENES = {
    "seed-000.txt": pool_in_child,
    "seed-001.txt": gdb_reads_itself,
    "seed-002.txt": handler_in_lock,
    "seed-003-mutex.txt": lambda: fork_with_lock("mutex"),
    "seed-003-timezone.txt": lambda: fork_with_lock("timezone"),
    "seed-004.txt": all_traced,
}


def screen(scene):
    """What a person sees who looks into a hang."""
    text = []
    with scene() as commands:
        for command in commands:
            got = tool.run(*command.split(), env={"LC_ALL": "C.UTF-8"})
            ksft.equal((got.status, got.stderr), (3, ""), "status and errors")
            text.append("$ futexinspect %s\n%s" % (command, got.stdout))
    return "\n".join(text)


def form(text):
    """A screen without its numbers, and as one line: wider numbers fold it elsewhere, so
    that a branch of a tree passes more lines."""
    text = text.replace("│", "")
    text = re.sub(r"\b(0x)?[0-9a-f]*[0-9][0-9a-f.]*(ms|s|m[0-9]+s)?\b", "N", text)
    return re.sub(r"\s+", " ", text)


def example_test(name, scene):
    """The test of one example, as ksft.run() wants it."""
    def test():
        with open(os.path.join(EXAMPLES, name), encoding="utf-8") as file:
            recorded = file.read()
        got = screen(scene)
        if form(got) != form(recorded):
            raise AssertionError("got:\n%s\nrecorded:\n%s" % (got, recorded))
    test.__doc__ = "Documentation/examples/%s is what the tool says" % name
    return test


def screens(text, prompt):
    """The commands of the tool in a text, each with what follows it up to the next one."""
    _, *parts = re.split(prompt, text, flags=re.M)
    pairs = dict(zip(parts[::2], parts[1::2]))
    return {re.sub("[0-9]+", "N", command): sorted(form(shown).split())
            for command, shown in pairs.items() if command.startswith("futexinspect")}


def test_readme():
    """README.md shows what the demo shows"""
    with open(os.path.join(ksft.TOP, "README.md"), encoding="utf-8") as file:
        block = re.search(r"^    \$ futexinspect\n(?:(?:    .*)?\n)*", file.read(), re.M)[0]
    demo = subprocess.run([os.path.join(ksft.TOP, "selftests", "demo", "demo")],
                          capture_output=True, text=True, check=True).stdout
    in_readme = screens(block, r"^    \$ (.*)$")
    ksft.equal(len(in_readme), 2, "commands in README.md")
    # The order of equal waiters is chance: so the words are sorted.
    ksft.equal(screens(demo, r"^\x1b\[1m# (.*)\x1b\[0m$"), in_readme, "words")


if sys.argv[1:] == ["record"]:
    for name, scene in SCENES.items():
        print("==> %s\n%s" % (name, screen(scene)), end="")
else:
    ksft.run([example_test(*scene) for scene in SCENES.items()] + [test_readme])
