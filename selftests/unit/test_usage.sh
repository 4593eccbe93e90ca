#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The help, the manual and the completion know what the program knows.
# FUTEXINSPECT is the program to test.

export LC_ALL=C
cd "$(dirname "$0")" || exit 1
tool=$(realpath "${FUTEXINSPECT:-../../build/futexinspect}")
manual=../../userspace/futexinspect.8
completion=../../userspace/completion/futexinspect
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
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

same() {	# FILE FILE NAME
	diff -u "$1" "$2" >"$tmp/diff"
	ok $? "$3"
	sed 's/^/# /' "$tmp/diff"
}

echo "TAP version 13"
"$tool" --help >"$tmp/help"
MANWIDTH=80 man -E ascii --warnings -l "$manual" 2>"$tmp/warnings" | col -b >"$tmp/manual"
[ -s "$tmp/manual" ] && [ ! -s "$tmp/warnings" ]
ok $? "the manual is formatted without warnings"
sed 's/^/# /' "$tmp/warnings"

options() {
	grep -oE '(^|[[:space:],])--[a-z-]+' | grep -oE -- '--[a-z-]+' | sort -u
}
sed -n '/^Options:/,/^Verdicts/p' "$tmp/help" | options >"$tmp/options"
[ "$(wc -l <"$tmp/options")" -ge 15 ]
ok $? "the help has options"
while read -r option; do
	"$tool" "$option" --nonsense >"$tmp/out" 2>"$tmp/err"
	! grep -q -- "$option: there is no such option" "$tmp/err"
	ok $? "  $option is one"
done <"$tmp/options"
sed -n '/^OPTIONS/,/^VERDICTS/p' "$tmp/manual" | grep -E '^ {7}-' | options >"$tmp/got"
same "$tmp/options" "$tmp/got" "the manual has the same options"

verdicts() {
	grep -oE '^ +(deadlock|orphaned|no-waker|stopped|lost-wake|waiting|timed|unknown)\>' |
		sed 's/ //g'
}
sed -n '/^Verdicts/,/^Certainty/p' "$tmp/help" | verdicts >"$tmp/verdicts"
[ "$(wc -l <"$tmp/verdicts")" -eq 8 ]
ok $? "the help has the verdicts"
sed -n '/^VERDICTS/,/^EXIT/p' "$tmp/manual" | verdicts >"$tmp/got"
same "$tmp/verdicts" "$tmp/got" "the manual has the same verdicts"

# Completion as bash would ask for it, but for how it spaces the words.
compopt() {
	:
}
# shellcheck source=userspace/completion/futexinspect
. "$completion"
completed() {	# WORDS...: what may stand for the last one
	COMP_WORDS=("$tool" "$@")
	COMP_CWORD=$#
	_futexinspect
	printf '%s\n' "${COMPREPLY[@]}" | sort
}
completed -- >"$tmp/got"
same "$tmp/options" "$tmp/got" "the completion has the same options"
{ sort "$tmp/verdicts"; echo stuck; } | sort >"$tmp/want"
completed --verdict '' >"$tmp/got"
same "$tmp/want" "$tmp/got" "the completion has the same verdicts"
"$tool" --list-columns | sed 's/^ *//; s/ .*//' | sort >"$tmp/want"
completed -o '' >"$tmp/got"
same "$tmp/want" "$tmp/got" "the completion has the columns"

is_completed() {	# WANTED WORDS...
	local want=$1

	shift
	[ "$(completed "$@" | paste -sd ' ')" = "$want" ]
	ok $? "completed: $*"
}
is_completed 'TID,PID TID,PIDNS' -o TID,PID
is_completed '+PPID' --output +PP
is_completed 'stuck,timed' --verdict = stuck,t
is_completed 'explain' ex
is_completed 'module' --source m
is_completed 'always auto' --color = a
is_completed 'always auto never' --color =
is_completed 'explain graph' --color ''
is_completed 'TID TIMEOUT' -rno TI
is_completed '' graph ''
is_completed '' explain 12 ''
is_completed '--tree' graph --tr

echo "1..$tests"
[ "$failed" -eq 0 ]
