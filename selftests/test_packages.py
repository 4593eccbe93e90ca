#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The Debian and RPM packages: checked by lintian and rpmlint; installed, upgraded from an
older version, removed and purged in a root of Debian 12, where nothing of them is left. Runs
on the host, after "make deb" and "make rpm"."""

import contextlib
import glob
import os
import re
import tempfile

from lib import ksft
from debian_root import VERSION, Root, run

OLD = "0.0.1"
# What a package leaves that is not its own: notes of dpkg, apt, rpm, dkms and depmod; and a
# directory that belongs to another package where there is rpm.
NOT_OURS = re.compile(r"var/(cache|log|lib/(apt|dpkg|dkms/mok[.]))|tmp|root|run|proc"
                      r"|etc/ld[.]so[.]cache|(usr/)?lib/modules/[^/]+/modules[.]"
                      r"|usr/share/licenses$")


def packages_in(directory, pattern):
    """The packages with the tool and with the module's source."""
    found = sorted(path for path in glob.glob(os.path.join(directory, pattern), recursive=True)
                   if "dbgsym" not in path and "debug" not in path)
    ksft.equal(len(found), 2, "packages in " + directory)
    return found


def build_old():
    """Unpack the source, and make packages of it with a lower version."""
    run("tar", "-xzf", "build/futexinspect-%s.tar.gz" % VERSION, "-C", temporary)
    source = os.path.join(temporary, "futexinspect-" + VERSION)
    for name in ("dkms.conf", "module/main.c", "userspace/Makefile", "debian/changelog",
                 "rpm/futexinspect.spec"):
        run("sed", "-i", "s/%s/%s/" % (re.escape(VERSION), OLD), os.path.join(source, name))
    run("make", "-C", source, "deb", "rpm")
    return os.path.join(source, "build")


def files():
    """What is in the root."""
    found = set()
    for directory, directories, names in os.walk(root.path):
        for name in directories + names:
            path = os.path.relpath(os.path.join(directory, name), root.path)
            if not NOT_OURS.match(path):
                found.add(path)
    return found


def check_version(version):
    """Fail unless this version of the tool and of the module is there, and no other."""
    root.check_installed(root.first, version=version)
    ksft.equal(root.run("futexinspect", "--version").split()[-1], version, "tool")
    ksft.equal(glob.glob(root.path + "/usr/src/futexinspect-*"),
               ["%s/usr/src/futexinspect-%s" % (root.path, version)], "source")


def check_gone():
    """Fail unless all is as it was before."""
    ksft.equal(sorted(files() ^ before), [], "files that came or went")


def test_lintian():
    """lintian finds no error and no warning in the Debian packages"""
    output = run("lintian", "--allow-root", "--fail-on", "error,warning",
                 *glob.glob(os.path.join(ksft.TOP, "build/deb/*.changes")))
    ksft.equal(output, "", "lintian")


def test_rpmlint():
    """rpmlint finds no error in the RPM packages and their spec"""
    output = run("rpmlint", "-r", "rpm/futexinspect.rpmlintrc", "rpm/futexinspect.spec",
                 *packages_in("build/rpm/RPMS", "**/*.rpm"))
    if not re.search("2 packages and 1 specfiles checked; 0 errors", output):
        raise AssertionError(output)


def contents():
    """What is in the Debian packages, and in the RPM packages."""
    for command, packages in (
            (("sh", "-c", "dpkg-deb --fsys-tarfile $0 | tar -t"),
             packages_in("build/deb", "*.deb")),
            (("rpm", "-qlp", "--noartifact"), packages_in("build/rpm/RPMS", "**/*.rpm"))):
        yield {path.lstrip(".").removesuffix(".gz") for package in packages
               for path in run(*command, package).split() if not path.endswith("/")}


def test_contents():
    """both kinds of packages hold the same files of ours"""
    deb, rpm = ({path for path in paths if not re.search("/(doc|licenses|[.]build-id)(/|$)", path)}
                for paths in contents())
    # What was listed of deb are no directories.
    directories = {os.path.dirname(path) for path in rpm}
    ksft.equal(deb, {path for path in rpm if path not in directories}, "files")


def test_documentation():
    """both kinds of packages hold the documentation, and the screens that it shows"""
    want = {os.path.relpath(path, ksft.TOP + "/Documentation") for pattern in ("*.rst", "*.json", "**/*.txt")
            for path in glob.glob(ksft.TOP + "/Documentation/" + pattern, recursive=True)}
    for paths in contents():
        got = {re.sub("^/usr/share/doc/futexinspect[^/]*/", "", path) for path in paths}
        ksft.equal(want - got, set(), "files that are missing")


def test_deb_install():
    """deb: an older version installs"""
    root.install(("apt-get", "-qy", "install"), *packages_in(old + "/deb", "*.deb"))
    check_version(OLD)


def test_deb_upgrade():
    """deb: the new version takes the place of the older one, and its module"""
    root.install(("apt-get", "-qy", "install"), *packages_in("build/deb", "*.deb"))
    check_version(VERSION)


def test_deb_remove():
    """deb: when removed, nothing is left"""
    root.run("apt-get", "-qy", "remove", "futexinspect", "futexinspect-dkms")
    check_gone()


def test_deb_purge():
    """deb: when purged, dpkg has no memory of them either"""
    root.install(("apt-get", "-qy", "install"), *packages_in("build/deb", "*.deb"))
    check_version(VERSION)
    root.run("apt-get", "-qy", "purge", "futexinspect", "futexinspect-dkms")
    check_gone()
    ksft.equal([line for line in root.run("dpkg-query", "-W").splitlines()
                if "futexinspect" in line], [], "dpkg-query")


def test_rpm_install():
    """rpm: an older version installs, and its module"""
    root.install(("rpm", "-i", "--nodeps"), *packages_in(old + "/rpm/RPMS", "**/*.rpm"))
    check_version(OLD)


def test_rpm_upgrade():
    """rpm: the new version takes the place of the older one, and its module"""
    root.install(("rpm", "-U", "--nodeps"), *packages_in("build/rpm/RPMS", "**/*.rpm"))
    check_version(VERSION)


def test_rpm_erase():
    """rpm: when erased, nothing is left"""
    root.run("rpm", "-e", "futexinspect", "futexinspect-dkms")
    check_gone()


@contextlib.contextmanager
def root_and_packages():
    """The root to install in, with what is in it before; and packages of an older version."""
    global temporary, root, old, before
    with tempfile.TemporaryDirectory(prefix="futexinspect-packages-") as temporary:
        root = Root("bookworm", os.path.join(temporary, "root"))
        old = build_old()
        root.run("apt-get", "-qy", "install", "linux-headers-" + root.first)
        before = files()
        yield


ksft.run([test_lintian, test_rpmlint, test_contents, test_documentation, test_deb_install,
          test_deb_upgrade, test_deb_remove, test_deb_purge, test_rpm_install, test_rpm_upgrade,
          test_rpm_erase], around=root_and_packages)
