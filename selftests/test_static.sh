#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What can be said of the project without running it. TAP on standard output.

# shellcheck disable=SC2317 # check() calls the functions

cd "$(dirname "$(realpath "$0")")/.." || exit 1

top=$PWD
number=0 failed=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# check NAME COMMAND...: one test, which passes if COMMAND succeeds
check()
{
	local name=$1

	shift
	number=$((number + 1))
	if "$@" >"$tmp/output" 2>&1; then
		echo "ok $number $name"
	else
		sed 's/^/# /' "$tmp/output"
		echo "not ok $number $name"
		failed=1
	fi
}

# The files of a checkout; of an unpacked release all that is not built.
files()
{
	if [ -e .git ]; then
		git ls-files
	else
		find . -path ./build -prune -o -type f -printf '%P\n'
	fi
}

scripts()
{
	files | while read -r file; do
		case $(head -c 64 "$file" | head -n 1) in
		'#!/bin/bash'* | '#!/bin/sh'* | '#!/bin/busybox sh'*) echo "$file" ;;
		esac
	done
}

every_file_has_a_licence()
{
	local file found=0

	for file in $(files | grep -E '\.([ch]|py|sh|rst)$|(^|/)(Makefile|Kbuild|dkms\.conf|rules)$'; scripts); do
		head -n 3 "$file" | grep -q 'SPDX-License-Identifier: GPL-2.0-only' && continue
		echo "$file: no SPDX line"
		found=1
	done
	return "$found"
}

# Each file must have a version, and all the same.
versions_agree()
{
	local versions

	versions=$(
		sed -n 's/^MODULE_VERSION("\(.*\)");$/\1 module/p' module/main.c
		sed -n 's/^VERSION ?= \(.*\)/\1 tool/p' userspace/Makefile
		sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1 dkms/p' dkms.conf
		sed -n '1s/^futexinspect (\(.*\)) .*/\1 deb/p' debian/changelog
		sed -n 's/^Version: *\(.*\)/\1 rpm/p' rpm/futexinspect.spec
	)
	echo "$versions"
	[ "$(wc -l <<<"$versions")" = 5 ] && [ "$(cut -d ' ' -f 1 <<<"$versions" | uniq | wc -l)" = 1 ]
}

needs_agree()
{
	local kbuild dkms

	kbuild=$(sed -n 's/^fi-needs := //p' Kbuild)
	dkms=$(sed -n 's/^BUILD_EXCLUSIVE_CONFIG="\(.*\)"$/\1/p' dkms.conf)
	echo "Kbuild: $kbuild; dkms.conf: $dkms"
	[ -n "$kbuild" ] && [ "$kbuild" = "${dkms//CONFIG_/}" ]
}

matrix_is_documented()
{
	local series arch rest missing=""

	while read -r series arch rest; do
		grep -qE "^${series//./[.]} +$arch " Documentation/support-matrix.rst ||
			missing+=" $series/$arch"
	done < <(grep -v '^#' selftests/vm/kernels)
	echo "not in the table:${missing:- none}"
	[ -z "$missing" ]
}

core_has_no_version_test()
{
	! grep -nE 'LINUX_VERSION_CODE|KERNEL_VERSION|RHEL_RELEASE' module/*.[ch]
}

scripts_are_clean()
{
	# shellcheck disable=SC2046 # one word a file
	shellcheck -x $(scripts | grep -v '^selftests/vm/init$')
}

python_compiles()
{
	# shellcheck disable=SC2046 # one word a file
	PYTHONPYCACHEPREFIX=$tmp python3 -m py_compile $(files | grep '\.py$')
}

style_is_the_kernels()
{
	local dir

	dir=$(selftests/kernel_source 6.1 scripts/checkpatch.pl scripts/spelling.txt \
		scripts/const_structs.checkpatch scripts/kernel-doc) || return
	# It leaves a file where it runs.
	(cd "$tmp" && perl "$dir/scripts/checkpatch.pl" --no-tree --strict --terse -q -f \
		"$top"/module/*.[ch])
}

comments_are_kernel_doc()
{
	local dir

	dir=$(selftests/kernel_source 6.1 scripts/checkpatch.pl scripts/spelling.txt \
		scripts/const_structs.checkpatch scripts/kernel-doc) || return
	perl "$dir/scripts/kernel-doc" -none -Werror module/*.[ch] userspace/*.[ch] userspace/*/*.[ch]
}

documentation_is_made()
{
	sphinx-build -q -W --keep-going -n -d "$tmp/doctrees" Documentation "$tmp/html"
}

echo "TAP version 13"
echo "1..10"
check "every source file names its licence" every_file_has_a_licence
check "module, tool, dkms.conf and packages have one version" versions_agree
check "Kbuild and dkms.conf ask for the same configuration" needs_agree
check "every kernel of the support matrix is documented" matrix_is_documented
check "the module tests for no kernel version" core_has_no_version_test
check "shellcheck finds nothing in the scripts" scripts_are_clean
check "the Python programs compile" python_compiles
check "checkpatch --strict finds nothing in module/" style_is_the_kernels
check "kernel-doc understands all comments" comments_are_kernel_doc
check "Sphinx makes the documentation without warnings" documentation_is_made
exit $failed
