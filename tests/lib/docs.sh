#!/bin/sh
# The documents that are made from tables: written anew, or compared with what the tables give now.
#   docs.sh write | check
set -u
tools=build/tools
bad=0
made=$(mktemp)
trap 'rm -f "$made"' EXIT

one() { # FILE COMMAND...
	file=$1
	shift
	"$@" >"$made" || { echo "$file: $* failed"; bad=1; return; }
	if [ "$mode" = write ]; then
		cmp -s "$made" "$file" || { cp "$made" "$file" && chmod 644 "$file" && echo "wrote $file"; }
	elif ! diff -uN "$file" "$made"; then
		echo "$file is not what the tables give: run make docs and commit what it wrote"
		bad=1
	fi
}

mode=${1:-}
case $mode in
write | check) ;;
*) echo "usage: docs.sh write | check" >&2; exit 2 ;;
esac
one docs/messages.md "$tools/generate" messages
one docs/configuration.md "$tools/generate_configuration"
exit $bad
