#!/bin/sh
# The objects that must be pure, one a line: the lower layers and every service's own decisions.
build=$1
for source in common/base/*.c common/model/*.c common/logic/*.c common/venue/*.c common/venue/*/*.c proto/*.c \
	services/*/*.c services/*/*/*.c; do
	case $source in
	*\*.c | services/bw/* | services/simulate/* | services/*/main.c | services/*/command.c | services/*/prepare.c | services/*/take_over.c | services/*/seize.c | services/exchange/tape.c | proto/generate.c) continue ;;
	esac
	echo "$build/obj/${source%.c}.o"
done
