#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The file itself: its permissions, reads in pieces, and loading and unloading the module."""

import os
import platform
import subprocess
import sys
import time

from lib import ksft

ABI = os.path.join(ksft.TOP, "Documentation", "ABI", "testing", "debugfs-futexinspect")

# Keys whose values are masks of signals.
MASKS = ("caught", "ignored", "blocked")


def read_all(fd, size):
    """All that is left, in pieces of @size bytes."""
    pieces = []
    while True:
        piece = os.read(fd, size)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)


def rmmod():
    """Try to unload the module; return what the command said."""
    return subprocess.run(["rmmod", "futexinspect"], stderr=subprocess.PIPE, text=True,
                          check=False)


def insmod():
    """Load the module that is under test."""
    subprocess.run(["insmod", os.environ["FUTEXINSPECT_KO"]], check=True)


def test_mode():
    """only root may open it, and only for reading"""
    ksft.equal(oct(os.stat(ksft.WAITERS).st_mode), oct(0o100400), "mode")
    probe = "import sys; open(sys.argv[1])"
    got = subprocess.run(["setpriv", "--reuid=65534", "--clear-groups", sys.executable, "-c",
                          probe, ksft.WAITERS], stderr=subprocess.PIPE, text=True, check=False)
    if "PermissionError" not in got.stderr:
        raise AssertionError("opened by nobody: %s" % got.stderr)


def test_header():
    """the first line tells version, kernel and boot"""
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        boot_id = file.read().strip()
    header = ksft.read_waiters()[0][1]
    end = ksft.read_waiters()[-1][1]
    ksft.equal(header["version"], "1", "version")
    ksft.equal(header["kernel"], platform.release(), "kernel")
    ksft.equal(header["arch"], platform.machine(), "arch")
    ksft.equal(header["boot_id"], boot_id, "boot_id")
    ksft.equal(header["host"], platform.node(), "host")
    if not 0 <= time.time_ns() - int(header["realtime_ns"]) < 600e9:
        raise AssertionError("realtime_ns %s" % header["realtime_ns"])
    if not 0 < int(header["start_ns"]) < int(end["end_ns"]):
        raise AssertionError("start %s, end %s" % (header["start_ns"], end["end_ns"]))


def test_pieces():
    """one open is one snapshot, in whatever pieces it is read"""
    with ksft.Factory("crowd") as factory:
        fd = os.open(ksft.WAITERS, os.O_RDONLY)
        whole = read_all(fd, 1 << 20)
        tids = {fields["tid"] for kind, fields in ksft.parse(whole.decode("ascii"))
                if kind == "waiter"}
        for truth in factory.get("waiter"):
            if truth["tid"] not in tids:
                raise AssertionError("thread %s is missing" % truth["tid"])
        for size in (1, 7, 4095, 4096, 4097):
            os.lseek(fd, 0, os.SEEK_SET)
            if read_all(fd, size) != whole:
                raise AssertionError("read differs in pieces of %d bytes" % size)
        for offset in (len(whole) - 1, len(whole) // 2, 1):
            if os.pread(fd, 300, offset) != whole[offset:offset + 300]:
                raise AssertionError("read differs at offset %d" % offset)
    # The waiters are gone; the snapshot is not.
    os.lseek(fd, 0, os.SEEK_SET)
    if read_all(fd, 65536) != whole:
        raise AssertionError("the snapshot changed after its waiters had exited")
    os.close(fd)


def test_two_readers():
    """two readers at once do not disturb each other"""
    with ksft.Factory("crowd"):
        fds = [os.open(ksft.WAITERS, os.O_RDONLY) for _ in range(2)]
        got = [[], []]
        for _ in range(100000):
            for fd, pieces in zip(fds, got):
                pieces.append(os.read(fd, 1000))
            if not got[0][-1] and not got[1][-1]:
                break
        texts = [b"".join(pieces).decode("ascii") for pieces in got]
        for fd, text in zip(fds, texts):
            ksft.parse(text)
            os.close(fd)


def test_documented_keys():
    """every record and key is in the ABI document"""
    documented = {}
    kind = None
    with open(ABI, encoding="utf-8") as file:
        for line in file:
            words = line.split()
            if line.startswith("\t\t``") and len(words) > 1 and words[1] == "-":
                kind = words[0].strip("`")
                documented[kind] = set()
            elif kind and line.startswith("\t\t") and words and line[2] not in " \t=`":
                documented[kind].add(words[0])
    with ksft.Factory("fork_orphan"):
        for kind, fields in ksft.read_waiters():
            missing = set(fields) - documented[kind]
            if missing:
                raise AssertionError("%s: not documented: %s" % (kind, sorted(missing)))


def test_no_kernel_address():
    """no kernel address is printed"""
    with ksft.Factory("abba"), ksft.Factory("wait_shared"):
        for _, fields in ksft.read_waiters():
            for key, value in fields.items():
                for part in value.split(",") if value.startswith("0x") else []:
                    if key not in MASKS and int(part, 16) >> 63:
                        raise AssertionError("%s=%s" % (key, value))


def test_pid_namespace():
    """a reader in a pid namespace sees its ids, and how many waiters it does not see"""
    inside = ("import sys; sys.path.insert(0, %r); from lib import ksft\n"
              "with ksft.Factory('fork_orphan') as factory:\n"
              "    records = ksft.read_waiters()\n"
              "    wanted = factory.get('waiter')[0]\n"
              "    got = [f for k, f in records if k == 'waiter']\n"
              "    assert len(got) == 1, got\n"
              "    for key in ('tid', 'tgid', 'uaddr', 'value'):\n"
              "        assert got[0][key] == wanted[key], (key, got, wanted)\n"
              "    assert int(got[0]['tid']) < 20, got\n"
              "    assert records[-1][1]['hidden'] == sys.argv[1], records[-1]\n"
              % os.path.dirname(os.path.abspath(__file__)))
    with ksft.Factory("pool") as factory:
        outside = [f for k, f in ksft.read_waiters() if k == "waiter"]
        pool = {truth["tid"] for truth in factory.get("waiter")}
        if not pool <= {f["tid"] for f in outside}:
            raise AssertionError("not all of %s in %s" % (pool, outside))
        got = subprocess.run(["unshare", "--pid", "--fork", "--mount-proc", sys.executable,
                              "-c", inside, str(len(outside))], stderr=subprocess.PIPE, text=True,
                             check=False)
        ksft.equal((got.returncode, got.stderr), (0, ""), "in the pid namespace")


def test_rmmod_while_open():
    """rmmod of a module whose file is open is refused, and works afterwards"""
    with ksft.Factory("crowd"):
        fd = os.open(ksft.WAITERS, os.O_RDONLY)
        head = os.read(fd, 100)
        got = rmmod()
        if got.returncode == 0 or "in use" not in got.stderr:
            raise AssertionError("rmmod: %d %s" % (got.returncode, got.stderr))
        ksft.parse((head + read_all(fd, 65536)).decode("ascii"))
        os.close(fd)
        ksft.equal(rmmod().returncode, 0, "status of rmmod")
        if os.path.exists(ksft.WAITERS):
            raise AssertionError("the file is still there")
        insmod()
        ksft.read_waiters()


def test_reload_under_readers():
    """load and unload again and again, while others try to read"""
    reader = subprocess.Popen(["sh", "-c", 'while :; do cat "$0" >/dev/null 2>&1; done',
                               ksft.WAITERS])
    try:
        for _ in range(10):
            while rmmod().returncode:
                os.sched_yield()
            insmod()
    finally:
        reader.kill()
        reader.wait()
    ksft.read_waiters()


ksft.run([test_mode, test_header, test_pieces, test_two_readers, test_documented_keys,
          test_no_kernel_address, test_pid_namespace, test_rmmod_while_open,
          test_reload_under_readers])
