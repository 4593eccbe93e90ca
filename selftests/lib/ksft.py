# SPDX-License-Identifier: GPL-2.0-only
"""What the tests share: TAP, the factory mkwaiters, and the module's file."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import traceback

WAITERS = "/sys/kernel/debug/futexinspect/waiters"
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILT = os.path.join(TOP, "build", "selftests")
MKWAITERS = os.path.join(BUILT, "mkwaiters")
MKHOSTILE = os.path.join(BUILT, "mkhostile")

KSFT_SKIP = 4


class Skip(Exception):
    """A test that cannot run here; the text says why."""


def name_of(test):
    """The name of a test: the first line of its docstring."""
    return test.__doc__.splitlines()[0]


def run_one(test):
    """Run a test; return how its line begins and ends, and what was wrong."""
    try:
        test()
        return "ok", "", ""
    except Skip as reason:
        return "ok", " # SKIP %s" % " ".join(str(reason).split()), ""
    except Exception:
        return "not ok", "", traceback.format_exc()


def run(tests, around=contextlib.nullcontext):
    """Run functions as TAP tests, within a context that is made for all of them.

    In the environment, KSFT_CASES is an expression that chooses tests by name; with KSFT_LIST
    the names are printed instead, after what it is."""
    if "KSFT_LIST" in os.environ:
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        for test in tests:
            print(os.environ["KSFT_LIST"] + name_of(test))
        return
    tests = [test for test in tests if re.search(os.environ.get("KSFT_CASES", ""), name_of(test))]
    print("TAP version 13\n1..%d" % len(tests), flush=True)
    if not tests:
        return
    failed = False
    with around():
        for number, test in enumerate(tests, 1):
            how, skip, problem = run_one(test)
            print("%s %d %s%s" % (how, number, name_of(test), skip), flush=True)
            for line in problem.splitlines():
                print("# " + line, flush=True)
            failed |= how != "ok"
    sys.exit(1 if failed else 0)


def write(path, text):
    """Write a small file, of the kernel's mostly."""
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def command(*words, cwd=TOP, **env):
    """Run a command, which has to succeed; return what it printed."""
    got = subprocess.run(words, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
                         env={**os.environ, **env})
    if got.returncode:
        raise AssertionError("%s: status %d\n%s" % (" ".join(words), got.returncode, got.stdout))
    return got.stdout


@contextlib.contextmanager
def mounted(*args):
    """With something mounted; the last argument is where."""
    command("mount", *args)
    try:
        yield
    finally:
        command("umount", args[-1])


@contextlib.contextmanager
def python_root(directory, name="python"):
    """The root with Python 3.13, or another one of selftests/build_root, with /proc, and a directory
    of this host at /mnt; its path."""
    root = os.path.realpath(os.path.join(BUILT, name + "-root"))
    if not os.path.isdir(root):
        raise Skip("selftests/build_root has not made a root")
    with mounted("-t", "proc", "proc", root + "/proc"), mounted("--bind", directory, root + "/mnt"):
        yield root


def command_test(name, *words):
    """The test that a command succeeds, run in the top directory; as run() wants it."""
    def test():
        command(*words)
    test.__doc__ = name
    return test


def equal(got, expected, what):
    """Fail unless two values are the same."""
    if got != expected:
        raise AssertionError("%s: got %r, expected %r" % (what, got, expected))


def parse_line(line):
    """Split a record into its kind and its fields."""
    kind, *fields = line.split(" ")
    pairs = [field.split("=", 1) for field in fields]
    keys = [key for key, _ in pairs]
    equal(sorted(set(keys)), sorted(keys), "keys of %s" % line)
    return kind, dict(pairs)


# What a record without these fields means: Documentation/ABI says it of each.
DEFAULTS = {
    "waiter": {"syscall": "futex", "key": "private", "timeout": "none", "timeout_ns": "-",
               "stable": "yes", "words": "-48:0*24", "pi_owner": "-", "queued": "yes"},
    "process": {"ignored": "0x0", "libc_handlers": "0x0,0x0"},
    "thread": {"state": "S", "tracer": "-", "nivcsw": "0", "frozen": "no", "exiting": "no",
               "io_worker": "no", "clear_child_tid": "0x0", "robust_list": "no",
               "io_uring": "no", "blocked": "0x0", "pdeath": "0"},
}


def plain_args(fields):
    """The arguments of a wait, which its other fields tell."""
    op = {"FUTEX_WAIT": 0, "FUTEX_WAIT_BITSET": 9}[fields["op"]]
    op |= 0x80 if "PRIVATE" in fields["flags"] else 0
    op |= 0x100 if "CLOCK_REALTIME" in fields["flags"] else 0
    bitset = int(fields["bitset"], 16) if "BITSET" in fields["op"] else 0
    return "%s,0x%x,0x%x,0x0,0x0,0x%x" % (fields["uaddr"], op, int(fields["expected"]), bitset)


def complete(records):
    """Fill in what was left out, so that the tests see all fields of all records."""
    processes = {got["tgid"]: got for kind, got in records if kind == "process"}
    for kind, got in records:
        for key, value in DEFAULTS.get(kind, {}).items():
            got.setdefault(key, value)
        if kind == "waiter":
            got.setdefault("waits_on", got["uaddr"])
            if "args" not in got:
                got["args"] = "?" if got["syscall"] == "io_uring" else plain_args(got)
        elif kind == "thread":
            process = processes[got["tgid"]]
            got.setdefault("comm", process["comm"])
            got.setdefault("mm", process["mm"])
            got.setdefault("nstid", got["tid"])
    return records


def parse(text):
    """Split the file into its records, and check what holds for every file."""
    if not text.endswith("\n"):
        raise AssertionError("cut off: ...%r" % text[-60:])
    records = [parse_line(line) for line in text[:-1].split("\n")]
    equal(records[0][0], "futexinspect", "first record")
    equal(records[-1][0], "end", "last record")
    end = records[-1][1]
    counts = (("waiter", "waiters"), ("mm", "mms"), ("process", "processes"),
              ("thread", "threads"), ("error", "errors"), ("shared", "shared"))
    for kind, key in counts:
        equal(str(sum(1 for got, _ in records if got == kind)), end[key], key)
    equal(end["errors"], "0", "errors")
    return complete(records)


def read_waiters():
    """One snapshot of the host, as records."""
    with open(WAITERS, encoding="ascii") as file:
        return parse(file.read())


class State:
    """What mkwaiters says of one of its states: see struct state in states/states.h."""

    def __init__(self, line):
        self.name, *words = line.partition("#")[0].split()
        fields = dict(word.partition("=")[::2] for word in words)
        verdict, _, certainty = fields.get("verdict", "").partition(",")
        self.verdict = verdict or None
        self.certainty = certainty or None
        self.freezer = fields.get("freezer", "no")
        self.in_memory = "in_memory" in fields
        self.apart = "apart" in fields


def states():
    """All states of mkwaiters."""
    text = subprocess.run([MKWAITERS, "--list"], capture_output=True, text=True, check=True).stdout
    return [State(line) for line in text.splitlines()]


class Factory:
    """A mkwaiters process in one state, and what it says of its waiters; or another
    program that speaks as it does, which may take several words."""

    def __init__(self, state, program=MKWAITERS, **how):
        self.process = subprocess.Popen([program, *state.split()], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, **how)
        self.records = []
        try:
            if self.read_records():
                return
        except Exception:
            self.process.kill()
            raise
        errors = self.process.stderr.read().strip()
        if self.process.wait() == KSFT_SKIP:
            raise Skip(errors)
        raise AssertionError("%s %s: %s" % (program, state, errors))

    def read_records(self):
        """Read what it says until it is ready; return whether it came to that."""
        for line in self.process.stdout:
            if line == "ready\n":
                return True
            self.records.append(parse_line(line[:-1]))
        return False

    def get(self, kind):
        """The fields of all records of one kind."""
        return [fields for got, fields in self.records if got == kind]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()
