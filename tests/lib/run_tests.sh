#!/bin/sh
# Runs cmocka programs one after the other; prints a line each, everything of one that fails.
# Adds "passed failed skipped" to $TALLY when that is set.
set -u
failed_any=0
for program in "$@"; do
	output=$(mktemp)
	timeout 180 "$program" >"$output" 2>&1
	code=$?
	passed=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$output" | awk '{ n += $1 } END { print n + 0 }')
	failed=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test.*/\1/p' "$output" | awk '{ n += $1 } END { print n + 0 }')
	skipped=$(sed -n 's/^\[  SKIPPED \] \([0-9]*\) test.*/\1/p' "$output" | awk '{ n += $1 } END { print n + 0 }')
	[ "$code" -ne 0 ] && [ "$failed" -eq 0 ] && failed=1
	[ "$passed" -eq 0 ] && [ "$failed" -eq 0 ] && [ "$skipped" -eq 0 ] && failed=1
	if [ "$failed" -eq 0 ]; then
		printf 'ok    %s (%s)\n' "$program" "$passed"
		grep -h '^skipped:' "$output"
	else
		failed_any=1
		printf 'FAIL  %s (exit code %s)\n' "$program" "$code"
		cat "$output"
	fi
	[ -n "${TALLY:-}" ] && echo "$passed $failed $skipped" >>"$TALLY"
	rm -f "$output"
done
exit $failed_any
