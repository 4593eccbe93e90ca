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

# The terminal that the tests were started from, and who has started them, have no say.
ENVIRONMENT = {**{key: value for key, value in os.environ.items()
                  if key not in ("COLUMNS", "PAGER", "LESS", "SUDO_UID")}, "LC_ALL": "C"}

# What runs a program as an ordinary user, and as root without the right to look at others.
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
NO_PTRACE = ("setpriv", "--inh-caps=-sys_ptrace", "--bounding-set=-sys_ptrace")

# How what a thread does begins, as a regular expression: it may have been asleep for long.
SLEEPS = r"(?:sleeps|has slept for \S+) in "

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


def with_processes(document):
    """The waiters of a document, each with the members of its process and address space."""
    def refer(waiter, key, array):
        return {} if waiter.get(key) is None else document[array][waiter[key]]
    return [{**refer(waiter, "process", "processes"),
             **refer(waiter, "address_space", "address_spaces"), **waiter}
            for waiter in document["waiters"]]


def judge(*args, **how):
    """The waiters of the tool's JSON output. The exit status has to agree with them; how are
    the options of run()."""
    got = run("--json", *args, **how)
    if got.status not in (0, 3):
        raise AssertionError("status %d: %s" % (got.status, got.stderr))
    check_printable(got.stdout + got.stderr)
    waiters = with_processes(json.loads(got.stdout))
    if all("verdict" in waiter for waiter in waiters):
        ksft.equal(got.status == 3, any(waiter["verdict"] in STUCK for waiter in waiters),
                   "exit status 3 and stuck waiters")
    return waiters


def judge_threads(*args, **how):
    """The same by tid."""
    return {waiter["tid"]: waiter for waiter in judge(*args, **how)}


def check_gap(text, words):
    """Fail unless a line says that there are no rights to look at some, with these words."""
    for line in text.splitlines():
        if line.startswith("the list is not complete: no rights to look at ") and words in line:
            return
    raise AssertionError("no gap with %r in %s" % (words, text))


def check_no_rights(pid, through, rights, *source):
    """Fail unless the tool, run through a program, says in each form that it may not look at a
    process, and what it takes; whether all is well must stay open."""
    who = ("--pid", str(pid))
    got = run(*source, *who, through=through)
    ksft.equal(got.status, 1, "status with --pid: " + got.stdout)
    check_gap(got.stdout, " %d (" % pid)
    check_gap(got.stdout, "): " + rights)
    got = run(*source, "--json", *who, through=through)
    header = json.loads(got.stdout)["futexinspect"]
    ksft.equal((got.status, header["complete"], header["missing"]), (1, False, [pid]), "JSON")
    if header["no_rights"] < 1 or not header["rights_needed"].startswith(rights):
        raise AssertionError("JSON: %s" % header)
    got = run(*source, through=through)
    ksft.equal(got.status, 1, "status without --pid: " + got.stdout)
    check_gap(got.stdout, rights)
    got = run(*source, "explain", str(pid), through=through)
    ksft.equal((got.status, got.stdout), (1, ""), "explain")
    if "no rights to look at thread %d: %s" % (pid, rights) not in got.stderr:
        raise AssertionError("explain: " + got.stderr)
