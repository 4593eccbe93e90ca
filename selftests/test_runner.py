#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""selftests/run counts right: what passes, fails, stops early, hangs, or takes its guest down.
In place of suites and virtual machines, short scripts."""

import os
import subprocess
import tempfile

from lib import guest, ksft, runner
from suites import GUEST, REFERENCE, SLOWNESS, Suite

# In seconds, of what does not end; all else gets there before, on a busy host, too.
TIMEOUT = 5

PASSES = "echo 1..2; echo ok 1 one; echo ok 2 - two \\# SKIP no reason"

# In place of vm/run: the last argument has the names of suites. It does what they say.
FAKE_VM = r"""#!/usr/bin/python3
import json, sys, time
for row in json.loads(sys.argv[-1]):
    print("{begin}" + row["name"])
    if row["name"] == "hangs":
        print("1..2\nok 1 one", flush=True)
        time.sleep(1000)
    if row["name"] == "dies":
        print("1..2\nok 1 one", flush=True)
        print("the kernel has crashed", file=sys.stderr)
        sys.exit(125)
    print("1..1\nok 1 one\n\n{end}" + row["name"], 0, flush=True)
if "splat" in sys.argv[-1]:
    print("the kernel reported a defect", file=sys.stderr)
    sys.exit(125)
""".format(begin=guest.BEGIN, end=guest.END)


class Report:
    """Keeps what came of the suites."""

    def __init__(self):
        self.build_failed = False
        self.outcomes = {}
        self.order = []

    def line(self, run, line):
        """Not of interest."""

    def outcome(self, got):
        """A suite has ended."""
        self.outcomes[got.run.suite.name] = got
        self.order.append(got.run.suite.name)

    def counts(self, name):
        """Passed, failed, skipped."""
        return self.outcomes[name].counts()

    def text(self, name):
        """What is shown of the failures."""
        return "\n".join(self.outcomes[name].explain())


def script(text, name="suite", **options):
    """A suite that is a shell script."""
    return Suite(name, "sh -c '%s'" % text, after=options.pop("after", ()), **options)


def run(*suites, cases="", workers=1):
    """Run suites, those of guests in a virtual machine that is none."""
    report = Report()
    with tempfile.TemporaryDirectory() as directory:
        runner.LOGS = directory
        runner.VM = os.path.join(directory, "vm")
        with open(runner.VM, "w", encoding="ascii") as file:
            file.write(FAKE_VM)
        os.chmod(runner.VM, 0o755)
        runner.run_all([runner.Run(suite, "6.1/amd64" if suite.where == GUEST else "", cases)
                        for suite in suites], workers, report)
    return report


def guest_suites(*names):
    """Suites that share a guest."""
    return [Suite(name, "true", GUEST, timeout=TIMEOUT, after=()) for name in names]


def test_passes():
    """a suite that passes, with what it skips"""
    ksft.equal(run(script(PASSES)).counts("suite"), (1, 0, 1), "counts")


def test_fails():
    """a test that fails is shown, with what was printed for it"""
    report = run(script("echo 1..2; echo not ok 1 one; echo \\# why; echo ok 2 two; exit 1"))
    ksft.equal(report.counts("suite"), (1, 1, 0), "counts")
    ksft.equal(report.text("suite"), "not ok 1 one\n# why", "what is shown")


def test_stops_early():
    """a suite that stops before its plan is complete has failed, as has one without a plan"""
    for text in ("echo 1..3; echo ok 1 one", "echo 1..1; echo ok 1 one; echo ok 2 two", "true"):
        ksft.equal(run(script(text)).counts("suite")[1], 1, "failures of " + text)


def test_status():
    """a suite that ends with a status, without a failed test, has failed"""
    report = run(script("echo 1..1; echo ok 1 one; exit 3"))
    ksft.equal(report.counts("suite"), (1, 1, 0), "counts")
    if "ended with status 3 after 1 of 1 tests" not in report.text("suite"):
        raise AssertionError(report.text("suite"))


def test_several_plans():
    """a suite of several programs has several plans"""
    report = run(script("echo 1..1; echo ok 1 one; echo 1..1; echo ok 1 two"))
    ksft.equal(report.counts("suite"), (2, 0, 0), "counts")


def test_timeout():
    """a suite that does not end is ended"""
    report = run(script("echo 1..2; echo ok 1 one; sleep 1000", timeout=TIMEOUT))
    ksft.equal(report.counts("suite"), (1, 1, 0), "counts")


def test_slow():
    """on a kernel that is slow, a suite has more time"""
    suite, = guest_suites("suite")
    for kernel, slowness in {REFERENCE: 1, **SLOWNESS}.items():
        ksft.equal(runner.Run(suite, kernel).timeout, TIMEOUT * slowness, "seconds on " + kernel)


def test_cases():
    """only cases that were asked for count; none is no failure"""
    ksft.equal(run(script(PASSES), cases="^one$").counts("suite"), (1, 0, 0), "one")
    ksft.equal(run(script("echo 1..0"), cases="three").counts("suite"), (0, 0, 0), "none")
    ksft.equal(run(script("echo 1..0")).counts("suite"), (0, 1, 0), "none, unasked")


def test_order():
    """a suite waits for those that it needs"""
    report = run(script(PASSES, "late", after=("early",)), script(PASSES, "other"),
                 script(PASSES, "early"), workers=2)
    ksft.equal(sorted(report.order), ["early", "late", "other"], "suites")
    ksft.equal([name for name in report.order if name != "other"], ["early", "late"], "the order")


def test_prepare():
    """a suite that cannot be prepared has failed; its guest runs the others"""
    unready = Suite("unready", "true", GUEST, prepare=("sh -c 'echo no {series}; false'",),
                    after=())
    report = run(unready, *guest_suites("fine"))
    ksft.equal([report.counts(name) for name in ("unready", "fine")], [(0, 1, 0), (1, 0, 0)],
               "counts")
    if "no 6.1" not in report.text("unready"):
        raise AssertionError(report.text("unready"))


def test_guest_dies():
    """a suite that takes its guest down fails alone: the rest get another one"""
    report = run(*guest_suites("first", "dies", "last"))
    ksft.equal({name: report.counts(name) for name in report.order},
               {"first": (1, 0, 0), "dies": (1, 1, 0), "last": (1, 0, 0)}, "counts")
    if "the kernel has crashed" not in report.text("dies"):
        raise AssertionError(report.text("dies"))


def test_guest_hangs():
    """a suite that hangs with its guest fails alone"""
    runner.GRACE = 0
    report = run(*guest_suites("first", "hangs", "last"))
    ksft.equal({name: report.counts(name) for name in report.order},
               {"first": (1, 0, 0), "hangs": (1, 1, 0), "last": (1, 0, 0)}, "counts")


def test_defect():
    """a defect that the kernel reports is a failure of the guest, whatever its suites say"""
    report = run(*guest_suites("first", "splat"))
    ksft.equal({name: report.counts(name) for name in report.order},
               {"first": (1, 0, 0), "splat": (1, 0, 0), "guest": (0, 1, 0)}, "counts")
    if "reported a defect" not in report.text("guest"):
        raise AssertionError(report.text("guest"))


def test_minutes():
    """a wrong number of minutes is an error of one line"""
    got = subprocess.run([os.path.join(ksft.TOP, "selftests", "run"), "--list"],
                         env={**os.environ, "MINUTES": "half"}, capture_output=True, text=True,
                         check=False)
    ksft.equal((got.returncode, got.stderr.splitlines()),
               (1, ["MINUTES in the environment is 'half': it must be a number of minutes"]),
               "status and error")


ksft.run([test_minutes, test_passes, test_fails, test_stops_early, test_status, test_several_plans,
          test_timeout, test_slow, test_cases, test_order, test_prepare, test_guest_dies,
          test_guest_hangs, test_defect])
