#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: test_module.py SERIES/ARCH...

The module as it is built for kernels: what it calls, and in which order its files depend on each
other. Runs on the host."""

import collections
import functools
import os
import re
import subprocess
import sys

from lib import ksft

VM = os.path.join(ksft.TOP, "selftests", "vm", "run")
CALLS = os.path.join(ksft.TOP, "selftests", "module_calls")

# What the names of the host's programs for an architecture begin with.
PREFIXES = {"amd64": "x86_64-linux-gnu-", "arm64": "aarch64-linux-gnu-"}

# These call what struct fi_walk holds: functions of private_hash.c and the like.
INDIRECT = {"fi_walk_threads", "visit_batch"}

CALL = re.compile(r"\b(call|jmp)q?\s+\*|__x86_indirect_thunk|\bblr\b")


@functools.lru_cache(None)
def build(kernel):
    """Build the module for a kernel; the directory that it is built in, which is printed last."""
    series, arch = kernel.split("/")
    return ksft.command(VM, "--kernel", series, "--arch", arch, "--build").splitlines()[-1]


def disassemble(kernel):
    """The instructions and relocations of the module, as lines."""
    program = PREFIXES[kernel.split("/")[1]] + "objdump"
    return ksft.command(program, "-dr", build(kernel) + "/futexinspect.ko").splitlines()


def indirect_callers(lines):
    """The functions that call through a pointer."""
    function = None
    for line, relocation in zip(lines, lines[1:]):
        if line.endswith(">:"):
            function = line.split("<")[1][:-2]
        elif "pv_ops" in relocation:
            continue # the kernel makes direct calls of these when it loads the module
        elif CALL.search(line):
            yield function


def calls_test(kernel):
    """The test that no caller is there but those that are known, and that these are seen."""
    def test():
        callers = set(indirect_callers(disassemble(kernel)))
        ksft.equal(callers - INDIRECT, set(), "indirect calls in")
        if "fi_walk_threads" not in callers:
            raise AssertionError("no indirect call found at all: is the disassembly read?")
    test.__doc__ = kernel + ": the module calls nothing through a pointer but its own functions"
    return test


# The data through which functions are called. The other sections with addresses of code are tables of
# places in it, which nothing calls.
DATA = re.compile(r"\.((init|exit)\.)?(data|rodata)(\..*)?$|__param$|\.gnu\.linkonce\.this_module$")

# The kernel takes endbr64 away from the functions in this one: see apply_seal_endbr().
SEAL = ".ibt_endbr_seal"

# These are called through a pointer, whatever else is.
CALLED = {"init_module", "cleanup_module", "waiters_open", "format_show", "redirect", "words_fn"}

INSTRUCTION = re.compile(r"\s*([0-9a-f]+):\t(\S.*)$")
RELOCATION = re.compile(r"\s*([0-9a-f]+):? (R_\w+)\s+(.+?)([+-]0x[0-9a-f]+)?$")

# A place is a pair of a section and an offset in it. A reference is a relocation: the section that it is
# in, the instruction that it is in, or None, and the place that it refers to.
Reference = collections.namedtuple("Reference", "section instruction place")


class Module:
    """The module's file for a kernel, as objdump shows it."""

    def __init__(self, kernel):
        self.program = PREFIXES[kernel.split("/")[1]] + "objdump"
        self.path = build(kernel) + "/futexinspect.ko"
        # The place of each symbol, and the function that begins at a place.
        self.symbols, self.functions = {}, {}
        self.read_symbols()
        # The instruction at a place.
        self.instructions = {}
        self.references = []
        self.read_code()
        self.read_data()

    def lines(self, *options):
        """What objdump prints."""
        return ksft.command(self.program, *options, self.path).splitlines()

    def read_symbols(self):
        """Read the table of symbols."""
        for line in self.lines("-t"):
            value, tab, rest = line.partition("\t")
            words = value.split() + rest.split()
            if not tab or not rest.split()[1:]:
                continue
            name, section = words[-1], words[-3]
            self.symbols[name] = section, int(words[0], 16)
            if "F" in words[1:-3]:
                self.functions[self.symbols[name]] = name

    def refer(self, section, instruction, relocation, behind):
        """Add a reference; @behind is the offset that a relative one counts from, if it does."""
        offset, kind, symbol, addend = relocation.groups()
        if symbol in self.symbols and self.symbols[symbol][0] != "*UND*":
            target, value = self.symbols[symbol]
            value += int(addend or "0", 16)
            if behind and kind in ("R_X86_64_PC32", "R_X86_64_PLT32"):
                value += behind - int(offset, 16)
            self.references.append(Reference(section, instruction, (target, value)))

    def read_code(self):
        """Read the instructions, with their relocations, which objdump prints below each."""
        section, last, waiting = None, None, []

        def end(behind):
            for relocation in waiting:
                self.refer(section, last, relocation, behind)
            waiting.clear()

        for line in self.lines("-dr", "--no-show-raw-insn"):
            relocation, found = RELOCATION.match(line), INSTRUCTION.match(line)
            if line.startswith("Disassembly of section "):
                end(None)
                section = line.split()[-1][:-1]
            elif relocation:
                waiting.append(relocation)
            elif found:
                end(int(found[1], 16))
                last = section, int(found[1], 16)
                self.instructions[last] = found[2]
        end(None)

    def read_data(self):
        """Read the relocations of all sections that have no instructions."""
        code = {section for section, _ in self.instructions}
        section = None
        for line in self.lines("-r"):
            relocation = RELOCATION.match(line)
            if line.startswith("RELOCATION RECORDS FOR ["):
                section = line.split("[")[1][:-2]
            elif relocation and section not in code:
                self.refer(section, None, relocation, None)

    def in_code(self, place):
        """Whether a place is in a section with instructions."""
        return place[0] in {section for section, _ in self.instructions}

    def function_of(self, place):
        """The name of the function that a place is in."""
        return self.functions[max(start for start in self.functions
                                  if start[0] == place[0] and start[1] <= place[1])]

    def taken(self):
        """The places in the code that are stored or handed out, other than by a direct jump or call."""
        for section, instruction, place in self.references:
            if not self.in_code(place):
                continue
            if instruction and not re.match(r"(call|j\w+)\s", self.instructions[instruction]):
                yield place
            elif not instruction and DATA.match(section):
                yield place

    def sealed(self):
        """The places that the kernel takes endbr64 away from when it loads the module."""
        return {place for section, _, place in self.references if section == SEAL}


def has_ibt(kernel):
    """Whether a kernel is built to check where indirect calls go."""
    config = os.path.join(build(kernel), "../../../kernels", kernel.replace("/", "-"), "headers", ".config")
    with open(config, encoding="ascii") as file:
        return "CONFIG_X86_KERNEL_IBT=y\n" in file


def check_entries(kernel):
    """Fail unless what may be called through a pointer begins with endbr64 when the module is loaded."""
    module = Module(kernel)
    taken, sealed = set(module.taken()), module.sealed()
    names = {module.functions.get(place) for place in taken}
    ksft.equal(CALLED - names, set(), kernel + ": not seen to be handed out")
    if not sealed:
        raise AssertionError(kernel + ": no function is sealed: is the list read?")
    ksft.equal({module.function_of(place) for place in taken
                if module.instructions[place] != "endbr64" or place in sealed}, set(),
               kernel + ": without endbr64")


def test_entries():
    """each function that may be called through a pointer begins with endbr64, where the kernel has IBT"""
    kernels = [kernel for kernel in sys.argv[1:] if has_ibt(kernel)]
    if not kernels:
        raise AssertionError("no kernel has IBT")
    for kernel in kernels:
        check_entries(kernel)


def address_test(kernel):
    """The test that the address of futex_hash() goes from its kprobe to the saved registers, and
    nowhere else: no call and no jump takes it."""
    def test():
        module = Module(kernel)
        users = {module.function_of(reference.instruction) for reference in module.references
                 if reference.instruction and reference.place == module.symbols["address"]}
        ksft.equal(users, {"fi_futex_hash_init", "redirect"}, "what uses the address of futex_hash()")
    test.__doc__ = kernel + ": the address of futex_hash() is used by its kprobe alone"
    return test


def symbols_test(kernel):
    """The test that it looks up no symbol of the kernel by name."""
    def test():
        undefined = ksft.command("nm", "-u", build(kernel) + "/futexinspect.ko")
        if "kallsyms" in undefined or "sprint_symbol" not in undefined:
            raise AssertionError("undefined symbols: %s" % undefined)
    test.__doc__ = kernel + ": the module takes no symbol of the kernel that is not exported"
    return test


def circles_test(kernel):
    """The test that the files depend on each other one way."""
    def test():
        got = subprocess.run([CALLS, build(kernel)], capture_output=True, text=True, check=False)
        ksft.equal((got.returncode, got.stderr), (0, ""), got.stdout)
    test.__doc__ = kernel + ": no file of the module calls in a circle"
    return test


ksft.run([test(kernel) for kernel in sys.argv[1:]
          for test in (calls_test, address_test, symbols_test, circles_test)] + [test_entries])
