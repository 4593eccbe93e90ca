#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""A thread pool at rest: its threads have done their work and wait for more."""

import concurrent.futures
import signal
import threading

with concurrent.futures.ThreadPoolExecutor(max_workers=4) as pool:
    together = threading.Barrier(4)
    for future in [pool.submit(together.wait) for _ in range(4)]:
        future.result()
    signal.pause()
