#!/bin/sh
# One fuzz target for so many seconds, on a corpus of its own that starts from tests/fuzz/seeds/<target>.
set -eu
target=$1
name=$(basename "$target")
corpus=$(mktemp -d)
[ -d "tests/fuzz/seeds/$name" ] && cp "tests/fuzz/seeds/$name"/* "$corpus"/
trap 'rm -rf "$corpus"' EXIT
ASAN_OPTIONS=allocator_may_return_null=1 "$target" -max_total_time="$2" -rss_limit_mb=2048 -print_final_stats=1 \
	-artifact_prefix="$corpus/" "$corpus"
