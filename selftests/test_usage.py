#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The help, the manual and the completion know what the program knows."""

import os
import re
import subprocess

from lib import ksft, tool

ZOO = os.path.join(ksft.TOP, "selftests", "unit", "data", "zoo.txt")
MANUAL = os.path.join(ksft.TOP, "userspace", "futexinspect.8")
COMPLETION = os.path.join(ksft.TOP, "userspace", "completion", "futexinspect")

# As bash would ask for it, but for how it spaces the words.
COMPLETE = """
compopt() { :; }
. "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_futexinspect
printf '%s\\n' "${COMPREPLY[@]}"
"""

# Words, and what they may be completed to.
COMPLETIONS = (
    ("-o TID,PID", "TID,PID TID,PIDNS"),
    ("--output +PP", "+PPID"),
    ("--verdict = stuck,t", "stuck,timed"),
    ("ex", "explain"),
    ("--source m", "module"),
    ("--color = a", "always auto"),
    ("--color =", "always auto never"),
    ("--color ''", "explain graph"),
    ("-rno TI", "TID TIMEOUT"),
    ("graph ''", ""),
    ("explain 12 ''", ""),
    ("graph --tr", "--tree"),
)


def part(text, first, last):
    """What is between two lines that begin so."""
    return re.search("^%s(.*?)^%s" % (first, last), text, re.M | re.S)[1]


def options(text):
    """The long options in a text."""
    return sorted(set(re.findall(r"(?:^|[\s,])(--[a-z-]+)", text, re.M)))


def get_help():
    """The help."""
    return tool.run("--help").stdout


def help_options():
    """The options that the help knows."""
    return options(part(get_help(), "Options:", "Verdicts"))


def help_verdicts():
    """The verdicts that the help knows: the words after one space."""
    return re.findall("^ ([a-z-]+) ", part(get_help(), "Verdicts", "Certainty"), re.M)


def manual_verdicts():
    """The verdicts that the manual knows: between two sentences, the words that stand alone or
    before a sentence."""
    text = re.split("^ {7}[A-Z]", part(format_manual()[0], "VERDICTS", "EXIT"), flags=re.M)[1]
    return re.findall("^ {7}([a-z-]+)(?: +[A-Z]|$)", text, re.M)


def format_manual():
    """The manual as people see it, and the warnings."""
    got = subprocess.run(["man", "-E", "ascii", "--nj", "--warnings", "-l", MANUAL],
                         capture_output=True, text=True, check=True,
                         env={**tool.ENVIRONMENT, "MANWIDTH": "80"})
    plain = subprocess.run(["col", "-b"], input=got.stdout, capture_output=True, text=True,
                           check=True)
    return plain.stdout, got.stderr


def complete(*words):
    """What the last of the words may be completed to."""
    got = subprocess.run(["bash", "-c", COMPLETE, "bash", COMPLETION, tool.PROGRAM, *words],
                         capture_output=True, text=True, check=True, env=tool.ENVIRONMENT)
    return sorted(got.stdout.split())


def test_manual():
    """the manual is formatted without warnings"""
    text, warnings = format_manual()
    ksft.equal((bool(text), warnings), (True, ""), "whether there is text, and warnings")


def test_help_options():
    """every option in the help is one"""
    found = help_options()
    if len(found) < 15:
        raise AssertionError("only %s" % found)
    for option in found:
        if "%s: there is no such option" % option in tool.run(option, "--nonsense").stderr:
            raise AssertionError(option)


def test_manual_options():
    """the manual has the options of the help"""
    text = part(format_manual()[0], "OPTIONS", "VERDICTS")
    lines = [line for line in text.splitlines() if re.match(" {7}-", line)]
    ksft.equal(options("\n".join(lines)), help_options(), "options")


def test_verdicts():
    """the help and the manual have the same verdicts, and the program knows them"""
    found = help_verdicts()
    if len(found) < 8:
        raise AssertionError("only %s" % found)
    ksft.equal(manual_verdicts(), found, "verdicts")
    for verdict in found:
        got = tool.run("--file", ZOO, "--verdict", verdict)
        ksft.equal((got.status in (0, 3), got.stderr), (True, ""), verdict)


def test_completed_options():
    """the completion has the options of the help"""
    ksft.equal(complete("--"), help_options(), "options")


def test_completed_verdicts():
    """the completion has the verdicts of the help"""
    ksft.equal(complete("--verdict", ""), sorted([*help_verdicts(), "stuck"]), "verdicts")


def test_completed_columns():
    """the completion has the columns of the program"""
    columns = [line.split()[0] for line in tool.run("--list-columns").stdout.splitlines()]
    ksft.equal(complete("-o", ""), sorted(columns), "columns")


def completion_test(words, want):
    """The test of one completion, as ksft.run() wants it."""
    def test():
        ksft.equal(complete(*(word.strip("'") for word in words.split())), want.split(), words)
    test.__doc__ = "completed: " + words
    return test


ksft.run([test_manual, test_help_options, test_manual_options, test_verdicts,
          test_completed_options, test_completed_verdicts, test_completed_columns,
          *(completion_test(*row) for row in COMPLETIONS)])
