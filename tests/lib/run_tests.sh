#!/bin/sh
# Runs cmocka programs, JOBS at a time (1).
printf '%s\n' "$@" | xargs -P "${JOBS:-1}" -n 1 sh tests/lib/run_test.sh
