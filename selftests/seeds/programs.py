# SPDX-License-Identifier: GPL-2.0-only
"""Programs that hang or idle, and what the tool says of them."""

import os
import pty
import select
import signal
import subprocess
import time

from lib import ksft, tool

SOURCES = os.path.dirname(os.path.abspath(__file__))
BUILT = os.path.join(ksft.BUILT, "seeds")

STUCK = tool.STUCK
# What a thread that somebody can wake may be called; unknown is one that just moved.
LIVE = ("signal", "blocked", "waiting", "timed", "unknown")

# Long enough for an emulated machine that has other things to do.
PATIENCE = 120


def until(what, condition):
    """Poll until a condition is true of something; return that."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        got = condition()
        if got:
            return got
        os.sched_yield()
    raise AssertionError("not within %d s: %s" % (PATIENCE, what))


class Program:
    """A process, with all that it starts in its session, which ends with it. What it
    prints are records of the processes that matter, then what state it is in."""

    def __init__(self, *command, **options):
        self.records = {}
        self.process = subprocess.Popen([*command], text=True, start_new_session=True,
                                        **{"stdin": subprocess.PIPE, "stdout": subprocess.PIPE,
                                           **options})
        self.tgid = self.process.pid
        self.output = self.process.stdout and self.process.stdout.fileno()
        self.seen = ""

    def wait_for(self, state):
        """Read what it prints up to a line that is only this word."""
        for line in self.process.stdout:
            if line == state + "\n":
                return self
            kind, fields = ksft.parse_line(line[:-1])
            self.records[kind] = fields
        raise AssertionError("%s ended with %d before it was %s" %
                             (self.process.args, self.process.wait(), state))

    def tell(self, line):
        """Write a line to its standard input."""
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def has_said(self, text):
        """Whether this has appeared in its output, which is not read otherwise then."""
        if select.select([self.output], [], [], 1)[0]:
            self.seen += os.read(self.output, 4096).decode()
        return text in self.seen

    def wait_until_said(self, text):
        """Until it has appeared."""
        try:
            until("%r is said" % text, lambda: self.has_said(text))
        except AssertionError as error:
            raise AssertionError("%s, but: %s" % (error, self.seen)) from None

    def number(self, kind, key="tgid"):
        """A number out of one of its records."""
        return int(self.records[kind][key])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.killpg(self.tgid, signal.SIGKILL)
        self.process.wait()
        for file in (self.process.stdin, self.process.stdout):
            if file:
                file.close()


class Gdb(Program):
    """gdb on a terminal of its own."""

    def __init__(self, *args):
        terminal, slave = pty.openpty()
        super().__init__("gdb", "-nx", "-q", "-iex", "set pagination off", *args,
                         stdin=slave, stdout=slave, stderr=slave,
                         env={**os.environ, "HOME": "/tmp", "TERM": "dumb"})
        os.close(slave)
        self.output = terminal

    def __exit__(self, *args):
        super().__exit__(*args)
        os.close(self.output)


def judge(*tgids, through=()):
    """What the tool says of the waiters of some processes, or of all."""
    return [waiter for waiter in tool.judge(through=through)
            if not tgids or waiter["tgid"] in tgids]


def show_copy(name):
    """Print what the module says, so that a wrong judgement can be looked into."""
    with open(ksft.WAITERS, encoding="ascii") as file:
        for line in file:
            print("# %s: %s" % (name, line), end="")


def check_live(waiters):
    """None of these is said to be stuck, or stopped."""
    wrong = [waiter for waiter in waiters if waiter["verdict"] not in LIVE]
    if wrong:
        show_copy("wrongly accused")
        raise AssertionError("accused: %s" % wrong)


def expect(waiter, **fields):
    """What the tool says of one waiter; each is a value, or a tuple of those allowed."""
    for key, value in fields.items():
        allowed = value if isinstance(value, tuple) else (value,)
        if waiter[key] not in allowed:
            raise AssertionError("%s: got %r, expected %r, in %s" %
                                 (key, waiter[key], value, waiter))


def expect_reason(waiter, *words):
    """The reason of a verdict names all of these."""
    for word in words:
        if str(word) not in waiter["reason"]:
            raise AssertionError("no %r in the reason: %s" % (word, waiter["reason"]))
