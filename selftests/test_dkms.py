#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: test_dkms.py SUITE

DKMS for real: Debian's own dkms, in a root of a Debian suite, builds and installs the module
from the package futexinspect-dkms and by hand; what it installed finds a hang on that kernel.
Runs on the host, after "make deb"."""

import contextlib
import glob
import os
import re
import sys
import tempfile

from lib import ksft
from debian_root import VERSION, Root, dkms_setting, run

SUITE = sys.argv[1]
# dkms 2.8, of Debian 11, signs nothing by itself, and has another status for a kernel left out.
DKMS_2 = SUITE == "bullseye"

# Kernels to be left out.
OLD = "4.19.0-1-test"
LACKING = "6.1.0-1-test"
BEFORE_5_16 = "5.15.0-1-test"
NEEDS = dkms_setting("BUILD_EXCLUSIVE_CONFIG").split()
LACKS = ("CONFIG_KPROBES", "CONFIG_DEBUG_INFO_BTF")

# In the guest: the hang of the demo, as soon as the tool sees it.
FIND_HANG = """
uname -r
cat /sys/module/futexinspect/srcversion
selftests/demo/orphan.py build/selftests/demo/libjobs.so &
until futexinspect --source module >/tmp/out; [ $? = 3 ]; do :; done
cat /tmp/out
kill $!
"""


# What test_package() has printed.
installation = ""


def package(name):
    """The file of a package that "make deb" made."""
    path, = glob.glob(os.path.join(ksft.TOP, "build/deb/%s_%s_*.deb" % (name, VERSION)))
    return path


def make_kernel(name, *lacks):
    """A kernel for which building a module fails, and what its configuration lacks."""
    build = "%s/lib/modules/%s/build" % (root.path, name)
    os.makedirs(build + "/include")
    with open(build + "/Makefile", "w", encoding="ascii") as file:
        file.write("$(error dkms has tried to build)\n")
    with open(build + "/.config", "w", encoding="ascii") as file:
        file.write("".join("# %s is not set\n" % option if option in lacks else option + "=y\n"
                           for option in NEEDS))


def check_left_out(kernel, why):
    """Fail unless dkms leaves a kernel out in all ways that it could come to it, which is no
    failure, and it is said why."""
    reason = "futexinspect: no module for kernel %s: %s\n" % (kernel, why)
    for output in (installation,
                   root.dkms("build", "-k", kernel, status=9 if DKMS_2 else 77),
                   root.run("dkms", "autoinstall", "-k", kernel),
                   root.run("run-parts", "--exit-on-error", "--arg=" + kernel,
                            "/etc/kernel/header_postinst.d")):
        if reason not in output:
            raise AssertionError("%r is not in: %s" % (reason, output))
        if "has tried to build" in output:
            raise AssertionError(output)
    root.check_installed(root.first)


def test_package():
    """the package brings the module, installed together with a kernel's headers"""
    global installation
    make_kernel(OLD)
    make_kernel(LACKING, *LACKS)
    make_kernel(BEFORE_5_16)
    installation = root.install(("apt-get", "-qy", "install", "linux-headers-" + root.first),
                                package("futexinspect-dkms"))
    root.check_installed(root.first)


def test_old_kernel():
    """a kernel older than 5.10 is left out, and it is said why"""
    check_left_out(OLD, "it is older than 5.10")


def test_lacking_kernel():
    """a kernel that lacks what the module needs is left out, and it is said what"""
    check_left_out(LACKING, "its configuration lacks " + " ".join(LACKS))
    check_left_out(BEFORE_5_16, "its configuration lacks CONFIG_KALLSYMS_ALL")


def test_signature():
    """the module is signed with dkms's key"""
    if DKMS_2:
        ksft.equal(root.modinfo(root.first, "signer"), "", "signer")
        raise ksft.Skip("dkms 2.8 signs nothing by itself")
    ksft.equal(root.modinfo(root.first, "signer"), "DKMS module signing key", "signer")
    ksft.equal(root.modinfo(root.first, "sig_hashalgo")[:3], "sha", "hash")
    serial = run("openssl", "x509", "-inform", "DER", "-noout", "-serial",
                 "-in", root.path + "/var/lib/dkms/mok.pub").strip().partition("=")[2]
    ksft.equal(root.modinfo(root.first, "sig_key").replace(":", ""), serial,
               "serial number of the key")


def test_hang():
    """what is installed finds a hang on that kernel"""
    output = run("selftests/vm/run", "--kernel", root.kernel_dir,
                 "--module", root.module(root.first), "--", "sh", "-c", FIND_HANG)
    ksft.equal(output.splitlines()[:2], [root.first, root.modinfo(root.first, "srcversion")],
               "kernel and module")
    if not re.search(r"^ *\d+ orphan\.py +\d+ orphan\.py +orphaned +certain ", output, re.M):
        raise AssertionError("no orphan in: " + output)


def test_second_kernel():
    """the headers of a second kernel bring the module for that"""
    if not root.second:
        raise ksft.Skip("%s has one kernel" % SUITE)
    root.run("apt-get", "-qy", "install", "linux-headers-" + root.second)
    root.check_installed(root.first, root.second)


def test_kernel_removed():
    """when the second kernel goes, the module for it goes"""
    if not root.second:
        raise ksft.Skip("%s has one kernel" % SUITE)
    root.run("run-parts", "--exit-on-error", "--arg=" + root.second, "/etc/kernel/prerm.d")
    root.check_installed(root.first)


def test_tool():
    """the package with the tool installs, and the tool runs"""
    if SUITE == "bullseye":
        # Its C library is older than the one that the host's programs need.
        run("tar", "-xzf", "build/futexinspect-%s.tar.gz" % VERSION, "-C", root.path + "/tmp")
        root.run("sh", "-c", "cd /tmp/futexinspect-%s && dpkg-buildpackage -b -us -uc" % VERSION)
        root.run("sh", "-c", "apt-get -qy install /tmp/futexinspect_*.deb")
    else:
        root.install(("apt-get", "-qy", "install"), package("futexinspect"))
    ksft.equal(root.run("futexinspect", "--version").split()[-1], VERSION, "version")


def test_purge():
    """purged, the packages leave nothing"""
    root.run("apt-get", "-qy", "purge", "futexinspect", "futexinspect-dkms")
    ksft.equal(root.files("lib/modules", "usr", "var/lib", "etc"), [], "files")


def test_by_hand():
    """dkms add, build, install, uninstall, autoinstall and remove do what they say"""
    kernel = root.first
    run("tar", "-xzf", "build/futexinspect-%s.tar.gz" % VERSION, "-C", root.path + "/usr/src")
    root.dkms("add")
    ksft.equal(root.states(), {"": (VERSION, "added")}, "after add")
    root.dkms("build", "-k", kernel)
    ksft.equal(root.states(), {kernel: (VERSION, "built")}, "after build")
    root.dkms("install", "-k", kernel)
    root.check_installed(kernel)
    root.dkms("uninstall", "-k", kernel)
    ksft.equal(root.states(), {kernel: (VERSION, "built")}, "after uninstall")
    ksft.equal(root.files("lib/modules"), [], "after uninstall")
    root.run("dkms", "autoinstall", "-k", kernel)
    root.check_installed(kernel)
    root.dkms("mktarball", "-k", kernel, "--binaries-only", "--archive=/tmp/built.tar.gz")
    root.dkms("remove", "--all")
    ksft.equal(root.files("lib/modules", "var/lib/dkms"), [], "after remove")


def test_tarball():
    """what dkms mktarball has archived installs without source, headers, make and compiler"""
    for path in ("usr/src", "usr/bin/make", "usr/bin/gcc"):
        os.rename(os.path.join(root.path, path), os.path.join(root.path, path + ".away"))
    # Some versions end with 1 when all went well.
    root.run("sh", "-c", "dkms ldtarball --archive=/tmp/built.tar.gz || [ $? = 1 ]")
    root.dkms("install", "-k", root.first)
    ksft.equal(root.modinfo(root.first, "vermagic").split()[0], root.first, "vermagic")


@contextlib.contextmanager
def a_root():
    """The root to install in."""
    global root
    with tempfile.TemporaryDirectory(prefix="futexinspect-dkms-") as temporary:
        root = Root(SUITE, os.path.join(temporary, "root"))
        yield


ksft.run([test_package, test_old_kernel, test_lacking_kernel, test_signature, test_hang,
          test_second_kernel, test_kernel_removed, test_tool, test_purge, test_by_hand,
          test_tarball], around=a_root)
