#!/bin/sh
# Runs one cmocka program and prints a line, or everything when it fails. Adds "passed failed skipped" to
# $TALLY when that is set. A program in which nothing ran has failed.
set -u
program=$1
output=$(mktemp)
timeout 240 "$program" >"$output" 2>&1
code=$?
count() { sed -n "s/^\[  $1\] \([0-9]*\) test.*/\1/p" "$output" | awk '{ n += $1 } END { print n + 0 }'; }
passed=$(count 'PASSED  ')
failed=$(count 'FAILED  ')
skipped=$(count 'SKIPPED ')
[ "$code" -ne 0 ] && [ "$failed" -eq 0 ] && failed=1
[ "$((passed + failed + skipped))" -eq 0 ] && failed=1
line=$(mktemp)
if [ "$failed" -eq 0 ]; then
	printf 'ok    %s (%s)\n' "$program" "$passed" >"$line"
	grep -h '^skipped:' "$output" >>"$line"
else
	printf 'FAIL  %s (exit code %s)\n' "$program" "$code" >"$line"
	cat "$output" >>"$line"
fi
cat "$line"
[ -n "${TALLY:-}" ] && echo "$passed $failed $skipped" >>"$TALLY"
rm -f "$output" "$line"
[ "$failed" -eq 0 ]
