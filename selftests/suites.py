# SPDX-License-Identifier: GPL-2.0-only
"""The suites that selftests/run knows: a row each. To add one, add its row; it has to print
TAP on its standard output, which lib/ksft.py does for Python.

Suites start in this order, as far as their column "after" allows: long ones first. Suites with
the same guest run in one virtual machine, in this order."""

import dataclasses
import os
import sys

HOST, GUEST = "host", "guest"

# What "make test" runs; all but what takes long or much disk; everything, as "make check".
TIERS = ("quick", "full", "nightly")

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def read_table(name):
    """The rows of a table of kernels, by SERIES/ARCH."""
    with open(os.path.join(TOP, "selftests", "vm", name), encoding="ascii") as file:
        rows = [line.split() for line in file if not line.startswith("#")]
    return {"/".join(row[:2]): row for row in rows}


# The support matrix.
KERNELS = tuple(read_table("kernels"))
REFERENCE = "6.1/amd64"
# Those that look for defects, and how many times the time of others their suites are given.
SLOWNESS = {kernel: int(row[-1]) for kernel, row in read_table("debug-kernels").items()}
DEBUG = tuple(SLOWNESS)

ALL = KERNELS + DEBUG
AMD64 = tuple(kernel for kernel in ALL if kernel.endswith("/amd64"))
OTHERS = tuple(kernel for kernel in ALL if kernel != REFERENCE)

# For suites about the tool, to which one kernel is much like another: the oldest and the newest,
# the reference, a preemptible one, and another architecture.
SOME = ("5.10/amd64", REFERENCE, "6.1-rt/amd64", "7.3/amd64", "6.12/arm64")

# For those about what it says, which is the same on all kernels of an architecture.
FEW = (REFERENCE, "7.3/amd64", "6.12/arm64")


def read_minutes():
    """How long the storms last, as the environment says."""
    text = os.environ.get("MINUTES", "30")
    try:
        return float(text)
    except ValueError:
        sys.exit("MINUTES in the environment is %r: it must be a number of minutes" % text)


MINUTES = read_minutes()

BUILD_KERNEL_SELFTESTS = "selftests/build_kernel_selftests {series}"
BUILD_PYTHON_ROOT = "selftests/build_root python"
BUILD_NEWEST_PYTHON_ROOT = "selftests/build_root newest-python"
BUILD_DAEMONS_ROOT = "selftests/build_root daemons"

SANITIZED = "env FUTEXINSPECT=build/unit/futexinspect "


@dataclasses.dataclass(frozen=True)
class Suite:
    """One suite. The command is run in the top directory, without a shell.

    kernels   in a guest: the kernels that it runs on, one run each; on the host: run it if one
              of these is chosen, or if none was asked for ("-" for one that cannot be chosen)
    tier      the smallest tier that it belongs to
    after     on the host: names of the suites that have to end first
    prepare   commands that have to succeed on the host before; they may have {series} and {arch}
    guest     in a guest: which of the guests of its kernel
    timeout   in seconds; allow for a busy host. Kernels that are slow get more
    """
    name: str
    command: str
    where: str = HOST
    kernels: tuple = ()
    tier: str = "quick"
    after: tuple = ("build",)
    prepare: tuple = ()
    guest: str = ""
    timeout: int = 900


SUITES = (
    Suite("build", "selftests/test_build.py programs", after=(), timeout=1800),

    # Real kernels.
    Suite("quiet", "selftests/test_quiet.py", GUEST, (REFERENCE,), "nightly", guest="quiet",
          timeout=1500),
    Suite("daemons", "selftests/test_daemons.py", GUEST, (REFERENCE,), "nightly", guest="daemons",
          prepare=(BUILD_DAEMONS_ROOT,), timeout=1500),
    Suite("pythons", "selftests/test_pythons.py", GUEST, (REFERENCE,), "nightly",
          prepare=(BUILD_NEWEST_PYTHON_ROOT,)),
    Suite("states", "selftests/test_states.py", GUEST, ALL),
    Suite("file", "selftests/test_file.py", GUEST, ALL),
    Suite("tool", "selftests/test_tool.py", GUEST, ALL),
    Suite("verdicts", "selftests/test_verdicts.py", GUEST, ALL),
    Suite("stacks", "selftests/test_stacks.py", GUEST, SOME, prepare=(BUILD_PYTHON_ROOT,)),
    Suite("hangs", "selftests/test_hangs.py", GUEST, SOME, "full", prepare=(BUILD_PYTHON_ROOT,)),
    Suite("options", "selftests/test_options.py", GUEST, FEW, "full"),
    Suite("storm", "selftests/test_storm.py", GUEST, KERNELS, "full"),
    Suite("storms", "selftests/test_storms.py %g" % MINUTES, GUEST, DEBUG, "nightly",
          timeout=int(60 * MINUTES) + 900),
    Suite("faults", "selftests/test_faults.py", GUEST, DEBUG, "nightly"),
    Suite("hostile", "selftests/test_hostile.py", GUEST, ALL, "full"),
    Suite("zoo", "selftests/test_zoo.py 1 1000", GUEST, (REFERENCE,), "full", timeout=1500),
    Suite("zoo", "selftests/test_zoo.py 1 200", GUEST, OTHERS, "full"),
    Suite("kernel-selftests", "selftests/test_kernel_selftests.py", GUEST, AMD64, "full",
          prepare=(BUILD_KERNEL_SELFTESTS,)),
    Suite("locks", "selftests/test_locks.py", GUEST, ALL, "full",
          prepare=(BUILD_PYTHON_ROOT,)),
    Suite("seeds", "selftests/test_seeds.py", GUEST, FEW, "full"),
    Suite("cores", "selftests/test_cores.py", GUEST, (REFERENCE, "6.12/arm64"), "full"),
    Suite("examples", "selftests/test_examples.py", GUEST, (REFERENCE,), "full"),
    # Lockdown cannot be undone: this has to be the last.
    Suite("lockdown", "selftests/test_lockdown.py", GUEST, ALL, "full"),

    # This host.
    Suite("static", "selftests/test_static.py", after=()),
    Suite("unit", "make --no-print-directory -s -C selftests/unit run_tests"),
    Suite("cases", SANITIZED + "selftests/test_cases.py"),
    Suite("cli", SANITIZED + "selftests/test_cli.py"),
    Suite("usage", SANITIZED + "selftests/test_usage.py"),
    Suite("fuzz", "selftests/test_fuzz.py", tier="full", after=()),
    Suite("runner", "selftests/test_runner.py", after=()),
    Suite("vm", "selftests/test_vm.py", tier="full", timeout=1800),
    Suite("module", "selftests/test_module.py " + " ".join(KERNELS), kernels=KERNELS, tier="full",
          after=(), timeout=1800),
    # These make roots of Debian at first, and build the module in them.
    Suite("build-packages", "selftests/test_build.py packages", tier="nightly"),
    Suite("packages", "selftests/test_packages.py", tier="nightly", after=("build-packages",),
          timeout=3600),
    Suite("dkms-bullseye", "selftests/test_dkms.py bullseye", kernels=("5.10/amd64",),
          tier="nightly", after=("build-packages",), timeout=3600),
    Suite("dkms-bookworm", "selftests/test_dkms.py bookworm", kernels=("6.1/amd64",),
          tier="nightly", after=("build-packages",), timeout=3600),
    Suite("dkms-trixie", "selftests/test_dkms.py trixie", kernels=("6.12/amd64",),
          tier="nightly", after=("build-packages",), timeout=3600),
    # Its kernel is not one of vm/kernels.
    Suite("dkms-sid", "selftests/test_dkms.py sid", kernels=("-",), tier="nightly",
          after=("build-packages",), timeout=3600),
)
