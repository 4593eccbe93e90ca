# SPDX-License-Identifier: GPL-2.0-only
"""The programs that the benchmarks measure, and the crowds that they look at."""

import os
import subprocess

WAITERS = "/sys/kernel/debug/futexinspect/waiters"
BIN = os.path.realpath(os.path.join(os.path.dirname(__file__),
                                    "..", "..", "build", "selftests", "bench"))


def write(path, text):
    """Write a file of the kernel's."""
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def allow_threads():
    """Let there be as many threads as the largest crowd has."""
    write("/proc/sys/kernel/pid_max", "4194304")
    write("/proc/sys/kernel/threads-max", "250000")


def expect(count, allowed, what):
    """A program that saw something else has not measured what it should."""
    if count not in allowed:
        raise RuntimeError("%s: got %d, expected %s" % (what, count, allowed))


class Program:
    """One of the programs that measure once for each line they are given."""

    def __init__(self, *command, **options):
        self.process = subprocess.Popen([os.path.join(BIN, command[0]), *command[1:]],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, **options)

    def measure(self):
        """Count and nanoseconds."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("%s: no figure" % self.process.args)
        count, time = line.split()
        return int(count), int(time)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


class Crowd(Program):
    """A mkcrowd, from the time that all its threads have begun to wait."""

    def __init__(self, waiters, processes, words):
        super().__init__("mkcrowd", str(waiters), str(processes), words)
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError("mkcrowd failed")
