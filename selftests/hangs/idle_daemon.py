#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""idle_daemon: its main thread waits for an event that the handler of SIGTERM sets.

Truth: nothing hangs. No thread can wake it, but a signal from outside will.
"""
import os
import signal
import threading

stop = threading.Event()
signal.signal(signal.SIGTERM, lambda number, frame: stop.set())
print("pid main", os.getpid(), flush=True)
print("ready", flush=True)
stop.wait()
