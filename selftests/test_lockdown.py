#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""A kernel that is locked down. There is no way back, so this comes last."""

import json
import os
import subprocess

from lib import ksft, tool

LOCKDOWN = "/sys/kernel/security/lockdown"


def lock_down(level):
    """Lock the kernel down to a level."""
    if not os.path.exists(LOCKDOWN):
        subprocess.run(["mount", "-t", "securityfs", "none", "/sys/kernel/security"], check=False)
    if not os.path.exists(LOCKDOWN):
        raise ksft.Skip("this kernel has no lockdown")
    ksft.write(LOCKDOWN, level)
    with open(LOCKDOWN, encoding="ascii") as file:
        if "[%s]" % level not in file.read():
            raise AssertionError("the kernel is not locked down to %s" % level)


def level_test(level):
    """The test of one level, as ksft.run() wants it."""
    def test():
        lock_down(level)
        with ksft.Factory("fork_orphan") as factory:
            tid = int(factory.get("waiter")[0]["tid"])
            got = tool.run("--json", "--source", "module")
            ksft.equal((got.status, got.stderr), (3, ""), "status and errors")
            waiter, = [waiter for waiter in json.loads(got.stdout)["waiters"]
                       if waiter["tid"] == tid]
            ksft.equal((waiter["verdict"], waiter["certainty"], waiter["value"]),
                       ("orphaned", "certain", 2), "verdict")
    test.__doc__ = "root reads the file of a loaded module under lockdown to " + level
    return test


def test_unsigned():
    """a module that is not signed is not loaded any more"""
    with open(LOCKDOWN, encoding="ascii") as file:
        if "[none]" in file.read():
            raise AssertionError("the kernel is not locked down")
    subprocess.run(["rmmod", "futexinspect"], check=True)
    got = subprocess.run(["insmod", os.environ["FUTEXINSPECT_KO"]], capture_output=True,
                         text=True, check=False)
    if got.returncode == 0 or "not permitted" not in got.stderr:
        raise AssertionError("status %d: %s" % (got.returncode, got.stderr))


ksft.run([level_test("integrity"), level_test("confidentiality"), test_unsigned])
