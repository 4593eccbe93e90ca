# SPDX-License-Identifier: GPL-2.0-only
"""Runs futexinspect and reads its JSON, for the tests. FUTEXINSPECT in the environment is the
program, if that is not build/futexinspect."""

import json
import os
import subprocess
import typing

from lib import ksft

PROGRAM = os.path.realpath(os.environ.get("FUTEXINSPECT") or
                           os.path.join(ksft.TOP, "build", "futexinspect"))

# The width of a terminal that the tests were started from has no say.
ENVIRONMENT = {**{key: value for key, value in os.environ.items() if key != "COLUMNS"},
               "LC_ALL": "C"}

# Verdicts that make the exit status 3.
STUCK = ("deadlock", "orphaned", "no-waker")


class Output(typing.NamedTuple):
    """What a run of the tool came to."""
    status: int
    stdout: str
    stderr: str


def run(*args, through=(), env=(), **options):
    """Run the tool, by itself or through another program, with further variables in its
    environment; options are those of subprocess.run()."""
    got = subprocess.run([*through, PROGRAM, *args], capture_output=True, text=True, check=False,
                         env={**ENVIRONMENT, **dict(env)}, **options)
    return Output(got.returncode, got.stdout, got.stderr)


def check_printable(text):
    """Fail if there is a control character that is no white space."""
    for char in text:
        if not char.isprintable() and char not in "\n\t":
            raise AssertionError("raw control character %r in %r" % (char, text))


def judge(*args, **how):
    """The waiters of the tool's JSON output. The exit status has to agree with them; how are
    the options of run()."""
    got = run("--json", *args, **how)
    if got.status not in (0, 3):
        raise AssertionError("status %d: %s" % (got.status, got.stderr))
    check_printable(got.stdout + got.stderr)
    waiters = json.loads(got.stdout)["waiters"]
    if all("verdict" in waiter for waiter in waiters):
        ksft.equal(got.status == 3, any(waiter["verdict"] in STUCK for waiter in waiters),
                   "exit status 3 and stuck waiters")
    return waiters


def judge_threads(*args, **how):
    """The same by tid."""
    return {waiter["tid"]: waiter for waiter in judge(*args, **how)}
