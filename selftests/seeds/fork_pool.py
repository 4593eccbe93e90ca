#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""fork_pool.py LIBRARY stay|wait: uses the pool of a library, forks, and has the child
use the pool too, whose threads it lacks. The parent then reads its standard input, or
waits for the child."""

import ctypes
import os
import signal
import sys

JOBS = 33

# As Python does, unless it was started with the signal ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
pool = ctypes.CDLL(sys.argv[1])
if pool.pool_start(4):
    sys.exit("cannot start the pool")
for _ in range(JOBS):
    pool.pool_run()

child = os.fork()
if child == 0:
    pool.pool_run()
    os._exit(0)
print("parent tgid=%d" % os.getpid())
print("child tgid=%d" % child)
print("ready", flush=True)
if sys.argv[2] == "wait":
    os.waitpid(child, 0)
sys.stdin.read()
