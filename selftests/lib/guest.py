#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs suites one after the other in a virtual machine, for selftests/run. The argument is
JSON: a list of rows with a name, a command, its environment and a timeout in seconds.

The output of a suite stands between two lines, which give its name and how it ended. The
kernel's log gets the first one too, so that it shows which suite a warning came in."""

import json
import os
import signal
import subprocess
import sys
import time

BEGIN = "#@ begin "
END = "#@ end "


def log_to_kernel(text):
    """A line in the kernel's log."""
    with open("/dev/kmsg", "w", encoding="ascii") as file:
        file.write("selftests: suite %s begins\n" % text)


def run(row):
    """Run one suite; its status, or 124 after a timeout."""
    with subprocess.Popen(row["command"], stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT,
                          env={**os.environ, **row["environment"]},
                          start_new_session=True) as process:
        try:
            return process.wait(row["timeout"])
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return 124


def programs():
    """The processes of the guest that run a program: not kernel threads, nor who has ended."""
    found = set()
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            os.readlink("/proc/%s/exe" % name)
        except OSError:
            continue
        found.add(int(name))
    return found


def clear(known):
    """End what a suite has left behind: the next one would find its waiters."""
    for pid in programs() - known:
        try:
            with open("/proc/%d/comm" % pid, encoding="utf-8", errors="replace") as file:
                print("# ends process %d, %s" % (pid, file.read().strip()), flush=True)
            os.kill(pid, signal.SIGKILL)
        except OSError:
            pass
    deadline = time.monotonic() + 30
    while programs() - known and time.monotonic() < deadline:
        time.sleep(0.1)


def main():
    """Run all, whatever comes of each."""
    known = programs()
    for row in json.loads(sys.argv[1]):
        print(BEGIN + row["name"], flush=True)
        log_to_kernel(row["name"])
        status = run(row)
        clear(known)
        # The suite may have ended in the middle of a line.
        print("\n%s%s %d" % (END, row["name"], status), flush=True)


if __name__ == "__main__":
    main()
