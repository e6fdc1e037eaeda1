# One step of tests/run.sh that is not a cmocka program: counts as one test.
#   step NAME COMMAND...
step() {
	name=$1
	shift
	output=$(mktemp)
	if "$@" >"$output" 2>&1; then
		printf 'ok    %s\n' "$name"
		grep -h '^skipped:' "$output"
		echo "1 0 0" >>"$TALLY"
	else
		printf 'FAIL  %s\n' "$name"
		tail -n 60 "$output"
		echo "0 1 0" >>"$TALLY"
	fi
	rm -f "$output"
}
