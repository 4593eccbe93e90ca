# SPDX-License-Identifier: GPL-2.0-only
"""The programs that the benchmarks measure, and the crowds that they look at."""

import os
import subprocess

CGROUPS = "/sys/fs/cgroup"
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


class Group:
    """A cgroup that tells how much memory the programs in it hold, and the most that they ever
    held: the kernel counts there what the module allocates for a reader."""

    PATH = os.path.join(CGROUPS, "bench")

    def __enter__(self):
        write(os.path.join(CGROUPS, "cgroup.subtree_control"), "+memory")
        os.mkdir(self.PATH)
        return self

    def __exit__(self, *_):
        write(os.path.join(CGROUPS, "cgroup.procs"), "0")
        os.rmdir(self.PATH)

    def join(self):
        """Move the calling process into the group, until its end."""
        write(os.path.join(self.PATH, "cgroup.procs"), "0")

    def current(self):
        """In bytes."""
        with open(os.path.join(self.PATH, "memory.current"), encoding="ascii") as file:
            return int(file.read())

    def peak(self):
        """In bytes; None where the kernel does not keep it (before 5.19)."""
        try:
            with open(os.path.join(self.PATH, "memory.peak"), encoding="ascii") as file:
                return int(file.read())
        except FileNotFoundError:
            return None
