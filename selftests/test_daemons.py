#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Daemons and runtimes of Debian 13: as they start, with hardly any processor time, and at
rest, nobody is accused by any of many looks."""

import contextlib
import os
import subprocess
import tempfile
import typing

from lib import ksft
from seeds.programs import Program, check_live, judge, until

LOOKS = 3

# How much of each 100 ms a program may run while it starts, at first.
STARVED = "3000 100000"

CGROUPS = "/sys/fs/cgroup"

POOL = """\
import concurrent.futures, multiprocessing, queue, sys, threading, time

def job(number):
    return number

def spawn_pool():
    pool = multiprocessing.get_context(sys.argv[2]).Pool(3)
    pool.map(job, range(6))
    time.sleep(100000)

def process_executor():
    executor = concurrent.futures.ProcessPoolExecutor(3)
    list(executor.map(job, range(6)))
    threading.Event().wait()

def manager():
    box = multiprocessing.Manager().Queue()
    threading.Thread(target=box.get).start()
    queue.Queue().get()

def threads():
    box = queue.Queue()
    for _ in range(4):
        threading.Thread(target=box.get).start()
    time.sleep(100000)

if __name__ == "__main__":
    globals()[sys.argv[1]]()
"""

WSGI = """\
def app(environ, respond):
    respond("200 OK", [])
    return [b"ok"]
application = app
"""

GUILE = """\
(use-modules (ice-9 threads))
(call-with-new-thread
 (lambda ()
   (let ((m (make-mutex)) (c (make-condition-variable)))
     (lock-mutex m) (wait-condition-variable c m))))
(sleep 100000)
"""

SBCL = """\
(dotimes (i 3)
  (sb-thread:make-thread
   (lambda () (sb-thread:wait-on-semaphore (sb-thread:make-semaphore)))))
(sleep 100000)
"""


class Row(typing.NamedTuple):
    """A program: what starts it in the root; files that it reads, by their names there."""
    name: str
    command: str
    files: dict = {}


ROWS = (
    Row("apache", ". /etc/apache2/envvars; mkdir -p /run/apache2; exec apache2 -D FOREGROUND"),
    Row("BIND", "mkdir -p /run/named; exec named -g -n 3 -c /tmp/named.conf", {
        "/tmp/named.conf": "options { directory \"/tmp\"; listen-on port 5353 { 127.0.0.1; };"
                           " listen-on-v6 { none; }; recursion no; };\n"}),
    Row("caddy", "exec caddy file-server --listen 127.0.0.1:2015"),
    Row("containerd", "exec containerd --root /tmp/root --state /tmp/state -a /tmp/socket"),
    Row("dnsdist", "exec dnsdist --supervised --disable-syslog -C /tmp/dnsdist.conf", {
        "/tmp/dnsdist.conf": "setLocal('127.0.0.1:5300')\nnewServer('127.0.0.1:5353')\n"}),
    Row("etcd", "exec etcd --data-dir /tmp/etcd"),
    Row("guile", "exec guile /tmp/wait.scm", {"/tmp/wait.scm": GUILE}),
    Row("knot", "exec knotd -c /tmp/knot.conf", {
        "/tmp/knot.conf": "server:\n  rundir: /tmp\n  listen: 127.0.0.1@5301\n"
                          "  background-workers: 3\ndatabase:\n  storage: /tmp\n"}),
    Row("MariaDB", "exec mariadbd --user=mysql --skip-networking --socket=/tmp/socket"),
    Row("NATS", "exec nats-server -a 127.0.0.1"),
    Row("node_exporter", "exec prometheus-node-exporter --web.listen-address=127.0.0.1:9100"),
    Row("Prometheus", "exec prometheus --config.file=/etc/prometheus/prometheus.yml"
                      " --storage.tsdb.path=/tmp/data --web.listen-address=127.0.0.1:9090"),
    Row("Alertmanager", "exec prometheus-alertmanager --storage.path=/tmp/data"
                        " --config.file=/etc/prometheus/alertmanager.yml"
                        " --cluster.listen-address= --web.listen-address=127.0.0.1:9093"),
    Row("Python's pool, by fork", "exec python3 /tmp/pool.py spawn_pool fork",
        {"/tmp/pool.py": POOL}),
    Row("Python's pool, by spawn", "exec python3 /tmp/pool.py spawn_pool spawn",
        {"/tmp/pool.py": POOL}),
    Row("Python's pool, by forkserver", "exec python3 /tmp/pool.py spawn_pool forkserver",
        {"/tmp/pool.py": POOL}),
    Row("Python's executor of processes", "exec python3 /tmp/pool.py process_executor",
        {"/tmp/pool.py": POOL}),
    Row("Python's manager", "exec python3 /tmp/pool.py manager", {"/tmp/pool.py": POOL}),
    Row("Python's threads", "exec python3 /tmp/pool.py threads", {"/tmp/pool.py": POOL}),
    Row("SBCL", "exec sbcl --script /tmp/wait.lisp", {"/tmp/wait.lisp": SBCL}),
    Row("syncthing", "exec syncthing serve --no-browser --no-restart --home=/tmp/home"),
    Row("tor", "exec tor -f /tmp/torrc", {
        "/tmp/torrc": "DisableNetwork 1\nDataDirectory /tmp/tor\nNumCPUs 3\nSocksPort 0\n"}),
    Row("uWSGI", "exec uwsgi --plugin python3 --http-socket 127.0.0.1:8080 --processes 2"
                 " --threads 3 --wsgi-file /tmp/app.py", {"/tmp/app.py": WSGI}),
    Row("valgrind", "exec valgrind --tool=none -q python3 /tmp/pool.py threads",
        {"/tmp/pool.py": POOL}),
    Row("varnish", "exec varnishd -F -a 127.0.0.1:6081 -b none -n /tmp/varnish"),
    Row("Erlang", "exec erl -noshell -noinput"),
    Row("gearmand", "exec gearmand --threads=3 -l stderr -L 127.0.0.1"),
    Row("Node.js", "exec node -e 'require(\"fs\").stat(\"/\", () => setInterval(() => 0, 1e8))'"),
    Row("collectd", "exec collectd -f -C /tmp/collectd.conf", {
        "/tmp/collectd.conf": "FQDNLookup false\nLoadPlugin memory\nLoadPlugin csv\nInterval 1000\n"
                              "<Plugin csv>\n DataDir \"/tmp\"\n</Plugin>\n"}),
    Row("FreeRADIUS", "exec freeradius -f -P -l stdout"),
    Row("i2pd", "exec i2pd --datadir=/tmp/i2pd"),
    Row("puma", "exec puma -b tcp://127.0.0.1:9292 -t 3:3 /tmp/config.ru", {
        "/tmp/config.ru": "run ->(env) { [200, {}, ['ok']] }\n"}),
    Row("Perl's queues", "exec perl -Mthreads -MThread::Queue -e"
                         " 'threads->create(sub { Thread::Queue->new->dequeue }) for 1 .. 3; sleep'"),
    Row("Ruby's queues", "exec ruby -e '3.times { Thread.new { Queue.new.pop } }; sleep'"),
    Row("Valkey", "exec valkey-server --port 0 --unixsocket /tmp/socket --save ''"),
    Row("memcached", "exec memcached -u root -s /tmp/socket"),
    Row("InfluxDB", "exec influxd -config /tmp/influx.conf", {
        "/tmp/influx.conf": "reporting-disabled = true\nbind-address = \"127.0.0.1:8088\"\n"
                            "[meta]\ndir = \"/tmp/meta\"\n[data]\ndir = \"/tmp/data\"\n"
                            "wal-dir = \"/tmp/wal\"\n[http]\nbind-address = \"127.0.0.1:8086\"\n"}),
    Row("fail2ban", "exec fail2ban-server -f -x -s /tmp/socket -p /tmp/pid -c /tmp/fail2ban", {
        "/tmp/fail2ban/fail2ban.conf": "[Definition]\nloglevel = INFO\nlogtarget = STDOUT\n"
                                       "dbfile = None\n"}),
    Row("Java's web server", "exec java -m jdk.httpserver -b 127.0.0.1 -p 8082 -d /tmp"),
)


class Daemon(Program):
    """One of them, in a cgroup of its own. It ends with all that it has started."""

    def __init__(self, root, row):
        self.cgroup = tempfile.mkdtemp(prefix="daemon-", dir=CGROUPS)
        self.log = tempfile.TemporaryFile()
        for path, text in row.files.items():
            os.makedirs(os.path.dirname(root + path), exist_ok=True)
            ksft.write(root + path, text)
        self.limit(STARVED)
        super().__init__("sh", "-c", 'echo $$ >"$0/cgroup.procs"; exec chroot "$@"', self.cgroup,
                         root, "env", "-i", "HOME=/tmp", "LANG=C.UTF-8", "TMPDIR=/tmp",
                         "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "sh", "-c", row.command,
                         stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def limit(self, how):
        """Give it so much processor time."""
        ksft.write(self.cgroup + "/cpu.max", how)

    def waiters(self):
        """Its waiters, once nobody of this host is accused, and it has not ended."""
        waiters = judge()
        check_live(waiters)
        if self.process.poll() is not None:
            self.log.seek(0)
            raise AssertionError("it ended with %d: %s" % (
                self.process.returncode, self.log.read().decode(errors="replace")[-2000:]))
        name = os.path.basename(self.cgroup)
        return [waiter for waiter in waiters if name in (waiter["cgroup"] or "")]

    def __exit__(self, *args):
        ksft.write(self.cgroup + "/cgroup.kill", "1")
        self.process.wait()
        until("its processes have ended", self.is_empty)
        os.rmdir(self.cgroup)
        self.log.close()

    def is_empty(self):
        """Whether none of its processes is left."""
        with open(self.cgroup + "/cgroup.events", encoding="ascii") as file:
            return "populated 0" in file.read()


@contextlib.contextmanager
def writable_root():
    """The root of the daemons, with a file system on top that takes what they write."""
    lower = os.path.realpath(os.path.join(ksft.BUILT, "daemons-root"))
    if not os.path.isdir(lower):
        raise ksft.Skip("selftests/build_daemons_root has not made a root")
    with tempfile.TemporaryDirectory() as directory, \
         ksft.mounted("-t", "tmpfs", "tmpfs", directory):
        for name in ("upper", "work", "root"):
            os.mkdir(os.path.join(directory, name))
        root = directory + "/root"
        options = "lowerdir=%s,upperdir=%s/upper,workdir=%s/work" % (lower, directory, directory)
        with ksft.mounted("-t", "overlay", "-o", options, "overlay", root), \
             ksft.mounted("--bind", "/dev", root + "/dev"), \
             ksft.mounted("-t", "proc", "proc", root + "/proc"):
            os.chmod(root + "/tmp", 0o1777)
            yield root


def daemon_test(row):
    """The test of one program."""
    def test():
        with writable_root() as root, Daemon(root, row) as daemon:
            for _ in range(LOOKS):
                daemon.waiters()
            daemon.limit("max")
            for _ in range(LOOKS):
                daemon.waiters()
            for _ in range(LOOKS):
                until("it has waiters", daemon.waiters)
    test.__doc__ = row.name
    return test


@contextlib.contextmanager
def prepared():
    """The loopback device, and processor time that can be limited."""
    subprocess.run(["busybox", "ip", "link", "set", "lo", "up"], check=True)
    ksft.write(CGROUPS + "/cgroup.subtree_control", "+cpu")
    yield


ksft.run([daemon_test(row) for row in ROWS], around=prepared)
