#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""pools.py executor|asyncio|cycle: threads that have done their work and wait for more,
or two that wait for each other's lock, and the first one for them."""

import asyncio
import concurrent.futures
import signal
import sys
import threading

WORKERS = 4

# As Python does, unless it was started with the signal ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)


def executor():
    """A pool at rest; the first thread reads."""
    together = threading.Barrier(WORKERS)
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for future in [pool.submit(together.wait) for _ in range(WORKERS)]:
            future.result()
        print("ready", flush=True)
        sys.stdin.read()


async def loop():
    """An event loop at rest that has used such a pool."""
    together = threading.Barrier(WORKERS)
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        run = asyncio.get_running_loop().run_in_executor
        await asyncio.gather(*(run(pool, together.wait) for _ in range(WORKERS)))
        print("ready", flush=True)
        await asyncio.Event().wait()


def cycle():
    """Each thread has one lock and wants the other's."""
    locks = threading.Lock(), threading.Lock()
    together = threading.Barrier(2)

    def take(mine, other):
        with mine:
            together.wait()
            with other:
                pass

    threads = [threading.Thread(target=take, args=args) for args in (locks, locks[::-1])]
    for thread in threads:
        thread.start()
    print("ready", flush=True)
    for thread in threads:
        thread.join()


if sys.argv[1] == "asyncio":
    asyncio.run(loop())
else:
    {"executor": executor, "cycle": cycle}[sys.argv[1]]()
