# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with run, which sources this
# SPDX-License-Identifier: GPL-2.0-only
#
# What a row of the kernels says, and the Debian packages of one of the support matrix unpacked in the cache.

# Sets table, series, arch, flavour (in debug-kernels the configuration), suites, cc, build_root and slowness from the
# row of $1 (series) and $2 (arch). A directory with a kernel has no row, and nothing is built for it.
read_row()
{
	if [[ $1 = */* ]]; then
		series=${1##*/} arch=$2 build_root=host cc="" slowness=1
		return
	fi
	for table in kernels debug-kernels; do
		while read -r series arch flavour suites cc build_root slowness; do
			[ "$series $arch" = "$1 $2" ] || continue
			slowness=${slowness:-1}
			return
		done < <(grep -v '^#' "$here/$table")
	done
	usage_error "no kernel $1 for $2 in selftests/vm/kernels; there are: $(
		cat "$here/kernels" "$here/debug-kernels" |
			awk '!/^#/ { printf "%s%s (%s)", sep, $1, $2; sep = ", " }')"
}

# Where the host's apt gets its own suite from (or with $1 = -security, that suite's security updates).
mirror()
{
	local codename url

	# shellcheck source=/dev/null
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	# shellcheck disable=SC2016 # apt's variables
	url=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
		awk -v suite="$codename$1" '$2 == suite && $3 == "main" && $1 ~ "/debian(-security)?/?$" { print $1 }')
	url=${url%%$'\n'*}
	echo "${url:-http://deb.debian.org/debian$1}"
}

# apt's source lines of the suites $1.
apt_sources()
{
	local suite url

	for suite in ${1//,/ }; do
		case $suite in
		*-security) url=$(mirror -security) ;;
		*) url=$(mirror "") ;;
		esac
		echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $url $suite main"
	done
}

# Makes an apt of its own in the directory $1 for the row's suites; it knows nothing of the host's packages.
make_apt()
{
	mkdir -p "$1/lists/partial" "$1/cache/archives/partial"
	: >"$1/status"
	apt_sources "$suites" >"$1/sources"
	apt_options=(
		-o "APT::Architectures=$host_arch,$arch"
		-o APT::Sandbox::User=root -o Acquire::Languages=none
		-o "Dir::Etc::SourceList=$1/sources" -o Dir::Etc::SourceParts=/dev/null
		-o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null
		-o "Dir::State::Lists=$1/lists" -o "Dir::State::Status=$1/status" -o "Dir::Cache=$1/cache"
	)
	apt-get "${apt_options[@]}" -q update
	package_names=$(apt-cache "${apt_options[@]}" pkgnames linux-)
}

has_package()
{
	grep -qxF "$1" <<<"$package_names"
}

# The packages of image $1. Since 7.2 an image is split in three; the signed form of one of them comes days later.
image_packages()
{
	local binary

	if has_package "linux-modules-$1"; then
		for binary in "linux-binary-$1" "linux-binary-unsigned-$1"; do
			has_package "$binary" || continue
			echo "linux-base-$1:$arch" "linux-modules-$1:$arch" "$binary:$arch"
			return
		done
	elif has_package "linux-image-$1"; then
		echo "linux-image-$1:$arch"
	fi
}

# Sets release and image to the newest of the row whose headers and image are both in the suites.
choose_release()
{
	local version=${series%%-*}
	local pattern="linux-headers-(${version//./[.]}[.][^-]*(-[0-9]+)?-$flavour)"

	while read -r release; do
		image=$(image_packages "$release")
		[ -z "$image" ] || return 0
	done < <(sed -nE "s/^$pattern\$/\1/p" <<<"$package_names" | sort -rV)
	say "the suites $suites have no kernel for row $series $arch"
	return 1
}

# The headers package of release $1 and the other packages that building against it takes, whose programs are to be
# the host's even where the kernel is not.
headers_packages()
{
	echo "linux-headers-$1:$arch"
	apt-cache "${apt_options[@]}" depends "linux-headers-$1:$arch" |
		sed -nE 's/^ +Depends: <?(linux-(headers|kbuild)-[^:>]*).*/\1/p'
}

# What the rest of the scripts looks for in the directory $1, under names that do not depend on release and packaging.
name_parts()
{
	cd "$1" || return
	echo "$release" >release
	ln -s "$(find . -name 'vmlinuz*' -type f)" vmlinuz
	ln -s "$(find . -path "*/modules/$release" -prune)" modules
	ln -s "usr/src/linux-headers-$release" headers
	# The headers include each other by absolute path, as they would be installed.
	sed -i 's|/usr/src/|../|' headers/Makefile
}

# Downloads and unpacks the row's kernel into the directory $1.
fetch_kernel()
{
	local image headers deb

	make_apt "$1/apt"
	choose_release
	headers=$(headers_packages "$release")
	# shellcheck disable=SC2086 # lists
	(cd "$1" && apt-get "${apt_options[@]}" -q download $image $headers)
	for deb in "$1"/*.deb; do
		dpkg-deb -x "$deb" "$1"
	done
	name_parts "$1"
	rm -rf "$1/apt" "$1"/*.deb
}

# A root whose making was killed may still have /proc and /sys of this host in it.
remove_unfinished()
{
	local target

	while read -r target; do
		[[ $target != "$1"/* ]] || umount "$target"
	done < <(tac /proc/mounts | cut -d ' ' -f 2)
	rm -rf --one-file-system "$1"
}

# Runs "FILL… NEW", which fills the directory NEW, and makes it the directory $1; unless that is there already.
# Only one run does it, and what is under the name $1 is always complete.
make_once()
{
	local dir=$1
	shift

	mkdir -p "${dir%/*}"
	(
		flock 9
		[ ! -d "$dir" ] || exit 0
		say "making $dir"
		remove_unfinished "$dir.new"
		mkdir "$dir.new"
		# Not simply "|| …": that would turn off errexit in the function.
		"$@" "$dir.new" >"$dir.log" 2>&1 &
		wait $! || { tail -n 20 "$dir.log" >&2; fail "cannot make $dir, see $dir.log"; }
		mv "$dir.new" "$dir"
	) 9>"$dir.lock"
}

# Sets kernel_dir and release, fetching or building the kernel if the cache has none.
find_kernel()
{
	local how=fetch_kernel

	if [[ $kernel = */* ]]; then
		kernel_dir=$kernel
	else
		kernel_dir=$cache/kernels/$series-$arch
		if [ "$table" = debug-kernels ]; then
			how=build_kernel
			# Whoever changes a configuration wants another kernel.
			kernel_dir+=-$(asked_config | cksum | cut -d ' ' -f 1)
		fi
		[ -d "$kernel_dir" ] || make_once "$kernel_dir" "$how"
	fi
	release=$(cat "$kernel_dir/release")
}
