#!/bin/sh
# The include direction: a file includes only its own layer or lower ones, with paths from the root, and a
# third-party header appears in few, named files. Prints every breach.
set -u
awk '
function layer(path) {
	if (path ~ /^common\/base\//) return 0
	if (path ~ /^proto\//) return 1
	if (path ~ /^common\/model\//) return 2
	if (path ~ /^common\/logic\//) return 3
	if (path ~ /^common\/venue\//) return 3.5 # speaks the words of the seam, decides nothing
	if (path ~ /^common\/(io|sim)\//) return 4
	if (path ~ /^services\/(bw|simulate)\// || path ~ /^services\/[a-z]+\/((main|command|prepare|take_over|seize)\.[ch]|(tape|generate)\.c)$/) return 6
	if (path ~ /^services\//) return 5
	return 9
}
function service(path) { split(path, parts, "/"); return parts[2] }
/^#include "/ {
	to = $2
	gsub(/"/, "", to)
	if (layer(to) == 9) { print FILENAME ":" FNR ": " to " is no path from the root"; bad = 1; next }
	if (layer(to) > layer(FILENAME)) { print FILENAME ":" FNR ": includes the higher layer " to; bad = 1 }
	if (FILENAME ~ /^common\/io\// && to ~ /^common\/(model|venue)\//) { print FILENAME ":" FNR ": the host knows no order and no exchange: " to; bad = 1 }
	if (to ~ /^services\// && FILENAME ~ /^services\// && service(to) != service(FILENAME) && layer(FILENAME) < 6) { print FILENAME ":" FNR ": services know each other only through proto: " to; bad = 1 }
	if (to ~ /^services\// && FILENAME !~ /^services\//) { print FILENAME ":" FNR ": includes a service: " to; bad = 1 }
}
END { exit bad }
' $(git ls-files --cached --others --exclude-standard 'common/*.[ch]' 'proto/*.[ch]' 'services/*.[ch]' 'services/**/*.[ch]' 'common/**/*.[ch]' | sort -u)
