#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: test_vm.py [OPTION of vm/run]...

The runner of virtual machines tells the truth about what happened in the guest. Runs on the
host, and boots ten times."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import typing

from lib import ksft

VM = os.path.join(ksft.TOP, "selftests", "vm")
OPTIONS = sys.argv[1:]

# Mistakes in the usage, and the words for them.
MISTAKES = (
    ("no command", "--"),
    ("no command, no --", ""),
    ("unknown option", "--frobnicate -- true"),
    ("unknown series", "--kernel 1.0 -- true"),
    ("unknown architecture", "--arch vax -- true"),
    ("option without its value", "--kernel -- true"),
    ("module that is not there", "--module /nonexistent -- true"),
    ("directory with a kernel, without a module for that", "--kernel /nonexistent -- true"),
    ("memory that is no number", "--memory lots -- true"),
)

# Arguments that a shell would make something else of.
WORDS = ("a  b", "", "q'q\"q\\", "two\nlines", "$HOME `x`", b"\xff")

# Printed in the guest, each if it is so.
SURROUNDINGS = r"""
! touch /etc/x && ! touch "$PWD/x" && echo "files read-only"
touch /tmp/x /var/tmp/x /run/x /dev/shm/x && echo "scratch writable"
mkdir -p "$XDG_CACHE_HOME" && echo "cache writable"
echo "in $PWD" && ls vm/run
grep -w ^futexinspect /proc/modules && echo "module loaded"
[ -r "$FUTEXINSPECT_KO" ] && echo "module readable"
echo "path ${PATH%%:*}"
printf "<%s>\n" "$@"
echo via-stdout >/dev/stdout
unshare -Ur true && echo "user namespaces"
python3 -c "import mmap
file = open(\"/bin/sh\", \"rb\")
print(mmap.mmap(file.fileno(), 0, prot=1)[1:4])"
mountpoint -q /sys/kernel/debug && mountpoint -q /sys/fs/cgroup && echo mounts
[ -z "$(cat)" ] && echo "empty input"
"""

LEAVE_AND_DIE = """
sleep 1000 &
grep -w ^futexinspect /proc/modules || insmod "$FUTEXINSPECT_KO" && rmmod futexinspect &&
        echo "loaded by hand"
kill -SEGV $$
"""

# In place of QEMU: the first boot ends in an oops, as that of an emulated machine can.
CRASH_ONCE = """#!/bin/sh
[ "$1" != --version ] || exit 0
[ ! -e "{directory}/crashed" ] || exec {qemu} "$@"
touch "{directory}/crashed"
echo "[    1.476949] Oops: int3: 0000 [#1] SMP NOPTI" >>"{directory}/log"
"""


# What KCSAN reports, of a race between two functions.
RACE = """\
==================================================================
BUG: KCSAN: data-race in {0} / {1}

write to 0xffff888003d1b2a8 of 4 bytes by task 123 on cpu 1:
 {0}
 do_syscall_64+0x58/0x110

read to 0xffff888003d1b2a8 of 4 bytes by task 124 on cpu 0:
 {1}
 do_syscall_64+0x58/0x110

Reported by Kernel Concurrency Sanitizer on:
==================================================================
"""
FUNCTION = "futex_wait_queue+0x1/0x2"
OURS = "fi_collect+0x1/0x2 [futexinspect]"


class Output(typing.NamedTuple):
    """What a run came to."""
    status: int
    stdout: bytes
    stderr: bytes

    def said(self, line):
        """Fail unless this line is in the output."""
        if line.encode() not in self.stdout.split(b"\n"):
            raise AssertionError("no line %r in\n%s\n%s" % (
                line, self.stdout.decode(errors="replace"), self.stderr.decode(errors="replace")))

    def complained(self, text):
        """Fail unless this is in what was written to standard error."""
        if text.encode() not in self.stderr:
            raise AssertionError("no %r in %s" % (text, self.stderr.decode(errors="replace")))

    def ended(self, status):
        """Fail unless this is the exit status."""
        ksft.equal(self.status, status, self.stderr.decode(errors="replace"))


def run(*args, program=os.path.join(VM, "run"), stdin=None, **options):
    """Run vm/run; without input, it gets /dev/null."""
    options.update({"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin})
    got = subprocess.run([program, *args], capture_output=True, check=False, **options)
    return Output(got.returncode, got.stdout, got.stderr)


def in_vm(*command, options=(), **how):
    """Run a command in a guest."""
    return run(*OPTIONS, *options, "--", *command, **how)


def read(path):
    """The bytes of a file."""
    with open(path, "rb") as file:
        return file.read()


def mistake_test(name, words):
    """The test of one mistake: a line on standard error, status 2."""
    def test():
        got = run(*words.split())
        ksft.equal((got.status, got.stderr.count(b"\n"), got.stdout), (2, 1, b""),
                   "status, lines of errors, output")
    test.__doc__ = "mistake: " + name
    return test


def splats(lines):
    """What is reported of a log with these lines; and the log."""
    log = "".join("[    1.000000] %s\r\n" % line for line in lines.splitlines())
    got = subprocess.run([os.path.join(VM, "splats"), "-"], input=log, capture_output=True,
                         text=True, check=False)
    return got.returncode, got.stdout, log


def log_lines(name):
    """The lines of a file beside vm/run, without comments."""
    with open(os.path.join(VM, name), encoding="utf-8") as file:
        return [line.rstrip("\n") for line in file if not line.startswith("#")]


def test_defects_seen():
    """defects are seen in a log, and reported as they stand"""
    missed = [line for line in log_lines("defects.txt")
              for status, got, log in [splats(line)] if (status, got.split()) != (0, log.split())]
    ksft.equal(missed, [], "missed")


def test_harmless():
    """harmless lines are not taken for defects"""
    taken = [line for line in log_lines("harmless.txt") if splats(line)[0] == 0]
    ksft.equal(taken, [], "taken for defects")


def test_races():
    """a data race counts if the module is part of it, whatever else is reported around it"""
    for functions, count in ((FUNCTION, FUNCTION), 0), ((OURS, FUNCTION), 1), ((FUNCTION, OURS), 1):
        race = RACE.format(*functions)
        ksft.equal(splats(race)[1].count("BUG: KCSAN"), count, race)
    log = RACE.format(FUNCTION, FUNCTION) + "BUG: after it\n" + OURS
    ksft.equal(splats(log)[1].split("] ")[1:], ["BUG: after it\n"], "after a race of others")


def test_streams():
    """status, and 4 MB of any bytes through standard input, output and error"""
    blob = os.urandom(4000000)
    got = in_vm("sh", "-c", "tee /dev/stderr; exit 3", stdin=blob)
    ksft.equal(got.status, 3, "status")
    ksft.equal((got.stdout == blob, got.stderr == blob), (True, True), "output and errors, same")


def copy_repository(directory):
    """A copy of what vm/run needs, in a directory whose name is not plain."""
    copy = os.path.join(directory, "a copy, 'quoted'")
    os.mkdir(copy)
    for name in ("module", "userspace", "selftests"):
        shutil.copytree(os.path.join(ksft.TOP, name), os.path.join(copy, name), symlinks=True)
    shutil.copy(os.path.join(ksft.TOP, "Kbuild"), copy)
    return copy


def test_surroundings():
    """what a command finds: its directory, files, arguments, module, tool, mounts"""
    # From a copy of the repository below /tmp, whose like in the guest is a tmpfs of its own.
    with tempfile.TemporaryDirectory(dir="/tmp") as directory:
        copy = copy_repository(directory)
        got = in_vm("sh", "-c", SURROUNDINGS, "sh", *WORDS, cwd=copy + "/selftests",
                    program=copy + "/selftests/vm/run")
    got.ended(0)
    for line in ("files read-only", "scratch writable", "cache writable",
                 "in %s/selftests" % copy, "vm/run", "module loaded", "module readable",
                 "path %s/build" % copy, "via-stdout", "user namespaces", "b'ELF'", "mounts",
                 "empty input"):
        got.said(line)
    words = b"".join(b"<%s>\n" % (word if isinstance(word, bytes) else word.encode())
                     for word in WORDS)
    if words not in got.stdout:
        raise AssertionError("arguments %r not in %r" % (words, got.stdout))


def test_signal():
    """death by a signal, in spite of a process left behind; --no-module leaves loading to it"""
    got = in_vm("sh", "-c", LEAVE_AND_DIE, options=("--no-module",))
    got.ended(139)
    got.said("loaded by hand")


def test_timeout():
    """timeout"""
    in_vm("sleep", "1000", options=("--timeout", "4")).ended(124)


def test_left_behind():
    """a suite finds nothing that runs of what another has left behind"""
    commands = {"leaves": "sleep 1000 & until pidof sleep; do :; done; kill -STOP $!",
                "finds": "pidof sleep || echo none"}
    rows = [{"name": name, "environment": {}, "timeout": 60, "command": ["sh", "-c", command]}
            for name, command in commands.items()]
    got = in_vm("selftests/lib/guest.py", json.dumps(rows), cwd=ksft.TOP)
    got.ended(0)
    got.said("none")
    got.said("#@ end leaves 0")


def test_reader_gone():
    """output comes at once, and the guest ends with its reader"""
    with subprocess.Popen([os.path.join(VM, "run"), *OPTIONS, "--", "yes"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        line = process.stdout.readline()
        process.stdout.close()
        ksft.equal((line, process.wait()), (b"y\n", 141), "line and status")


def start(*args):
    """Start a guest; only what it complains about is of interest."""
    return subprocess.Popen([os.path.join(VM, "run"), *OPTIONS, *args], stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def end(process):
    """What a guest that was started came to."""
    _, errors = process.communicate()
    return Output(process.returncode, b"", errors)


def test_defects():
    """a panic is a failure, and so is a line that reports a defect; the log is kept"""
    # At the same time: two runs do not get into each other's way.
    with tempfile.TemporaryDirectory() as directory:
        log = os.path.join(directory, "log")
        panic = start("--", "sh", "-c", "echo c >/proc/sysrq-trigger")
        splat = start("--log", log, "--", "sh", "-c", 'echo "BUG: as a test" >/dev/kmsg')
        panic, splat = end(panic), end(splat)
        splat.ended(125)
        splat.complained("] BUG: as a test")
        ksft.equal(b"] BUG: as a test" in read(log), True, "defect in the log of --log")
    panic.ended(125)
    log = re.search(rb"console log: (.*)", panic.stderr)[1]
    ksft.equal(b"Kernel panic" in read(log), True, "panic in the log that is named")
    os.remove(log)


@contextlib.contextmanager
def crashing_qemu():
    """A directory with programs in place of QEMU, whose first start is a crash."""
    with tempfile.TemporaryDirectory() as directory:
        os.mkdir(directory + "/bin")
        for name in ("qemu-system-x86_64", "qemu-system-aarch64"):
            path = os.path.join(directory, "bin", name)
            with open(path, "w", encoding="utf-8") as file:
                file.write(CRASH_ONCE.format(directory=directory, qemu=shutil.which(name)))
            os.chmod(path, 0o755)
        yield directory


def test_boot_crash():
    """a guest that crashes as it boots is started again, which is said, and the log is kept"""
    with crashing_qemu() as directory:
        got = in_vm("echo", "booted", options=("--log", directory + "/log"),
                    env={**os.environ, "PATH": directory + "/bin:" + os.environ["PATH"]})
        ksft.equal((got.status, got.stdout), (0, b"booted\n"), "status and output")
        got.complained("crashed as it booted")
        ksft.equal(b"Oops: int3" in read(directory + "/log.1"), True, "crash in the log")


@contextlib.contextmanager
def built():
    """What is fetched and built the first time is not to be told among the output of a test."""
    in_vm("true").ended(0)
    yield


ksft.run([*(mistake_test(*row) for row in MISTAKES), test_defects_seen, test_harmless,
          test_races, test_streams, test_surroundings, test_signal, test_timeout,
          test_left_behind, test_reader_gone, test_defects, test_boot_crash], around=built)
