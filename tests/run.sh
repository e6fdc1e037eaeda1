#!/bin/sh
# Everything that CI runs. Closes with "N passed, N failed, N skipped".
#   FUZZ_SECONDS=n   per fuzz target (10)
#   SIMULATE_SEEDS=n and others: tests/lib/simulation.sh
set -u
cd "$(dirname "$0")/.." || exit 1
TALLY=$(mktemp)
export TALLY
. tests/lib/step.sh
. tests/lib/simulation.sh
jobs=$(nproc)
make="make --no-print-directory -j$jobs"

say() { printf '\n== %s\n' "$1"; }

say "build, warnings are errors"
$make all benches >build.log 2>&1 || { tail -n 40 build.log; rm -f build.log "$TALLY"; echo "0 passed, 1 failed"; exit 1; }
rm -f build.log

say "architecture"
step "include direction" sh tests/lib/layers.sh
step "purity of decision objects" sh tests/lib/purity.sh build
step "sizes and names" sh tests/lib/tidy.sh
step "generated documents are up to date" sh tests/lib/docs.sh check
step "sample configurations are valid" build/bin/bw config check --profile conf/demo

say "unit tests"
step "build unit tests" $make unit-build
JOBS=$jobs sh tests/lib/run_tests.sh $(sh tests/lib/list.sh unit)

say "integration tests"
step "build integration tests" $make integration-build
sh tests/lib/run_tests.sh $(sh tests/lib/list.sh integration)

say "unit tests under the address and undefined-behaviour sanitizers"
step "build with sanitizers" $make SAN=address,undefined unit-build
JOBS=$jobs ASAN_OPTIONS=allocator_may_return_null=1 sh tests/lib/run_tests.sh $(sh tests/lib/list.sh unit address-undefined)

say "the host's tests under the thread sanitizer"
step "build with the thread sanitizer" $make SAN=thread integration-build
TSAN_OPTIONS="suppressions=tests/lib/tsan.supp" sh tests/lib/run_tests.sh $(sh tests/lib/list.sh integration thread)

say "fuzzing, ${FUZZ_SECONDS:-10} s per target"
step "build fuzz targets" $make SAN=fuzz fuzzers
for target in $(sh tests/lib/list.sh fuzz fuzz); do
	step "$target" sh tests/lib/fuzz.sh "$target" "${FUZZ_SECONDS:-10}"
done

say "simulation"
simulation_steps

say "the whole stack"
for script in tests/e2e/*.sh; do
	step "$script" sh "$script"
done

awk '{ p += $1; f += $2; s += $3 } END { printf "\n%d passed, %d failed, %d skipped\n", p, f, s; exit f > 0 }' "$TALLY"
code=$?
rm -f "$TALLY"
exit $code
