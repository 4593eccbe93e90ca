# SPDX-License-Identifier: GPL-2.0-only
"""Reads the cases of the command line in ../cases, where README says what they look like."""

import dataclasses
import os
import re
import shlex

BLOCKS = ("stdout", "stderr", "json")


@dataclasses.dataclass
class Case:
    """A command line, and what has to come of it."""
    where: str
    name: str = ""
    environment: dict = dataclasses.field(default_factory=dict)
    command: str = ""
    args: list = dataclasses.field(default_factory=list)
    stdin: str = ""
    files: dict = dataclasses.field(default_factory=dict)
    status: int = 0
    stdout: str | None = None
    stdout_file: str = ""
    stderr: str | None = None
    json: str | None = None
    json_exactly: str | None = None
    lines: list = dataclasses.field(default_factory=list)
    has: list = dataclasses.field(default_factory=list)
    lacks: list = dataclasses.field(default_factory=list)
    tidy: bool = False

    def set_command(self, text):
        """The line with the command."""
        words = shlex.split(text)
        while re.match(r"\w+=", words[0]):
            key, _, value = words.pop(0).partition("=")
            self.environment[key] = value
        if words.pop(0) != "futexinspect":
            raise ValueError("the command is not futexinspect")
        self.args = words
        self.command = text
        self.name = self.name or text

    def set_usage(self, text):
        """A mistake in the usage, and its message."""
        self.status = 2
        self.stderr = "futexinspect: %s; see futexinspect --help\n" % text

    def set_word(self, word, text):
        """A line that is complete in itself."""
        if word == "==":
            self.name = text
        elif word == "$":
            self.set_command(text)
        elif word == "status":
            self.status = int(text)
        elif word == "usage":
            self.set_usage(text)
        elif word == "file" and text:
            self.files[text] = ""
        elif word == "stdin":
            self.stdin = text
        elif word == "stdout":
            self.stdout_file = text
        elif word == "line":
            self.lines.append(text)
        elif word in ("has", "lacks"):
            getattr(self, word).append(text)
        elif word == "tidy" and not text:
            self.tidy = True
        else:
            raise ValueError("what is %r?" % word)

    def set_block(self, word, text, block):
        """A line that others follow."""
        if word == "file" and text:
            self.files[text] = block
        elif word in BLOCKS and not text:
            setattr(self, word, block)
        elif (word, text) == ("json", "exactly"):
            self.json_exactly = block
        else:
            raise ValueError("no lines can follow %r" % word)


def read_case(where, lines):
    """A case from its lines."""
    case = Case(where)
    while lines:
        word, _, text = lines.pop(0).partition(" ")
        block = ""
        while lines and lines[0].startswith("|"):
            block += lines.pop(0)[2:] + "\n"
        if block or (word in BLOCKS and not text):
            case.set_block(word, text, block)
        else:
            case.set_word(word, text)
    if not case.command:
        raise ValueError("there is no command")
    return case


def parse_cases(text, name):
    """The cases in a text. Empty lines part them; lines that begin with # are comments."""
    text = re.sub("^#.*\n", "", text, flags=re.M)
    for number, block in enumerate(re.split(r"\n\n+", text.strip("\n")), 1):
        where = "%s, case %d" % (name, number)
        try:
            yield read_case(where, block.split("\n"))
        except ValueError as error:
            raise ValueError("%s: %s" % (where, error)) from None


def read_cases(path):
    """The cases of a file."""
    with open(path, encoding="utf-8") as file:
        yield from parse_cases(file.read(), os.path.basename(path))
