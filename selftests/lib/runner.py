# SPDX-License-Identifier: GPL-2.0-only
"""Runs suites side by side, for selftests/run: those of the host as processes, those of a
kernel in virtual machines."""

import concurrent.futures
import dataclasses
import json
import os
import re
import shlex
import signal
import subprocess
import threading
import time

from lib import guest, tap
from suites import GUEST, SLOWNESS, TOP

LOGS = os.path.join(TOP, "build", "check")
VM = "selftests/vm/run"
# More than a virtual machine takes to boot, on a busy host.
BOOT_TIMEOUT = 300
# So much later than the guest itself a suite is ended from outside.
GRACE = 60


@dataclasses.dataclass(frozen=True)
class Run:
    """A suite on a kernel, or on the host; its cases are those that the expression matches."""
    suite: object
    kernel: str = ""
    cases: str = ""

    @property
    def name(self):
        """As people see it."""
        return self.suite.name + (" " + self.kernel if self.kernel else "")

    @property
    def slowness(self):
        """How many times as long as elsewhere all takes on the kernel."""
        return SLOWNESS.get(self.kernel, 1)

    @property
    def timeout(self):
        """Of the suite, in seconds."""
        return self.suite.timeout * self.slowness

    @property
    def boot_timeout(self):
        """Of the kernel, in seconds."""
        return BOOT_TIMEOUT * self.slowness

    def environment(self):
        """What the suite is told; see lib/ksft.py."""
        return {"KSFT_CASES": self.cases}


class Outcome:
    """What came of a run, from its output and its exit status."""

    def __init__(self, run, text, status, seconds, note=""):
        planned, results = tap.parse(text)
        self.run = run
        self.seconds = seconds
        self.problem = ""
        done = len(results)
        empty = not planned and not (run.cases and re.search(r"^1\.\.0", text, re.M))
        if note or empty or done != planned or (status and all(got.passed for got in results)):
            self.problem = "%s ended with status %s after %d of %d tests%s" % (
                run.name, status, done, planned, note and ": " + note)
        self.chosen = [got for got in results if re.search(run.cases, got.name)]
        self.failed = [got for got in self.chosen if not got.passed]
        self.skipped = [got for got in self.chosen if got.skipped]
        self.passed = [got for got in self.chosen if got.passed and not got.skipped]
        # What led to the end, where no test tells it.
        self.rest = text.splitlines()[-30:] if self.problem else []

    def counts(self):
        """Passed, failed, skipped. A suite that went wrong as a whole failed once more."""
        return len(self.passed), len(self.failed) + bool(self.problem), len(self.skipped)

    def explain(self):
        """All failures, in full."""
        lines = tap.explain(self.chosen)
        if self.problem:
            lines += [*self.rest, "not ok - " + self.problem]
        return lines


class Interrupted(Exception):
    """All are to end, and what came of them does not matter."""


class Processes:
    """The processes that are running, so that all can be told to end."""

    def __init__(self):
        self.lock = threading.Lock()
        self.running = set()
        self.ended = False

    def start(self, command, **options):
        """Start one in a session of its own, its standard output being a pipe."""
        with self.lock:
            if self.ended:
                raise Interrupted
            process = subprocess.Popen(command, cwd=TOP, stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, text=True, errors="replace",
                                       start_new_session=True, **options)
            self.running.add(process)
        return process

    def wait(self, process):
        """Its exit status, unless it was told to end."""
        status = process.wait()
        with self.lock:
            self.running.discard(process)
            if self.ended:
                raise Interrupted
        return status

    def end(self):
        """End all, and start none any more."""
        with self.lock:
            self.ended = True
            for process in self.running:
                terminate(process)


def terminate(process):
    """End a process and what it started. vm/run ends its virtual machine then."""
    try:
        os.killpg(process.pid, signal.SIGTERM)
    except ProcessLookupError:
        pass


def kill_later(process):
    """End a process, with force if it does not."""
    terminate(process)
    timer = threading.Timer(10, lambda: process.poll() is None and
                            os.killpg(process.pid, signal.SIGKILL))
    timer.daemon = True
    timer.start()


class Watchdog:
    """Ends a process unless it is reset or stopped in time."""

    def __init__(self, process):
        self.process = process
        self.barked = False
        self.timer = None

    def bark(self):
        """It is too late."""
        self.barked = True
        kill_later(self.process)

    def reset(self, seconds):
        """Start to count, or anew."""
        self.stop()
        self.timer = threading.Timer(seconds, self.bark)
        self.timer.daemon = True
        self.timer.start()

    def stop(self):
        """Count no more."""
        if self.timer:
            self.timer.cancel()


def log_name(run, ending):
    """Where the output of a run goes."""
    return os.path.join(LOGS, re.sub("[ /]", "-", run.name) + ending)


def prepare(run, processes):
    """What the suite needs on the host; what was printed if that fails."""
    series, _, arch = run.kernel.partition("/")
    for words in run.suite.prepare:
        process = processes.start(shlex.split(words.format(series=series, arch=arch)),
                                  stderr=subprocess.STDOUT)
        text = process.stdout.read()
        if processes.wait(process):
            return "%s\n%s failed" % (text, words)
    return ""


def run_on_host(run, processes, report):
    """One suite of the host."""
    began = time.monotonic()
    process = processes.start(shlex.split(run.suite.command), stderr=subprocess.STDOUT,
                              env={**os.environ, **run.environment()})
    watchdog = Watchdog(process)
    watchdog.reset(run.timeout)
    lines = []
    with open(log_name(run, ".tap"), "w", buffering=1, encoding="utf-8") as log:
        for line in process.stdout:
            log.write(line)
            lines.append(line)
            report.line(run, line)
    status = processes.wait(process)
    watchdog.stop()
    note = "timeout after %d seconds" % run.timeout if watchdog.barked else ""
    report.outcome(Outcome(run, "".join(lines), status, time.monotonic() - began, note))


class GuestRun:
    """A virtual machine that runs suites; from its output, what came of each."""

    def __init__(self, runs, processes, report):
        self.waiting = list(runs)
        self.report = report
        self.processes = processes
        self.current = None
        self.lines = []
        self.began = 0
        self.log = None

    def command(self):
        """How to start it."""
        series, arch = self.waiting[0].kernel.split("/")
        rows = [{"name": run.suite.name, "command": shlex.split(run.suite.command),
                 "environment": run.environment(), "timeout": run.timeout}
                for run in self.waiting]
        seconds = sum(run.timeout for run in self.waiting) + self.waiting[0].boot_timeout
        return [VM, "--kernel", series, "--arch", arch, "--timeout", str(seconds),
                "--", "selftests/lib/guest.py", json.dumps(rows)]

    def begin(self, name):
        """A suite begins."""
        self.current = self.waiting.pop(0)
        assert self.current.suite.name == name
        self.lines = []
        self.began = time.monotonic()
        self.log = open(log_name(self.current, ".tap"), "w", buffering=1,
                        encoding="utf-8")

    def end(self, status, note=""):
        """The current suite has ended."""
        self.log.close()
        self.report.outcome(Outcome(self.current, "".join(self.lines), status,
                                    time.monotonic() - self.began, note))
        self.current = None

    def read(self, output, watchdog):
        """All that the machine prints."""
        for line in output:
            if line.startswith(guest.BEGIN):
                self.begin(line[len(guest.BEGIN):-1])
                watchdog.reset(self.current.timeout + GRACE)
            elif line.startswith(guest.END):
                watchdog.reset(self.current.boot_timeout)
                self.end(int(line.split()[-1]))
            elif self.current:
                self.log.write(line)
                self.lines.append(line)
                self.report.line(self.current, line)

    def boot(self):
        """Run until the machine ends. Suites that it has not begun then are still waiting."""
        first = self.waiting[0]
        errors = log_name(first, ".vm")
        with open(errors, "w+", encoding="utf-8", errors="replace") as log:
            process = self.processes.start(self.command(), stderr=log)
            watchdog = Watchdog(process)
            watchdog.reset(first.boot_timeout + first.timeout)
            self.read(process.stdout, watchdog)
            status = self.processes.wait(process)
            watchdog.stop()
            log.seek(0)
            said = "the guest hangs" if watchdog.barked else log.read().strip()
        if self.current:
            self.end(status, said or "the guest ended")
        elif self.waiting and self.waiting[0] is first:
            # It did not come so far, and would not the next time.
            self.began = time.monotonic()
            while self.waiting:
                self.begin(self.waiting[0].suite.name)
                self.end(status, said)
        elif status:
            self.report.outcome(Outcome(dataclasses.replace(
                first, suite=dataclasses.replace(first.suite, name="guest"), cases=""),
                said + "\n", status, 0, "the guest of " + first.suite.name))


def run_in_guest(runs, processes, report):
    """Suites that share a guest. If one of them takes the guest down, or does not end, the rest
    get another one."""
    ready = []
    for run in runs:
        said = prepare(run, processes)
        if said:
            report.outcome(Outcome(run, "", "-", 0, said))
        else:
            ready.append(run)
    machine = GuestRun(ready, processes, report)
    while machine.waiting:
        machine.boot()


class Job:
    """What is run by one worker, and the names of the suites that must have ended before."""

    def __init__(self, runs, function):
        self.runs = runs
        self.function = function

    @property
    def after(self):
        """Those suites."""
        return {name for run in self.runs for name in run.suite.after}


def make_jobs(runs):
    """Jobs, in the order of their first runs: a suite of the host, or the suites of a guest."""
    guests = {}
    jobs = []
    for run in runs:
        if run.suite.where != GUEST:
            jobs.append(Job([run], lambda runs, *rest: run_on_host(*runs, *rest)))
            continue
        key = run.kernel, run.suite.guest
        if key not in guests:
            guests[key] = Job([], run_in_guest)
            jobs.append(guests[key])
        guests[key].runs.append(run)
    return jobs


def start_jobs(jobs, done, names, submit):
    """Start those for which nothing has to be waited for; return the others."""
    rest = []
    for job in jobs:
        if (job.after & names) - done:
            rest.append(job)
        else:
            submit(job)
    return rest


def run_all(runs, workers, report):
    """Run all, some at the same time."""
    names = {run.suite.name for run in runs}
    done = set()
    jobs = make_jobs(runs)
    processes = Processes()
    futures = {}
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        def submit(job):
            futures[pool.submit(job.function, job.runs, processes, report)] = job
        try:
            jobs = start_jobs(jobs, done, names, submit)
            while futures:
                ended, _ = concurrent.futures.wait(
                    futures, return_when=concurrent.futures.FIRST_COMPLETED)
                for future in ended:
                    job = futures.pop(future)
                    future.result()
                    done |= {run.suite.name for run in job.runs}
                if report.build_failed:
                    break
                jobs = start_jobs(jobs, done, names, submit)
        finally:
            processes.end()
