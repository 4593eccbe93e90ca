#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Usage: test_run.sh [OPTION of run]...
#
# Proves that the VM runner tells the truth about what happened in the guest. Boots nine times.
#
# shellcheck disable=SC2317 # functions are called through check

set -u

here=$(dirname "$(realpath "$0")")
run=("$here/run" "$@")
plan=40
count=0
failed=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# check NAME COMMAND...
check()
{
	local name=$1 result=ok
	shift

	count=$((count + 1))
	"$@" >&2 || { result="not ok"; failed=1; }
	echo "$result $count - $name"
}

# in_vm COMMAND...: leaves stdout, stderr and status in $tmp.
in_vm()
{
	"${run[@]}" -- "$@" >"$tmp/out" 2>"$tmp/err"
	status=$?
}

said()
{
	grep -aqxF -- "$1" "$tmp/out" || { echo "# no line '$1' in:"; sed 's/^/# /' "$tmp/out" "$tmp/err"; false; }
}

# usage_error NAME OPTION...: one line on stderr, status 2.
usage_error()
{
	local name=$1
	shift

	"$here/run" "$@" >"$tmp/out" 2>"$tmp/err"
	status=$?
	check "$name" test "$status $(wc -l <"$tmp/err") $(wc -c <"$tmp/out")" = "2 1 0"
}

test_usage()
{
	usage_error "no command" --
	usage_error "no command, no --"
	usage_error "unknown option" --frobnicate -- true
	usage_error "unknown series" --kernel 1.0 -- true
	usage_error "unknown architecture" --arch vax -- true
	usage_error "option without its value" --kernel -- true
	usage_error "module that is not there" --module /nonexistent -- true
	usage_error "directory with a kernel, without a module for that" --kernel /nonexistent -- true
	usage_error "memory that is no number" --memory lots -- true
}

# splat LINE: the only line of the log is reported, and as it stands.
splat()
{
	[ "$(printf '%s\r\n' "[    1.000000] $1" | "$here/splats" -)" = "[    1.000000] $1"$'\r' ] ||
		{ echo "# not seen: $1"; false; }
}

harmless()
{
	! printf '%s\r\n' "[    1.000000] $1" | "$here/splats" -
}

every()
{
	local verdict=0

	while read -r line; do
		"$1" "$line" || verdict=1
	done
	return "$verdict"
}

test_splats()
{
	check "defects are seen in a log" every splat <<-'EOF'
		BUG: kernel NULL pointer dereference, address: 0000000000000000
		BUG: KASAN: use-after-free in collect+0x10/0x20
		BUG: scheduling while atomic: cat/123/0x00000002
		BUG kmalloc-64 (Tainted: G           O     ): Poison overwritten
		BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 31s!
		kernel BUG at lib/list_debug.c:59!
		WARNING: CPU: 0 PID: 12 at kernel/futex/core.c:12 futex_hash+0x1/0x2
		WARNING: kernel/futex/core.c:12 at futex_hash+0x1/0x2, CPU#0: cat/12
		WARNING: possible circular locking dependency detected
		WARNING: suspicious RCU usage
		Oops: 0002 [#1] PREEMPT SMP PTI
		Oops: general protection fault, probably for non-canonical address 0xdead000000000100: 0000 [#1] SMP
		general protection fault, probably for non-canonical address 0xdead000000000100: 0000 [#1] PREEMPT SMP
		invalid opcode: 0000 [#1] PREEMPT SMP NOPTI
		Unable to handle kernel paging request at virtual address ffff800008000000
		Internal error: Oops: 96000004 [#1] SMP
		Kernel panic - not syncing: Fatal exception
		list_del corruption. prev->next should be ffff888, but was dead
		list_add corruption. next->prev should be prev
		UBSAN: array-index-out-of-bounds in module/waiters.c:1:2
		INFO: task cat:123 blocked for more than 120 seconds.
		INFO: trying to register non-static key.
		INFO: rcu_tasks detected stalls on tasks:
		rcu: INFO: rcu_preempt self-detected stall on CPU
		rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
		watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [cat:123]
		watchdog: CPU1: Watchdog detected hard LOCKUP on cpu 1
		NMI watchdog: Watchdog detected hard LOCKUP on cpu 1
	EOF
	check "harmless lines are not taken for defects" every harmless <<-'EOF'
		Linux version 6.1.0-1-amd64 (gcc-12) #1 SMP PREEMPT_DYNAMIC Debian 6.1.1-1
		Spectre V2 : WARNING: Unprivileged eBPF is enabled with eIBRS on, data leaks possible via Spectre v2 BHB attacks!
		RETBleed: WARNING: Spectre v2 mitigation leaves CPU vulnerable to RETBleed attacks, data leaks possible!
		ACPI: [Firmware Bug]: BIOS _OSI(Linux) query ignored
		tsc: Marking TSC unstable due to clocksource watchdog
		traps: cat[123] general protection fault ip:7f0000000000 sp:7ffd00000000 error:0 in libc.so.6
		cat[123]: segfault at 0 ip 0000000000000000 sp 00007ffd00000000 error 14
		x86/fpu: Supporting XSAVE feature 0x001: 'x87 floating point registers'
		NMI watchdog: Enabled. Permanently consumes one hw-PMU counter.
		INFO: NMI handler (perf_event_nmi_handler) took too long to run: 1.2 msecs
		INFO: lockdep is turned off.
		rcu: Hierarchical RCU implementation.
		futexinspect: loading out-of-tree module taints kernel.
		Oopsie: a line of a driver with a sense of humour
	EOF
}

test_streams()
{
	head -c 4000000 /dev/urandom >"$tmp/blob"
	# shellcheck disable=SC2016 # for the guest
	in_vm sh -c 'tee /dev/stderr; exit 3' <"$tmp/blob"
	check "status of the command" test "$status" = 3
	check "standard input to standard output, 4 MB of any bytes" cmp "$tmp/blob" "$tmp/out"
	check "standard error apart from it, as many" cmp "$tmp/blob" "$tmp/err"
}

# From a copy of the repository below /tmp, whose like in the guest is a tmpfs of its own.
test_surroundings()
{
	# shellcheck disable=SC2016 # not to be expanded by anybody
	local copy=$tmp/"a copy, 'quoted'" run=("${run[@]}") words=('a  b' '' "q'q\"q\\" $'two\nlines' '$HOME `x`' $'\xff')

	mkdir "$copy"
	cp -r "$here"/../../{Kbuild,module,userspace,selftests} "$copy"
	run[0]=$copy/selftests/vm/run
	cd "$copy/selftests" || return
	# shellcheck disable=SC2016 # for the guest
	in_vm sh -c '
		! touch /etc/x && ! touch "$PWD/x" && echo "files read-only"
		touch /tmp/x /var/tmp/x /run/x /dev/shm/x && echo "scratch writable"
		echo "in $PWD" && ls vm/run
		grep -w ^futexinspect /proc/modules && echo "module loaded"
		[ -r "$FUTEXINSPECT_KO" ] && echo "module readable"
		echo "path ${PATH%%:*}"
		printf "<%s>\n" "$@"
		echo via-stdout >/dev/stdout
		unshare -Ur true && echo "user namespaces"
		python3 -c "import mmap; f = open(\"/bin/sh\", \"rb\"); print(mmap.mmap(f.fileno(), 0, prot=1)[1:4])"
		mountpoint -q /sys/kernel/debug && mountpoint -q /sys/fs/cgroup && echo mounts
		[ -z "$(cat)" ] && echo "empty input"
	' sh "${words[@]}" </dev/null
	cd "$here" || return
	check "status 0" test "$status" = 0
	check "the host's files are read-only" said "files read-only"
	check "/tmp and its like are writable" said "scratch writable"
	check "the directory is the caller's" said "in $copy/selftests"
	check "the repository is there though below /tmp" said vm/run
	check "the module is loaded" said "module loaded"
	check "FUTEXINSPECT_KO is its file" said "module readable"
	check "the tool's directory is first on PATH" said "path $copy/build"
	check "arguments arrive as given" diff <(grep -a -A 6 '^<a' "$tmp/out") \
		<(printf '<%s>\n' "${words[@]}")
	check "/dev/stdout can be opened" said via-stdout
	check "user namespaces can be made" said "user namespaces"
	check "files can be mapped" said "b'ELF'"
	check "debugfs and cgroup2 are mounted" said mounts
	check "no input is empty input" said "empty input"
}

test_signal()
{
	local run=("${run[@]}" --no-module)

	# shellcheck disable=SC2016
	in_vm sh -c '
		sleep 1000 &
		grep -w ^futexinspect /proc/modules || insmod "$FUTEXINSPECT_KO" && rmmod futexinspect && echo "loaded by hand"
		kill -SEGV $$'
	check "death by a signal, and a process left behind does not matter" test "$status" = 139
	check "--no-module leaves loading to the command" said "loaded by hand"
}

test_timeout()
{
	local run=("${run[@]}" --timeout 4 --log "$tmp/log")

	in_vm sleep 1000
	check "timeout" test "$status" = 124
}

test_reader_gone()
{
	"${run[@]}" -- yes | head -n 1 >"$tmp/out"
	status=${PIPESTATUS[0]}
	check "output comes at once, and the guest ends with its reader" test "$status $(cat "$tmp/out")" = "141 y"
}

# At the same time: two runs do not get into each other's way.
test_defects()
{
	local panic splat log

	"${run[@]}" -- sh -c 'echo c >/proc/sysrq-trigger' 2>"$tmp/panic.err" &
	panic=$!
	"${run[@]}" --log "$tmp/log" -- sh -c 'echo "BUG: as a test" >/dev/kmsg' 2>"$tmp/splat.err" &
	splat=$!
	wait $panic
	status=$?
	check "panic is a failure" test "$status" = 125
	log=$(sed -n 's/.*console log: //p' "$tmp/panic.err")
	check "and says where the log is" grep -q "Kernel panic" "$log"
	rm -f "$log"
	wait $splat
	status=$?
	check "a line that reports a defect is a failure" test "$status" = 125
	check "and is shown" grep -q "] BUG: as a test" "$tmp/splat.err"
	check "--log keeps the console's log" grep -q "] BUG: as a test" "$tmp/log"
}

# A machine whose first boot ends in an oops, as that of an emulated one can, and whose second is a real one.
test_boot_crash()
{
	local run=("${run[@]}" --log "$tmp/log") qemu

	rm -f "$tmp/log"
	mkdir "$tmp/bin"
	for qemu in qemu-system-x86_64 qemu-system-aarch64; do
		cat >"$tmp/bin/$qemu" <<-EOF
			#!/bin/sh
			[ ! -e "$tmp/crashed" ] || exec $(command -v $qemu) "\$@"
			touch "$tmp/crashed"
			echo "[    1.476949] Oops: int3: 0000 [#1] SMP NOPTI" >>"$tmp/log"
		EOF
		chmod +x "$tmp/bin/$qemu"
	done
	PATH=$tmp/bin:$PATH in_vm echo booted
	check "a guest that crashes as it boots is started again" test "$status $(cat "$tmp/out")" = "0 booted"
	check "which is said" grep -q "crashed as it booted" "$tmp/err"
	check "and the log of the crash is kept" grep -q "Oops: int3" "$tmp/log.1"
}

echo "TAP version 13"
echo "1..$plan"
test_usage
test_splats
# What is fetched and built the first time would be told among the output of a test.
"${run[@]}" -- true >&2
test_streams
test_surroundings
test_signal
test_timeout
test_reader_gone
test_defects
test_boot_crash
[ $count = $plan ] || { echo "# $count tests were run"; failed=1; }
exit $failed
