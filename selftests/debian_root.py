# SPDX-License-Identifier: GPL-2.0-only
"""A Debian root in which a test installs packages and the module, and what it asks of that."""

import glob
import os
import re
import signal
import subprocess
import sys

from lib import ksft

# So that what is temporary is removed then, too.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

PROGRAM = os.path.join(ksft.TOP, "selftests", "root")


def run(*command, status=0):
    """Run a command, which must end with this status; return what it printed."""
    with subprocess.Popen(command, cwd=ksft.TOP, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            output = process.communicate()[0]
        except BaseException:
            # vm/run ends its machine when it is told to end. Others may need more than that.
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
            raise
    if process.returncode != status:
        raise AssertionError("%s: status %d, expected %d:\n%s"
                             % (" ".join(command), process.returncode, status, output))
    return output


def dkms_setting(name):
    """What dkms.conf sets."""
    with open(os.path.join(ksft.TOP, "dkms.conf"), encoding="ascii") as file:
        return re.search('^%s="(.*)"$' % name, file.read(), re.M).group(1)


VERSION = dkms_setting("PACKAGE_VERSION")


class Root:
    """A copy of the root of a suite, in a directory that does not exist yet. first is the
    release of its kernel, kernel_dir where that can be booted from; second is the release of
    another kernel, or empty."""

    def __init__(self, suite, path):
        self.path = path
        self.first, self.kernel_dir, self.second = (
            line.partition("=")[2] for line in run(PROGRAM, "copy", suite, path).splitlines()[-3:])

    def run(self, *command, status=0):
        """Run a command in it."""
        return run(PROGRAM, "run", self.path, *command, status=status)

    def install(self, tool, *packages):
        """Install or upgrade packages that are files."""
        for package in packages:
            run("cp", package, self.path + "/tmp")
        return self.run(*tool, *("/tmp/" + os.path.basename(package) for package in packages))

    def dkms(self, action, *args, status=0):
        """Run dkms for our module."""
        return self.run("dkms", action, "-m", "futexinspect", "-v", VERSION, *args, status=status)

    def states(self):
        """What dkms says of our module: its version and state by kernel; the kernel is "" where
        it is added only."""
        found = re.findall(r"^futexinspect[,/ ]+([^,: ]+)(?:, ([^,]+), [^:]+)?: (\w+)",
                           self.run("dkms", "status", "-m", "futexinspect"), re.M)
        return {kernel: (version, state) for version, kernel, state in found}

    def module(self, kernel):
        """The file of the module that is installed for a kernel."""
        files = glob.glob("%s/lib/modules/%s/updates/dkms/futexinspect.ko*" % (self.path, kernel))
        ksft.equal(len(files), 1, "modules for %s" % kernel)
        return files[0]

    def modinfo(self, kernel, field):
        """What the installed module says of itself."""
        return run("/sbin/modinfo", "-F", field, self.module(kernel)).strip()

    def check_installed(self, *kernels, version=VERSION):
        """Fail unless these kernels have the module, built for them, and no others do."""
        ksft.equal(self.states(), {kernel: (version, "installed") for kernel in kernels},
                   "dkms status")
        for kernel in kernels:
            ksft.equal(self.modinfo(kernel, "vermagic").split()[0], kernel, "vermagic")
            ksft.equal(self.modinfo(kernel, "version"), version, "version")
        ksft.equal(len(self.files("lib/modules")), len(kernels), "modules")

    def files(self, *directories):
        """Files of ours below these directories."""
        return [path for directory in directories
                for path in glob.glob("%s/%s/**/*futexinspect*" % (self.path, directory),
                                      recursive=True)]
