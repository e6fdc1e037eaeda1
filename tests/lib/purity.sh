#!/bin/sh
# Pure objects need no clock, heap, socket, file, thread or chance: everything that they leave undefined is
# in the project's own pure code or in the list of its folder. Writable data is a global: refused.
#   purity.sh BUILD
set -u
build=$1
list=tests/lib/purity.list
bad=0
defined=$(mktemp)
pure=$(sh tests/lib/pure_objects.sh "$build")
nm -A --defined-only $pure | awk '{ print $3 }' | sort -u >"$defined"
for object in $pure; do
	folder=${object#"$build"/obj/}
	allowed=$(awk -v folder="$folder" '!/^#/ && NF && index(folder, $1) == 1 { for (i = 2; i <= NF; i++) print $i }' "$list")
	for symbol in $(nm -u "$object" | awk '{ print $2 }'); do
		grep -qx "$symbol" "$defined" && continue
		for pattern in $allowed; do
			case $symbol in $pattern) continue 2 ;; esac
		done
		echo "$folder needs $symbol: decisions may not touch the world"
		bad=1
	done
	# .data.rel.ro holds constant tables of addresses: read-only once the program runs.
	for symbol in $(objdump -t "$object" | awk 'NF > 3 && $(NF - 2) ~ /^\.(data|bss|tdata|tbss)(\.|$)/ && $(NF - 2) !~ /^\.data\.rel\.ro/ && $NF !~ /^\./ { print $NF }'); do
		echo "$folder holds the writable global $symbol"
		bad=1
	done
done
rm -f "$defined"
exit $bad
