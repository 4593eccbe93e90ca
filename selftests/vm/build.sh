# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with run, which sources this
# SPDX-License-Identifier: GPL-2.0-only
#
# The module, built for a kernel of the cache and outside the source tree: kernels and clones do not mix.
# For a guest of another architecture, its root and our programs as well.

# The module's sources in the directory $1.
list_sources()
{
	(cd "$1" && find Kbuild module -type f \( -name Kbuild -o -name Makefile -o -name '*.[chS]' \) ! -name '*.mod.c')
}

# Brings the copy in $1 up to date, touching only files that changed, so that make builds no more than it must.
copy_sources()
{
	local file

	while read -r file; do
		cmp -s "$top/$file" "$1/$file" && continue
		mkdir -p "$(dirname "$1/$file")"
		cp "$top/$file" "$1/$file"
	done < <(list_sources "$top")
	while read -r file; do
		[ -e "$top/$file" ] || rm "$1/$file"
	done < <(list_sources "$1")
}

# Makes a root of the suite build_root in the directory $1, with what building a module takes, or the kernel as well.
make_build_root()
{
	local packages=$cc,libc6-dev,libdw1,libelf1,libssl3,make,pahole

	[[ $cc != clang-* ]] || packages+=,${cc/clang/lld},${cc/clang/llvm}
	if [ "$table" = debug-kernels ]; then
		packages+=,$(grep -v '^#' "$here/packages-kernel" | paste -s -d ,)
	fi
	apt_sources "$build_root" |
		mmdebstrap --variant=essential "--include=$packages" "$build_root" "$1" -
}

# Runs a command in the row's root. Of the host it sees the cache; a mount namespace takes the mounts along at the end.
run_in_root()
{
	local root=$cache/roots/$build_root

	if [ "$build_root" = host ]; then
		"$@"
		return
	fi
	[ "$table" = kernels ] || root+=-$cc
	[ -d "$root" ] || make_once "$root" make_build_root
	mkdir -p "$root$cache"
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare --mount sh -euc 'mount -o bind "$1" "$0$1"; mount -t proc proc "$0/proc"; shift; exec chroot "$0" "$@"' \
		"$root" "$cache" "$@"
}

# Sets tools to make's variables for the row's compiler and what goes with it.
choose_tools()
{
	case $cc in
	clang-*) tools=("LLVM=${cc#clang}") ;;
	*) tools=("CC=$cc" "HOSTCC=gcc${cc##*gcc}" "CROSS_COMPILE=${cc%gcc-*}") ;;
	esac
}

# Builds the module for the row's kernel, warnings being errors, and copies it to $1. Sets objects to where it is built.
build_module()
{
	objects=$cache/build/$release/$(cksum <<<"$top" | cut -d ' ' -f 1)
	mkdir -p "$objects"
	(
		flock 9
		copy_sources "$objects"
		run_in_root make -C "$kernel_dir/headers" "M=$objects" "${tools[@]}" W=1 KCFLAGS=-Werror modules \
			>"$objects/log" 2>&1 || { cat "$objects/log" >&2; fail "cannot build the module for $release"; }
		cp "$objects/futexinspect.ko" "$1"
	) 9>"$objects/lock"
}

# Makes a root for guests of another architecture in the directory $1: with what tests run, and as a sysroot for the
# programs they test. The packages' scripts, which the host could not run, are left out; of what they would have done,
# only the users are missed.
make_guest_root()
{
	local packages=binutils,busybox-static,gdb,kmod,libc6-dev,libdw-dev,libiberty-dev,libsmartcols-dev,libzstd-dev

	packages+=,mount,procps,python3,python3-jsonschema,zstd
	apt_sources "$suites" |
		mmdebstrap --variant=extract "--architectures=$arch" --include='?essential' "--include=$packages" \
			--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr "${suites%%,*}" "$1" -
	cp "$1/usr/share/base-passwd/passwd.master" "$1/etc/passwd"
	cp "$1/usr/share/base-passwd/group.master" "$1/etc/group"
}

# Builds the tool and the tests' programs for the guest's root into the directory $1, laid out as build/.
build_programs()
{
	local compiler="CC=$cc --sysroot=$guest_root"

	mkdir -p "$1"
	(
		flock 9
		export PKG_CONFIG_LIBDIR=$guest_root/usr/lib/${cc%-gcc-*}/pkgconfig PKG_CONFIG_SYSROOT_DIR=$guest_root
		{
			make -C "$top/userspace" "O=$1" "$compiler" &&
				make -C "$top/selftests" "OUT=$1/selftests" "$compiler"
		} >"$1/log" 2>&1 || { cat "$1/log" >&2; fail "cannot build the programs for $arch"; }
	) 9>"$1/lock"
}

# Sets guest_root; for a foreign guest, also guest_build, the directory to show as the repository's build/.
prepare_guest_root()
{
	guest_root=/
	guest_build=""
	[ "$arch" != "$host_arch" ] || return 0
	guest_root=$cache/roots/${suites%%,*}-$arch
	[ -d "$guest_root" ] || make_once "$guest_root" make_guest_root
	guest_build=$cache/build/$arch/$(cksum <<<"$top" | cut -d ' ' -f 1)
	build_programs "$guest_build"
	[ -d "$guest_root$PWD" ] || [[ $PWD/ = "$top"/* ]] || fail "guests of another architecture see no $PWD: go to $top"
	# Where init mounts these: the guest cannot make directories there.
	mkdir -p "$guest_root$top" "$top/build"
}
