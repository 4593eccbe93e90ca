#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""One kind of lock of this Python, with a thread that waits for it; speaks as mklocks.c does."""

import ctypes
import os
import platform
import sys
import threading

KSFT_SKIP = 4
SYS_FUTEX = "98" if platform.machine() == "aarch64" else "202"

# The C library's semaphores up to 3.12, then locks that are a byte.
LOCK = "PyMutex" if sys.version_info >= (3, 13) else "sem_t"


def is_blocked(tid):
    """Whether a thread waits on a semaphore; for the GIL it waits with a timeout."""
    with open("/proc/self/task/%d/syscall" % tid, encoding="ascii") as file:
        call, *args = file.read().split()
    return call == SYS_FUTEX and args[2:4] == ["0x0", "0x0"]


def start(wait):
    """Start a thread that will wait, and return it when it does."""
    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    while not is_blocked(thread.native_id):
        pass
    return thread


def lock():
    """threading.Lock"""
    held = threading.Lock()
    held.acquire()
    return start(held.acquire), LOCK


def join():
    """threading.Thread.join(): no lock, but a semaphore in all versions."""
    return start(lock()[0].join), "sem_t"


def mutex():
    """PyMutex, by itself: what a mutex of an extension module is."""
    if not hasattr(ctypes.pythonapi, "PyMutex_Lock"):
        sys.exit("Python %d.%d has no PyMutex" % sys.version_info[:2])
    held = ctypes.c_uint8(0)
    take = ctypes.pythonapi.PyMutex_Lock
    take.argtypes = [ctypes.c_void_p]
    take.restype = None
    take(ctypes.addressof(held))
    return start(lambda: take(ctypes.addressof(held))), "PyMutex"


def main():
    """Make the kind that the argument names, and stay so until standard input ends."""
    # A thread that is asked to hand over the GIL waits without a timeout until another one has
    # it (drop_gil() in Python/ceval_gil.h): is_blocked() would take that for the lock.
    sys.setswitchinterval(1000)
    try:
        thread, primitive = {"lock": lock, "join": join, "mutex": mutex}[sys.argv[1]]()
    except SystemExit as reason:
        print(reason, file=sys.stderr)
        sys.exit(KSFT_SKIP)
    print("waiter tid=%d primitive=%s\nready" % (thread.native_id, primitive), flush=True)
    sys.stdin.read()
    os._exit(0)


main()
