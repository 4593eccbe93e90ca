#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""A quiet host stays quiet: programs that people run, at rest, are not accused by any of
many looks. And what the tool says of the same programs when they do hang."""

import contextlib
import glob
import os
import shutil
import signal
import socket
import subprocess
import tempfile

from lib import ksft
from seeds.programs import (BUILT, SOURCES, STUCK, Gdb, Program, check_live, expect, expect_reason,
                            judge, until)

LOOKS = 6
WORKERS = 4

QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL,
         "stderr": subprocess.DEVNULL, "env": {**os.environ, "HOME": "/tmp"}}


def look_around():
    """The waiters of this host, nobody of which must be accused."""
    waiters = judge()
    check_live(waiters)
    return waiters


def watch(program, count):
    """Look again and again until a program at rest has so many waiters, and some times
    more; return what the last look shows of it."""
    name = program.process.args[0]

    def look():
        ksft.equal(program.process.poll(), None, "exit status of " + name)
        mine = [waiter for waiter in look_around() if waiter["tgid"] == program.tgid and
                waiter["verdict"] != "unknown"]
        return mine if len(mine) >= count else None
    for _ in range(LOOKS):
        waiters = until("%d waiters of %s" % (count, name), look)
    return waiters


def watch_from_start(program, count, state="ready"):
    """The same of a program that has just been started, and tells when it is at rest."""
    for _ in range(LOOKS):
        look_around()
    program.wait_for(state)
    return watch(program, count)


def python(state):
    """pools.py in one of its states."""
    return Program("/usr/bin/python3", os.path.join(SOURCES, "pools.py"), state)


def java(*options):
    """Jobs.java."""
    return Program("java", *options, "-cp", BUILT, "Jobs")


def go(state):
    """jobs.go in one of its states."""
    return Program(os.path.join(BUILT, "jobs"), state)


def node():
    """server.js."""
    return Program("node", os.path.join(SOURCES, "server.js"))


def test_redis():
    """redis at rest"""
    with tempfile.TemporaryDirectory() as directory, \
         Program("redis-server", "--port", "0", "--unixsocket", directory + "/socket",
                 "--save", "", **QUIET) as redis:
        watch(redis, 3)


def test_memcached():
    """memcached at rest"""
    with tempfile.TemporaryDirectory() as directory, \
         Program("memcached", "-u", "root", "-s", directory + "/socket", **QUIET) as memcached:
        watch(memcached, 1)


def test_rsyslog():
    """rsyslog at rest"""
    with tempfile.TemporaryDirectory() as directory:
        with open(directory + "/conf", "w", encoding="ascii") as file:
            file.write('module(load="imuxsock" SysSock.Use="off")\n'
                       'input(type="imuxsock" Socket="%s/socket")\n'
                       '*.* action(type="omfile" file="%s/log" queue.type="LinkedList")\n' %
                       (directory, directory))
        with Program("rsyslogd", "-n", "-i", "NONE", "-f", directory + "/conf",
                     **QUIET) as rsyslogd, \
             socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
            until("rsyslogd listens", lambda: not log.connect_ex(directory + "/socket"))
            # Its queues have no threads until there is something to write.
            log.send(b"<13>selftest: started")
            watch(rsyslogd, 1)


def test_python_executor():
    """Python: a ThreadPoolExecutor at rest"""
    with python("executor") as program:
        watch_from_start(program, WORKERS)


def test_python_asyncio():
    """Python: asyncio at rest, with an executor"""
    with python("asyncio") as program:
        watch_from_start(program, WORKERS)


def test_python_cycle():
    """Python: two threads in a cycle of locks, and one that joins them"""
    # All threads wait, and Python's locks do not name their holders. Control-C would run
    # a handler.
    with python("cycle").wait_for("ready") as program:
        def look():
            waiters = judge(program.tgid)
            stuck = [waiter for waiter in waiters if waiter["verdict"] == "no-waker"]
            return waiters if len(stuck) == 3 else None
        for waiter in until("three stuck threads", look):
            expect(waiter, op="FUTEX_WAIT_BITSET", timeout="none", live_count=3,
                   certainty="barring-signals")
            expect_reason(waiter, "3 live threads")


def test_java():
    """Java at rest"""
    with java() as program:
        watch_from_start(program, WORKERS)


def test_java_breakpoint():
    """Java at a breakpoint, and its debugger at its prompt"""
    subprocess.run(["busybox", "ip", "link", "set", "lo", "up"], check=True)
    agent = "-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=localhost:0"
    with java(agent) as program:
        port = program.process.stdout.readline().rpartition(" ")[2].strip()
        program.wait_for("ready")
        with Program("jdb", "-attach", "localhost:" + port,
                     env={**os.environ, "HOME": "/tmp"}) as jdb:
            jdb.tell("stop in Jobs.step")
            jdb.wait_until_said("Set breakpoint Jobs.step")
            program.tell("step")
            jdb.wait_until_said("Breakpoint hit")
            watch(program, WORKERS)
            watch(jdb, WORKERS)


def test_java_cycle():
    """Java: threads in cycles of monitors and of locks"""
    # The virtual machine's own threads can run, and a lock of Java's is no futex: the
    # kernel cannot know.
    with java().wait_for("ready") as program:
        program.tell("cycle")
        program.wait_for("done")
        watch(program, WORKERS + 4)


def test_go():
    """Go: a server at rest"""
    with go("server") as program:
        watch_from_start(program, WORKERS - 1)


def test_go_asleep():
    """Go: all goroutines wait for each other"""
    # The runtime's own thread wakes once a minute, to collect garbage.
    with go("asleep") as program:
        waiters = watch_from_start(program, WORKERS - 1)
        if not any(waiter["verdict"] == "timed" for waiter in waiters):
            raise AssertionError("nobody has a timeout: %s" % waiters)


def test_go_cycle():
    """Go: two goroutines in a cycle of mutexes in C"""
    # As above, but here words in memory name the holders, which is no proof.
    with go("cycle").wait_for("ready") as program:
        def look():
            waiters = judge(program.tgid)
            return sum(waiter["verdict"] == "deadlock" for waiter in waiters) == 2 and waiters
        waiters = until("two threads in a deadlock", look)
        cycle = [waiter for waiter in waiters if waiter["verdict"] == "deadlock"]
        check_live([waiter for waiter in waiters if waiter not in cycle])
        for waiter, other in (cycle, cycle[::-1]):
            expect(waiter, op="FUTEX_WAIT", expected=2, primitive="pthread_mutex",
                   holder=other["tid"], certainty="likely")


def test_go_moved():
    """Go: a goroutine waits for a lock in C which another one has taken on its thread"""
    # That one will release it, on whatever thread it is by then.
    with go("moved").wait_for("ready") as program:
        def look():
            waiters = judge(program.tgid)
            check_live(waiters)
            return [waiter for waiter in waiters if waiter["holder"] == waiter["tid"]]
        for _ in range(LOOKS):
            for waiter in until("a thread waits for its own id", look):
                expect(waiter, op="FUTEX_WAIT", expected=2, primitive="pthread_mutex", verdict="blocked")


def test_go_handler():
    """Go: a handler, which unwinds in C, waits for the lock that its thread was about to own"""
    # Stuck, as are all goroutines that want the lock; but no word names a holder, and the
    # runtime's own thread wakes once a minute.
    with Program(os.path.join(BUILT, "sigprof"), os.path.join(BUILT, "jobs"),
                 "victim").wait_for("ready") as program:
        tgid, tid = program.number("victim"), program.number("victim", "tid")

        def look():
            waiters = judge(tgid)
            lock = [waiter["waits_on"] for waiter in waiters if waiter["tid"] == tid]
            got = [waiter for waiter in waiters if waiter["waits_on"] in lock and
                   waiter["verdict"] != "unknown"]
            return got if len(got) == 2 else None
        for _ in range(LOOKS):
            for waiter in until("two threads wait for the lock", look):
                expect(waiter, op="FUTEX_WAIT", expected=2, value=2, timeout="none",
                       verdict=("blocked", *STUCK), certainty=(None, "likely"))


def test_node():
    """Node.js: a server at rest"""
    with node() as program:
        watch_from_start(program, WORKERS)


def test_node_wait():
    """Node.js: the first thread waits for a word that nobody else has"""
    # Threads of the runtime's own, which wait for events, can run.
    with node().wait_for("ready") as program:
        program.tell("wait")
        def look():
            return [waiter for waiter in judge(program.tgid) if waiter["tid"] == program.tgid]
        until("the first thread waits", look)
        watch(program, WORKERS + 1)


def test_proot():
    """PRoot, and Node.js at rest, which it traces"""
    with Program("proot", "-r", "/", "node", os.path.join(SOURCES, "server.js")) as proot:
        proot.wait_for("ready")
        with open("/proc/%d/task/%d/children" % (proot.tgid, proot.tgid), encoding="ascii") as file:
            tracee = int(file.read())

        def look():
            return [waiter for waiter in look_around() if waiter["tgid"] == tracee]
        for _ in range(LOOKS):
            until("%d traced waiters" % WORKERS, lambda: len(look()) >= WORKERS)


def test_chromium():
    """Chromium as it starts, and at rest"""
    if not shutil.which("chromium"):
        raise ksft.Skip("chromium is not installed")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
        os.chmod(directory, 0o777)
        # Its sandbox is for others than root.
        options = {**QUIET, "cwd": directory, "env": {**os.environ, "HOME": directory}}
        with Program("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups",
                     "chromium", "--headless", "--disable-gpu", "--remote-debugging-port=0",
                     "--user-data-dir=" + directory + "/data", "about:blank",
                     **options) as chromium:
            # Processes for pages are forked, and call no execve(2).
            def look():
                ksft.equal(chromium.process.poll(), None, "exit status of chromium")
                return len({waiter["tgid"] for waiter in look_around()
                            if waiter["execed"] is False})
            until("three forked processes with waiters", lambda: look() >= 3)
            for _ in range(LOOKS):
                look()


class Postgres(Program):
    """A new PostgreSQL in a directory of its own."""

    def __init__(self, directory):
        found = glob.glob("/usr/lib/postgresql/*/bin")
        if not found:
            raise ksft.Skip("no PostgreSQL")
        self.directory = directory
        os.chmod(directory, 0o777)
        data = directory + "/data"
        options = {**QUIET, "cwd": directory}
        subprocess.run([*self.AS, found[0] + "/initdb", "-D", data, "--no-sync", "-U", "postgres"],
                       check=True, **options)
        # Else the background writer looks at all locks every 15 s (LogStandbySnapshot()), and
        # waits for the lightweight lock, too.
        super().__init__(*self.AS, found[0] + "/postgres", "-D", data, "-F", "-k", directory,
                         "-c", "listen_addresses=", "-c", "wal_level=minimal",
                         "-c", "max_wal_senders=0", **options)

    AS = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups")

    def connect(self):
        """A session, which prints what it is asked to."""
        return Program(*self.AS, "psql", "-h", self.directory, "-U", "postgres", "-Atq",
                       cwd=self.directory, stderr=subprocess.DEVNULL)

    def processes(self):
        """Its processes."""
        with open("/proc/%d/task/%d/children" % (self.tgid, self.tgid), encoding="ascii") as file:
            return [self.tgid, *map(int, file.read().split())]

    def __exit__(self, *args):
        # Each has a session of its own.
        for tgid in self.processes()[1:]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(tgid, signal.SIGKILL)
        super().__exit__(*args)


def try_connect(postgres):
    """A session, and the id of the process that serves it, once the server takes any."""
    session = postgres.connect()
    session.tell("select pg_backend_pid();")
    tgid = session.process.stdout.readline()
    if tgid:
        return session, int(tgid)
    session.process.wait()
    return None


def start_session(postgres):
    """A session, and the process that serves it, once the server takes any."""
    return until("PostgreSQL takes sessions", lambda: try_connect(postgres))


def stop_with_lock(session, tgid):
    """Have a session take a lock of the database, and stop its process while that has the
    lightweight lock which guards the table of those."""
    with Gdb("-p", str(tgid), "-ex", "break pg_advisory_lock_int8", "-ex", "continue",
             "-ex", "tbreak LWLockAcquire", "-ex", "continue", "-ex", "finish",
             "-ex", "shell kill -STOP %d" % tgid, "-ex", "detach") as gdb:
        gdb.wait_until_said("Continuing.")
        session.tell("select pg_advisory_lock(1);")
        gdb.wait_until_said("detached]")


def test_postgres():
    """PostgreSQL: at rest; a process stopped with a lightweight lock; then all of them"""
    with tempfile.TemporaryDirectory() as directory, Postgres(directory) as postgres:
        holder, holder_tgid = start_session(postgres)
        other, other_tgid = start_session(postgres)
        with holder, other:
            for _ in range(LOOKS):
                look_around()
            stop_with_lock(holder, holder_tgid)
            other.tell("select pg_advisory_lock(1);")
            # The semaphore is in memory that the other processes have too, and they can
            # run: the kernel does not know that none of them will release it.
            def look():
                return [waiter for waiter in look_around() if waiter["tgid"] == other_tgid]
            for _ in range(LOOKS):
                got, = until("one waits", look)
                expect(got, op="FUTEX_WAIT_BITSET", timeout="none", verdict="waiting")
            # Now no process with that memory can run, but all can be continued.
            for tgid in postgres.processes():
                if tgid != other_tgid:
                    os.kill(tgid, signal.SIGSTOP)
            got, = judge(other_tgid)
            expect(got, verdict=("waiting", "stopped"))


def is_gone(tgid):
    """Whether a process has ended."""
    try:
        with open("/proc/%d/stat" % tgid, encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_postgres_killed():
    """PostgreSQL: a process is killed with a lightweight lock, its waiter is left behind"""
    with tempfile.TemporaryDirectory() as directory, Postgres(directory) as postgres:
        holder, holder_tgid = start_session(postgres)
        other, other_tgid = start_session(postgres)
        with holder, other:
            stop_with_lock(holder, holder_tgid)
            other.tell("select pg_advisory_lock(1);")
            until("one waits", lambda: judge(other_tgid))
            rest = [tgid for tgid in postgres.processes() if tgid != other_tgid]
            try:
                # Else it would end all others, and begin anew.
                os.kill(postgres.tgid, signal.SIGSTOP)
                os.kill(holder_tgid, signal.SIGKILL)
                until("the holder is gone", lambda: is_gone(holder_tgid))
                for _ in range(LOOKS):
                    got, = judge(other_tgid)
                    expect(got, verdict="waiting")
                # Processes that check for their parent end with it; the sleeper does not check.
                os.kill(postgres.tgid, signal.SIGKILL)
                until("all others have ended", lambda: all(map(is_gone, rest)))

                # It gets a signal as its parent ends, and sleeps on: able to run until the
                # timer with which it looks for deadlocks has fired.
                def settled():
                    got, = judge(other_tgid)
                    return got["verdict"] not in ("unknown", "waiting") and got
                expect(until("it sleeps on", settled), verdict="no-waker", certainty="likely",
                       primitive="sem_t")
            finally:
                for tgid in (*rest, other_tgid):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(tgid, signal.SIGKILL)


ksft.run([test_redis, test_memcached, test_rsyslog, test_python_executor, test_python_asyncio,
          test_python_cycle, test_java, test_java_breakpoint, test_java_cycle, test_go,
          test_go_asleep, test_go_cycle, test_go_moved, test_go_handler, test_node, test_node_wait, test_proot,
          test_postgres, test_postgres_killed, test_chromium])
