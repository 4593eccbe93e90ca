# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with run, which sources this
# SPDX-License-Identifier: GPL-2.0-only
#
# The guest's first file system: a static busybox, the drivers that lead to the host's files and to a disk for swap,
# overlayfs for tests that write to a root, FUSE for a file server that is gone, and init.

# Prints the file of driver $1; nothing if the kernel has it built in.
driver_file()
{
	local name=${1//[-_]/[-_]}

	grep -qE "/$name\.ko$" "$kernel_dir/modules/modules.builtin" && return
	find "$kernel_dir/modules/" -name "$name.ko*" | grep . || fail "kernel $release has no driver $1"
}

# Prints the module in file $1, unpacked.
plain_module()
{
	case $1 in
	*.xz) xz -dc "$1" ;;
	*) cat "$1" ;;
	esac
}

# Puts driver $1 into the directory $2, and its name into the order of loading after those it depends on.
add_driver()
{
	local file dependency

	[ ! -e "$2/$1.ko" ] || return 0
	file=$(driver_file "$1")
	[ -n "$file" ] || return 0
	plain_module "$file" >"$2/$1.ko"
	for dependency in $(tr '\0' '\n' <"$2/$1.ko" | sed -n 's/^depends=//p' | tr , ' '); do
		add_driver "$dependency" "$2"
	done
	echo "$1" >>"$2/order"
}

# Writes the initramfs to $1.
make_initramfs()
{
	local dir=$1.d driver drivers=(virtio_pci virtio_console 9pnet_virtio 9p zram)

	mkdir -p "$dir/bin" "$dir/drivers"
	cp "$guest_root/bin/busybox" "$dir/bin/busybox"
	install -m 755 "$here/init" "$dir/init"
	touch "$dir/drivers/order"	# it stays empty where all are built in
	# Kernels that are built here have neither.
	[ "${table:-}" = debug-kernels ] || drivers+=(overlay fuse)
	for driver in "${drivers[@]}"; do
		add_driver "$driver" "$dir/drivers"
	done
	(cd "$dir" && find . | cpio -o -H newc --quiet) >"$1"
}
