#!/bin/sh
# What people and machines do wrong: configuration, command line, places, keys, a full disk. Each is told with
# the place and the remedy, and nothing is sent that isn't recorded.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/stack.sh

check="/usr/bin/python3 tests/e2e/check_report.py"
profile=$home/profile

fresh_profile() {
	rm -rf "$profile"
	cp -r conf/demo "$profile"
}

line_of_last() {
	wc -l <"$profile/$1"
}

try() { # CODE ARGUMENT...: a start that must not come about
	wanted=$1
	shift
	ends_with "$wanted" "$bw" up --profile "$profile" --state "$state" --exit-after 1s "$@"
}

says() {
	grep -qE "$1" "$home/errors"
}

is_told() {
	grep -qE "$1" "$progress"
}

nothing_was_made() {
	[ ! -e "$state" ]
}

# A start that can't do its work is ended by two signals: the second one at once.
end_at_once() {
	kill -TERM "$up_pid"
	wait_until 10 "the first signal is heard" is_told 'asked to stop'
	kill -TERM "$up_pid"
	up_ends_with 1
	up_pid=
	wait_until 10 "nothing is left running" nothing_runs
}

echo "== configuration"
fresh_profile
echo 'intent_lief: 1s' >>"$profile/strategy.yaml"
that "a misspelled key is refused" try 3
that "with file, line, column and the nearest key" \
	says "strategy.yaml:$(line_of_last strategy.yaml):1: intent_lief: unknown key; did you mean intent_life\?"
that "config check finds it too" ends_with 3 "$bw" config check --profile "$profile"
fresh_profile
echo 'collar_pct: 99' >>"$profile/risk.yaml"
that "a value out of bounds is refused" try 3
that "with its place and the bound" says "risk.yaml:$(line_of_last risk.yaml):[0-9]+: .*at most 50"
fresh_profile
echo 'symbols: [BTCUSDT' >>"$profile/stack.yaml"
that "what is no YAML is refused" try 3
that "with its place" says 'stack.yaml:[0-9]+:[0-9]+: '
fresh_profile
that "a misspelled variable is refused" env BREAKWATER__RISK__COLAR_PCT=1 BW="$bw" sh -c \
	'"$BW" up --profile conf/demo --state "$1" --exit-after 1s 2>"$2"; [ $? -eq 3 ]' sh "$state" "$home/errors"
that "with the nearest name" says 'BREAKWATER__RISK__COLAR_PCT.*collar_pct'

echo "== command line and places"
that "an unknown option is refused" try 2 --statee x
that "a bad duration is refused" try 2 --exit-after soon
that "a report that can't be written is refused before the start" try 2 --report /proc/no/report.json
that "nothing was made so far" nothing_was_made
that "an unknown profile is refused" ends_with 3 "$bw" up --profile nonesuch --state "$state"
that "a state directory that can't be made is refused" ends_with 1 "$bw" up --state /proc/breakwater
that "with its name" says /proc/breakwater
: >"$home/file"
that "a file in its place is refused" ends_with 1 "$bw" up --state "$home/file"
that "with the file's name" says "$home/file"

echo "== a recorded session that isn't there"
echo 'tape: /no/such/tape.gz' >>"$profile/exchange.yaml"
up --profile "$profile"
wait_until 20 "bw up says why the exchange ends" is_told '/no/such/tape.gz: can.t be read; set exchange.tape'
that "the log says it too" ends_with 0 "$bw" logs exchange --state "$state"
that "by a name for machines" grep -q 'boot.failed  /no/such/tape.gz' "$home/out"
end_at_once

echo "== a key that others can read"
rm -rf "$state"
up
wait_until 20 "everything is up" progressed 'trading normal'
kill -TERM "$up_pid"
up_ends_with 0
chmod 644 "$state/keys/venue.key"
up
wait_until 20 "bw up names the file and the remedy" is_told 'venue.key can be read by others .mode 0644.: chmod 600 '
end_at_once

echo "== a full disk"
rm -rf "$state"
mkdir "$home/small"
state=$home/small/state
if mount -t tmpfs -o size=24m,mode=700 tmpfs "$home/small" 2>/dev/null; then
	mounted=$home/small
	up --exit-after 20s
	wait_until 30 "the first fill" progressed 'first fill'
	dd if=/dev/zero of="$home/small/rest" bs=64k 2>/dev/null
	that "no room is left" test "$(df --output=avail "$home/small" | tail -n 1)" -eq 0
	up_ends_with 0
	that "the books agree, no order is unknown" $check "$report"
	that "nothing is left running" nothing_runs
else
	echo "skipped: a full disk: no right to mount a small one"
fi
