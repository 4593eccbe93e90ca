#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""gil_reader: a call of C that keeps Python's lock reads from a pipe to which nobody writes.

State: a thread sleeps in read() and has the GIL (ctypes.PyDLL does not give it up, as a binding
  that forgot Py_BEGIN_ALLOW_THREADS). Another wants it, with a timeout, over and over.
Truth: nothing of Python goes on until somebody writes to the pipe. The holder is the reader.
"""
import ctypes
import os
import threading

C = ctypes.PyDLL(None)
BYTE = ctypes.create_string_buffer(1)
READER, WRITER = os.pipe()


def read():
    print("thread reader", threading.get_native_id(), flush=True)
    print("ready", flush=True)
    C.read(READER, BYTE, 1)


print("pid main", os.getpid(), flush=True)
threading.Thread(target=read).start()
while True:
    pass
