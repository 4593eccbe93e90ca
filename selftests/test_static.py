#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What can be said of the project without running it. A check is a function, whose docstring
says what holds, and a row at the end."""

import functools
import json
import os
import re
import tempfile

from lib import ksft
from suites import KERNELS, SUITES

LICENCE = "SPDX-License-Identifier: GPL-2.0-only"
LICENSED = re.compile(r"\.([ch]|py|sh|rst|test)$|(^|/)(Makefile|Kbuild|dkms\.conf|rules)$")
SHELLS = ("#!/bin/bash", "#!/bin/sh", "#!/bin/busybox sh")
PYTHON = "#!/usr/bin/python3"

CHECKPATCH = ("scripts/checkpatch.pl", "scripts/spelling.txt", "scripts/const_structs.checkpatch",
              "scripts/kernel-doc")

# Where the version of the release stands.
VERSIONS = (
    ("module/main.c", r'^MODULE_VERSION\("(.*)"\);$'),
    ("userspace/Makefile", r"^VERSION \?= (.*)$"),
    ("dkms.conf", r'^PACKAGE_VERSION="(.*)"$'),
    ("debian/changelog", r"\Afutexinspect \((.*?)\) "),
    ("rpm/futexinspect.spec", r"^Version: *(.*)$"),
)

# What the core must not include, nor call: it judges, and does no input or output.
CORE = "userspace/core/"
IO = re.compile(r"#include <(fcntl|dirent|unistd|libsmartcols(/libsmartcols)?"
                r"|sys/(stat|socket|uio))\.h>|\bfopen\(")

# These are for static objects: lockdep takes the address of the lock as its class.
LOCK_ON_STACK = re.compile(r"^\t+DEFINE_(XARRAY|MUTEX|SPINLOCK|RWLOCK|IDA)")

VERSION_TEST = re.compile("LINUX_VERSION_CODE|KERNEL_VERSION|RHEL_RELEASE")


def read(path):
    """The text of a file."""
    with open(os.path.join(ksft.TOP, path), encoding="utf-8") as file:
        return file.read()


def walk():
    """All files below the top directory that were not built."""
    for directory, directories, names in os.walk(ksft.TOP):
        if directory == ksft.TOP and "build" in directories:
            directories.remove("build")
        for name in names:
            yield os.path.relpath(os.path.join(directory, name), ksft.TOP)


@functools.cache
def files():
    """The files of a checkout; of an unpacked release all that is not built."""
    if not os.path.exists(os.path.join(ksft.TOP, ".git")):
        return sorted(walk())
    listed = ksft.command("git", "ls-files", "--cached", "--others", "--exclude-standard")
    return [path for path in listed.splitlines()
            if os.path.isfile(os.path.join(ksft.TOP, path))]


@functools.cache
def first_line(path):
    """The beginning of a file, as far as it is text."""
    with open(os.path.join(ksft.TOP, path), "rb") as file:
        return file.read(64).split(b"\n")[0].decode("utf-8", "replace")


def scripts(*interpreters):
    """The files that one of these runs."""
    return [path for path in files() if first_line(path).startswith(interpreters)]


def sources(*folders):
    """The C files in folders and their sub-folders."""
    return [path for path in files() if path.endswith((".c", ".h")) and path.startswith(folders)]


def find(pattern, paths):
    """Fail if something is in one of these files, with the lines."""
    found = ["%s:%d: %s" % (path, number, line) for path in paths
             for number, line in enumerate(read(path).splitlines(), 1) if pattern.search(line)]
    if found:
        raise AssertionError("\n".join(found))


@functools.cache
def kernel_scripts():
    """The directory with the kernel's own programs for its style."""
    return ksft.command("selftests/kernel_source", "6.1", *CHECKPATCH).splitlines()[-1]


def licences():
    """every source file names its licence"""
    paths = {path for path in files() if LICENSED.search(path)} | set(scripts(*SHELLS, PYTHON))
    missing = [path for path in sorted(paths)
               if LICENCE not in "\n".join(read(path).splitlines()[:3])]
    ksft.equal(missing, [], "files without a line for it")


def versions():
    """module, tool, dkms.conf and packages have one version"""
    found = {path: re.findall(pattern, read(path), re.M) for path, pattern in VERSIONS}
    expected = found["dkms.conf"]
    ksft.equal(len(expected), 1, "versions in dkms.conf")
    ksft.equal(found, {path: expected for path in found}, "versions")


def needs():
    """Kbuild and dkms.conf ask for the same configuration"""
    kbuild, = re.findall("^fi-needs := (.+)$", read("Kbuild"), re.M)
    dkms, = re.findall('^BUILD_EXCLUSIVE_CONFIG="(.*)"$', read("dkms.conf"), re.M)
    ksft.equal(dkms.replace("CONFIG_", ""), kbuild, "BUILD_EXCLUSIVE_CONFIG")


def matrix():
    """every kernel of the support matrix is documented"""
    text = read("Documentation/support-matrix.rst")
    missing = [kernel for kernel in KERNELS
               if not re.search("^%s +%s " % tuple(map(re.escape, kernel.split("/"))), text, re.M)]
    ksft.equal(missing, [], "kernels that are not in the table")


def rows():
    """every test has a row in selftests/suites.py"""
    commands = " ".join(suite.command for suite in SUITES).split()
    tests = [path for path in files() if re.match(r"selftests/test_\w+\.py$", path)]
    ksft.equal([path for path in tests if path not in commands], [], "tests without a row")


def version_tests():
    """the module tests for no kernel version"""
    find(VERSION_TEST, sources("module/"))


def locks_on_stack():
    """no lock on the stack of the module is initialised statically"""
    find(LOCK_ON_STACK, sources("module/"))


def core():
    """what judges does no input or output"""
    paths = sources(CORE)
    if not paths:
        raise AssertionError("there is no " + CORE)
    find(IO, paths)


def abilities():
    """what a source of snapshots can do is asked of its table, not by its name"""
    find(re.compile("[!=]= *&?source_[a-z]|&source_[a-z]+ *[!=]=|SOURCE_PROC"),
         sources("userspace/"))


def model():
    """the model's arrays are its own: others ask it"""
    find(re.compile(r"(?<!\bs)(->|\.)(own_state|first_waiter|first_blocked|holders|mms|levels"
                    r"|graphs)\["),
         [path for path in sources("userspace/core/", "userspace/output/")
          if not re.search(r"core/(model|snapshot)\.[ch]$", path)])


def undocumented(names, *paths):
    """Fail for names that a document does not have as words."""
    if len(names) < 5:
        raise AssertionError("only %s" % names)
    for path in paths:
        text = read(path)
        missing = [name for name in names
                   if not re.search(r"(?<![\w-])%s(?![\w-])" % re.escape(name), text)]
        ksft.equal(missing, [], "not in %s" % path)


def lock_names():
    """every lock that is recognised is documented, and has cases in the unit tests"""
    text = read("userspace/core/locks.c")
    names = dict(re.findall(r'\[(\w+)\]\s*= \{ "([^"]+)"', text))
    decoded = {names[name] for name in re.findall(r"(?:held|recognised)\(lock, (\w+)", text)}
    # The kinds of Rust's library share a row, with its name once.
    undocumented({name.removeprefix("rust ") for name in names.values()}, "Documentation/locks.rst")
    undocumented(decoded, "selftests/unit/test_locks.c")


def verdicts():
    """every verdict and certainty is documented"""
    names = re.findall(r'\.name = "([^"]+)"', read("userspace/core/verdicts.c"))
    undocumented(names, "Documentation/waker-model.rst", "Documentation/reading-a-verdict.rst",
                 "userspace/futexinspect.8")


# Which words a member of JSON may have, and the array of the program that has them.
WORDS = (
    ("frame", "kind", "userspace/stacks/frames.c", "frame_kinds"),
    ("thread", "by", "userspace/core/model.c", "evidence_names"),
    ("thread", "state", "userspace/core/model.c", "run_state_names"),
    ("waiter", "verdict", "userspace/core/verdicts.c", "verdicts"),
    ("waiter", "certainty", "userspace/core/verdicts.c", "certainties"),
)


def schema_words():
    """the schema of JSON has the words that the program has"""
    definitions = json.loads(read("Documentation/futexinspect.schema.json"))["$defs"]
    for definition, member, path, array in WORDS:
        rows, = re.findall(r"^(?:static )?const [^=;]*\b%s\[\w+\] = \{\n(.*?)^\};" % array,
                           read(path), re.M | re.S)
        words = set(re.findall(r'(?:\.name|\]\t*) *= "([^"]+)"', rows))
        # A thread that is not in the snapshot is "gone".
        found = set(definitions[definition]["properties"][member]["enum"]) - {None, "gone"}
        ksft.equal(sorted(found), sorted(words), "words of %s" % member)


def paths_exist():
    """every path that CONTRIBUTING.rst names is there"""
    text = re.sub(r"``([\w.]+/[\w.]+)\.\[ch\]``", r"``\1.c`` ``\1.h``", read("CONTRIBUTING.rst"))
    named = {path for path in re.findall(r"``([\w./-]+/[\w./-]*)``", text)}
    bases = ("", "userspace/", "selftests/unit/")
    ksft.equal([path for path in sorted(named)
                if not any(os.path.exists(os.path.join(ksft.TOP, base + path))
                           for base in bases)], [], "paths that are not there")


def language():
    """threads are not people, and private terms are not used"""
    find(re.compile(r"\b(whom|outsiders?|by way of)\b", re.I),
         sources("module/", "userspace/") +
         [path for path in files() if re.search(r"^Documentation/.*\.rst$|^[A-Z]+\.(rst|md)$"
                                                r"|^userspace/.*\.8$|^Documentation/ABI/", path)])


def citations():
    """a commit of the kernel is cited with its subject"""
    for path in sources("module/", "userspace/"):
        text = re.sub(r"\s*\n\s*(\*|//)?\s*", " ", read(path))
        for found in re.finditer(r"\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*[0-9])[0-9a-f]{12}\b(.{3})",
                                 text):
            if found[1] != ' ("':
                raise AssertionError("%s: %s" % (path, found[0]))


def shell():
    """shellcheck finds nothing in the scripts"""
    ksft.command("shellcheck", "-x",
                 *(path for path in scripts(*SHELLS) if path != "selftests/vm/init"))


def python():
    """the Python programs compile"""
    paths = {path for path in files() if path.endswith(".py")} | set(scripts(PYTHON))
    with tempfile.TemporaryDirectory() as directory:
        ksft.command("python3", "-m", "py_compile", *sorted(paths), PYTHONPYCACHEPREFIX=directory)


def style():
    """checkpatch --strict finds nothing in module/"""
    paths = [os.path.join(ksft.TOP, path) for path in sources("module/")]
    program = os.path.join(kernel_scripts(), "scripts", "checkpatch.pl")
    with tempfile.TemporaryDirectory() as directory: # it leaves a file where it runs
        ksft.command("perl", program, "--no-tree", "--strict", "--terse", "-q", "-f", *paths,
                     cwd=directory)


def comments():
    """kernel-doc understands all comments"""
    ksft.command("perl", os.path.join(kernel_scripts(), "scripts", "kernel-doc"), "-none",
                 "-Werror", *sources("module/", "userspace/"))


def documentation():
    """Sphinx makes the documentation without warnings"""
    with tempfile.TemporaryDirectory() as directory:
        ksft.command("sphinx-build", "-q", "-W", "--keep-going", "-n",
                     "-d", directory + "/doctrees", "Documentation", directory + "/html")


ksft.run([licences, versions, needs, matrix, rows, version_tests, locks_on_stack, core, abilities,
          model, lock_names, verdicts, schema_words, paths_exist, language, citations, shell, python, style,
          comments, documentation])
