#!/bin/sh
# Lists the built programs of a kind: list.sh unit|integration|fuzz [BUILD-SUBFOLDER]
prefix=$1
[ "$1" = fuzz ] || prefix=test
for source in tests/"$1"/"$prefix"_*.c; do
	echo "build/${2:+$2/}${source%.c}"
done
