#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""pipes.py STATE: threads wait for a lock that the first one has, which sleeps until
somebody else lets it go on. Told to by a line, whoever can does, if anybody.

own         it reads a pipe that only itself could write to, as gdb does: by name
self_pipe   it reads a pipe that its own signal handler writes to
two         it reads a pipe that only its child could write to, which does the same
child       it reads a pipe that its child could write to, too
fifo        the same of a pipe with a name, which the child does not have open
in_flight   the same of a pipe whose other end is on its way to the child in a socket
unaccepted  the same with a message in a connection that is yet to be accepted
own_table   the same of a pipe that a thread of the child has, but not its first one
given R     the same of a pipe that it was given: somebody else has it as well
wait        it waits for its children, of which one is stuck and one is not
alarm       its only child waits for a stuck one, but only until an alarm
subreaper   its only child is stuck, but it will inherit a child of that one's child
"""

import array
import ctypes
import os
import signal
import socket
import sys
import tempfile
import threading

WORKERS = 3
CLONE_FILES = 0x400
PR_SET_CHILD_SUBREAPER = 36

# As Python does, unless it was started with the signal ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)


def hold():
    """Have threads wait for the first one."""
    lock = threading.Lock()
    lock.acquire()
    for _ in range(WORKERS):
        threading.Thread(target=lock.acquire, daemon=True).start()


def fork(run, *args):
    """Have a child do something, and end."""
    child = os.fork()
    if child == 0:
        run(*args)
        os._exit(0)
    return child


def ready(*children):
    """Print the ids, and that the state is reached."""
    for child in children:
        print("child tgid=%d" % child)
    print("ready", flush=True)


def read(fd):
    """Sleep until there is something to read."""
    os.read(fd, 1)
    print("woken", flush=True)


def when_told(let_go):
    """Let the parent go on when there is a line to read."""
    os.read(0, 1)
    let_go()


def hang():
    """Read what only itself could write, and no handler does: a file of its own."""
    from_self, _to_self = os.pipe()
    read(os.open("/proc/self/fd/%d" % from_self, os.O_RDONLY))


def own():
    """Both ends are its own, and nobody else's."""
    hold()
    ready()
    hang()


def self_pipe():
    """The handler writes, so whoever sends the signal wakes it."""
    pid = fork(when_told, lambda: os.kill(os.getppid(), signal.SIGUSR1))
    from_self, to_self = os.pipe()
    os.set_blocking(to_self, False)
    signal.set_wakeup_fd(to_self)
    signal.signal(signal.SIGUSR1, lambda *_: None)
    hold()
    ready(pid)
    read(from_self)


def two():
    """Each of two has the end that the other one reads."""
    from_child, to_parent = os.pipe()
    from_parent, to_child = os.pipe()

    def child():
        os.close(from_child)
        os.close(to_child)
        hold()
        read(from_parent)

    pid = fork(child)
    os.close(from_parent)
    os.close(to_parent)
    hold()
    ready(pid)
    read(from_child)


def with_child():
    """The child has the pipe as well."""
    from_child, to_parent = os.pipe()
    pid = fork(when_told, lambda: os.write(to_parent, b"x"))
    hold()
    ready(pid)
    read(from_child)


def fifo():
    """A reader that has both ends open gets no end of file; others may open it."""
    with tempfile.TemporaryDirectory() as directory:
        path = directory + "/fifo"
        os.mkfifo(path)

        def write():
            with open(path, "wb") as file:
                file.write(b"x")

        pid = fork(when_told, write)
        both_ends = os.open(path, os.O_RDWR)
        hold()
        ready(pid)
        read(both_ends)


def send_fd(sock, fd):
    """Put a descriptor into a message."""
    sock.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))])


def write_to_sent(sock):
    """Take a descriptor out of a message, and write to it."""
    size = socket.CMSG_SPACE(array.array("i").itemsize)
    (_, _, data), = sock.recvmsg(1, size)[1]
    os.write(array.array("i", data)[0], b"x")


def in_flight():
    """The other end is in no descriptor table but its own, and yet not its alone."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    pid = fork(when_told, lambda: write_to_sent(theirs))
    from_child, to_parent = os.pipe()
    send_fd(ours, to_parent)
    hold()
    ready(pid)
    read(from_child)


def unaccepted():
    """The socket that the message is in is in no descriptor table either."""
    server = socket.socket(socket.AF_UNIX)
    server.bind("\0pipes-%d" % os.getpid())
    server.listen()
    pid = fork(when_told, lambda: write_to_sent(server.accept()[0]))
    from_child, to_parent = os.pipe()
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(server.getsockname())
        send_fd(client, to_parent)
    server.close()
    hold()
    ready(pid)
    read(from_child)


def own_table():
    """The thread has taken its descriptors along before the child closed it."""
    from_child, to_parent = os.pipe()
    done, tell_done = os.pipe()
    copied = threading.Event()

    def write():
        ctypes.CDLL(None).unshare(CLONE_FILES)
        copied.set()
        when_told(lambda: os.write(to_parent, b"x"))

    def child():
        thread = threading.Thread(target=write)
        thread.start()
        copied.wait()
        os.close(to_parent)
        os.write(tell_done, b"x")
        thread.join()

    pid = fork(child)
    os.read(done, 1)
    hold()
    ready(pid)
    read(from_child)


def given():
    """It inherited both ends from a process that kept the write end."""
    hold()
    ready()
    read(int(sys.argv[2]))


def wait():
    """It waits for whichever child ends."""
    stuck = fork(hang)
    pid = fork(os.read, 0, 1)
    hold()
    ready(stuck, pid)
    os.wait()
    print("woken", flush=True)


def alarm():
    """The alarm is far away, but its signal may be sent."""
    def child():
        signal.signal(signal.SIGALRM, lambda *_: os._exit(0))
        signal.alarm(3600)
        fork(hang)
        os.wait()

    pid = fork(child)
    hold()
    ready(pid)
    os.wait()
    print("woken", flush=True)


def subreaper():
    """An orphan becomes a child of the nearest subreaper above."""
    def orphan(parent):
        while os.getppid() == parent:
            os.sched_yield()

    def child():
        fork(when_told, lambda: fork(orphan, os.getpid()))
        hang()

    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    pid = fork(child)
    hold()
    ready(pid)
    os.wait()
    print("woken", flush=True)


{"own": own, "self_pipe": self_pipe, "two": two, "child": with_child, "fifo": fifo,
 "in_flight": in_flight, "unaccepted": unaccepted, "own_table": own_table, "given": given,
 "wait": wait, "alarm": alarm, "subreaper": subreaper}[sys.argv[1]]()
