#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""gil_deadlock: one thread has a mutex of a library and wants Python's lock, another the reverse.

State: the main thread has locked a pthread_mutex, and waits for the GIL, with a timeout, over and
  over. The worker has the GIL, and waits for the mutex.
Truth: a deadlock of the two.
"""
import ctypes
import os
import threading

C = ctypes.PyDLL(None)
MUTEX = ctypes.create_string_buffer(64)


def work():
    print("thread worker", threading.get_native_id(), flush=True)
    print("ready", flush=True)
    C.pthread_mutex_lock(MUTEX)


print("pid main", os.getpid(), flush=True)
C.pthread_mutex_lock(MUTEX)
threading.Thread(target=work).start()
while True:
    pass
