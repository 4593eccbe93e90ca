#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""fork_print: a child of fork that inherited the lock of standard output, and has threads.

State: a thread of the parent sleeps in write() to standard output (a pipe that is full), so it
  has the lock of Python's buffer. The main thread forks, as multiprocessing does. The
  child starts a heartbeat thread of its own (as a queue's feeder would be), then prints.
Truth: the child's main thread waits for a copy of the lock (a sem_t of libpython's), whose holder
  is a thread of the parent. The child's own heartbeat lives, but cannot release it.
Run:    /usr/bin/python3 fork_print.py
Source: github.com/python/cpython issues 102532 and 91776: "hangs and never joins", with strace
  (FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME, 0, NULL) and gdb's sem_wait; open for years.
"""
import fcntl
import os
import threading
import time


def beat():
    while True:
        time.sleep(0.2)


def child():
    threading.Thread(target=beat, daemon=True).start()
    print("done", flush=True)


def main():
    log = os.dup(1)
    reader, writer = os.pipe()
    os.dup2(writer, 1)
    fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 4096)
    threading.Thread(target=lambda: print("x" * 100000, flush=True), daemon=True).start()
    time.sleep(2)
    pid = os.fork()  # multiprocessing flushes standard output first; the window is behind that
    if not pid:
        child()
        os._exit(0)
    os.write(log, b"pid parent %d\npid child %d\n" % (os.getpid(), pid))
    time.sleep(2)
    os.write(log, b"ready\n")
    os.waitpid(pid, 0)


main()
