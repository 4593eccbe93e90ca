# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with run, which sources this
# SPDX-License-Identifier: GPL-2.0-only
#
# The virtual machine.

# Downloads and unpacks QEMU of Debian 12's backports into the directory $1.
fetch_qemu()
{
	local suites=bookworm-backports arch=$host_arch deb

	make_apt "$1/apt"
	(cd "$1" && apt-get "${apt_options[@]}" -q download qemu-system-{x86,arm,common,data})
	for deb in "$1"/*.deb; do
		dpkg-deb -x "$deb" "$1"
	done
	rm -rf "$1/apt" "$1"/*.deb
}

# Sets qemu to QEMU's program $1 and where it finds its files. That of Debian 12 needs a fifth more time for the tests
# than the one of its backports, which the libraries of Debian 12 are enough for. Plugins are for the older one.
choose_qemu()
{
	local dir=$cache/qemu

	qemu=("$1")
	[[ -z $count && $("$1" --version) = *"version 7.2."*"(Debian "* ]] || return 0
	[ -d "$dir" ] || make_once "$dir" fetch_qemu
	qemu=("$dir/usr/bin/$1" -L "$dir/usr/share/qemu" -L /usr/share/seabios)
}

# Sets qemu to the command line of a machine that has accelerator $1 and writes its console to $2; kernel_command_line
# to what its kernel needs.
qemu_command()
{
	case $arch in
	amd64)
		choose_qemu qemu-system-x86_64
		qemu+=(-M q35 -cpu max)
		# On a busy host, emulated timer interrupts come too late for the kernel's check that they come at all.
		# The TSC is the host's, with one offset for all CPUs; what the kernel uses instead is much slower.
		kernel_command_line="console=ttyS0 no_timer_check syscall.x32=y tsc=reliable"
		# A node more, of memory that could be plugged in, so that it is possible but has none.
		without_memory=(-m "$memory,slots=1,maxmem=$((memory + 128))M" -numa node)
		;;
	arm64)
		choose_qemu qemu-system-aarch64
		# Pointer authentication as architected costs more than the rest of the emulation.
		qemu+=(-M virt -cpu "max,pauth-impdef=on")
		kernel_command_line="console=ttyAMA0"
		without_memory=(-m "$memory")
		;;
	esac
	qemu+=(
		-accel "$1" -smp "${count:+1,maxcpus=}2,sockets=2"
		# Two sockets, NUMA nodes both: from 6.16 on each has a futex table of its own.
		-object "memory-backend-ram,id=ram0,size=$((memory / 2))M"
		-object "memory-backend-ram,id=ram1,size=$((memory - memory / 2))M"
		-numa node,cpus=0,memdev=ram0 -numa node,cpus=1,memdev=ram1
		"${without_memory[@]}"
		-nodefaults -no-user-config -no-reboot -display none
		-kernel "$kernel_dir/vmlinuz" -initrd "$tmp/initramfs"
		-chardev "file,id=console,path=$2,append=on" -serial chardev:console
	)
	# Mitigations cost an emulated CPU a twentieth of its time, for nothing.
	# After an oops nothing that the guest says can be relied on: stop there, with the log complete.
	kernel_command_line+=" mitigations=off panic=-1 oops=panic"
	# What a slow kernel has preempted as a reader of RCU also waits longer for its turn. Debian has 21 seconds.
	kernel_command_line+=" rcupdate.rcu_cpu_stall_timeout=$((21 * slowness))"
}

# Boots as far as init.
boots_with_kvm()
{
	[ -w /dev/kvm ] && [ "$arch" = "$host_arch" ] || return 1
	qemu_command kvm "$tmp/kvm"
	# In a shell of its own, which would say so if QEMU aborts.
	(timeout -k 5 20 "${qemu[@]}" -append "$kernel_command_line probe"; true) </dev/null >/dev/null 2>&1
	grep -q '^vm/init: alive' "$tmp/kvm"
}

# Sets accelerator. That /dev/kvm can be opened says little, so it is tried, once in every uptime of the host.
choose_accelerator()
{
	local boot known file=$cache/accelerator-$arch

	boot=$(cat /proc/sys/kernel/random/boot_id)
	known=$(cat "$file" 2>/dev/null) || :
	if [ "${known% *}" != "$boot" ]; then
		known="$boot tcg,thread=multi"
		! boots_with_kvm || known="$boot kvm"
		echo "$known" >"$tmp/accelerator"
		mv "$tmp/accelerator" "$file"
	fi
	accelerator=${known#* }
	[ -z "$count" ] || accelerator=tcg,thread=single
}

# A file name as the value of one of QEMU's options, where a comma ends a value unless doubled.
option_value()
{
	echo "${1//,/,,}"
}

# Adds to qemu the directory $2 as the share $1, with the further options $3 of -fsdev.
add_share()
{
	qemu+=(
		-fsdev "local,id=$1,path=$(option_value "$2"),security_model=none$3"
		-device "virtio-9p-pci,fsdev=$1,mount_tag=$1"
	)
}

# Waits until the guest has made the file $1, or has ended. Succeeds if it is to be started again: it hung, or its
# kernel crashed, before. Under emulation kernels sometimes do, in the first seconds (a CPU runs into a breakpoint of
# text_poke() that another has removed); nothing of ours has run there yet.
boot_failed()
{
	local i

	for ((i = 0; i < 900 * slowness; i++)); do
		if [ -e "$1" ] || ! kill -0 "$vm" 2>/dev/null; then
			break
		fi
		sleep 0.1
	done
	[ ! -e "$1" ] || return 1
	if kill "$vm" 2>/dev/null; then
		say "the guest hung as it booted"
	else
		"$here/splats" "$log" >&2 || return 1
		say "the guest's kernel crashed as it booted"
	fi
	wait "$vm" || :
}

# Starts the machine with the directory $1 shared, our standard input passed on if pass_stdin; its console and QEMU's
# own messages go to $log. Sets vm and, with standard input, feeder to process ids.
start_vm()
{
	local stdin=/dev/null tries

	qemu_command "$accelerator" "$(option_value "$log")"
	qemu+=(-append "$kernel_command_line")
	if [ -n "$count" ]; then
		# A nanosecond of the guest's is an instruction: timers interrupt after as many on every host.
		qemu+=(-icount "shift=0,sleep=off")
		qemu+=(-plugin "$top/build/selftests/bench/count.so,output=$(option_value "$count")")
	fi
	add_share run "$1" ""
	add_share host / ,readonly=on,multidevs=remap
	if [ -n "$guest_build" ]; then
		add_share root "$guest_root" ,readonly=on,multidevs=remap
	fi
	if [ -n "$pass_stdin" ]; then
		stdin=$tmp/stdin
		mkfifo "$stdin"
		# Until the guest is up, what is in the pipe must outlive QEMU.
		exec 8<>"$stdin"
		# QEMU makes its input non-blocking: that must not be a file that others use too.
		cat <&0 >"$stdin" 8<&- &
		feeder=$!
		# shellcheck disable=SC2054 # QEMU's commas
		qemu+=(
			-device virtio-serial-pci -chardev stdio,id=stdin,signal=off
			-device virtserialport,chardev=stdin,name=stdin
		)
	fi
	for tries in 1 2 3; do
		timeout -k 5 "$timeout" "${qemu[@]}" <"$stdin" >/dev/null 2>>"$log" 8<&- &
		vm=$!
		boot_failed "$1/started" || break
		mv "$log" "$log.$tries"
		: >"$log"
		say "console log: $log.$tries"
		[ "$tries" -lt 3 ] || fail "the guest does not boot"
	done
	exec 8<&-
}
