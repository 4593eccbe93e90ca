#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Each command and option of the tool, on real hangs: a deadlock of two threads, a child
of fork that waits for a lock of its parent's, and a pool at rest. Output is compared with
what it must be, but for times, padding and addresses."""

import calendar
import contextlib
import json
import os
import re
import shutil
import subprocess
import time

from lib import ksft, schema, tool

# With a backslash, as systemd has them in its names.
CGROUP = "/sys/fs/cgroup/futexinspect\\x2doptions"


class Host:
    """Three processes in known states, and the names of their threads."""

    def __init__(self, abba, orphan, pool):
        mutexes = {int(fields["tid"]): fields["uaddr"] for fields in abba.get("waiter")}
        waiters = tool.judge()
        # Which of the two went to sleep first is chance.
        order = [waiter["tid"] for waiter in waiters if waiter["tid"] in mutexes]
        self.pool_tids = sorted(int(fields["tid"]) for fields in pool.get("waiter"))
        self.names = {
            "A": order[0], "B": order[1], "ABBA": abba.process.pid,
            "A_MUTEX": mutexes[order[0]], "B_MUTEX": mutexes[order[1]],
            "ORPHAN": orphan.get("waiter")[0]["tid"], "PARENT": orphan.process.pid,
            "POOL": pool.process.pid, "ALL": len(waiters),
        }
        holder, = [waiter["holder"] for waiter in waiters
                   if waiter["tid"] == int(self.names["ORPHAN"])]
        self.names["HOLDER"] = holder

    def text(self, template):
        """A template with the ids in place of the names."""
        return template.format(**self.names)


def run(*args):
    """Run the tool, which must complain of nothing; return its status and output."""
    got = tool.run(*args)
    ksft.equal(got.stderr, "", "errors of %s" % " ".join(args))
    return got.status, got.stdout


def plain(text):
    """Output without padding and times."""
    lines = [re.sub(" +", " ", line).strip() for line in text.splitlines()]
    return [re.sub(r"(?<= )\d+(\.\d|m\d\d)?m?s(?= |$)", "TIME", line) for line in lines]


HOST = None


@contextlib.contextmanager
def host():
    """All three at once, the pool in a cgroup of its own. They are made once: no test changes
    them."""
    global HOST
    os.mkdir(CGROUP)
    try:
        with ksft.Factory("abba") as abba, ksft.Factory("fork_orphan") as orphan, \
             ksft.Factory("pool") as pool:
            ksft.write(CGROUP + "/cgroup.procs", str(pool.process.pid))
            HOST = Host(abba, orphan, pool)
            yield
    finally:
        os.rmdir(CGROUP)


HEAD = "PID PROGRAM TID COMMAND VERDICT CERTAINTY ASLEEP REASON"
A = "{ABBA} mkwaiters {A} mkwaiters deadlock likely TIME waits for thread {B}, which waits for thread {A}: " \
    "a cycle of 2 threads"
B = "{ABBA} mkwaiters {B} mkwaiters deadlock likely TIME waits for thread {A}, which waits for thread {B}: " \
    "a cycle of 2 threads"
ORPHAN = "{ORPHAN} orphan {ORPHAN} orphan orphaned certain TIME child of fork that never called execve, so its " \
         "lock is a copy: the holder, thread {HOLDER}, is in the parent process {PARENT} " \
         "(mkwaiters) and cannot release it here; the end of its parent, process {PARENT}, ends it"

# Arguments, exit status, and the lines that come of it.
CASES = (
    ("-u --verdict stuck", 3,
     (HEAD, A, B, ORPHAN, "3 of {ALL} waiters: 2 deadlock, 1 orphaned")),
    ("-n -u --verdict orphaned", 3, (ORPHAN,)),
    ("--raw --output TID,PID,COMMAND,HOLDER,HOLDER-PID,EXECED,LIVE --verdict stuck", 3,
     ("TID PID COMMAND HOLDER HOLDER-PID EXECED LIVE",
      "{A} {ABBA} mkwaiters {B} {ABBA} yes 3", "{B} {ABBA} mkwaiters {A} {ABBA} yes 3",
      "{ORPHAN} {ORPHAN} orphan {HOLDER} {PARENT} no 1")),
    ("-r -n -o TID,UADDR,FUTEX,OP,FLAGS,EXPECTED,VALUE,BITSET,TIMEOUT,KEY,PRIMITIVE -p {A}", 3,
     ("{A} {A_MUTEX} {A_MUTEX} FUTEX_WAIT PRIVATE 2 2 0xffffffff none private pthread_mutex",)),
    ("-r -n -o SYSCALL,QUEUED,STABLE,PI-OWNER,PPID,REASON --pid {ORPHAN}", 3,
     ("futex yes yes - {PARENT} child\\x20of\\x20fork\\x20that\\x20never\\x20called\\x20execve,"
      "\\x20so\\x20its\\x20lock\\x20is\\x20a\\x20copy:\\x20the\\x20holder,\\x20thread\\x20{HOLDER},"
      "\\x20is\\x20in\\x20the\\x20parent\\x20process\\x20{PARENT}\\x20(mkwaiters)\\x20and\\x20"
      "cannot\\x20release\\x20it\\x20here;\\x20the\\x20end\\x20of\\x20its\\x20parent,\\x20process"
      "\\x20{PARENT},\\x20ends\\x20it",)),
    ("-u -o +LIVE -p {ABBA}", 3,
     (HEAD.replace("REASON", "LIVE REASON"), A.replace("TIME", "TIME 3"),
      B.replace("TIME", "TIME 3"),
      "2 of {ALL} waiters: 2 deadlock")),
    ("--tree -u --verdict stuck", 3,
     (HEAD, A, B.replace("{B} mkwaiters", "{B} `-mkwaiters"),
      "- - {HOLDER} - - - - is in process {PARENT} (mkwaiters), not in its waiter's",
      ORPHAN.replace("orphan orphaned", "`-orphan orphaned"), "3 of {ALL} waiters: 2 deadlock, 1 orphaned")),
    ("-rno VERDICT,CERTAINTY,CGROUP --cgroup " + CGROUP, 0,
     4 * ("waiting - /futexinspect\\x5c134x2doptions",)),
    ("-rno VERDICT,TID --all -p {ORPHAN}", 3, ("orphaned {ORPHAN}",)),
    ("-rno VERDICT --cgroup /futexinspect\\x2doptions --verdict stuck", 0, ()),
    ("--color=always -nuo VERDICT,TID -p {ORPHAN}", 3, ("\x1b[31morphaned\x1b[0m {ORPHAN}",)),
    ("--color=never -nuo VERDICT,TID -p {ORPHAN}", 3, ("orphaned {ORPHAN}",)),
    ("--interval 0 -rno CERTAINTY -p {ORPHAN}", 3, ("certain",)),
    ("--interval 1000 -rno CERTAINTY -p {ORPHAN}", 3, ("certain",)),
    ("--source module -rno CERTAINTY -p {ORPHAN}", 3, ("certain",)),
)


def case_test(args, status, lines):
    """The test of one command line, as ksft.run() wants it."""
    def test():
        got, output = run(*HOST.text(args).split())
        ksft.equal(plain(output), [HOST.text(line) for line in lines], "output")
        ksft.equal(got, status, "exit status")
    test.__doc__ = "futexinspect " + args
    return test


def test_json_columns():
    """futexinspect --json --output"""
    status, output = run("-J", "-o", "TID,PID,COMMAND,EXPECTED,EXECED,HOLDER,PI-OWNER",
                         "--pid", HOST.text("{ORPHAN}"))
    names = {name: int(value) for name, value in HOST.names.items() if "_" not in name}
    ksft.equal(schema.check(output)["waiters"], [
        {"tid": names["ORPHAN"], "tgid": names["ORPHAN"], "comm": "orphan", "expected": 2,
         "execed": False, "holder": names["HOLDER"], "pi_owner": None}], "waiters")
    ksft.equal(status, 3, "exit status")


def test_json_tree():
    """futexinspect --json --tree"""
    _, output = run("-J", "--tree", "-o", "TID", "--pid", HOST.text("{A},{ORPHAN}"))
    names = HOST.names
    ksft.equal(schema.check(output)["waiters"], [
        {"tid": names["A"], "children": [{"tid": names["B"], "children": []}]},
        {"tid": names["HOLDER"], "children": [{"tid": int(names["ORPHAN"]), "children": []}]}],
               "waiters")


def timeless(value):
    """A value without for how long a thread had slept, which goes on."""
    return re.sub(tool.SLEEPS, "sleeps in ", value) if isinstance(value, str) else value


def test_json_agrees():
    """columns of JSON have the values that the whole of it has"""
    columns = [line.split()[0] for line in run("--list-columns")[1].splitlines()]
    whole = {(waiter["tid"], waiter["uaddr"]): waiter for waiter in tool.judge()}
    some = json.loads(run("--json", "--output", ",".join(columns))[1])["waiters"]
    ksft.equal(len(some), len(whole), "waiters")
    for waiter in some:
        same = whole[waiter["tid"], waiter["uaddr"]]
        ksft.equal(len(waiter), len(columns), "members")
        for key, value in waiter.items():
            if not key.endswith("asleep_ns"):
                ksft.equal(timeless(value), timeless(same[key]), key)


# What prints JSON.
JSON_COMMANDS = ("", "--tree", "--stacks", "--interval 0", "--verdict stuck", "-p {POOL}",
                 "--source module", "explain", "explain {A}", "explain {ORPHAN}", "explain {POOL}")


def schema_test(command):
    """The test of the JSON of a command, as ksft.run() wants it."""
    def test():
        got = schema.check(run("--json", *HOST.text(command).split())[1])
        now = {waiter["tid"] for waiter in tool.judge()}
        # In a tree, waiters may hang from threads that are none.
        found = {waiter["tid"] for waiter in got["waiters"] if waiter["verdict"]}
        if not found or not found <= now:
            raise AssertionError("waiters %s, of %s" % (found, now))
        ksft.equal((got["futexinspect"]["host"], got["futexinspect"]["source"]),
                   (os.uname().nodename, "module"), "host and source")
        ksft.equal((got["futexinspect"]["looks"], got["futexinspect"]["interval_ms"]),
                   (2, 0 if "--interval" in command else 200), "looks, and the time between")
        age = time.time() - calendar.timegm(time.strptime(got["futexinspect"]["time"],
                                                          "%Y-%m-%dT%H:%M:%SZ"))
        if not -1 <= age < 120:
            raise AssertionError("it was looked at %d seconds ago" % age)
    test.__doc__ = "the schema of futexinspect --json " + command
    return test


def test_identity():
    """the command line and the user of a process"""
    with ksft.Factory("abba", user=65534, group=65534, extra_groups=[]) as factory:
        pid = factory.process.pid
        with open("/proc/%d/cmdline" % pid, encoding="utf-8") as file:
            cmdline = file.read().rstrip("\0").replace("\0", " ")
        _, output = run("-rno", "USER,CMDLINE", "-p", str(pid))
        ksft.equal(output, 2 * ("nobody %s\n" % cmdline.replace(" ", "\\x20")), "columns")
        for command in (("explain", str(pid)), ("-p", str(pid))):
            process, = schema.check(run("--json", *command)[1])["processes"]
            ksft.equal((process["user"], process["cmdline"]), ("nobody", cmdline),
                       " ".join(command))


def test_explain_json():
    """futexinspect --json explain: one waiter, with the stacks that explain it"""
    got = schema.check(run("--json", "explain", HOST.text("{A}"))[1])
    waiter, = got["waiters"]
    step, back = waiter["chain"]
    ksft.equal((waiter["tid"], step["tid"], back["tid"], waiter["end"]["tid"], waiter["cycle"]),
               (int(HOST.names["A"]), int(HOST.names["B"]), waiter["tid"], waiter["tid"], 2), "ids")
    for thread in (waiter, step, back):
        if not thread["stack"] or thread["stack_error"]:
            raise AssertionError("no stack: %s" % thread)
    if not waiter["lock_name"]:
        raise AssertionError("no name of the lock: %s" % waiter)


def edges(dot):
    """The edges of a graph, by the first line of their ends' labels, and the label."""
    labels = dict(re.findall(r'^\t+(\w+) \[label="(.*?)"', dot, re.M))
    return sorted((labels[a], labels[b], label, "style=bold" in style) for a, b, label, style in
                  re.findall(r'^\t(\w+) -> (\w+) \[label="(.*?)"(.*)\];', dot, re.M))


def graph(*args):
    """The exit status and the graph, whose labels are on one line."""
    status, output = run("graph", *args)
    return status, output.replace("\\n", " ")


def test_graph():
    """futexinspect graph"""
    status, output = graph("-p", HOST.text("{A},{ORPHAN}"))
    a, b, orphan, gone = (HOST.text(text) for text in (
        "mkwaiters thread {A} deadlock, likely", "mkwaiters thread {B} deadlock, likely",
        "orphan thread {ORPHAN} orphaned, certain",
        "thread {HOLDER} is in process {PARENT} (mkwaiters), not in its waiter's"))
    got = [(*edge[:2], edge[2].split()[0], edge[3]) for edge in edges(output)]
    ksft.equal(got, sorted([(a, b, "pthread_mutex", True), (b, a, "pthread_mutex", True),
                            (orphan, gone, "pthread_mutex", False)]), "edges")
    ksft.equal(status, 3, "exit status")
    clusters = re.findall(r'^\t\tlabel="(.*)";', output, re.M)
    ksft.equal(sorted(clusters), sorted(HOST.text(name) for name in (
        "mkwaiters (process {ABBA})", "orphan (process {ORPHAN})")), "clusters")
    if "host %s, kernel %s, " % (os.uname().nodename, os.uname().release) not in output:
        raise AssertionError("no title in %s" % output)


# A thread of real time that runs, and one that is ready to on the same processor.
SPIN = "import os; os.sched_setaffinity(0, [1]); os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(7));"
READY = "import os; os.sched_setaffinity(0, [1]);"
LOOP = "\nwhile True: pass"


def test_starved():
    """futexinspect explain: a thread that is ready to run, and which one has its processor"""
    with contextlib.ExitStack() as stack:
        spins, ready = (stack.enter_context(subprocess.Popen(["python3", "-c", code + LOOP]))
                        for code in (SPIN, READY))
        stack.callback(ready.kill)
        stack.callback(spins.kill)
        wanted = ("thread %d does not wait on a futex: it is ready to run, but processor 1 runs thread "
                  "%d (python3), which has priority 7 of SCHED_FIFO\n" % (ready.pid, spins.pid))
        deadline, said = time.monotonic() + 120, ""
        while wanted not in said:
            if time.monotonic() > deadline:
                raise AssertionError("%r, not %r" % (said, wanted))
            said = tool.run("explain", str(ready.pid)).stderr


def test_graph_group():
    """futexinspect graph: a pool at rest is one node, and with --all one for each thread"""
    pool = HOST.text("{POOL}")
    one, each = (graph("-p", pool, *more)[1] for more in ((), ("--all",)))
    ksft.equal(one.count("mkwaiters x4 thread"), 1, "groups in " + one)
    ksft.equal(each.count(' waiting"'), 4, "waiters in " + each)
    if not re.search(r"mkwaiters thread %s can run: %s\w+" % (pool, tool.SLEEPS), one):
        raise AssertionError("nothing says what the main thread does: " + one)


def test_drawn():
    """futexinspect graph --format svg"""
    if not shutil.which("dot"):
        raise ksft.Skip("graphviz is not installed")
    status, output = run("graph", "--format", "svg", "-p", HOST.text("{A}"))
    ksft.equal(status, 3, "exit status")
    if "<svg" not in output or HOST.text("thread {A}") not in output:
        raise AssertionError("no drawing: %s" % output)


def test_file():
    """futexinspect --file"""
    with open(ksft.WAITERS, encoding="ascii") as file:
        text = file.read()
    with open("/tmp/options-copy", "w", encoding="ascii") as file:
        file.write(text)
    status, output = run("--file", "/tmp/options-copy", "-rno", "VERDICT,CERTAINTY,TID",
                         "--verdict", "stuck")
    ksft.equal(output, HOST.text("deadlock likely {A}\ndeadlock likely {B}\n"
                                 "orphaned likely {ORPHAN}\n"), "output")
    ksft.equal(status, 3, "exit status")


def test_proc():
    """futexinspect --source proc"""
    got = tool.run("--source", "proc", "-rno", "VERDICT,CERTAINTY,TID,CGROUP", "-p",
                   HOST.text("{ORPHAN},{POOL}"))
    first, *rest = got.stdout.splitlines()
    ksft.equal(first, HOST.text("orphaned likely {ORPHAN} /"), "the first line")
    # These rank by how long they sleep, and may have fallen asleep in any order.
    ksft.equal(sorted(rest), sorted("waiting - %d /futexinspect\\x5c134x2doptions" % tid
                                    for tid in HOST.pool_tids), "the others")
    ksft.equal(got.status, 3, "exit status")
    ksft.equal(got.stderr.count("\n"), 1, "lines of errors")


def test_nobody():
    """a process or a cgroup that does not exist is an error, not silence"""
    for args, error in (("-p 4194304", "there is no process or thread 4194304"),
                        ("--cgroup /none", "there is no cgroup /sys/fs/cgroup/none")):
        ksft.equal(tool.run(*args.split()), (1, "", "futexinspect: %s\n" % error), args)


def test_completion():
    """the completion knows the threads that wait"""
    script = """. userspace/completion/futexinspect
        compopt() { :; }
        COMP_WORDS=(futexinspect "$@") COMP_CWORD=$#
        _futexinspect
        printf '%s\\n' "${COMPREPLY[@]}\""""
    for args, want in (("explain", "{ORPHAN}"), ("--pid", "{ABBA}"), ("-p", "{ORPHAN}")):
        got = subprocess.run(["bash", "-c", script, "bash", args, ""], cwd=ksft.TOP,
                             capture_output=True, text=True, check=True)
        if HOST.text(want) not in got.stdout.split():
            raise AssertionError("%s is completed to %s" % (args, got.stdout))


ksft.run([case_test(*case) for case in CASES] +
         [*map(schema_test, JSON_COMMANDS), test_identity, test_explain_json, test_json_columns, test_json_tree,
          test_json_agrees, test_graph, test_starved, test_graph_group, test_drawn, test_file,
          test_proc, test_nobody, test_completion], around=host)
