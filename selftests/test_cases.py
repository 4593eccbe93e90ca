#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The cases of the command line in cases/*.test; cases/README says how to add one."""

import difflib
import glob
import json
import os
import re
import tempfile

from lib import ksft, schema, tool
from lib.cases import parse_cases, read_cases

SELFTESTS = os.path.join(ksft.TOP, "selftests")
DATA = os.path.join(SELFTESTS, "unit", "data")


def make_files(directory, case):
    """The files that the command may read."""
    for name in os.listdir(DATA):
        os.symlink(os.path.join(DATA, name), os.path.join(directory, name))
    for name, text in case.files.items():
        with open(os.path.join(directory, name), "w", encoding="utf-8") as file:
            file.write(text)


def read(directory, name):
    """The text of a file in the directory."""
    with open(os.path.join(directory, name), encoding="utf-8") as file:
        return file.read()


def same(got, expected, what):
    """Fail unless two texts are the same, with what differs."""
    if got != expected:
        raise AssertionError("%s\n%s" % (what, "\n".join(difflib.unified_diff(
            expected.splitlines(), got.splitlines(), "expected", "got", lineterm=""))))


def contains(got, expected, where="document"):
    """Fail unless a JSON document has all that is expected."""
    if isinstance(expected, dict) and isinstance(got, dict):
        for key, value in expected.items():
            if key not in got:
                raise AssertionError("%s has no %s" % (where, key))
            contains(got[key], value, "%s.%s" % (where, key))
    elif isinstance(expected, list) and isinstance(got, list):
        ksft.equal(len(got), len(expected), "length of " + where)
        for i, (one, other) in enumerate(zip(got, expected)):
            contains(one, other, "%s[%d]" % (where, i))
    else:
        ksft.equal((type(got), got), (type(expected), expected), where)


def check_tidy(text):
    """Fail if a line is too long, has what cannot be printed, or ends with a space."""
    for line in text.splitlines():
        if len(line) > 80 or re.search("[^ -~]| $", line):
            raise AssertionError("not tidy: %r" % line)


def check_stdout(case, text, directory):
    """What is written to standard output."""
    if text.startswith("{"):
        schema.check(text)
    if case.stdout_file:
        same(text, read(directory, case.stdout_file), "standard output")
    elif case.stdout is not None:
        same(text, case.stdout, "standard output")
    elif case.status in (1, 2) and case.json is None:
        same(text, "", "standard output")
    if case.json is not None:
        contains(json.loads(text), json.loads(case.json))
    if case.json_exactly is not None:
        ksft.equal(json.loads(text), json.loads(case.json_exactly), "document")
    if case.tidy:
        check_tidy(text)
    for line in case.lines:
        if line not in text.splitlines():
            raise AssertionError("no line %r in:\n%s" % (line, text))
    for part in case.has:
        if part not in text:
            raise AssertionError("no %r in:\n%s" % (part, text))
    for part in case.lacks:
        if part in text:
            raise AssertionError("%r in:\n%s" % (part, text))


def check(case):
    """Run a case."""
    with tempfile.TemporaryDirectory() as directory:
        make_files(directory, case)
        stdin = read(directory, case.stdin) if case.stdin else ""
        got = tool.run(*case.args, cwd=directory, env=case.environment, input=stdin)
        ksft.equal((got.status, got.stderr if got.status != case.status else ""),
                   (case.status, ""), "exit status, and errors")
        same(got.stderr, case.stderr or "", "standard error")
        check_stdout(case, got.stdout, directory)


# Each of these has to fail.
WRONG = """
$ futexinspect --version
status 3

$ futexinspect --version
stderr
| a warning

$ futexinspect --version
stdout

$ futexinspect --version
stdout zoo.txt

$ futexinspect --version
line futexinspect

$ futexinspect --version
has nonsense

$ futexinspect --version
lacks futexinspect

$ futexinspect --file zoo.txt --notruncate
status 3
tidy

$ futexinspect --json --file zoo.txt
status 3
json
| {"waiters": []}

$ futexinspect --json --file zoo.txt
status 3
json
| {"futexinspect": {"looks": true}}

$ futexinspect --json --file zoo.txt
status 3
json exactly
| {"futexinspect": {"looks": 1}}

$ futexinspect --nonsense
usage --sense: there is no such option
"""

# None of these is a case.
BROKEN = ("status 0", "$ other --version", "$ futexinspect\nnonsense", "$ futexinspect\nstatus x",
          "$ futexinspect\nhas\n| a", "$ futexinspect\ntidy up")


def test_wrong():
    """a case that expects what is not so fails"""
    for case in parse_cases(WRONG, "WRONG"):
        try:
            check(case)
        except AssertionError:
            continue
        raise AssertionError("%s passes: %s" % (case.where, case))


def test_broken():
    """what is no case is an error"""
    for text in BROKEN:
        try:
            got = list(parse_cases(text, "BROKEN"))
        except ValueError:
            continue
        raise AssertionError("%r is read as %s" % (text, got))


def case_test(case):
    """The test of one case, as ksft.run() wants it."""
    def test():
        try:
            check(case)
        except AssertionError as error:
            raise AssertionError("%s: %s" % (case.where, error)) from None
    test.__doc__ = case.name
    return test


CASES = [case for path in sorted(glob.glob(os.path.join(SELFTESTS, "cases", "*.test")))
         for case in read_cases(path)]

ksft.run([test_wrong, test_broken, *map(case_test, CASES)])
