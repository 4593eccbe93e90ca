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


def main():
    """Run all, whatever comes of each."""
    for row in json.loads(sys.argv[1]):
        print(BEGIN + row["name"], flush=True)
        log_to_kernel(row["name"])
        status = run(row)
        # The suite may have ended in the middle of a line.
        print("\n%s%s %d" % (END, row["name"], status), flush=True)


if __name__ == "__main__":
    main()
