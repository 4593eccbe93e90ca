# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with run, which sources this
# SPDX-License-Identifier: GPL-2.0-only
#
# The kernels of the file debug-kernels, built from Debian's source.

# Runs the kernel's make for the directory $1 in the row's root.
make_kernel()
{
	run_in_root nice make -C "$source" "O=$1" ARCH=x86_64 "${tools[@]}" "-j$(nproc)" "${@:2}"
}

# Prints what the row's configuration asks for.
asked_config()
{
	local name

	for name in ${flavour//,/ }; do
		cat "$here/configs/$name.config"
	done
	echo "CONFIG_LOCALVERSION=\"-${series#*-}\""
}

# Makes the row's configuration in the directory $1: what its files do not ask for is off.
configure_kernel()
{
	asked_config >"$1/asked"
	make_kernel "$1" "KCONFIG_ALLCONFIG=$1/asked" allnoconfig
	check_config "$1"
}

# Kconfig drops silently what depends on something that is off, or is not known any more.
check_config()
{
	local symbol value got wrong=""

	while IFS='=' read -r symbol value; do
		got=$(sed -n "s/^$symbol=//p" "$1/.config")
		[ "${got:-n}" = "$value" ] || wrong+=" $symbol=${got:-n}"
	done < <(tac "$1/asked" | grep '^CONFIG_' | sort -s -u -t = -k 1,1)
	[ -z "$wrong" ] || fail "the configuration asks for something else than$wrong"
}

# Builds the row's kernel in the directory $1. Its headers are where it was built, without what only linking takes.
build_kernel()
{
	local build=$1/build source

	source=$(realpath "$("$here/../kernel_source" "$series" "")")
	mkdir "$build"
	configure_kernel "$build"
	make_kernel "$build"
	make_kernel "$build" "INSTALL_MOD_PATH=$1" modules_install
	find "$build" -name '*.[ao]' -delete
	# Newer kernels note where they were built, and the directory is renamed when it is complete.
	sed -i 's/^\(export KBUILD_OUTPUT = \).*/\1$(CURDIR)/' "$build/Makefile"
	release=$(cat "$build/include/config/kernel.release")
	cd "$1" || return
	echo "$release" >release
	ln -s build/arch/x86/boot/bzImage vmlinuz
	ln -s "lib/modules/$release" modules
	ln -s build headers
}
