#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""One thread holds a lock inside C code while another one forks: the child has a
copy of the lock, but not of the thread that would unlock it."""

import ctypes
import os
import sys
import threading

jobs = ctypes.CDLL(sys.argv[1])
threading.Thread(target=jobs.jobs_run, daemon=True).start()
while not jobs.jobs_busy():
    os.sched_yield()

child = os.fork()
if child == 0:
    jobs.jobs_run()
os.waitpid(child, 0)
