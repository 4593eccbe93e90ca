#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""queue_join: a process joins its child before it has read what the child put into a queue.

State: the child has put more into a multiprocessing.Queue than the pipe takes, and ends: it waits
  for the queue's feeder thread, which writes to the pipe. The parent waits for the child to end.
Truth: the parent has the only other end of the pipe: each waits for the other.
"""
import multiprocessing
import os
import threading


def job(queue):
    print("pid child", os.getpid(), flush=True)
    queue.put("x" * 10000000)
    feeder, = (thread for thread in threading.enumerate() if "Feeder" in thread.name)
    print("tid feeder", feeder.native_id, flush=True)
    print("ready", flush=True)


if __name__ == "__main__":
    print("pid main", os.getpid(), flush=True)
    QUEUE = multiprocessing.Queue()
    CHILD = multiprocessing.Process(target=job, args=(QUEUE,))
    CHILD.start()
    CHILD.join()
