# SPDX-License-Identifier: GPL-2.0-only
"""Reads TAP, the language of the suites."""

import re

PLAN = re.compile(r"1\.\.(\d+)")
RESULT = re.compile(r"(ok|not ok)\b *\d* *-? *(.*)")
SKIP = re.compile(r"(.*?) *# *skip\b *(.*)", re.IGNORECASE)


class Result:
    """One test: its name and what came of it. The comments are the lines around it that are
    no results: those of the test itself, before it, and of what was wrong, after it."""

    def __init__(self, line, kind, name, comments):
        skip = SKIP.match(name)
        self.line = line
        self.passed = kind == "ok"
        self.skipped = self.passed and bool(skip)
        self.name = skip[1] if skip else name
        self.before = comments
        self.after = []


def parse(text):
    """The number of tests that the plans announce, and the results. A suite of several
    programs has several plans."""
    planned = 0
    results = []
    comments = []
    for line in text.splitlines():
        if plan := PLAN.match(line):
            planned += int(plan[1])
        elif match := RESULT.match(line):
            results.append(Result(line, match[1], match[2], comments))
            comments = results[-1].after
        elif line and not line.startswith("TAP version"):
            comments.append(line)
    return planned, results


def explain(results):
    """The failures among results, in full: what was printed before and after each."""
    lines = []
    shown = None
    for result in results:
        if result.passed:
            continue
        if result.before is not shown:
            lines += result.before
        lines += [result.line, *result.after]
        shown = result.after
    return lines
