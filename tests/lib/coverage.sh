#!/bin/sh
# Branch coverage of the parts that money depends on, by the unit tests: a line per file and the sum.
# Assertions are compiled out: a branch that only our own bug can take is no case to test.
#   coverage.sh [-v]   -v also lists the lines with a branch that was never taken
set -u
cd "$(dirname "$0")/../.." || exit 1
build=build/coverage
parts="services/executor common/model/lifecycle common/model/agreement common/model/invariants common/model/position common/io/journal services/recovery"
make --no-print-directory -s -j"$(nproc)" BUILD=$build CFLAGS="-O0 -g --coverage -DNDEBUG -w" LDFLAGS="--coverage" unit-build >/dev/null || exit 1
find $build -name '*.gcda' -delete
for program in $build/tests/unit/test_*; do
	[ -x "$program" ] && timeout 240 "$program" >/dev/null 2>&1 # one that wants to see an assertion fails here
done
for part in $parts; do
	for source in "$part".c "$part"*.c "$part"/*.c; do
		case $source in */main.c | */take_over.c) continue ;; esac
		[ -f "$source" ] && echo "$source"
	done
done | sort -u | while read -r source; do
	object=$build/obj/${source%.c}.gcno
	[ -f "$object" ] && gcov -b -c -t -o "$object" "$source" 2>/dev/null | awk -v source="$source" -v verbose="${1:-}" '
		/^ +-: +0:Source:/ { own = index($0, source) > 0 }
		!own { next }
		/^ *[0-9#=-]+\*?: *[0-9]+:/ { split($0, part, ":"); line = part[2] + 0 }
		/^branch/ { all++; if ($0 ~ /never executed|taken 0/) { missed++; if (line != last) lines = lines " " line; last = line } }
		END { printf "%s %d %d%s\n", source, all - missed, all, verbose == "-v" ? lines : "" }'
done | awk '{ taken += $2; all += $3; printf "%-44s %5d of %5d  %5.1f %%", $1, $2, $3, $3 ? 100 * $2 / $3 : 100; for (i = 4; i <= NF; i++) printf " %s", $i; print "" }
	END { printf "%-44s %5d of %5d  %5.1f %%\n", "branches taken", taken, all, all ? 100 * taken / all : 100 }'
