#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""mp_worker_killed: a multiprocessing pool, one idle worker of which the OOM killer took.

State: four workers take jobs from one multiprocessing.Queue. The one that waits for the next job
  does so with the queue's reader lock (a POSIX semaphore in shared memory); it is ended by
  SIGKILL. The three others wait for that semaphore for ever. The parent puts jobs in, and waits
  for results.
Truth: the semaphore's last taker is dead; nobody will post it. It has no owner's id. The parent
  is alive, but waits for results that no worker will ever send.
Run:    /usr/bin/python3 mp_worker_killed.py
Source: github.com/birdnet-team/birdnet issue 73 ("never posted, and every other process blocks
  forever"; the first diagnosis in the report was wrong), CroatianMeteorNetwork/RMS pull 935 (a
  soak of 8 days, found by py-spy on live processes), celery/billiard issue 104.
"""
import multiprocessing
import os
import signal
import time


def work(jobs, results):
    while True:
        results.put(jobs.get() * 2)


def main():
    context = multiprocessing.get_context("fork")
    jobs, results = context.Queue(), context.Queue()
    workers = [context.Process(target=work, args=(jobs, results), daemon=True) for _ in range(4)]
    print("pid parent", os.getpid(), flush=True)
    for number, worker in enumerate(workers):
        worker.start()
        print("pid worker%d" % number, worker.pid, flush=True)
        if not number:
            time.sleep(3)  # this one has the lock now, and reads the pipe
    time.sleep(2)
    os.kill(workers[0].pid, signal.SIGKILL)
    workers[0].join()
    for job in range(8):
        jobs.put(job)
    print("ready", flush=True)
    print([results.get() for _ in range(8)])


main()
