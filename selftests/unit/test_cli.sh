#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The program as a person or a script uses it: output, messages, exit status.
# FUTEXINSPECT is the program to test.

cd "$(dirname "$0")" || exit 1
tool=${FUTEXINSPECT:-../../build/futexinspect}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
unset COLUMNS
tests=0
failed=0

ok() {	# STATUS NAME
	tests=$((tests + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tests - $2"
	else
		failed=$((failed + 1))
		echo "not ok $tests - $2"
	fi
}

# Run the tool; leaves $tmp/out, $tmp/err and $status.
run() {
	"$tool" "$@" >"$tmp/out" 2>"$tmp/err"
	status=$?
}

status_is() {	# STATUS NAME
	[ "$status" -eq "$1" ]
	ok $? "$2: exit status $1"
	[ "$status" -eq "$1" ] || sed 's/^/# /' "$tmp/err"
}

out_is() {	# FILE NAME
	if diff -u "$1" "$tmp/out" >"$tmp/diff"; then
		ok 0 "$2"
	else
		ok 1 "$2"
		sed 's/^/# /' "$tmp/diff"
	fi
}

err_is() {	# TEXT NAME
	printf '%s\n' "$1" >"$tmp/want"
	if diff -u "$tmp/want" "$tmp/err" >"$tmp/diff"; then
		ok 0 "$2"
	else
		ok 1 "$2"
		sed 's/^/# /' "$tmp/diff"
	fi
}

me=$(basename "$tool")
echo "TAP version 13"

run --file data/zoo.txt
status_is 3 "stuck waiters"
out_is data/zoo.table "the table"
! grep -n ' $' "$tmp/out"
ok $? "the table has no trailing spaces"
awk 'length > 80 { exit 1 }' "$tmp/out"
ok $? "the table fits 80 columns"
! LC_ALL=C grep -n '[^ -~]' "$tmp/out"
ok $? "the table has printable ASCII only, whatever the names"

COLUMNS=120 run --file data/zoo.txt
grep -q 'FUTEX REASON$' "$tmp/out" && grep -q ' 0x55d000002000 waits for a lock' "$tmp/out"
ok $? "a wide table has the futex too"

LC_ALL=C run --file data/zoo.txt --tree
status_is 3 "the tree"
out_is data/zoo.tree "the tree: a cycle is cut, a holder that is gone is the root"
LC_ALL=C.UTF-8 run --file data/zoo.txt --tree
grep -q '└─abba-1' "$tmp/out"
ok $? "  drawn with lines where the terminal has them"

run --file data/zoo.txt --output tid,Value,HOLDER --noheadings
head -n 4 "$tmp/out" >"$tmp/some"
printf '200     2    200\n102     2    101\n101     2    102\n300     2    101\n' |
	diff - "$tmp/some" >"$tmp/diff"
ok $? "chosen columns, without headings"
[ "$(wc -l <"$tmp/out")" -eq 8 ]
ok $? "  nor a summary"
run --file data/zoo.txt --output +PID
head -n 1 "$tmp/out" | grep -qx 'VERDICT  CERTAINTY TID COMMAND          ASLEEP PID REASON'
ok $? "one more column stands before the reason"
run --file data/zoo.txt --raw -o TID,COMMAND,ASLEEP,REASON
sed -n '1p;9p' "$tmp/out" >"$tmp/some"
printf 'TID COMMAND ASLEEP REASON\n402 pool-2 120ms has\\x20a\\x20timeout\n' |
	diff - "$tmp/some" >"$tmp/diff"
ok $? "raw: one line a waiter, spaces in values are escaped"
run --file data/zoo.txt --notruncate --verdict stopped
sed -n 2p "$tmp/out" | grep -q ' only stopped threads could wake it (1 of 2; the others wait)$'
ok $? "not truncated: the reason is one line"
run --file data/zoo.txt --json -o TID,COMMAND,EXPECTED,STABLE,HOLDER --verdict timed,waiting
status_is 0 "JSON of chosen columns: of what is shown nobody is stuck"
python3 -c 'import json, sys
got = json.load(open(sys.argv[1]))
assert got == {"waiters": [
    {"tid": 401, "comm": "pool-1", "expected": 0, "stable": True, "holder": None},
    {"tid": 500, "comm": "shm", "expected": 1, "stable": True, "holder": None},
    {"tid": 402, "comm": "pool-2", "expected": 0, "stable": True, "holder": None}]}, got' \
	"$tmp/out"
ok $? "  typed as all JSON is, null where there is none"
run --file data/zoo.txt --json --tree -o TID
python3 -c 'import json, sys
roots = json.load(open(sys.argv[1]))["waiters"]
assert {"tid": 102, "children": [{"tid": 101}]} in roots, roots
assert {"tid": 101, "children": [{"tid": 300}]} in roots, roots' "$tmp/out"
ok $? "a tree in JSON"
printf 'futexinspect version=1\nwaiter tid=1 stable=no\nwaiter tid=2 stable=?\nend\n' >"$tmp/file"
run -J -o STABLE -f "$tmp/file"
python3 -c 'import json, sys
got = [w["stable"] for w in json.load(open(sys.argv[1]))["waiters"]]
assert got == [False, None], got' "$tmp/out"
ok $? "a boolean that is not known is null"
run --list-columns
status_is 0 "the list of columns"
sed 's/^ *//; s/ .*//' "$tmp/out" >"$tmp/columns"
while read -r column; do
	"$tool" --file data/zoo.txt -no "$column" >"$tmp/out" 2>"$tmp/err"
	[ $? -eq 3 ] && [ "$(grep -c . "$tmp/out")" -ge 8 ]
	ok $? "  column $column"
done <"$tmp/columns"

run --file data/zoo.txt --pid 100,401
status_is 3 "waiters of a process and a thread"
grep -qx '3 of 8 waiters: 2 deadlock, 1 waiting' "$tmp/out"
ok $? "  are counted as some of all"
run --file data/zoo.txt -p 400
status_is 0 "the exit status is about what is shown"
run --file data/zoo.txt -p 400 --json
python3 -c 'import json, sys
assert [w["tid"] for w in json.load(open(sys.argv[1]))["waiters"]] == [401, 402]' "$tmp/out"
ok $? "  so is JSON"
run --file data/zoo.txt --cgroup /none
grep -qx '0 of 8 waiters' "$tmp/out"
ok $? "waiters of which the cgroup is not known are in none"
err_is "$me: waiters left out because their cgroup is not known: 8" "  and a line says so"
run --file data/zoo.txt --cgroup /none --pid 102 --json
err_is "$me: waiters left out because their cgroup is not known: 1" \
	"  but for those that are not asked for"
{
	echo 'futexinspect version=1'
	printf 'waiter tid=%d tgid=%d\n' 1 1 2 2
	printf 'process tgid=%d cgroup=%s\n' 1 /a/b 2 '?'
	echo 'end'
} >"$tmp/file"
run --file "$tmp/file" --cgroup /sys/fs/cgroup/a/ -rno TID,CGROUP
echo '1 /a/b' | diff - "$tmp/out" >"$tmp/diff"
ok $? "of two, the one that is known to be in a cgroup is shown"
err_is "$me: waiters left out because their cgroup is not known: 1" "  and the other counted"
run graph -f data/zoo.txt --pid 101
grep -q 'abba-2' "$tmp/out" && ! grep -q selfie "$tmp/out"
ok $? "a graph of one waiter has those that it waits for"

esc=$(printf '\033')
run --file data/zoo.txt --color=always
grep -q "^$esc\[31mdeadlock" "$tmp/out" && grep -q "^waiting  -  " "$tmp/out"
ok $? "in color, who is stuck is red"
run --file data/zoo.txt --color
out_is data/zoo.table "no color where it is no terminal"
on_terminal() {	# VARIABLES...: count the lines with color that the tool writes to one
	env TERM=xterm "$@" script -qec "'$tool' -f data/zoo.txt" /dev/null | grep -c "$esc\["
}
[ "$(on_terminal A=b)" -gt 0 ]
ok $? "color on a terminal"
[ "$(on_terminal NO_COLOR=1)" -eq 0 ] && [ "$(on_terminal NO_COLOR=)" -gt 0 ]
ok $? "  but with NO_COLOR"
[ "$(on_terminal TERM=dumb)" -eq 0 ]
ok $? "  nor on a dumb one"

run --file - <data/zoo.txt
status_is 3 "standard input"
out_is data/zoo.table "standard input gives the same"

run --file data/seed000.txt explain 24
status_is 3 "explain a stuck thread"
out_is data/seed000.explain "explain seed 000"
awk 'length > 80 { exit 1 }' "$tmp/out"
ok $? "the explanation fits 80 columns"

run explain 102 --file data/zoo.txt
status_is 3 "explain a thread in a deadlock"
out_is data/zoo.explain "explain a deadlock"

run -f data/zoo.txt explain 300
! LC_ALL=C grep -n '[^ -~]' "$tmp/out"
ok $? "an explanation has printable ASCII only"
run -f data/zoo.txt explain 401
status_is 0 "explain a thread that can be woken"
run -f data/zoo.txt explain 400
status_is 1 "explain a thread that does not wait"
err_is "$me: thread 400 did not wait on a futex" "  with one line"
run -f data/zoo.txt explain 999
status_is 1 "explain a thread that is not there"
err_is "$me: data/zoo.txt does not hold thread 999: it did not wait on a futex, or did not exist" \
	"  with one line"

run graph -f data/zoo.txt
status_is 3 "the graph"
out_is data/zoo.dot "the graph, with hostile names quoted"
run graph -f data/shared.txt
status_is 3 "the graph of a deadlock across processes"
out_is data/shared.dot "  with the address spaces that map the word"
mkdir "$tmp/bin"
printf '#!/bin/sh\necho "$@"\nexec cat\n' >"$tmp/bin/dot"
chmod +x "$tmp/bin/dot"
PATH="$tmp/bin:$PATH" run graph -f data/zoo.txt -T svg
status_is 3 "a graph that is drawn"
{ echo -Tsvg; cat data/zoo.dot; } | diff - "$tmp/out" >/dev/null
ok $? "  dot gets the format and the graph"
printf '#!/bin/sh\nexit 1\n' >"$tmp/bin/dot"
PATH="$tmp/bin:$PATH" run graph -f data/zoo.txt -T nonsense
status_is 1 "a format that dot refuses"
PATH=/nonexistent run graph -f data/zoo.txt -T svg
status_is 1 "no dot"
err_is "$me: --format takes dot(1), which is not installed: apt install graphviz" \
	"  with one line"

run -f data/shared.txt explain 200
status_is 3 "explain a deadlock across processes"
out_is data/shared.explain "  with the chain and who maps the word"

run --json --file data/zoo.txt
status_is 3 "JSON"
python3 - "$tmp/out" <<'PYTHON'
import json, sys

doc = json.load(open(sys.argv[1]))
head, waiters = doc["futexinspect"], {w["tid"]: w for w in doc["waiters"]}
assert head["looks"] == 1 and head["source"] == "file" and head["arch"] == "x86_64", head
assert [w["tid"] for w in doc["waiters"]] == [200, 102, 101, 300, 601, 401, 500, 402]
keys = """tid tgid comm uaddr waits_on op flags expected value bitset timeout live_threads
	  verdict certainty reason""".split()
for w in waiters.values():
    assert all(k in w for k in keys), w
    assert w["uaddr"].startswith("0x") and w["bitset"] == "0xffffffff", w
w = waiters[102]
assert (w["holder"], w["holder_tgid"], w["lock"]) == (101, 100, "pthread_mutex"), w
assert (w["verdict"], w["certainty"]) == ("deadlock", "likely"), w
assert w["primitive"] == "pthread_mutex", w
assert w["chain"] == [
    {"tid": 101, "comm": "abba-1", "by": "words", "state": "waits"},
    {"tid": 102, "comm": "abba-2", "by": "words", "state": "waits"}], w
assert (w["expected"], w["value"], w["asleep_ns"]) == (2, 2, 6000000000), w
assert (w["live_threads"], w["live_count"], w["execed"]) == ("100-102", 3, True), w
w = waiters[300]
assert w["comm"] == "evil\\033[2J\\012x" and w["execed"] is False, w
assert (w["holder"], w["holder_tgid"]) == (101, 100), w
assert w["chain"] == [{"tid": 101, "comm": None, "by": "words", "state": "gone"}], w
w = waiters[402]
assert w["primitive"] is None and w["chain"] == [], w
assert w["value"] is None and w["certainty"] is None and "holder" not in w, w
PYTHON
ok $? "JSON holds what it must, with the right types"

printf 'futexinspect version=1\nwaiter comm=\\042\\134"x flags=a"b bitset=0x1 timeout=?\nend\n' >"$tmp/file"
run -J -f "$tmp/file"
status_is 0 "a waiter of which hardly anything is known"
python3 -c 'import json, sys
w = json.load(open(sys.argv[1]))["waiters"][0]
assert w["comm"] == "\\042\\134\"x" and w["flags"] == "a\"b", w
assert w["bitset"] == "0x00000001", w
assert w["tid"] is None and w["uaddr"] is None and w["timeout"] is None, w
assert w["live_threads"] is None and w["verdict"] == "unknown", w' "$tmp/out"
ok $? "JSON: quotes are escaped, unknown is null"

name='\033\033\033\033\033\033\033\033\033\033\033\033\033\033\033'
{
	echo 'futexinspect version=1'
	printf 'waiter tid=4194304 comm=%s asleep_ns=1000000000000000\n' "$name"
	printf 'waiter tid=1 comm=123456789012345\n'
	echo 'end'
} >"$tmp/file"
run -f "$tmp/file"
awk 'length > 80 { exit 1 }' "$tmp/out"
ok $? "the longest name does not make the table wider"
grep -qF 'unknown -         4194304 \033\033\033... ' "$tmp/out"
ok $? "  but is cut between escapes"
grep -qF ' 123456789012345 ' "$tmp/out"
ok $? "  and a plain one is not"

printf 'futexinspect version=1\nend\n' >"$tmp/file"
run -f "$tmp/file"
status_is 0 "nobody waits"
echo "0 waiters" | diff - "$tmp/out" >/dev/null
ok $? "an empty table is its summary"
run -J -f "$tmp/file"
python3 -c 'import json, sys
assert json.load(open(sys.argv[1]))["waiters"] == []' "$tmp/out"
ok $? "JSON without waiters"

run -f "$tmp/none"
status_is 1 "no such file"
err_is "$me: $tmp/none: No such file or directory" "  with one line"
run -f "$tmp"
status_is 1 "a directory"
err_is "$me: $tmp: cannot read: Is a directory" "  with one line"
: >"$tmp/file"
run -f "$tmp/file"
status_is 1 "an empty file"
err_is "$me: $tmp/file: the file is empty: copy the file again, whole" "  with one line"
[ ! -s "$tmp/out" ]
ok $? "  and no output"
head -n 5 data/zoo.txt >"$tmp/file"
run -f "$tmp/file"
status_is 1 "a cut-off file"
err_is "$me: $tmp/file:5: cut off: no \"end\" record: copy the file again, whole" \
	"  with one line"
sed 's/version=1/version=2/' data/zoo.txt >"$tmp/file"
run -f - <"$tmp/file"
status_is 1 "a newer file"
err_is "$me: standard input:1: format version 2 is newer than this tool reads (1): use the futexinspect of the same release as the module" \
	"  with one line"
run --source module
if [ -r /sys/kernel/debug/futexinspect/waiters ]; then
	ok 0 "no module # SKIP the module is loaded"
else
	status_is 1 "no module"
	[ "$(wc -l <"$tmp/err")" -eq 1 ]
	ok $? "  with one line"
fi

usage() {	# MESSAGE ARGUMENTS...
	message=$1
	shift
	run "$@"
	status_is 2 "usage: $*"
	err_is "$me: $message; see futexinspect --help" "  with one line"
	[ ! -s "$tmp/out" ]
	ok $? "  and no output"
}

usage "frobnicate: there is no such command" frobnicate
usage "explain: takes one thread id" explain
usage "explain: takes one thread id" explain 1 2
usage "12x: not a thread id" explain 12x
usage "0: not a thread id" explain 0
usage "99999999999999999999: not a thread id" explain 99999999999999999999
usage "proc: --source cannot be used with --file" --file x --source proc
usage "--interval: cannot be used with --file, which is one look" --interval 5 --file x
usage "nowhere: not a source: module, proc or auto" --source nowhere
usage "-1: not a time from 0 to 60000 ms" --interval -1
usage "1x: not a time from 0 to 60000 ms" --interval 1x
usage "1: graph takes no arguments" graph 1
usage "--json: graph has no JSON form" --json graph
usage "--format: is for graph only" -T svg
usage "--format: is for graph only" -T svg explain 1
usage "--json: explain has no JSON form" --json explain 1
usage "--pid: explain is of one thread" --pid 1 explain 1
usage "--tree: is for the table only" --tree explain 1
usage "--output: is for the table only" -o TID graph
usage "--raw: cannot be used with --tree" --raw --tree
usage "--raw: cannot be used with --json" --raw --json
usage "--noheadings: cannot be used with --json" -n --json
usage "x: not a process or thread id" --pid 1,x
usage "stack: not a verdict" --verdict stuck,stack
usage "web: not the path of a cgroup, which begins with /" --cgroup web
usage "NAME: not a column, or one too many: --list-columns shows all" -o TID,NAME,PID
usage "sometimes: must be auto, always or never" --color=sometimes
usage "--nonsense: there is no such option" --nonsense
usage "-x: there is no such option" -x
usage "-x: there is no such option" --json -xn
usage "-x: there is no such option" -f data/zoo.txt -nx
usage "--json=1: takes no argument" --json=1
usage "--tree=1: takes no argument" --tree=1
usage "'': not a verdict" --verdict=
usage "'': not a process or thread id" -p 1,2,
usage "'': not a column, or one too many: --list-columns shows all" -o ''
usage "--file: an argument is missing" --file

run --help
status_is 0 "help"
grep -q '^Exit status:' "$tmp/out"
ok $? "help tells the exit status"
awk 'length > 80 { exit 1 }' "$tmp/out"
ok $? "help fits 80 columns"
run --version
status_is 0 "version"

for args in "-f data/zoo.txt" "-J -f data/zoo.txt" "--help" "-f data/zoo.txt explain 102" \
	"-f data/zoo.txt graph"; do
	# shellcheck disable=SC2086
	"$tool" $args >/dev/full 2>"$tmp/err"
	status=$?
	status_is 1 "full disk: $args"
	err_is "$me: write error: No space left on device" "  with one line"
done
"$tool" --version >&- 2>"$tmp/err"
status=$?
status_is 1 "closed stdout"

# This host, without the module.
sleep 1000 &
pid=$!
run --source proc explain $pid
status_is 1 "live: a thread that does not wait on a futex"
grep -qx "$me: thread $pid does not wait on a futex" "$tmp/err"
ok $? "  with its line"
kill $pid
wait $pid 2>/dev/null
run --source proc explain $pid
status_is 1 "live: a thread that does not exist"
grep -qx "$me: there is no thread $pid" "$tmp/err"
ok $? "  with its line"
[ "$(wc -l <"$tmp/err")" -eq 2 ]
ok $? "  and one line of what /proc does not show"
run --source proc --pid $pid
status_is 1 "live: a process that does not exist"
grep -qx "$me: there is no process or thread $pid" "$tmp/err"
ok $? "  with its line"
run --source proc --pid $$
status_is 0 "live: a process that waits for no futex"

echo "1..$tests"
[ "$failed" -eq 0 ]
