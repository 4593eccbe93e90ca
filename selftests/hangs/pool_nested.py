#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""pool_nested: a job of a pool of one thread waits for another job of the same pool.

State: the only worker runs a job, which submits a second one and waits for its result. The main
  thread waits for the first.
Truth: both wait for ever, and no thread is left that could wake them.
Run:    /usr/bin/python3 pool_nested.py
"""
import concurrent.futures
import os
import threading


def outer(pool):
    print("tid worker", threading.get_native_id(), flush=True)
    print("ready", flush=True)
    return pool.submit(int).result()


def main():
    print("pid main", os.getpid(), flush=True)
    pool = concurrent.futures.ThreadPoolExecutor(1)
    pool.submit(outer, pool).result()


main()
