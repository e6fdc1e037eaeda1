# Sourced by tests/e2e/*.sh: one stack on a state directory of its own, waits with a guard, and sentences that
# end the script when they aren't true. BW names another bw than build/bin/bw.
bw=${BW:-build/bin/bw}
home=$(mktemp -d)
state=$home/state
progress=$home/progress
report=$home/report.json
up_pid=
unset BREAKWATER_STATE

# Whatever runs on the state directory, by what its command line names. grep reads the name from its input,
# or it would find itself.
processes() {
	printf '%s' "$state" | grep -lsF -f - /proc/[0-9]*/cmdline | cut -d/ -f3
}

end_everything() {
	for pid in $(processes); do
		kill -CONT "$pid" 2>/dev/null
		kill -KILL "$pid" 2>/dev/null
	done
	for folder in ${mounted:-}; do
		umount -l "$folder"
	done
	rm -rf "$home"
}
trap end_everything EXIT
trap 'exit 1' INT TERM HUP

fail() {
	printf 'FAIL: %s\n' "$*"
	for file in "$progress" "$home/out" "$home/errors"; do
		[ -s "$file" ] && { echo "--- ${file##*/}"; tail -n 15 "$file"; }
	done
	grep -hE ' (ERROR|CRIT) ' "$state"/logs/*/combined-*.log 2>/dev/null | sort | tail -n 20
	grep -H . "$state"/logs/*.console 2>/dev/null | tail -n 20
	printf 'FAIL: %s\n' "$*"
	exit 1
}

# that SENTENCE COMMAND...
that() {
	sentence=$1
	shift
	"$@" || fail "$sentence: $*"
	printf 'ok: %s\n' "$sentence"
}

# wait_until SECONDS SENTENCE COMMAND...: the time is a guard against hanging, not a bound on the product.
wait_until() {
	give_up=$(($(date +%s) + $1))
	sentence=$2
	shift 2
	until "$@"; do
		[ -z "$up_pid" ] || kill -0 "$up_pid" 2>/dev/null || fail "bw up has ended, before: $sentence"
		[ "$(date +%s)" -lt "$give_up" ] || fail "not in time: $sentence"
		sleep 0.1
	done
	printf 'ok: %s\n' "$sentence"
}

# up ARGUMENT...: in the background, without a terminal.
up() {
	"$bw" up --state "$state" --report "$report" "$@" </dev/null >"$home/out" 2>"$progress" &
	up_pid=$!
}

# Exit code of the `up` in the background.
up_ends_with() {
	wait "$up_pid"
	code=$?
	[ "$code" -eq "$1" ] || fail "bw up ended with exit code $code, not $1"
}

# ends_with CODE COMMAND...: what it says stands in $home/out and $home/errors.
ends_with() {
	wanted=$1
	shift
	"$@" </dev/null >"$home/out" 2>"$home/errors"
	code=$?
	[ "$code" -eq "$wanted" ] || { echo "exit code $code, not $wanted"; return 1; }
}

# of COMMAND EXPRESSION: what a Python expression over `d`, the command's JSON, comes to. A boolean becomes
# the exit code.
of() {
	command=$1
	"$bw" $command --state "$state" --json </dev/null 2>/dev/null | evaluate "$2"
}

evaluate() {
	/usr/bin/python3 -c '
import json, sys
try:
	d = json.load(sys.stdin)
except ValueError as error:
	sys.exit("no JSON: %s" % error)
value = eval(sys.argv[1])
if isinstance(value, bool):
	sys.exit(not value)
print(value)' "$1"
}

progressed() {
	grep -qE "$1" "$progress"
}

nothing_runs() {
	[ -z "$(processes)" ]
}
